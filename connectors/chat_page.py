"""The browser chat's page: one template, one style sheet, one script, texts by language."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from connectors.texts import choose

_HERE: Final = Path(__file__).parent
_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FOREVER: Final = "public, max-age=31536000, immutable"


class ChatPage:
    """`/chat` and its two files, which carry their content's hash in the address."""

    def __init__(self) -> None:
        environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
        )
        self._template = environment.get_template("chat.html")
        self._files = {
            path.name: path.read_bytes()
            for path in sorted((_HERE / "static").iterdir())
            if path.suffix in _TYPES
        }
        self._versions = {
            name: hashlib.sha256(data).hexdigest()[:12] for name, data in self._files.items()
        }

    def routes(self) -> list[Route]:
        return [
            Route("/chat", self.page),
            Route("/chat/{name}", self.file),
        ]

    async def page(self, request: Request) -> Response:
        """The page in the language of `?lang=`, else of the browser, else English."""
        texts = choose(request.query_params.get("lang"), request.headers.get("accept-language"))
        html = self._template.render(
            texts=texts,
            page=texts.page,
            script_texts=json.dumps(dict(texts.page), ensure_ascii=False),
            versions=self._versions,
        )
        return HTMLResponse(html, headers={"content-language": texts.language})

    async def file(self, request: Request) -> Response:
        """Style sheet, script and icon."""
        name = request.path_params["name"]
        if name not in self._files:
            raise HTTPException(404)
        fresh = request.query_params.get("v") == self._versions[name]
        return Response(
            self._files[name],
            media_type=_TYPES[Path(name).suffix],
            headers={"cache-control": _FOREVER if fresh else "no-cache"},
        )
