"""A populated console for each test: one database is made once and copied."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from httpx import Response
from playwright.sync_api import Browser, Page
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from bot.console.app import create_console
from bot.console.doors import ATTEMPTS
from bot.console.sessions import open_session
from bot.settings import Settings
from bot.store import Store, new_key
from tests.browsers import launched, opened
from tests.console import seed
from tests.console.browsing import DESKTOP
from tests.console.seed import Clock
from tests.standins.serving import address, bound, serving

HERE = "http://console.test"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
KEY = new_key()
OURS = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class Console:
    """A store, its clock, the case numbers by the person's name, and browsers to look with."""

    store: Store
    clock: Clock
    numbers: dict[str, str]
    app: Starlette
    settings: Settings

    def browser(self, **headers: str) -> TestClient:
        """A browser nobody is logged in with."""
        return TestClient(self.app, base_url=HERE, headers=headers)

    def logged_in(self, name: str = "coordinator") -> TestClient:
        """A browser somebody is logged in with."""
        browser, account = self.browser(), self.store.users.by_name(name)
        assert account is not None
        token = open_session(self.store, account.id, self.clock.now)
        browser.cookies.set("intake_session", token, domain="console.test")
        return browser

    def path(self, name: str, rest: str = "") -> str:
        """The address of a person's case."""
        return f"/console/cases/{self.numbers[name]}{rest}"


def token_of(page: str) -> str:
    """The form token of a page."""
    found = re.search(r'name="token" value="([0-9a-f]+)"', page)
    assert found, page[:400]
    return found[1]


def value_of(page: str, name: str) -> str:
    """The first value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


def log_in(browser: TestClient, name: str, password: str, **more: str) -> Response:
    """Fill the login form."""
    token = token_of(browser.get("/console/login").text)
    form = {"token": token, "name": name, "password": password} | more
    return browser.post("/console/login", data=form, headers=OURS)


def post(browser: TestClient, path: str, page: str, **form: str) -> Response:
    """Send a form of `page`."""
    return browser.post(path, data={"token": token_of(page)} | form, headers=OURS)


@pytest.fixture(scope="session")
def populated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """The database with everybody in it."""
    file = tmp_path_factory.mktemp("console") / "seeded.db"
    clock = Clock(NOW)
    store = Store.open(f"sqlite:///{file}", [KEY], clock)
    store.migrate()
    numbers = seed.populate(store, clock)
    for role in ("coordinator", "lead", "auditor", "administrator"):
        seed.account(store, role, role)
    seed.account(store, "second", "coordinator")
    seed.account(store, "newcomer", "coordinator", fresh=True)
    store.close()
    return file, numbers


@pytest.fixture
def make_console(
    populated: tuple[Path, dict[str, str]], tmp_path: Path
) -> Iterator[Callable[..., Console]]:
    """Makes consoles over a copy of the database."""
    made: list[Store] = []

    def make(public_url: str = HERE) -> Console:
        file = tmp_path / f"console-{len(made)}.db"
        shutil.copy(populated[0], file)
        clock = Clock(NOW)
        store = Store.open(f"sqlite:///{file}", [KEY], clock)
        made.append(store)
        settings = Settings(
            INTAKE_PUBLIC_URL=public_url,
            INTAKE_DATA_KEYS=KEY,
            INTAKE_FILES_URL=f"file://{tmp_path / 'files'}",
        )  # type: ignore[call-arg]
        app = Starlette(routes=[Mount("/console", create_console(store, settings))])
        return Console(store, clock, populated[1], app, settings)

    ATTEMPTS.forget()
    yield make
    for store in made:
        store.close()


@pytest.fixture
def console(make_console: Callable[..., Console]) -> Console:
    """A populated console."""
    return make_console()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for the module."""
    with launched() as browser:
        yield browser


@pytest.fixture
def served(make_console: Callable[..., Console]) -> Iterator[tuple[Console, str]]:
    """A console on a free port of this machine."""
    held = bound()
    console = make_console(address(held))
    with serving(console.app, held) as url:
        yield console, f"{url}/console"


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page that fails the test when it logs an error or asks another host for anything."""
    context = opened(chromium, viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
    tab, trouble = context.new_page(), []
    tab.on("pageerror", lambda error: trouble.append(str(error)))
    tab.on(
        "console",
        lambda said: trouble.append(said.text) if "Content Security" in said.text else None,
    )
    tab.on(
        "request",
        lambda asked: None if "127.0.0.1" in asked.url else trouble.append(asked.url),
    )
    yield tab
    context.close()
    assert trouble == []
