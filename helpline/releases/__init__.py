"""Releases: a trained model with what it was trained on and its report, published or rolled back.

queue.py asks for one and follows it, snapshot.py is what it is trained on, report.py what it changes, judging.py how
that is found out, publishing.py which one is live, models.py where its bytes are.
"""

from __future__ import annotations

from helpline.releases.publishing import live
from helpline.releases.queue import Release, get, listed

__all__ = ["Release", "get", "listed", "live"]
