"""The main job from nothing: import, match, accept, register, finance, certify, verify, tamper."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from api.demo import deal
from api.demo.parties import Parties, enrol_operator, enrol_registrar, onboard
from api.demo.sample import SampleFiles, write_sample
from api.demo.tampering import flip_byte
from api.demo.technology import MatchedDemand, match_demand
from api.services import (
    certificates,
    imports,
    matching_runs,
    organisations,
    proposals,
    purchase_orders,
    records,
)
from api.services import workspace as workspaces
from api.services.directory import import_directory
from api.services.imports import ImportReport
from api.services.matching_runs import ProgressView, RunResult
from api.services.organisations import OrganisationView
from api.services.proposals import Answer
from api.services.purchase_orders import PurchaseOrderView
from api.services.records import OrderRecord
from api.services.workspace import Workspace, new_handle
from api.settings import Settings
from data.importers.directory import LenderEntry
from data.samples.firms import fictional_uscc
from ledger.errors import Refusal
from matching.explain import render

OPERATOR_NUMBER = 99_001
BUYERS_ABROAD = "DE"
RUN_WORKERS = 2
VERIFY_SECONDS_MAX = 60

Tell = Callable[[str], None]
Watch = Callable[[], AbstractContextManager[Callable[[ProgressView], None]]]
"""Opens a view of the matching run's progress and closes it when the run is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the stranger's verifier answered."""

    status: int
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Financed:
    """A financed order, as the record has it in the end, and what was refused on the way."""

    order: PurchaseOrderView
    lender: OrganisationView
    terms: LenderEntry
    principal_minor: int
    limit_minor: int
    refused_code: str
    record: OrderRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """All that the summary speaks of."""

    imported: tuple[ImportReport, ...]
    result: RunResult
    refused_order: str
    refused_reason: str
    proposals: int
    purchase_orders: int
    financed: Financed
    certificate: Path
    verified: Verdict
    tampered: Verdict
    technology: MatchedDemand


def play(
    settings: Settings,
    tell: Tell,
    *,
    seconds: float,
    seed: int,
    watch: Watch,
    cancelled: Callable[[], bool] | None = None,
) -> Outcome:
    """Play the whole main job in an empty home; return what happened.

    Parameters
    ----------
    tell
        Takes one line per step.
    seconds, seed
        Of the matching run.
    cancelled
        Ends the matching early, with the best plan so far.
    """
    parties = Parties(settings.parties_folder)
    workspace = workspaces.initialise(settings, registrar_vkey=parties.make_registrar())
    try:
        tell(f"1  Created database, log and keys in {settings.home}")
        enrol_registrar(workspace, parties)
        enrol_operator(workspace, parties, uscc=fictional_uscc(OPERATOR_NUMBER))
        files = write_sample(settings.home / "sample", now_ms=workspace.clock_ms())
        lenders, imported = bring_in(workspace, files, tell)
        result = match(workspace, seconds=seconds, seed=seed, watch=watch, cancelled=cancelled)
        tell(f"3  Matched; plan and bound published in the log ({result.run.publication})")
        return _after_the_match(workspace, parties, tell, result, lenders, imported, files)
    finally:
        workspace.close()


def _after_the_match(
    workspace: Workspace,
    parties: Parties,
    tell: Tell,
    result: RunResult,
    lenders: tuple[LenderEntry, ...],
    imported: tuple[ImportReport, ...],
    files: SampleFiles,
) -> Outcome:
    answered, orders = accept(workspace, parties, result, tell)
    financed = finance(workspace, parties, orders, lenders, tell)
    certificate, verified, tampered = certify(workspace, financed.record.handle, tell)
    refused_order, reason = one_refusal(result)
    return Outcome(
        imported=imported,
        result=result,
        refused_order=refused_order,
        refused_reason=reason,
        proposals=answered,
        purchase_orders=len(orders),
        financed=financed,
        certificate=certificate,
        verified=verified,
        tampered=tampered,
        technology=match_demand(workspace, files.technology, tell),
    )


def bring_in(
    workspace: Workspace, files: SampleFiles, tell: Tell
) -> tuple[tuple[LenderEntry, ...], tuple[ImportReport, ...]]:
    """Import the sample park: lists, the centre's CSV bundle, factories' forms, UBL orders."""
    directory = import_directory(workspace, files.directory).required()
    reports = [imports.import_path(workspace, files.bundle, week0=files.week0)]
    reports += [imports.import_path(workspace, path) for path in files.workbooks]
    reports += [imports.import_path(workspace, path) for path in files.documents]
    counts = {
        noun: sum(report.counts.get(noun, 0) for report in reports) for noun in ("offers", "orders")
    }
    codes = ", ".join(f"{report.name} {report.code}" for report in reports if report.code)
    tell(
        f"2  Imported {len(directory.organisations)} organisations, {counts['offers']} capacity "
        f"offers and {counts['orders']} orders from 1 CSV bundle and {len(files.workbooks)} Excel "
        f"forms, {len(files.documents)} UBL orders"
    )
    tell(f"   not taken as they are: {codes}")
    return directory.lenders, tuple(reports)


def match(
    workspace: Workspace,
    *,
    seconds: float,
    seed: int,
    watch: Watch,
    cancelled: Callable[[], bool] | None = None,
) -> RunResult:
    """Queue a run, execute it here, and return its result."""
    run_id = new_handle()
    matching_runs.queue(
        workspace,
        run_id,
        requested_by="demo",
        seconds=seconds,
        seed=seed,
        workers=RUN_WORKERS,
    )
    with watch() as show:
        matching_runs.execute(workspace, run_id, on_progress=show, cancelled=cancelled)
    return matching_runs.result(workspace, run_id)


def accept(
    workspace: Workspace, parties: Parties, result: RunResult, tell: Tell
) -> tuple[int, tuple[PurchaseOrderView, ...]]:
    """Onboard whom the plan concerns and let every side of every order accept it."""
    asked = proposals.list_proposals(workspace, plan_id=result.run.plan_id)
    concerned = {proposal.organisation_id for proposal in asked}
    known = organisations.list_organisations(workspace)
    wanted = [one for one in known if one.id in concerned or one.kind == "lender"]
    onboard(workspace, parties, [one.id for one in wanted if _is_local(one)])
    abroad = [one.id for one in wanted if not _is_local(one) and one.identifiers]
    onboard(workspace, parties, abroad, country=BUYERS_ABROAD)
    answers = proposals.draft_answers(
        workspace, [proposal.id for proposal in asked], Answer.ACCEPTED
    )
    records.submit_all(workspace, [parties.sign(draft) for draft in answers])
    orders = purchase_orders.list_purchase_orders(workspace, plan_id=result.run.plan_id)
    tell(
        f"4  {len(wanted)} parties onboarded with their own keys; {len(asked)} proposals accepted, "
        f"each signed by its party: {len(orders)} purchase orders"
    )
    return len(asked), orders


def finance(
    workspace: Workspace,
    parties: Parties,
    orders: tuple[PurchaseOrderView, ...],
    lenders: tuple[LenderEntry, ...],
    tell: Tell,
) -> Financed:
    """Register the largest purchase order, and lend on it once and not twice."""
    order = max(
        (one for one in orders if one.status == "imported"), key=lambda one: (one.net_minor, one.id)
    )
    handle = deal.register(workspace, parties, order.id)
    tell(f"5  Purchase order {order.number} registered by its seller, confirmed by its buyer")
    first, second = lenders[:2]
    for terms in (first, second):
        _set_policy(workspace, parties, terms)
    lender = organisations.get(workspace, first.organisation_id)
    room = next(
        one for one in records.get_order(workspace, handle).headroom if one.lender == lender.party
    )
    claim = deal.request(workspace, parties, handle, room.headroom_minor)
    deal.reserve(
        workspace,
        parties,
        claim,
        lender=first.organisation_id,
        amount_minor=room.headroom_minor,
        rate_bps=first.rate_bps,
    )
    deal.pledge(workspace, parties, claim)
    refused = _try_twice(workspace, parties, handle, second)
    deal.fund(workspace, parties, claim)
    deal.repay(workspace, parties, claim)
    deal.release(workspace, parties, claim)
    tell("6  Claim requested, offered, reserved, pledged, funded, repaid and released")
    tell(f"   a second lender's pledge on the same headroom was refused: {refused}")
    return Financed(
        order=order,
        lender=lender,
        terms=first,
        principal_minor=room.headroom_minor,
        limit_minor=room.limit_minor,
        refused_code=refused,
        record=records.get_order(workspace, handle),
    )


def certify(workspace: Workspace, handle: str, tell: Tell) -> tuple[Path, Verdict, Verdict]:
    """Write the order's certificate, verify it as a stranger would, and tamper with a copy."""
    file = workspace.settings.home / "certificate.json"
    file.write_bytes(certificates.build(workspace, handle, disclose=("number",)))
    copy = file.with_name("certificate-tampered.json")
    copy.write_bytes(flip_byte(file.read_bytes()))
    verified, tampered = _verify(workspace, file), _verify(workspace, copy)
    tell(f"7  Certificate written to {file} and verified by a process of its own")
    tell("   one byte of a copy was changed: " + ("caught" if tampered.status else "NOT CAUGHT"))
    return file, verified, tampered


def one_refusal(result: RunResult) -> tuple[str, str]:
    """Return one refused order with its reason, of the commonest kind; empty without any."""
    refused = {order: one for order, one in result.reasons.items() if one.code != "matched"}
    if not refused:
        return "", ""
    codes = [one.code for one in refused.values()]
    commonest = max(sorted(set(codes)), key=codes.count)
    order = min(order for order, one in refused.items() if one.code == commonest)
    return order, render(refused[order])


def _is_local(organisation: OrganisationView) -> bool:
    return any(one.scheme == "uscc" for one in organisation.identifiers)


def _set_policy(workspace: Workspace, parties: Parties, terms: LenderEntry) -> None:
    deal.enter(
        workspace,
        parties,
        "policy.set",
        lender=terms.organisation_id,
        alpha_u0=terms.alpha_confirmed_bps,
        alpha_u1=terms.alpha_in_production_bps,
        alpha_w=terms.alpha_received_bps,
        alpha_r=terms.alpha_accepted_bps,
    )


def _try_twice(workspace: Workspace, parties: Parties, handle: str, terms: LenderEntry) -> str:
    """Let a second lender offer on the same headroom; return the code of the refusal."""
    claim = deal.request(workspace, parties, handle, 100_000)
    try:
        deal.reserve(
            workspace,
            parties,
            claim,
            lender=terms.organisation_id,
            amount_minor=100_000,
            rate_bps=terms.rate_bps,
        )
    except Refusal as refusal:
        deal.enter(workspace, parties, "claim.withdrawn", claim=claim)
        return refusal.code
    return "NOT REFUSED"


def _verify(workspace: Workspace, file: Path) -> Verdict:
    """Run the verifier as anybody would: its own process, two public keys, no installation."""
    done = subprocess.run(  # noqa: S603 - our own interpreter and module, no shell
        [
            sys.executable,
            "-m",
            "ledger.verification",
            str(file),
            "--key",
            workspaces.log_vkey(workspace),
            "--registrar",
            workspaces.registrar_vkey(workspace),
        ],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=VERIFY_SECONDS_MAX,
        check=False,
    )
    lines = (done.stdout or done.stderr).strip().splitlines()
    return Verdict(status=done.returncode, line=lines[0] if lines else "")
