"""The whole service, started as `make demo` starts it: trained model, five real processes, the phone, the desk."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from helpline import accounts
from tests.conftest import free_port, wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
PORTS = ("RASA_PORT", "ACTIONS_PORT", "CONSOLE_PORT", "SIMULATOR_PORT", "WORKER_PORT")


@dataclass
class Phone:
    """A contact's phone, driven through the simulator."""

    base: str
    contact: str
    seen: int = 0

    def act(self, action: str, body: dict[str, object] | None = None) -> str:
        answer = requests.post(f"{self.base}/phone/{self.contact}/{action}", json=body or {}, timeout=10)
        answer.raise_for_status()
        return str(answer.json()["id"])

    def write(self, text: str) -> str:
        return self.act("text", {"text": text})

    def received(self) -> list[dict]:
        """What the helpdesk sent, oldest first."""
        talk = requests.get(f"{self.base}/phone/{self.contact}/messages?look=1", timeout=10).json()
        return [one for one in talk["messages"] if not one["mine"]]

    def next(self, what: str = "an answer") -> dict:
        """Wait for the next message."""
        wait_until(lambda: len(self.received()) > self.seen, 40, what)
        self.seen += 1
        return self.received()[self.seen - 1]

    def ask(self, text: str) -> str:
        """Write and wait; the text of the answer."""
        self.write(text)
        return words(self.next(f"an answer to {text!r}"))

    def quiet(self, seconds: float = 2.0) -> bool:
        """Whether nothing more comes."""
        time.sleep(seconds)
        return len(self.received()) == self.seen


def words(message: dict) -> str:
    """The text of a message, whatever its type."""
    if "interactive" in message:
        return message["interactive"]["body"]["text"]
    return message.get("text", {}).get("body", "")


def options(message: dict) -> dict[str, str]:
    """What can be tapped: title and id."""
    action = message.get("interactive", {}).get("action", {})
    taps = {one["reply"]["title"]: one["reply"]["id"] for one in action.get("buttons", ())}
    return taps | {row["title"]: row["id"] for section in action.get("sections", ()) for row in section["rows"]}


class Desk:
    """An agent's session in the console."""

    def __init__(self, base: str, username: str) -> None:
        self.base = base
        self.web = requests.Session()
        self.web.headers["Origin"] = base
        account = next(one for one in accounts.DEMO if one.username == username)
        form = {"username": account.username, "password": account.password}
        page = self.web.post(f"{base}/sign-in", data=form, timeout=20)
        assert page.ok and "/sign-in" not in page.url, page.text[:500]

    def page(self, path: str) -> str:
        answer = self.web.get(f"{self.base}{path}", timeout=20)
        assert answer.ok, answer.text[:500]
        return answer.text

    def post(self, path: str, **form: str) -> requests.Response:
        return self.web.post(f"{self.base}{path}", data=form, timeout=20)

    def waiting(self) -> list[int]:
        """Numbers of the cases on the list."""
        return list(dict.fromkeys(int(number) for number in re.findall(r'href="/cases/(\d+)', self.page("/cases"))))

    def find(self, words: str) -> int:
        """The waiting case in whose conversation these words stand."""
        found = [number for number in self.waiting() if words in self.page(f"/cases/{number}")]
        assert found, f"no case on the list shows {words!r}"
        return found[0]

    def reply(self, case_id: int, text: str) -> requests.Response:
        page = self.page(f"/cases/{case_id}")
        once = re.search(r'name="once" value="([^"]+)"', page)
        assert once, "the case page has no composer"
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
        return self.post(f"/cases/{case_id}/reply", **{**hidden, "once": once[1], "text": text})


@dataclass
class Running:
    """Where everything is."""

    process: subprocess.Popen
    ports: dict[str, int]
    log: Path

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def phone(self, contact: str) -> Phone:
        return Phone(self.url("SIMULATOR_PORT"), contact)

    def desk(self, username: str = "sara") -> Desk:
        return Desk(self.url("CONSOLE_PORT"), username)


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """`helpline demo` on free ports with a database of its own; the model is trained if it is not there."""
    folder = tmp_path_factory.mktemp("service")
    ports = {name: free_port() for name in PORTS}
    environment = {
        **os.environ,
        **{name: str(port) for name, port in ports.items()},
        "DATABASE_URL": f"sqlite:///{folder}/helpline.db",
        "DEMO_DATA": "off",  # the journeys look for their own cases
    }
    log = folder / "demo.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "helpline", "demo"], cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        wait_until(lambda: "Everything runs" in log.read_text() or process.poll() is not None, 900, "the start")
        assert process.poll() is None, log.read_text()
        yield Running(process, ports, log)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
    assert process.returncode == 0, log.read_text()
