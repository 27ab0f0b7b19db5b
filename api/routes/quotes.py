"""/v1/quotes: how an order could be made beside the newest plan, at what price and when."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from api.deps import WorkspaceDep
from api.schemas.openapi import refusals
from api.schemas.quotes import Quote, QuoteRequest
from api.services.quoting import QuoteDesk

router = APIRouter(prefix="/v1/quotes", tags=["matching"])


def desk_of(request: Request, workspace: WorkspaceDep) -> QuoteDesk:
    """Return the desk of the application, which is opened by the first quote."""
    desk: QuoteDesk | None = getattr(request.app.state, "quote_desk", None)
    if desk is None:
        desk = request.app.state.quote_desk = QuoteDesk(workspace)
    return desk


@router.post("", responses=refusals(400, 404, 409, 422))
def post_quote(body: QuoteRequest, desk: Annotated[QuoteDesk, Depends(desk_of)]) -> Quote:
    """Quote an order: ranked alternatives, each confirmed exactly, or the reason why none fits.

    Nothing is stored and the plan stays as it is, so that a retry is harmless. 404 while there is
    no plan; 409 for an order that the plan's problem has already.
    """
    order, quotations = body.values()
    return Quote.of(desk.quote(order, quotations))
