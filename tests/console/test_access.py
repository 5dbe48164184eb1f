"""Who gets in, and where to: login, first password, lock-out, sessions, roles, forged posts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from httpx import Response
from starlette.testclient import TestClient

from bot.console import accounts, passwords
from bot.console.frame import Screen
from bot.console.roles import RIGHTS, Right, Role
from bot.console.screens import SCREENS
from tests.console.conftest import HERE, OURS, Console, log_in, post, token_of
from tests.console.seed import PASSWORD

NEW = "another four quiet words"


def test_a_coordinator_logs_in_and_sees_the_queue(console: Console) -> None:
    page = log_in(console.browser(), "Coordinator", PASSWORD)
    assert page.url.path == "/console/cases"
    assert "Ovarian cancer" in page.text


@pytest.mark.parametrize(
    ("name", "password"),
    [("coordinator", "wrong"), ("nobody", PASSWORD), ("", ""), ("coordinator", "x" * 5000)],
)
def test_every_wrong_login_reads_the_same(console: Console, name: str, password: str) -> None:
    answer = log_in(console.browser(), name, password)
    assert answer.status_code == 401
    assert "User name or password is not right." in answer.text
    assert not console.browser().cookies


def test_an_account_rests_after_several_wrong_tries(console: Console) -> None:
    browser = console.browser()
    for _ in range(accounts.TRIES):
        log_in(browser, "coordinator", "wrong")
    assert log_in(browser, "coordinator", PASSWORD).status_code == 401
    console.clock.after(accounts.REST.total_seconds() / 60 + 1)
    assert log_in(browser, "coordinator", PASSWORD).status_code == 200


def test_guessing_many_names_from_one_address_is_stopped(console: Console) -> None:
    browser = console.browser()
    for n in range(30):
        log_in(browser, f"guess{n}", "x")
    assert log_in(browser, "coordinator", PASSWORD).status_code == 401
    console.clock.after(16)
    assert log_in(browser, "coordinator", PASSWORD).status_code == 200


def test_the_first_password_must_be_changed_before_anything_else(console: Console) -> None:
    browser = console.browser()
    page = log_in(browser, "newcomer", PASSWORD)
    assert page.url.path == "/console/password"
    assert browser.get("/console/cases").url.path == "/console/password"
    old_cookie = browser.cookies["intake_session"]
    page = post(browser, "/console/password", page.text, old=PASSWORD, new=NEW, again=NEW)
    assert page.url.path == "/console/cases"
    assert browser.cookies["intake_session"] != old_cookie
    assert console.store.sessions.find(old_cookie) is None
    assert log_in(console.browser(), "newcomer", NEW).url.path == "/console/cases"


@pytest.mark.parametrize(
    ("old", "new", "again", "says"),
    [
        ("not it", NEW, NEW, "password until now is not right"),
        (PASSWORD, NEW, NEW + "!", "not the same"),
        (PASSWORD, "short", "short", "too short"),
        (PASSWORD, PASSWORD, PASSWORD, "is the one you have"),
        (PASSWORD, "my-coordinator-password", "my-coordinator-password", "your user name"),
        (PASSWORD, "abababababababab", "abababababababab", "too few characters"),
        (PASSWORD, "long and longer " * 40, "long and longer " * 40, "too long"),
    ],
)
def test_a_poor_new_password_is_refused(
    console: Console, old: str, new: str, again: str, says: str
) -> None:
    browser = console.logged_in()
    page = browser.get("/console/password").text
    answer = post(browser, "/console/password", page, old=old, new=new, again=again)
    assert answer.status_code == 422
    assert says in answer.text
    assert log_in(console.browser(), "coordinator", PASSWORD).status_code == 200


def test_a_session_ends_after_half_an_hour_without_use(console: Console) -> None:
    browser = console.logged_in()
    for _ in range(4):
        console.clock.after(20)
        assert browser.get("/console/cases").url.path == "/console/cases"
    console.clock.after(31)
    assert browser.get("/console/cases").url.path == "/console/login"


def test_a_session_ends_after_twelve_hours_whatever_happens(console: Console) -> None:
    browser = console.logged_in()
    for _ in range(36):
        console.clock.after(20)
        browser.get("/console/password")
    assert browser.get("/console/cases").url.path == "/console/login"


def test_a_page_that_refreshes_itself_keeps_nobody_logged_in(console: Console) -> None:
    browser = console.logged_in()
    poll = {"HX-Request": "true", "X-Poll": "1"}
    for _ in range(5):
        console.clock.after(7)
        last = browser.get("/console/cases", headers=poll)
    assert last.status_code == 204
    assert last.headers["HX-Redirect"].startswith("/console/login")


def test_logging_out_ends_the_session_everywhere(console: Console) -> None:
    browser = console.logged_in()
    stolen = browser.cookies["intake_session"]
    post(browser, "/console/logout", browser.get("/console/cases").text)
    thief = console.browser()
    thief.cookies.set("intake_session", stolen)
    assert thief.get("/console/cases").url.path == "/console/login"


def test_the_cookie_is_closed_to_scripts_and_to_other_sites(
    make_console: Callable[..., Console],
) -> None:
    console = make_console("https://intake.example.org")
    browser = console.browser()
    token = token_of(browser.get("/console/login").text)
    # The test's own connection is plain, so the gate's Secure cookie is handed over by hand.
    gate = browser.get("/console/login").headers["set-cookie"]
    assert "Secure" in gate
    fresh = browser.get("/console/login")
    cookie = fresh.headers["set-cookie"].split(";")[0]
    answer = browser.post(
        "/console/login",
        data={"token": token_of(fresh.text), "name": "coordinator", "password": PASSWORD},
        headers=OURS | {"Cookie": cookie},
        follow_redirects=False,
    )
    given = answer.headers.get_list("set-cookie")[0]
    assert token
    assert given.startswith("__Host-intake_session=")
    for wanted in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
        assert wanted in given
    assert "Domain" not in given
    assert answer.headers["strict-transport-security"]


def test_only_the_hash_of_a_session_is_kept(console: Console) -> None:
    token = console.logged_in().cookies["intake_session"]
    with console.store.database.engine.connect() as connection:
        kept = connection.exec_driver_sql("SELECT * FROM sessions").all()
    assert token not in str(kept)


def test_a_session_chosen_by_somebody_else_is_not_taken_up(console: Console) -> None:
    browser = console.browser()
    browser.cookies.set("intake_session", "chosen-by-somebody-else")
    log_in(browser, "coordinator", PASSWORD)
    assert browser.cookies.get("intake_session", domain="console.test") != "chosen-by-somebody-else"


def test_disabling_an_account_logs_it_out(console: Console) -> None:
    browser = console.logged_in("second")
    accounts.disable_user(console.store, "second")
    assert browser.get("/console/cases").url.path == "/console/login"
    assert log_in(console.browser(), "second", PASSWORD).status_code == 401


@pytest.mark.parametrize(
    "next_page",
    ["https://evil.example/", "//evil.example", "/console/\\evil", "javascript:alert(1)"],
)
def test_login_never_leads_to_another_site(console: Console, next_page: str) -> None:
    answer = log_in(console.browser(), "coordinator", PASSWORD, next=next_page)
    assert str(answer.url) == f"{HERE}/console/cases"


def test_login_leads_back_to_the_page_that_was_asked_for(console: Console) -> None:
    wanted = console.path("Nusrat J.")
    browser = console.browser()
    page = browser.get(wanted)
    assert page.url.path == "/console/login"
    assert page.url.params["next"] == wanted
    assert log_in(browser, "coordinator", PASSWORD, next=wanted).url.path == wanted


# --- roles --------------------------------------------------------------------------------------


def _address(console: Console, path: str) -> str:
    number = console.numbers["Nusrat J."]
    return "/console" + path.replace("{number}", number).replace("{fact}", "ecog")


# The logout comes last, because nothing works after it.
IN_ORDER = sorted(SCREENS, key=lambda s: s.name == "logout")
POSTS = [s for s in IN_ORDER if s.method == "POST"]


def _visit(console: Console, browser: TestClient, screen: Screen, page: str) -> Response:
    path = _address(console, screen.path)
    if screen.method == "GET":
        return browser.get(path, params={"fact": "ecog"})
    return post(browser, path, page)


@pytest.mark.parametrize("role", list(Role))
def test_every_role_reaches_exactly_its_screens(console: Console, role: Role) -> None:
    browser = console.logged_in(role)
    page = browser.get("/console/password").text
    reached = set()
    for screen in IN_ORDER:
        answer = _visit(console, browser, screen, page)
        if "not open to your account" not in answer.text:
            reached.add(screen.name)
    assert reached == {s.name for s in SCREENS if s.right in RIGHTS[role]}


def test_nobody_reaches_a_screen_without_login(console: Console) -> None:
    browser = console.browser()
    page = browser.get("/console/login").text
    for screen in SCREENS:
        if screen.right is not Right.OPEN:
            assert _visit(console, browser, screen, page).url.path == "/console/login", screen.name


# --- forged posts -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {},
    ],
    ids=str,
)
def test_a_form_from_elsewhere_changes_nothing(console: Console, headers: dict[str, str]) -> None:
    browser = console.logged_in("administrator")
    token = token_of(browser.get("/console/password").text)
    before = len(console.store.audit.entries())
    for screen in POSTS:
        form = {"token": token, "text": "x", "name": "second", "value": "4"}
        answer = browser.post(_address(console, screen.path), data=form, headers=headers)
        assert answer.status_code == 403, screen.name
    assert len(console.store.audit.entries()) == before


@pytest.mark.parametrize("token", ["", "0" * 64, "é", "the other's"])
def test_a_form_without_this_sessions_token_changes_nothing(console: Console, token: str) -> None:
    browser = console.logged_in("administrator")
    if token == "the other's":
        token = token_of(console.logged_in("lead").get("/console/password").text)
    before = len(console.store.audit.entries())
    for screen in POSTS:
        form = {"token": token, "text": "x", "name": "second", "value": "4"}
        answer = browser.post(_address(console, screen.path), data=form, headers=OURS)
        assert answer.status_code == 403, screen.name
    assert len(console.store.audit.entries()) == before


def test_a_form_from_our_own_page_in_an_old_browser_is_taken(console: Console) -> None:
    browser = console.browser()
    token = token_of(browser.get("/console/login").text)
    form = {"token": token, "name": "coordinator", "password": PASSWORD}
    answer = browser.post("/console/login", data=form, headers={"Origin": HERE})
    assert answer.status_code == 200


def test_a_form_that_is_far_too_long_is_refused(console: Console) -> None:
    browser = console.logged_in()
    page = browser.get(console.path("Wei")).text
    assert post(browser, console.path("Wei", "/notes"), page, text="x" * 300_000).status_code == 413


def test_headers_leave_no_room_for_foreign_scripts(console: Console) -> None:
    browser = console.logged_in()
    for path in (
        "/console/cases",
        "/console/login",
        "/console/nowhere",
        "/console/static/console.js",
    ):
        headers = browser.get(path).headers
        policy = headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
    assert browser.get("/console/cases").headers["cache-control"] == "no-store"


# --- accounts -----------------------------------------------------------------------------------


def test_an_account_made_by_command_works_once_its_password_is_changed(console: Console) -> None:
    password = accounts.create_user(console.store, "Ada", role="lead")
    assert len(password) == 19
    assert log_in(console.browser(), "ada", password).url.path == "/console/password"
    assert {a.username: a.role for a in accounts.list_users(console.store)}["ada"] == "lead"


@pytest.mark.parametrize("name", ["", "x", "two words", "ada;drop", "a" * 61, "<b>", "Æon"])
def test_a_malformed_user_name_is_refused(console: Console, name: str) -> None:
    with pytest.raises(ValueError, match="user name"):
        accounts.create_user(console.store, name)


def test_a_name_or_role_that_does_not_fit_is_refused(console: Console) -> None:
    with pytest.raises(ValueError, match="already"):
        accounts.create_user(console.store, "LEAD")
    with pytest.raises(ValueError, match="role"):
        accounts.create_user(console.store, "fine", role="owner")
    with pytest.raises(ValueError, match="no account"):
        accounts.disable_user(console.store, "nobody")


def test_an_administrator_makes_and_disables_accounts_in_the_console(console: Console) -> None:
    browser = console.logged_in("administrator")
    page = browser.get("/console/accounts").text
    made = post(browser, "/console/accounts", page, name="Mina", role="coordinator").text
    assert "Account mina is made." in made
    again = post(browser, "/console/accounts", page, name="mina", role="coordinator")
    assert again.status_code == 422
    gone = post(browser, "/console/accounts/disable", page, name="mina").text
    assert "The account is disabled" in gone
    assert post(browser, "/console/accounts/disable", page, name="administrator").status_code == 400


def test_generated_passwords_differ_and_pass_the_own_rule() -> None:
    made = {passwords.generated() for _ in range(200)}
    assert len(made) == 200
    assert all(passwords.fault(p, old="", name="newcomer") is None for p in made)


def test_weaker_hashes_are_renewed_at_login(console: Console) -> None:
    from argon2 import PasswordHasher

    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    account = console.store.users.by_name("second")
    assert account is not None
    console.store.users.change(account.id, password_hash=weak)
    log_in(console.browser(), "second", PASSWORD)
    now = console.store.users.by_name("second")
    assert now is not None
    assert now.password_hash != weak
    assert not passwords.outdated(now.password_hash)
    assert timedelta(0) <= console.clock.now - (now.last_login_at or console.clock.now)
