"""`intake chat`: the browser chat's conversation, in a terminal."""

from __future__ import annotations

import secrets
import sys
from typing import Any, Final

import httpx

_TIMEOUT: Final = httpx.Timeout(45.0, connect=5.0)
_END: Final = frozenset({"/quit", "/exit"})


class ChatError(RuntimeError):
    """The service could not be talked to; the text says what to do."""


class Conversation:
    """One conversation over the browser chat's interface."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._path = f"/webchat/{secrets.token_hex(16)}/messages"
        self._buttons: list[dict[str, str]] = []
        self._seen = 0

    def say(self, typed: str) -> list[str]:
        """Sends a line (a number chooses one of the last buttons); gives the lines to show."""
        body: dict[str, str] = {"text": typed}
        if typed.strip().isdigit() and 1 <= int(typed) <= len(self._buttons):
            body = {"button": self._buttons[int(typed) - 1]["token"]}
        answer = self._ask("POST", json=body)
        if not answer["replies"]:
            return ["(Your message has arrived; the answer will come with your next line.)"]
        return self.new_lines()

    def new_lines(self) -> list[str]:
        """What the service has said since the last look, a coordinator's words too."""
        answer = self._ask("GET", params={"after": str(self._seen)})
        shown: list[str] = []
        for message in answer["messages"]:
            self._seen = max(self._seen, message["seq"])
            if message["author"] != "patient":
                shown += self._lines(message)
        return shown

    def _lines(self, message: dict[str, Any]) -> list[str]:
        lines = [message["text"]] if message["text"] else []
        lines += [f"[file: {file.get('name') or 'unnamed'}]" for file in message["files"]]
        if message["buttons"]:
            self._buttons = message["buttons"]
            lines += [f"  {n}. {b['title']}" for n, b in enumerate(self._buttons, 1)]
        return lines

    def _ask(self, method: str, **sent: Any) -> dict[str, Any]:
        try:
            response = self._client.request(method, self._path, **sent)
            answer = response.json()
        except httpx.ConnectError:
            address = self._client.base_url
            raise ChatError(f"nothing answers at {address}; start it with: intake run") from None
        except (httpx.HTTPError, ValueError) as error:
            raise ChatError(f"the service did not answer ({type(error).__name__})") from None
        if response.is_error:
            raise ChatError(str(answer.get("error", response.status_code)))
        return dict(answer)


def chat(url: str) -> None:
    """Talks to the service at `url` until the end of input. Raises ChatError."""
    with httpx.Client(base_url=url.rstrip("/"), timeout=_TIMEOUT) as client:
        conversation = Conversation(client)
        interactive = sys.stdin.isatty()
        if interactive:
            print("Write a message, or the number of a choice. Ctrl-D ends.")
        while True:
            try:
                typed = input("> " if interactive else "")
            except (EOFError, KeyboardInterrupt):
                return
            if typed.strip().lower() in _END:
                return
            if typed.strip():
                print("\n".join(["", *conversation.say(typed), ""]), flush=True)
