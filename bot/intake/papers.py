"""Papers that come in: what was recognised is filed and said, what is doubtful is asked about.

Files are read beside the conversation (`bot.records.papers`); a turn gets what came of them with
its message, or, when reading took longer, in a turn of their own. A file is known by its id, so
that hearing of it twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final

from babel.dates import format_date, format_timedelta

from bot.facts.case import CaseState
from bot.intake import collecting
from bot.intake.speech import Button, letters, move_payload
from bot.intake.turn import Turn
from bot.records.catalogue import catalogue
from bot.records.model import Mark
from bot.records.papers.matching import Match, match_link, match_words
from bot.records.papers.received import FiledBy, file_paper, received_papers

KIND: Final = "papers"  # of a turn that no message of the person began
MOVE: Final = "paper."
OTHER: Final = "other"
# In the case's memory: files to be taken up, doubts, what is still to be said, ids already known.
TAKEN_IN, DOUBTS, NEWS, SEEN = "papers_in", "papers_doubt", "papers_news", "papers_seen"
ANSWERED = "papers_answered"  # within a turn
MOST_BUTTONS: Final = 6
NAMED_MISSING: Final = 5
_MOST_SEEN: Final = 1000
_SHORT_ANSWER: Final = 8  # words
_SILENT: Final = frozenset({CaseState.CONSENT, CaseState.EMERGENCY, CaseState.HUMAN})


def take_in(turn: Turn) -> bool:
    """First: keep what came, file what is sure, take the answer to "What is it?".

    True only for a turn of papers at a time when nothing may be said; it is said later.
    """
    memory = turn.case.memory
    seen: list[str] = memory.setdefault(SEEN, [])
    for file in (*turn.heard.metadata.get("files", ()), *_link(turn)):
        if not _settled(file):
            _news(turn, "waiting")
        elif file.get("paper") not in seen:
            seen.append(file["paper"])
            memory.setdefault(TAKEN_IN, []).append(_short(file))
    del seen[:-_MOST_SEEN]
    if turn.case.consent is not None and turn.case.consent.given:
        _decide(turn)
        _take_answer(turn)
    return turn.heard.kind == KIND and turn.case.state in _SILENT


def speak(turn: Turn) -> bool:
    """Say what came of papers; True when a question about one of them ends the turn."""
    _decide(turn)
    news: list[dict[str, Any]] = turn.case.memory.pop(NEWS, [])
    told = list(dict.fromkeys(n["response"] for n in news if n["kind"] == "problem"))
    for response in told:
        turn.say(response)
    if any(n["kind"] == "waiting" for n in news) and len(news) == 1:
        turn.say("utter_file_waiting")
    _say_kept(turn, news)
    _say_received(turn, [n for n in news if n["kind"] == "received"])
    about_papers = turn.case.memory.pop(ANSWERED, False) or bool(news) or _came(turn)
    asked = about_papers and bool(turn.case.memory.get(DOUBTS))
    if asked:
        _ask(turn)
    return asked or turn.heard.kind == KIND


def _came(turn: Turn) -> bool:
    """Whether this message brought a paper."""
    return bool(turn.heard.metadata.get("files")) or bool(_link(turn))


def _link(turn: Turn) -> Iterable[dict[str, Any]]:
    if turn.heard.kind != "text" or turn.heard.payload is not None:
        return ()
    found = match_link(turn.heard.text)
    if found is None:
        return ()
    turn.alert("link")
    return ({"paper": f"{turn.heard.message_id}/link", "match": found.to_json()},)


def _settled(file: dict[str, Any]) -> bool:
    return file.get("match") is not None or file.get("problem") is not None


def _short(file: dict[str, Any]) -> dict[str, Any]:
    return {name: file.get(name) for name in ("paper", "key", "name", "problem", "match")}


def _news(turn: Turn, kind: str, **values: Any) -> None:
    turn.case.memory.setdefault(NEWS, []).append({"kind": kind, **values})


def _decide(turn: Turn) -> None:
    """File what is sure, put what is not into the line of doubts, note what is wrong."""
    for file in turn.case.memory.pop(TAKEN_IN, []):
        if file["problem"] is not None:
            turn.alert("file_trouble")
            _news(turn, "problem", response=f"utter_file_{file['problem']}")
            continue
        match = Match.from_json(file["match"])
        if match.notes:
            turn.alert("file_look")
        again = file["key"] and [p for p in received_papers(turn.case) if p.key == file["key"]]
        if not match.form:
            _news(turn, "kept")
        elif again:
            _news(turn, "again", items=list(again[0].items))
        elif match.item is not None:
            _file(turn, file, match.item, match.also, FiledBy.CONTENT)
        else:
            turn.case.memory.setdefault(DOUBTS, []).append(file)


def _file(turn: Turn, file: dict[str, Any], item: str, also: Sequence[str], by: FiledBy) -> None:
    match = Match.from_json(file["match"])
    filed = file_paper(
        turn.case,
        file=file["paper"],
        item=item,
        also=also,
        form=match.form,
        by=by,
        dated=match.date,
        key=file["key"],
        name=file["name"],
    )
    _news(turn, "received", file=filed.file)


def _take_answer(turn: Turn) -> None:
    """The button or the words that answer "What is it?"; another message leaves it to a human."""
    doubts: list[dict[str, Any]] = turn.case.memory.get(DOUBTS, [])
    if not doubts or not doubts[0].get("asked") or turn.heard.kind == KIND:
        return
    if turn.heard.kind in ("file", "voice"):
        return  # another file is no answer; the question comes again
    file, (item, also) = doubts.pop(0), _chosen(turn)
    if item is None:
        turn.alert("paper_unclear")
        return
    turn.chosen = True
    turn.case.memory[ANSWERED] = True
    if item == OTHER:
        turn.alert("paper_unclear")
        _news(turn, "kept")
    else:
        _file(turn, file, item, also, FiledBy.PERSON)


def _chosen(turn: Turn) -> tuple[str | None, tuple[str, ...]]:
    if turn.move and turn.move.startswith(MOVE):
        return turn.move.removeprefix(MOVE), ()
    if turn.heard.kind != "text" or len(turn.heard.text.split()) > _SHORT_ANSWER:
        return None, ()
    if letters(turn.heard.text) == letters(turn.word("utter_button_other_paper")):
        return OTHER, ()
    named = match_words(turn.heard.text)
    return named.item, named.also


def _say_kept(turn: Turn, news: Sequence[dict[str, Any]]) -> None:
    again = [item for n in news if n["kind"] == "again" for item in n["items"]]
    if again:
        turn.say("utter_paper_again", papers=_names(turn, again))
    if any(n["kind"] == "kept" for n in news) and turn.heard.kind != "voice":
        turn.say("utter_file_received")


def _say_received(turn: Turn, news: Sequence[dict[str, Any]]) -> None:
    ids = {n["file"] for n in news}
    papers = [paper for paper in received_papers(turn.case) if paper.file in ids]
    if not papers:
        return
    listed = collecting.listed(turn)
    names = _names(turn, (item for paper in papers for item in paper.items[:1]))
    missing = [item.id for item in listed.open_items if item.level == "C"]
    known = turn.cancer or turn.case.memory.get("cancer_likely")
    if not known and turn.case.state is not CaseState.ASSESSED:  # the list says little yet
        turn.say("utter_papers_received", papers=names)
    elif missing:
        turn.say("utter_papers_received_missing", papers=names, missing=_missing(turn, missing))
    else:
        turn.say("utter_papers_received_complete", papers=names)
    looks = [p for paper in papers for p in paper.items if p in paper.first_look]
    linked = {p.item for p in papers if p.form == "link"}
    if linked:
        turn.say("utter_link_noted")
    first = [item for item in looks if item not in linked]
    if first:
        turn.say("utter_papers_first_look", papers=_names(turn, first))
    for paper in papers:
        _say_old(turn, paper.item, paper.date, {i.id: i for i in listed.items})


def _say_old(turn: Turn, item: str, dated: date | None, listed: dict[str, Any]) -> None:
    """A paper past its freshness: how old it is, and that a newer one will be asked for."""
    words = catalogue(turn.case.language)
    fresh = words.recency[words.papers[item].recency]
    days = listed[item].recency_days if item in listed else fresh.days
    today = turn.heard.at.date()
    held = item in listed and listed[item].mark is Mark.HELD
    if dated is None or days is None or (today - dated).days <= days or held:
        return
    locale = turn.case.language.replace("-", "_")
    turn.say(
        "utter_paper_old",
        paper=words.papers[item].label,
        date=format_date(dated, "long", locale=locale),
        age=format_timedelta(
            datetime.combine(today, datetime.min.time())
            - datetime.combine(dated, datetime.min.time()),
            granularity="day",
            locale=locale,
        ),
        recency=listed[item].recency if item in listed else fresh.text,
    )


def _names(turn: Turn, items: Iterable[str]) -> str:
    papers = catalogue(turn.case.language).papers
    return ", ".join(papers[item].label for item in dict.fromkeys(items) if item in papers)


def _missing(turn: Turn, items: Sequence[str]) -> str:
    named = _names(turn, items[:NAMED_MISSING])
    more = len(items) - NAMED_MISSING
    return turn.word("utter_word_and_more", papers=named, count=more) if more > 0 else named


def _ask(turn: Turn) -> None:
    """Ask what the first doubtful paper is, with the likely ones as buttons."""
    file = turn.case.memory[DOUBTS][0]
    file["asked"] = True
    match = Match.from_json(file["match"])
    open_items = [item.id for item in collecting.listed(turn).open_items]
    likely = [*match.options, *(item for item in open_items if item not in match.options)]
    papers = catalogue(turn.case.language).papers
    buttons = [
        Button(_title(papers[item].label), move_payload(MOVE + item))
        for item in likely[:MOST_BUTTONS]
        if item in papers
    ]
    other = Button(turn.word("utter_button_other_paper"), move_payload(MOVE + OTHER))
    named = f' "{file["name"]}"' if file.get("name") else ""
    turn.say("utter_paper_which", *buttons, other, file=named)


def _title(label: str) -> str:
    return label[:1].upper() + label[1:]
