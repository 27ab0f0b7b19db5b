"""Charts are well-formed, show what they were given, and stay inside their frame."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.exporters.charts import HEIGHT, WIDTH, gap_chart, load_chart
from matching.capacity import PlanLine
from matching.limits import Progress
from tests.support.capacity import inserted_plan, line, offer, order, random_problem, three_plants

SVG = "{http://www.w3.org/2000/svg}"
NUMBERS = re.compile(r"-?\d+(?:\.\d+)?")


def drawn(chart: str) -> ET.Element:
    """Parse a chart; every coordinate lies inside its frame and no text names a script."""
    root = ET.fromstring(chart)
    assert root.tag == f"{SVG}svg"
    for element in root.iter():
        for name, most in (("x", WIDTH), ("y", HEIGHT), ("width", WIDTH), ("height", HEIGHT)):
            assert 0 <= float(element.get(name, "0")) <= most
        for number in NUMBERS.findall(element.get("d", "")):
            assert 0 <= float(number) <= WIDTH
    assert "script" not in chart
    assert "nan" not in chart
    return root


def texts(root: ET.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def told(*points: tuple[float, int | None, int | None]) -> list[Progress]:
    return [
        Progress(
            stage="improve",
            incumbent_fen=plan,
            bound_fen=bound,
            gap=None,
            elapsed_seconds=seconds,
            done=0.0,
        )
        for seconds, plan, bound in points
    ]


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_load_of_a_plan_is_stacked_by_process(language: str):
    problem = random_problem(40, 30, 2)
    plan = inserted_plan(problem)
    root = drawn(load_chart(problem, plan, language=language))
    process = {one.offer_id: one.process for one in problem.offers}
    worked = {process[one.offer_id] for one in plan}
    assert worked <= set(texts(root))
    assert ("idle capacity" if language == "en" else "闲置产能") in texts(root)


def test_the_height_of_a_bar_is_its_hours():
    """Ten idle hours a week fill the frame; 300 minutes reach half as high."""
    problem = three_plants(offers=[offer()], weeks=6)
    root = drawn(load_chart(problem, [line(minutes=300), line(week=2, minutes=600)]))
    heights = [float(bar.get("height", "0")) for bar in root.iter(f"{SVG}rect") if bar.get("fill")]
    half, full = (height for height in heights if height != 12)
    assert full == pytest.approx(2 * half, abs=0.2)
    assert full == pytest.approx(HEIGHT - 64 - 56, abs=0.2)


def test_small_processes_are_added_up():
    """Nine processes give six of their own and one for the rest."""
    offers = [offer(f"F{at}", process=f"p{at}") for at in range(1, 10)]
    lines = [line(offer_id=f"F{at}", minutes=100 * at) for at in range(1, 10)]
    root = drawn(load_chart(three_plants(order(), offers=offers), lines))
    shown = [text for text in texts(root) if text.startswith("p")]
    assert shown == ["p4", "p5", "p6", "p7", "p8", "p9"]  # as they are stacked, from the top
    assert "others" in texts(root)


def test_names_are_written_as_text():
    """A process may be called anything: it is shown and never runs."""
    name = "<b onload='x'>&"
    problem = three_plants(offers=[offer(process=name)])
    assert name in texts(drawn(load_chart(problem, [line()])))


@pytest.mark.parametrize("name", ["milling-" * 20, "五轴数控铣削" * 9])
def test_a_long_name_is_cut(name: str):
    """Beside the plot there is room for about twenty Latin letters, or ten Chinese ones."""
    root = drawn(load_chart(three_plants(offers=[offer(process=name)]), [line()]))
    (shown,) = (text for text in texts(root) if text.endswith("…"))
    assert name.startswith(shown[:-1])
    assert 8 <= len(shown) <= 20


def test_a_plan_of_nothing_still_shows_what_is_idle():
    drawn_lines = list(drawn(load_chart(three_plants(), ())).iter(f"{SVG}path"))
    assert sum(one.get("class") == "idle" for one in drawn_lines) == 6 + 1  # weeks and legend


def test_a_long_horizon_numbers_only_some_weeks():
    problem = three_plants(offers=[offer(idle_minutes=(600,) * 200)], weeks=200)
    plan: Sequence[PlanLine] = [line(week=week) for week in range(200)]
    numbers = [text for text in texts(drawn(load_chart(problem, plan))) if text.isdecimal()]
    assert len(numbers) < 50


def test_the_gap_that_is_left_is_written():
    chart = gap_chart(told((0, None, None), (1, 9_000_000, None), (3, 9_000_000, 10_000_000)))
    assert "gap 10.0 %" in texts(drawn(chart))
    assert "差距 10.0 %" in texts(drawn(gap_chart(told((1, 9, 10)), language="zh-CN")))


@given(
    points=st.lists(
        st.tuples(
            st.floats(0, 10**5),
            st.none() | st.integers(-(10**12), 10**13),
            st.none() | st.integers(0, 10**13),
        ),
        max_size=40,
    )
)
def test_any_history_can_be_drawn(points: list[tuple[float, int | None, int | None]]):
    """Empty, flat, negative or huge: the lines stay in the frame."""
    assert drawn(gap_chart(told(*sorted(points, key=lambda point: point[0])))) is not None


def test_a_long_history_is_thinned():
    chart = gap_chart(told(*((at / 10, at, 10**6) for at in range(5_000))))
    assert len(chart) < 40_000
