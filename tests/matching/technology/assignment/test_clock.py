"""What a run of the assignment may spend: seconds, nodes of search trees, until it is cancelled."""

from __future__ import annotations

import pytest

from matching.limits import Limits
from matching.technology.assignment.clock import Clock


def test_without_seconds_the_nodes_alone_decide():
    """No time passes for a run that is limited by its work."""
    clock = Clock(Limits(seconds=None, work=10))
    late = clock.halfway()
    assert clock.seconds_left() is None
    assert not clock.over()
    clock.spend(5)
    assert (clock.work_left(), late(), clock.over()) == (5, False, False)
    clock.spend(1)
    assert late()
    clock.spend(40)
    assert (clock.work_left(), clock.over(), clock.stopped_by) == (0, True, "work")
    clock.restart()
    assert (clock.work_left(), clock.over()) == (10, False)


def test_seconds_end_a_run():
    """A limit that is shorter than any call is over at once."""
    clock = Clock(Limits(seconds=1e-9))
    assert clock.over()
    assert (clock.seconds_left(), clock.halfway()(), clock.stopped_by) == (0.0, True, "seconds")


def test_who_cancels_is_heard_and_remembered():
    """The caller is asked until it says yes, and not again."""
    answers = iter([False, True])
    clock = Clock(Limits(seconds=None, work=10), lambda: next(answers))
    assert clock.may_be_cancelled
    assert not clock.over()
    assert clock.over()
    assert (clock.stopped(), clock.stopped_by) == (True, "cancelled")


def test_a_run_that_nothing_cut_short_ended():
    clock = Clock(Limits(seconds=60))
    assert not clock.may_be_cancelled
    assert not clock.over()
    assert clock.stopped_by == "end"
    assert clock.elapsed_seconds == pytest.approx(0, abs=60)
