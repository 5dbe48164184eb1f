"""`intake checklist`: lines in, lines out; a bad line is answered and the rest still processed."""

from __future__ import annotations

import json

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
    ]
    out = list(checklist_lines(lines, statuses))
    assert [answer["id"] for answer in out] == ["a", None, None, "b", "c", "d"]
    assert [answer.get("error") for answer in out] == [
        None,
        "line 2 is not JSON",
        "line 3 is not an object",
        "facts should be an object",
        "age_years should be between 0 and 110",
        None,
    ]
    item = out[0]["items"][0]
    assert {"id", "title", "why", "format", "level", "recency"} <= item.keys()
    assert json.loads(json.dumps(out[0])) == out[0]
