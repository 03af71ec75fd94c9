"""`helpline encoder fetch`: from a publisher that answers here, checked, and nothing half kept."""

import hashlib
import http.server
import json
import threading

import pytest

from helpline import cli
from helpline.errors import HelplineError, InputError
from helpline.nlu import fetching
from helpline.nlu.fetching import File, Published

BODIES = {"onnx/model.onnx": b"a network" * 1000, "tokenizer.json": b"{}"}
NAME = "tiny"


@pytest.fixture
def publisher(monkeypatch):
    asked = []

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            path = self.path.removeprefix("/somebody/tiny/resolve/0123abcd/")
            body = bodies.get(path)
            self.send_response(200 if body is not None else 404)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_):
            pass

    bodies = dict(BODIES)
    files = tuple(
        File(path, path.rpartition("/")[2], len(body), hashlib.sha256(body).hexdigest())
        for path, body in BODIES.items()
    )
    monkeypatch.setitem(fetching.ENCODERS, NAME, Published("somebody/tiny", "0123abcd", files, "message", "query: "))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", bodies, asked
    server.shutdown()
    server.server_close()


def test_files_come_with_what_is_known_of_the_encoder(publisher, tmp_path):
    address, bodies, asked = publisher
    folder = fetching.fetch(NAME, tmp_path / "new" / "folder", publisher=address)
    assert (folder / "model.onnx").read_bytes() == bodies["onnx/model.onnx"]
    assert (folder / "tokenizer.json").read_bytes() == bodies["tokenizer.json"]
    told = json.loads((folder / "helpline.json").read_text())
    assert (told["reads"], told["prefix"], told["revision"]) == ("message", "query: ", "0123abcd")
    assert len(asked) == 2
    fetching.fetch(NAME, folder, publisher=address)
    assert len(asked) == 2


def test_other_bytes_are_refused_and_thrown_away(publisher, tmp_path):
    address, bodies, _ = publisher
    bodies["onnx/model.onnx"] = b"something else"
    with pytest.raises(HelplineError, match="SHA-256"):
        fetching.fetch(NAME, tmp_path, publisher=address)
    assert list(tmp_path.iterdir()) == []


def test_an_answer_longer_than_published_is_refused_without_reading_on(publisher, tmp_path):
    address, bodies, _ = publisher
    bodies["onnx/model.onnx"] += b"x" * 5_000_000
    with pytest.raises(HelplineError, match="SHA-256"):
        fetching.fetch(NAME, tmp_path, publisher=address)
    assert list(tmp_path.iterdir()) == []


def test_missing_file_and_silent_publisher_are_said_plainly(publisher, tmp_path):
    address, bodies, _ = publisher
    del bodies["onnx/model.onnx"]
    with pytest.raises(HelplineError, match="404"):
        fetching.fetch(NAME, tmp_path, publisher=address)
    with pytest.raises(HelplineError, match=r"cannot be reached.*copy them: model\.onnx with SHA-256"):
        fetching.fetch(NAME, tmp_path, publisher="http://127.0.0.1:1")
    assert list(tmp_path.iterdir()) == []


def test_unknown_name_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(InputError, match="multilingual-e5-small"):
        fetching.fetch("e5", tmp_path)


def test_command_fetches_and_says_what_to_set(publisher, tmp_path, monkeypatch, capsys):
    address, _, _ = publisher
    real = fetching.fetch
    monkeypatch.setattr(fetching, "fetch", lambda name, folder: real(name, folder, publisher=address))
    assert cli.main(["encoder", "fetch", NAME, str(tmp_path)]) == 0
    assert f"SEMANTIC_ENCODER={tmp_path}" in capsys.readouterr().out
    assert cli.main(["encoder", "fetch", "unknown", str(tmp_path)]) == 1


def test_each_published_encoder_is_pinned_to_one_revision_over_https():
    assert fetching.PUBLISHER.startswith("https://")
    for one in fetching.ENCODERS.values():
        assert len(one.revision) == 40
        assert {file.name for file in one.files} == {"model.onnx", "tokenizer.json"}
        assert all(len(file.sha256) == 64 for file in one.files)
