"""The checker reads the same problem from a bundle as the product does."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from data.exporters.bundle import write_bundle
from data.importers.bundle import read_bundle as read_product
from data.samples.random_instance import write_instance
from matching.capacity.problem import Quotation
from matching.certificate.bundle import read_bundle
from matching.certificate.refusal import Unreadable
from tests.support.certificates import bundle_of
from tests.support.oracle import tiny_problem


@pytest.mark.parametrize("seed", range(3))
def test_the_digest_is_that_of_the_problem(seed):
    problem = tiny_problem(seed)

    assert bundle_of(problem).digest() == problem.digest


def test_the_digest_covers_quotations_and_decimals():
    problem = tiny_problem(5)
    one = Quotation(
        order_id="O0", step=1, offer_id="F0", setup_minutes=1, minutes_total=2, price_fen=3
    )
    offers = (replace(problem.offers[0], carbon_g_per_hour=Fraction("0.125")), *problem.offers[1:])
    orders = (replace(problem.orders[0], quoted_only=True), *problem.orders[1:])
    richer = replace(problem, offers=offers, orders=orders, quotations=(one,))

    assert bundle_of(richer).digest() == richer.digest != problem.digest


def test_the_digest_of_a_generated_instance(tmp_path):
    write_instance(tmp_path, orders=30, offers=20, seed=3)

    assert read_bundle(tmp_path).digest() == read_product(tmp_path).required().digest


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("parks.csv", "P1,31.0", "P1,91.0"),
        ("parks.csv", "P1,31.0", "P1,nan"),
        ("offers.csv", "F0,E0,P", "F0,E0,X"),
        ("offers.csv", "steel", "steel||pom"),
        ("offer_weeks.csv", "F0,", "F9,"),
        ("operations.csv", "O0,1,", "O0,2,"),
        ("operations.csv", "O0,1,", "O9,1,"),
        ("orders.csv", "quantity", "pieces"),
        ("orders.csv", "\nO1,", "\nO0,"),
        ("orders.csv", "O0,B,", "O0,"),
        ("settings.json", '"weeks": ', '"weeks": -'),
        ("settings.json", '"weeks"', '"months"'),
    ],
)
def test_a_wrong_file_is_named(tmp_path, name, old, new):
    write_bundle(tmp_path, tiny_problem(0))
    path = tmp_path / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")

    with pytest.raises(Unreadable, match=name.split(".")[0]):
        read_bundle(tmp_path)


def test_a_missing_file_and_a_line_without_end_are_named(tmp_path):
    write_bundle(tmp_path, tiny_problem(0))
    path = tmp_path / "orders.csv"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(Unreadable, match="the last line does not end"):
        read_bundle(tmp_path)

    path.unlink()
    with pytest.raises(Unreadable, match=r"orders\.csv"):
        read_bundle(tmp_path)
