"""Only models that were trained here are loaded, and only as they came out of the training.

Guarantee: a model is checked against the SHA-256 that was recorded beside it when it was trained,
and must lie in the folder of trained models, before any engine is started with it. Limit: who can
write to that folder can write both; in production it is read-only (docs/security.md).
"""

from __future__ import annotations

import hashlib
import hmac
import os
from pathlib import Path
from typing import Final

from bot.settings import ROOT

MODELS: Final = ROOT / "models"
SUFFIX: Final = ".sha256"


class UntrustedModel(RuntimeError):
    """The model is none of ours, or was changed; the text says which and what to do."""


def record(model: Path) -> None:
    """Note the hash of a model that was just trained, in the form that `sha256sum -c` reads."""
    note = _note_of(model)
    unfinished = note.with_suffix(".part")
    unfinished.write_text(f"{_hash(model)}  {model.name}\n", encoding="ascii")
    unfinished.chmod(0o444)
    unfinished.replace(note)


def is_recorded(model: Path) -> bool:
    """Whether a hash was noted for this model."""
    return _note_of(model).exists()


def checked(model: Path, folder: Path = MODELS) -> Path:
    """The model's full path, to be loaded. Raises UntrustedModel."""
    path = Path(os.path.realpath(model))
    if path.parent != Path(os.path.realpath(folder)):
        raise UntrustedModel(f"{model.name} does not lie in the folder of trained models")
    try:
        noted = _note_of(path).read_text(encoding="ascii").split()
        found = _hash(path)
    except OSError:
        raise UntrustedModel(
            f"{model.name}: the model or its recorded hash is missing; run: intake train --force"
        ) from None
    if len(noted) != 2 or noted[1] != path.name or not hmac.compare_digest(noted[0], found):
        raise UntrustedModel(f"{model.name} is not as it was trained; run: intake train --force")
    return path


def _note_of(model: Path) -> Path:
    return model.with_name(model.name + SUFFIX)


def _hash(model: Path) -> str:
    with model.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
