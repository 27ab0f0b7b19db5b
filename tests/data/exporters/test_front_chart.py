"""The picture of a front: well-formed, in both languages, for any points."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from data.exporters.front_chart import TEXTS, front_chart

POINTS = st.lists(
    st.tuples(st.floats(0, 1e9), st.integers(-(10**12), 10**12), st.integers(0, 10**12)),
    max_size=8,
)


def circles(svg: str) -> int:
    root = etree.fromstring(svg.encode())
    return len(root.findall("{http://www.w3.org/2000/svg}circle"))


@pytest.mark.parametrize("language", ["en", "zh-CN", "fr"])
@pytest.mark.parametrize("kind", ["local", "carbon", "fairness"])
def test_every_axis_has_its_name(kind: str, language: str):
    """An unknown language is taken as English."""
    svg = front_chart([(1.0, 5, 7), (2.0, 4, 6)], kind=kind, language=language)
    words = TEXTS.get(language, TEXTS["en"])
    assert words[kind] in svg
    assert words["bound"] in svg


@given(points=POINTS)
def test_every_point_is_drawn_twice_and_inside_the_page(points: list[tuple[float, int, int]]):
    """Its plan and its bound, beside the two marks of the legend."""
    svg = front_chart(points, kind="carbon")
    assert circles(svg) == 2 * len(points) + 2
    for circle in etree.fromstring(svg.encode()).iter("{http://www.w3.org/2000/svg}circle"):
        assert 0 <= float(circle.get("cx")) <= 800
        assert 0 <= float(circle.get("cy")) <= 420
