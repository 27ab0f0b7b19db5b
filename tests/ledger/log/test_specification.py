"""The example in docs/spec/ledger.md is read and computed again, byte for byte."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.signing import messages
from ledger.errors import Corruption
from ledger.log import canonical, note, signer
from ledger.log.backup import parse_manifest
from ledger.log.checkpoint import Checkpoint, open_checkpoint
from ledger.log.entry import Meta, Signature, in_order, leaf_bytes, leaf_hash, parse_leaf
from ledger.log.merkle import inclusion_proof, node_hash, root_at
from ledger.log.mirror import statement
from ledger.log.proof_file import TlogProof, parse_proof
from ledger.log.replay import Replay
from ledger.log.signing import body_message, key_id, sign_body, verify_body
from ledger.log.sm3 import Sm3Frontier
from ledger.log.tiles import LeafNodes, encode_bundle, tiles_of

PAGE = Path(__file__).parents[3] / "docs" / "spec" / "ledger.md"
ORIGIN = "park.example/ledger"
LOG = note.Signer(name=ORIGIN, private_key=Ed25519PrivateKey.from_private_bytes(b"\x01" * 32))
KEYS = [Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32) for seed in (0x0A, 0x0B)]


@pytest.fixture(scope="module")
def example() -> dict[str, str]:
    """Return the page's example blocks by name, without the newline before the fence."""
    text = PAGE.read_text("utf-8")
    blocks = re.findall(r"<!-- example: (.+?) -->\n```\w+\n(.*?)```", text, re.DOTALL)
    return {name: body.removesuffix("\n") for name, body in blocks}


def public(key: Ed25519PrivateKey) -> bytes:
    """Return a raw public key."""
    return key.public_key().public_bytes_raw()


def test_the_page_has_every_block(example: dict[str, str]):
    assert set(example) >= {
        "vkey", "keys", "body 0", "message 0", "leaf 0", "hash 0", "leaf 1", "hash 1", "root",
        "checkpoint", "proof", "signer", "replayed", "manifest", "sm3",
    }  # fmt: skip


def test_keys(example: dict[str, str]):
    assert example["vkey"] == LOG.verifier.vkey
    lines = [f"{key_id(public(k))} {base64.b64encode(public(k)).decode()}" for k in KEYS]
    assert example["keys"].split("\n") == lines


def test_body_and_message(example: dict[str, str]):
    body = example["body 0"].encode()
    assert canonical.encode(canonical.decode(body)) == body
    assert body_message(ORIGIN, body) == example["message 0"].encode()


def test_leaves_are_made_again(example: dict[str, str]):
    previous = bytes(32)
    for index, role in ((0, "seller"), (1, "buyer")):
        leaf = example[f"leaf {index}"].encode()
        body = canonical.encode(parse_leaf(leaf).body)
        signatures = tuple(
            Signature(kid=key_id(public(key)), role=role, sig=sign_body(key, ORIGIN, body))
            for key in KEYS
        )
        meta = Meta(
            index=index,
            previous_leaf=previous,
            time_ms=1_750_000_000_000 + 1_500 * index,
            rule_version=1,
            order_sequence=index,
            order_previous=previous,
        )
        assert leaf_bytes(body, meta, in_order(signatures)) == leaf
        for key in KEYS:
            assert any(
                verify_body(public(key), ORIGIN, body, one.sig)
                for one in parse_leaf(leaf).signatures
            )
        previous = leaf_hash(leaf)
        assert previous.hex() == example[f"hash {index}"]
    assert parse_leaf(example["leaf 0"].encode()).body == canonical.decode(
        example["body 0"].encode()
    )


def test_tree_checkpoint_and_proof(example: dict[str, str]):
    leaves = [example["leaf 0"].encode(), example["leaf 1"].encode()]
    Replay(ORIGIN).extend(leaves)
    nodes = LeafNodes(leaves)
    root = root_at(2, nodes)
    assert root == node_hash(leaf_hash(leaves[0]), leaf_hash(leaves[1]))
    assert root.hex() == example["root"]
    signed = LOG.sign(Checkpoint(origin=ORIGIN, size=2, root=root).text())
    assert signed.decode() == example["checkpoint"] + "\n"
    assert open_checkpoint(signed, note.parse_vkey(example["vkey"]))[0].root == root
    proof = TlogProof(index=0, hashes=inclusion_proof(0, 2, nodes), checkpoint=signed)
    assert proof.encode().decode() == example["proof"] + "\n"
    parse_proof(proof.encode()).verify(leaf_hash(leaves[0]), LOG.verifier)
    text = PAGE.read_text("utf-8")
    for tile in tiles_of(2):
        assert f"`{tile.path}`" in text
    assert f"(`{encode_bundle(leaves[:1])[:2].hex()}` and `{len(leaves[1]):04x}`)" in text


def checkpoint_of(example: dict[str, str]) -> Checkpoint:
    return open_checkpoint(example["checkpoint"].encode() + b"\n", LOG.verifier)[0]


def test_the_question_to_the_signer_and_its_answer(example: dict[str, str]):
    """Lines of JSON, as `api.signing` writes and reads them."""
    question, answer = map(json.loads, example["signer"].split("\n"))
    asked = checkpoint_of(example)
    assert question == {"ask": "sign", "size": asked.size, "root": asked.root.hex()}
    with pytest.raises(Corruption) as refused:
        messages.answer_or_raise(answer)
    assert refused.value.code == "LOG_BEHIND_SIGNER"


def test_the_statement_of_a_mirror(example: dict[str, str]):
    assert statement(checkpoint_of(example), rule_version=1) == example["replayed"] + "\n"


def test_the_manifest_of_a_backup(example: dict[str, str]):
    manifest = parse_manifest(example["manifest"] + "\n")
    named = checkpoint_of(example)
    assert (manifest.origin, manifest.size, manifest.root) == (ORIGIN, 2, named.root)
    assert manifest.files == {"log/tile/0/000.p/2": hashlib.sha256(b"").hexdigest()}


def test_the_sm3_root(example: dict[str, str]):
    leaves = [example[f"leaf {number}"].encode() for number in (0, 1)]
    assert Sm3Frontier().extended(leaves).root().hex() == example["sm3"]


def test_every_reason_and_code_stands_on_a_page():
    text = PAGE.read_text("utf-8") + PAGE.with_name("witnessing.md").read_text("utf-8")
    reasons = [value for name, value in vars(canonical).items() if name.isupper() and name == value]
    assert len(reasons) == 12
    for reason in reasons:
        assert f"`{reason}`" in text
    sources = Path(signer.__file__).parent.glob("*.py")
    pattern = r'(?:NotVerified|Corruption|ReplayFailed)\(\s*"([A-Z_]+)"'
    codes = {code for source in sources for code in re.findall(pattern, source.read_text("utf-8"))}
    assert len(codes) > 20
    assert {code for code in codes if f"`{code}`" not in text} == set()
