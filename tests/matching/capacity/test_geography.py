"""Distances, transport times and the park nearest to a buyer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.capacity.geography import lag_weeks, nearest_park, road_km

POINTS = st.tuples(st.floats(-90, 90), st.floats(-180, 180))
SHANGHAI, BEIJING = (31.2304, 121.4737), (39.9042, 116.4074)


def test_a_road_is_a_fifth_longer_than_the_great_circle():
    """One degree of latitude is 111.195 km on a sphere of radius 6371.0088 km."""
    assert road_km((0.0, 0.0), (1.0, 0.0)) == round(1.2 * 111.195)
    assert road_km(SHANGHAI, BEIJING) == 1281
    assert road_km((0.0, -90.0), (0.0, 90.0)) == round(1.2 * 20015.115)


@given(POINTS, POINTS)
def test_a_road_is_as_long_both_ways(a, b):
    assert road_km(a, b) == road_km(b, a)
    assert 0 <= road_km(a, b) <= 24019
    assert road_km(a, a) == 0


@pytest.mark.parametrize(("km", "weeks"), [(0, 0), (150, 0), (151, 1), (1100, 1), (1101, 2)])
def test_transport_takes_whole_weeks(km, weeks):
    assert lag_weeks(km) == weeks


def test_the_smaller_id_wins_a_tie():
    parks = {"P2": (31.0, 121.0), "P1": (31.0, 121.0), "P0": (0.0, 0.0)}

    assert nearest_park((31.1, 121.0), parks) == "P1"
