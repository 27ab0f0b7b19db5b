from __future__ import annotations

import csv
import io
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.exporters.bundle import decimal_text
from data.exporters.files import FORMULA_STARTS, escaped, people_csv_bytes, write_bytes


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text):
    assert escaped(text) == "'" + text


@pytest.mark.parametrize("cell", ["a=1", "", "织链", -5, -0.5, None])
def test_other_cells_and_numbers_are_left_alone(cell):
    assert escaped(cell) == cell


@given(st.lists(st.lists(st.text(max_size=5), min_size=2, max_size=2), max_size=5))
def test_no_cell_of_a_file_for_people_starts_like_a_formula(rows):
    text = people_csv_bytes(("=a", "b"), rows).decode("utf-8-sig")

    cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    assert not [cell for cell in cells if cell.startswith(FORMULA_STARTS)]


def test_a_failed_write_leaves_the_old_file_and_nothing_beside_it(tmp_path, monkeypatch):
    path = tmp_path / "plan.csv"
    write_bytes(path, b"old")

    def fail(self, target):
        raise OSError("no")

    monkeypatch.setattr("pathlib.Path.replace", fail)
    with pytest.raises(OSError, match="no"):
        write_bytes(path, b"new")

    assert path.read_bytes() == b"old"
    assert [child.name for child in tmp_path.iterdir()] == ["plan.csv"]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (Fraction(0), "0"),
        (Fraction(5), "5"),
        (Fraction(91, 2), "45.5"),
        (Fraction(1, 8), "0.125"),
        (Fraction(10**17 + 1), "100000000000000001"),
        (Fraction(1, 10**17), "0.00000000000000001"),
    ],
)
def test_fractions_are_written_exactly(number, text):
    assert decimal_text(number) == text
    assert Fraction(text) == number


@pytest.mark.parametrize(
    "number", [Fraction(1, 3), Fraction(1, 10**18), Fraction(10**18), Fraction(-1)]
)
def test_a_number_without_such_a_form_is_refused(number):
    with pytest.raises(ValueError, match="no decimal form"):
        decimal_text(number)
