"""Open calls for tests: a demand, proposals, and a hand that plays the usual steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from matching.technology.opencall import (
    Action,
    Call,
    CallState,
    Role,
    Step,
    Transition,
    apply,
    open_call,
)
from matching.technology.opencall import payloads as p
from matching.technology.opencall.call import Contract, Proposal
from matching.technology.opencall.sealing import seal_of
from matching.technology.opencall.steps_working import payment_minor
from matching.technology.opencall.triage import triage
from matching.technology.problem import (
    Budget,
    Comparison,
    Criterion,
    Demand,
    Evaluation,
    Indicator,
    Language,
    Milestone,
    SecrecyLevel,
)

OWNER, CENTRE, ARBITER = "ENT-1", "CENTRE", "ARBITER"
TEAMS = ("UNI-1", "UNI-2")
EXPERTS = ("EXP-1", "EXP-2", "EXP-3")
UNTIL, REVEAL_UNTIL = 1_000, 2_000
HASH = "ab" * 32
PRICE = 100_000_01
SALT = "5a" * 32
STEP_SALT = "a5" * 16

STAGES = (
    Milestone(title="design", share_bps=3_000, due=date(2027, 3, 1), evidence="report"),
    Milestone(title="sample", share_bps=3_333, due=date(2027, 6, 1), evidence="test"),
    Milestone(title="site", share_bps=3_667, due=date(2027, 9, 1), evidence="record"),
)


def demand(**changes: Any) -> Demand:
    """Return a complete demand that may be called."""
    values: dict[str, Any] = {
        "demand_id": "D-1",
        "owner_org": OWNER,
        "title": "Lower the interface resistance",
        "problem": "The resistance between electrolyte and cathode rises with cycling.",
        "lang": Language.ENGLISH,
        "indicators": (
            Indicator(name="resistance", op=Comparison.AT_MOST, value=Fraction(20), unit="Ω·cm²"),
        ),
        "deliverables": ("samples",),
        "budget": Budget(min_minor=1, max_minor=PRICE, currency="CNY"),
        "deadline": date(2027, 12, 31),
        "duration_months": 9,
        "milestones": STAGES,
        "secrecy_level": SecrecyLevel.PUBLIC,
        "evaluation": Evaluation(
            criteria=(
                Criterion(name="route", weight_bps=6_000),
                Criterion(name="team", weight_bps=4_000),
            )
        ),
    }
    return Demand(**{**values, **changes})


def proposal(team: str = TEAMS[0], **changes: Any) -> Proposal:
    """Return a proposal whose text tells nothing of who wrote it."""
    values: dict[str, Any] = {
        "providers": (f"team-of-{team}",),
        "text": "We coat the cathode by atomic layer deposition and test 800 cycles.",
        "price_minor": PRICE,
        "currency": "CNY",
        "milestones": STAGES,
    }
    return Proposal(**{**values, **changes})


def contract(application: str = "A-UNI-1", **changes: Any) -> Contract:
    """Return the terms of a winner."""
    values: dict[str, Any] = {
        "application_id": application,
        "ip": "owner",
        "background_ip": "each its own",
        "liability": "up to the price",
        "amount_minor": PRICE,
        "currency": "CNY",
        "milestones": STAGES,
    }
    return Contract(**{**values, **changes})


def key_of(team: str) -> str:
    """Return the id of a team's application."""
    return f"A-{team}"


def publication(of: Demand, *, race: bool = False, **changes: Any) -> p.Publication:
    """Return the terms of publication, with a triage report that found nothing."""
    values: dict[str, Any] = {
        "report": triage(of, ()),
        "applications_until_ms": UNTIL,
        "reveal_until_ms": REVEAL_UNTIL,
        "race": race,
    }
    return p.Publication(**{**values, **changes})


@dataclass
class Play:
    """A call and the usual way through it; `take` does any other step."""

    race: bool = False
    of: Demand = field(default_factory=demand)
    call: Call = field(init=False)
    transitions: list[Transition] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.call = open_call("C-1", self.of, centre_org=CENTRE)

    def take(
        self,
        step: Step,
        role: Role,
        org: str,
        payload: Any = None,
        *,
        reason: str = "because",
        at_ms: int | None = None,
    ) -> Call:
        """Take one step."""
        at = self.call.changed_at_ms if at_ms is None else at_ms
        given = p.Nothing() if payload is None else payload
        action = Action(
            step=step, role=role, org=org, at_ms=at, payload=given, salt=STEP_SALT, reason=reason
        )
        self.call, transition = apply(self.call, action)
        self.transitions.append(transition)
        return self.call

    def owner(self, step: Step, payload: Any = None, **more: Any) -> Call:
        """Let the owner take a step."""
        return self.take(step, Role.ENTERPRISE, OWNER, payload, **more)

    def centre(self, step: Step, payload: Any = None, **more: Any) -> Call:
        """Let the centre take a step."""
        return self.take(step, Role.CENTRE, CENTRE, payload, **more)

    def team(self, step: Step, payload: Any = None, *, org: str = TEAMS[0], **more: Any) -> Call:
        """Let a team take a step."""
        return self.take(step, Role.PROVIDER, org, payload, **more)

    def expert(self, step: Step, payload: Any, *, org: str = EXPERTS[0], **more: Any) -> Call:
        """Let an expert take a step."""
        return self.take(step, Role.EXPERT, org, payload, **more)

    def seal(self, team: str, given: Proposal | None = None) -> str:
        """Return the seal of a team's proposal."""
        return seal_of(
            given or proposal(team),
            SALT,
            call_id=self.call.call_id,
            application_id=key_of(team),
            org=team,
        )

    def to(self, state: CallState) -> Play:
        """Go the usual way until the call is in a state."""
        ways = self._ways()
        while self.call.state is not state:
            ways[self.call.state]()
        return self

    def _ways(self) -> dict[CallState, Callable[[], object]]:
        s = CallState
        return {
            s.DRAFT: lambda: self.owner(Step.SUBMIT),
            s.TRIAGE: lambda: self.centre(Step.PUBLISH, publication(self.of, race=self.race)),
            s.PUBLISHED: self._apply,
            s.SEALED: self._reveal,
            s.FORMAL_CHECK: self._check,
            s.REVIEW: self._score,
            s.PANEL: self._award,
            s.AWARDED: self._sign,
            s.CONTRACTED: self._fund,
            s.IN_PROGRESS: self._work,
            s.ACCEPTED: self._rate,
        }

    def _apply(self) -> None:
        for team in TEAMS:
            given = p.Applied(application_id=key_of(team), seal=self.seal(team))
            self.team(Step.APPLY, given, org=team)
        self.centre(Step.CLOSE_APPLICATIONS, at_ms=UNTIL)

    def _reveal(self) -> None:
        for team in TEAMS:
            self.reveal(team)
        self.centre(Step.START_FORMAL_CHECK)

    def reveal(self, team: str, given: Proposal | None = None, salt: str = SALT) -> None:
        """Open a team's proposal."""
        payload = p.Revealed(
            application_id=key_of(team), proposal=given or proposal(team), salt=salt
        )
        self.team(Step.REVEAL, payload, org=team)

    def _check(self) -> None:
        for team in TEAMS:
            given = p.Checked(application_id=key_of(team), passed=True)
            self.centre(Step.CHECK_APPLICATION, given)
        self.centre(Step.START_REVIEW, p.Appointed(experts=EXPERTS))

    def _score(self) -> None:
        for place, org in enumerate(EXPERTS):
            self.expert(Step.DECLARE, p.Declared(), org=org)
            for team in TEAMS:
                marks = (80 + place, 70 if team == TEAMS[0] else 60)
                self.expert(Step.SCORE, p.Marked(application_id=key_of(team), marks=marks), org=org)
        self.centre(Step.FINISH_REVIEW)

    def winners(self) -> tuple[str, ...]:
        """Return who is awarded on the usual way."""
        return tuple(map(key_of, TEAMS)) if self.race else (key_of(TEAMS[0]),)

    def _award(self) -> None:
        self.centre(Step.AWARD, p.Awarded(winners=self.winners()))

    def _sign(self) -> None:
        for team, winner in zip(TEAMS, self.winners(), strict=False):
            terms = p.Terms(contract=contract(winner, gate=1 if self.race else None))
            self.owner(Step.PROPOSE_CONTRACT, terms)
            self.team(Step.SIGN_CONTRACT, terms, org=team)

    def _fund(self) -> None:
        for winner in self.winners():
            paid = p.Paid(application_id=winner, amount_minor=PRICE, evidence_sha256=HASH)
            self.centre(Step.FUND_ESCROW, paid)

    def milestone(self, team: str = TEAMS[0]) -> None:
        """Deliver, accept and pay a team's present milestone."""
        self.deliver(team)
        self.owner(Step.ACCEPT_MILESTONE, p.OfApplication(application_id=key_of(team)))
        track = self.call.track(key_of(team))
        paid = p.Paid(
            application_id=key_of(team),
            amount_minor=payment_minor(track, track.milestone),
            evidence_sha256=HASH,
        )
        self.centre(Step.PAY, paid)

    def deliver(self, team: str = TEAMS[0], **more: Any) -> None:
        """Deliver a team's present milestone."""
        self.team(Step.DELIVER, self.delivery(team, **more), org=team)

    def delivery(self, team: str = TEAMS[0], **changes: Any) -> p.Delivered:
        """Return the evidence of a team's present milestone."""
        values: dict[str, Any] = {
            "application_id": key_of(team),
            "milestone": self.call.track(key_of(team)).milestone,
            "evidence_sha256": HASH,
            "test_sha256": HASH,
            "tester": "TEST-HOUSE",
        }
        return p.Delivered(**{**values, **changes})

    def _work(self) -> None:
        if self.race:
            for team in TEAMS:
                self.milestone(team)
            chosen = p.OfApplication(application_id=key_of(TEAMS[0]))
            self.owner(Step.CHOOSE_AT_GATE, chosen)
        while self.call.track(key_of(TEAMS[0])).status != "finished":
            self.milestone()
        self.owner(Step.ACCEPT_FINALLY, p.Accepted(report_sha256=HASH))

    def _rate(self) -> None:
        marks = tuple(
            p.Mark(application_id=winner, mark=90, on_time=True) for winner in self.winners()
        )
        self.owner(Step.RATE, p.Rated(marks=marks))
