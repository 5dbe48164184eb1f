"""Draws how long people wait, minute by minute, as an SVG picture with one line a fleet."""

from __future__ import annotations

import math
from html import escape
from typing import Final

Line = list[tuple[int, float]]

LEFT, TOP, WIDTH, HEIGHT, RIGHT, BOTTOM = 70, 60, 560, 260, 130, 50
COLOURS: Final = ("#b4552d", "#2f7d5b", "#5b7a99", "#8a6d3b")
AIM: Final = "#222222"
FONT: Final = 'font-family="system-ui, sans-serif" font-size="13"'
TITLE: Final = "An evening with a television report, 100,000 conversations a month"


def draw(lines: dict[str, Line], aim_ms: float) -> str:
    """The picture of lines of (minute, milliseconds); the time axis down to 10 ms, logarithmic."""
    minutes = max(minute for line in lines.values() for minute, _ in line)
    most = max(max(ms for line in lines.values() for _, ms in line), 2 * aim_ms)
    decades = math.ceil(math.log10(most / 10))

    def x(minute: float) -> float:
        return LEFT + WIDTH * minute / max(minutes, 1)

    def y(ms: float) -> float:
        return TOP + HEIGHT * (1 - math.log10(max(ms, 10) / 10) / decades)

    width, height = LEFT + WIDTH + RIGHT, TOP + HEIGHT + BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(TITLE)}" {FONT}>',
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text x="16" y="26" font-size="16" font-weight="600">{escape(TITLE)}</text>',
        '<text x="16" y="44" fill="#555555">time to the answer, p95 of each minute</text>',
    ]
    for decade in range(decades + 1):
        ms = 10 * 10**decade
        label = f"{ms} ms" if ms < 1000 else f"{ms // 1000} s"
        parts.append(
            f'<line x1="{LEFT}" x2="{LEFT + WIDTH}" y1="{y(ms):.1f}" y2="{y(ms):.1f}" '
            'stroke="#e5e5e5"/>'
            f'<text x="{LEFT - 8}" y="{y(ms) + 4:.1f}" text-anchor="end">{label}</text>'
        )
    parts += [
        f'<text x="{x(minute):.1f}" y="{TOP + HEIGHT + 20}" text-anchor="middle">'
        f"{minute} min</text>"
        for minute in range(0, minutes + 1, 15)
    ]
    parts.append(
        f'<line x1="{LEFT}" x2="{LEFT + WIDTH}" y1="{y(aim_ms):.1f}" y2="{y(aim_ms):.1f}" '
        f'stroke="{AIM}" stroke-dasharray="5 4"/>'
        f'<text x="{LEFT + WIDTH + 8}" y="{y(aim_ms) + 4:.1f}">aim {aim_ms / 1000:g} s</text>'
    )
    for number, (name, line) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        points = " ".join(f"{x(minute):.1f},{y(ms):.1f}" for minute, ms in line)
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
            f'<text x="{LEFT + WIDTH + 8}" y="{TOP + 20 + 20 * number}" fill="{colour}">'
            f"{escape(name)}</text>"
        )
    return "\n".join([*parts, "</svg>"]) + "\n"
