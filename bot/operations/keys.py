"""`intake keys rotate`: everything stored is brought under the newest key while people write."""

from __future__ import annotations

from collections.abc import Callable

from bot.store import Store

# A process that still had only the old key may have written behind the first pass.
PASSES = 3


def rotate(store: Store, say: Callable[[str], None]) -> int:
    """Rotate until a pass finds nothing under an older key; gives how much was rewritten."""
    total = 0
    for _ in range(PASSES):
        seen: dict[str, int] = {}

        def tell(what: str, number: int, seen: dict[str, int] = seen) -> None:
            seen[what] = number
            say(f"{what}: {number} looked at")

        rewritten = store.rotate_keys(tell)
        total += rewritten
        say(f"rewritten: {rewritten}")
        if not rewritten:
            say("Everything is under the newest key; older ones can be dropped.")
            return total
    say("Something still writes under an older key: give every process the new one, run it again.")
    return total
