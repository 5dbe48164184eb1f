"""Chromium as the browser tests use it: patient, because the machine may be busy."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
PATIENCE_MS = 90_000


@contextmanager
def launched() -> Iterator[Browser]:
    """The system's Chromium, or the one that INTAKE_CHROMIUM names."""
    expect.set_options(timeout=PATIENCE_MS)
    path = os.environ.get("INTAKE_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield browser
        browser.close()


def opened(browser: Browser, **options: Any) -> BrowserContext:
    """A browser window with a memory of its own."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE_MS)
    return context
