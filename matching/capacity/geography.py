"""Where things lie: road distance and transport time, exactly as the specification says."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

EARTH_RADIUS_KM = 6371.0088
DETOUR = 1.2
NEAR_KM, FAR_KM = 150, 1100

Point = tuple[float, float]  # latitude and longitude in degrees


def _half_chord_squared(a: Point, b: Point) -> float:
    lat_a, lat_b = radians(a[0]), radians(b[0])
    across = sin((radians(b[1]) - radians(a[1])) / 2) ** 2
    return sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * across


def road_km(a: Point, b: Point) -> int:
    """Return round(1.2 × great-circle km) by the haversine formula, in whole km."""
    chord = min(1.0, _half_chord_squared(a, b))
    return round(DETOUR * 2 * EARTH_RADIUS_KM * asin(sqrt(chord)))


def lag_weeks(km: int) -> int:
    """Return the weeks that transport over `km` takes: 0, 1 or 2."""
    if km <= NEAR_KM:
        return 0
    return 1 if km <= FAR_KM else 2


def nearest_park(buyer: Point, parks: dict[str, Point]) -> str:
    """Return the park nearest to a buyer by great circle; the smaller id wins a tie."""
    return min((_half_chord_squared(buyer, at), park) for park, at in parks.items())[1]
