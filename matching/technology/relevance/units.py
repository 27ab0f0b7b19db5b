"""Units of measure: exact factors to SI base units, so that thresholds can be compared.

A unit is written as people write it: `Wh/kg`, `um`, `mAh·g-1`, `毫米`, `°C`. Case matters (mW is no
MW); only the pattern for terms, which serves texts that were folded to lower case, is blind to it.

References
----------
BIPM (2019), The International System of Units, 9th edition; electronvolt and hour from table 8.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

# metre, kilogram, second, ampere, kelvin, mole, then what SI counts as pure numbers but nobody
# may compare: share (%), angle, cycles, level (dB), information (bit)
Dimension = tuple[int, int, int, int, int, int, int, int, int, int, int]
NONE: Dimension = (0,) * 11


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit: value in base units = value · factor + offset; equal dimensions can be compared."""

    factor: Fraction
    dimension: Dimension
    offset: Fraction = Fraction(0)


def _unit(factor: Fraction | int, **powers: int) -> Unit:
    names = ("m", "kg", "s", "A", "K", "mol", "share", "angle", "cycle", "level", "bit")
    made = [0] * len(names)
    for name, power in powers.items():
        made[names.index(name)] = power
    return Unit(factor=Fraction(factor), dimension=_dimension(made))


def _dimension(powers: list[int]) -> Dimension:
    a, b, c, d, e, f, g, h, i, j, k = powers
    return (a, b, c, d, e, f, g, h, i, j, k)


PREFIXES = {
    "p": Fraction(1, 10**12),
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "μ": Fraction(1, 10**6),
    "µ": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    "c": Fraction(1, 100),
    "d": Fraction(1, 10),
    "k": Fraction(1000),
    "M": Fraction(10**6),
    "G": Fraction(10**9),
    "T": Fraction(10**12),
}
PREFIXED: dict[str, Unit] = {
    "m": _unit(1, m=1),
    "g": _unit(Fraction(1, 1000), kg=1),
    "t": _unit(1000, kg=1),
    "s": _unit(1, s=1),
    "A": _unit(1, A=1),
    "K": _unit(1, K=1),
    "mol": _unit(1, mol=1),
    "Hz": _unit(1, s=-1),
    "N": _unit(1, m=1, kg=1, s=-2),
    "Pa": _unit(1, m=-1, kg=1, s=-2),
    "bar": _unit(10**5, m=-1, kg=1, s=-2),
    "J": _unit(1, m=2, kg=1, s=-2),
    "W": _unit(1, m=2, kg=1, s=-3),
    "Wh": _unit(3600, m=2, kg=1, s=-2),
    "V": _unit(1, m=2, kg=1, s=-3, A=-1),
    "eV": _unit(Fraction(1602176634, 10**28), m=2, kg=1, s=-2),
    "Ah": _unit(3600, s=1, A=1),
    "F": _unit(1, m=-2, kg=-1, s=4, A=2),
    "Ω": _unit(1, m=2, kg=1, s=-3, A=-2),
    "ohm": _unit(1, m=2, kg=1, s=-3, A=-2),
    "S": _unit(1, m=-2, kg=-1, s=3, A=2),
    "H": _unit(1, m=2, kg=1, s=-2, A=-2),
    "L": _unit(Fraction(1, 1000), m=3),
    "l": _unit(Fraction(1, 1000), m=3),
    "B": _unit(8, bit=1),
    "bit": _unit(1, bit=1),
    "bps": _unit(1, bit=1, s=-1),
}
PLAIN: dict[str, Unit] = {
    "%": _unit(Fraction(1, 100), share=1),
    "‰": _unit(Fraction(1, 1000), share=1),
    "ppm": _unit(Fraction(1, 10**6), share=1),
    "ppb": _unit(Fraction(1, 10**9), share=1),
    "T": _unit(1, kg=1, s=-2, A=-1),
    "min": _unit(60, s=1),
    "h": _unit(3600, s=1),
    "d": _unit(86_400, s=1),
    "year": _unit(31_557_600, s=1),
    "years": _unit(31_557_600, s=1),
    "r": _unit(1, cycle=1),
    "rpm": _unit(Fraction(1, 60), cycle=1, s=-1),
    "cycle": _unit(1, cycle=1),
    "cycles": _unit(1, cycle=1),
    "times": _unit(1, cycle=1),
    "°": _unit(1, angle=1),
    "dB": _unit(1, level=1),
    "°C": Unit(factor=Fraction(1), dimension=_unit(1, K=1).dimension, offset=Fraction(27315, 100)),
}
CHINESE_UNITS = {
    "纳米": "nm",
    "微米": "um",
    "毫米": "mm",
    "厘米": "cm",
    "公里": "km",
    "千米": "km",
    "平方米": "m2",
    "立方米": "m3",
    "米": "m",
    "毫克": "mg",
    "公斤": "kg",
    "千克": "kg",
    "克": "g",
    "吨": "t",
    "毫秒": "ms",
    "秒": "s",
    "分钟": "min",
    "小时": "h",
    "天": "d",
    "年": "year",
    "摄氏度": "°C",
    "千伏": "kV",
    "伏": "V",
    "千瓦时": "kWh",
    "瓦时": "Wh",
    "安时": "Ah",
    "兆瓦": "MW",
    "千瓦": "kW",
    "瓦": "W",
    "兆帕": "MPa",
    "千帕": "kPa",
    "吉帕": "GPa",
    "赫兹": "Hz",
    "毫升": "mL",
    "升": "L",
    "分贝": "dB",
    "转/分": "rpm",
    "次循环": "cycle",
    "次": "cycle",
}
_FACTOR = re.compile(r"(?P<symbol>[^\d\s/·⋅*.^+-]+)\^?(?P<power>[+-]?\d)?")


@lru_cache(maxsize=4096)
def parse_unit(text: str) -> Unit | None:
    """Return the unit that a text writes, "" for a pure number; None when it is unknown.

    Examples
    --------
    `Wh/kg`, `mAh g-1`, `W/(m·K)`, `°C`, `毫米`, `次`.
    """
    text = CHINESE_UNITS.get(text.strip(), text.strip())
    text = text.replace("℃", "°C").replace("㎡", "m2").replace("³", "3").replace("²", "2")
    text = text.replace("⁻", "-").replace("¹", "1").replace("Ω", "Ω").replace("％", "%")
    if not text:
        return _unit(1)
    if text in PLAIN:
        return PLAIN[text]
    return _compound(text)


def _compound(text: str) -> Unit | None:
    """Return the product that a compound unit writes; what stands behind a slash divides."""
    factor, powers, below = Fraction(1), [0] * len(NONE), False
    for part in re.split(r"(/)", text.replace("(", "").replace(")", "")):
        if part == "/":
            below = True
            continue
        for piece in re.split(r"[·⋅*.\s]+", part):
            match = _FACTOR.fullmatch(piece)
            found = None if match is None else _symbol(match["symbol"])
            if match is None or found is None or found.offset:
                return None
            power = int(match["power"] or 1) * (-1 if below else 1)
            factor *= found.factor**power
            powers = [old + new * power for old, new in zip(powers, found.dimension, strict=True)]
    return Unit(factor=factor, dimension=_dimension(powers))


def _symbol(symbol: str) -> Unit | None:
    """Return the unit of one symbol, with or without a prefix."""
    symbol = CHINESE_UNITS.get(symbol, symbol)
    for table in (PREFIXED, PLAIN):
        if symbol in table:
            return table[symbol]
    rest = PREFIXED.get(symbol[1:])
    if symbol[:1] in PREFIXES and rest is not None:
        return Unit(factor=PREFIXES[symbol[0]] * rest.factor, dimension=rest.dimension)
    return None


def _any_of(symbols: set[str]) -> str:
    return "|".join(re.escape(symbol) for symbol in sorted(symbols, key=lambda s: (-len(s), s)))


_SYMBOLS = {prefix + symbol for prefix in ("", *PREFIXES) for symbol in PREFIXED} | set(PLAIN)
_ONE = rf"(?:{_any_of(_SYMBOLS)})"
_POWER = r"(?:\^?-?\d(?!\d)|⁻?[¹²³])?"
_MORE = rf"{_POWER}(?:[/·⋅*]{_ONE}{_POWER})*"
WRITTEN = rf"(?:{_any_of(set(CHINESE_UNITS))}|℃|{_ONE}{_MORE})"  # as in a stored text
_FOLDED = {symbol.lower().replace("µ", "μ") for symbol in _SYMBOLS}
_ONE_FOLDED = rf"(?:{_any_of(_FOLDED)})(?:\^?-?\d(?!\d))?"
UNIT_PATTERN = rf"{_ONE_FOLDED}(?:[/·⋅*]{_ONE_FOLDED})*"  # as in a folded text
