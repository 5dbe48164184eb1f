"""Reads how the disease stands now, from words, statements of change, abbreviations and trends.

Words come as set phrases of every language, as composed statements ("the nodes are smaller"), as
abbreviations of a response behind a treatment or a scan ("x4 - PR"), and as a marker that went
from one number to another. Of several the last one told counts: a course is told in order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.oncology.cancer_evidence import about_cancer
from bot.oncology.cancers import findings
from bot.oncology.context import Timing, context_of
from bot.oncology.cues import words_of
from bot.oncology.found_again import long_after, new_findings
from bot.oncology.found_lately import found_lately, untreated
from bot.oncology.phrases import Hit
from bot.oncology.reading import Mention
from bot.oncology.responses import abbreviations, beside_names, composed_hit, trends
from bot.oncology.spread import disease_words
from bot.oncology.status_subject import gap, of_something_else, only_thought_of, things
from bot.oncology.status_words import (
    answers,
    growing,
    near_words,
    not_status,
    phrases,
    statements,
    status_file,
)
from bot.oncology.text import Document
from bot.oncology.treatments import given_treatments, says_none, treatment_hits

# What is read as absence by itself; a denial in it denies nothing further.
DENYING = frozenset({"stable", "remission", "localised", "progressed", "refractory"})
# An answer this short may use words that say too little elsewhere.
SHORT = 8
BACK = 10
INFERRED = 0.75
# What a pattern may say besides a status: settled by the treatment told before.
FOUND_AGAIN = "found_again"
# "Nothing more can be done": tells that treatment failed where nothing tells more.
GIVEN_UP = "given_up"


def read_status(doc: Document, asks: str | None) -> Iterator[Mention]:
    """`disease_status` as last said, or as it follows from a diagnosis without treatment."""
    asked = asks == "disease_status"
    said = [h for h in status_hits(doc) if asked or _of_a_disease(doc, h)]
    if not said and asked and len(doc.tokens) <= SHORT and not _is_question(doc):
        said = [h for h in answers().find(doc) if not context_of(doc).owners.is_other(h.first)]
        said = [h for h in said if not of_something_else(doc, h)]
    if not said:
        said = list(_beside_things(doc))
    lately = None if said else found_lately(doc)
    if said or lately:
        yield _mention(doc, lately or _standing(doc, said))
        return
    yield from _working(doc) or untreated(doc)


def _is_question(doc: Document) -> bool:
    """ "Is immunotherapy good?" is no answer, however short."""
    begins = bool(doc.tokens) and doc.tokens[0].text in words_of("question_start")
    return begins or doc.norm.rstrip().endswith("?")


def _of_a_disease(doc: Document, hit: Hit[str]) -> bool:
    """ "He is not responding" alone may be anything: something must speak of the disease."""
    own = {doc.tokens[i].text for i in range(hit.first, hit.last)}
    if hit.value == "remission" and not _was_ill(doc):
        return False
    if hit.value == "relapsed" and own & status_file().returning:
        return True
    if own & status_file().of_the_disease or things(doc) or findings(doc, None):
        return True
    kinds = {"mass", "tumour"}
    return about_cancer(doc) or any(kinds & h.value for h in disease_words(doc))


def status_hits(doc: Document) -> list[Hit[str]]:
    """Everything said of the patient's status, in order, once."""
    found = doc.memory.get("status")
    if not isinstance(found, list):
        hits = _found(doc)
        found = doc.memory["status"] = [
            h
            for h in hits
            if _meant(doc, h) and not of_something_else(doc, h) and not _at_first(doc, h)
        ]
    return found


def _at_first(doc: Document, hit: Hit[str]) -> bool:
    """ "Spread to the bones, on abiraterone": told before all treatment it is no change."""
    own = {doc.tokens[i].text for i in range(hit.first, hit.last)}
    if hit.value != "progressed" or not own & status_file().spreading:
        return False
    first = min((h.first for h in treatment_hits(doc)), default=0)
    before = {t.text for t in doc.tokens[hit.last : first]}
    return first > hit.first and not before & status_file().after and bool(given_treatments(doc))


def _found(doc: Document) -> list[Hit[str]]:
    other = {i for h in not_status().find(doc) for i in range(h.first, h.last)}
    said = [h for h in phrases().find(doc) if h.first not in other and not _before_score(doc, h)]
    found = [
        *said,
        *abbreviations(doc),
        *beside_names(doc),
        *(composed_hit(doc, p.value, p.first, p.last) for p in statements().find(doc)),
        *trends(doc),
    ]
    found = [h for h in found if h.last - 1 not in other]  # "kidney cancer, clear cell"
    found = [h for h in found if not (h.value == "relapsed" and _a_report_came(doc, h))]
    told = {i for h in found for i in range(h.first, h.last)}
    anew = (composed_hit(doc, FOUND_AGAIN, a, b) for a, b in new_findings(doc))
    found += [h for h in anew if told.isdisjoint(range(h.first, h.last))]
    hits: list[Hit[str]] = []
    taken: set[int] = set()
    for hit in sorted(found, key=lambda h: (h.first - h.last, -h.score)):
        if not taken.isdisjoint(range(hit.first, hit.last)):
            continue
        taken.update(range(hit.first, hit.last))
        resolved = _resolved(doc, hit)
        if resolved is not None:
            hits.append(resolved)
    return sorted(hits, key=lambda hit: hit.first)


def _a_report_came(doc: Document, hit: Hit[str]) -> bool:
    """ "The biopsy came back on Tuesday", "nothing came back": no return of the disease."""
    words = status_file()
    first = hit.first
    if doc.tokens[first].text in words.pronouns and first + 1 < hit.last:
        first += 1  # "it came back with masses"
    if doc.tokens[first].text not in words.comes_back:
        return False
    index = first - 1
    while index >= 0 and doc.tokens[index].text in words.auxiliaries:
        index -= 1
    between = range(index + 1, first + 1)
    paused = any(doc.tokens[k].breaks or (k and ":" in gap(doc, k)) for k in between)
    if index < 0 or paused:
        return False
    before = doc.tokens[index].text
    after = {t.text for t in doc.tokens[hit.last : hit.last + 1]} & words.came_with
    return before in words.comes_back_too or (before in words.pronouns and bool(after))


def _resolved(doc: Document, hit: Hit[str]) -> Hit[str] | None:
    """Spots found after treatment are a relapse when time passed since, else progression."""
    if hit.value == "progressed" and hit.first and doc.tokens[hit.first].text in growing():
        denied = doc.tokens[hit.first - 1].text in status_file().denied
        return composed_hit(doc, "stable", hit.first - 1, hit.last) if denied else hit
    if hit.value == "stable" and _denied_before(doc, hit):
        return composed_hit(doc, "progressed", hit.first, hit.last)
    if hit.value == "remission" and _nearly(doc, hit):
        return composed_hit(doc, "on_treatment_responding", hit.first, hit.last)
    if hit.value == "remission" and _denied_remission(doc, hit):
        return composed_hit(doc, "refractory", hit.first, hit.last) if treatment_hits(doc) else None
    if hit.value != FOUND_AGAIN:
        return hit
    free = [h for h in phrases().find(doc) if h.value == "remission" and h.last <= hit.first]
    if free:
        return composed_hit(doc, "relapsed", hit.first, hit.last)
    if not any(one.status is not Timing.PLANNED for one in given_treatments(doc)):
        return None
    around = {
        t.text for t in doc.tokens[max(0, hit.first - 4) : min(hit.last + 4, len(doc.tokens))]
    }
    quiet = status_file().quiet & {t.text for t in doc.tokens[: hit.first]}
    later = (
        around & status_file().passed or quiet or _was_removed(doc) or long_after(doc, hit.first)
    )
    return composed_hit(doc, "relapsed" if later else "progressed", hit.first, hit.last)


def _was_removed(doc: Document) -> bool:
    """Cut out, and nothing taken at present: what is found then has come back."""
    given = given_treatments(doc)
    cut = any(one.treatment.modality == "surgery" for one in given if one.status is Timing.DONE)
    return cut and not any(one.status is Timing.ONGOING for one in given)


def _denied_before(doc: Document, hit: Hit[str]) -> bool:
    """ "Is not holding it any more"; a "no" inside the words is part of them."""
    words = status_file()
    own = {doc.tokens[i].text for i in range(hit.first, hit.last)}
    low = max(context_of(doc).sentence(hit.first).first, hit.first - 2)
    before = [t for t in doc.tokens[low : hit.first] if not t.breaks]
    return not own & words.denied and bool(words.denied & {t.text for t in before} - {"no"})


def _nearly(doc: Document, hit: Hit[str]) -> bool:
    """ "Almost everything disappeared": what is left is a response."""
    low = max(context_of(doc).sentence(hit.first).first, hit.first - 4)
    return any(t.text in status_file().nearly for t in doc.tokens[low : hit.first])


def _denied_remission(doc: Document, hit: Hit[str]) -> bool:
    """ "Did not go into remission"; a "no" inside the words is part of them ("no disease")."""
    words = status_file()
    own = {doc.tokens[i].text for i in range(hit.first, hit.last)}
    low = max(context_of(doc).sentence(hit.first).first, hit.first - 4)
    low = max((k for k in range(low, hit.first + 1) if doc.tokens[k].breaks), default=low)
    before = {t.text for t in doc.tokens[low : hit.first]}
    return bool(own & words.reached) and not own & words.denied and bool(before & words.denied)


def _standing(doc: Document, said: list[Hit[str]]) -> Hit[str]:
    """The last one told of the present; newly found only when nothing else is told."""
    told = [h for h in said if h.value != GIVEN_UP]
    if not told:
        return composed_hit(doc, "refractory", said[-1].first, said[-1].last)
    later = [h for h in told if h.value != "newly_diagnosed"] or told
    last = ([h for h in later if not _background(doc, h)] or later)[-1]
    own = {doc.tokens[i].text for i in range(last.first, last.last)}
    before = [h for h in later if h.value == "refractory" and h.first < last.first]
    if before and last.value == "progressed" and own & status_file().failing:
        return before[-1]  # "no remission, the next one failed too"
    found_later = last.value == "progressed" and (
        _found_after_the_end(doc, last)
        or _after_remission(doc, said, last)
        or _anew_after_years(doc, last)
    )
    return composed_hit(doc, "relapsed", last.first, last.last) if found_later else last


def _anew_after_years(doc: Document, hit: Hit[str]) -> bool:
    """ "Operado en 2021, ahora aparecieron nódulos": found anew, long after all treatment."""
    anew = any(a < hit.last and hit.first < b for a, b in new_findings(doc))
    return anew and long_after(doc, hit.first)


def _after_remission(doc: Document, said: list[Hit[str]], hit: Hit[str]) -> bool:
    """ "PET all clear; now new nodes", "fine until June, when the marker rose": it came back."""
    before = [h for h in said if h.last <= hit.first]
    if not before:
        return False
    quiet = before[-1]
    if any(quiet.last <= h.first < hit.first for h in treatment_hits(doc)):
        return False
    own = {doc.tokens[i].text for i in range(quiet.first, quiet.last)}
    return quiet.value == "remission" or bool(own & status_file().until)


def _found_after_the_end(doc: Document, hit: Hit[str]) -> bool:
    """ "Chemo finished at Christmas. Last week's MRI has new deposits": new after an end."""
    words = status_file()
    if not {doc.tokens[i].text for i in range(hit.first, hit.last)} & words.fresh:
        return False
    given = given_treatments(doc)
    if not given or any(one.status is Timing.ONGOING for one in given):
        return False
    return any(t.text in words.ended for t in doc.tokens[: hit.first])


def _background(doc: Document, hit: Hit[str]) -> bool:
    """ "Back after a good response": what stands behind such a word came before."""
    before = {t.text for t in doc.tokens[max(0, hit.first - 2) : hit.first]}
    return bool(before & status_file().background) or _told_earlier(doc, hit)


def _told_earlier(doc: Document, hit: Hit[str]) -> bool:
    """ "(a year after I was first told that it was in remission)": told of an earlier time."""
    words = status_file()
    low = max(context_of(doc).sentence(hit.first).first, hit.first - BACK)
    before = [t.text for t in doc.tokens[low : hit.first]]
    if hit.value != "remission" or not words.after.intersection(before):
        return False
    since = before[max(before.index(w) for w in words.after if w in before) :]
    return bool(words.first_told.intersection(since))


def _meant(doc: Document, hit: Hit[str]) -> bool:
    context = context_of(doc)
    found = context.assess(hit.first, hit.last)
    if found.other_person or found.uncertain or (found.asked and not _told(doc, hit)):
        return False
    if only_thought_of(doc, hit):
        return False
    if hit.value == "progressed" and doc.tokens[hit.first].text in status_file().fresh:
        return not found.negated  # "no new lesions"
    return hit.value in DENYING or not found.negated


def _was_ill(doc: Document) -> bool:
    """Nobody is free of a disease that neither a treatment nor a diagnosis tells of."""
    if any(one.status is not Timing.PLANNED for one in given_treatments(doc)):
        return True
    if says_none(doc):
        return False
    if len(doc.tokens) <= SHORT:
        return True
    context = context_of(doc)
    return any(context.assess(f.first, f.last).present for f in findings(doc, None))


def _told(doc: Document, hit: Hit[str]) -> bool:
    """In a question, what stands in brackets is told ("should he (8, in remission) stop it?")."""
    before, after = (
        doc.norm[: doc.tokens[hit.first].nstart],
        doc.norm[doc.tokens[hit.last - 1].nend :],
    )
    bracketed = before.rfind("(") > before.rfind(")") and ")" in after
    if hit.value == "newly_diagnosed" and not context_of(doc).sentence(hit.first).question:
        return True  # "looking for help for a nephew, diagnosed two weeks back"
    return bracketed or _told_in_passing(doc, hit)


def _told_in_passing(doc: Document, hit: Hit[str]) -> bool:
    """ "Is it worth it now that it progressed": a question that tells of the change."""
    words = status_file()
    before = {t.text for t in doc.tokens[max(0, hit.first - 3) : hit.first]}
    own = {doc.tokens[i].text for i in range(hit.first, hit.last)}
    return bool(before & words.told_by) or bool(before & words.told_of and own & words.verbs)


def _before_score(doc: Document, hit: Hit[str]) -> bool:
    """ "MSI stable", "vitals stable": a word of a result or of the body's state stands before."""
    before = doc.tokens[hit.first - 1].text if hit.first else ""
    return hit.value == "stable" and before in status_file().other_subjects


NEAR = 6


def _beside_things(doc: Document) -> Iterator[Hit[str]]:
    """A word of change within a few words of the disease, a scan or a marker."""
    known = near_words()
    places = [index for index, token in enumerate(doc.tokens) if token.text in known]
    named = things(doc) if places else set()
    sentence_of = context_of(doc).sentence_of
    for index in places:
        near = range(max(0, index - NEAR), min(index + NEAR, len(doc.tokens)))
        if not any(i in named and sentence_of[i] == sentence_of[index] for i in near):
            continue
        value = known[doc.tokens[index].text]
        hit = Hit(value, index, index + 1, doc.tokens[index].start, doc.tokens[index].end, INFERRED)
        resolved = _resolved(doc, hit)
        if resolved and _meant(doc, resolved) and not of_something_else(doc, resolved):
            yield resolved


def _working(doc: Document) -> list[Mention]:
    """A treatment that is being taken and said to work."""
    for one in given_treatments(doc):
        if one.status is Timing.ONGOING and one.response == "responded":
            words = doc.words(one.start, one.end)
            value = "on_treatment_responding"
            return [Mention("disease_status", value, words, one.start, one.end, INFERRED)]
    return []


def _mention(doc: Document, hit: Hit[str]) -> Mention:
    corrects = context_of(doc).assess(hit.first, hit.last).corrects
    words = doc.words(hit.start, hit.end)
    return Mention("disease_status", hit.value, words, hit.start, hit.end, hit.score, corrects)


def relapses(doc: Document) -> Iterable[Hit[str]]:
    """Where it is said that the disease came back."""
    return [hit for hit in status_hits(doc) if hit.value == "relapsed"]
