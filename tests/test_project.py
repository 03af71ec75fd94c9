"""Guards over the whole project: what people forget."""

import ast
import importlib
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from helpline.content import SPOKEN, read_starter
from helpline.db import schema

ROOT = Path(__file__).resolve().parent.parent
DOMAIN = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
RULES = yaml.safe_load((ROOT / "data" / "rules.yml").read_text(encoding="utf-8"))["rules"]
ANSWERS = read_starter()
SET_BY_THE_CLASSIFIER = {"nlu_fallback"}


def python_files():
    found = [path for folder in ("helpline", "actions") for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in found if "versions" not in path.parts]


def source():
    return "\n".join(path.read_text(encoding="utf-8") for path in python_files())


def steps(kind):
    return {step[kind] for rule in RULES for step in rule["steps"] if kind in step}


def examples(language):
    found = {}
    for path in sorted((ROOT / "data").glob(f"*/examples.{language}.yml")):
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            lines = [line[2:] for line in block["examples"].splitlines() if line.startswith("- ")]
            found.setdefault(block["intent"], []).extend(lines)
            assert block["metadata"] == {"language": language}, f"{path}: {block['intent']} needs its language"
    return found


def class_paths():
    text = "".join((ROOT / name).read_text() for name in ("config.yml", "endpoints.yml", "credentials.yml"))
    return sorted(set(re.findall(r"\bhelpline(?:\.\w+)+\.[A-Z]\w+", text)))


@pytest.mark.slow
@pytest.mark.parametrize("path", class_paths())
def test_class_path_named_in_yml_imports(path):
    module, _, name = path.rpartition(".")
    assert isinstance(getattr(importlib.import_module(module), name), type)


def test_every_intent_has_one_rule_and_every_rule_an_intent():
    intents = {next(iter(one)) if isinstance(one, dict) else one for one in DOMAIN["intents"]}
    assert steps("intent") == intents
    assert len(RULES) == len(intents)


def test_every_action_is_in_the_domain_written_and_used():
    named = {step["action"] for rule in RULES for step in rule["steps"] if "action" in step}
    custom = {name for name in named if name.startswith("action_")}
    assert custom == set(DOMAIN["actions"])
    written = set(re.findall(r'return "(action_\w+)"', source()))
    assert written == set(DOMAIN["actions"])


def test_every_answer_that_is_used_exists():
    used = {name for name in steps("action") if name.startswith("utter_")}
    used |= set(re.findall(r'"(utter_[a-z0-9_]+[a-z0-9])"', source())) - {"utter_action"}
    assert sorted(used - set(ANSWERS)) == []


def test_every_answer_that_exists_is_used():
    text = source() + (ROOT / "data" / "rules.yml").read_text(encoding="utf-8")
    templates = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "helpline").rglob("*.html"))
    made = tuple(sorted(set(re.findall(r"(utter_[a-z_]*_)\{", text))))
    """Keys that are put together, as f"utter_name_{intent}"."""
    unused = [key for key in ANSWERS if key not in text + templates and not key.startswith(made)]
    intents = {f"utter_{intent}" for intent in DOMAIN["intents"] if isinstance(intent, str)}
    assert sorted(set(unused) - intents) == []


def test_every_button_leads_somewhere():
    intents = {one for one in DOMAIN["intents"] if isinstance(one, str)}
    ours = {"/helped_yes", "/helped_no", "/rated_good", "/rated_bad"}
    wrong = {
        button.payload
        for by_language in ANSWERS.values()
        for answer in by_language.values()
        for button in answer.buttons
        if button.payload not in ours and re.sub(r"^/|\{.*\}$", "", button.payload) not in intents
    }
    assert wrong == set()


@pytest.mark.parametrize("language", SPOKEN)
def test_every_intent_has_examples_in_every_language(language):
    counted = {intent: len(set(lines)) for intent, lines in examples(language).items()}
    needed = {one for one in DOMAIN["intents"] if isinstance(one, str)} - SET_BY_THE_CLASSIFIER
    few = {intent: counted.get(intent, 0) for intent in needed if counted.get(intent, 0) < 20}
    assert few == {}


@pytest.mark.parametrize("language", SPOKEN)
def test_no_example_is_there_twice(language):
    seen: dict[str, str] = {}
    twice = []
    for intent, lines in examples(language).items():
        for line in lines:
            key = " ".join(line.casefold().split())
            if key in seen:
                twice.append((line, seen[key], intent))
            seen[key] = intent
    assert twice == []


def test_every_column_is_in_the_privacy_inventory():
    inventory = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
    for table in schema.metadata.sorted_tables:
        for column in table.columns:
            assert column.info.get("purpose") and column.info.get("keep"), f"{table.name}.{column.name}"
            assert f"| `{table.name}.{column.name}` |" in inventory, f"{table.name}.{column.name}"


def test_http_clients_are_used_in_two_places_only():
    allowed = {
        "helpline/whatsapp/client.py",
        "helpline/vouchers/platform121.py",
        "helpline/assistant/actions_endpoint.py",
    }
    allowed |= {"helpline/commands/demo.py", "helpline/console/status.py", "helpline/simulator/poster.py"}
    allowed |= {"helpline/directory/refresh.py", "helpline/notices/wire.py", "helpline/nlu/fetching.py"}
    allowed |= {"helpline/worker/links.py"}  # where the links of answers lead, only at hosts that a setting allows
    found = set()
    for path in python_files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(
                re.match(r"(requests|aiohttp|httpx|urllib\.request|http\.client|urllib3)\b", name) for name in names
            ):
                found.add(str(path.relative_to(ROOT)))
    assert found <= allowed


def test_hosts_named_in_the_code_are_on_the_allow_list():
    allowed = {
        "graph.facebook.com",
        "api.twilio.com",
        "www.openstreetmap.org",
        "www.geonames.org",
        "www.w3.org",
        "adaptivecards.io",
        "huggingface.co",  # `helpline encoder fetch`, only when somebody asks for it
        "127.0.0.1",
        "localhost",
    }
    hosts = set(re.findall(r"https?://([\w.-]+\.\w+)", source()))
    assert {host for host in hosts if not host.endswith((".example", "example.org"))} <= allowed


def test_no_module_is_longer_than_320_lines():
    long = {
        str(p.relative_to(ROOT)): n
        for p in python_files()
        if (n := len(p.read_text(encoding="utf-8").splitlines())) > 320
    }
    assert long == {}


def test_rasa_http_api_stays_off():
    started = source() + (ROOT / "Makefile").read_text() + (ROOT / "endpoints.yml").read_text()
    assert "enable-api" not in started and "enable_api" not in started


def test_nothing_tracked_is_a_secret_or_a_model():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    assert not [name for name in tracked if name.endswith((".tar.gz", ".db", ".pem", ".key")) or name == ".env"]
