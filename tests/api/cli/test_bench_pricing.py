"""`parkloom bench pricing`: shards give the same prices whoever works on them."""

from __future__ import annotations

from tests.support.cli import fits, only_json

SMALL = ("bench", "pricing", "--orders", 120, "--offers", 60, "--epochs", 2, "--repeats", 1)


def test_one_worker_and_two_find_the_same_prices(run):
    """The figures hold both sides of the ratio."""
    found = only_json(run(*SMALL, "--json"))
    assert found["one_worker_s"] > 0
    assert found["more_workers_s"] > 0
    assert found["workers"] == 2


def test_the_table_fits_a_terminal(run):
    """It says that the prices are the same."""
    done = run(*SMALL)
    assert done.exit_code == 0, done.stderr
    assert fits(done.stdout)
    assert "the same prices" in done.stdout
