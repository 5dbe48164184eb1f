"""Commands that start the service, whole or in parts, make and check models, save and restore.

Each part may run any number of times, on any hosts, against one database: gateway (takes messages
in), worker (takes the turns), sender (hands replies to providers), engine, actions.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.settings import ROOT, SettingMissing, settings

commands = typer.Typer()

Host = Annotated[str | None, typer.Option(help="Address to listen on; 0.0.0.0 in a container.")]
Port = Annotated[int | None, typer.Option(help="Port to listen on.")]
Folder = Annotated[Path, typer.Argument(help="Folder of the backup.")]


@commands.command()
def run() -> None:
    """Start engine, action server and gateway with console; Ctrl-C stops all of it."""
    from bot.operations.run import run as start

    start()


@commands.command()
def gateway(
    host: Host = None,
    port: Port = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Worker and sender in the same process too.")
    ] = False,
) -> None:
    """Take messages in: webhooks, browser chat, console."""
    from connectors.parts import ALL, Part

    _serve(ALL if everything else {Part.WEB}, host, port)


@commands.command()
def worker(host: Host = None, port: Port = None) -> None:
    """Take the turns of the conversations; serves its health and figures."""
    from connectors.parts import Part

    _serve({Part.WORKER}, host, port)


@commands.command()
def sender(host: Host = None, port: Port = None) -> None:
    """Hand replies to the providers, remind, erase what has expired; serves health and figures."""
    from connectors.parts import Part

    _serve({Part.SENDER}, host, port)


def _serve(parts: Collection[Any], host: str | None, port: int | None) -> None:
    from connectors.gateway import main as serve

    sys.exit(serve(parts, host, port))


@commands.command()
def actions(host: Host = None, port: Port = None) -> None:
    """Serve the actions of the dialogue to engines; private, guarded by INTAKE_ENGINE_TOKEN."""
    from actions.server import main as serve

    # The action server is Rasa's and takes its address from the environment.
    given = {"INTAKE_ACTIONS_HOST": host, "INTAKE_ACTIONS_PORT": port}
    os.environ |= {name: str(value) for name, value in given.items() if value}
    serve()


@commands.command()
def engine(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 5005,
    model: Annotated[str | None, typer.Option(help="Model file; default: the newest.")] = None,
) -> None:
    """Run one engine with a trained model; private, guarded by INTAKE_ENGINE_TOKEN."""
    from bot.operations.engine_process import engine_command
    from bot.operations.smoke import model_named
    from bot.operations.training import serving_environment

    configuration = settings()
    if configuration.engine_token is None:
        raise SettingMissing("INTAKE_ENGINE_TOKEN is not set; the engine does not start without it")
    environment = serving_environment() | {
        "INTAKE_ENGINE_TOKEN": configuration.engine_token.get_secret_value(),
        "INTAKE_ACTIONS_URL": configuration.actions_url,
    }
    command = engine_command(model_named(model), port=port, host=host)
    os.chdir(ROOT)
    os.execve(command[0], command, environment)  # noqa: S606 - no shell is wanted


@commands.command()
def migrate() -> None:
    """Bring the database to the newest version; safe to run from several hosts at once."""
    from bot.store import Store

    configuration = settings()
    store = Store.open(configuration.database_url, configuration.keys)
    store.migrate()
    store.close()
    print("The database is at the newest version.")


@commands.command()
def train(
    force: Annotated[bool, typer.Option("--force", help="Train even if nothing changed.")] = False,
) -> None:
    """Train the model; skipped when its inputs did not change."""
    from bot.operations.training import is_current, model_path
    from bot.operations.training import train as train_model

    stale = force or not is_current(model_path())
    print(f"Model: {train_model(force=stale).name}")


@commands.command()
def smoke(
    model: Annotated[str | None, typer.Option(help="Model file; default: the newest.")] = None,
) -> None:
    """Hold short conversations with a model; exit code 1 when it must not serve people."""
    from bot.operations.smoke import ModelUnfit, model_named
    from bot.operations.smoke import smoke as hold

    try:
        for line in hold(model_named(model)):
            print(line)
    except ModelUnfit as error:
        print(f"intake: {error}", file=sys.stderr)
        raise typer.Exit(1) from None


@commands.command()
def backup(folder: Folder) -> None:
    """Save database and files to a new folder while the service runs; the keys are not in it."""
    from bot.operations.backup import backup as save

    manifest = save(settings(), folder)
    for name in manifest["sha256"]:
        print(folder / name)


@commands.command()
def restore(folder: Folder) -> None:
    """Bring a backup into an empty database and folder."""
    from bot.operations.backup import restore as bring_back

    print(f"{bring_back(settings(), folder)} conversations restored")
