"""Training examples as editors keep them: in the database, begun from data/, written back there on demand."""

from __future__ import annotations

from helpline.examples.store import Example, add, bring_back, get, listed, move, remove, revision

__all__ = ["Example", "add", "bring_back", "get", "listed", "move", "remove", "revision"]
