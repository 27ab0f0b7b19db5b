"""`parkloom ledger audit`: re-derive everything from the raw entries."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from api.commands.frame import (
    BadInput,
    JsonFlag,
    Report,
    facts,
    interruptible,
    opened,
    reporting,
)
from api.services import auditing, own_log
from api.services.auditing import Auditor
from api.services.workspace import log_vkey, registrar_vkey
from ledger.audit import run
from ledger.audit.findings import Finding


def audit(
    log: Annotated[
        str,
        typer.Argument(help="Folder or address of a log; without it, this installation's."),
    ] = "",
    key: Annotated[str, typer.Option(help="The log's public key (vkey line).")] = "",
    registrar: Annotated[
        str,
        typer.Option(help="The registrar's root key (vkey line); without it no rule is replayed."),
    ] = "",
    policy: Annotated[
        Path | None, typer.Option(help="Policy file (C2SP): its witnesses must have signed.")
    ] = None,
    checkpoint: Annotated[
        list[Path] | None, typer.Option(help="A checkpoint kept from earlier; repeat for each.")
    ] = None,
    timestamp_roots: Annotated[
        Path | None,
        typer.Option(
            help="Certificates (PEM) of time-stamping authorities (RFC 3161) to believe: the "
            "response over a kept checkpoint C stands beside it as C.tsr."
        ),
    ] = None,
    state: Annotated[
        Path | None, typer.Option(help="File that remembers how far the audit came.")
    ] = None,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Audit a log: tree, chains, signatures, rules and invariants, from its raw entries.

    Exit status: 0 nothing found, 1 something found or stopped before the end, 2 bad input.
    """
    with reporting(as_json=as_json) as report:
        auditor = Auditor(
            log=key,
            registrar=registrar,
            policy=policy,
            checkpoints=tuple(checkpoint or ()),
            timestamp_roots=timestamp_roots,
            state=state,
        )
        started = time.perf_counter()
        found = _run(log, auditor, report)
        seconds = time.perf_counter() - started
        _show(found, seconds, report)
        report.result(figures(found, seconds))
        if not found.clean:
            raise typer.Exit(1)


def figures(found: run.Report, seconds: float) -> dict[str, Any]:
    """Return what `--json` prints of an audit."""
    return {
        "origin": found.origin,
        "size": found.size,
        "root": found.root,
        "started": found.started,
        "audited": found.audited,
        "replayed": found.replayed,
        "signatures": found.signatures,
        "cosigners": list(found.cosigners),
        "complete": found.complete,
        "clean": found.clean,
        "found": found.found,
        "findings": [
            {"code": one.code, "index": one.index, "message": one.message} for one in found.findings
        ],
        "seconds": round(seconds, 3),
    }


def _run(log: str, auditor: Auditor, report: Report) -> run.Report:
    if log:
        return _audited(report, lambda tell, stop: _files(log, auditor, tell, stop))
    with opened() as workspace:
        own = replace(
            auditor,
            log=auditor.log or log_vkey(workspace),
            registrar=auditor.registrar or registrar_vkey(workspace),
        )
        return _audited(
            report,
            lambda tell, stop: own_log.audit(workspace, own, progress=tell, cancelled=stop),
        )


def _files(log: str, auditor: Auditor, tell: run.Progress, stop: Callable[[], bool]) -> run.Report:
    if not auditor.log:
        raise BadInput("Give the log's public key with --key: without it nothing can be believed.")
    return auditing.audit_files(auditing.reader_of(log), auditor, progress=tell, cancelled=stop)


def _audited(
    report: Report, work: Callable[[run.Progress, Callable[[], bool]], run.Report]
) -> run.Report:
    """Run an audit with a bar on standard error; Ctrl-C ends it where it is."""
    with _bar(report) as tell:
        found, interrupted = interruptible(lambda stop: work(tell, stop))
    if interrupted:
        report.note(f"Stopped at entry {found.audited} of {found.size}.")
    return found


@contextmanager
def _bar(report: Report) -> Iterator[run.Progress]:
    columns = (TextColumn("entries"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, TimeElapsedColumn(), console=report.err, transient=True) as bar:
        task = bar.add_task("entries", total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def _show(found: run.Report, seconds: float, report: Report) -> None:
    rate = round((found.audited - found.started) / max(seconds, 0.001))
    rows = [
        ("log", found.origin),
        ("size", str(found.size)),
        ("root", found.root),
        ("cosigned by", ", ".join(found.cosigners) or "no witness that was named"),
        ("audited", f"{found.audited} entries, this run from {found.started} on"),
        ("replayed", f"{found.replayed} entries, {found.signatures} signatures in this run"),
        ("speed", f"{rate} entries/s"),
    ]
    report.show(facts(rows))
    for one in found.findings:
        report.line(_line(one))
    if found.clean:
        report.line("Nothing found: tree, chains, signatures, rules and invariants hold.")
    elif found.found:
        report.line(f"{found.found} found.")


def _line(one: Finding) -> str:
    place = "" if one.index is None else f" entry {one.index}"
    return f"{one.code}{place}: {one.message}"
