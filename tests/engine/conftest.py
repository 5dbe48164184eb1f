"""One engine for all tests of this folder, with a stand-in for the action server beside it."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from bot.operations.training import ENGINE_PYTHON, engine_environment
from bot.settings import ROOT
from tests.engine.server import Engine, start_engine


@dataclass
class Actions:
    """Answers the engine's action calls as a test wants, and keeps what was asked."""

    url: str = ""
    calls: list[dict[str, Any]] = field(default_factory=list)
    authorizations: list[str | None] = field(default_factory=list)
    answer: dict[str, Any] = field(default_factory=dict)
    status: int = 200

    def reset(self) -> None:
        """Forget the calls; answer nothing, without failing."""
        self.calls.clear()
        self.authorizations.clear()
        self.status = 200
        self.answer = {"events": [], "responses": []}

    @property
    def heard(self) -> dict[str, Any]:
        """The message of the latest call, as an action sees it."""
        message: dict[str, Any] = self.calls[-1]["tracker"]["latest_message"]
        return message


def _handler(actions: Actions) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet, as a real server sends them

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            actions.calls.append(json.loads(body))
            actions.authorizations.append(self.headers.get("Authorization"))
            answer = json.dumps(actions.answer).encode()
            self.send_response(actions.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    return Handler


@pytest.fixture(scope="session")
def action_server() -> Iterator[Actions]:
    """The stand-in, for the whole session."""
    actions = Actions()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(actions))
    actions.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield actions
    server.shutdown()


@pytest.fixture
def actions(action_server: Actions) -> Actions:
    """The stand-in as a test finds it: no calls yet, no failure."""
    action_server.reset()
    return action_server


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory, action_server: Actions) -> Iterator[Engine]:
    """The engine with the trained model."""
    log = tmp_path_factory.mktemp("engine") / "engine.log"
    with start_engine(log, actions_url=action_server.url) as running:
        yield running


@pytest.fixture(scope="session")
def inside() -> dict[str, Any]:
    """What `inside_engine.py` reports from within the engine's environment."""
    done = subprocess.run(
        [ENGINE_PYTHON, "-W", "ignore", "-m", "tests.engine.inside_engine"],
        cwd=ROOT,
        env=engine_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return report
