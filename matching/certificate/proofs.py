"""The bound of one order from its proofs: multipliers, and cases that cover every plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from .alone import OWN_MOST_FEN, STRAIN_MOST, STRAIN_ONE, Alone, alone, require_room
from .bundle import Order
from .cases import Leaf, cheapest, root
from .charges import Charges
from .division import divide
from .refusal import NotProved
from .relaxation import Tariff, least_costs, price_alone, tariff_of

LOTS = 3  # lots that the relaxation looks at one by one
MORE = LOTS + 1  # stands for every number of lots above
NODES_MAX = 4096
ENDLESS = 2**31 - 1  # minutes: more than any work
PRICE = -1  # stands for multipliers where a case is closed by what the buyer pays alone


class Duals(NamedTuple):
    """Multipliers of an order, and what they take off its cost again."""

    tariff: Tariff
    worth: int


class Proof(NamedTuple):
    """A proof for a number of lots, as it was read: the first multipliers are none."""

    duals: list[Duals]
    leaves: list[tuple[Leaf, int]]  # a case that is not divided, and its multipliers


def earned(charges: Charges, order: Order, proofs: Any, *, cells: int) -> int:
    """Return the most that an order can earn at the prices, in parts, ≥ 0.

    Parameters
    ----------
    proofs
        As in the certificate; empty where the relaxation needs no help.

    Raises
    ------
    NotProved
        `proof` when a proof is malformed, `too-large` when a number could leave 64 bits.
    """
    one = alone(charges, order)
    if one is None:
        return 0
    require_room(one, OWN_MOST_FEN * charges.scale if proofs else 0)
    most, block = min(order.max_lots, order.quantity), charges.bundle.settings.max_block_weeks
    none = Duals(tariff_of(one, strain=0), 0)
    given = _read(charges, one, order, proofs, none=none)
    bare = [root(one, lots) for lots in range(1, min(LOTS, most) + 1) if lots not in given]
    costs = cheapest(one, none.tariff, bare, cells=cells, block=block)
    less = [cost - len(leaf.rooms) * one.grant for leaf, cost in zip(bare, costs, strict=True)]
    cost = min([one.value, *less])
    for lots, proof in given.items():
        if lots != MORE:
            where = f"order {order.order_id} in {lots} lots"
            least = _least(one, proof, cells=cells, block=block, where=where)
            cost = min(cost, least - lots * one.grant)
    if most > LOTS:
        ways = [none, *(given[MORE].duals[1:] if MORE in given else [])]
        least = max(_many_lots(one, duals, block) for duals in ways)
        cost = min(cost, least - most * one.grant)
    return one.value - cost


def _least(one: Alone, proof: Proof, *, cells: int, block: int, where: str) -> int:
    """Return the least cost of all cases, each under its own multipliers."""
    cost = one.value
    for number in sorted({number for _, number in proof.leaves}):
        leaves = [leaf for leaf, mine in proof.leaves if mine == number]
        if number == PRICE:
            paid = cheapest(*price_alone(one), leaves, cells=cells, block=block)
            if min(paid) <= one.cap:
                raise NotProved("proof", f"{where}: a case does not exceed the price cap")
        else:
            duals = proof.duals[number]
            found = cheapest(one, duals.tariff, leaves, cells=cells, block=block)
            cost = min(cost, min(found) - duals.worth)
    return cost


def _many_lots(one: Alone, duals: Duals, block: int) -> int:
    """Return the least cost of any number of lots: the cheapest route of the whole quantity."""
    rooms, pieces = np.where(one.idle > 0, ENDLESS, 0)[None], np.array([[one.quantity]])
    cost = least_costs(one, duals.tariff, rooms, pieces, pieces, block)[0, :, 0]
    return int((cost + one.tardy * np.arange(one.levels)).min()) - duals.worth


def _read(
    charges: Charges, one: Alone, order: Order, proofs: Any, *, none: Duals
) -> dict[int, Proof]:
    """Return the proofs of an order by number of lots."""
    found: dict[int, Proof] = {}
    for proof in proofs:
        right = isinstance(proof, list) and len(proof) == 3 and type(proof[0]) is int
        lots = proof[0] if right else 0
        right = 1 <= lots <= min(MORE, order.max_lots, order.quantity) and lots not in found
        if not right or not isinstance(proof[1], list) or not isinstance(proof[2], list):
            expected = "[lots, multipliers, nodes], a number of lots that the order allows, once"
            raise NotProved("proof", f"order {order.order_id}: expected {expected}, got {proof}")
        where = f"order {order.order_id} in {lots} lots"
        duals = [none, *(_duals(charges, one, cells, where=where) for cells in proof[1])]
        leaves = _leaves(charges, one, lots, proof[2], where=where) if lots != MORE else []
        if not all(PRICE <= number < len(duals) for _, number in leaves):
            raise NotProved("proof", f"{where}: a node names multipliers that are not there")
        found[lots] = Proof(duals, leaves)
    return found


def _duals(charges: Charges, one: Alone, cells: Any, *, where: str) -> Duals:
    """Read [strain, own]; `worth` is Σ own × idle minutes + strain × price cap, rounded up."""
    strain, own = cells if isinstance(cells, list) and len(cells) == 2 else (None, None)
    right = type(strain) is int and 0 <= strain <= STRAIN_MOST and isinstance(own, list)
    if strain is None or own is None or not right:
        expected = f"[strain of 0..{STRAIN_MOST}, own prices]"
        raise NotProved("proof", f"{where}: multipliers {cells}: expected {expected}")
    added, worth = np.zeros_like(one.price), -(-one.cap * strain // STRAIN_ONE)
    seen: set[tuple[str, int]] = set()
    most = OWN_MOST_FEN * charges.scale
    for row in own:
        match row:
            case [str(offer), int(week), int(parts)] if (
                type(week) is type(parts) is int
                and charges.at.get(offer, -1) in one.offer
                and 0 <= week < charges.idle.shape[1]
                and 0 <= parts <= most
                and (offer, week) not in seen
            ):
                seen.add((offer, week))
                at = charges.at[offer]
                worth += parts * int(charges.idle[at, week])
                if 0 <= week - one.week < added.shape[1]:
                    added[one.offer == at, week - one.week] = parts
            case _:
                expected = f"[offer, week, 0..{most} parts], an offer of the order, once"
                raise NotProved("proof", f"{where}: own price {row}: expected {expected}")
    return Duals(tariff_of(one, strain=strain, own=added), worth)


def _leaves(
    charges: Charges, one: Alone, lots: int, nodes: list[Any], *, where: str
) -> list[tuple[Leaf, int]]:
    """Return the cases that are not divided further, with their multipliers.

    A node takes one case that is still open, and either divides it into cases that cover it, or
    names its multipliers. So the cases at the end cover every plan, whatever the nodes say.
    """
    if len(nodes) > NODES_MAX:
        raise NotProved("proof", f"{where}: {len(nodes)} nodes, at most {NODES_MAX}")
    open_cases = {(-1, 0): root(one, lots)}
    closed: list[tuple[Leaf, int]] = []
    block = charges.bundle.settings.max_block_weeks
    for at, node in enumerate(nodes):
        plain = isinstance(node, list) and all(type(cell) in {int, str} for cell in node)
        leaf = open_cases.pop(tuple(node[:2]), None) if plain else None
        if leaf is None:
            raise NotProved("proof", f"{where}: node {at} {node}: its case is not open")
        match node[2:]:
            case ["under", int(number)] if number >= 0:
                closed.append((leaf, number))
            case ["price"]:
                closed.append((leaf, PRICE))
            case what:
                parts = divide(one, leaf, what, offers=charges.at, block=block)
                if parts is None:
                    raise NotProved("proof", f"{where}: node {at} {node} is none of section 7")
                open_cases.update({(at, number): part for number, part in enumerate(parts)})
    return [*closed, *((leaf, 0) for leaf in open_cases.values())]


def bound_fen(charges: Charges, proofs: Mapping[str, Any], *, cells: int) -> int:
    """Return Σ price × idle minutes + Σ earned, rounded down: no plan is worth more.

    Decided orders are left out, with their minutes: what they add is the same in every plan. An
    order of the given plan earns its penalty more, as if it were served so, and all penalties are
    taken off at the end: who is served otherwise, or refused, pays its own.
    """
    total, penalties, decided = charges.capacity_parts(), 0, charges.rules.decided
    for order in charges.bundle.orders.values():
        if order.order_id not in decided:
            total += earned(charges, order, proofs.get(order.order_id, []), cells=cells)
            penalties += charges.rules.penalty_of(order.order_id)
    return total // charges.scale - penalties
