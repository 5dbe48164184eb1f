"""`intake audit verify`: whether the audit log is whole, and still the one of an earlier day."""

from __future__ import annotations

from bot.store import Store


class Broken(RuntimeError):
    """The log was changed, or is not the one that a known hash is from; the text says where."""


def verify(store: Store, known: str | None = None) -> str:
    """One line about a log that is whole. Raises Broken.

    `known` is a hash that was printed earlier and kept elsewhere: a log that somebody has built
    anew from the start fits together, but no longer holds it.
    """
    wrong = store.audit.verify()
    if wrong == 0:
        raise Broken("entries are missing at the end of the audit log")
    if wrong is not None:
        raise Broken(f"entry {wrong} does not fit the one before: changed, or one is missing")
    if known and not store.audit.holds(known):
        raise Broken("the audit log fits together, but is not the one this hash is from")
    newest = store.audit.entries(limit=1)
    if not newest:
        return "no entries yet"
    return f"whole up to entry {newest[0].seq}; keep this hash elsewhere: {newest[0].hash}"
