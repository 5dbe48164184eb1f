"""Reads the words on a picture with Tesseract, where it is installed (an optional extra).

The library works on pictures in memory: nothing of a paper is written to disk.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any, Final

LANGUAGES: Final = ("eng", "spa", "fra", "por", "deu", "rus", "ara", "hin", "ben", "tur", "chi_sim")
DATA_FOLDERS: Final = (
    "/usr/share/tesseract-ocr/5/tessdata",
    "/usr/share/tesseract-ocr/4.00/tessdata",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
)
LONGEST_SIDE: Final = 2600  # pixels; more makes it slower, not better
_MOST_LANGUAGES: Final = 3  # each makes it slower


class Reader:
    """Tesseract with the languages at hand."""

    def __init__(self, library: Any, folder: str, languages: tuple[str, ...]) -> None:
        self._library, self._folder = library, folder
        self.languages = languages

    def read(self, picture: Any) -> str:
        """The words on a PIL picture; empty when there are none."""
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        chosen = "+".join(self.languages[:_MOST_LANGUAGES])
        path = self._folder if self._folder.endswith("/") else f"{self._folder}/"
        with self._library.PyTessBaseAPI(path=path, lang=chosen) as engine:
            engine.SetImage(picture.convert("L"))
            return str(engine.GetUTF8Text())


@cache
def reader() -> Reader | None:
    """The reader of this machine; None where Tesseract or its language data is not installed."""
    try:
        import tesserocr
    except ImportError:
        return None
    folders = (os.environ.get("TESSDATA_PREFIX", ""), *DATA_FOLDERS)
    for folder in (f for f in folders if f and Path(f).is_dir()):
        known = tuple(name for name in LANGUAGES if (Path(folder) / f"{name}.traineddata").exists())
        if known:
            return Reader(tesserocr, folder, known)
    return None
