"""Make the vectors in `tests/vectors/own`: `python -m tests.vectors.make_own`.

Everything comes from fixed seeds, so the files are the same on every machine; a test makes them
again and compares. They are for those who have no other vectors at hand, and for readers in other
languages.
"""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.log import canonical, note
from ledger.log.checkpoint import Checkpoint
from ledger.log.entry import Meta, Signature, in_order, leaf_bytes, leaf_hash
from ledger.log.merkle import consistency_proof, inclusion_proof, root_at
from ledger.log.proof_file import TlogProof
from ledger.log.signing import body_message, key_id, sign_body
from ledger.log.tile_builder import TileBuilder
from ledger.log.tiles import LeafNodes, tiles_of

OWN = Path(__file__).parent / "own"
ORIGIN = "park.example/ledger"
SIZES = (0, 1, 2, 3, 255, 256, 257, 300)
LOG = note.Signer(name=ORIGIN, private_key=Ed25519PrivateKey.from_private_bytes(b"\x01" * 32))
WITNESS = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
WITNESS_NAME = "witness.example/w1"
TIME_S = 1_750_000_000
ENTRIES = [b"" if number == 3 else b"entry %d" % number for number in range(SIZES[-1])]


def files() -> Iterator[tuple[str, bytes]]:
    """Yield the name and the bytes of every file."""
    nodes = LeafNodes(ENTRIES)
    yield (
        "keys.json",
        _json(
            {
                "log_seed_hex": "01" * 32,
                "log_vkey": LOG.verifier.vkey,
                "witness_seed_hex": "02" * 32,
                "witness_vkey": _witness().vkey,
                "witness_time": TIME_S,
            }
        ),
    )
    for size in SIZES:
        yield f"checkpoints/{size}", _checkpoint(size, nodes)
    made: dict[str, bytes] = {}
    builder = TileBuilder(
        lambda start, stop: ENTRIES[start:stop], made.__getitem__, old_size=0, new_size=SIZES[-1]
    )
    for tile in tiles_of(SIZES[-1]):
        made[tile.path] = builder.build(tile)
        yield f"log/{tile.path}", made[tile.path]
    yield "log/checkpoint", _checkpoint(SIZES[-1], nodes)
    yield "proofs.jsonl", b"".join(_line(case) for case in _proofs(nodes))
    proof = TlogProof(
        index=200, hashes=inclusion_proof(200, 300, nodes), checkpoint=_checkpoint(300, nodes)
    )
    yield "200.tlog-proof", proof.encode()
    yield "canonical.jsonl", b"".join(_line(case) for case in _canonical())
    yield "entries.jsonl", b"".join(_line(case) for case in _entries())


def _witness() -> note.Verifier:
    key = WITNESS.public_key().public_bytes_raw()
    return note.Verifier(name=WITNESS_NAME, public_key=key, type=note.COSIGNATURE_ED25519)


def _checkpoint(size: int, nodes: LeafNodes) -> bytes:
    text = Checkpoint(origin=ORIGIN, size=size, root=root_at(size, nodes)).text()
    message = b"cosignature/v1\ntime %d\n" % TIME_S + text.encode()
    signature = TIME_S.to_bytes(8) + WITNESS.sign(message)
    line = note.signature_line(WITNESS_NAME, _witness().key_id, signature)
    return LOG.sign(text) + line.encode()


def _proofs(nodes: LeafNodes) -> Iterator[dict[str, Any]]:
    """Yield proofs that hold, each followed by one that a small change has spoilt."""
    source = random.Random(8)
    for size in SIZES[1:]:
        for index in sorted({0, size // 2, size - 1}):
            case = {
                "kind": "inclusion",
                "index": index,
                "size": size,
                "leaf_hash": leaf_hash(ENTRIES[index]).hex(),
                "root": root_at(size, nodes).hex(),
                "proof": [one.hex() for one in inclusion_proof(index, size, nodes)],
                "holds": True,
            }
            yield case
            yield _spoilt(case, source)
        for old in SIZES[1 : SIZES.index(size) + 1]:
            case = {
                "kind": "consistency",
                "old": old,
                "new": size,
                "old_root": root_at(old, nodes).hex(),
                "new_root": root_at(size, nodes).hex(),
                "proof": [one.hex() for one in consistency_proof(old, size, nodes)],
                "holds": True,
            }
            yield case
            yield _spoilt(case, source)


def _spoilt(case: dict[str, Any], source: random.Random) -> dict[str, Any]:
    spoilt = {**case, "proof": list(case["proof"]), "holds": False}
    proof = spoilt["proof"]
    kind = source.choice(["bit", "longer", "shorter", "root"]) if proof else "longer"
    if kind == "bit":
        at = source.randrange(len(proof))
        proof[at] = f"{int(proof[at], 16) ^ 1 << source.randrange(256):064x}"
    elif kind == "longer":
        proof.append(f"{source.getrandbits(256):064x}")
    elif kind == "shorter":
        proof.pop(source.randrange(len(proof)))
    else:
        name = "root" if case["kind"] == "inclusion" else "new_root"
        spoilt[name] = f"{int(case[name], 16) ^ 1:064x}"
    return spoilt


def _canonical() -> Iterator[dict[str, Any]]:
    values: tuple[canonical.JsonValue, ...] = (
        {},
        [],
        {"b": 1, "a": [None, True, False, -1, 0]},
        {"a_1": {"z": "", "a": "织链 é €"}},
        {"text": 'quote " backslash \\ slash / tab \t newline \n unit \u001f delete \u007f'},
        {"text": "astral 😂 line \u2028 nul \u0000"},
        canonical.INTEGER_MAX,
        -canonical.INTEGER_MAX,
        {"amount": "100000000", "currency": "CNY"},
    )
    for value in values:
        data = canonical.encode(value)
        yield {"bytes_hex": data.hex(), "text": data.decode(), "canonical": True}
    refused = (
        ("NOT_MINIMAL", b'{"a": 1}'),
        ("NOT_MINIMAL", b'{"b":1,"a":1}'),
        ("NOT_MINIMAL", b'"\\u00e9"'),
        ("NOT_MINIMAL", b"-0"),
        ("NOT_JSON", b"{'a':1}"),
        ("NOT_UTF8", b'"\xc0\xaf"'),
        ("FLOAT", b"1.0"),
        ("FLOAT", b"1e3"),
        ("FLOAT", b"NaN"),
        ("INTEGER_RANGE", b"9007199254740992"),
        ("DUPLICATE_KEY", b'{"a":1,"a":1}'),
        ("KEY_FORM", b'{"aB":1}'),
        ("NOT_NFC", '"e\u0301"'.encode()),
        ("LONE_SURROGATE", b'"\\ud800"'),
        ("TOO_DEEP", b"[" * 33 + b"]" * 33),
    )
    for reason, data in refused:
        yield {"bytes_hex": data.hex(), "canonical": False, "reason": reason}


def _entries() -> Iterator[dict[str, Any]]:
    """Yield a short log of envelopes: two orders, one entry without an order."""
    keys = {name: Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32) for name, seed in
            (("maker", 0x0A), ("checker", 0x0B))}  # fmt: skip
    chains: dict[str, tuple[int, bytes]] = {}
    previous = bytes(32)
    for index, order in enumerate(("o1", None, "o2", "o1", "o1")):
        body: canonical.JsonObject = {
            "v": 1,
            "log": ORIGIN,
            "type": "test.noted",
            "subject": order or "nobody",
            "idem": f"{index:032x}",
            "exp": 1_767_225_600_000,
            "sd": [],
        }
        sequence, last = chains.get(order, (-1, bytes(32))) if order else (-1, bytes(32))
        if order:
            body["order"] = order
            if sequence >= 0:
                body["osp"] = last.hex()
        data = canonical.encode(body)
        signatures = in_order(
            tuple(
                Signature(
                    kid=key_id(key.public_key().public_bytes_raw()),
                    role="seller",
                    sig=sign_body(key, ORIGIN, data),
                )
                for key in keys.values()
            )
        )
        meta = Meta(
            index=index,
            previous_leaf=previous,
            time_ms=1_000 * TIME_S + index,
            rule_version=1,
            order_sequence=sequence + 1 if order else None,
            order_previous=last if order else None,
            tag="ab" * 32 if index == 0 else None,
        )
        leaf = leaf_bytes(data, meta, signatures)
        previous = leaf_hash(leaf)
        if order:
            chains[order] = (sequence + 1, previous)
        yield {
            "body": data.decode(),
            "message_base64": base64.b64encode(body_message(ORIGIN, data)).decode(),
            "leaf": leaf.decode(),
            "leaf_hash": previous.hex(),
        }


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def _line(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False) + "\n").encode()


def main() -> None:
    """Write all files."""
    for name, data in files():
        path = OWN / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


if __name__ == "__main__":
    main()
