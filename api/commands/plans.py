"""A plan on the terminal: the progress bar while it is made, and its summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from api.commands.frame import facts, percent, table
from api.services.solving import Solved
from ledger.values.money import format_minor
from matching.explain import Reason, render
from matching.limits import Progress as Solving

REASONS_SHOWN = 8


@contextmanager
def solving_bar(err: Console) -> Iterator[Callable[[Solving], None]]:
    """Show how far a solve is: a live bar on a terminal, a line per stage elsewhere."""
    if not err.is_terminal:
        yield _StageLines(err)
        return
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TaskProgressColumn(),
        TextColumn("{task.fields[figures]}"),
        console=err,
        transient=True,
    )
    with bar:
        task = bar.add_task("reading", total=1.0, figures="")

        def show(progress: Solving) -> None:
            bar.update(
                task,
                completed=progress.done,
                description=f"{progress.stage:<12.12}",
                figures=_figures(progress),
            )

        yield show


class _StageLines:
    """Where there is no terminal: one line when a stage begins, nothing that scrolls."""

    def __init__(self, err: Console) -> None:
        self._err = err
        self._stage = ""

    def __call__(self, progress: Solving) -> None:
        if progress.stage == self._stage:
            return
        self._stage = progress.stage
        line = f"{progress.elapsed_seconds:6.1f} s  {progress.stage:<12} {_figures(progress)}"
        self._err.print(line.rstrip(), markup=False)


def _figures(progress: Solving) -> str:
    if progress.incumbent_fen is None:
        return ""
    best = f"best CNY {progress.incumbent_fen // 100:,}"
    return best if progress.gap is None else f"{best}, gap {percent(progress.gap)}"


def plan_tables(solved: Solved) -> list[RenderableType]:
    """Return the summary of a plan and, by reason, the orders it refuses; 80 columns."""
    result, report = solved.result, solved.report
    rows = [
        ("orders served", f"{len(report.served)} of {len(solved.problem.orders)}"),
        ("their value", _cny(solved.value_fen)),
        ("objective", f"{_cny(solved.objective_fen)}   (value less all costs)"),
        ("bound", f"{_cny(solved.bound_fen)}   (no plan can be worth more)"),
        ("gap", f"{percent(solved.gap)}   ({result.status.value}, {solved.seconds:.1f} s)"),
        *_certified(solved),
        ("greedy baseline", _greedy(solved)),
        ("local share", percent(solved.local_share)),
        ("utilisation", percent(report.utilisation)),
        ("tardy weeks", f"{report.tardy_weeks:,}"),
    ]
    shown: list[RenderableType] = [facts(rows, title=f"Plan, seed {result.seed}")]
    refused = {
        order: reason for order, reason in result.reasons.items() if reason.code != "matched"
    }
    if refused:
        shown.append(refusals(refused))
    return shown


def refusals(reasons: Mapping[str, Reason]) -> RenderableType:
    """Return a table of refused orders by reason, the commonest first, with one example each."""
    counts = Counter(reason.code for reason in reasons.values())
    made = table(
        f"{len(reasons)} orders were refused",
        columns=[("orders", "right"), ("reason", "left"), ("for example", "left")],
    )
    for code, count in counts.most_common(REASONS_SHOWN):
        order, reason = min((o, r) for o, r in reasons.items() if r.code == code)
        made.add_row(str(count), code, f"{order}: {render(reason)}")
    return made


def _certified(solved: Solved) -> list[tuple[str, str]]:
    """Return the bound that stands without a solver's word, where it is another one."""
    if solved.certified_fen == solved.bound_fen:
        return []
    orders = len(solved.result.ceilings)
    word = f"without CP-SAT's word on {orders} order{'' if orders == 1 else 's'}"
    return [("certified bound", f"{_cny(solved.certified_fen)}   ({word})")]


def _greedy(solved: Solved) -> str:
    greedy = solved.result.greedy_fen
    if not greedy or greedy < 0:
        return "-"
    ahead = 100 * (solved.objective_fen - greedy) / greedy
    return f"{_cny(greedy)}   (this plan: {ahead:+.1f} %)"


def _cny(fen: int) -> str:
    return format_minor(fen, "CNY")
