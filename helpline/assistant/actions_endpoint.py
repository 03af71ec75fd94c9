"""How the assistant runs its actions: here in the channel, or at an action server (ACTIONS_URL).

Rasa swallows an action that failed: the contact would wait for a person whom nobody called. Here the failure is
noted, so that the turn ends in a case. A server is called over one kept-alive connection; Rasa opens one per call.
"""

from __future__ import annotations

import importlib
from contextvars import ContextVar
from typing import Any

import aiohttp
from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

from helpline import logs

log = logs.get(__name__)

_answer_schema = RemoteAction.action_response_format_spec()
_answer_check = validator_for(_answer_schema)(_answer_schema)


def _check_answer(_action: RemoteAction, answer: dict[str, Any]) -> bool:
    """Raise jsonschema's ValidationError for an answer without Rasa's form.

    In place of Rasa's own check, which checks its schema anew each time: 19 ms a call against 0.3 (rasa 3.6.21).
    """
    _answer_check.validate(answer)
    return True


RemoteAction._validate_action_result = _check_answer  # type: ignore[assignment,method-assign]

failures: ContextVar[list[str] | None] = ContextVar("failures", default=None)
"""Types of the errors of this turn's action calls; the drain puts a fresh list here before each turn."""


def note_failure(error: BaseException) -> None:
    """Let the turn know that an action did not finish."""
    noted = failures.get()
    if noted is not None:
        noted.append(type(error).__name__)


class ActionsHere(EndpointConfig):
    """The actions in this process, run by rasa_sdk as an action server runs them."""

    def __init__(self) -> None:
        super().__init__(url="here", selective_domain="true")
        # By name, as Rasa finds our other classes: the doors do not import each other.
        self._run = importlib.import_module("actions.here").runner()

    async def request(self, method: str = "post", subpath: str | None = None, **kwargs: Any) -> Any:  # type: ignore[override]
        """Run one action. Raises what it raises, after noting it for the turn."""
        try:
            return await self._run(kwargs["json"])
        except Exception as error:
            note_failure(error)
            raise

    async def close(self) -> None:
        """Nothing is held open."""


class ActionServer(EndpointConfig):
    """The action server at `url`."""

    def __init__(self, url: str, timeout: float) -> None:
        super().__init__(url=url, selective_domain="true")
        self._timeout = aiohttp.ClientTimeout(total=timeout, connect=2)
        self._session: aiohttp.ClientSession | None = None

    async def request(
        self,
        method: str = "post",
        subpath: str | None = None,
        content_type: str | None = "application/json",
        compress: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Call the server. Raises what Rasa expects, after noting it for the turn."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(timeout=self._timeout)
        try:
            async with self._session.request(method, str(self.url), compress=compress, **kwargs) as response:
                if response.status >= 400:
                    raise ClientResponseError(response.status, response.reason or "", await response.text())
                return await response.json()
        except Exception as error:
            note_failure(error)
            logs.failure(log, "action_failed")
            raise

    async def close(self) -> None:
        """Close the connection when the process stops."""
        if self._session is not None:
            await self._session.close()
