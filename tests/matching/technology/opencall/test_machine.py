"""The way of an open call: every state is reached, every step is taken, payments are exact."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.technology.opencall import TABLE, CallState, Role, Step, document_sha256
from matching.technology.opencall import payloads as p
from matching.technology.opencall.call import Call, Track, TrackStatus
from matching.technology.opencall.machine import RULES, Action
from matching.technology.opencall.payloads import PAYLOADS
from matching.technology.opencall.states import FINAL, steps_of
from matching.technology.opencall.steps_judging import ranking
from matching.technology.opencall.steps_working import payment_minor
from matching.technology.problem_plain import from_plain, to_plain
from tests.support.calls import (
    ARBITER,
    CENTRE,
    HASH,
    OWNER,
    PRICE,
    STEP_SALT,
    TEAMS,
    Play,
    contract,
    key_of,
)

USUAL = [
    state
    for state in CallState
    if state
    not in {CallState.DISPUTED, CallState.WITHDRAWN, CallState.UNAWARDED, CallState.TERMINATED}
]


@pytest.mark.parametrize("race", [False, True])
@pytest.mark.parametrize("state", USUAL)
def test_every_usual_state_is_reached_and_survives_its_stored_form(state, race):
    """A call stored as JSON in any state is the same call when it is read."""
    call = Play(race=race).to(state).call

    assert call.state is state
    assert from_plain(Call, to_plain(call)) == call


def test_table_rules_and_payloads_speak_of_the_same_steps():
    """Each step has a row, a rule and a payload."""
    assert set(TABLE) == set(RULES) == set(PAYLOADS) == set(Step)


def test_transitions_tell_who_when_why_and_the_hash_of_what_was_said():
    """Each transition follows the one before it, and carries a hash of its own document."""
    play = Play().to(CallState.CLOSED)
    steps = play.transitions

    assert [one.sequence for one in steps] == list(range(1, len(steps) + 1))
    assert all(one.to_state == two.from_state for one, two in pairwise(steps))
    assert len({one.document_sha256 for one in steps}) == len(steps)


def test_document_hash_changes_with_every_part():
    """Another salt, reason, payload, step number or call is another document."""
    call = Play().to(CallState.PANEL).call
    base = Action(
        step=Step.AWARD,
        role=Role.CENTRE,
        org=CENTRE,
        at_ms=1,
        payload=p.Awarded(winners=("A",)),
        salt=STEP_SALT,
        reason="best",
    )
    other_payload = p.Awarded(winners=("B",))
    hashes = {
        document_sha256(call, base),
        document_sha256(call, _with(base, reason="cheapest")),
        document_sha256(call, _with(base, salt="b6" * 16)),
        document_sha256(call, _with(base, payload=other_payload)),
        document_sha256(Play().to(CallState.REVIEW).call, base),
    }

    assert len(hashes) == 5


@pytest.mark.parametrize("salt", ["", "a5" * 15, "A5" * 16, "a5" * 17])
def test_an_action_without_a_whole_salt_is_refused(salt):
    """A salt that is missing or cut would let a short document be guessed."""
    with pytest.raises(ValueError, match="32 lower-case hex digits"):
        Action(
            step=Step.SUBMIT,
            role=Role.ENTERPRISE,
            org=OWNER,
            at_ms=0,
            payload=p.Nothing(),
            salt=salt,
        )


def _with(action: Action, **changes: object) -> Action:
    values = {name: getattr(action, name) for name in Action.__dataclass_fields__}
    return Action(**{**values, **changes})  # type: ignore[arg-type]


def test_experts_read_masked_texts_and_marks_rank_the_applications():
    """The ranking is the mean of the weighted marks, in basis points."""
    call = Play().to(CallState.PANEL).call

    assert all(one.blind_text for one in call.passed())
    # marks 80, 81, 82 weigh 60 %, and 70 or 60 weigh 40 %
    assert ranking(call) == ((key_of(TEAMS[0]), 7_660), (key_of(TEAMS[1]), 7_260))


def test_a_race_ends_at_the_gate_and_the_loser_keeps_what_it_was_paid():
    """Two teams work to the gate; one goes on, the other keeps its first payment."""
    call = Play(race=True).to(CallState.CLOSED).call
    won, lost = (call.track(key_of(team)) for team in TEAMS)

    assert (won.status, won.paid_minor) == (TrackStatus.FINISHED, PRICE)
    assert (lost.status, lost.paid_minor) == (TrackStatus.LOST, PRICE * 3_000 // 10_000)
    assert [one.accepted for one in call.ratings] == [True, False]


def test_a_late_delivery_is_late_whatever_the_owner_says():
    """The record follows the dates of the contract."""
    play = Play().to(CallState.IN_PROGRESS)
    day = 86_400_000 * 365 * 58  # 2027-12-18, behind every date of the contract
    play.team(Step.DELIVER, play.delivery(), at_ms=day)
    play.owner(Step.ACCEPT_MILESTONE, p.OfApplication(application_id=key_of(TEAMS[0])))
    track = play.call.track(key_of(TEAMS[0]))
    amount = payment_minor(track, 1)
    paid = p.Paid(application_id=key_of(TEAMS[0]), amount_minor=amount, evidence_sha256=HASH)
    play.centre(Step.PAY, paid)
    play.to(CallState.CLOSED)

    assert [one.on_time for one in play.call.ratings] == [False]


@settings(max_examples=40)
@given(
    price=st.integers(1, 10**13),
    shares=st.lists(st.integers(0, 10_000), min_size=0, max_size=6).map(sorted),
)
def test_payments_are_whole_and_sum_to_the_price(price, shares):
    """However the shares divide the price, nothing is lost and nothing is negative."""
    cuts = [0, *shares, 10_000]
    stages = tuple(
        type(contract().milestones[0])(
            title=str(n), share_bps=after - before, due=contract().milestones[0].due, evidence="x"
        )
        for n, (before, after) in enumerate(pairwise(cuts))
    )
    track = Track(contract=contract(amount_minor=price, milestones=stages))
    payments = [payment_minor(track, n) for n in range(1, len(stages) + 1)]

    assert sum(payments) == price
    assert min(payments) >= 0


def test_without_applications_the_call_ends_unawarded():
    """Nobody applied."""
    play = Play().to(CallState.PUBLISHED)
    play.centre(Step.CLOSE_APPLICATIONS, at_ms=1_000)

    assert play.call.state is CallState.UNAWARDED


def test_what_is_not_opened_in_time_lapses():
    """A seal that nobody opens counts for nothing."""
    play = Play().to(CallState.SEALED)
    play.reveal(TEAMS[0])
    play.centre(Step.START_FORMAL_CHECK, at_ms=2_000)

    assert [one.status for one in play.call.applications] == ["revealed", "lapsed"]


def test_nothing_opened_or_nothing_passed_ends_unawarded():
    """A call without a valid proposal has no award."""
    lapsed = Play().to(CallState.SEALED)
    lapsed.centre(Step.START_FORMAL_CHECK, at_ms=2_000)
    failed = Play().to(CallState.FORMAL_CHECK)
    for team in TEAMS:
        failed.centre(Step.CHECK_APPLICATION, p.Checked(application_id=key_of(team), passed=False))
    failed.centre(Step.START_REVIEW, p.Appointed(experts=()))

    assert lapsed.call.state is failed.call.state is CallState.UNAWARDED


def test_stopping_the_last_team_terminates_the_call():
    """Stop-loss before the first payment."""
    play = Play().to(CallState.IN_PROGRESS)
    play.owner(Step.STOP_LOSS, p.OfApplication(application_id=key_of(TEAMS[0])))

    assert play.call.state is CallState.TERMINATED


def test_a_correction_lets_the_team_deliver_again():
    """What is sent back is worked on again; the count ends with the milestone."""
    play = Play().to(CallState.IN_PROGRESS)
    play.deliver()
    play.owner(Step.ASK_CORRECTION, p.OfApplication(application_id=key_of(TEAMS[0])))
    assert play.call.track(key_of(TEAMS[0])).corrections == 1
    play.milestone()

    assert play.call.track(key_of(TEAMS[0])).corrections == 0


def test_questions_are_answered_for_all():
    """The answer stands in the call, and the question without who asked is what others see."""
    play = Play().to(CallState.PUBLISHED)
    play.team(Step.ASK, p.Asked(question_id="Q-1", text="Which electrolyte?"))
    play.owner(Step.ANSWER, p.Answered(question_id="Q-1", text="Sulfide."))

    assert play.call.questions[0].answer == "Sulfide."


def test_small_steps_of_the_other_ways():
    """Return, redaction, defence, an added expert, withdrawals, and no award."""
    returned = Play().to(CallState.TRIAGE)
    returned.centre(Step.RETURN)
    back = Play().to(CallState.SEALED)
    back.team(Step.WITHDRAW_APPLICATION, p.OfApplication(application_id=key_of(TEAMS[0])))
    redacted = Play().to(CallState.FORMAL_CHECK)
    redacted.team(Step.REDACT, p.Redacted(application_id=key_of(TEAMS[0]), text="plain"))
    redacted.to(CallState.REVIEW)
    redacted.centre(Step.APPOINT, p.Added(experts=("EXP-4",)))
    panel = Play().to(CallState.PANEL)
    panel.centre(
        Step.DEFEND, p.Defended(application_id=key_of(TEAMS[0]), mark=80, minutes_sha256=HASH)
    )
    panel.centre(Step.END_WITHOUT_AWARD)
    gone = Play().to(CallState.REVIEW)
    gone.owner(Step.WITHDRAW)

    assert returned.call.state is CallState.DRAFT
    assert back.call.applications[0].status == "withdrawn"
    assert redacted.call.applications[0].blind_text == "plain"
    assert redacted.call.experts[-1] == "EXP-4"
    assert panel.call.state is CallState.UNAWARDED
    assert gone.call.state is CallState.WITHDRAWN


@pytest.mark.parametrize("stage", [CallState.FORMAL_CHECK, CallState.REVIEW, CallState.PANEL])
def test_a_dispute_that_is_upheld_sends_the_call_back(stage):
    """What comes after the stage is forgotten, and the usual way leads on from there."""
    play = Play().to(CallState.AWARDED)
    play.team(Step.DISPUTE, p.Raised(matter_id="M-1"), org=TEAMS[1])
    decided = p.Decided(outcome=p.Outcome.REDO, redo_to=stage)
    play.centre(Step.RESOLVE, decided)

    assert play.call.state is stage
    assert not play.call.winners
    assert play.to(CallState.AWARDED).call.winners


@pytest.mark.parametrize(
    "state",
    [one for one in USUAL if one not in {CallState.DRAFT, CallState.TRIAGE}],
)
def test_a_dispute_can_be_raised_and_dismissed_at_any_step(state):
    """The call waits, and goes on where it stood."""
    play = Play().to(state)
    play.owner(Step.DISPUTE, p.Raised(matter_id="M-1"))
    assert play.call.state is CallState.DISPUTED
    play.centre(Step.RESOLVE, p.Decided(outcome=p.Outcome.DISMISSED))

    assert play.call.state is state


def test_an_appeal_goes_to_an_arbiter_who_may_end_the_call():
    """First instance the centre, second an arbiter without a side."""
    play = Play().to(CallState.PANEL)
    play.owner(Step.DISPUTE, p.Raised(matter_id="M-1"))
    play.centre(Step.RESOLVE, p.Decided(outcome=p.Outcome.DISMISSED))
    play.team(Step.DISPUTE, p.Raised(matter_id="M-1"))
    ended = p.Decided(outcome=p.Outcome.TERMINATED)
    play.take(Step.RESOLVE, Role.ARBITER, ARBITER, ended)

    assert play.call.state is CallState.TERMINATED
    assert play.call.matters[0].decided == 2


def test_final_states_allow_nothing_but_a_dispute():
    """A withdrawn call allows nothing at all."""
    for state in FINAL:
        expected = () if state is CallState.WITHDRAWN else (Step.DISPUTE,)
        assert steps_of(state) == expected
