"""What is sent: an Adaptive Card for Teams, text for Slack, JSON for other systems, a letter for mailboxes.

Teams takes cards by a workflow's webhook (Power Automate "When a Teams webhook request is received"), as one
attachment of a message: learn.microsoft.com/power-automate/teams/send-a-message-in-teams, read 2026-11.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from email.message import EmailMessage
from email.utils import formatdate
from typing import Any

from helpline.notices import Notice, wording

CARD = "application/vnd.microsoft.card.adaptive"


def link(notice: Notice, console_url: str) -> str:
    """Where to look; empty when nobody said where the console is."""
    return f"{console_url.rstrip('/')}{notice.facts.get('path', '/')}" if console_url else ""


def teams(notice: Notice, language: str, console_url: str) -> dict[str, Any]:
    """A message with one Adaptive Card."""
    urgent = notice.kind.startswith("urgent")
    body: list[dict[str, Any]] = [
        {
            "type": "TextBlock",
            "text": wording.title(notice, language),
            "weight": "Bolder",
            "size": "Medium",
            "wrap": True,
            "color": "Attention" if urgent else "Default",
        }
    ]
    facts = [{"title": name, "value": value} for name, value in wording.lines(notice, language)]
    if facts:
        body.append({"type": "FactSet", "facts": facts})
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "lang": language,
        "body": body,
    }
    if address := link(notice, console_url):
        card["actions"] = [{"type": "Action.OpenUrl", "title": wording.link_title(language), "url": address}]
    return {"type": "message", "attachments": [{"contentType": CARD, "contentUrl": None, "content": card}]}


def slack(notice: Notice, language: str, console_url: str) -> dict[str, Any]:
    """A message of one text and its fields; nothing in it is markup but what is ours."""
    title = wording.title(notice, language)
    fields = [{"type": "mrkdwn", "text": f"*{name}*\n{value}"} for name, value in wording.lines(notice, language)]
    blocks: list[dict[str, Any]] = [{"type": "section", "text": {"type": "plain_text", "text": title}}]
    blocks += [{"type": "section", "fields": fields[at : at + 10]} for at in range(0, len(fields), 10)]
    if address := link(notice, console_url):
        words = f"<{address}|{wording.link_title(language)}>"
        blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": words}]})
    return {"text": title, "blocks": blocks}


def webhook(notice: Notice, console_url: str) -> dict[str, Any]:
    """The facts as they are, for programs."""
    facts = {name: value for name, value in notice.facts.items() if name != "path"}
    body = {"id": f"notice-{notice.id}", "type": notice.kind, "audience": notice.audience, "at": notice.created_at}
    return {**body, "facts": facts, "link": link(notice, console_url)}


def letter(notice: Notice, language: str, console_url: str, sender: str, to: str) -> EmailMessage:
    """A short e-mail without anything personal."""
    message = EmailMessage()
    message["Subject"] = wording.title(notice, language)
    message["From"], message["To"] = sender, to
    message["Date"] = formatdate(notice.created_at)
    domain = sender.rpartition("@")[2].strip(" >") or "localhost"
    message["Message-ID"] = f"<notice-{notice.id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    lines = [f"{name}: {value}" for name, value in wording.lines(notice, language)]
    parts = [wording.title(notice, language), "\n".join(lines), link(notice, console_url), wording.footer(language)]
    message.set_content("\n\n".join(part for part in parts if part) + "\n")
    return message


def signed(secret: str, notice_id: int, at: int, body: bytes) -> dict[str, str]:
    """Headers that prove who sent it and when: HMAC-SHA256 over `id.timestamp.body`, in hex.

    The receiver compares in constant time, refuses timestamps older than five minutes and ids it has seen.
    """
    key = f"notice-{notice_id}"
    signature = hmac.new(secret.encode(), f"{key}.{at}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Helpline-Id": key, "Helpline-Timestamp": str(at), "Helpline-Signature": f"v1={signature}"}


def packed(body: dict[str, Any]) -> bytes:
    """The bytes that are signed and sent."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
