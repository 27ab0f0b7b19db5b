"""Quantities in texts, their units, and thresholds held against them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.technology.problem import Comparison, Indicator
from matching.technology.relevance.indicators import Verdict, findings, indicator_score
from matching.technology.relevance.quantities import Interval, quantities, wanted
from matching.technology.relevance.units import parse_unit
from tests.support.teams import demand, document, team


@pytest.mark.parametrize(
    ("written", "same_as"),
    [
        ("Wh/kg", "W·h/kg"),
        ("Wh kg-1", "Wh/kg"),
        ("mAh g-1", "mAh/g"),
        ("毫米", "mm"),
        ("µm", "um"),
        ("r/min", "rpm"),
        ("MPa", "兆帕"),
        ("℃", "°C"),
        ("m²", "m2"),
        ("W/(m·K)", "W/m/K"),
    ],
)
def test_units_that_mean_the_same(written, same_as):
    assert parse_unit(written) == parse_unit(same_as) is not None


@pytest.mark.parametrize(
    ("written", "base", "factor"),
    [("kWh", "J", 3_600_000), ("mm", "m", Fraction(1, 1000)), ("g/cm3", "kg/m3", 1000)],
)
def test_factors_are_exact(written, base, factor):
    unit, to = parse_unit(written), parse_unit(base)
    assert unit is not None
    assert to is not None
    assert unit.dimension == to.dimension
    assert unit.factor / to.factor == factor


@pytest.mark.parametrize("written", ["", "%"])
def test_pure_numbers_and_shares_are_units(written):
    assert parse_unit(written) is not None


@pytest.mark.parametrize("written", ["widgets", "mw", "°C/min", "Wh//kg?"])
def test_what_is_no_unit(written):
    assert parse_unit(written) is None


@pytest.mark.parametrize(
    ("text", "cut", "low", "high"),
    [
        ("能量密度≥300Wh/kg", "≥300Wh/kg", 1_080_000, None),
        ("厚度不超过5 微米", "不超过5 微米", None, Fraction(5, 10**6)),
        ("reaches 320 Wh/kg", "320 Wh/kg", 1_152_000, 1_152_000),
        ("from 5–10 µm", "5–10 µm", Fraction(5, 10**6), Fraction(1, 10**5)),
        ("循环1000次以上", "1000次以上", 1000, None),
        ("1×10^-3 S/cm", "1×10^-3 S/cm", Fraction(1, 10), Fraction(1, 10)),
        ("up to 1,200 cycles", "1,200 cycles", 1200, 1200),
        ("at least 95%", "at least 95%", Fraction(95, 100), None),
        ("-40℃至85℃", "-40℃至85℃", Fraction(23315, 100), Fraction(35815, 100)),
        ("below 0.3 mm", "below 0.3 mm", None, Fraction(3, 10**4)),
    ],
)
def test_quantities_are_intervals_in_base_units(text, cut, low, high):
    (found,) = quantities(text)
    assert text[found.start : found.end] == cut
    assert (found.interval.low, found.interval.high) == (low, high)


@pytest.mark.parametrize("text", ["2023 年发布", "GB/T 22900 第3章", "3D打印", "5G通信", "v1.2.3"])
def test_numbers_that_are_no_quantities(text):
    assert quantities(text) == ()


def indicator(op: Comparison, value: int, **fields: object) -> Indicator:
    """Return a threshold on the interface resistance, or on what `fields` say."""
    given_ = {"name": "界面阻抗", "unit": "Ω·cm²", "value": Fraction(value), "op": op}
    return Indicator(**{**given_, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("op", "value", "verdict"),
    [
        (Comparison.AT_MOST, 20, Verdict.MET),
        (Comparison.AT_MOST, 15, Verdict.MET),
        (Comparison.BELOW, 15, Verdict.UNMET),
        (Comparison.AT_MOST, 10, Verdict.UNMET),
        (Comparison.AT_LEAST, 15, Verdict.MET),
        (Comparison.ABOVE, 15, Verdict.UNMET),
        (Comparison.EQUAL, 15, Verdict.MET),
    ],
)
def test_each_comparison_alone(op, value, verdict):
    stated = team("T", document("T-1", "界面", "界面阻抗降至 15 Ω·cm²。"))
    (found,) = findings(demand(indicators=(indicator(op, value),)), stated)
    assert found.verdict is verdict
    assert found.span is not None
    assert found.span.cut("界面阻抗降至 15 Ω·cm²。") == "15 Ω·cm²"


def test_between_needs_the_whole_of_what_is_stated():
    asked = indicator(Comparison.BETWEEN, 10, value_to=Fraction(20))
    inside = team("T", document("T-1", "界面阻抗 12-18 Ω·cm²"))
    across = team("T", document("T-1", "界面阻抗 12-30 Ω·cm²"))
    assert findings(demand(indicators=(asked,)), inside)[0].verdict is Verdict.MET
    assert findings(demand(indicators=(asked,)), across)[0].verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    "stated",
    [
        "成本 15 Ω·cm²",  # another name in the clause
        "界面阻抗 15 mm",  # another dimension
        "界面阻抗很低，厚度 15 Ω·cm²",  # the name stands in another clause
        "界面阻抗很低",  # no number
    ],
)
def test_what_does_not_speak_of_the_indicator_leaves_it_unknown(stated):
    asked = demand(indicators=(indicator(Comparison.AT_MOST, 20),))
    (found,) = findings(asked, team("T", document("T-1", stated)))
    assert (found.verdict, found.span) == (Verdict.UNKNOWN, None)


def test_an_unknown_unit_leaves_an_indicator_unknown():
    asked = demand(indicators=(indicator(Comparison.AT_MOST, 20, unit="widgets"),))
    (found,) = findings(asked, team("T", document("T-1", "界面阻抗 15 Ω·cm²")))
    assert found.verdict is Verdict.UNKNOWN


def test_one_document_that_meets_outweighs_one_that_misses():
    asked = demand(indicators=(indicator(Comparison.AT_MOST, 20),))
    both = team("T", document("A", "界面阻抗 40 Ω·cm²"), document("B", "界面阻抗 12 Ω·cm²"))
    assert findings(asked, both)[0].document_id == "B"


def test_worth_of_verdicts():
    must, may = (indicator(Comparison.AT_MOST, 10, must=flag) for flag in (True, False))
    missed = team("T", document("T-1", "界面阻抗 15 Ω·cm²"))
    silent = team("S", document("S-1", "界面"))
    assert indicator_score(findings(demand(indicators=(must,)), missed)) == -1.0
    assert indicator_score(findings(demand(indicators=(may,)), missed)) == -0.5
    assert indicator_score(findings(demand(indicators=(must,)), silent)) == 0.0
    assert indicator_score(findings(demand(), missed)) == 0.0


ENDS = st.one_of(st.none(), st.fractions(min_value=-9, max_value=9, max_denominator=3))


@settings(deadline=None)
@given(low=ENDS, high=ENDS, point=st.fractions(min_value=-9, max_value=9, max_denominator=3))
def test_a_point_is_in_an_interval_or_apart_from_it(low, high, point):
    """Tri-state comes from ranges alone: a point is always decided."""
    if low is not None and high is not None and low > high:
        low, high = high, low
    here, there = Interval(low=point, high=point), Interval(low=low, high=high)
    assert here.within(there) != here.apart_from(there)


def test_a_threshold_with_an_offset_unit():
    asked = wanted(indicator(Comparison.AT_LEAST, 25, unit="°C"))
    assert asked is not None
    assert asked[0].low == Fraction(29815, 100)
