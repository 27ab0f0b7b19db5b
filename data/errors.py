"""What can go wrong between the product and its database, one class per situation.

A caller above `data` never meets a driver's own exception for these: `data.engine` translates
them, with a sentence that says what happened and what to do.
"""

from __future__ import annotations


class DataError(Exception):
    """Base of all errors that `data` raises on purpose.

    `code` is the stable name of the situation, for wire formats and logs.
    """

    code = "DATA_ERROR"


class DatabaseLocked(DataError):
    """Another transaction held the database for longer than we wait. Trying again is safe."""

    code = "DATABASE_LOCKED"


class DiskFull(DataError):
    """The database could not grow. Nothing of the transaction was kept."""

    code = "DISK_FULL"


class DatabaseUnavailable(DataError):
    """The database cannot be opened or the connection broke."""

    code = "DATABASE_UNAVAILABLE"


class DatabaseDamaged(DataError):
    """The database file is not a database or contradicts itself."""

    code = "DATABASE_DAMAGED"


class DatabaseNewer(DataError):
    """The database was migrated by a newer version of the product."""

    code = "DATABASE_NEWER"


class DatabaseOlder(DataError):
    """The database still needs migrations."""

    code = "DATABASE_OLDER"


class UnsupportedDatabase(DataError, ValueError):
    """The address names a database that the product does not run on."""

    code = "UNSUPPORTED_DATABASE"


class ValueNotStorable(DataError, ValueError):
    """A value lies outside what a column can hold on both databases."""

    code = "VALUE_NOT_STORABLE"


class NotFound(DataError, LookupError):
    """No such row, or none that the viewer may see: the two are not told apart.

    Parameters
    ----------
    kind:
        What was looked for, in the singular ("matching run").
    key:
        Its identifier, as the caller gave it.
    """

    code = "NOT_FOUND"

    def __init__(self, kind: str, key: str) -> None:
        super().__init__(f"there is no {kind} {key!r} that this viewer may see")
        self.kind = kind
        self.key = key


class Conflict(DataError):
    """A row with this identity exists and says something else.

    Parameters
    ----------
    kind:
        What the row is, in the singular ("organisation").
    key:
        The identity that is taken.
    detail:
        How the two differ, and the way out.
    """

    code = "CONFLICT"

    def __init__(self, kind: str, key: str, detail: str) -> None:
        super().__init__(f"{kind} {key!r} conflicts with what is stored: {detail}")
        self.kind = kind
        self.key = key
        self.detail = detail


class WrongStatus(DataError):
    """A row is in a status that does not allow the step.

    Parameters
    ----------
    kind, key:
        The row.
    status:
        Its status now.
    wanted:
        The statuses from which the step is possible.
    """

    code = "WRONG_STATUS"

    def __init__(self, kind: str, key: str, *, status: str, wanted: tuple[str, ...]) -> None:
        allowed = " or ".join(wanted)
        super().__init__(f"{kind} {key!r} is {status}; this step needs it to be {allowed}")
        self.kind = kind
        self.key = key
        self.status = status
        self.wanted = wanted
