"""What a draft states, in words: what a person reads before signing it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from ledger.claims.drafts import Draft
from ledger.log.canonical import JsonValue
from ledger.values.consent import EventType
from ledger.values.disclosures import Disclosure, decoy_digest, open_all
from ledger.values.money import MoneyError, format_minor

STATEMENTS: Mapping[EventType, str] = {
    EventType.PARTY_ONBOARDED: "The registrar has identified this party.",
    EventType.KEY_ENROLLED: "This key speaks for a user of this party.",
    EventType.KEY_REVOKED: "This key signs nothing more.",
    EventType.KEY_ROTATED: "This key takes the place of another one of the same user.",
    EventType.LOG_KEY_ROTATED: "This key signs the log's checkpoints in the place of another.",
    EventType.LOG_SM3_ROOT: "The operator states the day's SM3 root over the log's first entries.",
    EventType.LOG_OPENED: "This log goes on where another one ended.",
    EventType.PLAN_PUBLISHED: "The operator fixes this plan and its bound.",
    EventType.PROPOSAL_ACCEPTED: "The party accepts what this plan proposes to it.",
    EventType.PROPOSAL_DECLINED: "The party declines what this plan proposes to it.",
    EventType.ORDER_SUBMITTED: "This purchase order enters the record.",
    EventType.ORDER_CONFIRMED: "The buyer confirms that it owes this order's value on delivery.",
    EventType.ORDER_REJECTED: "The buyer rejects this order.",
    EventType.POLICY_SET: "The lender's advance rates, from now on.",
    EventType.CLAIM_REQUESTED: "The seller asks for an advance on this order.",
    EventType.CLAIM_SCREENED: "The operator found nothing that bars this claim.",
    EventType.CLAIM_LISTED: "The seller shows this claim to lenders.",
    EventType.CLAIM_WITHDRAWN: "The seller takes this claim back.",
    EventType.CLAIM_OFFERED: "The lender offers this advance.",
    EventType.CLAIM_RESERVED: "The seller accepts the offer; headroom is held for 72 hours.",
    EventType.CLAIM_LAPSED: "The reservation's 72 hours are over.",
    EventType.CLAIM_PLEDGED: "The order's proceeds are pledged to the lender; the buyer was told.",
    EventType.CLAIM_FUNDED: "The lender has paid out this advance.",
    EventType.CLAIM_REPAID: "This payment arrived and is divided like this.",
    EventType.CLAIM_RELEASED: "The lender lets go of the order.",
    EventType.STATE_ROOT: "The operator states the root of the state map over all entries before.",
    EventType.DISCLOSURE_MADE: "The holder shows private fields of this order to the recipient.",
    EventType.ERASURE: "The key of these private fields is destroyed; proofs stay valid.",
    EventType.CALL_TRANSITION: "The party takes this step of the open call, saying what it hashes.",
}

_AMOUNTS = frozenset(
    {"amount", "net", "prepaid", "objective", "bound", "interest", "principal", "surplus"}
)
_TIMES = frozenset(
    {"exp", "overlap_until", "valid_from", "valid_to", "valid_until", "registered_at"}
)
_LABELS = {
    "osp": "order head seen",
    "exp": "to be entered by",
    "idem": "request id",
    "by": "submitted by",
    "log": "log",
    "v": "schema version",
    "subject": "about",
}
_ORDER = ("type", "log", "subject", "order", "buyer", "seller", "lender", "party", "net", "amount")


def rows(draft: Draft) -> list[tuple[str, str]]:
    """Return every signed field with its meaning, the most important first; none is left out."""
    body = draft.body
    names = [name for name in _ORDER if name in body]
    names += [name for name in sorted(body) if name not in _ORDER and name != "sd"]
    return [(_LABELS.get(name, name.replace("_", " ")), _value(draft, name)) for name in names]


def hidden(draft: Draft) -> tuple[list[tuple[str, str]], int]:
    """Return the hidden fields that the draft opens, and how many digests stay unexplained.

    A digest is explained when the draft opens it or shows that it is a decoy.

    Raises
    ------
    ledger.values.disclosures.DisclosureError
        When a disclosure is not what the body commits to.
    """
    digests = draft.body.get("sd")
    committed = [str(one) for one in digests] if isinstance(digests, list) else []
    opened = open_all(draft.disclosures, committed)
    shown = [(name, _disclosed(item, draft)) for name, item in opened.items()]
    seen = {item.digest for item in opened.values()} | set(map(decoy_digest, draft.decoys))
    return shown, len(set(committed) - seen)


def statement(draft: Draft) -> str:
    """Return the one sentence that the signature stands for."""
    return STATEMENTS[EventType(str(draft.body["type"]))]


def _value(draft: Draft, name: str) -> str:
    value = draft.body[name]
    currency = draft.body.get("currency")
    if name in _AMOUNTS and isinstance(value, str) and isinstance(currency, str):
        return _amount(value, currency)
    if name in _TIMES and isinstance(value, int):
        return dt.datetime.fromtimestamp(value // 1000, dt.UTC).strftime("%Y-%m-%d %H:%M UTC")
    if name.endswith("_bps") or name.startswith("alpha_"):
        return f"{value} bps"
    return _plain(value)


def _amount(digits: str, currency: str) -> str:
    try:
        return format_minor(int(digits), currency)
    except (MoneyError, ValueError):
        return f"{digits} (minor units of {currency})"


def _disclosed(item: Disclosure, draft: Draft) -> str:
    value = item.value
    currency = str(draft.body.get("currency", ""))
    if isinstance(value, dict) and isinstance(value.get("amount"), str) and currency:
        parts = {name: str(part) for name, part in value.items()}
        parts["amount"] = _amount(parts["amount"], currency)
        return ", ".join(f"{name} {part}" for name, part in sorted(parts.items()))
    return str(value)


def _plain(value: JsonValue) -> str:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
