"""Which embedded fonts a text needs, so that every script a patient writes in can be printed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

FOLDER = Path(__file__).with_name("fonts")
REGULAR = FOLDER / "NotoSans-Regular.ttf"
BOLD = FOLDER / "NotoSans-Bold.ttf"

# Unicode blocks -> font file; Latin, Greek and Cyrillic are in the main font.
_BLOCKS: tuple[tuple[int, int, str], ...] = (
    (0x0530, 0x058F, "NotoSansArmenian-Regular.ttf"),
    (0x0590, 0x05FF, "NotoSansHebrew-Regular.ttf"),
    (0x0600, 0x077F, "NotoNaskhArabic-Regular.ttf"),
    (0x08A0, 0x08FF, "NotoNaskhArabic-Regular.ttf"),
    (0x0900, 0x097F, "NotoSansDevanagari-Regular.ttf"),
    (0x0980, 0x09FF, "NotoSansBengali-Regular.ttf"),
    (0x0A00, 0x0A7F, "NotoSansGurmukhi-Regular.ttf"),
    (0x0A80, 0x0AFF, "NotoSansGujarati-Regular.ttf"),
    (0x0B00, 0x0B7F, "NotoSansOriya-Regular.ttf"),
    (0x0B80, 0x0BFF, "NotoSansTamil-Regular.ttf"),
    (0x0C00, 0x0C7F, "NotoSansTelugu-Regular.ttf"),
    (0x0C80, 0x0CFF, "NotoSansKannada-Regular.ttf"),
    (0x0D00, 0x0D7F, "NotoSansMalayalam-Regular.ttf"),
    (0x0D80, 0x0DFF, "NotoSansSinhala-Regular.ttf"),
    (0x0E00, 0x0E7F, "NotoSansThai-Regular.ttf"),
    (0x0E80, 0x0EFF, "NotoSansLao-Regular.ttf"),
    (0x1000, 0x109F, "NotoSansMyanmar-Regular.ttf"),
    (0x10A0, 0x10FF, "NotoSansGeorgian-Regular.ttf"),
    (0x1200, 0x139F, "NotoSansEthiopic-Regular.ttf"),
    (0x1780, 0x17FF, "NotoSansKhmer-Regular.ttf"),
    (0x2E80, 0x9FFF, "NotoSansCJK-Regular.otf"),
    (0xAC00, 0xD7AF, "NotoSansCJK-Regular.otf"),
    (0xF900, 0xFAFF, "NotoSansCJK-Regular.otf"),
    (0xFB50, 0xFDFF, "NotoNaskhArabic-Regular.ttf"),
    (0xFE70, 0xFEFF, "NotoNaskhArabic-Regular.ttf"),
    (0xFF00, 0xFFEF, "NotoSansCJK-Regular.otf"),
)


def fallbacks(texts: Iterable[str]) -> tuple[Path, ...]:
    """The fonts beside the main one that these texts need, in order of Unicode block."""
    characters = {ord(c) for text in texts for c in text if ord(c) >= _BLOCKS[0][0]}
    needed = [
        name for low, high, name in _BLOCKS if any(low <= code <= high for code in characters)
    ]
    return tuple(FOLDER / name for name in dict.fromkeys(needed))
