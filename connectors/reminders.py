"""Reminds people of the records that are still missing, inside each channel's rules.

Where the reply window is shut only an approved template goes out; without one nothing is sent and
the case shows it to the coordinators. `pause`, typed by the person, ends the reminders; `stop` ends
every message.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import Final

from bot.facts.case import Case
from bot.intake.desk import desk
from bot.intake.judging import judge_case
from bot.intake.speech import move_payload
from bot.settings import Settings
from bot.store import Store
from bot.store.errors import StoreUnavailable
from bot.store.messages import OutboundReply, ReplyButton, Template
from bot.store.reminders import UNWANTED, Pace, Reminded
from bot.wording import catalogue
from connectors.bell import Bell
from connectors.capabilities import CAPABILITIES
from connectors.rendering import fitted

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 300.0
REMINDER: Final = "utter_reminder"
TEMPLATE: Final = "utter_reminder_template"


class ReminderJob:
    """Run it as a task. `to_send` is rung when there is something to send."""

    def __init__(self, store: Store, configuration: Settings, to_send: Bell) -> None:
        self._store, self._to_send = store, to_send
        self._template = configuration.twilio_reminder_template
        self.pace = Pace(
            after=timedelta(hours=configuration.reminder_hours), most=configuration.reminder_most
        )

    async def run(self) -> None:
        """Looks for who is due now and then, until cancelled; not at all when switched off."""
        while self.pace.after and self.pace.most:
            try:
                await asyncio.to_thread(self.remind)
            except StoreUnavailable:
                log.warning("reminders not sent: database unavailable")
            await asyncio.sleep(LOOK_SECONDS)

    def remind(self) -> int:
        """Reminds everybody who is due; gives how many reminders were written."""
        written = 0
        for conversation_id in self._store.reminders.due(self.pace):
            result = self._store.reminders.remind(conversation_id, self.pace, self.compose)
            written += result is Reminded.WRITTEN
            if result is Reminded.SHOWN:
                log.info("a reminder is not allowed on its channel; shown to the coordinators")
        if written:
            log.info("%d reminders written", written)
            self._to_send.ring()
        return written

    def compose(self, case: Case, silent: timedelta) -> OutboundReply | Reminded:
        """The reminder for a case; SHOWN where its channel allows none now."""
        today = self._store.database.now().date()
        _, listed = judge_case(case, desk().knowledge, today)
        missing = [item for item in listed.open_items if item.level == "C"]
        if not missing:
            return Reminded.NOT_DUE
        can = CAPABILITIES.get(case.channel)
        if can is not None and can.window_hours and silent >= timedelta(hours=can.window_hours):
            return self._templated(case) if can.templates else Reminded.SHOWN
        say, language = catalogue(), case.language
        values = {"case": case.number, "count": len(missing), "paper": missing[0].name}
        text = say.render(REMINDER, language, values)
        buttons = tuple(
            ReplyButton(title=say.render(title, language), payload=move_payload(move))
            for title, move in (
                ("utter_button_missing", "missing_records"),
                ("utter_button_no_reminders", UNWANTED),
            )
        )
        reply = OutboundReply(text=text, buttons=buttons, response=REMINDER)
        return fitted([reply], can)[0] if can is not None else reply

    def _templated(self, case: Case) -> OutboundReply | Reminded:
        """The approved wording, which names no paper; SHOWN when there is none."""
        if not self._template:
            return Reminded.SHOWN
        number = str(case.number)
        return OutboundReply(
            text=catalogue().render(TEMPLATE, case.language, {"case": number}),
            response=TEMPLATE,
            template=Template(sid=self._template, variables={"1": number}),
        )
