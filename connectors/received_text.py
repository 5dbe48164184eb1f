"""What is done once to every text that comes in, whatever the channel."""

from __future__ import annotations

import re
from typing import Any, Final

from bot.store.messages import Kind

# What Telegram accepts, and more than anyone types by hand: longer texts are kept whole and
# marked, and the dialogue asks for something shorter.
LONGEST_TEXT: Final = 4096

COMMANDS: Final = (
    "start",
    "help",
    "language",
    "status",
    "checklist",
    "letter",
    "human",
    "link",
    "unlink",
    "stop",
    "delete",
)
_COMMAND: Final = re.compile(rf"/({'|'.join(COMMANDS)})(?:@\w{{1,64}})?(?=\s|$)", re.IGNORECASE)
# Control characters but tab and line breaks: databases refuse NUL, terminals act on the rest.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u0080-\u009f]")


class MalformedError(ValueError):
    """The request is not what the provider sends; the text names a field, never its content."""


def clean(text: str) -> str:
    """The text without control characters and broken surrogates, line breaks as newlines."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return _CONTROL.sub("", whole.replace("\r\n", "\n").replace("\r", "\n"))


def clean_or_none(value: object, limit: int = 256) -> str | None:
    """A short field such as a name, cleaned and cut; None when it is empty or no text."""
    if not isinstance(value, str):
        return None
    return clean(value).strip()[:limit] or None


def file_name(value: object) -> str | None:
    """A file's own name without folders, or None."""
    name = clean_or_none(value)
    return re.split(r"[/\\]", name)[-1].strip() or None if name else None


def as_command(text: str) -> str | None:
    """The command line ("/start abc") if the text is one of our commands, else None.

    Anything else that begins with a slash is ordinary text.
    """
    stripped = text.strip()
    match = _COMMAND.match(stripped)
    if match is None:
        return None
    return f"/{match.group(1).lower()}{stripped[match.end() :]}"


def typed(text: str) -> tuple[Kind, str, dict[str, Any]]:
    """Kind, text and metadata of something typed; a text of white space only is unsupported."""
    cleaned = clean(text)
    if not cleaned.strip():
        return Kind.UNSUPPORTED, "", {"empty": True}
    command = as_command(cleaned)
    if command is not None:
        return Kind.COMMAND, command[:LONGEST_TEXT], {}
    return Kind.TEXT, cleaned, length_mark(cleaned)


def length_mark(text: str | None) -> dict[str, Any]:
    """The metadata that marks a text which is too long to be understood in one go."""
    return {"too_long": True} if text is not None and len(text) > LONGEST_TEXT else {}
