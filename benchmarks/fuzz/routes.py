"""What is fuzzed through the doors: webhooks, browser chat, files, console, any route at all."""

from __future__ import annotations

import json
import shutil
import string
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import httpx
from hypothesis import strategies as st
from starlette.testclient import TestClient

from bot.console.screens import SCREENS
from bot.console.sessions import open_session
from bot.settings import Settings
from bot.store import Store
from connectors.gateway import create_app
from connectors.parts import Part
from tests.conftest import KEY
from tests.connectors.conftest import Service, running
from tests.connectors.test_fuzz import FIELDS, anything, spoiled, values
from tests.console import seed
from tests.console.conftest import NOW
from tests.standins import telegram_api

HERE = "http://console.test"
# Signs of our inside that no answer may show.
INSIDE = ("Traceback", "sqlalchemy", "psycopg", 'File "', "site-packages", "INTAKE_DATA_KEYS")
METHODS = st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])
PATHS = st.sampled_from(
    [
        *("/", "/chat", "/healthz", "/readyz", "/metrics", "/files/x", "/webchat/a/messages"),
        *("/webchat/a/files/ab/cd", "/webhooks/whatsapp", "/webhooks/telegram", "/console/login"),
        *(
            "/console/cases",
            "/console/static/console.css",
            "/chat/static/chat.js",
            "/console/audit",
        ),
    ]
)
odd = st.text(string.ascii_letters + string.digits + "/.%?&=;:@+-_~'\"<>\\ ", max_size=40)
header = st.text(string.ascii_letters + string.digits + ' ;=,/*"-', max_size=40)


class Doors:
    """A running gateway with stand-ins around it, and a populated console, logged in to."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._stack = folder, ExitStack()

    def __enter__(self) -> Self:
        empty = self._folder / "empty.db"
        store = Store.open(f"sqlite:///{empty}", [KEY])
        store.migrate()
        store.database.forget_log()
        store.close()
        (self._folder / "gateway").mkdir()
        self.service: Service = self._stack.enter_context(running(self._folder / "gateway", empty))
        shutil.copy(empty, self._folder / "console.db")
        clock = seed.Clock(NOW)
        self._console = Store.open(f"sqlite:///{self._folder / 'console.db'}", [KEY], clock)
        self.numbers = seed.populate(self._console, clock)
        seed.account(self._console, "administrator", "administrator")
        settings = Settings(
            _env_file=None,
            INTAKE_PUBLIC_URL=HERE,
            INTAKE_DATA_KEYS=KEY,
            INTAKE_FILES_URL=f"file://{self._folder / 'files'}",
        )
        app = create_app(settings, self._console, parts={Part.WEB})
        self.console = TestClient(app, base_url=HERE, follow_redirects=False)
        account = self._console.users.by_name("administrator")
        assert account is not None
        token = open_session(self._console, account.id, NOW)
        self.console.cookies.set("intake_session", token, domain="console.test")
        page = self.console.get("/console/password").text
        self.token = page.partition('name="token" value="')[2].partition('"')[0]
        assert self.token
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()
        self._console.close()


def sound(answer: httpx.Response) -> None:
    """No failure of ours, and nothing of our inside in the answer."""
    assert answer.status_code < 500, answer.status_code
    shown = answer.text if "text" in answer.headers.get("content-type", "json") else ""
    assert not [sign for sign in INSIDE if sign in shown]


def _telegram(doors: Doors) -> Callable[[Any], None]:
    headers = {"x-telegram-bot-api-secret-token": telegram_api.SECRET}

    def attempt(body: bytes) -> None:
        sound(doors.service.client.post("/webhooks/telegram", content=body, headers=headers))

    return attempt


def _whatsapp(doors: Doors) -> Callable[[Any], None]:
    def attempt(changed: dict[str, str]) -> None:
        safe = {n: v.encode("utf-8", "replace").decode() for n, v in changed.items()}
        params = doors.service.twilio.inbound("+8801712345678", "hello") | safe
        sound(doors.service.push_whatsapp(params))
        sound(doors.service.push_whatsapp(params, "/webhooks/whatsapp/status"))

    return attempt


def _unsigned(doors: Doors) -> Callable[[Any], None]:
    def attempt(given: tuple[bytes, str]) -> None:
        body, signature = given
        headers = {"x-twilio-signature": signature.strip()}
        answer = doors.service.client.post("/webhooks/whatsapp", content=body, headers=headers)
        assert answer.status_code == 403

    return attempt


def _chat(doors: Doors) -> Callable[[Any], None]:
    def attempt(given: tuple[Any, str]) -> None:
        body, name = given
        path = f"/webchat/{name.encode('utf-8', 'replace').hex() or 'a'}/messages"
        headers = {"content-type": "application/json"}
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sound(doors.service.client.post(path, content=content, headers=headers))

    return attempt


def _upload(doors: Doors) -> Callable[[Any], None]:
    def attempt(given: tuple[list[tuple[str, str, bytes]], str]) -> None:
        parts, boundary = given
        body = b"".join(
            f"--{boundary}\r\n{head}\r\n\r\n".encode("utf-8", "replace") + data + b"\r\n"
            for head, _, data in parts
        )
        headers = {"content-type": f"multipart/form-data; boundary={boundary}"}
        path = f"/webchat/{abs(hash(body)):x}/messages"
        sound(doors.service.client.post(path, content=body, headers=headers))

    return attempt


def _anywhere(doors: Doors) -> Callable[[Any], None]:
    def attempt(given: tuple[str, str, str, dict[str, str], bytes]) -> None:
        method, path, rest, headers, body = given
        url = httpx.URL("http://console.test", raw_path=(path + rest).encode("ascii", "replace"))
        try:
            answer = doors.console.request(method, url, headers=headers, content=body)
        except httpx.InvalidURL:
            return
        sound(answer)

    return attempt


def _forms(doors: Doors) -> Callable[[Any], None]:
    screens = [s for s in SCREENS if s.name not in ("logout", "login_post")]
    numbers = sorted(doors.numbers.values())

    def attempt(given: tuple[int, dict[str, str], bool, str]) -> None:
        choice, form, honest, text = given
        screen = screens[choice % len(screens)]
        path = screen.path.replace("{number}", numbers[choice % len(numbers)])
        for place in ("{fact}", "{form}", "{kind}", "{message}"):
            path = path.replace(place, text.encode().hex() or "ecog")
        sent = form | ({"token": doors.token} if honest else {})
        headers = {"sec-fetch-site": "same-origin"}
        if screen.method == "GET":
            answer = doors.console.get(f"/console{path}", params=sent)
        else:
            answer = doors.console.post(f"/console{path}", data=sent, headers=headers)
        sound(answer)

    return attempt


FORM_FIELDS = st.sampled_from(
    [
        *(
            "act",
            "way",
            "text",
            "value",
            "fact",
            "intent",
            "confirm",
            "state",
            "to",
            "name",
            "role",
        ),
        *(
            "item",
            "epoch",
            "version",
            "before",
            "number",
            "tag",
            "hospital",
            "assessment",
            "reason",
        ),
        *("pathway", "message", "query", "q", "actor", "since", "until", "object", "page", "sort"),
    ]
)
form_values = st.sampled_from(
    ["", "0", "-1", "9" * 30, "given", "phone", "ask", "2026-13-45", "../..", "=1+1", "<script>"]
) | st.text(st.characters(exclude_categories=("Cs",)), max_size=60)
bodies = (
    st.binary(max_size=300)
    | anything.map(lambda value: json.dumps(value).encode())
    | spoiled().map(lambda value: json.dumps(value).encode())
)
heads = st.sampled_from(
    [
        'Content-Disposition: form-data; name="text"',
        'Content-Disposition: form-data; name="file"; filename="a.pdf"\r\nContent-Type: x',
        'Content-Disposition: form-data; name="file"; filename="../../x"',
        "Content-Disposition: form-data",
        "Content-Type: multipart/mixed; boundary=x",
        "",
    ]
)
Attempt = Callable[[Doors], Callable[[Any], None]]
ROUTES: dict[str, tuple[st.SearchStrategy[Any], Attempt]] = {
    "door: telegram": (bodies, _telegram),
    "door: whatsapp, signed": (
        st.dictionaries(st.sampled_from(FIELDS), values, max_size=4),
        _whatsapp,
    ),
    "door: whatsapp, unsigned": (st.tuples(bodies, header), _unsigned),
    "door: browser chat": (st.tuples(anything | bodies, st.text(max_size=20)), _chat),
    "door: browser upload": (
        st.tuples(
            st.lists(st.tuples(heads, st.just(""), st.binary(max_size=200)), max_size=4),
            st.text(string.ascii_letters, min_size=1, max_size=20),
        ),
        _upload,
    ),
    "door: any route": (
        st.tuples(
            *(METHODS, PATHS, odd),
            st.dictionaries(
                st.sampled_from(
                    ["cookie", "accept", "range", "content-type", "origin", "accept-language"]
                ),
                header,
                max_size=3,
            ),
            st.binary(max_size=100),
        ),
        _anywhere,
    ),
    "door: console forms": (
        st.tuples(
            st.integers(0, 10_000),
            st.dictionaries(FORM_FIELDS, form_values, max_size=6),
            st.booleans(),
            st.text(string.ascii_letters, max_size=6),
        ),
        _forms,
    ),
}
