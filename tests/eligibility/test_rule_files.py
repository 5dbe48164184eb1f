"""The rule files: what a mistake says, what a running service keeps, what the checks find."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from bot.eligibility import lint
from bot.eligibility.cli import (
    Stored,
    assess_lines,
    rules_check,
    rules_diff,
    rules_list,
    rules_page,
    rules_show,
)
from bot.eligibility.engine import assess
from bot.eligibility.explain import explain
from bot.eligibility.rules import PATHWAYS
from bot.eligibility.ruleset import RuleBook, current, load_rules
from bot.eligibility.yaml_places import RuleFileError
from bot.oncology.knowledge_files import KNOWLEDGE
from tests.eligibility.vignettes_file import FIT

LYMPHOMA = {
    **FIT,
    "cancer_type": "dlbcl_lbcl",
    "prior_systemic_lines": 2,
    "disease_status": "relapsed",
}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "knowledge"
    folder.mkdir()
    for name in ("gates.yml", "triage.yml", "travel.yml", "cancer_groups.yml"):
        shutil.copy(KNOWLEDGE / name, folder / name)
    shutil.copytree(KNOWLEDGE / "pathways", folder / "pathways")
    return folder


# file, text to find, text instead, part of the complaint
MISTAKES = [
    ("pathways/car_t.yml", "fact: transplant_fitness", "fact: transplant_fitnes", "is not a fact"),
    ("pathways/car_t.yml", "then: CONSIDER", "then: CONSIDR", "not a status"),
    ("pathways/car_t.yml", "use: adult", "use: adlt", "no shared criterion"),
    ("pathways/car_t.yml", "cancers: [follicular]", "cancers: [foliculor]", "no cancer or group"),
    (
        "pathways/car_t.yml",
        "marker: CD19, is: negative",
        "marker: CD91, is: negative",
        "not a marker",
    ),
    ("pathways/car_t.yml", "marker: CD19, is: negative", "marker: CD19, is: gone", "no result of"),
    ("pathways/car_t.yml", "kind: age", "kind: agee", "not a kind"),
    ("pathways/car_t.yml", '">=": 18', '">=": old', "a number is expected"),
    ("pathways/car_t.yml", "products: [axi-cel", "product: [axi-cel", "not a field"),
    ("pathways/car_t.yml", "rules:\n", "rules: [\n", ""),
    ("pathways/car_t.yml", "pathway: car_t", "pathway: cart", "is not a pathway"),
    ("pathways/car_t.yml", "kind: age", "kind: [age]", "not a kind"),
    ("pathways/car_t.yml", "use: cd19_there", "use: [cd19_there]", "no shared criterion"),
    ("pathways/car_t.yml", "fact: age_years", "fact: {age: years}", "not readable as a condition"),
    ("pathways/car_t.yml", "marker: CD19", "marker: []", "not readable as a condition"),
    ("gates.yml", "soft: [car_t, til, tcr_t]", "soft: [cart, til, tcr_t]", "is not a pathway"),
    ("gates.yml", "lab: crcl", "lab: crcll", "is not a blood result"),
    ("triage.yml", "level: EMERGENCY_NOW", "level: SOON", "one of"),
]


@pytest.mark.parametrize(("name", "old", "new", "complaint"), MISTAKES)
def test_a_mistake_names_file_line_and_reason(
    files: Path, name: str, old: str, new: str, complaint: str
) -> None:
    path = files / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RuleFileError) as caught:
        load_rules(files)
    assert caught.value.path == path
    assert caught.value.line > 0
    assert complaint in caught.value.problem
    line = text[: text.index(old)].count("\n") + 1
    if complaint and name != "pathways/car_t.yml":
        assert abs(caught.value.line - line) <= 3


def test_a_missing_pathway_stops_the_load(files: Path) -> None:
    (files / "pathways" / "til.yml").unlink()
    with pytest.raises(RuleFileError, match="til"):
        load_rules(files)


def test_a_broken_file_stops_the_start(files: Path) -> None:
    (files / "gates.yml").write_text("gates: [", encoding="utf-8")
    with pytest.raises(RuleFileError, match=r"gates.yml:\d+: "):
        RuleBook(files).current()


def test_a_running_service_takes_up_a_change(files: Path) -> None:
    book = RuleBook(files, look_again=0)
    before = book.current()
    assert book.current() is before
    path = files / "pathways" / "second_opinion.yml"
    path.write_text(path.read_text(encoding="utf-8") + "\n# noted\n", encoding="utf-8")
    assert book.current().version != before.version


def test_a_running_service_keeps_the_last_good_set(
    files: Path, caplog: pytest.LogCaptureFixture
) -> None:
    book = RuleBook(files, look_again=0)
    before = book.current()
    good = (files / "gates.yml").read_text(encoding="utf-8")
    (files / "gates.yml").write_text("gates: [", encoding="utf-8")
    assert book.current() is before
    assert book.current() is before
    assert [r.levelname for r in caplog.records] == ["ERROR"]
    assert "gates.yml:" in caplog.text
    (files / "gates.yml").write_text(good + "\n# mended\n", encoding="utf-8")
    assert book.current().version not in ("", before.version)


def test_bytes_that_are_no_text_are_a_broken_file(files: Path) -> None:
    book = RuleBook(files, look_again=0)
    before = book.current()
    gates = files / "gates.yml"
    gates.write_bytes(gates.read_bytes()[:200] + b"\n\xff\xfe")
    assert book.current() is before
    with pytest.raises(RuleFileError, match=r"gates.yml:\d+: not readable as UTF-8"):
        load_rules(files)


def test_a_missing_folder_keeps_the_last_good_set(files: Path) -> None:
    book = RuleBook(files, look_again=0)
    before = book.current()
    shutil.rmtree(files)
    assert book.current() is before
    assert book.reload() is not None


def test_changed_groups_wait_for_a_restart(files: Path) -> None:
    book = RuleBook(files, look_again=0)
    before = book.current()
    groups = files / "cancer_groups.yml"
    groups.write_text(groups.read_text(encoding="utf-8") + "\n# more\n", encoding="utf-8")
    assert book.current() is before
    error = book.reload()
    assert error is not None
    assert "restart" in str(error)


def test_files_are_not_looked_at_before_it_is_time(files: Path) -> None:
    book = RuleBook(files, look_again=3600)
    before = book.current()
    (files / "gates.yml").write_text("gates: [", encoding="utf-8")
    assert book.current() is before
    assert book.reload() is not None
    assert book.current() is before


SIGNATURES = [
    ("{by: Dr Example, on: 2026-07-01}", "Dr Example, 2026-07-01"),
    ("pending", "pending"),
]


@pytest.mark.parametrize(("written", "read"), SIGNATURES)
def test_a_rule_can_be_signed_on_its_own(files: Path, written: str, read: str) -> None:
    path = files / "pathways" / "til.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("    statement:", f"    review: {written}\n    statement:", 1),
        encoding="utf-8",
    )
    rules = load_rules(files)
    assert rules.pathways["til"].rules[0].origin.review == read
    listed = [line for line in rules_list(rules) if line.startswith("TIL-1 ")]
    assert read in listed[0]
    shown = rules_show("TIL-1", rules)
    assert ("signed: Dr Example" in shown) == (read != "pending")
    assert ("sign-off: ____" in shown) == (read == "pending")


@pytest.mark.parametrize(
    "written", ["done", "{by: Dr Example}", "{on: 2026-07-01}", "{by: A, on: soon}"]
)
def test_a_signature_without_name_or_date_is_refused(files: Path, written: str) -> None:
    path = files / "pathways" / "til.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("review: pending", f"review: {written}", 1), encoding="utf-8")
    with pytest.raises(RuleFileError, match=r"til.yml:\d+:"):
        load_rules(files)


def test_an_old_rule_is_told_with_more_care(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("matching", "results", "explain"):
        monkeypatch.setattr(f"bot.eligibility.{module}.today", lambda: date(2027, 3, 1))
    result = assess(LYMPHOMA, load_rules(files)).pathway("car_t")
    assert result.status == "CONSIDER"
    assert result.stale
    assert result.as_wire()["stale"] is True
    assert "more than six months ago" in result.reasons[0]
    path = files / "pathways" / "car_t.yml"
    text = path.read_text(encoding="utf-8")
    signed = "review: {by: Dr Example, on: 2027-01-05}"
    path.write_text(text.replace("review: pending", signed, 1), encoding="utf-8")
    result = assess(LYMPHOMA, load_rules(files)).pathway("car_t")
    assert not result.stale
    assert "six months" not in result.reasons[0]
    assert result.as_wire()["review"] == "Dr Example, 2027-01-05"


def test_any_change_of_a_file_changes_the_version(files: Path) -> None:
    before = load_rules(files).version
    path = files / "pathways" / "til.yml"
    path.write_text(path.read_text(encoding="utf-8") + "\n# noted\n", encoding="utf-8")
    assert load_rules(files).version != before


def test_nothing_is_doubtful_but_dates(files: Path) -> None:
    found = lint.check(load_rules(files), on=date(2026, 7, 1))
    assert [str(f) for f in found] == []


def test_stale_rules_are_found_after_six_months_unless_signed(files: Path) -> None:
    path = files / "pathways" / "second_opinion.yml"
    text = path.read_text(encoding="utf-8")
    later = date(2027, 6, 1)
    assert any(
        f.kind == "stale" and "SO-1" in f.where for f in lint.check(load_rules(files), later)
    )
    path.write_text(
        text.replace("review: pending", "review: {by: Dr Example, on: 2027-05-01}"),
        encoding="utf-8",
    )
    signed = load_rules(files)
    assert not any("SO-1" in f.where for f in lint.check(signed, later))
    assert signed.pathways["second_opinion"].rules[0].origin.review == "Dr Example, 2027-05-01"


LINTED = [
    ("you may be cured of it", "wording"),
    ("This is the best treatment.", "wording"),
]


@pytest.mark.parametrize(("words", "kind"), LINTED)
def test_words_that_must_not_be_said_are_found(files: Path, words: str, kind: str) -> None:
    path = files / "pathways" / "second_opinion.yml"
    text = path.read_text(encoding="utf-8")
    start = text.index("statement: ")
    end = text.index("\n", start)
    path.write_text(text[:start] + f"statement: {words}" + text[end:], encoding="utf-8")
    assert any(f.kind == kind for f in lint.check(load_rules(files), date(2026, 7, 1)))


# file, text to find, text instead, kind of finding, part of what is said
DOUBTFUL = [
    ("til.yml", "products: [lifileucel]", "asks: [slides_of_the_moon]\n    products: [lifileucel]",
     "unknown id", "slides_of_the_moon"),
    ("bnct.yml", "        note: A tumour around the carotid artery can bleed.\n", "",
     "wording", "no note"),
    ("transplant.yml",
     "  - id: TX-1\n    branch: germ cell tumour",
     "  - {id: TX-9, statement: Any germ cell tumour., cancers: [testicular_gct], then: CONSIDER,"
     " evidence: {kind: approved}}\n  - id: TX-1\n    branch: germ cell tumour",
     "", ""),
    ("adc.yml",
     "  - id: AD-CX\n",
     "  - {id: AD-ALL, statement: Any cervical cancer., cancers: [cervical], then: CONSIDER,"
     " products: [tisotumab vedotin], evidence: {kind: approved}}\n  - id: AD-CX\n",
     "overlap", "tisotumab vedotin"),
    ("bnct.yml",
     "  - id: BN-1\n    branch: melanoma and meningioma",
     "  - {id: BN-9, statement: Any meningioma., cancers: [melanoma_cutaneous, melanoma_uveal,"
     " meningioma], then: CONSIDER, evidence: {kind: approved}}\n"
     "  - id: BN-1\n    branch: melanoma and meningioma",
     "unreachable", "BN-9"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "kind", "said"), DOUBTFUL)
def test_what_is_doubtful_is_found(
    files: Path, name: str, old: str, new: str, kind: str, said: str
) -> None:
    path = files / "pathways" / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    found = lint.check(load_rules(files), date(2026, 7, 1))
    assert [f.kind for f in found] == ([kind] if kind else [])
    assert all(said in f"{f.where} {f.problem}" for f in found)


def test_a_rule_that_can_never_hold_is_found(files: Path) -> None:
    path = files / "pathways" / "til.yml"
    text = path.read_text(encoding="utf-8")
    more = '{say: a child, kind: age, when: {fact: age_years, "<": 10}}'
    path.write_text(
        text.replace("criteria:\n", f"criteria:\n      - {more}\n", 1), encoding="utf-8"
    )
    assert any(f.kind == "unreachable" for f in lint.check(load_rules(files), date(2026, 7, 1)))


def test_lines_are_answered_one_by_one() -> None:
    lines = [
        json.dumps({"id": "a", "facts": LYMPHOMA}),
        "",
        "not json",
        "[1]",
        json.dumps({"id": "b"}),
        json.dumps({"id": "c", "facts": {"age_years": 300}}),
        json.dumps({"id": "d", "facts": {"nonsense": 1}}),
        json.dumps({"id": "e", "facts": {}}),
        "[" * 100_000,
        '{"id": "f", "facts": {"ecog": 1, "ecog": 4}}',
        '{"id": "g", "facts": {"ecog": 1, "ecog": 1}}',
    ]
    answers = list(assess_lines(lines))
    assert [a["id"] for a in answers] == ["a", None, None, "b", "c", "d", "e", None, "f", "g"]
    assert answers[0]["triage"] == "ROUTINE"
    assert len(answers[0]["pathways"]) == 18
    assert {"id", "status", "rules", "gates", "reasons", "missing", "evidence", "source"} <= set(
        answers[0]["pathways"][0]
    )
    assert [("error" in a) for a in answers] == [
        *(False, True, True, True, True, True, False, True, True, False)
    ]
    assert answers[4]["error"].startswith("age_years")
    assert answers[8]["error"].startswith("ecog: is told twice")


def test_rules_can_be_listed_shown_and_printed() -> None:
    assert any(line.startswith("CT-LB-1 ") for line in rules_list())
    shown = rules_show("CT-LB-1")
    assert "within 12 months" in shown
    assert "V2" in shown
    assert "G-INFECT" in rules_show("G-INFECT")
    assert "CT-MM-4" in rules_show("CT-MM-4")
    assert rules_show("car_t").startswith("## CAR-T")
    with pytest.raises(KeyError):
        rules_show("NOPE")
    assert isinstance(rules_check(), list)


def test_the_review_page_is_up_to_date() -> None:
    page = Path(__file__).parents[2] / "docs" / "rules.md"
    assert page.read_text(encoding="utf-8") == rules_page()


def test_stored_cases_are_compared_with_the_rules_of_today() -> None:
    before = {"car_t": "NOT_YET"}
    stored = [
        Stored("A", LYMPHOMA, before, "old"),
        Stored("B", LYMPHOMA, {"car_t": "CONSIDER"}, "old", "ROUTINE", "OK_TO_DISCUSS"),
        Stored("C", LYMPHOMA, {}, "old", "URGENT_TODAY", "HOLD"),
        Stored("D", {"age_years": 300}, before, "old"),
    ]
    version = current().version
    assert list(rules_diff(stored)) == [
        {
            "case": "A",
            "rules": {"before": "old", "now": version},
            "changed": {"car_t": {"before": "NOT_YET", "now": "CONSIDER"}},
        },
        {
            "case": "C",
            "rules": {"before": "old", "now": version},
            "changed": {
                "triage": {"before": "URGENT_TODAY", "now": "ROUTINE"},
                "travel": {"before": "HOLD", "now": "OK_TO_DISCUSS"},
            },
        },
        {"case": "D", "error": "age_years: outside the possible range"},
    ]


@pytest.mark.parametrize("pathway", PATHWAYS)
def test_every_answer_can_be_explained(pathway: str) -> None:
    done = assess(LYMPHOMA)
    told = explain(done, pathway)
    assert told.status == done.pathway(pathway).status
    if told.status in ("NOT_YET", "TRIAL_ONLY", "NO_MATCH", "DEFER"):
        assert told.remains
    for rule in told.rules:
        assert rule.source
        assert rule.statement
    assert len(told.rules) >= len({r for r in done.pathway(pathway).rules if r == pathway})


def test_an_explanation_sorts_the_criteria() -> None:
    facts = {**LYMPHOMA, "prior_systemic_lines": 1, "months_to_relapse": 14}
    told = explain(assess(facts), "car_t")
    rule = next(r for r in told.rules if r.rule == "CT-LB-2")
    assert "exactly one line of drug treatment was given" in rule.held
    assert "a doctor said that a transplant is too risky" in rule.unknown
    first = next(r for r in told.rules if r.rule == "CT-LB-1")
    assert (
        "it did not respond to the first treatment, or came back within 12 months" in first.failed
    )
    assert any("transplant" in w for w in told.would_change)
