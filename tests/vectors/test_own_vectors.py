"""The vectors that ship with the project: they hold, and they are what the script makes."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from ledger.audit.files import verify_files
from ledger.errors import NotCanonical, NotVerified
from ledger.log import canonical, note
from ledger.log.checkpoint import open_checkpoint
from ledger.log.entry import leaf_hash, parse_leaf
from ledger.log.merkle import verify_consistency, verify_inclusion
from ledger.log.proof_file import parse_proof
from ledger.log.replay import Replay
from ledger.log.signing import body_message
from tests.vectors.make_own import ENTRIES, ORIGIN, OWN, SIZES, files

KEYS = json.loads((OWN / "keys.json").read_text("utf-8"))
LOG = note.parse_vkey(KEYS["log_vkey"])
WITNESS = note.parse_vkey(KEYS["witness_vkey"])


def lines(name: str) -> list[dict[str, Any]]:
    """Return the objects of a file with one to a line."""
    return [json.loads(line) for line in (OWN / name).read_text("utf-8").split("\n") if line]


def test_the_script_makes_the_same_files():
    made = dict(files())
    there = {
        str(path.relative_to(OWN)): path.read_bytes() for path in OWN.rglob("*") if path.is_file()
    }
    assert set(made) == set(there), "run python -m tests.vectors.make_own"
    assert made == there, "run python -m tests.vectors.make_own"


def test_the_log_verifies_and_holds_its_entries():
    seen: list[bytes] = []
    checkpoint = verify_files(
        lambda path: (OWN / "log" / path).read_bytes(),
        LOG,
        witnesses=[WITNESS],
        on_entries=lambda _, some: seen.extend(some),
    )
    assert checkpoint.size == SIZES[-1]
    assert seen == ENTRIES


@pytest.mark.parametrize("size", SIZES)
def test_checkpoints_open_with_log_and_witness(size: int):
    checkpoint, opened = open_checkpoint(
        (OWN / "checkpoints" / str(size)).read_bytes(), LOG, [WITNESS]
    )
    assert checkpoint.size == size
    assert [one.time_s for one in opened.signatures] == [None, KEYS["witness_time"]]


def test_each_proof_holds_or_fails_as_it_says():
    cases = lines("proofs.jsonl")
    assert {(case["kind"], case["holds"]) for case in cases} == {
        (kind, holds) for kind in ("inclusion", "consistency") for holds in (True, False)
    }
    for case in cases:
        assert holds(case) == case["holds"], case


def holds(case: dict[str, Any]) -> bool:
    """Tell whether a proof verifies."""
    proof = [bytes.fromhex(one) for one in case["proof"]]
    try:
        if case["kind"] == "inclusion":
            leaf, root = bytes.fromhex(case["leaf_hash"]), bytes.fromhex(case["root"])
            verify_inclusion(case["index"], case["size"], leaf, proof, root)
        else:
            roots = bytes.fromhex(case["old_root"]), bytes.fromhex(case["new_root"])
            verify_consistency(case["old"], case["new"], *roots, proof)
    except NotVerified:
        return False
    return True


def test_the_proof_file_reads_back_and_proves_its_entry():
    data = (OWN / "200.tlog-proof").read_bytes()
    proof = parse_proof(data)
    assert proof.encode() == data
    _, opened = proof.verify(leaf_hash(ENTRIES[200]), LOG, [WITNESS])
    assert len(opened.signatures) == 2


def test_canonical_texts_read_back_and_others_are_refused():
    for case in lines("canonical.jsonl"):
        data = bytes.fromhex(case["bytes_hex"])
        if case["canonical"]:
            assert data.decode() == case["text"]
            assert canonical.encode(canonical.decode(data)) == data
            continue
        with pytest.raises(NotCanonical) as caught:
            canonical.decode(data)
        assert caught.value.params["reason"] == case["reason"]


def test_entries_have_the_stated_bodies_messages_and_hashes():
    replay = Replay(ORIGIN)
    for case in lines("entries.jsonl"):
        leaf = case["leaf"].encode()
        replay.add(leaf)
        body = case["body"].encode()
        assert canonical.encode(parse_leaf(leaf).body) == body
        message = base64.b64encode(body_message(ORIGIN, body)).decode()
        assert message == case["message_base64"]
        assert leaf_hash(leaf).hex() == case["leaf_hash"]
    assert replay.head.size == 5
