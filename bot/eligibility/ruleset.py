"""The rule set in use: loaded once, reloaded on demand, kept when a new one is broken."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from bot.eligibility.rule_files import load_rules
from bot.eligibility.rules import RuleSet
from bot.eligibility.wording import words
from bot.eligibility.yaml_places import RuleFileError
from bot.oncology.knowledge_files import KNOWLEDGE

_log = logging.getLogger(__name__)
_lock = threading.Lock()
_current: RuleSet | None = None


def current() -> RuleSet:
    """The rule set in use. Raises RuleFileError when the first load fails."""
    global _current
    if _current is None:
        with _lock:
            if _current is None:
                words()  # read with the rules, so that a mistake there stops the start as well
                _current = load_rules()
    return _current


def reload_rules(path: Path = KNOWLEDGE) -> RuleFileError | None:
    """Load again; a broken file leaves the set in use as it is and is returned."""
    global _current
    try:
        fresh = load_rules(path)
    except RuleFileError as error:
        _log.error("rules not reloaded: %s", error)
        return error
    with _lock:
        _current = fresh
    return None
