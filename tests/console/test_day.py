"""A coordinator's whole day in a real browser, and the most urgent case by keyboard alone.

The pictures of the documentation are taken on the way; INTAKE_PICTURES names the folder to keep
them in (docs/pictures).
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bot.console.judging import judge
from bot.facts.case import CaseState
from bot.store import Author
from tests.console.browsing import PASSWORD, log_in
from tests.console.conftest import NOW, Console
from tests.console.test_files import received
from tests.records.paper_files import text_pdf

pytestmark = pytest.mark.browser
REPORT = "Histopathology report\nSpecimen: left ovary\nHigh-grade serous carcinoma.\nDr. N. Example"


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where pictures go: with the documentation when asked for, else away."""
    return Path(os.environ.get("INTAKE_PICTURES") or tmp_path)


def test_a_coordinators_day(served: tuple[Console, str], page: Page, pictures: Path) -> None:
    console, base = served
    page.clock.set_fixed_time(NOW)
    nusrat, wei = console.numbers["Nusrat J."], console.numbers["Wei"]
    console.store.desk.change(nusrat, "lead", "case.correct", lambda case: None, assess=judge)
    paper = received(console, text_pdf(REPORT), "report.pdf", content_type="application/pdf")

    # Morning: the first password is changed, and the most urgent case is on top.
    log_in(page, base, "newcomer")
    expect(page.get_by_role("heading", name="Choose your password")).to_be_visible()
    page.get_by_label("Password until now").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill("another four quiet words")
    page.get_by_label("New password, once more").fill("another four quiet words")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Cases")).to_be_visible()
    page.screenshot(caret="initial", path=pictures / "queue.png")
    page.keyboard.press("j")
    expect(page.locator(":focus")).to_have_text(console.numbers["Grace M."])
    page.keyboard.press("Enter")
    expect(page.locator(".signs")).to_contain_text("RF")

    # A relative calls and names a drug; the words lead to the case.
    page.goto(f"{base}/cases")
    page.keyboard.press("/")
    page.keyboard.type("carboplatin")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Search")).to_be_visible()
    page.screenshot(caret="initial", path=pictures / "search.png")
    page.get_by_role("link", name=nusrat).click()
    expect(page.get_by_role("heading", name=nusrat)).to_be_visible()
    page.screenshot(caret="initial", path=pictures / "case.png")
    expect(page.locator(".timeline")).to_contain_text("2026")

    # What the assessment stands on, criterion by criterion.
    page.locator("#path-clinical_trial summary").click()
    page.get_by_role("link", name="Every criterion of Clinical trial").click()
    expect(page.locator(".explained")).to_contain_text("holds")
    page.goto(f"{base}/cases/{nusrat}/pathways/clinical_trial")
    page.screenshot(caret="initial", path=pictures / "explanation.png")

    # Somebody else's paper is looked at and filed.
    page.goto(base + paper.removeprefix("/console"))
    expect(page.get_by_role("img", name="Page 1 of 1")).to_be_visible()
    page.get_by_label("This is").select_option(label="Original pathology (biopsy) report")
    page.get_by_role("button", name="File it").click()
    expect(page.locator("#notices")).to_contain_text("Filed.")
    # Not `wait_for_function`: its second look is an eval, which the page's own policy forbids.
    expect(page.locator(".sheets img").first).not_to_have_js_property("naturalWidth", 0)
    page.screenshot(caret="initial", path=pictures / "file.png")

    # A fact is wrong; it is corrected, and the assessment follows.
    page.goto(f"{base}/cases/{wei}")
    expect(page.locator("#recent")).to_contain_text("pain 8/10")
    page.get_by_role("link", name="Correct Stage").click()
    page.get_by_label("IVB", exact=True).check()
    page.get_by_label("Why (optional)").fill("scan of today")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#notices")).to_contain_text("Saved.")
    expect(page.locator("#fact-stage_group")).to_contain_text("Corrected")

    # Taking over, answering with a phrase and a file, handing back.
    page.get_by_role("button", name="Take over").click()
    expect(page.locator("#casebar")).to_contain_text("You hold it")
    page.get_by_label("Your reply").fill("Hello Wei, I read everything.")
    page.get_by_text("Phrases").click()
    page.get_by_role("link", name="We are reading").click()
    page.get_by_label("File (PDF or photo)").set_input_files(
        {"name": "list.pdf", "mimeType": "application/pdf", "buffer": text_pdf("Bring these")}
    )
    page.screenshot(caret="initial", path=pictures / "reply.png")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#recent")).to_contain_text("Hello Wei, I read everything.")
    expect(page.locator("#recent")).to_contain_text("list.pdf")
    expect(page.locator("#casebar")).to_contain_text("Waiting for them")

    # Handing on: a note that names a colleague, a tag, an owner, how far the work is.
    page.get_by_label("New note").fill("@lead please check the dose")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator("#notes")).to_contain_text("please check the dose")
    page.get_by_label("New tag").fill("visa")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#work")).to_contain_text("visa")
    page.get_by_label("Assigned to", exact=True).select_option("newcomer")
    page.get_by_role("button", name="Save: Assigned to").click()
    expect(page.locator("#notices")).to_contain_text("Assignment saved")
    page.get_by_label("State of work", exact=True).select_option("ready")
    page.get_by_role("button", name="Save: State of work").click()
    expect(page.locator("#notices")).to_contain_text("State of work saved")

    # The hospital waits for the package.
    page.goto(f"{base}/cases/{nusrat}#package")
    with page.expect_download() as fetched:
        page.locator("#package").get_by_role("link", name="PDF").first.click()
    assert fetched.value.suggested_filename.endswith(".pdf")

    # A message was misread; it goes to the quality list.
    page.locator(".msg.patient").last.hover()
    page.locator(".msg.patient").last.get_by_role("link", name="Misunderstood?").click()
    expect(page.get_by_role("heading", name="What should have been understood")).to_be_visible()
    page.screenshot(caret="initial", path=pictures / "misread.png")

    # Evening: the conversation goes back to the assistant.
    page.goto(f"{base}/cases/{wei}")
    page.get_by_role("button", name="Hand back").click()
    expect(page.locator("#reply")).to_contain_text("The assistant is answering")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.go_back()
    page.reload()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()

    # The lead finds the case that names them, and looks at the week.
    log_in(page, base, "lead")
    page.get_by_role("link", name="1 naming me").click()
    expect(page.get_by_role("link", name=wei)).to_be_visible()
    page.goto(f"{base}/quality/week?from=2026-11-16")
    expect(page.get_by_role("heading", name="How far people came")).to_be_visible()
    page.screenshot(caret="initial", path=pictures / "week.png", full_page=True)

    case = console.store.cases.by_number(wei)
    assert case is not None
    assert case.state is CaseState.ASSESSED
    assert case.facts["stage_group"].value == "IVB"
    file, text = console.store.transcript(str(case.conversation_id), limit=2)
    assert (text.author, text.author_name) == (Author.COORDINATOR, "newcomer")
    assert file.outgoing is not None
    assert file.outgoing.files[0].name == "list.pdf"


def test_the_most_urgent_case_is_worked_on_by_keyboard_alone(
    served: tuple[Console, str], page: Page
) -> None:
    console, base = served
    grace = console.numbers["Grace M."]
    page.goto(f"{base}/login")
    page.keyboard.type("coordinator")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")

    page.keyboard.press("j")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=grace)).to_be_visible()
    reach(page, "Messages")
    page.keyboard.press("PageUp")
    expect(page.locator("#recent")).to_contain_text("is this for cancer patients")

    reach(page, "Correct Stage")
    page.keyboard.press("Enter")
    expect(page.locator("#fact-stage_group form")).to_be_visible()
    expect(page.locator("#fact-stage_group [name=value]:focus")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    chosen = page.evaluate("document.activeElement.value")
    reach(page, "Save")
    page.keyboard.press("Enter")
    expect(page.locator("#notices")).to_contain_text("Saved.")

    reach(page, "Take over")
    page.keyboard.press("Enter")
    expect(page.locator("#casebar")).to_contain_text("You hold it")
    reach(page, "Your reply")
    page.keyboard.type("A doctor of ours is told. Are you in the hospital now?")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#recent")).to_contain_text("Are you in the hospital now?")

    reach(page, "Assigned to")
    page.keyboard.type("coord")
    reach(page, "Save: Assigned to")
    page.keyboard.press("Enter")
    expect(page.locator("#notices")).to_contain_text("Assignment saved")
    reach(page, "State of work")
    page.keyboard.type("Closed")
    reach(page, "Save: State of work")
    page.keyboard.press("Enter")
    expect(page.locator("#notices")).to_contain_text("State of work saved")

    case, line = console.store.cases.by_number(grace), console.store.queries.line(grace)
    assert case is not None
    assert line is not None
    assert case.facts["stage_group"].value == chosen != "IVA"
    assert (line.assigned_to, line.desk) == ("coordinator", "closed")


def reach(page: Page, name: str, most: int = 250) -> None:
    """Press Tab until the focus is on what a screen reader calls by this name."""
    said = """(() => {
        const el = document.activeElement || document.body;
        const label = el.labels && el.labels[0];
        return (el.getAttribute('aria-label') || (label && label.textContent)
            || el.textContent || '').trim();
    })()"""
    for _ in range(most):
        if page.evaluate(said) == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{name} cannot be reached by keyboard")
