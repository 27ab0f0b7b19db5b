"""`parkloom offer`: take a capacity offer out of the open book, or change its idle minutes."""

from __future__ import annotations

from typing import Annotated

import typer

from api.commands.frame import JsonFlag, Report, opened, reporting
from api.services import capacity
from data.kinds import OfferStatus
from data.stores.offers import StoredOffer

app = typer.Typer(add_completion=False, no_args_is_help=True)

OfferArgument = Annotated[str, typer.Argument(help="Id of the offer.")]
EnterpriseOption = Annotated[
    str, typer.Option(help="Only if it is this enterprise's own; else the operator acts.")
]


@app.callback()
def offer() -> None:
    """Change a capacity offer of the open book; the next run and the next quote see it."""


@app.command()
def withdraw(
    offer: OfferArgument, enterprise: EnterpriseOption = "", *, as_json: JsonFlag = False
) -> None:
    """Withdraw OFFER: no new plan and no quote uses it; what is agreed on it stays agreed."""
    _set_status(offer, OfferStatus.WITHDRAWN, enterprise, as_json=as_json)


@app.command(name="open")
def open_(
    offer: OfferArgument, enterprise: EnterpriseOption = "", *, as_json: JsonFlag = False
) -> None:
    """Open a withdrawn OFFER again, for the next matching run."""
    _set_status(offer, OfferStatus.OPEN, enterprise, as_json=as_json)


@app.command()
def idle(
    offer: OfferArgument,
    minutes: Annotated[
        list[int], typer.Argument(min=0, help="Idle minutes, one number for each week.")
    ],
    enterprise: EnterpriseOption = "",
    *,
    as_json: JsonFlag = False,
) -> None:
    """Replace the idle minutes of OFFER; minutes that agreed orders hold are still taken off."""
    with reporting(as_json=as_json) as report, opened() as workspace:
        changed = capacity.set_idle_minutes(
            workspace, offer, minutes, organisation_id=enterprise or None
        )
        _show(changed, report)


def _set_status(offer_id: str, status: OfferStatus, enterprise: str, *, as_json: bool) -> None:
    with reporting(as_json=as_json) as report, opened() as workspace:
        changed = capacity.set_offer_status(
            workspace, offer_id, status, organisation_id=enterprise or None
        )
        _show(changed, report)


def _show(stored: StoredOffer, report: Report) -> None:
    offer, minutes = stored.offer, sum(stored.offer.idle_minutes)
    report.line(
        f"{offer.offer_id} of {offer.enterprise_id}: {stored.status.value}, "
        f"{minutes:,} idle minutes in {len(offer.idle_minutes)} weeks"
    )
    report.result(
        {
            "id": offer.offer_id,
            "enterprise_id": offer.enterprise_id,
            "status": stored.status.value,
            "idle_minutes": list(offer.idle_minutes),
        }
    )
