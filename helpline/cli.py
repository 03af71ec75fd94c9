"""`helpline <noun> <verb>`: what people and other programs do outside the console.

Exit codes: 0 done, 1 refused or failed (one sentence says why), 2 wrong usage.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from helpline.errors import HelplineError

COMMANDS = (
    "processes",
    "demo",
    "train",
    "accounts",
    "whatsapp",
    "content",
    "privacy",
    "keys",
    "backup",
    "vouchers",
    "directory",
    "places",
    "nlu",
    "release",
    "insights",
)
"""Modules of helpline.commands, in the order `helpline --help` shows them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command."""
    parser = argparse.ArgumentParser(prog="helpline", description="A WhatsApp helpdesk: assistant and people.")
    subparsers = parser.add_subparsers(dest="noun", required=True, metavar="noun")
    for name in COMMANDS:
        importlib.import_module(f"helpline.commands.{name}").add_commands(subparsers)
    chosen = parser.parse_args(arguments)
    try:
        return int(chosen.run(chosen) or 0)
    except HelplineError as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 0


if __name__ == "__main__":
    sys.exit(main())
