"""The record: drafts with a fixed order head, signed submissions, what an order looks like now."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from api.services import duplicates, screening, settlement
from api.services.drafting import table
from api.services.duplicates import PossibleDuplicate
from api.services.workspace import Workspace
from data.errors import NotFound
from ledger.claims import drafts
from ledger.claims.drafts import Draft
from ledger.claims.limit import Hold, ceiling, free
from ledger.claims.state import ClaimState, KeyState, OrderState, PolicyState
from ledger.errors import Refusal
from ledger.log.canonical import JsonObject
from ledger.log.entry import Envelope, leaf_hash, parse_leaf
from ledger.log.store import LogReader, Receipt
from ledger.log.writer import Ack
from ledger.values.consent import EventType

WRITERS = 16
"""Threads that wait for receipts when many drafts are entered at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptView:
    """Where a submission entered the log; `leaf_hash` in hex, time in UTC milliseconds."""

    request_id: str
    index: int
    leaf_hash: str
    time_ms: int

    @classmethod
    def of(cls, receipt: Receipt) -> ReceiptView:
        """Return a receipt as clients read it."""
        return cls(
            request_id=receipt.request_id,
            index=receipt.index,
            leaf_hash=receipt.leaf_hash.hex(),
            time_ms=receipt.time_ms,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """One entry of an order's chain; `signers` as `role duty`, such as `buyer checker`."""

    index: int
    sequence: int
    type: str
    time_ms: int
    leaf_hash: str
    signers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimView:
    """A claim on an order, in minor units of its currency.

    Parameters
    ----------
    principal_minor
        What was reserved; before that, what the seller asks for.
    """

    id: str
    state: str
    lender: str | None
    currency: str
    principal_minor: int
    repaid_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadroomView:
    """What one lender may still pledge on this order: limit M, live principal, the rest."""

    lender: str
    limit_minor: int
    live_minor: int
    headroom_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecord:
    """An order in the record: its state, its whole chain, claims and headroom.

    Parameters
    ----------
    buyer, seller
        Handles of the parties.
    head
        Leaf hash (hex) of its newest entry: the `osp` of the next one.
    """

    handle: str
    state: str
    buyer: str
    seller: str
    currency: str
    value_minor: int
    head: str
    entries: tuple[EntryView, ...]
    claims: tuple[ClaimView, ...]
    headroom: tuple[HeadroomView, ...]


def make_draft(workspace: Workspace, event: str, facts: Mapping[str, object]) -> Draft:
    """Make a draft of an event (`order.confirmed`, `claim.pledged`, …) from named facts.

    See `api.services.drafting.table.make_draft`; facts by event: `draft_fields`.
    """
    return table.make_draft(workspace, event, facts)


def draft_fields(event: str) -> tuple[str, ...]:
    """Return the names of the facts that `make_draft` needs for an event. Raises BadRequest."""
    return table.draft_fields(event)


def submit(
    workspace: Workspace,
    draft: Draft,
    *,
    ack: Ack = Ack.WITNESSED,
    timeout_seconds: float = 30.0,
) -> ReceiptView:
    """Enter a fully signed draft; the answer comes when the receipt promises what `ack` asks for.

    A requested claim is screened at once, by rule; when that is refused, submitting the request
    again tries it anew.

    Raises
    ------
    ledger.errors.Refusal
        When a rule is broken; nothing has changed.
    ledger.errors.OutcomeUnknown
        When no answer came in time: submit the same draft again.
    """
    receipt = _enter(workspace, draft, timeout_seconds, ack)
    _entered(workspace, [draft])
    if draft.body["type"] == EventType.CLAIM_REQUESTED:
        # The request stands whatever comes of this: refused (the operator's key is not enrolled,
        # say) or held, the claim waits as requested, and the same submission again screens it.
        with contextlib.suppress(Refusal, PossibleDuplicate):
            screening.screen(workspace, str(draft.body["subject"]))
    return ReceiptView.of(receipt)


def submit_all(
    workspace: Workspace, signed: Sequence[Draft], *, timeout_seconds: float = 60.0
) -> tuple[ReceiptView, ...]:
    """Enter many drafts that do not depend on one another, in shared commits.

    Requested claims are not screened here.

    Raises
    ------
    ledger.errors.Refusal
        The first refusal in the order given; the others may have been entered.
    """
    with ThreadPoolExecutor(max_workers=min(WRITERS, max(1, len(signed)))) as pool:
        waiting = [pool.submit(_enter, workspace, draft, timeout_seconds) for draft in signed]
        receipts = [one.exception() or one.result() for one in waiting]
    done = [
        draft
        for draft, receipt in zip(signed, receipts, strict=True)
        if isinstance(receipt, Receipt)
    ]
    _entered(workspace, done)
    return tuple(ReceiptView.of(_receipt(receipt)) for receipt in receipts)


def _enter(
    workspace: Workspace, draft: Draft, timeout_seconds: float, ack: Ack = Ack.WITNESSED
) -> Receipt:
    request = drafts.to_request(draft)
    try:
        return workspace.writer.submit(request, ack=ack, timeout_seconds=timeout_seconds)
    except Refusal as refusal:
        settlement.refused(workspace, draft, refusal)
        raise


def _entered(workspace: Workspace, entered: Sequence[Draft]) -> None:
    """Carry entries into the rows; compare new orders with those that were there."""
    settlement.entered(workspace, entered)
    for draft in entered:
        if draft.body["type"] == EventType.ORDER_SUBMITTED:
            duplicates.register_if_open(workspace, str(draft.body["order"]))


def _receipt(answer: Receipt | BaseException) -> Receipt:
    if isinstance(answer, BaseException):
        raise answer
    return answer


def get_order(workspace: Workspace, handle: str) -> OrderRecord:
    """Return an order's record. Raises NotFound."""
    with workspace.log.reader() as reader:
        value = reader.state(f"{OrderState.prefix}/{handle}")
        if value is None:
            raise NotFound("order in the record", handle)
        order = OrderState.from_json(value)
        chain = [(index, leaf, parse_leaf(leaf)) for index, leaf in reader.chain(handle)]
        duties = _duties(reader, [envelope for _, _, envelope in chain])
        return OrderRecord(
            handle=handle,
            state=order.status.value,
            buyer=order.buyer,
            seller=order.seller,
            currency=order.currency,
            value_minor=order.net,
            head=leaf_hash(chain[-1][1]).hex(),
            entries=tuple(_entry(leaf, envelope, duties) for _, leaf, envelope in chain),
            claims=_claims(reader, order, [envelope for _, _, envelope in chain]),
            headroom=_headroom(reader, order, workspace.log.keys(f"{PolicyState.prefix}/")),
        )


def list_handles(workspace: Workspace) -> tuple[str, ...]:
    """Return the handles of all orders in the record."""
    prefix = f"{OrderState.prefix}/"
    return tuple(key.removeprefix(prefix) for key in workspace.log.keys(prefix))


def _duties(reader: LogReader, envelopes: Sequence[Envelope]) -> Mapping[str, str]:
    """Return the duty of each key that signed, by its name."""
    found: dict[str, str] = {}
    for kid in {signature.kid for envelope in envelopes for signature in envelope.signatures}:
        value = reader.state(f"{KeyState.prefix}/{kid}")
        found[kid] = "" if value is None else KeyState.from_json(value).duty
    return found


def _entry(leaf: bytes, envelope: Envelope, duties: Mapping[str, str]) -> EntryView:
    return EntryView(
        index=envelope.meta.index,
        sequence=envelope.meta.order_sequence or 0,
        type=str(envelope.body["type"]),
        time_ms=envelope.meta.time_ms,
        leaf_hash=leaf_hash(leaf).hex(),
        signers=tuple(
            f"{signature.role} {duties[signature.kid]}".strip() for signature in envelope.signatures
        ),
    )


def _claims(
    reader: LogReader, order: OrderState, envelopes: Sequence[Envelope]
) -> tuple[ClaimView, ...]:
    handles = [
        str(envelope.body["subject"])
        for envelope in envelopes
        if envelope.body["type"] == EventType.CLAIM_REQUESTED
    ]
    return tuple(
        _claim(handle, order, _loaded(reader.state, f"{ClaimState.prefix}/{handle}"))
        for handle in handles
    )


def _loaded(read: Callable[[str], JsonObject | None], key: str) -> JsonObject:
    value = read(key)
    if value is None:
        raise NotFound("state", key)
    return value


def _claim(handle: str, order: OrderState, value: JsonObject) -> ClaimView:
    claim = ClaimState.from_json(value)
    return ClaimView(
        id=handle,
        state=claim.status.value,
        lender=claim.lender,
        currency=order.currency,
        principal_minor=claim.principal or claim.asked,
        repaid_minor=claim.repaid,
    )


def _headroom(
    reader: LogReader, order: OrderState, policies: Sequence[str]
) -> tuple[HeadroomView, ...]:
    """Return for each lender with a policy what it could still pledge under that policy."""
    found = []
    for key in policies:
        lender = key.removeprefix(f"{PolicyState.prefix}/")
        limit = ceiling(order.eligible, PolicyState.from_json(_loaded(reader.state, key)).alphas)
        holds = order.holds()
        own = sum(live.principal for live, _ in holds if live.lender == lender)
        room = free((hold for _, hold in holds), Hold(principal=0, ceiling=limit))
        found.append(
            HeadroomView(
                lender=lender,
                limit_minor=limit,
                live_minor=own,
                headroom_minor=max(0, min(room, limit - own)),
            )
        )
    return tuple(found)
