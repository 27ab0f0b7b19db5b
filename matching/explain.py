"""Reasons: a code with parameters; the texts are templates, filled in at the edge.

A text is for people. It names the rule, gives what was needed against what was found, ends with the
way out and says how the reason is known. Codes and parameters are stable; texts may change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique
from string import Formatter

from matching.explain_rule_texts import RULE_WORDS
from matching.explain_texts import KNOWN, LANGUAGES, RULES, TEXTS

Param = int | str | tuple[str, ...]


@unique
class Known(StrEnum):
    """How a reason is known, from the strongest statement to the weakest."""

    PLAN = "plan"  # recomputed from the plan itself
    FILTER = "filter"  # each offer was held against the rule
    BOUND = "bound"  # no plan of this order can do better, even with all capacity to itself
    PRICES = "prices"  # at the plan's prices its best route costs more than the order earns
    SEARCH = "search"  # nothing was found; nothing is proven
    LIMIT = "limit"  # the limit came before the improvement
    RULES = "rules"  # follows from the problem and its rules, before any plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why an order is in a plan or not.

    Parameters
    ----------
    code
        A key of `TEXTS` in `matching.explain_texts`.
    params
        What the text of the code names: amounts in fen end in `_fen`, `known` is a `Known`.
    """

    code: str
    params: Mapping[str, Param] = field(default_factory=dict)


def render(reason: Reason, language: str = "en") -> str:
    """Return a reason as plain sentences.

    Parameters
    ----------
    reason
        A parameter that it lacks is shown as "?". A sentence about a list that is empty is left
        out.
    language
        "en" or "zh-CN".

    Raises
    ------
    ValueError
        When the code or the language is unknown.
    """
    if language not in LANGUAGES:
        raise ValueError(f"no texts in language {language!r}: expected one of {LANGUAGES}")
    if reason.code not in TEXTS:
        raise ValueError(f"no text for the reason {reason.code!r}: expected one of {sorted(TEXTS)}")
    shown = [
        _fill(sentence, reason.params, language)
        for sentence in TEXTS[reason.code][language]
        if all(reason.params.get(name) != () for name in names_in(sentence))
    ]
    return (" " if language == "en" else "").join(shown)


def parameters(code: str) -> frozenset[str]:
    """Return the names of the parameters of a code."""
    return frozenset(
        name
        for sentences in TEXTS[code].values()
        for sentence in sentences
        for name in names_in(sentence)
    )


def names_in(sentence: str) -> tuple[str, ...]:
    """Return the names in braces, in their order."""
    return tuple(name for _, name, _, _ in Formatter().parse(sentence) if name is not None)


def _fill(sentence: str, params: Mapping[str, Param], language: str) -> str:
    shown = {
        name: _shown(name, params[name], language) if name in params else "?"
        for name in names_in(sentence)
    }
    return sentence.format_map(shown)


def _shown(name: str, value: Param, language: str) -> str:
    if isinstance(value, tuple):
        item = _ITEMS.get(name)
        parts = value if item is None else tuple(item(part, language) for part in value)
        return (", " if language == "en" else "、").join(parts)
    if name == "known":
        return KNOWN[language].get(str(value), str(value))
    if name == "rule":
        words = {**RULES[language], **RULE_WORDS[language]}
        return words.get(str(value), str(value))
    if name.endswith("_fen") and isinstance(value, int):
        return money(value, language)
    return f"{value:,}" if isinstance(value, int) else value


def money(fen: int, language: str) -> str:
    """Return an amount of fen as yuan with two decimals."""
    sign, amount = "-" if fen < 0 else "", abs(fen)
    yuan = f"{sign}{amount // 100:,}.{amount % 100:02d}"
    return f"CNY {yuan}" if language == "en" else f"{yuan} 元"


def _rule_count(item: str, language: str) -> str:
    """Show `material 4`: four offers are left after the rule."""
    rule, _, count = item.rpartition(" ")
    return f"{RULES[language].get(rule, rule)} {count}"


def _step_rule(item: str, language: str) -> str:
    """Show `3 material`: step 3 has no offer after the rule."""
    step, _, rule = item.partition(" ")
    named = RULES[language].get(rule, rule)
    return f"step {step} ({named})" if language == "en" else f"第 {step} 道工序（{named}）"


def _offer_week(item: str, language: str) -> str:
    """Show `OFF1 3 2500`: offer, week and price in milli-fen per minute, as money per hour."""
    offer, week, millifen = item.rsplit(" ", 2)
    hourly = money(round(int(millifen) * 60 / 1000), language)
    if language == "en":
        return f"{offer} in week {week} ({hourly} per hour)"
    return f"{offer} 第 {week} 周（每小时 {hourly}）"


_ITEMS: Mapping[str, Callable[[str, str], str]] = {
    "funnel": _rule_count,
    "also": _step_rule,
    "binding": _offer_week,
}
