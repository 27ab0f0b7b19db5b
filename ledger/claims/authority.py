"""Who signed, and whether they may: keys, duties and roles as the record knows them."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import NoReturn

from ledger.claims.refusals import (
    KeyNotValid,
    KybLapsed,
    PartyUnknown,
    RoleNotHeld,
    SignatureUnexpected,
    WrongParty,
    consent_refusal,
)
from ledger.claims.state import KeyState, PartyState
from ledger.errors import KeyRevoked, KeyUnknown
from ledger.log.canonical import JsonObject
from ledger.log.entry import Signature
from ledger.log.rules import JsonState
from ledger.values.consent import (
    DUTIES,
    ROLES,
    ConsentError,
    EventType,
    Role,
    Signatory,
    match_signatures,
    needs_of,
)
from ledger.values.kinds import parse_public_key

RAISES_EXPOSURE = frozenset(
    {
        EventType.ORDER_SUBMITTED,
        EventType.ORDER_CONFIRMED,
        EventType.POLICY_SET,
        EventType.CLAIM_REQUESTED,
        EventType.CLAIM_OFFERED,
        EventType.CLAIM_RESERVED,
        EventType.CLAIM_PLEDGED,
        EventType.CLAIM_FUNDED,
    }
)
"""Events that need every party's knowledge in date; repaying and releasing never do."""


_FOR_ITSELF = frozenset({Role.PARTY, Role.LOG})
"""Roles in which keys sign that a body brings with it."""


def public_keys(
    state: JsonState,
    registrar: str,
    registrar_root: bytes,
    signatures: Sequence[Signature],
    introduced: Mapping[str, bytes] = MappingProxyType({}),
) -> tuple[bytes, ...]:
    """Return the raw public key of each signature.

    Parameters
    ----------
    registrar
        Key id of `registrar_root`.
    introduced
        Keys that the body itself brings, by key id.

    Raises
    ------
    KeyUnknown
        When no entry enrolled the key.
    KeyRevoked
        When an entry revoked it.
    """
    keys = []
    for signature in signatures:
        if signature.kid == registrar:
            keys.append(registrar_root)
        elif signature.kid in introduced:
            keys.append(introduced[signature.kid])
        else:
            keys.append(parse_public_key(_enrolled(state, signature.kid).public_key))
    return tuple(keys)


def signatories(
    state: JsonState,
    registrar: str,
    signatures: Sequence[Signature],
    time_ms: int,
    introduced: Collection[str] = (),
    *,
    party: str = "",
) -> tuple[Signatory, ...]:
    """Return who stands behind each signature at the time of the entry.

    Parameters
    ----------
    registrar
        Key id of the registrar's root key, which is also its party handle.
    introduced
        Key ids of keys that the body itself brings; they stand for `party`.

    Raises
    ------
    KeyUnknown, KeyRevoked, KeyNotValid
        When a key is not enrolled, no longer, or not at this time.
    RoleNotHeld
        When the key's party is not onboarded in the role in which it signs.
    """
    found = []
    for signature in signatures:
        role = ROLES.get(signature.role) or _no_role(signature)
        if signature.kid == registrar:
            found.append(Signatory(kid=registrar, role=role, party=registrar, user=None, duty=None))
            continue
        if signature.kid in introduced and role in _FOR_ITSELF:
            one = Signatory(kid=signature.kid, role=role, party=party, user=None, duty=None)
            found.append(one)
            continue
        key = _enrolled(state, signature.kid)
        if not key.valid_from <= time_ms < key.valid_to:
            raise KeyNotValid(
                f"Key {signature.kid} is enrolled for {key.valid_from} ≤ t < {key.valid_to} ms; "
                f"the entry's time is {time_ms}. Sign with a key in its time.",
                kid=signature.kid,
                time_ms=time_ms,
            )
        if role is Role.PARTY:
            require_party(state, key.party)
        elif key.party != registrar or role is not Role.REGISTRAR:
            require_role(state, key.party, role)
        found.append(Signatory(signature.kid, role, key.party, key.user, DUTIES[key.duty]))
    return tuple(found)


def check_consent(body: JsonObject, signed_by: Sequence[Signatory]) -> None:
    """Raise the refusal of signatures that are not those which the body needs."""
    try:
        match_signatures(needs_of(body), signed_by)
    except ConsentError as problem:
        raise consent_refusal(problem) from None


def check_registrar(body: JsonObject, registrar: str) -> None:
    """Raise `WrongParty` when a body names a registrar that is not the pinned one."""
    if "registrar" in body and body["registrar"] != registrar:
        raise WrongParty(
            f"The body names the registrar {body['registrar']}; this log's is {registrar}.",
            party=str(body["registrar"]),
            expected=registrar,
        )


def require_role(state: JsonState, party: str, role: Role) -> PartyState:
    """Return a party that the registrar onboarded in the role.

    Raises
    ------
    PartyUnknown
        When it is not onboarded.
    RoleNotHeld
        When it is not onboarded in this role.
    """
    known = require_party(state, party)
    if role not in known.roles:
        raise RoleNotHeld(
            f"Party {party} is onboarded as {', '.join(known.roles)}, not as {role}. Let the "
            "registrar renew its onboarding with that role.",
            party=party,
            role=role.value,
        )
    return known


def require_party(state: JsonState, party: str) -> PartyState:
    """Return an onboarded party.

    Raises
    ------
    PartyUnknown
        When no entry onboarded it.
    """
    known = PartyState.load(state, party)
    if known is None:
        raise PartyUnknown(
            f"Party {party} is not onboarded. Let the registrar onboard it first.", party=party
        )
    return known


def require_current(state: JsonState, party: str, today: str) -> None:
    """Raise `KybLapsed` when the registrar's knowledge of a party has run out.

    Parameters
    ----------
    today
        Day of the entry, YYYY-MM-DD, UTC.
    """
    known = require_party(state, party)
    if known.kyb_until < today:
        raise KybLapsed(
            f"What the registrar knows of party {party} ran out on {known.kyb_until}; the entry "
            f"is of {today}. Let the registrar renew the onboarding.",
            party=party,
            until=known.kyb_until,
        )


def _enrolled(state: JsonState, kid: str) -> KeyState:
    key = KeyState.load(state, kid)
    if key is None:
        raise KeyUnknown(f"Key {kid} is not enrolled. Let the registrar enrol it.", kid=kid)
    if key.revoked is not None:
        raise KeyRevoked(
            f"Key {kid} was revoked by entry {key.revoked}. Sign with another key.",
            kid=kid,
            entry=key.revoked,
        )
    return key


def _no_role(signature: Signature) -> NoReturn:
    raise SignatureUnexpected(
        f"Key {signature.kid} signs as {signature.role!r}, which is no role.",
        kid=signature.kid,
        role=signature.role,
    )
