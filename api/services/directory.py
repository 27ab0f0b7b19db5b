"""A directory: parks, organisations and lenders as lists, named before anything refers to them."""

from __future__ import annotations

from pathlib import Path

from api.services.workspace import Workspace
from data.importers.directory import Directory, OrganisationEntry, ParkEntry, read_directory
from data.importers.report import Imported
from data.kinds import OrganisationStatus
from data.stores import organisations, parks
from data.stores.organisations import Identifier, Organisation
from data.stores.parks import RegisteredPark

ORGANISATIONS = "organisations.csv"


def is_directory(folder: Path) -> bool:
    """Tell whether a folder holds a directory rather than a bundle."""
    return (folder / ORGANISATIONS).is_file()


def import_directory(workspace: Workspace, folder: Path) -> Imported[Directory]:
    """Take a directory into the installation, whole or not at all; repeating it is harmless.

    Parks and organisations are kept; what lenders offer is handed back for those who set policies.

    Raises
    ------
    Conflict
        When a park lies elsewhere, or an organisation is there with other particulars.
    """
    imported = read_directory(folder)
    if imported.value is None:
        return imported
    now = workspace.clock_ms()
    with workspace.transaction() as session:
        parks.ensure(session, workspace.operator_id, map(_park, imported.value.parks))
        for entry in imported.value.organisations:
            organisations.add(session, workspace.operator_id, _organisation(entry, now))
    return imported


def _park(entry: ParkEntry) -> RegisteredPark:
    return RegisteredPark(
        id=entry.park_id,
        name=entry.name_en or entry.name_zh,
        name_zh=entry.name_zh or None,
        latitude=entry.lat,
        longitude=entry.lon,
        timezone=entry.timezone,
    )


def _organisation(entry: OrganisationEntry, now_ms: int) -> Organisation:
    return Organisation(
        id=entry.organisation_id,
        kind=entry.kind,
        name=entry.name_en or entry.name_zh,
        name_zh=entry.name_zh or None,
        status=OrganisationStatus.NAMED,
        created_ms=now_ms,
        park_id=entry.park_id or None,
        latitude=entry.lat,
        longitude=entry.lon,
        identifiers=(Identifier(scheme="uscc", value=entry.uscc),) if entry.uscc else (),
    )
