"""Numbers of years that are no age of the patient's now: a marriage, a child's, one of long ago."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from bot.oncology.age_forms import AGE_UNIT

_CHILD: Final = (
    r"(?:sons?|daughters?|kids?|child|children|girls?|boys?|baby|toddler|twins?|niece|nephew|"
    r"grand(?:son|daughter|child|kids?)|brother|sister)"
)
# "25 years cancer free", "2 years out", "my 40's", "85.7 lbs", "37 years with him"
_LENGTH_BEHIND: Final = re.compile(
    rf"(?:\.\d|\s*%|['’]?s\b(?!\s*old)|\s+later\b|\s*(?:lbs?|pounds)\b|\s*(?:{AGE_UNIT})\s*"
    r"(?:out\b|cancer[- ]?free|free\b|clear\b|post[- ](?:treatment|chemo|op|transplant|diagnosis)|"
    r"off (?:treatment|chemo)|from (?:now|today)|with (?:him|her|them)\b|or so\b|together\b|"
    r"married\b|of marriage|later\b|left\b|to live\b|strong\b|survivor))"
)
# "my wife of 15 years", "a mother of 3", "another good 30 years"
_LENGTH_BEFORE: Final = re.compile(
    r"(?:\b(?:wife|husband|partner|spouse|boyfriend|girlfriend|fiancee?|mother|father|mom|mum|dad)"
    r"\s+of|\banother(?: good)?|\bmarriage of)\s*$"
)
# "Breastfeeding our 3 month baby": the child of the patient
_NURSED: Final = re.compile(r"(?:breast\s?-?feed\w*|nursing|gave birth|delivered)[^.!?\n]{0,24}$")
_ONE_OF_SEVERAL: Final = re.compile(r"\d\s*(?:and|&)\s*$")
_THEN: Final = re.compile(r"(?:\bat (?:the )?age(?: of)?|\bi was(?: only| just)?)\s*$")
_AGO: Final = re.compile(r"\byears? ago\b|\byears later\b|\b(?P<year>(?:19|20)\d\d)\b")
_CHILD_BEHIND: Final = re.compile(rf"\s*-?\s*(?:{AGE_UNIT})?[\s-]*(?:old\s+)?{_CHILD}\b")
_CHILD_BEFORE: Final = re.compile(
    rf"\b{_CHILD}\s*(?:is|are|was|s|,|\(|who is)?\s*(?:only |just )?$"
)
_SELF: Final = re.compile(
    r"\b(?:i am|i'm|im|i’m|i was|as)\s+(?:an?\s+)?$"
)  # "I'm a 15 year old boy"
_BEFORE: Final = 40  # characters


def is_no_age_of_now(text: str, start: int, end: int) -> bool:
    """Whether years at a place of a normalised text are a length of time, or an age of the past."""
    before, behind = _beside(text, start, end)
    if _LENGTH_BEHIND.match(text, behind) or _LENGTH_BEFORE.search(before):
        return True
    if _ONE_OF_SEVERAL.search(before) or _NURSED.search(before):
        return True
    return bool(_THEN.search(before)) and _long_ago(text)


def is_childs(text: str, start: int, end: int) -> bool:
    """Whether a patient who writes tells this age of a child."""
    before, behind = _beside(text, start, end)
    behind_is_child = _CHILD_BEHIND.match(text, behind) and not _SELF.search(before)
    return bool(behind_is_child or _CHILD_BEFORE.search(before))


def _beside(text: str, start: int, end: int) -> tuple[str, int]:
    """The text before the years, and where the digits of the years end."""
    digits = re.match(r"\d*", text[start:end])
    return text[max(0, start - _BEFORE) : start], start + (digits.end() if digits else 0)


def _long_ago(text: str) -> bool:
    lately = date.today().year - 1  # noqa: DTZ011 - a day more or less does not matter
    return any(not m["year"] or int(m["year"]) < lately for m in _AGO.finditer(text))
