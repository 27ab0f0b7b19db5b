"""Matching runs on the wire."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from api.schemas.base import Fen, JsonInt, Page, Wire
from api.services.matching_runs import PlanSummary, ProgressView, RunResult, RunView
from matching.capacity import PlanLine as PlanLineValue
from matching.explain import render

SECONDS_MAX = 3600
WORK_MAX = 1_000_000
SEED_MAX = 2**31 - 1


class RunRequest(Wire):
    """What a run may use. Same id and same request: the same run."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"seconds": 60, "seed": 1}]}
    )

    seconds: Annotated[float, Field(gt=0, le=SECONDS_MAX, strict=True)] = Field(
        default=60.0, description="Seconds of solving, reading and writing not counted"
    )
    work: Annotated[JsonInt, Field(ge=1, le=WORK_MAX)] | None = Field(
        default=None, description="Deterministic limit: the same run gives the same plan"
    )
    seed: Annotated[JsonInt, Field(ge=0, le=SEED_MAX)] = 1


class Progress(Wire):
    """How far a run is; `gap` and `done` are shares 0 to 1."""

    stage: str
    incumbent_fen: int | None
    bound_fen: int | None
    gap: float | None
    elapsed_seconds: float
    done: float

    @classmethod
    def of(cls, view: ProgressView) -> Progress:
        """Return the wire form."""
        return cls.model_construct(
            stage=view.stage,
            incumbent_fen=view.incumbent_fen,
            bound_fen=view.bound_fen,
            gap=view.gap,
            elapsed_seconds=view.elapsed_seconds,
            done=view.done,
        )


class Summary(Wire):
    """What a plan achieves, as the independent check found it."""

    orders: int
    served: int
    value_fen: Fen
    objective_fen: Fen
    bound_fen: Fen = Field(description="No plan can reach more than this")
    gap: float = Field(description="(bound - objective) / bound, a share 0 to 1")
    local_share: float
    utilisation: float
    tardy_weeks: int
    carbon_g: str = Field(description="Exact fraction, as text")

    @classmethod
    def of(cls, view: PlanSummary) -> Summary:
        """Return the wire form."""
        return cls.model_construct(
            orders=view.orders,
            served=view.served,
            value_fen=view.value_fen,
            objective_fen=view.objective_fen,
            bound_fen=view.bound_fen,
            gap=view.gap,
            local_share=view.local_share,
            utilisation=view.utilisation,
            tardy_weeks=view.tardy_weeks,
            carbon_g=view.carbon_g,
        )


class Run(Wire):
    """A matching run."""

    id: str
    status: str = Field(examples=["running"])
    requested_by: str
    seed: int
    seconds: float | None
    work: int | None
    problem_digest: str | None = Field(description="SHA-256 of the snapshot that it solves")
    progress: Progress | None
    plan_id: str | None
    summary: Summary | None
    publication: str | None = Field(
        description="Whether plan.published stands in the log: `pending`, `entered`, or `refused: "
        "CODE`; then POST to its `publish` asks again. None without a plan"
    )
    error: str | None
    created_ms: int
    finished_ms: int | None

    @classmethod
    def of(cls, view: RunView) -> Run:
        """Return the wire form."""
        return cls.model_construct(
            id=view.id,
            status=str(view.status),
            requested_by=view.requested_by,
            seed=view.seed,
            seconds=view.seconds,
            work=view.work,
            problem_digest=view.problem_digest,
            progress=None if view.progress is None else Progress.of(view.progress),
            plan_id=view.plan_id,
            summary=None if view.summary is None else Summary.of(view.summary),
            publication=view.publication,
            error=view.error,
            created_ms=view.created_ms,
            finished_ms=view.finished_ms,
        )


class RunPage(Page):
    """Runs, newest first."""

    items: list[Run]


class PlanLine(Wire):
    """Minutes of one step of one lot on one offer in one week."""

    order_id: str
    lot: int
    lot_quantity: int
    step: int
    offer_id: str
    week: int
    minutes: int


class Price(Wire):
    """What a minute of an offer is worth in a week: its dual value."""

    offer_id: str
    week: int
    millifen_per_minute: int


class Reason(Wire):
    """Why an order was matched or not: a code, its values, and both texts."""

    order_id: str
    code: str
    params: dict[str, int | str | list[str]]
    text: str
    text_zh: str


class Result(Wire):
    """A run's plan with its proof: objective, bound, gap, prices, a reason for every order."""

    run: Run
    plan: list[PlanLine]
    prices: list[Price]
    reasons: list[Reason]

    @classmethod
    def of(cls, result: RunResult) -> Result:
        """Return the wire form."""
        return cls.model_construct(
            run=Run.of(result.run),
            plan=[plan_line(line) for line in result.plan],
            prices=[
                Price.model_construct(
                    offer_id=price.offer_id,
                    week=price.week,
                    millifen_per_minute=price.millifen_per_minute,
                )
                for price in result.prices
            ],
            reasons=[
                Reason.model_construct(
                    order_id=order_id,
                    code=reason.code,
                    params={
                        name: list(value) if isinstance(value, tuple) else value
                        for name, value in reason.params.items()
                    },
                    text=render(reason, language="en"),
                    text_zh=render(reason, language="zh-CN"),
                )
                for order_id, reason in sorted(result.reasons.items())
            ],
        )


def plan_line(line: PlanLineValue) -> PlanLine:
    """Return the wire form of a line of a plan."""
    return PlanLine.model_construct(
        order_id=line.order_id,
        lot=line.lot,
        lot_quantity=line.lot_quantity,
        step=line.step,
        offer_id=line.offer_id,
        week=line.week,
        minutes=line.minutes,
    )
