"""One case: reading it, correcting, holding, replying, notes, work, export; and hostile people."""

from __future__ import annotations

import csv
import io
import json
import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.console.judging import judge
from bot.export.case_json import export_case
from bot.export.case_list import csv_list
from bot.facts.case import Case, CaseState, Fact, FactSource
from bot.store.errors import NotFound
from bot.store.messages import Author, OutboundReply, State
from tests.console.conftest import Console, post, value_of
from tests.store.people import message

LIVE = {"HX-Request": "true"}


def actions(console: Console, name: str) -> list[str]:
    """What the audit trail says of a case, newest first."""
    entries = console.store.audit.entries(object_=f"case:{console.numbers[name]}")
    return [e.action for e in entries]


def conversation(console: Console, name: str) -> str:
    """The conversation of a person."""
    case = console.store.cases.by_number(console.numbers[name])
    assert case is not None
    return str(case.conversation_id)


# --- reading ------------------------------------------------------------------------------------


def test_transcript_facts_assessment_and_records_stand_side_by_side(console: Console) -> None:
    page = console.logged_in().get(console.path("Nusrat J.")).text
    assert '<mark class="" title="Heard as Stage">stage 3c</mark>' in page
    for text in (
        "we are in ",
        "Ovarian cancer",
        "Carboplatin",
        "Needs information",
        "ADC-OV-1",
        "approved".title(),
        "First pathology report",
        "Can you tell the cost of the gene test?",
        "Asked something a person must answer",
        "72 % sure",
    ):
        assert text in unescape(page), text


def test_every_look_is_audited_with_a_name_and_no_health_data(console: Console) -> None:
    browser = console.logged_in("lead")
    browser.get(console.path("Nusrat J."))
    entry = console.store.audit.entries()[0]
    assert (entry.actor, entry.action) == ("lead", "case.view")
    assert entry.object == f"case:{console.numbers['Nusrat J.']}"
    assert "ovarian" not in str(console.store.audit.entries(limit=1000)).lower()


def test_texts_of_other_scripts_are_marked_and_run_their_own_way(console: Console) -> None:
    page = console.logged_in().get(console.path("أبو يوسف")).text
    assert 'dir="auto" lang="ar"' in page
    assert ">بغداد</mark>" in page
    bengali = console.logged_in().get(console.path("Nusrat J.")).text
    assert 'dir="auto" lang="bn"' in bengali


def test_a_long_conversation_opens_at_its_end_and_goes_back_page_by_page(
    console: Console,
) -> None:
    browser, path = console.logged_in(), console.path("Maria")
    page = browser.get(path).text
    ids = re.findall(r'id="m-([^"]+)"', page)
    assert len(ids) == 50
    assert "64. time" in page
    pages = 1
    while older := re.search(r'hx-get="([^"]+before=\d+)"', page):
        page = browser.get(older[1], headers=LIVE).text
        ids = re.findall(r'id="m-([^"]+)"', page) + ids
        pages += 1
    lines = console.store.transcript(conversation(console, "Maria"), limit=500)
    assert ids == [line.message_id for line in reversed(lines)]
    assert pages == 3
    assert actions(console, "Maria").count("case.view_older") == 2


def test_without_script_the_older_page_is_a_whole_page(console: Console) -> None:
    browser = console.logged_in()
    page = browser.get(console.path("Maria")).text
    older = re.search(r'href="([^"]+before=\d+)"', page)
    assert older
    assert "<!doctype html>" in browser.get(older[1]).text


def test_new_messages_appear_by_themselves_and_are_audited(console: Console) -> None:
    browser, path = console.logged_in(), console.path("Wei", "/messages")
    poll = LIVE | {"X-Poll": "1"}
    seen = browser.get(path, headers=poll).headers["X-Seen"]
    assert browser.get(path, headers=poll | {"X-Seen": seen}).status_code == 204
    views = actions(console, "Wei").count("case.view")
    wei = message("now also fever", "70004", channel="telegram")
    console.store.inbox.receive(wei)
    fresh = browser.get(path, headers=poll | {"X-Seen": seen})
    assert "now also fever" in fresh.text
    assert actions(console, "Wei").count("case.view") == views + 1


def test_a_failed_message_says_so(console: Console) -> None:
    page = console.logged_in().get(console.path("Aylin")).text
    assert "not delivered (63016)" in page


@pytest.mark.parametrize(
    "number", ["C-0000-00", "x", "..%2f..%2fetc", "%00", "C-9999-99'--", "é" * 30]
)
def test_a_case_that_is_not_there_is_not_found(console: Console, number: str) -> None:
    browser = console.logged_in()
    assert browser.get(f"/console/cases/{number}").status_code == 404
    assert browser.get(f"/console/cases/{number}/export.json").status_code == 404


# --- hostile texts ------------------------------------------------------------------------------


def test_hostile_texts_stay_texts(console: Console) -> None:
    browser = console.logged_in()
    path = console.path("<script>alert(1)</script>")
    pages = [browser.get(p).text for p in (path, "/console/cases", f"{path}/facts/city")]
    for page in pages:
        # The only scripts are our own two files.
        assert len(re.findall(r"<script", page)) == 2
        assert "<img src=x" not in page
        assert "<b onmouseover" not in page
        assert "\u202e" not in page
        assert "\x1b" not in page
        assert " style=" not in page
    assert "&lt;script&gt;" in pages[0]
    assert "{{ 7*7 }}" in pages[0]


def test_a_file_name_cannot_turn_its_ending_round(console: Console) -> None:
    page = console.logged_in().get(console.path("Nusrat J.")).text
    assert "biopsy report fdp.exe" in page


# --- correcting ---------------------------------------------------------------------------------


def correct(console: Console, name: str, fact: str, **form: str):  # type: ignore[no-untyped-def]
    """Open the form of a fact and save it."""
    browser = console.logged_in()
    path = console.path(name, f"/facts/{fact}")
    page = browser.get(path).text
    form = {"seen": value_of(page, "seen"), "status": "known", "reason": ""} | form
    return post(browser, path, page, **form)


def test_a_corrected_fact_is_a_new_version_with_its_author(console: Console) -> None:
    answer = correct(
        console, "Nusrat J.", "stage_group", value="IV", reason="scan report of 3 March"
    )
    assert "Saved." in answer.text
    number = console.numbers["Nusrat J."]
    versions = [v for v in console.store.cases.history(number) if v.name == "stage_group"]
    assert [(v.value, v.source, v.actor) for v in versions] == [
        ("IIIC", "said", None),
        ("IV", "coordinator", "coordinator"),
    ]
    assert versions[0].superseded_at is not None
    assert "case.correct" in actions(console, "Nusrat J.")
    assert "scan report" not in str(console.store.audit.entries(limit=1000))
    page = console.logged_in().get(console.path("Nusrat J.")).text
    assert "changed Stage: IIIC → IV" in page


def test_the_assessment_is_made_again_with_the_corrected_fact(console: Console) -> None:
    number = console.numbers["Nusrat J."]
    before = len(console.store.cases.assessments(number, limit=50))
    correct(console, "Nusrat J.", "ecog", value="4")
    runs = console.store.cases.assessments(number, limit=50)
    assert len(runs) == before + 1
    assert runs[0].facts["ecog"] == 4
    statuses = {p["id"]: p["status"] for p in runs[0].result["pathways"]}
    assert statuses["clinical_trial"] == "DEFER"


@pytest.mark.parametrize(
    ("fact", "given", "kept"),
    [
        ("age_years", "61", 61),
        ("temp_c", "38,4", 38.4),
        ("told_inoperable", "true", True),
        ("country", "IN", "IN"),
        ("city", "Kolkata", "Kolkata"),
        ("cancer_type", "endometrial", "endometrial"),
        ("biomarkers", "CA-125: 290\nMSI_MMR: pMMR", {"CA-125": 290, "MSI_MMR": "pMMR"}),
        ("labs", "hb: 9.1\nplt: 120", {"hb": 9.1, "plt": 120}),
        ("comorbidities", "diabetes\nstroke", ["diabetes", "stroke"]),
    ],
)
def test_every_kind_of_fact_has_a_form(
    console: Console, fact: str, given: str, kept: object
) -> None:
    answer = correct(console, "Nusrat J.", fact, value=given)
    assert answer.status_code == 200
    case = console.store.cases.by_number(console.numbers["Nusrat J."])
    assert case is not None
    assert case.facts[fact].value == kept
    assert case.facts[fact].source is FactSource.COORDINATOR


def test_correcting_treatments_keeps_what_the_form_does_not_show_and_no_more(
    console: Console,
) -> None:
    lines = "carboplatin; done; 10\npaclitaxel; done; 6\nsurgery; done"
    correct(console, "Nusrat J.", "treatments", value=lines)
    case = console.store.cases.by_number(console.numbers["Nusrat J."])
    assert case is not None
    first = case.facts["treatments"].value[0]
    assert first == {
        "name": "carboplatin",
        "class": "platinum",
        "modality": "chemo",
        "status": "done",
        "cycles": 10,
    }


def test_two_treatments_of_one_name_keep_their_own_dates(console: Console) -> None:
    before = console.store.cases.by_number(console.numbers["Nusrat J."])
    assert before is not None
    form = console.logged_in().get(console.path("Nusrat J.", "/facts/treatments")).text
    shown = re.search(r"<textarea[^>]*>([^<]*)</textarea>", form)
    assert shown
    assert "carboplatin; done; 4; 2026-01 to 2026-05" in shown[1]
    lines = shown[1].strip().replace("2026-05", "2026-06") + "\ntrametinib; ongoing; 2026-07"
    correct(console, "Nusrat J.", "treatments", value=lines)
    case = console.store.cases.by_number(console.numbers["Nusrat J."])
    assert case is not None
    *kept, last, new = case.facts["treatments"].value
    assert kept == before.facts["treatments"].value[:3]
    assert last == before.facts["treatments"].value[3] | {"end": "2026-06"}
    assert (new["name"], new["status"], new["start"]) == ("trametinib", "ongoing", "2026-07")


@pytest.mark.parametrize(
    ("fact", "given"),
    [
        ("age_years", "old"),
        ("age_years", "400"),
        ("age_years", ""),
        ("ecog", "7"),
        ("cancer_type", "not-a-cancer"),
        ("biomarkers", "no colon"),
        ("labs", "hb: 900"),
        ("treatments", "cisplatin; perhaps"),
        ("treatments", "cisplatin; done; 2024-13"),
        ("diagnosis_date", "yesterday"),
    ],
)
def test_a_value_that_cannot_be_used_is_given_back(console: Console, fact: str, given: str) -> None:
    before = console.store.cases.history(console.numbers["Nusrat J."])
    answer = correct(console, "Nusrat J.", fact, value=given, reason="my reason")
    assert answer.status_code == 409
    assert "This value cannot be used" in answer.text
    assert "my reason" in answer.text
    assert console.store.cases.history(console.numbers["Nusrat J."]) == before


def test_two_people_saving_at_once_the_second_is_told_and_keeps_the_text(
    console: Console,
) -> None:
    one, two = console.logged_in(), console.logged_in("second")
    path = console.path("Nusrat J.", "/facts/city")
    pages = [b.get(path).text for b in (one, two)]
    form = {"status": "known", "seen": value_of(pages[0], "seen")}
    assert post(one, path, pages[0], value="Chittagong", **form).status_code == 200
    late = post(two, path, pages[1], value="Sylhet", **form)
    assert late.status_code == 409
    assert "It now says: Chittagong" in late.text
    assert 'value="Sylhet"' in late.text
    again = {"status": "known", "seen": value_of(late.text, "seen")}
    assert post(two, path, late.text, value="Sylhet", **again).status_code == 200


def test_the_hospital_reads_the_corrected_stage_and_not_the_one_that_was_told(
    console: Console,
) -> None:
    browser, path = console.logged_in(), console.path("Nusrat J.", "/facts/stage_group")

    def tell(case: Case) -> None:
        case.facts["stage_raw"] = Fact("stage 3c", "stage 3c", FactSource.SAID)

    console.store.desk.change(console.numbers["Nusrat J."], "patient", "case.correct", tell)
    page = browser.get(path).text
    post(browser, path, page, value="IV", status="known", seen=value_of(page, "seen"))
    case = console.store.cases.by_number(console.numbers["Nusrat J."])
    assert case is not None
    assert {case.facts[name].value for name in ("stage_group", "stage_raw")} == {"IV"}


def test_a_place_left_empty_in_a_line_of_treatments_is_no_mistake(console: Console) -> None:
    browser, path = console.logged_in(), console.path("Nusrat J.", "/facts/treatments")
    page = browser.get(path).text
    told = "carboplatin; done; 6;\nsurgery; done; ; 2024-08\n"
    answer = post(browser, path, page, value=told, status="known", seen=value_of(page, "seen"))
    assert "Saved." in answer.text
    case = console.store.cases.by_number(console.numbers["Nusrat J."])
    assert case is not None
    assert [t.get("start") for t in case.facts["treatments"].value] == [None, "2024-08"]


def test_a_fact_can_be_set_to_not_known(console: Console) -> None:
    correct(console, "Nusrat J.", "ecog", status="unknown")
    case = console.store.cases.by_number(console.numbers["Nusrat J."])
    assert case is not None
    assert "ecog" not in case.wire()


@pytest.mark.parametrize("fact", ["red_flags", "nonsense", "consent_data", "__class__"])
def test_what_is_no_fact_cannot_be_corrected(console: Console, fact: str) -> None:
    browser = console.logged_in()
    page = browser.get("/console/password").text
    path = console.path("Wei", f"/facts/{fact}")
    assert browser.get(path).status_code == 404
    assert post(browser, path, page, value="x", status="known").status_code == 404


# --- holding the conversation -------------------------------------------------------------------


def held(console: Console, name: str, who: str = "coordinator"):  # type: ignore[no-untyped-def]
    """A browser that holds the conversation, and its page."""
    browser, path = console.logged_in(who), console.path(name)
    page = browser.get(path).text
    page = post(browser, f"{path}/take-over", page, epoch=value_of(page, "epoch")).text
    return browser, page


def test_taking_over_keeps_the_assistant_quiet_and_handing_back_lets_it_go_on(
    console: Console,
) -> None:
    browser, page = held(console, "Sam")
    assert "You hold this conversation" in page
    case = console.store.cases.by_number(console.numbers["Sam"])
    assert case is not None
    assert case.state is CaseState.HUMAN
    path = console.path("Sam", "/hand-back")
    post(browser, path, page, epoch=value_of(page, "epoch"))
    case = console.store.cases.by_number(console.numbers["Sam"])
    assert case is not None
    assert case.state is CaseState.INTAKE
    assert actions(console, "Sam")[:4].count("case.hand_back") == 1


def test_a_reply_goes_out_through_the_outbox_under_the_coordinators_name(
    console: Console,
) -> None:
    browser, page = held(console, "أبو يوسف")
    path = console.path("أبو يوسف", "/reply")
    answer = post(browser, path, page, epoch=value_of(page, "epoch"), text="مرحبا, I am here")
    assert "Your reply is on its way." in answer.text
    delivery = console.store.outbox.claim("sender", ["telegram"])
    assert delivery is not None
    assert delivery.author is Author.COORDINATOR
    assert delivery.content.text == "مرحبا, I am here"
    line = console.store.queries.line(console.numbers["أبو يوسف"])
    assert line is not None
    assert line.waiting_since is None


def test_two_coordinators_never_answer_the_same_person_unknowingly(console: Console) -> None:
    first, page = held(console, "Sam")
    second, other = console.logged_in("second"), console.path("Sam")
    seen = second.get(other).text
    assert "coordinator holds this conversation" in seen
    post(second, f"{other}/take-over", seen, epoch=value_of(seen, "epoch"))
    lost = post(first, f"{other}/reply", page, epoch=value_of(page, "epoch"), text="my long text")
    assert lost.status_code == 409
    assert "Somebody else took this conversation over" in lost.text
    assert "my long text" in lost.text
    texts = [x.text for x in console.store.transcript(conversation(console, "Sam"))]
    assert "my long text" not in texts


def test_of_two_who_take_over_at_once_one_is_told_to_be_late(console: Console) -> None:
    path = console.path("Sam")
    one, two = console.logged_in(), console.logged_in("second")
    pages = [b.get(path).text for b in (one, two)]
    epoch = value_of(pages[0], "epoch")
    assert "You hold" in post(one, f"{path}/take-over", pages[0], epoch=epoch).text
    assert "Somebody else was quicker" in post(two, f"{path}/take-over", pages[1], epoch=epoch).text


@pytest.mark.parametrize("epoch", ["", "-1", "x", "999"])
def test_a_reply_without_holding_the_conversation_is_not_sent(console: Console, epoch: str) -> None:
    browser, path = console.logged_in(), console.path("Sam")
    before = console.store.transcript(conversation(console, "Sam"))
    answer = post(browser, f"{path}/reply", browser.get(path).text, epoch=epoch, text="hello")
    assert answer.status_code == 409
    assert console.store.transcript(conversation(console, "Sam")) == before


@pytest.mark.parametrize(("text", "says"), [("   ", "empty"), ("x" * 1601, "too long")])
def test_a_reply_that_cannot_go_out_is_given_back(console: Console, text: str, says: str) -> None:
    browser, page = held(console, "Nusrat J.")
    path = console.path("Nusrat J.", "/reply")
    answer = post(browser, path, page, epoch=value_of(page, "epoch"), text=text)
    assert answer.status_code == 409
    assert says in answer.text
    assert text.strip() in answer.text


def test_after_the_window_of_whatsapp_a_reply_is_said_to_be_held(console: Console) -> None:
    console.clock.after(60 * 20)
    browser, page = held(console, "Nusrat J.")
    assert "Reply window closed" in page
    path = console.path("Nusrat J.", "/reply")
    answer = post(browser, path, page, epoch=value_of(page, "epoch"), text="hello")
    assert "held until they write again" in answer.text


def test_nothing_is_written_to_somebody_who_stopped_the_service(console: Console) -> None:
    browser, page = held(console, "Nusrat J.")
    console.store.conversations.stop(conversation(console, "Nusrat J."), "blocked")
    path = console.path("Nusrat J.", "/reply")
    answer = post(browser, path, page, epoch=value_of(page, "epoch"), text="hello")
    assert answer.status_code == 409
    assert "stopped the service" in browser.get(console.path("Nusrat J.")).text


def test_what_the_assistant_was_about_to_send_is_not_sent_after_taking_over(
    console: Console,
) -> None:
    from bot.store import OutboundReply

    ident = conversation(console, "Ravi")
    console.store.outbox.enqueue(ident, [OutboundReply(text="bot text")])
    held(console, "Ravi")
    assert console.store.outbox.claim("sender", ["whatsapp"]) is None
    line = console.store.transcript(ident)[0]
    assert (line.text, line.state) == ("bot text", State.CANCELED)


# --- notes, work, records -----------------------------------------------------------------------


def test_notes_are_kept_with_their_author(console: Console) -> None:
    browser, path = console.logged_in(), console.path("Wei")
    page = browser.get(path).text
    answer = post(browser, f"{path}/notes", page, text="<b>called</b> the hospital\r\nagain")
    assert "&lt;b&gt;called&lt;/b&gt; the hospital\nagain" in answer.text
    assert "The note was empty" in post(browser, f"{path}/notes", page, text=" ").text


def test_a_case_is_assigned_and_moved_on(console: Console) -> None:
    browser, path = console.logged_in(), console.path("Wei")
    page = browser.get(path).text
    assert "Assignment saved" in post(browser, f"{path}/assign", page, value="second", seen="").text
    state = post(browser, f"{path}/state", page, value="waiting_for_records", seen="new").text
    assert "State of work saved" in state
    line = console.store.queries.line(console.numbers["Wei"])
    assert line is not None
    assert (line.assigned_to, line.desk) == ("second", "waiting_for_records")
    late = post(browser, f"{path}/assign", page, value="lead", seen="").text
    assert "Somebody changed this meanwhile" in late


@pytest.mark.parametrize(
    ("rest", "form"),
    [
        ("assign", {"value": "nobody-like-that"}),
        ("state", {"value": "won"}),
        ("records", {"received": "x"}),
        ("records", {"eaten": "1"}),
        ("records", {"received": "1", "needed": "1"}),
    ],
)
def test_what_a_form_cannot_say_is_refused(
    console: Console, rest: str, form: dict[str, str]
) -> None:
    browser, path = console.logged_in(), console.path("Wei")
    page = browser.get(path).text
    assert post(browser, f"{path}/{rest}", page, **form).status_code == 400


def test_a_record_is_ticked_in_its_own_case_only(console: Console) -> None:
    browser, path = console.logged_in(), console.path("Nusrat J.")
    page = browser.get(path).text
    items = console.store.cases.checklist(console.numbers["Nusrat J."])
    item = str(items[0].id)
    page = post(browser, f"{path}/records", page, received=item).text
    assert "1 of 7 received" in page
    other = console.path("Wei", "/records")
    assert post(browser, other, page, needed=item).status_code == 404
    assert console.store.cases.checklist(console.numbers["Nusrat J."])[0].state == "received"


def test_an_answered_question_leaves_the_list(console: Console) -> None:
    browser, path = console.logged_in(), console.path("Nusrat J.")
    page = browser.get(path).text
    page = post(browser, f"{path}/questions", page, question=value_of(page, "question")).text
    assert "No open questions." in page


def test_a_form_of_the_live_page_gets_its_part_of_the_page(console: Console) -> None:
    browser, path = console.logged_in(), console.path("Wei")
    page = browser.get(path).text
    browser.headers.update(LIVE)
    part = post(browser, f"{path}/notes", page, text="hello").text
    assert part.lstrip().startswith('<div class="side" id="side"')
    assert 'id="notices" aria-live="polite" hx-swap-oob="true"' in part
    assert "<!doctype html>" not in part


# --- export and audit ---------------------------------------------------------------------------


def test_a_case_is_exported_in_the_promised_shape(console: Console) -> None:
    answer = console.logged_in().get(console.path("Nusrat J.", "/export.json"))
    assert answer.headers["content-disposition"].startswith("attachment")
    case = json.loads(answer.text)
    wanted = {"case", "conversation", "channel", "state", "consent", "facts", "flags"}
    assert wanted | {"assessment", "checklist", "messages"} <= set(case)
    assert case["facts"]["stage_group"] == case["facts"]["stage_group"] | {
        "value": "IIIC",
        "words": "stage 3c",
        "source": "said",
    }
    assert case["assessment"]["triage"] == "ROUTINE"
    assert len(case["checklist"]["items"]) == 7
    assert case["messages"][0]["text"].startswith("Hi, my mother")
    assert actions(console, "Nusrat J.")[0] == "case.export"


def test_a_long_case_is_exported_with_every_message(console: Console) -> None:
    exported = export_case(console.store, console.numbers["Maria"])
    assert len(exported["messages"]) == 135
    with pytest.raises(NotFound):
        export_case(console.store, "C-0000-00")


def test_an_auditor_filters_the_trail_and_sees_no_case(console: Console) -> None:
    console.logged_in().get(console.path("Wei"))
    console.logged_in("second").get(console.path("Sam"))
    browser = console.logged_in("auditor")
    page = browser.get("/console/audit", params={"actor": "second", "action": "case.view"}).text
    table = page[page.index("<tbody") :]
    assert console.numbers["Sam"] in table
    assert console.numbers["Wei"] not in table
    page = browser.get("/console/audit", params={"object": console.numbers["Wei"].lower()}).text
    assert "read the case" in page[page.index("<tbody") :]
    none = browser.get("/console/audit", params={"since": "2099-01-01", "until": "nonsense"}).text
    assert "No entries" in none
    assert browser.get(console.path("Wei")).status_code == 403


def test_a_failed_message_is_sent_once_more(console: Console) -> None:
    browser, path = console.logged_in(), console.path("Aylin")
    page = browser.get(path).text
    message = value_of(page, "message")
    other = console.path("Wei", "/retry")
    assert post(browser, other, page, message=message).status_code == 404
    post(browser, f"{path}/retry", page, message=message)
    delivery = console.store.outbox.claim("sender", ["whatsapp"])
    assert delivery is not None
    assert delivery.message_id == message
    assert post(browser, f"{path}/retry", page, message=message).status_code == 404


# --- erasing ------------------------------------------------------------------------------------


def test_a_person_is_erased_only_after_the_number_was_typed(console: Console) -> None:
    number, path = console.numbers["Sam"], console.path("Sam", "/erase")
    browser = console.logged_in("lead")
    page = browser.get(path).text
    assert post(browser, path, page, confirm="C-0000-00").status_code == 422
    assert console.store.cases.by_number(number) is not None
    done = post(browser, path, page, confirm=number.lower())
    assert "The person was erased." in done.text
    assert console.store.cases.by_number(number) is None
    assert browser.get(console.path("Sam")).status_code == 404
    assert console.logged_in().get(console.path("Wei", "/erase")).status_code == 403


# --- lists that leave the house -----------------------------------------------------------------


def test_the_list_is_exported_as_it_is_filtered(console: Console) -> None:
    answer = console.logged_in().get("/console/cases.csv", params={"country": "BD"})
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert rows[0][0] == "Case"
    assert [r[0] for r in rows[1:]] == [console.numbers["Nusrat J."]]
    assert console.store.audit.entries()[0].action == "queue.export"


@given(st.text())
def test_no_cell_is_a_formula(cell: str) -> None:
    table = csv_list(["a"], [[cell]])
    (kept,) = list(csv.reader(io.StringIO(table.removeprefix("\ufeff"), newline="")))[1]
    assert not kept.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert kept.removeprefix("'") == cell or kept == cell


def test_the_page_of_a_long_case_with_every_paper_stays_small(console: Console) -> None:
    number = console.numbers["Nusrat J."]
    console.store.desk.change(number, "lead", "case.correct", lambda case: None, assess=judge)
    replies = [OutboundReply(text=f"{i}: {'What did the doctors say? ' * 8}") for i in range(60)]
    console.store.outbox.enqueue(conversation(console, "Nusrat J."), replies, author=Author.BOT)
    browser = console.logged_in()
    page = browser.get(console.path("Nusrat J.")).text
    assert len(console.store.cases.checklist(number)) > 30
    assert page.count('class="msg bot"') == 50
    linked = set(re.findall(r'(?:src|href)="(/console/static/[^"]+)"', page))
    assert len(linked) > 3
    sizes = [int(browser.get(a).headers["content-length"]) for a in sorted(linked)]
    assert len(page.encode()) + sum(sizes) < 150_000
