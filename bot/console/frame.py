"""One visit to a screen: who asks, with what rights, and how the answer is built.

A screen is declared once (path, method, right, handler); nothing is reachable that is not in the
table. The guarantee: no handler runs before the session, the role, the origin of the request and
the form token were checked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel import Locale
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot.console.roles import Right, Role, may
from bot.console.sessions import SignedIn
from bot.console.texts import Texts

if TYPE_CHECKING:
    from jinja2 import Environment

    from bot.console.attaching import Uploaded
    from bot.settings import Settings
    from bot.store import Store

SAFE = frozenset({"GET", "HEAD"})
THEMES = frozenset({"light", "dark"})
MENU = (
    ("queue", Right.READ_CASES),
    ("undelivered", Right.READ_CASES),
    ("quality", Right.READ_QUALITY),
    ("audit", Right.READ_AUDIT),
    ("accounts", Right.MANAGE_ACCOUNTS),
    ("password", Right.SELF),
    ("second_factor", Right.SELF),
)


@dataclass(frozen=True, slots=True)
class Notice:
    """A line above the page; `tone` is red, amber, green or blue."""

    tone: str
    title: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """One entry of the main navigation."""

    href: str
    text: str
    here: bool


@dataclass(slots=True)
class Visit:
    """Everything a handler needs; handlers are plain functions that run in a thread."""

    request: Request
    store: Store
    settings: Settings
    pages: Environment
    texts: Texts
    locale: Locale  # how this reader writes times
    zone: ZoneInfo | None
    now: datetime
    signed_in: SignedIn | None = None
    form: Mapping[str, list[str]] = field(default_factory=dict)
    file: Uploaded | None = None  # with the form, where the screen takes one
    token: str = ""  # what this visitor's forms must carry

    @property
    def me(self) -> SignedIn:
        """The signed-in person; screens with a right other than OPEN always have one."""
        if self.signed_in is None:
            raise HTTPException(403)
        return self.signed_in

    @property
    def role(self) -> Role:
        """The role of the signed-in person."""
        return Role(self.me.role)

    @property
    def live(self) -> bool:
        """Whether the page's script asks for a part of the page only."""
        return self.request.headers.get("hx-request") == "true"

    @property
    def address(self) -> str:
        """The network address that asks, for lock-out; the gateway sets it behind a proxy."""
        return self.request.client.host if self.request.client else "unknown"

    def may(self, right: Right) -> bool:
        """Whether the signed-in person holds the right."""
        return self.signed_in is not None and may(self.role, right)

    def said(self, name: str) -> str:
        """One form value without surrounding space, "" when absent."""
        values = self.form.get(name)
        return values[0].strip() if values else ""

    def asked(self, name: str) -> str:
        """One query value, "" when absent."""
        return self.request.query_params.get(name, "").strip()

    def link(self, screen: str, /, **places: object) -> str:
        """The path of a screen; values that are no part of the path become the query."""
        given = places.pop("query", None)
        query = {k: v for k, v in given.items() if v} if isinstance(given, Mapping) else {}
        root = self.request.scope.get("root_path", "")
        path = self.request.app.url_path_for(screen, **places)
        return f"{root}{path}" + (f"?{urlencode(query)}" if query else "")

    def html(self, template: str, **values: Any) -> str:
        """A rendered template; `notices` are added to what the address asks for."""
        values["notices"] = [*values.get("notices", ()), *self._done()]
        theme = self.request.cookies.get("console_theme")
        return self.pages.get_template(template).render(
            visit=self,
            t=self.texts,
            theme=theme if theme in THEMES else None,
            menu=self._menu(),
            home=self.link("home"),
            **values,
        )

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page or a part of one."""
        return HTMLResponse(self.html(template, **values), status_code=status)

    def part(self, template: str, **values: Any) -> Response:
        """A part of a page that refreshes itself: nothing is sent when nothing changed."""
        html = self.html(template, **values)
        digest = hashlib.sha256(html.encode()).hexdigest()[:16]
        if self.request.headers.get("x-seen") == digest:
            return Response(status_code=204)
        return HTMLResponse(html, headers={"X-Seen": digest})

    def _done(self) -> list[Notice]:
        """What the last form did, named in the address by a key of the texts."""
        key = f"done.{self.asked('done')}"
        if not self.asked("done") or not self.texts.has(key):
            return []
        late = key.endswith(("_late", "_empty"))
        return [Notice("amber" if late else "green", self.texts(key))]

    def _menu(self) -> list[MenuEntry]:
        path = self.request.url.path
        entries = []
        for screen, right in MENU:
            if self.may(right):
                href = self.link(screen)
                here = path == href or (len(path) > len(href) and path.startswith(f"{href}/"))
                entries.append(MenuEntry(href, self.texts(f"menu.{screen}"), here))
        return entries

    def go(self, screen: str, /, anchor: str = "", **places: object) -> Response:
        """See-other to a screen, so that a reload does not repeat a form."""
        return RedirectResponse(self.link(screen, **places) + anchor, status_code=303)


Handler = Callable[[Visit], Response]


@dataclass(frozen=True, slots=True)
class Screen:
    """One row of the table of routes."""

    name: str
    method: str
    path: str
    right: Right
    handler: Handler
    # Open to somebody whose first password is not changed yet.
    before_password: bool = False
    # Open to somebody who gave the password and not yet the code.
    before_code: bool = False
    # Its form may bring one file.
    takes_file: bool = False
