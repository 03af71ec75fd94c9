"""Static files: small on the way, the same at the end."""

import gzip

import pytest

from helpline.console import assets

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
TEXTS = ["desk.css", "htmx-2.0.8.min.js", "icons.svg"]


@pytest.mark.parametrize("name", TEXTS)
def test_a_static_text_travels_compressed_and_is_the_same(stranger, name):
    answer = stranger.get(assets.address(name), **{"Accept-Encoding": "gzip, br"})
    assert answer.headers["Content-Encoding"] == "gzip" and "Accept-Encoding" in answer.headers["Vary"]
    assert gzip.decompress(answer.data) == (assets.FOLDER / name).read_bytes()
    assert len(answer.data) == int(answer.headers["Content-Length"]) < (assets.FOLDER / name).stat().st_size / 2
    assert "immutable" in answer.headers["Cache-Control"]


def test_who_takes_no_compression_gets_none(stranger):
    plain = stranger.get(assets.address("desk.css"), **{"Accept-Encoding": "identity"})
    assert plain.data == (assets.FOLDER / "desk.css").read_bytes() and "Content-Encoding" not in plain.headers


def test_a_known_file_is_not_sent_again(stranger):
    first = stranger.get(assets.address("desk.css"), **{"Accept-Encoding": "gzip"})
    tag = first.headers["ETag"]
    again = stranger.get(assets.address("desk.css"), **{"Accept-Encoding": "gzip", "If-None-Match": tag})
    assert again.status_code == 304 and again.data == b""


def test_a_page_with_what_people_wrote_is_never_compressed(sara, case_id):
    answer = sara.get(f"/cases/{case_id}", **{"Accept-Encoding": "gzip"})
    assert answer.status_code == 200 and "Content-Encoding" not in answer.headers


@pytest.mark.parametrize("path", ["/static/none.css", "/static/../app.py"])
def test_what_is_no_file_of_ours_is_not_found(stranger, path):
    assert stranger.get(path, **{"Accept-Encoding": "gzip"}).status_code == 404
