"""The rules of the record, as the log's sequencer and every replay run them.

`apply` is a pure function of the state and the entry: no clock, no database, no key. What needs
the operator's eyes (disclosed fields, keyed tags) happens in `admit`, once, and its result stands
in the entry.
"""

from collections.abc import Sequence

from ledger.claims import admission, authority, privacy, totals
from ledger.claims.effects import EFFECTS, TAGGED
from ledger.claims.effects.base import Step, day_text
from ledger.claims.refusals import BodyRefused, RuleVersionRefused, TagRefused
from ledger.claims.state import OrderState
from ledger.errors import WrongLog
from ledger.log.canonical import JsonObject
from ledger.log.entry import Envelope, Signature
from ledger.log.rules import JsonState
from ledger.log.signing import key_id
from ledger.values.bodies import BodyError, check_body, introduced_keys
from ledger.values.consent import EventType
from ledger.values.recognition import recognise

RULE_VERSION = 1


class ClaimRules:
    """Rules of order-backed finance, version 1; implements `ledger.log.rules.Rules`.

    Parameters
    ----------
    origin
        The log's origin.
    registrar_root
        The registrar's raw public key, pinned from outside: everything enrolled hangs from it.
    tag_key
        The operator's secret for keyed tags, 16 bytes or more. None for a replay, which admits
        nothing new.
    """

    version = RULE_VERSION

    def __init__(self, origin: str, registrar_root: bytes, tag_key: bytes | None) -> None:
        self.origin = origin
        self.registrar = key_id(registrar_root)
        self._root = registrar_root
        self._tag_key = tag_key
        self._last: tuple[JsonObject, EventType] | None = None

    def recognise(self, text: str) -> JsonObject | None:
        """Return the object of a body's text, where that surely has the right shape; else None."""
        found = recognise(text)
        if found is None:
            return None
        event, fields = found
        body: JsonObject = fields  # type: ignore[assignment]  # what canonical JSON holds
        if body["log"] == self.origin:
            self._last = (body, event)
        return body

    def signer_keys(
        self, state: JsonState, body: JsonObject, signatures: Sequence[Signature]
    ) -> Sequence[bytes]:
        """Return the raw public key of each signature, in their order.

        Raises
        ------
        KeyUnknown, KeyRevoked
            When a key is not enrolled, or no longer.
        """
        self._checked(body)  # any enrolled key may be looked up; `apply` says what belongs here
        return authority.public_keys(
            state, self.registrar, self._root, signatures, introduced_keys(body)
        )

    def admit(self, state: JsonState, body: JsonObject, disclosures: Sequence[str]) -> str | None:
        """Check the disclosed fields of a new entry and return its keyed tag, if it has one.

        Raises
        ------
        Refusal
            When the body's shape, a disclosure or what it says is refused.
        """
        del state
        event = self._checked(body)
        if self._tag_key is None:
            raise ValueError("these rules only replay: give the tag key to admit new entries")
        return admission.admit(self.origin, self._tag_key, event, body, tuple(disclosures))

    def apply(self, state: JsonState, envelope: Envelope) -> None:
        """Apply an entry: shape, consent, then the effect of its type.

        Raises
        ------
        Refusal
            When the entry breaks a rule; the caller then drops what was written to `state`.
        """
        body, meta = envelope.body, envelope.meta
        if meta.rule_version != RULE_VERSION:
            raise RuleVersionRefused(
                f"Entry {meta.index} is of rule version {meta.rule_version}; these rules know "
                f"{RULE_VERSION}.",
                version=meta.rule_version,
            )
        event = self._checked(body)
        authority.check_registrar(body, self.registrar)
        signed_by = authority.signatories(
            state,
            self.registrar,
            envelope.signatures,
            meta.time_ms,
            introduced_keys(body),
            party=str(body.get("party", body.get("operator", ""))),
        )
        authority.check_consent(body, signed_by)
        _check_tag(event, meta.tag)
        privacy.require_not_erased(state, body)
        step = Step(
            state=state,
            body=body,
            event=event,
            index=meta.index,
            time_ms=meta.time_ms,
            tag=meta.tag,
            signed_by=signed_by,
            rule_version=meta.rule_version,
            known_order=OrderState.load(state, str(body["order"])) if "order" in body else None,
        )
        if event in authority.RAISES_EXPOSURE:
            _check_knowledge(step)
        EFFECTS[event](step)
        totals.update(state, body, step.known_order)

    def _checked(self, body: JsonObject) -> EventType:
        """Return the type of a body of the right shape, made for this log.

        One body is asked about up to three times in a row, and nobody changes it in between.
        """
        last = self._last  # read once: another thread may put its own
        if last is not None and last[0] is body:
            return last[1]
        try:
            event = check_body(body)
        except BodyError as problem:
            raise BodyRefused.of(problem) from None
        if body["log"] != self.origin:
            raise WrongLog(
                f"The body is for log {body['log']}; this is {self.origin}.",
                expected=self.origin,
                got=str(body["log"]),
            )
        self._last = (body, event)
        return event


def _check_tag(event: EventType, tag: str | None) -> None:
    if (tag is not None) != (event in TAGGED):
        needed = "needs a keyed tag" if event in TAGGED else "carries no tag"
        raise TagRefused(f"An entry of {event} {needed}; got {tag!r}.", type=event.value)


def _check_knowledge(step: Step) -> None:
    """Require that what the registrar knows of every party concerned is in date."""
    parties = {str(step.body[side]) for side in ("buyer", "seller", "lender") if side in step.body}
    if "order" in step.body and step.event.startswith("claim."):
        order = step.order()
        parties |= {order.buyer, order.seller}
    today = day_text(step.time_ms)
    for party in sorted(parties):
        authority.require_current(step.state, party, today)
