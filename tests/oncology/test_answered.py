"""Short answers and remarks: how far it is, which biopsy, which cancer, what was given."""

from __future__ import annotations

from typing import Any

import pytest

from bot.oncology import read
from tests.oncology.message_cases import assert_heard, cases, name_of


@pytest.mark.parametrize("case", cases("answered_messages.yml"), ids=name_of)
def test_what_an_answer_tells(case: dict[str, Any]) -> None:
    assert_heard(case)


# What was given in doctors' short forms: name and cycles.
SHORTHAND = [
    ("HCC, sora -> PD", ["sorafenib"]),
    ("colon cancer capox 8 finished", ["CAPOX:8"]),
    ("hodgkin ABVD 6 done", ["ABVD:6"]),
    ("dlbcl rchop 6", ["R-CHOP:6"]),
    ("carboplatin 6, 58 Dhaka", ["carboplatin:6"]),
    ("lymphoma CHOP 14", ["CHOP"]),
    ("colon cancer folfox 6", ["FOLFOX"]),
    ("letrozole 5 done", ["letrozole"]),
    ("hodgkin, abvd, ice auto, bv, nivolumab",
     ["ABVD", "ICE", "autologous transplant", "BV", "nivolumab"]),
    ("chemo with ice packs", ["chemotherapy"]),
    ("myeloma, len maintenance stopped working, dara pom dex", ["lenalidomide", "DPd"]),
    ("GBM, surgery, 60 gy with temodal", ["surgery", "Stupp", "radiotherapy"]),
    ("adrenocortical carcinoma, EDP, mitotane", ["EDP", "mitotane"]),
    ("chemorad CROSS finished feb, oesophagus cancer", ["CROSS regimen", "radiotherapy"]),
    ("we went to the red cross hospital", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "given"), SHORTHAND)
def test_what_was_given_in_short_forms(text: str, given: list[str]) -> None:
    told = read(text).facts().get("treatments", [])
    assert [":".join(str(t[k]) for k in ("name", "cycles") if k in t) for t in told] == given
