"""What the browser tests share: sizes of screens, logging in, axe-core."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

from tests.console.seed import PASSWORD

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
PHONE, TABLET, DESKTOP = (390, 844), (820, 1180), (1366, 860)


def log_in(page: Page, base: str, name: str) -> None:
    """Fill the login form."""
    page.goto(f"{base}/login")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def violations(page: Page, path: str) -> dict[str, list[str]]:
    """What axe-core finds on the page, by rule."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return {
        f"{path} {v['id']}": [n["html"][:160] for n in v["nodes"]] for v in result["violations"]
    }
