"""Open calls: each step drafted, signed by the party that takes it, entered in the log, kept.

The log comes first. A step is tested, its document is kept aside, its signed body is entered; only
then the call moves on. A crash in between loses nothing: `finish` carries into the rows what the
log says, and the log refuses a step that does not follow the last one.

What is said is salted as private fields of the record are: the salt comes from a secret of the call
and the request id, so that it need not be kept, and the log's hash of a short document tells
nothing to who tries all short documents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlmodel import Session

from api.services import key_store, records, technology_outcomes
from api.services.drafting.frames import frame, party_of, salts
from api.services.errors import BadRequest, ServiceError
from api.services.records import ReceiptView
from api.services.technology import value_of
from api.services.workspace import Workspace, new_handle
from data.errors import NotFound, WrongStatus
from data.stores import order_keys, organisations
from data.stores import technology as technology_store
from data.stores import technology_calls as store
from data.stores.order_keys import KeyErased
from data.stores.technology_calls import Staged, StoredTransition
from ledger.claims import events
from ledger.claims.calls import CallState as RecordedCall
from ledger.claims.drafts import Draft
from ledger.values.consent import EventType
from ledger.values.consent import Role as Side
from ledger.values.disclosures import derived_salts
from matching.technology.opencall import (
    Action,
    Call,
    CallRefused,
    Role,
    Step,
    Transition,
    apply,
    open_call,
)
from matching.technology.opencall.payloads import PAYLOADS, Appointed, Identity
from matching.technology.opencall.triage import triage
from matching.technology.problem_plain import from_plain, to_plain

SIDES: Mapping[Role, Side] = {
    Role.ENTERPRISE: Side.BUYER,
    Role.CENTRE: Side.CENTRE,
    Role.PROVIDER: Side.PROVIDER,
    Role.EXPERT: Side.EXPERT,
    Role.ARBITER: Side.ARBITER,
}


SALTED = "document"
"""Under which name a document is salted, as a private field is under its own."""


class CallStepRefused(ServiceError):
    """A step breaks a rule of its call; `code` names the rule."""

    def __init__(self, refused: CallRefused) -> None:
        super().__init__(refused.message, **refused.params)
        self.code = refused.code.value  # type: ignore[misc]  # one class for all rules of a call


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRequest:
    """A step as a client asks for it: who, in what capacity, why, and the payload as plain JSON."""

    step: str
    role: str
    organisation_id: str
    payload: Mapping[str, Any]
    reason: str = ""


def open_(
    workspace: Workspace, demand_id: str, *, centre_id: str, call_id: str | None = None
) -> Call:
    """Open the draft of a call for a stored demand; the same id again is harmless.

    Raises
    ------
    NotFound
        When there is no such demand or centre.
    Conflict
        When the id is of another call.
    """
    with workspace.transaction() as session:
        organisations.get(session, workspace.viewer, centre_id)
        demand = technology_store.demand(session, workspace.viewer, demand_id)
        call = open_call(call_id or new_handle(), demand, centre_org=centre_id)
        store.add(session, workspace.operator_id, call, now_ms=workspace.clock_ms())
    return call


def get(workspace: Workspace, call_id: str, *, viewer_id: str | None = None) -> Call:
    """Return a call as an organisation may see it; None: the operator. Raises NotFound."""
    finish(workspace, call_id, anew=True)
    with workspace.snapshot() as session:
        return store.get(session, workspace.viewer_of(viewer_id), call_id)


def list_calls(
    workspace: Workspace,
    *,
    viewer_id: str | None = None,
    after: str | None = None,
    limit: int = 100,
) -> tuple[Call, ...]:
    """Return one page of the calls that an organisation may see, by id; a short one is the last."""
    with workspace.snapshot() as session:
        viewer = workspace.viewer_of(viewer_id)
        return store.listing(session, viewer, after=after, limit=limit)


def history(
    workspace: Workspace, call_id: str, *, viewer_id: str | None = None
) -> tuple[StoredTransition, ...]:
    """Return the steps of a call; the salt of each document that one may see. Raises NotFound."""
    with workspace.snapshot() as session:
        found = store.transitions(session, workspace.viewer_of(viewer_id), call_id)
        if not any(one.transition.org for one in found):
            return found
        ring = key_store.keyring(workspace.settings)
        try:
            secret = order_keys.get(session.connection(), ring, workspace.operator_id, call_id)
        except KeyErased:
            return found
    return tuple(
        replace(one, salt=derived_salts(secret, one.request_id)(SALTED).hex())
        if one.transition.org
        else one
        for one in found
    )


def triage_report(workspace: Workspace, call_id: str) -> Mapping[str, Any]:
    """Return what triage finds about a call's demand, as the payload of `publish` carries it.

    Raises
    ------
    NotFound
        When there is no such call.
    """
    with workspace.snapshot() as session:
        call = store.get(session, workspace.viewer, call_id)
        demand = technology_store.demand(
            session, workspace.viewer, call.demand_id, version=call.demand_version
        )
        others = technology_store.all_demands(session, workspace.viewer)
    plain: Mapping[str, Any] = to_plain(triage(demand, others))
    return plain


def draft_step(workspace: Workspace, call_id: str, request: StepRequest) -> Draft:
    """Test a step and return the body that the party's maker signs; nothing changes yet.

    Raises
    ------
    NotFound
        When there is no such call or organisation.
    NotOnboarded
        When the organisation has no party in the record.
    BadRequest
        When step, role or payload cannot be read.
    CallStepRefused
        When a rule of the call is broken.
    """
    finish(workspace, call_id)
    framed = frame(workspace)
    with workspace.transaction() as session:
        call = store.get(session, workspace.viewer, call_id)
        party = party_of(session, workspace.viewer, request.organisation_id)
        salt = _salt(workspace, session, call_id, framed.idem)
        action = _action(workspace, session, call, request, salt=salt)
        _, transition = _applied(call, action)
    known = _recorded(workspace, call_id)
    draft = events.call_transition(
        framed,
        call=call_id,
        sequence=transition.sequence,
        step=transition.step.value,
        from_state=transition.from_state.value,
        to_state=transition.to_state.value,
        side=SIDES[action.role],
        party=party,
        document_sha256=transition.document_sha256,
        seen_sha256=known.document if known else None,
    )
    return replace(draft, summary=f"{draft.summary}; the document's salt is {salt}")


def submit_step(
    workspace: Workspace, call_id: str, request: StepRequest, draft: Draft
) -> tuple[Call, ReceiptView]:
    """Enter a signed step in the log, then move the call on; the same again is harmless.

    Raises
    ------
    BadRequest
        When the body is not of this step and this payload.
    CallStepRefused
        When a rule of the call is broken.
    ledger.errors.Refusal
        When a signature is missing or wrong, or another step was entered first.
    """
    finish(workspace, call_id, anew=True)
    with workspace.transaction() as session:
        call = store.get(session, workspace.viewer, call_id)
        if not _is_done(session, workspace, call, draft):
            salt = _salt(workspace, session, call_id, str(draft.body["idem"]))
            action = _action(workspace, session, call, request, salt=salt)
            _, transition = _applied(call, action)
            _check_body(draft, call_id, transition)
            staged = Staged(
                document_sha256=transition.document_sha256,
                request_id=str(draft.body["idem"]),
                action=_plain(action),
                at_ms=action.at_ms,
            )
            store.stage(session, workspace.operator_id, call_id, staged)
    receipt = records.submit(workspace, draft)
    finish(workspace, call_id)
    return get(workspace, call_id), receipt


def finish(workspace: Workspace, call_id: str, *, anew: bool = False) -> bool:
    """Move a call on when the log has entered its next step; return whether it moved.

    Parameters
    ----------
    anew
        A step is being handed in, which may be the very one that is missing: do not complain.

    Raises
    ------
    WrongStatus
        When the log has entered a step whose document was never handed in here.
    """
    known = _recorded(workspace, call_id)
    if known is None:
        return False
    with workspace.transaction() as session:
        call = store.get(session, workspace.viewer, call_id)
        if known.sequence <= call.sequence:
            return False
        found = store.staged(session, workspace.operator_id, call_id, known.document)
        if found is None or known.sequence != call.sequence + 1:
            if anew:
                return False
            raise WrongStatus(
                "open call", call_id, status=f"step {known.sequence} entered", wanted=("handed in",)
            )
        salt = _salt(workspace, session, call_id, found.request_id)
        action = _action_of(found, salt)
        changed, transition = _applied(call, action)
        entry = StoredTransition(
            transition=transition, document=to_plain(action.payload), request_id=found.request_id
        )
        store.advance(session, workspace.operator_id, changed, entry)
        store.unstage(session, workspace.operator_id, call_id)
        technology_outcomes.settle(workspace, session, call, changed)
    return True


def _recorded(workspace: Workspace, call_id: str) -> RecordedCall | None:
    value = workspace.log.state(f"{RecordedCall.prefix}/{call_id}")
    return None if value is None else RecordedCall.from_json(value)


def _applied(call: Call, action: Action) -> tuple[Call, Transition]:
    try:
        return apply(call, action)
    except CallRefused as refused:
        raise CallStepRefused(refused) from None


def _salt(workspace: Workspace, session: Session, call_id: str, request_id: str) -> str:
    """Return the salt of the document that a request brings; the first one makes the secret."""
    return salts(workspace, session, call_id, request_id)(SALTED).hex()


def _action(
    workspace: Workspace, session: Session, call: Call, request: StepRequest, *, salt: str
) -> Action:
    try:
        step, role = Step(request.step), Role(request.role)
    except ValueError as wrong:
        raise BadRequest(f"{wrong}; expected a step and a role of the table of calls.") from None
    payload: Any = value_of(PAYLOADS[step], {**request.payload})
    if isinstance(payload, Appointed):
        payload = _with_identities(workspace, session, call, payload)
    return Action(
        step=step,
        role=role,
        org=request.organisation_id,
        at_ms=workspace.clock_ms(),
        payload=payload,
        salt=salt,
        reason=request.reason,
    )


def _with_identities(
    workspace: Workspace, session: Session, call: Call, payload: Appointed
) -> Appointed:
    """Add the names that the record and the profiles know to those that were given to mask."""
    given = {one.application_id: set(one.names) for one in payload.identities}
    for application in call.passed():
        names = given.setdefault(application.application_id, set())
        try:
            own = organisations.get(session, workspace.viewer, application.org)
            names |= {own.name, *((own.name_zh,) if own.name_zh else ())}
        except NotFound:
            names.add(application.org)
        proposal = application.proposal
        for provider_id in proposal.providers if proposal is not None else ():
            names |= _names_of(session, workspace, provider_id)
    identities = tuple(
        Identity(application_id=key, names=tuple(sorted(names)))
        for key, names in sorted(given.items())
    )
    return Appointed(experts=payload.experts, identities=identities)


def _names_of(session: Session, workspace: Workspace, provider_id: str) -> set[str]:
    try:
        provider = technology_store.provider(session, workspace.viewer, provider_id)
    except NotFound:
        return {provider_id}
    return {provider.provider_id, provider.name, *provider.aliases}


def _plain(action: Action) -> Mapping[str, Any]:
    return {
        "step": action.step.value,
        "role": action.role.value,
        "org": action.org,
        "reason": action.reason,
        "payload": to_plain(action.payload),
    }


def _action_of(staged: Staged, salt: str) -> Action:
    said = staged.action
    step = Step(said["step"])
    return Action(
        step=step,
        role=Role(said["role"]),
        org=said["org"],
        at_ms=staged.at_ms,
        payload=from_plain(PAYLOADS[step], said["payload"]),
        salt=salt,
        reason=said["reason"],
    )


def _is_done(session: Session, workspace: Workspace, call: Call, draft: Draft) -> bool:
    """Return whether this very step was entered before: the client asks again."""
    sequence = draft.body.get("sequence")
    if not isinstance(sequence, int) or sequence > call.sequence:
        return False
    entered = store.transitions(session, workspace.viewer, call.call_id)
    return any(
        one.transition.sequence == sequence and one.request_id == draft.body["idem"]
        for one in entered
    )


def _check_body(draft: Draft, call_id: str, transition: Transition) -> None:
    expected = {
        "type": EventType.CALL_TRANSITION.value,
        "subject": call_id,
        "sequence": transition.sequence,
        "step": transition.step.value,
        "from": transition.from_state.value,
        "to": transition.to_state.value,
        "document": transition.document_sha256,
    }
    for name, value in expected.items():
        if draft.body.get(name) != value:
            raise BadRequest(
                f"The signed body says {name} {draft.body.get(name)!r}; this step has {value!r}. "
                "Fetch a new draft for exactly this step, payload and reason.",
                field=name,
            )
