"""What the state root proves: the summary, the keys' standing, absence, and the quorum."""

from dataclasses import replace

import pytest

from ledger.claims import events
from ledger.claims.duplicates import identity_tag
from ledger.errors import NotVerified
from ledger.log.cosignature import Cosigner
from ledger.log.note import split_note
from ledger.log.policy import Policy, PolicyGroup, PolicyLog, PolicyWitness
from ledger.statemap.proofs import order_key, standing_key, value_of
from ledger.statemap.tree import StateMap
from ledger.values.consent import Role
from ledger.verification.certificate import Certificate, from_json, to_json
from ledger.verification.report import not_proved_line, proved_line
from ledger.verification.report import to_json as report_of
from ledger.verification.verify import Trust, verify
from tests.ledger.verification.conftest import expect_rejected, judge, trust_in
from tests.ledger.verification.forging import Forgery
from tests.support.certifying import LOG_KEY, ORIGIN
from tests.support.firms import handle, secret
from tests.support.parties import TAG_KEY, World

SEEN_S = 1_767_230_000


def rejected(certificate: Certificate, world: World, code: str) -> NotVerified:
    """Expect that a certificate is not proved, with a code."""
    with pytest.raises(NotVerified) as caught:
        judge(certificate, world)
    assert caught.value.code == code, caught.value
    return caught.value


# A dishonest operator states another map -----------------------------------------------------


def restate(forgery: Forgery, **fields: object) -> None:
    """Let the operator sign another state root."""
    forgery.body(forgery.indexes[-1], **fields)
    forgery.sign(forgery.indexes[-1])


def map_of(forgery: Forgery, summary: dict[str, object] | None = None) -> Forgery:
    """Put a summary of the order into a map beside the keys' standings, and state its root."""
    evidence = forgery.evidence
    summary = dict(evidence.summary) if summary is None else summary
    tag = str(forgery.world.order_state(forgery.order).tag)
    state_map = StateMap()
    standings = {standing_key(key.kid): value_of(key.standing) for key in evidence.keys}
    state_map.put({**standings, order_key(tag): value_of(summary)})
    keys = tuple(
        replace(key, proof=state_map.prove(standing_key(key.kid))) for key in evidence.keys
    )
    proof = state_map.prove(order_key(tag))
    forgery.evidence = replace(evidence, summary=summary, proof=proof, keys=keys)
    restate(forgery, root=state_map.root.hex())
    return forgery


def test_a_map_made_by_hand_is_proved_when_it_says_the_same(forgery: Forgery) -> None:
    """What `map_of` makes is sound: the tests below change one thing each."""
    assert judge(map_of(forgery).certificate(), forgery.world).about.length == 10


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("v", 2),
        ("order", "ab" * 16),
        ("head", "ab" * 32),
        ("sequence", 8),
        ("status", "submitted"),
        ("version", 2),
        ("buyer", "ab" * 16),
        ("seller", "ab" * 16),
        ("currency", "EUR"),
        ("net", "100000001"),
        ("units", "ab" * 32),
        ("paid", "1"),
        ("paid", "-1"),
        ("paid", 0),
        ("stages", []),
        ("stages", {"u0": "100000000"}),
        ("stages", {"u0": "100000001", "u1": "0", "w": "0", "r": "0"}),
        ("live", "none"),
        ("live", []),
        ("live", [5]),
        ("extra", 1),
    ],
)
def test_a_summary_must_say_what_the_chain_says(forgery: Forgery, name: str, value) -> None:
    summary = {**forgery.evidence.summary, name: value}
    expect_rejected(map_of(forgery, summary), "SUMMARY_DIFFERS")


@pytest.mark.parametrize(
    "change",
    [
        {"principal": "30000001"},
        {"lender": "ab" * 16},
        {"claim": "ab" * 16},
        {"principal": "030000000"},
        {"m": 5},
        {"more": 1},
    ],
)
def test_the_summarys_live_claims_are_those_of_the_chain(forgery: Forgery, change) -> None:
    (live,) = forgery.evidence.summary["live"]
    summary = {**forgery.evidence.summary, "live": [{**live, **change}]}
    expect_rejected(map_of(forgery, summary), "SUMMARY_DIFFERS")


def test_a_live_claim_is_listed_once(forgery: Forgery) -> None:
    (live,) = forgery.evidence.summary["live"]
    summary = {**forgery.evidence.summary, "live": [live, live]}
    expect_rejected(map_of(forgery, summary), "SUMMARY_DIFFERS")


@pytest.mark.parametrize("limit", ["29999999", "0"])
def test_limits_that_do_not_carry_the_live_principal(forgery: Forgery, limit: str) -> None:
    (live,) = forgery.evidence.summary["live"]
    summary = {**forgery.evidence.summary, "live": [{**live, "m": limit}]}
    expect_rejected(map_of(forgery, summary), "OVER_PLEDGED")


def test_a_summary_that_the_map_does_not_hold(forgery: Forgery) -> None:
    forgery.evidence = replace(
        forgery.evidence, summary={**forgery.evidence.summary, "net": "100000001"}
    )
    expect_rejected(forgery, "MAP_VALUE_DIFFERS")


def test_a_root_over_another_map(forgery: Forgery) -> None:
    restate(forgery, root="ab" * 32)
    expect_rejected(forgery, "MAP_ROOT_DIFFERS")


def test_an_order_that_the_map_does_not_hold(forgery: Forgery) -> None:
    absent = forgery.world.evidence(tag="ab" * 32)
    forgery.evidence = replace(forgery.evidence, proof=absent.proof)
    assert expect_rejected(forgery, "MAP_PROOF_MALFORMED")
    map_of(forgery)
    state_map = StateMap()
    state_map.put({standing_key("00" * 16): value_of({})})
    tag = str(forgery.world.order_state(forgery.order).tag)
    forgery.evidence = replace(forgery.evidence, proof=state_map.prove(order_key(tag)))
    restate(forgery, root=state_map.root.hex())
    expect_rejected(forgery, "MAP_ABSENT")


def test_an_older_history_under_the_newest_root(forgery: Forgery) -> None:
    """The last entry of the chain is left out: its summary stands in the map and gives it away."""
    forgery.drop(forgery.find("claim.repaid"))
    expect_rejected(forgery, "SUMMARY_DIFFERS")


@pytest.mark.parametrize("tag", [None, "", "é" * 64, "AB" * 32])
def test_a_submission_without_its_tag(forgery: Forgery, tag: str | None) -> None:
    forgery.meta(forgery.find("order.submitted"), tag=tag)
    expect_rejected(forgery, "FACTS_DIFFER")


# The state root's own entry ------------------------------------------------------------------


def test_a_root_that_covers_less_than_all_before_it(forgery: Forgery) -> None:
    restate(forgery, covers=forgery.indexes[-1] - 1)
    expect_rejected(forgery, "ROOT_COVERS")


def test_a_certificate_needs_one_root_which_is_last(certified) -> None:
    world, order = certified
    forgery = Forgery.of(world, order)
    forgery.drop(forgery.indexes[-1])
    expect_rejected(forgery, "ROOT_MISSING")
    world = World()
    order = world.confirmed_order()
    world.seal()
    first = world.store.head().size - 1
    world.request(order, 1_000)
    forgery = Forgery.of(world, order)
    forgery.indexes = sorted({*forgery.indexes, first})
    expect_rejected(forgery, "UNEXPECTED_ENTRY")
    forgery.drop(forgery.indexes[-1])
    expect_rejected(forgery, "ROOT_TOO_OLD")


def test_a_root_that_the_operator_has_not_signed(forgery: Forgery) -> None:
    forgery.body(forgery.indexes[-1], root="ab" * 32)
    expect_rejected(forgery, "SIGNATURE_INVALID")
    buyer = forgery.world.buyer.maker
    forgery.sign(forgery.indexes[-1], (buyer, Role.OPERATOR))
    expect_rejected(forgery, "ROLE_NOT_HELD")


# The standing of keys ------------------------------------------------------------------------


def test_the_standing_of_every_enrolled_key_is_there_once(certified) -> None:
    world, order = certified
    certificate = world.certificate(order)
    keys = certificate.keys
    for changed, code in (
        (keys[1:], "KEY_STANDING_MISSING"),
        ((*keys, keys[-1]), "KEY_STANDING_UNEXPECTED"),
        (keys[::-1], "KEY_STANDING_UNEXPECTED"),
        ((*keys[:-1], replace(keys[-1], standing={})), "MAP_VALUE_DIFFERS"),
        ((*keys[:-1], replace(keys[-1], proof=keys[0].proof)), "MAP_PROOF_MALFORMED"),
    ):
        rejected(replace(certificate, keys=changed), world, code)


def test_a_standing_must_say_what_the_enrolment_says(forgery: Forgery) -> None:
    first, *others = forgery.evidence.keys
    odd = replace(first, standing={**first.standing, "duty": "viewer"})
    forgery.evidence = replace(forgery.evidence, keys=(odd, *others))
    expect_rejected(map_of(forgery), "KEY_STANDING_DIFFERS")


def revoking_world() -> tuple[World, str]:
    """Return a world whose seller's maker key was revoked after it had signed."""
    world = World()
    order = world.confirmed_order()
    world.enter(
        events.key_revoked(
            world.frame(),
            registrar=world.registrar,
            party=world.seller.party,
            kid=world.seller.maker.kid,
            reason="left",
        )
    )
    return world, order


def test_a_revocation_left_out_is_told_by_the_map() -> None:
    world, order = revoking_world()
    forgery = Forgery.of(world, order)
    revocation = forgery.find("key.revoked")
    forgery.drop(revocation)
    verdict = judge(forgery.certificate(), world)
    assert verdict.revoked == {world.seller.maker.kid: revocation}
    assert f"{world.seller.maker.kid} by entry {revocation}" in proved_line(verdict)


def test_a_revocation_that_the_map_does_not_know() -> None:
    world, order = revoking_world()
    forgery = Forgery.of(world, order)
    keys = tuple(
        replace(key, standing={k: v for k, v in key.standing.items() if k != "revoked"})
        for key in forgery.evidence.keys
    )
    forgery.evidence = replace(forgery.evidence, keys=keys)
    expect_rejected(map_of(forgery), "KEY_STANDING_DIFFERS")


@pytest.mark.parametrize("at", [0, 10_000, "5"])
def test_a_key_that_the_map_says_was_revoked_before_it_signed(at: object) -> None:
    world = World()
    order = world.confirmed_order()
    forgery = Forgery.of(world, order)
    kid = world.seller.maker.kid
    keys = tuple(
        replace(key, standing={**key.standing, "revoked": at}) if key.kid == kid else key
        for key in forgery.evidence.keys
    )
    forgery.evidence = replace(forgery.evidence, keys=keys)
    expect_rejected(map_of(forgery), "KEY_REVOKED")


# Absence -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def absent() -> World:
    """A world with an order, whose log lacks others."""
    world = World()
    world.confirmed_order("PO-1")
    return world


def test_an_order_that_is_not_there(absent: World) -> None:
    verdict = verify(from_json(to_json(absent.absence("PO-7"))), trust_in(absent))
    assert (verdict.about.number, verdict.about.tag[:4]) != ("PO-1", "")
    assert "no order stands under the tag" in proved_line(verdict)
    assert "'PO-7'" in proved_line(verdict)
    assert "it is the operator's word" in not_proved_line(verdict)
    assert absent.operator.maker.kid in not_proved_line(verdict)
    assert report_of(verdict)["absent"]["number"] == "PO-7"
    assert "order" not in report_of(verdict)


def test_an_empty_record_lacks_every_order() -> None:
    world = World()
    assert judge(world.absence("PO-1"), world).about.number == "PO-1"


def test_no_absence_of_an_order_that_is_there(absent: World) -> None:
    rejected(absent.absence("PO-1"), absent, "MAP_PRESENT")
    there = identity_tag(
        TAG_KEY,
        ORIGIN,
        buyer=absent.buyer.party,
        seller=absent.seller.party,
        number="PO-1",
    )
    forged = absent.absence("PO-7")
    other = replace(forged.about, tag=there)
    rejected(replace(forged, about=other), absent, "MAP_PROOF_MALFORMED")


@pytest.mark.parametrize(
    "change",
    [
        {"number": "PO-8"},
        {"tag": "é"},
        {"tag": "AB" * 32},
        {"buyer": "ab" * 16},
        {"seller": "ab" * 16},
        {"sig": bytes(64)},
        {"sig": b""},
        {"kid": "ab" * 16},
    ],
)
def test_the_operators_word_is_signed_by_the_operator(absent: World, change) -> None:
    certificate = absent.absence("PO-7")
    about = replace(certificate.about, **change)
    rejected(replace(certificate, about=about), absent, "TAG_STATEMENT")


def test_the_word_of_another_party_is_not_the_operators(absent: World) -> None:
    certificate = absent.absence("PO-7")
    registrar = absent.registry.maker
    sig = registrar.key.sign(b"whatever")
    about = replace(certificate.about, kid=registrar.kid, sig=sig)
    rejected(replace(certificate, about=about), absent, "TAG_STATEMENT")


def test_an_absence_shows_no_events(absent: World) -> None:
    order = absent.certificate(handle("order", "PO-1"))
    about = absent.absence("PO-7").about
    rejected(replace(order, about=about), absent, "UNEXPECTED_ENTRY")


# Witnesses -----------------------------------------------------------------------------------


WITNESSES = [Cosigner(name=f"w{n}.example", private_key=secret(f"witness {n}")) for n in range(3)]
POLICY = Policy(
    logs=(PolicyLog(key=LOG_KEY.verifier),),
    witnesses=tuple(PolicyWitness(name=f"w{n}", key=w.verifier) for n, w in enumerate(WITNESSES)),
    groups=(PolicyGroup(name="two", threshold=2, members=("w0", "w1", "w2")),),
    quorum="two",
)


def cosigned(certificate: Certificate, count: int) -> Certificate:
    """Return the certificate under a checkpoint with so many cosignatures, one second apart."""
    note = certificate.checkpoint.encode()
    text, _ = split_note(note)
    for place, witness in enumerate(WITNESSES[:count]):
        note += witness.cosign(text, time_s=SEEN_S + place)
    return replace(certificate, checkpoint=note.decode())


def test_a_quorum_is_proved_with_its_time(certified) -> None:
    world, order = certified
    trust = Trust(registrar_root=trust_in(world).registrar_root, policy=POLICY)
    certificate = cosigned(world.certificate(order), 3)
    verdict = verify(from_json(to_json(certificate)), trust)
    assert verdict.evaluation.time_s == SEEN_S + 1
    assert "witnessed by w0, w1, w2 at 2026-01-01 01:13:21 UTC" in proved_line(verdict)
    assert "everybody the same tree" not in not_proved_line(verdict)
    assert report_of(verdict)["witness_time"] == SEEN_S + 1
    assert report_of(verdict)["witnesses"] == {"w0": SEEN_S, "w1": SEEN_S + 1, "w2": SEEN_S + 2}


def test_too_few_witnesses_are_no_quorum(certified) -> None:
    world, order = certified
    trust = Trust(registrar_root=trust_in(world).registrar_root, policy=POLICY)
    for count in (0, 1):
        with pytest.raises(NotVerified) as caught:
            verify(cosigned(world.certificate(order), count), trust)
        assert caught.value.code == "QUORUM_MISSING"


def test_a_witnessed_certificate_verifies_with_the_logs_key_alone(certified) -> None:
    world, order = certified
    verdict = judge(cosigned(world.certificate(order), 3), world)
    assert verdict.evaluation.time_s is None
    assert "no witness has been asked for" in proved_line(verdict)


def test_a_damaged_line_of_an_unknown_witness_is_found(certified) -> None:
    """The note's form ignores lines of unknown keys; the file's digest does not."""
    world, order = certified
    data = to_json(cosigned(world.certificate(order), 1))
    place = data.index(b"w0.example ") + 20
    other = b"A" if data[place : place + 1] != b"A" else b"B"
    damaged = from_json(data[:place] + other + data[place + 1 :])
    rejected_as(damaged, trust_in(world), "FILE_DAMAGED")


def rejected_as(certificate: Certificate, trust: Trust, code: str) -> None:
    with pytest.raises(NotVerified) as caught:
        verify(certificate, trust)
    assert caught.value.code == code
