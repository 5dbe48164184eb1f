"""Every row of the rule tables at true, false, unknown and at its boundary values."""

from __future__ import annotations

import pytest

from bot.eligibility.engine import assess
from tests.eligibility.vignettes_file import Vignette, vignettes


@pytest.mark.parametrize("case", list(vignettes()), ids=lambda v: v.name)
def test_row_gives_the_status_of_the_reference(case: Vignette) -> None:
    result = assess(case.facts).pathway(case.pathway)
    assert result.status == case.status, (result.rules, result.reasons, result.missing)
    if case.rule is not None:
        assert case.rule in result.rules
    if case.rules is not None:
        assert set(case.rules) == set(result.rules)
    if case.gate is not None:
        assert case.gate in result.gates
    assert set(case.missing) <= set(result.missing), result.missing
    if case.status == "NEEDS_INFO":
        assert result.missing
