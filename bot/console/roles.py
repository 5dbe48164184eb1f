"""Who may do what in the console: roles and the rights they hold, as one table."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """An account has one role."""

    COORDINATOR = "coordinator"
    LEAD = "lead"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Right(StrEnum):
    """What a screen asks for. OPEN needs no login, SELF any login."""

    OPEN = "open"
    SELF = "self"
    READ_CASES = "read_cases"
    CHANGE_CASES = "change_cases"
    EXPORT_CASES = "export_cases"
    ERASE_CASES = "erase_cases"
    READ_AUDIT = "read_audit"
    READ_QUALITY = "read_quality"
    MANAGE_ACCOUNTS = "manage_accounts"


# An auditor sees no health data. The first account of an installation is an administrator, who
# works alone until there are others, and so holds every right.
RIGHTS: dict[Role, frozenset[Right]] = {
    Role.COORDINATOR: frozenset(
        {Right.OPEN, Right.SELF, Right.READ_CASES, Right.CHANGE_CASES, Right.EXPORT_CASES}
    ),
    Role.LEAD: frozenset(
        {
            Right.OPEN,
            Right.SELF,
            Right.READ_CASES,
            Right.CHANGE_CASES,
            Right.EXPORT_CASES,
            Right.ERASE_CASES,
            Right.READ_AUDIT,
            Right.READ_QUALITY,
        }
    ),
    Role.AUDITOR: frozenset({Right.OPEN, Right.SELF, Right.READ_AUDIT}),
    Role.ADMINISTRATOR: frozenset(Right),
}


def may(role: Role, right: Right) -> bool:
    """Whether the role holds the right."""
    return right in RIGHTS[role]
