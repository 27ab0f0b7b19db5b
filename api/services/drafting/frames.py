"""What every draft needs: request id, time limit, order head, salts, and the parties' handles."""

from __future__ import annotations

from sqlmodel import Session

from api.services import key_store
from api.services.errors import BadRequest, NotOnboarded
from api.services.workspace import OPERATOR, Workspace, new_handle
from data.errors import NotFound
from data.kinds import OrganisationStatus
from data.stores import order_keys, organisations
from data.stores.viewer import Viewer
from ledger.claims.events import Frame
from ledger.claims.state import ClaimState, KeyState, OrderState
from ledger.values.disclosures import Salts, derived_salts

DRAFT_DAYS = 7
DAY_MS = 86_400_000


def frame(workspace: Workspace, idem: str | None = None) -> Frame:
    """Return the frame of a new body: a random request id, and a week to collect signatures."""
    return Frame(
        origin=workspace.settings.origin,
        idem=idem or new_handle(),
        expires_ms=workspace.clock_ms() + DRAFT_DAYS * DAY_MS,
    )


def salts(workspace: Workspace, session: Session, handle: str, idem: str) -> Salts:
    """Return the salts of a body, from the one secret kept per order (or party).

    Destroying that secret later makes every hidden field of the order unguessable.
    """
    ring = key_store.keyring(workspace.settings)
    secret = order_keys.ensure(
        session.connection(), ring, workspace.operator_id, handle, now_ms=workspace.clock_ms()
    )
    return derived_salts(secret, idem)


def head(workspace: Workspace, order: str) -> str:
    """Return the leaf hash (hex) of an order's newest entry. Raises NotFound."""
    found = workspace.log.chain_head(order)
    if found is None:
        raise NotFound("order in the record", order)
    return found.leaf_hash.hex()


def order_state(workspace: Workspace, handle: str) -> OrderState:
    """Return an order as the record has it. Raises NotFound."""
    value = workspace.log.state(f"{OrderState.prefix}/{handle}")
    if value is None:
        raise NotFound("order in the record", handle)
    return OrderState.from_json(value)


def claim_state(workspace: Workspace, handle: str) -> ClaimState:
    """Return a claim as the record has it. Raises NotFound."""
    value = workspace.log.state(f"{ClaimState.prefix}/{handle}")
    if value is None:
        raise NotFound("claim in the record", handle)
    return ClaimState.from_json(value)


def key_state(workspace: Workspace, kid: str) -> KeyState:
    """Return a key as the record has it. Raises BadRequest."""
    value = workspace.log.state(f"{KeyState.prefix}/{kid}")
    if value is None:
        raise BadRequest(f"No key {kid} is enrolled.", kid=kid)
    return KeyState.from_json(value)


def operator_handle(workspace: Workspace) -> str:
    """Return the operator's own name in the record, onboarded or not yet."""
    with workspace.snapshot() as session:
        handle = organisations.get(session, workspace.viewer, OPERATOR).ledger_handle
    assert handle is not None, "an installation gives its operator a handle"
    return handle


def party_of(session: Session, viewer: Viewer, organisation_id: str) -> str:
    """Return the handle of an organisation that the registrar has onboarded.

    Raises
    ------
    NotFound
        When there is no such organisation.
    NotOnboarded
        When it has no party in the record yet.
    """
    organisation = organisations.get(session, viewer, organisation_id)
    onboarded = organisation.status is OrganisationStatus.ONBOARDED
    if not onboarded or organisation.ledger_handle is None:
        raise NotOnboarded(
            f"{organisation.name} ({organisation_id}) is {organisation.status}, not onboarded: "
            "nothing can be signed for it. Let the registrar sign party.onboarded for it first.",
            organisation=organisation_id,
        )
    return organisation.ledger_handle
