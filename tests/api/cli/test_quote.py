"""`parkloom quote`: orders quoted beside the files of a plan."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.commands import quote as command
from data.exporters.plan import write_claim, write_plan
from data.importers.bundle import read_bundle
from data.samples.random_instance import write_instance
from matching.capacity import solve
from matching.limits import Limits
from tests.support.cli import fits, only_json, words

ORDER = {
    "id": "RFQ-1",
    "buyer_id": "B-1",
    "buyer_lat": 31.25,
    "buyer_lon": 121.5,
    "quantity": 4,
    "material": "steel",
    "size_class": 1,
    "release_week": 0,
    "due_week": 9,
    "value_fen": 9_000_000,
    "max_price_fen": 9_000_000,
    "weight_kg": "2.5",
    "operations": [{"process": "cnc-turning", "tolerance_it": 16, "minutes_total": 60}],
}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Path:
    """A bundle and the files of a plan for it, in the folder `plan`."""
    folder = tmp_path_factory.mktemp("bundle")
    write_instance(folder, orders=40, offers=30, seed=3, load=0.3)
    result = solve(read_bundle(folder).required(), Limits(seconds=None, work=1000, seed=1))
    (folder / "plan").mkdir()
    write_plan(folder / "plan" / "plan.csv", result.plan)
    write_claim(folder / "plan" / "claim.json", result)
    return folder


@pytest.fixture
def run(bundle: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that quotes beside the plan of the bundle."""
    monkeypatch.setenv("COLUMNS", "80")

    def invoke(order: Path, *more: object, plan: Path = bundle / "plan"):
        arguments = [bundle, "--plan", plan, "--order", order, *more]
        return CliRunner().invoke(command.app, [str(one) for one in arguments])

    return invoke


def written(folder: Path, value: object) -> Path:
    path = folder / "order.json"
    path.write_text(json.dumps(value))
    return path


def test_one_order_is_shown_with_its_alternatives(run, tmp_path):
    done = run(written(tmp_path, ORDER))
    assert done.exit_code == 0, done.stderr
    assert fits(done.stdout)
    assert "Quote for RFQ-1" in done.stdout
    assert "fits beside the plan; nobody else changes" in words(done.stdout)
    assert "best value" in done.stdout


def test_json_is_one_object_with_the_lines(run, tmp_path):
    found = only_json(run(written(tmp_path, {"order": ORDER}), "--json"))["quotes"]
    assert [one["status"] for one in found] == ["fits"]
    first = found[0]["alternatives"][0]
    assert sum(line["minutes"] for line in first["lines"]) == first["minutes"]


def test_a_refusal_is_told_with_its_reason(run, tmp_path):
    done = run(written(tmp_path, ORDER | {"material": "unobtainium"}))
    assert done.exit_code == 0
    assert fits(done.stdout)
    assert "unobtainium" in words(done.stdout)


def test_a_folder_of_orders_is_quoted_one_by_one(run, bundle, tmp_path):
    """The files of the bundle itself under other ids."""
    for name in ("orders.csv", "operations.csv"):
        text = (bundle / name).read_text().replace("\nORD", "\nNEW")
        (tmp_path / name).write_text(text)
    done = run(tmp_path)
    assert done.exit_code == 0, done.stderr
    assert fits(done.stdout)
    assert "40 orders, each quoted alone" in done.stdout
    assert len(only_json(run(tmp_path, "--json"))["quotes"]) == 40


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (ORDER | {"quantity": 0}, "order.quantity: Input should be greater than or equal to 1"),
        ({"order": ORDER, "colour": 1}, "colour: Extra inputs are not permitted"),
        ([1], "order: Input should be"),
        (ORDER | {"id": "ORD000001"}, "the plan has an order of this id"),
        (
            {
                "order": ORDER,
                "quotations": [
                    {
                        "step": 2,
                        "offer_id": "OFF00001",
                        "setup_minutes": 1,
                        "minutes_total": 5,
                        "price_fen": 9,
                    }
                ],
            },
            "the order has 1 operations",
        ),
    ],
)
def test_an_order_that_cannot_be_quoted_ends_with_status_2(run, tmp_path, value, said):
    done = run(written(tmp_path, value))
    assert done.exit_code == 2
    assert said in words(done.stderr)
    assert "BAD_INPUT" in done.stderr


def test_files_that_are_not_there_end_with_status_2(run, bundle, tmp_path):
    order = written(tmp_path, ORDER)
    assert "No such file" in words(run(tmp_path / "none.json").stderr)
    assert run(tmp_path / "none.json").exit_code == 2
    assert run(order, plan=tmp_path / "plan").exit_code == 2
    assert run(order, "--claim", tmp_path / "claim.json").exit_code == 2
    (tmp_path / "empty").mkdir()
    assert run(tmp_path / "empty").exit_code == 2
    (tmp_path / "text.json").write_text("order")
    assert "expected an order as JSON" in words(run(tmp_path / "text.json").stderr)


def test_a_plan_that_does_not_stand_is_refused(run, bundle, tmp_path):
    """A plan of which a line was taken out: the rule that it breaks is named."""
    plan = tmp_path / "plan"
    shutil.copytree(bundle / "plan", plan)
    lines = (plan / "plan.csv").read_text().splitlines(keepends=True)
    (plan / "plan.csv").write_text("".join(lines[:1] + lines[2:]))
    done = run(written(tmp_path, ORDER), plan=plan)
    assert done.exit_code == 2
    assert "the plan breaks" in words(done.stderr)
