"""Which paper of the checklist a received file is: sure, or a few likely ones to ask about.

What a file says of itself, its name and the person's words each count; a title counts more than a
mention. Sure is only what one of them names and nothing contradicts: a paper that is filed wrongly
without a question does more harm than a question.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from urllib.parse import urlsplit

from bot.records.catalogue import catalogue
from bot.records.papers.dates import paper_date
from bot.records.papers.evidence import Evidence, Study
from bot.records.papers.kinds import Kind
from bot.records.papers.problems import Note
from bot.records.papers.words import Found, Matching, find, matching, plain

# Weights of a title, a name, and each distinct word of content (at most CONTENT_MOST together).
CAPTION: Final = (0.97, 0.9, 0.0)
LONG_CAPTION: Final = (0.6, 0.4, 0.0)
FILE_NAME: Final = (0.95, 0.88, 0.0)
HEADING: Final = (0.8, 0.25, 0.0)
BODY: Final = (0.2, 0.05, 0.12)
CONTENT_MOST: Final = 0.6
CONTENT_LEAST: Final = 2  # words; fewer stand on any paper
SURE: Final = 0.85
DOUBT: Final = 0.5  # another paper that reaches this is a doubt
NAMED: Final = 0.7  # which scan it is, once it is surely a scan's report
LIKELY: Final = 0.15
MOST_OPTIONS: Final = 4
_SHORT_CAPTION: Final = 12  # words
_HEADING_LINES: Final = 18
_HEADING_WORDS: Final = 9
_PAPERWORK_LINES: Final = 4
_FILES_WITHOUT_PAPERS: Final = frozenset({Kind.AUDIO, Kind.VIDEO, Kind.CONTACT})
_ENDINGS: Final = {
    Kind.PDF: (".pdf",),
    Kind.PHOTO: (
        *(".jpg", ".jpeg", ".jfif", ".png", ".webp", ".heic", ".heif"),
        *(".gif", ".tif", ".tiff", ".bmp"),
    ),
}
_LINK: Final = re.compile(r"https?://[^\s<>\"']{3,2000}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Match:
    """What a file is taken for. `item` is None while in doubt, `options` are then the likely ones.

    `also`: items that the same file shows besides. `form`: dicom, photo, report or link; empty for
    what is no paper (a voice note). `date`: ISO, where it is sure.
    """

    form: str
    item: str | None = None
    also: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    date: str | None = None
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """A JSON-ready object; `from_json` reads it back."""
        return {
            "form": self.form,
            "item": self.item,
            "also": list(self.also),
            "options": list(self.options),
            "date": self.date,
            "notes": list(self.notes),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Match:
        """Read what `to_json` wrote."""
        return cls(
            form=data["form"],
            item=data["item"],
            also=tuple(data["also"]),
            options=tuple(data["options"]),
            date=data["date"],
            notes=tuple(data["notes"]),
        )


def match(
    evidence: Evidence, *, caption: str = "", file_name: str = "", today: date | None = None
) -> Match:
    """Which paper this is, from what was found on it, its name and the person's words."""
    notes = (*evidence.notes, *_name_notes(evidence, file_name))
    if evidence.kind in _FILES_WITHOUT_PAPERS:
        return Match("", notes=notes)
    said = _said(caption, " ".join((file_name, *evidence.names)))
    if evidence.study is not None:
        return _match_study(evidence.study, said, notes)
    form = "photo" if evidence.kind == Kind.PHOTO else "report"
    scores = _together(said, _on_paper(evidence.text))
    found = paper_date(evidence.text[:6000], today or date.today())  # noqa: DTZ011 - a day
    decided = _decided(form, scores, found.isoformat() if found else None, notes)
    return replace(decided, item=None, also=()) if _is_paperwork(evidence.text) else decided


def match_words(text: str) -> Match:
    """Which paper a few words name, as the answer to "What is it?"."""
    return _decided("", _together(_weighed(find(text), CAPTION)), None, ())


def match_link(text: str) -> Match | None:
    """What is behind a link to a place where people put large files; None without one."""
    links = _LINK.findall(text)
    if not any(_shares(urlsplit(link).hostname or "") for link in links):
        return None
    return _decided("link", _together(_said(_LINK.sub(" ", text), "")), None, ())


def _shares(host: str) -> bool:
    return any(host == known or host.endswith(f".{known}") for known in matching().sharing_hosts)


def _said(caption: str, names: str) -> list[dict[str, float]]:
    short = len(plain(caption).split()) <= _SHORT_CAPTION
    return [
        _weighed(find(caption), CAPTION if short else LONG_CAPTION),
        _weighed(find(names), FILE_NAME),
    ]


def _on_paper(text: str) -> list[dict[str, float]]:
    if not text:
        return []
    lines = [line for line in text.splitlines() if line.strip()][:_HEADING_LINES]
    heading = "\n".join(line for line in lines if _is_heading(line))
    found = find(text)
    content = {
        paper: min(CONTENT_MOST, BODY[2] * count)
        for paper, count in found.content.items()
        if count >= CONTENT_LEAST
    }
    titles = _weighed(find(heading), HEADING)
    words = matching()
    # A title on a paper that has nothing else of that kind may be a mention. What a scan's report
    # is about is part of its title.
    titled = {
        paper: weight
        if paper in content or (paper in words.scans and words.scan_report in content)
        else weight / 2
        for paper, weight in titles.items()
    }
    return [titled, _weighed(found, BODY), content]


def _is_paperwork(text: str) -> bool:
    """Whether it begins like a bill, an appointment or a form, which name records and are none."""
    lines = [line for line in text.splitlines() if line.strip()][:_PAPERWORK_LINES]
    beginning = f" {plain(' '.join(lines))} "
    return any(f" {plain(word)} " in beginning for word in matching().paperwork)


def _is_heading(line: str) -> bool:
    """Whether a line may say what the paper is; "Clinical history: CT chest ..." does not."""
    words = plain(line)
    mention = any(words.startswith(f"{plain(begin)} ") for begin in matching().mention_lines)
    return not mention and len(line.split()) <= _HEADING_WORDS


def _weighed(found: Found, weights: tuple[float, float, float]) -> dict[str, float]:
    """A weight for each paper named; a scan on paper is its report, whichever scan it is."""
    named = dict.fromkeys(found.names, weights[1]) | dict.fromkeys(found.titles, weights[0])
    scans = [weight for paper, weight in named.items() if paper in matching().scans]
    return named | ({matching().scan_report: max(scans)} if scans else {})


def _together(*zones: Iterable[dict[str, float]] | dict[str, float]) -> dict[str, float]:
    """Independent signs strengthen one another and never pass 1."""
    missing: dict[str, float] = {}
    for zone in zones:
        for signs in [zone] if isinstance(zone, dict) else zone:
            for paper, weight in signs.items():
                missing[paper] = missing.get(paper, 1.0) * (1.0 - weight)
    return {paper: 1.0 - rest for paper, rest in missing.items()}


def _decided(
    form: str, scores: Mapping[str, float], day: str | None, notes: tuple[str, ...]
) -> Match:
    words = matching()
    specific = {p: s for p, s in scores.items() if p in words.scans and p != words.scan_report}
    shown = {paper: s for paper, s in scores.items() if paper not in specific}
    ranked = sorted(shown, key=lambda paper: (-shown[paper], paper))
    best = ranked[0] if ranked else None
    others = [shown[paper] for paper in ranked[1:2]]
    sure = best is not None and shown[best] >= SURE and all(s < DOUBT for s in others)
    also: tuple[str, ...] = ()
    if best == words.scan_report:
        also = tuple(scan for scan in sorted(specific) if specific[scan] >= NAMED)
    return Match(
        form=form,
        item=best if sure else None,
        also=also if sure and len(also) == 1 else (),
        options=tuple(paper for paper in ranked[:MOST_OPTIONS] if shown[paper] >= LIKELY),
        date=day,
        notes=notes,
    )


def _match_study(study: Study, said: list[dict[str, float]], notes: tuple[str, ...]) -> Match:
    words = matching()
    specific = _scans_of(study, words)
    if set(study.modalities) & set(words.radiotherapy_modalities):
        options: tuple[str, ...] = (words.radiotherapy,)
    elif set(study.modalities) & set(words.slide_modalities):
        options = (words.slide_images,)
    elif set(study.modalities) & set(words.scan_modalities):
        options = (words.scan_images, *specific)
    else:
        options = specific
    if options:
        return Match("dicom", options[0], options[1:], (), study.date, notes)
    scores = _together(said)
    likely = sorted((p for p in scores if scores[p] >= DOUBT), key=lambda p: (-scores[p], p))
    return Match("dicom", None, (), (*likely[:2], words.scan_images), study.date, notes)


def _scans_of(study: Study, words: Matching) -> tuple[str, ...]:
    """The scans that modality, body part and description name."""
    described = find(study.description)
    named = described.titles | described.names
    fits = {
        scan: (scan in named, bool(set(w.parts) & set(study.parts)), w.any_part)
        for scan, w in words.scans.items()
        if set(w.modality) & set(study.modalities)
    }
    by_description = [scan for scan, (said, _, _) in fits.items() if said]
    by_part = [scan for scan, (_, part, _) in fits.items() if part]
    alone = [scan for scan, (_, _, any_part) in fits.items() if any_part]
    found = by_description or by_part or alone
    return tuple(found) if len(found) == 1 else ()


def _name_notes(evidence: Evidence, file_name: str) -> tuple[str, ...]:
    """Whether the name's ending says another kind than the content."""
    ending = f".{file_name.rpartition('.')[2].lower()}" if "." in file_name else ""
    said = next((kind for kind, endings in _ENDINGS.items() if ending in endings), None)
    return (Note.OTHER_NAME.value,) if said is not None and said != evidence.kind else ()


def first_look_only(item: str, form: str) -> bool:
    """Whether a file of this form is a first look at the item, whose original stays open."""
    paper = catalogue().papers.get(item)
    if form == "link" or paper is None:
        return True
    if form == "dicom":
        return False
    if paper.format in matching().picture_formats:
        return True
    return form == "photo" and paper.format not in matching().enough_as_photo
