"""Tells what was from what is in a long story: people tell the whole illness, not only today.

In a short call for help "she had a seizure" is news; in a story of a hundred words it is history
unless its sentence says now, today, still, since.
"""

from __future__ import annotations

from functools import cache

from bot.oncology.context import Context
from bot.oncology.phrases import PhraseBook
from bot.oncology.signs import Sign, presence_words, sign_file
from bot.oncology.text import STORY_WORDS

_SUBJECT = 6  # words before a sign in which its subject stands


def told_as_past(context: Context, sign: Sign) -> bool:
    """A sentence of the past in a long story, or in one that tells of a death."""
    if sign.name in presence_words("always_meant"):
        return False
    doc = context.doc
    if len(doc.tokens) < STORY_WORDS and not context.by_kind["died"]:
        return False
    here = context.sentence(sign.first)
    if any(here.first <= hit.first < here.last for hit in _present().find(doc)):
        return False
    words = {doc.tokens[i].text for i in range(here.first, here.last)}
    return bool(words & presence_words("story_past"))


def at_a_loss(context: Context, sign: Sign) -> bool:
    """ "We are so confused and scared": said of oneself it is no delirium."""
    if sign.name != "confused":
        return False
    here = context.sentence(sign.first)
    before = range(max(here.first, sign.first - _SUBJECT), sign.first)
    subjects = [
        word
        for i in before
        if (word := context.doc.tokens[i].text)
        in presence_words("at_a_loss") | presence_words("speaks")
    ]
    return bool(subjects) and subjects[-1] in presence_words("at_a_loss")


@cache
def _present() -> PhraseBook[None]:
    return PhraseBook((phrase, None) for phrase in sign_file().presence["story_now"])
