"""The first result as somebody afraid reads it on a phone: few messages, short, nothing lost."""

from __future__ import annotations

from functools import cache

import pytest

from bot.facts.case import CaseState
from bot.facts.vocabulary import cancers
from bot.intake.results import LONGEST_MESSAGE
from bot.oncology.vocabulary import cancers as vocabulary
from tests.intake.talking import Talking

MOST_MESSAGES = 8
MOST_OTHERS = 8
# Told after the name of the cancer; together they meet every status that a route can have.
STORIES = (
    "newly found, no treatment yet, 61, Lagos, biopsy done",
    "stage 4, spread to the liver, chemo stopped working, 45, Dhaka, biopsy done",
    "it came back after 5 months, two lines of chemo, 70, in bed most of the day, Cairo",
)
LISTS = frozenset({"utter_checklist_first"})


def told(cancer: str, story: str) -> Talking:
    """The conversation up to the first result."""
    talk = Talking().says(f"{vocabulary()[cancer].name}, {story}").taps("Yes")
    while talk.case.state is CaseState.INTAKE:
        talk.says("not sure", "dont_know")
    assert talk.case.state is CaseState.CONFIRM, talk
    return talk.taps("Yes")


@cache
def results() -> tuple[tuple[str, Talking], ...]:
    """Every third cancer with one story, the others with the next ones."""
    names = sorted(cancers())
    return tuple((name, told(name, STORIES[i % len(STORIES)])) for i, name in enumerate(names))


def test_the_result_is_a_handful_of_short_messages() -> None:
    for cancer, talk in results():
        assert len(talk.replies) <= MOST_MESSAGES, f"{cancer}\n{talk}"
        for reply in talk.replies:
            text = talk._text(reply)
            if reply.response not in LISTS:
                assert len(text) <= LONGEST_MESSAGE, f"{cancer}: {text}"
            assert text.count("?") <= 1 or not reply.buttons, text


def test_the_result_says_everything_that_must_be_said() -> None:
    for cancer, talk in results():
        for words in (
            "not medical advice",
            "specialist",
            "second opinion",
            "Care for pain",
            "Papers to collect first",
            "one business day",
            "by day 25",
            "do not stop or change any treatment",
            "delete my data",
            talk.case.number,
        ):
            assert words in talk.text, f"{cancer}: {words}\n{talk}"


def test_the_rest_is_behind_buttons_and_short_too() -> None:
    for cancer, talk in results():
        for title in ("Why these?", "Other routes"):
            if title == "Why these?" and not any(
                b.title == title for r in talk.replies for b in r.buttons
            ):
                continue  # no route was named, so there is nothing to explain
            said = told_after(talk, title)
            assert 1 <= len(said.replies) <= MOST_OTHERS, f"{cancer}\n{said}"
            for reply in said.replies:
                assert len(said._text(reply)) <= LONGEST_MESSAGE, f"{cancer}\n{said}"


def told_after(talk: Talking, title: str) -> Talking:
    """The same conversation after one more tap; the replies of the result stay tappable."""
    again = Talking(case=talk.case, replies=list(talk.replies), count=talk.count)
    return again.taps(title)


def test_what_was_asked_about_keeps_its_reason() -> None:
    talk = told("gastric_gej", "what about BNCT? stage 4, spread to the liver, chemo failed, Basra")
    named = [t for t in map(talk._text, talk.replies) if "BNCT" in t]
    assert named, talk
    assert "head and neck" in named[0], talk


@pytest.mark.parametrize("said", ["why these", "Why these?"])
def test_why_may_be_typed(said: str) -> None:
    talk = told("ovarian", STORIES[1]).says(said, "ask_why")
    assert talk.said[0] == "utter_route_why", talk


OWN_ROUTES: tuple[tuple[str, str, str, str], ...] = (
    ("prostate", "lupron and abiraterone, spread to bones, psa rising", "Radioligand", "MSI"),
    ("npc", "spread to the lungs, chemo stopped working", "Immunotherapy", "NTRK"),
    ("gist", "KIT exon 11, imatinib, growing in the liver", "Targeted", "the RET test"),
    ("cml", "imatinib, nilotinib, T315I mutation found", "Targeted", "BCR-ABL test"),
)


@pytest.mark.parametrize(("cancer", "story", "route", "noise"), OWN_ROUTES)
def test_the_cancers_own_routes_come_before_what_counts_in_any_tumour(
    cancer: str, story: str, route: str, noise: str
) -> None:
    talk = told(cancer, f"{story}, 61, Lagos, biopsy done")
    routes = [talk._text(r) for r in talk.replies if (r.response or "").startswith("utter_pathway")]
    assert any(route in text for text in routes), talk
    assert all(noise not in text for text in routes), talk


def test_a_lymphoma_in_remission_hears_what_comes_later_before_what_is_only_studied() -> None:
    talk = told("dlbcl_lbcl", "R-CHOP, remission since a year, 55, Lagos, biopsy done")
    texts = [talk._text(r) for r in talk.replies]
    assert any("CAR-T" in t for t in texts), talk
    assert all("TIL" not in t for t in texts), talk


def test_what_a_doctor_should_see_today_comes_before_the_routes() -> None:
    talk = told("pancreatic", "eyes yellow since three days, not eaten for 3 days, stage 4, Lagos")
    assert talk.said[0] == "utter_result_urgent", talk
    later = told("pancreatic", STORIES[1])
    assert "utter_result_urgent" not in later.said, later
