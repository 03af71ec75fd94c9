"""What every door opens first: settings, database, vault and answers, in one frozen bundle."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from sqlalchemy.engine import Engine

from helpline import content, settings
from helpline.db.engine import connect
from helpline.db.vault import Vault


@dataclass(frozen=True)
class Service:
    """The four things features are handed."""

    settings: settings.Settings
    engine: Engine
    vault: Vault
    answers: content.Answers


def start(given: settings.Settings | None = None) -> Service:
    """Open the service as the settings say. Raises SettingsError naming every fault."""
    chosen = given or settings.read()
    engine = connect(chosen.database_url)
    previous = tuple(key.strip() for key in chosen.previous_secret_keys.split(",") if key.strip())
    answers = content.Answers(engine, organisation=chosen.organisation)
    return Service(chosen, engine, Vault(chosen.secret_key, previous), answers)


@cache
def here() -> Service:
    """The service of this process: channel, answers, trackers and actions share one, its keys and its connections."""
    return start()
