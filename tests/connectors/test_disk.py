"""Neither database nor disk: said honestly, counted, and found again in the provider's own list."""

from __future__ import annotations

from typing import Any

import pytest

from bot.store.errors import StoreUnavailable
from connectors.spool import Spool
from tests.connectors.conftest import Service
from tests.connectors.waiting import until

PHONE = "+8801712345678"


def no_space(*_values: Any) -> None:
    raise OSError(28, "No space left on device")


def away(*_values: Any) -> None:
    raise StoreUnavailable("away")


def test_a_message_that_nothing_could_store_is_answered_503_and_soon_looked_for(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = service.twilio.inbound(PHONE, "with a full disk")
    with monkeypatch.context() as full:
        full.setattr("bot.store.inbox.take_in", away)
        full.setattr(Spool, "append", no_space)
        assert service.push_whatsapp(params).status_code == 503
    assert 'result="not_stored"} 1.0' in service.client.get("/metrics").text
    until(lambda: [m for m in service.twilio.outgoing if "with a full disk" in m["body"]])


def test_one_message_that_cannot_be_stored_takes_no_other_with_it(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.store import inbox

    take_in = inbox.take_in

    def picky(database: Any, session: Any, arrivals: Any) -> Any:
        if any(arrival.message.text == "poison" for arrival in arrivals):
            raise RuntimeError("cannot be stored")
        return take_in(database, session, arrivals)

    monkeypatch.setattr(inbox, "take_in", picky)
    assert service.push_whatsapp(service.twilio.inbound(PHONE, "poison")).status_code == 500
    assert service.push_whatsapp(service.twilio.inbound(PHONE, "hello")).status_code == 200
    until(lambda: [m for m in service.twilio.outgoing if m["body"] == "You said: hello"])
