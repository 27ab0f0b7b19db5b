"""Compile every kernel before the clock runs, on a problem so small that the rest takes no time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import cache

import numpy as np

from matching.capacity.clock import Clock
from matching.capacity.kernels import book, branching, construct, improve, pricing
from matching.capacity.kernels.compiled import is_stored
from matching.capacity.planning import Engine
from matching.capacity.problem import Offer, Operation, Order, Park, Problem, Settings
from matching.limits import Limits

COMPILE_SECONDS_MAX = 300.0


def is_compiled() -> bool:
    """Return whether machine code of every kernel lies on disk for the present sources."""
    return is_stored(
        book.overwrite_book,
        branching.bound_orders,
        construct.insert_all,
        improve.improve,
        pricing.demand_at,
        pricing.plan_alone,
    )


@cache
def warm_up() -> None:
    """Run every stage once, which compiles the kernels or loads them from disk.

    Notes
    -----
    Compiling takes one core and holds numba's lock, so a process of its own compiles the bound's
    kernels meanwhile and leaves them on disk. Should it fail, they are compiled here.
    """
    if not is_compiled():
        with _second_compiler():
            compile_search()
    engine = Engine(_two_orders_one_offer(), _one_unit())
    engine.screen()
    engine.greedy()
    engine.price()
    engine.prove()
    engine.search()
    engine.finish()


def compile_search() -> None:
    """Compile the kernels of the search, none of the bound's."""
    engine = Engine(_two_orders_one_offer(), _one_unit())
    engine.wanted = np.arange(2)
    engine.most = np.ones(2, np.int64)
    engine.alone[:] = 1.0
    engine.greedy()
    engine.search()


def compile_bound() -> None:
    """Compile the kernels of the bound."""
    Engine(_two_orders_one_offer(), _one_unit()).prove()


@contextmanager
def _second_compiler() -> Iterator[None]:
    """Compile the bound's kernels in a process of its own while the body runs."""
    path = os.pathsep.join(entry for entry in sys.path if entry)
    command = [sys.executable, "-c", f"from {__name__} import {compile_bound.__name__} as c; c()"]
    child = subprocess.Popen(  # noqa: S603 - this interpreter, this module
        command,
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
        child.wait(COMPILE_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        child.kill()
    finally:
        if child.poll() is None:
            child.kill()
        child.wait()


def _one_unit() -> Clock:
    return Clock(Limits(seconds=None, work=1), on_progress=None, cancelled=None)


def _two_orders_one_offer() -> Problem:
    zero = Fraction(0)
    settings = Settings(
        weeks=2,
        max_block_weeks=2,
        carbon_fen_per_kg=zero,
        transport_fixed_fen=zero,
        transport_fen_per_tonne_km=zero,
        transport_g_per_tonne_km=zero,
    )
    offer = Offer(
        offer_id="offer",
        enterprise_id="enterprise",
        park_id="park",
        process="work",
        size_class=1,
        tolerance_it=7,
        materials=frozenset({"steel"}),
        certificates=frozenset(),
        rate_fen_per_hour=60,
        setup_minutes=0,
        min_lot=1,
        carbon_g_per_hour=zero,
        idle_minutes=(10, 10),
    )
    orders = tuple(_order(name) for name in ("one", "two"))
    park = Park(park_id="park", lat=31.0, lon=121.0)
    return Problem(settings=settings, parks=(park,), offers=(offer,), orders=orders)


def _order(name: str) -> Order:
    return Order(
        order_id=name,
        buyer_id="buyer",
        buyer_lat=31.0,
        buyer_lon=121.0,
        quantity=4,
        material="steel",
        size_class=1,
        certificates=frozenset(),
        release_week=0,
        due_week=1,
        max_tardy_weeks=0,
        value_fen=100,
        tardy_fen_per_week=0,
        max_price_fen=100,
        max_lots=2,
        excluded_enterprises=frozenset(),
        weight_kg=Fraction(1),
        operations=(Operation(process="work", tolerance_it=7, minutes_total=12),),
    )
