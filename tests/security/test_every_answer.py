"""What every answer of every route must carry, who may read the figures, who is slowed down."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from httpx import Response
from starlette.testclient import TestClient

from bot.console.app import create_console
from bot.settings import Settings
from bot.store import Store
from connectors.gateway import create_app
from connectors.http_guard import HttpGuard
from connectors.parts import Part
from tests.console.conftest import KEY, Console, token_of
from tests.console.seed import PASSWORD
from tests.security.conftest import Gateway
from tests.security.test_routes import IN_PLACE, TABLE

SCRIPT_FREE = {"default-src": "'none'", "script-src": "'self'", "frame-ancestors": "'none'"}
OUT_THERE = ("93.184.215.14", 40000)


def policy_of(answer: Response) -> dict[str, str]:
    parts = answer.headers["content-security-policy"].split(";")
    return {name: rest for name, _, rest in (part.strip().partition(" ") for part in parts)}


def check_headers(row: str, answer: Response, *, https: bool = False) -> None:
    """The headers that no answer may lack, whatever its status."""
    headers = answer.headers
    policy = policy_of(answer)
    assert {name: policy.get(name) for name in SCRIPT_FREE} == SCRIPT_FREE, row
    assert "unsafe" not in headers["content-security-policy"], row
    assert headers["x-content-type-options"] == "nosniff", row
    assert headers["x-frame-options"] == "DENY", row
    assert headers["referrer-policy"] in ("no-referrer", "same-origin"), row
    assert "x-request-id" in headers, row
    assert "server" not in headers, row
    if "/static" not in row and "/chat/" not in row:
        assert headers["cache-control"] == "no-store", row
    assert ("strict-transport-security" in headers) is https, row


def asked(browser: TestClient, gateway: Gateway, row: str) -> Response:
    method, path = row.split(" ", 1)
    for name, value in (IN_PLACE | {"number": gateway.console.numbers["Nusrat J."]}).items():
        path = path.replace(f"{{{name}}}", value)
    path = re.sub(r"\{[^}]*\}", "nobody", path)
    return browser.request(method, path)


@pytest.mark.parametrize("account", ["", "administrator"])
def test_every_answer_of_every_route_carries_the_headers(gateway: Gateway, account: str) -> None:
    browser = gateway.logged_in(account) if account else gateway.browser()
    for row in sorted(TABLE):
        if "logout" not in row:
            check_headers(row, asked(browser, gateway, row))
    for odd in ("/nowhere", "/console/nowhere", "/console/static/../app.py", "/%00", "/chat/x.js"):
        check_headers(odd, browser.get(odd))


def test_behind_tls_cookies_are_for_this_host_only_and_every_answer_says_so(
    console: Console, tmp_path: Path
) -> None:
    public = "https://intake.example.org"
    settings = Settings(
        _env_file=None,
        INTAKE_PUBLIC_URL=public,
        INTAKE_DATA_KEYS=KEY,
        INTAKE_FILES_URL=f"file://{tmp_path / 'files'}",
    )
    app = create_app(settings, console.store, parts={Part.WEB})
    browser = TestClient(app, base_url=public, follow_redirects=False)
    page = browser.get("/console/login")
    check_headers("login", page, https=True)
    given = page.headers["set-cookie"].lower()
    assert all(word in given for word in ("httponly", "secure", "samesite"))
    form = {"token": token_of(page.text), "name": "coordinator", "password": "wrong"}
    refused = browser.post("/console/login", data=form, headers={"sec-fetch-site": "same-origin"})
    assert refused.status_code == 401
    form |= {"password": PASSWORD}
    done = browser.post("/console/login", data=form, headers={"sec-fetch-site": "same-origin"})
    cookie = done.headers["set-cookie"]
    assert cookie.startswith("__Host-intake_session=")
    lower = cookie.lower()
    assert all(word in lower for word in ("httponly", "secure", "path=/", "samesite="))
    assert "domain=" not in lower


def figures(app: HttpGuard, client: tuple[str, int], **headers: str) -> int:
    return TestClient(app, client=client).get("/metrics", headers=headers).status_code


def test_figures_are_for_our_own_network(gateway: Gateway) -> None:
    for address in ("127.0.0.1", "10.1.2.3", "192.168.7.7", "172.18.0.4", "::1", "fd00::7"):
        assert figures(gateway.app, (address, 1)) == 200, address
    for address in ("93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "testclient", ""):
        assert figures(gateway.app, (address, 1)) == 403, address
    for name in ("x-forwarded-for", "forwarded", "via", "x-real-ip"):
        assert figures(gateway.app, ("127.0.0.1", 1), **{name: "10.0.0.1"}) == 403, name


def test_with_a_token_only_the_token_counts(console: Console, tmp_path: Path) -> None:
    settings = Settings(
        _env_file=None,
        INTAKE_DATA_KEYS=KEY,
        INTAKE_METRICS_TOKEN="figures-please",
        INTAKE_FILES_URL=f"file://{tmp_path / 'files'}",
    )
    app = create_app(settings, console.store, parts={Part.WEB})
    assert isinstance(app, HttpGuard)
    assert figures(app, OUT_THERE, authorization="Bearer figures-please") == 200
    for wrong in ("", "Bearer", "Bearer figures-pleas", "Bearer figures-pleasee", "figures-please"):
        assert figures(app, ("127.0.0.1", 1), authorization=wrong) == 403, wrong
    assert figures(app, ("127.0.0.1", 1)) == 403


def test_figures_name_nobody(gateway: Gateway) -> None:
    store = gateway.console.store
    text = TestClient(gateway.app, client=("127.0.0.1", 1)).get("/metrics").text
    assert "intake_queue_waiting" in text
    for name, number in gateway.console.numbers.items():
        assert number not in text
        assert name not in text
        case = store.cases.by_number(number)
        assert case is not None
        assert case.conversation_id not in text


def test_one_address_in_the_world_makes_no_conversations_without_end(gateway: Gateway) -> None:
    browser = TestClient(gateway.app, client=OUT_THERE)
    knocks = (browser.post(f"/webchat/{n:032d}/messages", json=["no"]) for n in range(5000))
    assert next(answer for answer in knocks if answer.status_code != 400).status_code == 429
    neighbour = TestClient(gateway.app, client=("93.184.215.15", 1))
    assert neighbour.post("/webchat/somebody-else/messages", json=[]).status_code == 400


def test_the_console_alone_carries_its_headers_too(sqlite_store: Store) -> None:
    app = create_console(sqlite_store, Settings(_env_file=None, INTAKE_DATA_KEYS=KEY))
    answer = TestClient(app, follow_redirects=False).get("/login")
    assert policy_of(answer)["script-src"] == "'self'"
