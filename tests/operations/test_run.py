"""`intake run` starts one process for each engine it is told of, and names a port that is taken."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from bot.operations import run
from bot.operations.engine_process import free_port
from tests.connectors.conftest import make_settings


def test_each_engine_is_a_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(run, "engine_command", lambda _model, port: ("engine", str(port)))
    urls = "http://127.0.0.1:5005, http://127.0.0.1:5006"
    settings = make_settings(tmp_path, INTAKE_ENGINE_URL=urls)
    made = {process.name: process for process in run._processes(settings, tmp_path / "model")}
    assert list(made) == ["gateway", "actions", "engine-1", "engine-2"]
    assert made["engine-2"].command == ("engine", "5006")
    assert made["gateway"].environment["INTAKE_ENGINE_URL"] == urls
    assert len({process.log for process in made.values()}) == 4


def test_the_only_engine_is_just_called_engine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(run, "engine_command", lambda _model, port: ("engine", str(port)))
    made = run._processes(make_settings(tmp_path), tmp_path / "model")
    assert [process.name for process in made] == ["gateway", "actions", "engine"]


def test_the_port_of_the_second_engine_is_looked_at_too(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        urls = f"http://127.0.0.1:{free_port()},http://127.0.0.1:{port}"
        settings = make_settings(
            tmp_path,
            INTAKE_ENGINE_URL=urls,
            INTAKE_ACTIONS_URL=f"http://127.0.0.1:{free_port()}",
            INTAKE_PORT=str(free_port()),
        )
        with pytest.raises(run.CannotStart, match=rf"port {port} .* INTAKE_ENGINE_URL"):
            run._check_ports(settings)
