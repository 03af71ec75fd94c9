"""Nothing goes unanswered, whatever dies in the middle: the real inbox, turn, gate and outbox under a stateful machine.

A drain takes a message and dies before, during or after the assistant's turn; a drain thought dead comes back and ends
a turn that another has taken; a worker dies in mid-send; meanwhile agents take over, pass on, park and close.
"""

import itertools
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from helpline import cases, clock, contacts, content, holding, inbox, outbox, presence, replies, turn
from helpline import settings as service_settings
from helpline.db import schema
from helpline.db.engine import connect
from helpline.db.vault import Vault
from helpline.errors import HelplineError
from helpline.messages import OutboundMessage
from helpline.service import Service
from tests.people import agent, message, write

SECRET = "a-secret-that-only-tests-use-0123456789"
VAULT = Vault(SECRET)
ANSWERS = content.Answers(None)
SETTINGS = service_settings.read({"SECRET_KEY": SECRET})
HEARD = {
    "answers": turn.Heard((OutboundMessage("An answer."),), "voucher_when", (("voucher_when", 0.9),)),
    "is silent": turn.Heard((), "voucher_when", ()),
    "fails": None,
    "sees an emergency": turn.Heard((), "emergency_violence", (), "violence"),
    "breaks an action": turn.Heard((OutboundMessage("Half an answer."),), "voucher_status", (), action_failed=True),
}
WHO = st.integers(0, 2)
TEXTS = ["where is my voucher?", "thanks", "ok", "he is beating me right now help", "bonjour"]
EVENT = st.one_of(
    st.tuples(st.just("contact_writes"), st.sampled_from(TEXTS), st.just("no")),
    st.tuples(st.just("contact_writes"), st.sampled_from(TEXTS), st.sampled_from(["no", "before", "during"])),
    st.tuples(st.just("a_drain_takes_a_message"), st.sampled_from(["no", "before", "during"])),
    st.tuples(st.just("a_turn_ends"), WHO, st.just("answers"), st.just(False), st.booleans()),
    st.tuples(st.just("a_turn_ends"), WHO, st.sampled_from(sorted(HEARD)), st.booleans(), st.booleans()),
    st.tuples(st.just("a_worker_takes_what_is_due"), st.booleans()),
    st.tuples(st.just("a_call_returns"), st.sampled_from(["taken", "unknown", "retry"])),
    st.tuples(st.just("an_agent_works"), WHO, st.sampled_from(["claim", "reply", "release", "park", "close", "undo"])),
    st.tuples(st.just("an_agent_passes_on_or_takes_over"), WHO, WHO),
    st.tuples(st.just("an_agent_takes_over_and_closes"), WHO),
    st.tuples(st.just("an_agent_is_here"), WHO),
    st.tuples(st.just("time_passes"), st.sampled_from([1, 31, 61, 660])),
)


class Crash(Exception):
    """The process is killed here; its transaction is rolled back."""


@cache
def _empty() -> bytes:
    """A database with all tables."""
    with TemporaryDirectory() as folder:
        made = connect(f"sqlite:///{folder}/empty.db")
        schema.metadata.create_all(made)
        with made.connect() as conn:
            conn.exec_driver_sql("COMMIT")
            conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        made.dispose()
        return Path(folder, "empty.db").read_bytes()


class NothingLost(RuleBasedStateMachine):
    """One contact, three agents, drains and workers that die. `turns` are begun and not ended, also by the dead."""

    @initialize()
    def begin(self):
        self.folder = TemporaryDirectory()
        self.offset = clock._offset
        path = Path(self.folder.name) / "lost.db"
        path.write_bytes(_empty())
        self.engine = connect(f"sqlite:///{path}")
        self.service = Service(SETTINGS, self.engine, VAULT, ANSWERS)
        self.keys = itertools.count()
        self.turns, self.sending = [], []
        with self.engine.begin() as conn:
            self.contact = write(conn, self.service, message("hello"))
            self.agents = [agent(conn, name) for name in ("Sara", "Tom", "Noor")]

    def teardown(self):
        if not hasattr(self, "engine"):
            return
        try:
            self.everything_ends_somewhere()
        finally:
            self.engine.dispose()
            self.folder.cleanup()
            clock._offset = self.offset

    @rule(event=EVENT)
    def something_happens(self, event):
        """One rule for all: a run in which the contact never writes, or no turn ever ends, would prove little."""
        name, *more = event
        getattr(self, name)(*more)

    def contact_writes(self, text, drain_dies):
        with self.engine.begin() as conn:
            write(conn, self.service, message(text))
        self.a_drain_takes_a_message(drain_dies)

    def a_drain_takes_a_message(self, dies):
        with self.engine.begin() as conn:
            taken = inbox.claim(conn, VAULT, 4)
        assert len(taken) <= 1, "two messages of one contact in flight"
        for received in taken if dies != "before" else ():
            try:
                with self.engine.begin() as conn:
                    begun = turn.begin(conn, self.service, received)
                    if dies == "during":
                        raise Crash
            except Crash:
                return
            if begun is not None:
                self.turns.append(begun)

    def a_turn_ends(self, place, how, dies, stays):
        """`dies`: killed before the commit, so another drain will take it again; `stays`: it comes back once more."""
        if not self.turns:
            return
        begun = self.turns[place % len(self.turns)]
        if not stays:
            self.turns.remove(begun)
        before = self.newest()
        try:
            with self.engine.begin() as conn:
                owned = cases.of_contact(conn, self.contact)
                same = contacts.get(conn, self.contact).epoch == begun.epoch
                turn.end(conn, self.service, begun, HEARD[how])
                if dies:
                    raise Crash
        except Crash:
            return
        with self.engine.begin() as conn:
            said = sa.select(schema.outbox).where(schema.outbox.c.id > before, schema.outbox.c.author == "assistant")
            for row in conn.execute(said):
                assert row.state == "suppressed" or (owned is None and same), "the assistant spoke over people"

    def a_worker_takes_what_is_due(self, dies):
        with self.engine.begin() as conn:
            self.sending += outbox.claim(conn, VAULT, 4) if not dies else []
            if dies:
                outbox.claim(conn, VAULT, 4)

    def a_call_returns(self, how):
        if not self.sending:
            return
        one = self.sending.pop()
        with self.engine.begin() as conn:
            if how == "taken":
                outbox.sent(conn, one.id, f"wamid.{next(self.keys)}")
            elif how == "unknown":
                outbox.unknown(conn, one.id, again=not one.was_unknown, error="x")
            else:
                outbox.retry(conn, one.id, one.attempts, 2, "x")

    def an_agent_works(self, who, what):
        me = self.agents[who]
        with self.engine.begin() as conn:
            newest = conn.execute(sa.select(sa.func.max(schema.cases.c.id))).scalar()
        if newest is None:
            return
        text, key = OutboundMessage("A person's answer."), f"k{next(self.keys)}"
        acts = {
            "claim": lambda conn: holding.claim(conn, newest, me, capacity=5),
            "reply": lambda conn: replies.reply(conn, VAULT, newest, me, text, key),
            "release": lambda conn: cases.release(conn, newest, me),
            "park": lambda conn: holding.park(conn, newest, me, clock.now() + 3600),
            "close": lambda conn: cases.close(conn, newest, me, "answered"),
            "undo": lambda conn: holding.undo_close(conn, newest, me),
        }
        self.attempt(acts[what])

    def an_agent_passes_on_or_takes_over(self, who, to):
        with self.engine.begin() as conn:
            mine = cases.of_contact(conn, self.contact)
        me, other = self.agents[who], self.agents[to]
        if mine is None:
            self.attempt(lambda conn: holding.take_over(conn, VAULT, self.contact, me))
        else:
            self.attempt(lambda conn: holding.transfer(conn, VAULT, mine, me, other, "a note"))

    def an_agent_takes_over_and_closes(self, who):
        me = self.agents[who]

        def act(conn):
            case_id = holding.take_over(conn, VAULT, self.contact, me)
            cases.close(conn, case_id, me, "answered")

        self.attempt(act)

    def an_agent_is_here(self, who):
        with self.engine.begin() as conn:
            presence.seen(conn, self.agents[who])

    def time_passes(self, seconds):
        clock.shift(seconds)
        with self.engine.begin() as conn:
            holding.tend(conn)

    def attempt(self, act):
        try:
            with self.engine.begin() as conn:
                act(conn)
        except HelplineError:
            pass

    def newest(self):
        with self.engine.begin() as conn:
            return conn.execute(sa.select(sa.func.max(schema.outbox.c.id))).scalar() or 0

    @invariant()
    def every_message_is_answered_or_with_people_or_visibly_pending(self):
        if not hasattr(self, "engine"):
            return
        with self.engine.begin() as conn:
            for row in conn.execute(sa.select(schema.inbox)).all():
                if row.state in ("waiting", "in_flight"):
                    continue
                assert row.state == "done"
                if row.outcome == "answered":
                    key = schema.outbox.c.once_key.startswith(f"turn:{row.id}:")
                    states = [one.state for one in conn.execute(sa.select(schema.outbox.c.state).where(key))]
                    assert any(state != "suppressed" for state in states), "counted as answered, and nothing was said"
                else:
                    assert row.case_id is not None, f"{row.outcome}, and no person has it"

    @invariant()
    def an_open_case_with_an_unanswered_message_asks_for_a_person(self):
        if not hasattr(self, "engine"):
            return
        with self.engine.begin() as conn:
            case_id = cases.of_contact(conn, self.contact)
            case = cases.get(conn, case_id) if case_id else None
            if case and case.first_reply_at is None and case.reason != "takeover":
                assert case.waiting_since is not None or case.state == "closed"

    def everything_ends_somewhere(self):
        """Once nothing dies any more, every message comes to an end and nothing is left to be sent."""
        for _ in range(60):
            clock.shift(61)
            with self.engine.begin() as conn:
                if self.settled(conn):
                    break
                for received in inbox.claim(conn, VAULT, 4):
                    begun = turn.begin(conn, self.service, received)
                    if begun is not None:
                        turn.end(conn, self.service, begun, HEARD["answers"])
                for one in outbox.claim(conn, VAULT, 8):
                    outbox.sent(conn, one.id, f"wamid.{next(self.keys)}")
        with self.engine.begin() as conn:
            assert self.settled(conn)
        self.every_message_is_answered_or_with_people_or_visibly_pending()

    def settled(self, conn):
        left = sa.select(schema.inbox.c.id).where(schema.inbox.c.state != "done").limit(1)
        unsent = sa.select(schema.outbox.c.id).where(schema.outbox.c.state.in_(outbox.OPEN_STATES)).limit(1)
        return conn.execute(left).first() is None and conn.execute(unsent).first() is None


NothingLost.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=(Phase.generate,),
)
TestNothingLost = NothingLost.TestCase
