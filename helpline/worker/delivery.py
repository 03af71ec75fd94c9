"""Deliver the outbox, and run the timed jobs between.

Several workers may run beside each other: each message is claimed by one of them, and of each contact only the oldest
unsent message can be claimed. What each class of refusal leads to is in `_refused`; the classes are drawn in
whatsapp/refusals.py.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from prometheus_client import Counter, Gauge, Histogram
from sqlalchemy.engine import Connection

from helpline import contacts, heartbeats, logs, outbox
from helpline.db.engine import reading
from helpline.db.together import Together
from helpline.db.vault import Vault
from helpline.errors import InputError
from helpline.messages import Identity
from helpline.outbox import Outgoing
from helpline.pace import LONGEST_PAUSE, Pace
from helpline.service import Service
from helpline.whatsapp import client, render
from helpline.worker.jobs import JOBS, Job, run

SENDERS = 16
"""Calls at a time: at WhatsApp's 200 ms each, 80 messages a second, which is what a number may send."""
TAKEN_AT_ONCE = 8
"""With fewer senders free than this, taking more waits for a moment: each time costs a transaction."""
MOMENT_SECONDS = 0.02
IDLE_SECONDS = 0.03
"""How often to look for something to send; one indexed query without a lock."""
BLOCKED_SECONDS = 0.1
LATE_SECONDS = 300
WATCH_SECONDS = 10

T = TypeVar("T")
_Work = Callable[[Connection], Any]
Taken = list[tuple[Outgoing, Identity | None]]
"""Messages with where they go; None for somebody who was erased."""

log = logs.get(__name__)
sent_total = Counter("helpline_sent_total", "Messages the provider took or refused.", ["outcome"])
send_seconds = Histogram(
    "helpline_send_seconds", "One call to the provider.", buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20)
)
waiting_gauge = Gauge("helpline_outbox_waiting", "Messages not yet taken by the provider.")
oldest_gauge = Gauge("helpline_outbox_oldest_seconds", "Age of the oldest of them.")
paused_gauge = Gauge("helpline_outbox_paused", "1 while nothing is sent: throttled, unreachable or account trouble.")


class Worker:
    """Sends what is queued, several contacts at a time, each contact's messages in order."""

    def __init__(self, service: Service, wire: client.Client) -> None:
        self._service = service
        self._wire = wire
        self._stopping = threading.Event()
        self._senders = ThreadPoolExecutor(max_workers=SENDERS, thread_name_prefix="deliver")
        self._together = Together(service.engine, "delivery")
        self._free = threading.Semaphore(SENDERS)
        self._moved = threading.Event()
        """A call ended, so the next message of that contact may go."""
        self._slow = ThreadPoolExecutor(max_workers=1, thread_name_prefix="slow")
        """For jobs that wait for the network; delivery must not wait with them."""
        self.pace = Pace()
        self._name = f"worker {socket.gethostname()} {os.getpid()}"[:80]

    def run(self) -> None:
        """Work until `stop`."""
        due = dict.fromkeys(JOBS, 0.0)
        watched = 0.0
        while not self._stopping.is_set():
            try:
                busy = self.deliver()
                if time.monotonic() >= watched:
                    watched = time.monotonic() + WATCH_SECONDS
                    self._watch()
                for job, at in due.items():
                    if time.monotonic() >= at:
                        due[job] = time.monotonic() + job.every
                        self._do(job)
            except Exception:
                logs.failure(log, "worker_round_failed")
                busy = False
                self._stopping.wait(1)
            if not busy:
                self._stopping.wait(IDLE_SECONDS)
        self._slow.shutdown(wait=False, cancel_futures=True)
        self._senders.shutdown(wait=True)

    def stop(self) -> None:
        """Let `run` take nothing more, finish what is being sent, and return."""
        self._stopping.set()
        self._moved.set()

    def deliver(self) -> bool:
        """Hand what is due to senders that are free, and return at once; whether there was anything.

        Only as much is claimed as can be sent now: a slow call holds up its own contact and nobody else.
        """
        if self.pace.paused():
            return False
        with reading(self._service.engine) as conn:
            if not outbox.is_due(conn):
                return False
        free = self._free_senders()
        taken: Taken = []
        self._moved.clear()
        try:
            if free:
                taken = self._write(partial(self._claim, free))
        finally:
            if free > len(taken):
                self._free.release(free - len(taken))
        if free and not taken:  # what is due stands behind a message that has to wait
            self._moved.wait(BLOCKED_SECONDS)
        for outgoing, to in taken:
            self._senders.submit(self._deliver_one, outgoing, to)
        return bool(taken) or not free

    def _free_senders(self) -> int:
        """Take all that are free; how many. While few are, a moment is given to those who are nearly done."""
        until, free = time.monotonic() + MOMENT_SECONDS, 0
        while free < SENDERS:
            seconds = until - time.monotonic() if free < TAKEN_AT_ONCE else 0.0
            if not (self._free.acquire(timeout=seconds) if seconds > 0 else self._free.acquire(blocking=False)):
                break
            free += 1
        return free

    def _write(self, work: Callable[[Connection], T], *, patient: bool = False) -> T:
        """In a transaction with what the other senders have to write."""
        return self._together.submit(work, patient=patient).result()

    def _claim(self, most: int, conn: Connection) -> Taken:
        vault = self._service.vault
        return [(one, _address(conn, vault, one.contact_id)) for one in outbox.claim(conn, vault, most)]

    def settle(self, seconds: float = 30) -> None:
        """Wait until nothing is being sent."""
        until = time.monotonic() + seconds
        for _ in range(SENDERS):
            self._free.acquire(timeout=max(0.0, until - time.monotonic()))
        self._free.release(SENDERS)

    def _deliver_one(self, outgoing: Outgoing, to: Identity | None) -> None:
        try:
            self._send(outgoing, to)
        except Exception:
            logs.failure(log, "delivery_failed", outbox_id=outgoing.id)
            again = partial(
                outbox.retry,
                outbox_id=outgoing.id,
                attempts=outgoing.attempts,
                after_seconds=2**outgoing.attempts,
                error="internal",
            )
            try:
                self._write(again)
            except Exception:  # the lease runs out, and another round sees to it
                logs.failure(log, "delivery_not_recorded", outbox_id=outgoing.id)
        finally:
            self._free.release()
            self._moved.set()

    def _send(self, outgoing: Outgoing, to: Identity | None) -> None:
        try:
            if to is None:
                raise InputError("The contact was erased.")
            sign = self._service.vault.sign_payload
            rendered = render.render(outgoing.message, to, outbox_id=str(outgoing.id), sign_payload=sign)
            payloads = self._wire.fit(rendered)
        except InputError:
            # The contact was erased, or the message is one that WhatsApp has no form for.
            logs.failure(log, "message_cannot_be_sent", outbox_id=outgoing.id)
            self._write(lambda conn: outbox.failed(conn, outgoing.id, "unsendable"))
            return
        if outgoing.was_unknown and not self._answers(outgoing):
            return
        message_id = ""
        for part in range(outgoing.parts_done, len(payloads)):
            try:
                message_id = self._call(payloads[part])
            except client.Refusal as error:
                sent_total.labels(type(error).__name__).inc()
                self._refused(outgoing, error, part)
                return
            self.pace.well(outgoing.contact_id)
            if part + 1 < len(payloads):
                passed = partial(outbox.part_sent, outbox_id=outgoing.id, parts_done=part + 1)
                if not self._write(passed):
                    return
        sent_total.labels("sent").inc()
        self._write(lambda conn: outbox.sent(conn, outgoing.id, message_id), patient=True)

    def _answers(self, outgoing: Outgoing) -> bool:
        """Whether WhatsApp answers at all, before a message goes out for the second and last time.

        In a blackout that second try would be lost too; so the message waits until the blackout is over.
        """
        try:
            self._wire.check()
        except client.Refusal as error:
            name = f"{type(error).__name__}_{error.code or error.status}"
            self._write(lambda conn: outbox.keep_unknown(conn, outgoing.id, name))
            self.pace.number(error.after)
            return False
        return True

    def _call(self, payload: render.Payload) -> str:
        """Send one payload; when WhatsApp dislikes its form, once more as plain text with numbered options."""
        try:
            with send_seconds.time():
                return self._wire.send(payload).message_id
        except client.OurFault as error:
            logs.event(log, "payload_refused", level=40, code=error.code, kind=payload.get("type"))
            if "interactive" not in payload:
                raise
        with send_seconds.time():
            return self._wire.send(render.without_taps(payload)).message_id

    def _refused(self, outgoing: Outgoing, error: client.Refusal, part: int) -> None:
        name = f"{type(error).__name__}_{error.code or error.status}"[:40]
        logs.event(log, "provider_refused", outbox_id=outgoing.id, error=name, attempts=outgoing.attempts)
        if isinstance(error, client.AccountTrouble):
            logs.event(log, "account_trouble", level=50, error=name)
        self._write(self._consequence(outgoing, error, part, name))

    def _consequence(self, outgoing: Outgoing, error: client.Refusal, part: int, name: str) -> _Work:
        """What a refusal leads to."""
        row, pace = outgoing.id, self.pace
        if isinstance(error, client.UnknownOutcome):
            again = not (outgoing.was_unknown and part == outgoing.parts_done)
            return partial(outbox.unknown, outbox_id=row, again=again, error=name, part=part)
        if isinstance(error, client.WindowShut):
            return partial(outbox.hold, outbox_id=row)
        pause = None
        if isinstance(error, client.AccountTrouble):
            # Nothing will be taken until a person mends it: keep the queue, look again in a minute.
            pause = pace.account(name)
        elif isinstance(error, (client.ThrottledNumber, client.Unreachable)):
            pause = pace.number(error.after)
        elif isinstance(error, client.ThrottledPair):
            pause = pace.pair(outgoing.contact_id)
        elif isinstance(error, client.Retryable) and pace.failing(row):
            pause = pace.number(error.after)
        if pause is not None:
            return partial(outbox.postpone, outbox_id=row, after_seconds=pause, error=name)
        if isinstance(error, client.Retryable):
            after = error.after or _jittered(min(2**outgoing.attempts, LONGEST_PAUSE))
            return partial(outbox.retry, outbox_id=row, attempts=outgoing.attempts, after_seconds=after, error=name)
        if isinstance(error, client.OptedOut):
            return partial(_left_in_peace, outgoing=outgoing, error=name)
        return partial(outbox.failed, outbox_id=row, error=name)

    def _do(self, job: Job) -> None:
        """Run a job, slow ones beside the delivery; one that fails is logged and tried again when it is next due."""
        if job.slow:
            self._slow.submit(run, job, self._service)
        else:
            run(job, self._service)

    def _watch(self) -> None:
        with reading(self._service.engine) as conn:
            count, oldest = outbox.waiting(conn)
        waiting_gauge.set(count)
        oldest_gauge.set(oldest)
        paused_gauge.set(self.pace.paused())
        if oldest > LATE_SECONDS:
            logs.event(log, "outbox_is_late", level=40, count=count, oldest_seconds=oldest)
        facts = {"kind": "worker", "waiting": count, "paused": self.pace.paused(), "trouble": self.pace.trouble}
        self._write(lambda conn: heartbeats.beat(conn, self._name, facts))

    def health(self) -> dict[str, Any]:
        """For /health: alive while it answers, ready while the database does and the account is not in trouble."""
        facts: dict[str, Any] = {"process": "worker", "alive": True, "paused": self.pace.paused()}
        facts["trouble"] = self.pace.trouble or None
        try:
            with reading(self._service.engine) as conn:
                facts["waiting"], facts["oldest_seconds"] = outbox.waiting(conn)
            facts["database"] = True
        except Exception:
            facts["database"] = False
        facts["ready"] = facts["database"] and not facts["trouble"]
        return facts


def _address(conn: Connection, vault: Vault, contact_id: str) -> Identity | None:
    try:
        return contacts.address(conn, vault, contact_id)
    except InputError:
        return None


def _left_in_peace(conn: Connection, outgoing: Outgoing, error: str) -> None:
    outbox.failed(conn, outgoing.id, error)
    contacts.stop(conn, outgoing.contact_id)


def _jittered(seconds: int) -> int:
    """A little more, so that what failed together does not come back together."""
    return seconds + secrets.randbelow(1 + seconds // 2)
