"""The order of the stages of a turn."""

from __future__ import annotations

from bot.intake import (
    answers,
    consent,
    emergency,
    going_on,
    hearing,
    kindness,
    letter,
    papers,
    permissions,
    requests,
    rights,
)
from bot.intake.turn import LastStage, Stage, Turn

STAGES: tuple[Stage, ...] = (
    hearing.understand,  # facts first: nothing that was said gets lost, whatever comes next
    papers.take_in,  # what came as a file is kept, whatever is said about it
    emergency.emergency_first,
    rights.stop_erase_restart,
    permissions.agree_or_withdraw,
    hearing.quiet_while_human,
    consent.ask_consent,
    letter.take_hospital,  # the answer to our one question before the records letter
    kindness.acknowledge_fear,
    hearing.foreign_script,
    papers.speak,  # received, still missing, "What is it?"
    hearing.answer_kind,  # empty, too long, a sticker, a voice note
    answers.settle_doubts,  # "Do you mean ...?", "Which one is it?"
    requests.answer_request,  # their questions before ours
    answers.open_question,  # skip, back, why, not understood
)


def _go_on(turn: Turn) -> None:
    going_on.go_on(turn)
    permissions.ask_permission(turn)  # only when nothing else is asked


GO_ON: LastStage = _go_on
