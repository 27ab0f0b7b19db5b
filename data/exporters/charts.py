"""Charts as SVG, written by hand: no library, no script, no font of its own.

Every chart is 800 × 420 units, scales with its frame, and takes dark colours where the reader's
system does. Texts are in English or Chinese.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import ceil, floor, log10
from typing import Protocol

from matching.capacity.plan import PlanLine
from matching.capacity.problem import Problem

WIDTH, HEIGHT = 800, 420
LEFT, RIGHT, TOP, BOTTOM = 76, 24, 64, 56  # of the frame around the plot
SIDE = 184  # to the right of the plot, where names stand in a column
NAME_WIDTH_MAX = 140
PROCESSES_SHOWN = 6  # more are added up
TICKS = 5
POINTS_MAX = 600  # of a line; more are thinned out
FEN_PER_SHOWN = 100_000  # charts show CNY 1,000

# Okabe and Ito (2008): told apart with any colour vision; grey is what is left over.
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8a8a8a")
STYLE = """\
.page{fill:#fff}.ink{fill:#222}.soft{fill:#666}.grid{stroke:#ddd}.axis{stroke:#666}
.idle{stroke:#222;fill:none}
text{font:13px system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif}.title{font-size:16px}
@media(prefers-color-scheme:dark){.page{fill:#16181c}.ink{fill:#eee}.soft{fill:#aaa}
.grid{stroke:#333}.axis{stroke:#aaa}.idle{stroke:#eee}}"""

TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "load": "Load against idle capacity",
        "hours": "hours",
        "week": "week",
        "idle": "idle capacity",
        "others": "others",
        "gap": "Plan and bound over time",
        "money": "CNY 1,000",
        "seconds": "seconds",
        "plan": "plan",
        "bound": "bound",
        "left": "gap {gap} %",
    },
    "zh-CN": {
        "load": "负荷与闲置产能",
        "hours": "小时",
        "week": "周",
        "idle": "闲置产能",
        "others": "其他",
        "gap": "目标值与上界随时间的变化",
        "money": "千元人民币",
        "seconds": "秒",
        "plan": "目标值",
        "bound": "上界",
        "left": "差距 {gap} %",
    },
}


class Point(Protocol):
    """What a run told at one moment; `matching.limits.Progress` is one."""

    @property
    def elapsed_seconds(self) -> float:
        """Seconds since the start."""

    @property
    def incumbent_fen(self) -> int | None:
        """Best objective so far."""

    @property
    def bound_fen(self) -> int | None:
        """Best bound so far."""


def load_chart(problem: Problem, plan: Sequence[PlanLine], *, language: str = "en") -> str:
    """Return the load of each week, stacked by process, against the idle hours.

    Parameters
    ----------
    language
        "en" or "zh-CN"; any other is taken as "en".

    Notes
    -----
    The processes with the most minutes stand alone, the rest are added up.
    """
    texts, weeks = _texts(language), problem.settings.weeks
    process = {offer.offer_id: offer.process for offer in problem.offers}
    minutes: dict[str, list[int]] = {}
    for line in plan:
        minutes.setdefault(process[line.offer_id], [0] * weeks)[line.week] += line.minutes
    idle = [sum(offer.idle_minutes[week] for offer in problem.offers) for week in range(weeks)]
    names = sorted(minutes, key=lambda name: (-sum(minutes[name]), name))
    stacks = [(name, minutes[name]) for name in names[:PROCESSES_SHOWN]]
    rest = names[PROCESSES_SHOWN:]
    if rest:
        added = [sum(minutes[name][week] for name in rest) for week in range(weeks)]
        stacks.append((texts["others"], added))
    top = _Scale(0, max(*idle, 60) / 60, floor_at=HEIGHT - BOTTOM, ceiling_at=TOP)
    parts = [_title(texts["load"]), *_vertical(top, texts["hours"], right=SIDE)]
    wide = (WIDTH - LEFT - SIDE) / weeks
    every = ceil(weeks * 26 / (WIDTH - LEFT - SIDE))  # a week's number is up to 26 units wide
    for week in range(weeks):
        left, base = LEFT + week * wide, 0
        for colour, (_, worked) in zip(COLOURS, stacks, strict=False):
            upper, lower = top.at((base + worked[week]) / 60), top.at(base / 60)
            base += worked[week]
            if worked[week]:
                parts.append(
                    f'<rect x="{left + wide * 0.15:.1f}" y="{upper:.1f}" '
                    f'width="{wide * 0.7:.1f}" height="{lower - upper:.1f}" fill="{colour}"/>'
                )
        y = top.at(idle[week] / 60)
        parts.append(
            f'<path class="idle" stroke-width="2" '
            f'd="M{left + wide * 0.05:.1f} {y:.1f}H{left + wide * 0.95:.1f}"/>'
        )
        if week % every == 0:
            parts.append(_text(left + wide / 2, HEIGHT - BOTTOM + 18, str(week), anchor="middle"))
    parts.append(_text(WIDTH - SIDE, HEIGHT - 12, texts["week"], anchor="end", look="soft"))
    legend = [(name, colour) for colour, (name, _) in zip(COLOURS, stacks, strict=False)]
    for row, entry in enumerate([(texts["idle"], ""), *reversed(legend)]):  # as they are stacked
        parts += _key(*entry, x=WIDTH - SIDE + 16, y=TOP + 12 + 22 * row)
    return _page(texts["load"], parts, language)


def gap_chart(history: Sequence[Point], *, language: str = "en") -> str:
    """Return the plan's worth and the bound over time, and the gap that is left.

    Parameters
    ----------
    history
        In the order of time; moments without a plan or a bound leave their line out.
    """
    texts = _texts(language)
    plan = [(p.elapsed_seconds, p.incumbent_fen) for p in history if p.incumbent_fen is not None]
    bound = [(p.elapsed_seconds, p.bound_fen) for p in history if p.bound_fen is not None]
    amounts = [fen / FEN_PER_SHOWN for _, fen in (*plan, *bound)]
    end = max((p.elapsed_seconds for p in history), default=0.0)
    low, high = min(amounts, default=0.0), max(amounts, default=1.0)
    up = _Scale(low, high, floor_at=HEIGHT - BOTTOM, ceiling_at=TOP)
    along = _Scale(0, end, floor_at=LEFT, ceiling_at=WIDTH - RIGHT, whole=False)
    parts = [_title(texts["gap"]), *_vertical(up, texts["money"], right=RIGHT), *_horizontal(along)]
    parts.append(_text(WIDTH - RIGHT, HEIGHT - 12, texts["seconds"], anchor="end", look="soft"))
    for colour, line in ((COLOURS[0], plan), (COLOURS[5], bound)):
        if line:
            parts.append(_steps(_thinned(line), end, along, up, colour))
    if plan and bound and bound[-1][1] > 0:
        gap = 100 * (bound[-1][1] - plan[-1][1]) / bound[-1][1]
        between = (up.at(plan[-1][1] / FEN_PER_SHOWN) + up.at(bound[-1][1] / FEN_PER_SHOWN)) / 2
        said = texts["left"].format(gap=f"{gap:.1f}")
        parts.append(_text(WIDTH - RIGHT - 6, between + 4, said, anchor="end", look="soft"))
    parts += _key(texts["plan"], COLOURS[0], x=LEFT, y=TOP - 22)
    beside = LEFT + 33 + _width(texts["plan"])
    parts += _key(texts["bound"], COLOURS[5], x=beside, y=TOP - 22)
    return _page(texts["gap"], parts, language)


class _Scale:
    """Where amounts lie on an axis, and its round ticks."""

    def __init__(
        self, low: float, high: float, *, floor_at: float, ceiling_at: float, whole: bool = True
    ) -> None:
        self._step = step = _round_step((high - low) / TICKS or max(abs(high), 1.0) / TICKS)
        self._low = step * floor(low / step)
        # the axis of money ends on a tick; that of time where the time ends
        self._high = step * ceil(high / step) if whole else high
        if self._high <= self._low:
            self._high = self._low + step
        self._floor_at, self._ceiling_at = floor_at, ceiling_at

    def at(self, amount: float) -> float:
        """Return the coordinate of an amount."""
        share = (amount - self._low) / (self._high - self._low)
        return self._floor_at + share * (self._ceiling_at - self._floor_at)

    def ticks(self) -> list[tuple[float, str]]:
        """Return the coordinates of the ticks and what is written there."""
        number = floor((self._high - self._low) / self._step + 1e-9)
        amounts = [self._low + at * self._step for at in range(number + 1)]
        digits = max(0, -floor(log10(self._step) + 1e-9))
        return [(self.at(amount), f"{amount:,.{digits}f}") for amount in amounts]


def _round_step(rough: float) -> float:
    """Return the least of 1, 2, 5 × a power of ten that is not below a rough step."""
    power = 10.0 ** floor(log10(rough))
    return next(power * lead for lead in (1, 2, 5, 10) if power * lead >= rough * (1 - 1e-9))


def _vertical(scale: _Scale, unit: str, *, right: int) -> list[str]:
    parts = [_text(8, TOP - 10, unit, look="soft")]
    for y, said in scale.ticks():
        parts.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - right}"/>')
        parts.append(_text(LEFT - 8, y + 4, said, anchor="end"))
    return parts


def _horizontal(scale: _Scale) -> list[str]:
    foot = HEIGHT - BOTTOM
    parts = [f'<path class="axis" d="M{LEFT} {foot}H{WIDTH - RIGHT}"/>']
    for x, said in scale.ticks():
        parts.append(f'<path class="axis" d="M{x:.1f} {foot}v5"/>')
        parts.append(_text(x, foot + 20, said, anchor="middle"))
    return parts


def _steps(
    line: Sequence[tuple[float, int]], end: float, along: _Scale, up: _Scale, colour: str
) -> str:
    """Draw what stays as it is until the next moment."""
    first, fen = line[0]
    path = [f"M{along.at(first):.1f} {up.at(fen / FEN_PER_SHOWN):.1f}"]
    path += [f"H{along.at(at):.1f}V{up.at(fen / FEN_PER_SHOWN):.1f}" for at, fen in line[1:]]
    path.append(f"H{along.at(end):.1f}")
    return f'<path fill="none" stroke="{colour}" stroke-width="2.5" d="{"".join(path)}"/>'


def _thinned(line: Sequence[tuple[float, int]]) -> Sequence[tuple[float, int]]:
    """Return at most `POINTS_MAX` points of a line, its last one among them."""
    every = ceil(len(line) / POINTS_MAX)
    return line if every == 1 else [*line[:-1:every], line[-1]]


def _key(name: str, colour: str, *, x: float, y: float) -> list[str]:
    """Draw a name beside its colour; no colour is the mark of a limit."""
    mark = f'<rect x="{x:.1f}" y="{y - 10:.1f}" width="12" height="12" fill="{colour}"/>'
    if not colour:
        mark = f'<path class="idle" stroke-width="2" d="M{x:.1f} {y - 4:.1f}h12"/>'
    return [mark, _text(x + 17, y, _shortened(name))]


def _shortened(name: str) -> str:
    """Return a name that fits beside the plot, cut with an ellipsis where it is longer."""
    if _width(name) <= NAME_WIDTH_MAX:
        return name
    kept = next(at for at in range(len(name), -1, -1) if _width(name[:at]) <= NAME_WIDTH_MAX - 13)
    return name[:kept] + "…"


def _width(text: str) -> float:
    """Return about how wide a text is: Chinese characters are square, Latin ones half as wide."""
    return sum(13.0 if ord(character) > 0x2E80 else 7.2 for character in text)


def _title(text: str) -> str:
    return f'<text class="ink title" x="{LEFT}" y="24">{escape(text)}</text>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", look: str = "ink") -> str:
    return (
        f'<text class="{look}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
    )


def _page(title: str, parts: Sequence[str], language: str) -> str:
    tongue = language if language in TEXTS else "en"
    inside = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'xml:lang="{tongue}">\n<title>{escape(title)}</title>\n<style>{STYLE}</style>\n'
        f'<rect class="page" width="{WIDTH}" height="{HEIGHT}"/>\n{inside}\n</svg>\n'
    )


def _texts(language: str) -> Mapping[str, str]:
    return TEXTS.get(language, TEXTS["en"])
