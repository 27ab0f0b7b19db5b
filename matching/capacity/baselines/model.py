"""A linear model over whole numbers, in plain lists: what every general solver can read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

VARIABLES_MAX = 1_500_000  # about 3 GB in CP-SAT's presolve


class ModelTooLarge(ValueError):
    """A model would have more variables than the limit allows; nothing was solved."""


@dataclass(frozen=True, slots=True)
class Row:
    """Lower ≤ Σ coefficient × variable ≤ upper; None is no limit on that side."""

    variables: tuple[int, ...]
    coefficients: tuple[int, ...]
    lower: int | None
    upper: int | None


@dataclass(slots=True)
class LinearModel:
    """Integer variables with bounds, linear rows, and a linear objective to be maximised.

    Parameters
    ----------
    variables_max
        `variable` refuses to make more than so many: memory runs out far beyond the point where
        the refusal can still be told.
    """

    variables_max: int = VARIABLES_MAX
    lower: list[int] = field(default_factory=list)
    upper: list[int] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    objective: dict[int, int] = field(default_factory=dict)

    def variable(self, upper: int = 1, *, lower: int = 0) -> int:
        """Add an integer variable in lower..upper and return its number.

        Raises
        ------
        ModelTooLarge
            When there are `variables_max` variables already.
        """
        if len(self.lower) >= self.variables_max:
            raise ModelTooLarge(
                f"the model needs more than {self.variables_max:,} variables; "
                "take fewer orders or offers, or allow more variables"
            )
        self.lower.append(lower)
        self.upper.append(upper)
        return len(self.lower) - 1

    def row(
        self,
        terms: Iterable[tuple[int, int]],
        *,
        lower: int | None = None,
        upper: int | None = None,
    ) -> None:
        """Add a row; terms are (variable, coefficient), and those of one variable are added up."""
        added: dict[int, int] = {}
        for variable, coefficient in terms:
            added[variable] = added.get(variable, 0) + coefficient
        kept = {variable: number for variable, number in added.items() if number}
        self.rows.append(Row(tuple(kept), tuple(kept.values()), lower, upper))

    def earn(self, variable: int, coefficient: int) -> None:
        """Add coefficient × variable to the objective."""
        self.objective[variable] = self.objective.get(variable, 0) + coefficient

    def objective_most(self) -> int:
        """Return the objective that the bounds of the variables alone allow."""
        return sum(
            max(number * self.lower[at], number * self.upper[at])
            for at, number in self.objective.items()
        )

    def worth(self, values: Sequence[int]) -> int:
        """Return the objective of values for all variables."""
        return sum(number * values[at] for at, number in self.objective.items())

    def broken_by(self, values: Mapping[int, int]) -> list[str]:
        """Return what values for all variables break, in words: bounds first, then rows."""
        broken = [
            f"variable {at} is {values[at]}, allowed {low}..{high}"
            for at, (low, high) in enumerate(zip(self.lower, self.upper, strict=True))
            if not low <= values[at] <= high
        ]
        for number, row in enumerate(self.rows):
            terms = zip(row.variables, row.coefficients, strict=True)
            total = sum(coefficient * values[variable] for variable, coefficient in terms)
            below = row.lower is not None and total < row.lower
            if below or (row.upper is not None and total > row.upper):
                broken.append(f"row {number} is {total}, allowed {row.lower}..{row.upper}")
        return broken
