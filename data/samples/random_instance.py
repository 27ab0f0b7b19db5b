"""Make a random instance of the capacity problem as the files of a bundle.

The same arguments and the same numpy version give the same bytes; the summary carries their
SHA-256, so that two people can tell whether they measure the same thing.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable, Sequence
from itertools import compress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.samples.random_draws import (
    CERTIFICATES,
    MATERIALS,
    MINIMUM_LOTS,
    PROCESSES,
    TOLERANCES_IT,
    Demand,
    Floats,
    Offers,
    Terms,
    eligible_counts,
    make_demand,
    make_offers,
    make_parks,
    make_terms,
)

SETTINGS = {
    "max_block_weeks": 3,
    "carbon_fen_per_kg": 8,
    "transport_fixed_fen": 4000,
    "transport_fen_per_tonne_km": 45,
    "transport_g_per_tonne_km": 100,
}


def write_instance(
    folder: Path, *, orders: int, offers: int, seed: int, load: float = 1.2, weeks: int = 12
) -> dict[str, int | float | str]:
    """Write one instance into a folder, which is made when it is not there.

    Parameters
    ----------
    orders, offers, weeks
        Sizes, ≥ 1; the horizon in weeks.
    seed
        ≥ 0.
    load
        Work of the serviceable orders without setups / idle minutes, > 0.

    Returns
    -------
    dict[str, int | float | str]
        The arguments, what came out (`parks`, `processes`, `operations`,
        `eligible_offers_per_operation`, `serviceable_share`, `load`) and the `sha256` of the files.

    Raises
    ------
    ValueError
        When an argument is out of its range.

    Notes
    -----
    100,000 orders and 20,000 offers take a few seconds.
    """
    if min(orders, offers, weeks) < 1 or seed < 0 or not load > 0:
        raise ValueError(
            "expected orders, offers and weeks ≥ 1, seed ≥ 0 and load > 0, "
            f"got {orders}, {offers}, {weeks}, {seed} and {load}"
        )
    place, supply_side, demand_side, money = (
        np.random.default_rng(part) for part in np.random.SeedSequence(seed).spawn(4)
    )
    parks = make_parks(place, offers)
    supply = make_offers(supply_side, offers, parks=len(parks), weeks=weeks)
    demand = make_demand(demand_side, orders, offers=supply, parks=parks, weeks=weeks)
    active = demand.process >= 0
    eligible = eligible_counts(supply, demand)
    serviceable = np.all((eligible > 0) | ~active, axis=1)
    terms = make_terms(money, demand, offers=supply, serviceable=serviceable, load=load)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "quotations.csv").unlink(missing_ok=True)  # of another bundle that was here before
    _write_supply(folder, offers=supply, parks=parks, weeks=weeks)
    _write_demand(folder, demand=demand, terms=terms, enterprises=supply.enterprises)
    return {
        "orders": orders,
        "offers": offers,
        "seed": seed,
        "parks": len(parks),
        "processes": len(supply.base_rate),
        "operations": int(active.sum()),
        "eligible_offers_per_operation": round(float(eligible[active].mean()), 2),
        "serviceable_share": round(float(serviceable.mean()), 4),
        "load": round(float(terms.minutes[serviceable].sum() / max(1, supply.idle.sum())), 4),
        "sha256": _digest(folder),
    }


def _names(prefix: str, count: int, *, width: int) -> list[str]:
    """Return ids that sort in the order of their numbers, starting at 1."""
    digits = max(width, len(str(count)))
    return [f"{prefix}{number:0{digits}d}" for number in range(1, count + 1)]


def _joined(labels: Sequence[str], flags: NDArray[np.bool_]) -> list[str]:
    """Join the labels whose flag is set with `|`, one text per row."""
    return ["|".join(compress(labels, row)) for row in flags.tolist()]


def _write_csv(path: Path, header: str, rows: Iterable[Sequence[object]]) -> None:
    """Write one table with plain newlines."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split())
        writer.writerows(rows)


def _write_supply(folder: Path, *, offers: Offers, parks: Floats, weeks: int) -> None:
    """Write settings.json, parks.csv, offers.csv and offer_weeks.csv (weeks with time only)."""
    settings = {"weeks": weeks} | SETTINGS
    (folder / "settings.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
    park_ids = _names("PRK", len(parks), width=2)
    offer_ids = _names("OFF", len(offers.rate), width=5)
    enterprise_ids = _names("ENT", offers.enterprises, width=5)
    rows = ((park, *at) for park, at in zip(park_ids, parks.tolist(), strict=True))
    _write_csv(folder / "parks.csv", "park_id lat lon", rows)
    header = (
        "offer_id enterprise_id park_id process size_class tolerance_it materials certificates"
        " rate_fen_per_hour setup_minutes min_lot carbon_g_per_hour"
    )
    columns = (
        offer_ids,
        [enterprise_ids[i] for i in offers.enterprise],
        [park_ids[i] for i in offers.park],
        [PROCESSES[i][0] for i in offers.process],
        offers.size_class.tolist(),
        TOLERANCES_IT[offers.tolerance].tolist(),
        _joined(MATERIALS, offers.materials),
        _joined(CERTIFICATES, offers.certificates),
        offers.rate.tolist(),
        offers.setup.tolist(),
        MINIMUM_LOTS[offers.minimum_lot].tolist(),
        offers.carbon.tolist(),
    )
    _write_csv(folder / "offers.csv", header, zip(*columns, strict=True))
    offer, week = (index.tolist() for index in np.nonzero(offers.idle))
    times = offers.idle[offer, week].tolist()
    rows = ((offer_ids[o], w, t) for o, w, t in zip(offer, week, times, strict=True))
    _write_csv(folder / "offer_weeks.csv", "offer_id week minutes", rows)


def _write_demand(folder: Path, *, demand: Demand, terms: Terms, enterprises: int) -> None:
    """Write orders.csv and operations.csv."""
    order_ids = _names("ORD", len(demand.steps), width=6)
    buyer_ids = _names("BUY", len(demand.buyer_at), width=5)
    enterprise_ids = _names("ENT", enterprises, width=5)
    header = (
        "order_id buyer_id buyer_lat buyer_lon quantity material size_class certificates"
        " release_week due_week max_tardy_weeks value_fen tardy_fen_per_week max_price_fen"
        " max_lots excluded_enterprises weight_kg"
    )
    excluded = [sorted({*row} - {-1}) for row in demand.excluded.tolist()]
    columns = (
        order_ids,
        [buyer_ids[i] for i in demand.buyer],
        demand.buyer_at[demand.buyer, 0].tolist(),
        demand.buyer_at[demand.buyer, 1].tolist(),
        demand.quantity.tolist(),
        [MATERIALS[i] for i in demand.material],
        demand.size_class.tolist(),
        _joined(CERTIFICATES, demand.certificates),
        demand.release.tolist(),
        demand.due.tolist(),
        demand.tardy.tolist(),
        terms.value.tolist(),
        terms.tardy_cost.tolist(),
        terms.max_price.tolist(),
        demand.max_lots.tolist(),
        ["|".join(enterprise_ids[i] for i in row) for row in excluded],
        terms.weight.tolist(),
    )
    _write_csv(folder / "orders.csv", header, zip(*columns, strict=True))
    order, step = np.nonzero(demand.process >= 0)
    operations = zip(
        [order_ids[i] for i in order],
        (step + 1).tolist(),
        [PROCESSES[i][0] for i in demand.process[order, step]],
        TOLERANCES_IT[demand.tolerance[order, step]].tolist(),
        terms.minutes[order, step].tolist(),
        strict=True,
    )
    header = "order_id step process tolerance_it minutes_total"
    _write_csv(folder / "operations.csv", header, operations)


def _digest(folder: Path) -> str:
    """Return the SHA-256 over the files of the instance, in a fixed order."""
    files = ("settings.json", "parks.csv", "offers.csv", "offer_weeks.csv", "orders.csv")
    running = hashlib.sha256()
    for name in (*files, "operations.csv"):
        running.update((folder / name).read_bytes())
    return running.hexdigest()
