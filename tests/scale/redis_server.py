"""A real Redis of the tests' own: no root, no port that others use, nothing on disk."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import redis

from bot.operations.engine_process import free_port
from tests.connectors.waiting import LONGEST_SECONDS

BINARY = Path(sys.executable).with_name("redis-server")


@dataclass
class RedisServer:
    """A server that can be stopped and started again at the same address, empty."""

    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process = subprocess.Popen(
            [BINARY, "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""],
            stdout=subprocess.DEVNULL,
        )
        with redis.Redis.from_url(self.url) as client:
            until = time.monotonic() + LONGEST_SECONDS
            while time.monotonic() < until:
                try:
                    client.ping()
                except redis.ConnectionError:
                    time.sleep(0.02)
                else:
                    return
        raise RuntimeError("redis did not start")

    def stop(self) -> None:
        """Kill it; what it knew is gone."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


def unused() -> RedisServer:
    """A server on a free port, not started."""
    return RedisServer(free_port())
