"""Every route of the service, and who may use it: one table, complete, tried out role by role.

The table is written by hand and not derived from the code it checks. A new route fails here until
somebody has said who may use it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
from httpx import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.testclient import TestClient

from bot.console.roles import Role
from tests.console.conftest import OURS, token_of
from tests.security.conftest import Gateway

PUBLIC = "everybody"
PROVIDER = "a provider that proves itself"
OUR_NETWORK = "our own network, or whoever has the token"
HOLDER = "whoever holds the unguessable address"
ANYONE_LOGGED_IN = frozenset(Role)
CARE = frozenset({Role.COORDINATOR, Role.LEAD, Role.ADMINISTRATOR})
LEADING = frozenset({Role.LEAD, Role.ADMINISTRATOR})
QUALITY = LEADING
OVERSIGHT = frozenset({Role.LEAD, Role.AUDITOR, Role.ADMINISTRATOR})
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
Who = str | frozenset[Role]

CASE = "/console/cases/{number}"
TABLE: dict[str, Who] = {
    "GET /": PUBLIC,
    "GET /chat": PUBLIC,
    "GET /healthz": PUBLIC,
    "GET /readyz": PUBLIC,
    "GET /metrics": OUR_NETWORK,
    "POST /webhooks/whatsapp": PROVIDER,
    "POST /webhooks/whatsapp/status": PROVIDER,
    "POST /webhooks/telegram": PROVIDER,
    "POST /webchat/{conversation}/messages": HOLDER,
    "GET /webchat/{conversation}/messages": HOLDER,
    "GET /webchat/{conversation}/files/{key:path}": HOLDER,
    "GET /files/{token}": HOLDER,
    "GET /console/static": PUBLIC,
    "GET /console/login": PUBLIC,
    "POST /console/login": PUBLIC,
    "POST /console/logout": ANYONE_LOGGED_IN,
    "GET /console/code": ANYONE_LOGGED_IN,
    "POST /console/code": ANYONE_LOGGED_IN,
    "GET /console/second-factor": ANYONE_LOGGED_IN,
    "POST /console/second-factor": ANYONE_LOGGED_IN,
    "POST /console/second-factor/confirm": ANYONE_LOGGED_IN,
    "POST /console/second-factor/off": ANYONE_LOGGED_IN,
    "GET /console/password": ANYONE_LOGGED_IN,
    "POST /console/password": ANYONE_LOGGED_IN,
    "GET /console/": ANYONE_LOGGED_IN,
    "GET /console/cases": CARE,
    "GET /console/cases.{form}": CARE,
    f"GET {CASE}/messages/{{message}}": CARE,
    f"POST {CASE}/messages/{{message}}": CARE,
    f"GET {CASE}/messages/{{message}}/files/{{place}}": CARE,
    f"GET {CASE}/messages/{{message}}/files/{{place}}/pages/{{page}}": CARE,
    f"GET {CASE}/messages/{{message}}/files/{{place}}/original": CARE,
    f"POST {CASE}/messages/{{message}}/files/{{place}}/paper": CARE,
    f"GET {CASE}/pathways/{{pathway}}": CARE,
    f"POST {CASE}/template": CARE,
    "GET /console/search": CARE,
    "POST /console/search": CARE,
    f"POST {CASE}/objection": CARE,
    f"POST {CASE}/find": CARE,
    f"POST {CASE}/tags": CARE,
    "POST /console/views": CARE,
    "POST /console/views/remove": CARE,
    "GET /console/undelivered": CARE,
    "POST /console/undelivered": CARE,
    "GET /console/quality": QUALITY,
    "GET /console/quality/nlu.yml": QUALITY,
    "GET /console/quality/facts.jsonl": QUALITY,
    "GET /console/quality/week": QUALITY,
    "GET /console/quality/week.{form}": QUALITY,
    f"GET {CASE}": CARE,
    f"GET {CASE}/messages": CARE,
    f"GET {CASE}/side": CARE,
    f"GET {CASE}/export.json": CARE,
    f"GET {CASE}/package/{{form}}": CARE,
    f"GET {CASE}/documents/{{kind}}": CARE,
    f"GET {CASE}/copy": CARE,
    f"POST {CASE}/letter": CARE,
    f"POST {CASE}/sharing": CARE,
    f"POST {CASE}/take-over": CARE,
    f"POST {CASE}/hand-back": CARE,
    f"POST {CASE}/reply": CARE,
    f"POST {CASE}/retry": CARE,
    f"GET {CASE}/erase": LEADING,
    f"POST {CASE}/erase": LEADING,
    f"GET {CASE}/facts": CARE,
    f"GET {CASE}/facts/{{fact}}": CARE,
    f"POST {CASE}/facts/{{fact}}": CARE,
    f"POST {CASE}/notes": CARE,
    f"POST {CASE}/assign": CARE,
    f"POST {CASE}/state": CARE,
    f"POST {CASE}/seen": CARE,
    f"POST {CASE}/records": CARE,
    f"POST {CASE}/questions": CARE,
    "GET /console/audit": OVERSIGHT,
    "GET /console/accounts": ADMINISTRATORS,
    "POST /console/accounts": ADMINISTRATORS,
    "POST /console/accounts/disable": ADMINISTRATORS,
    "POST /console/accounts/reset": ADMINISTRATORS,
}
ROLES = sorted(Role)
OF_CONSOLE = sorted(row for row in TABLE if not isinstance(TABLE[row], str))
# The logout comes last, because nothing works after it.
OF_CONSOLE.sort(key=lambda row: "logout" in row)
IN_PLACE = {"fact": "ecog", "form": "json", "kind": "records-list", "message": "none", "place": "0"}
IN_PLACE |= {"page": "0", "pathway": "none"}


def declared(routes: Iterable[BaseRoute], prefix: str = "") -> Iterator[str]:
    """Every `METHOD /path` of an application; a folder of static files is one GET."""
    for route in routes:
        if isinstance(route, Mount):
            inner = list(declared(route.routes or (), prefix + route.path))
            yield from inner or [f"GET {prefix}{route.path}"]
        else:
            assert isinstance(route, Route), "a kind of route that nobody has judged"
            for method in sorted((route.methods or {"GET"}) - {"HEAD"}):
                yield f"{method} {prefix}{route.path}"


def test_the_table_names_every_route_of_the_service_once(gateway: Gateway) -> None:
    found = [row for row in declared(gateway.routes) if not row.startswith("GET /chat/")]
    assert sorted(found) == sorted(set(found)), "a route is declared twice"
    assert set(found) == set(TABLE)


def test_what_belongs_to_the_chat_page_is_public_and_static(gateway: Gateway) -> None:
    browser = gateway.browser()
    for row in declared(gateway.routes):
        if row.startswith("GET /chat/"):
            assert "{" not in row.removesuffix("{name}").removesuffix("{file}"), row
            assert browser.get(row.removeprefix("GET ")).status_code in (200, 404)


def knock(gateway: Gateway, browser: TestClient, row: str, token: str = "") -> Response:
    """Use one route of the console on somebody's case."""
    method, path = row.split(" ", 1)
    places = IN_PLACE | {"number": gateway.console.numbers["Nusrat J."]}
    for name, value in places.items():
        path = path.replace(f"{{{name}}}", value)
    answer: Response
    if method == "GET":
        answer = browser.get(path, params={"fact": "ecog"})
    else:
        answer = browser.post(path, data={"token": token}, headers=OURS)
    return answer


def refused(answer: Response) -> bool:
    """Whether the door was closed: to the login, or not open to this account."""
    to_login = answer.status_code == 303 and "/console/login?next" in answer.headers["location"]
    return to_login or (answer.status_code == 403 and "not open to your account" in answer.text)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_passes_exactly_the_doors_of_its_table(gateway: Gateway, role: Role) -> None:
    browser = gateway.logged_in(role)
    token = token_of(browser.get("/console/password").text)
    open_to = {row for row in OF_CONSOLE if not refused(knock(gateway, browser, row, token))}
    assert open_to == {row for row in OF_CONSOLE if role in TABLE[row]}


def test_without_login_no_door_of_the_console_opens(gateway: Gateway) -> None:
    for row in OF_CONSOLE:
        browser = gateway.browser()
        token = token_of(browser.get("/console/login").text)
        answer = knock(gateway, browser, row, token)
        assert answer.status_code == 303, row
        assert answer.headers["location"].startswith("/console/login"), row
        assert gateway.console.numbers["Nusrat J."] not in answer.text


def test_a_role_that_nobody_knows_opens_nothing(gateway: Gateway) -> None:
    assert {role.value for role in Role} == {"coordinator", "lead", "auditor", "administrator"}


@pytest.mark.parametrize("row", sorted(r for r, who in TABLE.items() if who == PROVIDER))
def test_without_proof_a_webhook_is_closed(gateway: Gateway, row: str) -> None:
    before = gateway.console.store.inbox.depth()
    for headers in ({}, {"x-twilio-signature": "x"}, {"x-telegram-bot-api-secret-token": "x"}):
        answer = gateway.browser().post(row.split(" ")[1], data={"Body": "x"}, headers=headers)
        assert answer.status_code == 403
    assert gateway.console.store.inbox.depth() == before


@pytest.mark.parametrize("row", sorted(r for r, who in TABLE.items() if who == HOLDER))
def test_without_the_address_nothing_is_read(gateway: Gateway, row: str) -> None:
    method, path = row.split(" ", 1)
    if method == "GET":
        for place in ("{conversation}", "{key:path}", "{token}"):
            path = path.replace(place, gateway.console.numbers["Sam"])
        answer = gateway.browser().get(path)
        assert answer.status_code == 404 or answer.json()["messages"] == []


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "CONNECT"])
def test_no_other_method_does_anything(gateway: Gateway, method: str) -> None:
    browser = gateway.logged_in("administrator")
    before = gateway.console.store.audit.entries(limit=1)
    for row in sorted(TABLE):
        path = row.split(" ", 1)[1].replace("{number}", gateway.console.numbers["Sam"])
        path = path.replace("/static", "/static/console.js")
        answer = browser.request(method, path.replace("{", "").replace("}", ""))
        assert answer.status_code in (404, 405), row
    assert gateway.console.store.audit.entries(limit=1) == before
