"""Says once that fear was heard, when it comes together with facts and nothing else answers it."""

from __future__ import annotations

from bot.facts.case import CaseState
from bot.intake.questions import says
from bot.intake.turn import Turn

# In the memory of a case: a kind word was said to this fear already.
COMFORTED = "comforted"
TALKING = frozenset({CaseState.INTAKE, CaseState.CONFIRM, CaseState.ASSESSED})


def acknowledge_fear(turn: Turn) -> bool:
    """A stage: one sentence, before anything else is said; never ends the turn."""
    typed = turn.heard.kind == "text" and turn.heard.payload is None
    moved = typed and turn.heard.intent != "distress" and says("grief", turn.heard.text)
    if moved and turn.case.state in TALKING and not turn.case.memory.get(COMFORTED):
        turn.case.memory[COMFORTED] = True
        turn.alert("distress")
        turn.say("utter_moved")
    return False
