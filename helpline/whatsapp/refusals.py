"""What the Graph API refuses, as a closed tree: the class says what to do, whoever meets it.

ProviderError (helpline.errors)
└── Refusal               the call did not end in "accepted"
    ├── Retryable         Meta's fault and soon over: again with backoff, a few times
    │   └── Unreachable   nothing was sent at all: again until the network is back
    ├── ThrottledNumber   our number is too fast: everything waits
    ├── ThrottledPair     this contact got too many: they wait, the others do not
    ├── WindowShut        24 hours are over: hold until the contact writes, never again as free text
    ├── OptedOut          they asked WhatsApp to stop us: be silent
    ├── Undeliverable     this recipient cannot get it: final
    ├── OurFault          the payload is wrong: final, or once more without anything to tap
    ├── AccountTrouble    token, payment or permission: stop, keep the queue, call a person
    └── UnknownOutcome    it may have arrived: wait for a receipt, then once more (the API has no idempotency key)

Codes: Meta's error reference of 2026-05-15. A code that is not listed is judged by the HTTP status. Errors carry the
code and Meta's kind of fault, never a text, a number or a name of a person: Meta's messages may quote them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from helpline.errors import ProviderError
from helpline.whatsapp import fields


class Refusal(ProviderError):
    """A call that did not end in "accepted". `code` is Meta's and `status` is HTTP's; 0 when none came."""

    retryable = False
    """Whether the same call may do better by itself."""
    advice = "See the error code in Meta's reference."

    def __init__(self, code: int = 0, status: int = 0, after: int | None = None) -> None:
        super().__init__(
            f"WhatsApp refused the call ({type(self).__name__}, code {code}, HTTP {status}). {self.advice}"
        )
        self.code = code
        self.status = status
        self.after = after
        """Seconds to wait, when the provider named them."""


class Retryable(Refusal):
    """Meta's fault and soon over."""

    retryable = True
    advice = "It is tried again."


class Unreachable(Retryable):
    """No connection came about, so nothing was sent."""

    advice = "Check the network and WHATSAPP_API_URL; it is tried again until a connection comes about."


class ThrottledNumber(Refusal):
    """Our number or account sends too fast."""

    retryable = True
    advice = "Everything waits a while."


class ThrottledPair(Refusal):
    """Too many messages to this one contact."""

    retryable = True
    advice = "Messages to this contact wait a while."


class WindowShut(Refusal):
    """More than 24 hours since the contact wrote."""

    advice = "It is held until the contact writes again."


class OptedOut(Refusal):
    """The contact stopped messages of this business."""

    advice = "Do not write until they do."


class Undeliverable(Refusal):
    """This recipient cannot get it: not on WhatsApp, an old app, blocked, or known to us by the wrong kind of id."""

    advice = "It will not arrive; reach the person another way if they asked for help."


class OurFault(Refusal):
    """The payload breaks a rule of WhatsApp's."""

    advice = "This is a fault of the software: report it with the code."


class AccountTrouble(Refusal):
    """The token, the payment, a permission or the number's registration."""

    advice = "An administrator has to look at the WhatsApp account; the queue is kept until then."


class UnknownOutcome(Refusal):
    """The request was written and no usable answer came: the message may have arrived."""

    advice = "A receipt may still tell; after that it is sent once more."


_CODES: dict[type[Refusal], tuple[int, ...]] = {
    Retryable: (1, 2, 131000, 131016, 131052, 131053, 131057, 133004, *(30001, 63012, 63021)),
    ThrottledNumber: (4, 80007, 130429, 133016, *(20429, 63018)),
    ThrottledPair: (131056,),
    WindowShut: (131047, 63016),
    OptedOut: (131050, *(21610, 63032)),
    Undeliverable: (130472, 131021, 131026, 131030, 131049, 131062, 131063, 137000, *(21211, 21614, 63003, 63024)),
    OurFault: (33, 100, 131008, 131009, 131051, 135000, *(21602, 21605, 21617, 21656)),
    AccountTrouble: (
        *(0, 3, 10, 190, 368, 130497, 131005, 131031, 131037, 131042, 131045, 131048, 131064, 133010),
        *range(200, 300),
        *(20003, 20404, 21606, 30002, 63007, 63020, 63038),
    ),
}
"""Codes of Meta's, and after them, of five digits, Twilio's (its error reference, 2026)."""
_BY_CODE = {code: kind for kind, codes in _CODES.items() for code in codes}
_TEMPLATES = range(132000, 133000)
"""Everything wrong with a template; the wording, language or parameters are ours."""


def judge(status: int, body: object, after: object = None) -> Refusal:
    """The refusal in an answer of the Graph API that is not "accepted", whatever shape the body has."""
    answer = fields.mapping(body)
    error: Mapping[str, Any] = fields.mapping(answer.get("error"))
    code = fields.whole(error.get("code"))
    wait = fields.whole(after)
    kind = _kind(status, code, fields.flag(error.get("is_transient")))
    return kind(code or 0, status, wait if wait is not None and 0 < wait <= 86_400 else None)


def of_code(code: int) -> type[Refusal]:
    """The class of a code that came late, in a failed status."""
    return _BY_CODE.get(code) or (OurFault if code in _TEMPLATES else Undeliverable)


def _kind(status: int, code: int | None, transient: bool) -> type[Refusal]:
    if code is not None and (code in _BY_CODE or code in _TEMPLATES):
        return _BY_CODE.get(code, OurFault)
    if status == 429:
        return ThrottledNumber
    if transient or status >= 500 or status in (408, 425):
        return Retryable
    if status < 300:
        return UnknownOutcome
    # A redirect, a refusal of the token or a page that does not exist: the address or the token is wrong.
    if status < 400 or status in (401, 403, 404, 405, 407) or code is None:
        return AccountTrouble
    return OurFault
