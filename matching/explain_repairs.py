"""The texts of repairs: what could be changed about an order, in English and Chinese.

As in `explain_texts`: a name in braces is a parameter, both languages name the same ones, and
amounts in fen end in `_fen`.
"""

from __future__ import annotations

from collections.abc import Mapping

from matching.explain import Param, money, names_in
from matching.explain_texts import LANGUAGES

# code: what to change, in English and Chinese
REPAIRS: Mapping[str, tuple[str, str]] = {
    "due_later": ("due in week {due_week} (+{weeks})", "交期改为第 {due_week} 周（+{weeks}）"),
    "release_earlier": (
        "released in week {release_week} (-{weeks})",
        "开工改为第 {release_week} 周（-{weeks}）",
    ),
    "one_more_lot": ("allow {lots} lots", "允许分 {lots} 批"),
    "certificate_waived": (
        "accept a supplier without {certificate}",
        "接受没有 {certificate} 的供应商",
    ),
    "tolerance_wider": (
        "accept IT{to_it} in place of IT{from_it} in step {step}",
        "第 {step} 道工序由 IT{from_it} 放宽到 IT{to_it}",
    ),
    "enterprise_admitted": ("admit the excluded {enterprise}", "接受被排除的 {enterprise}"),
    "enterprise_approved": ("approve {enterprise} too", "另外认可 {enterprise}"),
    "ban_lifted": ("lift the ban of {banned}", "解除对 {banned} 的禁用"),
    "pin_lifted": ("remove the pin to {offer}", "取消指定到 {offer}"),
    "price_cap_higher": (
        "a price cap of {cap_fen} (+{more_percent} %)",
        "价格上限提高到 {cap_fen}（+{more_percent} %）",
    ),
    "value_higher": (
        "a value of {worth_fen} (+{more_percent} %)",
        "订单价值提高到 {worth_fen}（+{more_percent} %）",
    ),
    "quantity_smaller": (
        "{quantity} pieces in place of {whole}",
        "数量由 {whole} 件减为 {quantity} 件",
    ),
}

# code of a kind: its short name, where kinds are listed
KINDS: Mapping[str, tuple[str, str]] = {
    "due_later": ("due later", "交期延后"),
    "release_earlier": ("released earlier", "提前开工"),
    "one_more_lot": ("one more lot", "多分一批"),
    "certificate_waived": ("one certificate less", "少要求一项证书"),
    "tolerance_wider": ("a wider tolerance", "放宽公差"),
    "enterprise_admitted": ("an excluded enterprise", "接受被排除的企业"),
    "enterprise_approved": ("one more approval", "多认可一家"),
    "ban_lifted": ("a ban less", "解除禁用"),
    "pin_lifted": ("a pin less", "取消指定"),
    "price_cap_higher": ("a higher price cap", "提高价格上限"),
    "value_higher": ("a higher value", "提高订单价值"),
    "quantity_smaller": ("fewer pieces", "减少数量"),
}


def told(code: str, params: Mapping[str, Param], language: str = "en") -> str:
    """Return a repair as a few words.

    Raises
    ------
    ValueError
        When the code or the language is unknown.
    """
    if code not in REPAIRS:
        raise ValueError(f"no text for the repair {code!r}: expected one of {sorted(REPAIRS)}")
    text = REPAIRS[code][_column(language)]
    shown = {name: _shown(name, params.get(name, "?"), language) for name in names_in(text)}
    return text.format_map(shown)


def kind_name(code: str, language: str = "en") -> str:
    """Return the short name of a kind of repair.

    Raises
    ------
    ValueError
        When the code or the language is unknown.
    """
    if code not in KINDS:
        raise ValueError(f"no kind of repair {code!r}: expected one of {sorted(KINDS)}")
    return KINDS[code][_column(language)]


def _column(language: str) -> int:
    if language not in LANGUAGES:
        raise ValueError(f"no texts in language {language!r}: expected one of {LANGUAGES}")
    return LANGUAGES.index(language)


def _shown(name: str, value: Param, language: str) -> str:
    if isinstance(value, int):
        return money(value, language) if name.endswith("_fen") else f"{value:,}"
    return str(value)
