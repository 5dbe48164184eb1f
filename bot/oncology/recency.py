"""What a message tells of treatment that changes how dangerous a symptom is, and how long ago."""

from __future__ import annotations

from bot.oncology.context import Timing, assess, context_of
from bot.oncology.numbers import Duration, durations
from bot.oncology.signs import Sign, signs_of
from bot.oncology.text import Document
from bot.oncology.treatments import treatment_hits

CELL_CLASSES = frozenset({"CAR_T", "TIL", "TCR_T", "bispecific"})
CHECKPOINT_CLASSES = frozenset({"PD1", "PDL1", "CTLA4", "LAG3", "PD1_bispecific"})
_LOWERING = frozenset({"chemo", "cell_therapy", "transplant"})


class Recency:
    """Treatments of one message: those that lower the defences, cells, and checkpoint drugs."""

    def __init__(self, doc: Document) -> None:
        self.doc = doc
        self.context = context_of(doc)
        self.spans: list[Duration] = durations(doc)
        by_name: dict[str, set[Sign]] = {
            "therapy": set(),
            "cell_therapy": set(),
            "checkpoint": set(),
        }
        for sign in signs_of(doc):
            if sign.name in by_name:
                by_name[sign.name].add(sign)
        for hit in treatment_hits(doc):
            classes = set(hit.value.classes)
            if classes & CELL_CLASSES:
                by_name["cell_therapy"].add(Sign("cell_therapy", hit.first, hit.last))
            if classes & CHECKPOINT_CLASSES:
                by_name["checkpoint"].add(Sign("checkpoint", hit.first, hit.last))
            if hit.value.modality in _LOWERING:
                by_name["therapy"].add(Sign("therapy", hit.first, hit.last))
        self.cells = sorted(by_name["cell_therapy"], key=lambda s: s.first)
        self.checkpoint = sorted(by_name["checkpoint"], key=lambda s: s.first)
        self.lowering = sorted(by_name["therapy"] | by_name["cell_therapy"], key=lambda s: s.first)

    def received(self, sign: Sign, *, sure: bool = False) -> bool:
        """Whether a treatment was given, not wished for, planned, refused or another person's.

        With `sure` something must say that it was given; without, naming it is enough.
        """
        said = assess(self.doc, sign.first, sign.last)
        if said.negated or said.other_person:
            return False
        near = self._given_near(sign)
        if said.timing in (Timing.PLANNED, Timing.REFUSED) or said.asked:
            return near and said.timing is not Timing.REFUSED
        return near or said.timing in (Timing.DONE, Timing.ONGOING) or not sure

    def _given_near(self, sign: Sign) -> bool:
        around = range(max(0, sign.first - 4), min(len(self.doc.tokens), sign.last + 4))
        return any(self.doc.tokens[i].text in _GIVEN for i in around)

    def hours(self, sign: Sign) -> float:
        """Hours since a treatment as told; 0 when not told, infinite when a year is named."""
        here = self.context.sentence(sign.first)
        near: list[tuple[int, float]] = []
        for span in self.spans:
            first, last = self.doc.token_span(span.nstart, span.nend)
            gap = first - sign.last if first >= sign.last else sign.first - last
            inside = here.first <= first and last <= here.last
            told = span.ago or self._since(sign, first, last) or self._ends_before(first)
            if inside and 0 <= gap <= 6 and told:
                near.append((gap, span.hours))
        if near:
            return min(near)[1]
        after = range(sign.first, min(sign.last + 5, here.last))
        return float("inf") if any(self._is_year(i) for i in after) else 0.0

    def days(self, sign: Sign) -> float | None:
        """Whole days since a treatment, None when the message does not tell."""
        hours = self.hours(sign)
        return None if hours in (0.0, float("inf")) else round(hours / 24)

    def _since(self, sign: Sign, first: int, last: int) -> bool:
        """ "10 days post chemo" is an interval, "5 weeks of chemo" a length."""
        low, high = sorted(((first, last), (sign.first, sign.last)))
        between = [self.doc.tokens[i].text for i in range(low[1], high[0])]
        return len(between) == 1 and between[0] in _LEADING

    def _ends_before(self, first: int) -> bool:
        return first > 0 and self.doc.tokens[first - 1].text in ("since", "finished", "over")

    def _is_year(self, index: int) -> bool:
        text = self.doc.tokens[index].text
        return len(text) == 4 and text.isdigit() and text.startswith("20")


def recency_of(doc: Document) -> Recency:
    """The treatments of a document, worked out once."""
    found = doc.memory.get("recency")
    if not isinstance(found, Recency):
        found = doc.memory["recency"] = Recency(doc)
    return found


# The one word between a treatment and a time since it.
_LEADING = frozenset(
    {"post", "after", "since", "from", "past", "following", "out", "done", "over", "finished"}
    | {"completed", "baad", "bad", "por", "pore", "tras", "apres", "nach", "после", "بعد", "sonra"}
)
# Words near a treatment that tell it was given.
_GIVEN = frozenset(
    [
        *("after", "post", "since", "following", "had", "got", "received", "given", "took"),
        *("taking", "on", "day", "days", "infused", "infusion", "ago", "done", "completed"),
        *("finished", "dose", "cycle", "back", "started", "getting", "under", "receiving"),
        *("during", "last", "week", "weeks", "through", "undergoing", "discharged", "with"),
        *("yesterday", "because", "from", "by", "s", "baad", "bad", "por", "ke", "ba3d", "nite"),
        *("neyar", "diyar", "tras", "despues", "apres", "apos", "depois", "con", "sous"),
        *("+", "infused", "baada", "pagkatapos", "после", "بعد", "के", "পর", "dosis", "shot"),
    ]
)
