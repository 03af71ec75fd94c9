"""Structured logs: an event and its facts, one JSON object a line; never a text, a name or a number of a person."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

from helpline import clock


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": clock.local(clock.now()).isoformat(),
            "level": record.levelname.lower(),
            "from": record.name,
            "event": record.getMessage(),
        }
        line.update(getattr(record, "facts", {}))
        if record.exc_info and record.exc_info[0] is not None:
            # The type and the place only: the text of an exception may quote a message.
            line["exception"] = record.exc_info[0].__name__
            trace = record.exc_info[2]
            while trace is not None and trace.tb_next is not None:
                trace = trace.tb_next
            if trace is not None:
                line["where"] = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}"
        return json.dumps(line, ensure_ascii=False)


def get(name: str) -> logging.Logger:
    """The logger of a module."""
    return logging.getLogger(name)


def event(logger: logging.Logger, name: str, *, level: int = logging.INFO, **facts: Any) -> None:
    """Log `name` with facts that hold ids and figures only."""
    logger.log(level, name, extra={"facts": facts})


def failure(logger: logging.Logger, name: str, **facts: Any) -> None:
    """Log the exception being handled by type and place, not by its text."""
    logger.error(name, exc_info=True, extra={"facts": facts})


def to_stderr(level: int = logging.INFO) -> None:
    """Send this process's logs to stderr as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines())
    root = logging.getLogger("helpline")
    root.handlers[:] = [handler]
    root.setLevel(level)
    root.propagate = False
