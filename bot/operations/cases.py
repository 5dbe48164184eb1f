"""Commands on one case: export, a copy for the person, erasure."""

from __future__ import annotations

import sys

from bot.export.access_copy import access_json
from bot.export.casefile import NoConsent
from bot.export.package import FORMATS, own_record, package_bytes, shared
from bot.settings import settings
from bot.store import Store
from bot.store.files import open_files
from bot.store.records import Erased
from connectors.engine_memory import forgetting

OWN_RECORD = "json"
NOT_SHARED = "no consent to share with a hospital; this copy is for the service's own use"


class UnknownCase(LookupError):
    """No case or conversation goes by that name."""


def open_store() -> Store:
    """The store of the present settings, at the newest schema."""
    configuration = settings()
    files = open_files(configuration.files_url, configuration.keys)
    store = Store.open(configuration.database_url, configuration.keys, files=files)
    store.migrate()
    store.retention.tell(forgetting(configuration))
    return store


def export_bytes(case: str, form: str) -> bytes:
    """A case in the given format, ready to write.

    JSON is the service's own record of a case, for other programs; without a consent to share it
    says so on stderr. The formats made for a hospital are refused then.
    """
    if form not in FORMATS:
        raise ValueError(f"format {form} is not known; known: {', '.join(FORMATS)}")
    store = open_store()
    found = store.conversations.find(case)
    if found is None:
        raise UnknownCase(f"no case {case}")
    held = store.cases.by_conversation(found.id)
    if held is None:
        raise UnknownCase(f"no case {case}")
    if form == OWN_RECORD and not shared(held):
        print(f"intake: case {held.number}: {NOT_SHARED}", file=sys.stderr)
        return own_record(store, held.number)
    try:
        return package_bytes(store, held.number, form)
    except NoConsent as refused:
        raise UnknownCase(str(refused)) from None


def copy_for_person(name: str) -> bytes:
    """All that is kept about a person, as JSON for that person; `name` as for `erase_person`."""
    store = open_store()
    found = store.conversations.find(name)
    if found is None:
        raise UnknownCase(f"no conversation {name}")
    return access_json(store, found.id, "command line")


def erase_person(name: str) -> Erased:
    """Erase everything of one conversation; `name` is its id, public id or case number."""
    store = open_store()
    found = store.conversations.find(name)
    if found is None:
        raise UnknownCase(f"no conversation {name}")
    return store.erase(found.id, actor="command line")
