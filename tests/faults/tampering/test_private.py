"""He hides identities or private fields: the holders of the tag key, and whoever asks, notice."""

from __future__ import annotations

import pytest

from api.services import disclosures, duplicates, records
from api.services.duplicates import PossibleDuplicate
from data.stores.order_keys import KeyErased
from ledger.claims.rules import ClaimRules
from ledger.errors import Corruption, Refusal
from tests.support.audits import codes
from tests.support.lookalikes import submit_altered
from tests.support.tampering import Scene

# Row 10: he registers one order twice under an altered identity ----------------------------------


def test_an_order_under_a_false_tag_is_noticed_by_the_holders_of_the_tag_key(scene: Scene) -> None:
    """The sequencer is his and writes any tag; who holds the key computes the true one."""
    workspace, parties = scene.workspace, scene.traded.stage.parties
    again = scene.submission()
    with pytest.raises(Refusal) as caught:
        workspace.writer.submit(again)
    assert caught.value.code == "DUPLICATE_ORDER"
    assert isinstance(workspace.rules, ClaimRules)
    true_key, workspace.rules._tag_key = workspace.rules._tag_key, b"\7" * 32
    workspace.writer.submit(again)
    workspace.rules._tag_key = true_key
    report = scene.audit()
    assert codes(report) == ["TAG_DIFFERS", "DUPLICATE_UNSEEN"]
    assert parties.folder.is_dir()


def test_an_order_under_another_number_is_held_and_its_alert_cannot_be_removed(
    scene: Scene,
) -> None:
    """The record takes the number; the operator holds its claims, and an audit misses the alert."""
    again = submit_altered(scene.traded.stage, scene.folder)
    with pytest.raises(PossibleDuplicate, match=scene.traded.order) as held:
        duplicates.warnings(scene.workspace, again)
    assert held.value.code == "POSSIBLE_DUPLICATE"
    assert codes(scene.audit()) == []
    scene.insider.run("DELETE FROM duplicate_alerts", "DELETE FROM order_fingerprints")
    assert codes(scene.audit()) == ["DUPLICATE_UNSEEN"]


# Row 12: he deletes disclosures or keys ----------------------------------------------------------


@pytest.mark.parametrize("table", ["order_keys", "ledger_disclosure"])
def test_deleted_private_fields_are_noticed_on_access(scene: Scene, table: str) -> None:
    """A digest without its opening, and no erasure entry: an alarm, not an answer."""
    handle = scene.traded.disclose("number")
    scene.insider.run(f"DELETE FROM {table}")
    with pytest.raises(Corruption) as caught:
        disclosures.make_view(scene.workspace, handle)
    assert caught.value.code == "DISCLOSURE_LOST"
    assert "no erasure" in caught.value.message
    assert codes(scene.audit()) == ["DISCLOSURE_LOST"]


def test_an_erasure_is_no_deletion(scene: Scene) -> None:
    """With its entry, signed by the registrar, the same access is answered: erased, by whom."""
    handle = scene.traded.disclose("number")
    scene.traded.erase()
    with pytest.raises(KeyErased, match="were erased by entry"):
        disclosures.make_view(scene.workspace, handle)
    assert codes(scene.audit()) == []
    assert records.get_order(scene.workspace, scene.traded.order).state == "confirmed"
