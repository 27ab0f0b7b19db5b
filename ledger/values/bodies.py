"""The shape of every event's body: which fields, of which kind. Schema version 1.

A body is one flat object. Fields that a type does not know are refused, so nothing unseen is
ever signed; amounts are strings of digits in minor units with the currency beside them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ledger.values import kinds
from ledger.values.consent import EventType
from ledger.values.kinds import (
    AMOUNT,
    AMOUNT_OR_ZERO,
    BPS,
    COUNT,
    CURRENCY,
    DATE,
    HANDLE,
    HASH,
    INDEX,
    MILLIS,
    PUBLIC_KEY,
    SIDE,
    WORD,
    Check,
    Kind,
    integer,
    one_of,
    parse_public_key,
)
from ledger.values.money import MoneyError

SCHEMA_VERSION = 1


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

    required: Mapping[str, Kind]
    optional: Mapping[str, Kind]

    @property
    def fields(self) -> Mapping[str, Kind]:
        """The kind of every field that a body of this type may have."""
        return {**COMMON, **self.required, **self.optional}


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
    about = SUBJECT_FIELDS.get(event)
    if about is not None and body["subject"] != body[about]:
        raise BodyError("MALFORMED_BODY", "subject", f"must be the same handle as `{about}`")
    return event


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


COMMON: Mapping[str, Kind] = MappingProxyType(
    {
        "v": integer(SCHEMA_VERSION, SCHEMA_VERSION),
        "log": kinds.TEXT,
        "type": kinds.TYPE,
        "subject": HANDLE,
        "idem": HANDLE,
        "sd": kinds.DIGESTS,
        "exp": MILLIS,
    }
)


def _shape(optional: Mapping[str, Kind] | None = None, /, **required: Kind) -> Shape:
    return Shape(required=MappingProxyType(required), optional=MappingProxyType(optional or {}))


def _on_order(**required: Kind) -> Shape:
    """Fields of an event on an order's chain; its signers may name the head that they saw."""
    return _shape({"osp": HASH}, order=HANDLE, **required)


def _on_seen_order(**required: Kind) -> Shape:
    """Fields of an event that changes what the order carries: it must name the head."""
    return _shape(order=HANDLE, osp=HASH, **required)


SHAPES: Mapping[EventType, Shape] = MappingProxyType(
    {
        EventType.PARTY_ONBOARDED: _shape(
            registrar=HANDLE,
            version=COUNT,
            roles=kinds.ROLES,
            kyb_until=DATE,
            schemes=kinds.SCHEMES,
        ),
        EventType.KEY_ENROLLED: _shape(
            registrar=HANDLE,
            party=HANDLE,
            user=HANDLE,
            duty=kinds.DUTY,
            alg=one_of("ed25519"),
            public_key=PUBLIC_KEY,
            valid_from=MILLIS,
            valid_to=MILLIS,
        ),
        EventType.KEY_REVOKED: _shape(
            registrar=HANDLE,
            party=HANDLE,
            reason=one_of("compromised", "left", "superseded"),
        ),
        EventType.PLAN_PUBLISHED: _shape(
            {"replaces": HANDLE},
            operator=HANDLE,
            snapshot=HASH,
            plan=HASH,
            objective=AMOUNT_OR_ZERO,
            bound=AMOUNT_OR_ZERO,
            currency=CURRENCY,
        ),
        EventType.PROPOSAL_ACCEPTED: _shape(by=SIDE, party=HANDLE, plan=HANDLE, terms=HASH),
        EventType.PROPOSAL_DECLINED: _shape(by=SIDE, party=HANDLE, plan=HANDLE, terms=HASH),
        EventType.ORDER_SUBMITTED: _shape(
            {"osp": HASH, "plan": HANDLE},
            order=HANDLE,
            by=SIDE,
            buyer=HANDLE,
            seller=HANDLE,
            version=COUNT,
            currency=CURRENCY,
            net=AMOUNT,
            prepaid=AMOUNT_OR_ZERO,
            retention_bps=BPS,
            assignable=kinds.FLAG,
            issued=DATE,
            last_due=DATE,
            terms_days=integer(0, 365),
        ),
        EventType.ORDER_CONFIRMED: _on_seen_order(
            buyer=HANDLE, version=COUNT, net=AMOUNT, currency=CURRENCY
        ),
        EventType.ORDER_REJECTED: _on_seen_order(
            buyer=HANDLE,
            version=COUNT,
            reason=one_of("not_ours", "price", "quantity", "terms", "other"),
        ),
        EventType.POLICY_SET: _shape(
            lender=HANDLE,
            version=COUNT,
            alpha_u0=BPS,
            alpha_u1=BPS,
            alpha_w=BPS,
            alpha_r=BPS,
        ),
        EventType.CLAIM_REQUESTED: _on_order(
            seller=HANDLE, amount=AMOUNT, currency=CURRENCY, maturity=DATE
        ),
        EventType.CLAIM_SCREENED: _on_order(operator=HANDLE, codes=kinds.CODES, report=HASH),
        EventType.CLAIM_LISTED: _on_order(seller=HANDLE),
        EventType.CLAIM_WITHDRAWN: _on_order(seller=HANDLE),
        EventType.CLAIM_OFFERED: _on_order(
            lender=HANDLE,
            offer=HANDLE,
            amount=AMOUNT,
            currency=CURRENCY,
            rate_bps=BPS,
            policy=COUNT,
            valid_until=MILLIS,
        ),
        EventType.CLAIM_RESERVED: _on_seen_order(
            seller=HANDLE,
            lender=HANDLE,
            offer=HANDLE,
            amount=AMOUNT,
            currency=CURRENCY,
        ),
        EventType.CLAIM_LAPSED: _on_seen_order(operator=HANDLE, entry=INDEX),
        EventType.CLAIM_PLEDGED: _on_seen_order(
            seller=HANDLE,
            buyer=HANDLE,
            lender=HANDLE,
            amount=AMOUNT,
            currency=CURRENCY,
            notice=HANDLE,
            registered_at=MILLIS,
        ),
        EventType.CLAIM_FUNDED: _on_seen_order(
            lender=HANDLE, amount=AMOUNT, currency=CURRENCY, value_date=DATE
        ),
        EventType.CLAIM_REPAID: _on_seen_order(
            lender=HANDLE,
            amount=AMOUNT,
            currency=CURRENCY,
            value_date=DATE,
            interest=AMOUNT_OR_ZERO,
            principal=AMOUNT_OR_ZERO,
            surplus=AMOUNT_OR_ZERO,
        ),
        EventType.CLAIM_RELEASED: _on_seen_order(lender=HANDLE, amount=AMOUNT, currency=CURRENCY),
        EventType.DISCLOSURE_MADE: _shape(about=HANDLE, by=SIDE, party=HANDLE),
        EventType.ERASURE: _shape(
            registrar=HANDLE, operator=HANDLE, reason=one_of("request", "retention", "court")
        ),
        EventType.KEY_ROTATED: _shape(
            registrar=HANDLE,
            party=HANDLE,
            replaces=HANDLE,
            alg=one_of("ed25519"),
            public_key=PUBLIC_KEY,
            valid_from=MILLIS,
            valid_to=MILLIS,
        ),
        EventType.LOG_KEY_ROTATED: _shape(
            registrar=HANDLE,
            operator=HANDLE,
            replaces=HANDLE,
            alg=one_of("ed25519"),
            replaced_key=PUBLIC_KEY,
            public_key=PUBLIC_KEY,
            overlap_until=MILLIS,
        ),
        EventType.LOG_SM3_ROOT: _shape(operator=HANDLE, day=DATE, covers=INDEX, root=HASH),
        EventType.LOG_OPENED: _shape(
            registrar=HANDLE,
            operator=HANDLE,
            previous=kinds.ORIGIN,
            size=INDEX,
            root=HASH,
            checkpoint=HASH,
            reason=one_of("compromised", "lost", "moved"),
        ),
        EventType.CALL_TRANSITION: _shape(
            {"seen": HASH},
            by=kinds.CALL_SIDE,
            party=HANDLE,
            sequence=COUNT,
            step=WORD,
            **{"from": WORD},
            to=WORD,
            document=HASH,
        ),
        EventType.STATE_ROOT: _shape(
            operator=HANDLE, root=HASH, covers=INDEX, rules=COUNT, totals=kinds.TOTALS
        ),
    }
)
"""Fields per type. The body's size limit bounds every text; `sd` holds at most 400 digests."""

SUBJECT_FIELDS: Mapping[EventType, str] = MappingProxyType(
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
            {name: kind.check for name, kind in shape.fields.items()},
        )
        for event, shape in SHAPES.items()
    }
)
"""Per type: the fields that it needs, and the check of each that it may have."""
