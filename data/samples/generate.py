"""Make the sample park.

Usage
-----
    python -m data.samples.generate [FOLDER]

Writes the files into FOLDER, by default the one that ships with the product. The same seed gives
the same bytes; a test compares the files that ship with what this makes.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from data.exporters.bundle import bundle_bytes
from data.exporters.files import people_csv_bytes, write_bytes
from data.exporters.workbook import content_bytes
from data.importers.workbook import EnterpriseCard, WorkbookContent
from data.samples import SAMPLE_PARK, SAMPLE_WEEK0
from data.samples.demand import Wish, make_orders
from data.samples.directory import directory_files
from data.samples.draw import Draw
from data.samples.firms import Firm, make_firms, make_offers
from data.samples.technology import technology_files
from data.samples.ubl_orders import ubl_files
from data.samples.vocabulary import PARKS
from matching.capacity.problem import Offer, Order, Park, Problem, Settings

SEED = 20261130
WEEKS = 12
SETTINGS = Settings(
    weeks=WEEKS,
    max_block_weeks=3,
    carbon_fen_per_kg=Fraction(8),
    transport_fixed_fen=Fraction(4000),
    transport_fen_per_tonne_km=Fraction(45),
    transport_g_per_tonne_km=Fraction(100),
)
# Who fills in a form of its own, and whose form the service centre fills in for several.
WORKBOOKS: Mapping[str, tuple[str, ...]] = {
    "ENT-KS05.xlsx": ("ENT-KS05",),
    "ENT-XS04.xlsx": ("ENT-XS04",),
    "ENT-LQ06.xlsx": ("ENT-LQ06",),
    "chengdu-small-firms.xlsx": ("ENT-LQ07", "ENT-LQ08", "ENT-LQ09", "ENT-LQ10"),
}


def generate(seed: int = SEED) -> Mapping[str, bytes]:
    """Return every file of the sample park by its path inside the folder."""
    draw = Draw(seed)
    firms = make_firms(draw)
    offers = make_offers(draw, firms, week0=SAMPLE_WEEK0, weeks=WEEKS)
    wishes = make_orders(draw, firms, weeks=WEEKS)
    parks = tuple(Park(park_id=p.park_id, lat=p.lat, lon=p.lon) for p in PARKS)
    whole = Problem(
        settings=SETTINGS,
        parks=parks,
        offers=tuple(offers),
        orders=tuple(wish.order for wish in wishes),
    )
    elsewhere = {firm_id for firm_ids in WORKBOOKS.values() for firm_id in firm_ids}
    centre = replace(
        whole,
        offers=tuple(o for o in whole.offers if o.enterprise_id not in elsewhere),
        orders=tuple(o for o in whole.orders if o.buyer_id not in elsewhere),
    )
    files = {f"bundle/{name}": data for name, data in bundle_bytes(whole).items()}
    files |= {f"centre-bundle/{name}": data for name, data in bundle_bytes(centre).items()}
    for name, firm_ids in WORKBOOKS.items():
        content = _content([f for f in firms if f.firm_id in firm_ids], whole)
        files[f"workbooks/{name}"] = content_bytes(content)
    files |= {f"ubl/{name}": data for name, data in ubl_files(firms).items()}
    files |= {f"directory/{name}": data for name, data in directory_files(firms).items()}
    files["directory/order_titles.csv"] = _titles(wishes)
    owners = [firm.firm_id for firm in firms if firm.trade is not None]
    files |= {f"technology/{name}": data for name, data in technology_files(owners).items()}
    files["README.md"] = _readme(whole, centre, firms)
    return files


def _content(firms: Sequence[Firm], whole: Problem) -> WorkbookContent:
    """Return what one form says: its firms, their offers, and the orders they pass on."""
    ids = {firm.firm_id for firm in firms}
    offers: tuple[Offer, ...] = tuple(o for o in whole.offers if o.enterprise_id in ids)
    orders: tuple[Order, ...] = tuple(o for o in whole.orders if o.buyer_id in ids)
    cards = (
        EnterpriseCard(
            enterprise_id=firm.firm_id,
            name_zh=firm.zh,
            name_en=firm.en,
            uscc=firm.uscc,
            park_id=firm.park.park_id if firm.park else "",
            lat=firm.lat,
            lon=firm.lon,
        )
        for firm in firms
    )
    return WorkbookContent(
        sha256="",
        week0=SAMPLE_WEEK0,
        weeks=WEEKS,
        enterprises=tuple(cards),
        offers=offers,
        orders=orders,
    )


def _titles(wishes: Sequence[Wish]) -> bytes:
    rows = [(wish.order.order_id, wish.zh, wish.en) for wish in wishes]
    return people_csv_bytes(("order_id", "title_zh", "title_en"), rows)


def _readme(whole: Problem, centre: Problem, firms: Sequence[Firm]) -> bytes:
    makers = sum(firm.trade is not None for firm in firms)
    text = f"""# The sample park

Everything here is invented: firms, numbers, orders. Only the positions of the three parks are
those of real industrial towns. The registration codes carry a region that does not exist. Made by
`python -m data.samples.generate`; the same seed makes the same bytes.

| folder | what it is |
|---|---|
| `bundle/` | the whole park as one CSV bundle: {len(whole.offers)} offers of {makers} makers, \
{len(whole.orders)} orders; week 0 begins on Monday {SAMPLE_WEEK0} |
| `centre-bundle/` | the same without what the workbooks bring: {len(centre.offers)} offers, \
{len(centre.orders)} orders |
| `workbooks/` | forms that {len(WORKBOOKS)} senders filled in; with `centre-bundle/` they make \
the whole |
| `ubl/` | purchase orders as UBL: two good ones, one repeat, one whose seller is not \
identified, one that trades with itself |
| `directory/` | parks, organisations, lenders, and what each order makes |
| `technology/` | technology demands and research teams with their documents, in Chinese and \
English, as JSON lines; a few of them on the Excel form |
"""
    return text.encode("utf-8")


def main(folder: Path = SAMPLE_PARK) -> None:
    """Write the files into a folder and say how many there are."""
    files = generate()
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, data)
    total = sum(map(len, files.values()))
    print(f"{len(files)} files, {total} bytes in {folder}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
