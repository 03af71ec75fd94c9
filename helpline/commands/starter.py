"""The content a fresh database begins with: answers, services, and in a demo also accounts and vouchers."""

from __future__ import annotations

from helpline import accounts, content, directory, places, service
from helpline.examples import files as example_files
from helpline.vouchers import demo as demo_vouchers


def load_starter(opened: service.Service) -> str:
    """Write what is missing; what people changed stays."""
    with opened.engine.begin() as conn:
        written = content.import_starter(conn)
        added = directory.import_starter(conn)
        examples = example_files.import_starter(conn)
        if opened.settings.environment == "demo":
            accounts.ensure_demo(conn)
            demo_vouchers.ensure_demo(conn, opened.vault)
    known = places.prepare()
    if not (written or added or examples):
        return f"unchanged, {known}"
    return f"{written} answers, {added} services and {examples} examples written, {known}"
