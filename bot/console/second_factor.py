"""One-time codes as a second factor: time-based codes (RFC 6238) that any authenticator app shows.

Guarantee: a code works once, a step before and after the present one is accepted for clocks that
are off, and a wrong code counts as a failed login.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

from bot.console.accounts import REST, TRIES

if TYPE_CHECKING:
    from bot.store import Store
    from bot.store.users import Account

STEP: Final = 30  # seconds
DIGITS: Final = 6
ISSUER: Final = "Intake"


def new_secret() -> str:
    """A fresh secret of 160 bits in base32, as authenticator apps take it."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def address(secret: str, name: str) -> str:
    """The otpauth address that an app on the same device opens."""
    query = urlencode({"secret": secret, "issuer": ISSUER, "digits": DIGITS, "period": STEP})
    return f"otpauth://totp/{quote(f'{ISSUER}:{name}')}?{query}"


def code_at(secret: str, step: int) -> str:
    """The code of one time step (RFC 4226, section 5.3)."""
    digest = hmac.new(base64.b32decode(secret), step.to_bytes(8, "big"), hashlib.sha1).digest()
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step a code belongs to, None when it is not one of now."""
    given = "".join(c for c in code if c.isdigit()).encode()
    present = int(now.timestamp()) // STEP
    fits = None
    for step in (present - 1, present, present + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), given):
            fits = step
    return fits


def accept(store: Store, account: Account, code: str, now: datetime) -> bool:
    """Use a code; a wrong or used one counts towards the account's lock."""
    locked = account.locked_until is not None and account.locked_until > now
    if account.totp_secret is None or locked:
        return False
    step = step_of(account.totp_secret, code, now)
    if step is not None and store.users.use_totp_step(account.id, step):
        store.users.change(account.id, failed_logins=0, locked_until=None)
        return True
    store.users.record_failure(account.id, TRIES, now + REST)
    store.audit.write(account.username, "session.refused", f"account:{account.username}")
    return False
