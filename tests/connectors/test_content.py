"""Choices as WhatsApp's own buttons and lists, where templates were made; lines otherwise."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from bot.settings import SettingMissing
from bot.store.messages import IssuedButton, Outgoing
from connectors.content_templates import ContentTemplates, definition, names
from connectors.provider_errors import SendError
from connectors.twilio_client import TwilioClient
from tests.connectors.conftest import Service, make_settings, running
from tests.connectors.test_providers import row
from tests.connectors.waiting import until
from tests.standins import twilio_api
from tests.standins.twilio_api import TwilioStandIn
from tests.standins.twilio_content import content_definition_mistake

PHONE = "+8801712345678"


def offered(*titles: str) -> tuple[IssuedButton, ...]:
    return tuple(IssuedButton(title=title, token=f"t{n}" * 11) for n, title in enumerate(titles))


@pytest.fixture
def standin() -> TwilioStandIn:
    """Twilio with all our templates."""
    twilio = TwilioStandIn()
    for name in names():
        twilio.contents.made[sid(name)] = definition(name)
    return twilio


def sid(name: str) -> str:
    return f"HX{names().index(name):032x}"


ALL = ",".join(f"{name}={sid(name)}" for name in names())


@pytest.fixture
async def client(tmp_path: Path, standin: TwilioStandIn) -> AsyncIterator[TwilioClient]:
    settings = make_settings(
        tmp_path,
        INTAKE_PUBLIC_URL="https://intake.example.org",
        TWILIO_API_URL="https://api.twilio.test",
        TWILIO_ACCOUNT_SID=twilio_api.ACCOUNT,
        TWILIO_AUTH_TOKEN=twilio_api.TOKEN,
        TWILIO_WHATSAPP_FROM=twilio_api.SENDER,
        TWILIO_CONTENT_SIDS=ALL,
    )
    made = TwilioClient(settings, transport=httpx.ASGITransport(app=standin.app()))
    yield made
    await made.aclose()


@pytest.mark.parametrize("name", names())
def test_twilio_makes_a_template_of_every_definition(name: str) -> None:
    assert content_definition_mistake(definition(name)) is None


SHOWN = [
    ("two short choices are buttons", ("Yes", "No"), "quick-2"),
    ("three", ("Yes", "No", "Not sure"), "quick-3"),
    ("four short ones are a list", ("One", "Two", "Three", "Four"), "list-4"),
    ("a title too long for a button", ("Walking, not working", "Mostly lying in bed"), "quick-2"),
    ("a longer title makes it a list", ("Able to work a little", "Mostly in bed"), "list-2"),
    ("longer than an item", ("Able to walk but not able to work", "Mostly in bed"), "long-2"),
    ("ten", tuple(f"Choice {n}" for n in range(10)), "list-10"),
    ("eleven are lines", tuple(f"Choice {n}" for n in range(11)), None),
    ("a very long title is a line", ("x" * 73, "No"), None),
]


@pytest.mark.parametrize(("label", "titles", "name"), SHOWN, ids=[c[0] for c in SHOWN])
async def test_how_choices_are_shown(
    label: str,
    titles: tuple[str, ...],
    name: str | None,
    client: TwilioClient,
    standin: TwilioStandIn,
) -> None:
    buttons = offered(*titles)
    await client.send(row(content=Outgoing(text="How is she?\n\nOn most days.", buttons=buttons)))
    [sent] = standin.outgoing
    if name is None:
        assert (sent["_content"], sent["body"][-3:]) == (None, f" {titles[-1]}"[-3:])
        return
    assert sent["_content"] == sid(name)
    assert sent["body"] == "How is she?\n\nOn most days."
    assert [token for _title, token in sent["_choices"]] == [b.token for b in buttons]


async def test_a_text_too_long_for_buttons_has_lines(
    client: TwilioClient, standin: TwilioStandIn
) -> None:
    await client.send(row(content=Outgoing(text="x" * 1100, buttons=offered("Yes", "No"))))
    assert standin.outgoing[0]["body"].endswith("1. Yes\n2. No")


async def test_a_template_that_is_gone_is_replaced_by_lines(
    client: TwilioClient, standin: TwilioStandIn
) -> None:
    standin.contents.made.clear()
    await client.send(row(content=Outgoing(text="Well?", buttons=offered("Yes", "No"))))
    assert [m["body"] for m in standin.outgoing] == ["Well?\n\n1. Yes\n2. No"]


async def test_a_message_with_buttons_is_found_again(client: TwilioClient) -> None:
    delivery = row(content=Outgoing(text="Well?", buttons=offered("Yes", "No")))
    sent = await client.send(delivery)
    assert await client.find_sent(delivery) == sent
    assert await client.find_sent(delivery, frozenset({sent})) is None


async def test_templates_are_made_and_the_one_for_later_is_submitted(
    client: TwilioClient, standin: TwilioStandIn
) -> None:
    made = {name: await client.make_template(name) for name in names()}
    assert standin.contents.approved == {made["reopen"]}
    found = ContentTemplates.of(",".join(f"{name}={sid}" for name, sid in made.items()))
    assert found.sids == made


async def test_the_writing_sign_names_the_message(
    client: TwilioClient, standin: TwilioStandIn
) -> None:
    from connectors.whatsapp import Params, parse_message

    params = standin.inbound(PHONE, "hello")
    message = parse_message(Params({name: [value] for name, value in params.items()}))
    await client.typing(message)
    assert standin.typing == [params["MessageSid"]]
    await client.typing(message.model_copy(update={"provider_id": "SM" + "0" * 32}))
    assert len(standin.typing) == 1


async def test_wrong_credentials_are_found_by_the_check(
    client: TwilioClient, standin: TwilioStandIn
) -> None:
    await client.check()
    standin.token = "another"
    with pytest.raises(SendError, match="20003"):
        await client.check()


@pytest.mark.parametrize("setting", ["quick-2", "quick-2=SM1", "quick-9=HX" + "0" * 32, "=HX"])
def test_a_mistake_in_the_setting_is_named(setting: str) -> None:
    with pytest.raises(SettingMissing, match="TWILIO_CONTENT_SIDS"):
        ContentTemplates.of(setting)


@pytest.fixture
def service(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Service]:
    """A service with all templates."""
    with running(tmp_path, migrated_sqlite, TWILIO_CONTENT_SIDS=ALL) as made:
        for name in names():
            made.twilio.contents.made[sid(name)] = definition(name)
        yield made


@pytest.mark.parametrize("kind", ["button", "list", "typed"])
def test_a_choice_is_tapped_or_typed(service: Service, kind: str) -> None:
    service.push_whatsapp(service.twilio.inbound(PHONE, "buttons"))
    [offer] = until(lambda: service.twilio.outgoing)
    title, token = offer["_choices"][1]
    answer = {
        "button": {"ButtonText": title, "ButtonPayload": token, "MessageType": "button"},
        "list": {"ListTitle": title, "ListId": token, "MessageType": "interactive"},
        "typed": {"MessageType": "text"},
    }[kind]
    typed = "mostly in bed" if kind == "typed" else title
    service.push_whatsapp(service.twilio.inbound(PHONE, typed, **answer))
    reply = until(lambda: service.twilio.outgoing[1:])[0]
    assert '"value": 3' in reply["body"]
    assert service.twilio.refused == []
