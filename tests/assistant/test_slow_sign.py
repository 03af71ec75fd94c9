"""A slow assistant says that it is at work, a quick one does not, and neither waits for WhatsApp."""

import asyncio
import threading

from helpline.assistant.slow_sign import AT_ONCE, SlowSign
from helpline.whatsapp import client


class Wire:
    """WhatsApp's end of the wire; `hold` keeps every call open until it is set."""

    def __init__(self, hold=None, refusal=None):
        self.told, self._hold, self._refusal = [], hold, refusal

    def typing(self, message_id):
        self.told.append(message_id)
        if self._hold:
            self._hold.wait(5)
        if self._refusal:
            raise self._refusal


def test_an_answer_that_comes_first_leaves_nothing_to_tell():
    wire = Wire()

    async def quick():
        telling = asyncio.ensure_future(SlowSign(wire, after=5).tell("wamid.1"))
        await asyncio.sleep(0)
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)

    asyncio.run(quick())
    assert wire.told == []


def test_a_slow_answer_is_announced_once():
    wire = Wire()
    asyncio.run(SlowSign(wire, after=0).tell("wamid.1"))
    assert wire.told == ["wamid.1"]


def test_no_more_than_a_few_calls_are_open_at_a_time():
    hold = threading.Event()
    wire = Wire(hold)

    async def crowd():
        sign = SlowSign(wire, after=0)
        telling = [asyncio.ensure_future(sign.tell(f"wamid.{number}")) for number in range(50)]
        await asyncio.sleep(0.05)
        hold.set()
        await asyncio.gather(*telling)

    asyncio.run(crowd())
    assert len(wire.told) == AT_ONCE


def test_a_refusal_is_no_ones_problem():
    asyncio.run(SlowSign(Wire(refusal=client.Unreachable()), after=0).tell("wamid.1"))
