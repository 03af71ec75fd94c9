"""`helpline accounts add | list`: people who sign in to the console."""

from __future__ import annotations

import argparse
import getpass
import json
from typing import Any

from helpline import accounts, service


def add_commands(subparsers: Any) -> None:
    """Register the noun."""
    noun = subparsers.add_parser("accounts", help="people who sign in to the console")
    verbs = noun.add_subparsers(dest="verb", required=True, metavar="verb")
    add = verbs.add_parser("add", help="add an account; asks for the password")
    add.add_argument("username")
    add.add_argument("--name", required=True, help="name colleagues see")
    add.add_argument("--role", default="agent", choices=accounts.ROLES)
    add.add_argument("--languages", default="", help="languages they read, for example en,ar")
    add.add_argument("--duties", default="", help=f"what they do besides: {', '.join(accounts.DUTIES)}")
    add.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    add.add_argument("--json", action="store_true")
    add.set_defaults(run=_add)


def _add(arguments: argparse.Namespace) -> None:
    password = input() if arguments.password_stdin else getpass.getpass("Password: ")
    opened = service.start()
    with opened.engine.begin() as conn:
        account_id = accounts.add(
            conn, arguments.username, arguments.name, arguments.role, password, arguments.languages, arguments.duties
        )
    done = {"id": account_id, "username": arguments.username, "role": arguments.role}
    print(json.dumps(done) if arguments.json else f"{arguments.username} may sign in as {arguments.role}.")
