"""What database roles may do, as PostgreSQL statements: a second line behind the proofs.

The signer reads entries and nothing else. The server's role may add entries and never change or
remove them, even where the triggers that forbid it were dropped.
"""

from __future__ import annotations

import re

from data.errors import UnsupportedDatabase

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}\Z")
_ENTRIES = "ledger_leaf"
_SIGNER_READS = ("alembic_version", "ledger_head", _ENTRIES)


def signer_grants(role: str) -> tuple[str, ...]:
    """Return the statements that let a role read what a signer replays.

    Raises
    ------
    ValueError
        When the name is no plain lower-case identifier.
    """
    _check(role)
    return (
        f"GRANT USAGE ON SCHEMA public TO {role}",
        *(f"GRANT SELECT ON {table} TO {role}" for table in _SIGNER_READS),
        f"ALTER ROLE {role} SET default_transaction_read_only = on",
    )


def writer_grants(role: str) -> tuple[str, ...]:
    """Return the statements that let a role run the server: entries may be added, never changed.

    Raises
    ------
    ValueError
        When the name is no plain lower-case identifier.
    """
    _check(role)
    return (
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
        f"REVOKE UPDATE, DELETE, TRUNCATE ON {_ENTRIES} FROM {role}",
        f"ALTER ROLE {role} SET synchronous_commit = on",
    )


def _check(role: str) -> None:
    if not _NAME.match(role):
        raise UnsupportedDatabase(
            f"{role!r} is no plain role name: expected lower-case letters, digits and underscores"
        )
