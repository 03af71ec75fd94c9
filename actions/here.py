"""The actions without a server: rasa_sdk's own executor, called by the channel (ACTIONS_URL is empty)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

from rasa_sdk.executor import ActionExecutor
from rasa_sdk.types import ActionCall


def runner() -> Callable[[dict[str, Any]], Awaitable[Any]]:
    """A function that takes the call an action server would get and gives the answer it would send."""
    executor = ActionExecutor()
    executor.register_package("actions")

    async def run(call: dict[str, Any]) -> Any:
        return await executor.run(cast(ActionCall, call))

    return run
