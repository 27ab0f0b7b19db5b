"""The operator's statement of the state map's root."""

from collections.abc import Sequence

from ledger.claims.drafts import Draft
from ledger.claims.events.base import Frame, draft_of
from ledger.claims.state import Total
from ledger.values.consent import EventType


def state_root(
    frame: Frame,
    *,
    operator: str,
    root: bytes,
    covers: int,
    rules: int,
    totals: Sequence[Total],
) -> Draft:
    """Draft a state root. Needs the operator's system key.

    Parameters
    ----------
    operator
        The operator's party handle.
    root
        Root of the state map over the entries before this one, 32 bytes.
    covers
        How many entries that are: the index that this entry will have.
    rules
        Rule version under which they lead to it.
    totals
        By currency, in the order of the codes.
    """
    return draft_of(
        frame,
        EventType.STATE_ROOT,
        subject=operator,
        fields={
            "operator": operator,
            "root": root.hex(),
            "covers": covers,
            "rules": rules,
            "totals": [one.to_json() for one in totals],
        },
    )
