"""Rasa's locks (endpoints.yml, `lock_store`): in Redis where several channels run (REDIS_URL), else in memory.

That one message of a contact is in work at a time is already sure: `inbox.claim` gives out no second one, to whatever
channel. The locks are Rasa's own belt to these braces, so a Redis that is gone is logged and done without.
"""

from __future__ import annotations

import json

import redis
from rasa.core.lock import TicketLock
from rasa.core.lock_store import InMemoryLockStore
from rasa.utils.endpoints import EndpointConfig

from helpline import logs, service

PREFIX = "helpline:lock:"
SECONDS = 2.0
"""For Redis to answer; a message must not wait for it longer."""

log = logs.get(__name__)


class ConversationLocks(InMemoryLockStore):
    """Ticket locks of conversations, shared through Redis while it answers."""

    def __init__(self, endpoint_config: EndpointConfig | None = None) -> None:
        super().__init__()
        url = service.here().settings.redis_url
        self._redis = redis.Redis.from_url(url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS) if url else None

    def get_lock(self, conversation_id: str) -> TicketLock | None:
        """The lock of a conversation, if there is one."""
        if self._redis is not None:
            try:
                held = self._redis.get(PREFIX + conversation_id)
                return TicketLock.from_dict(_json(held)) if held else None
            except redis.RedisError:
                logs.failure(log, "redis_does_not_answer")
        return super().get_lock(conversation_id)

    def save_lock(self, lock: TicketLock) -> None:
        """Keep a lock."""
        if self._redis is not None:
            try:
                self._redis.set(PREFIX + lock.conversation_id, lock.dumps(), ex=60)
                return
            except redis.RedisError:
                logs.failure(log, "redis_does_not_answer")
        super().save_lock(lock)

    def delete_lock(self, conversation_id: str) -> None:
        """Forget a lock."""
        if self._redis is not None:
            try:
                self._redis.delete(PREFIX + conversation_id)
            except redis.RedisError:
                logs.failure(log, "redis_does_not_answer")
        super().delete_lock(conversation_id)


def _json(held: bytes) -> dict[str, object]:
    body: dict[str, object] = json.loads(held)
    return body
