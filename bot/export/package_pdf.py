"""The referral package as a PDF: a summary of one page, facts, assessment, records, files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from bot.export import timeline
from bot.export.casefile import CaseFile
from bot.oncology.red_flags import flag_file
from bot.records.letter_texts import PackageTexts, Texts, texts
from bot.records.model import ChecklistItem, Mark
from bot.records.page import Page
from bot.wording import catalogue

_SMALL: Final = 8.5
# What the summary can hold and still stay on its page.
_MOST_MARKERS: Final = 12
_MOST_QUESTIONS: Final = 4
_LONGEST: Final = 240
_GAP: Final = 6.0
_STATE: Final = (
    *("disease_status", "ecog", "current_treatment", "symptoms", "platinum_status", "labs"),
    *("comorbidities", "infection_status", "can_travel"),
)
_PERSON: Final = (
    *("age_years", "age_months", "sex", "country", "pregnancy_status"),
    *("language", "records_language"),
)
_DISEASE: Final = ("cancer_type", "extent", "histology_confirmed", "diagnosis_date")
_SHOWN: Final = ("CONSIDER", "CAUTION", "DEFER", "NEEDS_INFO", "NOT_YET")
_NOT_GIVEN: Final = ("planned", "refused")


def package_pdf(file: CaseFile) -> bytes:
    """The package as PDF bytes."""
    words = texts()
    page = Page(_used(file), footer=words.package.closing, number=words.checklist.page)
    page.set_title(f"{words.package.title} {file.number}")
    _summary(page, file, words)
    _facts(page, file, words.package)
    _assessment(page, file, words.package)
    _records(page, file, words)
    _files(page, file, words.package)
    return bytes(page.output())


def _used(file: CaseFile) -> Iterator[str]:
    """Every text that people wrote, for the choice of fonts."""
    for name, fact in file.case.facts.items():
        yield from (fact.words, file.said(name))
    yield from file.case.open_questions
    for sent in file.files:
        yield from (sent.name, sent.caption)
    yield from (test.ask for test in file.checklist.missing_tests)
    yield from (text for item in file.checklist.items for text in (item.title, item.why))


def _summary(page: Page, file: CaseFile, words: Texts) -> None:
    say = words.package
    page.write_block(say.title, size=17, bold=True, gap=0.5)
    case, day = words.checklist.case, words.checklist.date
    page.write_block(f"{case.format(case=file.number)} · {day.format(date=file.today)}", gap=0.5)
    page.write_block(say.basis, size=8, grey=True, gap=1)
    page.rule(2)
    wide = (page.epw - _GAP) / 2
    _columns(
        page,
        (say.diagnosis, list(_told(file, _DISEASE))),
        (say.patient, list(_told(file, _PERSON))),
        wide,
    )
    page.write_block(say.timeline, size=11, bold=True, gap=1)
    treatments = file.facts.get("treatments") or ()
    given = timeline.bars(treatments, file.today)
    if given:
        timeline.draw(page, given, file.today, say)
    else:
        page.write_block(say.no_treatment, size=_SMALL)
    planned = [
        str(t.get("name"))
        for t in treatments
        if isinstance(t, Mapping) and t.get("status") in _NOT_GIVEN
    ]
    if planned:
        page.write_block(say.planned.format(names=", ".join(planned)), size=_SMALL)
    page.ln(2)
    markers = _limited(list(_markers(file)), _MOST_MARKERS, say) or [say.no_markers]
    _columns(page, (say.markers, markers), (say.state, list(_state(file, say))), wide)
    page.write_block(say.question, size=11, bold=True, gap=0.5)
    for question in _limited(list(_questions(file)), _MOST_QUESTIONS, say) or [say.no_question]:
        page.write_block(_shortened(question), size=_SMALL, gap=0.5)
    done = file.checklist.completeness()
    count = say.files_count.format(
        files=len(file.files), held=done.critical_held, critical=done.critical
    )
    page.ln(1)
    page.write_block(count, size=_SMALL, grey=True)


def _columns(
    page: Page, left: tuple[str, Sequence[str]], right: tuple[str, Sequence[str]], wide: float
) -> None:
    """Two short lists side by side."""
    top, lowest = page.get_y(), page.get_y()
    for place, (heading, lines) in enumerate((left, right)):
        page.set_y(top)
        indent = place * (wide + _GAP)
        away = page.epw - indent - wide
        page.write_block(heading, size=11, bold=True, indent=indent, right=away, gap=0.5)
        for line in lines:
            page.write_block(_shortened(line), size=_SMALL, indent=indent, right=away, gap=0.3)
        lowest = max(lowest, page.get_y())
    page.set_y(lowest + 2)


def _told(file: CaseFile, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        text = file.describe.line_value(file.case, name)
        if text:
            yield f"{_label(file, name)}: {_graded(file, name, text)}"


def _label(file: CaseFile, name: str) -> str:
    return texts().package.labels.get(name) or file.label(name)


def _graded(file: CaseFile, name: str, text: str) -> str:
    """A grade in front of the lay words it was told in, and a capital letter."""
    grade = f"{file.facts[name]}: " if name == "ecog" else ""
    return grade + text[:1].upper() + text[1:]


def _markers(file: CaseFile) -> Iterator[str]:
    for name, value in (file.facts.get("biomarkers") or {}).items():
        yield file.describe.value("biomarkers", {name: value})


def _state(file: CaseFile, say: PackageTexts) -> Iterator[str]:
    yield from _told(file, _STATE)
    if file.case.flags:
        known = flag_file().flags
        named = (known[f].meaning if f in known else f for f in file.case.flags)
        yield say.flags.format(flags="; ".join(named))


def _questions(file: CaseFile) -> Iterator[str]:
    for name in ("main_question", "pathway_interest", "goal"):
        text = file.said(name)
        if text:
            yield f"{_label(file, name)}: {text}"
    yield from file.case.open_questions


def _limited(lines: list[str], most: int, say: PackageTexts) -> list[str]:
    left_out = len(lines) - most
    return [*lines[:most], say.more.format(count=left_out)] if left_out > 0 else lines


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + "…"


def _heading(page: Page, text: str, *, new_page: bool = False) -> None:
    if new_page or page.will_page_break(40):
        page.add_page()
    else:
        page.ln(4)
    page.write_block(text, size=13, bold=True, gap=2)


def _facts(page: Page, file: CaseFile, say: PackageTexts) -> None:
    """Every known fact beside the words it was told in."""
    _heading(page, say.facts, new_page=True)
    rows = [
        (_label(file, name), _graded(file, name, file.said(name)), fact.words)
        for name, fact in file.case.facts.items()
        if file.said(name)
    ]
    rows += [(say.question, question, "") for question in file.case.open_questions]
    _table(page, (say.fact, say.value, say.words), rows, (44, 65, 65))


def _table(
    page: Page,
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    widths: Sequence[float],
) -> None:
    """Rows of wrapped cells; a row is not cut between pages, and the head is repeated."""
    _row(page, head, widths, bold=True)
    for row in rows:
        height = 4.0 * max(
            page.lines_of(text or " ", _SMALL, wide - 3)
            for text, wide in zip(row, widths, strict=True)
        )
        if page.will_page_break(min(height + 3, page.eph - 20)):
            page.add_page()
            _row(page, head, widths, bold=True)
        _row(page, row, widths)


def _row(page: Page, row: Sequence[str], widths: Sequence[float], *, bold: bool = False) -> None:
    top, lowest, first = page.get_y(), page.get_y(), page.page_no()
    indent = 0.0
    for text, wide in zip(row, widths, strict=True):
        if page.page_no() == first:
            page.set_y(top)
        page.write_block(
            text,
            size=_SMALL,
            bold=bold,
            indent=indent,
            right=page.epw - indent - wide + 3,
            gap=0,
        )
        lowest = page.get_y() if page.page_no() > first else max(lowest, page.get_y())
        indent += wide
    page.set_y(lowest + 0.8)
    page.rule(0.8)


def _assessment(page: Page, file: CaseFile, say: PackageTexts) -> None:
    """What the rules say, each with its rules and their sources."""
    _heading(page, say.assessment)
    made = file.assessment
    triage, travel = str(made.get("triage")), str(made.get("travel"))
    page.write_block(
        say.made.format(
            date=(file.assessed_at.date() if file.assessed_at else file.today),
            triage=say.triages.get(triage, triage),
            travel=say.travels.get(travel, travel),
        ),
        size=_SMALL,
    )
    page.write_block(say.assessment_note, size=8, grey=True, gap=2)
    pathways = [p for p in made.get("pathways", ()) if isinstance(p, Mapping)]
    # In an emergency no rule was asked, so there is nothing to tell of the routes put off.
    shown = _SHOWN if triage != "EMERGENCY_NOW" else [s for s in _SHOWN if s != "DEFER"]
    for status in shown:
        for pathway in (p for p in pathways if p.get("status") == status):
            _pathway(page, file, pathway, say)
    put_off = [_name(p) for p in pathways if p.get("status") == "DEFER"]
    if put_off and "DEFER" not in shown:
        heading = say.statuses["DEFER"].capitalize()
        page.write_block(f"{heading}: {', '.join(put_off)}.", size=_SMALL, gap=1)
    others = [_name(p) for p in pathways if p.get("status") not in _SHOWN]
    if others:
        page.write_block(say.others.format(names=", ".join(others)), size=_SMALL)


def _name(pathway: Mapping[str, Any]) -> str:
    return catalogue().render(f"utter_name_{pathway.get('id')}")


def _pathway(page: Page, file: CaseFile, pathway: Mapping[str, Any], say: PackageTexts) -> None:
    missing = dict.fromkeys(file.describe.missing(m) for m in pathway.get("missing") or ())
    parts = (
        (say.reasons, _run_on(pathway.get("reasons") or ())),
        (say.cautions, _run_on(pathway.get("cautions") or ())),
        (say.missing, ", ".join(missing)),
        (say.evidence, _evidence(pathway)),
    )
    lines = [text.format(text=value) for text, value in parts if value]
    rules = say.rules.format(
        rules=_listed(pathway, "rules", ", ") or "–",
        sources=_listed(pathway, "source", ", ") or "–",
        as_of=pathway.get("as_of") or "–",
        review=pathway.get("review") or "–",
    )
    if page.will_page_break(10 + 5 * len(lines)):
        page.add_page()
    status = str(pathway.get("status"))
    heading = f"{_name(pathway)}: {say.statuses.get(status, status)}"
    page.write_block(heading, size=10, bold=True, gap=0.3)
    for line in lines:
        page.write_block(line, size=_SMALL, gap=0.2)
    page.write_block(rules, size=7.5, grey=True, gap=2)


def _run_on(texts: Iterable[str]) -> str:
    """Sentences and half sentences behind one another; a half sentence ends with a semicolon."""
    whole = ""
    for text in texts:
        between = " " if whole.endswith((".", "!", "?")) else "; "
        whole = f"{whole}{between}{text}" if whole else text
    return whole


def _evidence(pathway: Mapping[str, Any]) -> str:
    return _listed(pathway, "evidence", ", ").replace("_", " ").replace("(", " (")


def _listed(pathway: Mapping[str, Any], key: str, between: str) -> str:
    value = pathway.get(key) or ()
    return value if isinstance(value, str) else between.join(str(each) for each in value)


def _records(page: Page, file: CaseFile, words: Texts) -> None:
    """The checklist as it stands."""
    say, found = words.package, file.checklist
    _heading(page, say.records, new_page=True)
    done = found.completeness()
    figures = {
        "critical_held": done.critical_held,
        "critical": done.critical,
        "critical_percent": done.critical_percent,
        "held": done.held,
        "total": done.total,
        "percent": done.percent,
    }
    page.write_block(say.records_done.format(**figures), size=_SMALL, gap=2)
    for heading, level in ((say.critical, "C"), (say.helpful, "H")):
        page.write_block(heading, size=11, bold=True)
        for item in (i for i in found.items if i.level == level):
            _record(page, item, words)
        page.ln(2)
    if found.missing_tests:
        _heading(page, say.tests)
        for test in found.missing_tests:
            page.write_block(f"• {test.title}", size=_SMALL, gap=0.3)


def _record(page: Page, item: ChecklistItem, words: Texts) -> None:
    state = {
        Mark.HELD: words.checklist.held,
        Mark.FIRST_LOOK: words.checklist.first_look,
        Mark.OUTDATED: words.checklist.outdated,
        Mark.WAIVED: words.checklist.waived,
    }.get(item.mark)
    if page.will_page_break(9):
        page.add_page()
    page.box(page.l_margin, page.get_y(), ticked=item.held)
    text = f"{item.title} ({state})" if state else item.title
    page.write_block(text, size=_SMALL, indent=7, gap=1.6)


def _files(page: Page, file: CaseFile, say: PackageTexts) -> None:
    """The index of files; the numbers are those of the files that travel with the package."""
    _heading(page, say.files)
    if not file.files:
        page.write_block(say.no_files, size=_SMALL)
        return
    rows = [
        (
            str(sent.number),
            sent.name or "–",
            sent.content_type or "–",
            _size(sent.size),
            sent.at.date().isoformat(),
            "; ".join(sent.papers) or say.not_filed,
            sent.caption,
        )
        for sent in file.files
    ]
    head = ("", say.file, say.kind, say.size, say.sent, say.record, say.note)
    _table(page, head, rows, (8, 36, 29, 17, 21, 36, 27))


def _size(size: int | None) -> str:
    if size is None:
        return "–"
    return f"{max(1, round(size / 1000))} kB" if size < 1_000_000 else f"{size / 1e6:.1f} MB"
