"""The problem of matching technology demands to research providers, as plain checked values.

`docs/spec/technology.md` says what each field means. A provider is a team, never a person.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date

from matching.technology.problem_fields import (
    COUNT_MAX,
    MONTHS_MAX,
    TRL_MAX,
    be_few,
    be_hash,
    be_shares,
    be_short,
    be_text,
    be_texts,
    be_unique,
    be_whole,
)
from matching.technology.problem_match import (
    Evidence,
    Feedback,
    Judgement,
    Match,
    PartScore,
    ScorerIdentity,
    Span,
)
from matching.technology.problem_parts import (
    Attachment,
    Budget,
    Capacity,
    Comparison,
    Conflicts,
    ConsortiumRule,
    CooperationMode,
    Criterion,
    DemandStatus,
    Discipline,
    Document,
    DocumentKind,
    DomainCode,
    Evaluation,
    Indicator,
    Language,
    Milestone,
    ProviderKind,
    RequiredSkill,
    Revision,
    SecrecyLevel,
    Skill,
    TrackRecord,
    TrlRange,
)
from matching.technology.problem_plain import canonical_json

__all__ = [
    "Attachment",
    "Budget",
    "Capacity",
    "Comparison",
    "Conflicts",
    "ConsortiumRule",
    "CooperationMode",
    "Criterion",
    "Demand",
    "DemandStatus",
    "Discipline",
    "Document",
    "DocumentKind",
    "DomainCode",
    "Evaluation",
    "Evidence",
    "Feedback",
    "Indicator",
    "Judgement",
    "Language",
    "Match",
    "Milestone",
    "PartScore",
    "Problem",
    "Provider",
    "ProviderKind",
    "RequiredSkill",
    "Revision",
    "ScorerIdentity",
    "SecrecyLevel",
    "Skill",
    "Span",
    "TrackRecord",
    "TrlRange",
]

DEMAND_TEXTS = ("title", "background", "problem", "current_state", "ip_terms")
DEMAND_LISTS = ("tried_routes", "deliverables", "keywords")


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """A technology problem for which its owner looks for a research provider.

    Parameters
    ----------
    version
        1 at first, one more with each change.
    trl_now, trl_target
        Technology readiness (GB/T 22900), 1..9, target ≥ now; None where the owner did not say.
    deadline
        The day on which the result is needed.
    duration_months, person_months
        How long the work lasts and how much it is, for all members together; 0 when not stated.
    competitor_groups
        Markets in which the owner competes: a team does not serve two owners of one group.
    persons_hash
        Salted SHA-256 of persons of the owner with an interest in the demand.
    excluded_orgs
        Organisations that must not answer.
    milestones
        Shares of the payment, 10,000 basis points in sum when there are any.
    """

    demand_id: str
    owner_org: str
    title: str
    problem: str
    lang: Language
    version: int = 1
    background: str = ""
    current_state: str = ""
    tried_routes: tuple[str, ...] = ()
    deliverables: tuple[str, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    domain_codes: tuple[DomainCode, ...] = ()
    keywords: tuple[str, ...] = ()
    trl_now: int | None = None
    trl_target: int | None = None
    budget: Budget | None = None
    deadline: date | None = None
    duration_months: int = 0
    person_months: int = 0
    cooperation_mode: CooperationMode = CooperationMode.COMMISSIONED
    ip_terms: str = ""
    secrecy_level: SecrecyLevel = SecrecyLevel.PUBLIC
    region: str = ""
    required_skills: tuple[RequiredSkill, ...] = ()
    consortium: ConsortiumRule = ConsortiumRule()  # noqa: RUF009 (a frozen value)
    excluded_orgs: tuple[str, ...] = ()
    competitor_groups: tuple[str, ...] = ()
    persons_hash: tuple[str, ...] = ()
    evaluation: Evaluation = Evaluation()  # noqa: RUF009 (a frozen value)
    milestones: tuple[Milestone, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    status: DemandStatus = DemandStatus.DRAFT
    history: tuple[Revision, ...] = ()

    def __post_init__(self) -> None:
        be_text("demand", "demand_id", self.demand_id)
        where = f"demand {self.demand_id}"
        be_text(where, "owner_org", self.owner_org)
        be_text(where, "title", self.title)
        be_text(where, "problem", self.problem, most=20_000)
        be_whole(where, "version", self.version, least=1, most=COUNT_MAX)
        for name in ("background", "current_state", "ip_terms", "region"):
            be_short(where, name, getattr(self, name))
        be_few(where, "tried_routes", self.tried_routes)
        be_few(where, "deliverables", self.deliverables)
        for name in ("keywords", "excluded_orgs", "competitor_groups"):
            be_texts(where, name, getattr(self, name))
        for value in self.persons_hash:
            be_hash(where, "persons_hash", value)
        be_whole(where, "duration_months", self.duration_months, most=MONTHS_MAX)
        be_whole(where, "person_months", self.person_months, most=MONTHS_MAX * 1_000)
        self._check_levels(where)
        self._check_parts(where)

    def _check_levels(self, where: str) -> None:
        for name in ("trl_now", "trl_target"):
            level = getattr(self, name)
            if level is not None:
                be_whole(where, name, level, least=1, most=TRL_MAX)
        if self.trl_now is not None and self.trl_target is not None:
            be_whole(where, "trl_target", self.trl_target, least=self.trl_now, most=TRL_MAX)

    def _check_parts(self, where: str) -> None:
        for name in ("indicators", "domain_codes", "required_skills", "attachments", "history"):
            be_few(where, name, getattr(self, name))
        be_unique(f"{where}: code", ((code.scheme, code.code) for code in self.domain_codes))
        be_unique(f"{where}: required skill", (skill.skill for skill in self.required_skills))
        be_shares(where, "milestone shares", (stage.share_bps for stage in self.milestones))
        days = [stage.due for stage in self.milestones]
        if days != sorted(days):
            raise ValueError(f"{where}: milestones must stand in the order of their dates")

    def text(self, field: str) -> str:
        """Return the text that a span of a field counts in; the parts of a list stand on lines."""
        if field in DEMAND_LISTS:
            return "\n".join(getattr(self, field))
        if field not in DEMAND_TEXTS:
            raise KeyError(f"demand {self.demand_id}: no text field {field!r}")
        return str(getattr(self, field))

    @property
    def digest(self) -> str:
        """SHA-256, in hex, of the canonical JSON of the demand."""
        return hashlib.sha256(canonical_json(self)).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A research team that answers demands.

    Parameters
    ----------
    aliases
        Other names of the team and its organisation; blind review masks them all.
    pi_role
        The role of who leads it ("professor"); the person is not named.
    persons_hash
        Salted SHA-256 of its members: two teams that share one share a person.
    trl_range
        None where the team did not say.
    price_band
        What it usually asks for its part of a project, or None.
    regions
        Where it works; empty for everywhere.
    consent
        Whether the team agreed to be listed and matched; without it nothing may match it.
    """

    provider_id: str
    org_id: str
    name: str
    kind: ProviderKind
    updated_on: date
    version: int = 1
    aliases: tuple[str, ...] = ()
    pi_role: str = ""
    members_count: int = 1
    persons_hash: tuple[str, ...] = ()
    disciplines: tuple[Discipline, ...] = ()
    skills: tuple[Skill, ...] = ()
    documents: tuple[Document, ...] = ()
    trl_range: TrlRange | None = None
    facilities: tuple[str, ...] = ()
    capacity: Capacity | None = None
    price_band: Budget | None = None
    regions: tuple[str, ...] = ()
    qualifications: tuple[str, ...] = ()
    track_record: tuple[TrackRecord, ...] = ()
    conflicts: Conflicts = Conflicts()  # noqa: RUF009 (a frozen value)
    consent: bool = False

    def __post_init__(self) -> None:
        be_text("provider", "provider_id", self.provider_id)
        where = f"provider {self.provider_id}"
        be_text(where, "org_id", self.org_id)
        be_text(where, "name", self.name)
        be_whole(where, "version", self.version, least=1, most=COUNT_MAX)
        be_whole(where, "members_count", self.members_count, least=1, most=COUNT_MAX)
        be_short(where, "pi_role", self.pi_role, most=200)
        for value in self.persons_hash:
            be_hash(where, "persons_hash", value)
        for name in ("aliases", "facilities", "regions", "qualifications"):
            be_texts(where, name, getattr(self, name))
        for name in ("disciplines", "skills", "documents", "track_record"):
            be_few(where, name, getattr(self, name))
        be_shares(where, "discipline shares", (part.share_bps for part in self.disciplines))
        be_unique(f"{where}: skill", (skill.skill for skill in self.skills))
        be_unique(f"{where}: record", (record.record_id for record in self.track_record))
        shown = be_unique(f"{where}: document", (part.document_id for part in self.documents))
        for skill in self.skills:
            for evidence in skill.evidence_ids:
                if evidence not in shown:
                    raise ValueError(
                        f"{where}: skill {skill.skill} cites document {evidence}, which it lacks"
                    )

    @property
    def digest(self) -> str:
        """SHA-256, in hex, of the canonical JSON of the provider."""
        return hashlib.sha256(canonical_json(self)).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Everything that a ranking or an assignment is made from, and checked against.

    `today` is the day for which it is made: deadlines and recency count from it.

    Raises
    ------
    ValueError
        When an id of a demand or a provider appears twice.
    """

    today: date
    demands: tuple[Demand, ...]
    providers: tuple[Provider, ...]

    def __post_init__(self) -> None:
        be_unique("demand", (demand.demand_id for demand in self.demands))
        be_unique("provider", (provider.provider_id for provider in self.providers))

    @property
    def digest(self) -> str:
        """SHA-256, in hex, of the day and of all parts; their order does not count."""
        parts = sorted(
            [demand.digest for demand in self.demands]
            + [provider.digest for provider in self.providers]
        )
        return hashlib.sha256("\n".join([self.today.isoformat(), *parts]).encode()).hexdigest()
