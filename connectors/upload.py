"""Reads a form with files as it comes in: each file goes sealed to storage piece by piece.

Guarantee: neither memory nor a temporary folder holds a file in clear. A file that is too large or
empty is read past and noted as such, so that the person and the coordinators hear of it; one whose
form breaks off leaves nothing.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.exceptions import HTTPException
from starlette.requests import Request

from bot.records.papers.problems import Problem
from bot.store.files import FileStore, FileWriter
from bot.store.messages import FileRef
from connectors.received_text import clean_or_none, file_name

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

LONGEST_FIELD: Final = 65_536
_MOST_FIELDS: Final = 10
_ENVELOPE: Final = 1_000_000  # bytes of a form besides its files
_TOO_LARGE: Final = 413


@dataclass(slots=True)
class Upload:
    """A form: its text fields by name, its files, whether it was cut off for its size.

    `new_keys` are of files that were not stored before: to be removed if the message is not taken.
    """

    fields: dict[str, str] = field(default_factory=dict)
    files: tuple[FileRef, ...] = ()
    cut_off: bool = False
    new_keys: tuple[str, ...] = ()

    def discard(self, files: FileStore) -> None:
        """The message is not taken: nothing of its files stays."""
        for key in self.new_keys:
            files.remove(key)


@dataclass(slots=True)
class _Part:
    name: str = ""
    file: str | None = None
    content_type: str | None = None
    text: bytearray = field(default_factory=bytearray)
    writer: FileWriter | None = None
    size: int = 0


async def read_upload(
    request: Request, files: FileStore, scope: str, limit: int, most_files: int
) -> Upload:
    """The form of a request; files hold at most `limit` bytes each.

    Raises HTTPException 400 for a form that cannot be read, OSError when the disk is full.
    """
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced[:15]) > limit + _ENVELOPE:
        return Upload(files=(_too_large(None, int(announced[:15])),), cut_off=True)
    _, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary")
    if not boundary:
        raise HTTPException(400, "The form cannot be read.")
    with ExitStack() as stack:
        form = _Form(files, scope, limit, most_files, stack)
        try:
            return await _fed(request, boundary, form)
        except BaseException:
            form.upload.discard(files)
            raise


async def _fed(request: Request, boundary: bytes, form: _Form) -> Upload:
    parser = MultipartParser(boundary, form.callbacks())
    try:
        async for piece in request.stream():
            await asyncio.to_thread(parser.write, piece)
        parser.finalize()
    except FormParserError:
        raise HTTPException(400, "The form cannot be read.") from None
    except HTTPException as error:
        if error.status_code != _TOO_LARGE:
            raise
        return form.cut_off()
    return form.upload


class _Form:
    """The parser's callbacks."""

    def __init__(
        self, files: FileStore, scope: str, limit: int, most_files: int, stack: ExitStack
    ) -> None:
        self._files, self._scope, self._limit = files, scope, limit
        self._most, self._stack = most_files, stack
        self.upload = Upload()
        self._part = _Part()
        self._header = (bytearray(), bytearray())

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._begin,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
        }

    def cut_off(self) -> Upload:
        """What was read of a form that is larger than any may be."""
        under_way = self._part.file if self._part.writer else None
        self.upload.files += (_too_large(under_way, None),)
        self.upload.cut_off = True
        return self.upload

    def _begin(self) -> None:
        self._part = _Part()

    def _header_end(self) -> None:
        name, value = (bytes(part) for part in self._header)
        self._header = (bytearray(), bytearray())
        if name.lower() == b"content-type":
            self._part.content_type = clean_or_none(value.decode("latin-1"), 100)
        if name.lower() == b"content-disposition":
            _, options = parse_options_header(value)
            self._part.name = options.get(b"name", b"").decode("utf-8", "replace")
            if b"filename" in options:
                self._part.file = options[b"filename"].decode("utf-8", "replace")

    def _headers_finished(self) -> None:
        if self._part.file is None or self._part.name != "file":
            return
        if len(self.upload.files) >= self._most:
            raise HTTPException(400, f"At most {self._most} files at once.")
        self._part.writer = self._stack.enter_context(self._files.writer(self._scope))

    def _data(self, data: bytes, start: int, end: int) -> None:
        part = self._part
        part.size += end - start
        if part.writer is None:
            if len(part.text) + end - start > LONGEST_FIELD:
                raise HTTPException(400, "A field of the form is too long.")
            part.text += data[start:end]
        elif part.size <= self._limit:
            part.writer.write(data[start:end])

    def _end(self) -> None:
        part = self._part
        if part.writer is not None:
            self.upload.files += (self._stored(part, part.writer),)
            self._part = _Part()
        elif part.file is None and len(self.upload.fields) < _MOST_FIELDS:
            self.upload.fields.setdefault(part.name, part.text.decode("utf-8", "replace"))

    def _stored(self, part: _Part, writer: FileWriter) -> FileRef:
        if part.size > self._limit:
            return _too_large(part.file, part.size)
        named = FileRef(name=file_name(part.file), content_type=part.content_type, size=part.size)
        if part.size == 0:
            return named.model_copy(update={"problem": Problem.EMPTY.value})
        stored = writer.commit()
        if stored.new:
            self.upload.new_keys += (stored.key,)
        return named.model_copy(update={"key": stored.key})


def _too_large(name: str | None, size: int | None) -> FileRef:
    return FileRef(name=file_name(name), size=size, problem=Problem.TOO_LARGE.value)
