"""One running service for all dialogues."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service import Service, running_service


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The whole service with the trained model, on SQLite."""
    folder: Path = tmp_path_factory.mktemp("service")
    with running_service(folder) as running:
        yield running
