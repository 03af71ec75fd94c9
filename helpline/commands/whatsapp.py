"""`helpline whatsapp parse FILE`: what a payload becomes, one JSON event a line."""

from __future__ import annotations

import argparse
import json
from typing import Any

from helpline.whatsapp import webhook


def add_commands(subparsers: Any) -> None:
    """Register the noun."""
    noun = subparsers.add_parser("whatsapp", help="the wire")
    verbs = noun.add_subparsers(dest="verb", required=True, metavar="verb")
    parse = verbs.add_parser("parse", help="print the events of a stored payload")
    parse.add_argument("file")
    parse.add_argument("--json", action="store_true", help="the form it always has")
    parse.set_defaults(run=_parse)


def _parse(arguments: argparse.Namespace) -> None:
    for event in webhook.describe_file(arguments.file):
        # Two separators that JSON allows and many readers take for the end of a line.
        line = json.dumps(event, ensure_ascii=False)
        print(line.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))
