"""A person as a Telegram patient: types in a terminal, through the stand-in of the Bot API."""

from __future__ import annotations

import argparse
import asyncio
import itertools
import sys

import httpx
import uvicorn

from tests.standins.telegram_api import JSON, SECRET, TOKEN, TelegramStandIn


async def _talk(standin: TelegramStandIn) -> None:
    """Reads lines from the keyboard as the patient, prints what the service sends."""
    printed = 0
    async with httpx.AsyncClient(timeout=15) as client:
        line = asyncio.create_task(asyncio.to_thread(sys.stdin.readline))
        while True:
            done, _ = await asyncio.wait({line}, timeout=0.2)
            if done:
                typed = line.result().rstrip("\n")
                if not line.result():
                    return
                update = _typed(standin, typed)
                if standin.webhook:
                    await _push(standin, client, update)
                line = asyncio.create_task(asyncio.to_thread(sys.stdin.readline))
            for message in standin.sent[printed:]:
                print(f"\n{_shown(message)}\n", flush=True)
                printed += 1


def _typed(standin: TelegramStandIn, typed: str) -> JSON:
    if typed.startswith("#") and typed[1:].isdigit():
        for message in reversed(standin.sent):
            rows = message.get("reply_markup", {}).get("inline_keyboard", [])
            buttons = list(itertools.chain.from_iterable(rows))
            if 1 <= int(typed[1:]) <= len(buttons):
                return standin.press(buttons[int(typed[1:]) - 1]["callback_data"], message)
    return standin.message(text=typed)


def _shown(message: JSON) -> str:
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    buttons = [b["text"] for b in itertools.chain.from_iterable(rows)]
    lines = [f"  #{number} {title}" for number, title in enumerate(buttons, 1)]
    text = message.get("text") or message.get("caption") or message["document"]["file_name"]
    return "\n".join([text, *lines])


async def _push(standin: TelegramStandIn, client: httpx.AsyncClient, update: JSON) -> None:
    try:
        answer = await standin.push(client, update)
        print(f"[webhook answered {answer.status_code}]", flush=True)
    except httpx.HTTPError as error:
        print(f"[nobody at {standin.webhook}: {type(error).__name__}]", flush=True)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9002)
    parser.add_argument("--gateway", help="push updates there instead of waiting for getUpdates")
    chosen = parser.parse_args()
    path = "/webhooks/telegram"
    standin = TelegramStandIn(webhook=f"{chosen.gateway}{path}" if chosen.gateway else "")
    server = uvicorn.Server(uvicorn.Config(standin.app(), port=chosen.port, log_config=None))
    serving = asyncio.create_task(server.serve())
    print(f"TELEGRAM_API_URL=http://127.0.0.1:{chosen.port}", f"TELEGRAM_BOT_TOKEN={TOKEN}")
    if chosen.gateway:
        print(f"TELEGRAM_WEBHOOK_SECRET={SECRET}")
    print("Write as the patient; Ctrl-D ends.", flush=True)
    await _talk(standin)
    server.should_exit = True
    await serving
