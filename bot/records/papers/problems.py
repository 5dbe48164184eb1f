"""What can be wrong with a received file, as the dialogue and the console name it."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Problem(StrEnum):
    """Why a file is not filed as a paper; each has a sentence of its own for the person."""

    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"  # more files in a day than one person is given room for
    GONE = "gone"  # the provider has it no longer
    AWAY = "away"  # the provider did not give it, however often it was asked
    BROKEN = "broken"  # cut off or damaged
    EMPTY = "empty"
    LOCKED = "locked"  # needs a password
    PROGRAM = "program"  # could be executed, whatever its name says
    TWO_KINDS = "two_kinds"  # valid as two kinds of file at once
    BOMB = "bomb"  # unpacks to far more than it is
    VIRUS = "virus"
    ARCHIVE = "archive"  # an archive that cannot be looked into
    UNKNOWN = "unknown"  # no kind of file that holds records


# A locked paper waits for its password; one that never came has nothing to keep.
KEPT: Final = frozenset({Problem.LOCKED})


class Note(StrEnum):
    """What a coordinator should know of a file that was kept."""

    PROGRAMS_INSIDE = "programs_inside"  # as on CDs with a viewer; do not start them
    ACTIVE = "active"  # a document with scripts or macros; open it in a safe viewer
    OTHER_NAME = "other_name"  # the name's ending says another kind
