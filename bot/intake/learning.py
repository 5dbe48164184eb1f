"""Takes what was heard in one message into the case: new facts, changed facts, doubts.

Nothing is guessed: a doubtful reading is kept aside to be read back, words with several meanings
are kept aside to be asked about, and what a coordinator set is never overwritten by the bot.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from bot.facts.case import Case, Fact, FactSource, FactStatus
from bot.oncology.given import GENERAL
from bot.oncology.reading import LIST_FACTS, Ambiguity, Mention, Reading

SURE = 0.7
NUMBER_ALONE = 0.8  # at most, of an age: no word says that the number is one
CALLED_CANCER = 0.8  # below it an organ was named, but no cancer
STAGE_FACTS = frozenset({"stage_group", "stage_raw", "stage_system"})
# Said in passing: worth keeping, but no answer to a question and no reason to ignore a wish.
IN_PASSING = frozenset(
    {"pathway_interest", "main_question", "sex", "user_role", "language", "goal", "suspected"}
)
# Who may hear what; no fact of the illness.
ABOUT_TELLING = frozenset({"non_disclosure", "patient_agrees"})
# Among the meanings of an organ's name: the disease has spread there.
SPREAD = "metastasis"
METASTATIC = "metastatic"
# Mentions that steer the conversation and are no facts of the case.
SIGNALS = frozenset({"answer.yes", "answer.no", "answer.unknown", "answer.skip", "answer.back"})


@dataclass(slots=True)
class Learned:
    """What one message changed in the case."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    confirmed: list[str] = field(default_factory=list)
    doubtful: list[Mention] = field(default_factory=list)
    ambiguous: list[Ambiguity] = field(default_factory=list)
    signals: set[str] = field(default_factory=set)
    # The likeliest meaning of words that can mean several things, by fact.
    likely: dict[str, Any] = field(default_factory=dict)

    @property
    def anything(self) -> bool:
        """Whether the message said anything about the case."""
        return bool(self.new or self.changed or self.confirmed or self.doubtful or self.ambiguous)

    @property
    def told(self) -> bool:
        """Whether the message told a fact of the illness, beyond what is said in passing."""
        facts = {*self.new, *self.changed, *self.confirmed}
        return bool(facts - IN_PASSING or self.doubtful or self.ambiguous)


def learn(case: Case, reading: Reading, message_id: str) -> Learned:
    """Take the facts of `reading` into `case`."""
    learned = Learned()
    for mention in reading.mentions:
        if _part_of_another(mention, reading):
            continue
        if mention.fact.startswith("answer."):
            learned.signals.add(mention.fact)
        elif mention.fact == "user_role" and not _tells_who_writes(case, mention, reading):
            continue
        elif _number_alone(mention) and _known(case, "age_years") and not mention.corrects:
            continue  # a bare number is an age only while that is open
        elif _organ_elsewhere(case, mention):
            if "extent" not in {m.fact for m in reading.mentions}:
                _take(case, learned, replace(mention, fact="extent"), METASTATIC, message_id)
        elif _of_a_first_finding(case, mention):
            continue
        elif mention.fact == "treatments_none":
            _take(case, learned, mention, [], message_id)
        elif mention.confidence < SURE and mention.fact not in LIST_FACTS:
            if mention.fact not in case.facts:
                learned.doubtful.append(mention)
        else:
            _take(case, learned, mention, mention.value, message_id)
    # A doubtful reading of words that can mean several things gives way to the open choice.
    open_choice = {a.fact for a in reading.ambiguities}
    likely = {m.fact: m.value for m in learned.doubtful if m.fact in open_choice}
    learned.likely.update(likely)
    learned.doubtful = [m for m in learned.doubtful if m.fact not in open_choice]
    if "country" in learned.changed and not any(m.fact == "city" for m in reading.mentions):
        case.facts.pop("city", None)  # a city of the country that was corrected
    heard = {m.fact for m in reading.mentions} - likely.keys()
    for ambiguity in reading.ambiguities:
        if ambiguity.fact not in heard and not _known(case, ambiguity.fact):
            learned.ambiguous.append(ambiguity)
        elif "extent" not in heard and _elsewhere(case, ambiguity):
            # Another organ beside a known cancer ("it is in the bones too") is where it has spread.
            _take(case, learned, _spread(ambiguity), METASTATIC, message_id)
    # Where the words have several meanings the question names them all.
    asked = {a.fact for a in learned.ambiguous}
    learned.doubtful = [m for m in learned.doubtful if m.fact not in asked]
    return learned


def _tells_who_writes(case: Case, mention: Mention, reading: Reading) -> bool:
    """Whether the words say who writes, once that is known.

    "I cannot sleep" does not make the daughter the patient, nor "my mother must not know" the
    patient a daughter; with a fact of the illness beside it ("for my mother, she is 61") it does.
    """
    if not _known(case, "user_role") or case.asks == "user_role" or mention.corrects:
        return True
    told = {m.fact for m in reading.mentions if not m.fact.startswith("answer.")}
    return mention.value != "patient" and bool(told - IN_PASSING - ABOUT_TELLING)


def _number_alone(mention: Mention) -> bool:
    """Whether an age is only a number that stands by itself."""
    return mention.fact == "age_years" and mention.confidence <= NUMBER_ALONE


def _of_a_first_finding(case: Case, mention: Mention) -> bool:
    """Whether words of a first finding are said of a spot in the course of a known cancer.

    "Also a liver spot was found yesterday" makes no new, unproven disease of a treated one.
    """
    if mention.corrects or case.asks == mention.fact or not _known(case, "cancer_type"):
        return False
    if mention.fact == "suspected":
        return _known(case, "histology_confirmed") or bool(case.wire().get("treatments"))
    new = mention.fact == "disease_status" and mention.value == "newly_diagnosed"
    return new and (_known(case, "disease_status") or bool(case.wire().get("treatments")))


def _organ_elsewhere(case: Case, mention: Mention) -> bool:
    """Whether an organ alone ("lungs") is named beside a cancer that is known already."""
    known = case.facts.get("cancer_type")
    named = mention.fact == "cancer_type" and mention.confidence < CALLED_CANCER
    beside = known is not None and known.value not in (None, mention.value)
    return named and beside and not mention.corrects and case.asks != "cancer_type"


def _elsewhere(case: Case, ambiguity: Ambiguity) -> bool:
    """Whether the words name an organ other than that of the known cancer."""
    known = case.facts.get("cancer_type")
    own = known is not None and known.value in ambiguity.options
    return ambiguity.fact == "cancer_type" and SPREAD in ambiguity.options and not own


def _spread(ambiguity: Ambiguity) -> Mention:
    return Mention("extent", METASTATIC, ambiguity.words, ambiguity.start, ambiguity.end)


def _part_of_another(mention: Mention, reading: Reading) -> bool:
    """Whether an age is only the number inside other words ("stage 3")."""
    return mention.fact == "age_years" and any(
        other.start <= mention.start
        and mention.end <= other.end
        and other.end - other.start > mention.end - mention.start
        for other in reading.mentions
        if other.fact in STAGE_FACTS
    )


def put(
    case: Case,
    fact: str,
    value: Any,
    *,
    words: str = "",
    source: FactSource = FactSource.SAID,
    message_id: str | None = None,
) -> None:
    """Set one fact, whatever was there before."""
    name = "treatments" if fact == "treatments_none" else fact
    if name.startswith(("biomarkers.", "labs.")):
        family, item = name.split(".", 1)
        before = case.facts.get(family)
        value = {**(before.value if before and before.value else {}), item: value}
        name = family
    case.facts[name] = Fact(value, words, source, FactStatus.KNOWN, 1.0, message_id)


def leave_open(case: Case, fact: str, status: FactStatus, words: str = "") -> None:
    """Note that the person does not know, or does not want to say; never asked again."""
    if not _known(case, fact):
        case.facts[fact] = Fact(None, words, FactSource.SAID, status)


def _take(case: Case, learned: Learned, mention: Mention, value: Any, message_id: str) -> None:
    name = {"treatments_none": "treatments"}.get(mention.fact, mention.fact)
    name = name.split(".", 1)[0] if name.startswith(("biomarkers.", "labs.")) else name
    before = case.facts.get(name)
    if before and before.source is FactSource.COORDINATOR:
        return
    old = before.value if before and before.status is FactStatus.KNOWN else None
    merged = _merge(mention, old, value)
    if old is not None and merged == old:
        learned.confirmed.append(name)
        return
    source = FactSource.SAID
    words = _words(before, mention) if name in LIST_FACTS or "." in mention.fact else mention.words
    case.facts[name] = Fact(merged, words, source, FactStatus.KNOWN, mention.confidence, message_id)
    replaced = old is not None and name not in LIST_FACTS and "." not in mention.fact
    (learned.changed if replaced else learned.new).append(name)


def _merge(mention: Mention, old: Any, value: Any) -> Any:
    if mention.fact.startswith(("biomarkers.", "labs.")):
        return {**(old or {}), mention.fact.split(".", 1)[1]: value}
    if mention.fact == "treatments_none":
        return old or []
    if mention.fact == "treatments":
        return _merge_treatments(old or [], value)
    if mention.fact in LIST_FACTS:
        items = old or []
        return items if value in items else [*items, value]
    return value


def _merge_treatments(old: list[dict[str, Any]], new: dict[str, Any]) -> list[dict[str, Any]]:
    """One entry per treatment: what is said later about the same one completes it."""
    merged = [dict(t) for t in old]
    for entry in merged:
        if entry.get("name") == new.get("name"):
            entry.update({k: v for k, v in new.items() if v is not None})
            return merged
    if _speaks_of_another(merged, new):
        return merged
    rest = [entry for entry in merged if not _speaks_of_another([new], entry)]
    return [*rest, dict(new)]


def _speaks_of_another(named: list[dict[str, Any]], general: dict[str, Any]) -> bool:
    """Whether a general word ("chemotherapy") speaks of a treatment that has its own name."""
    return general.get("name") in GENERAL and any(
        entry.get("name") not in GENERAL
        and all(entry.get(key) == general.get(key) for key in ("modality", "status"))
        for entry in named
    )


def _words(before: Fact | None, mention: Mention) -> str:
    earlier = before.words if before else ""
    return earlier if mention.words in earlier else f"{earlier}; {mention.words}".strip("; ")


def _known(case: Case, fact: str) -> bool:
    held = case.facts.get(fact)
    return held is not None and held.status is FactStatus.KNOWN
