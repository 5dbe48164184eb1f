"""A person as a WhatsApp patient: types in a terminal, through the stand-in of Twilio."""

from __future__ import annotations

import argparse
import asyncio
import sys

import httpx
import uvicorn

from tests.standins.twilio_api import ACCOUNT, SENDER, TOKEN, TwilioStandIn


async def _talk(standin: TwilioStandIn, phone: str) -> None:
    """Reads lines from the keyboard, pushes them, prints what the service sends."""
    printed = 0
    async with httpx.AsyncClient(timeout=15) as client:
        line = asyncio.create_task(asyncio.to_thread(sys.stdin.readline))
        while True:
            done, _ = await asyncio.wait({line}, timeout=0.2)
            if done:
                typed = line.result()
                if not typed:
                    return
                await _push(standin, client, standin.inbound(phone, typed.rstrip("\n")))
                line = asyncio.create_task(asyncio.to_thread(sys.stdin.readline))
            for message in standin.outgoing[printed:]:
                print(f"\n{message['body']}\n", flush=True)
                printed += 1
            await standin.ship(client)


async def _push(standin: TwilioStandIn, client: httpx.AsyncClient, params: dict[str, str]) -> None:
    try:
        answer = await standin.push(client, params)
        print(f"[webhook answered {answer.status_code}]", flush=True)
    except httpx.HTTPError as error:
        print(f"[nobody at {standin.gateway}: {type(error).__name__}]", flush=True)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9001)
    parser.add_argument("--gateway", default="http://127.0.0.1:8000", help="its INTAKE_PUBLIC_URL")
    parser.add_argument("--phone", default="+8801712345678")
    chosen = parser.parse_args()
    standin = TwilioStandIn(gateway=chosen.gateway.rstrip("/"))
    config = uvicorn.Config(standin.app(), port=chosen.port, log_config=None)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    print(f"TWILIO_API_URL=http://127.0.0.1:{chosen.port}", f"TWILIO_ACCOUNT_SID={ACCOUNT}")
    print(f"TWILIO_AUTH_TOKEN={TOKEN}", f"TWILIO_WHATSAPP_FROM={SENDER}")
    print("Write as the patient; Ctrl-D ends.", flush=True)
    await _talk(standin, chosen.phone)
    server.should_exit = True
    await serving
