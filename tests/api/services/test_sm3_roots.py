"""The daily SM3 root: once a day, over what is there, and found out when it is wrong."""

from __future__ import annotations

import pytest

from api.services import sm3_roots
from ledger.claims.refusals import Sm3RootMisplaced
from ledger.errors import NotVerified
from ledger.log.sm3 import Sm3Frontier
from tests.support.stage import staged


@pytest.fixture
def stage(tmp_path):
    with staged(tmp_path) as made:
        yield made


def test_the_root_of_the_day_is_entered_once_and_holds(stage):
    size = stage.workspace.log.head().size
    receipt = sm3_roots.state(stage.workspace)
    assert receipt.index >= size
    assert sm3_roots.check(stage.workspace) == 1
    with pytest.raises(Sm3RootMisplaced, match="one a day"):
        sm3_roots.state(stage.workspace)
    assert stage.workspace.publisher.published().size == stage.workspace.log.head().size


def test_a_wrong_root_is_found(stage, monkeypatch):
    """The operator states the root of another tree; whoever has the entries sees it."""
    monkeypatch.setattr(Sm3Frontier, "root", lambda _: bytes(32))
    index = sm3_roots.state(stage.workspace).index
    monkeypatch.undo()
    with pytest.raises(NotVerified, match=f"entry {index}") as refused:
        sm3_roots.check(stage.workspace)
    assert refused.value.code == "SM3_ROOT_DIFFERS"


def test_a_log_without_such_roots_has_none_to_check(stage):
    assert sm3_roots.check(stage.workspace) == 0
