"""A file that a coordinator attaches to a reply: what may be sent, and keeping it sealed.

Guarantee: only what its own bytes show to be a PDF or a photo goes out, under a name that says the
same; the bytes are in memory and in our sealed store, never in a file in clear.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from bot.console.transcript import shown
from bot.records.papers.kinds import Kind, Refused, kind_of
from bot.store.files import FileStore, open_files
from bot.store.messages import FileRef

if TYPE_CHECKING:
    from bot.settings import Settings

LARGEST: Final = 10_000_000  # bytes; every channel takes files of this size
LONGEST_NAME: Final = 80
# First bytes, and what such a file is called.
_SENT: Final = (
    (b"%PDF-", Kind.PDF, "application/pdf", (".pdf",)),
    (b"\xff\xd8\xff", Kind.PHOTO, "image/jpeg", (".jpg", ".jpeg")),
    (b"\x89PNG\r\n\x1a\n", Kind.PHOTO, "image/png", (".png",)),
)
_NO_NAME: Final = re.compile(r"[^\w .()+-]+")


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file as a form brought it."""

    name: str = field(repr=False)
    data: bytes = field(repr=False)


class Unsendable(Exception):
    """The file is of a kind that is not sent, empty or too large."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A stored file; `discard` takes it back when the reply does not go out."""

    ref: FileRef
    store: FileStore = field(repr=False)
    new: bool

    def discard(self) -> None:
        """Nothing of it stays."""
        if self.new and self.ref.key:
            self.store.remove(self.ref.key)


def attach(settings: Settings, uploaded: Uploaded, scope: str) -> Attached:
    """Keep a file for the chat `scope`. Raises Unsendable; OSError when the storage cannot."""
    content_type, name = _checked(uploaded)
    files = open_files(settings.files_url, settings.keys)
    with files.writer(scope) as writer:
        writer.write(uploaded.data)
        stored = writer.commit()
    ref = FileRef(key=stored.key, name=name, content_type=content_type, size=stored.size)
    return Attached(ref, files, stored.new)


def _checked(uploaded: Uploaded) -> tuple[str, str]:
    """Content type and name of what may be sent."""
    if not uploaded.data or len(uploaded.data) > LARGEST:
        raise Unsendable
    try:
        kind = kind_of(BytesIO(uploaded.data))
    except Refused:
        raise Unsendable from None
    for sign, of_kind, content_type, endings in _SENT:
        if uploaded.data.startswith(sign) and kind is of_kind:
            return content_type, _named(uploaded.name, endings)
    raise Unsendable


def _named(given: str, endings: tuple[str, ...]) -> str:
    """The file's own name without its folders, ending as its kind ends."""
    path = PurePosixPath(_NO_NAME.sub("_", shown(given.replace("\\", "/").rpartition("/")[2])))
    if path.suffix.lower() in endings:
        return f"{path.stem[:LONGEST_NAME]}{path.suffix.lower()}"
    return f"{path.name.strip('. ')[:LONGEST_NAME] or 'file'}{endings[0]}"
