"""Whether the parts that the server depends on work."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata

from sqlalchemy import text

from api.services.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthView:
    """What a look at every part found.

    Parameters
    ----------
    database
        Kind of database: sqlite or postgresql.
    log_size
        Entries committed.
    checkpoint_size
        Entries under the newest published checkpoint, 0 before the first.
    """

    version: str
    database: str
    origin: str
    log_size: int
    checkpoint_size: int


def look(workspace: Workspace) -> HealthView:
    """Look at database and record.

    Raises
    ------
    DataError
        When the database does not answer.
    Corruption
        When the published checkpoint is not one that the log signed.
    """
    with workspace.snapshot() as session:
        session.connection().execute(text("SELECT 1"))
    with workspace.log.reader() as reader:
        log_size = reader.head().size
    published = workspace.publisher.published()
    return HealthView(
        version=metadata.version("parkloom"),
        database=workspace.engine.dialect.name,
        origin=workspace.settings.origin,
        log_size=log_size,
        checkpoint_size=0 if published is None else published.size,
    )
