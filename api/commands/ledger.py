"""`parkloom ledger`: the record and its log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from api.commands.drafts import read_draft, write_draft
from api.commands.frame import (
    BadInput,
    JsonFlag,
    Report,
    facts,
    opened,
    read_input,
    reporting,
    require_new_folder,
    table,
)
from api.commands.ledger_audit import audit
from api.commands.ledger_backup import backup, restore_test
from api.commands.ledger_certificate import certificate
from api.commands.ledger_duplicates import duplicates
from api.commands.ledger_lapse import lapse
from api.commands.ledger_privacy import kek, view
from api.commands.ledger_proofs import check_proof, policy, proof
from api.commands.ledger_recover import cite, recover
from api.commands.ledger_release import app as release
from api.commands.ledger_sm3 import sm3
from api.services import log_files, receipts, records
from api.services.records import OrderRecord
from api.services.workspace import log_vkey, registrar_vkey
from data.exporters.files import write_bytes
from ledger.log.writer import Ack
from ledger.values.money import format_minor

FACTS_BYTES_MAX = 1_000_000

app = typer.Typer(add_completion=False, no_args_is_help=True)
app.command()(audit)
app.command()(certificate)
app.command()(view)
app.command()(kek)
app.command()(backup)
app.command("restore-test")(restore_test)
app.add_typer(release, name="release")
app.command()(sm3)
app.command()(duplicates)
app.command()(lapse)
app.command()(recover)
app.command()(cite)
app.command()(policy)
app.command()(proof)
app.command("check-proof")(check_proof)


@app.callback()
def ledger() -> None:
    """Work with the record: draft and submit events, show orders, export, certify."""


@app.command()
def vkey(
    *,
    registrar: Annotated[
        bool, typer.Option("--registrar", help="The registrar's root key instead.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Print the log's public key in one line, for verifiers."""
    with reporting(as_json=as_json) as report, opened() as workspace:
        key = registrar_vkey(workspace) if registrar else log_vkey(workspace)
        report.line(key)
        report.result({"vkey": key})


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Copy checkpoint, tiles and entry bundles to FOLDER, as a C2SP tiled log."""
    with reporting(as_json=as_json) as report, opened() as workspace:
        require_new_folder(folder)
        size = log_files.export(workspace, folder)
        report.line(f"Exported {size} entries to {folder}")
        report.result({"folder": str(folder), "size": size})


@app.command()
def draft(
    event: Annotated[str, typer.Argument(help="Event type, such as order.confirmed.")],
    fact: Annotated[
        list[str] | None, typer.Option(help="A fact as name=value; repeat for each.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--facts", help="A JSON file with facts as one object.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="File for the draft; else it is printed.")
    ] = None,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Make the draft of an event for its parties to sign (`parkloom sign`).

    Without facts, the names of the facts that the event needs are printed.
    """
    with reporting(as_json=as_json) as report:
        stated = _facts(fact or [], file)
        if not stated:
            names = records.draft_fields(event)
            report.line(f"{event} needs: {', '.join(names)}")
            report.result({"event": event, "facts": list(names)})
            return
        with opened() as workspace:
            made = records.make_draft(workspace, event, stated)
        write_draft(made, out, report)


@app.command()
def submit(
    file: Annotated[Path, typer.Argument(help="A draft with all its signatures.")],
    ack: Annotated[
        Ack,
        typer.Option(help="Answer when the entry is durable, or stands under a checkpoint."),
    ] = Ack.WITNESSED,
    proof: Annotated[
        Path | None, typer.Option(help="File for the witnessed receipt, a tlog-proof.")
    ] = None,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Enter a signed draft into the log; repeating it gives the same receipt."""
    with reporting(as_json=as_json) as report, opened() as workspace:
        if proof is not None and ack is not Ack.WITNESSED:
            raise BadInput("--proof is the witnessed receipt: leave --ack durable out.")
        receipt = records.submit(workspace, read_draft(file), ack=ack)
        if proof is not None:
            write_bytes(proof, receipts.proof(workspace, receipt.request_id))
        report.line(f"Entered at index {receipt.index}, leaf {receipt.leaf_hash}")
        report.result(
            {
                "request_id": receipt.request_id,
                "index": receipt.index,
                "leaf_hash": receipt.leaf_hash,
                "time_ms": receipt.time_ms,
            }
        )


@app.command()
def show(
    handle: Annotated[str, typer.Argument(help="Handle of an order; without it, all orders.")] = "",
    *,
    as_json: JsonFlag = False,
) -> None:
    """Show an order's history, claims and headroom, or the orders that are in the record."""
    with reporting(as_json=as_json) as report, opened() as workspace:
        if not handle:
            handles = records.list_handles(workspace)
            for found in handles:
                report.line(found)
            report.result({"orders": list(handles)})
            return
        order = records.get_order(workspace, handle)
        show_order(order, report)
        report.result(figures(order))


def show_order(order: OrderRecord, report: Report) -> None:
    """Print an order's record for people, 80 columns."""
    report.show(
        facts(
            [
                ("order", order.handle),
                ("state", order.state),
                ("buyer", order.buyer),
                ("seller", order.seller),
                ("value", format_minor(order.value_minor, order.currency)),
            ]
        )
    )
    chain = table(columns=[("index", "right"), ("event", "left"), ("signed by", "left")])
    for entry in order.entries:
        chain.add_row(str(entry.index), entry.type, ", ".join(entry.signers))
    report.show(chain)
    if order.claims:
        claims = table(columns=[("claim", "left"), ("state", "left"), ("principal", "right")])
        for claim in order.claims:
            amount = format_minor(claim.principal_minor, claim.currency)
            claims.add_row(claim.id, claim.state, amount)
        report.show(claims)
    for room in order.headroom:
        left = format_minor(room.headroom_minor, order.currency)
        limit = format_minor(room.limit_minor, order.currency)
        report.show(f"lender {room.lender}: {left} left of {limit}")


def figures(order: OrderRecord) -> dict[str, Any]:
    """Return what `--json` prints of an order."""
    return {
        "order": order.handle,
        "state": order.state,
        "buyer": order.buyer,
        "seller": order.seller,
        "currency": order.currency,
        "value_minor": order.value_minor,
        "head": order.head,
        "entries": [
            {
                "index": entry.index,
                "sequence": entry.sequence,
                "type": entry.type,
                "time_ms": entry.time_ms,
                "leaf_hash": entry.leaf_hash,
                "signers": list(entry.signers),
            }
            for entry in order.entries
        ],
        "claims": [
            {
                "claim": claim.id,
                "state": claim.state,
                "lender": claim.lender,
                "principal_minor": claim.principal_minor,
                "repaid_minor": claim.repaid_minor,
            }
            for claim in order.claims
        ],
        "headroom": [
            {
                "lender": room.lender,
                "limit_minor": room.limit_minor,
                "live_minor": room.live_minor,
                "headroom_minor": room.headroom_minor,
            }
            for room in order.headroom
        ],
    }


def _facts(pairs: list[str], file: Path | None) -> dict[str, Any]:
    stated: dict[str, Any] = {}
    if file is not None:
        try:
            loaded = json.loads(read_input(file, most=FACTS_BYTES_MAX).decode("utf-8"))
        except (ValueError, RecursionError) as malformed:
            raise BadInput(f"{file}: expected JSON, got: {malformed}.", file=str(file)) from None
        if not isinstance(loaded, dict):
            raise BadInput(f"{file}: expected one JSON object of facts.", file=str(file))
        stated.update(loaded)
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not name or not equals:
            raise BadInput(f"--fact {pair}: expected name=value.", fact=pair)
        stated[name] = value
    return stated
