"""Read public instances of the generalized assignment problem, and put them as capacity problems.

An instance is a text of whole numbers: m agents, n jobs, m rows of n costs, m rows of n needs, m
capacities. Every job goes to one agent, the needs on an agent are at most its capacity, and the sum
of the costs is to be least. Each agent becomes an offer of one week, each job an order of one piece
and one operation that takes quoted offers only, each pair a quotation.

A set is a folder with `data.csv`, which names each instance with its best known values.

References
----------
P. C. Chu and J. E. Beasley (1997), A genetic algorithm for the generalised assignment problem,
Computers & Operations Research 24(1); M. Yagiura, T. Ibaraki and F. Glover (2006), A path relinking
approach with ejection chains for the generalized assignment problem, EJOR 169(2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from data.importers.codes import RejectCode
from data.importers.files import read_bytes
from data.importers.report import Imported, RejectList
from data.importers.tables import Column, Table
from data.importers.values import BadValue, identifier, whole
from matching.capacity.problem import (
    MINUTES_MAX,
    Offer,
    Operation,
    Order,
    Park,
    Problem,
    Quotation,
    Settings,
)

FEN = 100  # what a unit of cost is worth in the capacity problem
COST_MAX = 10**6
AGENTS_MAX, JOBS_MAX = 1_000, 10_000
PAIRS_MAX = 1_000_000
FILE_BYTES_MAX = 32 * 1024 * 1024
SET_FILE = "data.csv"
# The set's own table says 12244; an assignment that the set stores beside it costs less.
BETTER_KNOWN = {"chu1997/d20200": 12238}


def _optional(text: str) -> int | None:
    return whole(most=10**12)(text) if text else None


SET_COLUMNS = (
    Column("Path", identifier),
    Column("Format", str),
    Column("Dataset", str),
    Column("Item number", whole(least=1, most=10**6)),
    Column("Agent number", whole(least=1, most=10**6)),
    Column("Best known bound", _optional),
    Column("Optimum", _optional),
    Column("Best known solution value", _optional),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """An instance: `costs[agent][job]` and `needs[agent][job]`, `capacities[agent]`.

    Raises
    ------
    ValueError
        When the tables do not have one row per agent and one number per job.
    """

    name: str
    costs: tuple[tuple[int, ...], ...]
    needs: tuple[tuple[int, ...], ...]
    capacities: tuple[int, ...]

    def __post_init__(self) -> None:
        agents, jobs = len(self.capacities), len(self.costs[0]) if self.costs else 0
        if not agents or not jobs:
            raise ValueError(f"{self.name}: needs an agent and a job, has {agents} and {jobs}")
        for what, rows in (("costs", self.costs), ("needs", self.needs)):
            lengths = [len(row) for row in rows]
            if lengths != [jobs] * agents:
                raise ValueError(
                    f"{self.name}: {what} must be {agents} rows of {jobs}, got rows of {lengths}"
                )

    @property
    def jobs(self) -> int:
        """Number of jobs."""
        return len(self.costs[0])

    @property
    def value_fen(self) -> int:
        """Value of a job: more than any two assignments can differ by, so that all are served."""
        most: int = sum(max(column) for column in zip(*self.costs, strict=True))
        return FEN * (1 + most)

    def cost_of(self, objective_fen: int) -> int:
        """Return the total cost of a plan that serves every job and earns `objective_fen`."""
        return (self.jobs * self.value_fen - objective_fen) // FEN

    def least_cost(self, bound_fen: int) -> int:
        """Return the lower bound on the total cost that an upper bound on the objective means."""
        return -((bound_fen - self.jobs * self.value_fen) // FEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Best known values of an instance; None where nothing is known."""

    cost: int | None
    bound: int | None
    optimum: int | None


def read_assignment(path: Path) -> Imported[Assignment]:
    """Read one instance; a wrong number is named by its place in the file, the first being 1."""
    rejects = RejectList(path.name)
    data = read_bytes(path, rejects, most=FILE_BYTES_MAX)
    if data is None:
        return rejects.outcome(None)
    numbers = _numbers(data, rejects)
    if rejects or not _sized(numbers, rejects):
        return rejects.outcome(None)
    agents, jobs = numbers[:2]
    _check_pairs(numbers, rejects)
    if rejects:
        return rejects.outcome(None)
    rows = [tuple(numbers[2 + at * jobs : 2 + (at + 1) * jobs]) for at in range(2 * agents)]
    return rejects.outcome(
        Assignment(
            name=path.name,
            costs=tuple(rows[:agents]),
            needs=tuple(rows[agents:]),
            capacities=tuple(numbers[2 + 2 * agents * jobs :]),
        )
    )


def _numbers(data: bytes, rejects: RejectList) -> list[int]:
    parse = whole(most=MINUTES_MAX)
    numbers: list[int] = []
    for place, word in enumerate(data.split(), 1):
        try:
            numbers.append(parse(word.decode("ascii", errors="replace")))
        except BadValue as wrong:
            rejects.add(wrong.code, place=f"number {place}", expected=wrong.expected, got=wrong.got)
    return numbers


def _sized(numbers: Sequence[int], rejects: RejectList) -> bool:
    """Report when the sizes are out of range, or the file has not as many numbers as they say."""
    expected = "m agents and n jobs first"
    if len(numbers) < 2:
        rejects.add(RejectCode.INCONSISTENT, expected=expected, got=f"{len(numbers)} numbers")
        return False
    agents, jobs = numbers[:2]
    for place, name, number, most in ((1, "m", agents, AGENTS_MAX), (2, "n", jobs, JOBS_MAX)):
        if not 1 <= number <= most:
            where, allowed = f"number {place}", f"{name} of 1 to {most}"
            rejects.add(RejectCode.OUT_OF_RANGE, place=where, expected=allowed, got=number)
    if rejects:
        return False
    if agents * jobs > PAIRS_MAX:
        expected, got = f"at most {PAIRS_MAX} pairs", f"{agents} x {jobs}"
        rejects.add(RejectCode.OUT_OF_RANGE, place="number 1", expected=expected, got=got)
        return False
    needed = 2 * agents * jobs + agents
    if len(numbers) - 2 != needed:
        expected = f"{needed} numbers after m = {agents} and n = {jobs}"
        rejects.add(RejectCode.INCONSISTENT, expected=expected, got=f"{len(numbers) - 2}")
        return False
    return True


def _check_pairs(numbers: Sequence[int], rejects: RejectList) -> None:
    """Report costs that are too large, and needs of 0: work takes at least a minute."""
    agents, jobs = numbers[:2]
    for at in range(2, 2 + agents * jobs):
        if numbers[at] > COST_MAX:
            expected, where = f"a cost of 0 to {COST_MAX}", f"number {at + 1}"
            rejects.add(RejectCode.OUT_OF_RANGE, place=where, expected=expected, got=numbers[at])
        need = at + agents * jobs
        if numbers[need] < 1:
            where = f"number {need + 1}"
            rejects.add(RejectCode.OUT_OF_RANGE, place=where, expected="a need of 1 or more", got=0)


def read_best_known(folder: Path) -> Imported[Mapping[str, Known]]:
    """Read what is known of the instances of a set, by their paths inside its folder."""
    path = folder / SET_FILE
    rejects = RejectList(path.name)
    data = read_bytes(path, rejects, most=FILE_BYTES_MAX)
    if data is None:
        return rejects.outcome(None)
    known: dict[str, Known] = {}
    for row in Table(path.name, data, columns=SET_COLUMNS, rejects=rejects).rows():
        name, _, _, _, _, bound, optimum, cost = row.values
        better = BETTER_KNOWN.get(str(name))
        costs = [value for value in (cost, better) if isinstance(value, int)]
        known[str(name)] = Known(
            cost=min(costs, default=None),
            bound=bound if isinstance(bound, int) else None,
            optimum=optimum if isinstance(optimum, int) else None,
        )
    return rejects.outcome(known)


def as_problem(instance: Assignment) -> Problem:
    """Return the capacity problem whose best plan is the best assignment."""
    agents = [f"A{at:03}" for at in range(1, len(instance.capacities) + 1)]
    jobs = [f"J{at:05}" for at in range(1, instance.jobs + 1)]
    nothing, value_fen = Fraction(0), instance.value_fen
    return Problem(
        settings=Settings(
            weeks=1,
            max_block_weeks=1,
            carbon_fen_per_kg=nothing,
            transport_fixed_fen=nothing,
            transport_fen_per_tonne_km=nothing,
            transport_g_per_tonne_km=nothing,
        ),
        parks=(Park(park_id="P", lat=31.0, lon=121.0),),
        offers=tuple(map(_offer, agents, instance.capacities)),
        orders=tuple(_order(job, value_fen) for job in jobs),
        quotations=tuple(
            Quotation(
                order_id=job,
                step=1,
                offer_id=agent,
                setup_minutes=0,
                minutes_total=need,
                price_fen=FEN * cost,
            )
            for agent, costs, needs in zip(agents, instance.costs, instance.needs, strict=True)
            for job, cost, need in zip(jobs, costs, needs, strict=True)
        ),
    )


def _offer(agent: str, capacity: int) -> Offer:
    return Offer(
        offer_id=agent,
        enterprise_id=agent,
        park_id="P",
        process="work",
        size_class=1,
        tolerance_it=7,
        materials=frozenset({"any"}),
        certificates=frozenset(),
        rate_fen_per_hour=0,
        setup_minutes=0,
        min_lot=1,
        carbon_g_per_hour=Fraction(0),
        idle_minutes=(capacity,),
    )


def _order(job: str, value_fen: int) -> Order:
    return Order(
        order_id=job,
        buyer_id="B",
        buyer_lat=31.0,
        buyer_lon=121.0,
        quantity=1,
        material="any",
        size_class=1,
        certificates=frozenset(),
        release_week=0,
        due_week=0,
        max_tardy_weeks=0,
        value_fen=value_fen,
        tardy_fen_per_week=0,
        max_price_fen=value_fen,
        max_lots=1,
        excluded_enterprises=frozenset(),
        weight_kg=Fraction(0),
        operations=(Operation(process="work", tolerance_it=7, minutes_total=1),),
        quoted_only=True,
    )
