"""Schema-driven run: schemathesis asks a running gateway what docs/openapi.yml describes, and more.

    python -m benchmarks.fuzz.schema [CASES]

Needs the tools of `make audit` (requirements/checks.lock), which stay out of our own environment.
Fails for a status of 500 and more, an answer that is not as described, or one without its headers.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from bot.settings import ROOT
from bot.store import Store
from tests.conftest import KEY
from tests.connectors.conftest import running
from tests.standins import telegram_api

TOOL = ROOT / ".venv-checks" / "bin" / "schemathesis"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance"
CHECKS += ",response_schema_conformance"


def main() -> int:
    """Start a gateway with stand-ins around it, and let the tool at it."""
    cases = sys.argv[1] if len(sys.argv) > 1 else "200"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = Store.open(f"sqlite:///{folder / 'empty.db'}", [KEY])
        store.migrate()
        store.database.forget_log()
        store.close()
        (folder / "gateway").mkdir()
        with running(folder / "gateway", folder / "empty.db") as service:
            done = subprocess.run(  # our own words
                [
                    *(str(TOOL), "run", str(ROOT / "docs" / "openapi.yml"), "--url", service.url),
                    *("--max-examples", cases, "--phases", "examples,coverage,fuzzing"),
                    *("--mode", "all", "--checks", CHECKS, "--workers", "1", "--seed", "1"),
                    *("--header", f"X-Telegram-Bot-Api-Secret-Token: {telegram_api.SECRET}"),
                    *("--request-timeout", "20", "--max-failures", "5", "--no-color"),
                ],
                cwd=folder,
                check=False,
            )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
