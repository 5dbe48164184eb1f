"""A hash over everything that decides what `read` finds: the model is trained on what it finds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]


def vocabulary_fingerprint(root: Path = _ROOT) -> str:
    """SHA-256 over the readers and their knowledge, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for path in _vocabulary_files(root):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _vocabulary_files(root: Path) -> Iterable[Path]:
    yield from sorted((root / "bot" / "oncology").rglob("*.py"))
    yield from sorted((root / "knowledge").rglob("*.yml"))
