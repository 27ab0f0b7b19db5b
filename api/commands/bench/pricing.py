"""`parkloom bench pricing`: the same prices by one worker and by several."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from api.commands.bench.runs import machine
from api.commands.frame import JsonFlag, reporting, table
from api.services.errors import CheckFailed
from data.importers.bundle import read_bundle
from data.samples.random_instance import write_instance
from matching.capacity.bounds import able_orders
from matching.capacity.columns import Columns, Floats, Ints, build_columns
from matching.capacity.kernels.library import Shared
from matching.capacity.pricing import Pricer, search_batches

SEED = 1  # of the batches and the searchers
USUAL_FEN = 500.0  # what a minute usually earns; only the size of the steps depends on it
STEPS = (1.0, 0.1)


def pricing(
    orders: Annotated[int, typer.Option(min=1, help="Orders of the instance.")] = 10_000,
    offers: Annotated[int, typer.Option(min=1, help="Its capacity offers.")] = 2_000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the instance.")] = 1,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs of each run.")] = 5,
    workers: Annotated[int, typer.Option(min=2, help="Threads of the second run.")] = 2,
    repeats: Annotated[int, typer.Option(min=1, help="Runs of each kind, in turns.")] = 3,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Move prices by shards of orders with one worker and with several, in turns.

    A shard is a pure function: prices in, minutes wanted out. The command fails when the prices
    are not the same to the last bit.
    """
    with reporting(as_json=as_json) as report:
        with tempfile.TemporaryDirectory(prefix="parkloom-bench-") as folder:
            write_instance(Path(folder), orders=orders, offers=offers, seed=seed)
            columns = build_columns(read_bundle(Path(folder)).required())
        load = os.getloadavg()[0]
        able = able_orders(columns)
        one: list[float] = []
        more: list[float] = []
        prices: list[Floats] = []
        for _ in range(repeats):
            for count, seconds in ((1, one), (workers, more)):
                spent, found = _timed(columns, able, epochs, count)
                seconds.append(spent)
                prices.append(found)
        if any((found != prices[0]).any() for found in prices):
            raise CheckFailed("The prices depend on the number of workers; please report it.")
        figures: dict[str, Any] = {
            "orders": orders,
            "offers": offers,
            "seed": seed,
            "epochs": epochs,
            "workers": workers,
            "one_worker_s": round(float(np.median(one)), 3),
            "more_workers_s": round(float(np.median(more)), 3),
            "speed_up": round(float(np.median(one) / np.median(more)), 3),
            "load": round(load, 2),
            "machine": machine(),
        }
        made = table(
            f"{orders:,} orders x {offers:,} offers, {epochs} epochs, median of {repeats}",
            columns=[("workers", "right"), ("s", "right"), ("times as fast", "right")],
        )
        made.add_row("1", f"{figures['one_worker_s']:.2f}", "1.00")
        made.add_row(str(workers), f"{figures['more_workers_s']:.2f}", f"{figures['speed_up']:.2f}")
        report.show(made)
        report.line(f"the same prices to the last bit; load {load:.1f}")
        report.result(figures)


def _timed(columns: Columns, able: Ints, epochs: int, workers: int) -> tuple[float, Floats]:
    """Return the seconds of some epochs, and the prices after them."""
    pricer = Pricer(
        columns.idle,
        search_batches(Shared(columns), able, seed=SEED),
        start=np.zeros(columns.idle.shape),
        usual=USUAL_FEN,
        steps=STEPS,
        workers=workers,
    )
    began = time.perf_counter()
    pricer.run(lambda: 0.0, epochs)
    spent = time.perf_counter() - began
    pricer.close()
    return spent, pricer.prices
