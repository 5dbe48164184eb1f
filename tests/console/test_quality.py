"""Quality: marking what went wrong, training examples without personal data, the weekly page."""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import timedelta
from html import unescape
from itertools import groupby, pairwise

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import select

from bot.console.anonymous import anonymous
from bot.console.quality import intent_examples, intents
from bot.export.workbook import Sheet, workbook
from bot.facts.case import Case, Purpose
from bot.store import NotFound, OutboundReply, weekly
from bot.store.case_tables import AssessmentRow, ChecklistRow
from bot.store.messages import Author
from bot.store.quality import Misread
from tests.console.conftest import NOW, Console, post

SAID = "Is there any treatment"


def message_of(console: Console, name: str, part: str) -> str:
    """The id of a person's message that holds some words."""
    case = console.store.cases.by_number(console.numbers[name])
    assert case is not None
    lines = console.store.transcript(str(case.conversation_id), limit=200)
    return next(line.message_id for line in lines if part in (line.text or ""))


@pytest.mark.parametrize(
    ("text", "gone", "stays"),
    [
        ("My name is Amina Bello and I have pain", ["Amina", "Bello"], "and I have pain"),
        ("write to amina.b@example.org please", ["amina", "example"], "please"),
        ("my number is +234 803 123 4567, call", ["803", "4567"], "call"),
        ("passport A12345678 ready", ["12345678"], "ready"),
        ("born 12/03/1961, stage 3", ["1961", "12/03"], "stage 3"),
        ("আমার নম্বর ০১৭১১০০০০০১", ["০১৭১১"], "আমার নম্বর"),
        ("see https://x.example/a?b=c or www.x.example", ["x.example"], "see"),
        ("Nusrat says CA-125 is 310 after 6 cycles", ["Nusrat"], "CA-125 is 310 after 6 cycles"),
        ("Dr. Rahman said wait", ["Rahman"], "said wait"),
        ("case C-7K3M-42 again", ["7K3M"], "again"),
        ("two\nlines\n  - intent: stop", ["\n"], "two lines"),
        ("[lung](cancer_type){x}", ["[", "(", "{"], "lung"),
    ],
)
def test_personal_data_is_taken_out(text: str, gone: list[str], stays: str) -> None:
    kept = anonymous(text, ["Nusrat J."])
    assert stays in kept
    assert not [word for word in gone if word in kept]


def test_only_who_agreed_to_it_teaches_the_service(console: Console) -> None:
    number, browser = console.numbers["Nusrat J."], console.logged_in("lead")
    message = message_of(console, "Nusrat J.", SAID)
    path = console.path("Nusrat J.", f"/messages/{message}")
    form = {"act": "mark", "text": SAID, "intent": "ask_question", "fact": "cancer_type"}
    post(browser, path, browser.get(path).text, value="Ovarian cancer", **form)
    files = ("nlu.yml", "facts.jsonl")
    assert all(SAID in browser.get(f"/console/quality/{file}").text for file in files)

    def take_back(case: Case) -> None:
        case.permissions[Purpose.IMPROVING] = replace(
            case.permissions[Purpose.IMPROVING], given=False
        )

    for change in (take_back, lambda case: case.permissions.clear()):
        console.store.desk.change(number, "test", "case.test", change)
        assert not any(SAID in browser.get(f"/console/quality/{file}").text for file in files)


@given(st.lists(st.tuples(st.sampled_from(intents()), st.text()), max_size=6))
def test_whatever_was_written_the_examples_are_lines_of_training_data(
    said: list[tuple[str, str]],
) -> None:
    marked = [
        Misread(n, "C", str(n), text, {"intent": intent, "facts": {}}, "ada", "en", NOW)
        for n, (intent, text) in enumerate(said)
    ]
    made = yaml.safe_load(intent_examples(marked))
    assert {i["intent"] for i in made["nlu"]} == {intent for intent, _ in said}
    lines = [x for i in made["nlu"] for x in i["examples"].split("\n") if x.strip()]
    assert all(line.startswith("- ") for line in lines)


def test_a_misunderstood_message_becomes_a_training_example(console: Console) -> None:
    browser, message = console.logged_in("lead"), message_of(console, "Nusrat J.", SAID)
    path = console.path("Nusrat J.", f"/messages/{message}")
    page = browser.get(path)
    assert "What should have been understood" in page.text
    text = "Can you tell the cost [now]"
    missing = post(browser, path, page.text, text=text)
    assert missing.status_code == 422
    assert "Choose what the person wanted" in missing.text
    done = post(
        browser, path, page.text, act="mark", text=text, intent="ask_question",
        fact="cancer_type", value="Ovarian cancer",
    )  # fmt: skip
    assert "The message is marked." in done.text
    assert "Marked as misunderstood" in done.text
    listed = unescape(browser.get("/console/quality").text)
    assert "Can you tell the cost now" in listed
    assert "Cancer: Ovarian cancer" in listed
    made = yaml.safe_load(browser.get("/console/quality/nlu.yml").text)
    assert made["nlu"] == [{"intent": "ask_question", "examples": "- Can you tell the cost now\n"}]
    fact = json.loads(browser.get("/console/quality/facts.jsonl").text)
    assert fact["facts"] == {"cancer_type": "ovarian"}
    post(browser, path, page.text, act="clear")
    assert "Nothing is marked" in browser.get("/console/quality").text


def test_a_message_of_another_case_or_of_the_assistant_cannot_be_marked(console: Console) -> None:
    browser = console.logged_in()
    message = message_of(console, "Nusrat J.", SAID)
    assert browser.get(console.path("Wei", f"/messages/{message}")).status_code == 404
    answer = message_of(console, "Nusrat J.", "I cannot tell prices")
    assert browser.get(console.path("Nusrat J.", f"/messages/{answer}")).status_code == 404
    with pytest.raises(NotFound):
        console.store.quality.misread(console.numbers["Wei"], "ada", message, "x", {})


def test_an_assessment_is_marked_as_wrong_with_a_reason(console: Console) -> None:
    browser, path = console.logged_in("lead"), console.path("Nusrat J.")
    page = browser.get(path).text
    found = re.search(r'name="assessment" value="(\d+)"', page)
    assert found
    form = {"assessment": found[1], "pathway": "adc", "reason": "The test was <b>negative</b>."}
    done = post(browser, f"{path}/objection", page, **form)
    assert "Your objection is kept." in done.text
    assert "The test was &lt;b&gt;negative&lt;/b&gt;." in done.text
    assert "Antibody-drug conjugate" in unescape(browser.get("/console/quality").text)
    elsewhere = post(browser, console.path("Maria", "/objection"), page, **form)
    assert elsewhere.status_code == 404


def test_what_was_marked_is_erased_with_the_person(console: Console) -> None:
    message = message_of(console, "Nusrat J.", SAID)
    number = console.numbers["Nusrat J."]
    reading = {"intent": "stop", "facts": {}}
    console.store.quality.misread(number, "ada", message, "words", reading)
    case = console.store.cases.by_number(number)
    assert case is not None
    console.store.erase(str(case.conversation_id))
    assert console.store.quality.misread_all() == []


def test_the_week_counts_who_came_how_far(console: Console) -> None:
    console.clock.after(60 * 24 * 2)
    page = unescape(console.logged_in("lead").get("/console/quality/week?from=2026-11-16").text)
    bars = dict(
        re.findall(r'<th scope="row"><bdi>([^<]+)</bdi>.*?</th><td>(\d+)</td>', page, re.DOTALL)
    )
    assert bars["Started"] == str(len(console.numbers))
    assert int(bars["Agreed"]) > int(bars["List of records sent"]) > 0
    assert int(bars["Diagnosis known"]) >= int(bars["List of records sent"])
    assert bars["Ovarian cancer"] == "1"
    assert bars["Bangladesh"] == "1"
    assert int(bars["WhatsApp"]) >= 2
    assert "style=" not in page


def test_an_empty_week_and_a_forged_one_are_shown_plainly(console: Console) -> None:
    browser = console.logged_in("lead")
    empty = browser.get("/console/quality/week?from=2020-01-01")
    assert "Nothing in this week." in empty.text
    for odd in ("x", "9999-12-31", "0001-01-01", "2026-13-45"):
        assert browser.get("/console/quality/week", params={"from": odd}).status_code == 200


def test_the_figures_are_exported_as_tables(console: Console) -> None:
    browser = console.logged_in("lead")
    table = browser.get("/console/quality/week.csv?from=2026-11-16").text
    assert '"How far people came","Started"' in table
    book = browser.get("/console/quality/week.xlsx?from=2026-11-16").content
    assert (
        "How far people came" in zipfile.ZipFile(io.BytesIO(book)).read("xl/workbook.xml").decode()
    )
    assert browser.get("/console/quality/week.exe").status_code == 404
    entry = console.store.audit.entries()[0]
    assert (entry.action, entry.reason) == ("week.export", "xlsx")


def test_the_list_of_cases_is_a_spreadsheet_without_formulas(console: Console) -> None:
    book = console.logged_in().get("/console/cases.xlsx")
    sheet = zipfile.ZipFile(io.BytesIO(book.content)).read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count("<row ") == len(console.numbers) + 1
    assert "<f>" not in sheet


@given(st.lists(st.text(max_size=40), max_size=5), st.text(max_size=40))
@example([], "0" * 25 + "\U00010000" * 5)
def test_no_cell_of_a_spreadsheet_is_a_formula_or_a_link(row: list[str], title: str) -> None:
    made = workbook([Sheet(title, ["a"] * len(row), [row, [f"={cell}" for cell in row]])])
    with zipfile.ZipFile(io.BytesIO(made)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet


def test_waiting_for_a_coordinator_is_counted_from_the_last_message(console: Console) -> None:
    case = console.store.cases.by_number(console.numbers["Sam"])
    assert case is not None
    last = console.store.transcript(str(case.conversation_id))
    heard = next(line for line in last if line.author is Author.PATIENT)
    console.clock.now = heard.created_at + timedelta(minutes=30)
    console.store.outbox.enqueue(
        str(case.conversation_id), [OutboundReply(text="here I am")], author=Author.COORDINATOR
    )
    while console.store.indexing.catch_up():
        pass
    since, none = NOW - timedelta(days=30), {"cancer_type": (), "country": ()}
    found = weekly.figures(console.store.database, since, NOW + timedelta(days=30), none, ())
    assert 30 * 60.0 in found.answered_by_people


def test_the_kept_figures_are_those_of_counting_every_message(console: Console) -> None:
    store, since, until = console.store, NOW - timedelta(days=30), NOW + timedelta(days=30)
    while store.indexing.catch_up():
        pass
    kept = weekly.figures(store.database, since, until, {"cancer_type": (), "country": ()}, ())
    messages, by_bot, turns, took = 0, list[float](), list[int](), list[float]()
    for number in console.numbers.values():
        case = store.cases.by_number(number)
        assert case is not None
        lines = sorted(
            store.queries.transcript(str(case.conversation_id), limit=1000), key=lambda ln: ln.seq
        )
        spoken = [(author, list(said)) for author, said in groupby(lines, lambda ln: ln.author)]
        heard = [said for author, said in spoken if author is Author.PATIENT]
        messages += sum(map(len, heard))
        by_bot += [
            round((answer[0].created_at - asked[-1].created_at).total_seconds(), 1)
            for (who, asked), (answers, answer) in pairwise(spoken)
            if (who, answers) == (Author.PATIENT, Author.BOT)
        ]
        with store.database.read() as session:
            made = select(AssessmentRow.created_at).where(AssessmentRow.case_number == number)
            assessed = sorted(session.scalars(made))
            listed = select(ChecklistRow.id).where(ChecklistRow.case_number == number)
            if assessed and session.scalars(listed).first() is not None:
                turns.append(sum(said[0].created_at <= assessed[0] for said in heard))
                took.append((assessed[0] - lines[0].created_at).total_seconds())
    assert kept.messages == messages > len(console.numbers)
    assert sorted(kept.answered_by_bot) == sorted(by_bot) != []
    assert sorted(kept.turns_to_checklist) == sorted(turns) != []
    assert sorted(kept.time_to_checklist) == pytest.approx(sorted(took))
