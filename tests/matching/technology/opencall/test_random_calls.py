"""Random actions on a call: the table is kept, money is never lost, refusals change nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from matching.technology.opencall import (
    TABLE,
    Action,
    CallCode,
    CallRefused,
    CallState,
    Role,
    Step,
    apply,
)
from matching.technology.opencall import payloads as p
from matching.technology.opencall.call import Call, TrackStatus
from matching.technology.opencall.states import FINAL, steps_of
from matching.technology.opencall.steps_working import payment_minor
from matching.technology.problem_plain import from_plain, to_plain
from tests.support.calls import (
    ARBITER,
    CENTRE,
    EXPERTS,
    HASH,
    OWNER,
    PRICE,
    STEP_SALT,
    TEAMS,
    Play,
    contract,
    key_of,
    proposal,
    publication,
)

ORGS = {
    Role.ENTERPRISE: (OWNER, "ENT-9"),
    Role.CENTRE: (CENTRE,),
    Role.PROVIDER: TEAMS,
    Role.EXPERT: EXPERTS,
    Role.ARBITER: (ARBITER, OWNER),
}
START = (
    CallState.DRAFT,
    CallState.PUBLISHED,
    CallState.FORMAL_CHECK,
    CallState.REVIEW,
    CallState.AWARDED,
    CallState.IN_PROGRESS,
)


class RandomCall(RuleBasedStateMachine):
    """Somebody does something, mostly something that the table allows."""

    def __init__(self) -> None:
        super().__init__()
        self.play = Play()

    @property
    def call(self) -> Call:
        """The call now."""
        return self.play.call

    @rule(race=st.booleans(), state=st.sampled_from(START))
    def begin(self, race: bool, state: CallState) -> None:
        """Begin anew somewhere on the usual way."""
        self.play = Play(race=race).to(state)

    @rule(data=st.data(), wild=st.integers(0, 9), later=st.integers(0, 700))
    def act(self, data: st.DataObject, wild: int, later: int) -> None:
        """Take a step; a refusal changes nothing, a transition keeps its row of the table."""
        steps = list(Step) if wild == 0 else list(steps_of(self.call.state)) or list(Step)
        step = data.draw(st.sampled_from(steps))
        role = data.draw(st.sampled_from(list(Role) if wild == 1 else TABLE[step].roles))
        org = data.draw(st.sampled_from(ORGS[role]))
        action = Action(
            step=step,
            role=role,
            org=org,
            at_ms=self.call.changed_at_ms + later,
            payload=self.payload(step, data),
            salt=STEP_SALT,
            reason="because",
        )
        before = self.call
        try:
            after, transition = apply(before, action)
        except CallRefused as refused:
            code = refused.code
            self.refused(code, step, before)
            return
        row = TABLE[step]
        assert before.state in row.states
        assert role in row.roles
        assert after.state in row.to
        assert transition.sequence == before.sequence + 1 == after.sequence
        self.play.call = after

    def refused(self, code: CallCode, step: Step, before: Call) -> None:
        """Check a refusal: the call is as it was, and the table alone gives WRONG_STATE."""
        assert self.call is before
        assert (code is CallCode.WRONG_STATE) == (before.state not in TABLE[step].states)

    def payload(self, step: Step, data: st.DataObject) -> Any:
        """Return what the step takes, of things that may exist."""
        key = data.draw(st.sampled_from([key_of(team) for team in TEAMS]))
        kind = p.PAYLOADS[step]
        made: dict[type, Any] = {
            p.Nothing: p.Nothing,
            p.Publication: lambda: publication(self.play.of, race=data.draw(st.booleans())),
            p.Asked: lambda: p.Asked(question_id=data.draw(st.sampled_from("QR")), text="?"),
            p.Answered: lambda: p.Answered(question_id="Q", text="!"),
            p.Applied: lambda: p.Applied(application_id=key, seal=self.play.seal(key[2:])),
            p.OfApplication: lambda: p.OfApplication(application_id=key),
            p.Revealed: lambda: p.Revealed(
                application_id=key,
                proposal=proposal(key[2:]),
                salt=data.draw(st.sampled_from(["5a" * 32, "00" * 32])),
            ),
            p.Checked: lambda: p.Checked(application_id=key, passed=data.draw(st.booleans())),
            p.Redacted: lambda: p.Redacted(application_id=key, text="plain"),
            p.Appointed: lambda: p.Appointed(experts=EXPERTS),
            p.Added: lambda: p.Added(experts=("EXP-4",)),
            p.Declared: p.Declared,
            p.Marked: lambda: p.Marked(application_id=key, marks=(80, 70)),
            p.Defended: lambda: p.Defended(application_id=key, mark=70, minutes_sha256=HASH),
            p.Awarded: lambda: p.Awarded(winners=self.winners(key)),
            p.Terms: lambda: p.Terms(contract=contract(key, gate=1 if self.call.race else None)),
            p.Paid: lambda: p.Paid(
                application_id=key, amount_minor=self.amount(step, key), evidence_sha256=HASH
            ),
            p.Delivered: lambda: p.Delivered(
                application_id=key,
                milestone=self.milestone(key),
                evidence_sha256=HASH,
                test_sha256=HASH,
                tester="TEST-HOUSE",
            ),
            p.Accepted: lambda: p.Accepted(report_sha256=HASH),
            p.Rated: lambda: p.Rated(
                marks=tuple(
                    p.Mark(application_id=one, mark=80, on_time=True) for one in self.call.winners
                )
            ),
            p.Raised: lambda: p.Raised(matter_id="M"),
            p.Decided: lambda: data.draw(st.sampled_from(DECISIONS)),
        }
        return made[kind]()

    def winners(self, key: str) -> tuple[str, ...]:
        """Return as many winners as the call takes."""
        return tuple(key_of(team) for team in TEAMS) if self.call.race else (key,)

    def amount(self, step: Step, key: str) -> int:
        """Return what is to be paid now."""
        tracks = [one for one in self.call.tracks if one.contract.application_id == key]
        if step is Step.FUND_ESCROW or not tracks:
            return PRICE
        return payment_minor(tracks[0], tracks[0].milestone)

    def milestone(self, key: str) -> int:
        """Return the milestone that a team works on."""
        found = [one for one in self.call.tracks if one.contract.application_id == key]
        return found[0].milestone if found else 1

    @invariant()
    def money_is_kept(self) -> None:
        """Nobody is paid more than the contract, and who finished was paid exactly that."""
        for track in self.call.tracks:
            assert 0 <= track.paid_minor <= track.contract.amount_minor == PRICE
            if track.paid_minor:
                assert track.signed
                assert track.funded_minor == PRICE
            if track.status is TrackStatus.FINISHED:
                assert track.paid_minor == PRICE

    @invariant()
    def proposals_stay_sealed(self) -> None:
        """Nothing is read before applications are closed; nobody marks without declaring."""
        if self.call.state in {CallState.DRAFT, CallState.TRIAGE, CallState.PUBLISHED}:
            assert all(one.proposal is None for one in self.call.applications)
        declared = {one.expert for one in self.call.declarations}
        assert {one.expert for one in self.call.scores} <= declared

    @invariant()
    def the_stored_form_is_the_call(self) -> None:
        """A call in any state is read as it was written."""
        assert from_plain(Call, to_plain(self.call)) == self.call

    @invariant()
    def only_final_states_are_ends(self) -> None:
        """From every other state something leads on."""
        left = [step for step in steps_of(self.call.state) if step is not Step.DISPUTE]
        assert bool(left) == (self.call.state not in FINAL)


DECISIONS = (
    p.Decided(outcome=p.Outcome.DISMISSED),
    p.Decided(outcome=p.Outcome.TERMINATED),
    p.Decided(outcome=p.Outcome.REDO, redo_to=CallState.PANEL),
    p.Decided(outcome=p.Outcome.REDO, redo_to=CallState.REVIEW),
    p.Decided(outcome=p.Outcome.REDO, redo_to=CallState.FORMAL_CHECK),
)


SHORT = settings(max_examples=20, stateful_step_count=25, deadline=None)
RandomCall.TestCase.settings = SHORT
TestRandomCalls = RandomCall.TestCase


@pytest.mark.long
class TestManyRandomCalls(RandomCall.TestCase):  # type: ignore[name-defined,misc]
    """A longer run."""

    settings = settings(
        max_examples=250,
        stateful_step_count=60,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
