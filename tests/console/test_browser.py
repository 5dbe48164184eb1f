"""A coordinator's day in a real browser, by keyboard where that is how it is done."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bot.console import phrases
from bot.facts.case import CaseState
from bot.store import Author
from tests.console.conftest import Console
from tests.console.seed import PASSWORD
from tests.console.test_quality import message_of

pytestmark = pytest.mark.browser
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
PHONE, TABLET, DESKTOP = (390, 844), (820, 1180), (1366, 860)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The system's Chromium, or the one that INTAKE_CHROMIUM names."""
    path = os.environ.get("INTAKE_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def served(make_console: Callable[..., Console]) -> Iterator[tuple[Console, str]]:
    """A console on a free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    console = make_console(f"http://127.0.0.1:{port}")
    config = uvicorn.Config(console.app, host="127.0.0.1", port=port, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield console, f"http://127.0.0.1:{port}/console"
    server.should_exit = True
    thread.join()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page that fails the test when it logs an error or asks another host for anything."""
    context = chromium.new_context(viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
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


def log_in(page: Page, base: str, name: str) -> None:
    """Fill the login form."""
    page.goto(f"{base}/login")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_a_coordinators_day(served: tuple[Console, str], page: Page) -> None:
    console, base = served
    log_in(page, base, "newcomer")
    expect(page.get_by_role("heading", name="Choose your password")).to_be_visible()
    page.get_by_label("Password until now").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill("another four quiet words")
    page.get_by_label("New password, once more").fill("another four quiet words")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Cases")).to_be_visible()
    page.keyboard.press("j")
    opened = page.evaluate("document.activeElement.textContent")
    assert opened == console.numbers["Grace M."]
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=opened)).to_be_visible()
    expect(page.locator(".signs")).to_contain_text("RF")

    page.goto(f"{base}/cases/{console.numbers['Wei']}")
    expect(page.locator("#recent")).to_contain_text("pain 8/10")
    page.get_by_role("link", name="Correct Stage").click()
    page.get_by_label("IVB", exact=True).check()
    page.get_by_label("Why (optional)").fill("scan of today")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#notices")).to_contain_text("Saved.")
    expect(page.locator("#fact-stage_group")).to_contain_text("IVB")
    expect(page.locator("#fact-stage_group")).to_contain_text("Corrected")

    page.get_by_role("button", name="Take over").click()
    expect(page.locator("#reply")).to_contain_text("The assistant stays quiet")
    page.get_by_label("Your reply").fill("Hello Wei, I read everything.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#recent")).to_contain_text("Hello Wei, I read everything.")
    expect(page.locator("#casebar")).to_contain_text("Waiting for them")
    page.get_by_role("button", name="Hand back").click()
    expect(page.locator("#reply")).to_contain_text("The assistant is answering")
    page.get_by_label("Assigned to", exact=True).select_option("newcomer")
    page.get_by_role("button", name="Save: Assigned to").click()
    expect(page.locator("#notices")).to_contain_text("Assignment saved")

    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.go_back()
    page.reload()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()

    number = console.numbers["Wei"]
    case = console.store.cases.by_number(number)
    assert case is not None
    assert case.state is CaseState.ASSESSED
    assert case.facts["stage_group"].value == "IVB"
    last = console.store.transcript(str(case.conversation_id))[0]
    assert (last.author, last.author_name) == (Author.COORDINATOR, "newcomer")


def test_a_hostile_conversation_runs_no_script(served: tuple[Console, str], page: Page) -> None:
    console, base = served
    log_in(page, base, "coordinator")
    page.goto(f"{base}/cases/{console.numbers['<script>alert(1)</script>']}")
    expect(page.locator("#recent")).to_contain_text("<script>")
    assert "owned" not in page.title()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_what_is_being_written_survives_a_refresh_of_the_page(
    served: tuple[Console, str], page: Page
) -> None:
    console, base = served
    log_in(page, base, "coordinator")
    page.goto(f"{base}/cases/{console.numbers['Sam']}")
    page.get_by_role("button", name="Take over").click()
    page.get_by_label("Your reply").fill("half a sentence")
    page.get_by_label("New note").fill("half a note")
    from tests.store.people import message

    sam = message("something new", "quiet-2", channel="webchat", account="")
    console.store.inbox.receive(sam)
    expect(page.locator("#recent")).to_contain_text("something new", timeout=15_000)
    expect(page.get_by_label("Your reply")).to_have_value("half a sentence")
    expect(page.get_by_label("New note")).to_have_value("half a note")


def test_the_console_works_without_script(served: tuple[Console, str], chromium: Browser) -> None:
    console, base = served
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    log_in(page, base, "coordinator")
    page.goto(f"{base}/cases/{console.numbers['Sam']}")
    page.get_by_role("button", name="Take over").click()
    page.get_by_label("Your reply").fill("plain reply")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#recent")).to_contain_text("plain reply")
    page.get_by_role("link", name="Correct Cancer").click()
    page.get_by_label("Cancer", exact=True).select_option("al_amyloidosis")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#fact-cancer_type")).to_contain_text("Corrected")
    context.close()


@pytest.mark.parametrize("size", [PHONE, TABLET, DESKTOP], ids=["phone", "tablet", "desktop"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_accessible_and_small(
    served: tuple[Console, str], chromium: Browser, theme: str, size: tuple[int, int]
) -> None:
    console, base = served
    context = chromium.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=theme,  # type: ignore[arg-type]
        bypass_csp=True,
        reduced_motion="reduce",
    )
    page, found = context.new_page(), {}
    nusrat, wei = console.numbers["Nusrat J."], console.numbers["Wei"]
    paths = ["/login", "/cases", "/cases?state=closed", f"/cases/{nusrat}", f"/cases/{wei}"]
    paths += [f"/cases/{nusrat}/facts/{f}" for f in ("stage_group", "cancer_type", "treatments")]
    paths += ["/audit", "/accounts", "/password", "/second-factor"]
    paths += [f"/cases/{nusrat}/erase", "/cases/C-0000-00"]
    said = message_of(console, "Nusrat J.", "Is there any treatment")
    paths += [f"/cases/{nusrat}/messages/{said}", "/quality", "/quality/week?from=2026-11-16"]
    paths += ["/quality/week?from=2020-01-01", "/undelivered", "/undelivered?list=waiting"]
    for number, path in enumerate(paths):
        if number == 1:
            log_in(page, base, "administrator")
            expect(page.get_by_role("heading", name="Cases")).to_be_visible()
        page.goto(base + path)
        for summary in page.locator("summary").all():
            if summary.is_visible():
                summary.click()
        found |= _violations(page, path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        sizes = "performance.getEntries().reduce((n, e) => n + (e.encodedBodySize || 0), 0)"
        assert page.evaluate(sizes) < 150_000, path
    page.goto(f"{base}/cases/{nusrat}")
    page.get_by_label("Search the conversation").fill("chemo")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"Found in {nusrat}")).to_be_visible()
    found |= _violations(page, "find")
    page.goto(f"{base}/cases/{nusrat}")
    page.get_by_role("button", name="Take over").click()
    page.get_by_text("Phrases").click()
    found |= _violations(page, "phrases")
    page.get_by_role("link", name="We are reading").click()
    expect(page.get_by_label("Your reply")).to_have_value(phrases.text("reading", "en"))
    page.goto(f"{base}/cases?country=BD")
    page.get_by_label("Name of this view").fill("Bangladesh")
    page.get_by_role("button", name="Save view").click()
    expect(page.get_by_role("link", name="Bangladesh")).to_be_visible()
    found |= _violations(page, "views")
    context.close()
    assert found == {}


def _violations(page: Page, path: str) -> dict[str, list[str]]:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return {
        f"{path} {v['id']}": [n["html"][:160] for n in v["nodes"]] for v in result["violations"]
    }


def test_times_are_shown_in_the_readers_zone(
    served: tuple[Console, str], chromium: Browser
) -> None:
    console, base = served
    context = chromium.new_context(timezone_id="Asia/Kolkata", locale="en-GB")
    page = context.new_page()
    log_in(page, base, "coordinator")
    page.goto(f"{base}/cases/{console.numbers['Nusrat J.']}")
    # 04:30 UTC, and half past by five and a half hours.
    expect(page.locator(".msg time").first).to_have_text("10:00")
    context.close()
