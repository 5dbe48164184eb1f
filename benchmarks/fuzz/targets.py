"""What is fuzzed without a server: everything that reads bytes or words of somebody else.

Each target is a strategy and what is done with a value of it; a refusal that names itself is an
answer like any other.
"""

from __future__ import annotations

import io
import json
import string
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import Any

from hypothesis import strategies as st

from bot.console.anonymous import anonymous
from bot.console.security import same_origin, token_fits
from bot.eligibility.cli import assess_lines
from bot.intake.claims import claimed
from bot.oncology.read import read
from bot.records.papers.archives import look
from bot.records.papers.dates import paper_date
from bot.records.papers.kinds import Refused, kind_of
from bot.records.papers.matching import match_link, match_words
from bot.store import BadKeys, new_key
from bot.store.sealed import MAGIC, Sealer
from bot.store.words import words_of
from connectors import whatsapp
from connectors.received_text import as_command, clean
from connectors.telegram import parse_update
from connectors.whatsapp import Params
from tests.connectors.test_fuzz import FIELDS, anything, outcome, spoiled, values
from tests.standins.twilio_api import TwilioStandIn

SEALER = Sealer([new_key()])
TODAY = date(2026, 11, 21)
# Pieces that readers look for, mixed with anything: random letters alone never get far.
PIECES = st.sampled_from(
    [
        *("stage", "iv", "III", "4", "cancer", "ovarian", "not", "no", "she", "mother", "Dhaka"),
        *("carboplatin", "EGFR", "HER2+", "bleeding", "38.5", "C", "2021", "jan", "/", "-", "ecog"),
        *("क्या", "ক্যান্সার", "سرطان", "癌", "\u200d", "\u202e", "\x00", "\n", "😭", "\ud800", "ß"),
        *("delete my data", "send me my data", "+8801712345678", "x@y.org", "12/03/2021", "1" * 40),
    ]
)
words = st.lists(PIECES | st.text(max_size=12), max_size=30).map(" ".join)
names = st.sampled_from(
    ["cancer_type", "ecog", "age_years", "treatments", "biomarkers", "red_flags", "labs", "country"]
)
facts = st.dictionaries(names | st.text(max_size=8), anything, max_size=6)
signs = st.sampled_from(
    [b"%PDF-1.7", b"PK\x03\x04", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"DICM", b"GIF89a", b"RIFF"]
)
files = st.lists(signs | st.binary(max_size=300), max_size=5).map(b"".join)


def _telegram(update: Any) -> None:
    outcome(parse_update, update, "1")


def _whatsapp(changed: dict[str, str]) -> None:
    sent = TwilioStandIn().inbound("+8801712345678", "hello") | changed
    params = Params({name: [value] for name, value in sent.items()})
    outcome(whatsapp.parse_message, params)
    outcome(whatsapp.parse_status, params, changed.get("Body"))


def _signature(given: tuple[bytes, str, str]) -> None:
    url = "https://x.org/webhooks/whatsapp"
    assert whatsapp.verified("token", url, *given) is None


def _text(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode("utf-8")
    assert clean(cleaned) == cleaned
    as_command(text)


def _understanding(text: str) -> None:
    json.dumps(read(clean(text)[:800]).to_json())


def _papers(text: str) -> None:
    match_words(text)
    match_link(text)
    paper_date(text, TODAY)


def _kind(data: bytes) -> None:
    with suppress(Refused):
        kind_of(io.BytesIO(data))
    if data.startswith(b"PK"):
        with suppress(Refused):
            look(io.BytesIO(data))


def _sealed(data: bytes) -> None:
    for form in (data, MAGIC + data):
        with suppress(BadKeys):
            assert b"".join(SEALER.opened(iter([form]))) is None, "opened without the key"


def _search(text: str) -> None:
    claimed(text)
    words_of(text)
    assert "\n" not in anonymous(text, [text[:20]])


def _assess(line: Any) -> None:
    text = line if isinstance(line, str) else json.dumps(line)
    for answer in assess_lines([text]):
        assert "error" in answer or "pathways" in answer


def _form(given: tuple[dict[str, str], str]) -> None:
    headers, token = given
    assert (
        not same_origin(headers, "https://intake.example.org")
        or "intake" in str(headers)
        or (headers.get("sec-fetch-site") == "same-origin")
    )
    assert not token_fits("secret", token)


# How many of the cases asked for each target gets: what costs little is tried more often.
WEIGHTS = {
    "text and commands": 5.0,
    "whatsapp signature": 3.5,
    "whatsapp form": 1.25,
    "search and wishes": 0.7,
    "origin and form token": 0.5,
    "telegram update": 0.4,
    "facts of a program": 0.2,
    "understanding": 0.15,
    "words on papers": 0.15,
    "door: telegram": 0.6,
    "door: browser upload": 0.05,
}
header_names = st.sampled_from(["origin", "host", "sec-fetch-site", "referer"])
header_values = st.sampled_from(
    ["same-origin", "cross-site", "null", "https://evil.example", "https://intake.example.org", ""]
) | st.text(string.printable, max_size=30)
PARSERS: dict[str, tuple[st.SearchStrategy[Any], Callable[[Any], None]]] = {
    "telegram update": (spoiled() | anything, _telegram),
    "whatsapp form": (st.dictionaries(st.sampled_from(FIELDS), values), _whatsapp),
    "whatsapp signature": (
        st.tuples(
            st.binary(max_size=200),
            st.sampled_from([whatsapp.FORM, "application/json", "text/plain", ""]),
            st.text(max_size=40),
        ),
        _signature,
    ),
    "text and commands": (st.text(max_size=300), _text),
    "understanding": (words, _understanding),
    "words on papers": (words, _papers),
    "kind of a file": (files, _kind),
    "sealed file": (files, _sealed),
    "search and wishes": (words, _search),
    "facts of a program": (
        st.fixed_dictionaries({"id": anything, "facts": facts | anything}) | st.text(max_size=60),
        _assess,
    ),
    "origin and form token": (
        st.tuples(st.dictionaries(header_names, header_values), st.text(max_size=64)),
        _form,
    ),
}
