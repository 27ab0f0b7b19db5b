"""Blind review: names are masked in what experts read, and a text that still tells is found out.

Names count in any spelling that a reader would recognise: full or half width, upper or lower case,
with spaces and punctuation between their letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum, unique

MASK = "█"
NAME_LEAST = 2  # shorter names stand in too many words

_HOUSES = r"University|Institute|Laboratory|College|Academy|GmbH|Inc|Co\.,? ?Ltd"
_OURS = (
    r"university|institute|company|laboratory|lab|earlier (?:paper|patent)s?|"
    r"previous (?:work|papers?|patents?)"
)
_PATTERNS: tuple[tuple[str, str], ...] = (
    ("email", r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    ("url", r"(?:https?://|www\.)[^\s，。；）)]+"),
    ("phone", r"(?<!\d)(?:\+?86[- ]?)?(?:1[3-9]\d{9}|0\d{2,3}-\d{7,8})(?!\d)"),
    ("orcid", r"\b\d{4}-\d{4}-\d{4}-\d{3}[\dX]\b"),
    ("patent", r"\b(?:CN|ZL|US|EP|WO|JP|DE)\s?\d{4,}(?:[./]?\d+)*(?:\s?[A-Z]\d?)?\b"),
    (
        "institution",
        r"[\u4e00-\u9fff]{2,12}(?:大学|学院|研究院|研究所|实验室|课题组|有限公司|集团公司)",
    ),
    ("institution", rf"\b(?:[A-Z][\w&'-]*\s+){{1,5}}(?:{_HOUSES})\b"),
    ("institution", r"\b(?:University|Institute|Academy|College)\s+of\s+(?:[A-Z][\w-]*\s?){1,5}"),
    ("self", r"(?:我校|本校|我院|我所|本所|我公司|本公司|本团队前期|本课题组前期|作者此前)"),
    ("self", rf"\b(?:our (?:{_OURS})|we (?:have )?(?:published|patented)|as we showed in)"),
)
_COMPILED = tuple(
    (kind, re.compile(pattern, re.IGNORECASE if kind == "self" else 0))
    for kind, pattern in _PATTERNS
)
# What ends like an institution and names none: "tested by an independent laboratory".
_NO_NAME = re.compile(
    r".*(?:第三方|独立|有资质的?|认可的?|专业)(?:检测|测试|检验)?(?:研究院|研究所|实验室)"
)


@unique
class LeakKind(StrEnum):
    """By what a text tells who wrote it."""

    NAME = "name"
    EMAIL = "email"
    URL = "url"
    PHONE = "phone"
    ORCID = "orcid"
    PATENT = "patent"
    INSTITUTION = "institution"
    SELF = "self"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Leak:
    """Characters `start`..`end` - 1 of a text that tell who wrote it."""

    start: int
    end: int
    kind: LeakKind
    quote: str


def mask(text: str, names: Iterable[str]) -> str:
    """Return the text with every name covered, character by character; its length stays."""
    covered = list(text)
    for leak in _names(text, names):
        covered[leak.start : leak.end] = MASK * (leak.end - leak.start)
    return "".join(covered)


def leaks(text: str, names: Iterable[str]) -> tuple[Leak, ...]:
    """Return what tells who wrote a text, in its order: names, addresses, institutions, self.

    Parameters
    ----------
    names
        Names and aliases of the teams and organisations behind the text.
    """
    found = set(_names(text, names))
    for kind, pattern in _COMPILED:
        for match in pattern.finditer(text):
            quote = match[0]
            if kind == "institution" and _NO_NAME.fullmatch(quote):
                continue
            found.add(Leak(start=match.start(), end=match.end(), kind=LeakKind(kind), quote=quote))
    return tuple(sorted(found))


def _names(text: str, names: Iterable[str]) -> list[Leak]:
    folded, places = _folded(text)
    found = []
    for name in sorted(set(names), key=len, reverse=True):
        wanted, _ = _folded(name)
        if len(wanted) < NAME_LEAST:
            continue
        at = folded.find(wanted)
        while at >= 0:
            last = at + len(wanted) - 1
            if _stands_alone(folded, places, at, last):
                start, end = places[at], places[last] + 1
                quote = text[start:end]
                found.append(Leak(start=start, end=end, kind=LeakKind.NAME, quote=quote))
            at = folded.find(wanted, at + 1)
    return found


def _stands_alone(folded: str, places: list[int], at: int, last: int) -> bool:
    """Return whether a Latin name is no part of a longer word; Chinese has no spaces to tell."""
    before = at > 0 and places[at - 1] == places[at] - 1 and _is_latin(folded[at - 1])
    after = (
        last + 1 < len(folded)
        and places[last + 1] == places[last] + 1
        and _is_latin(folded[last + 1])
    )
    return not (before and _is_latin(folded[at])) and not (after and _is_latin(folded[last]))


def _is_latin(sign: str) -> bool:
    return sign.isascii() and sign.isalnum()


def _folded(text: str) -> tuple[str, list[int]]:
    """Return the letters and digits of a text in one spelling, and where each stands in it."""
    signs, places = [], []
    for place, sign in enumerate(text):
        for plain in unicodedata.normalize("NFKC", sign).casefold():
            if plain.isalnum():
                signs.append(plain)
                places.append(place)
    return "".join(signs), places
