"""Road distances and the weeks that transport takes, as section 2 says."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

EARTH_RADIUS_KM = 6371.0088


def road_km(a: tuple[float, float], b: tuple[float, float]) -> int:
    """Return round(1.2 × great circle) between two points in degrees, by the haversine formula."""
    return round(1.2 * 2 * EARTH_RADIUS_KM * asin(sqrt(min(1.0, half_chord_squared(a, b)))))


def half_chord_squared(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Return the haversine of the angle between two points in degrees: what is nearer has less."""
    lat_a, lat_b, east = radians(a[0]), radians(b[0]), radians(b[1]) - radians(a[1])
    return sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin(east / 2) ** 2


def lag_weeks(km: int) -> int:
    """Return 0 weeks up to 150 km, 1 up to 1100 km, else 2."""
    return 0 if km <= 150 else 1 if km <= 1100 else 2
