"""A world of parties with real keys, who build, sign and enter events on a log in memory."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ledger.claims import drafts, events
from ledger.claims.drafts import Draft
from ledger.claims.duplicates import identity_tag
from ledger.claims.events import Frame, OrderLine
from ledger.claims.evidence import Evidence, gather
from ledger.claims.limit import Alphas
from ledger.claims.repayment import divide
from ledger.claims.roots import OperatorRoots
from ledger.claims.rules import ClaimRules
from ledger.claims.state import ClaimState, OrderState, PolicyState
from ledger.log import note
from ledger.log.entry import parse_leaf
from ledger.log.memory import MemoryLogStore
from ledger.log.sequencer import Sequencer
from ledger.log.signing import key_id
from ledger.log.state import StateLayer
from ledger.log.store import LogStore, Receipt
from ledger.statemap.proofs import order_key
from ledger.values.consent import Duty, Need, Role
from ledger.values.disclosures import Salts, derived_salts
from ledger.values.money import Money
from ledger.verification.certificate import (
    Certificate,
    CertifiedAbsence,
)
from ledger.verification.roots import tag_statement
from tests.support.certifying import ORIGIN, certified, certify, sign_checkpoint
from tests.support.firms import Firm, Person, duns, firm, handle, secret

START_MS = 1_767_225_600_000  # 2026-01-01 00:00 UTC
DAY_MS = 86_400_000
NEVER_MS = 4_102_444_800_000  # 2100-01-01
HALF = Alphas(u0=5_000, u1=5_000, w=5_000, r=5_000)
TAG_KEY = b"the operator's secret for tags!!"


@dataclass(kw_only=True)
class World:
    """Everybody, one log in memory and its sequencer.

    `enter` signs with whoever is needed and submits; refusals are raised. The clock stands still
    until `pass_ms` moves it.
    """

    lenders: int = 1
    now_ms: int = START_MS
    firms: dict[str, Firm] = field(default_factory=dict)
    people: dict[tuple[str, Duty], Person] = field(default_factory=dict)
    asked: int = 0
    make_store: Callable[[str], LogStore] = MemoryLogStore

    def __post_init__(self) -> None:
        self.root = secret("registrar root")
        self.registrar = key_id(self.root.public_key().public_bytes_raw())
        self.rules = ClaimRules(ORIGIN, self.root.public_key().public_bytes_raw(), TAG_KEY)
        self.store: Any = self.make_store(ORIGIN)
        self.sequencer = Sequencer(
            self.store,
            self.rules,
            origin=ORIGIN,
            clock_ms=lambda: self.now_ms,
            alarm=_fail,
        )
        self.registry = firm("Registrar", Role.REGISTRAR)
        self.registry = replace(
            self.registry,
            party=self.registrar,
            maker=replace(self.registry.maker, party=self.registrar),
            checker=replace(self.registry.checker, party=self.registrar),
        )
        for person in (self.registry.maker, self.registry.checker):
            self.enrol(person)
        self.operator = self.add_firm("Operator", Role.OPERATOR)
        self.roots = OperatorRoots(
            origin=ORIGIN,
            private_key=self.operator.maker.key,
            rule_version=self.rules.version,
            new_id=lambda: self.frame().idem,
            published=lambda: 0,
        )
        self.sealer = Sequencer(
            self.store, self.rules, origin=ORIGIN, roots=self.roots, clock_ms=lambda: self.now_ms
        )
        self.buyer = self.add_firm("Buyer", Role.BUYER)
        self.seller = self.add_firm("Seller", Role.SELLER)
        self.banks = [self.add_firm(f"Bank {n}", Role.LENDER) for n in range(1, self.lenders + 1)]

    @property
    def bank(self) -> Firm:
        """The first lender."""
        return self.banks[0]

    # Making and entering -------------------------------------------------------------------

    def frame(self, *, expires_ms: int = NEVER_MS) -> Frame:
        """Return the frame of a new request."""
        self.asked += 1
        return Frame(origin=ORIGIN, idem=handle("idem", self.asked), expires_ms=expires_ms)

    def salts(self, frame: Frame) -> Salts:
        """Return the salts of a request."""
        return derived_salts(b"a key of one order, 16+ bytes", frame.idem)

    def osp(self, order: str) -> str:
        """Return the head of an order's chain as bodies name it."""
        head = self.store.chain_head(order)
        assert head is not None
        return head.leaf_hash.hex()

    def signer(self, need: Need) -> Person:
        """Return who can meet a need."""
        if need.duty is None:
            return Person(party=self.registrar, user="", duty=None, key=self.root)
        return self.people[need.party, need.duty]

    def sign(self, draft: Draft, *people: tuple[Person, Role]) -> Draft:
        """Sign for every need, or with exactly these people."""
        chosen = people or tuple((self.signer(need), need.role) for need in draft.needs)
        for person, role in chosen:
            draft = drafts.add_signature(draft, person.key, person.kid, role)
        return draft

    def submit(self, draft: Draft) -> Receipt:
        """Submit a signed draft; raise its refusal."""
        prepared = self.sequencer.prepare(drafts.to_request(draft))
        (outcome,) = self.sequencer.process([prepared], 0)
        return outcome.unwrap()

    def enter(self, draft: Draft, *people: tuple[Person, Role]) -> Receipt:
        """Sign and submit."""
        return self.submit(self.sign(draft, *people))

    def seal(self) -> bool:
        """Enter a state root, if entries have arrived since the last one."""
        return self.sealer.seal()

    def pass_ms(self, ms: int) -> None:
        """Let time pass."""
        self.now_ms += ms

    @property
    def today(self) -> dt.date:
        """Today, UTC."""
        return dt.datetime.fromtimestamp(self.now_ms // 1000, tz=dt.UTC).date()

    # The registry --------------------------------------------------------------------------

    def enrol(self, person: Person, **fields: object) -> Receipt:
        """Enrol a person's key."""
        assert person.duty is not None
        facts: dict[str, object] = {"valid_from_ms": START_MS, "valid_to_ms": NEVER_MS, **fields}
        draft = events.key_enrolled(
            self.frame(),
            registrar=self.registrar,
            party=person.party,
            user=person.user,
            duty=person.duty,
            public_key=person.public,
            **facts,  # type: ignore[arg-type]  # a test's own fields
        )
        self.people[person.party, person.duty] = person
        return self.enter(draft)

    def onboarding(
        self,
        of: Firm,
        *,
        version: int = 1,
        kyb_until: str = "2099-12-31",
        country: str = "DE",
        identifiers: Sequence[tuple[str, str]] | None = None,
        roles: Iterable[Role] | None = None,
    ) -> Draft:
        """Draft a firm's onboarding."""
        frame = self.frame()
        return events.party_onboarded(
            frame,
            registrar=self.registrar,
            party=of.party,
            version=version,
            roles=roles or of.roles,
            kyb_until=kyb_until,
            name=of.name,
            country=country,
            identifiers=identifiers or [duns(of.name)],
            salts=self.salts(frame),
        )

    def add_firm(self, name: str, *roles: Role, **fields: object) -> Firm:
        """Onboard a firm and enrol its maker and checker."""
        new = firm(name, *roles)
        self.firms[new.party] = new
        self.enter(self.onboarding(new, **fields))  # type: ignore[arg-type]  # a test's own fields
        for person in (new.maker, new.checker):
            self.enrol(person)
        return new

    # An order's life -----------------------------------------------------------------------

    def order_draft(
        self,
        number: str = "PO-1",
        *,
        net_minor: int = 100_000_000,
        currency: str = "CNY",
        order: str | None = None,
        lines: Sequence[OrderLine] | None = None,
        **fields: object,
    ) -> Draft:
        """Draft an order between the world's seller and buyer, of one line."""
        frame = self.frame()
        facts: dict[str, object] = {
            "by": Role.SELLER,
            "buyer": self.buyer.party,
            "seller": self.seller.party,
            "issued": "2026-01-01",
            "last_due": "2026-06-30",
            "salts": self.salts(frame),
            **fields,
        }
        return events.order_submitted(
            frame,
            order=order or handle("order", number),
            number=number,
            net=Money(net_minor, currency),
            lines=lines or [OrderLine(n="1", item="flange", unit="PCE", amount_minor=net_minor)],
            **facts,  # type: ignore[arg-type]  # a test's own fields
        )

    def confirmation(self, order: str, **fields: object) -> Draft:
        """Draft the buyer's confirmation of what was submitted."""
        known = self.order_state(order)
        facts: dict[str, object] = {
            "buyer": known.buyer,
            "version": known.version,
            "net": Money(known.net, known.currency),
            "osp": self.osp(order),
            **fields,
        }
        return events.order_confirmed(
            self.frame(),
            order=order,
            **facts,  # type: ignore[arg-type]  # a test's own fields
        )

    def confirmed_order(self, number: str = "PO-1", **fields: object) -> str:
        """Submit and confirm an order; return its handle."""
        draft = self.order_draft(number, **fields)  # type: ignore[arg-type]  # a test's own
        self.enter(draft)
        order = str(draft.body["order"])
        self.enter(self.confirmation(order))
        return order

    def set_policy(self, bank: Firm | None = None, alphas: Alphas = HALF) -> int:
        """Let a bank set its next policy; return the version."""
        bank = bank or self.bank
        value = self.store.state(f"policy/{bank.party}")
        version = PolicyState.from_json(value).version + 1 if value else 1
        self.enter(
            events.policy_set(self.frame(), lender=bank.party, version=version, alphas=alphas)
        )
        return version

    def draft(self, event: str, claim: str, **fields: object) -> Draft:
        """Draft an event of a claim with what the record says, `fields` replacing parts."""
        state = self.claim_state(claim)
        known = self.order_state(state.order)
        principal = Money(state.principal or state.asked, known.currency)
        frame = self.frame()
        facts: dict[str, object] = {
            "order": state.order,
            "claim": claim,
            "osp": self.osp(state.order),
        }
        salted = {"salts": self.salts(frame)}
        more: dict[str, dict[str, object]] = {
            "screened": {"operator": self.operator.party, "report_sha256": "ab" * 32},
            "listed": {"seller": known.seller},
            "withdrawn": {"seller": known.seller},
            "offered": {
                "lender": self.bank.party,
                "offer": handle("offer", claim, self.asked),
                "amount": principal,
                "rate_bps": 360,
                "policy": 1,
                "valid_until_ms": self.now_ms + 7 * DAY_MS,
            },
            "reserved": {"seller": known.seller, "amount": principal},
            "lapsed": {"operator": self.operator.party, "entry": state.reserved_index or 0},
            "pledged": {
                "seller": known.seller,
                "buyer": known.buyer,
                "lender": state.lender or self.bank.party,
                "amount": principal,
                "notice": handle("notice", claim),
                "reg_no": f"REG {claim}",
                "pay_account": "6222 0000 1111",
                "registered_at_ms": self.now_ms,
                **salted,
            },
            "funded": {
                "lender": state.lender or self.bank.party,
                "amount": principal,
                "value_date": self.today.isoformat(),
                "bank_ref": f"OUT {self.asked}",
                **salted,
            },
            "repaid": {
                "lender": state.lender or self.bank.party,
                "value_date": self.today.isoformat(),
                "bank_ref": f"IN {self.asked}",
                **salted,
            },
            "released": {
                "lender": state.lender or self.bank.party,
                "amount": principal,
                "discharge_no": f"DIS {claim}",
                **salted,
            },
        }
        facts = {**facts, **more[event], **fields}
        if event == "repaid" and "split" not in facts:
            amount, day = facts["amount"], facts["value_date"]
            assert isinstance(amount, Money)
            facts["split"] = divide(state, amount.amount_minor, dt.date.fromisoformat(str(day)))
        build = getattr(events, f"claim_{event}")
        draft: Draft = build(frame, **facts)
        return draft

    def request(self, order: str, amount_minor: int, name: str = "c1", **fields: object) -> str:
        """Request a claim; return its handle."""
        claim = handle("claim", name)
        known = self.order_state(order)
        facts: dict[str, object] = {
            "seller": known.seller,
            "amount": Money(amount_minor, known.currency),
            "maturity": "2026-08-01",
            **fields,
        }
        self.enter(
            events.claim_requested(
                self.frame(),
                order=order,
                claim=claim,
                **facts,  # type: ignore[arg-type]  # a test's own fields
            )
        )
        return claim

    def listed_claim(self, order: str, amount_minor: int, name: str = "c1") -> str:
        """Take a claim up to its listing."""
        claim = self.request(order, amount_minor, name)
        for event in ("screened", "listed"):
            self.enter(self.draft(event, claim))
        return claim

    def offered_claim(
        self,
        order: str,
        amount_minor: int,
        name: str = "c1",
        *,
        bank: Firm | None = None,
        rate_bps: int = 360,
    ) -> tuple[str, str]:
        """Take a claim up to an offer of a bank; return claim and offer."""
        bank = bank or self.bank
        claim = self.listed_claim(order, amount_minor, name)
        offer = handle("offer", name)
        value = self.store.state(f"policy/{bank.party}")
        policy = PolicyState.from_json(value).version if value else self.set_policy(bank)
        self.enter(
            self.draft(
                "offered",
                claim,
                lender=bank.party,
                offer=offer,
                policy=policy,
                rate_bps=rate_bps,
            )
        )
        return claim, offer

    def reserved_claim(
        self, order: str, amount_minor: int, name: str = "c1", **fields: object
    ) -> str:
        """Take a claim up to its reservation."""
        claim, offer = self.offered_claim(order, amount_minor, name, **fields)  # type: ignore[arg-type]
        bank = fields.get("bank", self.bank)
        assert isinstance(bank, Firm)
        self.enter(self.draft("reserved", claim, offer=offer, lender=bank.party))
        return claim

    def funded_claim(
        self, order: str, amount_minor: int, name: str = "c1", **fields: object
    ) -> str:
        """Take a claim up to the payment of its principal."""
        claim = self.reserved_claim(order, amount_minor, name, **fields)
        for event in ("pledged", "funded"):
            self.enter(self.draft(event, claim))
        return claim

    # Looking -------------------------------------------------------------------------------

    def order_state(self, order: str) -> OrderState:
        """Return the stored state of an order."""
        value = self.store.state(f"order/{order}")
        assert value is not None
        return OrderState.from_json(value)

    def claim_state(self, claim: str) -> ClaimState:
        """Return the stored state of a claim."""
        value = self.store.state(f"claim/{claim}")
        assert value is not None
        return ClaimState.from_json(value)

    def leaves(self) -> list[bytes]:
        """Return all leaves."""
        return list(self.store.leaves(0, self.store.head().size))

    def replayed(self) -> dict[str, bytes]:
        """Return the state after applying every leaf anew, with rules that hold no tag key."""
        rules = ClaimRules(ORIGIN, self.root.public_key().public_bytes_raw(), None)
        state = StateLayer(lambda _: None)
        for leaf in self.leaves():
            rules.apply(state, parse_leaf(leaf))
        return state.changes

    def checkpoint(self) -> str:
        """Return a signed checkpoint of the log as it is."""
        return sign_checkpoint(self.leaves())

    def certificate(self, order: str, disclosures: Sequence[str] = ()) -> Certificate:
        """Return the certificate of an order, sealed first."""
        evidence = self.evidence(order)
        indexes = [index for index, _ in evidence.leaves]
        return certify(self.leaves(), evidence, order, indexes, disclosures)

    def evidence(self, order: str | None = None, *, tag: str = "") -> Evidence:
        """Return the evidence on an order, or on a tag, under a state root over everything."""
        self.seal()
        version = self.store.map_version(self.store.head().size)
        assert version is not None
        chain = self.store.chain(order) if order else []
        key = order_key(self.order_state(order).tag if order else tag)
        return gather(self.store, version, chain=chain, key=key)

    def absence(self, number: str, *, tag: str | None = None) -> Certificate:
        """Return the certificate that a purchase order of buyer and seller is not there."""
        parties = {"buyer": self.buyer.party, "seller": self.seller.party, "number": number}
        tag = tag or identity_tag(TAG_KEY, ORIGIN, **parties)
        evidence = self.evidence(tag=tag)
        key = self.operator.maker.key
        about = CertifiedAbsence(
            **parties,
            tag=tag,
            kid=self.operator.maker.kid,
            sig=key.sign(tag_statement(ORIGIN, **parties, tag=tag)),
            proof=evidence.proof,
        )
        return certified(self.leaves(), evidence, about, [index for index, _ in evidence.leaves])

    def registrar_vkey(self) -> str:
        """Return the registrar's root key as text."""
        name = "registrar.example"
        return note.format_vkey(name, self.root.public_key().public_bytes_raw())


def _fail(message: str) -> None:
    """Raise what the sequencer would only report: in a test a fault of the rules is a failure."""
    raise AssertionError(message)
