"""Files both ways: played in every browser, kept for minutes only, recorded and attached in forms WhatsApp takes."""

import io
import subprocess
import uuid

import pytest
import sqlalchemy as sa
from PIL import Image

from helpline import outbox
from helpline.console import conversion, kept
from helpline.db import schema
from helpline.messages import Media
from helpline.whatsapp import client
from tests.console.conftest import SAME
from tests.people import message, write

needs_ffmpeg = pytest.mark.skipif(conversion._ffmpeg() is None, reason="ffmpeg is not on this machine")


def drawn(form="PNG", **more) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (400, 300), "green").save(out, form, **more)
    return out.getvalue()


PNG = drawn()


class Wire:
    """WhatsApp's end of the wire: hands out one file, and keeps what is uploaded."""

    def __init__(self, content=b"", kind="application/octet-stream"):
        self.content, self.kind, self.fetched, self.uploaded = content, kind, 0, []

    def fetch(self, *_args):
        self.fetched += 1
        return client.File(self.content, self.kind)

    def upload(self, content, kind, name):
        self.uploaded.append((content, kind, name))
        return "media-1"


@pytest.fixture
def received(service, mine):
    """Address of a file the contact sent."""
    with service.engine.begin() as conn:
        write(conn, service, message(None, kind="voice", deliver="media", media=(Media("voice", id="1"),)))
        newest = conn.execute(sa.select(sa.func.max(schema.inbox.c.id))).scalar_one()
    return f"/cases/{mine}/media/{newest}/0"


def sound(form: str, *options: str) -> bytes:
    """Half a second of a tone, as a browser or a phone makes it."""
    command = [conversion._ffmpeg(), "-loglevel", "error", "-f", "lavfi", "-i", "sine=frequency=440:duration=0.5"]
    return subprocess.run([*command, *options, "-f", form, "pipe:1"], check=True, capture_output=True).stdout


def attach(browser, case_id, content, name, **more):
    form = {"text": "", "once": str(uuid.uuid4()), "file": (io.BytesIO(content), name), **more}
    return browser.client.post(f"/cases/{case_id}/reply", data=form, headers=SAME)


def sent(service):
    with service.engine.connect() as conn:
        row = conn.execute(sa.select(schema.outbox).order_by(schema.outbox.c.id.desc())).first()
    return outbox.unpack(service.vault.open(row.body_sealed)) if row else None


@needs_ffmpeg
def test_a_voice_note_becomes_mp3_and_is_given_in_pieces(sara, received, console):
    console.extensions["whatsapp"] = wire = Wire(sound("ogg", "-c:a", "libopus"), "audio/ogg; codecs=opus")
    whole = sara.get(received)
    assert whole.content_type == "audio/mpeg" and whole.headers["Accept-Ranges"] == "bytes"
    piece = sara.get(received, Range="bytes=0-1")
    assert piece.status_code == 206 and piece.data == whole.data[:2]
    assert piece.headers["Content-Range"] == f"bytes 0-1/{len(whole.data)}"
    assert sara.get(received, Range="bytes=9999999-").status_code == 416
    assert wire.fetched == 1


def test_a_file_is_kept_for_minutes_and_not_longer(monkeypatch):
    at = [1000.0]
    monkeypatch.setattr(kept.time, "monotonic", lambda: at[0])
    files = kept.Kept(seconds=300, size=100)
    files.put((1, 0), kept.Shown(b"x" * 60, "image/jpeg"))
    assert files.get((1, 0)) is not None
    files.put((2, 0), kept.Shown(b"y" * 60, "image/jpeg"))
    assert files.get((1, 0)) is None and files.get((2, 0)) is not None
    at[0] += 301
    files.tidy()
    assert files._files == {}


def test_a_file_can_be_forgotten_at_once():
    files = kept.Kept()
    files.put((1, 0), kept.Shown(b"x", "image/jpeg"))
    files.put((1, 1), kept.Shown(b"x", "image/jpeg"))
    files.put((2, 0), kept.Shown(b"x", "image/jpeg"))
    files.forget(1)
    assert files.get((1, 0)) is None and files.get((1, 1)) is None and files.get((2, 0)) is not None


def test_an_answer_is_never_kept_by_the_browser(sara, received, console):
    console.extensions["whatsapp"] = Wire(b"%PDF-1.7", "application/pdf")
    assert sara.get(received).headers["Cache-Control"] == "no-store"


def test_a_picture_goes_out_with_the_words_as_its_caption(service, sara, mine, console):
    console.extensions["whatsapp"] = wire = Wire()
    assert attach(sara, mine, PNG, "where.png", text="Here it is").status_code == 303
    assert wire.uploaded[0][1:] == ("image/jpeg", "where.png")
    assert sent(service).media == Media("image", id="media-1", mime_type="image/jpeg")
    assert sent(service).text == "Here it is"


@needs_ffmpeg
@pytest.mark.parametrize("form", ["webm", "ogg", "mp4"])
def test_what_a_browser_records_goes_out_as_a_voice_note(service, sara, mine, console, form):
    more = ("-movflags", "frag_keyframe+empty_moov", "-c:a", "aac") if form == "mp4" else ("-c:a", "libopus")
    console.extensions["whatsapp"] = wire = Wire()
    assert attach(sara, mine, sound(form, *more), f"voice-note.{form}").status_code == 303
    content, kind, _ = wire.uploaded[0]
    assert kind == "audio/ogg" and content.startswith(b"OggS") and b"OpusHead" in content[:200]
    assert sent(service).media.kind == "voice"


@needs_ffmpeg
def test_where_an_agents_photo_was_taken_does_not_leave(sara, mine, console):
    make = [conversion._ffmpeg(), "-loglevel", "error", "-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", "1"]
    picture = subprocess.run([*make, "-f", "mjpeg", "pipe:1"], check=True, capture_output=True).stdout
    exif = b"Exif\0\0MM\0*\0\0\0\x08SECRETPLACE"
    picture = picture[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + picture[2:]
    console.extensions["whatsapp"] = wire = Wire()
    attach(sara, mine, picture, "home.jpg")
    assert wire.uploaded[0][1] == "image/jpeg" and b"SECRETPLACE" not in wire.uploaded[0][0]


def test_a_file_too_large_is_refused_with_its_limits_and_nothing_is_uploaded(sara, mine, console):
    console.extensions["whatsapp"] = wire = Wire()
    answer = attach(sara, mine, PNG + b"0" * (5 * 1024 * 1024), "big.png")
    assert answer.status_code == 400 and "photos up to 5 MB" in answer.text and wire.uploaded == []


def test_only_the_holder_can_hand_a_file_to_whatsapp(tom, mine, console):
    console.extensions["whatsapp"] = wire = Wire()
    assert attach(tom, mine, PNG, "x.png").status_code == 409 and wire.uploaded == []


def photo(form="JPEG"):
    """A photo with a place and a name in its metadata."""
    exif = Image.Exif()
    exif[0x010E] = "Amina at home"
    exif.get_ifd(0x8825)[2] = (52.0, 5.0, 0.0)
    return drawn(form, exif=exif)


@pytest.mark.parametrize(("form", "kind"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")])
def test_what_a_photo_tells_besides_the_picture_is_taken_out(sara, received, console, form, kind):
    original = photo(form)
    assert b"Amina at home" in original
    console.extensions["whatsapp"] = Wire(original, kind)
    answer = sara.get(received)
    assert answer.status_code == 200 and answer.content_type == "image/jpeg"
    with Image.open(io.BytesIO(answer.data)) as shown:
        assert shown.size == (400, 300) and not shown.getexif()
    assert b"Amina" not in answer.data


@pytest.mark.parametrize("content", [b"\xff\xd8\xff" + b"GPS Amina" * 50, b"", b"<svg onload=alert(1)>"])
def test_a_photo_that_cannot_be_cleaned_is_not_shown(sara, received, console, content):
    console.extensions["whatsapp"] = Wire(content, "image/jpeg")
    answer = sara.get(received)
    assert answer.status_code == 415 and b"GPS Amina" not in answer.data


def test_a_picture_made_to_fill_the_memory_is_not_opened(sara, received, console, monkeypatch):
    monkeypatch.setattr(conversion, "PIXELS", 1000)
    console.extensions["whatsapp"] = Wire(photo(), "image/jpeg")
    assert sara.get(received).status_code == 415


@needs_ffmpeg
def test_a_film_loses_where_it_was_made(sara, received, console, tmp_path):
    made = tmp_path / "film.mp4"
    command = [
        conversion._ffmpeg(),
        "-loglevel",
        "error",
        "-f",
        "lavfi",
        "-i",
        "testsrc=duration=0.2:size=64x64:rate=5",
    ]
    command += ["-metadata", "location=+52.0-005.0/", "-metadata", "title=Amina at home", str(made)]
    subprocess.run(command, check=True)
    assert b"Amina at home" in made.read_bytes()
    console.extensions["whatsapp"] = Wire(made.read_bytes(), "video/mp4")
    answer = sara.get(received)
    assert answer.status_code == 200 and answer.content_type == "video/mp4"
    assert b"Amina" not in answer.data and b"+52.0" not in answer.data
