"""The screens of the second factor: asking for a code at login, turning it on and off."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.console import passwords, second_factor
from bot.console.doors import with_session
from bot.console.frame import Notice, Visit
from bot.console.sessions import open_session
from bot.store.users import Account


def _account(visit: Visit) -> Account:
    account = visit.store.users.get(visit.me.user_id)
    if account is None:
        raise HTTPException(403)
    return account


def show_code(visit: Visit) -> Response:
    """Ask for the code of the app."""
    if not visit.me.needs_code:
        return visit.go("home")
    return visit.page("code.html")


def enter_code(visit: Visit) -> Response:
    """Finish the login with a code; the session gets a new token."""
    if not second_factor.accept(visit.store, _account(visit), visit.said("code"), visit.now):
        wrong = Notice("red", visit.texts("code.wrong"), visit.texts("login.wrong_text"))
        return visit.page("code.html", 401, notices=[wrong])
    visit.store.sessions.close(visit.me.token)
    token = open_session(visit.store, visit.me.user_id, visit.now, second_factor=True)
    return with_session(visit, visit.go("home"), token)


def show_setup(visit: Visit) -> Response:
    """Whether the second factor is on, and how to change that."""
    return _setup(visit)


def _setup(visit: Visit, *notices: Notice, status: int = 200) -> Response:
    account = _account(visit)
    secret = account.totp_secret if account.totp_confirmed_at is None else None
    return visit.page(
        "second_factor.html",
        status,
        on=account.totp_confirmed_at is not None,
        secret=" ".join(secret[i : i + 4] for i in range(0, len(secret), 4)) if secret else "",
        address=second_factor.address(secret, account.username) if secret else "",
        notices=notices,
    )


def start(visit: Visit) -> Response:
    """Make a secret; it counts only once a code of it was entered."""
    if _account(visit).totp_confirmed_at is not None:
        raise HTTPException(400)
    visit.store.users.change(visit.me.user_id, totp_secret=second_factor.new_secret())
    return visit.go("second_factor")


def confirm(visit: Visit) -> Response:
    """Turn the second factor on with a first code."""
    account = _account(visit)
    if account.totp_secret is None or account.totp_confirmed_at is not None:
        raise HTTPException(400)
    if not second_factor.accept(visit.store, account, visit.said("code"), visit.now):
        return _setup(visit, Notice("red", visit.texts("code.wrong")), status=422)
    visit.store.users.change(account.id, totp_confirmed_at=visit.now)
    visit.store.audit.write(visit.me.name, "account.factor_on", f"account:{visit.me.name}")
    visit.store.sessions.close_all(account.id)
    token = open_session(visit.store, account.id, visit.now, second_factor=True)
    return with_session(visit, visit.go("second_factor", query={"done": "factor_on"}), token)


def turn_off(visit: Visit) -> Response:
    """Turn the second factor off, with the password."""
    account = _account(visit)
    password = visit.form.get("password", [""])[0]
    if not passwords.matches(password, account.password_hash):
        return _setup(visit, Notice("red", visit.texts("password.wrong_old")), status=422)
    _forget(visit, account)
    return visit.go("second_factor", query={"done": "factor_off"})


def reset(visit: Visit) -> Response:
    """Turn somebody's second factor off who lost their phone."""
    account = visit.store.users.by_name(visit.said("name"))
    if account is None:
        raise HTTPException(400)
    _forget(visit, account)
    visit.store.sessions.close_all(account.id)
    return visit.go("accounts", query={"done": "factor_off"})


def _forget(visit: Visit, account: Account) -> None:
    visit.store.users.change(account.id, totp_secret=None, totp_confirmed_at=None)
    visit.store.audit.write(visit.me.name, "account.factor_off", f"account:{account.username}")
