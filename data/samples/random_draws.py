"""Draw a random, realistic capacity problem as arrays: supply, demand and terms.

Parks lie in clusters; enterprises lie in parks and hold certificates; each offer is one resource
of one enterprise. Processes differ in popularity, demand follows supply only roughly, and the
operations of an order come in shop order and fit its material. Hours are lognormal and scaled so
that the work of all *serviceable* orders (each operation has at least one eligible offer) is
`load` times the idle time. Values lie 10 to 90 % above a rough cost, price caps around the value.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

METAL, PLASTIC = 1, 2
MATERIALS = ("steel", "stainless", "aluminium", "copper", "titanium", "abs", "pom", "peek")
MATERIAL_FAMILY = np.array([METAL] * 5 + [PLASTIC] * 3)
MATERIAL_DEMAND = np.array([0.25, 0.20, 0.20, 0.07, 0.07, 0.07, 0.07, 0.07])
MATERIAL_SUPPLY = np.array([0.75] * 3 + [0.45] * 5)
CERTIFICATES = ("ISO9001", "IATF16949", "AS9100", "ISO13485", "ISO14001")
CERTIFICATE_DEMAND = np.array([0.50, 0.12, 0.04, 0.06, 0.05])
CERTIFICATE_SUPPLY = np.array([0.85, 0.35, 0.15, 0.25, 0.20])
TOLERANCES_IT = np.array([6, 7, 8, 9, 10])
MINIMUM_LOTS = np.array([1, 10, 50, 200])

# Name, stage in the shop (orders run through stages in this order), families it can work.
# The most popular process comes first; small instances use only the first 10 or 20.
PROCESSES = (
    ("cnc-milling-3axis", 2, METAL | PLASTIC),
    ("cnc-turning", 2, METAL | PLASTIC),
    ("laser-cutting", 1, METAL),
    ("sheet-metal-bending", 2, METAL),
    ("injection-moulding", 1, PLASTIC),
    ("assembly", 8, METAL | PLASTIC),
    ("grinding", 5, METAL),
    ("welding-mig", 3, METAL),
    ("powder-coating", 6, METAL),
    ("inspection-cmm", 9, METAL | PLASTIC),
    ("cnc-milling-5axis", 2, METAL | PLASTIC),
    ("stamping", 1, METAL),
    ("heat-treatment", 4, METAL),
    ("anodising", 6, METAL),
    ("die-casting", 1, METAL),
    ("welding-tig", 3, METAL),
    ("drilling-tapping", 2, METAL | PLASTIC),
    ("edm-wire", 5, METAL),
    ("pcb-smt", 7, METAL | PLASTIC),
    ("deburring", 5, METAL | PLASTIC),
    ("edm-sinker", 5, METAL),
    ("mill-turn", 2, METAL | PLASTIC),
    ("sand-casting", 1, METAL),
    ("zinc-plating", 6, METAL),
    ("wet-painting", 6, METAL | PLASTIC),
    ("additive-sls", 1, PLASTIC),
    ("additive-lpbf", 1, METAL),
    ("extrusion", 1, METAL | PLASTIC),
    ("forging", 1, METAL),
    ("investment-casting", 1, METAL),
    ("waterjet-cutting", 1, METAL | PLASTIC),
    ("gear-hobbing", 2, METAL),
    ("honing", 5, METAL),
    ("polishing", 6, METAL | PLASTIC),
    ("blow-moulding", 1, PLASTIC),
    ("vacuum-casting", 1, PLASTIC),
    ("cable-assembly", 7, METAL | PLASTIC),
    ("laser-marking", 8, METAL | PLASTIC),
    ("leak-testing", 9, METAL | PLASTIC),
    ("packaging", 9, METAL | PLASTIC),
)
STAGE = np.array([stage for _, stage, _ in PROCESSES])
FAMILIES = np.array([families for _, _, families in PROCESSES])

STEPS_MAX = 4
MINUTES_MAX = 160 * 60  # per operation, before the last scaling
WEEK_MINUTES_MAX = 110 * 60
PAIRS_PER_BLOCK = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """One array element per offer; `idle` is offers × weeks, `base_rate` is per process."""

    base_rate: Floats
    enterprises: int
    enterprise: Ints
    park: Ints
    process: Ints
    size_class: Ints
    tolerance: Ints  # index into TOLERANCES_IT
    materials: NDArray[np.bool_]
    certificates: NDArray[np.bool_]
    rate: Ints
    setup: Ints
    minimum_lot: Ints  # index into MINIMUM_LOTS
    carbon: Ints
    idle: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What the orders ask for, before hours and money; operations are orders × STEPS_MAX."""

    steps: Ints
    process: Ints  # -1 after the last step
    tolerance: Ints
    buyer: Ints
    buyer_at: Floats  # per buyer
    quantity: Ints
    material: Ints
    size_class: Ints
    certificates: NDArray[np.bool_]
    release: Ints
    due: Ints
    tardy: Ints
    max_lots: Ints
    excluded: Ints  # orders × 3, -1 where fewer
    raw_hours: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Work, weight and money of the orders, all integers."""

    minutes: Ints
    weight: Ints
    value: Ints
    tardy_cost: Ints
    max_price: Ints


def pick(rng: np.random.Generator, shares: dict[int, float], size: int) -> Ints:
    """Draw `size` integers with the given shares."""
    return rng.choice(list(shares), size, p=list(shares.values()))


def make_parks(rng: np.random.Generator, offers: int) -> Floats:
    """Return latitude and longitude of the parks, in clusters over eastern and central China."""
    parks = max(6, min(40, int(offers**0.37 * 1.2)))
    clusters = max(3, parks // 5)
    centres = np.c_[rng.uniform(27, 38, clusters), rng.uniform(105, 121, clusters)]
    around = centres[rng.integers(0, clusters, parks)]
    at: Floats = np.round(around + rng.normal(0, 0.7, (parks, 2)), 4)
    return at


def process_count(offers: int) -> int:
    """Return how many processes an instance uses: fewer offers, fewer processes."""
    return 40 if offers >= 1500 else 20 if offers >= 400 else 10


def make_offers(rng: np.random.Generator, offers: int, *, parks: int, weeks: int) -> Offers:
    """Draw the offers of about `offers / 2` enterprises."""
    kinds, enterprises = process_count(offers), max(10, offers // 2)
    popularity = 1 / np.arange(1, kinds + 1) ** 0.7
    process = rng.choice(kinds, offers, p=popularity / popularity.sum())
    home = rng.choice(parks, enterprises, p=rng.dirichlet(np.full(parks, 3.0)))
    enterprise = rng.integers(0, enterprises, offers)
    base_rate = rng.lognormal(np.log(12_000), 0.45, kinds)
    own_cost = rng.lognormal(0, 0.15, enterprises)
    rate = base_rate[process] * own_cost[enterprise] * rng.lognormal(0, 0.12, offers)
    held = rng.random((enterprises, len(CERTIFICATES))) < CERTIFICATE_SUPPLY
    park = home[enterprise]
    grid_g_per_kwh, machine_kw = rng.uniform(400, 800, parks), rng.lognormal(np.log(12), 0.5, kinds)
    return Offers(
        base_rate=base_rate,
        enterprises=enterprises,
        enterprise=enterprise,
        park=park,
        process=process,
        size_class=pick(rng, {1: 0.15, 2: 0.35, 3: 0.30, 4: 0.20}, offers),
        tolerance=pick(rng, {0: 0.15, 1: 0.25, 2: 0.30, 3: 0.20, 4: 0.10}, offers),
        materials=offered_materials(rng, process),
        certificates=held[enterprise],
        rate=np.rint(rate).astype(np.int64),
        setup=pick(rng, {30: 0.20, 60: 0.30, 120: 0.25, 240: 0.15, 360: 0.10}, offers),
        minimum_lot=pick(rng, {0: 0.45, 1: 0.25, 2: 0.20, 3: 0.10}, offers),
        carbon=np.rint(grid_g_per_kwh[park] * machine_kw[process]).astype(np.int64),
        idle=idle_minutes(rng, offers, weeks=weeks),
    )


def offered_materials(rng: np.random.Generator, process: Ints) -> NDArray[np.bool_]:
    """Draw the materials of each offer, at least one, all of a family its process can work."""
    possible = (FAMILIES[process][:, None] & MATERIAL_FAMILY) > 0
    draw = rng.random((len(process), len(MATERIALS)))
    taken: NDArray[np.bool_] = possible & (draw < MATERIAL_SUPPLY)
    likeliest = np.where(possible, draw - MATERIAL_SUPPLY, np.inf).argmin(axis=1)
    taken[np.arange(len(process)), likeliest] = True
    return taken


def idle_minutes(rng: np.random.Generator, offers: int, *, weeks: int) -> Ints:
    """Draw idle minutes per offer and week in half hours: a level per offer, 12 % empty weeks."""
    level = pick(rng, {8: 0.20, 16: 0.25, 24: 0.25, 40: 0.20, 60: 0.10}, offers) * 60
    shape = (offers, weeks)
    drawn = level[:, None] * rng.uniform(0.3, 1.6, shape) * (rng.random(shape) > 0.12)
    return (np.rint(np.minimum(drawn, WEEK_MINUTES_MAX) / 30) * 30).astype(np.int64)


def make_demand(
    rng: np.random.Generator, orders: int, *, offers: Offers, parks: Floats, weeks: int
) -> Demand:
    """Draw what the orders ask for; demand per process follows supply within a factor."""
    steps = pick(rng, {1: 0.30, 2: 0.30, 3: 0.25, 4: 0.15}, orders)
    process, material = draw_routes(rng, steps, offers=offers)
    hours = rng.lognormal(0, 0.7, (orders, STEPS_MAX)) * rng.lognormal(0, 0.4, orders)[:, None]
    quantity = np.rint(rng.lognormal(4.5, 1.2, orders)).clip(1).astype(np.int64)
    release = rng.integers(0, max(1, weeks * 3 // 4), orders)
    slack = pick(rng, {0: 0.10, 1: 0.20, 2: 0.25, 3: 0.20, 4: 0.15, 5: 0.10}, orders)
    buyers = max(10, orders // 6)
    near = parks[rng.integers(0, len(parks), buyers)]
    activity = rng.lognormal(0, 0.8, buyers)
    exclusions = pick(rng, {0: 0.50, 1: 0.25, 2: 0.15, 3: 0.10}, orders)
    named = rng.integers(0, offers.enterprises, (orders, 3))
    shape = (orders, STEPS_MAX)
    return Demand(
        steps=steps,
        process=process,
        tolerance=rng.choice(5, shape, p=[0.06, 0.14, 0.30, 0.30, 0.20]),
        buyer=rng.choice(buyers, orders, p=activity / activity.sum()),
        buyer_at=np.round(near + rng.normal(0, 1.2, (buyers, 2)), 4),
        quantity=quantity,
        material=material,
        size_class=pick(rng, {1: 0.40, 2: 0.35, 3: 0.18, 4: 0.07}, orders),
        certificates=rng.random((orders, len(CERTIFICATES))) < CERTIFICATE_DEMAND,
        release=release,
        due=np.minimum(release + steps + slack, weeks) - 1,
        tardy=np.where(rng.random(orders) < 0.3, 0, 2),
        max_lots=np.minimum(pick(rng, {1: 0.50, 2: 0.30, 3: 0.20}, orders), quantity),
        excluded=np.where(np.arange(3) < exclusions[:, None], named, -1),
        raw_hours=np.where(process >= 0, hours, 0.0),
    )


def draw_routes(rng: np.random.Generator, steps: Ints, *, offers: Offers) -> tuple[Ints, Ints]:
    """Draw processes in shop order and a material that all of them can work."""
    kinds, orders = len(offers.base_rate), len(steps)
    supply = np.bincount(offers.process, offers.idle.sum(axis=1), kinds)
    demand = supply * rng.uniform(0.6, 1.5, kinds) + supply.sum() * 0.001 + 1e-9
    process = rng.choice(kinds, (orders, STEPS_MAX), p=demand / demand.sum())
    material = np.empty(orders, np.int64)
    for families in (METAL, PLASTIC, METAL | PLASTIC):
        mine = FAMILIES[process[:, 0]] == families
        wanted = np.where(MATERIAL_FAMILY & families, MATERIAL_DEMAND, 0.0)
        material[mine] = rng.choice(len(MATERIALS), mine.sum(), p=wanted / wanted.sum())
    for family in (METAL, PLASTIC):  # the later steps must suit the material too
        mine = MATERIAL_FAMILY[material] == family
        able = np.where(FAMILIES[:kinds] & family, demand, 0.0)
        shape = (mine.sum(), STEPS_MAX - 1)
        process[mine, 1:] = rng.choice(kinds, shape, p=able / able.sum())
    beyond = np.arange(STEPS_MAX) >= steps[:, None]
    order = np.where(beyond, 99, STAGE[process]).argsort(axis=1, kind="stable")
    return np.where(beyond, -1, np.take_along_axis(process, order, axis=1)), material


def eligible_counts(offers: Offers, demand: Demand) -> Ints:
    """Count the eligible offers per operation (orders × STEPS_MAX), lots taken whole."""
    gives, needs = offered_bits(offers), needed_bits(demand)
    counts = np.zeros(demand.process.shape, np.int64)
    for process in range(len(offers.base_rate)):
        able = np.flatnonzero(offers.process == process)
        rows, columns = np.nonzero(demand.process == process)
        block = max(1, PAIRS_PER_BLOCK // max(1, len(able)))
        for start in range(0, len(rows), block):
            row, column = rows[start : start + block], columns[start : start + block]
            need = needs[row, column][:, None]
            fits = (gives[able] & need) == need
            for slot in range(demand.excluded.shape[1]):
                fits &= offers.enterprise[able] != demand.excluded[row, slot][:, None]
            counts[row, column] = np.count_nonzero(fits, axis=1)
    return counts


def offered_bits(offers: Offers) -> NDArray[np.uint32]:
    """Encode what an offer can do as bits: materials, certificates and three ladders."""
    bits = [
        offers.materials,
        offers.certificates,
        np.arange(1, 5) <= offers.size_class[:, None],
        np.arange(len(TOLERANCES_IT)) >= offers.tolerance[:, None],
        np.arange(len(MINIMUM_LOTS)) >= offers.minimum_lot[:, None],
    ]
    return pack(np.hstack(bits))


def needed_bits(demand: Demand) -> NDArray[np.uint32]:
    """Encode what an operation needs: an offer fits when it has all of these bits."""
    level = np.searchsorted(MINIMUM_LOTS, demand.quantity, side="right") - 1
    columns = []
    for step in range(STEPS_MAX):
        bits = [
            np.eye(len(MATERIALS), dtype=bool)[demand.material],
            demand.certificates,
            np.eye(4, dtype=bool)[demand.size_class - 1],
            np.eye(len(TOLERANCES_IT), dtype=bool)[demand.tolerance[:, step]],
            np.eye(len(MINIMUM_LOTS), dtype=bool)[level],
        ]
        columns.append(pack(np.hstack(bits)))
    return np.column_stack(columns)


def pack(bits: NDArray[np.bool_]) -> NDArray[np.uint32]:
    """Pack each row of at most 32 flags into one integer."""
    return bits.astype(np.uint32) @ (np.uint32(1) << np.arange(bits.shape[1], dtype=np.uint32))


def make_terms(
    rng: np.random.Generator,
    demand: Demand,
    *,
    offers: Offers,
    serviceable: NDArray[np.bool_],
    load: float,
) -> Terms:
    """Scale the hours to the load, then derive weight, value and price cap from them."""
    orders = len(demand.steps)
    counted = serviceable if serviceable.any() else np.ones(orders, bool)
    goal = max(1.0, load * offers.idle.sum())
    scaled = demand.raw_hours * (goal / demand.raw_hours[counted].sum())
    scaled = np.minimum(scaled, MINUTES_MAX)
    scaled *= goal / scaled[counted].sum()
    active = demand.process >= 0
    minutes = np.where(active, np.rint(scaled).clip(1), 0).astype(np.int64)
    kg_per_hour = 30 * rng.lognormal(0, 0.5, orders)
    rates = np.where(active, offers.base_rate[demand.process], 0.0)
    cost = (minutes * rates).sum(axis=1) / 60 * 1.05 + 8000 * demand.steps
    value = np.rint(cost * rng.uniform(1.1, 1.9, orders))
    return Terms(
        minutes=minutes,
        weight=np.rint(minutes.sum(axis=1) / 60 * kg_per_hour).clip(1).astype(np.int64),
        value=value.astype(np.int64),
        tardy_cost=np.rint(value * 0.04).astype(np.int64),
        max_price=np.rint(value * rng.uniform(0.85, 1.1, orders)).astype(np.int64),
    )
