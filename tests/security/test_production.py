"""Production refuses what is only good for a demo, and reads every secret from a file if it is told to."""

from __future__ import annotations

import dataclasses
import socket
import threading
import time

import pytest
import waitress

from helpline import accounts, settings, settings_faults
from helpline.commands import processes
from helpline.console import app
from helpline.errors import SettingsError
from helpline.simulator import app as simulator
from tests.conftest import free_port

GOOD = {
    "ENVIRONMENT": "production", "SECRET_KEY": "k" * 40, "WHATSAPP_ACCESS_TOKEN": "t", "WHATSAPP_APP_SECRET": "s",
    "WHATSAPP_VERIFY_TOKEN": "v", "WHATSAPP_PHONE_NUMBER_ID": "200000000000002",
}  # fmt: skip


def test_production_starts_with_settings_of_its_own():
    assert settings.read(GOOD).production


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", settings.DEMO_SECRET), ("SECRET_KEY", "short"), ("PREVIOUS_SECRET_KEYS", "short"),
        ("WHATSAPP_ACCESS_TOKEN", "demo-token"), ("WHATSAPP_APP_SECRET", "demo-app-secret"),
        ("WHATSAPP_APP_SECRET", "mine,demo-app-secret"), ("WHATSAPP_APP_SECRET", ""), ("WHATSAPP_VERIFY_TOKEN", " "),
        ("WHATSAPP_PHONE_NUMBER_ID", "100000000000001"), ("WHATSAPP_API_URL", "http://graph.example"),
        ("CONSOLE_URL", "http://desk.example.org"), ("SECOND_FACTOR", "off"),
    ],
)  # fmt: skip
def test_production_refuses(name, value):
    with pytest.raises(SettingsError, match=name):
        settings.read({**GOOD, name: value})


def test_sqlite_on_a_network_disk_is_refused(tmp_path):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nserver:/x {tmp_path}/share nfs4 rw 0 0\n")
    assert settings_faults.disk_of(tmp_path / "share" / "helpline.db", mounts) == "nfs4"
    assert settings_faults.disk_of(tmp_path / "helpline.db", mounts) == "ext4"
    assert settings_faults.disk_of(tmp_path, tmp_path / "absent") == ""


def test_a_network_disk_is_named_among_the_faults(monkeypatch):
    monkeypatch.setattr(settings_faults, "disk_of", lambda _path: "cifs")
    with pytest.raises(SettingsError, match="network disk"):
        settings.read(GOOD)
    assert settings.read({**GOOD, "DATABASE_URL": "postgresql://h/db"}).production


def test_production_does_not_start_with_the_demo_s_accounts(service):
    with service.engine.begin() as conn:
        accounts.ensure_demo(conn)
        assert set(accounts.open_to_everybody(conn)) == {one.username for one in accounts.DEMO}


def test_the_simulator_does_not_run_in_production():
    with pytest.raises(SettingsError, match="simulator"):
        simulator.create(settings.read(GOOD))


@pytest.mark.parametrize("field", dataclasses.fields(settings.Settings), ids=lambda field: field.name)
def test_every_setting_can_come_from_a_file(tmp_path, field):
    plain = settings.read({})
    path = tmp_path / "secret"
    value = getattr(plain, field.name)
    path.write_text(f"{value}\n")
    assert getattr(settings.read({f"{field.name.upper()}_FILE": str(path)}), field.name) == value


def test_no_secret_is_shown():
    chosen = settings.read(dict.fromkeys(("OIDC_CLIENT_SECRET", "TWILIO_AUTH_TOKEN", "NOTICE_SECRET"), "very-secret-1"))
    assert "very-secret-1" not in repr(chosen) and "very-secret-1" not in str(chosen)


def test_nothing_listens_beyond_the_loopback_by_itself():
    chosen = settings.read({})
    assert chosen.bind == "127.0.0.1"
    command = processes.channel_command(chosen)
    assert command[command.index("--interface") + 1] == "127.0.0.1" and "--enable-api" not in command
    assert processes.rasa_environment(chosen)["SANIC_HOST"] == "127.0.0.1"


def test_slow_clients_do_not_keep_the_console_from_others(console):
    """Two hundred who send a letter now and then; somebody else is answered all the same."""
    port = free_port()
    server = waitress.create_server(console, host="127.0.0.1", port=port, **app.SERVER)
    threading.Thread(target=server.run, daemon=True).start()
    slow = []
    try:
        for _ in range(200):
            one = socket.create_connection(("127.0.0.1", port), timeout=10)
            one.sendall(b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nusername=")
            slow.append(one)
        time.sleep(0.1)
        with socket.create_connection(("127.0.0.1", port), timeout=30) as other:
            other.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert other.recv(20).startswith(b"HTTP/1.1 ")
    finally:
        for one in slow:
            one.close()
        server.close()
