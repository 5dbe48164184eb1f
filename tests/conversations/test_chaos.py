"""A bad day in short: misbehaving providers, killed processes, and nothing lost or doubled."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.chaos.__main__ import day, differing
from benchmarks.chaos.counting import Counts
from benchmarks.chaos.providers import Faults

pytestmark = pytest.mark.engine
PEOPLE = 20


def test_twenty_conversations_end_as_on_a_quiet_day(tmp_path: Path) -> None:
    for name in ("quiet", "chaos"):
        (tmp_path / name).mkdir()
    quiet = day(tmp_path / "quiet", PEOPLE, Faults.none(1), kills=0, seed=1)
    chaos = day(tmp_path / "chaos", PEOPLE, Faults.bad(1), kills=1, seed=1)
    for found in (quiet, chaos):
        counts: Counts = found["counts"]
        lost = (counts.incoming_lost, counts.outgoing_lost, counts.not_finished)
        assert lost == (0, 0, 0), counts.details
        assert counts.handled_twice == counts.doubled_whatsapp == 0, counts.details
        assert counts.incoming_out_of_order == 0, counts.details
    assert all(chaos["kills"].values()), chaos["kills"]
    # Nobody can ask Telegram whether a message was sent before a kill.
    assert chaos["counts"].doubled_telegram <= sum(chaos["kills"].values())
    assert differing(quiet, chaos) == []
