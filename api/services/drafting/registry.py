"""Drafts of the registrar: parties and keys."""

from __future__ import annotations

import datetime as dt

from api.services.drafting.facts import Facts
from api.services.drafting.frames import DAY_MS, frame, key_state, party_of, salts
from api.services.errors import BadRequest
from api.services.workspace import REGISTRAR, Workspace, new_handle
from data.kinds import OrganisationKind
from data.reference.calendar import local_day
from data.stores import organisations
from data.stores.organisations import Organisation
from ledger.claims import events
from ledger.claims.drafts import Draft
from ledger.claims.state import PartyState
from ledger.values.consent import Duty, Role
from ledger.values.identifiers import IdentifierError, canonical_identifier, canonical_scheme

KYB_DAYS = 365
KEY_DAYS = 730

ROLES = {
    OrganisationKind.ENTERPRISE: (Role.BUYER, Role.SELLER),
    OrganisationKind.LENDER: (Role.LENDER,),
    OrganisationKind.OPERATOR: (Role.OPERATOR,),
    OrganisationKind.SERVICE_CENTRE: (Role.CENTRE,),
    OrganisationKind.RESEARCH_PROVIDER: (Role.PROVIDER,),
}


def party_onboarded(workspace: Workspace, facts: Facts) -> Draft:
    """Draft an organisation's onboarding, or its renewal."""
    today = local_day(workspace.clock_ms())
    framed = frame(workspace)
    with workspace.transaction() as session:
        organisation = organisations.get(session, workspace.viewer, facts.text("organisation"))
        handle = organisation.ledger_handle or new_handle()
        organisations.set_ledger_handle(session, workspace.operator_id, organisation.id, handle)
        known = workspace.log.state(f"{PartyState.prefix}/{handle}")
        return events.party_onboarded(
            framed,
            registrar=workspace.keys.registrar_handle,
            party=handle,
            version=1 if known is None else PartyState.from_json(known).version + 1,
            roles=_roles(organisation, facts),
            kyb_until=facts.date("kyb_until", today + dt.timedelta(days=KYB_DAYS)).isoformat(),
            name=organisation.name,
            country=facts.text("country", "CN"),
            identifiers=_identifiers(organisation),
            salts=salts(workspace, session, handle, framed.idem),
        )


def key_enrolled(workspace: Workspace, facts: Facts) -> Draft:
    """Draft the enrolment of a user's key; for the registrar's own users the root key signs."""
    now = workspace.clock_ms()
    framed = frame(workspace)
    user = facts.text("user_handle", new_handle())
    with workspace.transaction() as session:
        organisation_id = facts.text("organisation")
        registrar = workspace.keys.registrar_handle
        party = (
            registrar
            if organisation_id == REGISTRAR
            else party_of(session, workspace.viewer, organisation_id)
        )
        return events.key_enrolled(
            framed,
            registrar=registrar,
            party=party,
            user=user,
            duty=_duty(facts),
            public_key=facts.key("public_key"),
            valid_from_ms=now - now % 1000,
            valid_to_ms=now + facts.number("valid_days", KEY_DAYS) * DAY_MS,
            user_name=facts.text("user"),
            salts=salts(workspace, session, party, framed.idem),
        )


def key_revoked(workspace: Workspace, facts: Facts) -> Draft:
    """Draft a key's revocation."""
    kid = facts.text("kid")
    return events.key_revoked(
        frame(workspace),
        registrar=workspace.keys.registrar_handle,
        party=key_state(workspace, kid).party,
        kid=kid,
        reason=facts.text("reason"),
    )


def _roles(organisation: Organisation, facts: Facts) -> tuple[Role, ...]:
    if not facts.has("roles"):
        return ROLES.get(organisation.kind, (Role.BUYER, Role.SELLER))
    try:
        return tuple(Role(role) for role in facts.texts("roles"))
    except ValueError as unknown:
        raise BadRequest(
            f"roles: {unknown}; expected some of {', '.join(Role)}.", fact="roles"
        ) from None


def _identifiers(organisation: Organisation) -> list[tuple[str, str]]:
    """Return the identifiers that the registrar can vouch for.

    Those whose register is named and whose check digits are right: an organisation that is known
    from documents alone may carry others, which prove nothing.
    """
    known, wrong = [], ["it has none"]
    for one in organisation.identifiers:
        try:
            canonical_identifier(canonical_scheme(one.scheme), one.value)
        except IdentifierError as problem:
            wrong.append(str(problem))
        else:
            known.append((one.scheme, one.value))
    if not known:
        raise BadRequest(
            f"{organisation.name} has no identifier that holds ({wrong[-1]}); the registrar "
            "onboards nobody without one. Add its unified social credit code first.",
            organisation=organisation.id,
        )
    return known


def _duty(facts: Facts) -> Duty:
    duty = facts.text("duty")
    try:
        return Duty(duty)
    except ValueError:
        raise BadRequest(f"duty: expected maker or checker, got {duty!r}.", fact="duty") from None
