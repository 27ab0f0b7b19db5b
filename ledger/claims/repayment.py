"""What a payment on a claim pays: the waterfall applied to the claim's own state."""

import datetime as dt

from ledger.claims.refusals import DateOrder
from ledger.claims.state import ClaimState
from ledger.claims.waterfall import Split, interest, repayment
from ledger.values.kinds import parse_date


def divide(claim: ClaimState, amount: int, value_date: dt.date) -> Split:
    """Return how a payment on a funded claim is divided: what a `claim.repaid` body must state.

    Parameters
    ----------
    amount
        The payment, minor units, > 0.
    value_date
        Day on which the bank credited it; interest counts up to it.

    Raises
    ------
    DateOrder
        When the day lies before the last payment's.
    """
    due = interest_due(claim, value_date)
    return repayment(outstanding=claim.outstanding, interest_due=due, amount=amount)


def interest_due(claim: ClaimState, value_date: dt.date) -> int:
    """Return the unpaid interest of a funded claim up to a day, minor units.

    Raises
    ------
    DateOrder
        When the day lies before the last payment's, up to which interest is counted already.
    """
    assert claim.accrued_to is not None
    counted = parse_date(claim.accrued_to)
    if value_date < counted:
        raise DateOrder(
            f"The value date {value_date} lies before {counted}, up to which interest is counted "
            "already. Record payments in the order of their value dates.",
            value_date=value_date.isoformat(),
            counted_to=counted.isoformat(),
        )
    return claim.interest_due + interest(claim.outstanding, claim.rate_bps, counted, value_date)
