"""The parts that demands and providers are made of: plain values, checked when they are made.

Amounts are integers in minor units, shares and weights basis points, values of indicators exact
`Fraction`s, dates calendar days. A character span counts the code points of the text as it is
stored, so that what it cites can be cut out again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum, unique
from fractions import Fraction

from matching.technology.problem_fields import (
    BPS_WHOLE,
    COUNT_MAX,
    LEVEL_MAX,
    MINOR_MAX,
    MONTHS_MAX,
    TEXT_LENGTH_MAX,
    TRL_MAX,
    be_currency,
    be_exact,
    be_few,
    be_hash,
    be_shares,
    be_short,
    be_span,
    be_text,
    be_texts,
    be_unique,
    be_whole,
)


@unique
class Language(StrEnum):
    """The language of a text, an ISO 639-1 code."""

    CHINESE = "zh"
    ENGLISH = "en"


@unique
class Comparison(StrEnum):
    """How an indicator's value is meant."""

    AT_LEAST = ">="
    AT_MOST = "<="
    ABOVE = ">"
    BELOW = "<"
    EQUAL = "="
    BETWEEN = "between"  # from `value` to `value_to`, both included


@unique
class CooperationMode(StrEnum):
    """How owner and provider work together."""

    COMMISSIONED = "commissioned"  # 委托开发
    JOINT = "joint"  # 合作开发
    TRANSFER = "transfer"  # 转让
    LICENCE = "licence"  # 许可
    CONSULTING = "consulting"  # 咨询


@unique
class SecrecyLevel(StrEnum):
    """Who may read a demand. State secrets have no place in the system at all."""

    PUBLIC = "public"  # everybody
    RESTRICTED = "restricted"  # title and indicators: everybody; the rest: registered providers
    CONFIDENTIAL = "confidential"  # providers that the owner invited


@unique
class ProviderKind(StrEnum):
    """What kind of organisation a provider belongs to; a demand may ask for one as lead."""

    UNIVERSITY = "university"
    INSTITUTE = "institute"
    ENTERPRISE = "enterprise"
    HOSPITAL = "hospital"
    PILOT_PLANT = "pilot_plant"


@unique
class DocumentKind(StrEnum):
    """What kind of evidence a document is."""

    PAPER = "paper"
    PATENT = "patent"
    PROJECT = "project"
    STANDARD = "standard"
    AWARD = "award"


@unique
class DemandStatus(StrEnum):
    """Where a demand stands."""

    DRAFT = "draft"
    OPEN = "open"
    ASSIGNED = "assigned"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """A threshold that a solution has to meet: `energy density >= 300 Wh/kg`.

    Parameters
    ----------
    value, value_to
        Exact, in `unit`; `value_to` only for `BETWEEN`, and then ≥ value.
    unit
        As written by the owner (UCUM-like: `Wh/kg`, `um`, `%`); empty for a pure number.
    must
        Whether a solution that misses it is worthless.
    """

    name: str
    op: Comparison
    value: Fraction
    unit: str = ""
    must: bool = True
    value_to: Fraction | None = None

    def __post_init__(self) -> None:
        be_text("indicator", "name", self.name)
        where = f"indicator {self.name}"
        be_exact(where, "value", self.value)
        be_short(where, "unit", self.unit, most=40)
        if (self.value_to is None) == (self.op is Comparison.BETWEEN):
            raise ValueError(
                f"{where}: value_to belongs to the comparison 'between', and only there"
            )
        if self.value_to is not None:
            be_exact(where, "value_to", self.value_to)
            if self.value_to < self.value:
                raise ValueError(
                    f"{where}: value_to must be at least {self.value}, got {self.value_to}"
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredSkill:
    """A skill that the members of a solution must have among them, at `level` 1..5 or above."""

    skill: str
    level: int = 1
    must: bool = True

    def __post_init__(self) -> None:
        be_text("required skill", "skill", self.skill)
        be_whole(f"required skill {self.skill}", "level", self.level, least=1, most=LEVEL_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainCode:
    """A code of a demand's field; `scheme` as in the reference lists: `gbt13745`, `gbt4754`, `ipc`.

    `weight_bps` says how much of the demand lies there, 1..10,000.
    """

    scheme: str
    code: str
    weight_bps: int = BPS_WHOLE

    def __post_init__(self) -> None:
        be_text("code", "scheme", self.scheme)
        be_text(f"code of {self.scheme}", "code", self.code)
        be_whole(f"code {self.code}", "weight_bps", self.weight_bps, least=1, most=BPS_WHOLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A range of amounts in minor units of one currency, 0 ≤ `min_minor` ≤ `max_minor` ≤ 10^13.

    Of a demand: what its owner would pay for the whole. Of a provider: what it usually asks for
    its part of a project.
    """

    min_minor: int
    max_minor: int
    currency: str

    def __post_init__(self) -> None:
        be_whole("budget", "min_minor", self.min_minor, most=MINOR_MAX)
        be_whole("budget", "max_minor", self.max_minor, most=MINOR_MAX)
        be_span("budget", ("min_minor", self.min_minor), ("max_minor", self.max_minor))
        be_currency("budget", self.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsortiumRule:
    """How many providers may answer a demand together, 1..10, and what kind the lead must be."""

    min_members: int = 1
    max_members: int = 1
    lead_kind: ProviderKind | None = None

    def __post_init__(self) -> None:
        be_whole("consortium", "min_members", self.min_members, least=1, most=10)
        be_whole("consortium", "max_members", self.max_members, least=1, most=10)
        least, most = ("min_members", self.min_members), ("max_members", self.max_members)
        be_span("consortium", least, most)


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One criterion by which experts score, with its weight in basis points."""

    name: str
    weight_bps: int

    def __post_init__(self) -> None:
        be_text("criterion", "name", self.name)
        weight = self.weight_bps
        be_whole(f"criterion {self.name}", "weight_bps", weight, least=1, most=BPS_WHOLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """How proposals are judged; the weights sum to 10,000 when there are criteria."""

    criteria: tuple[Criterion, ...] = ()
    blind: bool = True

    def __post_init__(self) -> None:
        be_few("evaluation", "criteria", self.criteria)
        be_unique("evaluation: criterion", (criterion.name for criterion in self.criteria))
        be_shares("evaluation", "weights", (criterion.weight_bps for criterion in self.criteria))


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """A stage of the work: its share of the payment, its date and the evidence that it takes."""

    title: str
    share_bps: int
    due: date
    evidence: str

    def __post_init__(self) -> None:
        be_text("milestone", "title", self.title)
        where = f"milestone {self.title}"
        be_whole(where, "share_bps", self.share_bps, most=BPS_WHOLE)
        be_text(where, "evidence", self.evidence, most=TEXT_LENGTH_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that belongs to a demand, by its name, SHA-256 and size."""

    name: str
    sha256: str
    size_bytes: int

    def __post_init__(self) -> None:
        be_text("attachment", "name", self.name)
        be_hash(f"attachment {self.name}", "sha256", self.sha256)
        be_whole(f"attachment {self.name}", "size_bytes", self.size_bytes, most=10**12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One step of a demand's history: which version, when, by which role, and why."""

    version: int
    changed_on: date
    actor_role: str
    reason: str

    def __post_init__(self) -> None:
        be_whole("revision", "version", self.version, least=1, most=COUNT_MAX)
        be_text("revision", "actor_role", self.actor_role)
        be_text("revision", "reason", self.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Discipline:
    """A field of a provider and the share of its work there, basis points."""

    scheme: str
    code: str
    share_bps: int

    def __post_init__(self) -> None:
        be_text("discipline", "scheme", self.scheme)
        be_text("discipline", "code", self.code)
        be_whole(f"discipline {self.code}", "share_bps", self.share_bps, least=1, most=BPS_WHOLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    """What a provider can do, at `level` 1..5, and the ids of its documents that show it."""

    skill: str
    level: int
    evidence_ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        be_text("skill", "skill", self.skill)
        be_whole(f"skill {self.skill}", "level", self.level, least=1, most=LEVEL_MAX)
        be_texts(f"skill {self.skill}", "evidence_ids", self.evidence_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A paper, patent, project, standard or award of a provider.

    Parameters
    ----------
    title, abstract
        Evidence is cited as a span of one of these two fields.
    issued
        The day of publication, grant or completion; None where nobody said.
    codes
        IPC or discipline codes as `scheme:code`.
    role
        The provider's part in it: `first author`, `participant`.
    url
        Where it can be read, or empty.
    """

    document_id: str
    kind: DocumentKind
    title: str
    lang: Language
    issued: date | None = None
    abstract: str = ""
    codes: tuple[str, ...] = ()
    role: str = ""
    url: str = ""

    def __post_init__(self) -> None:
        be_text("document", "document_id", self.document_id)
        where = f"document {self.document_id}"
        be_text(where, "title", self.title, most=2_000)
        be_short(where, "abstract", self.abstract)
        be_texts(where, "codes", self.codes)
        be_short(where, "role", self.role, most=200)
        be_short(where, "url", self.url, most=2_000)

    def text(self, field: str) -> str:
        """Return the text that a span of the field `title` or `abstract` counts in."""
        return {"title": self.title, "abstract": self.abstract}[field]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrlRange:
    """The technology readiness levels (GB/T 22900) from which to which a provider works, 1..9.

    `max_level` is the highest level that it has brought something to.
    """

    min_level: int
    max_level: int

    def __post_init__(self) -> None:
        be_whole("trl_range", "min_level", self.min_level, least=1, most=TRL_MAX)
        be_whole("trl_range", "max_level", self.max_level, least=1, most=TRL_MAX)
        be_span("trl_range", ("min_level", self.min_level), ("max_level", self.max_level))


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What a provider can take on between two days: projects at once, and person-months."""

    slots: int
    person_months: int
    starts: date
    ends: date

    def __post_init__(self) -> None:
        be_whole("capacity", "slots", self.slots, most=1_000)
        be_whole("capacity", "person_months", self.person_months, most=MONTHS_MAX * 1_000)
        be_span("capacity", ("starts", self.starts), ("ends", self.ends))


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackRecord:
    """A project that a provider did, as its client or this system recorded it.

    Parameters
    ----------
    on_time, accepted
        None while unknown.
    score
        The client's mark, 0..100, or None.
    finished
        The day of its end, or None.
    """

    record_id: str
    project: str
    role: str
    on_time: bool | None = None
    accepted: bool | None = None
    score: int | None = None
    finished: date | None = None

    def __post_init__(self) -> None:
        be_text("track record", "record_id", self.record_id)
        where = f"track record {self.record_id}"
        be_text(where, "project", self.project)
        be_text(where, "role", self.role)
        if self.score is not None:
            be_whole(where, "score", self.score, most=100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflicts:
    """Whom a provider must not work for.

    Parameters
    ----------
    orgs
        Organisations whose demands it must not answer.
    persons_hash
        Salted SHA-256 of persons with an interest; a demand that names one of them is a conflict.
    competitor_groups
        Markets in which it is bound to somebody's competitor.
    """

    orgs: tuple[str, ...] = ()
    persons_hash: tuple[str, ...] = ()
    competitor_groups: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        be_texts("conflicts", "orgs", self.orgs)
        be_few("conflicts", "persons_hash", self.persons_hash)
        for value in self.persons_hash:
            be_hash("conflicts", "persons_hash", value)
        be_unique("conflicts: persons_hash", self.persons_hash)
        be_texts("conflicts", "competitor_groups", self.competitor_groups)
