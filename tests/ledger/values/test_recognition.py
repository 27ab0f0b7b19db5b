"""Reading in one step: it takes nothing that the long way would not take, and reads it the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Refusal
from ledger.log import canonical
from ledger.log.body import parse_body
from ledger.values.bodies import SHAPES, check_body
from ledger.values.consent import EventType
from ledger.values.recognition import recognise
from tests.ledger.values.test_bodies import BODY, ENROLMENT, SUBMISSION

RECOGNISED = [
    event for event in EventType if all(kind.form for kind in SHAPES[event].fields.values())
]


def text_of(body: dict[str, object]) -> str:
    """Return the canonical JSON of a body."""
    return canonical.encode(body).decode()  # type: ignore[arg-type]  # a test's own fields


def judged_the_long_way(text: str) -> tuple[EventType, object] | None:
    """Return type and fields, or None when the log or the shapes refuse the body."""
    try:
        fields = parse_body(text.encode()).fields
        return check_body(fields), fields
    except (Refusal, ValueError):
        return None


@st.composite
def bodies(draw: st.DrawFn) -> str:
    """Draw the text of a body whose every field has the form of its kind."""
    event = draw(st.sampled_from(RECOGNISED))
    shape = SHAPES[event]
    left_out = draw(st.sets(st.sampled_from(sorted(shape.optional)))) if shape.optional else set()
    parts = []
    for name, kind in sorted(shape.fields.items()):
        if name in left_out:
            continue
        assert kind.form is not None
        value = f'"{event}"' if name == "type" else draw(st.from_regex(kind.form, fullmatch=True))
        parts.append(f'"{name}":{value}')
    return "{" + ",".join(parts) + "}"


@pytest.mark.parametrize("body", [BODY, ENROLMENT, SUBMISSION, {**SUBMISSION, "sd": ["A" * 43]}])
def test_a_right_body_is_recognised(body: dict[str, object]) -> None:
    assert recognise(text_of(body)) == (EventType(str(body["type"])), body)


def test_almost_every_type_is_recognised() -> None:
    """The others are entered a few times in the life of a log, or once a checkpoint."""
    rare = {EventType.PARTY_ONBOARDED, EventType.LOG_OPENED, EventType.STATE_ROOT}
    assert set(EventType) - set(RECOGNISED) == rare


@given(bodies())
def test_what_is_recognised_reads_as_the_long_way_reads_it(text: str) -> None:
    found = recognise(text)
    assert found is None or found == judged_the_long_way(text)


@given(st.sampled_from([BODY, ENROLMENT, SUBMISSION]), st.data())
def test_a_changed_character_is_never_taken_for_something_else(
    body: dict[str, object], data: st.DataObject
) -> None:
    text = text_of(body)
    at = data.draw(st.integers(0, len(text) - 1))
    new = data.draw(st.sampled_from([*'09afzA" \\{}[],:-+/=é', ""]))
    changed = text[:at] + new + text[at + 1 :]
    found = recognise(changed)
    assert found is None or found == judged_the_long_way(changed)


@pytest.mark.parametrize(
    ("body", "change"),
    [
        (BODY, {"osp": None}),  # the head that was seen is needed here
        (BODY, {"subject": "f" * 32}),  # not the order that it is about
        (BODY, {"more": 1}),  # unknown
        (BODY, {"currency": "XTS"}),  # the code for tests is no currency
        (BODY, {"net": "0"}),  # nothing
        (BODY, {"net": "10000000000001"}),  # too much
        (BODY, {"version": 1_000_000_001}),
        (BODY, {"exp": 253_402_300_800_000}),
        (BODY, {"sd": ["B" * 43, "A" * 43]}),  # out of order
        (BODY, {"sd": ["A" * 43, "A" * 43]}),  # twice
        (BODY, {"log": "park example"}),
        (SUBMISSION, {"issued": "2026-02-30"}),  # no such day
        (SUBMISSION, {"terms_days": 366}),
        (SUBMISSION, {"by": "lender"}),
        (ENROLMENT, {"public_key": "A" * 42 + "B="}),  # not the one form of its bytes
        (ENROLMENT, {"duty": "viewer"}),
    ],
)
def test_what_the_shapes_refuse_is_not_recognised(
    body: dict[str, object], change: dict[str, object]
) -> None:
    changed = {name: value for name, value in {**body, **change}.items() if value is not None}
    assert judged_the_long_way(text_of(changed)) is None
    assert recognise(text_of(changed)) is None


def test_other_bytes_for_the_same_values_are_not_recognised() -> None:
    text = text_of(BODY)
    for other in (
        text.replace(":", ": ", 1),
        text.replace("CNY", "\\u0043NY"),
        text.replace('"v":1', '"v":1,"v":1'),
        text + "\n",
        "",
    ):
        assert other != text
        assert recognise(other) is None
