"""How far it is: the organ where a cancer began is no spread of it, and another one is."""

from __future__ import annotations

import pytest

from tests.intake.talking import Talking


def asked_how_far(cancer: str) -> Talking:
    talk = Talking().agreed().says(f"{cancer}, surgery done, Accra")
    for _ in range(3):
        if talk.case.asks == "extent":
            break
        talk.says("not sure", "dont_know")
    assert talk.case.asks == "extent", talk
    return talk


@pytest.mark.parametrize(
    ("cancer", "answer"),
    [
        ("glioblastoma", "only brain"),
        ("hcc", "no only one in liver"),
        ("hcc", "only liver"),
        ("hcc", "only in the liver nothing else"),
        ("bladder cancer", "only bladder"),
        ("lip cancer", "only lip"),
        ("uveal melanoma", "only eye"),
        ("prostate cancer", "just the prostate"),
        ("kidney cancer", "only the left kidney"),
        ("leiomyosarcoma", "no just the arm"),
        ("vulvar cancer", "only there"),
        ("nasopharyngeal cancer", "nothing outside"),
        ("chordoma", "only bone"),
        ("gist of the stomach", "stomach only 12 cm"),
        ("glioblastoma", "sirf dimag me"),
    ],
)
def test_only_in_its_own_organ_is_in_place(cancer: str, answer: str) -> None:
    talk = asked_how_far(cancer).says(answer)
    assert talk.fact("extent") == "localised", talk
    assert not talk.fact("metastatic_sites"), talk


@pytest.mark.parametrize(
    ("cancer", "answer", "sites"),
    [
        ("colon cancer", "only liver", ["liver"]),
        ("colon cancer", "no only one in liver", ["liver"]),
        ("kidney cancer", "bones and liver", ["bone", "liver"]),
        ("prostate cancer", "nodes neck and bone", ["bone"]),
        ("hcc", "lung.", ["lung"]),
        ("kidney cancer", "হাড়ে", ["bone"]),
        ("kidney cancer", "hadde", ["bone"]),
    ],
)
def test_another_organ_is_spread(cancer: str, answer: str, sites: list[str]) -> None:
    talk = asked_how_far(cancer).says(answer)
    assert talk.fact("extent") == "metastatic", talk
    assert set(sites) <= set(talk.fact("metastatic_sites")), talk


def test_whoever_was_misheard_can_say_that_it_is_only_there() -> None:
    talk = asked_how_far("hcc").says("yes it has spread")
    assert talk.fact("extent") == "metastatic", talk
    talk.says("i mean only in the liver nowhere else")
    assert talk.fact("extent") == "localised", talk
