"""`parkloom offer` and `parkloom order`: the open book from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.exporters.bundle import write_bundle
from tests.support.cli import fits, only_json, words
from tests.support.small_park import SMALL_PARK, WEEKS


@pytest.fixture
def book(run, tmp_path: Path):
    """Return the command line of an installation that holds the small park."""
    folder = tmp_path / "small-park"
    folder.mkdir()
    write_bundle(folder, SMALL_PARK)
    vkey = only_json(run("key", "new", "root.key", "--name", "registrar.example", "--json"))["vkey"]
    assert run("init", "--registrar", vkey).exit_code == 0
    assert run("import", folder).exit_code == 0
    return run


def test_an_offer_is_withdrawn_and_opened(book):
    for enterprise in ((), ("--enterprise", "MILLER")):
        gone = book("offer", "withdraw", "MILL", *enterprise, "--json")
        assert gone.exit_code == 0
        assert only_json(gone) == {
            "id": "MILL",
            "enterprise_id": "MILLER",
            "status": "withdrawn",
            "idle_minutes": [600] * WEEKS,
        }
        back = book("offer", "open", "MILL", *enterprise)
        assert back.exit_code == 0
        assert words(back.stdout) == "MILL of MILLER: open, 3,600 idle minutes in 6 weeks"


def test_idle_minutes_are_changed(book):
    changed = book("offer", "idle", "LATHE", 0, 0, 60, 600, 600, 600, "--json")
    assert only_json(changed)["idle_minutes"] == [0, 0, 60, 600, 600, 600]
    refused = book("offer", "idle", "LATHE", 5, "--json")
    assert refused.exit_code == 2
    assert only_json(refused)["error"]["code"] == "VALUE_NOT_STORABLE"
    assert "6 numbers" in words(refused.stderr)


def test_an_order_is_withdrawn_by_its_buyer(book):
    stranger = book("order", "withdraw", "PLATE", "--buyer", "ACME", "--json")
    assert (stranger.exit_code, only_json(stranger)["error"]["code"]) == (2, "NOT_FOUND")
    for _ in range(2):
        gone = book("order", "withdraw", "PLATE", "--buyer", "BOLT")
        assert (gone.exit_code, words(gone.stdout)) == (0, "PLATE of BOLT: withdrawn")


@pytest.mark.parametrize("group", ["offer", "order"])
def test_help_fits_a_terminal(run, group):
    shown = run(group, "--help")
    assert shown.exit_code == 0
    assert "withdraw" in shown.stdout
    assert fits(shown.stdout)
