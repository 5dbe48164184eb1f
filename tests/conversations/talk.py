"""A person at the browser chat's door: says things, answers questions, reads the replies."""

from __future__ import annotations

import io
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx
from docx import Document
from pypdf import PdfReader

from tests.records.paper_files import PATHOLOGY, text_pdf

LONGEST_CONVERSATION = 60


def read_document(data: bytes) -> str:
    """The words of a PDF or DOCX, with single spaces."""
    if data.startswith(b"%PDF"):
        text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)
    else:
        text = " ".join(p.text for p in Document(io.BytesIO(data)).paragraphs)
    return " ".join(text.split())


@dataclass
class Talk:
    """One conversation over HTTP; `log` is a readable transcript for failures."""

    client: httpx.Client
    conversation: str = field(default_factory=lambda: uuid.uuid4().hex)
    last: dict[str, Any] = field(default_factory=dict)
    turns: int = 0
    asked: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)

    def say(self, text: str) -> dict[str, Any]:
        """Type a message."""
        self.log.append(f"> {text}")
        return self._post({"text": text})

    def tap(self, title: str) -> dict[str, Any]:
        """Tap the button whose title begins with `title`."""
        for reply in reversed(self.last.get("replies", [])):
            for button in reply["buttons"]:
                if button["title"].casefold().startswith(title.casefold()):
                    self.log.append(f"> [{button['title']}]")
                    return self._post({"button": button["token"]})
        raise AssertionError(f"no button {title!r}\n{self.transcript}")

    def send_file(self, name: str, data: bytes | None = None) -> dict[str, Any]:
        """Send a paper; a pathology report if nothing else is given."""
        self.log.append(f"> ({name})")
        paper = {"file": (name, data or text_pdf(PATHOLOGY), "application/pdf")}
        return self._taken(self.client.post(self._address, files=paper))

    def download(self, url: str) -> bytes:
        """A file of the conversation."""
        answer = self.client.get(url)
        assert answer.status_code == 200, f"{answer.status_code} {url}\n{self.transcript}"
        return answer.content

    @property
    def _address(self) -> str:
        return f"/webchat/{self.conversation}/messages"

    def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        return self._taken(self.client.post(self._address, json=body))

    def _taken(self, answer: httpx.Response) -> dict[str, Any]:
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}\n{self.transcript}"
        self.last = answer.json()
        self.turns += 1
        if self.last["asks"]:
            self.asked.append(self.last["asks"])
        for reply in self.last["replies"]:
            buttons = "".join(f" [{b['title']}]" for b in reply["buttons"])
            self.log.append(f"  {reply['text']}{buttons}")
        self.log.append(f"    ({self.last['state']}, asks {self.last['asks']})")
        return self.last

    def answer_until_assessed(self, answers: dict[str, str]) -> None:
        """Agree, answer each question from `answers` (otherwise "not sure"), confirm."""
        while self.last["state"] != "assessed":
            assert self.turns < LONGEST_CONVERSATION, f"no end in sight\n{self.transcript}"
            state, asks = self.last["state"], self.last["asks"]
            if state == "consent":
                self.say(answers.get("consent_data", "yes"))
            elif state == "confirm":
                self.say("yes, that is right")
            elif state == "intake" and asks:
                self.say(answers.get(asks, "I don't know"))
            else:
                raise AssertionError(f"stuck in {state}, asks {asks}\n{self.transcript}")

    def answer_all(self, answers: dict[str, str]) -> None:
        """After the first result, answer what is still asked."""
        while self.last["asks"] and self.last["state"] == "assessed":
            assert self.turns < LONGEST_CONVERSATION, f"no end in sight\n{self.transcript}"
            self.say(answers.get(self.last["asks"], "not sure"))

    @property
    def text(self) -> str:
        """All texts of the last answer."""
        return "\n".join(r["text"] for r in self.last["replies"])

    @property
    def transcript(self) -> str:
        """The whole conversation, readable."""
        return "\n".join(self.log)
