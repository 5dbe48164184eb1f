"""An engine is started only with a model that was trained here, exactly as it was trained."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.operations.engine_process import engine_command
from bot.operations.model_record import UntrustedModel, checked, is_recorded, record

NAME = "intake-0123456789abcdef.tar.gz"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of trained models with one in it."""
    models = tmp_path / "models"
    models.mkdir()
    (models / NAME).write_bytes(b"a trained model")
    record(models / NAME)
    return models


def test_a_model_as_it_was_trained_is_loaded(folder: Path) -> None:
    assert is_recorded(folder / NAME)
    assert checked(folder / NAME, folder) == (folder / NAME).resolve()


def changed(folder: Path) -> Path:
    (folder / NAME).write_bytes(b"a trained model.")
    return folder / NAME


def unrecorded(folder: Path) -> Path:
    (folder / f"{NAME}.sha256").unlink()
    return folder / NAME


def exchanged(folder: Path) -> Path:
    """Another model with a record of its own, under this one's name."""
    other = folder / "intake-other.tar.gz"
    other.write_bytes(b"another model")
    record(other)
    note = folder / f"{NAME}.sha256"
    note.unlink()
    (folder / "intake-other.tar.gz.sha256").rename(note)
    other.replace(folder / NAME)
    return folder / NAME


def missing(folder: Path) -> Path:
    (folder / NAME).unlink()
    return folder / NAME


def elsewhere(folder: Path) -> Path:
    """A folder of somebody else's, with a good record."""
    other = folder.parent / "other"
    other.mkdir()
    (other / NAME).write_bytes(b"a trained model")
    record(other / NAME)
    return other / NAME


def by_link(folder: Path) -> Path:
    target = elsewhere(folder)
    link = folder / "intake-link.tar.gz"
    link.symlink_to(target)
    (folder / "intake-link.tar.gz.sha256").symlink_to(target.with_name(f"{NAME}.sha256"))
    return link


def by_dots(folder: Path) -> Path:
    return folder / ".." / "other" / elsewhere(folder).name


WAYS = (changed, unrecorded, exchanged, missing, elsewhere, by_link, by_dots)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_any_other_model_is_refused_before_the_engine_starts(
    folder: Path, way: Callable[[Path], Path]
) -> None:
    model = way(folder)
    with pytest.raises(UntrustedModel):
        checked(model, folder)
    with pytest.raises(UntrustedModel):
        engine_command(model, port=1)


def test_a_record_is_for_reading_only(folder: Path) -> None:
    assert (folder / f"{NAME}.sha256").stat().st_mode & 0o222 == 0
    record(folder / NAME)  # trained again
    assert checked(folder / NAME, folder)
