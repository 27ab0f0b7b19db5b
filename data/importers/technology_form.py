"""Make demands and providers from the rows of the technology form, whatever file they stand in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from data.importers.cells import Weeks
from data.importers.codes import RejectCode
from data.importers.sheets import FormRow, FormSheet
from data.importers.technology_sheets import (
    CODES,
    CRITERIA,
    DEMAND_PARTS,
    DEMANDS,
    DISCIPLINES,
    DOCUMENTS,
    INDICATORS,
    MILESTONES,
    PROVIDER_PARTS,
    PROVIDERS,
    RECORDS,
    REQUIRED_SKILLS,
    SKILLS,
)
from data.reference.technology import wrong_code
from matching.technology.problem import (
    Budget,
    Capacity,
    Comparison,
    Conflicts,
    ConsortiumRule,
    CooperationMode,
    Criterion,
    Demand,
    DemandStatus,
    Discipline,
    Document,
    DocumentKind,
    DomainCode,
    Evaluation,
    Indicator,
    Language,
    Milestone,
    Provider,
    ProviderKind,
    RequiredSkill,
    SecrecyLevel,
    Skill,
    TrackRecord,
    TrlRange,
)

T = TypeVar("T")
Row = Mapping[str, Any]
Parts = Mapping[str, Mapping[str, tuple[Any, ...]]]
CURRENCY = "CNY"
_NO_WEEKS = Weeks(None)
_WHOLE_BPS = 10_000
_DEMAND_AS_IT_IS = (
    "demand_id",
    "owner_org",
    "title",
    "problem",
    "version",
    "background",
    "current_state",
    "tried_routes",
    "deliverables",
    "keywords",
    "trl_now",
    "trl_target",
    "deadline",
    "duration_months",
    "person_months",
    "ip_terms",
    "region",
    "excluded_orgs",
    "competitor_groups",
)
_PROVIDER_AS_IT_IS = (
    "provider_id",
    "org_id",
    "name",
    "updated_on",
    "version",
    "aliases",
    "pi_role",
    "members_count",
    "facilities",
    "regions",
    "qualifications",
)
_RECORD_AS_IT_IS = ("record_id", "project", "role", "on_time", "accepted", "score", "finished")


def read_form(
    sheets: Mapping[str, FormSheet],
) -> tuple[tuple[Demand, ...], tuple[Provider, ...]]:
    """Return what the sheets hold, by their keys; what is wrong goes into their rejects."""
    demand_rows = _identified(sheets.get(DEMANDS.key), "demand_id")
    provider_rows = _identified(sheets.get(PROVIDERS.key), "provider_id")
    demand_parts = {
        sheet.key: _parts(sheets.get(sheet.key), "demand_id", set(demand_rows), sheets)
        for sheet in DEMAND_PARTS
    }
    provider_parts = {
        sheet.key: _parts(sheets.get(sheet.key), "provider_id", set(provider_rows), sheets)
        for sheet in PROVIDER_PARTS
    }
    demands = _wholes(sheets.get(DEMANDS.key), demand_rows, demand_parts, _demand)
    providers = _wholes(sheets.get(PROVIDERS.key), provider_rows, provider_parts, _provider)
    return demands, providers


def _identified(sheet: FormSheet | None, key: str) -> dict[str, FormRow]:
    """Return the rows of a sheet by their identifier; one that comes again is refused."""
    found: dict[str, FormRow] = {}
    for row in sheet.rows(_NO_WEEKS) if sheet is not None else ():
        own = row.values.get(key)
        if sheet is None or not isinstance(own, str):
            continue
        if own in found:
            expected = f"each {key} once; row {found[own].number} has it"
            field = sheet.heading(key)
            sheet.reject(
                RejectCode.DUPLICATE_ID, row.number, field=field, expected=expected, got=own
            )
        found.setdefault(own, row)
    return found


def _parts(
    sheet: FormSheet | None, key: str, known: set[str], sheets: Mapping[str, FormSheet]
) -> Mapping[str, tuple[Any, ...]]:
    """Return the parts that a sheet holds, by the identifier of the whole that they belong to."""
    found: dict[str, list[Any]] = defaultdict(list)
    for row in sheet.rows(_NO_WEEKS) if sheet is not None else ():
        owner = row.values.get(key)
        if sheet is None or not isinstance(owner, str):
            continue
        if owner not in known:
            whole = sheets.get(DEMANDS.key if key == "demand_id" else PROVIDERS.key)
            title = whole.sheet.title if whole is not None else key
            expected, field = f"a row of the sheet {title}", sheet.heading(key)
            sheet.reject(
                RejectCode.INCONSISTENT, row.number, field=field, expected=expected, got=owner
            )
        part = _made(sheet, row, _MAKERS[sheet.sheet.key])
        if part is not None:
            found[owner].append(part)
    return {owner: tuple(parts) for owner, parts in found.items()}


def _wholes(
    sheet: FormSheet | None,
    rows: Mapping[str, FormRow],
    parts: Parts,
    make: Callable[[Row, Mapping[str, tuple[Any, ...]]], T],
) -> tuple[T, ...]:
    made = []
    for own, row in rows.items():
        if sheet is None:
            continue
        own_parts = {name: found.get(own, ()) for name, found in parts.items()}
        whole = _made(sheet, row, lambda values: make(values, own_parts))  # noqa: B023
        if whole is not None:
            made.append(whole)
    return tuple(made)


def _made(sheet: FormSheet, row: FormRow, make: Callable[[Row], T]) -> T | None:
    """Return the value of a row, or None when the row is rejected."""
    if any(field.key not in row.values for field in sheet.sheet.fields):
        return None  # a cell was rejected already
    try:
        return make(row.values)
    except _WrongCode as wrong:
        key = next(field.key for field in sheet.sheet.fields if field.key in {"code", "codes"})
        code, field = RejectCode.UNKNOWN_VALUE, sheet.heading(key)
        sheet.reject(code, row.number, field=field, expected=wrong.expected, got=wrong.got)
    except ValueError as fault:
        expected = "a value that its rules allow"
        sheet.reject(RejectCode.INCONSISTENT, row.number, expected=expected, got=str(fault))
    return None


class _WrongCode(Exception):
    """A code that its scheme does not know."""

    def __init__(self, expected: str, got: str) -> None:
        super().__init__(expected, got)
        self.expected = expected
        self.got = got


def _checked_code(scheme: str, code: str) -> str:
    expected = wrong_code(scheme, code)
    if expected is not None:
        raise _WrongCode(expected, code)
    return code


def _flag(row: Row, name: str, *, blank: bool) -> bool:
    return blank if row[name] is None else bool(row[name])


def _budget(low: int | None, high: int | None) -> Budget | None:
    if low is None and high is None:
        return None
    most = low if high is None else high
    return Budget(min_minor=low or 0, max_minor=most or 0, currency=CURRENCY)


def _demand(row: Row, parts: Mapping[str, tuple[Any, ...]]) -> Demand:
    lead = row["lead_kind"]
    return Demand(
        **{name: row[name] for name in _DEMAND_AS_IT_IS},
        lang=Language(row["lang"]),
        indicators=parts[INDICATORS.key],
        domain_codes=parts[CODES.key],
        budget=_budget(row["budget_min"], row["budget_max"]),
        cooperation_mode=CooperationMode(row["cooperation_mode"] or CooperationMode.COMMISSIONED),
        secrecy_level=SecrecyLevel(row["secrecy_level"] or SecrecyLevel.PUBLIC),
        required_skills=parts[REQUIRED_SKILLS.key],
        consortium=ConsortiumRule(
            min_members=row["min_members"],
            max_members=max(row["min_members"], row["max_members"]),
            lead_kind=ProviderKind(lead) if lead else None,
        ),
        evaluation=Evaluation(criteria=parts[CRITERIA.key], blind=_flag(row, "blind", blank=True)),
        milestones=parts[MILESTONES.key],
        status=DemandStatus(row["status"] or DemandStatus.DRAFT),
    )


def _provider(row: Row, parts: Mapping[str, tuple[Any, ...]]) -> Provider:
    return Provider(
        **{name: row[name] for name in _PROVIDER_AS_IT_IS},
        kind=ProviderKind(row["kind"]),
        disciplines=parts[DISCIPLINES.key],
        skills=parts[SKILLS.key],
        documents=parts[DOCUMENTS.key],
        trl_range=_trl(row["trl_min"], row["trl_max"]),
        capacity=_capacity(row),
        price_band=_budget(row["price_min"], row["price_max"]),
        track_record=parts[RECORDS.key],
        conflicts=Conflicts(orgs=row["conflict_orgs"], competitor_groups=row["conflict_groups"]),
        consent=_flag(row, "consent", blank=False),
    )


def _trl(low: int | None, high: int | None) -> TrlRange | None:
    if low is None and high is None:
        return None
    least = high if low is None else low
    most = low if high is None else high
    return TrlRange(min_level=least or 0, max_level=most or 0)


def _capacity(row: Row) -> Capacity | None:
    if row["starts"] is None and row["ends"] is None:
        if row["slots"] or row["capacity_person_months"]:
            raise ValueError("capacity needs the days from which to which it is free")
        return None
    if row["starts"] is None or row["ends"] is None:
        raise ValueError("capacity needs both its first and its last day")
    return Capacity(
        slots=row["slots"],
        person_months=row["capacity_person_months"],
        starts=row["starts"],
        ends=row["ends"],
    )


def _indicator(row: Row) -> Indicator:
    return Indicator(
        name=row["name"],
        op=Comparison(row["op"]),
        value=row["value"],
        value_to=row["value_to"],
        unit=row["unit"],
        must=_flag(row, "must", blank=True),
    )


def _document_code(code: str) -> str:
    scheme, _, rest = code.partition(":")
    _checked_code(scheme, rest)
    return code


_MAKERS: Mapping[str, Callable[[Row], object]] = {
    INDICATORS.key: _indicator,
    REQUIRED_SKILLS.key: lambda row: RequiredSkill(
        skill=row["skill"], level=row["level"], must=_flag(row, "must", blank=True)
    ),
    CODES.key: lambda row: DomainCode(
        scheme=row["scheme"],
        code=_checked_code(row["scheme"], row["code"]),
        weight_bps=row["weight_bps"] or _WHOLE_BPS,
    ),
    MILESTONES.key: lambda row: Milestone(
        title=row["title"], share_bps=row["share_bps"], due=row["due"], evidence=row["evidence"]
    ),
    CRITERIA.key: lambda row: Criterion(name=row["name"], weight_bps=row["weight_bps"]),
    DISCIPLINES.key: lambda row: Discipline(
        scheme=row["scheme"],
        code=_checked_code(row["scheme"], row["code"]),
        share_bps=row["share_bps"],
    ),
    SKILLS.key: lambda row: Skill(
        skill=row["skill"], level=row["level"], evidence_ids=row["evidence_ids"]
    ),
    DOCUMENTS.key: lambda row: Document(
        document_id=row["document_id"],
        kind=DocumentKind(row["kind"]),
        title=row["title"],
        lang=Language(row["lang"]),
        issued=row["issued"],
        abstract=row["abstract"],
        codes=tuple(map(_document_code, row["codes"])),
        role=row["role"],
        url=row["url"],
    ),
    RECORDS.key: lambda row: TrackRecord(**{name: row[name] for name in _RECORD_AS_IT_IS}),
}
