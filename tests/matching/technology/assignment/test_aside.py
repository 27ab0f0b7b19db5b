"""Search trees in a process of their own: the same answer, and an end when the caller says so."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from matching.limits import Limits
from matching.technology.assignment.aside import in_a_process, search
from matching.technology.assignment.clock import Clock
from matching.technology.assignment.linear import Program, solve_program


def knapsack(items: int, rows: int) -> Program:
    """Return a knapsack of many dimensions, which a search tree has to grow for."""
    draw = np.random.default_rng(3)
    weight = draw.integers(5, 250, (rows, items)).astype(float)
    return Program(
        gain=draw.integers(100, 500, items).astype(float),
        least=np.zeros(items),
        most=np.ones(items),
        low=np.full(rows, -np.inf),
        high=weight.sum(axis=1) // 2,
        row=np.repeat(np.arange(rows), items),
        column=np.tile(np.arange(items), rows),
        coefficient=weight.ravel(),
        whole=True,
    )


EASY, HARD = knapsack(14, 4), knapsack(150, 20)


def never() -> bool:
    return False


def test_a_process_of_its_own_answers_as_the_solver_does_here():
    here = solve_program(EASY, seed=5)
    clock = Clock(Limits(seed=5), never)
    there = in_a_process(EASY, clock, seconds=None, nodes=None, start=None)

    assert there is not None
    assert (there.ended, there.bound, there.nodes) == (here.ended, here.bound, here.nodes)
    assert there.values is not None
    assert here.values is not None
    assert EASY.gain @ there.values == pytest.approx(EASY.gain @ here.values)


def test_a_cancelled_search_ends_and_gives_what_it_had():
    """The caller cancels as soon as the process runs: the start is the answer, and no proof."""
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > 2  # before the search, behind its first nodes, then in the process

    start = np.zeros(150)
    clock = Clock(Limits(seconds=600), cancelled)
    found = search(HARD, clock, start=start)

    assert found.ended == "limit"
    assert found.values is not None
    assert (HARD.gain @ found.values) >= 0
    assert clock.stopped_by == "cancelled"


def test_nothing_left_to_spend_gives_the_start():
    """No search begins."""
    start = np.ones(14)
    found = search(EASY, Clock(Limits(seconds=None, work=0)), start=start)

    assert found.values is start
    assert (found.ended, found.nodes, found.bound) == ("limit", 0, float("inf"))


def test_a_process_that_dies_is_a_failure(monkeypatch):
    """No answer is not taken for "no solution"."""
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(RuntimeError, match="no answer"):
        in_a_process(EASY, Clock(Limits(), never), seconds=None, nodes=None, start=None)


def test_the_same_work_gives_the_same_answer():
    """Nodes are counted without any clock."""
    found = [search(HARD, Clock(Limits(seconds=None, work=1, seed=7))) for _ in range(2)]

    assert found[0].values is not None
    assert np.array_equal(found[0].values, found[1].values)
    assert found[0].bound == found[1].bound
    assert found[0].nodes == found[1].nodes
