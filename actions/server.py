"""The action server: rasa-sdk's own, on a private address, with a token."""

from __future__ import annotations

import hmac
import os
from functools import partial
from typing import Any

from rasa_sdk.endpoint import create_app
from rasa_sdk.executor import ActionExecutor
from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json
from sanic.worker.loader import AppLoader

from actions.actions import warm
from bot.eligibility.ruleset import current

TOKEN_VARIABLE = "INTAKE_ENGINE_TOKEN"  # noqa: S105 - the variable's name


def guarded_app(token: str) -> Sanic[Any, Any]:
    """rasa-sdk's app; every request but the health check must carry the token."""
    executor = ActionExecutor()
    executor.register_package("actions.actions")
    app: Sanic[Any, Any] = create_app(executor)

    async def check(request: Request) -> HTTPResponse | None:
        if request.path == "/health":
            return None
        given = request.headers.get("authorization", "").encode()
        if hmac.compare_digest(given, f"Bearer {token}".encode()):
            return None
        return json({"error": "wrong or missing token"}, status=401)

    app.register_middleware(check, "request")
    return app


def main() -> None:
    """Serve until stopped."""
    token = os.environ.get(TOKEN_VARIABLE, "")
    if not token:
        raise SystemExit(
            f"{TOKEN_VARIABLE} is not set; the action server does not start without it"
        )
    try:
        current()
    except ValueError as error:  # file, line and reason
        raise SystemExit(f"the rules cannot be read: {error}") from None
    warm()
    host = os.environ.get("INTAKE_ACTIONS_HOST", "127.0.0.1")
    port = int(os.environ.get("INTAKE_ACTIONS_PORT", "5055"))
    loader = AppLoader(factory=partial(guarded_app, token))
    app = loader.load()
    app.prepare(host=host, port=port, single_process=True, access_log=False, motd=False)
    Sanic.serve_single(primary=app)


if __name__ == "__main__":
    main()
