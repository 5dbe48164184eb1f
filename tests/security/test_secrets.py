"""Secrets are compared without telling how much of a guess was right, and never stand in a log."""

from __future__ import annotations

import ast
import hashlib
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from bot.settings import ROOT
from connectors import telegram
from tests.connectors.conftest import Service
from tests.console.conftest import OURS, Console, log_in, token_of
from tests.console.seed import PASSWORD
from tests.standins import telegram_api

SOURCES = sorted(
    path
    for folder in ("actions", "bot", "connectors")
    for path in (ROOT / folder).rglob("*.py")
    if "migrations" not in path.parts
)
SECRET_NAMES = re.compile(r"(?i)secret|signature|passw|authorization|hmac|digest|\btoken\b|api_key")
# A row is looked up by the random token, or by its hash, in the database: nothing is compared here.
LOOKED_UP = {
    "bot/store/queue.py": {
        "Due.token == token",
        "due.token != token",
        "_DUE.c.token == bindparam('of_token')",
    },
    "bot/store/users.py": {"LoginSession.token_hash == token_hash(token)"},
}
# A hash that says whether a page or a paper changed, not whether somebody may do something.
NO_SECRETS = {
    "self.request.headers.get('x-seen') == digest",
    "following.text in words_of('counted') or following.nstart == token.nend",
}


def comparisons(path: Path) -> list[str]:
    """Every `==` and `!=` of a file whose sides name something secret."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and any(
            isinstance(o, ast.Eq | ast.NotEq) for o in node.ops
        ):
            text = ast.unparse(node)
            constant = any(
                isinstance(side, ast.Constant) for side in (node.left, *node.comparators)
            )
            if SECRET_NAMES.search(text) and not constant:
                found.append(text)
    return found


def test_no_secret_is_compared_letter_by_letter() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {text}"
        for path in SOURCES
        for text in comparisons(path)
        if text not in LOOKED_UP.get(str(path.relative_to(ROOT)), set())
        and text not in NO_SECRETS
        and "bot/oncology" not in str(path)
    }
    assert found == set()


def test_the_search_for_such_comparisons_finds_them(tmp_path: Path) -> None:
    path = tmp_path / "careless.py"
    path.write_text("def f(token, given):\n    return token == given\n")
    assert comparisons(path) == ["token == given"]


@pytest.mark.parametrize(
    "guess", ["", "x", telegram_api.SECRET[:-1], telegram_api.SECRET + "x", "é", "\udcff"]
)
def test_part_of_a_secret_is_no_secret(guess: str) -> None:
    assert not telegram.is_secret(telegram_api.SECRET, guess)
    assert telegram.is_secret(telegram_api.SECRET, telegram_api.SECRET)


def test_a_webhook_that_is_played_again_changes_nothing(service: Service) -> None:
    params = service.twilio.inbound("+8801712345678", "hello")
    update = service.telegram.message(text="hello")
    for _ in range(3):
        assert service.push_whatsapp(params).status_code == 200
        assert service.push_telegram(update).status_code == 200
    for channel, address, account in (
        ("whatsapp", "+8801712345678", params["To"].removeprefix("whatsapp:")),
        ("telegram", "42", "123456"),
    ):
        found = service.store.conversations.by_address(channel, address, account)
        assert found is not None
        lines = [x for x in service.store.transcript(found.id) if x.incoming is not None]
        assert len(lines) == 1


def test_a_recorded_signature_fits_no_other_words_or_address(service: Service) -> None:
    params = service.twilio.inbound("+8801712345678", "hello")
    signature = service.twilio.sign(service.url + "/webhooks/whatsapp", params)
    forged = params | {"Body": "delete my data"}
    for path, content in (
        ("/webhooks/whatsapp", forged),
        ("/webhooks/whatsapp/status", params),
        ("/webhooks/whatsapp?m=1", params),
    ):
        answer = service.client.post(path, data=content, headers={"x-twilio-signature": signature})
        assert answer.status_code == 403


def test_the_session_after_a_login_is_none_that_was_there_before(console: Console) -> None:
    browser = console.browser()
    browser.cookies.set("intake_session", "chosen-by-somebody-else", domain="console.test")
    before = set(dict(browser.cookies).values())
    log_in(browser, "coordinator", PASSWORD)
    after = {cookie.value for cookie in browser.cookies.jar if cookie.name == "intake_session"}
    assert after - before
    thief = console.browser()
    thief.cookies.set("intake_session", "chosen-by-somebody-else", domain="console.test")
    assert thief.get("/console/cases").url.path == "/console/login"


def test_a_form_token_of_one_session_opens_nothing_in_another(console: Console) -> None:
    theirs = token_of(console.logged_in("lead").get("/console/password").text)
    browser = console.logged_in("coordinator")
    answer = browser.post(
        console.path("Wei", "/notes"), data={"token": theirs, "text": "x"}, headers=OURS
    )
    assert answer.status_code == 403


def test_sessions_cannot_be_guessed(console: Console) -> None:
    known = console.logged_in().cookies["intake_session"]
    assert len(known) >= 32
    near = [known[:-1] + c for c in "Aa0_" if c != known[-1]]
    hashed = hashlib.sha256(known.encode()).hexdigest()
    for guess in (*near, known.swapcase(), hashed, known + "\x00", "", "*", "%"):
        browser = TestClient(console.app, base_url="http://console.test")
        answer = browser.get(
            "/console/cases",
            headers={"cookie": f"intake_session={guess}"},
            follow_redirects=False,
        )
        assert answer.status_code == 303
