"""Matching runs and the snapshots of the problem that they solved."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlmodel import SQLModel

from data.kinds import RunStatus
from data.tables.columns import at_least, key, maybe_json, maybe_whole, one_of, refers, whole


class SnapshotRow(SQLModel, table=True):
    """A problem as it was when a run started: compressed canonical JSON, kept once per digest."""

    __tablename__ = "snapshots"
    __table_args__ = (refers(("operator_id",), "operators", ("id",)),)

    operator_id: str = key()
    digest: str = key()
    body: bytes


class MatchingRunRow(SQLModel, table=True):
    """A run of the optimiser, from the queue to its result."""

    __tablename__ = "matching_runs"
    __table_args__ = (
        refers(("operator_id", "scope_id"), "matching_scopes", ("operator_id", "id")),
        refers(("operator_id", "snapshot_digest"), "snapshots", ("operator_id", "digest")),
        one_of("status", RunStatus),
        *at_least(0, "work", "seed"),
        *at_least(1, "workers"),
        CheckConstraint("seconds > 0", name="seconds"),
        CheckConstraint("seconds IS NOT NULL OR work IS NOT NULL", name="limit"),
        Index("ix_matching_runs_status", "status", "queued_ms"),
        Index("ix_matching_runs_queued", "operator_id", "queued_ms"),
    )

    operator_id: str = key()
    id: str = key()
    scope_id: str
    requested_by: str
    status: str
    cancel_requested: bool
    seed: int = whole()
    seconds: float | None = None
    work: int | None = maybe_whole()
    workers: int = whole()
    snapshot_digest: str | None = None
    worker: str | None = None
    progress: dict[str, Any] | None = maybe_json()
    outcome: str | None = None
    objective_fen: int | None = maybe_whole()
    bound_fen: int | None = maybe_whole()
    greedy_fen: int | None = maybe_whole()
    work_done: int | None = maybe_whole()
    stopped_by: str | None = None
    timings: dict[str, Any] | None = maybe_json()
    error: str | None = None
    queued_ms: int = whole()
    started_ms: int | None = maybe_whole()
    seen_ms: int | None = maybe_whole()
    finished_ms: int | None = maybe_whole()
