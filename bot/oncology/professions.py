"""Finds words of those who write for their work: doctors and nurses, and charities."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot.oncology.context import Context
from bot.oncology.cues import words_of
from bot.oncology.patterns import PatternHit
from bot.oncology.text import Document

Hits = Mapping[str, Sequence[PatternHit[str]]]


def professional(context: Context, by_role: Hits) -> tuple[int, int] | None:
    """Words of the profession: "I am a nurse", "Medical officer, Suva", a name with its title."""
    doc = context.doc
    for hit in by_role.get("doctor", ()):
        if not _quoted(doc, hit):
            return hit.first, hit.last
    for hit in by_role.get("profession", ()):
        behind = doc.tokens[hit.last] if hit.last < len(doc.tokens) else None
        if (behind is None or behind.breaks or behind.text in _AT_WORK) and not _quoted(doc, hit):
            return hit.first, hit.last
    return _signature(doc)


def _quoted(doc: Document, hit: PatternHit[str]) -> bool:
    """ "The haematologist in Johannesburg says": a doctor who is spoken of."""
    before = (
        doc.tokens[hit.first - 1].text if hit.first and not doc.tokens[hit.first].breaks else ""
    )
    behind = [t.text for t in doc.tokens[hit.last : hit.last + 4]]
    if behind[:1] and behind[0] in _SENT:
        return True  # "my doctor is referring me"
    return before in _SPOKEN_OF or bool(words_of("speech").intersection(behind))


_SPOKEN_OF = frozenset(
    {
        "the",
        "an",
        "my",
        "with",
        "our",
        "his",
        "her",
        "by",
        "to",
        "from",
        "a",
        "another",
        "doctor",
        "see",
    }
)
_SENT = frozenset({"me", "us", "myself"})
_AT_WORK = frozenset({"in", "at", "from", "here", "working", "writing", "posted"})
_LONGEST_SIGNATURE = 5
_DOCTOR = frozenset({"dr", "dra", "prof", "drs", "д", "د"})
# "Dr. Sunita from Patna here", "Dra. Beatriz, Luanda."
_PRESENTED = re.compile(
    r"(?:[^.!?\n]{0,40}[,!.]\s)?(?:dra?|prof)\.?\s[a-z]+(?:\s[a-z]+)?(?:,|\.\s|\shere|\sfrom|\sde\s)"
)
_SIGNED = re.compile(
    r"(?:[.!?\n(–—-]|regards,?)\s*(?:from\s|by\s)?(?:dra?|prof)\.?\s[a-z]+\b[^.!?]{0,30}$"
)
_SIGNED_AS = re.compile(
    r"\((?:[a-z]+\s)?(?:haematologist|hematologist|oncologist|surgeon|gp|physician|nurse|registrar|resident)"
)


def _signature(doc: Document) -> tuple[int, int] | None:
    """ "Dr Amal, Khartoum" as the first or the last words of a message."""
    count = len(doc.tokens)
    match = _PRESENTED.match(doc.norm) or _SIGNED.search(doc.norm) or _SIGNED_AS.search(doc.norm)
    if match is not None and not doc.norm[: match.start()].endswith(("by", "under", "with", "see")):
        told = {t.text for t in doc.tokens[doc.token_at(match.end() - 1) :][:3]}
        if not told & words_of("speech") and not {"my", "our"} & set(match.group().split()):
            first, last = doc.token_span(*match.span())
            return first, last
    if count > _LONGEST_SIGNATURE and doc.tokens[0].text in ("dr", "prof"):
        head = doc.norm[: doc.tokens[_LONGEST_SIGNATURE].nstart]
        if ":" in head and "my" not in head.split():
            return 0, 2
    for index in range(max(1, count - _LONGEST_SIGNATURE), count - 1):
        token, name = doc.tokens[index], doc.tokens[index + 1]
        if token.text in ("dr", "prof") and token.breaks and not name.breaks:
            gap = doc.norm[doc.tokens[index - 1].nend : token.nstart]
            named = doc.original[name.start : name.start + 1].isupper()
            if named and any(sign in gap for sign in ".!?\n"):
                return index, index + 2
    return None


def charity_of(context: Context, by_role: Hits) -> tuple[int, int] | None:
    """ "We are a foundation in La Paz"; whoever looks for one belongs to none."""
    doc = context.doc
    for hit in by_role.get("charity", ()):
        here = context.sentence(hit.first)
        before = {doc.tokens[i].text for i in range(here.first, hit.first)}
        told = before & _WE or (hit.first == 0 and hit.last < len(doc.tokens))
        if told and not here.question and not before & _LOOKING_FOR:
            return hit.first, hit.last
    return None


_WE = frozenset({"we", "i", "im", "am", "are", "our", "from", "this", "somos", "nous", "soy"})
_LOOKING_FOR = frozenset({"any", "some", "need", "looking", "help", "can", "no", "with", "paid"})
