"""Encryption at rest: Fernet with rotating keys, encrypted column types, keyed lookup hashes.

Guarantee: what is written through `EncryptedText` and `EncryptedJSON` is authenticated and
unreadable without a data key. Looking things up (an address, a provider's id, a fact's value) goes
through `Cipher.lookup`, an HMAC whose key is a random secret kept in the database, itself
encrypted with the data keys: rotating the data keys re-wraps that secret and so changes no hash.
Limit: equal looked-up values have equal hashes within one purpose.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from typing import Any, cast

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from bot.store.errors import BadKeys


def new_key() -> str:
    """A fresh data key, as INTAKE_DATA_KEYS takes it."""
    return Fernet.generate_key().decode()


def new_id(size: int = 16) -> str:
    """An opaque, unguessable id: `size` random bytes, URL-safe."""
    return secrets.token_urlsafe(size)


class Cipher:
    """Encrypts with the newest key, decrypts with any; hashes once the lookup key is unwrapped."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise BadKeys("INTAKE_DATA_KEYS holds no key")
        try:
            fernets = [Fernet(key.strip()) for key in keys]
        except ValueError as error:
            raise BadKeys("INTAKE_DATA_KEYS: a key is not 32 bytes in URL-safe base64") from error
        self._newest = fernets[0]
        self._all = MultiFernet(fernets)
        self._lookup_key: bytes | None = None

    def encrypt(self, text: str) -> str:
        """The token of a text."""
        return self._all.encrypt(text.encode()).decode()

    def decrypt(self, token: str) -> str:
        """The text of a token; BadKeys when none of the keys made it."""
        try:
            return self._all.decrypt(token).decode()
        except InvalidToken as error:
            raise BadKeys("no key of INTAKE_DATA_KEYS fits the stored data") from error

    def is_current(self, token: str) -> bool:
        """Whether the newest key made this token."""
        try:
            self._newest.decrypt(token)
        except InvalidToken:
            return False
        return True

    def rotate(self, token: str) -> str:
        """The same text under the newest key."""
        return self._all.rotate(token).decode()

    def new_wrapped_secret(self) -> str:
        """A fresh lookup secret, encrypted: stored once per database."""
        return self.encrypt(secrets.token_hex(32))

    def unwrap(self, wrapped: str) -> None:
        """Take the database's lookup secret into use."""
        self._lookup_key = bytes.fromhex(self.decrypt(wrapped))

    def lookup(self, purpose: str, *parts: str) -> str:
        """Keyed hash of `parts` for one purpose, 32 hex digits."""
        if self._lookup_key is None:
            raise BadKeys("the database is not set up: run the migrations first")
        # The unit separator keeps ("ab", "c") and ("a", "bc") apart.
        data = "\x1f".join((purpose, *parts)).encode()
        return hmac.new(self._lookup_key, data, hashlib.sha256).hexdigest()[:32]


def cipher_of(dialect: Dialect) -> Cipher:
    """The cipher of the store whose engine has this dialect."""
    return cast(Cipher, dialect.intake_cipher)  # type: ignore[attr-defined]


class EncryptedText(TypeDecorator[str]):
    """A text column that holds Fernet tokens."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Encrypt on the way in."""
        return None if value is None else cipher_of(dialect).encrypt(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Decrypt on the way out."""
        return None if value is None else cipher_of(dialect).decrypt(value)


class EncryptedJSON(TypeDecorator[Any]):
    """A JSON value held as a Fernet token; None is stored as NULL."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Encrypt on the way in."""
        if value is None:
            return None
        return cipher_of(dialect).encrypt(json.dumps(value, ensure_ascii=False, default=str))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Decrypt on the way out."""
        return None if value is None else json.loads(cipher_of(dialect).decrypt(value))
