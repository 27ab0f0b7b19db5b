"""The files of a bundle: their names, their columns, and how they come in."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from data.importers.codes import RejectCode
from data.importers.report import RejectList
from data.importers.tables import FILE_BYTES_MAX, Column
from data.importers.values import (
    decimal,
    degrees,
    fen,
    flag,
    identifier,
    items,
    whole,
)
from matching.capacity.problem import (
    FEN_MAX,
    FRACTION_MAX,
    LOTS_MAX,
    MINUTES_MAX,
    QUANTITY_MAX,
    RATE_FEN_PER_HOUR_MAX,
    SMALL_MAX,
    STEPS_MAX,
)

SETTINGS = "settings.json"
PARKS = "parks.csv"
OFFERS = "offers.csv"
OFFER_WEEKS = "offer_weeks.csv"
ORDERS = "orders.csv"
OPERATIONS = "operations.csv"
QUOTATIONS = "quotations.csv"
REQUIRED = (SETTINGS, PARKS, OFFERS, OFFER_WEEKS, ORDERS, OPERATIONS)
NAMES = (*REQUIRED, QUOTATIONS)
BUNDLE_BYTES_MAX = 256 * 1024 * 1024

_small = whole(most=SMALL_MAX)
_minutes = whole(most=MINUTES_MAX)
_work = whole(least=1, most=MINUTES_MAX)
_step = whole(least=1, most=STEPS_MAX)
_size = whole(least=1, most=SMALL_MAX)
_fen = fen(most=FEN_MAX)
_fraction = decimal(most=FRACTION_MAX)

PARK_COLUMNS = (
    Column("park_id", identifier),
    Column("lat", degrees(most=90)),
    Column("lon", degrees(most=180)),
)
OFFER_COLUMNS = (
    Column("offer_id", identifier),
    Column("enterprise_id", identifier),
    Column("park_id", identifier),
    Column("process", identifier),
    Column("size_class", _size),
    Column("tolerance_it", _small),
    Column("materials", items),
    Column("certificates", items),
    Column("rate_fen_per_hour", fen(most=RATE_FEN_PER_HOUR_MAX)),
    Column("setup_minutes", _minutes),
    Column("min_lot", whole(most=QUANTITY_MAX)),
    Column("carbon_g_per_hour", _fraction),
)
OFFER_WEEK_COLUMNS = (
    Column("offer_id", identifier),
    Column("week", _small),
    Column("minutes", _minutes),
)
ORDER_COLUMNS = (
    Column("order_id", identifier),
    Column("buyer_id", identifier),
    Column("buyer_lat", degrees(most=90)),
    Column("buyer_lon", degrees(most=180)),
    Column("quantity", whole(least=1, most=QUANTITY_MAX)),
    Column("material", identifier),
    Column("size_class", _size),
    Column("certificates", items),
    Column("release_week", _small),
    Column("due_week", _small),
    Column("max_tardy_weeks", _small),
    Column("value_fen", _fen),
    Column("tardy_fen_per_week", _fen),
    Column("max_price_fen", _fen),
    Column("max_lots", whole(least=1, most=LOTS_MAX)),
    Column("excluded_enterprises", items),
    Column("weight_kg", _fraction),
)
QUOTED_ONLY = Column("quoted_only", flag)
OPERATION_COLUMNS = (
    Column("order_id", identifier),
    Column("step", _step),
    Column("process", identifier),
    Column("tolerance_it", _small),
    Column("minutes_total", _work),
)
QUOTATION_COLUMNS = (
    Column("order_id", identifier),
    Column("step", _step),
    Column("offer_id", identifier),
    Column("setup_minutes", _minutes),
    Column("minutes_total", _work),
    Column("price_fen", _fen),
)


def from_folder(folder: Path, rejects: RejectList) -> Mapping[str, bytes]:
    """Return the files of a bundle in a folder; report those that cannot be read."""
    if not folder.is_dir():
        rejects.add(RejectCode.FILE_MISSING, expected="a folder", got=folder.name)
        return {}
    files: dict[str, bytes] = {}
    for name in NAMES:
        path = folder / name
        if not path.exists():
            continue
        try:
            size = path.stat().st_size
            if size > FILE_BYTES_MAX:
                expected, got = f"at most {FILE_BYTES_MAX} bytes", f"{size} bytes"
                rejects.add(RejectCode.FILE_TOO_LARGE, file=name, expected=expected, got=got)
                files[name] = b""
                continue
            files[name] = path.read_bytes()
        except OSError as error:
            rejects.add(RejectCode.FILE_UNREADABLE, file=name, got=error.strerror or "unreadable")
            files[name] = b""
    return files


def from_zip(data: bytes, rejects: RejectList) -> Mapping[str, bytes]:
    """Return the files of a bundle packed as a .zip; its folders do not count.

    Only the names of the format are unpacked, never more than `BUNDLE_BYTES_MAX` bytes in all,
    whatever sizes the archive claims.
    """
    files: dict[str, bytes] = {}
    left = BUNDLE_BYTES_MAX
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            for info in archive.infolist():
                name = info.filename.rsplit("/", 1)[-1]
                if name not in NAMES:
                    continue
                if name in files:
                    rejects.add(RejectCode.DUPLICATE_ID, file=name, expected="one file", got="two")
                    return {}
                with archive.open(info) as member:
                    files[name] = member.read(left + 1)
                left -= len(files[name])
                if left < 0:
                    expected = f"at most {BUNDLE_BYTES_MAX} bytes unpacked"
                    rejects.add(RejectCode.ZIP_BOMB, file=name, expected=expected, got="more")
                    return {}
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError) as error:
        rejects.add(RejectCode.NOT_A_ZIP, expected="a .zip file", got=str(error))
        return {}
    return files
