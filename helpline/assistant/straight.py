"""Runs a model's graph without dask: the same components in the same order, one called after the other.

Dask plans every run anew, which takes longer than our components do (1 ms of 2 for a message).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphNodeHook, GraphSchema
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.storage import ModelStorage


class StraightRunner(GraphRunner):
    """A loaded graph, its nodes in an order in which each comes after those it needs."""

    def __init__(self, loaded: DaskGraphRunner) -> None:
        self._nodes = loaded._instantiated_nodes
        self._schema: GraphSchema = loaded._graph_schema
        self._orders: dict[tuple[str, ...], list[tuple[str, tuple[str, ...]]]] = {}

    @classmethod
    def create(
        cls,
        graph_schema: GraphSchema,
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: list[GraphNodeHook] | None = None,
    ) -> StraightRunner:
        """Load the graph as Rasa does."""
        return cls(DaskGraphRunner.create(graph_schema, model_storage, execution_context, hooks))

    def component(self, kind: type) -> list[Any]:
        """The loaded components of a class."""
        loaded = (getattr(node, "_component", None) for node in self._nodes.values())
        return [one for one in loaded if isinstance(one, kind)]

    def run(
        self, inputs: Mapping[str, Any] | None = None, targets: list[str] | None = None
    ) -> dict[str, Any]:  # fmt: skip
        """Run what the targets need; their outputs by name."""
        wanted = tuple(targets or self._schema.target_names)
        known: dict[str, Any] = {name: (name, value) for name, value in (inputs or {}).items()}
        for name, needs in self._order(wanted):
            # A need that nothing provides is passed by its name, as dask does; the node says what is missing.
            known[name] = self._nodes[name](*(known.get(need, need) for need in needs))
        return {name: known[name][1] for name in wanted}

    def _order(self, targets: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
        order = self._orders.get(targets)
        if order is None:
            nodes = self._schema.minimal_graph_schema(list(targets)).nodes
            order, done = [], set()

            def add(name: str) -> None:
                if name in done or name not in nodes:
                    return
                done.add(name)
                needs = tuple(nodes[name].needs.values())
                for need in needs:
                    add(need)
                order.append((name, needs))

            for name in targets:
                add(name)
            self._orders[targets] = order
        return order
