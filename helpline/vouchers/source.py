"""The voucher source the settings choose."""

from __future__ import annotations

from functools import cache
from typing import Protocol

from sqlalchemy.engine import Engine

from helpline.db.vault import Vault
from helpline.settings import Settings
from helpline.vouchers.local import LocalTable
from helpline.vouchers.lookup import Lookup
from helpline.vouchers.platform121 import Platform121


class Opened(Protocol):
    """What a source needs of the service."""

    @property
    def settings(self) -> Settings:
        """Which source, and how to reach it."""

    @property
    def engine(self) -> Engine:
        """Where the local table is."""

    @property
    def vault(self) -> Vault:
        """How rows of the local table are found."""


def of(service: Opened) -> Lookup:
    """The source to ask; for 121 always the same client, which keeps its sign-in and knows when 121 is down."""
    if service.settings.vouchers == "121":
        return _platform121(service.settings)
    return LocalTable(service.engine, service.vault)


def health(service: Opened) -> dict[str, object]:
    """Which source is asked and whether it answers, found out without looking anybody up."""
    return of(service).health()


@cache
def _platform121(settings: Settings) -> Platform121:
    return Platform121.from_settings(settings)
