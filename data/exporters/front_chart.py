"""A Pareto front as SVG: the plans that were found, and what no plan can exceed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 800, 420
LEFT, RIGHT, TOP, BOTTOM = 90, 30, 70, 60
TICKS = 5
PLAN, BOUND = "#0072b2", "#d55e00"  # told apart with any colour vision (Okabe and Ito, 2008)
FEN_PER_SHOWN = 100_000

STYLE = """\
.page{fill:#fff}.ink{fill:#222}.soft{fill:#666}.grid{stroke:#ddd}
text{font:13px system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif}.title{font-size:16px}
@media(prefers-color-scheme:dark){.page{fill:#16181c}.ink{fill:#eee}.soft{fill:#aaa}
.grid{stroke:#333}}"""

TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "value": "value, CNY 1,000",
        "local": "local share, %",
        "carbon": "carbon, t",
        "fairness": "largest share of one enterprise, %",
        "title": "Value against",
        "plan": "plan found",
        "bound": "no plan above",
    },
    "zh-CN": {
        "value": "价值，千元人民币",
        "local": "本地份额，%",
        "carbon": "碳排放，吨",
        "fairness": "单个企业最大份额，%",
        "title": "价值对比：",
        "plan": "已找到的计划",
        "bound": "上界",
    },
}


def front_chart(
    points: Sequence[tuple[float, int, int]], *, kind: str, language: str = "en"
) -> str:
    """Return a front as SVG, 800 × 420 units.

    Parameters
    ----------
    points
        What value is held against, in the unit of the axis; value and bound in fen. Any order.
    kind
        "local", "carbon" or "fairness".
    language
        "en" or "zh-CN"; any other is taken as "en".
    """
    texts = TEXTS.get(language, TEXTS["en"])
    along = _Axis([x for x, _, _ in points], LEFT, WIDTH - RIGHT)
    amounts = [fen / FEN_PER_SHOWN for _, value, bound in points for fen in (value, bound)]
    up = _Axis(amounts, HEIGHT - BOTTOM, TOP)
    title = f"{texts['title']} {texts[kind]}"
    parts = [f'<text class="ink title" x="{LEFT}" y="24">{escape(title)}</text>']
    for at, said in up.ticks():
        parts.append(f'<path class="grid" d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}"/>')
        parts.append(_text(LEFT - 8, at + 4, said, anchor="end"))
    for at, said in along.ticks():
        parts.append(_text(at, HEIGHT - BOTTOM + 20, said, anchor="middle"))
    parts.append(_text(8, TOP - 12, texts["value"], look="soft"))
    parts.append(_text(WIDTH - RIGHT, HEIGHT - 12, texts[kind], anchor="end", look="soft"))
    for colour, column, name, x in ((PLAN, 1, "plan", LEFT), (BOUND, 2, "bound", LEFT + 200)):
        parts.append(f'<circle cx="{x + 6}" cy="44" r="5" fill="{colour}"/>')
        parts.append(_text(x + 18, 48, texts[name]))
        placed = sorted(
            (along.at(point[0]), up.at(point[column] / FEN_PER_SHOWN)) for point in points
        )
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in placed)
        parts.append(f'<path fill="none" stroke="{colour}" stroke-width="1.5" d="M{path}"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>' for x, y in placed]
    inside = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n"
        f'<rect class="page" width="{WIDTH}" height="{HEIGHT}"/>\n{inside}\n</svg>\n'
    )


class _Axis:
    """Where amounts lie between two coordinates."""

    def __init__(self, amounts: Sequence[float], start: float, end: float) -> None:
        low, high = min(amounts, default=0.0), max(amounts, default=1.0)
        margin = (high - low) * 0.05 or abs(high) * 0.05 or 1.0
        self._low, self._high = low - margin, high + margin
        self._start, self._end = start, end

    def at(self, amount: float) -> float:
        """Return the coordinate of an amount."""
        share = (amount - self._low) / (self._high - self._low)
        return self._start + share * (self._end - self._start)

    def ticks(self) -> list[tuple[float, str]]:
        """Return coordinates, and what is written there."""
        step = (self._high - self._low) / TICKS
        digits = 0 if step >= 10 else 1 if step >= 1 else 2
        amounts = [self._low + step * number for number in range(TICKS + 1)]
        return [(self.at(amount), f"{amount:,.{digits}f}") for amount in amounts]


def _text(x: float, y: float, text: str, *, anchor: str = "start", look: str = "ink") -> str:
    return (
        f'<text class="{look}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
    )
