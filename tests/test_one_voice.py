"""One voice: whatever happens in whatever order, assistant and people never both speak, and nothing goes unanswered.

A machine plays a contact, an assistant that answers late, agents who claim, reply, park, pass on, close and go away.
"""

import itertools
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from helpline import cases, clock, contacts, holding, outbox, presence, replies
from helpline.db import schema
from helpline.db.engine import connect
from helpline.db.vault import Vault
from helpline.errors import HelplineError
from helpline.messages import Author, Identity, OutboundMessage
from tests.people import agent, message

VAULT = Vault("a-secret-that-only-tests-use-0123456789")


class OneVoice(RuleBasedStateMachine):
    """One contact and three agents. `turns` are assistant turns that have begun and not ended."""

    @initialize()
    def begin(self):
        self.folder = TemporaryDirectory()
        self.offset = clock._offset
        self.engine = connect(f"sqlite:///{Path(self.folder.name) / 'voice.db'}")
        schema.metadata.create_all(self.engine)
        self.keys = itertools.count()
        self.turns = []
        self.spoken = {}
        with self.engine.begin() as conn:
            self.contact = contacts.identify(conn, VAULT, Identity(phone="31600000001"))
            contacts.wrote(conn, self.contact, clock.now())
            self.agents = [agent(conn, name) for name in ("Sara", "Tom", "Noor")]

    def teardown(self):
        if hasattr(self, "engine"):
            self.engine.dispose()
            self.folder.cleanup()
            clock._offset = self.offset

    def case(self, conn):
        case_id = cases.of_contact(conn, self.contact)
        return cases.get(conn, case_id) if case_id is not None else None

    def say(self, conn, author, **more):
        key = f"k{next(self.keys)}"
        state = outbox.put(
            conn, VAULT, self.contact, OutboundMessage(key), author=author, kind="x", once_key=key, **more
        )
        return key, state

    @rule(text=st.sampled_from(["where is it?", "thanks", "hello"]))
    def contact_writes(self, text):
        with self.engine.begin() as conn:
            contacts.wrote(conn, self.contact, clock.now())
            case = self.case(conn)
            if case is None:
                self.turns.append(contacts.get(conn, self.contact).epoch)
                return
            cases.contact_wrote(conn, case.id, text)
            now = self.case(conn)
            thanked = text == "thanks" and case.waiting_since is None and case.state in ("active", "parked")
            assert thanked or now.waiting_since is not None, "somebody wrote and nobody is asked to answer"
            assert thanked or now.state != "parked"

    @precondition(lambda self: self.turns)
    @rule(place=st.integers(0, 5))
    def assistant_ends_a_turn(self, place):
        epoch = self.turns.pop(place % len(self.turns))
        with self.engine.begin() as conn:
            mine = self.case(conn) is None and epoch == contacts.get(conn, self.contact).epoch
            _, state = self.say(conn, Author.ASSISTANT, epoch=epoch)
            assert (state == "queued") == mine, "the assistant may speak only while nobody took over since it began"

    @rule(emergency=st.sampled_from([None, "medical"]))
    def assistant_hands_off(self, emergency):
        with self.engine.begin() as conn:
            cases.open_case(conn, VAULT, self.contact, "unsure", emergency=emergency)

    @rule(who=st.integers(0, 2))
    def agent_takes_over(self, who):
        self.attempt(lambda conn: holding.take_over(conn, VAULT, self.contact, self.agents[who]))

    @rule(who=st.integers(0, 2))
    def agent_claims(self, who):
        self.on_case(lambda conn, case: holding.claim(conn, case.id, self.agents[who], capacity=5))

    @rule(who=st.integers(0, 2))
    def agent_replies(self, who):
        key, me = f"k{next(self.keys)}", self.agents[who]

        def act(conn, case):
            holds = case.account_id == me and case.state in ("active", "parked")
            try:
                replies.reply(conn, VAULT, case.id, me, OutboundMessage(key), key)
            except HelplineError:
                assert not holds
                raise
            assert holds
            now = self.case(conn)
            assert now.waiting_since is None and now.state == "active"

        self.on_case(act)

    @rule(who=st.integers(0, 2))
    def agent_releases(self, who):
        self.on_case(lambda conn, case: cases.release(conn, case.id, self.agents[who]))

    @rule(who=st.integers(0, 2), to=st.integers(0, 2))
    def agent_passes_on(self, who, to):
        self.on_case(
            lambda conn, case: holding.transfer(conn, VAULT, case.id, self.agents[who], self.agents[to], "note")
        )

    @rule(who=st.integers(0, 2))
    def agent_parks(self, who):
        self.on_case(lambda conn, case: holding.park(conn, case.id, self.agents[who], clock.now() + 3600))

    @rule(who=st.integers(0, 2))
    def agent_closes(self, who):
        self.on_case(lambda conn, case: cases.close(conn, case.id, self.agents[who], "answered"))

    @rule(who=st.integers(0, 2))
    def agent_undoes_a_close(self, who):
        with self.engine.begin() as conn:
            newest = conn.execute(sa.select(sa.func.max(schema.cases.c.id))).scalar()
        if newest is not None:
            self.attempt(lambda conn: holding.undo_close(conn, newest, self.agents[who]))

    @rule(who=st.integers(0, 2))
    def agent_is_here(self, who):
        with self.engine.begin() as conn:
            presence.seen(conn, self.agents[who])

    @rule(minutes=st.sampled_from([1, 11, 61]))
    def time_passes(self, minutes):
        clock.shift(minutes * 60)
        with self.engine.begin() as conn:
            holding.tend(conn)
            case = self.case(conn)
            if case is not None and case.state == "active" and case.waiting_since is not None:
                late = clock.now() - case.waiting_since > presence.AWAY_SECONDS
                assert not late or presence.is_here(conn, case.account_id), "held by somebody who is not there"

    def on_case(self, act):
        with self.engine.begin() as conn:
            case = self.case(conn)
        if case is not None:
            self.attempt(lambda conn: act(conn, cases.get(conn, case.id)))

    def attempt(self, act):
        try:
            with self.engine.begin() as conn:
                act(conn)
        except HelplineError:
            pass

    @invariant()
    def exactly_one_owner(self):
        if not hasattr(self, "engine"):
            return
        with self.engine.begin() as conn:
            rows = conn.execute(sa.select(schema.cases).where(schema.cases.c.state != "closed")).all()
            assert len(rows) <= 1
            for row in rows:
                assert (row.account_id is None) == (row.state == "waiting")
                assert row.state != "waiting" or row.waiting_since is not None
                assert (row.parked_until is not None) == (row.state == "parked")

    @invariant()
    def what_a_person_says_goes_out_only_as_the_holder(self):
        if not hasattr(self, "engine"):
            return
        with self.engine.begin() as conn:
            said = conn.execute(sa.select(schema.outbox.c.state).where(schema.outbox.c.author == "agent")).all()
            assert all(row.state != "suppressed" for row in said), "a reply was taken and silently not sent"


OneVoice.TestCase.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
TestOneVoice = OneVoice.TestCase


def test_the_database_refuses_a_second_open_case(service):
    """The database itself refuses a second open case of one contact, whatever the code does."""
    with service.engine.begin() as conn:
        contact_id = contacts.identify(conn, service.vault, message("x").sender)
        cases.open_case(conn, service.vault, contact_id, "asked")
        values = {"contact_id": contact_id, "state": "waiting", "version": 1, "reason": "asked", "urgent": False,
                  "card_sealed": "x", "opened_at": 0}  # fmt: skip
        try:
            with conn.begin_nested():
                conn.execute(sa.insert(schema.cases).values(**values))
        except sa.exc.IntegrityError:
            return
    raise AssertionError("two open cases of one contact")
