"""What is said sideways, briefly or late: it is heard, and what only looks like it stays empty."""

from __future__ import annotations

from typing import Any

import pytest

from bot.oncology import read
from tests.oncology.message_cases import assert_heard, cases, name_of


@pytest.mark.parametrize("case", cases("heard_messages.yml"), ids=name_of)
def test_what_is_heard_of_a_message(case: dict[str, Any]) -> None:
    assert_heard(case)


def test_a_tumour_without_a_biopsy_is_read_back() -> None:
    told = read("liver tumour 2 cm, afp 400, hep b, no biopsy").mentions
    [cancer] = [m for m in told if m.fact == "cancer_type"]
    assert cancer.value == "hcc"
    assert cancer.confidence < 0.7


# What was given: name, status, and how often.
GIVEN = [
    ("the op and then some chemo tablets", ["surgery:done", "chemotherapy:done"]),
    ("rectal cancer, surgery nxt week", ["surgery:planned"]),
    ("penile cancer, doctor wants TIP chemo", ["TIP:planned"]),
    ("completed NACT + CTRT 41.4 Gy/23#", ["chemo-RT:done", "radiotherapy:done"]),
    ("FOLFOX done, nivolumab discussed", ["FOLFOX:done", "nivolumab:planned"]),
    ("cisplatine 5 cures et radiothérapie 25 séances, curiethérapie",
     ["cisplatin:done:5", "radiotherapy:done:25", "brachytherapy:done"]),
    ("radiochimio terminée en mars", ["chemo-RT:done", "radiotherapy:done"]),
    ("cisplatino 4 ciclos y radioterapia 30 sesiones",
     ["cisplatin:done:4", "radiotherapy:done:30"]),
    ("carboplatin paclitaxel 6 ta chemo", ["carboplatin-paclitaxel:done:6"]),
    ("BEP 4 then high dose", ["BEP:done:4", "high-dose chemotherapy:done"]),
    ("PTCL, CHOEP x6", ["CHOEP:done:6"]),
    ("VR-CAP then ibrutinib progressed", ["VR-CAP:done", "ibrutinib:done"]),
    ("enucleated left, VEC x4", ["surgery:done", "VEC:done:4"]),
    ("since surgery she is fine", ["surgery:done"]),
    ("my dad has gullet cancer and soon he will receive chemotherapy", ["chemotherapy:planned"]),
    ("they want her to start on nivolumab", ["nivolumab:planned"]),
    ("I'll be having gamma knife again", ["Gamma Knife:planned"]),
    ("told to expect radiation, chemo and surgery",
     ["radiotherapy:planned", "chemotherapy:planned", "surgery:planned"]),
    ("I'm gonna be getting my BMT soon, leukemia", ["stem cell transplant:planned"]),
    ("I am having surgery on Friday to remove the tumour", ["surgery:planned"]),
    ("I will be undergoing surgery and will likely also need proton therapy",
     ["surgery:planned", "proton:planned"]),
    ("surgery may be necessary later", ["surgery:planned"]),
    ("chemo was scheduled to start next week but has been postponed", ["chemotherapy:planned"]),
    ("R-CHOP is over, all I have left is some radiation", ["R-CHOP:done", "radiotherapy:planned"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "given"), GIVEN)
def test_what_was_given(text: str, given: list[str]) -> None:
    told = read(text).facts().get("treatments", [])
    heard = [
        ":".join(str(t[key]) for key in ("name", "status", "cycles") if key in t) for t in told
    ]
    assert heard == given
