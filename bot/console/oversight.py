"""The audit page and the accounts page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.console import accounts
from bot.console.frame import Notice, Visit
from bot.console.panels import Choice
from bot.console.roles import Role
from bot.console.sidebar import action_words
from bot.store.users import Account

PAGE = 100
# Who acts without an account.
NO_ACCOUNT = (accounts.COMMAND_LINE, "patient", "retention", "operator", "unknown")


@dataclass(frozen=True, slots=True)
class Field:
    """One filter of the audit page."""

    name: str
    label: str
    value: str
    type: str = "text"
    options: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One line of the audit page."""

    at: datetime
    actor: str
    action: str
    object: str
    reason: str


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One line of the accounts page."""

    name: str
    role: str
    state: str
    tone: str
    last: datetime | None
    can_disable: bool
    can_reset: bool


@dataclass(frozen=True, slots=True)
class Made:
    """An account that was just made."""

    name: str
    password: str


def show_audit(visit: Visit) -> Response:
    """Who did what and when, newest first."""
    t = visit.texts
    chosen = {k: visit.asked(k)[:80] for k in ("actor", "action", "object", "since", "until")}
    before = visit.asked("before")
    entries = visit.store.audit.entries(
        int(before) if before.isdigit() else None,
        PAGE + 1,
        actor=chosen["actor"] or None,
        action=chosen["action"] or None,
        object_=_object(chosen["object"]),
        since=_day(visit, chosen["since"]),
        until=_day(visit, chosen["until"], after=timedelta(days=1)),
    )
    visit.store.audit.write(visit.me.name, "audit.view", "audit")
    more = len(entries) > PAGE
    entries = entries[:PAGE]
    query = chosen | {"before": str(entries[-1].seq)} if more else {}
    return visit.page(
        "audit.html",
        fields=_fields(visit, chosen),
        filtered=any(chosen.values()),
        rows=[
            AuditRow(
                e.at,
                e.actor,
                action_words(visit, e.action, e.actor),
                e.object.removeprefix("case:"),
                t.named("role", e.reason) if e.action == "account.add" else e.reason or "",
            )
            for e in entries
        ],
        next_page=visit.link("audit", query=query) if more else "",
    )


def _object(text: str) -> str | None:
    """A case number or an object as the log names it."""
    if not text:
        return None
    return text if ":" in text else f"case:{text.upper()}"


def _day(visit: Visit, text: str, after: timedelta = timedelta()) -> datetime | None:
    """The start of a day in the reader's zone."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007 - the zone follows
    except ValueError:
        return None
    return (day.replace(tzinfo=visit.zone or UTC) + after).astimezone(UTC)


def _fields(visit: Visit, chosen: dict[str, str]) -> list[Field]:
    t = visit.texts
    people = [a.username for a in visit.store.users.all()]
    who = tuple(Choice(a, a) for a in (*people, *NO_ACCOUNT))
    actions = [key.removeprefix("action.") for key in t.fallback if key.startswith("action.")]
    what = tuple(Choice(a, action_words(visit, a)) for a in actions)
    return [
        Field("actor", t("audit.filter.actor"), chosen["actor"], options=who),
        Field("action", t("audit.filter.action"), chosen["action"], options=what),
        Field("object", t("audit.filter.object"), chosen["object"]),
        Field("since", t("audit.filter.since"), chosen["since"], "date"),
        Field("until", t("audit.filter.until"), chosen["until"], "date"),
    ]


def show_accounts(
    visit: Visit,
    made: Made | None = None,
    notices: tuple[Notice, ...] = (),
    draft: str = "",
    status: int = 200,
) -> Response:
    """All accounts and the form for a new one."""
    t = visit.texts
    return visit.page(
        "accounts.html",
        status,
        rows=[_account(visit, a) for a in accounts.list_users(visit.store)],
        roles=[Choice(r, t(f"role.{r}")) for r in Role],
        made=made,
        notices=notices,
        draft=draft,
    )


def _account(visit: Visit, account: Account) -> AccountRow:
    t = visit.texts
    state, tone = "active", "green"
    if account.disabled:
        state, tone = "disabled", "plain"
    elif account.locked_until is not None and account.locked_until > visit.now:
        state, tone = "locked", "red"
    elif account.must_change_password:
        state, tone = "first", "amber"
    return AccountRow(
        account.username,
        t.named("role", account.role),
        t(f"accounts.{state}"),
        tone,
        account.last_login_at,
        not account.disabled and account.username != visit.me.name,
        account.totp_confirmed_at is not None and account.username != visit.me.name,
    )


def add_account(visit: Visit) -> Response:
    """Make an account; its password is on this answer and nowhere else."""
    name, role = visit.said("name").lower(), visit.said("role")
    if role not in set(Role):
        raise HTTPException(400)
    if not accounts.NAME.fullmatch(name):
        fault = "done.account_name"
    elif visit.store.users.by_name(name) is not None:
        fault = "done.account_exists"
    else:
        password = accounts.create_user(visit.store, name, role, actor=visit.me.name)
        return show_accounts(visit, made=Made(name, password))
    return show_accounts(
        visit, notices=(Notice("red", visit.texts(fault)),), draft=name[:60], status=422
    )


def disable_account(visit: Visit) -> Response:
    """Disable an account; nobody disables their own."""
    name = visit.said("name")
    if name == visit.me.name or visit.store.users.by_name(name) is None:
        raise HTTPException(400)
    accounts.disable_user(visit.store, name, actor=visit.me.name)
    return visit.go("accounts", query={"done": "disabled"})
