"""What an importer hands back: the values of a document, or the list of what is wrong with it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from data.importers.codes import WAYS_OUT, RejectCode

T = TypeVar("T")

REJECTS_MAX = 200  # rejects kept per document; further ones are only counted
SHOWN_CHARACTERS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """One thing that is wrong with a document.

    Parameters
    ----------
    code
        The stable name of the mistake.
    file
        Name of the file, without its folder.
    place
        Where in the file: `line 7`, `sheet 产能 Capacity, row 5`, an element's path; empty when the
        whole file is meant.
    field
        Column or element; empty when the whole row or file is meant.
    expected
        What would have been right, in a few words.
    got
        What stood there, shortened and with control characters made visible.
    """

    code: RejectCode
    file: str
    place: str = ""
    field: str = ""
    expected: str = ""
    got: str = ""

    @property
    def way_out(self) -> str:
        """What to do about it, in English."""
        return WAYS_OUT[self.code]["en"]

    def render(self, language: str = "en") -> str:
        """Return one line for people; `language` is `en` or `zh-CN`."""
        chinese = language == "zh-CN"
        where = " · ".join(part for part in (self.file, self.place, self.field) if part)
        expected, got = ("应为", "实为") if chinese else ("expected", "got")
        told = [f"{expected} {self.expected}"] if self.expected else []
        told += [f"{got} {self.got}"] if self.got else []
        detail = ("，" if chinese else ", ").join(told)
        way_out = WAYS_OUT[self.code][language if language in WAYS_OUT[self.code] else "en"]
        return f"{self.code}: {where}: {detail + '. ' if detail else ''}{way_out}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported(Generic[T]):
    """The outcome of reading one document: a value, or rejects, never both.

    Parameters
    ----------
    value
        The domain values; None as soon as one row is rejected.
    rejects
        At most `REJECTS_MAX` rejects in the order of the document.
    total_rejects
        How many there were in all.
    """

    value: T | None
    rejects: tuple[Reject, ...] = ()
    total_rejects: int = 0

    def __post_init__(self) -> None:
        if (self.value is None) != bool(self.rejects):
            raise ValueError("an import has either a value or rejects")
        if self.total_rejects < len(self.rejects):
            raise ValueError(f"{self.total_rejects} rejects in all, {len(self.rejects)} kept")

    @property
    def accepted(self) -> bool:
        """Whether the document was taken."""
        return self.value is not None

    def required(self) -> T:
        """Return the value, or raise `DocumentRefused` with all rejects."""
        if self.value is None:
            raise DocumentRefused(self.rejects, self.total_rejects)
        return self.value


class DocumentRefused(ValueError):
    """A document was not taken; `rejects` says why."""

    def __init__(self, rejects: tuple[Reject, ...], total: int) -> None:
        self.rejects = rejects
        self.total = total
        more = f" (and {total - 1} more)" if total > 1 else ""
        super().__init__(rejects[0].render() + more)


class RejectList:
    """Collects rejects while a document is read; keeps the first `REJECTS_MAX`, counts all."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.total = 0
        self._kept: list[Reject] = []

    def __bool__(self) -> bool:
        return self.total > 0

    def __iter__(self) -> Iterator[Reject]:
        return iter(self._kept)

    def add(
        self,
        code: RejectCode,
        *,
        place: str = "",
        field: str = "",
        expected: str = "",
        got: object = "",
        file: str = "",
    ) -> None:
        """Record one reject; `file` replaces the name of the document for a part of it."""
        self.total += 1
        if len(self._kept) < REJECTS_MAX:
            self._kept.append(
                Reject(
                    code=code,
                    file=file or self.file,
                    place=place,
                    field=field,
                    expected=expected,
                    got=shown(got),
                )
            )

    def include(self, others: Iterable[Reject]) -> None:
        """Record the rejects of another document that this one names."""
        for one in others:
            self.add(
                one.code,
                file=one.file,
                place=one.place,
                field=one.field,
                expected=one.expected,
                got=one.got,
            )

    def outcome(self, value: T | None) -> Imported[T]:
        """Return the value when nothing was rejected, else the rejects."""
        if self.total:
            return Imported(value=None, rejects=tuple(self._kept), total_rejects=self.total)
        return Imported(value=value)


def shown(value: object) -> str:
    """Return a value as a short text without control characters, fit for a report."""
    text = value if isinstance(value, str) else str(value)
    cut = text[: SHOWN_CHARACTERS + 1]
    safe = "".join(c if is_plain(c) else f"\\u{ord(c):04x}" for c in cut[:SHOWN_CHARACTERS])
    return safe + "…" if len(cut) > SHOWN_CHARACTERS else safe


def is_plain(character: str) -> bool:
    """Return whether a character may stand in a text: no controls, no changes of direction.

    Unicode category Cc (controls), Cs (lone surrogates), Co and Cn (no agreed meaning), the line
    and paragraph separators, and the bidirectional overrides, which show a text other than it is.
    """
    if "\x20" <= character <= "\x7e":
        return True
    if unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}:
        return False
    return character not in BIDIRECTIONAL_CONTROLS


BIDIRECTIONAL_CONTROLS = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


def is_plain_text(text: str) -> bool:
    """Return whether every character of a text may stand in a name or an identifier."""
    return text.isprintable() or all(map(is_plain, text))
