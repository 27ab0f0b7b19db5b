"""Orders that look alike: found when one is registered, decided by a person, held until then.

The record itself refuses an identity that it has. This is for the same order under another
number: the operator, who keeps the private fields, keeps fingerprints of every order too, and
compares each new one with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from api.services.errors import BadRequest, ServiceError
from api.services.workspace import Workspace
from data.kinds import DuplicateVerdict
from data.stores import duplicates as store
from data.stores.duplicates import DuplicateAlert
from data.stores.ledger_log_reader import SqlLogReader
from data.stores.order_keys import KeyStoreLocked
from ledger.claims.fingerprints import Alike, fingerprints, is_strict
from ledger.claims.state import OrderState
from ledger.errors import Corruption
from ledger.log.canonical import JsonObject
from ledger.log.entry import parse_leaf
from ledger.values.consent import EventType
from ledger.values.disclosures import DisclosureError, open_disclosure
from ledger.values.identifiers import IdentifierError

REASON_MAX = 2_000


class PossibleDuplicate(ServiceError):
    """An order looks like another one, and nobody has said yet that they are two."""

    code = "POSSIBLE_DUPLICATE"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertView:
    """An alert; `held` says whether it keeps claims on both orders from being screened."""

    order: str
    other: str
    codes: tuple[str, ...]
    held: bool
    created_ms: int
    verdict: str | None
    decided_by: str | None
    reason: str | None


def register(workspace: Workspace, order: str) -> tuple[AlertView, ...]:
    """Keep the fingerprints of an order in the record, and compare it with all others.

    They are computed from the entries themselves. Harmless to repeat.

    Returns
    -------
    All alerts about the order, new ones among them.

    Raises
    ------
    ledger.errors.Corruption
        `DISCLOSURE_LOST` when its private fields do not open, and no erasure says why.
    KeyStoreLocked
        When no key-encryption key at hand opens them.
    """
    with workspace.log.reader() as reader:
        prints = _prints(workspace, reader, order)
    with workspace.transaction() as session:
        known = {name: alike.value for name, alike in prints.items()}
        store.keep(session, workspace.operator_id, order, known)
    # Looked for once its own are committed: of two orders at the same moment one sees the other.
    with workspace.snapshot() as session, workspace.log.reader() as reader:
        found = store.alike(session, workspace.operator_id, order, prints)
        places = {handle: _place(reader, handle) for handle in (order, *found)}
    with workspace.transaction() as session:
        for other, codes in found.items():
            first, second = sorted((order, other), key=places.__getitem__)
            alert = DuplicateAlert(
                order=second, other=first, codes=codes, created_ms=workspace.clock_ms()
            )
            store.raise_alert(session, workspace.operator_id, alert)
        alerts = store.alerts(session, workspace.operator_id, order=order)
    return tuple(map(_view, alerts))


def register_if_open(workspace: Workspace, order: str) -> None:
    """Do what `register` does, if the order's private fields open.

    If not, that is an alarm on access and on audit; claims on the order are held.
    """
    with suppress(Corruption, KeyStoreLocked):
        register(workspace, order)


def catch_up(workspace: Workspace) -> int:
    """Register the orders that a crash kept from it; return how many have fingerprints now."""
    with workspace.snapshot() as session:
        left = store.without_prints(session, workspace.operator_id, workspace.settings.origin)
    for order in left:
        register_if_open(workspace, order)
    with workspace.snapshot() as session:
        still = store.without_prints(session, workspace.operator_id, workspace.settings.origin)
    return len(left) - len(still)


def warnings(workspace: Workspace, order: str) -> tuple[str, ...]:
    """Return in which ways an order looks like others, for the screening of a claim on it.

    Raises
    ------
    PossibleDuplicate
        When it is much like another order, and no person has found that they are two; or when
        it cannot be compared.
    """
    try:
        found = register(workspace, order)
    except (Corruption, KeyStoreLocked) as lost:
        raise PossibleDuplicate(
            f"Order {order} cannot be compared with others, so no claim on it is screened: {lost}",
            order=order,
        ) from lost
    for one in found:
        if one.held:
            other = one.other if one.order == order else one.order
            raise PossibleDuplicate(
                f"Order {order} looks like order {other} ({', '.join(one.codes)}). A person "
                f"compares them and says so: `parkloom ledger duplicates --order {one.order} "
                f"--other {one.other} --verdict distinct|duplicate --reason TEXT --by USER`. "
                "Until then no claim on either is screened.",
                order=order,
                other=other,
                codes=" ".join(one.codes),
            )
    return tuple(sorted({code for one in found for code in one.codes}))


def listing(workspace: Workspace, *, open_only: bool = False) -> tuple[AlertView, ...]:
    """Return the alerts, the oldest first; with `open_only` those that wait for a person."""
    with workspace.snapshot() as session:
        found = tuple(map(_view, store.alerts(session, workspace.operator_id)))
    return tuple(one for one in found if not open_only or one.verdict is None)


def decide(
    workspace: Workspace, order: str, other: str, *, verdict: str, by: str, reason: str
) -> AlertView:
    """Note what a person found about two orders.

    A pair that is said to be one order stays held: no claim on either of the two is screened.

    Raises
    ------
    BadRequest
        When verdict, name or reason is missing or too long.
    data.errors.NotFound
        When there is no alert about the two.
    data.errors.WrongStatus
        When it was decided otherwise before.
    """
    known = [one.value for one in DuplicateVerdict]
    if verdict not in known:
        raise BadRequest(f"verdict: expected one of {', '.join(known)}.", verdict=verdict[:80])
    for name, text in (("by", by), ("reason", reason)):
        if not text.strip() or len(text) > REASON_MAX:
            raise BadRequest(f"{name}: expected a text of 1 to {REASON_MAX} characters.")
    with workspace.transaction() as session:
        return _view(
            store.decide(
                session,
                workspace.operator_id,
                order,
                other,
                DuplicateVerdict(verdict),
                decided_by=by.strip(),
                reason=reason.strip(),
                now_ms=workspace.clock_ms(),
            )
        )


class Lookalikes:
    """Collects the orders of an audit, and tells those that look much alike without an alert.

    An alert is missing when somebody entered the order past this product, or removed the alert.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._holders: dict[str, list[str]] = {}
        self._alike: dict[tuple[str, str], set[Alike]] = {}

    def see(self, body: JsonObject, texts: Sequence[str]) -> None:
        """Take in an entry with its opened private fields; later orders come later."""
        if body["type"] != EventType.ORDER_SUBMITTED:
            return
        order, key = str(body["order"]), self._workspace.keys.tag
        try:
            disclosed = [open_disclosure(text) for text in texts]
            prints = fingerprints(key, self._workspace.settings.origin, body, disclosed)
        except (DisclosureError, IdentifierError, KeyError, ValueError):
            return  # what is lost or does not read is found where the entry is admitted again
        for one, code in prints.items():
            for other in self._holders.setdefault(one, []):
                if other != order:
                    self._alike.setdefault((order, other), set()).add(code)
            self._holders[one].append(order)

    def unseen(self) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """Yield (order, other, ways) of each pair that is much alike and has no alert."""
        known = {frozenset((one.order, one.other)) for one in listing(self._workspace)}
        for (order, other), alike in sorted(self._alike.items()):
            if is_strict(alike) and frozenset((order, other)) not in known:
                yield order, other, tuple(sorted(alike))


def _prints(workspace: Workspace, reader: SqlLogReader, order: str) -> dict[str, Alike]:
    """Return the fingerprints of every version of an order; none where they were erased."""
    found: dict[str, Alike] = {}
    for index, leaf in reader.chain(order):
        body = parse_leaf(leaf).body
        if body["type"] != EventType.ORDER_SUBMITTED:
            continue
        disclosed = [open_disclosure(text) for text in reader.disclosures(index).values()]
        if disclosed:
            key, origin = workspace.keys.tag, workspace.settings.origin
            found |= fingerprints(key, origin, body, disclosed)
    return found


def _place(reader: SqlLogReader, order: str) -> int:
    """Return the index of an order's submission."""
    value = reader.state(f"{OrderState.prefix}/{order}")
    assert value is not None, "an order with fingerprints is in the record"
    return OrderState.from_json(value).index


def _view(alert: DuplicateAlert) -> AlertView:
    alike = {Alike(code) for code in alert.codes}
    return AlertView(
        order=alert.order,
        other=alert.other,
        codes=tuple(sorted(alert.codes)),
        held=is_strict(alike) and alert.verdict is not DuplicateVerdict.DISTINCT,
        created_ms=alert.created_ms,
        verdict=None if alert.verdict is None else alert.verdict.value,
        decided_by=alert.decided_by,
        reason=alert.reason,
    )
