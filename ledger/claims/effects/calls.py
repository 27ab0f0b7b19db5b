"""The effect of a step of an open call: its steps are one chain, each taken by whom it is for.

What is proposed, judged and paid is tested where calls are kept. The record holds that nobody can
leave a step out, put one between, take one that is another's, or change what was said.
"""

from ledger.claims.authority import require_role
from ledger.claims.calls import CallState
from ledger.claims.effects.base import Step
from ledger.claims.refusals import CallOutOfOrder, CallStepRefused, WrongParty
from ledger.values.calls import CALL_STEPS, DRAFT
from ledger.values.consent import Role


def call_transition(step: Step) -> None:
    """Store where the call stands now; the step must follow the last one and be allowed there."""
    side, party = Role(step.text("by")), step.text("party")
    require_role(step.state, party, side)
    known = CallState.load(step.state, step.subject)
    _check_order(step, known)
    _check_allowed(step, side)
    _check_party(step, known, side)
    centre = known.centre if known else None
    CallState(
        status=step.text("to"),
        sequence=step.number("sequence"),
        document=step.text("document"),
        owner=known.owner if known else party,
        centre=party if centre is None and side is Role.CENTRE else centre,
        index=step.index,
    ).save(step.state, step.subject)


def _check_order(step: Step, known: CallState | None) -> None:
    expected = (
        (1, DRAFT, None) if known is None else (known.sequence + 1, known.status, known.document)
    )
    got = (step.number("sequence"), step.text("from"), step.body.get("seen"))
    if got != expected:
        raise CallOutOfOrder(
            f"Call {step.subject} takes step {expected[0]} from {expected[1]} after document "
            f"{expected[2] or 'none'}; the body says step {got[0]} from {got[1]} after "
            f"{got[2] or 'none'}. Fetch the call and sign its next step.",
            call=step.subject,
            expected=expected[0],
            got=got[0],
        )


def _check_allowed(step: Step, side: Role) -> None:
    name = step.text("step")
    row = CALL_STEPS.get(name)
    if row is None:
        raise CallStepRefused(
            f"No step of an open call is named {name}. Known: {', '.join(CALL_STEPS)}.", step=name
        )
    if (
        step.text("from") not in row.states
        or side not in row.sides
        or step.text("to") not in row.to
    ):
        sides, states, leads = (", ".join(sorted(one)) for one in (row.sides, row.states, row.to))
        raise CallStepRefused(
            f"Step {name} is taken by {sides} in {states} and leads to {leads}; the body says "
            f"{side}, from {step.text('from')} to {step.text('to')}.",
            step=name,
            side=side.value,
        )


def _check_party(step: Step, known: CallState | None, side: Role) -> None:
    """Require that owner and centre stay who they are."""
    if known is None:
        return
    expected = {Role.BUYER: known.owner, Role.CENTRE: known.centre}.get(side)
    if expected is not None and expected != step.text("party"):
        raise WrongParty(
            f"The {side} of call {step.subject} is {expected}, not {step.text('party')}.",
            side=side.value,
            party=step.text("party"),
            expected=expected,
        )
