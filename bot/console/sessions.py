"""Logged-in browsers: opening, finding and closing a session, and the cookies that carry it.

Guarantee: a session's token is random, kept only as a hash, replaced at login, and dead after half
an hour without use, twelve hours at the latest, a logout, a new password or a disabled account.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from bot.store import Store

IDLE: Final = timedelta(minutes=30)
LONGEST: Final = timedelta(hours=12)
# A session in steady use is written to once a minute, not with every click.
TOUCH_EVERY: Final = timedelta(minutes=1)
# Carries nothing but a random value that ties the login form to the browser that fetched it.
GATE_COOKIE: Final = "intake_gate"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person behind a session."""

    user_id: str
    name: str
    role: str
    must_change_password: bool
    needs_code: bool  # the second factor is on and not given yet
    token: str


def cookie_name(https: bool) -> str:
    """The `__Host-` prefix makes browsers refuse the cookie from anywhere but this host."""
    return "__Host-intake_session" if https else "intake_session"


def gate_secret() -> str:
    """A fresh value for the gate cookie."""
    return secrets.token_urlsafe(24)


def open_session(store: Store, user_id: str, now: datetime, *, second_factor: bool = False) -> str:
    """A new session; gives the token for the cookie."""
    return store.sessions.open(
        user_id,
        expires_at=now + LONGEST,
        idle_expires_at=now + IDLE,
        second_factor=second_factor,
    )


def resume(store: Store, token: str, now: datetime, *, touch: bool) -> SignedIn | None:
    """The person of a live session, None when it has ended; `touch` counts the visit as use."""
    login = store.sessions.find(token)
    if login is None:
        return None
    if touch and now - login.last_seen_at > TOUCH_EVERY:
        store.sessions.touch(token, min(now + IDLE, login.expires_at))
    account = login.account
    return SignedIn(
        user_id=account.id,
        name=account.username,
        role=account.role,
        must_change_password=account.must_change_password,
        needs_code=account.totp_confirmed_at is not None and not login.second_factor,
        token=token,
    )
