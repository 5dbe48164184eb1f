"""Runs the processes of the service side by side and keeps them running until told to stop.

A process that dies is started again after a short, growing pause. Stopping asks politely first
(SIGTERM), so that every process can finish what it holds, and kills only what does not listen.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.settings import ROOT

PATIENCE_SECONDS = 10
LONGEST_PAUSE_SECONDS = 30
STEADY_SECONDS = 60


@dataclass(slots=True)
class Process:
    """One process of the service; its output goes to a log file of its own."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    running: asyncio.subprocess.Process | None = field(default=None, init=False)

    async def start(self) -> asyncio.subprocess.Process:
        """Start it; output is appended to the log file."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as out:
            self.running = await asyncio.create_subprocess_exec(
                *self.command,
                cwd=ROOT,
                env=dict(self.environment),
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        return self.running

    async def keep_running(self) -> None:
        """Start it, and again whenever it ends, until cancelled."""
        pause = 1.0
        while True:
            started = asyncio.get_running_loop().time()
            running = await self.start()
            code = await running.wait()
            steady = asyncio.get_running_loop().time() - started > STEADY_SECONDS
            pause = 1.0 if steady else min(pause * 2, LONGEST_PAUSE_SECONDS)
            print(
                f"{self.name} ended (code {code}); see {self.log}. Starting it again.", flush=True
            )
            await asyncio.sleep(pause)

    async def stop(self) -> None:
        """Ask it to end; kill it if it does not within PATIENCE_SECONDS."""
        running = self.running
        if running is None or running.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            running.terminate()
        try:
            await asyncio.wait_for(running.wait(), PATIENCE_SECONDS)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                running.kill()
            await running.wait()


def port_is_free(host: str, port: int) -> bool:
    """Whether a server can listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
