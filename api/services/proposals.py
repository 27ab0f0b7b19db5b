"""Proposals: a plan shown to both sides of each order; what both accept becomes purchase orders."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlmodel import Session

from api.services.drafting.frames import frame, party_of
from api.services.paging import every
from api.services.workspace import Workspace
from data.errors import WrongStatus
from data.kinds import ProposalSide, ProposalStatus
from data.stores import offers, orders, plans
from data.stores import proposals as store
from data.stores.proposals import Proposal
from ledger.claims import events
from ledger.claims.drafts import Draft
from ledger.log import canonical
from ledger.log.canonical import JsonObject
from ledger.values.consent import Role
from matching.capacity import PlanLine


class Answer(StrEnum):
    """What a party can say to a proposal."""

    ACCEPTED = "accepted"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalView:
    """One order of a plan shown to one party.

    Parameters
    ----------
    side
        `buyer` or `enterprise`.
    status
        `proposed`, `accepted` or `declined`.
    amount_fen
        What the buyer pays in all, or the enterprise is paid.
    lines
        Lines of the plan that the party may see: a buyer all of its order, an enterprise its own.
    """

    id: str
    plan_id: str
    order_id: str
    organisation_id: str
    side: str
    status: str
    amount_fen: int
    lines: tuple[PlanLine, ...]


def list_proposals(
    workspace: Workspace,
    *,
    plan_id: str | None = None,
    organisation_id: str | None = None,
    order_id: str | None = None,
) -> tuple[ProposalView, ...]:
    """Return proposals, filtered, by id."""
    viewer = workspace.viewer_of(organisation_id)
    with workspace.snapshot() as session:
        found = every(lambda after: store.listing(session, viewer, plan_id=plan_id, after=after))
        shown = _Shown(workspace, session)
        return tuple(_view(shown, one) for one in found if order_id in {None, one.order_id})


def get(workspace: Workspace, proposal_id: str) -> ProposalView:
    """Return one proposal. Raises NotFound."""
    with workspace.snapshot() as session:
        proposal = store.get(session, workspace.viewer, proposal_id)
        return _view(_Shown(workspace, session), proposal)


def draft_answer(workspace: Workspace, proposal_id: str, answer: Answer) -> Draft:
    """Make the draft of proposal.accepted or proposal.declined.

    The party's maker signs it; `records.submit` enters it, and with the last acceptance of an
    order its purchase orders are written. What is signed is the digest of the terms.

    Raises
    ------
    NotFound
        When there is no such proposal.
    WrongStatus
        When it is answered, or a newer plan has taken the plan's place; and to accept it, when
        since then its order was withdrawn or agreed in another plan, or an offer that the plan
        uses for it was withdrawn.
    NotOnboarded
        When the party is not in the record yet.
    """
    return draft_answers(workspace, [proposal_id], answer)[0]


def draft_answers(
    workspace: Workspace, proposal_ids: Sequence[str], answer: Answer
) -> tuple[Draft, ...]:
    """Make the drafts of the same answer to several proposals; see `draft_answer`."""
    with workspace.snapshot() as session:
        shown = _Shown(workspace, session)
        found = [store.get(session, workspace.viewer, one) for one in proposal_ids]
        for proposal in found:
            require_open(workspace, session, proposal)
        if answer is Answer.ACCEPTED:
            _require_standing(workspace, session, found)
        return tuple(_draft(workspace, shown, proposal, answer) for proposal in found)


class _Shown:
    """What parties see of plans and are called in the record; each asked of the store once."""

    def __init__(self, workspace: Workspace, session: Session) -> None:
        self._workspace = workspace
        self._session = session
        self._lines: dict[tuple[str, str], dict[str, list[PlanLine]]] = {}
        self._parties: dict[str, str] = {}

    def lines(self, proposal: Proposal) -> tuple[PlanLine, ...]:
        """Return the lines of the proposal's order that its party may see."""
        key = proposal.plan_id, proposal.party_id
        if key not in self._lines:
            viewer = self._workspace.viewer_of(proposal.party_id)
            by_order: dict[str, list[PlanLine]] = defaultdict(list)
            for line in plans.lines(self._session, viewer, proposal.plan_id):
                by_order[line.order_id].append(line)
            self._lines[key] = by_order
        return tuple(self._lines[key][proposal.order_id])

    def party(self, organisation_id: str) -> str:
        """Return an organisation's handle in the record. Raises NotOnboarded."""
        if organisation_id not in self._parties:
            found = party_of(self._session, self._workspace.viewer, organisation_id)
            self._parties[organisation_id] = found
        return self._parties[organisation_id]


def _draft(workspace: Workspace, shown: _Shown, proposal: Proposal, answer: Answer) -> Draft:
    make = {
        Answer.ACCEPTED: events.proposal_accepted,
        Answer.DECLINED: events.proposal_declined,
    }[answer]
    return make(
        frame(workspace),
        proposal=proposal.id,
        plan=proposal.plan_id,
        party=shown.party(proposal.party_id),
        side=Role.BUYER if proposal.side is ProposalSide.BUYER else Role.SELLER,
        terms_sha256=terms_digest(_terms(shown, proposal)),
    )


def require_open(workspace: Workspace, session: Session, proposal: Proposal) -> None:
    """Raise WrongStatus unless the proposal waits for its answer and its plan is the newest."""
    open_ = (ProposalStatus.PROPOSED.value,)
    if proposal.status is not ProposalStatus.PROPOSED:
        raise WrongStatus("proposal", proposal.id, status=proposal.status.value, wanted=open_)
    newest = plans.latest(session, workspace.viewer, proposal.scope_id)
    if newest is not None and newest.id != proposal.plan_id:
        raise WrongStatus("proposal", proposal.id, status="superseded", wanted=open_)


def _require_standing(workspace: Workspace, session: Session, found: Sequence[Proposal]) -> None:
    """Raise WrongStatus where an order, or an offer that the plan uses for it, is gone since."""
    viewer, open_ = workspace.viewer, ("open",)
    for plan_id, scope_id in sorted({(one.plan_id, one.scope_id) for one in found}):
        asked = {one.order_id for one in found if one.plan_id == plan_id}
        left = orders.left(session, viewer, scope_id, plan_id)
        for order_id in sorted(asked & left.keys()):
            raise WrongStatus("order", order_id, status=left[order_id].value, wanted=open_)
        gone = offers.withdrawn(session, viewer, scope_id)
        for line in plans.lines(session, viewer, plan_id) if gone else ():
            if line.order_id in asked and line.offer_id in gone:
                raise WrongStatus("offer", line.offer_id, status="withdrawn", wanted=open_)


def terms_digest(terms: JsonObject) -> str:
    """Return the SHA-256, in hex, of the canonical form of a proposal's terms."""
    return hashlib.sha256(canonical.encode(terms)).hexdigest()


def _terms(shown: _Shown, proposal: Proposal) -> JsonObject:
    """Return exactly what is proposed to the party: the amount, and who works what and when."""
    return {
        "format": "parkloom/terms/v1",
        "plan": proposal.plan_id,
        "order": proposal.order_id,
        "party": proposal.party_id,
        "side": proposal.side.value,
        "amount": str(proposal.amount_fen),
        "currency": "CNY",
        "lines": [
            [line.lot, line.lot_quantity, line.step, line.offer_id, line.week, line.minutes]
            for line in sorted(shown.lines(proposal))
        ],
    }


def _view(shown: _Shown, proposal: Proposal) -> ProposalView:
    return ProposalView(
        id=proposal.id,
        plan_id=proposal.plan_id,
        order_id=proposal.order_id,
        organisation_id=proposal.party_id,
        side=proposal.side.value,
        status=proposal.status.value,
        amount_fen=proposal.amount_fen,
        lines=shown.lines(proposal),
    )
