"""The published log at its C2SP paths, as any client of such logs asks for it."""

from __future__ import annotations

import pytest

from ledger.claims import drafts
from ledger.log.checkpoint import open_checkpoint
from ledger.log.entry import leaf_hash
from ledger.log.merkle import root_of, verify_consistency, verify_inclusion
from ledger.log.proof_file import parse_proof
from ledger.log.tiles import decode_bundle, split_hashes
from tests.support.enrolments import enrolment
from tests.support.installations import ORIGIN, installation
from tests.support.web import client_of, still_app

SIZE = 300  # one full tile and a partial one


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    workspace = installation(tmp_path_factory.mktemp("files"))
    for number in range(SIZE):
        workspace.log.enqueue(drafts.to_request(enrolment(ORIGIN, f"key {number}")))
    workspace.writer.drain()
    yield workspace
    workspace.close()


@pytest.fixture(scope="module")
def client(workspace):
    return client_of(still_app(workspace))


@pytest.fixture(scope="module")
def leaves(workspace):
    with workspace.log.reader() as reader:
        return list(reader.leaves(0, SIZE))


def test_the_checkpoint_is_signed_and_covers_everything(client, workspace, leaves):
    answer = client.get("/ledger/checkpoint")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    checkpoint, _ = open_checkpoint(answer.content, workspace.keys.log.verifier)
    assert checkpoint.size == SIZE
    assert checkpoint.root == root_of([leaf_hash(leaf) for leaf in leaves])


def test_a_checkpoint_that_the_client_has_is_not_sent_again(client):
    tag = client.get("/ledger/checkpoint").headers["etag"]
    for condition in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = client.get("/ledger/checkpoint", headers={"If-None-Match": condition})
        assert answer.status_code == 304
        assert answer.content == b""
    assert client.get("/ledger/checkpoint", headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    ("path", "first", "count"),
    [
        ("tile/0/000", 0, 256),
        ("tile/0/001.p/44", 256, 44),
        ("tile/0/001.p/7", 256, 7),  # narrower than what is published now
        ("tile/0/000.p/9", 0, 9),  # gone since the tile is full: cut from the full one
    ],
)
def test_tiles_hold_the_leaf_hashes(client, leaves, path, first, count):
    answer = client.get(f"/ledger/{path}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "immutable" in answer.headers["cache-control"]
    expected = [leaf_hash(leaf) for leaf in leaves[first : first + count]]
    assert split_hashes(answer.content) == expected


@pytest.mark.parametrize(
    ("path", "first", "count"),
    [("000", 0, 256), ("001.p/44", 256, 44), ("001.p/7", 256, 7), ("000.p/9", 0, 9)],
)
def test_bundles_hold_the_entries(client, leaves, path, first, count):
    answer = client.get(f"/ledger/tile/entries/{path}")
    assert answer.status_code == 200
    assert decode_bundle(answer.content) == leaves[first : first + count]


def test_the_level_above(client, leaves):
    """256 leaves make one hash of the level above."""
    answer = client.get("/ledger/tile/1/000.p/1")
    assert answer.content == root_of([leaf_hash(leaf) for leaf in leaves[:256]])


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/002",  # beyond the log
        "tile/0/001",  # not full yet
        "tile/0/001.p/45",  # wider than the log
        "tile/entries/001.p/45",
        "tile/0/001.p/256",
        "tile/0/000.p/0",
        "tile/0/0",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/x000/000",
        "tile/9/999999",
        "tile/entries/",
        "tile/",
        "tile/%2e%2e/%2e%2e/keys/log.key",
        "tile/..%2f..%2fkeys%2flog.key",
        "tile/0/..%5c..%5ckeys",
        "tile/%00",
        "tile//etc/passwd",
        "tile/0/000%0a%0a",
        "tile/0/٠٠٠",
    ],
)
def test_what_is_no_tile_of_this_log_is_not_found(client, path):
    answer = client.get(f"/ledger/{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] in {"NOT_FOUND", "PATH_UNKNOWN"}


@pytest.mark.parametrize("path", ["signer/last-signed", ".staging", "keys/log.key", "..", ""])
def test_nothing_else_of_the_folder_is_served(client, path):
    assert client.get(f"/ledger/{path}").status_code == 404


def test_an_inclusion_proof_verifies(client, leaves):
    proof = client.get("/v1/ledger/proofs/inclusion", params={"index": 5, "size": 299}).json()
    assert proof["leaf_hash"] == leaf_hash(leaves[5]).hex()
    verify_inclusion(
        5,
        299,
        leaf_hash(leaves[5]),
        [bytes.fromhex(one) for one in proof["proof"]],
        bytes.fromhex(proof["root"]),
    )
    assert proof["root"] == root_of([leaf_hash(leaf) for leaf in leaves[:299]]).hex()


def test_an_inclusion_proof_is_for_the_published_size_unless_said(client):
    assert client.get("/v1/ledger/proofs/inclusion", params={"index": 0}).json()["size"] == SIZE


def test_a_consistency_proof_verifies(client, leaves):
    proof = client.get("/v1/ledger/proofs/consistency", params={"old_size": 77}).json()
    hashes = [leaf_hash(leaf) for leaf in leaves]
    assert (proof["old_root"], proof["root"]) == (root_of(hashes[:77]).hex(), root_of(hashes).hex())
    verify_consistency(
        77,
        SIZE,
        root_of(hashes[:77]),
        root_of(hashes),
        [bytes.fromhex(one) for one in proof["proof"]],
    )


@pytest.mark.parametrize("index", [0, 5, SIZE - 1])
def test_a_proof_file_verifies(client, workspace, leaves, index):
    answer = client.get("/v1/ledger/proofs/file", params={"index": index})
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    proof = parse_proof(answer.content)
    checkpoint, _ = proof.verify(leaf_hash(leaves[index]), workspace.keys.log.verifier)
    assert (proof.index, checkpoint.size) == (index, SIZE)


def test_bundles_are_compressed_for_those_who_ask(client, leaves):
    for accepted, coding in (
        ("gzip", "gzip"),
        ("br, GZIP;q=0.5, identity", "gzip"),
        ("identity", None),
        ("gzip;q=0", None),
        ("gzip; q=0.0", None),
        ("xgzip", None),
        ("", None),
    ):
        answer = client.get("/ledger/tile/entries/000", headers={"Accept-Encoding": accepted})
        assert answer.headers.get("content-encoding") == coding, accepted
        assert answer.headers["vary"] == "Accept-Encoding"
        assert decode_bundle(answer.content) == leaves[:256]  # the client unpacks
        again = client.get(
            "/ledger/tile/entries/000",
            headers={"Accept-Encoding": accepted, "If-None-Match": answer.headers["etag"]},
        )
        assert again.status_code == 304
    tile = client.get("/ledger/tile/0/000", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in tile.headers


@pytest.mark.parametrize(
    "query",
    [
        "file?index=300",
        "inclusion?index=300",
        "inclusion?index=5&size=301",
        "inclusion?index=5&size=5",
        "consistency?old_size=301",
        "consistency?old_size=5&size=4",
        "consistency?old_size=5&size=301",
    ],
)
def test_a_proof_of_what_is_not_published_is_refused(client, query):
    answer = client.get(f"/v1/ledger/proofs/{query}")
    assert answer.status_code in {400, 404}
    assert answer.json()["code"] in {"BAD_REQUEST", "NOT_FOUND"}


@pytest.mark.parametrize(
    "query", ["inclusion", "inclusion?index=-1", "consistency?old_size=x", "file", "file?index=-1"]
)
def test_a_malformed_question_is_refused(client, query):
    answer = client.get(f"/v1/ledger/proofs/{query}")
    assert answer.status_code == 422
    assert answer.json()["code"] == "INVALID_REQUEST"


def test_the_keys_that_a_verifier_pins(client, workspace):
    keys = client.get("/v1/ledger/keys").json()
    assert keys["origin"] == ORIGIN
    assert keys["log"] == workspace.keys.log.verifier.vkey
    assert keys["registrar"] == workspace.keys.registrar.vkey


def test_health_tells_the_sizes(client):
    health = client.get("/healthz").json()
    assert health["status"] == "ok"
    assert health["log"] == {"origin": ORIGIN, "size": SIZE, "checkpoint_size": SIZE}
    assert health["database"] == {"kind": "sqlite"}
