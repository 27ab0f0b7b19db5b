"""What a bare matrix may hold."""

from __future__ import annotations

import numpy as np
import pytest

from matching.technology.assignment.matrix import Matrix, matrix_of, whole_numbers


def test_scores_are_rounded_to_nine_decimals():
    matrix = matrix_of([[0.1234567894, 1.0]], demand_load=1, provider_load=2)
    assert matrix.unit == 10**9
    assert matrix.scores.tolist() == [[123456789, 10**9]]
    assert matrix.as_score(matrix.in_units(0.25)) == 0.25


def test_large_scores_keep_fewer_decimals_so_that_sums_stay_exact():
    matrix = matrix_of(np.full((50, 400), 1e6), demand_load=3, provider_load=30)
    assert matrix.unit < 10**9
    assert (matrix.scores == 10**6 * matrix.unit).all()


@pytest.mark.parametrize(
    ("scores", "part"),
    [
        ([1.0, 2.0], "table of providers"),
        (np.zeros((0, 3)), "table of providers"),
        ([[float("nan"), 1.0]], "finite"),
        ([[1.0, float("inf")]], "finite"),
        (np.array([["a", "b"]]), "numbers"),
        ([[1e30]], "exact up to"),
    ],
)
def test_scores_that_make_no_table_are_refused(scores: object, part: str):
    with pytest.raises(ValueError, match=part):
        matrix_of(scores, demand_load=1, provider_load=1)


@pytest.mark.parametrize("load", [-1, 1.5, [1, 2, 3], "x", float("nan"), 10**7])
def test_loads_must_be_whole_and_one_each(load: object):
    with pytest.raises(ValueError, match="load"):
        matrix_of([[1.0, 2.0]], demand_load=load, provider_load=1)


def test_a_single_number_stands_for_all():
    assert whole_numbers("x", 3, 4).tolist() == [3, 3, 3, 3]
    assert whole_numbers("x", np.array([[2]]), 2).tolist() == [2, 2]


def test_a_least_above_its_most_is_refused():
    with pytest.raises(ValueError, match=r"provider_min\[1\] = 3"):
        matrix_of([[1.0], [1.0]], demand_load=1, provider_load=2, provider_min=[0, 3])


@pytest.mark.parametrize("name", ["demand_load", "provider_max", "provider_min"])
def test_arrays_of_another_length_are_refused(name: str):
    given = {
        "scores": np.zeros((2, 3), np.int64),
        "unit": 1,
        "demand_load": np.ones(3, np.int64),
        "provider_max": np.ones(2, np.int64),
        "provider_min": np.zeros(2, np.int64),
    }
    assert Matrix(**given).slots == 3
    with pytest.raises(ValueError, match=name):
        Matrix(**{**given, name: np.ones(7, np.int64)})
    with pytest.raises(ValueError, match="allowed"):
        Matrix(**given, allowed=np.ones((1, 1), np.bool_))
