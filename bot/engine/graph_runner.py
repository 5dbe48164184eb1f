"""Runs Rasa's graph of components one after the other, without a scheduler in between.

Rasa hands every message to dask, which plans the same few steps anew each time, puts them into
queues and formats a log line of the whole tracker: a sixth of an engine's processor time, for steps
that run one after the other anyway. Rasa names its runner in one place and has no setting for it.
"""

from __future__ import annotations

from typing import Any

import rasa.core.processor
from rasa.engine.constants import PLACEHOLDER_MESSAGE
from rasa.engine.exceptions import GraphRunError
from rasa.engine.graph import GraphNode, GraphSchema
from rasa.engine.runner.dask import DaskGraphRunner

from bot.engine.stages import stage

REPLACED = {
    "DaskGraphRunner.run": DaskGraphRunner.run,
    "GraphNode.__call__": GraphNode.__call__,
}


class InOrder(DaskGraphRunner):
    """Each component after those whose output it needs; the order is found once for each target."""

    def run(
        self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None
    ) -> dict[str, Any]:
        """The output of each target. Raises GraphRunError, and what a component raises."""
        wanted = tuple(targets or self._graph_schema.target_names)
        given = {name: (name, value) for name, value in (inputs or {}).items()}
        done: dict[str, Any] = dict(given)
        try:
            with stage("understand" if PLACEHOLDER_MESSAGE in given else "predict"):
                for name, needs in self._order(wanted):
                    if name not in given:
                        node = self._instantiated_nodes[name]
                        done[name] = node(*(done.get(n, n) for n in needs))
        except RuntimeError as error:
            raise GraphRunError("Error running runner.") from error
        return dict(done[name] for name in wanted)

    def _order(self, wanted: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
        """The nodes that lead to these targets, each with what it needs, needs first."""
        orders = self.__dict__.setdefault("_orders", {})
        if wanted not in orders:
            orders[wanted] = _in_order(self._graph_schema.minimal_graph_schema(list(wanted)))
        return orders[wanted]


def _in_order(schema: GraphSchema) -> list[tuple[str, tuple[str, ...]]]:
    found: dict[str, tuple[str, ...]] = {}

    def visit(name: str) -> None:
        if name in found or name not in schema.nodes:  # an input of the run is no node
            return
        needs = tuple(schema.nodes[name].needs.values())
        for need in needs:
            visit(need)
        found[name] = needs

    for name in schema.nodes:
        visit(name)
    return list(found.items())


def install() -> None:
    """The processor makes this runner from now on; calling it again changes nothing."""
    rasa.core.processor.DaskGraphRunner = InOrder
