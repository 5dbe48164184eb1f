"""Why a message could not be sent, and what to do about it: provider errors as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import yaml

from bot.store.delivery_states import MAX_SENDS
from bot.store.messages import State

_TWILIO_FILE: Final = Path(__file__).with_name("twilio_errors.yml")


class Action(StrEnum):
    """What follows from an error."""

    RETRY = "retry"  # not sent; try again with backoff
    MAYBE = "maybe"  # perhaps sent; look it up before sending again
    WINDOW = "window"  # reply window shut; wait for the person to write
    OPT_OUT = "opt_out"  # the person wants no messages; stop writing to them
    UNREACHABLE = "unreachable"  # this person cannot get messages here; tell a coordinator
    CONTENT = "content"  # this message is never accepted; tell a coordinator
    CONFIG = "config"  # our account is wrong; alert the operator, try again later


_LATER: Final = MappingProxyType(
    {Action.WINDOW: State.HELD, Action.RETRY: State.QUEUED, Action.MAYBE: State.QUEUED}
)


class SendError(Exception):
    """A message that was not (or perhaps not) sent. The text holds codes only.

    `retry_after` in seconds, where the provider said so.
    """

    def __init__(self, action: Action, code: str, retry_after: float | None = None) -> None:
        super().__init__(f"{action}: {code}")
        self.action = action
        self.code = code
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class ErrorRule:
    """What one provider code means: the action, and a line for coordinators.

    `sends` is how often a message is sent in all when the provider reports this code later.
    """

    action: Action
    text: str
    sends: int = MAX_SENDS

    @property
    def later(self) -> State:
        """What becomes of a message that was taken first and failed with this code later."""
        return _LATER.get(self.action, State.FAILED)


@dataclass(frozen=True, slots=True)
class ErrorTable:
    """One provider's codes; `statuses` are HTTP statuses for answers without a known code."""

    codes: Mapping[int, ErrorRule]
    statuses: Mapping[int, ErrorRule]
    other: ErrorRule

    def rule(self, code: int | None, status: int | None = None) -> ErrorRule:
        """The rule for a provider code, else for the HTTP status, else the general one."""
        if code is not None and code in self.codes:
            return self.codes[code]
        if status is not None and status in self.statuses:
            return self.statuses[status]
        if status is not None and status >= 500:
            return ErrorRule(Action.MAYBE, self.other.text)
        return self.other


@cache
def twilio_errors() -> ErrorTable:
    """Twilio's codes from `twilio_errors.yml`. Raises ValueError naming file and entry."""
    data = yaml.safe_load(_TWILIO_FILE.read_text(encoding="utf-8"))
    return ErrorTable(
        codes=_rules(data, "codes"),
        statuses=_rules(data, "statuses"),
        other=_rule("other", data.get("other")),
    )


def _rules(data: Mapping[str, Any], section: str) -> Mapping[int, ErrorRule]:
    entries = data.get(section) or {}
    return MappingProxyType({int(c): _rule(f"{section}.{c}", e) for c, e in entries.items()})


def _rule(place: str, entry: Any) -> ErrorRule:
    try:
        sends = int(entry.get("sends", MAX_SENDS))
        return ErrorRule(Action(entry["action"]), str(entry["text"]), sends)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{_TWILIO_FILE.name}: {place}: {error}") from None
