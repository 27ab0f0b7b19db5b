"""The closed lists of words that rows and domain values carry; each is also a CHECK constraint."""

from __future__ import annotations

from enum import StrEnum


class OrganisationKind(StrEnum):
    """What an organisation is."""

    ENTERPRISE = "enterprise"
    SERVICE_CENTRE = "service_centre"
    RESEARCH_PROVIDER = "research_provider"
    LENDER = "lender"
    AUDITOR = "auditor"
    REGISTRAR = "registrar"
    OPERATOR = "operator"


class OrganisationStatus(StrEnum):
    """Where an organisation stands."""

    NAMED = "named"  # appears in a document or a bundle; nobody has checked who it is
    ONBOARDED = "onboarded"
    SUSPENDED = "suspended"


class OfferStatus(StrEnum):
    """Whether a capacity offer may be planned with."""

    OPEN = "open"
    WITHDRAWN = "withdrawn"


class OrderStatus(StrEnum):
    """Where an order stands between its import and the ledger."""

    OPEN = "open"  # to be matched
    AGREED = "agreed"  # both sides accepted a plan; its minutes are no longer idle
    WITHDRAWN = "withdrawn"


class ImportKind(StrEnum):
    """The kind of an imported document."""

    BUNDLE = "bundle"
    WORKBOOK = "workbook"
    UBL = "ubl"


class ImportStatus(StrEnum):
    """Whether a document was taken."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


class RunStatus(StrEnum):
    """Where a matching run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class ProposalSide(StrEnum):
    """On which side of an order the asked party stands."""

    BUYER = "buyer"
    ENTERPRISE = "enterprise"


class ProposalStatus(StrEnum):
    """What the asked party has answered."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class PurchaseOrderSource(StrEnum):
    """Where a purchase order comes from."""

    PLAN = "plan"
    UBL = "ubl"


class PurchaseOrderStatus(StrEnum):
    """Where a purchase order stands on its way to the ledger."""

    IMPORTED = "imported"
    HELD = "held"  # a person must act first; `code` says why
    REFUSED = "refused"  # `code` says why
    SUBMITTED = "submitted"
    CONFIRMED = "confirmed"


class PartyRole(StrEnum):
    """The role of a party in a purchase order."""

    BUYER = "buyer"
    SELLER = "seller"


class DuplicateVerdict(StrEnum):
    """What a person found about two orders that look alike."""

    DISTINCT = "distinct"
    DUPLICATE = "duplicate"
