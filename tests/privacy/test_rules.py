"""Each rule of do-no-harm is held by a test that exists, or docs/privacy.md says why it is for the organisation."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| (DNH-\d\d) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
RULES = [f"DNH-{number:02}" for number in range(1, 43)]


def table():
    return {rule: held.strip() for rule, _, held in ROW.findall((ROOT / "docs" / "privacy.md").read_text("utf-8"))}


@cache
def functions_in(path):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}


def test_every_rule_has_a_row():
    assert sorted(table()) == RULES


def test_every_row_names_a_test_or_says_why_it_is_for_the_organisation():
    bare = {rule for rule, held in table().items() if not NAMED.search(held) and "organisation:" not in held.lower()}
    assert bare == set()


def test_every_named_test_exists():
    missing = {
        f"{rule}: {path}::{name}"
        for rule, held in table().items()
        for path, name in NAMED.findall(held)
        if not (ROOT / path).is_file() or name not in functions_in(path)
    }
    assert missing == set()
    assert sum(len(NAMED.findall(held)) for held in table().values()) > 60
