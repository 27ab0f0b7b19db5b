"""The texts of the reasons of an assignment, in English and Chinese: sentences for each code.

A name in braces is a parameter. Both languages of a code name the same parameters, and whatever
says that something cannot be ends with the way out.
"""

from __future__ import annotations

from collections.abc import Mapping

from matching.explain import Param, Reason, names_in
from matching.technology.assignment.team_texts import TEAMS, WORDS

LANGUAGES = ("en", "zh-CN")

Sentences = tuple[str, ...]

MATRIX: Mapping[str, Mapping[str, Sentences]] = {
    "few_providers": {
        "en": (
            "Demand {demand} takes {needed} providers and only {found} may serve it.",
            "Way out: allow more pairs or lower its load.",
        ),
        "zh-CN": (
            "需求 {demand} 需要 {needed} 个团队，但只有 {found} 个可以承担。",
            "出路：允许更多配对，或减少其所需数量。",
        ),
    },
    "least_too_many": {
        "en": (
            "Provider {provider} must serve at least {needed} demands and may serve only {found}.",
            "Way out: lower its least load or allow more pairs.",
        ),
        "zh-CN": (
            "团队 {provider} 至少要承担 {needed} 项需求，但可以承担的只有 {found} 项。",
            "出路：降低其最低数量，或允许更多配对。",
        ),
    },
    "few_places": {
        "en": (
            "The demands take {needed} places together and all providers have {found}.",
            "Way out: raise the providers' loads or lower the demands'.",
        ),
        "zh-CN": (
            "全部需求共需 {needed} 个名额，而所有团队合计只有 {found} 个。",
            "出路：提高团队的承担上限，或减少需求数量。",
        ),
    },
    "least_above_slots": {
        "en": (
            "The providers must serve {needed} places together and the demands have {found}.",
            "Way out: lower the least loads.",
        ),
        "zh-CN": (
            "各团队的最低承担合计 {needed} 个名额，而需求只有 {found} 个。",
            "出路：降低最低承担数量。",
        ),
    },
    "crowded": {
        "en": (
            (
                "{count} demands compete for the same providers: they take {needed} places "
                "together and can get {found}."
            ),
            "Among them: {demands}.",
            "Way out: allow them other providers or raise the loads of those they share.",
        ),
        "zh-CN": (
            "{count} 项需求争用同一批团队：共需 {needed} 个名额，最多只能得到 {found} 个。",
            "其中包括：{demands}。",
            "出路：为其允许其他团队，或提高所争用团队的承担上限。",
        ),
    },
    "floor_unreachable": {
        "en": (
            (
                "Demand {demand} reaches {best} with its best providers, all free; the floor is "
                "{floor}."
            ),
            "Way out: a floor of at most {best}.",
        ),
        "zh-CN": (
            "需求 {demand} 即使独占最合适的团队也只能达到 {best}，而下限为 {floor}。",
            "出路：把下限设为不超过 {best}。",
        ),
    },
    "floor_too_high": {
        "en": (
            "Not every demand can reach {floor} at once: no plan's minimum exceeds {most}.",
            "Way out: a lower floor or higher loads.",
        ),
        "zh-CN": (
            "不可能让所有需求同时达到 {floor}：任何方案的最低值都不超过 {most}。",
            "出路：降低下限，或提高承担上限。",
        ),
    },
    "floor_open": {
        "en": (
            "No plan with the floor {floor} was found in time; none is proved impossible.",
            "Way out: more seconds or a lower floor.",
        ),
        "zh-CN": (
            "限时内没有找到下限为 {floor} 的方案，但也未证明其不存在。",
            "出路：延长求解时间，或降低下限。",
        ),
    },
    "places_empty": {
        "en": ("Relaxed: demand {demand} gets {found} of its {needed} providers.",),
        "zh-CN": ("已放宽：需求 {demand} 所需的 {needed} 个团队只安排了 {found} 个。",),
    },
    "least_missed": {
        "en": ("Relaxed: provider {provider} serves {found} demands, {needed} were its least.",),
        "zh-CN": ("已放宽：团队 {provider} 承担 {found} 项需求，低于最低数量 {needed}。",),
    },
    "floor_lowered": {
        "en": ("Relaxed: the floor was lowered from {floor} to {kept}.",),
        "zh-CN": ("已放宽：下限由 {floor} 降至 {kept}。",),
    },
}

TEXTS: Mapping[str, Mapping[str, Sentences]] = {**MATRIX, **TEAMS}


def render_reason(reason: Reason, language: str = "en") -> str:
    """Return a reason of an assignment as plain sentences.

    Parameters
    ----------
    reason
        A parameter that it lacks is shown as "?". A sentence about an empty list is left out.
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
    shown = {name: _shown(name, value, language) for name, value in reason.params.items()}
    sentences = [
        sentence.format_map({name: shown.get(name, "?") for name in names_in(sentence)})
        for sentence in TEXTS[reason.code][language]
        if all(reason.params.get(name) != () for name in names_in(sentence))
    ]
    return (" " if language == "en" else "").join(sentences)


def _shown(name: str, value: Param, language: str) -> str:
    if isinstance(value, tuple):
        return (", " if language == "en" else "、").join(_word(part, language) for part in value)
    if name.endswith("_minor") and isinstance(value, int):
        return f"{value // 100:,}.{value % 100:02d}"
    return _word(value, language) if name == "rule" else str(value)


def _word(text: Param, language: str) -> str:
    """Return a rule's name in words; `trl 12` keeps its number."""
    name, _, count = str(text).partition(" ")
    if name not in WORDS[language]:
        return str(text)
    return f"{WORDS[language][name]} {count}".strip()
