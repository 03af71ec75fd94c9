"""Lists that are fetched again every day: from hosts on the allow-list only, and a failure changes nothing."""

from __future__ import annotations

import dataclasses
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import sqlalchemy as sa

from helpline import clock, directory
from helpline.db import schema
from helpline.directory import refresh
from helpline.errors import InputError
from tests.conftest import count

FIXTURES = Path(__file__).parents[1] / "fixtures" / "directory"


@pytest.fixture
def server():
    """A spreadsheet service and an Overpass server in one; `paths` holds what was asked."""

    class Handler(BaseHTTPRequestHandler):
        paths = []
        status = 200

        def do_GET(self):
            parts = urlsplit(self.path)
            self.paths.append(self.path)
            name = unquote(parts.path.rpartition("/")[2])
            path = FIXTURES / "sheets" / f"{name}.json"
            body = path.read_bytes() if path.exists() else (FIXTURES / "overpass.json").read_bytes()
            status = 404 if "/values/" in parts.path and not path.exists() else self.status
            self.send_response(302 if parts.path == "/away" else status)
            if parts.path == "/away":
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()
            self.wfile.write(b"<html>" if parts.path == "/html" else body)

        def log_message(self, *_args):
            pass

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    made.handler, made.base = Handler, f"http://127.0.0.1:{made.server_port}"
    yield made
    made.shutdown()
    made.server_close()


def with_sources(service, text, hosts="127.0.0.1"):
    chosen = dataclasses.replace(service.settings, directory_sources=text, directory_hosts=hosts)
    return service.engine, chosen


def test_lists_are_taken_over_once_a_day(service, server):
    ours = with_sources(service, f"region={server.base}/v4/spreadsheets/x?key=k osm={server.base}/overpass")
    assert directory.refresh_due(*ours) == 2
    assert count(service.engine, schema.services) == 6
    assert count(service.engine, schema.draft_answers) == 5
    assert directory.refresh_due(*ours) == 0
    clock.shift(refresh.EVERY_SECONDS + 1)
    assert directory.refresh_due(*ours) == 2


def test_every_sheet_is_asked_for_by_its_encoded_name(service, server):
    directory.refresh_due(*with_sources(service, f"region={server.base}/v4/spreadsheets/x?key=k"))
    assert "/v4/spreadsheets/x/values/Q%26As?key=k" in server.handler.paths
    assert "/v4/spreadsheets/x/values/Referral%20Page?key=k" in server.handler.paths


def test_failing_list_changes_nothing_and_is_tried_again_in_an_hour(service, server):
    ours = with_sources(service, f"osm={server.base}/overpass")
    directory.refresh_due(*ours)
    server.handler.status = 500
    clock.shift(refresh.EVERY_SECONDS + 1)
    assert directory.refresh_due(*ours) == 0
    assert count(service.engine, schema.services, schema.services.c.retired == sa.false()) == 2
    server.handler.status = 200
    clock.shift(refresh.AGAIN_SECONDS + 1)
    assert directory.refresh_due(*ours) == 1


@pytest.mark.parametrize("path", ["/away", "/html"])
def test_redirect_and_html_are_refused(service, server, path):
    assert directory.refresh_due(*with_sources(service, server.base + path)) == 0
    assert count(service.engine, schema.services) == 0


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/x",
        "http://sheets.googleapis.com/x",
        "file:///etc/passwd",
        "https://127.0.0.1@evil.example/",
    ],
)
def test_host_off_the_allow_list_is_never_asked(url):
    with pytest.raises(InputError) as refused:
        refresh.fetch(url, frozenset({"sheets.googleapis.com", "127.0.0.1"}))
    assert "/x" not in str(refused.value)


def test_names_of_sources_are_read():
    assert refresh.sources("a=https://x.example/1?b=2\n https://y.example/z") == [
        ("a", "https://x.example/1?b=2"),
        ("y.example", "https://y.example/z"),
    ]
