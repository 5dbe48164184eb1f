"""Sealing a stream of bytes in pieces: encrypted and authenticated, in memory one piece at a time.

The STREAM construction as age and Tink use it: a fresh key for every file, AES-256-GCM over pieces
of 64 KiB, the nonce a counter and a mark on the last piece. Guarantee: pieces that were changed,
swapped, left out or cut off at the end are noticed. The file's key stands in front, wrapped with
the data keys.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.store.errors import BadKeys

MAGIC: Final = b"INTAKE\x00\x01"
PIECE: Final = 65_536
_TAG: Final = 16
_LENGTH: Final = struct.Struct(">H")


class Sealer:
    """Seals and opens with data keys: the newest wraps, any opens."""

    def __init__(self, keys: Sequence[str]) -> None:
        fernets = [Fernet(key) for key in keys]
        self._newest, self._keys = fernets[0], MultiFernet(fernets)

    def seal(self, file: BinaryIO) -> Sealing:
        """Begins to write a sealed file."""
        key = AESGCM.generate_key(bit_length=256)
        wrapped = self._keys.encrypt(key)
        file.write(MAGIC + _LENGTH.pack(len(wrapped)) + wrapped)
        return Sealing(file, AESGCM(key))

    def opened(self, data: Iterator[bytes]) -> Iterator[bytes]:
        """The pieces of what was sealed, from its bytes in any portions.

        Files of the older kind, one token as a whole, are one piece. Raises BadKeys when no key
        fits or the file was changed.
        """
        portions = _Portions(data)
        start = portions.take(len(MAGIC))
        if start != MAGIC:
            yield self._open_whole(start + portions.rest())
            return
        wrapped = _wrapped(portions, begun=True)
        try:
            cipher = AESGCM(self._keys.decrypt(wrapped or b""))
        except InvalidToken as error:
            raise BadKeys("no key of INTAKE_DATA_KEYS fits a stored file") from error
        number, piece = 0, portions.take(PIECE + _TAG)
        while True:
            following = portions.take(PIECE + _TAG)
            try:
                yield cipher.decrypt(_nonce(number, last=not following), piece, None)
            except InvalidTag as error:
                raise BadKeys("a stored file was changed") from error
            if not following:
                return
            number, piece = number + 1, following

    def is_current(self, data: Iterator[bytes]) -> bool:
        """Whether the newest key wraps this sealed file; only its beginning is read."""
        wrapped = _wrapped(_Portions(data))
        try:
            self._newest.decrypt(wrapped or b"")
        except InvalidToken:
            return False
        return True

    def rewrap(self, data: Iterator[bytes], file: BinaryIO) -> None:
        """Writes the same content sealed under the newest key.

        The content stays as it is, only its own key is wrapped again. Files of the older kind are
        sealed anew. Raises BadKeys when no key fits.
        """
        portions = _Portions(data)
        start = portions.take(len(MAGIC))
        if start != MAGIC:
            sealing = self.seal(file)
            sealing.write(self._open_whole(start + portions.rest()))
            sealing.close()
            return
        wrapped = _wrapped(portions, begun=True)
        try:
            fresh = self._keys.rotate(wrapped or b"")
        except InvalidToken as error:
            raise BadKeys("no key of INTAKE_DATA_KEYS fits a stored file") from error
        file.write(MAGIC + _LENGTH.pack(len(fresh)) + fresh)
        while piece := portions.take(PIECE):
            file.write(piece)

    def _open_whole(self, token: bytes) -> bytes:
        try:
            return self._keys.decrypt(token)
        except InvalidToken as error:
            raise BadKeys("no key of INTAKE_DATA_KEYS fits a stored file") from error


class Sealing:
    """A sealed file being written; unreadable until `close`."""

    def __init__(self, file: BinaryIO, cipher: AESGCM) -> None:
        self._file, self._cipher = file, cipher
        self._waiting = bytearray()
        self._number = 0

    def write(self, data: bytes) -> None:
        """Adds bytes."""
        self._waiting += data
        # The last piece is marked, so one is always held back.
        while len(self._waiting) > PIECE:
            self._put(bytes(self._waiting[:PIECE]), last=False)
            del self._waiting[:PIECE]

    def close(self) -> None:
        """Writes the last piece; the file itself stays open."""
        self._put(bytes(self._waiting), last=True)

    def _put(self, piece: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, last=last), piece, None))
        self._number += 1


class _Portions:
    """Bytes that come in portions of any size, taken in sizes that are wanted."""

    def __init__(self, data: Iterator[bytes]) -> None:
        self._data, self._held = data, bytearray()

    def take(self, size: int) -> bytes:
        """So many bytes, fewer at the end."""
        while len(self._held) < size:
            portion = next(self._data, None)
            if portion is None:
                break
            self._held += portion
        taken = bytes(self._held[:size])
        del self._held[:size]
        return taken

    def rest(self) -> bytes:
        """All that is left."""
        return bytes(self._held) + b"".join(self._data)


def _wrapped(portions: _Portions, *, begun: bool = False) -> bytes | None:
    """The wrapped key that stands in front; None for a file of the older kind."""
    if not begun and portions.take(len(MAGIC)) != MAGIC:
        return None
    head = portions.take(_LENGTH.size)
    return portions.take(_LENGTH.unpack(head)[0]) if len(head) == _LENGTH.size else b""


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
