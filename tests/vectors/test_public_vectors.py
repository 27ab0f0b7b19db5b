"""Vectors that others published (or that others' programs made): all of them, the negatives too."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from ledger.audit.files import verify_files
from ledger.errors import NotCanonical, NotVerified
from ledger.log import canonical, note
from ledger.log.checkpoint import open_checkpoint
from ledger.log.client import FileMemory, FolderFiles, LogClient
from ledger.log.merkle import (
    EMPTY_ROOT,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_at,
    root_of,
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)
from ledger.log.policy import Policy
from ledger.log.proof_file import parse_proof
from ledger.log.sm3 import sm3
from ledger.log.tiles import LeafNodes, Tile, TileReader, parse_path, tiles_of
from ledger.log.witness import Witness, WitnessError, origin_digest
from tests.support.folders import shared_folder
from tests.support.witnesses import TIME_S, MemoryWitnessStore, cosigner, pq_cosigner


@pytest.fixture(scope="module")
def vectors() -> Path:
    """Return the folder of the ledger's vectors."""
    return shared_folder("VECTORS") / "ledger"


def lines(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a file with one to a line."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def b64(text: str | None) -> bytes:
    """Return the bytes of a vector's base64; null is no bytes."""
    return base64.b64decode(text) if text else b""


def verifies(check: Any, *arguments: Any) -> bool:
    """Tell whether a check passes."""
    try:
        check(*arguments)
    except NotVerified:
        return False
    return True


def test_inclusion_proofs(vectors: Path):
    cases = lines(vectors / "merkle" / "inclusion.jsonl")
    assert len(cases) == 98
    for case in cases:
        proof = [b64(one) for one in case["proof"] or ()]
        verified = verifies(
            verify_inclusion,
            case["leafIdx"],
            case["treeSize"],
            b64(case["leafHash"]),
            proof,
            b64(case["root"]),
        )
        assert verified != case["wantErr"], (case["file"], case["desc"])


def test_consistency_proofs(vectors: Path):
    cases = lines(vectors / "merkle" / "consistency.jsonl")
    assert len(cases) == 98
    for case in cases:
        proof = [b64(one) for one in case["proof"] or ()]
        verified = verifies(
            verify_consistency,
            case["size1"],
            case["size2"],
            b64(case["root1"]),
            b64(case["root2"]),
            proof,
        )
        assert verified != case["wantErr"], (case["file"], case["desc"])


def test_subtree_inclusion_proofs(vectors: Path):
    """Needed by whoever reads ML-DSA-44 cosignatures of subtrees; ours are of whole trees."""
    cases = lines(vectors / "merkle" / "subtreeinclusion.jsonl")
    assert len(cases) == 204
    for case in cases:
        verified = verifies(
            verify_subtree_inclusion,
            case["leafIdx"],
            case["start"],
            case["end"],
            b64(case["leafHash"]),
            [b64(one) for one in case["proof"] or ()],
            b64(case["root"]),
        )
        assert verified != case["wantErr"], (case["file"], case["desc"])


def test_subtree_consistency_proofs(vectors: Path):
    cases = lines(vectors / "merkle" / "subtreeconsistency.jsonl")
    assert len(cases) == 118
    for case in cases:
        verified = verifies(
            verify_subtree_consistency,
            case["start"],
            case["end"],
            case["size"],
            b64(case["root1"]),
            b64(case["root2"]),
            [b64(one) for one in case["proof"] or ()],
        )
        assert verified != case["wantErr"], (case["file"], case["desc"])


def test_rfc_6962_hashes(vectors: Path):
    found = json.loads((vectors / "merkle" / "rfc6962_hash.json").read_text("utf-8"))
    for case in found["vectors"]:
        if "left_hex" in case:
            got = node_hash(bytes.fromhex(case["left_hex"]), bytes.fromhex(case["right_hex"]))
        elif "data_hex" in case:
            got = leaf_hash(bytes.fromhex(case["data_hex"]))
        else:
            got = EMPTY_ROOT
        assert got.hex() == case["hex"], case


def test_the_reference_tree_of_certificate_transparency(vectors: Path):
    found = json.loads((vectors / "merkle" / "ct_tree8.json").read_text("utf-8"))
    leaves = [leaf_hash(bytes.fromhex(one)) for one in found["leaves_hex"]]
    roots = [root_of(leaves[:size]).hex() for size in range(len(leaves) + 1)]
    assert roots == found["roots_hex_by_size"]


def test_signed_notes(vectors: Path):
    found = json.loads((vectors / "signed_note.json").read_text("utf-8"))
    for case in found["notes"]:
        verifier = note.parse_vkey(case["vkey"])
        assert verifier.vkey == case["vkey"]
        assert verifies(note.open_note, case["note"].encode(), [verifier]) == case["ok"]
        if "skey" in case:
            check_signing(case)
    for vkey in found["bad_vkeys"]:
        with pytest.raises(ValueError, match="key"):
            note.parse_vkey(vkey)


def check_signing(case: dict[str, Any]) -> None:
    """Sign a note with a published private key: the same bytes must come out."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PrivateKey,
    )

    seed = b64(case["skey"].split("+", 4)[4])[1:]
    key = Ed25519PrivateKey.from_private_bytes(seed)
    signer = note.Signer(name=note.parse_vkey(case["vkey"]).name, private_key=key)
    assert signer.sign(case["text"]) == case["note"].encode()


def test_tile_paths(vectors: Path):
    found = json.loads((vectors / "tile_paths.json").read_text("utf-8"))
    for case in found["paths"]:
        tile = Tile(level=case.get("level"), index=case["n"], width=case["w"])
        assert tile.path == case["path"]
        assert parse_path(case["path"]) == tile
    for tree in found["tree_tiles"]:
        tiles = list(tiles_of(tree["size"]))
        for level in range(3):
            expected = tree.get(f"level{level}", {"full": 0, "partial": 0})
            here = [tile for tile in tiles if tile.level == level]
            assert sum(tile.full for tile in here) == expected["full"]
            assert sum(tile.width for tile in here if not tile.full) == expected["partial"]
    for suffix in found["bad_suffixes"]:
        for kind in ("entries", "0"):
            with pytest.raises(ValueError, match="path"):
                parse_path(f"tile/{kind}/{suffix}")


JCS_REASONS = {
    "arrays": canonical.KEY_FORM,
    "french": canonical.KEY_FORM,
    "structures": canonical.KEY_FORM,  # and its input writes 56.0
    "unicode": canonical.KEY_FORM,
    "values": canonical.FLOAT,
    "weird": canonical.KEY_FORM,
}
"""Every published vector lies outside the record's profile; this is the rule that it breaks."""


def test_canonical_json_of_rfc_8785(vectors: Path):
    found = json.loads((vectors / "jcs_rfc8785.json").read_text("utf-8"))
    assert {case["name"] for case in found["vectors"]} == set(JCS_REASONS)
    for case in found["vectors"]:
        expected = bytes.fromhex(case["output_hex"])
        with pytest.raises(NotCanonical) as caught:
            canonical.decode(expected)
        assert caught.value.params["reason"] == JCS_REASONS[case["name"]]
        with pytest.raises(NotCanonical):
            canonical.decode(case["input"].encode())
        check_parts(json.loads(expected))


def check_parts(value: Any) -> None:
    """Every part of a vector that lies within the profile has the bytes of RFC 8785."""
    import rfc8785  # noqa: PLC0415

    try:
        got = canonical.encode(value)
    except NotCanonical:
        parts = value.values() if isinstance(value, dict) else value
        for part in parts if isinstance(value, (dict, list)) else ():
            check_parts(part)
    else:
        assert got == rfc8785.dumps(value)


def test_a_whole_foreign_log(vectors: Path):
    """Sixteen checkpoints, tiles and bundles made by Tessera."""
    folder = vectors / "tessera_log"
    verifier = note.parse_vkey((vectors / "tessera_log.vkey").read_text("utf-8").strip())
    entries = [
        one.encode() for one in json.loads((vectors / "tessera_log.entries.json").read_text())
    ]
    seen: list[bytes] = []
    checkpoint = verify_files(
        lambda path: (folder / path).read_bytes(),
        verifier,
        on_entries=lambda _, some: seen.extend(some),
    )
    assert checkpoint.size == len(entries) == 15
    assert seen == entries
    reader = TileReader(lambda path: (folder / path).read_bytes(), 15)
    for size in range(16):
        signed, _ = open_checkpoint((folder / f"checkpoint.{size}").read_bytes(), verifier)
        assert (signed.size, signed.root) == (size, root_at(size, reader))
        if size:
            proof = consistency_proof(size, 15, reader)
            verify_consistency(size, 15, signed.root, checkpoint.root, proof)


def test_a_foreign_log_is_followed_checkpoint_by_checkpoint(vectors: Path, tmp_path: Path):
    """Our client takes each of its sixteen checkpoints as an extension of the one before."""
    folder = vectors / "tessera_log"
    verifier = note.parse_vkey((vectors / "tessera_log.vkey").read_text("utf-8").strip())
    files = FolderFiles(folder=folder)
    for size in range(16):
        client = LogClient(
            lambda path, size=size: files.read(
                f"checkpoint.{size}" if path == "checkpoint" else path
            ),
            Policy(),
            FileMemory(path=tmp_path / "seen"),
            logs=(verifier,),
        )
        view = client.update()
        assert view.checkpoint.size == size
        assert [index for index, _ in view.entries()] == list(range(size))


def test_a_foreign_log_with_one_byte_changed(vectors: Path):
    folder = vectors / "tessera_log"
    verifier = note.parse_vkey((vectors / "tessera_log.vkey").read_text("utf-8").strip())
    for path in ("checkpoint", "tile/0/000.p/15", "tile/entries/000.p/15"):
        data = (folder / path).read_bytes()
        for place in range(0, len(data), 7):
            changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]

            def read(name: str, path: str = path, changed: bytes = changed) -> bytes:
                return changed if name == path else (folder / name).read_bytes()

            assert not verifies(verify_files, read, verifier), (path, place)


@pytest.fixture(scope="module")
def keys(vectors: Path) -> tuple[note.Verifier, note.Verifier]:
    """Return the keys of the log and of the witness of the 600-entry log."""
    found = json.loads((vectors / "own" / "keys.json").read_text("utf-8"))
    return note.parse_vkey(found["log_vkey"]), note.parse_vkey(found["witness_vkey"])


def test_the_600_entry_log(vectors: Path, keys: tuple[note.Verifier, note.Verifier]):
    folder, (log, witness) = vectors / "own" / "log", keys
    entries: list[bytes] = []
    checkpoint = verify_files(
        lambda path: (folder / path).read_bytes(),
        log,
        witnesses=[witness],
        on_entries=lambda _, some: entries.extend(some),
    )
    assert checkpoint.size == 600
    assert (entries[3], entries[5]) == (b"", bytes(range(256)))
    assert entries[599] == b"\xff" * 65_535
    reader = TileReader(lambda path: (folder / path).read_bytes(), 600)
    for file in sorted((vectors / "own" / "checkpoints").iterdir()):
        signed, opened = open_checkpoint(file.read_bytes(), log, [witness])
        assert signed.size == int(file.name)
        assert signed.root == root_at(signed.size, reader)
        assert opened.signatures[1].time_s == 1_750_000_000
    check_tiles(folder, entries)


def check_tiles(folder: Path, entries: list[bytes]) -> None:
    """Every tile and bundle that we would make has the same bytes as the one that is there."""
    from ledger.log.tile_builder import TileBuilder  # noqa: PLC0415

    for size in (1, 2, 3, 255, 256, 257, 511, 512, 513, 600):
        made: dict[str, bytes] = {}
        builder = TileBuilder(
            lambda start, stop: entries[start:stop], made.__getitem__, old_size=0, new_size=size
        )
        for tile in tiles_of(size):
            made[tile.path] = builder.build(tile)
            theirs = folder / tile.path
            if theirs.exists():
                assert made[tile.path] == theirs.read_bytes(), tile


def test_600_entry_proofs(vectors: Path):
    folder = vectors / "own" / "log"
    reader = TileReader(lambda path: (folder / path).read_bytes(), 600)
    cases = lines(vectors / "own" / "proofs.jsonl")
    assert len(cases) == 105
    for case in cases:
        expected = tuple(b64(one) for one in case["proof_b64"])
        if case["kind"] == "inclusion":
            index, size = case["index"], case["size"]
            assert inclusion_proof(index, size, reader) == expected
            leaf, root = bytes.fromhex(case["leaf_hash_hex"]), bytes.fromhex(case["root_hex"])
            verify_inclusion(index, size, leaf, expected, root)
            continue
        old, new = case["old"], case["new"]
        assert consistency_proof(old, new, reader) == expected
        roots = bytes.fromhex(case["old_root_hex"]), bytes.fromhex(case["new_root_hex"])
        assert verifies(verify_consistency, old, new, *roots, expected) == (old > 0)


def test_proof_file(vectors: Path, keys: tuple[note.Verifier, note.Verifier]):
    data = (vectors / "own" / "300.tlog-proof").read_bytes()
    proof = parse_proof(data)
    assert proof.encode() == data
    leaf = leaf_hash((vectors / "own" / "300.entry").read_bytes())
    checkpoint, opened = proof.verify(leaf, keys[0], [keys[1]])
    assert (checkpoint.size, proof.index, len(opened.signatures)) == (600, 300, 2)
    with pytest.raises(NotVerified):
        proof.verify(leaf_hash(b"another"), keys[0])


def test_mldsa_cosignature(vectors: Path, keys: tuple[note.Verifier, note.Verifier]):
    found = json.loads((vectors / "own" / "mldsa44_cosignature.json").read_text("utf-8"))
    verifier = note.parse_vkey(found["vkey"])
    assert verifier.type == note.COSIGNATURE_MLDSA44
    size = found["checkpoint_size"]
    plain = (vectors / "own" / "checkpoints" / str(size)).read_bytes()
    line = found["signature_line"].rstrip("\n").encode() + b"\n"
    _, opened = open_checkpoint(plain + line, keys[0], [keys[1], verifier])
    times = {one.name: one.time_s for one in opened.signatures}
    assert times[verifier.name] == found["timestamp"]
    other = (vectors / "own" / "checkpoints" / "513").read_bytes()
    with pytest.raises(NotVerified) as caught:
        open_checkpoint(other + line, keys[0], [verifier])
    assert caught.value.code == "NOTE_SIGNATURE"


def test_leaf_nodes_agree_with_tiles(vectors: Path):
    found = json.loads((vectors / "merkle" / "ct_tree8.json").read_text("utf-8"))
    nodes = LeafNodes([bytes.fromhex(one) for one in found["leaves_hex"]])
    for size, root in enumerate(found["roots_hex_by_size"]):
        assert root_at(size, nodes).hex() == root


def test_witness_requests(vectors: Path):
    """A witness's whole conversation; its third answer is 404 since tlog-witness v1.0.0."""
    found = json.loads((vectors / "witness_requests.json").read_text("utf-8"))
    origin = found["origin"]
    keys = (cosigner("example.com/witness"), pq_cosigner("example.com/witness/pq"))
    witness = Witness(
        cosigners=keys,
        logs={origin: [note.parse_vkey(found["log_vkey"])]},
        store=MemoryWitnessStore(),
        clock_s=lambda: TIME_S,
    )
    statuses = []
    for number, step in enumerate(found["steps"], 1):
        body = step["body"].encode()
        status, answer = 200, b""
        try:
            answer = witness.add_checkpoint(body)
        except WitnessError as refused:
            status, answer = refused.status, refused.body
        statuses.append(status)
        assert status == (404 if number == 3 else step["status"]), step
        check_answer(step["assert"], body, answer, [one.verifier for one in keys])
    assert statuses == [200, 403, 404, 422, 422, 200, 409, 200, 409]
    shown = witness.latest(origin_digest(origin))
    assert shown is not None
    assert note.split_note(shown)[0].split("\n")[1] == "5"


def check_answer(wanted: str, body: bytes, answer: bytes, keys: list[note.Verifier]) -> None:
    """Check what the vector asserts of an answer, and that a cosignature verifies."""
    contains, equals = wanted.split("body contains "), wanted.split("body == ")
    if len(equals) == 2:
        assert answer.decode() == json.loads(equals[1])
    elif "example.com/witness" in wanted:
        text = note.split_note(body.split(b"\n\n", 1)[1])[0]
        opened = note.open_note(text.encode() + b"\n" + answer, keys)
        assert [one.name for one in opened.signatures] == [key.name for key in keys]
    else:
        assert json.loads(contains[1]) in answer.decode()


def test_sm3_digests_of_the_standard(vectors: Path):
    """The two examples of GB/T 32905-2016, appendix A."""
    cases = json.loads((vectors / "sm3.json").read_text("utf-8"))["vectors"]
    assert len(cases) == 2
    for case in cases:
        assert sm3(bytes.fromhex(case["data_hex"])).hex() == case["hex"]


SIGNATURES = (0, 1, 2, 16, 17)


@pytest.mark.parametrize("count", SIGNATURES)
def test_notes_with_so_many_signatures(vectors: Path, count: int):
    """The published note, signed by more and more witnesses; without any it is no note."""
    found = json.loads((vectors / "signed_note.json").read_text("utf-8"))["notes"][0]
    text, line = found["note"].split("\n\n")
    verifier = note.parse_vkey(found["vkey"])
    strangers = [line.replace(verifier.name, f"witness{number}") for number in range(count - 1)]
    data = (text + "\n\n" + (line + "".join(strangers) if count else "")).encode()
    assert verifies(note.open_note, data, [verifier]) == (count > 0)


CHANGES = {
    "carriage returns": lambda data: data.replace("\n", "\r\n"),
    "a carriage return in the text": lambda data: data.replace("\n", "\r\n", 1),
    "a second blank line": lambda data: data.replace("\n\n", "\n\n\n"),
    "a blank line at the end": lambda data: data + "\n",
    "no newline at the end": lambda data: data[:-1],
    "another base64 of the same bytes": lambda data: data[:-3] + chr(ord(data[-3]) + 1) + "=\n",
    "base64 without padding": lambda data: data.replace("=", ""),
    "a space at the end of the line": lambda data: data[:-1] + " \n",
    "a hyphen": lambda data: data.replace("\u2014", "-"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_published_note_in_another_form_is_refused(vectors: Path, name: str):
    found = json.loads((vectors / "signed_note.json").read_text("utf-8"))["notes"][0]
    changed = CHANGES[name](found["note"])
    assert changed != found["note"]
    assert not verifies(note.open_note, changed.encode(), [note.parse_vkey(found["vkey"])])
