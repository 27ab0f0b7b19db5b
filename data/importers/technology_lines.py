"""Read demands and providers as JSON lines: one object a line, under the names of the fields.

What the objects mean is in `docs/spec/technology-data.md`. A document is taken whole or not at
all: every line is read, every bad one reported.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from data.importers.codes import RejectCode
from data.importers.files import read_bytes
from data.importers.report import Imported, RejectList, is_plain
from data.reference.technology import wrong_code
from matching.technology.problem import Demand, Discipline, DomainCode, Provider
from matching.technology.problem_plain import Misread, from_plain

FILE_BYTES_MAX = 256 * 1024 * 1024
LINES_MAX = 200_000
LINE_CHARACTERS_MAX = 4_000_000
DEPTH_MAX = 12

ValueT = TypeVar("ValueT", Demand, Provider)


def read_demands(path: Path) -> Imported[tuple[Demand, ...]]:
    """Read a file of demands; see `demands_of`."""
    rejects = RejectList(path.name)
    data = read_bytes(path, rejects, most=FILE_BYTES_MAX)
    return rejects.outcome(None) if data is None else demands_of(data, path.name)


def read_providers(path: Path) -> Imported[tuple[Provider, ...]]:
    """Read a file of providers; see `demands_of`."""
    rejects = RejectList(path.name)
    data = read_bytes(path, rejects, most=FILE_BYTES_MAX)
    return rejects.outcome(None) if data is None else providers_of(data, path.name)


def demands_of(data: bytes, name: str) -> Imported[tuple[Demand, ...]]:
    """Return the demands of JSON lines; blank lines do not count.

    Rejects: FILE_EMPTY, FILE_TOO_LARGE, NOT_UTF8, TOO_MANY_ROWS, NO_ROWS, JSON_MALFORMED,
    TEXT_TOO_LONG, CONTROL_CHARACTER, SETTINGS_KEYS (a field that the format does not know),
    VALUE_MISSING, UNKNOWN_VALUE, INCONSISTENT, DUPLICATE_ID.
    """
    return _read(data, name, Demand, "demand_id")


def providers_of(data: bytes, name: str) -> Imported[tuple[Provider, ...]]:
    """Return the providers of JSON lines; see `demands_of`."""
    return _read(data, name, Provider, "provider_id")


def _read(data: bytes, name: str, kind: type[ValueT], key: str) -> Imported[tuple[ValueT, ...]]:
    rejects = RejectList(name)
    text = _text(data, rejects)
    if text is None:
        return rejects.outcome(None)
    found: dict[str, tuple[int, ValueT]] = {}
    # Not `splitlines`: it also breaks at signs that may stand inside a text of JSON.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        value = _line(line, number, kind, rejects)
        if value is None:
            continue
        own = str(getattr(value, key))
        if own in found:
            expected = f"a {key} once; line {found[own][0]} has it"
            rejects.add(
                RejectCode.DUPLICATE_ID,
                place=f"line {number}",
                field=key,
                expected=expected,
                got=own,
            )
        found.setdefault(own, (number, value))
    if not found and not rejects:
        rejects.add(RejectCode.NO_ROWS, expected="at least one line")
    return rejects.outcome(None if rejects else tuple(value for _, value in found.values()))


def _text(data: bytes, rejects: RejectList) -> str | None:
    if not data:
        rejects.add(RejectCode.FILE_EMPTY, expected="JSON lines", got="no bytes")
        return None
    if len(data) > FILE_BYTES_MAX:
        expected = f"at most {FILE_BYTES_MAX} bytes"
        rejects.add(RejectCode.FILE_TOO_LARGE, expected=expected, got=f"{len(data)} bytes")
        return None
    lines = data.count(b"\n")
    if lines > LINES_MAX:
        expected = f"at most {LINES_MAX} lines"
        rejects.add(RejectCode.TOO_MANY_ROWS, expected=expected, got=f"{lines} lines")
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = f"line {data[: error.start].count(10) + 1}"
        rejects.add(RejectCode.NOT_UTF8, place=place, expected="UTF-8", got=error.reason)
        return None


def _line(line: str, number: int, kind: type[ValueT], rejects: RejectList) -> ValueT | None:
    place = f"line {number}"
    if len(line) > LINE_CHARACTERS_MAX:
        expected = f"at most {LINE_CHARACTERS_MAX} characters"
        rejects.add(RejectCode.TEXT_TOO_LONG, place=place, expected=expected, got=str(len(line)))
        return None
    try:
        plain = json.loads(
            line, object_pairs_hook=_once, parse_float=str, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:
        rejects.add(
            RejectCode.JSON_MALFORMED, place=place, expected="one JSON object", got=str(error)
        )
        return None
    bad = strange_text(plain)
    if bad is not None:
        field, got = bad
        expected = "printable text"
        code = RejectCode.CONTROL_CHARACTER
        rejects.add(code, place=place, field=field, expected=expected, got=got)
        return None
    try:
        value = from_plain(kind, plain)
    except Misread as fault:
        rejects.add(
            code_of(fault), place=place, field=fault.field, expected=fault.expected, got=fault.got
        )
        return None
    return None if _strange_codes(value, place, rejects) else value


def _strange_codes(value: Demand | Provider, place: str, rejects: RejectList) -> bool:
    """Report every code of a value that its scheme does not know; return whether there is one."""
    wrong = unknown_codes(value)
    for field, expected, code in wrong:
        rejects.add(RejectCode.UNKNOWN_VALUE, place=place, field=field, expected=expected, got=code)
    return bool(wrong)


def unknown_codes(value: Demand | Provider) -> list[tuple[str, str, str]]:
    """Return each code that its scheme does not know: its field, what was expected, the code."""
    parts: Sequence[DomainCode | Discipline] = (
        value.domain_codes if isinstance(value, Demand) else value.disciplines
    )
    listed = "domain_codes" if isinstance(value, Demand) else "disciplines"
    given = [(f"{listed}[{n}]", part.scheme, part.code) for n, part in enumerate(parts)]
    for n, document in enumerate(value.documents if isinstance(value, Provider) else ()):
        for m, code in enumerate(document.codes):
            scheme, _, rest = code.partition(":")
            given.append((f"documents[{n}].codes[{m}]", scheme, rest))
    wrong = ((field, wrong_code(scheme, code), code) for field, scheme, code in given)
    return [(field, expected, code) for field, expected, code in wrong if expected is not None]


def code_of(fault: Misread) -> RejectCode:
    """Return the code of what a plain value lacks."""
    if fault.got == "unknown field":
        return RejectCode.SETTINGS_KEYS
    if fault.got == "nothing":
        return RejectCode.VALUE_MISSING
    if fault.expected == "a value that its rules allow":
        return RejectCode.INCONSISTENT
    return RejectCode.UNKNOWN_VALUE


def strange_text(plain: Any, field: str = "", depth: int = 0) -> tuple[str, str] | None:
    """Return the first text with a character that no text may hold, and its field; else None.

    Line breaks and tabs may stand in a text of several lines.
    """
    if isinstance(plain, str):
        clean = plain.replace("\n", "").replace("\t", "")
        return None if clean.isprintable() or all(map(is_plain, clean)) else (field, plain)
    if depth > DEPTH_MAX:
        return field, f"nested deeper than {DEPTH_MAX}"
    parts: list[tuple[str, Any]] = []
    if isinstance(plain, dict):
        parts = [(f"{field}.{name}" if field else str(name), part) for name, part in plain.items()]
        parts += [(field, name) for name in plain]
    elif isinstance(plain, list):
        parts = [(f"{field}[{n}]", part) for n, part in enumerate(plain)]
    for name, part in parts:
        bad = strange_text(part, name, depth + 1)
        if bad is not None:
            return bad
    return None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name {twice} appears twice in one object")
    return found


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")
