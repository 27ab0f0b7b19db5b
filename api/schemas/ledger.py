"""The record on the wire: drafts, receipts, an order's record, proofs."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints

from api.schemas.base import Page, Wire
from api.services.log_files import ConsistencyView, InclusionView
from api.services.records import OrderRecord, ReceiptView

EventName = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}\.[a-z_]{1,40}$")]
Hex256 = Annotated[str, Field(description="SHA-256, lower-case hex", examples=["9f86d081…"])]

DRAFT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": (
        "A draft file (format parkloom/draft/v1): the body to sign, byte for byte, what its "
        "hidden fields are, who must sign, and the signatures so far. `parkloom sign` adds one."
    ),
    "required": ["body", "format"],
    "properties": {
        "format": {"const": "parkloom/draft/v1"},
        "body": {"type": "object", "description": "What is signed; canonical JSON (RFC 8785)"},
        "disclosures": {"type": "array", "items": {"type": "string"}},
        "decoys": {"type": "array", "items": {"type": "string"}},
        "needs": {"type": "array", "items": {"type": "object"}},
        "signatures": {"type": "array", "items": {"type": "object"}},
        "summary": {"description": "For people; not signed and not stored"},
    },
}

DRAFT_RESPONSE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A draft to sign",
        "content": {"application/json": {"schema": DRAFT_SCHEMA}},
    }
}


class DraftRequest(Wire):
    """An event and its facts by name; GET /v1/ledger/drafts/{event} lists the names."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"event": "order.confirmed", "facts": {"order": "0f3b…", "party": "buyer"}}
            ]
        },
    )

    event: EventName
    facts: dict[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,60}$")], Any] = Field(
        default_factory=dict, max_length=60
    )


class DraftFields(Wire):
    """The facts that a draft of an event needs."""

    event: str
    fields: list[str]


class Receipt(Wire):
    """Where a signed body entered the log; the same for every repetition."""

    request_id: str
    index: int
    leaf_hash: Hex256
    time_ms: int = Field(description="UTC milliseconds, given by the log")

    @classmethod
    def of(cls, view: ReceiptView) -> Receipt:
        """Return the wire form."""
        return cls.model_construct(
            request_id=view.request_id,
            index=view.index,
            leaf_hash=view.leaf_hash,
            time_ms=view.time_ms,
        )


class Entry(Wire):
    """One entry of an order's chain."""

    index: int
    sequence: int
    type: str
    time_ms: int
    leaf_hash: Hex256
    signers: list[str]


class Claim(Wire):
    """A claim on an order, amounts in minor units of its currency."""

    id: str
    state: str
    lender: str | None
    currency: str
    principal_minor: int
    repaid_minor: int


class Headroom(Wire):
    """What one lender may still pledge on an order."""

    lender: str
    limit_minor: int
    live_minor: int
    headroom_minor: int


class OrderInRecord(Wire):
    """An order in the record: its state, its whole chain, claims and headroom."""

    handle: str
    state: str
    buyer: str
    seller: str
    currency: str
    value_minor: int
    head: Hex256
    entries: list[Entry]
    claims: list[Claim]
    headroom: list[Headroom]

    @classmethod
    def of(cls, record: OrderRecord) -> OrderInRecord:
        """Return the wire form."""
        return cls.model_construct(
            handle=record.handle,
            state=record.state,
            buyer=record.buyer,
            seller=record.seller,
            currency=record.currency,
            value_minor=record.value_minor,
            head=record.head,
            entries=[
                Entry.model_construct(
                    index=entry.index,
                    sequence=entry.sequence,
                    type=entry.type,
                    time_ms=entry.time_ms,
                    leaf_hash=entry.leaf_hash,
                    signers=list(entry.signers),
                )
                for entry in record.entries
            ],
            claims=[
                Claim.model_construct(
                    id=claim.id,
                    state=claim.state,
                    lender=claim.lender,
                    currency=claim.currency,
                    principal_minor=claim.principal_minor,
                    repaid_minor=claim.repaid_minor,
                )
                for claim in record.claims
            ],
            headroom=[
                Headroom.model_construct(
                    lender=room.lender,
                    limit_minor=room.limit_minor,
                    live_minor=room.live_minor,
                    headroom_minor=room.headroom_minor,
                )
                for room in record.headroom
            ],
        )


class HandlePage(Page):
    """Handles of orders in the record."""

    items: list[str]


class Keys(Wire):
    """What a verifier pins: both keys as C2SP vkey lines."""

    origin: str
    log: str = Field(description="The log's key")
    registrar: str = Field(description="The registrar's root key")


class InclusionProof(Wire):
    """Proof that an entry is in the tree of a size (RFC 6962)."""

    index: int
    size: int
    leaf_hash: Hex256
    root: Hex256
    proof: list[str]

    @classmethod
    def of(cls, view: InclusionView) -> InclusionProof:
        """Return the wire form."""
        return cls.model_construct(
            index=view.index,
            size=view.size,
            leaf_hash=view.leaf_hash,
            root=view.root,
            proof=list(view.proof),
        )


class ConsistencyProof(Wire):
    """Proof that the tree of a size extends an earlier one (RFC 6962)."""

    old_size: int
    size: int
    old_root: Hex256
    root: Hex256
    proof: list[str]

    @classmethod
    def of(cls, view: ConsistencyView) -> ConsistencyProof:
        """Return the wire form."""
        return cls.model_construct(
            old_size=view.old_size,
            size=view.size,
            old_root=view.old_root,
            root=view.root,
            proof=list(view.proof),
        )
