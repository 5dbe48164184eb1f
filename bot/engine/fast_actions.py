"""Calls to the action server without Rasa's per-call overhead, and with failures that are seen.

Three changes to `RemoteAction`, each because Rasa offers no extension point for it: an answer is
looked over plainly, and by Rasa's schema only where that does not settle it; only the current turn
of the tracker travels; the connection is kept open. And a call that fails marks the turn as failed,
so that the channel can answer with an error instead of silence. `install()` puts them in place; the
fingerprints below name the code they replace, and a test fails when an upgrade changes it.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
import jsonschema
import rasa
from rasa.core.actions.action import RemoteAction
from rasa.core.channels.channel import OutputChannel
from rasa.core.constants import DEFAULT_REQUEST_TIMEOUT
from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, FollowupAction, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

from bot.engine.stages import stage


class ActionError(RuntimeError):
    """The action server did not run the action; the message is the kind of error."""


_session: aiohttp.ClientSession | None = None
_run_of_rasa = RemoteAction.run
_request_of_rasa = EndpointConfig.request

REPLACED = {
    "RemoteAction._validate_action_result": RemoteAction._validate_action_result,
    "RemoteAction._action_call_format": RemoteAction._action_call_format,
    "RemoteAction.run": RemoteAction.run,
    "EndpointConfig.request": EndpointConfig.request,
}


def fingerprints(functions: Mapping[str, Callable[..., Any]]) -> dict[str, str]:
    """A hash of the source of each function, as installed."""
    return {
        name: hashlib.sha256(inspect.getsource(function).encode()).hexdigest()[:16]
        for name, function in functions.items()
    }


def install() -> None:
    """Put the changes in place; calling it again changes nothing."""
    RemoteAction._validate_action_result = _validate
    RemoteAction._action_call_format = _call_format
    RemoteAction.run = _run
    EndpointConfig.request = _request


def _validate(self: RemoteAction, result: dict[str, Any]) -> bool:
    if not _is_plain(result):
        jsonschema.validate(result, self.action_response_format_spec())
    return True


def _is_plain(result: Any) -> bool:
    """Whether an answer holds what ours hold: slots set, what follows, and responses.

    Anything else may be right too, and Rasa's schema, a hundred times slower, decides.
    """
    if not isinstance(result, dict):
        return False
    events, responses = result.get("events", []), result.get("responses", [])
    return (
        isinstance(events, list)
        and isinstance(responses, list)
        and all(map(_is_plain_event, events))
        and all(isinstance(response, dict) for response in responses)
    )


def _is_plain_event(event: Any) -> bool:
    if not isinstance(event, dict) or not isinstance(event.get("name"), str):
        return False
    kind = event.get("event")
    return kind == FollowupAction.type_name or (kind == SlotSet.type_name and "value" in event)


def _call_format(
    self: RemoteAction, tracker: DialogueStateTracker, domain: Domain
) -> dict[str, Any]:
    state = tracker.current_state(EventVerbosity.NONE)
    state["events"] = [event.as_dict() for event in _current_turn(tracker)]
    heard = tracker.latest_message
    if heard:
        # Rasa keeps these beside the message; an action needs them to know which turn this is.
        state["latest_message"] |= {"message_id": heard.message_id, "metadata": heard.metadata}
    call = {
        "next_action": self.name(),
        "sender_id": tracker.sender_id,
        "tracker": state,
        "version": rasa.__version__,
    }
    # The action server insists on a domain but accepts an empty one; our actions read none.
    call["domain"] = {} if self._is_selective_domain_enabled() else domain.as_dict()
    return call


def _current_turn(tracker: DialogueStateTracker) -> list[Event]:
    turn: list[Event] = []
    for event in reversed(tracker.events):
        turn.append(event)
        if isinstance(event, UserUttered):
            break
    return turn[::-1]


async def _run(
    self: RemoteAction,
    output_channel: OutputChannel,
    nlg: NaturalLanguageGenerator,
    tracker: DialogueStateTracker,
    domain: Domain,
) -> list[Event]:
    try:
        return await _run_of_rasa(self, output_channel, nlg, tracker, domain)
    except Exception as error:
        # Rasa logs what is raised here with its causes, and the action server's answer may
        # quote what a person wrote; so only the kind of error goes on.
        output_channel.failure = ActionError(type(error.__cause__ or error).__name__)
        raise output_channel.failure from None


async def _request(
    self: EndpointConfig,
    method: str = "post",
    subpath: str | None = None,
    content_type: str | None = "application/json",
    compress: bool = False,
    **kwargs: Any,
) -> Any:
    """The plain case (JSON to a fixed address) over a kept connection; the rest as Rasa does it."""
    plain = not (subpath or compress or self.basic_auth or self.cafile or self.token)
    if not plain or "headers" in kwargs:
        return await _request_of_rasa(self, method, subpath, content_type, compress, **kwargs)
    params = self.combine_parameters(kwargs)
    with stage("act"):
        async with _open_session().request(
            method, self.url, headers=self.headers, params=params, **kwargs
        ) as response:
            if response.status >= 400:
                raise ClientResponseError(
                    response.status, response.reason, await response.content.read()
                )
            return await response.json(content_type=None)


def _open_session() -> aiohttp.ClientSession:
    global _session
    if _session is None or _session.closed:
        _session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=DEFAULT_REQUEST_TIMEOUT)
        )
    return _session
