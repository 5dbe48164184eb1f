"""Every page in a real browser: accessible, small, safe, calm, and usable without script."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bot.console import phrases
from tests.browsers import opened
from tests.console.browsing import DESKTOP, PHONE, TABLET, log_in, violations
from tests.console.conftest import Console
from tests.console.test_files import received
from tests.console.test_quality import message_of
from tests.console.test_replying import SID
from tests.records.paper_files import text_pdf
from tests.store.people import says

pytestmark = pytest.mark.browser


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
    expect(page.locator("#recent")).to_contain_text("something new")
    expect(page.get_by_label("Your reply")).to_have_value("half a sentence")
    expect(page.get_by_label("New note")).to_have_value("half a note")


def test_the_console_works_without_script(served: tuple[Console, str], chromium: Browser) -> None:
    console, base = served
    context = opened(chromium, java_script_enabled=False)
    page = context.new_page()
    log_in(page, base, "coordinator")
    page.goto(f"{base}/cases/{console.numbers['Sam']}")
    page.get_by_role("button", name="Take over").click()
    page.get_by_label("Your reply").fill("plain reply")
    page.get_by_role("button", name="Send", exact=True).click()
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
    context = judged(chromium, theme, size)
    page, found = context.new_page(), {}
    nusrat, wei = console.numbers["Nusrat J."], console.numbers["Wei"]
    paths = ["/login", "/cases", "/cases?state=closed", f"/cases/{nusrat}", f"/cases/{wei}"]
    paths += [f"/cases/{nusrat}/facts/{f}" for f in ("stage_group", "cancer_type", "treatments")]
    paths += ["/audit", "/accounts", "/password", "/second-factor"]
    paths += [f"/cases/{nusrat}/erase", "/cases/C-0000-00"]
    said = message_of(console, "Nusrat J.", "Is there any treatment")
    paths += ["/search", f"/cases/{nusrat}/pathways/second_opinion", "/cases?channel=telegram"]
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
        found |= violations(page, path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        sizes = "performance.getEntries().reduce((n, e) => n + (e.encodedBodySize || 0), 0)"
        assert page.evaluate(sizes) < 150_000, path
    page.goto(f"{base}/cases/{nusrat}")
    page.get_by_label("Search the conversation").fill("chemo")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"Found in {nusrat}")).to_be_visible()
    found |= violations(page, "find")
    page.goto(f"{base}/cases/{nusrat}")
    page.get_by_role("button", name="Take over").click()
    page.get_by_text("Phrases").click()
    found |= violations(page, "phrases")
    page.get_by_role("link", name="We are reading").click()
    expect(page.get_by_label("Your reply")).to_have_value(phrases.text("reading", "en"))
    page.goto(f"{base}/cases?country=BD")
    page.get_by_label("Name of this view").fill("Bangladesh")
    page.get_by_role("button", name="Save view").click()
    expect(page.get_by_role("link", name="Bangladesh")).to_be_visible()
    found |= violations(page, "views")
    page.goto(f"{base}/search")
    page.get_by_label("Search all cases").fill("carboplatin")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name=nusrat)).to_be_visible()
    found |= violations(page, "search")
    page.goto(base + received(console, text_pdf("Pathology report")).removeprefix("/console"))
    expect(page.get_by_role("img", name="Page 1 of 1")).to_be_visible()
    found |= violations(page, "file")
    context.close()
    assert found == {}


def judged(chromium: Browser, theme: str, size: tuple[int, int]) -> BrowserContext:
    """A window in which axe may run; nothing moves while it looks."""
    return opened(
        chromium,
        viewport={"width": size[0], "height": size[1]},
        color_scheme=theme,  # type: ignore[arg-type]
        bypass_csp=True,
        reduced_motion="reduce",
    )


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_way_to_answer_is_accessible(
    served: tuple[Console, str], chromium: Browser, theme: str, size: tuple[int, int]
) -> None:
    console, base = served
    console.settings.reply_templates = f"reading={SID},record_missing={SID}"
    nusrat, sam = console.numbers["Nusrat J."], console.numbers["Sam"]
    case = console.store.cases.by_number(sam)
    assert case is not None
    family = says(console.store, "this is the daughter", person="+4915550")
    asked = console.store.links.ask(
        console.store.links.offer(str(case.conversation_id)), family.conversation_id
    )
    assert asked is not None
    console.store.links.answer(asked[1], asked[0], agreed=True)
    context = judged(chromium, theme, size)
    page, found = context.new_page(), {}

    # A chat to choose, and a conversation that somebody else holds.
    log_in(page, base, "coordinator")
    expect(page.get_by_role("heading", name="Cases")).to_be_visible()
    page.goto(f"{base}/cases/{sam}")
    page.get_by_role("button", name="Take over").click()
    expect(page.get_by_label("To", exact=True)).to_be_visible()
    found |= violations(page, "chats")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()

    # The reply window is over: templates, and a reply that will be held.
    console.clock.now += timedelta(hours=30)
    log_in(page, base, "second")
    expect(page.get_by_role("heading", name="Cases")).to_be_visible()
    for path in (f"/cases/{sam}", f"/cases/{nusrat}/facts", "/undelivered", "/no-such-page"):
        page.goto(base + path)
        found |= violations(page, path)
    page.goto(f"{base}/cases/{nusrat}")
    page.get_by_role("button", name="Take over").click()
    expect(page.locator("#templates")).to_contain_text(phrases.text("reading", "en"))
    found |= violations(page, "templates")
    page.get_by_label("Your reply").fill("kept until you write")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#recent")).to_contain_text("kept until you write")
    found |= violations(page, "held")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()
    assert found == {}


def test_times_are_shown_in_the_readers_zone(
    served: tuple[Console, str], chromium: Browser
) -> None:
    console, base = served
    context = opened(chromium, timezone_id="Asia/Kolkata", locale="en-GB")
    page = context.new_page()
    log_in(page, base, "coordinator")
    page.goto(f"{base}/cases/{console.numbers['Nusrat J.']}")
    # 04:30 UTC, and half past by five and a half hours.
    expect(page.locator(".msg time").first).to_have_text("10:00")
    context.close()
