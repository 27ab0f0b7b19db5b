"""The shape of every event's body: which fields, of which kind. Schema version 1.

A body is one flat object. Fields that a type does not know are refused, so nothing unseen is
ever signed; amounts are strings of digits in minor units with the currency beside them.
"""

import base64
import binascii
import datetime as dt
import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ledger.values.consent import Duty, EventType, Role
from ledger.values.money import MoneyError, exponent_of, parse_digits

SCHEMA_VERSION = 1
BPS_MAX = 10_000
MILLIS_MAX = 253_402_300_799_999
"""The last millisecond of the year 9999, UTC."""

Check = Callable[[object], None]

_DIGEST = re.compile(r"[A-Za-z0-9_-]{43}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,31}")
_SCHEME = re.compile(r"[a-z0-9][a-z0-9_.:-]{0,31}")
_ORIGIN = re.compile(r"[!-*,-~]{1,255}")  # printable ASCII without space and plus
_SUM = re.compile(r"0|[1-9][0-9]{0,29}")


class BodyError(ValueError):
    """A body that is not of its type's shape.

    Parameters
    ----------
    code
        ``MALFORMED_BODY``, ``UNKNOWN_TYPE``, ``UNKNOWN_FIELD``, ``SCHEMA_VERSION``,
        ``AMOUNT_MALFORMED``, ``AMOUNT_RANGE`` or ``CURRENCY_UNKNOWN``.
    field
        The offending field.
    """

    def __init__(self, code: str, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.code = code
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The fields of one type beside the common ones."""

    required: Mapping[str, Check]
    optional: Mapping[str, Check]


def check_body(body: Mapping[str, object]) -> EventType:
    """Return the type of a body after checking every field.

    Raises
    ------
    BodyError
        On an unknown type or field, a missing field, or a value of the wrong kind.
    """
    version = body.get("v")
    if isinstance(version, bool) or version != SCHEMA_VERSION:
        raise BodyError("SCHEMA_VERSION", "v", f"schema version {version!r}; this log takes 1")
    try:
        event = EventType(str(body.get("type")))
    except ValueError:
        raise BodyError(
            "UNKNOWN_TYPE", "type", f"no event is called {body.get('type')!r}"
        ) from None
    needed, known = _FIELDS[event]
    if not body.keys() <= known.keys():
        field = next(name for name in body if name not in known)
        raise BodyError("UNKNOWN_FIELD", field, f"{event} has no such field; leave it out")
    if not needed <= body.keys():
        field = next(name for name in known if name in needed and name not in body)
        raise BodyError("MALFORMED_BODY", field, f"{event} needs this field")
    field = ""
    try:
        for field, value in body.items():
            known[field](value)
    except MoneyError as problem:
        raise BodyError(problem.code, field, str(problem)) from None
    except ValueError as problem:
        raise BodyError("MALFORMED_BODY", field, str(problem)) from None
    about = _SUBJECT.get(event)
    if about is not None and body["subject"] != body[about]:
        raise BodyError("MALFORMED_BODY", "subject", f"must be the same handle as `{about}`")
    return event


def parse_date(value: object) -> dt.date:
    """Return the date of a field; raise `ValueError` unless it is written YYYY-MM-DD."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError(f"must be a date written YYYY-MM-DD, got {value!r}")
    return dt.date.fromisoformat(value)


def parse_public_key(value: object) -> bytes:
    """Return the 32 bytes of a key field; raise `ValueError` unless strict base64 of 32 bytes."""
    return _key_bytes(str(value))


@functools.lru_cache(maxsize=1_024)
def _key_bytes(text: str) -> bytes:
    """Return the bytes of a key; the state hands out the same few for every signature."""
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as problem:
        raise ValueError(f"must be base64: {problem}") from None
    if len(data) != 32 or base64.b64encode(data).decode() != text:
        raise ValueError(f"must be canonical base64 of 32 bytes, got {len(data)} bytes")
    return data


def introduced_keys(body: Mapping[str, object]) -> Mapping[str, bytes]:
    """Return the public keys that a body brings with it, by the key ids that it gives them.

    A body that replaces a key is signed by keys that no entry has enrolled: the new one, and for
    the log's own key the old one too. Whether a name fits its key is for the rules to check.
    """
    if body.get("type") == EventType.KEY_ROTATED:
        return {str(body["subject"]): parse_public_key(body["public_key"])}
    if body.get("type") == EventType.LOG_KEY_ROTATED:
        return {
            str(body["replaces"]): parse_public_key(body["replaced_key"]),
            str(body["subject"]): parse_public_key(body["public_key"]),
        }
    return {}


def _like(pattern: str, words: str) -> Check:
    matches = re.compile(pattern).fullmatch

    def check(value: object) -> None:
        if not isinstance(value, str) or matches(value) is None:
            raise ValueError(f"must be {words}, got {value!r}")

    return check


def _integer(low: int, high: int) -> Check:
    def check(value: object) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"must be an integer from {low} to {high}, got {value!r}")

    return check


def _one_of(*allowed: str) -> Check:
    known = frozenset(allowed)

    def check(value: object) -> None:
        if not isinstance(value, str) or value not in known:
            raise ValueError(f"must be one of {', '.join(allowed)}, got {value!r}")

    return check


def _sorted_list(item: re.Pattern[str], *, least: int, most: int) -> Check:
    def check(value: object) -> None:
        if not isinstance(value, list) or not least <= len(value) <= most:
            raise ValueError(f"must be a list of {least} to {most} texts, got {value!r}")
        if not all(isinstance(part, str) and item.fullmatch(part) for part in value):
            raise ValueError(f"must hold only texts like {item.pattern}, got {value!r}")
        if sorted(set(value)) != value:
            raise ValueError("must be sorted and free of repeats")

    return check


def _schemes(value: object) -> None:
    if not isinstance(value, list) or not 1 <= len(value) <= 16:
        raise ValueError(f"must be a list of 1 to 16 identifier schemes, got {value!r}")
    if not all(isinstance(part, str) and _SCHEME.fullmatch(part) for part in value):
        raise ValueError(f"must hold only scheme names such as uscc, got {value!r}")


def _totals(value: object) -> None:
    if not isinstance(value, list):
        raise ValueError(  # noqa: TRY004 - what is wrong is the body, not our code
            f"must be a list of totals, one a currency, got {value!r}"
        )
    for total in value:
        if not isinstance(total, dict) or set(total) != {"currency", "orders", "value", "live"}:
            raise ValueError(f"must hold currency, orders, value and live each, got {total!r}")
        _currency(total["currency"])
        _INDEX(total["orders"])
        for name in ("value", "live"):
            if not isinstance(total[name], str) or not _SUM.fullmatch(total[name]):
                raise ValueError(f"must hold sums in digits, got {name} {total[name]!r}")
    currencies = [total["currency"] for total in value]
    if sorted(set(currencies)) != currencies:
        raise ValueError("must be in the order of the currencies, each once")


def _origin(value: object) -> None:
    if not isinstance(value, str) or not _ORIGIN.fullmatch(value) or value.endswith("/"):
        raise ValueError(f"must be the origin of a log such as park.example/ledger, got {value!r}")


def _text(value: object) -> None:
    if not isinstance(value, str) or not value:
        raise ValueError(f"must be text, got {value!r}")


def _flag(value: object) -> None:
    if value is not True and value is not False:
        raise ValueError(f"must be true or false, got {value!r}")


def _date(value: object) -> None:
    parse_date(value)


def _amount(value: object) -> None:
    parse_digits(value)


def _amount_or_zero(value: object) -> None:
    parse_digits(value, zero=True)


def _currency(value: object) -> None:
    exponent_of(str(value))


def _public_key(value: object) -> None:
    parse_public_key(value)


_handle = _like(r"[0-9a-f]{32}", "a random handle of 32 lower-case hex digits")
_hash = _like(r"[0-9a-f]{64}", "64 lower-case hex digits")
_word = _like(r"[a-z][a-z_]{0,31}", "a lower-case word such as start_review")
_SD = _sorted_list(_DIGEST, least=0, most=400)
_ROLES = _sorted_list(re.compile("|".join(Role)), least=1, most=len(Role))
_CODES = _sorted_list(_CODE, least=0, most=64)
_SIDE = _one_of(Role.BUYER, Role.SELLER)
_CALL_SIDE = _one_of(Role.BUYER, Role.PROVIDER, Role.EXPERT, Role.CENTRE, Role.ARBITER)
_BPS = _integer(0, BPS_MAX)
_MILLIS = _integer(0, MILLIS_MAX)
_COUNT = _integer(1, 1_000_000_000)
_INDEX = _integer(0, 2**53 - 1)

COMMON: Mapping[str, Check] = MappingProxyType(
    {
        "v": _integer(1, 1),
        "log": _text,
        "type": _one_of(*EventType),
        "subject": _handle,
        "idem": _handle,
        "sd": _SD,
        "exp": _MILLIS,
    }
)


def _shape(optional: Mapping[str, Check] | None = None, /, **required: Check) -> Shape:
    return Shape(required=MappingProxyType(required), optional=MappingProxyType(optional or {}))


def _on_order(**required: Check) -> Shape:
    """Fields of an event on an order's chain; its signers may name the head that they saw."""
    return _shape({"osp": _hash}, order=_handle, **required)


def _on_seen_order(**required: Check) -> Shape:
    """Fields of an event that changes what the order carries: it must name the head."""
    return _shape(order=_handle, osp=_hash, **required)


SHAPES: Mapping[EventType, Shape] = MappingProxyType(
    {
        EventType.PARTY_ONBOARDED: _shape(
            registrar=_handle, version=_COUNT, roles=_ROLES, kyb_until=_date, schemes=_schemes
        ),
        EventType.KEY_ENROLLED: _shape(
            registrar=_handle,
            party=_handle,
            user=_handle,
            duty=_one_of(Duty.MAKER, Duty.CHECKER),
            alg=_one_of("ed25519"),
            public_key=_public_key,
            valid_from=_MILLIS,
            valid_to=_MILLIS,
        ),
        EventType.KEY_REVOKED: _shape(
            registrar=_handle,
            party=_handle,
            reason=_one_of("compromised", "left", "superseded"),
        ),
        EventType.PLAN_PUBLISHED: _shape(
            {"replaces": _handle},
            operator=_handle,
            snapshot=_hash,
            plan=_hash,
            objective=_amount_or_zero,
            bound=_amount_or_zero,
            currency=_currency,
        ),
        EventType.PROPOSAL_ACCEPTED: _shape(by=_SIDE, party=_handle, plan=_handle, terms=_hash),
        EventType.PROPOSAL_DECLINED: _shape(by=_SIDE, party=_handle, plan=_handle, terms=_hash),
        EventType.ORDER_SUBMITTED: _shape(
            {"osp": _hash, "plan": _handle},
            order=_handle,
            by=_SIDE,
            buyer=_handle,
            seller=_handle,
            version=_COUNT,
            currency=_currency,
            net=_amount,
            prepaid=_amount_or_zero,
            retention_bps=_BPS,
            assignable=_flag,
            issued=_date,
            last_due=_date,
            terms_days=_integer(0, 365),
        ),
        EventType.ORDER_CONFIRMED: _on_seen_order(
            buyer=_handle, version=_COUNT, net=_amount, currency=_currency
        ),
        EventType.ORDER_REJECTED: _on_seen_order(
            buyer=_handle,
            version=_COUNT,
            reason=_one_of("not_ours", "price", "quantity", "terms", "other"),
        ),
        EventType.POLICY_SET: _shape(
            lender=_handle,
            version=_COUNT,
            alpha_u0=_BPS,
            alpha_u1=_BPS,
            alpha_w=_BPS,
            alpha_r=_BPS,
        ),
        EventType.CLAIM_REQUESTED: _on_order(
            seller=_handle, amount=_amount, currency=_currency, maturity=_date
        ),
        EventType.CLAIM_SCREENED: _on_order(operator=_handle, codes=_CODES, report=_hash),
        EventType.CLAIM_LISTED: _on_order(seller=_handle),
        EventType.CLAIM_WITHDRAWN: _on_order(seller=_handle),
        EventType.CLAIM_OFFERED: _on_order(
            lender=_handle,
            offer=_handle,
            amount=_amount,
            currency=_currency,
            rate_bps=_BPS,
            policy=_COUNT,
            valid_until=_MILLIS,
        ),
        EventType.CLAIM_RESERVED: _on_seen_order(
            seller=_handle,
            lender=_handle,
            offer=_handle,
            amount=_amount,
            currency=_currency,
        ),
        EventType.CLAIM_LAPSED: _on_seen_order(operator=_handle, entry=_INDEX),
        EventType.CLAIM_PLEDGED: _on_seen_order(
            seller=_handle,
            buyer=_handle,
            lender=_handle,
            amount=_amount,
            currency=_currency,
            notice=_handle,
            registered_at=_MILLIS,
        ),
        EventType.CLAIM_FUNDED: _on_seen_order(
            lender=_handle, amount=_amount, currency=_currency, value_date=_date
        ),
        EventType.CLAIM_REPAID: _on_seen_order(
            lender=_handle,
            amount=_amount,
            currency=_currency,
            value_date=_date,
            interest=_amount_or_zero,
            principal=_amount_or_zero,
            surplus=_amount_or_zero,
        ),
        EventType.CLAIM_RELEASED: _on_seen_order(
            lender=_handle, amount=_amount, currency=_currency
        ),
        EventType.DISCLOSURE_MADE: _shape(about=_handle, by=_SIDE, party=_handle),
        EventType.ERASURE: _shape(
            registrar=_handle, operator=_handle, reason=_one_of("request", "retention", "court")
        ),
        EventType.KEY_ROTATED: _shape(
            registrar=_handle,
            party=_handle,
            replaces=_handle,
            alg=_one_of("ed25519"),
            public_key=_public_key,
            valid_from=_MILLIS,
            valid_to=_MILLIS,
        ),
        EventType.LOG_KEY_ROTATED: _shape(
            registrar=_handle,
            operator=_handle,
            replaces=_handle,
            alg=_one_of("ed25519"),
            replaced_key=_public_key,
            public_key=_public_key,
            overlap_until=_MILLIS,
        ),
        EventType.LOG_SM3_ROOT: _shape(operator=_handle, day=_date, covers=_INDEX, root=_hash),
        EventType.LOG_OPENED: _shape(
            registrar=_handle,
            operator=_handle,
            previous=_origin,
            size=_INDEX,
            root=_hash,
            checkpoint=_hash,
            reason=_one_of("compromised", "lost", "moved"),
        ),
        EventType.CALL_TRANSITION: _shape(
            {"seen": _hash},
            by=_CALL_SIDE,
            party=_handle,
            sequence=_COUNT,
            step=_word,
            **{"from": _word},
            to=_word,
            document=_hash,
        ),
        EventType.STATE_ROOT: _shape(
            operator=_handle, root=_hash, covers=_INDEX, rules=_COUNT, totals=_totals
        ),
    }
)
"""Fields per type. The body's size limit bounds every text; `sd` holds at most 400 digests."""

_SUBJECT: Mapping[EventType, str] = MappingProxyType(
    {
        EventType.ORDER_SUBMITTED: "order",
        EventType.ORDER_CONFIRMED: "order",
        EventType.ORDER_REJECTED: "order",
        EventType.POLICY_SET: "lender",
        EventType.LOG_SM3_ROOT: "operator",
        EventType.LOG_OPENED: "operator",
        EventType.STATE_ROOT: "operator",
    }
)
"""Types whose subject is stated in a field of its own as well."""

_FIELDS: Mapping[EventType, tuple[frozenset[str], Mapping[str, Check]]] = MappingProxyType(
    {
        event: (
            frozenset((*COMMON, *shape.required)),
            {**COMMON, **shape.required, **shape.optional},
        )
        for event, shape in SHAPES.items()
    }
)
"""Per type: the fields that it needs, and the check of each that it may have."""
