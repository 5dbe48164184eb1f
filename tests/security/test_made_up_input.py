"""Whatever comes in, nothing fails, hangs or shows our inside: the short version of the long run.

The long one is `python -m benchmarks.fuzz` and, driven by docs/openapi.yml,
`python -m benchmarks.fuzz.schema`; figures in benchmarks/README.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.routing import Mount, Route

from benchmarks.fuzz.routes import ROUTES, Doors, sound
from benchmarks.fuzz.targets import PARSERS
from bot.settings import ROOT
from tests.security.conftest import Gateway

ANSWERS = {"get", "post", "put", "delete", "patch"}
# Each upload is a request of its own, with files to write.
FEW, MORE = 12, 40


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """A gateway with stand-ins around it, and a console, for all the doors."""
    with Doors(tmp_path_factory.mktemp("fuzz")) as opened:
        yield opened


def tried(strategy: st.SearchStrategy[Any], attempt: Any, cases: int) -> None:
    @settings(
        max_examples=cases,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def one(value: Any) -> None:
        attempt(value)

    one()


@pytest.mark.parametrize("name", sorted(PARSERS))
def test_no_input_makes_a_parser_fail(name: str) -> None:
    strategy, attempt = PARSERS[name]
    tried(strategy, attempt, MORE)


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_no_request_makes_a_door_fail(doors: Doors, name: str) -> None:
    strategy, attempt = ROUTES[name]
    tried(strategy, attempt(doors), FEW)


def test_the_long_run_would_see_a_failure(doors: Doors) -> None:
    broken = doors.console.get("/console/login")
    broken.status_code = 500
    with pytest.raises(AssertionError):
        sound(broken)


def test_the_description_names_every_door_but_the_console(gateway: Gateway) -> None:
    described = yaml.safe_load((ROOT / "docs" / "openapi.yml").read_text(encoding="utf-8"))
    named = {
        f"{method.upper()} {path}"
        for path, methods in described["paths"].items()
        for method in methods
        if method in ANSWERS
    }
    declared = set()
    for route in gateway.routes:
        if isinstance(route, Route) and not route.path.startswith("/chat/"):
            path = route.path.replace(":path}", "}")
            declared |= {f"{m} {path}" for m in (route.methods or {"GET"}) - {"HEAD"}}
        else:
            assert isinstance(route, Route | Mount)
    assert named == declared
