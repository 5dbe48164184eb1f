"""The real proxy with our configuration in front of two gateways."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from bot.console.attempts import WINDOW
from bot.limits import RedisLink, SharedTally
from bot.operations.engine_process import free_port
from bot.settings import ROOT
from tests.conftest import KEY
from tests.connectors.waiting import until
from tests.console.conftest import OURS, token_of
from tests.scale.fleet import TOKEN, Fleet, fleet, own_database
from tests.scale.people import Person, answered, heard
from tests.scale.redis_server import RedisServer
from tests.standins.engine import EngineStandIn
from tests.standins.serving import serving

pytestmark = pytest.mark.postgres

CADDY = Path(sys.executable).with_name("caddy")


@contextmanager
def proxy(gateways: list[str], folder: Path, port: int) -> Iterator[str]:
    """Caddy with deploy/Caddyfile on a port of ours, without TLS."""
    environment = os.environ | {
        "INTAKE_DOMAIN": f"http://127.0.0.1:{port}",
        "INTAKE_GATEWAYS": " ".join(url.removeprefix("http://") for url in gateways),
        "INTAKE_ALIVE_PORT": str(free_port()),
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
    }
    command = [CADDY, "run", "--config", ROOT / "deploy" / "Caddyfile", "--adapter", "caddyfile"]
    with (folder / "caddy.log").open("wb") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
        url = f"http://127.0.0.1:{port}"
        try:
            until(lambda: status(f"{url}/chat") == httpx.codes.OK)
            yield url
        finally:
            process.terminate()
            process.wait(60)


def status(url: str) -> int:
    """The status an address answers with; 0 while nobody listens."""
    try:
        return httpx.get(url, timeout=10).status_code
    except httpx.HTTPError:
        return 0


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, postgres: str, redis_server: RedisServer
) -> Iterator[tuple[Fleet, str]]:
    """Two gateways and a worker behind the proxy; gives the proxy's address."""
    engine = EngineStandIn(token=TOKEN, seconds=0.02)
    port = free_port()
    with (
        serving(engine.app(), abrupt=True) as address,
        own_database(postgres) as database,
        fleet(
            tmp_path_factory.mktemp("proxied"),
            database,
            {"gateway": 2, "worker": 1},
            address,
            KEY,
            INTAKE_REDIS_URL=redis_server.url,
            INTAKE_PUBLIC_URL=f"http://127.0.0.1:{port}",
            INTAKE_TRUSTED_PROXIES="127.0.0.1",
        ) as running,
    ):
        gateways = [running.url(name) for name in running.names("gateway")]
        with proxy(gateways, tmp_path_factory.mktemp("caddy"), port) as url:
            yield running, url


def test_figures_and_states_stay_inside(served: tuple[Fleet, str]) -> None:
    _fleet, url = served
    for path in ("/metrics", "/readyz", "/healthz"):
        assert status(url + path) == httpx.codes.NOT_FOUND
    assert status(f"{url}/console/login") == httpx.codes.OK


def test_who_asks_cannot_be_forged(served: tuple[Fleet, str], redis_url: str) -> None:
    """A login that fails counts for the address that tried, whatever it says of itself."""
    _fleet, url = served
    tally = SharedTally(RedisLink(redis_url, KEY), "logins", WINDOW.total_seconds())
    forged = {"X-Forwarded-For": "203.0.113.7"}
    with httpx.Client(base_url=url, headers={**OURS, **forged}, timeout=90) as browser:
        form = {"token": token_of(browser.get("/console/login").text)}
        form |= {"name": "nobody", "password": "wrong", "next": ""}
        assert browser.post("/console/login", data=form).status_code == httpx.codes.UNAUTHORIZED
    assert tally.count("203.0.113.7") == 0
    assert tally.count("127.0.0.1") == 1


def test_a_gateway_that_dies_is_not_noticed_behind_the_proxy(served: tuple[Fleet, str]) -> None:
    running, url = served
    script = [f"line {number}" for number in range(8)]
    people = [Person(running, f"behind-{number}", 0, addresses=[url]) for number in range(4)]
    with ThreadPoolExecutor(len(people)) as pool:
        talks = [pool.submit(person.talk, script) for person in people]
        running.kill("gateway-1")
        for talk in talks:
            talk.result()
    running.start("gateway-1")
    running.wait_ready("gateway-1")
    for person in people:
        assert heard(running.store, person.name) == script
        assert answered(running.store, person.name) == [f"You said: {text}" for text in script]
