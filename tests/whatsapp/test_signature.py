"""Only Meta's bytes pass, with either secret while they rotate."""

import pytest

from helpline.whatsapp.signature import handshake, sign, verify

RAW = '{"a":"\\u00e9 é ع"}'.encode()


def test_signature_of_exactly_these_bytes_is_valid():
    assert verify(RAW, sign(RAW, "s"), ("s",))
    assert not verify(RAW + b" ", sign(RAW, "s"), ("s",))
    assert not verify(RAW, sign(RAW, "other"), ("s",))


def test_both_secrets_hold_while_rotating():
    assert verify(RAW, sign(RAW, "old"), ("new", "old")) and verify(RAW, sign(RAW, "new"), ("new", "old"))


@pytest.mark.parametrize(
    "header",
    [None, "", "sha256=", "sha1=abc", "sha256=ä", "sha256=\ud800", "SHA256=", "sha256=" + "0" * 64, "=", "sha256"],
)
def test_anything_else_is_refused_without_a_fault(header):
    assert not verify(RAW, header, ("s",))


def test_empty_secret_verifies_nothing():
    assert not verify(RAW, sign(RAW, ""), ("",)) and not verify(RAW, sign(RAW, ""), ())


def test_known_value_of_the_signature():
    # Computed with `openssl dgst -sha256 -hmac key`.
    assert sign(b"The quick brown fox jumps over the lazy dog", "key") == (
        "sha256=f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"
    )


ASKED = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "t"}


def test_handshake_echoes_the_challenge():
    assert handshake(ASKED, "t") == "1158201444"


@pytest.mark.parametrize(
    ("change", "token"),
    [
        ({"hub.verify_token": "x"}, "t"),
        ({"hub.verify_token": ""}, ""),
        ({"hub.verify_token": None}, ""),
        ({"hub.mode": "other"}, "t"),
        ({"hub.challenge": ""}, "t"),
        ({"hub.verify_token": "\ud800ä"}, "t"),
    ],
)
def test_handshake_without_the_token_is_refused(change, token):
    assert handshake({**ASKED, **change}, token) is None
