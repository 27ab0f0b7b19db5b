"""Demands and providers for tests: small ones with every field in use, and random ones."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from matching.technology.problem import (
    Attachment,
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
    Revision,
    SecrecyLevel,
    Skill,
    TrackRecord,
    TrlRange,
)

HASH = "cd" * 32


def full_demand(**changes: Any) -> Demand:
    """Return a demand in which every field says something."""
    values: dict[str, Any] = {
        "demand_id": "D-1",
        "owner_org": "ENT-1",
        "title": "=不是公式 lower the resistance",
        "problem": "第一行\n第二行",
        "lang": Language.CHINESE,
        "version": 3,
        "background": "背景",
        "current_state": "现状",
        "tried_routes": ("coating, by hand", "烧结"),
        "deliverables": ("samples",),
        "indicators": (
            Indicator(name="密度", op=Comparison.AT_LEAST, value=Fraction("-0.125"), unit="g/cm³"),
            Indicator(
                name="window",
                op=Comparison.BETWEEN,
                value=Fraction(1),
                value_to=Fraction(5, 2),
                must=False,
            ),
        ),
        "domain_codes": (
            DomainCode(scheme="gbt13745", code="43045", weight_bps=6_050),
            DomainCode(scheme="ipc", code="H01M 10/0562"),
        ),
        "keywords": ("固态电解质", "a, b"),
        "trl_now": 3,
        "trl_target": 6,
        "budget": Budget(min_minor=1, max_minor=120_000_099, currency="CNY"),
        "deadline": date(2028, 6, 30),
        "duration_months": 18,
        "person_months": 40,
        "cooperation_mode": CooperationMode.JOINT,
        "ip_terms": "shared",
        "secrecy_level": SecrecyLevel.RESTRICTED,
        "region": "江苏",
        "required_skills": (RequiredSkill(skill="包覆", level=3, must=False),),
        "consortium": ConsortiumRule(
            min_members=1, max_members=2, lead_kind=ProviderKind.UNIVERSITY
        ),
        "excluded_orgs": ("ENT-9",),
        "competitor_groups": ("cells",),
        "persons_hash": (HASH,),
        "evaluation": Evaluation(
            criteria=(Criterion(name="route", weight_bps=10_000),), blind=False
        ),
        "milestones": (
            Milestone(title="a", share_bps=3_333, due=date(2027, 1, 1), evidence="r"),
            Milestone(title="b", share_bps=6_667, due=date(2027, 6, 1), evidence="t"),
        ),
        "attachments": (Attachment(name="a.pdf", sha256=HASH, size_bytes=12),),
        "status": DemandStatus.OPEN,
        "history": (
            Revision(version=1, changed_on=date(2026, 1, 1), actor_role="owner", reason="first"),
        ),
    }
    return Demand(**{**values, **changes})


def full_provider(**changes: Any) -> Provider:
    """Return a provider in which every field says something."""
    values: dict[str, Any] = {
        "provider_id": "P-1",
        "org_id": "UNI-1",
        "name": "储能材料课题组",
        "kind": ProviderKind.UNIVERSITY,
        "updated_on": date(2026, 11, 1),
        "version": 2,
        "aliases": ("Battery group",),
        "pi_role": "professor",
        "members_count": 8,
        "persons_hash": (HASH,),
        "disciplines": (Discipline(scheme="gbt13745", code="430", share_bps=10_000),),
        "skills": (Skill(skill="包覆", level=4, evidence_ids=("DOC-1",)),),
        "documents": (
            Document(
                document_id="DOC-1",
                kind=DocumentKind.PATENT,
                title="一种复合固态电解质",
                lang=Language.CHINESE,
                issued=date(2024, 5, 20),
                abstract="第一行\n第二行",
                codes=("ipc:H01M 10/0562",),
                role="lead",
                url="https://example.org/1",
            ),
            Document(
                document_id="DOC-2", kind=DocumentKind.PAPER, title="T", lang=Language.ENGLISH
            ),
        ),
        "trl_range": TrlRange(min_level=2, max_level=6),
        "facilities": ("手套箱, 软包线",),
        "capacity": Capacity(
            slots=2, person_months=30, starts=date(2027, 1, 1), ends=date(2027, 12, 31)
        ),
        "price_band": Budget(min_minor=100, max_minor=200, currency="CNY"),
        "regions": ("江苏",),
        "qualifications": ("CNAS",),
        "track_record": (
            TrackRecord(
                record_id="R-1",
                project="coating",
                role="lead",
                on_time=False,
                accepted=True,
                score=0,
                finished=date(2025, 1, 1),
            ),
            TrackRecord(record_id="R-2", project="other", role="member"),
        ),
        "conflicts": Conflicts(orgs=("ENT-9",), persons_hash=(HASH,), competitor_groups=("cells",)),
        "consent": True,
    }
    return Provider(**{**values, **changes})


_SIGNS = "abzAZ059中文界阻抗αΩ·²℃-_+=@()[]{}<>/\\:.,，。！？#%&*|~^$€😀"
_WORDS = st.text(_SIGNS, min_size=1, max_size=12)
_LINES = st.lists(_WORDS, max_size=3, unique=True).map(tuple)


def demands() -> st.SearchStrategy[Demand]:
    """Return random demands of texts, numbers and lists that every format can say."""
    return st.builds(
        full_demand,
        title=_WORDS,
        problem=_WORDS,
        background=st.just("") | _WORDS,
        tried_routes=_LINES,
        keywords=_LINES,
        indicators=st.lists(
            st.builds(
                Indicator,
                name=_WORDS,
                op=st.sampled_from([one for one in Comparison if one != "between"]),
                value=st.decimals(-(10**6), 10**6, places=4).map(Fraction),
                unit=st.just("") | _WORDS,
            ),
            max_size=3,
        ).map(tuple),
        trl_now=st.none() | st.integers(1, 3),
        trl_target=st.none() | st.integers(3, 9),
        budget=st.none()
        | st.integers(0, 10**13).map(
            lambda most: Budget(min_minor=most // 3, max_minor=most, currency="CNY")
        ),
        deadline=st.none() | st.dates(date(2000, 1, 1), date(2100, 1, 1)),
        lang=st.sampled_from(Language),
        status=st.sampled_from(DemandStatus),
        cooperation_mode=st.sampled_from(CooperationMode),
        secrecy_level=st.sampled_from(SecrecyLevel),
    )
