"""Technology demands and research providers, each kept in every version.

A party sees its own, and of the demands of others those that are open: a public one wholly, a
restricted one without its description. Providers show their profile to the operator alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import or_, update
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from data.errors import Conflict, NotFound
from data.stores.sql import PAGE, affected, found, insert_all, only, page
from data.stores.viewer import Viewer
from data.tables.technology import TechnologyDemandRow, TechnologyProviderRow
from matching.technology.problem import Demand, DemandStatus, Problem, Provider, SecrecyLevel
from matching.technology.problem_plain import from_plain, to_plain

ValueT = TypeVar("ValueT", Demand, Provider)


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """How many were new, changed to a newer version, or stored already as they are."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0

    @property
    def total(self) -> int:
        """All that were handed in."""
        return self.added + self.changed + self.unchanged


def put_demands(
    session: Session, operator_id: str, demands: Iterable[Demand], *, now_ms: int
) -> Put:
    """Store demands; the same again is harmless, another content needs a greater version.

    Raises
    ------
    Conflict
        When a demand is stored in this or a later version and says something else.
    """
    return _put(
        session,
        operator_id,
        tuple(demands),
        row=TechnologyDemandRow,
        kind="demand",
        key=lambda demand: demand.demand_id,
        values=lambda demand: {
            "owner_org": demand.owner_org,
            "title": demand.title,
            "lang": demand.lang.value,
            "status": demand.status.value,
            "secrecy_level": demand.secrecy_level.value,
            "deadline": demand.deadline,
        },
        now_ms=now_ms,
    )


def put_providers(
    session: Session, operator_id: str, providers: Iterable[Provider], *, now_ms: int
) -> Put:
    """Store providers; see `put_demands`."""
    return _put(
        session,
        operator_id,
        tuple(providers),
        row=TechnologyProviderRow,
        kind="provider",
        key=lambda provider: provider.provider_id,
        values=lambda provider: {
            "org_id": provider.org_id,
            "name": provider.name,
            "consent": provider.consent,
        },
        now_ms=now_ms,
    )


def demand(
    session: Session, viewer: Viewer, demand_id: str, *, version: int | None = None
) -> Demand:
    """Return a demand, in its current version unless another is asked for.

    Raises
    ------
    NotFound
        When there is none that the viewer may see.
    """
    query = _demands(viewer, current=version is None).where(
        col(TechnologyDemandRow.id) == demand_id
    )
    if version is not None:
        query = query.where(col(TechnologyDemandRow.version) == version)
    return _shown(only(session, query, kind="demand", key=demand_id), viewer)


def demands(
    session: Session,
    viewer: Viewer,
    *,
    status: DemandStatus | None = None,
    after: str | None = None,
    limit: int = PAGE,
) -> tuple[Demand, ...]:
    """Return one page of the current demands that the viewer may see, by id."""
    query = _demands(viewer)
    if status is not None:
        query = query.where(col(TechnologyDemandRow.status) == status.value)
    rows = found(session, page(query, col(TechnologyDemandRow.id), after=after, limit=limit))
    return tuple(_shown(row, viewer) for row in rows)


def provider(
    session: Session, viewer: Viewer, provider_id: str, *, version: int | None = None
) -> Provider:
    """Return a provider; see `demand`."""
    query = _providers(viewer, current=version is None).where(
        col(TechnologyProviderRow.id) == provider_id
    )
    if version is not None:
        query = query.where(col(TechnologyProviderRow.version) == version)
    row = only(session, query, kind="provider", key=provider_id)
    return from_plain(Provider, row.body)


def providers(
    session: Session, viewer: Viewer, *, after: str | None = None, limit: int = PAGE
) -> tuple[Provider, ...]:
    """Return one page of the current providers that the viewer may see, by id."""
    query = _providers(viewer)
    rows = found(session, page(query, col(TechnologyProviderRow.id), after=after, limit=limit))
    return tuple(from_plain(Provider, row.body) for row in rows)


def all_demands(session: Session, viewer: Viewer) -> tuple[Demand, ...]:
    """Return all current demands that the viewer may see, by id."""
    rows = found(session, _demands(viewer).order_by(col(TechnologyDemandRow.id)))
    return tuple(_shown(row, viewer) for row in rows)


def load_problem(session: Session, viewer: Viewer, *, today: date) -> Problem:
    """Return what is to be matched: the open demands, and the providers that agreed to it.

    Raises
    ------
    NotFound
        When the viewer is not the operator: the whole problem is everybody's data.
    """
    if not viewer.is_operator:
        raise NotFound("technology problem", viewer.operator_id)
    open_ = _demands(viewer).where(col(TechnologyDemandRow.status) == DemandStatus.OPEN.value)
    listed = _providers(viewer).where(col(TechnologyProviderRow.consent).is_(True))
    return Problem(
        today=today,
        demands=tuple(
            from_plain(Demand, row.body)
            for row in found(session, open_.order_by(col(TechnologyDemandRow.id)))
        ),
        providers=tuple(
            from_plain(Provider, row.body)
            for row in found(session, listed.order_by(col(TechnologyProviderRow.id)))
        ),
    )


def _put(
    session: Session,
    operator_id: str,
    given: tuple[ValueT, ...],
    *,
    row: type[TechnologyDemandRow | TechnologyProviderRow],
    kind: str,
    key: Callable[[ValueT], str],
    values: Callable[[ValueT], Mapping[str, Any]],
    now_ms: int,
) -> Put:
    """Insert what is new, and retire the versions that it replaces."""
    query = select(row).where(col(row.operator_id) == operator_id, col(row.current).is_(True))
    rows: Sequence[Any] = found(session, query)
    stored = {one.id: (one.version, one.digest) for one in rows}
    fresh, replaced, unchanged = [], [], 0
    for value in given:
        before = stored.get(key(value))
        if before is not None and before[1] == value.digest:
            unchanged += 1
            continue
        if before is not None and value.version <= before[0]:
            raise Conflict(
                kind,
                key(value),
                f"version {before[0]} is stored and says something else; to change it, give "
                f"version {before[0] + 1}",
            )
        if before is not None:
            replaced.append(key(value))
        fresh.append(value)
    _retire(session, operator_id, row, replaced)
    place = {"operator_id": operator_id, "current": True, "stored_ms": now_ms}
    insert_all(
        session,
        row,
        (
            {
                **place,
                **values(value),
                "id": key(value),
                "version": value.version,
                "digest": value.digest,
                "body": to_plain(value),
            }
            for value in fresh
        ),
    )
    return Put(added=len(fresh) - len(replaced), changed=len(replaced), unchanged=unchanged)


def _retire(
    session: Session,
    operator_id: str,
    row: type[TechnologyDemandRow | TechnologyProviderRow],
    keys: list[str],
) -> None:
    for start in range(0, len(keys), 500):
        statement = (
            update(row)
            .where(
                col(row.operator_id) == operator_id,
                col(row.id).in_(keys[start : start + 500]),
                col(row.current).is_(True),
            )
            .values(current=False)
        )
        affected(session, statement)


def _demands(viewer: Viewer, *, current: bool = True) -> SelectOfScalar[TechnologyDemandRow]:
    row = TechnologyDemandRow
    query = select(row).where(col(row.operator_id) == viewer.operator_id)
    if current:
        query = query.where(col(row.current).is_(True))
    if viewer.organisation_id is None:
        return query
    return query.where(
        or_(
            col(row.owner_org) == viewer.organisation_id,
            (col(row.status) == DemandStatus.OPEN.value)
            & (col(row.secrecy_level) != SecrecyLevel.CONFIDENTIAL.value),
        )
    )


def _providers(viewer: Viewer, *, current: bool = True) -> SelectOfScalar[TechnologyProviderRow]:
    row = TechnologyProviderRow
    query = select(row).where(col(row.operator_id) == viewer.operator_id)
    if current:
        query = query.where(col(row.current).is_(True))
    if viewer.organisation_id is not None:
        query = query.where(col(row.org_id) == viewer.organisation_id)
    return query


def _shown(row: TechnologyDemandRow, viewer: Viewer) -> Demand:
    """Return the demand as the viewer may see it."""
    whole = from_plain(Demand, row.body)
    if viewer.is_operator or viewer.organisation_id == whole.owner_org:
        return whole
    # Whom the owner shuts out, and why it may conflict with whom, is its own business.
    open_part = replace(whole, excluded_orgs=(), persons_hash=(), history=())
    if whole.secrecy_level is SecrecyLevel.PUBLIC:
        return open_part
    return replace(
        open_part,
        background="",
        problem="restricted: ask the owner",
        current_state="",
        tried_routes=(),
        deliverables=(),
        attachments=(),
    )
