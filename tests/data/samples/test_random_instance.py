"""Random instances: repeatable, readable, and the same bytes as the stand-alone generator's."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from data.importers.bundle import read_bundle
from data.samples.random_instance import write_instance
from matching.capacity.eligibility import eligible_offers
from tests.support.folders import shared_folder


def test_the_same_arguments_give_the_same_bytes(tmp_path):
    first = write_instance(tmp_path / "a", orders=30, offers=20, seed=5)
    again = write_instance(tmp_path / "b", orders=30, offers=20, seed=5)
    other = write_instance(tmp_path / "c", orders=30, offers=20, seed=6)

    assert first == again
    assert first["sha256"] != other["sha256"]
    for file in (tmp_path / "a").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()


def test_an_instance_is_a_bundle_with_what_the_summary_says(tmp_path):
    summary = write_instance(tmp_path, orders=50, offers=30, seed=1, weeks=8)
    problem = read_bundle(tmp_path).required()
    counts = eligible_offers(problem).counts

    assert (len(problem.orders), len(problem.offers)) == (50, 30)
    assert problem.settings.weeks == 8
    assert len(counts) == summary["operations"]
    assert round(counts[:, -1].mean(), 2) == summary["eligible_offers_per_operation"]


@pytest.mark.parametrize(
    ("orders", "offers", "seed", "load", "weeks"),
    [(200, 100, 1, 1.2, 12), (50, 30, 7, 0.5, 6), (1, 1, 0, 1.2, 1), (500, 400, 3, 2.0, 20)],
)
def test_the_stand_alone_generator_writes_the_same_bytes(
    tmp_path, orders, offers, seed, load, weeks
):
    program = shared_folder("TOOLS") / "make_capacity_instance.py"
    arguments = {"orders": orders, "offers": offers, "seed": seed, "load": load, "weeks": weeks}
    options = [f"--{name}={value}" for name, value in arguments.items()]

    run = subprocess.run(
        [sys.executable, str(program), *options, "--out", str(tmp_path / "theirs")],
        capture_output=True,
        text=True,
        check=True,
    )
    summary = write_instance(tmp_path / "ours", **arguments)

    assert summary == json.loads(run.stdout)
    names = {file.name for file in (tmp_path / "ours").iterdir()}
    assert names == {file.name for file in (tmp_path / "theirs").iterdir()}
    for name in names:
        ours, theirs = (tmp_path / side / name for side in ("ours", "theirs"))
        assert ours.read_bytes() == theirs.read_bytes()


def test_quotations_of_another_bundle_do_not_stay_behind(tmp_path):
    (tmp_path / "quotations.csv").write_text("order_id\n", encoding="utf-8")
    write_instance(tmp_path, orders=5, offers=5, seed=1)

    assert not (tmp_path / "quotations.csv").exists()
    assert read_bundle(tmp_path).rejects == ()


@pytest.mark.parametrize(
    "wrong", [{"orders": 0}, {"offers": 0}, {"weeks": 0}, {"seed": -1}, {"load": 0.0}]
)
def test_arguments_out_of_range_are_refused(tmp_path, wrong):
    arguments = {"orders": 5, "offers": 5, "seed": 1} | wrong

    with pytest.raises(ValueError, match="expected orders, offers and weeks ≥ 1"):
        write_instance(tmp_path, **arguments)
