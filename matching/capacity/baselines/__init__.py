"""The same problem given to general solvers as it stands: what the engine is measured against."""

from matching.capacity.baselines.cpsat import solve_cpsat
from matching.capacity.baselines.highs import solve_highs
from matching.capacity.baselines.model import VARIABLES_MAX, ModelTooLarge
from matching.capacity.baselines.outcome import Baseline

BASELINES = {"cpsat": solve_cpsat, "highs": solve_highs}

__all__ = [
    "BASELINES",
    "VARIABLES_MAX",
    "Baseline",
    "ModelTooLarge",
    "solve_cpsat",
    "solve_highs",
]
