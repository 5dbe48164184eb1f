"""What was found on a received file: the little that leaves the process which reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Study:
    """What DICOM headers say: modalities, body parts, descriptions, newest study date (ISO)."""

    modalities: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    description: str = ""
    date: str | None = None
    files: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """The kind of a file and what tells which paper it is; `problem` set: it is not taken.

    `text` is the beginning of its text layer, or of what was read from a picture (`pictured`).
    """

    kind: str = ""
    problem: str | None = None
    notes: tuple[str, ...] = ()
    text: str = field(default="", repr=False)
    pictured: bool = False
    names: tuple[str, ...] = field(default=(), repr=False)  # of files in an archive
    study: Study | None = field(default=None, repr=False)

    def to_json(self) -> dict[str, Any]:
        """A JSON-ready object; `from_json` reads it back."""
        study = self.study
        return {
            "kind": self.kind,
            "problem": self.problem,
            "notes": list(self.notes),
            "text": self.text,
            "pictured": self.pictured,
            "names": list(self.names),
            "study": {name: getattr(study, name) for name in Study.__slots__} if study else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Evidence:
        """Read what `to_json` wrote. Raises KeyError or TypeError for anything else."""
        study = data["study"]
        return cls(
            kind=str(data["kind"]),
            problem=data["problem"],
            notes=tuple(data["notes"]),
            text=str(data["text"]),
            pictured=bool(data["pictured"]),
            names=tuple(data["names"]),
            study=Study(
                tuple(study["modalities"]),
                tuple(study["parts"]),
                study["description"],
                study["date"],
                study["files"],
            )
            if study
            else None,
        )
