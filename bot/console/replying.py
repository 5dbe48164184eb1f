"""A coordinator's reply: free text, a file with it, or an approved template after the window."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.console import casepage, phrases
from bot.console.attaching import Attached, Unsendable, attach
from bot.console.frame import Visit
from bot.console.holding import WINDOW_HOURS, chat_of, is_shut, longest
from bot.console.opened import Opened, open_case
from bot.store import console_queries
from bot.store.console_queries import Hold
from bot.store.messages import OutboundReply, Template
from bot.store.records import ConversationInfo


def reply(visit: Visit) -> Response:
    """Send a reply; a text that cannot go out is given back, never lost."""
    opened, t = open_case(visit), visit.texts
    chat = chat_of(opened, visit.said("to"))
    text = visit.said("text").replace("\r\n", "\n")
    if not text and visit.file is None:
        return casepage.after_talk(visit, problem=t("reply.empty"))
    if len(text) > longest(chat):
        return casepage.after_talk(visit, draft=text, problem=t("reply.too_long"), to=chat.id)
    try:
        attached = attach(visit.settings, visit.file, chat.id) if visit.file else None
    except Unsendable:
        return casepage.after_talk(visit, draft=text, problem=t("reply.unsendable"), to=chat.id)
    replies = [OutboundReply(text=text)] if text else []
    replies += [OutboundReply(files=(attached.ref,))] if attached else []
    return _sent(visit, opened, chat, replies, text, attached)


def send_template(visit: Visit) -> Response:
    """Send an approved template, which may go out after the reply window."""
    opened = open_case(visit)
    chat = chat_of(opened, visit.said("to"))
    offered = phrases.approved(visit.settings.reply_templates, opened.case.language)
    chosen = next((a for a in offered if a.key == visit.said("template")), None)
    if chosen is None or chat.channel not in WINDOW_HOURS:
        raise HTTPException(404)
    content = OutboundReply(text=chosen.text, template=Template(sid=chosen.sid))
    return _sent(visit, opened, chat, [content], "", None)


def _sent(
    visit: Visit,
    opened: Opened,
    chat: ConversationInfo,
    replies: Sequence[OutboundReply],
    text: str,
    attached: Attached | None,
) -> Response:
    epoch = visit.said("epoch")
    held = console_queries.reply(
        visit.store,
        opened.case.number,
        visit.me.name,
        int(epoch) if epoch.isdigit() and len(epoch) < 18 else -1,
        replies,
        chat.id,
    )
    if held is Hold.DONE:
        waits = is_shut(chat, visit.now) and not replies[0].template
        return casepage.after_talk(visit, "reply_held" if waits else "reply")
    if attached is not None:
        attached.discard()
    problem = "reply.stopped" if held is Hold.STOPPED else "reply.lost_hold"
    again = visit.texts("reply.file_again") if attached else ""
    said = " ".join(filter(None, (visit.texts(problem), again)))
    return casepage.after_talk(visit, draft=text, problem=said, to=chat.id)
