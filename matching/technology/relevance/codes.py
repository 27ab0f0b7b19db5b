"""How close two codes of one scheme are: how deep they agree, times how rare that is.

Schemes: `ipc` (section, class, subclass, group), `gbt13745` (three levels of disciplines),
`gbt4754` (section or division, group, class of industries).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from matching.technology.problem import Demand, Provider

_IPC = re.compile(r"([A-H])(\d{2})?([A-Z])?\s*(\d{1,4})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A code with its scheme; `document_id` when a document carries it, else the team states it."""

    scheme: str
    code: str
    document_id: str | None = None

    @property
    def path(self) -> tuple[str, ...]:
        """The code's prefixes from the widest to itself."""
        return levels(self.scheme, self.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """The closest code of a provider for a code of a demand: `value` 0..1, `common` the prefix."""

    demand: Code
    provider: Code
    common: str
    value: float


def levels(scheme: str, code: str) -> tuple[str, ...]:
    """Return the prefixes of a code, from the widest to the code itself.

    Examples
    --------
    `ipc` `H01M 10/0562` → H, H01, H01M, H01M10; `gbt13745` `430.45` → 430, 43045.
    """
    if scheme == "ipc":
        match = _IPC.match(code.strip().upper())
        if match is None:
            return ()
        made, parts = [], ""
        for part in match.groups():
            if part is None:
                break
            parts += part
            made.append(parts)
        return tuple(made)
    plain = re.sub(r"[^0-9A-Za-z]", "", code).upper()
    if scheme == "gbt13745":
        return tuple(plain[:end] for end in (3, 5, 7) if len(plain) >= end)
    digits = plain.lstrip("ABCDEFGHIJKLMNOPQRST")
    return tuple(digits[:end] for end in (2, 3, 4) if len(digits) >= end) or (plain,)


DEPTHS: Mapping[str, int] = {"ipc": 4, "gbt13745": 3, "gbt4754": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeTable:
    """How many providers there are, and how many have each prefix of each scheme."""

    providers: int
    having: Mapping[tuple[str, str], int]

    def rarity(self, scheme: str, prefix: str) -> float:
        """Return ln((1 + n) / (1 + having)) / ln(1 + n), 0..1: 1 for a prefix that nobody has."""
        if self.providers < 1:
            return 1.0
        having = self.having.get((scheme, prefix), 0)
        return math.log((1 + self.providers) / (1 + having)) / math.log(1 + self.providers)


def code_table(providers: Iterable[Provider]) -> CodeTable:
    """Return how common each prefix is among providers."""
    having: Counter[tuple[str, str]] = Counter()
    count = 0
    for provider in providers:
        count += 1
        having.update(
            {(code.scheme, prefix) for code in provider_codes(provider) for prefix in code.path}
        )
    return CodeTable(providers=count, having=dict(having))


def provider_codes(provider: Provider) -> tuple[Code, ...]:
    """Return the codes that a provider states, then those of its documents."""
    stated = [Code(scheme=one.scheme, code=one.code) for one in provider.disciplines]
    for document in provider.documents:
        for given in document.codes:
            scheme, _, code = given.partition(":")
            stated.append(Code(scheme=scheme, code=code, document_id=document.document_id))
    return tuple(stated)


def agreements(demand: Demand, provider: Provider, table: CodeTable) -> tuple[Agreement, ...]:
    """Return the closest code of the provider for each code of the demand that has any."""
    found, have = [], provider_codes(provider)
    for given in demand.domain_codes:
        wanted = Code(scheme=given.scheme, code=given.code)
        best: Agreement | None = None
        for code in have:
            if code.scheme != wanted.scheme:
                continue
            common = [a for a, b in zip(wanted.path, code.path, strict=False) if a == b]
            if not common:
                continue
            depth = len(common) / DEPTHS.get(code.scheme, len(wanted.path))
            value = min(1.0, depth) * table.rarity(code.scheme, common[-1])
            if best is None or value > best.value:
                best = Agreement(demand=wanted, provider=code, common=common[-1], value=value)
        if best is not None:
            found.append(best)
    return tuple(found)


def code_score(demand: Demand, found: tuple[Agreement, ...]) -> float:
    """Return the mean agreement, 0..1, weighted as the demand weighs its codes."""
    weights = {(code.scheme, code.code): code.weight_bps for code in demand.domain_codes}
    total = sum(weights.values())
    if not total:
        return 0.0
    worth = (weights[one.demand.scheme, one.demand.code] * one.value for one in found)
    return sum(worth) / total
