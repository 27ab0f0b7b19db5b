"""A record to replay: orders with their claims, as parties would enter them.

For measuring, every signature is the same 64 bytes and taken as known to be good; everything else
is what the rules ask for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from ledger.claims import events
from ledger.claims.drafts import Draft
from ledger.claims.events import Frame, OrderLine
from ledger.claims.limit import DEFAULT_ALPHAS
from ledger.claims.roots import RootChecker
from ledger.claims.rules import ClaimRules
from ledger.claims.totals import load_totals
from ledger.log.entry import NO_LEAF, Envelope, Meta, Signature, in_order, leaf_bytes, leaf_hash
from ledger.log.signing import key_id
from ledger.log.state import StateLayer
from ledger.values.consent import Duty, Role
from ledger.values.disclosures import derived_salts
from ledger.values.money import Money

NOW_MS = 1_790_000_000_000
NEVER_MS = 4_102_444_800_000
AMOUNT = 10_000_000
_SIG = bytes(64)
_ROLES = {"seller": Role.SELLER, "buyer": Role.BUYER, "lender": Role.LENDER}


class Record:
    """A log of any number of entries that obeys every rule, made without a database.

    Parameters
    ----------
    origin
        Name of the log.
    root_every
        Entries between two state roots; 0 leaves them out.
    """

    def __init__(self, origin: str, *, root_every: int = 0) -> None:
        self.origin = origin
        self.root_key = hashlib.sha256(b"root").digest()
        self.registrar = key_id(self.root_key)
        self.rules = ClaimRules(origin=origin, registrar_root=self.root_key, tag_key=b"t" * 32)
        self.leaves: list[bytes] = []
        self._state = StateLayer(lambda _: None)
        self._roots = RootChecker()
        self._root_every = root_every
        self._last, self._asked, self._orders = NO_LEAF, 0, 0
        self._operator = self._handle("operator")
        self._enrol()

    def grow(self, size: int) -> None:
        """Add orders, each from its submission to the withdrawal of its claim, up to a size."""
        while len(self.leaves) < size:
            self._order()

    def _enrol(self) -> None:
        for duty in (Duty.MAKER, Duty.CHECKER):
            self._key(self.registrar, duty)
        for name, role in (("operator", Role.OPERATOR), *_ROLES.items()):
            self._onboard(name, role)
        self._enter(
            events.policy_set(
                self._frame(), lender=self._handle("lender"), version=1, alphas=DEFAULT_ALPHAS
            )
        )

    def _onboard(self, name: str, role: Role) -> None:
        frame = self._frame()
        number = f"{int(self._handle(name)[:7], 16) % 10**9:09d}"
        self._enter(
            events.party_onboarded(
                frame,
                registrar=self.registrar,
                party=self._handle(name),
                roles=[role],
                kyb_until="2099-12-31",
                name=name,
                country="DE",
                identifiers=[("duns", number)],
                salts=derived_salts(b"k" * 32, frame.idem),
            )
        )
        for duty in (Duty.MAKER, Duty.CHECKER):
            self._key(self._handle(name), duty)

    def _key(self, party: str, duty: Duty) -> None:
        public = hashlib.sha256(f"{party} {duty}".encode()).digest()
        self._enter(
            events.key_enrolled(
                self._frame(),
                registrar=self.registrar,
                party=party,
                user=self._handle(f"{party} {duty}"),
                duty=duty,
                public_key=public,
                valid_from_ms=0,
                valid_to_ms=NEVER_MS,
            )
        )

    def _order(self) -> None:
        """Enter eight entries of one order and its claim."""
        self._orders += 1
        order, claim = self._handle(f"order {self._orders}"), self._handle(f"claim {self._orders}")
        seller, buyer, lender = (self._handle(name) for name in ("seller", "buyer", "lender"))
        net, asked = Money(AMOUNT, "CNY"), Money(AMOUNT // 10, "CNY")
        frame = self._frame()
        self._enter(
            events.order_submitted(
                frame,
                order=order,
                by=Role.SELLER,
                buyer=buyer,
                seller=seller,
                number=f"PO {self._orders}",
                net=net,
                issued="2026-01-01",
                last_due="2030-01-01",
                lines=[OrderLine(n="1", item="part", unit="PCE", amount_minor=AMOUNT)],
                salts=derived_salts(b"k" * 32, frame.idem),
            )
        )
        on = {"order": order, "claim": claim}
        steps: Sequence[Callable[[], Draft]] = (
            lambda: events.order_confirmed(
                self._frame(), order=order, buyer=buyer, version=1, net=net, osp=self._osp(order)
            ),
            lambda: events.claim_requested(
                self._frame(), **on, seller=seller, amount=asked, maturity="2029-01-01"
            ),
            lambda: events.claim_screened(
                self._frame(), **on, operator=self._operator, report_sha256="ab" * 32
            ),
            lambda: events.claim_listed(self._frame(), **on, seller=seller),
            lambda: events.claim_offered(
                self._frame(),
                **on,
                lender=lender,
                offer=self._handle(f"offer {self._orders}"),
                amount=asked,
                rate_bps=400,
                policy=1,
                valid_until_ms=NEVER_MS,
            ),
            lambda: events.claim_reserved(
                self._frame(),
                **on,
                seller=seller,
                lender=lender,
                offer=self._handle(f"offer {self._orders}"),
                amount=asked,
                osp=self._osp(order),
            ),
            lambda: events.claim_withdrawn(self._frame(), **on, seller=seller),
        )
        for step in steps:
            self._enter(step())

    def _enter(self, draft: Draft) -> None:
        """Give a draft its place, with signatures that are taken as good."""
        if self._root_every and len(self.leaves) % self._root_every == self._root_every - 1:
            self._state_root()
        self._append(draft)

    def _append(self, draft: Draft) -> None:
        body, order = draft.body, draft.body.get("order")
        sequence, previous = None, None
        if order is not None:
            head = self._state.get(f"chain/{order}")
            sequence = 0 if head is None else int(str(head["sequence"])) + 1
            previous = NO_LEAF if head is None else bytes.fromhex(str(head["head"]))
        tag = self.rules.admit(self._state, body, draft.disclosures)
        meta = Meta(
            index=len(self.leaves),
            previous_leaf=self._last,
            time_ms=NOW_MS,
            rule_version=self.rules.version,
            order_sequence=sequence,
            order_previous=previous,
            tag=tag,
        )
        signatures = in_order(
            tuple(self._signature(need.party, need.role, need.duty) for need in draft.needs)
        )
        envelope = Envelope(body=body, meta=meta, signatures=signatures)
        self.rules.apply(self._state, envelope)
        leaf = leaf_bytes(draft.body_bytes, meta, signatures)
        self._last = leaf_hash(leaf)
        if order is not None and sequence is not None:
            self._state.put(f"chain/{order}", {"head": self._last.hex(), "sequence": sequence})
        self._roots.entered(self._state, envelope)
        self.leaves.append(leaf)

    def _osp(self, order: str) -> str:
        """Return the head of an order's chain, as bodies name it."""
        head = self._state.get(f"chain/{order}")
        assert head is not None
        return str(head["head"])

    def _state_root(self) -> None:
        """Enter the root of the state map over all entries so far."""
        self._append(
            events.state_root(
                self._frame(),
                operator=self._operator,
                root=self._roots.bring_up(self._state),
                covers=len(self.leaves),
                rules=self.rules.version,
                totals=load_totals(self._state),
            )
        )

    def _signature(self, party: str, role: Role, duty: Duty | None) -> Signature:
        public = self.root_key
        if duty is not None:
            public = hashlib.sha256(f"{party} {duty}".encode()).digest()
        return Signature(kid=key_id(public), role=role.value, sig=_SIG)

    def _frame(self) -> Frame:
        self._asked += 1
        idem = self._handle(f"idem {self._asked}")
        return Frame(origin=self.origin, idem=idem, expires_ms=NEVER_MS)

    def _handle(self, name: str) -> str:
        return hashlib.sha256(name.encode()).hexdigest()[:32]
