"""How much an order can carry: value by stage, advance rates, headroom, encumbrance and cure.

Notation: EV_s eligible value of stage s, alpha_js lender j's advance rate in that stage,
M_j = Σ_s floor(alpha_js · EV_s / 10000) what j alone could advance, P_j its live principal.
The order carries its pledges while Σ_j P_j / M_j ≤ 1, tested with integers; with one lender this
is P ≤ M. All amounts are minor units of the order's one currency.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

ALPHA_MAX_BPS = 9_000
_BPS = 10_000


class AlphaError(ValueError):
    """Advance rates that no policy may have. `code` is ALPHA_RANGE or ALPHA_ORDER."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """Value of one order by how far it has come, minor units, each ≥ 0.

    Parameters
    ----------
    u0
        Confirmed by the buyer, not begun.
    u1
        In production, with evidence.
    w
        Received, not invoiced.
    r
        Invoice accepted, unpaid.
    """

    u0: int = 0
    u1: int = 0
    w: int = 0
    r: int = 0

    def __post_init__(self) -> None:
        if min(self.u0, self.u1, self.w, self.r) < 0:
            raise ValueError(f"a stage's value is negative: {self}")

    @property
    def total(self) -> int:
        """EV, the sum over the stages."""
        return self.u0 + self.u1 + self.w + self.r


@dataclass(frozen=True, slots=True, kw_only=True)
class Alphas:
    """A lender's advance rates per stage, basis points, 0 to 9,000, never falling with progress.

    Raises
    ------
    AlphaError
        ALPHA_RANGE outside 0..9000; ALPHA_ORDER unless u0 ≤ u1 ≤ w ≤ r, because progress of the
        order could then cut what it carries.
    """

    u0: int
    u1: int
    w: int
    r: int

    def __post_init__(self) -> None:
        rates = (self.u0, self.u1, self.w, self.r)
        if not all(0 <= rate <= ALPHA_MAX_BPS for rate in rates):
            raise AlphaError("ALPHA_RANGE", f"advance rates must be 0 to 9000 bps, got {rates}")
        if list(rates) != sorted(rates):
            raise AlphaError("ALPHA_ORDER", f"advance rates must not fall by stage, got {rates}")


DEFAULT_ALPHAS = Alphas(u0=3_000, u1=4_500, w=6_000, r=8_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """What one lender holds under one version of its policy.

    Parameters
    ----------
    principal
        Live principal P, minor units.
    ceiling
        M under that version, minor units.
    """

    principal: int
    ceiling: int


def ceiling(stages: Stages, alphas: Alphas) -> int:
    """Return M: what a lender with these rates could advance if it were the only one."""
    return (
        alphas.u0 * stages.u0 // _BPS
        + alphas.u1 * stages.u1 // _BPS
        + alphas.w * stages.w // _BPS
        + alphas.r * stages.r // _BPS
    )


def retention(net: int, retention_bps: int) -> int:
    """Return what of a value is held back until later, rounded up against the borrower."""
    return -(-net * retention_bps // _BPS)


def used(holds: Iterable[Hold]) -> Fraction | None:
    """Return Σ P / M, the used share of the order, or None when principal stands on nothing."""
    share = Fraction(0)
    for hold in holds:
        if hold.principal == 0:
            continue
        if hold.ceiling == 0:
            return None
        share += Fraction(hold.principal, hold.ceiling)
    return share


def fits(holds: Iterable[Hold]) -> bool:
    """Tell whether the order carries these holds together: Σ P / M ≤ 1, exactly."""
    over, under = 0, 1  # the share so far, as a fraction
    for hold in holds:
        if hold.principal == 0:
            continue
        if hold.ceiling == 0:
            return False
        over, under = over * hold.ceiling + hold.principal * under, under * hold.ceiling
    return over <= under


def free(others: Iterable[Hold], mine: Hold) -> int:
    """Return the largest further principal that still fits, minor units, ≥ 0.

    Parameters
    ----------
    others
        Holds of other lenders, or of the same lender under other policy versions.
    mine
        What the lender holds already under the version that the new principal would have.
    """
    share = used(others)
    if share is None or share >= 1:
        return 0
    most = (1 - share) * mine.ceiling
    return max(0, most.numerator // most.denominator - mine.principal)


def encumbrance(hold: Hold, eligible: int) -> int | None:
    """Return e = ceil(P · EV / M), the value that a hold takes up; None when it stands on nothing.

    For display, release and cure; the test itself is `fits`.
    """
    if hold.principal == 0:
        return 0
    if hold.ceiling == 0:
        return None
    return -(-hold.principal * eligible // hold.ceiling)


def cures(holds: Sequence[Hold], eligible: int) -> tuple[int, ...]:
    """Return how much principal each lender must be repaid so that the rest fits.

    Parameters
    ----------
    holds
        By rank, first rank first. The last rank is asked first, the rest passes upward.
    eligible
        EV of the order, minor units.

    Returns
    -------
    Minor units per hold, in the order given; all 0 when the holds fit.
    """
    if fits(holds):
        return (0,) * len(holds)
    if eligible == 0:
        return tuple(hold.principal for hold in holds)
    taken = [encumbrance(hold, eligible) for hold in holds]
    shortage = sum(part for part in taken if part is not None) - eligible
    asked = []
    for hold, part in zip(reversed(holds), reversed(taken), strict=True):
        if part is None:  # no rate gives this principal anything: all of it is asked back
            asked.append(hold.principal)
            continue
        left = max(0, part - max(0, shortage))
        shortage -= part - left
        asked.append(hold.principal - min(hold.principal, left * hold.ceiling // eligible))
    return tuple(reversed(asked))
