"""Commands on one case: export and erasure."""

from __future__ import annotations

from bot.export.casefile import NoConsent
from bot.export.package import FORMATS, package_bytes
from bot.settings import settings
from bot.store import Store
from bot.store.files import open_files
from bot.store.records import Erased


class UnknownCase(LookupError):
    """No case or conversation goes by that name."""


def open_store() -> Store:
    """The store of the present settings, at the newest schema."""
    configuration = settings()
    files = open_files(configuration.files_url, configuration.keys)
    store = Store.open(configuration.database_url, configuration.keys, files=files)
    store.migrate()
    return store


def export_bytes(case: str, form: str) -> bytes:
    """A case in the given format, ready to write."""
    if form not in FORMATS:
        raise ValueError(f"format {form} is not known; known: {', '.join(FORMATS)}")
    store = open_store()
    found = store.conversations.find(case)
    if found is None:
        raise UnknownCase(f"no case {case}")
    held = store.cases.by_conversation(found.id)
    if held is None:
        raise UnknownCase(f"no case {case}")
    try:
        return package_bytes(store, held.number, form)
    except NoConsent as refused:
        raise UnknownCase(str(refused)) from None


def erase_person(name: str) -> Erased:
    """Erase everything of one conversation; `name` is its id, public id or case number."""
    store = open_store()
    found = store.conversations.find(name)
    if found is None:
        raise UnknownCase(f"no conversation {name}")
    return store.erase(found.id, actor="command line")
