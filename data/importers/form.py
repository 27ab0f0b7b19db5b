"""The workbook form: its sheets, its columns, and how headings and choices are recognised.

One description serves the reader and the writer. Headings count in Chinese, in English, or both,
in any order of columns; units in brackets and asterisks do not count.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache

from data.reference import lists
from data.reference.lists import Entry

EXAMPLE_STARTS = ("示例", "example")
WEEKS_MAX = 104


class Kind(Enum):
    """What the cells of a column hold."""

    IDENTIFIER = "identifier"
    TEXT = "text"
    NOTE = "note"  # for the factory itself; not imported
    CHOICE = "choice"  # one entry of a list
    CHOICES = "choices"  # several entries of a list
    IDENTIFIERS = "identifiers"  # several identifiers
    COUNT = "count"
    HOURS = "hours"  # whole minutes, written in hours
    MINUTES = "minutes"
    MONEY = "money"  # yuan with at most two decimals
    DECIMAL = "decimal"
    ANGLE = "angle"
    WEEK = "week"  # a date, or the number of a week from 1
    USCC = "uscc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One column of the form.

    Parameters
    ----------
    key
        The name of the value; also accepted as a heading.
    zh, en
        The two headings.
    unit
        Shown in brackets behind the heading.
    choices
        The list of a choice.
    least, most
        Range of a number, in the unit of the value that results (minutes, fen).
    width
        Width of the column in characters.
    example
        What the example row shows.
    """

    key: str
    zh: str
    en: str
    kind: Kind
    unit: str = ""
    required: bool = True
    choices: Callable[[], Mapping[str, Entry]] | None = None
    least: int = 0
    most: int = 10**9
    width: int = 14
    example: str | int | float = ""

    @property
    def heading(self) -> str:
        """The heading as the template writes it; * marks what must be filled in."""
        unit = f" ({self.unit})" if self.unit else ""
        return f"{self.zh} {self.en}{unit}{' *' if self.required else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet of the form; `weeks` says whether columns of weeks follow the fields."""

    key: str
    zh: str
    en: str
    fields: tuple[Field, ...] = ()
    weeks: bool = False

    @property
    def title(self) -> str:
        """The name of the sheet as the template writes it."""
        return f"{self.zh} {self.en}"

    def names(self) -> set[str]:
        """Return every name under which the sheet is recognised, folded."""
        return {folded(name) for name in (self.title, self.zh, self.en)}


_FEN = 10**13
_MINUTES = 10**7

ENTERPRISE = Sheet(
    key="enterprise",
    zh="企业",
    en="Enterprise",
    fields=(
        Field(
            key="enterprise_id",
            zh="企业编号",
            en="Enterprise ID",
            kind=Kind.IDENTIFIER,
            example="示例 EXAMPLE",
        ),
        Field(
            key="name_zh",
            zh="企业名称",
            en="Chinese name",
            kind=Kind.TEXT,
            width=30,
            example="某某精密机械有限公司",
        ),
        Field(
            key="name_en",
            zh="英文名称",
            en="English name",
            kind=Kind.TEXT,
            required=False,
            width=34,
            example="Moumou Precision Machinery Co., Ltd.",
        ),
        Field(
            key="uscc",
            zh="统一社会信用代码",
            en="USCC",
            kind=Kind.USCC,
            required=False,
            width=24,
        ),
        Field(
            key="park_id",
            zh="园区编号",
            en="Park ID",
            kind=Kind.IDENTIFIER,
            example="PARK-01",
        ),
        Field(
            key="lat",
            zh="纬度",
            en="Latitude",
            unit="°",
            kind=Kind.ANGLE,
            required=False,
            most=90,
            example=31.3856,
        ),
        Field(
            key="lon",
            zh="经度",
            en="Longitude",
            unit="°",
            kind=Kind.ANGLE,
            required=False,
            most=180,
            example=120.9807,
        ),
    ),
)

CAPACITY = Sheet(
    key="capacity",
    zh="产能",
    en="Capacity",
    weeks=True,
    fields=(
        Field(
            key="offer_id",
            zh="产能编号",
            en="Capacity ID",
            kind=Kind.IDENTIFIER,
            example="示例 EXAMPLE",
        ),
        Field(
            key="enterprise_id",
            zh="企业编号",
            en="Enterprise ID",
            kind=Kind.IDENTIFIER,
            required=False,
        ),
        Field(
            key="machine",
            zh="设备",
            en="Machine",
            kind=Kind.NOTE,
            required=False,
            width=22,
            example="三轴加工中心 3-axis mill",
        ),
        Field(
            key="process",
            zh="工艺",
            en="Process",
            kind=Kind.CHOICE,
            choices=lists.processes,
            width=40,
            example="cnc-milling-3axis",
        ),
        Field(
            key="size_class",
            zh="最大尺寸等级",
            en="Largest size class",
            kind=Kind.CHOICE,
            choices=lists.size_classes,
            width=18,
            example="2",
        ),
        Field(
            key="tolerance_it",
            zh="最高精度等级",
            en="Finest tolerance grade",
            unit="IT",
            kind=Kind.CHOICE,
            choices=lists.tolerances,
            width=18,
            example="8",
        ),
        Field(
            key="materials",
            zh="可加工材料",
            en="Materials",
            kind=Kind.CHOICES,
            choices=lists.materials,
            width=30,
            example="steel; aluminium",
        ),
        Field(
            key="certificates",
            zh="证书",
            en="Certificates",
            kind=Kind.CHOICES,
            choices=lists.certificates,
            required=False,
            width=22,
            example="ISO9001",
        ),
        Field(
            key="rate_fen_per_hour",
            zh="单价",
            en="Rate",
            unit="元/小时 CNY/h",
            kind=Kind.MONEY,
            most=10**9,
            example=118.5,
        ),
        Field(
            key="setup_minutes",
            zh="每批准备时间",
            en="Setup per lot",
            unit="分钟 min",
            kind=Kind.MINUTES,
            most=_MINUTES,
            example=60,
        ),
        Field(
            key="min_lot",
            zh="最小批量",
            en="Minimum lot",
            unit="件 pcs",
            kind=Kind.COUNT,
            required=False,
            example=10,
        ),
        Field(
            key="carbon_g_per_hour",
            zh="碳排放",
            en="Carbon",
            unit="g CO2e/h",
            kind=Kind.DECIMAL,
            required=False,
            example=5400,
        ),
    ),
)

ORDERS = Sheet(
    key="orders",
    zh="订单",
    en="Orders",
    fields=(
        Field(
            key="order_id",
            zh="订单编号",
            en="Order ID",
            kind=Kind.IDENTIFIER,
            example="示例 EXAMPLE",
        ),
        Field(
            key="buyer_id",
            zh="采购方编号",
            en="Buyer ID",
            kind=Kind.IDENTIFIER,
            required=False,
        ),
        Field(
            key="buyer_lat",
            zh="交货纬度",
            en="Delivery latitude",
            unit="°",
            kind=Kind.ANGLE,
            required=False,
            most=90,
        ),
        Field(
            key="buyer_lon",
            zh="交货经度",
            en="Delivery longitude",
            unit="°",
            kind=Kind.ANGLE,
            required=False,
            most=180,
        ),
        Field(
            key="quantity",
            zh="数量",
            en="Quantity",
            unit="件 pcs",
            kind=Kind.COUNT,
            least=1,
            example=120,
        ),
        Field(
            key="material",
            zh="材料",
            en="Material",
            kind=Kind.CHOICE,
            choices=lists.materials,
            width=26,
            example="aluminium",
        ),
        Field(
            key="size_class",
            zh="尺寸等级",
            en="Size class",
            kind=Kind.CHOICE,
            choices=lists.size_classes,
            example="1",
        ),
        Field(
            key="certificates",
            zh="要求证书",
            en="Required certificates",
            kind=Kind.CHOICES,
            choices=lists.certificates,
            required=False,
            width=22,
            example="ISO9001",
        ),
        Field(
            key="release_week",
            zh="最早开工",
            en="Earliest start",
            unit="日期或第几周 date or week no.",
            kind=Kind.WEEK,
            width=18,
            example=1,
        ),
        Field(
            key="due_week",
            zh="交货期",
            en="Due",
            unit="日期或第几周 date or week no.",
            kind=Kind.WEEK,
            width=18,
            example=5,
        ),
        Field(
            key="max_tardy_weeks",
            zh="最多可迟",
            en="Latest delay",
            unit="周 weeks",
            kind=Kind.COUNT,
            required=False,
            most=10**6,
            example=1,
        ),
        Field(
            key="value_fen",
            zh="订单价值",
            en="Order value",
            unit="元 CNY",
            kind=Kind.MONEY,
            most=_FEN,
            example=26000,
        ),
        Field(
            key="tardy_fen_per_week",
            zh="迟交扣款",
            en="Cost of delay",
            unit="元/周 CNY/week",
            kind=Kind.MONEY,
            required=False,
            most=_FEN,
            example=800,
        ),
        Field(
            key="max_price_fen",
            zh="最高总价",
            en="Price cap",
            unit="元 CNY",
            kind=Kind.MONEY,
            most=_FEN,
            example=24000,
        ),
        Field(
            key="max_lots",
            zh="最多批数",
            en="Most lots",
            kind=Kind.COUNT,
            least=1,
            most=10**6,
            example=2,
        ),
        Field(
            key="excluded_enterprises",
            zh="排除企业",
            en="Excluded enterprises",
            kind=Kind.IDENTIFIERS,
            required=False,
            width=22,
        ),
        Field(
            key="weight_kg",
            zh="总重量",
            en="Total weight",
            unit="kg",
            kind=Kind.DECIMAL,
            example=340,
        ),
    ),
)

OPERATIONS = Sheet(
    key="operations",
    zh="工序",
    en="Operations",
    fields=(
        Field(
            key="order_id",
            zh="订单编号",
            en="Order ID",
            kind=Kind.IDENTIFIER,
            example="示例 EXAMPLE",
        ),
        Field(key="step", zh="工序号", en="Step", kind=Kind.COUNT, least=1, most=32, example=1),
        Field(
            key="process",
            zh="工艺",
            en="Process",
            kind=Kind.CHOICE,
            choices=lists.processes,
            width=40,
            example="cnc-milling-3axis",
        ),
        Field(
            key="tolerance_it",
            zh="精度等级",
            en="Tolerance grade",
            unit="IT",
            kind=Kind.CHOICE,
            choices=lists.tolerances,
            width=18,
            example="9",
        ),
        Field(
            key="minutes_total",
            zh="全部数量的工时",
            en="Work for the whole quantity",
            unit="小时 h",
            kind=Kind.HOURS,
            least=1,
            most=_MINUTES,
            width=22,
            example=36.5,
        ),
    ),
)

INSTRUCTIONS = Sheet(key="instructions", zh="说明", en="Instructions")
LISTS = Sheet(key="lists", zh="清单", en="Lists")
DATA_SHEETS = (ENTERPRISE, CAPACITY, ORDERS, OPERATIONS)

_BRACKETS = re.compile(r"[(\[（【][^)\]）】]*[)\]）】]")
_NOISE = re.compile(r"[\s*:：_\-/·.,，]+")
_ISO_WEEK = re.compile(r"(\d{4})\s*-?\s*W(\d{1,2})", re.IGNORECASE | re.ASCII)
_WEEK_NUMBER = re.compile(
    r"(?:第\s*(\d{1,3})\s*周)|(?:\bweek\s*(\d{1,3})\b)|(?:^\s*W(\d{1,3})\b)",
    re.IGNORECASE | re.ASCII,
)


def folded(text: str) -> str:
    """Return a heading or choice in the form in which two of them are compared."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return _NOISE.sub("", plain)


def heading_key(text: str) -> str:
    """Return a heading without its unit and asterisk, folded."""
    return folded(_BRACKETS.sub("", unicodedata.normalize("NFKC", text)))


@cache
def fields_by_heading(sheet_key: str) -> Mapping[str, Field]:
    """Return the fields of a sheet under every heading that names them."""
    sheet = next(sheet for sheet in DATA_SHEETS if sheet.key == sheet_key)
    return {
        folded(name): field
        for field in sheet.fields
        for name in (field.key, field.zh, field.en, f"{field.zh}{field.en}")
    }


def week_heading(text: str) -> tuple[str, int, int] | None:
    """Return what week a heading means: (`iso`, year, week), (`number`, 0, n), or None."""
    plain = unicodedata.normalize("NFKC", text)
    if match := _ISO_WEEK.search(plain):
        return "iso", int(match[1]), int(match[2])
    if match := _WEEK_NUMBER.search(plain):
        return "number", 0, int(next(filter(None, match.groups())))
    return None


@cache
def choice_names(choices: Callable[[], Mapping[str, Entry]]) -> Mapping[str, str]:
    """Return the codes of a list by every name of theirs: code, either label, both, in full."""
    names: dict[str, str] = {}
    for code, entry in choices().items():
        for name in (code, entry.zh, entry.en, f"{entry.zh} {entry.en}", entry.label):
            names.setdefault(folded(name), code)
    return names
