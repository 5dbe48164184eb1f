"""Makes the picture of the chat page for the README, from a running service.

.venv/bin/python scripts/pictures.py http://127.0.0.1:8000
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
FIRST = "Hi, my mother has ovarian cancer stage 3c, chemo stopped working, we are in Dhaka"


def say(page: Page, text: str) -> None:
    """Type a message and wait for its answer."""
    page.get_by_role("textbox").fill(text)
    page.keyboard.press("Enter")
    page.wait_for_timeout(2500)


def main(url: str) -> None:
    """Hold a conversation and keep what it looks like."""
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for name, width, height in (("chat", 900, 760), ("chat-phone", 390, 844)):
            page = browser.new_page(viewport={"width": width, "height": height})
            page.goto(f"{url}/chat")
            for text in (FIRST, "yes", "58", "yes, biopsy was done"):
                say(page, text)
            page.screenshot(path=PICTURES / f"{name}.png")
            say(page, "yes, that is right")
            page.wait_for_timeout(1500)
            page.screenshot(path=PICTURES / f"{name}-result.png")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
