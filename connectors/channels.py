"""Which channels are on, and the tasks behind them: worker, sender, polling, reconciliation.

A channel without its settings is off. One that is switched on without its secret is refused by
name, so that no door stands open by oversight.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Collection, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from bot.limits import SharedClaims, limits_of
from bot.settings import VAR, SettingMissing, Settings
from bot.store import Store
from bot.store.crypto import Cipher
from bot.store.errors import StoreUnavailable
from bot.store.files import open_files
from bot.store.records import ClaimedTurn
from connectors.bell import Bell
from connectors.bell_line import BellLine
from connectors.documents import Documents
from connectors.engine_client import EngineClient
from connectors.file_links import FileLinks
from connectors.front_desk import FrontDesk
from connectors.gate import Gate
from connectors.housekeeping import Housekeeping
from connectors.intake_door import Door
from connectors.media import CLAIM_SECONDS, MediaCollector, MediaSource
from connectors.metrics import Metrics
from connectors.outages import Outages
from connectors.parts import Part
from connectors.polling import TelegramPolling
from connectors.provider_errors import SendError
from connectors.reconciliation import LOST, PIECES, Reconciliation
from connectors.reminders import ReminderJob
from connectors.reopening import Reopening
from connectors.sender import ProviderClient, Sender
from connectors.spool import Spool
from connectors.telegram import AnswerPress, LeaveGroup
from connectors.telegram_client import TelegramClient
from connectors.texts import choose, languages
from connectors.twilio_client import TwilioClient
from connectors.virus_scan import VirusScanner
from connectors.worker import Worker

log = logging.getLogger(__name__)

FINISH_SECONDS: Final = 15.0
REPLAY_SECONDS: Final = 5.0
# So many short messages in a row make one turn at most.
MOST_PIECES: Final = 10
INTRODUCE_SECONDS: Final = 30.0
# A process that takes no messages in itself looks this often whether others did.
LOOK_SECONDS: Final = 1.0
TELEGRAM_PATH: Final = "/webhooks/telegram"
WEBHOOK, POLLING = "webhook", "polling"
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{1,256}")


class Channels:
    """The wiring of one gateway process."""

    def __init__(self, configuration: Settings, store: Store) -> None:
        self._mode = telegram_mode(configuration)
        check_whatsapp(configuration)
        self._configuration, self._store = configuration, store
        self.metrics = Metrics()
        self.limits = limits_of(configuration)
        self.arrived, self.answered, self.to_send = Bell(), Bell(), Bell()
        self._filed = Bell()  # a message with files came in
        self._files = files = open_files(configuration.files_url, configuration.keys)
        self._documents = Documents(store, files)
        self.links = FileLinks(files, configuration.keys, configuration.public_url)
        self._spool = Spool(_spool_folder(configuration), Cipher(configuration.keys))
        self.door = Door(
            store,
            files,
            self._spool,
            self.arrived,
            self.metrics,
            to_send=self.to_send,
            filed=self._filed,
            pause=configuration.message_pause,
            limits=self.limits,
            in_pieces=self._order_pieces,
        )
        token = configuration.engine_token
        self._engine = EngineClient(
            configuration.engine_url,
            token.get_secret_value() if token else None,
            watch=self.metrics.stage,
        )
        self._twilio = (
            TwilioClient(configuration, self.links) if configuration.whatsapp_on else None
        )
        self._telegram = TelegramClient(configuration, files) if configuration.telegram_on else None
        sources: dict[str, MediaSource] = {
            c.channel: c for c in (self._twilio, self._telegram) if c
        }
        clamav = configuration.clamav
        scanner = VirusScanner(clamav) if clamav else None
        link = self.limits.link
        claims = SharedClaims(link, "files", CLAIM_SECONDS) if link else None
        self._collector = MediaCollector(
            store,
            files,
            sources,
            self.arrived,
            filed=self._filed,
            scanner=scanner,
            claims=claims,
        )
        self.front_desk = FrontDesk(store, self.limits)
        line = self._twilio.reopening if self._twilio else None
        self.reopening = Reopening(store, self.to_send, line)
        self._gate = Gate(self.arrived)
        self._errands: set[asyncio.Task[None]] = set()
        self._reconciliation: Reconciliation | None = None

    def run_errand(self, errand: AnswerPress | LeaveGroup) -> None:
        """Starts an errand at Telegram without waiting for it."""
        if self._telegram is None:
            return
        task = asyncio.create_task(self._telegram.run_errand(errand, choose().group_line))
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    def message_lost(self) -> None:
        """A WhatsApp message could not be stored: it is looked for, and later ones wait for it."""
        if self._reconciliation is not None:
            self._reconciliation.look_soon()
        else:
            self._note(LOST)

    def _order_pieces(self) -> None:
        if self._reconciliation is not None:
            self._reconciliation.order_pieces()
        else:
            self._note(PIECES)

    def _note(self, what: str) -> None:
        """Tells the process that asks Twilio for its list."""
        task = asyncio.create_task(self._noted(what))
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def _noted(self, what: str) -> None:
        try:
            await asyncio.to_thread(self._store.beats.beat, what)
        except StoreUnavailable:
            log.warning("%s not noted: database unavailable", what)

    @asynccontextmanager
    async def running(self, parts: Collection[Part]) -> AsyncIterator[None]:
        """Runs the parts' tasks for as long as the block takes; lets turns and sends end."""
        worker, sender = self._worker(), self._sender()
        self.door.warm()
        if self._twilio is not None and Part.WEB in parts:
            await self._noted(LOST)  # perhaps: whoever ran here before may have been killed
        # The others are made first: they shut the gate that the worker minds.
        others = [asyncio.create_task(step) for step in self._others(parts)]
        staying = [worker.run()] if Part.WORKER in parts else []
        staying += [sender.run()] if Part.SENDER in parts else []
        tasks = [asyncio.create_task(step) for step in staying]
        try:
            yield
        finally:
            worker.stop()
            sender.stop()
            for task in (*others, *self._errands):
                task.cancel()
            if tasks:
                _, unfinished = await asyncio.wait(tasks, timeout=FINISH_SECONDS)
                for task in unfinished:
                    task.cancel()
            await asyncio.gather(*tasks, *others, *self._errands, return_exceptions=True)
            await self._close()

    def _worker(self) -> Worker:
        return Worker(
            self._store,
            self._engine,
            arrived=self.arrived,
            answered=self.answered,
            to_send=self.to_send,
            group=MOST_PIECES,
            front_desk=self.front_desk,
            gate=self._gate,
            observer=self.metrics,
            typing=self._show_typing,
            reader=self._collector,
            documents=self._documents,
        )

    def _sender(self) -> Sender:
        clients: list[ProviderClient] = [c for c in (self._twilio, self._telegram) if c]
        return Sender(
            self._store,
            clients,
            to_send=self.to_send,
            observer=self.metrics,
            reopening=self.reopening,
            limits=self.limits,
            documents=self._documents,
        )

    def _others(self, parts: Collection[Part]) -> list[Coroutine[Any, Any, None]]:
        found: list[Coroutine[Any, Any, None]] = []
        if Part.WEB in parts:
            found.append(self._replay())
        else:
            found.append(self._look_regularly())
        if Part.WORKER in parts:
            found += self._beside_worker()
        if Part.SENDER in parts:
            found += self._beside_sender()
        if self._configuration.redis_url:
            bells = {
                "arrived": self.arrived,
                "filed": self._filed,
                "answered": self.answered,
                "to_send": self.to_send,
            }
            found.append(BellLine(self._configuration.redis_url, bells).run())
        return found

    def _beside_worker(self) -> list[Coroutine[Any, Any, None]]:
        found = [self._collector.run()]
        if self._telegram is not None:
            found.append(self._learn_name(self._telegram))
        between = self._configuration.reconcile_seconds
        if self._twilio is not None:
            self._reconciliation = Reconciliation(
                self._twilio, self.door, self._store.inbox, self._gate, self._store.beats, between
            )
            found += [self._reconciliation.run(), self._reconciliation.run_asked()]
        return found

    def _beside_sender(self) -> list[Coroutine[Any, Any, None]]:
        reminders = ReminderJob(self._store, self._configuration, self.to_send)
        found = [Housekeeping(self._store, self._configuration).run(), reminders.run()]
        found.append(asyncio.to_thread(self._documents.warm))
        if self._telegram is not None:
            if self._mode == POLLING:
                found.append(TelegramPolling(self._telegram, self.door, self.run_errand).run())
            found.append(self._introduce(self._telegram))
            found.append(Outages(self._store, self.to_send).run())
        return found

    async def _look_regularly(self) -> None:
        """Wakes who waits for messages that another process takes in."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.arrived.ring_here()
            self._filed.ring_here()

    async def _learn_name(self, telegram: TelegramClient) -> None:
        """The bot's own name, for addresses that carry a code."""
        while self.front_desk.bot_name is None:
            try:
                self.front_desk.bot_name = await telegram.name()
            except SendError as error:
                log.warning("telegram does not tell our name yet: %s", error)
                await asyncio.sleep(INTRODUCE_SECONDS)

    async def _introduce(self, telegram: TelegramClient) -> None:
        """Tells Telegram our address and menu; that it cannot be reached must not stop us."""
        while True:
            try:
                await self._register(telegram)
                for language, texts in languages().items():
                    await telegram.set_commands(tuple(texts.commands.items()), language)
                return
            except SendError as error:
                log.warning("telegram does not know our address or menu yet: %s", error)
                await asyncio.sleep(INTRODUCE_SECONDS)

    async def _register(self, telegram: TelegramClient) -> None:
        secret = self._configuration.telegram_webhook_secret
        if self._mode == WEBHOOK and secret is not None:
            url = self._configuration.public_url.rstrip("/") + TELEGRAM_PATH
            await telegram.set_webhook(url, secret.get_secret_value())

    async def _replay(self) -> None:
        """Takes spooled messages in when the database is back."""
        while True:
            try:
                late = await asyncio.to_thread(self._spool.expire, datetime.now(UTC))
                if late:
                    log.error("%d spooled messages were over a day old and are removed", late)
                taken = await asyncio.to_thread(self._spool.replay, self._store.inbox.receive)
                if taken:
                    log.warning("%d spooled messages taken in", taken)
                    self.arrived.ring()
                    self._filed.ring()
            except (StoreUnavailable, OSError) as error:
                log.warning("spool not replayed: %s", type(error).__name__)
            self.metrics.spooled.set(self._spool.waiting())
            self.metrics.spool_corrupt.set(self._spool.corrupt())
            await asyncio.sleep(REPLAY_SECONDS)

    async def _show_typing(self, turn: ClaimedTurn) -> None:
        # Not waited for: the reply must not be later for it.
        clients = {c.channel: c for c in (self._twilio, self._telegram) if c}
        client = clients.get(turn.channel)
        if client is not None:
            task = asyncio.create_task(client.typing(turn.messages[-1].message))
            self._errands.add(task)
            task.add_done_callback(self._errands.discard)

    async def _close(self) -> None:
        self.door.close()
        await self._engine.aclose()
        for client in (self._twilio, self._telegram):
            if client is not None:
                await client.aclose()


def _spool_folder(configuration: Settings) -> Path:
    parts = urlsplit(configuration.files_url)
    return (Path(unquote(parts.path)).parent if parts.scheme == "file" else VAR) / "spool"


def telegram_mode(configuration: Settings) -> str | None:
    """ "webhook", "polling" or None when Telegram is off. Raises SettingMissing by name."""
    if not configuration.telegram_on:
        return None
    secret = configuration.telegram_webhook_secret
    mode = configuration.telegram_mode or (WEBHOOK if secret else POLLING)
    if mode not in (WEBHOOK, POLLING):
        raise SettingMissing(f"TELEGRAM_MODE is neither {WEBHOOK} nor {POLLING}")
    if mode == WEBHOOK and not (secret and _SECRET.fullmatch(secret.get_secret_value())):
        raise SettingMissing(
            "TELEGRAM_WEBHOOK_SECRET must be set to 1-256 characters A-Z, a-z, 0-9, _ and -"
        )
    return mode


def check_whatsapp(configuration: Settings) -> None:
    """Half a configuration is a mistake. Raises SettingMissing by name."""
    wanted = {
        "TWILIO_ACCOUNT_SID": configuration.twilio_account_sid,
        "TWILIO_AUTH_TOKEN": configuration.twilio_auth_token,
        "TWILIO_WHATSAPP_FROM": configuration.twilio_whatsapp_from,
    }
    missing = [name for name, value in wanted.items() if not value]
    if missing and len(missing) < len(wanted):
        raise SettingMissing(f"{missing[0]} is not set, but WhatsApp needs it")
