"""One-time codes: set up, asked for at login, used once, reset by an administrator."""

from __future__ import annotations

import re

import pytest
from httpx import Response
from starlette.testclient import TestClient

from bot.console import accounts, second_factor
from tests.console.conftest import Console, log_in, post
from tests.console.seed import PASSWORD

SETUP = "/console/second-factor"


def code(console: Console, name: str, later: int = 0) -> str:
    """What the person's app shows, `later` steps from now."""
    account = console.store.users.by_name(name)
    assert account is not None
    assert account.totp_secret is not None
    step = int(console.clock.now.timestamp()) // second_factor.STEP + later
    return second_factor.code_at(account.totp_secret, step)


def turned_on(console: Console) -> TestClient:
    """A coordinator's browser after setting the second factor up."""
    browser = console.logged_in()
    page = post(browser, SETUP, browser.get(SETUP).text).text
    assert re.search(r"[A-Z2-7]{4}( [A-Z2-7]{4}){7}", page)
    done = post(browser, f"{SETUP}/confirm", page, code=code(console, "coordinator"))
    assert "The second factor is on." in done.text
    console.clock.after(1)
    return browser


def ask(browser: TestClient, given: str) -> Response:
    """Type a code after the password."""
    return post(browser, "/console/code", browser.get("/console/code").text, code=given)


@pytest.mark.parametrize(
    ("step", "expected"),
    [(59 // 30, "287082"), (1111111109 // 30, "081804"), (20000000000 // 30, "353130")],
)
def test_codes_are_those_of_the_standard(step: int, expected: str) -> None:
    """RFC 6238, appendix B, the last six digits."""
    assert second_factor.code_at("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", step) == expected


def test_the_password_alone_opens_nothing(console: Console) -> None:
    turned_on(console)
    browser = console.browser()
    assert log_in(browser, "coordinator", PASSWORD).url.path == "/console/code"
    for path in ("/console/cases", "/console/password", SETUP, console.path("Wei")):
        assert browser.get(path).url.path == "/console/code"
    first = browser.cookies["intake_session"]
    assert ask(browser, code(console, "coordinator")).url.path == "/console/cases"
    assert browser.cookies["intake_session"] != first
    assert console.store.sessions.find(first) is None


def test_a_code_works_once(console: Console) -> None:
    turned_on(console)
    given = code(console, "coordinator")
    for status in (200, 401):
        browser = console.browser()
        log_in(browser, "coordinator", PASSWORD)
        assert ask(browser, given).status_code == status


@pytest.mark.parametrize("given", ["", "000000", "abcdef", "1" * 400, "٣٤٥٦٧٨"])
def test_a_wrong_code_is_refused(console: Console, given: str) -> None:
    turned_on(console)
    browser = console.browser()
    log_in(browser, "coordinator", PASSWORD)
    assert ask(browser, given).status_code == 401


def test_a_clock_that_is_half_a_minute_off_is_forgiven(console: Console) -> None:
    turned_on(console)
    browser = console.browser()
    log_in(browser, "coordinator", PASSWORD)
    assert ask(browser, code(console, "coordinator", later=2)).status_code == 401
    assert ask(browser, code(console, "coordinator", later=1)).status_code == 200


def test_guessing_codes_locks_the_account(console: Console) -> None:
    turned_on(console)
    browser = console.browser()
    log_in(browser, "coordinator", PASSWORD)
    for n in range(accounts.TRIES):
        ask(browser, f"00000{n}")
    assert ask(browser, code(console, "coordinator")).status_code == 401


def test_it_is_turned_off_with_the_password_only(console: Console) -> None:
    browser = turned_on(console)
    page = browser.get(SETUP).text
    assert post(browser, f"{SETUP}/off", page, password="wrong").status_code == 422
    assert "is off" in post(browser, f"{SETUP}/off", page, password=PASSWORD).text
    assert log_in(console.browser(), "coordinator", PASSWORD).url.path == "/console/cases"


def test_an_administrator_helps_somebody_who_lost_the_phone(console: Console) -> None:
    turned_on(console)
    admin = console.logged_in("administrator")
    page = admin.get("/console/accounts").text
    assert "Reset second factor" in page
    post(admin, "/console/accounts/reset", page, name="coordinator")
    assert log_in(console.browser(), "coordinator", PASSWORD).url.path == "/console/cases"
    actions = [e.action for e in console.store.audit.entries()]
    assert "account.factor_off" in actions


def test_the_secret_is_kept_encrypted(console: Console) -> None:
    turned_on(console)
    account = console.store.users.by_name("coordinator")
    assert account is not None
    with console.store.database.engine.connect() as connection:
        kept = str(connection.exec_driver_sql("SELECT * FROM users").all())
    assert str(account.totp_secret) not in kept
