"""Commands for what people may ask of us, and for showing that it was done.

A copy of one's data, erasing, removing what is over its time, and checking the audit log.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from bot.settings import settings

commands = typer.Typer()
audit = typer.Typer(help="The audit log.", no_args_is_help=True)
commands.add_typer(audit, name="audit")

Person = Annotated[str, typer.Argument(help="Conversation or case number.")]


@commands.command()
def access(
    conversation: Person,
    out: Annotated[Path | None, typer.Option(help="File to write; default: stdout.")] = None,
) -> None:
    """A copy of everything kept about a person, for that person."""
    from bot.operations.cases import UnknownCase, copy_for_person

    try:
        data = copy_for_person(conversation)
    except UnknownCase as error:
        _fail(str(error), 2)
    if out:
        out.write_bytes(data)
    else:
        sys.stdout.buffer.write(data)


@commands.command()
def erase(conversation: Person) -> None:
    """Erase a person's data everywhere; only the audit entry stays."""
    from bot.operations.cases import UnknownCase, erase_person

    try:
        erased = erase_person(conversation)
    except UnknownCase as error:
        _fail(str(error), 2)
    for table, rows in sorted(erased.rows.items()):
        print(f"{table}: {rows}")


@commands.command()
def retention(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be removed.")
    ] = False,
) -> None:
    """Remove what is over its time (INTAKE_KEEP_...); the running service does so every hour."""
    from bot.operations.cases import open_store
    from bot.operations.retention import carry_out

    for line in carry_out(open_store(), settings(), dry_run=dry_run):
        print(line)


@audit.command("verify")
def audit_verify(
    known: Annotated[
        str | None, typer.Option(help="A hash printed earlier, to be found again.")
    ] = None,
) -> None:
    """Check that no entry was changed or removed; exit code 1 if one was."""
    from bot.operations.audit import Broken, verify
    from bot.operations.cases import open_store

    try:
        print(verify(open_store(), known))
    except Broken as broken:
        _fail(str(broken), 1)


def _fail(text: str, code: int) -> NoReturn:
    print(f"intake: {text}", file=sys.stderr)
    raise typer.Exit(code)
