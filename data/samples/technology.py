"""Sample technology demands and research teams, put together from invented phrases.

Demands and teams are in Chinese or in English; the first demand of some topics stands there in
both, so that a ranking can be compared across languages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction

from data.exporters.technology_lines import lines_of
from data.exporters.technology_workbook import technology_form_bytes
from data.samples.draw import Draw
from data.samples.technology_topic import Pair, Topic
from data.samples.technology_topics import TOPICS
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
    Skill,
    TrackRecord,
    TrlRange,
)

SEED = 20261122
TEAMS_PER_TOPIC = 5
ACROSS_TEAMS = 6  # teams that work in two topics
TWINS = 6  # topics whose first demand stands there in both languages
FORM_DEMANDS, FORM_TEAMS = 3, 4
TODAY = date(2026, 11, 20)
YUAN = 100
CITIES: tuple[Pair, ...] = (
    ("临澄", "Lincheng"),
    ("云岫", "Yunxiu"),
    ("江渚", "Jiangzhu"),
    ("松岚", "Songlan"),
    ("海棠湾", "Haitangwan"),
    ("北麓", "Beilu"),
    ("澜川", "Lanchuan"),
)
HOUSES: tuple[tuple[ProviderKind, Pair], ...] = (
    (ProviderKind.UNIVERSITY, ("理工大学", "University of Technology")),
    (ProviderKind.INSTITUTE, ("工业技术研究院", "Institute of Industrial Technology")),
    (ProviderKind.ENTERPRISE, ("科创有限公司", "Innovation Co.")),
    (ProviderKind.PILOT_PLANT, ("中试基地", "Pilot Centre")),
)
# The research providers of the sample park's directory, by the topic that they work in.
LABS: Mapping[str, str] = {
    "CUT": "LAB-01",
    "POL": "LAB-02",
    "ADD": "LAB-03",
    "COA": "LAB-04",
    "VIS": "LAB-05",
    "HEA": "LAB-06",
    "ENE": "LAB-07",
    "ROB": "LAB-08",
}
CRITERIA: tuple[tuple[Pair, int], ...] = (
    (("技术路线", "technical route"), 4_000),
    (("团队基础", "experience of the team"), 2_500),
    (("进度与预算", "schedule and budget"), 2_000),
    (("产业化前景", "prospects in production"), 1_500),
)
STAGES: tuple[tuple[Pair, int, Pair], ...] = (
    (("方案评审", "design review"), 3_000, ("方案报告与仿真结果", "design report and simulation")),
    (("样品检测", "tested sample"), 4_000, ("第三方检测报告", "test report of a third party")),
    (("现场验证", "proof on site"), 3_000, ("连续运行记录", "record of continuous running")),
)


class _Word:
    """Picks one language of a pair."""

    def __init__(self, language: Language) -> None:
        self._place = 0 if language is Language.CHINESE else 1

    def __call__(self, pair: Pair) -> str:
        return pair[self._place]


def technology_files(owners: Sequence[str], *, seed: int = SEED) -> Mapping[str, bytes]:
    """Return the sample's files by name: JSON lines of everything, and a form filled in by hand.

    Parameters
    ----------
    owners
        Ids of the enterprises that the demands belong to.
    """
    demands, providers = make_demands(owners, seed=seed), make_providers(seed=seed)
    return {
        "demands.jsonl": lines_of(demands),
        "providers.jsonl": lines_of(providers),
        "technology.xlsx": technology_form_bytes(demands[:FORM_DEMANDS], providers[:FORM_TEAMS]),
    }


def make_demands(owners: Sequence[str], *, seed: int = SEED) -> tuple[Demand, ...]:
    """Return two demands of each topic, and the twins of some in the other language."""
    draw = Draw(seed)
    made = []
    for place, topic in enumerate(TOPICS):
        for number in (1, 2):
            language = Language.CHINESE if (place + number) % 2 else Language.ENGLISH
            facts = _Facts(draw, topic, TOPICS[(place + number + 4) % len(TOPICS)])
            owner = draw.one(owners)
            key = f"TN-{topic.key}-{number}"
            made.append(_demand(key, topic, number, language, owner, facts))
            if number == 1 and place < TWINS:
                other = Language.ENGLISH if language is Language.CHINESE else Language.CHINESE
                made.append(_demand(f"{key}-{other.value}", topic, number, other, owner, facts))
    return tuple(made)


def make_providers(*, seed: int = SEED) -> tuple[Provider, ...]:
    """Return the teams: some of each topic, and some that work in two."""
    draw = Draw(seed + 1)
    made = [
        _provider(draw, f"TEAM-{topic.key}-{number}", (topic,), number)
        for topic in TOPICS
        for number in range(1, TEAMS_PER_TOPIC + 1)
    ]
    for number in range(1, ACROSS_TEAMS + 1):
        pair = tuple(draw.some(TOPICS, 2))
        made.append(_provider(draw, f"TEAM-X-{number}", pair, number + 1))
    return tuple(made)


class _Facts:
    """What is drawn once for a demand and its twin."""

    def __init__(self, draw: Draw, topic: Topic, neighbour: Topic) -> None:
        self.trl_now = draw.whole(2, 4)
        self.trl_target = self.trl_now + draw.whole(2, 3)
        self.least = draw.whole(20, 90) * 10_000 * YUAN
        self.most = self.least * draw.whole(2, 3)
        self.months = draw.whole(9, 24)
        self.starts = TODAY + timedelta(days=draw.whole(40, 120))
        self.skills = [(skill, draw.whole(2, 4)) for skill in draw.some(topic.skills, 2)]
        self.other = draw.one(neighbour.skills) if draw.chance(0.3) else None
        self.mode = draw.one(tuple(CooperationMode)[:3])
        self.competes = draw.chance(0.25)
        self.lead = draw.one((None, None, ProviderKind.UNIVERSITY, ProviderKind.INSTITUTE))


def _demand(
    key: str, topic: Topic, number: int, language: Language, owner: str, facts: _Facts
) -> Demand:
    wanted = topic.wanted[number - 1]
    word = _Word(language)
    skills = [RequiredSkill(skill=_skill(skill), level=level) for skill, level in facts.skills]
    if facts.other is not None:
        skills.append(RequiredSkill(skill=_skill(facts.other), level=2))
    members = 3 if facts.other is not None else 2
    return Demand(
        demand_id=key,
        owner_org=owner,
        title=word(wanted.title),
        problem=word(wanted.problem),
        lang=language,
        keywords=tuple(word(one) for one in (topic.name, *topic.skills)),
        deliverables=tuple(word(stage) for stage, _, _ in STAGES[1:]),
        indicators=tuple(
            Indicator(name=word(name), op=Comparison(op), value=Fraction(value), unit=unit)
            for name, op, value, unit in wanted.indicators
        ),
        domain_codes=(
            DomainCode(scheme="gbt13745", code=topic.discipline, weight_bps=6_000),
            DomainCode(scheme="gbt4754", code=topic.industry, weight_bps=2_000),
            DomainCode(scheme="ipc", code=topic.ipc, weight_bps=2_000),
        ),
        trl_now=facts.trl_now,
        trl_target=facts.trl_target,
        budget=Budget(min_minor=facts.least, max_minor=facts.most, currency="CNY"),
        deadline=facts.starts + timedelta(days=31 * facts.months),
        duration_months=facts.months,
        person_months=facts.months * 2,
        cooperation_mode=facts.mode,
        required_skills=tuple(skills),
        consortium=ConsortiumRule(min_members=1, max_members=members, lead_kind=facts.lead),
        competitor_groups=(f"market-{topic.key}",) if facts.competes else (),
        evaluation=Evaluation(
            criteria=tuple(Criterion(name=word(name), weight_bps=bps) for name, bps in CRITERIA)
        ),
        milestones=_milestones(facts, word),
        status=DemandStatus.OPEN,
    )


def _skill(pair: Pair) -> str:
    """Return a skill under both of its names: demands and teams of two languages meet in it."""
    return " ".join(pair)


def _milestones(facts: _Facts, word: _Word) -> tuple[Milestone, ...]:
    step = 31 * facts.months // len(STAGES)
    return tuple(
        Milestone(
            title=word(title),
            share_bps=share,
            due=facts.starts + timedelta(days=step * number),
            evidence=word(evidence),
        )
        for number, (title, share, evidence) in enumerate(STAGES, 1)
    )


def _provider(draw: Draw, key: str, topics: Sequence[Topic], number: int) -> Provider:
    chinese = draw.chance(0.65)
    language = Language.CHINESE if chinese else Language.ENGLISH
    word = _Word(language)
    first = topics[0]
    city = draw.whole(0, len(CITIES) - 1)
    house = draw.whole(0, len(HOUSES) - 1)
    lab = LABS.get(first.key) if number == 1 else None
    kind, house_name = HOUSES[1] if lab else HOUSES[house]
    documents = tuple(
        _document(draw, f"{key}-D{place}", draw.one(topics), language)
        for place in range(1, draw.whole(3, 7) + 1)
    )
    shown = [document.document_id for document in documents]
    skills = [skill for topic in topics for skill in draw.some(topic.skills, draw.whole(2, 3))]
    house_text = word(CITIES[city]) + ("" if chinese else " ") + word(house_name)
    separator = "" if chinese else ": "
    share = 10_000 // len(topics)
    top = draw.whole(4, 8)
    return Provider(
        provider_id=key,
        org_id=lab or f"{kind.value.upper()[:3]}-{city + 1:02}",
        name=f"{house_text}{separator}{word(first.name)}" + ("团队" if chinese else " group"),
        kind=kind,
        updated_on=TODAY - timedelta(days=draw.whole(0, 400)),
        aliases=(house_text,),
        pi_role=word(draw.one((("教授", "professor"), ("研究员", "senior researcher")))),
        members_count=draw.whole(3, 25),
        disciplines=tuple(
            Discipline(scheme="gbt13745", code=code, share_bps=part)
            for code, part in _shares([topic.discipline for topic in topics], share)
        ),
        skills=tuple(
            Skill(skill=_skill(skill), level=draw.whole(2, 5), evidence_ids=(draw.one(shown),))
            for skill in skills
        ),
        documents=documents,
        trl_range=TrlRange(min_level=draw.whole(1, 3), max_level=top),
        facilities=tuple(word(topic.facility) for topic in topics if draw.chance(0.7)),
        capacity=Capacity(
            slots=draw.whole(1, 3),
            person_months=draw.whole(12, 80),
            starts=TODAY + timedelta(days=draw.whole(10, 60)),
            ends=TODAY + timedelta(days=draw.whole(700, 1_100)),
        ),
        price_band=_price(draw),
        track_record=tuple(
            _record(draw, f"{key}-R{place}", draw.one(topics), word)
            for place in range(1, draw.whole(0, 4) + 1)
        ),
        conflicts=Conflicts(
            competitor_groups=(f"market-{first.key}",) if draw.chance(0.08) else ()
        ),
        consent=draw.chance(0.96),
    )


def _shares(codes: Sequence[str], share: int) -> list[tuple[str, int]]:
    """Return each discipline once with its share; equal ones are one."""
    names = sorted(set(codes))
    return [(code, share * codes.count(code)) for code in names]


def _price(draw: Draw) -> Budget:
    least = draw.whole(10, 60) * 10_000 * YUAN
    return Budget(min_minor=least, max_minor=least * draw.whole(2, 4), currency="CNY")


def _document(draw: Draw, key: str, topic: Topic, main: Language) -> Document:
    english = main is Language.ENGLISH or draw.chance(0.2)
    language = Language.ENGLISH if english else Language.CHINESE
    word = _Word(language)
    kind = draw.weighted(
        {
            DocumentKind.PAPER: 45,
            DocumentKind.PATENT: 30,
            DocumentKind.PROJECT: 18,
            DocumentKind.STANDARD: 3,
            DocumentKind.AWARD: 4,
        }
    )
    thing, method, result = (
        word(draw.one(topic.objects)),
        word(draw.one(topic.methods)),
        word(draw.one(topic.results)),
    )
    titles = _TITLES_EN if english else _TITLES_ZH
    text = (
        f"We study {thing} with {method}. In our tests {result}."
        if english
        else f"针对{thing}，采用{method}。试验表明{result}。"
    )
    title = titles[kind].format(thing=thing, method=method)
    return Document(
        document_id=key,
        kind=kind,
        title=title[:1].upper() + title[1:],
        lang=language,
        issued=TODAY - timedelta(days=draw.whole(60, 3_000)),
        abstract=text,
        codes=(f"ipc:{topic.ipc}",) if kind is DocumentKind.PATENT else (),
        role=word(draw.one((("第一完成人", "first author"), ("参与", "participant")))),
    )


def _record(draw: Draw, key: str, topic: Topic, word: _Word) -> TrackRecord:
    return TrackRecord(
        record_id=key,
        project=word(draw.one(topic.objects)),
        role=word(draw.one((("牵头", "lead"), ("参与", "member")))),
        on_time=draw.chance(0.75),
        accepted=draw.chance(0.9),
        score=draw.whole(60, 98),
        finished=TODAY - timedelta(days=draw.whole(90, 2_200)),
    )


_TITLES_ZH = {
    DocumentKind.PAPER: "基于{method}的{thing}研究",
    DocumentKind.PATENT: "一种用于{thing}的{method}方法",
    DocumentKind.PROJECT: "{thing}{method}关键技术开发",
    DocumentKind.STANDARD: "{thing}试验方法",
    DocumentKind.AWARD: "{thing}{method}技术及应用（科技进步奖）",
}
_TITLES_EN = {
    DocumentKind.PAPER: "{method} for {thing}",
    DocumentKind.PATENT: "Method of {method} for {thing}",
    DocumentKind.PROJECT: "Development of {method} for {thing}",
    DocumentKind.STANDARD: "Test method for {thing}",
    DocumentKind.AWARD: "{method} for {thing} and its use (award)",
}
