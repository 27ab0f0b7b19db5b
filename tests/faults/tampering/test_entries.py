"""He changes what stands in the log, and has no key: the gate, an audit and any proof notice."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from api.demo import deal
from api.services import certificates, log_files, records
from ledger.claims import drafts
from ledger.claims.state import KeyState, OrderState
from ledger.errors import Corruption, Expired, NotVerified, Refusal, StaleHead, WrongLog
from ledger.log import canonical
from ledger.log.checkpoint import parse_checkpoint
from ledger.log.client import VerifiedTiles
from ledger.log.entry import Envelope, leaf_hash, parse_leaf
from ledger.log.merkle import Frontier, verify_inclusion
from ledger.log.note import split_note
from ledger.log.signing import key_id, sign_body
from ledger.values.consent import EventType
from ledger.verification import certificate as files
from tests.support.audits import codes, relinked, with_body, with_meta
from tests.support.log_parts import private_key
from tests.support.stage import LENDER
from tests.support.tampering import Scene, tile_paths


def place_of(leaves: list[bytes], event: EventType) -> int:
    """Return the index of the first entry of a type."""
    return next(at for at, leaf in enumerate(leaves) if parse_leaf(leaf).body["type"] == event)


def refused_by_gate(scene: Scene, code: str, inner: str = "") -> None:
    """Expect that the gate signs nothing, and says why."""
    with pytest.raises(Corruption) as caught:
        scene.gate().sign(scene.head())
    assert caught.value.code == code, caught.value
    assert inner in caught.value.message
    assert scene.gate().last_note() is None


# Row 1: he edits an entry, a leaf hash, a tile or the chain --------------------------------------


def test_an_edited_entry_is_noticed_by_audit_proof_and_gate(scene: Scene) -> None:
    """The value of an order is raised tenfold, in the row alone."""
    leaves = scene.leaves()
    at = place_of(leaves, EventType.ORDER_SUBMITTED)
    net = str(parse_leaf(leaves[at]).body["net"])
    changed = leaves[at].replace(b'"net":"%s"' % net.encode(), b'"net":"%s0"' % net.encode(), 1)
    scene.insider.run(
        "UPDATE ledger_leaf SET data = :leaf WHERE leaf_index = :at", leaf=changed, at=at
    )
    found = codes(scene.audit())
    assert {"ROW_DIFFERS", "ENTRY_UNSIGNED", "TILE_DIFFERS", "ROOT_DIFFERS"} <= set(found)
    assert "SIGNATURE_INVALID" in found
    proof = log_files.inclusion(scene.workspace, at)
    with pytest.raises(NotVerified) as caught:
        verify_inclusion(
            at,
            proof.size,
            leaf_hash(changed),
            [bytes.fromhex(one) for one in proof.proof],
            bytes.fromhex(proof.root),
        )
    assert caught.value.code == "ROOT_DIFFERS"
    refused_by_gate(scene, "REPLAY_FAILED", "SIGNATURE_INVALID")


def test_an_edited_leaf_hash_is_noticed_by_the_audit(scene: Scene) -> None:
    """The column from which tiles are not even made."""
    scene.insider.run("UPDATE ledger_leaf SET leaf_hash = :h WHERE leaf_index = 2", h=b"\7" * 32)
    assert codes(scene.audit()) == ["ROW_DIFFERS"]


def test_an_edited_tile_is_noticed_by_audit_and_client(scene: Scene) -> None:
    """Any inclusion proof from it fails."""
    path = tile_paths(len(scene.leaves()))[0]
    file = scene.workspace.settings.log_folder / path
    data = file.read_bytes()
    file.write_bytes(bytes([data[0] ^ 1]) + data[1:])
    assert codes(scene.audit()) == ["TILE_DIFFERS"]
    signed = parse_checkpoint(split_note(scene.workspace.publisher.read("checkpoint"))[0])
    with pytest.raises(NotVerified, match="the tiles of size"):
        VerifiedTiles(scene.workspace.publisher.read, signed.size, signed.root).row(0, 0)


def test_an_edited_chain_is_noticed_by_audit_and_gate(scene: Scene) -> None:
    """One link inside a leaf."""
    leaves = scene.leaves()
    broken = with_meta(parse_leaf(leaves[4]), previous_leaf=b"\7" * 32).leaf()
    scene.insider.run(
        "UPDATE ledger_leaf SET data = :leaf, leaf_hash = :h WHERE leaf_index = 4",
        leaf=broken,
        h=leaf_hash(broken),
    )
    assert "CHAIN_BROKEN" in codes(scene.audit())
    refused_by_gate(scene, "REPLAY_FAILED", "CHAIN_BROKEN")


# Row 2: he rewrites everything consistently, without the log's key -------------------------------


def test_a_consistent_rewriting_is_noticed_by_audit_gate_and_start_up(scene: Scene) -> None:
    """An entry is left out and every link, row, tile and bundle is made whole again."""
    leaves = scene.leaves()
    gate = scene.gate()
    gate.sign(scene.head())
    at = place_of(leaves, EventType.POLICY_SET)
    rewritten = relinked(leaves, {at: lambda _: None})
    rewritten += relinked([*rewritten, leaves[at]], {})[-1:]  # as long as it was
    scene.store(rewritten)
    scene.publish(rewritten)
    assert "ROOT_DIFFERS" in codes(scene.audit())
    with pytest.raises(Corruption) as caught:
        gate.sign(scene.head())
    assert caught.value.code in {"ROOT_DIFFERS", "REPLAY_FAILED"}
    alarm = scene.start_up()
    assert alarm.code == "ROOT_DIFFERS"
    assert "Entries were changed" in alarm.message


# Row 6: he inserts a fake claim or consent -------------------------------------------------------


def consented(scene: Scene, change) -> list[bytes]:
    """Return the leaves with one more consent that its party never gave, well linked."""
    leaves = scene.leaves()
    at = place_of(leaves, EventType.POLICY_SET)
    more = [*leaves, leaves[at]]
    return relinked(more, {len(leaves): change})


def test_a_consent_without_its_party_is_noticed_by_audit_and_gate(scene: Scene) -> None:
    """A lender's new policy, with the signatures of its old one."""

    def forge(one: Envelope) -> Envelope:
        forged = with_body(one, version=2, idem="ab" * 16, alpha_r=9000)
        return with_meta(forged, time_ms=scene.workspace.log.head().time_ms)

    scene.store(consented(scene, forge))
    assert codes(scene.audit()) == ["SIGNATURE_INVALID"]
    refused_by_gate(scene, "REPLAY_FAILED", "SIGNATURE_INVALID")


def test_a_consent_of_a_key_of_his_own_is_noticed_by_the_gate(scene: Scene) -> None:
    """He makes a key and signs for the lender: nobody enrolled it."""
    key = private_key("the insider")

    def forge(one: Envelope) -> Envelope:
        forged = with_body(one, version=2, idem="ab" * 16)
        data = canonical.encode(forged.body)
        kid = key_id(key.public_key().public_bytes_raw())
        sig = sign_body(key, scene.workspace.settings.origin, data)
        signature = one.signatures[0]._replace(kid=kid, sig=sig)
        forged = replace(forged, signatures=(signature,))
        return with_meta(forged, time_ms=scene.workspace.log.head().time_ms)

    scene.store(consented(scene, forge))
    refused_by_gate(scene, "REPLAY_FAILED", "KEY_UNKNOWN")


# Row 7: he edits the order's state to allow a second pledge --------------------------------------


def test_a_second_pledge_on_a_forged_state_gets_no_signature(scene: Scene) -> None:
    """The state says ten times as much headroom; the rules of the replay do not."""
    order, workspace, parties = scene.traded.order, scene.workspace, scene.traded.stage.parties
    room = records.get_order(workspace, order).headroom[0].headroom_minor
    first = deal.request(workspace, parties, order, room)
    second = deal.request(workspace, parties, order, room)
    deal.reserve(workspace, parties, first, lender=LENDER, amount_minor=room, rate_bps=400)
    gate = scene.gate()
    gate.sign(scene.head())

    key = f"{OrderState.prefix}/{order}"
    known = workspace.log.state(key)
    assert known is not None
    state = OrderState.from_json(known)
    richer = replace(state, eligible=replace(state.eligible, u0=state.eligible.u0 * 10))
    scene.insider.run(
        "UPDATE ledger_state SET value = :value WHERE key = :key",
        value=canonical.encode(richer.to_json()),
        key=key,
    )
    assert "STATE_DIFFERS" in codes(scene.audit())
    with scene.traded.reopened() as fooled:  # a process that has not read the state yet
        deal.reserve(fooled, parties, second, lender=LENDER, amount_minor=room, rate_bps=400)
    with pytest.raises(Corruption) as caught:
        gate.sign(scene.head())
    assert caught.value.code == "REPLAY_FAILED"
    assert "STATE_ROOT_DIFFERS" in caught.value.message
    assert "STATE_ROOT_DIFFERS" in codes(scene.audit())
    assert codes(scene.audit_without_roots()) == ["OVER_PLEDGED"]  # L1 alone


# Row 8: he hides a claim -------------------------------------------------------------------------


def test_a_hidden_entry_is_noticed_by_the_lenders_verifier(scene: Scene) -> None:
    """A certificate without the last entry of the order's chain proves nothing."""
    data = certificates.build(scene.workspace, scene.traded.order)
    whole = files.from_json(data)
    chain = [
        one for one in whole.entries if parse_leaf(one.leaf).body.get("order") == scene.traded.order
    ]
    kept = tuple(one for one in whole.entries if one is not chain[-1])
    code = scene.refused_certificate(files.to_json(replace(whole, entries=kept)))
    assert code == "SUMMARY_DIFFERS"


# Row 11: he replays a signed body ----------------------------------------------------------------


def test_a_replayed_body_is_refused_at_submission(scene: Scene) -> None:
    """Log, request id, head and time limit are signed."""
    workspace, parties = scene.workspace, scene.traded.stage.parties
    draft = parties.sign(
        records.make_draft(workspace, "policy.set", {"lender": LENDER, "alpha_r": 7000})
    )
    receipt = records.submit(workspace, draft)
    assert records.submit(workspace, draft) == receipt  # the same again is the same entry

    def submitted(**fields: object) -> Refusal:
        body = {**draft.body, **fields}
        again = parties.sign(replace(draft, body=body, signatures=()))
        with pytest.raises(Refusal) as caught:
            workspace.writer.submit(drafts.to_request(again))
        return caught.value

    assert isinstance(submitted(log="another.example/ledger", idem="cd" * 16), WrongLog)
    assert isinstance(submitted(exp=1, idem="cd" * 16), Expired)
    assert submitted(alpha_r=8000).code == "IDEMPOTENCY_CONFLICT"
    rejected = records.make_draft(workspace, "order.confirmed", {"order": scene.traded.order})
    stale = parties.sign(replace(rejected, body={**rejected.body, "osp": "07" * 32}))
    with pytest.raises(StaleHead):
        records.submit(workspace, stale)


def test_a_body_entered_twice_is_noticed_by_audit_and_gate(scene: Scene) -> None:
    """He copies a payment's entry behind the last one, well linked."""
    last = scene.workspace.log.head().time_ms
    twice = consented(scene, lambda one: with_meta(one, time_ms=last))
    scene.store_without_request_ids(twice)
    refused_by_gate(scene, "REPLAY_FAILED", "REQUEST_TWICE")


# Row 13: he swaps public keys --------------------------------------------------------------------


def test_a_swapped_public_key_is_noticed_by_gate_and_audit(scene: Scene) -> None:
    """The state holds his key under the lender's name; the enrolment entry does not."""
    workspace, parties = scene.workspace, scene.traded.stage.parties
    gate = scene.gate()
    gate.sign(scene.head())
    draft = parties.sign(
        records.make_draft(workspace, "policy.set", {"lender": LENDER, "alpha_r": 9000})
    )
    his, kid = private_key("the insider"), draft.signatures[0].kid
    known = workspace.log.state(f"{KeyState.prefix}/{kid}")
    assert known is not None
    known["public_key"] = base64.b64encode(his.public_key().public_bytes_raw()).decode()
    scene.insider.run(
        "UPDATE ledger_state SET value = :value WHERE key = :key",
        value=canonical.encode(known),
        key=f"{KeyState.prefix}/{kid}",
    )
    forged = draft.signatures[0]._replace(sig=sign_body(his, draft.origin, draft.body_bytes))
    with scene.traded.reopened() as fooled:
        records.submit(fooled, replace(draft, signatures=(forged, *draft.signatures[1:])))
    with pytest.raises(Corruption) as caught:
        gate.sign(scene.head())
    assert caught.value.code == "REPLAY_FAILED"
    assert "SIGNATURE_INVALID" in caught.value.message
    assert "SIGNATURE_INVALID" in codes(scene.audit())


def test_a_head_that_was_moved_is_noticed_by_the_gate(scene: Scene) -> None:
    """He shortens the log by its last entry: the head fits, the signature does not."""
    gate = scene.gate()
    gate.sign(scene.head())
    leaves = scene.leaves()[:-1]
    scene.store(leaves)
    assert scene.head().root == Frontier().extended(map(leaf_hash, leaves)).root()
    with pytest.raises(Corruption) as caught:
        gate.sign(scene.head())
    assert caught.value.code == "LOG_BEHIND_SIGNER"
