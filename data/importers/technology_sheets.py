"""The sheets of the technology form and their columns: one description for reader and writer."""

from __future__ import annotations

from data.importers.form import Field, Kind, Sheet
from data.reference import technology as words

_MINOR = 10**13
_BPS = 10_000
_COUNT = 10**6


def _owner(key: str, zh: str, en: str) -> Field:
    return Field(key=key, zh=zh, en=en, kind=Kind.IDENTIFIER, example="示例 EXAMPLE")


_DEMAND_ID = _owner("demand_id", "需求编号", "Demand ID")
_PROVIDER_ID = _owner("provider_id", "团队编号", "Provider ID")


def _text(key: str, zh: str, en: str, example: str = "", *, required: bool = False) -> Field:
    return Field(
        key=key, zh=zh, en=en, kind=Kind.LONG_TEXT, required=required, width=40, example=example
    )


def _texts(key: str, zh: str, en: str, example: str = "") -> Field:
    return Field(key=key, zh=zh, en=en, kind=Kind.TEXTS, required=False, width=28, example=example)


def _identifier(key: str, zh: str, en: str, example: str, *, required: bool = True) -> Field:
    return Field(key=key, zh=zh, en=en, kind=Kind.IDENTIFIER, required=required, example=example)


def _money(key: str, zh: str, en: str, example: int) -> Field:
    return Field(
        key=key,
        zh=zh,
        en=en,
        unit="元 CNY",
        kind=Kind.MONEY,
        required=False,
        maybe=True,
        most=_MINOR,
        example=example,
    )


def _count(key: str, zh: str, en: str, *, least: int = 0, most: int, example: int = 1) -> Field:
    return Field(
        key=key,
        zh=zh,
        en=en,
        kind=Kind.COUNT,
        required=False,
        least=least,
        most=most,
        example=example,
    )


def _share(key: str, zh: str, en: str, example: int, *, required: bool = True) -> Field:
    return Field(
        key=key,
        zh=zh,
        en=en,
        unit="%",
        kind=Kind.SHARE,
        required=required,
        least=0,
        most=_BPS,
        example=example,
    )


def _day(key: str, zh: str, en: str, example: str, *, required: bool = False) -> Field:
    return Field(
        key=key, zh=zh, en=en, kind=Kind.DAY, required=required, maybe=True, example=example
    )


def _flag(key: str, zh: str, en: str, example: str = "是 yes") -> Field:
    return Field(key=key, zh=zh, en=en, kind=Kind.FLAG, required=False, maybe=True, example=example)


def _level(key: str, zh: str, en: str, example: str) -> Field:
    return Field(
        key=key,
        zh=zh,
        en=en,
        kind=Kind.CHOICE,
        required=False,
        maybe=True,
        choices=words.readiness_levels,
        width=26,
        example=example,
    )


_VERSION = _count("version", "版本", "Version", least=1, most=_COUNT)
_LANG = Field(
    key="lang",
    zh="语言",
    en="Language",
    kind=Kind.CHOICE,
    choices=words.languages,
    width=18,
    example="zh",
)
_SCHEME = Field(
    key="scheme",
    zh="代码类别",
    en="Scheme",
    kind=Kind.CHOICE,
    choices=words.schemes,
    width=30,
    example="gbt13745",
)
_CODE = _identifier("code", "代码", "Code", "430")
_SKILL = Field(
    key="skill", zh="技能", en="Skill", kind=Kind.LONG_TEXT, width=28, example="界面改性"
)
_LEVEL = _count("level", "水平1至5", "Level 1 to 5", least=1, most=5, example=3)
_MUST = _flag("must", "必须", "Must")

DEMANDS = Sheet(
    key="demands",
    zh="需求",
    en="Demands",
    fields=(
        _DEMAND_ID,
        _identifier("owner_org", "企业编号", "Owner", "ENT-01"),
        Field(
            key="title",
            zh="标题",
            en="Title",
            kind=Kind.LONG_TEXT,
            width=36,
            example="提高固态电池界面稳定性",
        ),
        _text("problem", "技术难题", "Problem", "界面阻抗随循环上升……", required=True),
        _LANG,
        _VERSION,
        _text("background", "背景", "Background"),
        _text("current_state", "现状", "Current state"),
        Field(
            key="tried_routes",
            zh="已试路线",
            en="Tried routes",
            kind=Kind.LINES,
            required=False,
            width=32,
        ),
        Field(
            key="deliverables",
            zh="交付物",
            en="Deliverables",
            kind=Kind.LINES,
            required=False,
            width=32,
        ),
        _texts("keywords", "关键词", "Keywords", "固态电解质; 界面阻抗"),
        _level("trl_now", "当前成熟度", "TRL now", "3"),
        _level("trl_target", "目标成熟度", "TRL target", "6"),
        _money("budget_min", "预算下限", "Budget from", 500_000),
        _money("budget_max", "预算上限", "Budget to", 1_200_000),
        _day("deadline", "截止日期", "Deadline", "2028-06-30"),
        _count("duration_months", "工期月数", "Months", most=1_200, example=18),
        _count("person_months", "工作量人月", "Person-months", most=1_200_000, example=40),
        Field(
            key="cooperation_mode",
            zh="合作方式",
            en="Cooperation",
            kind=Kind.CHOICE,
            required=False,
            choices=words.cooperation_modes,
            width=30,
            example="commissioned",
        ),
        _text("ip_terms", "知识产权约定", "IP terms"),
        Field(
            key="secrecy_level",
            zh="保密级别",
            en="Secrecy",
            kind=Kind.CHOICE,
            required=False,
            choices=words.secrecy_levels,
            width=22,
            example="public",
        ),
        Field(key="region", zh="地区", en="Region", kind=Kind.LONG_TEXT, required=False),
        _count("min_members", "团队数下限", "Members from", least=1, most=10),
        _count("max_members", "团队数上限", "Members to", least=1, most=10, example=2),
        Field(
            key="lead_kind",
            zh="牵头单位类型",
            en="Lead kind",
            kind=Kind.CHOICE,
            required=False,
            choices=words.provider_kinds,
            width=26,
            example="university",
        ),
        _texts("excluded_orgs", "排除单位", "Excluded organisations"),
        _texts("competitor_groups", "竞争市场", "Competitor groups"),
        _flag("blind", "盲评", "Blind review"),
        Field(
            key="status",
            zh="状态",
            en="Status",
            kind=Kind.CHOICE,
            required=False,
            choices=words.statuses,
            width=20,
            example="open",
        ),
    ),
)

INDICATORS = Sheet(
    key="indicators",
    zh="指标",
    en="Indicators",
    fields=(
        _DEMAND_ID,
        Field(
            key="name",
            zh="指标名称",
            en="Indicator",
            kind=Kind.LONG_TEXT,
            width=24,
            example="能量密度",
        ),
        Field(
            key="op",
            zh="比较",
            en="Comparison",
            kind=Kind.CHOICE,
            choices=words.comparisons,
            width=22,
            example=">=",
        ),
        Field(key="value", zh="数值", en="Value", kind=Kind.EXACT, example=300),
        Field(
            key="value_to",
            zh="上限值",
            en="Upper value",
            kind=Kind.EXACT,
            required=False,
            maybe=True,
        ),
        Field(
            key="unit", zh="单位", en="Unit", kind=Kind.LONG_TEXT, required=False, example="Wh/kg"
        ),
        _MUST,
    ),
)
REQUIRED_SKILLS = Sheet(
    key="required_skills",
    zh="所需技能",
    en="Required skills",
    fields=(_DEMAND_ID, _SKILL, _LEVEL, _MUST),
)
CODES = Sheet(
    key="codes",
    zh="领域代码",
    en="Codes",
    fields=(
        _DEMAND_ID,
        _SCHEME,
        _CODE,
        _share("weight_bps", "权重", "Weight", 100, required=False),
    ),
)
MILESTONES = Sheet(
    key="milestones",
    zh="里程碑",
    en="Milestones",
    fields=(
        _DEMAND_ID,
        Field(
            key="title",
            zh="里程碑",
            en="Milestone",
            kind=Kind.LONG_TEXT,
            width=28,
            example="中试样品",
        ),
        _share("share_bps", "付款比例", "Share", 40),
        _day("due", "日期", "Due", "2027-06-30", required=True),
        _text("evidence", "验收证据", "Evidence", "第三方检测报告", required=True),
    ),
)
CRITERIA = Sheet(
    key="criteria",
    zh="评审标准",
    en="Criteria",
    fields=(
        _DEMAND_ID,
        Field(
            key="name", zh="标准", en="Criterion", kind=Kind.LONG_TEXT, width=24, example="技术路线"
        ),
        _share("weight_bps", "权重", "Weight", 60),
    ),
)
PROVIDERS = Sheet(
    key="providers",
    zh="团队",
    en="Providers",
    fields=(
        _PROVIDER_ID,
        _identifier("org_id", "单位编号", "Organisation", "UNI-01"),
        Field(
            key="name",
            zh="名称",
            en="Name",
            kind=Kind.LONG_TEXT,
            width=30,
            example="储能材料课题组",
        ),
        Field(
            key="kind",
            zh="单位类型",
            en="Kind",
            kind=Kind.CHOICE,
            choices=words.provider_kinds,
            width=26,
            example="university",
        ),
        _day("updated_on", "更新日期", "Updated", "2026-11-01", required=True),
        _VERSION,
        _texts("aliases", "别名", "Aliases"),
        Field(key="pi_role", zh="负责人职务", en="Lead role", kind=Kind.LONG_TEXT, required=False),
        _count("members_count", "人数", "Members", least=1, most=_COUNT, example=8),
        _level("trl_min", "成熟度下限", "TRL from", "2"),
        _level("trl_max", "成熟度上限", "TRL to", "6"),
        _texts("facilities", "设施", "Facilities", "手套箱; 软包中试线"),
        _count("slots", "可接项目数", "Slots", most=1_000, example=2),
        _count("capacity_person_months", "可用人月", "Person-months", most=1_200_000, example=30),
        _day("starts", "起始日期", "From", "2027-01-01"),
        _day("ends", "结束日期", "To", "2027-12-31"),
        _money("price_min", "报价下限", "Price from", 200_000),
        _money("price_max", "报价上限", "Price to", 900_000),
        _texts("regions", "服务地区", "Regions"),
        _texts("qualifications", "资质", "Qualifications"),
        _texts("conflict_orgs", "利益冲突单位", "Conflicting organisations"),
        _texts("conflict_groups", "受限竞争市场", "Bound competitor groups"),
        _flag("consent", "同意匹配", "Consent"),
    ),
)
DISCIPLINES = Sheet(
    key="disciplines",
    zh="团队学科",
    en="Disciplines",
    fields=(_PROVIDER_ID, _SCHEME, _CODE, _share("share_bps", "占比", "Share", 100)),
)
SKILLS = Sheet(
    key="skills",
    zh="团队技能",
    en="Provider skills",
    fields=(_PROVIDER_ID, _SKILL, _LEVEL, _texts("evidence_ids", "证据编号", "Evidence IDs")),
)
DOCUMENTS = Sheet(
    key="documents",
    zh="成果",
    en="Documents",
    fields=(
        _PROVIDER_ID,
        _identifier("document_id", "成果编号", "Document ID", "DOC-01"),
        Field(
            key="kind",
            zh="成果类型",
            en="Document kind",
            kind=Kind.CHOICE,
            choices=words.document_kinds,
            width=20,
            example="patent",
        ),
        _text("title", "成果标题", "Title", "一种复合固态电解质", required=True),
        _LANG,
        _day("issued", "日期", "Date", "2024-05-20"),
        _text("abstract", "摘要", "Abstract"),
        _texts("codes", "代码", "Codes", "ipc:H01M 10/0562"),
        Field(key="role", zh="团队角色", en="Role", kind=Kind.LONG_TEXT, required=False),
        Field(key="url", zh="网址", en="URL", kind=Kind.LONG_TEXT, required=False, width=24),
    ),
)
RECORDS = Sheet(
    key="records",
    zh="业绩",
    en="Track record",
    fields=(
        _PROVIDER_ID,
        _identifier("record_id", "业绩编号", "Record ID", "REC-01"),
        Field(
            key="project",
            zh="项目",
            en="Project",
            kind=Kind.LONG_TEXT,
            width=30,
            example="隔膜涂层",
        ),
        Field(key="role", zh="承担角色", en="Role", kind=Kind.LONG_TEXT, example="牵头 lead"),
        _flag("on_time", "按期", "On time"),
        _flag("accepted", "验收", "Accepted"),
        Field(
            key="score",
            zh="评分",
            en="Score",
            kind=Kind.COUNT,
            required=False,
            maybe=True,
            most=100,
            example=86,
        ),
        _day("finished", "结束日期", "Finished", "2025-12-31"),
    ),
)

INSTRUCTIONS = Sheet(key="instructions", zh="说明", en="Instructions")
LISTS = Sheet(key="lists", zh="清单", en="Lists")
DEMAND_PARTS = (INDICATORS, REQUIRED_SKILLS, CODES, MILESTONES, CRITERIA)
PROVIDER_PARTS = (DISCIPLINES, SKILLS, DOCUMENTS, RECORDS)
TECHNOLOGY_SHEETS = (DEMANDS, *DEMAND_PARTS, PROVIDERS, *PROVIDER_PARTS)
