"""The kinds of problems that a request can meet: status, title and way out, by code.

Codes of the record (`ledger.errors`, `ledger.claims`) and of the services stand here beside those
of the edge; statuses follow the rules for bad input in the specification of claims, section 2.8.
"""

from __future__ import annotations

from dataclasses import dataclass

from matching.technology.opencall.refusals import CallCode


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem.

    Parameters
    ----------
    status
        HTTP status, 400 to 599.
    title
        What it means, the same for every occurrence.
    way_out
        What the client can do about it.
    """

    status: int
    title: str
    way_out: str


_FIX_BODY = "Correct the request as the detail says and send it again."
_SIGN_ANEW = "Fetch a new draft, have it signed by the parties that it names, and submit that."
_ASK_OPERATOR = "Nothing is accepted until the operator has looked; reading still works."

_EDGE: dict[str, Kind] = {
    "MALFORMED_REQUEST": Kind(400, "The request cannot be read", _FIX_BODY),
    "MALFORMED_JSON": Kind(400, "The body is not JSON", _FIX_BODY),
    "BAD_REQUEST": Kind(400, "A value of the request cannot be used", _FIX_BODY),
    "FOREIGN_ORIGIN": Kind(
        403,
        "A page of another site may not change anything here",
        "Use the pages of this server, the command line, or a client that is no browser.",
    ),
    "PATH_UNKNOWN": Kind(
        404, "There is nothing at this path", "The paths are listed at /docs and /openapi.json."
    ),
    "NOT_FOUND": Kind(
        404,
        "There is no such thing, or none that you may see",
        "Check the id; the lists show what exists.",
    ),
    "METHOD_NOT_ALLOWED": Kind(
        405, "This path does not take this method", "The header Allow lists those that it takes."
    ),
    "CONFLICT": Kind(
        409,
        "What is stored says something else",
        "Choose another id, or repeat the first request exactly.",
    ),
    "ID_CONFLICT": Kind(
        409,
        "The id chosen by the client already names something else",
        "Choose another id, or repeat the first request exactly.",
    ),
    "WRONG_STATUS": Kind(
        409, "Its status does not allow this step", "Read its status and take the step from there."
    ),
    "NOT_ONBOARDED": Kind(
        409,
        "The organisation has no party in the record",
        "Onboard it first: party.onboarded and key.enrolled, signed by the registrar.",
    ),
    "NOT_PUBLISHED": Kind(
        409,
        "It is not under a published checkpoint yet",
        "Ask again after the next checkpoint.",
    ),
    "ORDER_PRESENT": Kind(
        409,
        "The purchase order is in the record",
        "Ask for its certificate instead.",
    ),
    "BODY_TOO_LARGE": Kind(
        413, "The body is too long", "Split the document, or leave out what is not needed."
    ),
    "UNSUPPORTED_DOCUMENT": Kind(
        415,
        "This kind of document cannot be imported",
        "Upload a .zip (CSV bundle), an .xlsx workbook or an .xml UBL order.",
    ),
    "HOST_NOT_LOOPBACK": Kind(
        421,
        "The server answers this machine alone",
        "Call it as http://127.0.0.1 or http://localhost; from elsewhere, through a tunnel.",
    ),
    "INVALID_REQUEST": Kind(422, "Values of the request cannot be used", _FIX_BODY),
    "DOCUMENT_REFUSED": Kind(
        422,
        "The document was not taken, nothing of it",
        "Correct the rows listed and upload the whole document again.",
    ),
    "NO_PLAN": Kind(
        422,
        "No plan keeps the rules of the request; nothing was stored",
        "Loosen one of the rules that the detail names, or allow more time.",
    ),
    "CHECK_FAILED": Kind(
        500,
        "The independent check refused what the optimiser returned; nothing was stored",
        "Report it with the id of the run; another seed may get past it.",
    ),
    "RULES_FAILED": Kind(
        500,
        "The rules themselves failed on this body; nothing was entered",
        "Report it with the body; other bodies are entered as before.",
    ),
    "INTERNAL": Kind(
        500, "The server failed", "Try again; if it lasts, report the time and the path."
    ),
}

_STATE: dict[str, Kind] = {
    "VALUE_NOT_STORABLE": Kind(422, "A value lies outside what can be stored", _FIX_BODY),
    "DATABASE_LOCKED": Kind(
        503,
        "The database is busy",
        "Send the same request again after the seconds in Retry-After; that is harmless.",
    ),
    "DISK_FULL": Kind(
        503,
        "The disk is full",
        "Free some space on the server, then send the same request again; that is harmless.",
    ),
    "DATABASE_UNAVAILABLE": Kind(
        503,
        "The database cannot be used",
        "Check that it runs, then send the same request again; that is harmless.",
    ),
    "DATABASE_DAMAGED": Kind(503, "The database is damaged", _ASK_OPERATOR),
    "NOT_INITIALISED": Kind(
        503, "The installation is not set up", "Run `parkloom init`, or `make demo`."
    ),
    "NOT_READY": Kind(
        503, "A part that the server depends on does not work", "The detail names the part."
    ),
    "CORRUPTION": Kind(503, "The record contradicts itself, so writing has stopped", _ASK_OPERATOR),
    "LOG_NOT_VERIFIED": Kind(
        503, "The published log does not hold together, so writing has stopped", _ASK_OPERATOR
    ),
    "OUTCOME_UNKNOWN": Kind(
        503,
        "No answer came in time: the entry may or may not be in the log",
        "Send the same signed body again; it gets the receipt of the first, or is entered.",
    ),
}

_FIX_DRAFT = "Correct the facts, make a new draft and have it signed."
_OTHER_ID = "Read what is in the record under that id; for something new choose another id."

_RECORD: dict[str, Kind] = {
    "REFUSED": Kind(422, "A rule refuses it", _FIX_BODY),
    "IDEMPOTENCY_CONFLICT": Kind(
        409,
        "This request id was used for another body",
        "Send the first body again for its receipt, or make a new draft with an id of its own.",
    ),
    "STALE_HEAD": Kind(409, "The order has moved on since the signers saw it", _SIGN_ANEW),
    "DUPLICATE_ORDER": Kind(
        409,
        "This order is already in the record",
        "Use the order that the detail names; a change of it is an amendment.",
    ),
    "OVER_PLEDGED": Kind(
        409,
        "There is not that much headroom left on the order",
        "Read the order's headroom and ask for no more than that.",
    ),
    "ROOT_COVERS": Kind(
        409,
        "The state root is over other entries than all before it",
        "The operator states the root anew, over the entries that stand now.",
    ),
    "TOTALS_DIFFER": Kind(
        409,
        "The totals are not those of the record",
        "The operator states the root anew; if it happens again, audit the log.",
    ),
    "STATE_ROOT_DIFFERS": Kind(
        409,
        "The state root is not that of the record",
        "Audit the log (`parkloom ledger audit`): its state or its map was changed.",
    ),
    "SM3_ROOT_DIFFERS": Kind(
        409,
        "The SM3 root is not that of the entries",
        "Compute every stated root again (`parkloom ledger sm3 --check`), and audit the log.",
    ),
    "ERASED": Kind(
        410,
        "The private fields were erased and open no more",
        "Their proofs stay valid; ask those to whom they were disclosed before.",
    ),
    "ORDER_LIVE": Kind(
        409,
        "Live claims stand on the order",
        "Erase it when its claims are released, withdrawn or lapsed.",
    ),
    "DISCLOSURE_EXISTS": Kind(409, "This disclosure was entered already", _OTHER_ID),
    "KEY_STORE_LOCKED": Kind(
        503,
        "The key of these private fields is not at hand",
        "The operator restores the key-encryption key; the same request may be sent again.",
    ),
    "ENTRY_TOO_LARGE": Kind(
        413, "The entry is longer than 65,535 bytes", "Enter documents by their digest."
    ),
    "CALL_OUT_OF_ORDER": Kind(
        409,
        "The call has moved on since the signer saw it",
        "Fetch the call and draft its next step.",
    ),
    "CALL_STEP_REFUSED": Kind(
        422,
        "The call's state or the signer's role does not allow this step",
        "`parkloom technology call steps` lists who may take which step where.",
    ),
    "WRONG_STATE": Kind(
        422,
        "The record's state does not allow this event",
        "The detail lists the events that are possible now.",
    ),
    "WRONG_LOG": Kind(422, "The body was made for another log", _SIGN_ANEW),
    "EXPIRED": Kind(422, "The body's time limit has passed", _SIGN_ANEW),
    "NOT_YET_DUE": Kind(422, "Its time has not come yet", "Send it again when the term is over."),
}


def _kinds(status: int, way_out: str, **titles: str) -> dict[str, Kind]:
    return {code: Kind(status, title, way_out) for code, title in titles.items()}


_RECORD |= _kinds(
    422,
    _SIGN_ANEW,
    MALFORMED_BODY="The signed body has not the form of the record",
    NOT_CANONICAL="The signed body is not in canonical form",
    UNKNOWN_TYPE="The record has no such event",
    UNKNOWN_FIELD="The event has no such field",
    SCHEMA_VERSION="The body is of a version that is not understood",
    RULE_VERSION="The rules of that version are not known",
    AMOUNT_MALFORMED="An amount is not a string of digits",
    AMOUNT_RANGE="An amount is out of range",
    CURRENCY_UNKNOWN="The currency is not in ISO 4217",
    SIGNATURE_UNEXPECTED="A signature is there that the event does not ask for",
    DISCLOSURE_INVALID="A hidden field does not fit its digest in the body",
    DISCLOSURE_MISSING="A hidden field that the rules must see was not sent",
    TAG_MISSING="The order's identity cannot be computed",
)
_RECORD |= _kinds(
    401,
    "Sign with an enrolled key that is in force; the detail names the party and duty.",
    SIGNATURE_MISSING="A signature is missing",
    SIGNATURE_INVALID="A signature does not fit body and key",
    KEY_UNKNOWN="A signature names a key that is not enrolled",
    KEY_REVOKED="A signature names a revoked key",
    KEY_NOT_VALID="A signature names a key outside its term",
)
_RECORD |= _kinds(
    403,
    "Have it signed by the party, role and duty that the detail names.",
    SAME_USER_TWICE="Maker and checker are the same user",
    WRONG_PARTY="A signer is not the party that must sign",
    WRONG_DUTY="A signer has not the duty that is needed",
    ROLE_NOT_HELD="A party has not the role in which it signs",
)
_RECORD |= _kinds(
    409,
    _OTHER_ID,
    KEY_EXISTS="The key is already enrolled",
    LOG_KEY_DIFFERS="The log has another key by now",
    SM3_ROOT_MISPLACED="The day has its SM3 root, or the root is of another day",
    LOG_OPENED_TWICE="The log says already which log it follows",
    PLAN_EXISTS="The plan is already published",
    OFFER_EXISTS="The offer is already made",
    ORDER_TAKEN="The order's handle is already in use",
    IDENTIFIER_TAKEN="The identifier belongs to another party",
    REG_NO_TAKEN="The registration number is already in use",
    BANK_REF_TAKEN="The bank's reference is already in use",
)
_RECORD |= _kinds(
    409,
    "Read the version in the record and make a new draft on it.",
    PARTY_VERSION="The party's record is at another version",
    POLICY_VERSION="The policy is at another version",
    VERSION_MISMATCH="The order is at another version",
)
_RECORD |= _kinds(
    422,
    "Enter first what it refers to, or refer to what is in the record.",
    PARTY_UNKNOWN="The party is not in the record",
    ORDER_UNKNOWN="The order is not in the record",
    CLAIM_UNKNOWN="The claim is not in the record",
    OFFER_UNKNOWN="The offer is not in the record",
    PLAN_UNKNOWN="The plan is not in the record",
    POLICY_MISSING="The lender has set no policy",
    ORDER_NOT_CONFIRMED="The buyer has not confirmed the order",
)
_RECORD |= _kinds(
    422,
    _FIX_DRAFT,
    KEY_MISMATCH="The key's name is not that of the key",
    IDENTIFIER_INVALID="An identifier's check digits are wrong",
    USCC_REQUIRED="A party in China needs its USCC",
    KYB_LAPSED="A party's identification has lapsed",
    SELF_TRADE="Buyer and seller are the same",
    LINE_SUM="The lines do not add up to the total",
    NOT_ASSIGNABLE="The order's contract forbids assignment",
    VALUE_MISMATCH="The value is not that of the order",
    CURRENCY_MISMATCH="The currency is not that of the order",
    FUTURE_DATE="A date lies in the future",
    DATE_ORDER="Dates are not in their order",
    MATURITY_TOO_LATE="The maturity is later than the rules allow",
    MATURITY_PAST="The maturity has passed",
    ALPHA_RANGE="An advance rate is out of range",
    ALPHA_ORDER="Advance rates fall from stage to stage",
    OFFER_EXPIRED="The offer is no longer valid",
    OFFER_ABOVE_CLAIM="The offer is above the claim",
    ABOVE_OFFER="The amount is above the offer",
    PRINCIPAL_MISMATCH="The principal is not that of the claim",
    SPLIT_MISMATCH="The repayment's parts do not add up",
    RELEASE_MISMATCH="The release is not what was pledged",
)

_CALLS: dict[str, Kind] = {
    code.value: Kind(
        422,
        "A rule of the open call refuses this step",
        "The detail says what was expected; `parkloom technology call steps` lists all steps.",
    )
    for code in CallCode
}

KINDS: dict[str, Kind] = {**_EDGE, **_STATE, **_RECORD, **_CALLS}
"""Every kind, by code."""
