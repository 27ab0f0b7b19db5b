"""The installation audits its own store: every row against its entry, every file against the rows.

Each test changes the database or a file as an insider with full rights would, triggers dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.services import own_log
from api.services.auditing import Auditor
from api.services.workspace import log_vkey, registrar_vkey
from data.tables.ledger import ledger_ddl_drop
from ledger.claims import drafts
from tests.support.audits import codes
from tests.support.trades import Traded, trading


@pytest.fixture
def traded(tmp_path: Path) -> Iterator[Traded]:
    """Return an installation on SQLite without the triggers that guard its log."""
    with trading(tmp_path) as found:
        for statement in ledger_ddl_drop("sqlite"):
            found.execute(statement)
        yield found


def audit(traded: Traded) -> list[str]:
    """Audit the installation and return the codes that were found."""
    keys = Auditor(log=log_vkey(traded.workspace), registrar=registrar_vkey(traded.workspace))
    report = own_log.audit(traded.workspace, keys)
    assert report.clean == (not report.findings)
    return codes(report)


def test_an_untouched_store_has_no_findings(traded: Traded) -> None:
    """Rows, head, state, files and private fields fit together."""
    assert audit(traded) == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("leaf_hash", b"\7" * 32),
        ("time_ms", 1),
        ("request_id", "0" * 32),
        ("body_digest", b"\7" * 32),
        ("order_handle", "0" * 32),
        ("order_sequence", 99),
    ],
)
def test_a_changed_column_is_found(traded: Traded, column: str, value: object) -> None:
    """The columns beside an entry are what it is found by."""
    place = "SELECT max(leaf_index) FROM ledger_leaf WHERE order_handle IS NOT NULL"
    traded.execute(
        f"UPDATE ledger_leaf SET {column} = :value WHERE leaf_index = ({place})", value=value
    )
    assert audit(traded) == ["ROW_DIFFERS"]


def test_an_edited_entry_is_found(traded: Traded) -> None:
    """Its row, the bundle and the tree all contradict it."""
    traded.execute(
        'UPDATE ledger_leaf SET data = CAST(replace(CAST(data AS TEXT), \'"net":"\', '
        '\'"net":"9\') AS BLOB) WHERE order_sequence = 0'
    )
    found = audit(traded)
    assert {"ROW_DIFFERS", "ENTRY_UNSIGNED", "TILE_DIFFERS", "ROOT_DIFFERS"} <= set(found)
    assert "SIGNATURE_INVALID" in found


def test_a_removed_entry_is_found(traded: Traded) -> None:
    """ENTRY_MISSING names the first that is not there, LOG_BEHIND_SIGNER that some are lacking."""
    traded.execute("DELETE FROM ledger_leaf WHERE leaf_index = 3")
    assert audit(traded) == ["LOG_BEHIND_SIGNER", "ENTRY_MISSING"]


def test_an_edited_head_is_found(traded: Traded) -> None:
    """The head must be that of the stored entries."""
    traded.execute("UPDATE ledger_head SET time_ms = 1")
    assert audit(traded) == ["HEAD_DIFFERS"]


def test_an_edited_state_is_found(traded: Traded) -> None:
    """An order's state that no entry implies: more than what was confirmed could be pledged."""
    traded.execute(
        'UPDATE ledger_state SET value = CAST(replace(CAST(value AS TEXT), \'"u0":"\', '
        "'\"u0\":\"9') AS BLOB) WHERE key LIKE 'order/%'"
    )
    assert audit(traded) == ["STATE_DIFFERS"]


def test_a_removed_state_is_found(traded: Traded) -> None:
    """A revocation, say, whose object was deleted."""
    traded.execute("DELETE FROM ledger_state WHERE key LIKE 'order/%'")
    assert audit(traded) == ["STATE_DIFFERS"]


def test_an_edited_bundle_is_found(traded: Traded) -> None:
    """What strangers read differs from what is stored."""
    folder = traded.workspace.settings.log_folder / "tile" / "entries"
    path = max(folder.rglob("*"), key=lambda one: one.stat().st_size if one.is_file() else 0)
    data = path.read_bytes()
    path.write_bytes(data.replace(b'"duty":"maker"', b'"duty":"taker"', 1))
    assert audit(traded) == ["ENTRY_UNSIGNED"]


def test_deleted_private_fields_are_found(traded: Traded) -> None:
    """No erasure says why."""
    traded.execute("DELETE FROM ledger_disclosure")
    assert audit(traded) == ["DISCLOSURE_LOST"]


def test_one_deleted_private_field_is_found(traded: Traded) -> None:
    """What its type needs is no longer there."""
    chain = "SELECT leaf_index FROM ledger_leaf WHERE order_sequence = 0"
    traded.execute(
        "DELETE FROM ledger_disclosure WHERE digest IN (SELECT digest FROM ledger_disclosure "
        f"WHERE leaf_index IN ({chain}) ORDER BY length(text) DESC LIMIT 1)"
    )
    found = audit(traded)
    assert found in (["DISCLOSURE_LOST"], ["LINE_SUM"])


def test_a_foreign_private_field_is_found(traded: Traded) -> None:
    """A text under a digest that the entry does not hold."""
    chain = "SELECT leaf_index FROM ledger_leaf WHERE order_sequence = 0"
    traded.execute(
        "UPDATE ledger_disclosure SET digest = 'x' || digest WHERE digest IN (SELECT min(digest) "
        f"FROM ledger_disclosure WHERE leaf_index IN ({chain}))"
    )
    assert audit(traded) == ["DISCLOSURE_FOREIGN"]


def test_a_destroyed_key_without_an_erasure_is_found(traded: Traded) -> None:
    """The texts are there and do not open."""
    traded.execute("DELETE FROM order_keys WHERE order_handle = :order", order=traded.order)
    assert audit(traded) == ["DISCLOSURE_LOST"]


def test_an_erased_order_has_no_findings(traded: Traded) -> None:
    """That its fields do not open is what the record says."""
    traded.erase()
    assert audit(traded) == []


def test_an_erasure_that_left_the_key_is_found(traded: Traded) -> None:
    """The record says that it is gone."""
    traded.workspace.writer.submit(drafts.to_request(traded.erasure()))
    assert audit(traded) == ["ERASURE_INCOMPLETE"]


def test_a_tag_of_another_identity_is_found(traded: Traded) -> None:
    """The tag key is the auditor's too: with another one every tag differs."""
    path = traded.workspace.settings.keys_folder / "tag.key"
    rules = traded.workspace.rules
    assert path.read_bytes() == rules._tag_key
    rules._tag_key = b"\7" * 32
    assert audit(traded) == ["TAG_DIFFERS"]


def test_a_log_behind_its_signer_is_found(traded: Traded) -> None:
    """An old backup of the database: the signed checkpoint covers more."""
    traded.execute("DELETE FROM ledger_leaf WHERE leaf_index >= 9")
    assert audit(traded)[0] == "LOG_BEHIND_SIGNER"
