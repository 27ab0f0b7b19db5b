"""A plan in force: quotes for new orders, arrivals, and re-planning with few changes.

plan = LivePlan.from_result(problem, result.plan, result.prices)
answer = quote(plan, order)
change = commit(plan, order, answer.alternatives[0])
change = machine_down(plan, "CAP-7", from_week=3)
"""

from matching.capacity.live.arrivals import commit, rush
from matching.capacity.live.changes import Change
from matching.capacity.live.plan import LivePlan
from matching.capacity.live.quotes import Alternative, Kind, Quote, QuoteStatus, quote
from matching.capacity.live.replanning import machine_down, withdraw
from matching.capacity.live.versions import Version

__all__ = [
    "Alternative",
    "Change",
    "Kind",
    "LivePlan",
    "Quote",
    "QuoteStatus",
    "Version",
    "commit",
    "machine_down",
    "quote",
    "rush",
    "withdraw",
]
