"""How a payment is divided: interest first, then principal, then what is too much.

All amounts are integers in minor units; interest is counted actual/360 and rounded down once per
period between two payments, so no claim-day is counted twice.
"""

import datetime as dt
from dataclasses import dataclass

DAY_COUNT = 360
_BPS_DAYS = 10_000 * DAY_COUNT


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Parts of one payment, minor units, each ≥ 0; they add up to the payment."""

    interest: int
    principal: int
    surplus: int

    @property
    def total(self) -> int:
        """The payment."""
        return self.interest + self.principal + self.surplus


def interest(principal: int, rate_bps: int, start: dt.date, end: dt.date) -> int:
    """Return floor(principal · rate · days / 3,600,000), minor units.

    Parameters
    ----------
    principal
        Outstanding over the whole period, minor units, ≥ 0.
    rate_bps
        Yearly, basis points.
    start, end
        The first day counts, the last does not.

    Raises
    ------
    ValueError
        When the period ends before it starts.
    """
    days = (end - start).days
    if days < 0:
        raise ValueError(f"interest period ends on {end}, before it starts on {start}")
    return principal * rate_bps * days // _BPS_DAYS


def repayment(*, outstanding: int, interest_due: int, amount: int) -> Split:
    """Return how a payment is divided over what is owed.

    Parameters
    ----------
    outstanding
        Principal not yet repaid, minor units.
    interest_due
        Interest up to the payment's value date, minor units.
    amount
        The payment, minor units, > 0.
    """
    to_interest = min(amount, interest_due)
    to_principal = min(amount - to_interest, outstanding)
    return Split(
        interest=to_interest, principal=to_principal, surplus=amount - to_interest - to_principal
    )
