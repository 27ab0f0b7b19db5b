"""A plan of consortia, as plain values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Consortium:
    """Who answers a demand together.

    Parameters
    ----------
    members
        Ids of the providers, sorted, the lead among them.
    lead
        The one that leads.

    Raises
    ------
    ValueError
        When there is no member, one stands twice, or the lead is not among them.
    """

    demand_id: str
    members: tuple[str, ...]
    lead: str

    def __post_init__(self) -> None:
        if not self.members or len(set(self.members)) != len(self.members):
            raise ValueError(
                f"consortium for {self.demand_id}: expected different members, got {self.members}"
            )
        if tuple(sorted(self.members)) != self.members:
            raise ValueError(f"consortium for {self.demand_id}: members must stand in order")
        if self.lead not in self.members:
            raise ValueError(
                f"consortium for {self.demand_id}: the lead {self.lead} is not a member"
            )
