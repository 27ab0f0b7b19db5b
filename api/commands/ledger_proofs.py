"""`parkloom ledger policy | proof | check-proof`: what a lender is given, and how it is checked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands.frame import BadInput, JsonFlag, Report, facts, opened, read_input, reporting
from api.services import log_files
from data.exporters.files import write_bytes
from ledger.errors import NotVerified
from ledger.log import note
from ledger.log.entry import leaf_hash
from ledger.log.policy import Evaluation, Policy
from ledger.log.policy_file import POLICY_BYTES_MAX, format_policy, parse_policy
from ledger.log.proof_file import parse_proof

PROOF_BYTES_MAX = 131_072
ENTRY_BYTES_MAX = 65_535


def policy(
    out: Annotated[Path | None, typer.Option(help="File to write; else it is printed.")] = None,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Write the log's trust policy for lenders: its key, its witnesses, and their quorum.

    Hand it over by another way than the log itself.
    """
    with reporting(as_json=as_json) as report, opened() as workspace:
        found = log_files.lenders_policy(workspace)
        data = format_policy(found)
        if out is not None:
            write_bytes(out, data)
            report.line(f"Wrote {out}: {len(found.witnesses)} witnesses, {found.describe()}")
        else:
            report.line(data.decode("utf-8", "replace").rstrip("\n"))
        report.result(
            {
                "file": None if out is None else str(out),
                "policy": data.decode("utf-8", "replace"),
                "quorum": found.describe(),
            }
        )


def proof(
    index: Annotated[int, typer.Argument(min=0, help="Place of the entry in the log.")],
    out: Annotated[Path, typer.Option(help="File to write, such as 300.tlog-proof.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Write the proof file of an entry (C2SP tlog-proof): inclusion, and the checkpoint."""
    with reporting(as_json=as_json) as report, opened() as workspace:
        data = log_files.proof_file(workspace, index)
        write_bytes(out, data)
        report.line(f"Wrote {out}")
        report.result({"index": index, "file": str(out)})


def check_proof(
    file: Annotated[Path, typer.Argument(help="The proof file.")],
    entry: Annotated[Path, typer.Argument(help="The entry's bytes, as the log holds them.")],
    policy_file: Annotated[
        Path | None, typer.Option("--policy", help="Trust policy: logs, witnesses, quorum.")
    ] = None,
    key: Annotated[
        str, typer.Option(help="The log's vkey, instead of a policy or to choose among its logs.")
    ] = "",
    *,
    as_json: JsonFlag = False,
) -> None:
    """Check a proof file offline; exit status 0 when the entry is in the log, 1 when not.

    Needs no installation and no network.
    """
    with reporting(as_json=as_json) as report:
        if policy_file is None and not key:
            raise BadInput("Say what is trusted: --policy FILE, or --key VKEY.")
        trusted = _policy(policy_file)
        data = read_input(file, most=PROOF_BYTES_MAX)
        leaf = leaf_hash(read_input(entry, most=ENTRY_BYTES_MAX))
        found = parse_proof(data)
        evaluation = found.verify_under(leaf, trusted, _logs(key))
        _say(report, found.index, evaluation, trusted)


def _say(report: Report, index: int, evaluation: Evaluation, trusted: Policy) -> None:
    checkpoint = evaluation.checkpoint
    witnesses = ", ".join(sorted(evaluation.cosigned)) or "no witness has seen this tree"
    rows = [
        ("proved", f"the entry is number {index} of log {checkpoint.origin}"),
        ("size", str(checkpoint.size)),
        ("quorum", trusted.describe()),
        ("witnesses", witnesses),
    ]
    if evaluation.time_s is not None:
        rows.append(("as of", f"{evaluation.time_s} (POSIX seconds, by a whole quorum)"))
    report.show(facts(rows))
    report.result(
        {
            "index": index,
            "origin": checkpoint.origin,
            "size": checkpoint.size,
            "root": checkpoint.root.hex(),
            "cosigned": dict(evaluation.cosigned),
            "time_s": evaluation.time_s,
        }
    )


def _policy(path: Path | None) -> Policy:
    if path is None:
        return Policy()
    try:
        return parse_policy(read_input(path, most=POLICY_BYTES_MAX))
    except NotVerified as malformed:
        raise BadInput(f"{path}: {malformed}", file=str(path)) from None


def _logs(key: str) -> tuple[note.Verifier, ...]:
    try:
        return (note.parse_vkey(key.strip()),) if key else ()
    except ValueError as malformed:
        raise BadInput(f"--key: {malformed}", key=key[:200]) from None
