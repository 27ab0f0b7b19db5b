"""Who looks: the party on whose behalf a store reads."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Viewer:
    """The party on whose behalf a store reads.

    The operator sees every row of its own; a party sees what belongs to it or names it as a
    party, within one operator. No viewer sees another operator's rows.

    Parameters
    ----------
    operator_id:
        The operator whose rows are looked at.
    organisation_id:
        The party that looks, or None for the operator itself.
    """

    operator_id: str
    organisation_id: str | None

    def __post_init__(self) -> None:
        if not self.operator_id:
            raise ValueError("a viewer needs the identifier of its operator, got an empty text")
        if self.organisation_id == "":
            raise ValueError("a party that looks needs an identifier, got an empty text")

    @classmethod
    def operator(cls, operator_id: str) -> Viewer:
        """Return the operator itself, which sees all of its rows."""
        return cls(operator_id, None)

    @classmethod
    def party(cls, operator_id: str, organisation_id: str) -> Viewer:
        """Return one organisation, which sees its own rows only."""
        if not organisation_id:
            raise ValueError("a party that looks needs an identifier, got an empty text")
        return cls(operator_id, organisation_id)

    @property
    def is_operator(self) -> bool:
        """Whether this is the operator itself."""
        return self.organisation_id is None
