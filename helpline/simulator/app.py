"""The simulator's web application: the phone and the stand-in for WhatsApp, for demo and tests only."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, jsonify, request

from helpline import logs
from helpline.errors import InputError, SettingsError
from helpline.settings import Settings
from helpline.simulator import graph as stand_in
from helpline.simulator import phone
from helpline.simulator.phones import Phones
from helpline.simulator.poster import Poster

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
MOST_BYTES = 20 * 1024 * 1024


def create(settings: Settings, *, webhook_url: str | None = None, first_pause: float = 1.0) -> Flask:
    """The application. It posts webhooks to `webhook_url`, by default the channel the settings name.

    Raises SettingsError in production: whoever can reach this page can write as anybody.
    """
    if settings.production:
        raise SettingsError("The simulator lets anybody write as anybody; it does not run with ENVIRONMENT=production.")
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    target = webhook_url or f"http://{settings.bind}:{settings.rasa_port}/webhooks/whatsapp/webhook"
    phones = Phones()
    poster = Poster(target, settings.app_secrets[0], first_pause)
    graph = stand_in.Graph(phones, poster, settings.whatsapp_phone_number_id, settings.whatsapp_access_token)
    app.extensions["poster"], app.extensions["phones"], app.extensions["graph"] = poster, phones, graph
    app.register_blueprint(stand_in.routes(phones, graph))
    app.register_blueprint(phone.routes(phones, graph, poster))

    @app.get("/health")
    def health() -> Any:
        facts = {"waiting": poster.waiting(), "delivered": poster.delivered, "refused": poster.refused}
        return jsonify({"process": "simulator", "alive": True, "ready": True, **facts})

    @app.before_request
    def same_origin() -> Any:
        # A page of somebody else's in the same browser must not write in our contacts' names.
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.host:
            return jsonify({"error": "Only the phone's own page may do this."}), 403
        return None

    @app.after_request
    def guard(answer: Response) -> Response:
        answer.headers.setdefault("Content-Security-Policy", _POLICY)
        answer.headers.setdefault("X-Content-Type-Options", "nosniff")
        answer.headers.setdefault("Referrer-Policy", "no-referrer")
        return answer

    @app.errorhandler(InputError)
    def unusable(error: InputError) -> Any:
        return jsonify({"error": str(error)}), 400

    return app


def serve(settings: Settings) -> None:
    """Run the simulator until it is stopped."""
    import waitress

    logs.to_stderr()
    app = create(settings)
    try:
        waitress.serve(app, host=settings.bind, port=settings.simulator_port, threads=16, ident=None)
    finally:
        app.extensions["poster"].stop()
