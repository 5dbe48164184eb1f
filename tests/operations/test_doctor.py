"""The doctor asks every engine and Redis, and misses no model where no engine runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.operations import doctor
from tests.connectors.conftest import make_settings
from tests.scale.redis_server import unused
from tests.standins.engine import EngineStandIn
from tests.standins.serving import serving


def found(monkeypatch: pytest.MonkeyPatch, folder: Path, **more: str) -> dict[str, str]:
    """What the doctor says, by name; failures are marked."""
    settings = make_settings(folder, **more)
    monkeypatch.setattr(doctor, "settings", lambda: settings)
    return {f.name: ("FAIL " if f.failed else "") + f.text for f in doctor.examine()}


def test_each_engine_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    engine = EngineStandIn()
    with serving(engine.app(), abrupt=True) as url:
        urls = f"{url}, http://127.0.0.1:9"
        said = found(monkeypatch, tmp_path, INTAKE_ENGINE_URL=urls)
    assert said["engine 1"].startswith("FAIL not ready")  # the stand-in has no such door
    assert said["engine 2"].startswith("FAIL does not answer")


def test_redis_is_asked_when_it_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert found(monkeypatch, tmp_path)["redis"].startswith("off")
    server = unused()
    monkeypatch.setattr("bot.limits._REST_SECONDS", 0.0)
    url = {"INTAKE_REDIS_URL": server.url}
    assert found(monkeypatch, tmp_path, **url)["redis"].startswith("FAIL does not answer")
    server.start()
    try:
        assert found(monkeypatch, tmp_path, **url)["redis"] == "answers"
    finally:
        server.stop()
    wrong = found(monkeypatch, tmp_path, INTAKE_REDIS_URL="http://x")["redis"]
    assert wrong == "FAIL INTAKE_REDIS_URL is not a Redis address"


def test_a_host_without_engine_needs_no_model(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(doctor, "ENGINE_PYTHON", tmp_path / "python")
    assert found(monkeypatch, tmp_path)["model"].startswith("not on this host")
