"""The coordinators' console as one ASGI application, mounted by the gateway at /console."""

from __future__ import annotations

import hashlib
import logging
import traceback
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from bot.console import plain, texts
from bot.console.attaching import LARGEST, Uploaded
from bot.console.frame import SAFE, Screen, Visit
from bot.console.roles import Right
from bot.console.screens import SCREENS
from bot.console.security import Headers, form_token, same_origin, token_fits
from bot.console.sessions import GATE_COOKIE, cookie_name, gate_secret, resume
from bot.store.errors import StoreUnavailable

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.store import Store

HERE = Path(__file__).parent
LONGEST_FORM = 200_000  # bytes; the longest text field is 100,000 characters
log = logging.getLogger(__name__)


class Assets(StaticFiles):
    """Static files; addresses carry a hash of the content, so they never grow stale."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, to be kept by the browser when its address names its version."""
        response = await super().get_response(path, scope)
        versioned = b"v=" in scope.get("query_string", b"")
        response.headers["Cache-Control"] = (
            "public, max-age=31536000, immutable" if versioned else "no-cache"
        )
        return response


@cache
def version_of(name: str) -> str:
    """A short hash of a static file."""
    return hashlib.sha256((HERE / "static" / name).read_bytes()).hexdigest()[:10]


@cache
def templates() -> Environment:
    """The page templates: every value is escaped, a name that is not given is an error."""
    pages = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters["utc"] = lambda when: when.isoformat().replace("+00:00", "Z")
    pages.filters["clock"] = _clock
    pages.globals["asset"] = _asset
    return pages


@pass_context
def _clock(context: Context, when: datetime, shape: str) -> str:
    visit: Visit = context["visit"]
    return plain.clock(when, shape, visit.locale, visit.zone, visit.now)


@pass_context
def _asset(context: Context, name: str) -> str:
    visit: Visit = context["visit"]
    root = visit.request.scope.get("root_path", "")
    return f"{root}/static/{name}?v={version_of(name)}"


class Console:
    """Turns requests into visits and visits into answers."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._pages = templates()
        self._https = settings.public_url.startswith("https:")

    def route(self, screen: Screen) -> Route:
        """The Starlette route of a screen."""

        async def endpoint(request: Request) -> Response:
            return await self._serve(screen, request)

        methods = ["GET", "HEAD"] if screen.method == "GET" else [screen.method]
        return Route(screen.path, endpoint, methods=methods, name=screen.name)

    async def _serve(self, screen: Screen, request: Request) -> Response:
        if screen.method not in SAFE and not same_origin(
            request.headers, self._settings.public_url
        ):
            return await self._refuse(request, 403, "origin")
        form: dict[str, list[str]] = {}
        file: Uploaded | None = None
        if screen.method not in SAFE:
            takes_file = screen.takes_file and await run_in_threadpool(self._is_signed_in, request)
            form, file = await _form(request, takes_file=takes_file)
        return await run_in_threadpool(self._answer, screen, request, form, file)

    def _is_signed_in(self, request: Request) -> bool:
        """Whether a large body is worth reading at all."""
        token = request.cookies.get(cookie_name(self._https), "")
        try:
            now = self._store.database.now()
            return bool(token) and resume(self._store, token, now, touch=False) is not None
        except StoreUnavailable:
            return False

    def _answer(
        self,
        screen: Screen,
        request: Request,
        form: dict[str, list[str]],
        file: Uploaded | None,
    ) -> Response:
        """Session, role and form token first; then the handler."""
        visit = self._visit(request)
        visit.form, visit.file = form, file
        token = request.cookies.get(cookie_name(self._https), "")
        # A page that refreshes itself must not keep an empty chair logged in.
        polled = visit.live and "x-poll" in request.headers
        visit.signed_in = resume(self._store, token, visit.now, touch=not polled) if token else None
        secret = token if visit.signed_in else request.cookies.get(GATE_COOKIE, "")
        fresh = "" if secret else gate_secret()
        visit.token = form_token(secret or fresh)
        answer = self._checked(screen, visit, secret)
        if fresh:
            answer.set_cookie(
                GATE_COOKIE, fresh, httponly=True, samesite="lax", secure=self._https, path="/"
            )
        return answer

    def _checked(self, screen: Screen, visit: Visit, secret: str) -> Response:
        if screen.right is not Right.OPEN:
            if visit.signed_in is None:
                return self._to_login(visit)
            if visit.signed_in.needs_code and not screen.before_code:
                return visit.go("code")
            if visit.signed_in.must_change_password and not screen.before_password:
                return visit.go("password")
            if not visit.may(screen.right):
                return self._problem(visit, 403)
        if screen.method not in SAFE and not token_fits(secret, visit.said("token")):
            return self._problem(visit, 403, "origin")
        try:
            return screen.handler(visit)
        except HTTPException as error:
            return self._problem(visit, error.status_code)
        except StoreUnavailable:
            return self._problem(visit, 503)

    def _visit(self, request: Request) -> Visit:
        wanted = request.headers.get("accept-language", "")
        words = texts.preferred(wanted)
        return Visit(
            request=request,
            store=self._store,
            settings=self._settings,
            pages=self._pages,
            texts=words,
            locale=plain.locale(texts.region(wanted, words.language)),
            zone=_zone(request.cookies.get("console_zone", "")),
            now=self._store.database.now(),
        )

    def _to_login(self, visit: Visit) -> Response:
        if visit.live:
            return Response(status_code=204, headers={"HX-Redirect": visit.link("login")})
        wanted = visit.request.url.path if visit.request.method in SAFE else ""
        return visit.go("login", query={"next": wanted, "why": "expired" if visit.token else ""})

    def _problem(self, visit: Visit, status: int, key: str = "") -> Response:
        name = key or (str(status) if visit.texts.has(f"problem.{status}") else "500")
        return visit.page(
            "problem.html",
            status,
            title=visit.texts(f"problem.{name}"),
            text=visit.texts(f"problem.{name}_text"),
        )

    async def _refuse(self, request: Request, status: int, key: str = "") -> Response:
        return await run_in_threadpool(self._problem, self._visit(request), status, key)

    async def on_http_error(self, request: Request, error: Exception) -> Response:
        """No such page, wrong method, form too long."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        return await self._refuse(request, status)

    async def on_crash(self, request: Request, error: Exception) -> Response:
        """An error of ours: the log gets its kind and place, never a value or an address."""
        place = traceback.extract_tb(error.__traceback__)[-1]
        kind = type(error).__name__
        log.error("console error %s in %s line %s", kind, place.name, place.lineno)
        return await self._refuse(request, 500)


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name and len(name) < 64 else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


async def _form(
    request: Request, *, takes_file: bool
) -> tuple[dict[str, list[str]], Uploaded | None]:
    """The fields of a form, and the file with it where one is taken."""
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > LONGEST_FORM + (LARGEST if takes_file else 0):
        raise HTTPException(413)
    if takes_file and request.headers.get("content-type", "").startswith("multipart/"):
        given = await _with_file(request)
    else:
        given = await request.form(max_fields=200, max_files=0)
    out: dict[str, list[str]] = {}
    file = None
    for name, value in given.multi_items():
        if isinstance(value, str):
            out.setdefault(name, []).append(value)
        elif value.filename:
            file = Uploaded(value.filename, await value.read())
    return out, file


async def _with_file(request: Request) -> FormData:
    """A form with at most one file, which stays in memory and in no temporary folder."""
    parser = MultiPartParser(request.headers, request.stream(), max_files=1, max_fields=200)
    parser.spool_max_size = LARGEST + LONGEST_FORM
    try:
        return await parser.parse()
    except MultiPartException:
        raise HTTPException(400) from None


def create_console(store: Store, settings: Settings) -> Starlette:
    """The console over a migrated store, to be mounted at /console."""
    console = Console(store, settings)
    assets = GZipMiddleware(Assets(directory=HERE / "static"), minimum_size=1000)
    routes: list[BaseRoute] = [Mount("/static", assets, name="static")]
    routes += [console.route(screen) for screen in SCREENS]
    return Starlette(
        routes=routes,
        middleware=[Middleware(Headers, https=settings.public_url.startswith("https:"))],
        exception_handlers={HTTPException: console.on_http_error, Exception: console.on_crash},
    )
