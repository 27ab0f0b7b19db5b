"""Read a body and check its shape in one step, from the bytes as the record writes them.

Each type's shape is one regular expression over the canonical form, made of the kinds of its
fields. What it takes is canonical JSON, of the right shape, with the log's own fields in the log's
own forms; what it does not take is read and judged the long way. Replays read every entry of a
log, and this takes a tenth of the time.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from ledger.values.bodies import SHAPES, SUBJECT_FIELDS
from ledger.values.consent import EVENTS, EventType
from ledger.values.kinds import Read

Recognised = tuple[EventType, dict[str, object]]
"""A body's type and its fields."""

_BEFORE_TYPE = '"type":"'


class _Reader(NamedTuple):
    """How the bodies of one type are read.

    Parameters
    ----------
    form
        Matches a whole canonical body, a group for each field.
    names, optional
        The fields in the order of their groups, and those that may be left out.
    reads
        The fields whose value is not their group.
    about
        The field that must say the same as the subject; None where there is none.
    """

    event: EventType
    form: re.Pattern[str]
    names: tuple[str, ...]
    optional: tuple[str, ...]
    reads: tuple[tuple[str, Read], ...]
    about: str | None


def recognise(text: str) -> Recognised | None:
    """Return type and fields of a body's canonical JSON when it surely is right, else None.

    Whatever is returned is what `ledger.log.canonical.decode` gives, and `check_body` takes.
    """
    start = text.find(_BEFORE_TYPE) + len(_BEFORE_TYPE)
    event = EVENTS.get(text[start : text.find('"', start)])
    reader = None if event is None else _reader(event)
    found = None if reader is None else reader.form.fullmatch(text)
    if reader is None or found is None:
        return None
    body: dict[str, object] = dict(zip(reader.names, found.groups(), strict=True))
    for name in reader.optional:
        if body[name] is None:
            del body[name]
    try:
        for name, read in reader.reads:
            if name in body:
                body[name] = read(body[name])  # type: ignore[arg-type]  # a group is text
    except ValueError:
        return None
    if reader.about is not None and body[reader.about] != body["subject"]:
        return None
    return reader.event, body


@functools.cache
def _reader(event: EventType) -> _Reader | None:
    """Return the reader of a type; None when one of its fields is always read the long way.

    Made when the first body of the type is met: it takes milliseconds.
    """
    shape = SHAPES[event]
    fields = sorted(shape.fields.items())
    parts = []
    for name, kind in fields:
        if kind.form is None:
            return None
        form = f'"({re.escape(event)})"' if name == "type" else kind.form
        comma = "" if name == fields[-1][0] else ","
        part = f'"{name}":{form}{comma}'
        parts.append(f"(?:{part})?" if name in shape.optional else part)
    assert fields[-1][0] not in shape.optional, "a comma stands before the last field"
    return _Reader(
        event=event,
        form=re.compile(r"\{" + "".join(parts) + r"\}"),
        names=tuple(name for name, _ in fields),
        optional=tuple(sorted(shape.optional)),
        reads=tuple((name, kind.read) for name, kind in fields if kind.read is not None),
        about=SUBJECT_FIELDS.get(event),
    )
