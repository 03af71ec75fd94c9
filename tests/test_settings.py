"""Settings: one message lists all faults; secrets are never shown."""

import dataclasses
from pathlib import Path

import pytest

from helpline import settings
from helpline.errors import SettingsError


def test_defaults_are_enough_for_a_demo():
    assert settings.read({}).database_url.startswith("sqlite:///")


def test_all_faults_are_named_at_once():
    with pytest.raises(SettingsError) as caught:
        settings.read({"RASA_PORT": "many", "CONSOLE_PORT": "70000", "VOUCHERS": "paper", "DATABASE_URL": "mysql://x"})
    for name in ("RASA_PORT", "CONSOLE_PORT", "VOUCHERS", "DATABASE_URL"):
        assert name in str(caught.value)


def test_production_refuses_every_demo_value():
    with pytest.raises(SettingsError) as caught:
        settings.read({"ENVIRONMENT": "production"})
    for name in (
        "SECRET_KEY",
        "WHATSAPP_ACCESS_TOKEN",
        "WHATSAPP_APP_SECRET",
        "WHATSAPP_VERIFY_TOKEN",
        "WHATSAPP_PHONE_NUMBER_ID",
    ):
        assert name in str(caught.value)


def test_121_needs_its_address_and_account():
    with pytest.raises(SettingsError, match="PLATFORM121_URL is missing"):
        settings.read({"VOUCHERS": "121"})


def test_secret_is_read_from_a_file(tmp_path):
    path = tmp_path / "key"
    path.write_text("from-a-file\n")
    assert settings.read({"SECRET_KEY_FILE": str(path)}).secret_key == "from-a-file"
    with pytest.raises(SettingsError, match="cannot be read"):
        settings.read({"SECRET_KEY_FILE": str(tmp_path / "absent")})


def test_secrets_are_masked_when_shown():
    shown = repr(settings.read({"SECRET_KEY": "very-secret", "DATABASE_URL": "postgresql://me:pw@h/db"}))
    assert "very-secret" not in shown and "pw@h" not in shown


def test_every_setting_is_documented():
    documented = Path("docs/configuration.md").read_text()
    missing = [f.name.upper() for f in dataclasses.fields(settings.Settings) if f"`{f.name.upper()}`" not in documented]
    assert missing == []


def test_every_setting_is_in_the_example_file():
    example = Path(".env.example").read_text()
    assert [f.name.upper() for f in dataclasses.fields(settings.Settings) if f"{f.name.upper()}=" not in example] == []
