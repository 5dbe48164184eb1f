"""Trains the model of the engine, only when what goes into it has changed.

A model is named after the hash of its inputs, so that a model and its inputs can never be mixed up.
It also learns from what the vocabulary finds in its examples. A changed vocabulary does not make a
model unfit to serve, so it is no part of the name; but whoever asks for training gets a new model.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import yaml

from bot.oncology.fingerprint import vocabulary_fingerprint
from bot.operations import model_record
from bot.operations.model_record import MODELS
from bot.settings import ROOT, VAR

LOG = VAR / "logs" / "train.log"
STEP = re.compile(r"(?:Starting to train|Finished training) component .*")
ENGINE_PYTHON = ROOT / ".venv-engine" / "bin" / "python"


class TrainingFailed(RuntimeError):
    """Rasa could not train; its own output says why."""


def inputs_hash() -> str:
    """SHA-256 over everything that changes the trained model (texts of replies do not)."""
    digest = hashlib.sha256()
    for path in _inputs():
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(path.read_bytes())
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    domain.pop("responses", None)
    digest.update(yaml.safe_dump(domain, sort_keys=True).encode())
    return digest.hexdigest()[:16]


def _inputs() -> Iterator[Path]:
    yield ROOT / "config.yml"
    yield ROOT / "requirements" / "engine.lock"
    for folder, pattern in (("data", "*.yml"), ("bot/engine", "*.py")):
        yield from sorted((ROOT / folder).rglob(pattern))


def model_path() -> Path:
    """Where the model of the present inputs is, or will be."""
    return MODELS / f"intake-{inputs_hash()}.tar.gz"


def is_current(model: Path) -> bool:
    """Whether a model was trained with the vocabulary as it is now."""
    note = _vocabulary_note(model)
    return note.exists() and note.read_text(encoding="ascii") == vocabulary_fingerprint()


def train(*, force: bool = False) -> Path:
    """Train unless the model of these inputs is there; progress goes to the terminal."""
    target = model_path()
    if target.exists() and model_record.is_recorded(target) and not force:
        return target
    MODELS.mkdir(exist_ok=True)
    vocabulary = vocabulary_fingerprint()
    print("Training the model (about a minute) ...", flush=True)
    command = [
        *(str(ENGINE_PYTHON), "-W", "ignore", "-m", "rasa", "train"),
        *("--domain", "domain.yml", "--data", "data", "--config", "config.yml"),
        "--skip-validation",  # `make check` validates
        *("--out", str(MODELS), "--fixed-model-name", target.name.removesuffix(".tar.gz")),
    ]
    code = _shown(command)
    if code != 0 or not target.exists():
        raise TrainingFailed(f"training failed; {LOG} says why")
    model_record.record(target)
    _vocabulary_note(target).write_text(vocabulary, encoding="ascii")
    return target


def _vocabulary_note(model: Path) -> Path:
    return model.with_name(model.name + ".vocabulary")


def _shown(command: list[str]) -> int:
    """Run Rasa: every line goes to the log, the steps of the training to the terminal."""
    LOG.parent.mkdir(parents=True, exist_ok=True)
    with (
        LOG.open("w", encoding="utf-8") as log,
        subprocess.Popen(  # noqa: S603
            command,
            cwd=ROOT,
            env=engine_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process,
    ):
        for line in process.stdout or ():
            log.write(line)
            step = STEP.search(line)
            if step:
                print(f"  {step.group()}", flush=True)
    return process.returncode


def engine_environment() -> dict[str, str]:
    """The environment of every Rasa process: quiet, offline, and without telemetry."""
    return os.environ | {
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "PYTHONWARNINGS": "ignore",
    }


def serving_environment() -> dict[str, str]:
    """The environment of a serving engine.

    Numeric libraries start a thread per core that spins between the tiny products of one message:
    measured, two thirds of an engine's processor time. More engines use more cores better.
    """
    return engine_environment() | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
