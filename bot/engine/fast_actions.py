"""Calls to the action server without Rasa's per-call overhead, and with failures that are seen.

Three changes to `RemoteAction`, each because Rasa offers no extension point for it:
the validator of the answer is built once instead of on every call; only the current turn of the
tracker travels; the connection is kept open. And a call that fails marks the turn as failed, so
that the channel can answer with an error instead of silence. `install()` puts them in place; the
fingerprints below name the code they replace, and a test fails when an upgrade changes it.
"""

from __future__ import annotations

import hashlib
import inspect
from typing import Any

import aiohttp
import jsonschema
import rasa
from rasa.core.actions.action import RemoteAction
from rasa.core.channels.channel import OutputChannel
from rasa.core.constants import DEFAULT_REQUEST_TIMEOUT
from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity
from rasa.utils.endpoints import ClientResponseError, EndpointConfig


class ActionError(RuntimeError):
    """The action server did not run the action; the message is the kind of error."""


_validator: jsonschema.protocols.Validator | None = None
_session: aiohttp.ClientSession | None = None
_run_of_rasa = RemoteAction.run
_request_of_rasa = EndpointConfig.request

REPLACED = {
    "RemoteAction._validate_action_result": RemoteAction._validate_action_result,
    "RemoteAction._action_call_format": RemoteAction._action_call_format,
    "RemoteAction.run": RemoteAction.run,
    "EndpointConfig.request": EndpointConfig.request,
}


def fingerprints() -> dict[str, str]:
    """A hash of the source of each replaced function, as installed."""
    return {
        name: hashlib.sha256(inspect.getsource(function).encode()).hexdigest()[:16]
        for name, function in REPLACED.items()
    }


def install() -> None:
    """Put the changes in place; calling it again changes nothing."""
    RemoteAction._validate_action_result = _validate
    RemoteAction._action_call_format = _call_format
    RemoteAction.run = _run
    EndpointConfig.request = _request


def _validate(self: RemoteAction, result: dict[str, Any]) -> bool:
    global _validator
    if _validator is None:
        schema = self.action_response_format_spec()
        kind = jsonschema.validators.validator_for(schema)
        kind.check_schema(schema)
        _validator = kind(schema)
    error = jsonschema.exceptions.best_match(_validator.iter_errors(result))
    if error is not None:
        raise error
    return True


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
    async with _open_session().request(
        method, self.url, headers=self.headers, params=self.combine_parameters(kwargs), **kwargs
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
