"""Coordinators' accounts: making, listing and disabling them, and checking a login."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot.console import passwords
from bot.console.roles import Role

if TYPE_CHECKING:
    from bot.store import Store
    from bot.store.users import Account

NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,59}")
TRIES: Final = 8
REST: Final = timedelta(minutes=15)
COMMAND_LINE: Final = "command line"


def create_user(
    store: Store, name: str, role: str = Role.COORDINATOR, *, actor: str = COMMAND_LINE
) -> str:
    """Make an account; gives its first password, which is kept nowhere.

    Raises ValueError for a name that is taken or malformed and for an unknown role.
    """
    wanted = name.strip().lower()
    if not NAME.fullmatch(wanted):
        raise ValueError("a user name has 2 to 60 letters, digits, dots, hyphens or underscores")
    if role not in set(Role):
        raise ValueError(f"role {role} is not known; known: {', '.join(Role)}")
    password = passwords.generated()
    account = store.users.create(wanted, passwords.hashed(password), role)
    if account is None:
        raise ValueError(f"there is an account {wanted} already")
    store.audit.write(actor, "account.add", f"account:{wanted}", role)
    return password


def list_users(store: Store) -> list[Account]:
    """Every account, by name."""
    return store.users.all()


def disable_user(store: Store, name: str, *, actor: str = COMMAND_LINE) -> None:
    """Lock an account for good and end its sessions. Raises ValueError when there is none."""
    account = store.users.by_name(name)
    if account is None:
        raise ValueError(f"there is no account {name}")
    store.users.change(account.id, disabled=True)
    store.audit.write(actor, "account.disable", f"account:{account.username}")


def check_login(store: Store, name: str, password: str, now: datetime) -> Account | None:
    """The account when name and password fit and it is neither disabled nor locked.

    Every refusal takes as long as a wrong password and looks the same from outside.
    """
    account = store.users.by_name(name[:80])
    fits = passwords.matches(password, account.password_hash if account else None)
    if account is None:
        store.audit.write("unknown", "session.refused", "account:unknown")
        return None
    locked = account.locked_until is not None and account.locked_until > now
    if not fits or locked or account.disabled:
        if not locked and not account.disabled:
            store.users.record_failure(account.id, TRIES, now + REST)
        store.audit.write(account.username, "session.refused", f"account:{account.username}")
        return None
    store.users.change(account.id, failed_logins=0, locked_until=None, last_login_at=now)
    if passwords.outdated(account.password_hash):
        store.users.change(account.id, password_hash=passwords.hashed(password))
    store.audit.write(account.username, "session.login", f"account:{account.username}")
    return account


def change_password(store: Store, name: str, old: str, new: str, now: datetime) -> str | None:
    """Set a chosen password, which ends every session; gives the text key of a fault, or None."""
    account = store.users.by_name(name)
    locked = account is not None and (account.locked_until or now) > now
    if account is None or locked or not passwords.matches(old, account.password_hash):
        if account is not None and not locked:
            store.users.record_failure(account.id, TRIES, now + REST)
        return "password.wrong_old"
    fault = passwords.fault(new, old=old, name=account.username)
    if fault is None:
        store.users.change(
            account.id,
            password_hash=passwords.hashed(new),
            must_change_password=False,
            failed_logins=0,
        )
        store.audit.write(account.username, "account.password", f"account:{account.username}")
    return fault
