"""What an operator watches, in Prometheus' terms: counts and ages, never ids or content."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from bot.store import Store
from bot.store.errors import StoreError

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """The counters of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.received = Counter(
            "intake_received",
            "Messages that came in, by channel and result",
            ["channel", "result"],
            registry=self.registry,
        )
        self.refused = Counter(
            "intake_refused",
            "Requests that were refused, by channel and reason",
            ["channel", "reason"],
            registry=self.registry,
        )
        self.answered = Histogram(
            "intake_accept_seconds",
            "From a webhook's arrival to its answer",
            ["channel"],
            buckets=_SECONDS,
            registry=self.registry,
        )

        self.turns = Histogram(
            "intake_turn_seconds",
            "From the claim of a turn to its end, by channel and result",
            ["channel", "result"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.stages = Histogram(
            "intake_turn_stage_seconds",
            "Parts of a turn: wait (from arrival to claim), prepare, engine, store; and parts of"
            " engine: understand, predict, act, say",
            ["stage"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.engine_errors = Counter(
            "intake_engine_errors",
            "Turns that the engine did not take, by reason",
            ["reason"],
            registry=self.registry,
        )
        self.sends = Counter(
            "intake_sends",
            "Tries to send a message, by channel and result",
            ["channel", "result"],
            registry=self.registry,
        )
        self.spooled = Gauge(
            "intake_spooled",
            "Messages on disk that wait for the database",
            registry=self.registry,
        )
        self.spool_corrupt = Gauge(
            "intake_spool_corrupt",
            "Messages on disk that could not be read or stored and were set aside",
            registry=self.registry,
        )

    def turn(self, channel: str, result: str, seconds: float) -> None:
        """A turn ended (the worker tells)."""
        self.turns.labels(channel, result).observe(seconds)

    def stage(self, stage: str, seconds: float) -> None:
        """A part of a turn ended (the worker tells)."""
        self.stages.labels(stage).observe(seconds)

    def engine_error(self, reason: str) -> None:
        """The engine did not take a turn (the worker tells)."""
        self.engine_errors.labels(reason).inc()

    def send(self, channel: str, result: str) -> None:
        """A try to send ended (the sender tells)."""
        self.sends.labels(channel, result).inc()

    def watch(self, store: Store) -> None:
        """Adds the depth of the queues, asked for when somebody looks."""
        self.registry.register(_Depths(store))

    def text(self) -> bytes:
        """The metrics in Prometheus' text format."""
        return generate_latest(self.registry)


class _Depths(Collector):
    def __init__(self, store: Store) -> None:
        self._queues: dict[str, Callable[[], object]] = {
            "inbox": store.inbox.depth,
            "outbox": store.outbox.depth,
        }

    def describe(self) -> Iterator[GaugeMetricFamily]:
        return iter(())  # registering must not need the database

    def collect(self) -> Iterator[GaugeMetricFamily]:
        families = {
            "waiting": "Messages waiting",
            "oldest_seconds": "Age of the oldest waiting message",
            "dead": "Messages given up",
        }
        try:
            depths = {name: depth() for name, depth in self._queues.items()}
        except StoreError:
            return
        for field, text in families.items():
            family = GaugeMetricFamily(f"intake_queue_{field}", text, labels=["queue"])
            for name, depth in depths.items():
                family.add_metric([name], float(getattr(depth, field)))
            yield family
