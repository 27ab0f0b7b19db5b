"""The firms of the sample park and the idle hours they offer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from data.reference.calendar import week_start, working_days
from data.samples.draw import Draw
from data.samples.vocabulary import (
    BUYER_LINES,
    CITIES,
    FIRST,
    PARKS,
    RATES,
    SECOND,
    TRADES,
    ParkSite,
    Trade,
)
from matching.capacity.problem import Offer

OFFERS = 120
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
NO_SUCH_REGION = "990000"  # no registration authority has this code: the firms cannot be real


@dataclass(frozen=True, slots=True, kw_only=True)
class Firm:
    """One firm; `park` and `trade` are None for a buyer that makes nothing here."""

    firm_id: str
    zh: str
    en: str
    uscc: str
    lat: float
    lon: float
    park: ParkSite | None
    trade: Trade | None
    certificates: frozenset[str]


def fictional_uscc(number: int) -> str:
    """Return a unified social credit code with right check characters and no real region.

    References
    ----------
    GB 32100-2015 (code), GB 11714-1997 (its organisation part, check weights 3 7 9 10 5 8 4 2).
    """
    body = f"{number:08d}"
    total = sum(int(digit) * w for digit, w in zip(body, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    check = 11 - total % 11
    code = "91" + NO_SUCH_REGION + body + {10: "X", 11: "0"}.get(check, str(check))
    weighted = sum(USCC_ALPHABET.index(c) * pow(3, n, 31) for n, c in enumerate(code))
    return code + USCC_ALPHABET[-weighted % 31]


def make_firms(draw: Draw) -> list[Firm]:
    """Return 44 makers in three parks and 16 buyers in cities."""
    words = [(a + b, x + y) for a, x in FIRST for b, y in SECOND]
    names = iter(draw.some(words, len(words)))
    number = 10_000
    firms = []
    for site in PARKS:
        for place, trade in enumerate(_trades(draw, site.makers), 1):
            zh, en = next(names)
            number += draw.whole(11, 97)
            firms.append(
                Firm(
                    firm_id=f"ENT-{site.park_id[-2:]}{place:02d}",
                    zh=f"{site.town_zh}{zh}{trade.zh}有限公司",
                    en=f"{site.town_en} {en} {trade.en} Co., Ltd.",
                    uscc=fictional_uscc(number),
                    lat=round(site.lat + draw.between(-0.012, 0.012), 4),
                    lon=round(site.lon + draw.between(-0.012, 0.012), 4),
                    park=site,
                    trade=trade,
                    certificates=_held(draw, trade),
                )
            )
    for place, (town_zh, town_en, lat, lon) in enumerate(CITIES, 1):
        zh, en = next(names)
        line_zh, line_en = draw.one(BUYER_LINES)
        number += draw.whole(11, 97)
        firms.append(
            Firm(
                firm_id=f"BUY-{place:02d}",
                zh=f"{town_zh}{zh}{line_zh}有限公司",
                en=f"{town_en} {en} {line_en} Co., Ltd.",
                uscc=fictional_uscc(number),
                lat=round(lat + draw.between(-0.05, 0.05), 4),
                lon=round(lon + draw.between(-0.05, 0.05), 4),
                park=None,
                trade=None,
                certificates=frozenset(),
            )
        )
    return firms


def _trades(draw: Draw, count: int) -> list[Trade]:
    """Return trades by their shares; every park has at least one of each common trade."""
    common = [trade for trade in TRADES if trade.in_every_park]
    shares = {n: trade.share for n, trade in enumerate(TRADES)}
    rest = [draw.weighted(shares) for _ in range(count - len(common))]
    return [*common, *(TRADES[n] for n in rest)]


def _held(draw: Draw, trade: Trade) -> frozenset[str]:
    return frozenset(code for code, share in trade.certificates.items() if draw.chance(share))


def make_offers(draw: Draw, firms: list[Firm], *, week0: date, weeks: int) -> list[Offer]:
    """Return the offers: every maker two or three, then more until there are 120."""
    makers = [firm for firm in firms if firm.trade is not None]
    counts = {maker.firm_id: 2 for maker in makers}
    while sum(counts.values()) < OFFERS:
        maker = draw.one(makers)
        if counts[maker.firm_id] < 4:
            counts[maker.firm_id] += 1
    open_days = [len(working_days(week_start(index, week0))) for index in range(weeks)]
    offers = []
    for maker in makers:
        first = draw.whole(0, 3)  # so that every process of a trade is offered by somebody
        places = range(1, counts[maker.firm_id] + 1)
        offers += [_offer(draw, maker, place, first + place, open_days) for place in places]
    return offers


def _offer(draw: Draw, maker: Firm, place: int, process_at: int, open_days: list[int]) -> Offer:
    trade, park = maker.trade, maker.park
    if trade is None or park is None:
        raise ValueError(f"{maker.firm_id} makes nothing")
    process = trade.processes[process_at % len(trade.processes)]
    yuan, kilowatt = RATES[process]
    rate = round(yuan * 100 * draw.between(0.82, 1.28) / 50) * 50
    materials = draw.some(
        trade.materials, max(1, len(trade.materials) - draw.weighted({0: 0.6, 1: 0.4}))
    )
    return Offer(
        offer_id=f"{maker.firm_id.replace('ENT', 'CAP')}-{place}",
        enterprise_id=maker.firm_id,
        park_id=park.park_id,
        process=process,
        size_class=draw.one(trade.sizes),
        tolerance_it=draw.one(trade.tolerances),
        materials=frozenset(materials),
        certificates=maker.certificates,
        rate_fen_per_hour=rate,
        setup_minutes=draw.weighted({20: 0.2, 30: 0.3, 60: 0.3, 120: 0.2}),
        min_lot=draw.weighted({0: 0.55, 5: 0.2, 10: 0.15, 50: 0.1}),
        carbon_g_per_hour=Fraction(round(kilowatt * park.grid_g_per_kwh * draw.between(0.7, 1.2))),
        idle_minutes=_idle(draw, open_days),
    )


def _idle(draw: Draw, open_days: list[int]) -> tuple[int, ...]:
    """Return idle minutes: a level per machine, less in short weeks, none in some."""
    level = draw.weighted({7: 0.2, 12: 0.3, 20: 0.3, 34: 0.2})
    minutes = []
    for days in open_days:
        hours = level * draw.between(0.4, 1.5) * days / 5
        empty = draw.chance(0.1)
        minutes.append(0 if empty else round(hours * 2) * 30)
    return tuple(minutes)
