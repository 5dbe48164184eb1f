"""The `intake` command: start, train, talk, understand, assess, export, erase, users, checks.

JSON lines go in and out where marked; a bad line is answered with `{"id", "error"}` and the rest is
still processed. Errors are one line on stderr; exit code 2 means bad input, 1 a failed check.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from bot.operations.privacy_commands import commands as privacy
from bot.operations.serving_commands import commands as serving
from bot.settings import SettingMissing, settings

app = typer.Typer(
    help="Oncology intake service.", no_args_is_help=True, pretty_exceptions_enable=False
)
user = typer.Typer(help="Coordinators' accounts.", no_args_is_help=True)
rules = typer.Typer(help="The eligibility rules.", no_args_is_help=True)
keys = typer.Typer(help="Keys of the data.", no_args_is_help=True)
channel = typer.Typer(help="Messengers: webhooks, templates, what failed.", no_args_is_help=True)
app.add_typer(serving)
app.add_typer(privacy)
app.add_typer(channel, name="channel")
app.add_typer(user, name="user")
app.add_typer(rules, name="rules")
app.add_typer(keys, name="keys")

BYTE_ORDER_MARK = "\ufeff"
JsonLines = Annotated[
    bool, typer.Option("--jsonl", help="JSON lines on standard input and output.")
]


def main() -> None:
    """Run a command; a known failure is one line, never a traceback."""
    from bot.eligibility.yaml_places import RuleFileError
    from bot.operations.backup import BackupFailed
    from bot.operations.model_record import UntrustedModel
    from bot.operations.run import CannotStart
    from bot.operations.training import TrainingFailed
    from bot.store.errors import BadKeys, StoreUnavailable

    try:
        app()
    except (SettingMissing, BadKeys, StoreUnavailable, RuleFileError) as error:
        _fail(str(error))
    except (BackupFailed, CannotStart, TrainingFailed, UntrustedModel) as error:
        _fail(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)


def _fail(text: str) -> NoReturn:
    print(f"intake: {text}", file=sys.stderr)
    sys.exit(2)


@app.command()
def chat(
    url: Annotated[str, typer.Option(help="Address of the gateway.")] = "",
) -> None:
    """Talk to the running service in the terminal."""
    from connectors.terminal import ChatError
    from connectors.terminal import chat as talk

    configuration = settings()
    try:
        talk(url or f"http://{configuration.host}:{configuration.port}")
    except ChatError as error:
        _fail(str(error))


@app.command()
def understand(jsonl: JsonLines = False) -> None:
    """Understand messages: one {"id", "text", "asks"?} a line in, one result a line out."""
    from bot.operations.understanding import understand_lines

    _lines(jsonl, understand_lines)


@app.command()
def assess(jsonl: JsonLines = False) -> None:
    """Judge facts by the rules: one {"id", "facts"} a line in, one assessment a line out."""
    from bot.eligibility.cli import assess_lines

    _lines(jsonl, assess_lines)


@app.command()
def checklist(jsonl: JsonLines = False) -> None:
    """The records to collect: one {"id", "facts"} a line in, one checklist a line out."""
    from bot.eligibility.engine import assess as judge
    from bot.records.cli import checklist_lines

    def statuses(facts: Mapping[str, Any]) -> Mapping[str, str]:
        return judge(facts).for_records()

    _lines(jsonl, lambda lines: checklist_lines(lines, statuses))


def _lines(jsonl: bool, answer: Callable[[Iterable[str]], Iterator[dict[str, Any]]]) -> None:
    if not jsonl:
        _fail("this command reads and writes JSON lines; call it with --jsonl")
    # Bytes that are no UTF-8 spoil their own line only, and half a character goes out escaped.
    for stream, errors in ((sys.stdin, "replace"), (sys.stdout, "backslashreplace")):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors=errors)
    for result in answer(line.lstrip(BYTE_ORDER_MARK) for line in sys.stdin):
        print(json.dumps(result, ensure_ascii=False), flush=True)


@app.command()
def export(
    case: Annotated[str, typer.Argument(help="Case number or conversation.")],
    form: Annotated[str, typer.Option("--format", help="json, pdf or fhir.")] = "json",
    out: Annotated[Path | None, typer.Option(help="File to write; default: stdout.")] = None,
) -> None:
    """A case for the hospital."""
    from bot.operations.cases import UnknownCase, export_bytes

    try:
        data = export_bytes(case, form)
    except (UnknownCase, ValueError) as error:
        _fail(str(error))
    _write(data, out)


def _write(data: bytes, out: Path | None) -> None:
    if out:
        out.write_bytes(data)
    else:
        sys.stdout.buffer.write(data)


@user.command("add")
def user_add(
    name: Annotated[str, typer.Argument(help="Login name.")],
    role: Annotated[
        str, typer.Option(help="coordinator, lead, auditor or administrator.")
    ] = "coordinator",
) -> None:
    """Create an account; its first password is printed once."""
    from bot.console.accounts import create_user
    from bot.operations.cases import open_store

    try:
        password = create_user(open_store(), name, role=role)
    except ValueError as error:
        _fail(str(error))
    print(f"{name} / {password}   (to be changed at first login)")


@user.command("list")
def user_list() -> None:
    """All accounts, one a line."""
    from bot.console.accounts import list_users
    from bot.operations.cases import open_store

    for account in list_users(open_store()):
        state = "disabled" if account.disabled else "active"
        print(f"{account.username}\t{account.role}\t{state}")


@user.command("disable")
def user_disable(name: Annotated[str, typer.Argument(help="Login name.")]) -> None:
    """Lock an account and end its sessions."""
    from bot.console.accounts import disable_user
    from bot.operations.cases import open_store

    try:
        disable_user(open_store(), name)
    except ValueError as error:
        _fail(str(error))
    print(f"{name} disabled")


@rules.command("list")
def rules_list() -> None:
    """Every rule and gate: id, pathway, answer, review state."""
    from bot.eligibility.cli import rules_list as listed

    for line in listed():
        print(line)


@rules.command("show")
def rules_show(
    ident: Annotated[str, typer.Argument(help="Rule, gate or pathway, such as CT-LB-1.")],
) -> None:
    """One rule, gate or pathway in plain words."""
    from bot.eligibility.cli import rules_show as shown

    try:
        print(shown(ident))
    except KeyError:
        _fail(f"{ident}: no such rule, gate or pathway")


@rules.command("check")
def rules_check() -> None:
    """What is doubtful in the rule files; exit code 1 for anything but a stale date."""
    from bot.eligibility.cli import rules_check as checked

    found = checked()
    for line in found:
        print(line)
    if any(not line.startswith("stale") for line in found):
        raise typer.Exit(1)


@rules.command("page")
def rules_page() -> None:
    """The review page for clinicians, as kept in docs/rules.md."""
    from bot.eligibility.cli import rules_page as printed

    print(printed(), end="")


@rules.command("diff")
def rules_diff() -> None:
    """Which open cases would be answered otherwise today: one JSON object a changed case."""
    from bot.operations.cases import open_store
    from bot.operations.rules import diff

    for changed in diff(open_store()):
        print(json.dumps(changed, ensure_ascii=False))


@rules.command("questions")
def rules_questions() -> None:
    """The order and the number of the questions, as kept in docs/questions.md."""
    from bot.eligibility.question_page import page

    print(page(), end="")


@channel.command("telegram")
def channel_telegram(
    what: Annotated[str, typer.Argument(help="set-webhook, delete-webhook or info.")],
) -> None:
    """Register Telegram's webhook, remove it, or show what is registered."""
    from connectors.channel_commands import telegram

    if what not in ("set-webhook", "delete-webhook", "info"):
        _fail("telegram: set-webhook, delete-webhook or info")
    _lines_of(telegram(settings(), what))


@channel.command("whatsapp")
def channel_whatsapp(
    what: Annotated[str, typer.Argument(help="templates: make the buttons, lists and lines.")],
) -> None:
    """Make WhatsApp's content templates; prints the line for the settings."""
    from connectors.channel_commands import whatsapp_templates

    if what != "templates":
        _fail("whatsapp: templates")
    _lines_of(whatsapp_templates(settings()))


@channel.command("failed")
def channel_failed() -> None:
    """What did not get through: id, state, direction, case, code; no content."""
    from bot.operations.cases import open_store
    from connectors.channel_commands import failed

    for line in failed(open_store()):
        print(line)


@channel.command("retry")
def channel_retry(
    message: Annotated[str, typer.Argument(help="Id as `intake channel failed` prints it.")],
) -> None:
    """Answer or send a given-up message again."""
    from bot.operations.cases import open_store
    from bot.store.errors import NotFound

    try:
        open_store().dead_letters.try_again(message, "operator")
    except NotFound:
        _fail(f"{message}: not among what was given up")


@channel.command("link")
def channel_link(
    case: Annotated[str, typer.Argument(help="Case number or conversation.")],
) -> None:
    """A code for the family's other messenger; the case's own side is asked before it is shared."""
    from bot.operations.cases import open_store

    store = open_store()
    found = store.conversations.find(case)
    if found is None:
        _fail(f"{case}: no such case or conversation")
    print(f"link {store.links.offer(found.id, 'operator')}")


def _lines_of(work: Coroutine[Any, Any, list[str]]) -> None:
    from connectors.channel_commands import ChannelError

    try:
        print(*asyncio.run(work), sep="\n")
    except ChannelError as error:
        _fail(str(error))


@keys.command("new")
def keys_new() -> None:
    """Make a key for INTAKE_DATA_KEYS."""
    from cryptography.fernet import Fernet

    print(Fernet.generate_key().decode())


@keys.command("rotate")
def keys_rotate() -> None:
    """Bring all data and files under the first key of INTAKE_DATA_KEYS, while in use.

    Interrupted, run it again: it goes on with what is left.
    """
    from bot.operations.cases import open_store
    from bot.operations.keys import rotate

    rotate(open_store(), lambda line: print(line, flush=True))


@app.command()
def doctor() -> None:
    """Check settings, database, engine, model, channels; exit code 1 if one fails."""
    from bot.operations.doctor import examine

    findings = list(examine())
    for finding in findings:
        print(finding.line)
    if any(f.failed for f in findings):
        sys.exit(1)


if __name__ == "__main__":
    main()
