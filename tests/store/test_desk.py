"""What coordinators see and do: the queue's order, pages by key, changes that are audited."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.facts.case import CaseState, Fact, FactSource
from bot.store import NotFound, Store, TurnConflict
from bot.store.queries import CaseFilter
from tests.conftest import Clock
from tests.store.people import answered, intake, says


def a_case(store: Store, person: str, state: CaseState = CaseState.INTAKE, **facts: object) -> str:
    """A case in some state; its number."""
    heard = says(store, person=person)
    number = intake(store, heard.conversation_id, heard.message_id, **facts)
    with store.turns.begin(heard.conversation_id, f"{heard.message_id}-2") as turn:
        turn.case.state = state
        turn.finish(replies=[])
    return number


def test_urgent_first_then_who_waits_longest(store: Store, clock: Clock) -> None:
    wanted = [
        ("quiet", CaseState.INTAKE),
        ("waits longest", CaseState.HUMAN),
        ("waits", CaseState.ASSESSED),
        ("urgent", CaseState.EMERGENCY),
    ]
    numbers = {}
    for person, state in wanted:
        numbers[person] = a_case(store, person, state)
        clock.forward(minutes=5)
    queue = [line.number for line in store.queries.queue()]
    assert queue == [numbers[p] for p in ("urgent", "waits longest", "waits", "quiet")]
    assert [line.number for line in store.queries.newest()] == [
        numbers[p] for p in ("urgent", "waits", "waits longest", "quiet")
    ]
    counts = store.queries.counts()
    assert (counts.all, counts.urgent, counts.waiting) == (4, 1, 3)


def test_pages_by_key_show_every_case_once(store: Store, clock: Clock) -> None:
    numbers = set()
    for index in range(11):
        numbers.add(a_case(store, str(index), CaseState.HUMAN if index % 3 else CaseState.INTAKE))
        clock.forward(seconds=index % 2)
    for page_of in (store.queries.queue, store.queries.newest):
        seen: list[str] = []
        page = page_of(None, None, 4)
        while page:
            seen += [line.number for line in page]
            page = page_of(None, page[-1].key, 4)
        assert len(seen) == len(set(seen)) == 11
        assert set(seen) == numbers


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (CaseFilter(cancer="ovarian"), {"a"}),
        (CaseFilter(cancer="ovarian", country="BD"), {"a"}),
        (CaseFilter(country="BD"), {"a", "b"}),
        (CaseFilter(country="IN"), set()),
        (CaseFilter(waiting=True), {"b"}),
        (CaseFilter(waiting=False), {"a"}),
        (CaseFilter(states=("human",)), {"b"}),
        (CaseFilter(channel="telegram"), set()),
        (CaseFilter(tag="vip"), {"a"}),
        (CaseFilter(assigned_to="ada"), {"a"}),
        (CaseFilter(unassigned=True), {"b"}),
        (CaseFilter(consented=True), {"a", "b"}),
        (CaseFilter(missing_critical=True), set()),
        (CaseFilter(open_question=False, urgent=False), {"a", "b"}),
        (CaseFilter(failed_delivery=True), set()),
    ],
)
def test_filters(store: Store, wanted: CaseFilter, found: set[str]) -> None:
    names = {
        a_case(store, "a", cancer_type="ovarian", country="BD"): "a",
        a_case(store, "b", CaseState.HUMAN, cancer_type="lung", country="BD"): "b",
    }
    first = next(iter(names))
    store.desk.add_tag(first, "ada", "vip")
    store.desk.assign(first, "ada", "ada")
    assert {names[line.number] for line in store.queries.queue(wanted)} == found


def test_a_filter_follows_a_correction(store: Store) -> None:
    number = a_case(store, "a", cancer_type="ovarian")
    store.desk.change(
        number, "ada", "fact.correct", lambda case: case.facts.update(cancer_type=Fact("lung"))
    )
    assert store.queries.queue(CaseFilter(cancer="ovarian")) == []
    assert len(store.queries.queue(CaseFilter(cancer="lung"))) == 1


def test_a_correction_is_a_new_version_with_its_author(store: Store) -> None:
    number = a_case(store, "a", stage="III")
    line = store.queries.line(number)
    assert line is not None

    def correct(case: object) -> None:
        case.facts["stage"] = Fact("IV", "scan says so", FactSource.COORDINATOR)  # type: ignore[attr-defined]

    store.desk.change(
        number,
        "ada",
        "fact.correct",
        correct,
        version=line.version,
        reason="typo",
        assess=lambda case: ({"triage": "ROUTINE"}, [{"id": "scan", "level": "C"}]),
    )
    assert [(v.value, v.actor) for v in store.cases.history(number)] == [
        ("III", None),
        ("IV", "ada"),
    ]
    assert store.cases.assessments(number)[0].facts["stage"] == "IV"
    assert len(store.cases.checklist(number)) == 1
    entry = store.audit.entries(object_=f"case:{number}")[0]
    assert (entry.actor, entry.action, entry.reason) == ("ada", "fact.correct", "typo")
    with pytest.raises(TurnConflict):  # the second of two people saving at once is told
        store.desk.assign(number, "ben", "ben", version=line.version)


def test_an_answered_case_waits_again_only_for_something_new(store: Store, clock: Clock) -> None:
    number = a_case(store, "a", CaseState.ASSESSED)
    store.desk.answered(number, "ada")
    line = store.queries.line(number)
    assert line is not None
    assert line.waiting_since is None
    clock.forward(minutes=1)
    with store.turns.begin(line.conversation_id, "third") as turn:
        turn.finish(replies=[])
    line = store.queries.line(number)
    assert line is not None
    assert line.waiting_since is None
    with store.turns.begin(line.conversation_id, "fourth") as turn:
        turn.case.open_questions.append("when?")
        turn.finish(replies=[])
    line = store.queries.line(number)
    assert line is not None
    assert line.waiting_since == clock.now
    assert line.has_open_question


def test_a_new_red_flag_makes_a_case_urgent(store: Store) -> None:
    number = a_case(store, "a")
    line = store.queries.line(number)
    assert line is not None
    with store.turns.begin(line.conversation_id, "flag") as turn:
        turn.case.flags.append("RF3")
        turn.finish(replies=[])
    assert [c.number for c in store.queries.queue(CaseFilter(urgent=True))] == [number]


def test_the_transcript_is_paged_from_the_newest(store: Store) -> None:
    for index in range(5):
        says(store, f"text {index}")
        conversation = answered(store, f"reply {index}").conversation_id
    newest = store.transcript(conversation, limit=4)
    assert [line.text for line in newest] == ["reply 4", "text 4", "reply 3", "text 3"]
    older = store.transcript(conversation, before=newest[-1].seq, limit=100)
    assert len(older) == 6
    later = store.queries.since(conversation, older[0].seq)
    assert [line.seq for line in later] == sorted(line.seq for line in newest)


def test_looking_at_a_case_is_audited(store: Store) -> None:
    number = a_case(store, "a")
    assert [line.text for line in store.queries.view(number, "ada")] == ["hello"]
    assert store.audit.entries(actor="ada")[0].object == f"case:{number}"
    assert store.queries.view("C-NONE-00", "eve") == []
    assert store.audit.entries(actor="eve")[0].object == "case:C-NONE-00"


def test_notes_and_states(store: Store) -> None:
    number = a_case(store, "a")
    store.desk.add_note(number, "ada", "call back on Monday")
    store.desk.set_state(number, "ada", "waiting_for_records")
    assert [(n.author, n.body) for n in store.desk.notes(number)] == [
        ("ada", "call back on Monday")
    ]
    assert [c.number for c in store.queries.queue(CaseFilter(desk="waiting_for_records"))] == [
        number
    ]
    store.desk.add_tag(number, "ada", "vip")
    store.desk.add_tag(number, "ada", "vip")
    assert store.desk.tags(number) == ["vip"]
    store.desk.remove_tag(number, "ada", "vip")
    assert store.desk.tags(number) == []
    with pytest.raises(NotFound):
        store.desk.add_note("C-NONE-00", "ada", "x")


def test_the_audit_chain_shows_a_change(store: Store, clock: Clock) -> None:
    for action in ("one", "two", "three"):
        store.audit.write("ada", action, "case:x", "because")
        clock.forward(seconds=1)
    assert store.audit.verify() is None
    store.audit.write("ada", "four", "case:x")
    pages = store.audit.entries(limit=3)
    assert [e.action for e in pages] == ["four", "three", "two"]
    assert [e.action for e in store.audit.entries(before=pages[-1].seq)] == ["one"]
    since = clock.now - timedelta(seconds=1)
    assert [e.action for e in store.audit.entries(since=since, until=clock.now)] == ["three"]
    with store.database.engine.begin() as connection:
        connection.exec_driver_sql(
            "DROP TRIGGER audit_no_update"
            if store.database.is_sqlite
            else "DROP TRIGGER audit_append_only ON audit"
        )
        connection.exec_driver_sql("UPDATE audit SET actor = 'eve' WHERE action = 'two'")
    assert store.audit.verify() == pages[-1].seq


def test_conversations_are_found_by_any_of_their_names(store: Store) -> None:
    phone = a_case(store, "+1")
    says(store, person="page-1", channel="webchat", account="")
    by_number = store.conversations.find(phone.lower())
    by_page = store.conversations.find("page-1")
    assert by_number is not None
    assert by_page is not None
    assert by_page.public_id == "page-1"
    assert store.conversations.find(by_number.id) == by_number
    assert store.conversations.find("nobody") is None
