"""`intake checklist`: lines in, lines out; a bad line is answered and the rest still processed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.eligibility.engine import assess
from bot.records.catalogue import catalogue
from bot.records.cli import checklist_lines


def statuses(facts: object) -> dict[str, str]:
    if "age_years" in facts and facts["age_years"] > 110:  # type: ignore[index,operator]
        raise ValueError("age_years should be between 0 and 110")
    return {"second_opinion": "CONSIDER", "car_t": "CONSIDER"}


def test_each_line_is_answered_in_order() -> None:
    lines = [
        json.dumps({"id": "a", "facts": {"cancer_type": "b_all"}}),
        "not json",
        "[]",
        "",
        json.dumps({"id": "b"}),
        json.dumps({"id": "c", "facts": {"age_years": 300}}),
        json.dumps({"id": "d", "facts": {}}),
        "[" * 100_000,
    ]
    out = list(checklist_lines(lines, statuses))
    assert [answer["id"] for answer in out] == ["a", None, None, "b", "c", "d", None]
    assert [answer.get("error") for answer in out] == [
        None,
        "line 2 is not JSON",
        "line 3 is not an object",
        "facts should be an object",
        "age_years should be between 0 and 110",
        None,
        "line 8 is not JSON",
    ]
    item = out[0]["items"][0]
    assert {"id", "title", "why", "format", "level", "recency"} <= item.keys()
    assert json.loads(json.dumps(out[0])) == out[0]


def test_the_rules_and_the_checklist_agree_for_every_cancer() -> None:
    def judged(facts: Mapping[str, Any]) -> dict[str, str]:
        return {p.id: p.status for p in assess(facts).pathways}

    told = {"histology_confirmed": "biopsy_yes", "disease_status": "relapsed"}
    lines = [
        json.dumps({"id": cancer, "facts": {"cancer_type": cancer, **told}})
        for cancer in catalogue().cancers
    ]
    for answer in checklist_lines(lines, judged):
        assert "error" not in answer
        ids = [item["id"] for item in answer["items"]]
        assert len(ids) == len(set(ids))
        assert {"B2", "B3", "B7", "B8", "B9"} <= set(ids)
