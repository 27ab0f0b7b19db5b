"""Read bare texts to rank: queries and documents as JSON lines, pairs as tab-separated lines.

Queries are `{"id", "title"?, "text", "lang"?}`, documents `{"id", "provider_id"?, "title"?,
"text"}`, pairs `query_id<TAB>target_id` with an optional header of these names. Other keys are left
alone, so that files made for other tools can be read as they are. A file is taken whole or not at
all.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.importers.codes import RejectCode
from data.importers.files import read_bytes
from data.importers.json_object import object_of
from data.importers.report import Imported, RejectList, is_plain_text

FILE_BYTES_MAX = 2**30
LINES_MAX = 2_000_000
TEXT_LENGTH_MAX = 1_000_000
PAIRS_HEADER = ("query_id", "target_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One line: a query or a document; `target` is who is scored by it, `lang` may be empty."""

    name: str
    target: str
    title: str
    text: str
    lang: str


def read_queries(path: Path) -> Imported[tuple[Text, ...]]:
    """Read queries; ids must be unique."""
    return _read_texts(path)


def read_documents(path: Path) -> Imported[tuple[Text, ...]]:
    """Read documents; ids must be unique, many documents may share a provider."""
    return _read_texts(path)


def read_pairs(
    path: Path, *, queries: AbstractSet[str], targets: AbstractSet[str]
) -> Imported[tuple[tuple[str, str], ...]]:
    """Read the pairs to score; each must name a query and a target that exist, once."""
    rejects = RejectList(path.name)
    found: dict[tuple[str, str], int] = {}
    for number, line in _lines(path, rejects):
        cells = tuple(line.split("\t"))
        if number == 1 and cells[:2] == PAIRS_HEADER:
            continue
        if len(cells) < 2:
            expected, place = "query_id, a tab, target_id", f"line {number}"
            rejects.add(RejectCode.COLUMN_COUNT, place=place, expected=expected, got=line)
            continue
        pair = (cells[0], cells[1])
        _check_pair(pair, number, found, rejects, queries=queries, targets=targets)
        found.setdefault(pair, number)
    if not found and not rejects:
        rejects.add(RejectCode.NO_ROWS, expected="at least one pair")
    return rejects.outcome(None if rejects else tuple(found))


def _check_pair(
    pair: tuple[str, str],
    number: int,
    found: dict[tuple[str, str], int],
    rejects: RejectList,
    *,
    queries: AbstractSet[str],
    targets: AbstractSet[str],
) -> None:
    place = f"line {number}"
    for field, name, known in zip(PAIRS_HEADER, pair, (queries, targets), strict=True):
        if name not in known:
            expected = "the id of a query" if field == "query_id" else "a provider or a document"
            rejects.add(
                RejectCode.UNKNOWN_VALUE, place=place, field=field, expected=expected, got=name
            )
    if pair in found:
        expected = f"a pair once; line {found[pair]} has it"
        rejects.add(RejectCode.DUPLICATE_ROW, place=place, expected=expected, got=" ".join(pair))


def _read_texts(path: Path) -> Imported[tuple[Text, ...]]:
    rejects = RejectList(path.name)
    found: dict[str, tuple[int, Text]] = {}
    for number, line in _lines(path, rejects):
        place = f"line {number}"
        text = _text(line, place, rejects)
        if text is None:
            continue
        if text.name in found:
            expected = f"an id once; line {found[text.name][0]} has it"
            rejects.add(
                RejectCode.DUPLICATE_ID, place=place, field="id", expected=expected, got=text.name
            )
        found.setdefault(text.name, (number, text))
    if not found and not rejects:
        rejects.add(RejectCode.NO_ROWS, expected="at least one line")
    return rejects.outcome(None if rejects else tuple(text for _, text in found.values()))


def _lines(path: Path, rejects: RejectList) -> Iterator[tuple[int, str]]:
    """Yield the lines of a file that hold anything, with their numbers."""
    data = read_bytes(path, rejects, most=FILE_BYTES_MAX)
    if data is None:
        return
    try:
        lines = data.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as wrong:
        rejects.add(RejectCode.NOT_UTF8, expected="UTF-8", got=f"byte {wrong.start}")
        return
    if len(lines) > LINES_MAX:
        rejects.add(RejectCode.TOO_MANY_ROWS, expected=f"at most {LINES_MAX}", got=str(len(lines)))
        return
    for number, line in enumerate(lines, 1):
        if stripped := line.rstrip("\r"):
            yield number, stripped


def _text(line: str, place: str, rejects: RejectList) -> Text | None:
    """Return the text of one line; None after a reject."""
    loaded = object_of(line, rejects, place=place)
    if loaded is None:
        return None
    values = {
        name: _field(loaded, name, place, rejects, required=name in {"id", "text"})
        for name in ("id", "text", "title", "provider_id", "lang")
    }
    if any(value is None for value in values.values()):
        return None
    made = {name: value or "" for name, value in values.items()}
    return Text(
        name=made["id"],
        target=made["provider_id"] or made["id"],
        title=made["title"],
        text=made["text"],
        lang=made["lang"],
    )


def _field(
    loaded: dict[str, Any], name: str, place: str, rejects: RejectList, *, required: bool
) -> str | None:
    """Return one text of an object, "" for one that may be left out; None after a reject."""
    value = loaded.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or (name == "id" and not value):
        code = RejectCode.VALUE_MISSING if value in (None, "") else RejectCode.UNKNOWN_VALUE
        rejects.add(code, place=place, field=name, expected="a text", got=str(value or ""))
        return None
    if len(value) > TEXT_LENGTH_MAX:
        expected, got = f"at most {TEXT_LENGTH_MAX} characters", str(len(value))
        rejects.add(RejectCode.TEXT_TOO_LONG, place=place, field=name, expected=expected, got=got)
        return None
    if name in {"id", "provider_id"} and not is_plain_text(value):
        expected = "an id without control characters"
        rejects.add(
            RejectCode.CONTROL_CHARACTER, place=place, field=name, expected=expected, got=value
        )
        return None
    return value
