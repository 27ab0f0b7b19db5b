"""`parkloom technology call`: open calls, from the draft to the provider's record."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from api.commands.drafts import read_draft, write_draft
from api.commands.frame import BadInput, JsonFlag, Report, facts, opened, reporting, table
from api.services import technology_calls
from api.services.technology import value_of
from api.services.technology_calls import StepRequest
from matching.technology.opencall import TABLE, Call, Role, Step
from matching.technology.opencall.call import Proposal
from matching.technology.opencall.payloads import PAYLOADS
from matching.technology.opencall.sealing import seal_of
from matching.technology.opencall.states import steps_of
from matching.technology.opencall.steps_judging import ranking
from matching.technology.problem_plain import to_plain
from matching.technology.problem_schema import schema_of

app = typer.Typer(add_completion=False, no_args_is_help=True)

CallId = Annotated[str, typer.Argument(help="Id of the call.")]
StepName = Annotated[str, typer.Argument(help="What is done: see `call steps`.")]
RoleName = Annotated[str, typer.Option("--role", help="enterprise, centre, provider, expert …")]
ActorName = Annotated[str, typer.Option("--org", help="Organisation that takes the step.")]
PayloadFile = Annotated[Path | None, typer.Option("--payload", help="JSON file of the step.")]
ReasonText = Annotated[str, typer.Option("--reason", help="Why, in words.")]
ViewerName = Annotated[str, typer.Option("--as", help="See it as this organisation does.")]


@app.callback()
def call() -> None:
    """Run open calls (揭榜挂帅): each step is drafted, signed by its party, entered in the log."""


@app.command(name="open")
def open_(
    demand: Annotated[str, typer.Argument(help="Id of the demand.")],
    centre: Annotated[str, typer.Option(help="Organisation of the service centre.")],
    call_id: Annotated[str, typer.Option("--id", help="32 hex digits; else random.")] = "",
    *,
    as_json: JsonFlag = False,
) -> None:
    """Open the draft of a call for a stored demand."""
    with reporting(as_json=as_json) as report, opened() as workspace:
        made = technology_calls.open_(workspace, demand, centre_id=centre, call_id=call_id or None)
        report.line(f"Call {made.call_id} for demand {demand}: {made.state}")
        report.result(to_plain(made))


@app.command(name="list")
def list_(viewer: ViewerName = "", *, as_json: JsonFlag = False) -> None:
    """List the calls."""
    with reporting(as_json=as_json) as report, opened() as workspace:
        found: list[Call] = []
        while page := technology_calls.list_calls(
            workspace, viewer_id=viewer or None, after=found[-1].call_id if found else None
        ):
            found.extend(page)
        columns = [(name, "left") for name in ("call", "demand", "state", "step", "title")]
        made = table(f"{len(found)} calls", columns=columns)
        for one in found:
            made.add_row(one.call_id, one.demand_id, one.state, str(one.sequence), one.title)
        report.show(made)
        report.result({"calls": [to_plain(one) for one in found]})


@app.command()
def show(call_id: CallId, viewer: ViewerName = "", *, as_json: JsonFlag = False) -> None:
    """Show a call, its steps with their documents' hashes, and what may be done next."""
    with reporting(as_json=as_json) as report, opened() as workspace:
        found = technology_calls.get(workspace, call_id, viewer_id=viewer or None)
        taken = technology_calls.history(workspace, call_id, viewer_id=viewer or None)
        report.show(
            facts(
                [
                    ("call", found.call_id),
                    ("demand", f"{found.demand_id} version {found.demand_version}"),
                    ("state", found.state.value),
                    ("applications", str(len(found.applications))),
                    ("next", ", ".join(steps_of(found.state)) or "nothing"),
                ]
            )
        )
        columns = [(name, "left") for name in ("step", "what", "led to", "by", "document")]
        made = table("Steps", columns=columns)
        for entry in taken:
            one = entry.transition
            made.add_row(
                str(one.sequence),
                one.step.value,
                one.to_state.value,
                f"{one.role} {one.org}".strip(),
                one.document_sha256[:16],
            )
        report.show(made)
        marks = ranking(found) if viewer in {"", found.owner_org} else ()
        _show_marks(marks, report)
        report.result(
            {
                "call": to_plain(found),
                "ranking": [{"application_id": key, "mark_bps": mark} for key, mark in marks],
                "steps": [
                    {
                        **to_plain(entry.transition),
                        "request_id": entry.request_id,
                        "salt": entry.salt,
                    }
                    for entry in taken
                ],
            }
        )


def _show_marks(marks: Sequence[tuple[str, int]], report: Report) -> None:
    """Show the mean marks of the applications that experts have marked, the best first."""
    if not marks:
        return
    made = table("Marks", columns=[("application", "left"), ("mean mark of 100", "right")])
    for key, mark in marks:
        made.add_row(key, f"{mark / 100:.2f}")
    report.show(made)


@app.command()
def steps(*, as_json: JsonFlag = False) -> None:
    """List all steps: who may take them in which states, where they lead, what they bring."""
    with reporting(as_json=as_json) as report:
        columns = [(name, "left") for name in ("step", "by", "leads to", "payload")]
        made = table("Steps of an open call", columns=columns)
        for step, row in TABLE.items():
            fields = schema_of(PAYLOADS[step])["properties"]
            leads = ", ".join(row.to) if len(row.to) < len(TABLE[Step.RESOLVE].to) else "any"
            made.add_row(step.value, ", ".join(row.roles), leads, ", ".join(fields) or "-")
        report.show(made)
        report.result(
            {
                step.value: {
                    "states": list(row.states),
                    "roles": list(row.roles),
                    "to": list(row.to),
                    "reason": row.reason,
                    "payload": schema_of(PAYLOADS[step]),
                }
                for step, row in TABLE.items()
            }
        )


@app.command()
def triage(call_id: CallId, *, as_json: JsonFlag = False) -> None:
    """Say what the call's demand lacks, and which others ask for the same."""
    with reporting(as_json=as_json) as report, opened() as workspace:
        found = technology_calls.triage_report(workspace, call_id)
        report.line(f"missing: {', '.join(found.get('missing', [])) or 'nothing'}")
        report.line(f"duplicates: {', '.join(found.get('duplicates', [])) or 'none'}")
        report.result(found)


@app.command()
def seal(
    file: Annotated[Path, typer.Argument(help="JSON file of the proposal.")],
    call_id: Annotated[str, typer.Option("--call", help="Id of the call.")],
    application: Annotated[str, typer.Option(help="Id that the application will have.")],
    org: ActorName,
    out: Annotated[Path, typer.Option(help="Payload of `reveal`, to be kept secret.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Seal a proposal on this machine; nothing is sent anywhere."""
    with reporting(as_json=as_json) as report:
        if out.exists():
            raise BadInput(f"{out} exists; name another.", file=str(out))
        proposal = value_of(Proposal, _read_json(file))
        salt = secrets.token_hex(32)
        made = seal_of(proposal, salt, call_id=call_id, application_id=application, org=org)
        payload = {"application_id": application, "proposal": to_plain(proposal), "salt": salt}
        out.touch(mode=0o600)
        out.write_text(json.dumps(payload, ensure_ascii=False, indent=2) + "\n", "utf-8")
        report.line(f"seal {made}")
        report.line(f"Keep {out} secret until proposals are opened: it opens the seal.")
        report.result({"application_id": application, "seal": made, "file": str(out)})


@app.command()
def draft(
    call_id: CallId,
    step: StepName,
    role: RoleName,
    org: ActorName,
    out: Annotated[
        Path | None, typer.Option(help="Draft file to write, for `parkloom sign`.")
    ] = None,
    payload: PayloadFile = None,
    reason: ReasonText = "",
    *,
    as_json: JsonFlag = False,
) -> None:
    """Test a step and write its draft, for the maker of the party to sign."""
    with reporting(as_json=as_json) as report, opened() as workspace:
        request = _request(step, role, org, payload, reason)
        made = technology_calls.draft_step(workspace, call_id, request)
        write_draft(made, out, report, extra={"document": str(made.body["document"])})


@app.command(name="step")
def step_(
    call_id: CallId,
    step: StepName,
    role: RoleName,
    org: ActorName,
    signed: Annotated[Path, typer.Option(help="The signed draft.")],
    payload: PayloadFile = None,
    reason: ReasonText = "",
    *,
    as_json: JsonFlag = False,
) -> None:
    """Enter a signed step in the log and move the call on."""
    with reporting(as_json=as_json) as report, opened() as workspace:
        request = _request(step, role, org, payload, reason)
        call_now, receipt = technology_calls.submit_step(
            workspace, call_id, request, read_draft(signed)
        )
        _show_step(call_now, receipt.index, report)


def _show_step(call_now: Call, index: int, report: Report) -> None:
    report.line(f"Call {call_now.call_id} is {call_now.state}; entry {index} of the log")
    report.result({"call": to_plain(call_now), "entry": index})


def _request(step: str, role: str, org: str, payload: Path | None, reason: str) -> StepRequest:
    for name, value, known in (("step", step, Step), ("--role", role, Role)):
        if value not in list(known):
            expected = ", ".join(known)
            raise BadInput(f"{name} {value}: expected one of {expected}", value=value)
    given = {} if payload is None else _read_json(payload)
    return StepRequest(step=step, role=role, organisation_id=org, payload=given, reason=reason)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"), parse_float=str)
    except OSError as failed:
        raise BadInput(f"Cannot read {path}: {failed.strerror}.", file=str(path)) from None
    except ValueError as wrong:
        raise BadInput(f"{path} is no JSON: {wrong}.", file=str(path)) from None
    if not isinstance(found, dict):
        raise BadInput(f"{path}: expected one JSON object.", file=str(path))
    return found
