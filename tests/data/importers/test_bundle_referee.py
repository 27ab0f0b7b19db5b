"""Our reading of a bundle against that of the independent referee, where it is at hand."""

from __future__ import annotations

import importlib.util
import random
import subprocess
import sys
from types import ModuleType

import pytest

from data.exporters.bundle import write_bundle
from data.importers.bundle import read_bundle
from tests.support.folders import shared_folder


@pytest.fixture(scope="module")
def referee() -> ModuleType:
    path = shared_folder("TOOLS") / "check_capacity_plan.py"
    spec = importlib.util.spec_from_file_location("referee", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["referee"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    tool = shared_folder("TOOLS") / "make_capacity_instance.py"
    out = tmp_path_factory.mktemp("instance")
    size = ["--orders", "40", "--offers", "20", "--seed", "11", "--weeks", "5"]
    subprocess.run([sys.executable, tool, *size, "--out", out], check=True, capture_output=True)
    return out


def referee_accepts(referee: ModuleType, folder) -> bool:
    """Return whether the referee can read every row of a bundle."""
    try:
        made = referee.read_instance(folder)
        found = referee.Violations()
        referee.check_capacity(folder / "offer_weeks.csv", made, usage={}, found=found)
        rows = referee.read_records(
            folder / "orders.csv", referee.ORDER_COLUMNS, optional=referee.QUOTED_ONLY
        )
        orders = {record.text("order_id"): record for record in rows}
        operations = referee.read_operations(folder / "operations.csv", orders)
        seen: set[str] = set()
        for record in referee.read_records(
            folder / "orders.csv", referee.ORDER_COLUMNS, optional=referee.QUOTED_ONLY
        ):
            referee.to_order(record, operations.get(record.text("order_id"), []))
            seen.add(referee.first_of(record, "order_id", seen))
    except referee.BadFile:
        return False
    return True


def test_a_generated_instance_is_read_and_written_as_the_referee_reads_it(
    referee, instance, tmp_path
):
    problem = read_bundle(instance).required()
    write_bundle(tmp_path / "again", problem)

    assert referee_accepts(referee, instance)
    assert referee_accepts(referee, tmp_path / "again")
    ours, theirs = (referee.read_instance(f) for f in (tmp_path / "again", instance))
    assert ours.offers == theirs.offers
    assert ours.settings == theirs.settings
    assert ours.geography.km == theirs.geography.km


CHARACTERS = '0123456789.-+eE|," \nx_nif'


@pytest.mark.parametrize("seed", range(2))
def test_what_we_accept_the_referee_accepts_too(referee, instance, tmp_path, seed):
    """Random edits of one character: never do we take what the referee would not."""
    rng = random.Random(seed)
    names = [path.name for path in instance.iterdir()]
    accepted = 0
    for _ in range(40):
        name = rng.choice(names)
        for path in instance.iterdir():
            (tmp_path / path.name).write_bytes(path.read_bytes())
        text = bytearray((tmp_path / name).read_bytes())
        at = rng.randrange(len(text))
        text[at : at + rng.randint(0, 1)] = rng.choice(CHARACTERS).encode()
        (tmp_path / name).write_bytes(text)
        if read_bundle(tmp_path).accepted:
            accepted += 1
            assert referee_accepts(referee, tmp_path), (name, at)
    assert accepted > 0
