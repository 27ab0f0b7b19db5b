"""State roots in the record: who may state one, over what, what a replay says to a wrong one."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ledger.claims import events
from ledger.claims.drafts import Draft
from ledger.claims.limit import ceiling
from ledger.claims.refusals import (
    BodyRefused,
    RootCovers,
    RuleVersionRefused,
    StateRootDiffers,
    TotalsDiffer,
)
from ledger.claims.roots import (
    NO_UNITS,
    RootChecker,
    changes_of,
    item,
    order_summary,
    summary_of,
    touched,
)
from ledger.claims.rules import ClaimRules
from ledger.claims.state import Total
from ledger.claims.totals import load_totals
from ledger.errors import Corruption, KeyRevoked
from ledger.log.entry import parse_leaf
from ledger.log.memory import MemoryLogStore
from ledger.log.replay import Replay, ReplayFailed, ReplayStart
from ledger.log.sequencer import Sequencer
from ledger.log.state import StateLayer
from ledger.log.store import AppendRequest
from ledger.statemap.proofs import order_key, standing_key, value_of
from ledger.statemap.tree import StateMap
from ledger.values.money import Money
from tests.support.certifying import ORIGIN
from tests.support.firms import handle
from tests.support.parties import DAY_MS, World


def replay_of(world: World, roots: RootChecker | None = None) -> Replay:
    """Return a replay of everything, which holds no tag key."""
    rules = ClaimRules(ORIGIN, world.root.public_key().public_bytes_raw(), None)
    replay = Replay(ORIGIN, rules, roots=roots or RootChecker())
    replay.extend(world.leaves())
    return replay


EMPTY = StateLayer(lambda _: None)


def state_of(world: World) -> StateLayer:
    """Return the stored state as rules read it."""
    return StateLayer(world.store.state_bytes)


@pytest.fixture
def world() -> World:
    """A world with one funded claim, not sealed."""
    made = World()
    made.funded_claim(made.confirmed_order(), 40_000_000)
    return made


def state_root(world: World, **fields: object) -> Draft:
    """Return the draft of a right state root, `fields` replacing parts."""
    facts: dict[str, object] = {
        "operator": world.operator.party,
        "root": bytes(32),
        "covers": world.store.head().size,
        "rules": 1,
        "totals": [Total(currency="CNY", orders=1, value=100_000_000, live=40_000_000)],
        **fields,
    }
    return events.state_root(world.frame(), **facts)


# Sealing -------------------------------------------------------------------------------------


def test_a_root_is_entered_when_entries_have_arrived_and_once(world: World) -> None:
    size = world.store.head().size
    assert world.seal()
    assert not world.seal()
    body = parse_leaf(world.store.leaf(size)).body
    assert (body["type"], body["covers"], body["rules"]) == ("state.root", size, 1)
    assert body["totals"] == [
        {"currency": "CNY", "orders": 1, "value": "100000000", "live": "40000000"}
    ]
    version = world.store.map_version(size + 1)
    assert (version.index, version.root.hex()) == (size, body["root"])
    assert world.store.map_version(size) is None


def test_no_root_without_an_operators_key() -> None:
    """Before its enrolment, after its revocation, and after its time."""
    world = World()
    kid = world.operator.maker.kid
    empty = Sequencer(MemoryLogStore(ORIGIN), world.rules, origin=ORIGIN, roots=world.roots)
    assert not empty.seal()
    assert not world.roots.ready(state_of(world), time_ms=world.now_ms + 365 * 100 * DAY_MS)
    assert world.roots.ready(state_of(world), time_ms=world.now_ms)
    world.enter(
        events.key_revoked(
            world.frame(),
            registrar=world.registrar,
            party=world.operator.party,
            kid=kid,
            reason="left",
        )
    )
    assert not world.seal()
    assert not world.roots.ready(EMPTY, time_ms=world.now_ms)


def test_a_log_without_roots_is_sealed_by_nobody() -> None:
    world = World()
    assert not world.sequencer.seal()


def test_several_sequencers_share_one_stored_map(world: World) -> None:
    """Each may find roots that another stated, and entries that it has not seen itself."""
    other = Sequencer(
        world.store,
        world.rules,
        origin=ORIGIN,
        roots=replace(world.roots),
        clock_ms=lambda: world.now_ms,
    )
    first = replay_of(world)
    assert other.seal()
    world.confirmed_order("PO-2")
    assert world.seal()
    world.sequencer = world.sealer
    world.confirmed_order("PO-3")
    assert world.seal()
    world.confirmed_order("PO-4")
    assert other.seal()
    replay = replay_of(world)
    assert replay.head == world.store.head() != first.head
    assert replay.changes == world.store._memory.state


def test_the_sealer_remembers_what_it_entered_itself(world: World) -> None:
    """The entries are read again only where another sequencer entered them."""
    world.seal()
    world.sequencer = world.sealer
    world.confirmed_order("PO-2")
    read: list[int] = []
    leaves = world.store.leaves
    world.store.leaves = lambda start, stop: read.append(start) or leaves(start, stop)  # type: ignore[method-assign]
    assert world.seal()
    assert read == []


def test_a_root_that_is_refused_stops_the_log(world: World, monkeypatch) -> None:
    """The state then contradicts itself: a person has to look."""
    monkeypatch.setattr("ledger.claims.roots.load_totals", lambda _: ())
    head = world.store.head()
    with pytest.raises(Corruption) as caught:
        world.seal()
    assert caught.value.code == "ROOT_REFUSED"
    assert world.store.head() == head


def test_old_pages_go_when_their_versions_are_published(world: World) -> None:
    """Without publishing every version is kept; afterwards the last two alone."""
    kept = []
    for number in range(4):
        world.confirmed_order(f"PO-{number + 2}")
        world.seal()
        kept.append(world.store.map_version(world.store.head().size))
    assert all(StateMap(world.store.map_pages, root=one.root).prove(bytes(32)) for one in kept)
    world.roots.published = lambda: world.store.head().size
    world.confirmed_order("PO-9")
    world.seal()
    StateMap(world.store.map_pages, root=kept[-1].root).prove(bytes(32))
    for one in kept[:-1]:
        with pytest.raises(Corruption):
            StateMap(world.store.map_pages, root=one.root).prove(bytes(32))


# What the rules refuse -----------------------------------------------------------------------


@pytest.mark.parametrize("off", [-1, 1])
def test_a_root_over_other_entries(world: World, off: int) -> None:
    with pytest.raises(RootCovers) as refused:
        world.enter(state_root(world, covers=world.store.head().size + off))
    assert refused.value.code == "ROOT_COVERS"


def test_a_second_root_in_a_row(world: World) -> None:
    world.enter(state_root(world))
    with pytest.raises(RootCovers):
        world.enter(state_root(world))


def test_a_root_of_other_rules(world: World) -> None:
    with pytest.raises(RuleVersionRefused):
        world.enter(state_root(world, rules=2))


@pytest.mark.parametrize(
    "totals",
    [
        [],
        [Total(currency="CNY", orders=2, value=100_000_000, live=40_000_000)],
        [Total(currency="CNY", orders=1, value=100_000_001, live=40_000_000)],
        [Total(currency="CNY", orders=1, value=100_000_000, live=40_000_001)],
        [Total(currency="EUR", orders=1, value=100_000_000, live=40_000_000)],
    ],
)
def test_a_root_with_other_totals(world: World, totals: list[Total]) -> None:
    with pytest.raises(TotalsDiffer) as refused:
        world.enter(state_root(world, totals=totals))
    assert refused.value.code == "TOTALS_DIFFER"


@pytest.mark.parametrize(
    "totals",
    [
        [{"currency": "CNY"}],
        ["CNY"],
        [{"currency": "XXQ", "orders": 1, "value": "1", "live": "1"}],
        [{"currency": "CNY", "orders": -1, "value": "1", "live": "1"}],
        [{"currency": "CNY", "orders": 1, "value": "01", "live": "1"}],
        [{"currency": "CNY", "orders": 1, "value": "1", "live": 1}],
        [{"currency": "CNY", "orders": 1, "value": "1", "live": "1"}] * 2,
        "none",
    ],
)
def test_totals_of_another_shape(world: World, totals: object) -> None:
    class Odd:
        def __init__(self, value: object) -> None:
            self.value = value

        def to_json(self) -> object:
            return self.value

    listed = totals if isinstance(totals, list) else [totals]
    with pytest.raises(BodyRefused):
        state_root(world, totals=[Odd(one) for one in listed])


def test_a_revoked_operators_key_states_nothing(world: World) -> None:
    draft = world.sign(state_root(world))
    world.enter(
        events.key_revoked(
            world.frame(),
            registrar=world.registrar,
            party=world.operator.party,
            kid=world.operator.maker.kid,
            reason="left",
        )
    )
    with pytest.raises(KeyRevoked):
        world.submit(draft)


# Replay --------------------------------------------------------------------------------------


def test_a_replay_finds_a_wrong_root(world: World) -> None:
    """The rules alone do not know the map; who follows it does, and names the entry."""
    wrong = world.enter(state_root(world)).index
    with pytest.raises(ReplayFailed) as caught:
        replay_of(world)
    assert (caught.value.code, caught.value.index) == ("STATE_ROOT_DIFFERS", wrong)
    assert caught.value.code == StateRootDiffers.code
    rules = ClaimRules(ORIGIN, world.root.public_key().public_bytes_raw(), None)
    assert Replay(ORIGIN, rules).extend(world.leaves()) == world.store.head()


def test_a_replay_goes_on_from_stored_pages(world: World) -> None:
    """A mirror that restarts reads the map's pages instead of replaying everything."""
    world.seal()
    pages: dict[bytes, bytes] = {}

    def read(hashes):
        return {one: pages[one] for one in hashes if one in pages}

    roots = RootChecker(StateMap(read))
    replay = replay_of(world, roots)
    pages |= roots.state_map.take_pages()[0]
    done, state = replay.head, dict(replay.changes)
    world.confirmed_order("PO-2")
    world.seal()
    again = RootChecker(StateMap(read, root=roots.state_map.root), waiting=roots.waiting)
    start = ReplayStart(head=done, read=state.get, entered=replay.entered.__contains__)
    rules = ClaimRules(ORIGIN, world.root.public_key().public_bytes_raw(), None)
    resumed = Replay(ORIGIN, rules, roots=again, start=start)
    assert resumed.extend(world.leaves()[done.size :]) == world.store.head()
    assert again.state_map.root == world.store.map_version(world.store.head().size).root


# What is in the map --------------------------------------------------------------------------


def test_what_entries_touch() -> None:
    order, kid = handle("o"), handle("k")
    assert touched({"type": "order.submitted", "order": order}) == (f"order/{order}",)
    assert touched({"type": "key.enrolled", "subject": kid}) == (f"key/{kid}",)
    assert touched({"type": "key.revoked", "subject": kid}) == (f"key/{kid}",)
    assert touched({"type": "policy.set", "subject": kid}) == ()
    assert item(EMPTY, f"order/{order}") is None
    assert item(EMPTY, f"key/{kid}") is None


def test_the_summary_of_an_order(world: World) -> None:
    (order,) = {str(parse_leaf(leaf).body.get("order")) for leaf in world.leaves()} - {"None"}
    known, head = world.order_state(order), world.store.chain_head(order)
    summary = order_summary(order, known.to_json(), head)
    assert int(summary["live"][0]["m"]) == ceiling(known.eligible, known.live[0].alphas)
    (live,) = summary.pop("live")
    assert live == {
        "claim": known.live[0].claim,
        "lender": world.bank.party,
        "principal": "40000000",
        "m": "50000000",
    }
    assert summary == {
        "v": 1,
        "order": order,
        "head": head.leaf_hash.hex(),
        "sequence": 8,
        "status": "confirmed",
        "version": 1,
        "buyer": world.buyer.party,
        "seller": world.seller.party,
        "currency": "CNY",
        "net": "100000000",
        "paid": "0",
        "stages": {"u0": "100000000", "u1": "0", "w": "0", "r": "0"},
        "units": NO_UNITS,
    }
    key, value = item(state_of(world), f"order/{order}")
    assert (key, value) == (order_key(known.tag), value_of({**summary, "live": [live]}))


def test_the_standing_of_a_key(world: World) -> None:
    kid = world.bank.maker.kid
    key, standing = summary_of(state_of(world), f"key/{kid}")
    assert key == standing_key(kid)
    assert (standing["party"], standing["duty"]) == (world.bank.party, "maker")
    assert "revoked" not in standing
    revocation = world.enter(
        events.key_revoked(
            world.frame(),
            registrar=world.registrar,
            party=world.bank.party,
            kid=kid,
            reason="left",
        )
    )
    assert summary_of(state_of(world), f"key/{kid}")[1] == {**standing, "revoked": revocation.index}


def test_totals_follow_every_order() -> None:
    """Rejected orders count, but are worth nothing; each currency stands by itself."""
    world = World()
    assert load_totals(state_of(world)) == ()
    world.enter(world.order_draft("PO-1"))
    euro = world.confirmed_order("PO-2", currency="EUR", net_minor=500)
    claim = world.funded_claim(euro, 100)
    assert load_totals(state_of(world)) == (
        Total(currency="CNY", orders=1, value=0, live=0),
        Total(currency="EUR", orders=1, value=500, live=100),
    )
    world.enter(world.draft("repaid", claim, amount=Money(100, "EUR")))
    assert load_totals(state_of(world))[1].live == 0


@pytest.mark.parametrize("make", [lambda world: world.confirmed_order("PO-2"), None])
def test_an_independent_map_has_the_same_root(
    world: World, make: Callable[[World], object] | None
) -> None:
    if make is not None:
        world.seal()
        make(world)
    world.seal()
    replay = replay_of(world)
    names = [key for key in replay.changes if key.partition("/")[0] in ("order", "key")]
    whole = StateMap()
    whole.put(changes_of(replay.state, names))
    assert whole.root == world.store.map_version(world.store.head().size).root


def test_the_request_of_a_root_is_of_the_operator(world: World) -> None:
    with world.store.reader() as reader:
        signed = world.roots.make(reader, state_of(world), [], size=3, time_ms=world.now_ms)
    assert isinstance(signed.request, AppendRequest)
    (signature,) = signed.request.signatures
    assert (signature.kid, signature.role) == (world.operator.maker.kid, "operator")
