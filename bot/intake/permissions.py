"""Consents beside keeping: giving the case to a hospital, and learning from misread messages.

Each is asked for on its own, after the result, can be passed over, and is taken back with one word
or one button at any moment. A question that was not answered is no yes.
"""

from __future__ import annotations

from typing import Final

from bot.facts.case import Case, CaseState, Consent, Purpose
from bot.intake.questions import opens_with_no, says
from bot.intake.speech import Button
from bot.intake.turn import Turn

# The wordings that were agreed to; change one when its utter_ask_consent_* changes in meaning.
VERSIONS: Final = {Purpose.SHARING: "sharing-2026-11", Purpose.IMPROVING: "improving-2026-11"}
# Sharing is asked again once when something else came between; improving never.
TIMES_ASKED: Final = {Purpose.SHARING: 2, Purpose.IMPROVING: 1}
# In the memory of a case: the consent that the last message asked about.
AGREEING: Final = "agreeing"
# What each button or command decides.
DECISIONS: Final = {
    "share_yes": (Purpose.SHARING, True),
    "share_no": (Purpose.SHARING, False),
    "unshare": (Purpose.SHARING, False),
    "improve_yes": (Purpose.IMPROVING, True),
    "improve_no": (Purpose.IMPROVING, False),
    "unlearn": (Purpose.IMPROVING, False),
}
# The buttons under each question: their titles and what they decide.
CHOICES: Final = {
    Purpose.SHARING: (
        ("utter_button_share", "share_yes"),
        ("utter_button_read_more", "share_more"),
        ("utter_button_no", "share_no"),
    ),
    Purpose.IMPROVING: (
        ("utter_button_improve", "improve_yes"),
        ("utter_button_no", "improve_no"),
    ),
}
PASSED_OVER: Final = frozenset({"skip", "dont_know", "enough"})
# A coordinator tells the hospitals that were given the case.
WITHDRAWN: Final = "sharing_withdrawn"


def agree_or_withdraw(turn: Turn) -> bool:
    """Take the answer to our question about a consent, or a wish to change one."""
    waiting = turn.case.memory.pop(AGREEING, None)
    asked = Purpose(waiting) if waiting else None
    if turn.intent == "privacy":
        _overview(turn)
        return True
    if turn.move == "share_more" or (asked and turn.intent in ("consent_more", "ask_why")):
        purpose = asked or Purpose.SHARING
        turn.case.memory[AGREEING] = purpose.value
        turn.say(f"utter_consent_{purpose}_more", *_buttons(turn, purpose))
        return True
    decided = DECISIONS.get(turn.move or "")
    if decided is None and asked is Purpose.SHARING and _says_share(turn):
        decided = (asked, True)  # "yes share": the words of the button
    # What answers another question is no consent.
    if decided is None and asked and not turn.fresh and (turn.says_yes or turn.says_no):
        decided = (asked, turn.says_yes)
    if decided is not None:
        _decide(turn, *decided)
        return True
    if asked and turn.asked is None and turn.intent in PASSED_OVER and not turn.fresh:
        turn.case.asked[name_of(asked)] = TIMES_ASKED[asked]
        turn.say("utter_consent_passed_over")
        return True
    return False


def _says_share(turn: Turn) -> bool:
    typed = turn.move is None and turn.heard.kind == "text" and not turn.opens_a_question
    return typed and says("shares", turn.heard.text) and not opens_with_no(turn.heard.text)


def ask_permission(turn: Turn) -> None:
    """Put the next open question about a consent, once the result is given and nothing is asked."""
    for purpose in Purpose:
        if _open(turn.case, purpose) and not any(said.buttons for said in turn.replies):
            _ask(turn, purpose)
            return


def name_of(purpose: Purpose) -> str:
    """What the question is called among the texts, and where its askings are counted."""
    return f"consent_{purpose}"


def _open(case: Case, purpose: Purpose) -> bool:
    if case.state is not CaseState.ASSESSED or case.asks is not None:
        return False
    agreed = case.consent is not None and case.consent.given
    asked = case.asked.get(name_of(purpose), 0)
    return agreed and purpose not in case.permissions and asked < TIMES_ASKED[purpose]


def _ask(turn: Turn, purpose: Purpose) -> None:
    name = name_of(purpose)
    turn.case.memory[AGREEING] = purpose.value
    turn.case.asked[name] = turn.case.asked.get(name, 0) + 1
    turn.say(f"utter_ask_{name}", *_buttons(turn, purpose))


def _decide(turn: Turn, purpose: Purpose, given: bool) -> None:
    case = turn.case
    before = case.may(purpose)
    case.permissions[purpose] = Consent(
        given, VERSIONS[purpose], case.language, turn.heard.channel, turn.heard.at
    )
    outcome = "given" if given else "withdrawn" if before else "refused"
    turn.say(f"utter_consent_{purpose}_{outcome}")
    if purpose is Purpose.SHARING and outcome == "withdrawn":
        turn.alert(WITHDRAWN)
    elif purpose is Purpose.SHARING and turn.move != "unshare" and _open(case, Purpose.IMPROVING):
        _ask(turn, Purpose.IMPROVING)


def _overview(turn: Turn) -> None:
    """What was agreed to, with a button to change each."""
    case = turn.case
    share, improve = case.may(Purpose.SHARING), case.may(Purpose.IMPROVING)
    turn.say(
        "utter_privacy",
        turn.button("utter_button_my_data", "my_data"),
        turn.button("utter_button_unshare", "unshare")
        if share
        else turn.button("utter_button_share", "share_yes"),
        turn.button("utter_button_unlearn", "unlearn")
        if improve
        else turn.button("utter_button_improve", "improve_yes"),
        turn.button("utter_button_delete", "delete_data"),
        keeping=_answer(turn, case.consent),
        sharing=_answer(turn, case.permissions.get(Purpose.SHARING)),
        improving=_answer(turn, case.permissions.get(Purpose.IMPROVING)),
    )


def _answer(turn: Turn, consent: Consent | None) -> str:
    if consent is None:
        return turn.word("utter_word_not_asked")
    day = consent.at.date().isoformat()
    return turn.word("utter_word_agreed" if consent.given else "utter_word_not_agreed", date=day)


def _buttons(turn: Turn, purpose: Purpose) -> tuple[Button, ...]:
    return tuple(turn.button(title, move) for title, move in CHOICES[purpose])
