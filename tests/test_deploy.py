"""What is deployed: least rights, limits, health, nothing open but the proxy, and figures that exist."""

import json
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
OURS = ("migrate", "channel", "worker", "console")
DEPLOY = ROOT / "deploy"
METRIC = re.compile(r"helpline_[a-z_]+")


def metrics_of_the_code():
    named = re.compile(r'(Counter|Gauge|Histogram)\(\s*"(helpline_[a-z_]+)"')
    texts = (path.read_text(encoding="utf-8") for path in (ROOT / "helpline").rglob("*.py"))
    found = {match[1]: match[0] for text in texts for match in named.findall(text)}
    return found.keys() | {
        f"{name}_{end}" for name, kind in found.items() if kind == "Histogram" for end in ("bucket", "count")
    }


@pytest.mark.parametrize("name", OURS)
def test_our_containers_may_write_nothing_and_do_nothing_else(name):
    service = SERVICES[name]
    assert service["read_only"] and service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"] and "user" not in service
    assert service["environment"]["ENVIRONMENT"] == "production"
    assert not {key for key in service["environment"] if re.search("SECRET|TOKEN|DATABASE", key)} - {
        key for key in service["environment"] if key.endswith("_FILE")
    }


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_container_has_limits_and_a_health_check(name):
    limits = SERVICES[name]["deploy"]["resources"]["limits"]
    assert {"cpus", "memory"} <= limits.keys() and SERVICES[name]["healthcheck"]


def test_only_the_proxy_is_reachable_from_outside():
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published.pop("caddy") == ["80:80", "443:443"]
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)
    assert COMPOSE["networks"]["inside"]["internal"]
    assert all("outside" not in SERVICES[name]["networks"] for name in ("db", "redis"))


def test_commands_of_the_containers_exist():
    import argparse

    from helpline.commands import processes

    parser = argparse.ArgumentParser()
    subparsers = parser.add_subparsers()
    processes.add_commands(subparsers)
    assert {SERVICES[name]["command"][0] for name in OURS} <= subparsers.choices.keys()


def test_image_runs_as_nobody_in_particular():
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users == ["10001"] and lines.index("USER 10001") > max(
        number for number, line in enumerate(lines) if line.startswith("RUN ")
    )
    copied = {
        name for line in lines if line.startswith("COPY ") and "--from" not in line for name in line.split()[1:-1]
    }
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied == kept and all((ROOT / name).exists() for name in copied)


def test_proxy_lets_through_the_webhook_and_hides_health():
    text = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    assert "path /webhooks/whatsapp/webhook" in text
    assert re.search(r"@inside path /health /metrics\s+handle @inside {\s+respond 404", text)


@pytest.mark.parametrize("path", ["grafana-dashboard.json", "alerts.yml"])
def test_dashboard_and_alarms_ask_for_figures_that_are_given(path):
    text = (DEPLOY / path).read_text(encoding="utf-8")
    json.loads(text) if path.endswith("json") else yaml.safe_load(text)
    asked = set(METRIC.findall(text)) - {"helpline_"}
    assert asked and asked <= metrics_of_the_code()
