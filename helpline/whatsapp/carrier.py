"""Which carrier the settings choose: WhatsApp's own Cloud API or Twilio, behind the same calls."""

from __future__ import annotations

from helpline.settings import Settings
from helpline.whatsapp.client import Client
from helpline.whatsapp.twilio_client import TwilioClient


def client_of(settings: Settings) -> Client:
    """The client for our number at the carrier."""
    if settings.carrier == "twilio":
        return TwilioClient(
            settings.twilio_api_url, settings.twilio_account_sid, settings.twilio_tokens[0], settings.twilio_number,
            settings.twilio_webhook_url, settings.twilio_template,
        )  # fmt: skip
    return Client(settings.whatsapp_api_url, settings.whatsapp_phone_number_id, settings.whatsapp_access_token)
