"""The limit: exact, monotone, and P ≤ M where there is one lender."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.claims.limit import (
    DEFAULT_ALPHAS,
    AlphaError,
    Alphas,
    Hold,
    Stages,
    ceiling,
    cures,
    encumbrance,
    fits,
    free,
    retention,
    used,
)

fen = st.integers(0, 10**13)
small = st.integers(0, 400)
stages = st.builds(Stages, u0=fen, u1=fen, w=fen, r=fen)
alphas = st.lists(st.integers(0, 9_000), min_size=4, max_size=4).map(
    lambda rates: Alphas(**dict(zip(("u0", "u1", "w", "r"), sorted(rates), strict=True)))
)
lenders = st.lists(st.tuples(alphas, fen), min_size=1, max_size=4)

A = DEFAULT_ALPHAS
B = Alphas(u0=2_500, u1=4_000, w=5_500, r=7_500)


def holds(values: Stages, *lent: tuple[Alphas, int]) -> list[Hold]:
    return [Hold(principal=p, ceiling=ceiling(values, rates)) for rates, p in lent]


@given(stages, alphas, fen)
def test_one_lender_fits_exactly_up_to_its_ceiling(values, rates, principal) -> None:
    assert fits(holds(values, (rates, principal))) == (principal <= ceiling(values, rates))


@given(stages, stages, lenders)
def test_raising_value_never_breaks_the_test(values, more, lent) -> None:
    """However unequal the lenders' rates are: progress and growth only ever help."""
    raised = Stages(
        u0=values.u0 + more.u0,
        u1=values.u1 + more.u1,
        w=values.w + more.w,
        r=values.r + more.r,
    )
    if fits(holds(values, *lent)):
        assert fits(holds(raised, *lent))


@given(stages, lenders, st.data())
def test_progress_never_breaks_the_test(values, lent, data) -> None:
    """Value that moves to a later stage is advanced on at no lower a rate (fen lost in rounding
    apart: one per stage)."""
    moved = data.draw(st.integers(0, values.u0 // 10_000)) * 10_000
    later = Stages(u0=values.u0 - moved, u1=values.u1 + moved, w=values.w, r=values.r)
    for rates, _ in lent:
        assert ceiling(later, rates) >= ceiling(values, rates)


@given(stages, lenders, alphas, fen)
def test_free_is_the_largest_that_fits(values, lent, rates, principal) -> None:
    others = holds(values, *lent)
    mine = holds(values, (rates, 0))[0]
    most = free(others, mine)

    if fits(others):
        assert fits([*others, Hold(principal=most, ceiling=mine.ceiling)])
        assert not fits([*others, Hold(principal=most + 1, ceiling=mine.ceiling)])
    else:
        assert most == 0
    assert free([], Hold(principal=principal, ceiling=mine.ceiling)) == max(
        0, mine.ceiling - principal
    )


@given(stages, lenders)
def test_cures_restore_the_test_and_ask_no_more_than_is_owed(values, lent) -> None:
    before = holds(values, *lent)
    asked = cures(before, values.total)
    after = [
        Hold(principal=hold.principal - cure, ceiling=hold.ceiling)
        for hold, cure in zip(before, asked, strict=True)
    ]

    assert fits(after)
    assert all(0 <= cure <= hold.principal for hold, cure in zip(before, asked, strict=True))
    if fits(before):
        assert not any(asked)


@given(st.lists(st.tuples(small, small), max_size=3), small)
def test_the_exact_test_agrees_with_fractions(pairs, eligible) -> None:
    some = [Hold(principal=p, ceiling=m) for p, m in pairs]
    infinite = any(p and not m for p, m in pairs)
    share = sum((Fraction(p, m) for p, m in pairs if p and m), Fraction(0))

    assert used(some) == (None if infinite else share)
    assert fits(some) == (not infinite and share <= 1)
    for hold in some:
        taken = encumbrance(hold, eligible)
        if taken is None:
            assert hold.principal > 0 == hold.ceiling
        elif hold.ceiling:
            assert taken * hold.ceiling >= hold.principal * eligible
            assert (taken - 1) * hold.ceiling < max(1, hold.principal * eligible)


def test_the_worked_example_confirmation() -> None:
    """V 1,000,000.00: A funds 180,000.00, B may fund 100,000.00 and not a fen more."""
    values = Stages(u0=100_000_000)
    assert (ceiling(values, A), ceiling(values, B)) == (30_000_000, 25_000_000)
    (held,) = holds(values, (A, 18_000_000))
    assert encumbrance(held, values.total) == 60_000_000
    assert free([held], holds(values, (B, 0))[0]) == 10_000_000
    assert fits(holds(values, (A, 18_000_000), (B, 10_000_000)))
    assert not fits(holds(values, (A, 18_000_000), (B, 10_000_001)))
    assert encumbrance(holds(values, (B, 10_000_000))[0], values.total) == 40_000_000


def test_the_worked_example_production() -> None:
    """All in production: e_A 400,000.00, e_B 250,000.00; A could add 157,500.00."""
    values = Stages(u1=100_000_000)
    both = holds(values, (A, 18_000_000), (B, 10_000_000))
    assert [encumbrance(hold, values.total) for hold in both] == [40_000_000, 25_000_000]
    assert free([both[1]], both[0]) == 15_750_000


@pytest.mark.parametrize(
    ("value", "expected"),
    [(70_000_000, (0, 0)), (60_000_000, (0, 2_000_000)), (0, (18_000_000, 10_000_000))],
)
def test_the_worked_example_amendments(value: int, expected: tuple[int, int]) -> None:
    """Down to 700,000.00 nobody is called; at 600,000.00 the last rank alone cures 20,000.00."""
    values = Stages(u1=value)
    both = holds(values, (A, 18_000_000), (B, 10_000_000))
    assert cures(both, values.total) == expected


def test_the_worked_example_receipt_and_invoice() -> None:
    """240,000.00 of 600,000.00 received: Σ e 526,854.23; invoiced: M_A and M_B."""
    received = Stages(u1=36_000_000, w=24_000_000)
    both = holds(received, (A, 18_000_000), (B, 8_000_000))
    taken = [encumbrance(hold, received.total) for hold in both]
    assert sum(part for part in taken if part is not None) == 52_685_423
    invoiced = Stages(u1=36_000_000, r=24_000_000)
    assert (ceiling(invoiced, A), ceiling(invoiced, B)) == (35_400_000, 32_400_000)
    paid = Stages(u1=36_000_000)
    (left,) = holds(paid, (B, 2_000_000))
    assert encumbrance(left, paid.total) == 5_000_000


def test_one_lender_at_seventy_per_cent() -> None:
    """700.00 EUR net: 490.00 funded; 500.00 net: cure 140.00; cancelled: the remaining 350.00."""
    flat = Alphas(u0=7_000, u1=7_000, w=7_000, r=7_000)
    assert ceiling(Stages(u0=70_000), flat) == 49_000
    assert cures(holds(Stages(u0=50_000), (flat, 49_000)), 50_000) == (14_000,)
    assert cures(holds(Stages(), (flat, 35_000)), 0) == (35_000,)


@pytest.mark.parametrize(
    ("rates", "code"),
    [
        ((-1, 0, 0, 0), "ALPHA_RANGE"),
        ((0, 0, 0, 9_001), "ALPHA_RANGE"),
        ((2, 1, 3, 4), "ALPHA_ORDER"),
        ((1, 2, 4, 3), "ALPHA_ORDER"),
    ],
)
def test_policies_that_progress_could_break_are_refused(rates, code) -> None:
    with pytest.raises(AlphaError) as caught:
        Alphas(**dict(zip(("u0", "u1", "w", "r"), rates, strict=True)))
    assert caught.value.code == code


def test_no_stage_is_negative() -> None:
    with pytest.raises(ValueError, match="negative"):
        Stages(u0=-1)


def test_retention_is_rounded_against_the_borrower() -> None:
    assert retention(100, 500) == 5
    assert retention(101, 500) == 6


@given(st.lists(st.builds(Hold, principal=small, ceiling=small), max_size=5))
def test_fits_is_the_used_share_of_at_most_one(held: list[Hold]):
    share = used(held)
    assert fits(held) == (share is not None and share <= 1)
