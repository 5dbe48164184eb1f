"""Reads marker results with their values."""

from __future__ import annotations

from typing import Any

from bot.oncology.text import Document


def markers_of(doc: Document) -> dict[str, Any]:
    """Marker id -> value, of the whole document, worked out once."""
    return {}
