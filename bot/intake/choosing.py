"""Takes typed words for a choice: by number, label, keyword, yes or no, of another question."""

from __future__ import annotations

from dataclasses import replace

from bot.facts.case import CaseState
from bot.intake.learning import learn, put
from bot.intake.questions import Choice, Step, corrected, opens_politely
from bot.intake.speech import letters
from bot.intake.turn import Turn
from bot.oncology import read
from bot.oncology.reading import Reading

# A sure question or wish for advice; medicines named in nothing but a question were not given.
ASKING = frozenset({"ask_question", "ask_advice", "manipulation"})
SURE_OF_QUESTION = 0.8
LIKELY_QUESTION = 0.5
SHORT_CORRECTION = 8  # words
SMALLEST_AGE, OLDEST = 12, 110  # smaller numbers may be places in a list, cycles or stages
STEM = 5  # letters of a label that tell it in related languages (biopsy, biopsia)


def chosen(turn: Turn) -> bool:
    asks = turn.asked
    if not asks or asks not in turn.questions or turn.heard.kind != "text":
        return False
    return _choose(turn, asks, turn.questions[asks].choice_for(turn.heard.text))


def chosen_in_passing(turn: Turn) -> None:
    """A choice named among other words, when nothing else answered the question."""
    asks, heard = turn.asked, turn.heard
    if heard.intent in ASKING and heard.confidence >= LIKELY_QUESTION and not turn.bare:
        return  # "Can you promise it works?" says nothing of daily life
    if asks and asks in turn.questions and asks not in turn.case.facts:
        _choose(turn, asks, turn.questions[asks].choice_within(heard.text))


def chosen_by_yes_or_no(turn: Turn) -> None:
    """A yes or no in any words, where one choice of the question is the yes or the no."""
    asks, signals = turn.asked, turn.learned.signals
    if not asks or asks not in turn.questions or asks in turn.case.facts or turn.learned.told:
        return
    if opens_politely(turn.heard.text):
        return  # "ok thanks" is no biopsy
    sure = turn.heard.confidence >= SURE_OF_QUESTION
    for signal, intent, word in (("answer.yes", "affirm", "yes"), ("answer.no", "deny", "no")):
        if (signal in signals and _nothing_else(turn, signal)) or (
            sure and turn.heard.intent == intent and not _names_another(turn, asks)
        ):
            _choose(turn, asks, turn.questions[asks].choice_for(word))
            return


def _nothing_else(turn: Turn, signal: str) -> bool:
    """Whether the yes or no is all that the message says ("sí, biopsia" says more)."""
    return any(m.fact == signal and m.confidence == 1.0 for m in turn.heard.reading.mentions)


def _names_another(turn: Turn, asks: str) -> bool:
    """Whether the words name what another question asks about ("yes, biopsy")."""
    said = [letters(word) for word in turn.heard.text.split()]
    others = (q for q in turn.questions.all if q.fact != asks and q.step is not Step.REFINE)
    stems = [q.label.split()[0].casefold()[:STEM] for q in others]
    return any(word.startswith(stem) for word in said for stem in stems if len(stem) == STEM)


def _age_alone(turn: Turn) -> bool:
    """A bare number that no choice of the open question has is the age, while that is not known."""
    said, asks = turn.heard.text.strip(" ."), turn.asked
    if turn.heard.kind != "text" or not said.isdecimal() or "age_years" in turn.case.facts:
        return False
    if turn.case.state is not CaseState.CONFIRM:
        if not asks or asks not in turn.questions or turn.questions[asks].step is Step.REFINE:
            return False
        if int(said) <= max(SMALLEST_AGE, len(turn.questions[asks].choices)):
            return False
    if not SMALLEST_AGE < int(said) <= OLDEST or turn.case.state is CaseState.EMERGENCY:
        return False
    put(turn.case, "age_years", int(said), words=said, message_id=turn.heard.message_id)
    turn.learned.new.append("age_years")
    return True


def answers_another(turn: Turn) -> None:
    """Words that nobody understood may correct the answer before, or answer what is asked later."""
    heard, case = turn.heard, turn.case
    if turn.learned.told or turn.chosen or turn.move or _age_alone(turn):
        return
    if heard.kind != "text" or not turn.asked:
        return
    trail: list[str] = case.memory.get("trail", [])
    before = [fact for fact in trail if fact in case.facts and fact != turn.asked][-1:]
    rest = corrected(heard.text)
    if rest and before and len(rest.split()) <= SHORT_CORRECTION:
        learned = learn(case, _only(read(rest, asks=before[0]), before[0]), heard.message_id)
        if learned.told:
            turn.learned = learned
            return
    later = [
        q for q in turn.questions.all if q.step is not Step.REFINE and q.fact not in case.facts
    ]
    named = {q.fact: c for q in later if (c := q.choice_named(heard.text))}
    if len(named) == 1 and turn.asked not in named:
        ((fact, choice),) = named.items()
        put(case, fact, choice.value, words=heard.text, message_id=heard.message_id)
        turn.learned.new.append(fact)


def _only(reading: Reading, fact: str) -> Reading:
    return replace(reading, mentions=tuple(m for m in reading.mentions if m.fact == fact))


def _choose(turn: Turn, asks: str, choice: Choice | None) -> bool:
    if choice is None:
        return False
    put(
        turn.case,
        asks,
        choice.value,
        words=turn.heard.text,
        message_id=turn.heard.message_id,
    )
    turn.learned.new.append(asks)
    turn.chosen = True
    return True
