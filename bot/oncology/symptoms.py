"""Reads the symptoms of now, with severity and onset, the measures, and days since treatment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.oncology.numbers import Duration, Measure, durations, oxygen, pain_scores, temperatures
from bot.oncology.presence import Presence, presence_of
from bot.oncology.reading import Mention
from bot.oncology.recency import Recency, recency_of
from bot.oncology.signs import Sign, sign_file
from bot.oncology.text import Document

_REACH = 8  # tokens between a symptom and a duration that can be its own


def read_symptoms(doc: Document, asks: str | None) -> Iterable[Mention]:
    """symptoms, temp_c, spo2_pct, days_since_chemo and days_since_cell_therapy."""
    if not doc.tokens:
        return []
    presence = presence_of(doc)
    return [
        *_symptoms(doc, presence),
        *_measured(doc, presence, "temp_c", temperatures(doc), asks),
        *_measured(doc, presence, "spo2_pct", oxygen(doc), asks),
        *_since(doc, recency_of(doc)),
    ]


def _mention(doc: Document, fact: str, value: object, first: int, last: int) -> Mention:
    start, end = doc.tokens[first].start, doc.tokens[last - 1].end
    return Mention(fact, value, doc.words(start, end), start, end)


def _symptoms(doc: Document, presence: Presence) -> Iterator[Mention]:
    by_sign = {sign: name for name, signs in sign_file().symptoms.items() for sign in signs}
    scores = list(pain_scores(doc))
    spans = durations(doc)
    named: set[str] = set()
    for sign in presence.signs:
        name = by_sign.get(sign.name)
        if name is None or name in named or not presence.now(sign):
            continue
        named.add(name)
        item: dict[str, object] = {"name": name}
        if name == "pain" and scores:
            item["severity"] = max(score.value for score in scores)
        onset = _onset(doc, presence, sign, spans)
        if onset:
            item["onset"] = onset
        yield _mention(doc, "symptoms", item, sign.first, sign.last)
    if scores and "pain" not in named:
        score = max(scores, key=lambda s: s.value)
        first, last = doc.token_span(score.nstart, score.nend)
        if last > first and presence.now(Sign("pain", first, last)):
            value = {"name": "pain", "severity": score.value}
            yield _mention(doc, "symptoms", value, first, last)


def _onset(doc: Document, presence: Presence, sign: Sign, spans: list[Duration]) -> str | None:
    """The words of the duration that belongs to a symptom ("2 days")."""
    here = presence.context.sentence(sign.first)
    anchors = sign_file().presence["anchors"]
    for span in spans:
        first, last = doc.token_span(span.nstart, span.nend)
        low, high = (last, sign.first) if last <= sign.first else (sign.last, first)
        if not (here.first <= first < here.last and high - low <= _REACH):
            continue
        around = [doc.tokens[i].text for i in (*range(low, high), *range(max(0, first - 3), first))]
        if not any(word in anchors for word in around):
            return doc.words(*doc.origin(span.nstart, span.nend))
    return None


def _measured(
    doc: Document, presence: Presence, fact: str, measures: Iterable[Measure], asks: str | None
) -> Iterator[Mention]:
    """A measure that is the patient's and of now; of several the worst."""
    found: list[tuple[float, int, int]] = []
    for measure in measures:
        first, last = doc.token_span(measure.nstart, measure.nend)
        if last > first and presence.now(Sign(fact, first, last)):
            found.append((measure.value, first, last))
    if not found and asks == fact:
        found = list(bare_measure(doc, fact))
    if found:
        value, first, last = max(found) if fact == "temp_c" else min(found)
        yield _mention(doc, fact, value, first, last)


def bare_measure(doc: Document, fact: str) -> Iterator[tuple[float, int, int]]:
    """A bare number in answer to the question ("101.5")."""
    text = doc.norm.strip().rstrip("%.° cf")
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return
    if fact == "temp_c":
        value = round((value - 32) * 5 / 9, 1) if value > 45 else value
        if not 34 <= value <= 43:
            return
    elif fact != "spo2_pct" or not 50 <= value <= 100:
        return
    yield value, 0, len(doc.tokens)


def _since(doc: Document, told: Recency) -> Iterator[Mention]:
    chemo = [s for s in told.lowering if not any(c.overlaps(s.first, s.last) for c in told.cells)]
    for fact, signs in (("days_since_chemo", chemo), ("days_since_cell_therapy", told.cells)):
        known = [
            (days, s) for s in signs if told.received(s) and (days := told.days(s)) is not None
        ]
        if known:
            days, sign = min(known, key=lambda k: k[0])
            if any(span.ago or "day" in doc.norm for span in told.spans):
                yield _mention(doc, fact, days, sign.first, sign.last)
