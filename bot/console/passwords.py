"""Passwords: argon2id hashes, generated first passwords, and the rule a chosen one must meet."""

from __future__ import annotations

import secrets
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP floor for argon2id: 19 MiB, two passes, one lane.
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Without letters and digits that read alike, because people type it from a terminal once.
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
SHORTEST: Final = 12
LONGEST: Final = 256


def hashed(password: str) -> str:
    """An argon2id hash in its own text form."""
    return _HASHER.hash(password)


# Checked when the account does not exist, so that both answers take as long.
_NOBODY: Final = hashed(secrets.token_urlsafe(16))


def matches(password: str, stored: str | None) -> bool:
    """Whether the password fits the stored hash; an unknown account costs the same time."""
    try:
        return _HASHER.verify(stored or _NOBODY, password[:LONGEST]) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def outdated(stored: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


def generated() -> str:
    """A first password: four groups of four, 79 bits."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


def fault(new: str, *, old: str, name: str) -> str | None:
    """Why a chosen password is refused, as a text key, or None."""
    if len(new) < SHORTEST:
        return "password.too_short"
    if len(new) > LONGEST:
        return "password.too_long"
    if new == old:
        return "password.same"
    if name and name.casefold() in new.casefold():
        return "password.holds_name"
    if len(set(new)) < 5:
        return "password.too_simple"
    return None
