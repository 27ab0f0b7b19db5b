"""A call as it stands: plain values that a step replaces, never changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum, unique

from matching.technology.opencall.refusals import CallCode, CallRefused
from matching.technology.opencall.states import CallState
from matching.technology.problem import Demand, Milestone, SecrecyLevel

EXPERTS_LEAST = 3
CORRECTIONS_MOST = 2
RACERS = 2


@unique
class ApplicationStatus(StrEnum):
    """Where an application stands."""

    COMMITTED = "committed"  # the seal is known, the proposal is not
    REVEALED = "revealed"
    PASSED = "passed"
    FAILED = "failed"
    LAPSED = "lapsed"  # not opened in time
    WITHDRAWN = "withdrawn"


@unique
class TrackStatus(StrEnum):
    """Where the work of one winner stands."""

    WORKING = "working"
    DELIVERED = "delivered"
    ACCEPTED = "accepted"  # the milestone is to be paid
    FINISHED = "finished"
    STOPPED = "stopped"
    LOST = "lost"  # the other team went on after the gate


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What an applicant proposes, hidden behind a seal until applications are closed.

    Parameters
    ----------
    providers
        The teams, the lead first.
    text
        The technical route in full: what experts read, masked where the review is blind.
    price_minor
        For the whole, in minor units.
    milestones
        Shares sum to 10,000 basis points.
    """

    providers: tuple[str, ...]
    text: str
    price_minor: int
    currency: str
    milestones: tuple[Milestone, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A clarification question; who asked is not shown, the answer is shown to all."""

    question_id: str
    asked_by: str
    text: str
    answer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """An application: its seal, and from its opening on its proposal.

    Parameters
    ----------
    org
        The applicant, who signs for the consortium.
    seal
        SHA-256 over the proposal, see `sealing`.
    blind_text
        What experts read; None until the review begins.
    findings
        What the formal check found.
    """

    application_id: str
    org: str
    seal: str
    status: ApplicationStatus = ApplicationStatus.COMMITTED
    proposal: Proposal | None = None
    redacted: str | None = None
    blind_text: str | None = None
    findings: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """An expert's word about conflicts: with which applications it has one."""

    expert: str
    conflicts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoring:
    """An expert's marks 0..100 for an application, in the order of the call's criteria."""

    expert: str
    application_id: str
    marks: tuple[int, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Defence:
    """What the panel found when an applicant defended its proposal."""

    application_id: str
    mark: int
    minutes_sha256: str
    remarks: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What owner and winner agree on.

    Parameters
    ----------
    ip, background_ip, liability
        Who owns what comes out, what each brings in, and who answers for what.
    amount_minor
        The whole price, in minor units.
    gate
        In a race: the number of the milestone after which one team goes on, from 1.
    """

    application_id: str
    ip: str
    background_ip: str
    liability: str
    amount_minor: int
    currency: str
    milestones: tuple[Milestone, ...]
    gate: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """The contract of one winner and how far its work is.

    Parameters
    ----------
    signed
        Whether the winner signed the owner's terms.
    milestone
        Number of the milestone that is worked on, from 1.
    paid_minor
        What was paid so far.
    corrections
        How often the present milestone was sent back.
    """

    contract: Contract
    signed: bool = False
    funded_minor: int = 0
    milestone: int = 1
    status: TrackStatus = TrackStatus.WORKING
    paid_minor: int = 0
    corrections: int = 0
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """A matter in dispute: who raised it, how often it was decided, where the call goes on."""

    matter_id: str
    raised_by: str
    resume: CallState
    decided: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """What the owner says of a winner in the end: a mark 0..100, and whether it was on time."""

    application_id: str
    mark: int
    on_time: bool
    accepted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """An open call.

    Parameters
    ----------
    demand_digest
        Hash of the demand in the version that is called.
    criteria_bps
        Weights of the criteria; one criterion where the demand names none.
    budget_max_minor, currency
        What the owner would pay at most; a call without a budget is never published.
    invited
        Organisations that may apply to a confidential demand; empty for everybody.
    sequence
        Number of steps taken.
    applications_until_ms, reveal_until_ms
        UTC milliseconds.
    disputed
        Id of the matter that holds the call up, or None.
    """

    call_id: str
    demand_id: str
    demand_version: int
    demand_digest: str
    title: str
    owner_org: str
    centre_org: str
    blind: bool
    secrecy_level: SecrecyLevel
    criteria_bps: tuple[int, ...]
    budget_max_minor: int = 0
    currency: str = "CNY"
    state: CallState = CallState.DRAFT
    sequence: int = 0
    changed_at_ms: int = 0
    applications_until_ms: int = 0
    reveal_until_ms: int = 0
    race: bool = False
    invited: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    applications: tuple[Application, ...] = ()
    experts: tuple[str, ...] = ()
    declarations: tuple[Declaration, ...] = ()
    scores: tuple[Scoring, ...] = ()
    defences: tuple[Defence, ...] = ()
    winners: tuple[str, ...] = ()
    tracks: tuple[Track, ...] = ()
    gate_passed: bool = False
    ratings: tuple[Rating, ...] = ()
    matters: tuple[Matter, ...] = ()
    disputed: str | None = None

    def application(self, application_id: str) -> Application:
        """Return an application. Raises CallRefused (APPLICATION_UNKNOWN)."""
        for one in self.applications:
            if one.application_id == application_id:
                return one
        known = ", ".join(one.application_id for one in self.applications) or "none"
        raise CallRefused(
            CallCode.APPLICATION_UNKNOWN,
            f"call {self.call_id} has no application {application_id}; it has {known}",
            application=application_id,
        )

    def track(self, application_id: str) -> Track:
        """Return the contract of a winner. Raises CallRefused (CONTRACT_UNKNOWN)."""
        for one in self.tracks:
            if one.contract.application_id == application_id:
                return one
        raise CallRefused(
            CallCode.CONTRACT_UNKNOWN,
            f"application {application_id} has no contract in call {self.call_id}; the owner "
            "proposes one first",
            application=application_id,
        )

    def with_application(self, changed: Application) -> Call:
        """Return the call with one application replaced."""
        return replace(
            self,
            applications=tuple(
                changed if one.application_id == changed.application_id else one
                for one in self.applications
            ),
        )

    def with_track(self, changed: Track) -> Call:
        """Return the call with one contract's track replaced."""
        key = changed.contract.application_id
        return replace(
            self,
            tracks=tuple(
                changed if one.contract.application_id == key else one for one in self.tracks
            ),
        )

    def passed(self) -> tuple[Application, ...]:
        """Return the applications that passed the formal check."""
        return tuple(one for one in self.applications if one.status is ApplicationStatus.PASSED)


def open_call(call_id: str, demand: Demand, *, centre_org: str) -> Call:
    """Return the draft of a call for a demand."""
    criteria = tuple(one.weight_bps for one in demand.evaluation.criteria) or (10_000,)
    return Call(
        call_id=call_id,
        demand_id=demand.demand_id,
        demand_version=demand.version,
        demand_digest=demand.digest,
        title=demand.title,
        owner_org=demand.owner_org,
        centre_org=centre_org,
        blind=demand.evaluation.blind,
        secrecy_level=demand.secrecy_level,
        criteria_bps=criteria,
        budget_max_minor=demand.budget.max_minor if demand.budget else 0,
        currency=demand.budget.currency if demand.budget else "CNY",
    )
