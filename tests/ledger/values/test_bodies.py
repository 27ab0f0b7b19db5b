"""Shapes: nothing unknown is signed, nothing needed is missing, nothing has the wrong kind."""

import pytest

from ledger.values.bodies import BodyError, check_body
from ledger.values.consent import EventType

HANDLE = "0123456789abcdef" * 2
HASH = HANDLE * 2
BODY = {
    "v": 1,
    "log": "park.example/ledger",
    "type": "order.confirmed",
    "subject": HANDLE,
    "order": HANDLE,
    "idem": HANDLE,
    "osp": HASH,
    "exp": 1_800_000_000_000,
    "sd": [],
    "buyer": HANDLE,
    "version": 1,
    "net": "100",
    "currency": "CNY",
}
ENROLMENT = {
    **{name: BODY[name] for name in ("v", "log", "subject", "idem", "exp", "sd")},
    "type": "key.enrolled",
    "registrar": HANDLE,
    "party": HANDLE,
    "user": HANDLE,
    "duty": "maker",
    "alg": "ed25519",
    "public_key": "A" * 43 + "=",
    "valid_from": 0,
    "valid_to": 1,
}
SUBMISSION = {
    **{name: BODY[name] for name in ("v", "log", "subject", "idem", "exp", "sd", "order")},
    "type": "order.submitted",
    "by": "seller",
    "buyer": HANDLE,
    "seller": HANDLE,
    "version": 1,
    "currency": "CNY",
    "net": "5",
    "prepaid": "0",
    "retention_bps": 0,
    "assignable": True,
    "issued": "2026-01-01",
    "last_due": "2026-02-01",
    "terms_days": 60,
}


@pytest.mark.parametrize("body", [BODY, ENROLMENT, SUBMISSION])
def test_a_right_body_has_its_type(body: dict[str, object]) -> None:
    assert check_body(body) is EventType(str(body["type"]))


@pytest.mark.parametrize("body", [BODY, ENROLMENT, SUBMISSION])
def test_every_field_is_needed(body: dict[str, object]) -> None:
    for field in body:
        with pytest.raises(BodyError) as caught:
            check_body({name: value for name, value in body.items() if name != field})
        assert caught.value.field in (field, "type")


@pytest.mark.parametrize("body", [BODY, ENROLMENT, SUBMISSION])
@pytest.mark.parametrize("value", [None, 1.5, -1, [], {}, "", [None], {"a": 1}, True, "\x00", "é"])
def test_no_field_takes_a_value_of_another_kind(body: dict[str, object], value: object) -> None:
    for field in body:
        if (field == "assignable" and value is True) or (field == "sd" and value == []):
            continue
        if field == "log" and isinstance(value, str) and value:
            continue  # the log compares it with its own origin
        with pytest.raises(BodyError):
            check_body({**body, field: value})


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"type": "order.cancelled"}, "UNKNOWN_TYPE"),
        ({"note": "hello"}, "UNKNOWN_FIELD"),
        ({"v": 2}, "SCHEMA_VERSION"),
        ({"v": True}, "SCHEMA_VERSION"),
        ({"net": 100.0}, "AMOUNT_MALFORMED"),
        ({"net": "0"}, "AMOUNT_RANGE"),
        ({"net": "10000000000001"}, "AMOUNT_RANGE"),
        ({"currency": "RMB"}, "CURRENCY_UNKNOWN"),
        ({"version": 0}, "MALFORMED_BODY"),
        ({"subject": "f" * 32}, "MALFORMED_BODY"),  # not the order's handle
        ({"idem": "short"}, "MALFORMED_BODY"),
        ({"sd": ["b" * 43, "a" * 43]}, "MALFORMED_BODY"),  # not sorted
        ({"sd": ["a" * 43, "a" * 43]}, "MALFORMED_BODY"),
    ],
)
def test_each_wrong_part_has_its_code(change: dict[str, object], code: str) -> None:
    with pytest.raises(BodyError) as caught:
        check_body({**BODY, **change})

    assert caught.value.code == code


@pytest.mark.parametrize("text", ["2026-02-30", "2026-1-1", "20260101", "2026-01-01T00:00"])
def test_dates_are_written_out(text: str) -> None:
    with pytest.raises(BodyError):
        check_body({**SUBMISSION, "issued": text})


@pytest.mark.parametrize("text", ["A" * 43, "A" * 42 + "B=", "A" * 40 + "====", "?" * 44])
def test_keys_are_strict_base64_of_32_bytes(text: str) -> None:
    with pytest.raises(BodyError):
        check_body({**ENROLMENT, "public_key": text})
