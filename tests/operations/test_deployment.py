"""The deployment files say only what exists, and run nothing as root or with a writable system."""

from __future__ import annotations

import ast
import fnmatch
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from bot import cli
from bot.operations.training import ENGINE_PYTHON
from bot.settings import ROOT, Settings

DEPLOY = ROOT / "deploy"
BIN = Path(sys.executable).parent
FILES = {path.name: path for path in sorted(DEPLOY.glob("compose*.yml"))}
COMPOSE = {name: yaml.safe_load(path.read_text()) for name, path in FILES.items()}
SERVICES = [
    (name, service) for name, file in COMPOSE.items() for service in sorted(file["services"])
]
OURS = re.compile(r"intake-(app|engine|proxy):")
# Read by the action server and the engine's image themselves.
BESIDE_SETTINGS = {"INTAKE_ACTIONS_HOST", "INTAKE_ACTIONS_PORT"}
PROXYS = {"INTAKE_DOMAIN", "INTAKE_GATEWAYS"}


def service(file: str, name: str) -> dict[str, Any]:
    """A service as the file has it."""
    found: dict[str, Any] = COMPOSE[file]["services"][name]
    return found


def names_of_settings() -> set[str]:
    """All environment variables that the code reads."""
    aliases = {str(field.alias) for field in Settings.model_fields.values()}
    return aliases | BESIDE_SETTINGS


def images() -> dict[str, list[list[str]]]:
    """Instructions of each final stage of the Containerfile, split into words."""
    stages: dict[str, list[list[str]]] = {}
    text = (DEPLOY / "Containerfile").read_text().replace("\\\n", " ")
    current: list[list[str]] = []
    for line in text.splitlines():
        words = line.split()
        if words and words[0] == "FROM":
            current = stages[words[3]] = []
        elif words and not words[0].startswith("#"):
            current.append(words)
    return stages


@pytest.mark.parametrize("file", sorted(FILES))
def test_a_compose_file_follows_the_specification(file: str) -> None:
    done = subprocess.run(
        [BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", FILES[file]],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_containerfile_passes_its_linter() -> None:
    done = subprocess.run(
        [BIN / "hadolint", DEPLOY / "Containerfile"], capture_output=True, text=True, check=False
    )
    assert done.stdout == ""
    assert done.returncode == 0


@pytest.mark.parametrize(("file", "name"), SERVICES)
def test_a_container_can_do_no_more_than_it_needs(file: str, name: str) -> None:
    found = service(file, name)
    assert found["read_only"] is True
    assert found["cap_drop"] == ["ALL"]
    assert "cap_add" not in found
    assert "privileged" not in found
    assert found["security_opt"] == ["no-new-privileges:true"]
    assert {"memory", "cpus", "pids"} <= set(found["deploy"]["resources"]["limits"])
    assert not any("docker.sock" in str(volume) for volume in found.get("volumes", ()))
    if not OURS.search(found["image"]):
        user = found["user"].split(":")[0]
        assert user.isdigit()
        assert int(user) > 0


@pytest.mark.parametrize(("file", "name"), SERVICES)
def test_a_container_is_watched(file: str, name: str) -> None:
    found = service(file, name)
    own = found.get("healthcheck", {})
    if name == "migrate":
        assert own == {"disable": True}  # it ends
    elif not OURS.search(found["image"]):
        assert own["test"]


@pytest.mark.parametrize("image", ["app", "engine", "proxy"])
def test_an_image_runs_as_nobody_and_says_how_it_is(image: str) -> None:
    steps = {words[0]: words[1:] for words in images()[image]}
    assert int(steps["USER"][0].split(":")[0]) > 10000
    assert "HEALTHCHECK" in steps
    last_user = max(n for n, words in enumerate(images()[image]) if words[0] == "USER")
    assert all(words[0] != "RUN" for words in images()[image][last_user:])


@pytest.mark.parametrize(("file", "name"), SERVICES)
def test_every_setting_given_to_a_container_is_one_that_is_read(file: str, name: str) -> None:
    found = service(file, name)
    if not OURS.search(found["image"]):
        return
    given = {key for key in found.get("environment", {}) if key.startswith("INTAKE_")}
    known = PROXYS if "intake-proxy" in found["image"] else names_of_settings()
    assert given <= known


@pytest.mark.parametrize(
    ("file", "name"), [pair for pair in SERVICES if "intake-app" in service(*pair)["image"]]
)
def test_every_command_of_a_container_exists(file: str, name: str) -> None:
    command, *options = service(file, name)["command"]
    known = get_command(cli.app).commands  # type: ignore[attr-defined]
    assert command in known
    assert set(options) <= {name for option in known[command].params for name in option.opts}


def test_the_images_own_settings_are_read() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    assert set(re.findall(r"\bINTAKE_[A-Z_]+", text)) <= names_of_settings()


@pytest.mark.parametrize("image", sorted(images()))
def test_what_is_copied_into_an_image_exists_and_is_let_through(image: str) -> None:
    rules = [
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    ]
    for words in images()[image]:
        if words[0] != "COPY" or words[1].startswith("--from"):
            continue
        for source in words[1:-1]:
            assert (ROOT / source).exists(), source
            assert any(
                fnmatch.fnmatch(source, rule) or source.startswith(f"{rule}/") for rule in rules
            ), source


def laid_out(image: str, folder: Path) -> Path:
    """The project's part of an image, in a folder of its own."""
    for words in images()[image]:
        if words[0] != "COPY" or words[1].startswith("--from"):
            continue
        for source in words[1:-1]:
            target = folder / words[-1]
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, target, dirs_exist_ok=True)
            elif words[-1].endswith("/"):
                shutil.copy(ROOT / source, target)
            elif not words[-1].startswith("/"):
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, target)
    return folder


IMPORTS = """
import importlib, sys
sys.path[:] = [{folder!r}, *(path for path in sys.path if path != {root!r})]
for name in {names!r}:
    importlib.import_module(name)
files = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
print([f for f in files if f.startswith({root!r} + "/") and "/.venv" not in f])
"""


def imported_from_outside(python: Path, folder: Path, *names: str) -> str:
    """Modules of the project that did not come from the image's part."""
    code = IMPORTS.format(folder=str(folder), root=str(ROOT), names=names)
    environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [python, "-c", code],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_the_apps_image_holds_all_that_the_app_imports(tmp_path: Path) -> None:
    folder = laid_out("app", tmp_path)
    names = ("bot.cli", "connectors.gateway", "bot.console.app", "actions.server")
    more = (
        "bot.operations.run",
        "bot.operations.backup",
        "bot.operations.doctor",
        "actions.actions",
    )
    assert imported_from_outside(Path(sys.executable), folder, *names, *more) == "[]"
    run = "import sys; sys.path.insert(0, '.'); import bot.cli; bot.cli.main()"
    listed = subprocess.run(
        [sys.executable, "-c", run, "rules", "list"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "CT-LB-1" in listed.stdout


@pytest.mark.engine
def test_the_engines_image_holds_all_that_the_engine_imports(tmp_path: Path) -> None:
    folder = laid_out("engine", tmp_path)
    names = [f"bot.engine.{path.stem}" for path in sorted((ROOT / "bot" / "engine").glob("*.py"))]
    assert imported_from_outside(ENGINE_PYTHON, folder, *names) == "[]"


TAKES_AWAY = ("drop_table", "drop_column", "rename_table")


def test_migrations_only_add_so_that_the_old_version_works_beside_the_new_one() -> None:
    versions = sorted((ROOT / "bot" / "store" / "migrations" / "versions").glob("0*.py"))
    assert len(versions) > 5
    for path in versions:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        upgrade = next(
            node
            for node in tree.body
            if isinstance(node, ast.FunctionDef) and node.name == "upgrade"
        )
        called = {n.attr for n in ast.walk(upgrade) if isinstance(n, ast.Attribute)}
        assert called.isdisjoint(TAKES_AWAY), path.name
