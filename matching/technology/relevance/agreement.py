"""How far an order of scores is from an order of judgements: the weighted Kendall loss.

References
----------
Stelmakh, Wieting, Xi, Neubig and Shah (2025), A gold standard dataset for the reviewer assignment
problem, TMLR, arXiv 2303.16750.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


def kendall_parts(judged: Doubles, scored: Doubles) -> tuple[float, float]:
    """Return what one list loses and could lose.

    Over all pairs of the list, the difference of the judgements is lost when the scores order the
    pair the other way, half of it when they tie. Shapes (items,).
    """
    first, second = np.triu_indices(len(judged), 1)
    truth, claim = judged[first] - judged[second], scored[first] - scored[second]
    weight = np.abs(truth)
    wrong = np.where(claim == 0, 0.5, np.sign(claim) != np.sign(truth))
    return float((weight * wrong).sum()), float(weight.sum())


def kendall_loss(judged: Doubles, scored: Doubles, groups: NDArray[np.int64]) -> float:
    """Return the loss over several lists, 0..1: what is lost over what could be; 0 for nothing."""
    lost, could = 0.0, 0.0
    for group in np.unique(groups):
        here = groups == group
        mine, all_of_it = kendall_parts(judged[here], scored[here])
        lost, could = lost + mine, could + all_of_it
    return lost / could if could else 0.0
