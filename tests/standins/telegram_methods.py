"""The fields that the Bot API's methods take (Bot API 10.1): required ones first, then the others.

Telegram ignores a field it does not know; here it is refused, because a misspelt field would
otherwise be ignored in silence.
"""

from __future__ import annotations

_SENDING = frozenset(
    (
        *("business_connection_id", "message_thread_id", "direct_messages_topic_id"),
        *("parse_mode", "disable_notification", "protect_content", "allow_paid_broadcast"),
        *("message_effect_id", "suggested_post_parameters", "reply_parameters", "reply_markup"),
    )
)
FIELDS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "getme": (frozenset(), frozenset()),
    "getupdates": (frozenset(), frozenset({"offset", "limit", "timeout", "allowed_updates"})),
    "setwebhook": (
        frozenset({"url"}),
        frozenset(
            (
                *("certificate", "ip_address", "max_connections", "allowed_updates"),
                *("drop_pending_updates", "secret_token"),
            )
        ),
    ),
    "deletewebhook": (frozenset(), frozenset({"drop_pending_updates"})),
    "getwebhookinfo": (frozenset(), frozenset()),
    "sendmessage": (
        frozenset({"chat_id", "text"}),
        _SENDING | {"entities", "link_preview_options"},
    ),
    "senddocument": (
        frozenset({"chat_id", "document"}),
        _SENDING | {"thumbnail", "caption", "caption_entities", "disable_content_type_detection"},
    ),
    "answercallbackquery": (
        frozenset({"callback_query_id"}),
        frozenset({"text", "show_alert", "url", "cache_time"}),
    ),
    "editmessagereplymarkup": (
        frozenset(),
        frozenset(
            (
                *("business_connection_id", "chat_id", "message_id", "inline_message_id"),
                *("reply_markup",),
            )
        ),
    ),
    "getfile": (frozenset({"file_id"}), frozenset()),
    "leavechat": (frozenset({"chat_id"}), frozenset()),
    "sendchataction": (
        frozenset({"chat_id", "action"}),
        frozenset({"business_connection_id", "message_thread_id"}),
    ),
    "setmycommands": (frozenset({"commands"}), frozenset({"scope", "language_code"})),
}


def mistake(method: str, fields: frozenset[str]) -> str | None:
    """The first field that is missing or unknown, in the words of an error."""
    required, others = FIELDS[method]
    for name in sorted(required - fields):
        return f"parameter {name} is required"
    for name in sorted(fields - required - others):
        return f"there is no parameter {name}"
    return None
