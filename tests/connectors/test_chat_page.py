"""The chat page in a real browser: by keyboard, on a phone, after a reload, on a bad connection."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from bot.store.messages import Author, OutboundReply
from tests.browsers import launched, opened
from tests.connectors.conftest import Service
from tests.connectors.waiting import LONGEST_SECONDS

browser_test = pytest.mark.browser
AXE = Path(__file__).parents[1] / "console" / "vendor" / "axe.min.js"
PHONE, DESKTOP = (360, 740), (1366, 860)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for the module."""
    with launched() as browser:
        yield browser


@pytest.fixture
def page(chromium: Browser, door: Service) -> Iterator[Page]:
    """A fresh phone on the page; what the browser complains about fails the test."""
    context = opened(chromium, viewport={"width": PHONE[0], "height": PHONE[1]})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{door.url}/chat")
    yield page
    context.close()
    assert [c for c in complaints if "Failed to load resource" not in c] == []


def write(page: Page, text: str) -> None:
    page.get_by_label("Your message").fill(text)
    page.keyboard.press("Enter")


def bubbles(page: Page) -> list[str]:
    return page.locator(".bubble").all_inner_texts()


@browser_test
def test_a_conversation_by_keyboard_alone(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Start the conversation")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("You said: Hello")
    expect(page.get_by_label("Your message")).to_be_focused()
    page.keyboard.type("buttons")
    page.keyboard.press("Enter")
    choice = page.get_by_role("button", name="Mostly in bed")
    expect(choice).to_be_visible()
    choice.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text('"value": 3')
    expect(page.get_by_label("Your message")).to_be_focused()
    expect(choice).to_have_count(0)
    assert "Mostly in bed" in bubbles(page)


@browser_test
def test_a_reload_goes_on_where_it_stopped(page: Page) -> None:
    write(page, "twice")
    expect(page.get_by_role("log")).to_contain_text("Second.")
    write(page, "buttons")
    expect(page.get_by_role("button", name="Walking about")).to_be_visible()
    before = bubbles(page)
    page.reload()
    expect(page.get_by_role("button", name="Walking about")).to_be_visible()
    assert bubbles(page) == before
    page.get_by_role("button", name="Walking about").click()
    expect(page.get_by_role("log")).to_contain_text('"value": 1')


@browser_test
def test_a_line_break_is_typed_with_shift(page: Page) -> None:
    page.get_by_label("Your message").click()
    page.keyboard.type("one")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("two")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("You said: one\ntwo", use_inner_text=True)


@browser_test
def test_what_is_typed_is_never_markup(page: Page) -> None:
    write(page, "<img src=x onerror=alert(1)><b>bold</b>")
    expect(page.get_by_role("log")).to_contain_text("You said: <img src=x onerror=alert(1)><b>bold")
    expect(page.locator("#log img, #log b")).to_have_count(0)


@browser_test
def test_a_lost_connection_is_told_and_mended(page: Page) -> None:
    calls: list[str] = []

    def lost(route: Route) -> None:
        calls.append(route.request.post_data or "")
        route.abort()

    page.route("**/messages", lost)
    write(page, "can you hear me")
    expect(page.get_by_role("alert")).to_contain_text("Not sent")
    page.unroute("**/messages")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("log")).to_contain_text("You said: can you hear me")
    expect(page.get_by_role("alert")).to_have_count(0)
    assert len([b for b in bubbles(page) if b == "can you hear me"]) == 1


@browser_test
def test_writing_is_shown_while_the_answer_is_made(page: Page, door: Service) -> None:
    seen = threading.Event()

    def answer(_asked: object) -> list[dict[str, Any]]:
        seen.wait(LONGEST_SECONDS)
        return [{"text": "Here it is."}]

    door.engine.answer = answer
    try:
        write(page, "hello")
        expect(page.get_by_text("Writing an answer")).to_be_visible()
        seen.set()
        expect(page.get_by_role("log")).to_contain_text("Here it is.")
        expect(page.get_by_text("Writing an answer")).to_be_hidden()
    finally:
        seen.set()
        door.engine.answer = None


@browser_test
def test_a_file_is_sent_and_too_large_ones_are_not(page: Page) -> None:
    small = {"name": "pathology.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
    page.set_input_files("#file", files=[small])
    expect(page.get_by_role("log")).to_contain_text("Thank you for the file")
    expect(page.get_by_role("log")).to_contain_text("pathology.pdf")
    page.evaluate(
        """() => {
            const heap = new DataTransfer();
            heap.items.add(new File([new Uint8Array(20_000_001)], "film.mp4"));
            document.getElementById("file").files = heap.files;
            document.getElementById("file").dispatchEvent(new Event("change"));
        }"""
    )
    expect(page.get_by_text("larger than 20 MB")).to_be_visible()


@browser_test
def test_a_coordinators_words_appear_by_themselves(page: Page, door: Service) -> None:
    write(page, "hello")
    expect(page.get_by_role("log")).to_contain_text("You said: hello")
    conversation = page.evaluate("localStorage.getItem('intake.conversation')")
    assert len(conversation) == 32
    info = door.store.conversations.by_address("webchat", conversation)
    assert info is not None
    reply = OutboundReply(text="This is Sara. May I call you?")
    door.store.outbox.enqueue(info.id, [reply], Author.COORDINATOR, "Sara")
    expect(page.get_by_role("log")).to_contain_text("This is Sara.")
    expect(page.locator(".coordinator .who")).to_have_text("Sara")


@browser_test
def test_a_new_conversation_is_asked_about_first(page: Page) -> None:
    write(page, "hello")
    expect(page.get_by_role("log")).to_contain_text("You said: hello")
    old = page.evaluate("localStorage.getItem('intake.conversation')")
    page.get_by_role("button", name="New conversation").click()
    page.get_by_role("button", name="Cancel").click()
    assert page.evaluate("localStorage.getItem('intake.conversation')") == old
    page.get_by_role("button", name="New conversation").click()
    page.get_by_role("dialog").get_by_role("button", name="New conversation").click()
    expect(page.get_by_role("button", name="Start the conversation")).to_be_visible()
    assert page.evaluate("localStorage.getItem('intake.conversation')") != old
    assert bubbles(page) == []


@browser_test
def test_nothing_of_the_conversation_stays_in_the_browser(page: Page) -> None:
    write(page, "ovarian cancer")
    expect(page.get_by_role("log")).to_contain_text("You said: ovarian cancer")
    kept = page.evaluate(
        "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
    )
    assert "ovarian" not in kept


@browser_test
def test_right_to_left_words_keep_their_direction(page: Page) -> None:
    write(page, "أمي مريضة")
    expect(page.get_by_role("log")).to_contain_text("You said: أمي مريضة")
    mine = page.locator(".mine .words").first
    assert mine.evaluate("e => getComputedStyle(e).direction") == "rtl"
    assert page.evaluate("document.documentElement.dir") == "ltr"


@browser_test
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, (320, 568), DESKTOP])
def test_accessible_and_within_the_screen(
    chromium: Browser, door: Service, theme: Any, size: tuple[int, int]
) -> None:
    viewport = {"width": size[0], "height": size[1]}
    context = opened(chromium, viewport=viewport, color_scheme=theme, bypass_csp=True)
    page = context.new_page()
    page.goto(f"{door.url}/chat")
    page.add_script_tag(path=AXE)
    for answers, step in enumerate((None, "buttons", "hello", "x" * 300)):
        if step:
            write(page, step)
            enough = "n => document.querySelectorAll('.bot').length >= n"
            page.wait_for_function(enough, arg=answers)
            expect(page.get_by_text("Writing an answer")).to_be_hidden()
        result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        assert [(v["id"], v["nodes"][0]["html"]) for v in result["violations"]] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    context.close()


# -- the page without a browser -------------------------------------------------------------------


@pytest.fixture
def html(door: Service) -> str:
    return door.client.get("/chat").text


def test_no_script_or_style_in_the_page(html: str) -> None:
    assert "<style" not in html
    assert " style=" not in html
    assert " onclick=" not in html
    assert html.count("<script") == html.count("<script src=")


def test_the_language_is_chosen_by_address_then_browser_then_english(door: Service) -> None:
    for query, accept in (
        ("", "xx-YY,zz;q=0.5"),
        ("?lang=xx", "en"),
        ("?lang=" + "e" * 5000, "en"),
    ):
        answer = door.client.get(f"/chat{query}", headers={"accept-language": accept})
        assert (answer.status_code, answer.headers["content-language"]) == (200, "en")


def test_files_of_the_page_are_kept_by_version(door: Service, html: str) -> None:
    for name in ("chat.css", "chat.js", "icon.svg"):
        address = html.partition(f"/chat/{name}?v=")[2].partition('"')[0]
        answer = door.client.get(f"/chat/{name}?v={address}")
        assert "immutable" in answer.headers["cache-control"]
        assert door.client.get(f"/chat/{name}?v=old").headers["cache-control"] == "no-cache"
    for name in ("../gateway.py", "..%2fgateway.py", "nothing.js"):
        assert door.client.get(f"/chat/{name}").status_code == 404


def test_the_home_address_leads_to_the_chat(door: Service) -> None:
    answer = httpx.get(door.url, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "/chat")
