"""What each step brings with it: one class for each, so that nothing unseen is hashed or signed.

A payload is the step's document: its canonical JSON is what is hashed, entered in the ledger and
kept. Files enter by their SHA-256.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from types import MappingProxyType

from matching.technology.opencall.call import Contract, Proposal
from matching.technology.opencall.states import CallState, Step
from matching.technology.problem_fields import (
    COUNT_MAX,
    MINOR_MAX,
    TEXT_LENGTH_MAX,
    be_hash,
    be_text,
    be_texts,
    be_whole,
)

TIME_MS_MAX = 2**53


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """A step that says all by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriageReport:
    """What triage found; see `triage`."""

    demand_digest: str
    duplicates: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        be_hash("triage", "demand_digest", self.demand_digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """Terms under which a call is published.

    Parameters
    ----------
    applications_until_ms, reveal_until_ms
        UTC milliseconds; proposals are opened between the two.
    race
        Whether two teams race to a stage gate, instead of one being awarded.
    invited
        Organisations that may apply to a confidential demand.
    """

    report: TriageReport
    applications_until_ms: int
    reveal_until_ms: int
    race: bool = False
    invited: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        least, most = self.applications_until_ms + 1, TIME_MS_MAX
        be_whole("publication", "applications_until_ms", self.applications_until_ms, most=most)
        be_whole("publication", "reveal_until_ms", self.reveal_until_ms, least=least, most=most)
        be_texts("publication", "invited", self.invited)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A clarification question."""

    question_id: str
    text: str

    def __post_init__(self) -> None:
        be_text("question", "question_id", self.question_id)
        be_text("question", "text", self.text, most=TEXT_LENGTH_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(Asked):
    """The owner's answer, shown to all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """An application: nothing but its seal."""

    application_id: str
    seal: str

    def __post_init__(self) -> None:
        be_text("application", "application_id", self.application_id)
        be_hash("application", "seal", self.seal)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfApplication:
    """A step that concerns one application and says nothing more."""

    application_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Revealed:
    """A proposal and the salt of its seal."""

    application_id: str
    proposal: Proposal
    salt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the formal check of an application found."""

    application_id: str
    passed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Redacted:
    """The applicant's text for experts, where masking alone would not do."""

    application_id: str
    text: str

    def __post_init__(self) -> None:
        be_text("redaction", "text", self.text, most=TEXT_LENGTH_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The names behind an application: teams, aliases, organisations."""

    application_id: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointed:
    """Who judges, and which names are masked."""

    experts: tuple[str, ...]
    identities: tuple[Identity, ...] = ()

    def __post_init__(self) -> None:
        be_texts("appointment", "experts", self.experts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """Experts who join a review, where others have conflicts."""

    experts: tuple[str, ...]

    def __post_init__(self) -> None:
        be_texts("appointment", "experts", self.experts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """With which applications an expert has a conflict of interest; none is a declaration too."""

    conflicts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        be_texts("declaration", "conflicts", self.conflicts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """Marks 0..100, one for each criterion of the call."""

    application_id: str
    marks: tuple[int, ...]

    def __post_init__(self) -> None:
        for mark in self.marks:
            be_whole("score", "mark", mark, most=100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Defended:
    """The panel's mark 0..100 for a defence, and the hash of its minutes."""

    application_id: str
    mark: int
    minutes_sha256: str

    def __post_init__(self) -> None:
        be_whole("defence", "mark", self.mark, most=100)
        be_hash("defence", "minutes_sha256", self.minutes_sha256)


@dataclass(frozen=True, slots=True, kw_only=True)
class Awarded:
    """The winners: one, or two that race."""

    winners: tuple[str, ...]

    def __post_init__(self) -> None:
        be_texts("award", "winners", self.winners)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The contract that one side proposes and the other signs."""

    contract: Contract


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """An amount in minor units, with the hash of the bank's evidence."""

    application_id: str
    amount_minor: int
    evidence_sha256: str

    def __post_init__(self) -> None:
        be_whole("payment", "amount_minor", self.amount_minor, least=0, most=MINOR_MAX)
        be_hash("payment", "evidence_sha256", self.evidence_sha256)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """The evidence of a milestone, and the test by a third party."""

    application_id: str
    milestone: int
    evidence_sha256: str
    test_sha256: str
    tester: str

    def __post_init__(self) -> None:
        be_whole("delivery", "milestone", self.milestone, least=1, most=COUNT_MAX)
        be_hash("delivery", "evidence_sha256", self.evidence_sha256)
        be_hash("delivery", "test_sha256", self.test_sha256)
        be_text("delivery", "tester", self.tester)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The report of the final acceptance."""

    report_sha256: str

    def __post_init__(self) -> None:
        be_hash("acceptance", "report_sha256", self.report_sha256)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The owner's mark 0..100 for one winner."""

    application_id: str
    mark: int
    on_time: bool

    def __post_init__(self) -> None:
        be_whole("rating", "mark", self.mark, most=100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """The owner's marks for every winner."""

    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """A dispute, or the appeal against its decision: the same matter again."""

    matter_id: str

    def __post_init__(self) -> None:
        be_text("dispute", "matter_id", self.matter_id)


@unique
class Outcome(StrEnum):
    """How a dispute ends."""

    DISMISSED = "dismissed"  # the call goes on where it stood
    REDO = "redo"  # an earlier stage is done again
    TERMINATED = "terminated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The decision of a dispute; `redo_to` with the outcome REDO only."""

    outcome: Outcome
    redo_to: CallState | None = None

    def __post_init__(self) -> None:
        if (self.outcome is Outcome.REDO) == (self.redo_to is None):
            raise ValueError("decision: redo_to belongs to the outcome 'redo', and only there")


PAYLOADS: Mapping[Step, type] = MappingProxyType(
    {
        Step.SUBMIT: Nothing,
        Step.RETURN: Nothing,
        Step.PUBLISH: Publication,
        Step.ASK: Asked,
        Step.ANSWER: Answered,
        Step.APPLY: Applied,
        Step.WITHDRAW_APPLICATION: OfApplication,
        Step.CLOSE_APPLICATIONS: Nothing,
        Step.REVEAL: Revealed,
        Step.START_FORMAL_CHECK: Nothing,
        Step.CHECK_APPLICATION: Checked,
        Step.REDACT: Redacted,
        Step.START_REVIEW: Appointed,
        Step.APPOINT: Added,
        Step.DECLARE: Declared,
        Step.SCORE: Marked,
        Step.FINISH_REVIEW: Nothing,
        Step.DEFEND: Defended,
        Step.AWARD: Awarded,
        Step.END_WITHOUT_AWARD: Nothing,
        Step.PROPOSE_CONTRACT: Terms,
        Step.SIGN_CONTRACT: Terms,
        Step.FUND_ESCROW: Paid,
        Step.DELIVER: Delivered,
        Step.ACCEPT_MILESTONE: OfApplication,
        Step.ASK_CORRECTION: OfApplication,
        Step.STOP_LOSS: OfApplication,
        Step.PAY: Paid,
        Step.CHOOSE_AT_GATE: OfApplication,
        Step.ACCEPT_FINALLY: Accepted,
        Step.RATE: Rated,
        Step.WITHDRAW: Nothing,
        Step.DISPUTE: Raised,
        Step.RESOLVE: Decided,
    }
)
