"""Parties and keys: the registrar's events."""

import base64
from collections.abc import Iterable, Sequence

from ledger.claims.drafts import Draft
from ledger.claims.events.base import Frame, draft_of
from ledger.log.signing import ED25519, key_id
from ledger.values.consent import Duty, EventType, Role
from ledger.values.disclosures import Salts
from ledger.values.identifiers import canonical_identifier, canonical_scheme


def party_onboarded(
    frame: Frame,
    *,
    registrar: str,
    party: str,
    version: int = 1,
    roles: Iterable[Role],
    kyb_until: str,
    name: str,
    country: str,
    identifiers: Sequence[tuple[str, str]],
    salts: Salts,
) -> Draft:
    """Draft what the registrar knows of a party. Needs registrar maker and checker.

    Parameters
    ----------
    registrar
        The registrar's party handle: the key id of its root key.
    version
        1 at first; each renewal adds one.
    kyb_until
        Last day of validity, YYYY-MM-DD.
    country
        ISO 3166-1 alpha-2. Parties in CN need a uscc identifier.
    identifiers
        (scheme, value) pairs, at least one; check digits are verified. Private, as are name and
        country: the schemes alone are public.

    Raises
    ------
    IdentifierError
        When a check digit or a form is wrong.
    """
    known = [(canonical_scheme(scheme), value) for scheme, value in identifiers]
    private: dict[str, object] = {"name": name, "country": country}
    for place, (scheme, value) in enumerate(known, start=1):
        plain = canonical_identifier(scheme, value)
        private[f"identifier/{place}"] = {"scheme": scheme, "value": plain}
    return draft_of(
        frame,
        EventType.PARTY_ONBOARDED,
        subject=party,
        fields={
            "registrar": registrar,
            "version": version,
            "roles": [role.value for role in sorted(set(roles))],
            "kyb_until": kyb_until,
            "schemes": [scheme for scheme, _ in known],
        },
        private=private,
        salts=salts,
        summary=f"Onboard {name}",
    )


def key_enrolled(
    frame: Frame,
    *,
    registrar: str,
    party: str,
    user: str,
    duty: Duty,
    public_key: bytes,
    valid_from_ms: int,
    valid_to_ms: int,
    user_name: str | None = None,
    salts: Salts | None = None,
) -> Draft:
    """Draft the enrolment of a user's key. Needs registrar maker and checker.

    For the registrar's own keys (`party` = `registrar`) it needs the root key alone.

    Parameters
    ----------
    public_key
        Raw Ed25519 key, 32 bytes.
    valid_from_ms, valid_to_ms
        UTC milliseconds: the key signs entries whose time t has valid_from ≤ t < valid_to.
    user_name
        Private, like every name.
    """
    return draft_of(
        frame,
        EventType.KEY_ENROLLED,
        subject=key_id(public_key),
        fields={
            "registrar": registrar,
            "party": party,
            "user": user,
            "duty": duty.value,
            "alg": ED25519,
            "public_key": base64.b64encode(public_key).decode("ascii"),
            "valid_from": valid_from_ms,
            "valid_to": valid_to_ms,
        },
        private={"user_name": user_name} if user_name is not None else None,
        salts=salts,
        summary=f"Enrol a {duty} key of party {party}",
    )


def key_revoked(frame: Frame, *, registrar: str, party: str, kid: str, reason: str) -> Draft:
    """Draft a key's revocation. Needs registrar maker and checker.

    Parameters
    ----------
    reason
        ``compromised``, ``left`` or ``superseded``.
    """
    return draft_of(
        frame,
        EventType.KEY_REVOKED,
        subject=kid,
        fields={"registrar": registrar, "party": party, "reason": reason},
        summary=f"Revoke key {kid} ({reason})",
    )
