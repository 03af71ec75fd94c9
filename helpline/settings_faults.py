"""What is wrong with settings, in sentences: combinations that cannot work, and what production refuses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

Values = Mapping[str, "str | int"]
NETWORK_DISKS = (
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "9p",
    "ceph",
    "glusterfs",
    "fuse.sshfs",
    "fuse.glusterfs",
    "afs",
)
"""Kinds of file system whose locks SQLite cannot trust: two processes would spoil the database."""
_NOTICES = re.compile(
    r"(?:team|coordinator|on_call|translate)="
    r"(?:(?:teams|slack|webhook)\+https?://[^\s@/]+(?:/\S*)?|mailto:[^\s@,;:<>]+@[^\s@,;:<>]+)"
)


def everywhere(values: Values) -> list[str]:
    """What is wrong in any environment."""
    return [*_notice_faults(values), *_sign_in_faults(values), *_carrier_faults(values), *_keeping(values)]


def _notice_faults(values: Values) -> list[str]:
    faults = []
    words = str(values["notices"]).split()
    if any(not _NOTICES.fullmatch(word) for word in words):
        # The word itself is not shown: its address is a secret.
        faults.append(
            "NOTICES must be words like team=teams+https://host/path, coordinator=slack+https://…, "
            "on_call=webhook+https://… or on_call=mailto:desk@example.org."
        )
    if any("+http://" in word for word in words) and values["environment"] == "production":
        faults.append("NOTICES must use https:// in production.")
    if any("=webhook+" in word for word in words) and len(str(values["notice_secret"])) < 16:
        faults.append("NOTICE_SECRET must have at least 16 characters; NOTICES names a webhook, which it signs for.")
    if any("=mailto:" in word for word in words) and not (values["notice_smtp_url"] and values["notice_from"]):
        faults.append("NOTICE_SMTP_URL and NOTICE_FROM are missing; NOTICES names a mailbox.")
    if values["notice_smtp_url"] and not re.fullmatch(r"smtps?://\S+", str(values["notice_smtp_url"])):
        faults.append("NOTICE_SMTP_URL must begin with smtps:// or smtp://.")
    if values["console_url"] and not re.fullmatch(r"https?://[^\s?#]+", str(values["console_url"])):
        faults.append("CONSOLE_URL must be like https://desk.example.org.")
    if values["notice_language"] not in ("en", "nl"):
        faults.append("NOTICE_LANGUAGE must be en or nl.")
    if not -1 <= int(values["notice_summary_hour"]) <= 23:
        faults.append("NOTICE_SUMMARY_HOUR is an hour from 0 to 23, or -1.")
    return faults


def _carrier_faults(values: Values) -> list[str]:
    if values["carrier"] != "twilio":
        return [] if values["carrier"] == "meta" else [f"CARRIER is {values['carrier']!r}; it must be meta or twilio."]
    faults = []
    for name in ("twilio_account_sid", "twilio_auth_token", "twilio_number", "twilio_webhook_url"):
        if not str(values[name]).strip(", "):
            faults.append(f"{name.upper()} is missing; CARRIER=twilio needs it.")
    if values["twilio_number"] and not re.fullmatch(r"\+[1-9][0-9]{6,14}", str(values["twilio_number"])):
        faults.append("TWILIO_NUMBER must be like +31970000000.")
    return faults


def _sign_in_faults(values: Values) -> list[str]:
    faults = []
    if values["second_factor"] not in ("auto", "on", "off"):
        faults.append("SECOND_FACTOR must be on, off or auto.")
    if values["oidc_issuer"]:
        for name in ("oidc_client_id", "oidc_client_secret", "console_url"):
            if not values[name]:
                faults.append(f"{name.upper()} is missing; OIDC_ISSUER needs it.")
        if not re.fullmatch(r"https?://[^\s?#@]+", str(values["oidc_issuer"])):
            faults.append("OIDC_ISSUER must be like https://login.example.org.")
        if values["oidc_new_role"] not in ("", "agent", "editor", "coordinator", "viewer"):
            faults.append("OIDC_NEW_ROLE must be agent, editor, coordinator or viewer, or empty.")
    return faults


_LONGEST = {
    "keep_messages_days": (30, "the notice promises contacts that messages go after 30 days"),
    "keep_cases_days": (90, "notes may say what a contact wrote"),
    "keep_facts_months": (24, "figures older than two years help nobody"),
    "keep_log_days": (3650, "ten years are enough"),
    "keep_short_days": (30, "they are of use for days"),
    "keep_trackers_hours": (720, "messages go after 30 days"),
}


def _keeping(values: Values) -> list[str]:
    return [
        f"{name.upper()} is {values[name]}; it must be 1 to {longest}: {why}."
        for name, (longest, why) in _LONGEST.items()
        if not 1 <= int(values[name]) <= longest
    ]


def insecure(values: Values, defaults: Values) -> list[str]:
    """What production does not start with."""
    faults = []
    meta = ("whatsapp_access_token", "whatsapp_app_secret", "whatsapp_verify_token", "whatsapp_phone_number_id")
    for name in ("secret_key", *(meta if values["carrier"] == "meta" else ())):
        given = (
            [one.strip() for one in str(values[name]).split(",")] if name == "whatsapp_app_secret" else [values[name]]
        )
        if defaults[name] in given or not str(values[name]).strip():
            faults.append(f"{name.upper()} still has its demo value; production needs its own.")
    if len(str(values["secret_key"])) < 32:
        faults.append("SECRET_KEY is shorter than 32 characters.")
    if any(0 < len(key.strip()) < 32 for key in str(values["previous_secret_keys"]).split(",")):
        faults.append("PREVIOUS_SECRET_KEYS holds a key shorter than 32 characters.")
    faults += _network_disk(str(values["database_url"]))
    for name in ("whatsapp_api_url", "twilio_api_url", "twilio_webhook_url", "oidc_issuer", "console_url"):
        if values[name] and not str(values[name]).startswith("https://"):
            faults.append(f"{name.upper()} must begin with https:// in production.")
    if values["second_factor"] == "off":
        faults.append("SECOND_FACTOR is off; in production, roles that see people need one.")
    return faults


def _network_disk(database_url: str) -> list[str]:
    if not database_url.startswith("sqlite"):
        return []
    kind = disk_of(Path(database_url.partition("://")[2].partition("?")[0].removeprefix("/") or "."))
    if kind not in NETWORK_DISKS:
        return []
    return [f"DATABASE_URL names a SQLite file on a network disk ({kind}), where it would be spoilt. Use PostgreSQL."]


def disk_of(path: Path, mounts: Path = Path("/proc/mounts")) -> str:
    """The kind of file system a path is on, or nothing where that cannot be known."""
    try:
        lines = [line.split() for line in mounts.read_text(encoding="utf-8").splitlines()]
    except OSError:
        return ""
    whole = path.absolute().resolve()
    points = [(line[1].replace("\\040", " "), line[2]) for line in lines if len(line) > 2]
    holding = [(point, kind) for point, kind in points if whole.is_relative_to(point)]
    return max(holding, key=lambda one: len(one[0]))[1] if holding else ""
