"""`intake rules diff`: open cases in a real database, replayed under the rules of today."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from bot.eligibility.engine import assess
from bot.facts.case import CaseState, Fact
from bot.store import Store, new_key
from tests.eligibility.vignettes_file import FIT
from tests.store.people import says

ROOT = Path(__file__).parents[2]
LYMPHOMA = {
    **FIT,
    "cancer_type": "dlbcl_lbcl",
    "prior_systemic_lines": 2,
    "disease_status": "relapsed",
}


def kept(store: Store, person: str, answer: dict[str, Any], state: CaseState) -> str:
    """A case with one stored assessment; its number."""
    heard = says(store, person=person)
    with store.turns.begin(heard.conversation_id, heard.message_id) as turn:
        turn.case.facts.update({name: Fact(value) for name, value in LYMPHOMA.items()})
        turn.case.state = state
        turn.finish(replies=[], assessment=answer)
    return str(turn.case.number)


def test_open_cases_that_would_be_answered_otherwise_are_told(tmp_path: Path) -> None:
    key, url = new_key(), f"sqlite:///{tmp_path / 'intake.db'}"
    store = Store.open(url, [key])
    store.migrate()
    today = assess(LYMPHOMA).as_wire()
    earlier = json.loads(json.dumps(today)) | {"rules_version": "earlier"}
    for pathway in earlier["pathways"]:
        if pathway["id"] == "car_t":
            pathway["status"] = "NOT_YET"
    changed = kept(store, "+8801700000001", earlier, CaseState.ASSESSED)
    kept(store, "+8801700000002", today, CaseState.ASSESSED)
    kept(store, "+8801700000003", earlier, CaseState.CLOSED)
    replaced = kept(store, "+8801700000004", earlier, CaseState.ASSESSED)
    heard = says(store, person="+8801700000004")
    with store.turns.begin(heard.conversation_id, heard.message_id) as turn:
        turn.finish(replies=[], assessment=today)
    (newest, *_) = store.cases.assessments(replaced)
    assert newest.rule_set == today["rules_version"]
    store.close()

    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "rules", "diff"],
        cwd=ROOT,
        env=os.environ | {"INTAKE_DATABASE_URL": url, "INTAKE_DATA_KEYS": key},
        capture_output=True,
        text=True,
        check=True,
    )
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {
            "case": changed,
            "rules": {"before": "earlier", "now": today["rules_version"]},
            "changed": {"car_t": {"before": "NOT_YET", "now": "CONSIDER"}},
        }
    ]
