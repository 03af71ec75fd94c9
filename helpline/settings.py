"""All settings, read once from the environment into one frozen dataclass.

`NAME_FILE` may name a file that holds the value of `NAME`: for secrets mounted by an orchestrator.
docs/configuration.md lists every setting; a test holds the two together.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Mapping
from pathlib import Path

from helpline import settings_faults
from helpline.errors import SettingsError

DEMO_SECRET = "demo-secret-not-for-production"  # noqa: S105 - refused when ENVIRONMENT=production
_TILES = re.compile(r"https://(?:\{s\}\.)?[\w.:-]+/(?=\S*\{z\})(?=\S*\{x\})(?=\S*\{y\})[\w/{}.?=&@%~-]+")


def _setting(default: str | None, purpose: str, *, secret: bool = False) -> str:
    metadata = {"default": default, "purpose": purpose, "secret": secret}
    return dataclasses.field(metadata=metadata)  # type: ignore[no-any-return]


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the service can be told from outside. Names of the fields in capitals are the variables."""

    environment: str = _setting("demo", "`demo` or `production`; production refuses every insecure default")
    database_url: str = _setting("sqlite:///var/helpline.db", "SQLAlchemy URL of SQLite or PostgreSQL", secret=True)
    secret_key: str = _setting(DEMO_SECRET, "signs sessions and buttons, encrypts identities and texts", secret=True)
    previous_secret_keys: str = _setting("", "comma-separated old SECRET_KEYs that may still decrypt", secret=True)
    whatsapp_access_token: str = _setting("demo-token", "token of the Graph API", secret=True)
    whatsapp_app_secret: str = _setting(
        "demo-app-secret", "signs webhooks; two, comma-separated, while rotating", secret=True
    )
    whatsapp_verify_token: str = _setting("demo-verify-token", "token of the webhook handshake", secret=True)
    whatsapp_phone_number_id: str = _setting(
        "100000000000001", "our number at WhatsApp (Meta's id, not the number itself)"
    )
    whatsapp_api_url: str = _setting("https://graph.facebook.com/v24.0", "Graph API with its version, or a stand-in")
    carrier: str = _setting("meta", "who carries the messages: `meta` (Cloud API) or `twilio`")
    twilio_account_sid: str = _setting("", "account at Twilio, AC...")
    twilio_auth_token: str = _setting(
        "", "token of that account, also signs webhooks; two, comma-separated, while rotating", secret=True
    )
    twilio_number: str = _setting("", "our number at Twilio, +31...")
    twilio_webhook_url: str = _setting("", "address Twilio posts to as the world sees it, https://.../twilio")
    twilio_template: str = _setting("", "sid of the approved template that says that an answer is ready, HX...")
    twilio_api_url: str = _setting("https://api.twilio.com", "Twilio's API, or a stand-in")
    whatsapp_template: str = _setting(
        "answer_waiting", "approved template that only says that an answer is ready; for after WhatsApp's 24 hours"
    )
    console_port: int = _setting("8080", "port of the agents' console")  # type: ignore[assignment]
    rasa_port: int = _setting("5005", "port of the channel with the assistant")  # type: ignore[assignment]
    actions_port: int = _setting("5055", "port of the action server")  # type: ignore[assignment]
    actions_url: str = _setting("", "an action server, http://.../webhook; empty: actions run in the channel")
    redis_url: str = _setting("", "Redis for Rasa's locks when several channels run; empty: in memory", secret=True)
    simulator_port: int = _setting("8090", "port of the phone simulator (demo and tests only)")  # type: ignore[assignment]
    worker_port: int = _setting("8070", "port of the worker's health and metrics")  # type: ignore[assignment]
    bind: str = _setting("127.0.0.1", "address the processes listen on; put a proxy in front, not 0.0.0.0")
    second_factor: str = _setting("auto", "second factor at sign-in: `on`, `off`, or `auto`: on in production")
    oidc_issuer: str = _setting("", "https address of a sign-in service (OpenID Connect); empty: passwords only")
    oidc_client_id: str = _setting("", "what the sign-in service calls the console")
    oidc_client_secret: str = _setting("", "secret of the console at the sign-in service", secret=True)
    oidc_name: str = _setting("", "name of the sign-in service on its button; empty: its host")
    oidc_new_role: str = _setting("", "role of people nobody here knows yet; empty: only accounts made before")
    trusted_proxies: int = _setting("0", "proxies in front of the console whose X-Forwarded headers are believed")  # type: ignore[assignment]
    cases_per_agent: int = _setting("10", "cases an agent may hold at once; an urgent one may come on top")  # type: ignore[assignment]
    case_nudge_hours: int = _setting("6", "hours of silence until a contact is asked whether that was all; 0: never")  # type: ignore[assignment]
    case_close_hours: int = _setting("24", "hours without an answer to that question until the case is closed")  # type: ignore[assignment]
    assistant_deadline: int = _setting("15", "seconds the assistant may take for one message before a case opens")  # type: ignore[assignment]
    keep_messages_days: int = _setting("30", "days until messages are deleted; the notice to contacts promises 30")  # type: ignore[assignment]
    keep_cases_days: int = _setting("90", "days until a closed case is deleted, with its notes")  # type: ignore[assignment]
    keep_facts_months: int = _setting("24", "months until figures without people are deleted")  # type: ignore[assignment]
    keep_log_days: int = _setting("365", "days the log of who looked at what is kept")  # type: ignore[assignment]
    keep_short_days: int = _setting("7", "days until receipts, sign-in attempts and signs of life are deleted")  # type: ignore[assignment]
    keep_trackers_hours: int = _setting("24", "hours until the assistant forgets a talk")  # type: ignore[assignment]
    vouchers: str = _setting("local", "where voucher state comes from: `local` table or a `121` platform")
    platform121_url: str = _setting("", "base URL of the 121 API, ending in /api")
    platform121_username: str = _setting("", "user of the 121 API", secret=True)
    platform121_password: str = _setting("", "password of that user", secret=True)
    platform121_program_id: str = _setting("", "number of the voucher programme at 121")
    helpline_phone: str = _setting("", "the helpdesk's phone number as people may read it; empty: not mentioned")
    organisation: str = _setting("", "who runs the helpdesk; empty: the name in the answers, per language")
    directory_sources: str = _setting(
        "", "lists of services fetched daily, name=https://..., parted by spaces; may hold an API key", secret=True
    )
    directory_hosts: str = _setting(
        "sheets.googleapis.com,overpass-api.de", "hosts that lists of services may be fetched from"
    )
    directory_tiles_url: str = _setting(
        "", "map tiles for the console's directory, https://.../{z}/{x}/{y}.png; empty: points without a map"
    )
    link_hosts: str = _setting(
        "", "hosts, and those under them, where links of answers may be looked up; `*`: any public one; empty: none"
    )
    link_check_days: int = _setting("0", "days until links are looked up again by the clock; 0: only when asked")  # type: ignore[assignment]
    console_url: str = _setting("", "https address of the console, for links in notices; empty: no links")
    notices: str = _setting(
        "", "where notices go, audience=kind+address parted by spaces (docs/shifts.md); empty: nowhere", secret=True
    )
    notice_hosts: str = _setting(
        "hooks.slack.com,logic.azure.com,api.powerplatform.com", "hosts, and those under them, that notices may go to"
    )
    notice_secret: str = _setting("", "signs notices to webhooks (HMAC-SHA256)", secret=True)
    notice_smtp_url: str = _setting("", "mail server for notices, smtps://user:password@host:465", secret=True)
    notice_from: str = _setting("", "sender of notices by e-mail")
    notice_language: str = _setting("en", "language of notices, `en` or `nl`")
    notice_summary_hour: int = _setting("8", "hour of the morning summary in the Netherlands; -1: none")  # type: ignore[assignment]
    training_memory_mb: int = _setting("3000", "memory a training may take, in MB; above it, it is ended")  # type: ignore[assignment]
    satisfaction: str = _setting("on", "ask now and then, with two buttons, whether it helped: `on` or `off`")
    demo_data: str = _setting("on", "two made-up months in a new database of `make demo`: `on` or `off`")
    semantic_encoder: str = _setting("", "folder of an ONNX sentence encoder; empty: none")

    def __repr__(self) -> str:
        """Every setting, secrets masked, so a log or traceback shows none."""
        shown = (
            f"{f.name}={'***' if f.metadata['secret'] else getattr(self, f.name)!r}" for f in dataclasses.fields(self)
        )
        return f"Settings({', '.join(shown)})"

    @property
    def production(self) -> bool:
        """Whether insecure defaults must be refused."""
        return self.environment == "production"

    @property
    def asks_second_factor(self) -> bool:
        """Whether roles that see people need a second factor."""
        return self.production if self.second_factor == "auto" else self.second_factor == "on"

    @property
    def our_number(self) -> str:
        """How webhooks of the carrier name our number."""
        return f"whatsapp:{self.twilio_number}" if self.carrier == "twilio" else self.whatsapp_phone_number_id

    @property
    def twilio_tokens(self) -> tuple[str, ...]:
        """Tokens that may sign Twilio's webhooks: one, or two while rotating; calls use the first."""
        return tuple(s.strip() for s in self.twilio_auth_token.split(",") if s.strip())

    @property
    def app_secrets(self) -> tuple[str, ...]:
        """The webhook secrets in force: one, or two while rotating."""
        return tuple(s.strip() for s in self.whatsapp_app_secret.split(",") if s.strip())


def read(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment.

    Raises SettingsError naming every missing or wrong one, so that one look is enough to mend them.
    """
    environ = os.environ if environ is None else environ
    faults: list[str] = []
    values: dict[str, str | int] = {}
    for field in dataclasses.fields(Settings):
        name = field.name.upper()
        raw = _raw(environ, name, faults)
        value = field.metadata["default"] if raw is None else raw
        if field.type in (int, "int"):
            try:
                values[field.name] = int(value)
            except ValueError:
                faults.append(f"{name} is {value!r}; it must be a whole number.")
                values[field.name] = int(field.metadata["default"])  # so that the other settings are checked too
        else:
            values[field.name] = value
    faults += _faults(values)
    if faults:
        listed = "\n".join(f"  - {fault}" for fault in faults)
        raise SettingsError(f"Settings need attention ({len(faults)}):\n{listed}\nSee docs/configuration.md.")
    return Settings(**values)  # type: ignore[arg-type]


def _raw(environ: Mapping[str, str], name: str, faults: list[str]) -> str | None:
    path = environ.get(f"{name}_FILE")
    if path is None:
        return environ.get(name)
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        faults.append(f"{name}_FILE names {path}, which cannot be read ({error.strerror}).")
        return None


def _faults(values: Mapping[str, str | int]) -> list[str]:
    faults = []
    for name in ("console_port", "rasa_port", "actions_port", "simulator_port", "worker_port"):
        if not 0 < int(values[name]) < 65536:
            faults.append(f"{name.upper()} is {values[name]}; a port is between 1 and 65535.")
    if values["environment"] not in ("demo", "production"):
        faults.append(f"ENVIRONMENT is {values['environment']!r}; it must be demo or production.")
    if not str(values["database_url"]).startswith(("sqlite://", "postgresql://", "postgresql+psycopg2://")):
        faults.append("DATABASE_URL must begin with sqlite:// or postgresql://.")
    if values["vouchers"] not in ("local", "121"):
        faults.append(f"VOUCHERS is {values['vouchers']!r}; it must be local or 121.")
    if values["vouchers"] == "121":
        for name in ("platform121_url", "platform121_username", "platform121_password", "platform121_program_id"):
            if not values[name]:
                faults.append(f"{name.upper()} is missing; VOUCHERS=121 needs it.")
        if values["platform121_program_id"] and not str(values["platform121_program_id"]).strip().isdecimal():
            faults.append("PLATFORM121_PROGRAM_ID must be a whole number.")
        if values["environment"] == "production" and str(values["platform121_url"]).startswith("http://"):
            faults.append("PLATFORM121_URL must begin with https://; a password goes there.")
    if values["directory_tiles_url"] and not _TILES.fullmatch(str(values["directory_tiles_url"])):
        faults.append("DIRECTORY_TILES_URL must be like https://tiles.example.org/{z}/{x}/{y}.png.")
    faults += settings_faults.everywhere(values)
    for name in ("satisfaction", "demo_data"):
        if values[name] not in ("on", "off"):
            faults.append(f"{name.upper()} is {values[name]!r}; it must be on or off.")
    if int(values["cases_per_agent"]) < 1:
        faults.append("CASES_PER_AGENT must be at least 1.")
    if not 0 <= int(values["trusted_proxies"]) < 10:
        faults.append("TRUSTED_PROXIES is the number of proxies in front of the console, 0 to 9.")
    if int(values["case_nudge_hours"]) < 0 or int(values["case_close_hours"]) < 1:
        faults.append("CASE_NUDGE_HOURS must be at least 0 and CASE_CLOSE_HOURS at least 1.")
    if int(values["assistant_deadline"]) < 1:
        faults.append("ASSISTANT_DEADLINE must be at least 1 second.")
    if values["environment"] == "production":
        faults += settings_faults.insecure(
            values, {f.name: f.metadata["default"] for f in dataclasses.fields(Settings)}
        )
    return faults
