"""Logging in and out, and changing one's password."""

from __future__ import annotations

from starlette.responses import Response

from bot.console import accounts, passwords
from bot.console.attempts import Attempts, tally_of
from bot.console.frame import Notice, Visit
from bot.console.roles import Right
from bot.console.sessions import GATE_COOKIE, LONGEST, cookie_name, open_session

ATTEMPTS = Attempts()


def home(visit: Visit) -> Response:
    """The first page this person may see."""
    if visit.may(Right.READ_CASES):
        return visit.go("queue")
    return visit.go("audit")


def show_login(visit: Visit) -> Response:
    """The login form, with why it is shown."""
    t = visit.texts
    if visit.signed_in is not None:
        return visit.go("home")
    notices = []
    if visit.asked("why") == "expired":
        notices.append(Notice("blue", t("login.expired"), t("login.expired_text")))
    if visit.asked("why") == "done":
        notices.append(Notice("green", t("login.done")))
    return visit.page("login.html", notices=notices, name="", next=visit.asked("next"))


def login(visit: Visit) -> Response:
    """Open a session; every refusal reads the same."""
    name, next_page = visit.said("name"), visit.said("next")
    tally = tally_of(visit.settings)
    waits = ATTEMPTS.too_many(visit.address, visit.now, tally)
    password = visit.form.get("password", [""])[0]
    account = None if waits else accounts.check_login(visit.store, name, password, visit.now)
    if account is None:
        ATTEMPTS.failed(visit.address, visit.now, tally)
        wrong = Notice("red", visit.texts("login.wrong"), visit.texts("login.wrong_text"))
        return visit.page("login.html", 401, notices=[wrong], name=name[:80], next=next_page)
    if visit.signed_in is not None:  # never two people in one browser
        visit.store.sessions.close(visit.signed_in.token)
    visit.store.sessions.purge()
    answer = visit.go("home")
    if account.must_change_password:
        answer = visit.go("password")
    elif _ours(visit, next_page):
        answer.headers["location"] = next_page
    return with_session(visit, answer, open_session(visit.store, account.id, visit.now))


def _ours(visit: Visit, path: str) -> bool:
    """Whether a path leads into the console, and nowhere else."""
    root = visit.request.scope.get("root_path", "")
    return path.startswith(f"{root}/") and not path.startswith("//") and "\\" not in path


def with_session(visit: Visit, answer: Response, token: str) -> Response:
    """The answer, with the session's cookie on it."""
    https = visit.settings.public_url.startswith("https:")
    answer.set_cookie(
        cookie_name(https),
        token,
        max_age=int(LONGEST.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=https,
        path="/",
    )
    answer.delete_cookie(GATE_COOKIE, path="/")
    return answer


def logout(visit: Visit) -> Response:
    """End the session here and in the database."""
    https = visit.settings.public_url.startswith("https:")
    visit.store.sessions.close(visit.me.token)
    visit.store.audit.write(visit.me.name, "session.logout", f"account:{visit.me.name}")
    answer = visit.go("login", query={"why": "done"})
    answer.delete_cookie(cookie_name(https), path="/", secure=https, httponly=True, samesite="lax")
    return answer


def show_password(visit: Visit) -> Response:
    """The form to choose a password."""
    return visit.page("password.html", least=passwords.SHORTEST)


def change_password(visit: Visit) -> Response:
    """Set the new password; every other session of the account ends."""
    old, new, again = (visit.form.get(k, [""])[0] for k in ("old", "new", "again"))
    fault = "password.differ" if new != again else None
    fault = fault or accounts.change_password(visit.store, visit.me.name, old, new, visit.now)
    if fault is not None:
        wrong = Notice("red", visit.texts(fault))
        return visit.page("password.html", 422, notices=[wrong], least=passwords.SHORTEST)
    # Who comes here has given the code, if there is one to give.
    token = open_session(visit.store, visit.me.user_id, visit.now, second_factor=True)
    return with_session(visit, visit.go("home", query={"done": "password"}), token)
