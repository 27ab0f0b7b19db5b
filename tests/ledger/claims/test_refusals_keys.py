"""Keys that replace keys, and a log that follows another: who must sign, what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.claims import events
from ledger.claims.drafts import Draft
from ledger.claims.key_states import LogKeyState, LogOpenedState
from ledger.claims.log_keys import keys_in_force
from ledger.claims.refusals import (
    KeyExists,
    KeyMismatch,
    LogKeyDiffers,
    LogOpenedTwice,
    SignatureUnexpected,
    Sm3RootMisplaced,
    WrongDuty,
    WrongParty,
)
from ledger.claims.state import KeyState
from ledger.errors import KeyRevoked, KeyUnknown, SignatureInvalid, SignatureMissing
from ledger.log import note
from ledger.log.keys import KeyFailed
from ledger.log.signing import key_id
from ledger.log.state import StateLayer
from ledger.values.consent import Duty, Role
from tests.ledger.verification.conftest import judge
from tests.support.certifying import ORIGIN
from tests.support.firms import Person, secret
from tests.support.parties import DAY_MS, NEVER_MS, START_MS, World


@pytest.fixture
def world() -> World:
    return World()


def person(name: str, like: Person) -> Person:
    """Return a person with a key of this name and otherwise like another."""
    return replace(like, key=secret(name))


def public(one: Person) -> bytes:
    return one.key.public_key().public_bytes_raw()


def rotation(world: World, old: Person, new: Person, **fields: object) -> Draft:
    facts: dict[str, object] = {
        "party": old.party,
        "replaces": old.kid,
        "public_key": public(new),
        "valid_from_ms": START_MS,
        "valid_to_ms": NEVER_MS,
        **fields,
    }
    return events.key_rotated(
        world.frame(),
        registrar=world.registrar,
        **facts,  # type: ignore[arg-type]  # a test's own fields
    )


def hands(world: World, *own: Person, role: Role = Role.PARTY) -> list[tuple[Person, Role]]:
    """Return the registrar's two and these."""
    registry = [(world.people[world.registrar, duty], Role.REGISTRAR) for duty in _TWO]
    return [*registry, *((one, role) for one in own)]


_TWO = (Duty.MAKER, Duty.CHECKER)


def test_a_rotated_key_stands_for_the_same_user_and_the_old_one_ends(world: World) -> None:
    old = world.seller.maker
    new = person("new maker", old)
    receipt = world.enter(rotation(world, old, new), *hands(world, old, new))
    before, after = (
        KeyState.from_json(world.store.state(f"key/{one.kid}") or {}) for one in (old, new)
    )
    assert (before.revoked, after.index, after.revoked) == (receipt.index, receipt.index, None)
    assert (after.party, after.user, after.duty) == (before.party, before.user, before.duty)


def test_the_old_key_signs_nothing_more_and_the_new_one_does(world: World) -> None:
    old = world.seller.maker
    new = person("new maker", old)
    world.enter(rotation(world, old, new), *hands(world, old, new))
    draft = world.order_draft()
    with pytest.raises(KeyRevoked):
        world.enter(draft, (old, Role.SELLER), (world.seller.checker, Role.SELLER))
    world.people[new.party, Duty.MAKER] = new
    assert world.enter(draft).index == world.store.head().size - 1


def test_a_certificate_shows_a_key_that_was_rotated(world: World) -> None:
    """The rotation's entry is the new key's enrolment and the old key's end."""
    order = world.confirmed_order()
    old = world.buyer.maker
    new = person("new maker", old)
    world.enter(rotation(world, old, new), *hands(world, old, new))
    assert judge(world.certificate(order), world)


@pytest.mark.parametrize("missing", ["old", "new"])
def test_both_keys_must_sign(world: World, missing: str) -> None:
    old = world.seller.maker
    new = person("new maker", old)
    own = [one for name, one in (("old", old), ("new", new)) if name != missing]
    with pytest.raises(SignatureMissing, match=old.kid if missing == "old" else new.kid):
        world.enter(rotation(world, old, new), *hands(world, *own))


def test_the_registrar_must_sign(world: World) -> None:
    old = world.seller.maker
    new = person("new maker", old)
    with pytest.raises(SignatureMissing):
        world.enter(rotation(world, old, new), (old, Role.PARTY), (new, Role.PARTY))


def test_another_key_cannot_sign_for_the_old_one(world: World) -> None:
    old, other = world.seller.maker, world.seller.checker
    new = person("new maker", old)
    with pytest.raises(WrongDuty):
        world.enter(rotation(world, old, new), *hands(world, other, new))


def test_a_forged_signature_of_the_new_key_is_found(world: World) -> None:
    old = world.seller.maker
    new = person("new maker", old)
    draft = world.sign(rotation(world, old, new), *hands(world, old, new))
    signatures = [
        one._replace(sig=bytes(64)) if one.kid == new.kid else one for one in draft.signatures
    ]
    with pytest.raises(SignatureInvalid):
        world.submit(replace(draft, signatures=tuple(signatures)))


def test_a_key_that_a_rotation_brings_signs_nothing_else(world: World) -> None:
    """It stands for itself alone: not as seller, and not for the registrar's two."""
    old = world.seller.maker
    new = person("new maker", old)
    with pytest.raises(KeyUnknown):
        world.enter(rotation(world, old, new), *hands(world, old, new), (new, Role.SELLER))


def test_a_key_of_another_party_is_not_rotated(world: World) -> None:
    old = world.seller.maker
    new = person("new maker", old)
    draft = rotation(world, old, new, party=world.buyer.party)
    with pytest.raises((WrongParty, SignatureUnexpected)):
        world.enter(draft, *hands(world, old, new))


def test_a_key_that_nobody_enrolled_is_not_rotated(world: World) -> None:
    old = person("stranger", world.seller.maker)
    new = person("new maker", old)
    with pytest.raises(KeyUnknown):
        world.enter(rotation(world, old, new), *hands(world, old, new))


def test_a_revoked_key_is_not_rotated(world: World) -> None:
    old = world.seller.maker
    new = person("new maker", old)
    world.enter(rotation(world, old, new), *hands(world, old, new))
    third = person("third", old)
    with pytest.raises(KeyRevoked):
        world.enter(rotation(world, old, third), *hands(world, old, third))


def test_a_known_key_cannot_be_the_new_one(world: World) -> None:
    old, new = world.seller.maker, world.buyer.maker
    with pytest.raises((KeyExists, SignatureUnexpected)):
        world.enter(rotation(world, old, new), *hands(world, old, new))


def test_a_key_is_named_after_its_bytes(world: World) -> None:
    old = world.seller.maker
    new, other = person("new maker", old), person("other", old)
    draft = rotation(world, old, new)
    body = {**draft.body, "subject": other.kid}
    with pytest.raises((KeyMismatch, SignatureInvalid)):
        world.enter(replace(draft, body=body), *hands(world, old, other))


def test_times_of_a_new_key_are_in_order(world: World) -> None:
    old = world.seller.maker
    new = person("new maker", old)
    draft = rotation(world, old, new, valid_to_ms=START_MS)
    with pytest.raises(KeyMismatch):
        world.enter(draft, *hands(world, old, new))


# The log's own key ---------------------------------------------------------------------------


def log_person(name: str, world: World) -> Person:
    return Person(party=world.operator.party, user="", duty=None, key=secret(name))


def log_rotation(world: World, old: Person, new: Person, *, overlap_ms: int = DAY_MS) -> Draft:
    return events.log_key_rotated(
        world.frame(),
        registrar=world.registrar,
        operator=world.operator.party,
        old_key=public(old),
        new_key=public(new),
        overlap_until_ms=world.now_ms + overlap_ms,
    )


def replace_log_key(world: World, old: Person, new: Person) -> int:
    operator = (world.operator.maker, Role.OPERATOR)
    keys = hands(world, old, new, role=Role.LOG)
    return world.enter(log_rotation(world, old, new), *keys, operator).index


def signer(one: Person) -> note.Signer:
    return note.Signer(name=ORIGIN, private_key=one.key)


def test_both_log_keys_sign_until_the_overlap_is_over(world: World) -> None:
    old, new = log_person("log 1", world), log_person("log 2", world)
    ring = [signer(old), signer(new)]
    state = StateLayer(world.store.state_bytes)
    assert keys_in_force(ring, state, world.now_ms) == (ring[0],)
    index = replace_log_key(world, old, new)
    known = LogKeyState.from_json(world.store.state("log_key/current") or {})
    assert (known.kid, known.index) == (new.kid, index)
    assert keys_in_force(ring, state, world.now_ms) == tuple(ring)
    assert keys_in_force(ring, state, world.now_ms + DAY_MS) == (ring[1],)


def test_a_key_that_must_sign_and_is_not_at_hand_stops_the_signer(world: World) -> None:
    old, new = log_person("log 1", world), log_person("log 2", world)
    replace_log_key(world, old, new)
    with pytest.raises(KeyFailed, match=new.kid):
        keys_in_force([signer(old)], StateLayer(world.store.state_bytes), world.now_ms)


def test_the_logs_key_is_replaced_from_the_current_one_on(world: World) -> None:
    first, second, third = (log_person(f"log {n}", world) for n in (1, 2, 3))
    replace_log_key(world, first, second)
    with pytest.raises(LogKeyDiffers) as refused:
        replace_log_key(world, first, third)
    assert refused.value.code == "LOG_KEY_DIFFERS"
    replace_log_key(world, second, third)
    known = LogKeyState.from_json(world.store.state("log_key/current") or {})
    assert known.kid == third.kid


@pytest.mark.parametrize("missing", ["old", "new", "operator", "registrar"])
def test_everybody_signs_the_replacement_of_the_logs_key(world: World, missing: str) -> None:
    old, new = log_person("log 1", world), log_person("log 2", world)
    own = [one for name, one in (("old", old), ("new", new)) if name != missing]
    signing = [(one, Role.LOG) for one in own]
    if missing != "operator":
        signing.append((world.operator.maker, Role.OPERATOR))
    if missing != "registrar":
        signing += hands(world)
    with pytest.raises(SignatureMissing):
        world.enter(log_rotation(world, old, new), *signing)


def test_a_log_key_signs_nothing_but_its_own_replacement(world: World) -> None:
    old, new = log_person("log 1", world), log_person("log 2", world)
    with pytest.raises(KeyUnknown):
        world.enter(log_rotation(world, old, new), *hands(world), (old, Role.OPERATOR))


# A log that follows another ------------------------------------------------------------------


def opening(world: World) -> Draft:
    return events.log_opened(
        world.frame(),
        registrar=world.registrar,
        operator=world.operator.party,
        previous="old.example/ledger",
        size=7,
        root="ab" * 32,
        checkpoint_sha256="cd" * 32,
        reason="compromised",
    )


def test_a_log_cites_the_one_that_it_follows_once(world: World) -> None:
    index = world.enter(opening(world)).index
    known = LogOpenedState.from_json(world.store.state("log_opened/current") or {})
    assert (known.previous, known.size, known.index) == ("old.example/ledger", 7, index)
    with pytest.raises(LogOpenedTwice) as refused:
        world.enter(opening(world))
    assert refused.value.code == "LOG_OPENED_TWICE"


# The SM3 root --------------------------------------------------------------------------------


def sm3_root(world: World, *, day: str = "", covers: int = 1) -> Draft:
    return events.log_sm3_root(
        world.frame(),
        operator=world.operator.party,
        day=day or world.today.isoformat(),
        covers=covers,
        root="ab" * 32,
    )


def test_one_sm3_root_a_day_over_what_is_there(world: World) -> None:
    world.enter(sm3_root(world))
    for wrong in (
        sm3_root(world),
        sm3_root(world, day="2020-01-01"),
        sm3_root(world, covers=world.store.head().size + 1),
    ):
        with pytest.raises(Sm3RootMisplaced) as refused:
            world.enter(wrong)
        assert refused.value.code == "SM3_ROOT_MISPLACED"
    world.pass_ms(DAY_MS)
    with pytest.raises(Sm3RootMisplaced):
        world.enter(sm3_root(world, covers=world.store.head().size + 1))
    world.enter(sm3_root(world))


def test_replay_of_replaced_keys_gives_the_same_state(world: World) -> None:
    """The new events are replayed like all others, state roots included."""
    old = world.seller.maker
    new = person("new maker", old)
    world.enter(rotation(world, old, new), *hands(world, old, new))
    replace_log_key(world, log_person("log 1", world), log_person("log 2", world))
    world.enter(opening(world))
    live = {key: world.store.state_bytes(key) for key in world.store.keys("")}
    replayed = world.replayed()
    assert replayed == {key: live[key] for key in replayed}
    assert key_id(public(new)) == new.kid
