"""The best plan among listed consortia of small loss, and a list that is whole within a reach."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matching.technology.assignment.aside import search
from matching.technology.assignment.clock import Clock
from matching.technology.assignment.columns import some
from matching.technology.assignment.linear import Floats, Program
from matching.technology.assignment.master import Master, Relaxed, losses, places_of
from matching.technology.assignment.matrix import Ints
from matching.technology.assignment.search import BARRED
from matching.technology.assignment.team_prices import Goal, best_worth, priced, rival_prices

SHARE = 0.5  # of what is left that one search may spend
WIDE = 64  # candidates of a demand; beyond it the list is not made whole


@dataclass(frozen=True, kw_only=True, eq=False)
class Choice:
    """Places of the chosen columns, and whether the search over the given ones was whole."""

    columns: Ints
    proved: bool


def choose(master: Master, goal: Goal, relaxed: Relaxed, *, reach: int, clock: Clock) -> Choice:
    """Return the listed columns that make the best plan among those of small loss.

    Parameters
    ----------
    reach
        Columns with a loss above this many billionths are left out, unless the relaxation had them.
    clock
        The search spends at most half of what it leaves.
    """
    loss, _ = losses(master, goal, relaxed.prices)
    share = np.zeros(len(master.columns))
    kept = places_of(master.columns, relaxed.kept)
    share[kept] = relaxed.share
    near = loss <= reach
    near[kept] = True
    picked = np.flatnonzero(near)
    if not len(picked):
        return Choice(columns=picked, proved=True)
    columns = some(master.columns, picked)
    gain = master.gains(goal)[picked]
    program = master.program(columns, gain, master.rows(columns), whole=True)
    order = np.lexsort((loss[picked], -share[picked].round(6)))
    first = rounded(program, order[gain[order] > 0], len(picked))
    answer = search(program, clock, share=SHARE, start=first)
    values = first if answer.values is None else answer.values
    chosen = picked[values[: len(picked)] > 0.5]
    return Choice(columns=chosen, proved=answer.ended == "optimal")


def rounded(program: Program, order: Ints, count: int) -> Floats:
    """Return a solution made by taking columns in an order as long as every row holds.

    The columns beyond the first `count` are slacks: each is as large as its row then needs.
    """
    starts = np.searchsorted(np.sort(program.column), np.arange(len(program.gain) + 1))
    by_column = np.argsort(program.column, kind="stable")
    left = program.high.copy()
    slack_of = {}
    for column in range(count, len(program.gain)):
        row = int(program.row[by_column[starts[column]]])
        slack_of[row] = column
        left[row] += program.most[column]
    values = np.zeros(len(program.gain))
    for column in order.tolist():
        entries = by_column[starts[column] : starts[column + 1]]
        rows, need = program.row[entries], program.coefficient[entries]
        if (need <= left[rows] + 1e-9).all():
            left[rows] -= need
            values[column] = 1.0
    for row, column in slack_of.items():
        used = program.high[row] + program.most[column] - left[row]
        values[column] = max(0.0, used - program.high[row])
    return values


def widen(master: Master, goal: Goal, relaxed: Relaxed, *, reach: int, clock: Clock) -> bool:
    """List every consortium whose loss is at most `reach`; return whether that was possible.

    A candidate is left out when even with the best of all others, whatever they can do, it would
    lose more.
    """
    ground, rivals = master.ground, rival_prices(relaxed.prices.rivals)
    charge = ground.request.rules.member_nano
    whole = True
    for view in ground.views:
        if not len(view.providers):
            continue
        if clock.over():
            whole = False
            break
        most, _ = best_worth(ground, view, relaxed.prices, rivals, goal)
        worth = priced(ground, view, relaxed.prices, rivals)
        extra = charge + (goal.reward if view.at in goal.required else 0)
        best = np.full(len(view.providers), BARRED)
        for size in range(view.least, view.most + 1):
            best = np.maximum(best, _with_the_best(worth[size], size) + extra)
        keep = np.flatnonzero(best >= most - reach)
        if len(keep) > WIDE:
            whole = False
            continue
        master.extend(view.at, view.providers[keep].tolist())
    master.settle()
    return whole


def _with_the_best(worth: Ints, size: int) -> Ints:
    """Return what each candidate makes at most together with others, so many in all."""
    ranked = np.sort(worth)[::-1]
    if len(ranked) < size:
        return np.full(len(worth), BARRED)
    others = int(ranked[: size - 1].sum())
    instead = int(ranked[:size].sum())  # for one of the best themselves
    best: Ints = np.where(worth >= ranked[size - 1], instead, worth + others)
    return best
