"""Small bundles and random problems for the tests of what reads and writes them."""

from __future__ import annotations

import string
from fractions import Fraction
from pathlib import Path

from hypothesis import strategies as st

from data.importers.bundle import read_files
from data.importers.report import Imported, RejectList
from data.reference import lists
from matching.capacity.problem import (
    Offer,
    Operation,
    Order,
    Park,
    Problem,
    Quotation,
    Settings,
)

SMALL = {
    "settings.json": """{
  "weeks": 3,
  "max_block_weeks": 2,
  "carbon_fen_per_kg": 8,
  "transport_fixed_fen": 4000,
  "transport_fen_per_tonne_km": 45.5,
  "transport_g_per_tonne_km": 100
}
""",
    "parks.csv": "park_id,lat,lon\nP1,31.25,121.5\nP2,30.5,104.0\n",
    "offers.csv": (
        "offer_id,enterprise_id,park_id,process,size_class,tolerance_it,materials,certificates,"
        "rate_fen_per_hour,setup_minutes,min_lot,carbon_g_per_hour\n"
        "F1,E1,P1,cnc-turning,2,8,steel|pom,ISO9001,9000,30,0,5400\n"
        "F2,E2,P2,grinding,3,6,steel,,11000,60,10,4200.25\n"
    ),
    "offer_weeks.csv": "offer_id,week,minutes\nF1,0,600\nF1,2,300\nF2,1,1200\n",
    "orders.csv": (
        "order_id,buyer_id,buyer_lat,buyer_lon,quantity,material,size_class,certificates,"
        "release_week,due_week,max_tardy_weeks,value_fen,tardy_fen_per_week,max_price_fen,"
        "max_lots,excluded_enterprises,weight_kg\n"
        "O1,B1,31.0,121.0,50,steel,1,ISO9001,0,2,1,250000,9000,240000,2,E9,75.5\n"
        "O2,B1,31.0,121.0,5,pom,1,,0,1,0,50000,0,50000,1,,2\n"
    ),
    "operations.csv": (
        "order_id,step,process,tolerance_it,minutes_total\n"
        "O1,1,cnc-turning,9,240\nO1,2,grinding,7,90\nO2,1,cnc-turning,10,60\n"
    ),
}
QUOTED = {
    **SMALL,
    "quotations.csv": (
        "order_id,step,offer_id,setup_minutes,minutes_total,price_fen\nO1,2,F2,10,80,21000\n"
    ),
}


def read(files: dict[str, str | bytes]) -> Imported[Problem]:
    """Read a bundle given as texts by name."""
    data = {n: f if isinstance(f, bytes) else f.encode() for n, f in files.items()}
    return read_files(data, RejectList("bundle"))


def write(folder: Path, files: dict[str, str]) -> Path:
    """Put the files of a bundle into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_bytes(text.encode())
    return folder


NAMES = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(string.ascii_letters + string.digits + "织链"),
        st.text(string.ascii_letters + string.digits + " -_.,\"';·织链园é", max_size=6),
    ),
).map(str.strip)
FRACTIONS = st.integers(0, 10**12).map(lambda n: Fraction(n, 1000))
DEGREES = st.floats(-90, 90, allow_nan=False)


@st.composite
def problems(draw: st.DrawFn, *, reference: bool = False) -> Problem:
    """Return random problems; with `reference`, only values that the workbook form can say."""
    weeks = draw(st.integers(1, 8))
    codes = {
        "process": st.sampled_from(sorted(lists.processes())) if reference else NAMES,
        "material": st.sampled_from(sorted(lists.materials())) if reference else NAMES,
        "certificate": st.sampled_from(sorted(lists.certificates())) if reference else NAMES,
    }
    size = st.integers(1, 4)
    tolerance = st.integers(1, 18) if reference else st.integers(0, 30)
    sets = {k: st.frozensets(v, max_size=3) for k, v in codes.items()}
    parks = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    offers = st.builds(
        Offer,
        offer_id=NAMES,
        enterprise_id=NAMES,
        park_id=st.sampled_from(parks),
        process=codes["process"],
        size_class=size,
        tolerance_it=tolerance,
        materials=st.frozensets(codes["material"], min_size=1, max_size=3),
        certificates=sets["certificate"],
        rate_fen_per_hour=st.integers(0, 10**9),
        setup_minutes=st.integers(0, 10**7),
        min_lot=st.integers(0, 10**9),
        carbon_g_per_hour=FRACTIONS.filter(lambda f: f <= 10**9),
        idle_minutes=st.tuples(*[st.integers(0, 10**7)] * weeks),
    )
    operations = st.builds(
        Operation,
        process=codes["process"],
        tolerance_it=tolerance,
        minutes_total=st.integers(1, 10**7),
    )
    orders = st.builds(
        Order,
        order_id=NAMES,
        buyer_id=NAMES,
        buyer_lat=DEGREES,
        buyer_lon=DEGREES,
        quantity=st.integers(1, 10**9),
        material=codes["material"],
        size_class=size,
        certificates=sets["certificate"],
        release_week=st.integers(0, 300),
        due_week=st.integers(0, 300),
        max_tardy_weeks=st.integers(0, 10**6),
        value_fen=st.integers(0, 10**13),
        tardy_fen_per_week=st.integers(0, 10**13),
        max_price_fen=st.integers(0, 10**13),
        max_lots=st.integers(1, 10**6),
        excluded_enterprises=st.frozensets(
            NAMES.filter(lambda n: not set(n) & set(",;")), max_size=2
        ),
        weight_kg=FRACTIONS.filter(lambda f: f <= 10**9),
        operations=st.lists(operations, min_size=1, max_size=3).map(tuple),
        quoted_only=st.just(False) if reference else st.booleans(),
    )
    made = draw(st.lists(offers, max_size=4, unique_by=lambda o: o.offer_id))
    wanted = draw(st.lists(orders, max_size=4, unique_by=lambda o: o.order_id))
    return Problem(
        settings=Settings(
            weeks=weeks,
            max_block_weeks=draw(st.integers(1, 5)),
            carbon_fen_per_kg=draw(FRACTIONS),
            transport_fixed_fen=draw(FRACTIONS),
            transport_fen_per_tonne_km=draw(FRACTIONS),
            transport_g_per_tonne_km=draw(FRACTIONS),
        )
        if not reference
        else _plain_settings(weeks),
        parks=tuple(Park(park_id=p, lat=draw(DEGREES), lon=draw(DEGREES)) for p in parks),
        offers=tuple(made),
        orders=tuple(wanted),
        quotations=() if reference else tuple(draw(_quotations(made, wanted))),
    )


def _plain_settings(weeks: int) -> Settings:
    zero = Fraction(0)
    return Settings(
        weeks=weeks,
        max_block_weeks=1,
        carbon_fen_per_kg=zero,
        transport_fixed_fen=zero,
        transport_fen_per_tonne_km=zero,
        transport_g_per_tonne_km=zero,
    )


@st.composite
def _quotations(draw: st.DrawFn, offers: list[Offer], orders: list[Order]) -> list[Quotation]:
    keys = [
        (order.order_id, step, offer.offer_id)
        for order in orders
        for step in range(1, len(order.operations) + 1)
        for offer in offers
    ]
    chosen = draw(st.lists(st.sampled_from(keys), max_size=3, unique=True)) if keys else []
    return [
        Quotation(
            order_id=order_id,
            step=step,
            offer_id=offer_id,
            setup_minutes=draw(st.integers(0, 10**7)),
            minutes_total=draw(st.integers(1, 10**7)),
            price_fen=draw(st.integers(0, 10**13)),
        )
        for order_id, step, offer_id in chosen
    ]
