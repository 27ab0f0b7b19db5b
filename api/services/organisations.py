"""Organisations, their identifiers and parks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api.services.errors import BadRequest
from api.services.paging import every
from api.services.workspace import Workspace
from data.kinds import OrganisationKind, OrganisationStatus
from data.stores import organisations as store
from data.stores import parks
from data.stores.organisations import Identifier, Organisation


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifierView:
    """A document identifier: scheme (uscc, lei, gln, vat, …) and value."""

    scheme: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationView:
    """An organisation. `party` is its handle in the record once onboarded, else None."""

    id: str
    kind: str
    name: str
    name_zh: str | None
    park_id: str | None
    status: str
    identifiers: tuple[IdentifierView, ...]
    party: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkView:
    """A park with its position in degrees."""

    id: str
    name: str
    lat: float
    lon: float
    timezone: str


def list_organisations(
    workspace: Workspace, *, kind: str | None = None
) -> tuple[OrganisationView, ...]:
    """Return all organisations, by id."""
    wanted = None if kind is None else _kind(kind)
    with workspace.snapshot() as session:
        found = every(
            lambda after: store.listing(session, workspace.viewer, kind=wanted, after=after)
        )
        return tuple(_view(organisation) for organisation in found)


def get(workspace: Workspace, organisation_id: str) -> OrganisationView:
    """Return one organisation. Raises NotFound."""
    with workspace.snapshot() as session:
        return _view(store.get(session, workspace.viewer, organisation_id))


def put(
    workspace: Workspace,
    organisation_id: str,
    *,
    kind: str,
    name: str,
    name_zh: str | None = None,
    park_id: str | None = None,
    identifiers: Sequence[IdentifierView] = (),
) -> OrganisationView:
    """Create an organisation under a client-chosen id; repeating the same call is harmless.

    Raises
    ------
    Conflict
        When the id or an identifier belongs to another organisation.
    BadRequest
        When the kind is unknown.
    NotFound
        When there is no such park.
    """
    with workspace.transaction() as session:
        if park_id is not None:
            parks.get(session, workspace.viewer, park_id)
        added = store.add(
            session,
            workspace.operator_id,
            Organisation(
                id=organisation_id,
                kind=_kind(kind),
                name=name,
                name_zh=name_zh,
                park_id=park_id,
                status=OrganisationStatus.NAMED,
                created_ms=workspace.clock_ms(),
                identifiers=tuple(Identifier(scheme=i.scheme, value=i.value) for i in identifiers),
            ),
        )
        return _view(added)


def add_identifier(
    workspace: Workspace, organisation_id: str, *, scheme: str, value: str
) -> OrganisationView:
    """Give an organisation one more identifier; giving it again is harmless.

    Raises
    ------
    NotFound
        When there is no such organisation.
    Conflict
        When the identifier belongs to another organisation.
    """
    identifier = Identifier(scheme=scheme, value=value)
    with workspace.transaction() as session:
        store.get(session, workspace.viewer, organisation_id)
        store.add_identifier(session, workspace.operator_id, organisation_id, identifier)
        return _view(store.get(session, workspace.viewer, organisation_id))


def list_parks(workspace: Workspace) -> tuple[ParkView, ...]:
    """Return the parks, by id."""
    with workspace.snapshot() as session:
        return tuple(
            ParkView(
                id=park.id,
                name=park.name,
                lat=park.latitude,
                lon=park.longitude,
                timezone=park.timezone,
            )
            for park in parks.listing(session, workspace.viewer, limit=10_000)
        )


def _kind(text: str) -> OrganisationKind:
    try:
        return OrganisationKind(text)
    except ValueError:
        known = ", ".join(OrganisationKind)
        raise BadRequest(f"kind {text!r}: expected one of {known}.", kind=text) from None


def _view(organisation: Organisation) -> OrganisationView:
    onboarded = organisation.status is OrganisationStatus.ONBOARDED
    return OrganisationView(
        id=organisation.id,
        kind=organisation.kind.value,
        name=organisation.name,
        name_zh=organisation.name_zh,
        park_id=organisation.park_id,
        status=organisation.status.value,
        identifiers=tuple(
            IdentifierView(scheme=one.scheme, value=one.value) for one in organisation.identifiers
        ),
        party=organisation.ledger_handle if onboarded else None,
    )
