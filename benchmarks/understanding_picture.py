"""Draws the table of figures as an SVG picture: one bar for each fact, a line at its aim."""

from __future__ import annotations

from html import escape
from typing import Any, Final

ROW, LEFT, WIDTH, RIGHT, TOP = 30, 190, 420, 190, 58
REACHED, BELOW, PLAIN, AIM = "#2f7d5b", "#b4552d", "#5b7a99", "#222222"
FONT: Final = 'font-family="system-ui, sans-serif" font-size="13"'


def draw(rows: list[dict[str, Any]], messages: int) -> str:
    """The picture of `rows` ({"fact", "figure", "value", "aim", "lower_is_better"})."""
    height = TOP + ROW * len(rows) + 30
    title = f"What is understood of {messages} messages held apart"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + RIGHT} {height}" '
        f'role="img" aria-label="{escape(title)}" {FONT}>',
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text x="16" y="26" font-size="16" font-weight="600">{escape(title)}</text>',
        '<text x="16" y="44" fill="#555555">bar: reached; black line: aim</text>',
    ]
    for number, row in enumerate(rows):
        lines += _row(row, TOP + number * ROW)
    return "\n".join([*lines, "</svg>"]) + "\n"


def _row(row: dict[str, Any], top: int) -> list[str]:
    value, aim = row["value"], row["aim"]
    colour = PLAIN if aim is None else REACHED if reaches(row) else BELOW
    middle = top + 18
    shown = f"{row['figure']} {100 * value:.1f} %" + ("" if aim is None else f" ({100 * aim:g})")
    lines = [
        f'<text x="{LEFT - 10}" y="{middle}" text-anchor="end">{escape(row["fact"])}</text>',
        f'<rect x="{LEFT}" y="{top + 5}" width="{WIDTH}" height="18" fill="#eeeeee"/>',
        f'<rect x="{LEFT}" y="{top + 5}" width="{WIDTH * value:.1f}" height="18" fill="{colour}"/>',
        f'<text x="{LEFT + WIDTH + 10}" y="{middle}">{escape(shown)}</text>',
    ]
    if aim is not None:
        at = LEFT + WIDTH * aim
        lines.append(
            f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{top + 2}" y2="{top + 26}" '
            f'stroke="{AIM}" stroke-width="2"/>'
        )
    return lines


def reaches(row: dict[str, Any]) -> bool:
    """Whether the figure is at least its aim, or at most it where less is better."""
    if row["lower_is_better"]:
        return bool(row["value"] <= row["aim"])
    return bool(row["value"] >= row["aim"])
