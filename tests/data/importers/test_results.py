from __future__ import annotations

import csv
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.exporters.plan import write_claim, write_plan, write_reasons
from data.importers.codes import RejectCode
from data.importers.results import read_claim, read_plan, read_reasons
from matching.capacity.plan import CapacityResult, PlanLine, Price
from matching.explain import Reason
from matching.result import Status
from tests.support.bundles import NAMES

LINES = st.builds(
    PlanLine,
    order_id=NAMES,
    lot=st.integers(1, 9),
    lot_quantity=st.integers(1, 10**9),
    step=st.integers(1, 32),
    offer_id=NAMES,
    week=st.integers(0, 519),
    minutes=st.integers(1, 10**7),
)


def line(**values: object) -> PlanLine:
    made = {
        "order_id": "O1",
        "lot": 1,
        "lot_quantity": 5,
        "step": 1,
        "offer_id": "F1",
        "week": 0,
        "minutes": 60,
    }
    return PlanLine(**{**made, **values})  # type: ignore[arg-type]


def result(**values: object) -> CapacityResult:
    made = {
        "status": Status.FEASIBLE,
        "plan": (line(),),
        "objective_fen": 900,
        "bound_fen": 1000,
        "seed": 7,
        "prices": (
            Price(offer_id="F2", week=1, millifen_per_minute=5),
            Price(offer_id="F1", week=0, millifen_per_minute=12_345),
        ),
    }
    return CapacityResult(**{**made, **values})  # type: ignore[arg-type]


@given(
    st.lists(LINES, unique_by=lambda p: (p.order_id, p.lot, p.step, p.offer_id, p.week), max_size=8)
)
@settings(max_examples=40, deadline=None)
def test_a_plan_reads_back_as_it_was_written(tmp_path_factory, lines):
    path = tmp_path_factory.mktemp("plan") / "plan.csv"
    write_plan(path, lines)

    again = read_plan(path).required()

    assert sorted(again) == sorted(lines)
    before = path.read_bytes()
    write_plan(path, again)
    assert path.read_bytes() == before


def test_an_empty_plan_is_a_header(tmp_path):
    write_plan(tmp_path / "plan.csv", [])

    assert read_plan(tmp_path / "plan.csv").required() == ()
    with (tmp_path / "plan.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [["order_id", "lot", "lot_quantity", "step", "offer_id", "week", "minutes"]]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("O1,1,5", "O1,0,5", RejectCode.OUT_OF_RANGE),
        ("O1,1,5", "O1,one,5", RejectCode.NOT_AN_INTEGER),
        (",60", ",60.5", RejectCode.NOT_AN_INTEGER),
        (",60", ",0", RejectCode.OUT_OF_RANGE),
        ("order_id,lot", "order,lot", RejectCode.HEADER_WRONG),
        ("\nO1,1,5,1,F1,0,60\n", "\nO1,1,5,1,F1,0,60\nO1,1,5,1,F1,0,9\n", RejectCode.DUPLICATE_ROW),
        ("60\n", "6", RejectCode.CSV_TRUNCATED),
    ],
)
def test_a_wrong_plan_is_refused_by_code(tmp_path, old, new, code):
    path = tmp_path / "plan.csv"
    write_plan(path, [line()])
    path.write_bytes(path.read_bytes().replace(old.encode(), new.encode(), 1))

    assert [r.code for r in read_plan(path).rejects] == [code]


def test_a_claim_reads_back_with_its_prices_sorted(tmp_path):
    write_claim(tmp_path / "claim.json", result())

    claim = read_claim(tmp_path / "claim.json").required()

    assert (claim.objective_fen, claim.upper_bound_fen, claim.seed) == (900, 1000, 7)
    assert claim.status == "feasible"
    assert claim.prices == tuple(sorted(result().prices))
    loaded = json.loads((tmp_path / "claim.json").read_text(encoding="utf-8"))
    assert loaded["gap"] == 0.1
    assert loaded["prices"] == [["F1", 0, 12345], ["F2", 1, 5]]


def test_a_claim_without_prices_is_still_json(tmp_path):
    write_claim(tmp_path / "claim.json", result(prices=()))

    assert read_claim(tmp_path / "claim.json").required().prices == ()


def test_a_result_without_a_plan_claims_nothing(tmp_path):
    nothing = result(status=Status.NO_SOLUTION_FOUND, plan=(), objective_fen=None, bound_fen=None)

    with pytest.raises(ValueError, match="claims nothing"):
        write_claim(tmp_path / "claim.json", nothing)


PRICED = '{"objective_fen": 1, "upper_bound_fen": 2, "prices": %s}'


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", RejectCode.JSON_MALFORMED),
        ("[]", RejectCode.JSON_MALFORMED),
        ('{"objective_fen": 1.5, "upper_bound_fen": 2}', RejectCode.NOT_AN_INTEGER),
        ('{"objective_fen": true, "upper_bound_fen": 2}', RejectCode.NOT_AN_INTEGER),
        ('{"objective_fen": 1}', RejectCode.NOT_AN_INTEGER),
        (PRICED % "7", RejectCode.JSON_MALFORMED),
        (PRICED % '[["F", 0, -1]]', RejectCode.JSON_MALFORMED),
        (PRICED % '[["F", 0, 1.5]]', RejectCode.JSON_MALFORMED),
        (PRICED % '[["F", true, 1]]', RejectCode.JSON_MALFORMED),
        ('{"objective_fen": 1, "upper_bound_fen": 1e99999999}', RejectCode.NOT_AN_INTEGER),
        ("[" * 100_000, RejectCode.JSON_MALFORMED),
    ],
)
def test_a_wrong_claim_is_refused_by_code(tmp_path, text, code):
    (tmp_path / "claim.json").write_text(text, encoding="utf-8")

    assert [r.code for r in read_claim(tmp_path / "claim.json").rejects] == [code]


def test_missing_and_unreadable_files_are_refused(tmp_path):
    for read in (read_plan, read_claim, read_reasons):
        assert [r.code for r in read(tmp_path / "no").rejects] == [RejectCode.FILE_MISSING]
        assert [r.code for r in read(tmp_path).rejects] == [RejectCode.FILE_UNREADABLE]


def test_reasons_are_one_line_per_order_in_order(tmp_path):
    reasons = {
        "O2": Reason(code="matched", params={}),
        "O1": Reason(code="matched", params={"lots": 2, "offers": ("F1", "F2")}),
    }
    path = tmp_path / "reasons.jsonl"
    write_reasons(path, reasons)

    lines = [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines()]

    assert [one["order_id"] for one in lines] == ["O1", "O2"]
    assert set(lines[0]) == {"order_id", "code", "params", "text"}
    assert read_reasons(path).required() == reasons


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{}\n", RejectCode.JSON_MALFORMED),
        ("nonsense\n", RejectCode.JSON_MALFORMED),
        ('{"order_id": "O", "code": "c", "params": {}}\n' * 2, RejectCode.DUPLICATE_ID),
    ],
)
def test_wrong_reasons_are_refused_by_code(tmp_path, text, code):
    (tmp_path / "reasons.jsonl").write_text(text, encoding="utf-8")

    assert [r.code for r in read_reasons(tmp_path / "reasons.jsonl").rejects] == [code]
