"""Random sequences of events against a model that is too simple to be wrong in the same way.

The model keeps dictionaries and asks plain questions; it knows no state layer, no tables and no
limit code. After every step the record must agree with it, keep every invariant, and equal the
state that a replay of the leaves builds.
"""

import datetime as dt
import os
from fractions import Fraction

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ledger.claims import events
from ledger.claims.drafts import Draft
from ledger.claims.limit import Alphas
from ledger.claims.roots import changes_of
from ledger.claims.state import ClaimState, OrderState
from ledger.claims.totals import load_totals
from ledger.claims.waterfall import Split
from ledger.errors import Refusal
from ledger.log.entry import parse_leaf
from ledger.statemap.tree import StateMap
from ledger.values.consent import Role
from ledger.values.money import Money
from tests.support.claim_model import LIVE, Claim, Offer, Order
from tests.support.firms import handle
from tests.support.parties import DAY_MS, World
from tests.support.rereading import Rereading

HOUR_MS = 3_600_000
POLICIES = [
    Alphas(u0=3_000, u1=4_500, w=6_000, r=8_000),
    Alphas(u0=2_500, u1=4_000, w=5_500, r=7_500),
    Alphas(u0=9_000, u1=9_000, w=9_000, r=9_000),
    Alphas(u0=0, u1=0, w=0, r=9_000),
]


class Machine(RuleBasedStateMachine):
    """One log, one buyer, one seller, two banks; steps that may or may not be allowed."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(lenders=2)
        self.orders: list[Order] = []
        self.claims: list[Claim] = []
        self.policies: dict[int, list[Alphas]] = {0: [], 1: []}
        self.final: dict[int, ClaimState] = {}
        self.payments = 0
        self.rereading = Rereading(self.world)

        for number in (0, 1):
            self.make_order(number, net=1_000_000 * (number + 1))
        for bank in (0, 1):
            self.set_policy(bank, POLICIES[bank])

    def make_order(self, number: int, net: int) -> None:
        """Begin with confirmed orders: what follows is about claims."""
        self.submit_order(number, net, f"PO-{number}")
        self.answer_order(number, yes=True, off=0)

    # The model's questions -----------------------------------------------------------------

    def limit(self, order: Order, alpha: int) -> int:
        return order.net * alpha // 10_000

    def fits(self, claim: Claim, amount: int, offer: Offer) -> bool:
        order = self.orders[claim.order]
        share, own = Fraction(0), amount
        for other in self.claims:
            if other is claim or other.order != claim.order or not other.live:
                continue
            assert other.taken is not None
            share += Fraction(other.live, self.limit(order, other.taken.alpha))
            own += other.live if other.taken.bank == offer.bank else 0
        most = self.limit(order, offer.alpha)
        return own <= most and (most > 0 and share + Fraction(amount, most) <= 1)

    # Handles -------------------------------------------------------------------------------

    def order_handle(self, index: int) -> str:
        return handle("order", self.orders[index].number)

    def claim_handle(self, index: int) -> str:
        return handle("claim", index)

    def enter(self, draft: Draft, allowed: bool) -> bool:
        """Enter a draft and compare what happened with what the model expected."""
        before = (self.world.store.head(), dict(self.world.store._memory.state))
        if allowed:
            self.world.enter(draft)
            return True
        with pytest.raises(Refusal):
            self.world.enter(draft)
        assert (self.world.store.head(), dict(self.world.store._memory.state)) == before  # I18
        return False

    # Orders --------------------------------------------------------------------------------

    @rule(number=st.integers(0, 3), net=st.integers(1, 2_000_000))
    def submit(self, number: int, net: int) -> None:
        self.submit_order(number, net, f"po {number}")

    def submit_order(self, number: int, net: int, text: str) -> None:
        known = next((o for o in self.orders if o.number == number), None)
        order = handle("order", number)
        fresh = known is None
        again = known is not None and known.status == "rejected"
        draft = self.world.order_draft(
            text,
            order=order,
            net_minor=net,
            version=1 if known is None else known.version + 1,
            osp=None if known is None else self.world.osp(order),
        )
        if self.enter(draft, fresh or again):
            if known is None:
                self.orders.append(Order(number=number, net=net))
            else:
                known.net, known.status, known.version = net, "submitted", known.version + 1

    @precondition(lambda self: self.claims)
    @rule(number=st.integers(0, 3))
    def submit_under_another_handle(self, number: int) -> None:
        """I4: an identity belongs to one chain for ever, whatever became of it."""
        if any(order.number == number for order in self.orders):
            self.enter(self.world.order_draft(f"PO{number}", order=handle("other", number)), False)

    @rule(data=st.data(), yes=st.booleans(), off=st.sampled_from([0, 0, 0, 1]))
    def answer(self, data: st.DataObject, yes: bool, off: int) -> None:
        waiting = [i for i, order in enumerate(self.orders) if order.status == "submitted"]
        index = data.draw(st.sampled_from(waiting or [0]))
        self.answer_order(index, yes=yes, off=off)

    def answer_order(self, index: int, *, yes: bool, off: int) -> None:
        order, name = self.orders[index], self.order_handle(index)
        allowed = order.status == "submitted" and off == 0
        if yes:
            net = Money(order.net + off, "CNY")
            draft = self.world.confirmation(name, net=net)
        else:
            draft = events.order_rejected(
                self.world.frame(),
                order=name,
                buyer=self.world.buyer.party,
                version=order.version + off,
                reason="other",
                osp=self.world.osp(name),
            )
        if self.enter(draft, allowed):
            order.status = "confirmed" if yes else "rejected"

    # Policies and time ---------------------------------------------------------------------

    @precondition(lambda self: sum(map(len, self.policies.values())) < 6)
    @rule(bank=st.integers(0, 1), alphas=st.sampled_from(POLICIES))
    def policy(self, bank: int, alphas: Alphas) -> None:
        self.set_policy(bank, alphas)

    def set_policy(self, bank: int, alphas: Alphas) -> None:
        self.world.set_policy(self.world.banks[bank], alphas)
        self.policies[bank].append(alphas)

    @rule(hours=st.sampled_from([1, 24, 73]))
    def wait(self, hours: int) -> None:
        self.world.pass_ms(hours * HOUR_MS)

    @rule()
    def seal(self) -> None:
        """State the map's root: equal to one built at once of all orders and keys; once only."""
        grown = not self.is_sealed()
        assert self.world.seal() == grown
        assert self.is_sealed()
        assert not self.world.seal()
        self.the_chain_is_whole_and_the_replay_equal()
        names = [k for k in self.rereading.replay.changes if k.split("/")[0] in ("order", "key")]
        whole = StateMap()
        whole.put(changes_of(self.rereading.replay, names))
        version = self.world.store.map_version(self.rereading.size)
        assert version is not None
        assert version.root == whole.root == self.rereading.roots.state_map.root
        totals = load_totals(self.rereading.replay)
        assert sum(one.orders for one in totals) == len(self.orders)
        assert sum(one.live for one in totals) == sum(claim.live for claim in self.claims)

    def is_sealed(self) -> bool:
        last = parse_leaf(self.world.store.leaf(self.world.store.head().size - 1))
        return last.body["type"] == "state.root"

    # Claims --------------------------------------------------------------------------------

    @rule(data=st.data(), amount=st.integers(1, 500_000))
    def request(self, data: st.DataObject, amount: int) -> None:
        self.request_claim(data.draw(st.integers(0, len(self.orders) - 1)), amount)

    def request_claim(self, index: int, amount: int) -> None:
        order = self.orders[index]
        draft = events.claim_requested(
            self.world.frame(),
            order=self.order_handle(index),
            claim=self.claim_handle(len(self.claims)),
            seller=self.world.seller.party,
            amount=Money(amount, "CNY"),
            maturity="2026-08-29",
        )
        before = self.world.today < dt.date(2026, 8, 29)
        if self.enter(draft, order.status == "confirmed" and before):
            self.claims.append(Claim(order=index, asked=amount))

    def pick(self, data: st.DataObject) -> tuple[int, Claim, str]:
        index = data.draw(st.integers(0, len(self.claims) - 1))
        return index, self.claims[index], self.claim_handle(index)

    @rule(
        order=st.integers(0, 1),
        amount=st.integers(100, 600_000),
        bank=st.integers(0, 1),
        steps=st.integers(3, 7),
    )
    def bring_up(self, order: int, amount: int, bank: int, steps: int) -> None:
        """Take a new claim some steps on its way, each of which the model may still forbid."""
        before = len(self.claims)
        self.request_claim(order, amount)
        if len(self.claims) == before:
            return
        todo = [
            lambda: self.take_step(before, "screened"),
            lambda: self.take_step(before, "listed"),
            lambda: self.make_offer(before, bank, amount, rate=720),
            lambda: self.take_offer(before, 0, amount),
            lambda: self.pledge(before, off=0, taken=False),
            lambda: self.fund(before, off=0),
        ]
        for step in todo[:steps]:
            if step is todo[3] and not self.claims[before].offers:
                return
            step()

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), event=st.sampled_from(["screened", "listed"]))
    def advance(self, data: st.DataObject, event: str) -> None:
        self.take_step(self.pick(data)[0], event)

    def take_step(self, index: int, event: str) -> None:
        claim, name = self.claims[index], self.claim_handle(index)
        needed = {"screened": "requested", "listed": "screened"}[event]
        if self.enter(self.world.draft(event, name), claim.status == needed):
            claim.status = event

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        index, claim, name = self.pick(data)
        allowed = claim.status in ("requested", "screened", "listed", "reserved")
        if self.enter(self.world.draft("withdrawn", name), allowed):
            self.close(index, claim, "withdrawn")

    @precondition(lambda self: self.claims)
    @rule(
        data=st.data(),
        bank=st.integers(0, 1),
        part=st.sampled_from([Fraction(1, 3), Fraction(1), Fraction(1), Fraction(3, 2)]),
        rate=st.integers(0, 2_400),
    )
    def offer(self, data: st.DataObject, bank: int, part: Fraction, rate: int) -> None:
        index, claim, _ = self.pick(data)
        self.make_offer(index, bank, max(1, int(claim.asked * part)), rate)

    def make_offer(self, index: int, bank: int, amount: int, rate: int) -> None:
        claim, name = self.claims[index], self.claim_handle(index)
        versions = self.policies[bank]
        until = self.world.now_ms + 5 * DAY_MS
        draft = self.world.draft(
            "offered",
            name,
            lender=self.world.banks[bank].party,
            offer=handle("offer", index, len(claim.offers)),
            amount=Money(amount, "CNY"),
            rate_bps=rate,
            policy=max(1, len(versions)),
            valid_until_ms=until,
        )
        allowed = claim.status == "listed" and amount <= claim.asked and bool(versions)
        if self.enter(draft, allowed):
            alpha = versions[-1].u0
            made = Offer(bank=bank, amount=amount, rate=rate, alpha=alpha, until=until)
            claim.offers.append(made)

    @precondition(lambda self: any(claim.offers for claim in self.claims))
    @rule(data=st.data(), part=st.sampled_from([Fraction(1), Fraction(1, 2), Fraction(2)]))
    def reserve(self, data: st.DataObject, part: Fraction) -> None:
        offered = [i for i, claim in enumerate(self.claims) if claim.offers]
        index = data.draw(st.sampled_from(offered))
        claim = self.claims[index]
        place = data.draw(st.integers(0, len(claim.offers) - 1))
        self.take_offer(index, place, max(1, int(claim.offers[place].amount * part)))

    def take_offer(self, index: int, place: int, amount: int) -> None:
        claim = self.claims[index]
        offer = claim.offers[place]
        draft = self.world.draft(
            "reserved",
            self.claim_handle(index),
            lender=self.world.banks[offer.bank].party,
            offer=handle("offer", index, place),
            amount=Money(amount, "CNY"),
        )
        allowed = (
            claim.status == "listed"
            and self.world.now_ms <= offer.until
            and amount <= offer.amount
            and self.fits(claim, amount, offer)
        )
        if self.enter(draft, allowed):
            claim.status, claim.taken, claim.principal = "reserved", offer, amount
            claim.until = self.world.now_ms + 72 * HOUR_MS
            claim.entry = self.world.store.head().size - 1

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def lapse(self, data: st.DataObject) -> None:
        index, claim, name = self.pick(data)
        allowed = claim.status == "reserved" and self.world.now_ms >= claim.until
        if self.enter(self.world.draft("lapsed", name, entry=claim.entry), allowed):
            self.close(index, claim, "lapsed")

    @precondition(lambda self: any(claim.status in LIVE for claim in self.claims))
    @rule(data=st.data(), off=st.sampled_from([0, 0, 0, 1]), reused=st.sampled_from([0, 0, 1]))
    def carry_on(self, data: st.DataObject, off: int, reused: int) -> None:
        """Pledge what is reserved, fund what is pledged; sometimes wrongly."""
        live = [i for i, claim in enumerate(self.claims) if claim.status in LIVE]
        index = data.draw(st.sampled_from(live))
        if self.claims[index].status == "reserved":
            self.pledge(index, off=off, taken=bool(reused))
        else:
            self.fund(index, off=off)

    def pledge(self, index: int, *, off: int, taken: bool) -> None:
        claim, name = self.claims[index], self.claim_handle(index)
        used = [i for i, c in enumerate(self.claims) if c.status in ("pledged", "funded")]
        number = f"REG {self.claim_handle(used[0] if taken and used else index)}"
        amount = Money(claim.principal + off or 1, "CNY")
        draft = self.world.draft("pledged", name, amount=amount, reg_no=number)
        allowed = claim.status == "reserved" and off == 0 and not (taken and used)
        if self.enter(draft, allowed):
            claim.status = "pledged"

    def fund(self, index: int, *, off: int) -> None:
        claim, name = self.claims[index], self.claim_handle(index)
        draft = self.world.draft("funded", name, amount=Money(claim.principal + off or 1, "CNY"))
        late = self.world.today > dt.date(2026, 8, 29)
        if self.enter(draft, claim.status == "pledged" and off == 0 and not late):
            claim.status, claim.outstanding = "funded", claim.principal
            claim.counted = self.world.today

    @precondition(lambda self: any(claim.status == "funded" for claim in self.claims))
    @rule(
        data=st.data(),
        part=st.sampled_from([Fraction(1, 10), Fraction(1, 2), Fraction(1), Fraction(3, 2)]),
        lie=st.sampled_from([0, 0, 0, 1]),
    )
    def repay(self, data: st.DataObject, part: Fraction, lie: int) -> None:
        funded = [i for i, claim in enumerate(self.claims) if claim.status == "funded"]
        index = data.draw(st.sampled_from(funded))
        claim, name = self.claims[index], self.claim_handle(index)
        assert claim.taken is not None
        amount = max(1, int(claim.outstanding * part))
        days = (self.world.today - claim.counted).days
        due = claim.due + claim.outstanding * claim.taken.rate * days // 3_600_000
        interest = min(due, amount)
        principal = min(amount - interest, claim.outstanding)
        surplus = amount - interest - principal
        split = Split(interest=interest, principal=principal, surplus=surplus)
        if lie:
            split = Split(interest=interest + 1, principal=principal, surplus=surplus)
        draft = self.world.draft(
            "repaid", name, amount=Money(amount, "CNY"), split=split, bank_ref=f"IN {self.payments}"
        )
        self.payments += 1
        if self.enter(draft, not lie):
            claim.outstanding -= principal
            claim.due = due - interest
            claim.paid += interest
            claim.surplus += surplus
            claim.counted = self.world.today
            claim.status = "funded" if claim.outstanding else "repaid"

    @precondition(lambda self: any(c.status in ("funded", "repaid") for c in self.claims))
    @rule(data=st.data(), off=st.sampled_from([0, 0, 1]))
    def release(self, data: st.DataObject, off: int) -> None:
        chosen = [i for i, c in enumerate(self.claims) if c.status in ("funded", "repaid")]
        index = data.draw(st.sampled_from(chosen))
        claim, name = self.claims[index], self.claim_handle(index)
        draft = self.world.draft("released", name, amount=Money(claim.principal + off, "CNY"))
        before = self.world.order_state(self.order_handle(claim.order)).live
        if self.enter(draft, claim.status == "repaid" and off == 0):
            self.close(index, claim, "released")
            after = self.world.order_state(self.order_handle(claim.order)).live
            assert after == before  # I17: the principal was given back with its repayment

    def close(self, index: int, claim: Claim, status: str) -> None:
        claim.status = status
        self.final[index] = self.world.claim_state(self.claim_handle(index))

    # Consent (I10) -------------------------------------------------------------------------

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def sign_wrongly(self, data: st.DataObject) -> None:
        """A draft whose signatures are not exactly those that it needs is never entered."""
        _, claim, name = self.pick(data)
        event = {"requested": "screened", "screened": "listed"}.get(claim.status, "pledged")
        draft = self.world.draft(event, name)
        right = {(self.world.signer(need).kid, need.role) for need in draft.needs}
        everybody = sorted(self.world.people.items(), key=lambda item: item[0])
        roles = st.sampled_from([Role.SELLER, Role.LENDER, Role.BUYER, Role.OPERATOR])
        chosen = data.draw(
            st.lists(st.tuples(st.sampled_from([p for _, p in everybody]), roles), max_size=6)
        )
        if {(person.kid, role) for person, role in chosen} == right:
            return
        head = self.world.store.head()
        with pytest.raises(Refusal):
            self.world.submit(self.world.sign(draft, *chosen) if chosen else draft)
        assert self.world.store.head() == head

    # What always holds ---------------------------------------------------------------------

    @invariant()
    def model_and_record_agree(self) -> None:
        for index, order in enumerate(self.orders):
            state = self.world.order_state(self.order_handle(index))
            assert (state.status, state.net, state.version) == (
                order.status,
                order.net,
                order.version,
            )
            claims = [c for c in self.claims if c.order == index and c.live]
            assert sum(live.principal for live in state.live) == sum(c.live for c in claims)
            self.check_order(order, state, claims)
        for index, claim in enumerate(self.claims):
            known = self.world.claim_state(self.claim_handle(index))
            assert (known.status, known.outstanding) == (claim.status, claim.outstanding)
            assert (known.interest_paid, known.surplus) == (claim.paid, claim.surplus)
            assert 0 <= known.repaid <= known.principal  # I7
            if known.value_date is not None:
                assert known.repaid + known.outstanding == known.principal  # I16

    def check_order(self, order: Order, state: OrderState, claims: list[Claim]) -> None:
        stages = state.stages
        confirmed = order.status == "confirmed"
        assert stages.total + state.paid == (order.net if confirmed else 0)  # I8
        assert len({live.claim for live in state.live}) == len(state.live) == len(claims)  # I2
        share = Fraction(0)
        for claim in claims:
            assert claim.taken is not None
            share += Fraction(claim.live, self.limit(order, claim.taken.alpha))
        assert share <= 1  # I1
        assert state.currency == "CNY"  # I13
        assert self.world.store.state(f"tag/{state.tag}") == {
            "holder": handle("order", order.number),
            "index": state.index,
        }  # I4

    @invariant()
    def nothing_changes_after_its_end(self) -> None:
        for index, known in self.final.items():
            assert self.world.claim_state(self.claim_handle(index)) == known  # I12

    @invariant()
    def the_chain_is_whole_and_the_replay_equal(self) -> None:
        self.rereading.go_on()


SETTINGS = settings(
    max_examples=20,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=False,
)
Machine.TestCase.settings = SETTINGS
TestMachine = Machine.TestCase


@pytest.mark.long
@pytest.mark.timeout(3600)
class TestLongMachine(Machine.TestCase):  # type: ignore[name-defined,misc]  # made by Hypothesis
    """Longer sequences; well over a hundred thousand steps in the whole campaign."""

    settings = settings(
        SETTINGS,
        max_examples=2_000 if os.environ.get("PARKLOOM_LONG") == "full" else 100,
        stateful_step_count=100,
    )
