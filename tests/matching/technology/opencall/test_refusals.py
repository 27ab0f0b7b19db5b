"""Each refusal has a code, and each code a way to it; the call is unchanged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from matching.technology.opencall import CallCode, CallRefused, CallState, Role, Step
from matching.technology.opencall import payloads as p
from matching.technology.opencall.call import Call
from matching.technology.problem import Evaluation, SecrecyLevel
from tests.support.calls import (
    ARBITER,
    CENTRE,
    EXPERTS,
    HASH,
    OWNER,
    PRICE,
    STAGES,
    TEAMS,
    Play,
    contract,
    demand,
    key_of,
    proposal,
    publication,
)

ONE, TWO = map(key_of, TEAMS)
S, C = CallState, CallCode
OF_ONE = p.OfApplication(application_id=ONE)


def at(state: CallState, *, race: bool = False, **changes: object) -> Play:
    """Return a call in a state; `changes` are of its demand."""
    play = Play(race=race, of=demand(**changes))
    if changes:
        return play.to(state)
    play.call = reached(state, race)
    return play


@cache
def reached(state: CallState, race: bool) -> Call:
    """Return the usual call in a state: a value, so it is made once."""
    return Play(race=race).to(state).call


def ready_to_publish(terms: p.Publication | None = None, **changes: object) -> None:
    play = at(S.TRIAGE, **changes)
    play.centre(Step.PUBLISH, terms or publication(play.of), reason="")


def apply_as(play: Play, team: str, key: str = "A-9") -> None:
    play.team(Step.APPLY, p.Applied(application_id=key, seal=HASH), org=team)


def awarded(play: Play) -> Play:
    """Return the play with terms proposed to the first winner."""
    play.to(S.AWARDED).owner(Step.PROPOSE_CONTRACT, p.Terms(contract=contract()))
    return play


def twice(play: Play, act: Callable[[], object]) -> None:
    """Do the same two times."""
    act()
    act()


def wrong_state() -> None:
    at(S.DRAFT).centre(Step.PUBLISH, publication(demand()))


def reveal_other_text() -> None:
    play = at(S.SEALED)
    play.reveal(TEAMS[0], proposal(TEAMS[0], text="another route"))


def open_a_stolen_seal() -> None:
    """Hand in the other team's seal: it opens for nobody else."""
    play = at(S.PUBLISHED)
    seal = play.seal(TEAMS[0])
    play.team(Step.APPLY, p.Applied(application_id="A-X", seal=seal), org="UNI-9")
    play.centre(Step.CLOSE_APPLICATIONS, at_ms=1_000)
    stolen = p.Revealed(application_id="A-X", proposal=proposal(), salt="5a" * 32)
    play.team(Step.REVEAL, stolen, org="UNI-9")


def reveal_with_shares_of_90_percent() -> None:
    play = at(S.PUBLISHED)
    short = proposal(TEAMS[0], milestones=STAGES[:2])
    given = p.Applied(application_id=ONE, seal=play.seal(TEAMS[0], short))
    play.team(Step.APPLY, given)
    play.centre(Step.CLOSE_APPLICATIONS, at_ms=1_000)
    play.reveal(TEAMS[0], short)


def leak() -> None:
    play = at(S.FORMAL_CHECK)
    told = p.Redacted(application_id=ONE, text="As we showed in our previous work, it holds.")
    play.team(Step.REDACT, told)
    play.to(S.REVIEW)


def too_few_scores() -> None:
    play = at(S.REVIEW)
    for org in EXPERTS:
        conflicts = (ONE,) if org == EXPERTS[0] else ()
        play.expert(Step.DECLARE, p.Declared(conflicts=conflicts), org=org)
        for key in (ONE, TWO):
            if key not in conflicts:
                play.expert(Step.SCORE, p.Marked(application_id=key, marks=(80, 80)), org=org)
    play.centre(Step.FINISH_REVIEW)


def marked(play: Play, **changes: object) -> None:
    values = {"application_id": ONE, "marks": (80, 80), **changes}
    play.expert(Step.SCORE, p.Marked(**values))  # type: ignore[arg-type]


def declared(*conflicts: str) -> Play:
    play = at(S.REVIEW)
    play.expert(Step.DECLARE, p.Declared(conflicts=conflicts))
    return play


def paid(play: Play, amount: int, step: Step = Step.PAY) -> None:
    given = p.Paid(application_id=ONE, amount_minor=amount, evidence_sha256=HASH)
    play.centre(step, given)


def funded_twice() -> None:
    play = at(S.CONTRACTED, race=True)
    twice(play, lambda: paid(play, PRICE, Step.FUND_ESCROW))


def too_many_corrections() -> None:
    play = at(S.IN_PROGRESS)
    for _ in range(3):
        play.deliver()
        play.owner(Step.ASK_CORRECTION, OF_ONE)


def behind_the_gate() -> None:
    play = at(S.IN_PROGRESS, race=True)
    play.milestone()
    play.deliver()


def gate_before_both_are_there() -> None:
    play = at(S.IN_PROGRESS, race=True)
    play.milestone()
    play.owner(Step.CHOOSE_AT_GATE, OF_ONE)


def stop_before_paying() -> None:
    play = at(S.IN_PROGRESS)
    play.deliver()
    play.owner(Step.ACCEPT_MILESTONE, OF_ONE)
    play.owner(Step.STOP_LOSS, OF_ONE)


def after_the_end_of_its_work() -> None:
    play = at(S.IN_PROGRESS, race=True)
    play.owner(Step.STOP_LOSS, OF_ONE)
    play.deliver()


def rated(*marks: str) -> None:
    given = tuple(p.Mark(application_id=key, mark=80, on_time=True) for key in marks)
    at(S.ACCEPTED).owner(Step.RATE, p.Rated(marks=given))


def disputed(instances: int = 0, state: CallState = S.PANEL) -> Play:
    """Return a call whose matter was decided so often and is in dispute again."""
    play = at(state)
    dismissed = p.Decided(outcome=p.Outcome.DISMISSED)
    for instance in range(instances):
        play.owner(Step.DISPUTE, p.Raised(matter_id="M"))
        role, org = (Role.ARBITER, ARBITER) if instance else (Role.CENTRE, CENTRE)
        play.take(Step.RESOLVE, role, org, dismissed)
    play.owner(Step.DISPUTE, p.Raised(matter_id="M"))
    return play


def redo(stage: CallState, state: CallState) -> None:
    decided = p.Decided(outcome=p.Outcome.REDO, redo_to=stage)
    disputed(state=state).centre(Step.RESOLVE, decided)


def redo_after_a_signature() -> None:
    play = at(S.AWARDED, race=True)
    terms = p.Terms(contract=contract(gate=1))
    play.owner(Step.PROPOSE_CONTRACT, terms)
    play.team(Step.SIGN_CONTRACT, terms)
    play.owner(Step.DISPUTE, p.Raised(matter_id="M"))
    play.centre(Step.RESOLVE, p.Decided(outcome=p.Outcome.REDO, redo_to=S.PANEL))


Q = p.Asked(question_id="Q", text="?")
ANSWER = p.Answered(question_id="Q", text="!")
DEFENCE = p.Defended(application_id=ONE, mark=80, minutes_sha256=HASH)
DISMISSED = p.Decided(outcome=p.Outcome.DISMISSED)
CONFIDENTIAL = {"secrecy_level": SecrecyLevel.CONFIDENTIAL}


def asked() -> Play:
    play = at(S.PUBLISHED)
    play.team(Step.ASK, Q)
    return play


def answered() -> Play:
    play = asked()
    play.owner(Step.ANSWER, ANSWER)
    return play


def invited() -> Play:
    play = at(S.TRIAGE, **CONFIDENTIAL)
    play.centre(Step.PUBLISH, publication(play.of, invited=(TEAMS[0],)))
    return play


def applied() -> Play:
    play = at(S.PUBLISHED)
    apply_as(play, TEAMS[0], ONE)
    return play


def checked(key: str = ONE) -> p.Checked:
    return p.Checked(application_id=key, passed=True)


def terms(**changes: object) -> p.Terms:
    return p.Terms(contract=contract(**changes))


def report_with(**changes: object) -> p.Publication:
    good = publication(demand())
    return replace(good, report=replace(good.report, **changes))  # type: ignore[arg-type]


WAYS: list[tuple[CallCode, Callable[[], object]]] = [
    (C.WRONG_STATE, wrong_state),
    (C.WRONG_ROLE, lambda: at(S.DRAFT).take(Step.SUBMIT, Role.PROVIDER, OWNER)),
    (C.WRONG_PAYLOAD, lambda: at(S.DRAFT).owner(Step.SUBMIT, OF_ONE)),
    (C.REASON_MISSING, lambda: at(S.TRIAGE).centre(Step.RETURN, reason=" ")),
    (C.TIME_WENT_BACK, lambda: at(S.SEALED).centre(Step.START_FORMAL_CHECK, at_ms=999)),
    (C.NOT_THE_OWNER, lambda: at(S.DRAFT).take(Step.SUBMIT, Role.ENTERPRISE, "ENT-2")),
    (C.NOT_THE_CENTRE, lambda: at(S.TRIAGE).take(Step.RETURN, Role.CENTRE, "OTHER")),
    (
        C.NOT_THE_APPLICANT,
        lambda: at(S.SEALED).team(Step.WITHDRAW_APPLICATION, OF_ONE, org=TEAMS[1]),
    ),
    (C.TOO_EARLY, lambda: at(S.PUBLISHED).centre(Step.CLOSE_APPLICATIONS, at_ms=999)),
    (C.TOO_EARLY, lambda: at(S.SEALED).centre(Step.START_FORMAL_CHECK, at_ms=1_999)),
    (
        C.TOO_LATE,
        lambda: at(S.PUBLISHED).team(
            Step.APPLY, p.Applied(application_id="A", seal=HASH), at_ms=1_000
        ),
    ),
    (
        C.TOO_LATE,
        lambda: at(S.SEALED).team(
            Step.REVEAL,
            p.Revealed(application_id=ONE, proposal=proposal(), salt="5a" * 32),
            at_ms=2_000,
        ),
    ),
    (C.TOO_LATE, lambda: ready_to_publish(publication(demand(), applications_until_ms=0))),
    (C.OTHER_DEMAND, lambda: ready_to_publish(publication(demand(version=2)))),
    (C.DUPLICATE_DEMAND, lambda: ready_to_publish(report_with(duplicates=("D-0",)))),
    (C.DEMAND_INCOMPLETE, lambda: ready_to_publish(None, indicators=())),
    (C.SECRECY_FORBIDS, lambda: ready_to_publish(None, **CONFIDENTIAL)),
    (C.ID_TAKEN, lambda: asked().team(Step.ASK, Q)),
    (C.ID_TAKEN, lambda: apply_as(applied(), TEAMS[1], ONE)),
    (C.ID_TAKEN, lambda: at(S.REVIEW).centre(Step.APPOINT, p.Added(experts=EXPERTS[:1]))),
    (C.QUESTION_UNKNOWN, lambda: at(S.PUBLISHED).owner(Step.ANSWER, ANSWER)),
    (C.QUESTION_ANSWERED, lambda: answered().owner(Step.ANSWER, ANSWER)),
    (C.QUESTIONS_OPEN, lambda: asked().centre(Step.CLOSE_APPLICATIONS, at_ms=1_000)),
    (C.OWNER_APPLIES, lambda: apply_as(at(S.PUBLISHED), OWNER)),
    (C.NOT_INVITED, lambda: apply_as(invited(), TEAMS[1])),
    (C.APPLIED_TWICE, lambda: apply_as(applied(), TEAMS[0])),
    (
        C.APPLICATION_UNKNOWN,
        lambda: at(S.FORMAL_CHECK).centre(Step.CHECK_APPLICATION, checked("A-0")),
    ),
    (C.APPLICATION_STATUS, lambda: twice(play := at(S.SEALED), lambda: play.reveal(TEAMS[0]))),
    (C.SEAL_BROKEN, reveal_other_text),
    (C.SEAL_BROKEN, lambda: at(S.SEALED).reveal(TEAMS[0], salt="00" * 32)),
    (C.SEAL_BROKEN, lambda: at(S.SEALED).reveal(TEAMS[0], salt="no hex")),
    (C.SEAL_BROKEN, open_a_stolen_seal),
    (C.SHARES_NOT_WHOLE, reveal_with_shares_of_90_percent),
    (
        C.SHARES_NOT_WHOLE,
        lambda: at(S.AWARDED).owner(Step.PROPOSE_CONTRACT, terms(milestones=STAGES[1:])),
    ),
    (
        C.CHECKS_OPEN,
        lambda: at(S.FORMAL_CHECK).centre(Step.START_REVIEW, p.Appointed(experts=EXPERTS)),
    ),
    (C.LEAKAGE, leak),
    (
        C.EXPERT_CONFLICT,
        lambda: at(S.REVIEW).centre(Step.APPOINT, p.Added(experts=(TEAMS[0],))),
    ),
    (C.NOT_APPOINTED, lambda: at(S.REVIEW).expert(Step.DECLARE, p.Declared(), org="EXP-9")),
    (C.DECLARED_TWICE, lambda: declared().expert(Step.DECLARE, p.Declared())),
    (C.NOT_DECLARED, lambda: marked(at(S.REVIEW))),
    (C.DECLARED_CONFLICT, lambda: marked(declared(ONE))),
    (C.SCORED_TWICE, lambda: twice(play := declared(), lambda: marked(play))),
    (C.MARKS_INCOMPLETE, lambda: marked(declared(), marks=(80,))),
    (C.TOO_FEW_SCORES, too_few_scores),
    (
        C.DEFENDED_TWICE,
        lambda: twice(play := at(S.PANEL), lambda: play.centre(Step.DEFEND, DEFENCE)),
    ),
    (C.WINNERS_COUNT, lambda: at(S.PANEL).centre(Step.AWARD, p.Awarded(winners=(ONE, TWO)))),
    (
        C.WINNERS_COUNT,
        lambda: at(S.PANEL, race=True).centre(Step.AWARD, p.Awarded(winners=(ONE,))),
    ),
    (C.CONTRACT_UNKNOWN, lambda: at(S.AWARDED).team(Step.SIGN_CONTRACT, terms())),
    (
        C.CONTRACT_UNKNOWN,
        lambda: at(S.AWARDED).owner(Step.PROPOSE_CONTRACT, terms(application=TWO)),
    ),
    (C.CONTRACT_DIFFERS, lambda: awarded(Play()).team(Step.SIGN_CONTRACT, terms(ip="ours"))),
    (
        C.GATE_MISSING,
        lambda: at(S.AWARDED, race=True).owner(Step.PROPOSE_CONTRACT, terms()),
    ),
    (C.GATE_MISSING, lambda: at(S.AWARDED).owner(Step.PROPOSE_CONTRACT, terms(gate=1))),
    (
        C.OVER_BUDGET,
        lambda: at(S.AWARDED).owner(Step.PROPOSE_CONTRACT, terms(amount_minor=PRICE + 1)),
    ),
    (
        C.OVER_BUDGET,
        lambda: at(S.AWARDED).owner(Step.PROPOSE_CONTRACT, terms(currency="EUR")),
    ),
    (C.ESCROW_AMOUNT, lambda: paid(at(S.CONTRACTED), PRICE - 1, Step.FUND_ESCROW)),
    (C.ESCROW_TWICE, funded_twice),
    (C.TRACK_ENDED, after_the_end_of_its_work),
    (
        C.MILESTONE_ORDER,
        lambda: (play := at(S.IN_PROGRESS)).team(Step.DELIVER, play.delivery(milestone=2)),
    ),
    (C.TESTER_NOT_INDEPENDENT, lambda: at(S.IN_PROGRESS).deliver(tester=OWNER)),
    (C.TESTER_NOT_INDEPENDENT, lambda: at(S.IN_PROGRESS).deliver(tester=f"team-of-{TEAMS[0]}")),
    (C.NOTHING_DELIVERED, lambda: at(S.IN_PROGRESS).owner(Step.ACCEPT_MILESTONE, OF_ONE)),
    (C.TOO_MANY_CORRECTIONS, too_many_corrections),
    (C.NOT_ACCEPTED, lambda: paid(at(S.IN_PROGRESS), 1)),
    (C.PAYMENT_OPEN, stop_before_paying),
    (C.NO_GATE, lambda: at(S.IN_PROGRESS).owner(Step.CHOOSE_AT_GATE, OF_ONE)),
    (C.GATE_NOT_REACHED, gate_before_both_are_there),
    (C.GATE_OPEN, behind_the_gate),
    (
        C.WORK_OPEN,
        lambda: at(S.IN_PROGRESS).owner(Step.ACCEPT_FINALLY, p.Accepted(report_sha256=HASH)),
    ),
    (C.RATING_INCOMPLETE, rated),
    (C.RATING_INCOMPLETE, lambda: rated(ONE, ONE)),
    (
        C.NO_STANDING,
        lambda: at(S.PANEL).team(Step.DISPUTE, p.Raised(matter_id="M"), org="UNI-9"),
    ),
    (C.NO_FURTHER_APPEAL, lambda: disputed(2)),
    (
        C.WRONG_INSTANCE,
        lambda: disputed().take(Step.RESOLVE, Role.ARBITER, ARBITER, DISMISSED),
    ),
    (C.WRONG_INSTANCE, lambda: disputed(1).centre(Step.RESOLVE, DISMISSED)),
    (
        C.ARBITER_NOT_INDEPENDENT,
        lambda: disputed(1).take(Step.RESOLVE, Role.ARBITER, TEAMS[0], DISMISSED),
    ),
    (C.REDO_NOT_POSSIBLE, lambda: redo(S.PANEL, S.REVIEW)),
    (C.REDO_NOT_POSSIBLE, lambda: redo(S.SEALED, S.PANEL)),
    (C.REDO_NOT_POSSIBLE, lambda: redo(S.PANEL, S.IN_PROGRESS)),
    (C.REDO_NOT_POSSIBLE, redo_after_a_signature),
]


def too_few_experts() -> None:
    play = at(S.FORMAL_CHECK)
    for key in (ONE, TWO):
        play.centre(Step.CHECK_APPLICATION, checked(key))
    play.centre(Step.START_REVIEW, p.Appointed(experts=EXPERTS[:2]))


def wrong_amount() -> None:
    play = at(S.IN_PROGRESS)
    play.deliver()
    play.owner(Step.ACCEPT_MILESTONE, OF_ONE)
    paid(play, PRICE)


def propose_after_a_signature() -> None:
    play = at(S.AWARDED, race=True)
    play.owner(Step.PROPOSE_CONTRACT, terms(gate=1))
    play.team(Step.SIGN_CONTRACT, terms(gate=1))
    play.owner(Step.PROPOSE_CONTRACT, terms(gate=2))


WAYS += [
    (C.TOO_FEW_EXPERTS, too_few_experts),
    (C.PAYMENT_AMOUNT, wrong_amount),
    (C.CONTRACT_SIGNED, propose_after_a_signature),
]


@pytest.mark.parametrize(
    ("code", "way"), WAYS, ids=[f"{c.value}-{n}" for n, (c, _) in enumerate(WAYS)]
)
def test_each_broken_rule_is_refused_by_its_code(code, way):
    """One rule is broken, and the refusal names it."""
    with pytest.raises(CallRefused) as refused:
        way()

    assert refused.value.code is code
    assert len(refused.value.message) > 15


def test_every_code_has_a_way_to_it():
    """No refusal stands in the list that nothing raises."""
    assert {code for code, _ in WAYS} == set(CallCode)


def test_a_refusal_leaves_the_call_as_it_was():
    """Values are replaced, never changed."""
    play = at(S.PANEL)
    before: Call = play.call
    with pytest.raises(CallRefused):
        play.centre(Step.AWARD, p.Awarded(winners=()))

    assert play.call is before


def test_duplicates_may_be_published_with_a_reason():
    """A person decides about duplicates."""
    play = at(S.TRIAGE)
    play.centre(Step.PUBLISH, report_with(duplicates=("D-0",)), reason="another furnace")

    assert play.call.state is S.PUBLISHED


def test_an_open_review_keeps_the_text_as_it_is():
    """Only blind reviews mask and test the text."""
    play = at(S.FORMAL_CHECK, evaluation=Evaluation(blind=False))
    play.team(Step.REDACT, p.Redacted(application_id=ONE, text="our previous work"))
    play.to(S.REVIEW)

    assert play.call.applications[0].blind_text == "our previous work"
