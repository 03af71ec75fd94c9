"""Collects what the assistant says in one turn; the drain merges it and hands it to the outbox."""

from __future__ import annotations

from typing import Any

from rasa.core.channels.channel import OutputChannel

from helpline.messages import Button, OutboundMessage


class WhatsAppOutput(OutputChannel):
    """Rasa's side of one turn. Nothing is sent from here."""

    def __init__(self) -> None:
        self.messages: list[OutboundMessage] = []

    @classmethod
    def name(cls) -> str:
        """The channel's name, as answers see it."""
        return "whatsapp"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Keep one response; `request_location` and `list_title` are ours, the rest Rasa's."""
        buttons = (*(message.get("buttons") or ()), *(message.get("quick_replies") or ()))
        self.messages.append(
            OutboundMessage(
                text=(message.get("text") or "").strip(),
                buttons=tuple(
                    Button(str(b.get("title", "")), str(b.get("payload", "")), str(b.get("description") or ""))
                    for b in buttons
                ),
                list_title=str(message.get("list_title") or ""),
                request_location=bool(message.get("request_location")),
            )
        )

    async def send_text_message(self, recipient_id: str, text: str, **kwargs: Any) -> None:
        """Keep a plain text."""
        self.messages.append(OutboundMessage(text=text.strip()))
