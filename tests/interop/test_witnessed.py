"""Cosigned checkpoints and the served log, read by programs that nobody here wrote.

Our installation writes, witnesses of our own cosign over real HTTP, the quorum stands; then
tlog-scales and sigstore read what is served. And the other way: witnesses made of tlog-scales'
signers are taken by our policy.
"""

from __future__ import annotations

import dataclasses
import gzip
import http.client
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography.exceptions import InvalidSignature
from sigstore._internal.rekor.checkpoint import LogCheckpoint, SignedNote
from tlog_scales import signing as scales_signing
from tlog_scales.backend import HttpBackend
from tlog_scales.reader import TilesReader
from tlog_scales.tlog import Checkpoint as ScalesCheckpoint

from api.services import log_files
from api.services.workspace import Workspace, open_workspace
from api.witnessing.http import HttpPrefix
from api.witnessing.remote import HttpFiles
from api.witnessing.server import create_app
from ledger.claims import drafts
from ledger.log import note
from ledger.log.client import FileMemory, LogClient
from ledger.log.merkle import leaf_hash
from ledger.log.policy import Policy, PolicyLog, PolicyWitness
from ledger.log.policy_file import format_policy
from ledger.log.proof_file import parse_proof
from tests.support.enrolments import enrolment
from tests.support.installations import ORIGIN, installation, settings_of
from tests.support.log_parts import LOG_KEY
from tests.support.web import still_app
from tests.support.witness_servers import listening, make_home, policy_for

SIZE = 5
WAIT_SECONDS = 60


@dataclass(frozen=True)
class Served:
    """A witnessed log at an address."""

    url: str
    workspace: Workspace
    policy: Policy
    entries: list[bytes]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve an installation whose checkpoints two witnesses cosign, over real HTTP."""
    folder = tmp_path_factory.mktemp("witnessed")
    made = installation(folder)
    vkey = made.keys.log.verifier.vkey
    made.close()
    homes = [make_home(folder / name, f"{name}.example", vkey) for name in ("w1", "w2")]
    with (
        listening(create_app(homes[0].witness)) as one,
        listening(create_app(homes[1].witness)) as two,
    ):
        policy = policy_for(dict(zip((one, two), homes, strict=True)), 2, log=vkey)
        settings = settings_of(folder)
        settings.policy_file.write_bytes(format_policy(policy))
        workspace = open_workspace(settings)
        for number in range(SIZE):
            workspace.log.enqueue(drafts.to_request(enrolment(ORIGIN, f"key {number}")))
        workspace.writer.drain()
        wait_for_quorum(workspace)
        with workspace.log.reader() as reader:
            entries = list(reader.leaves(0, reader.head().size))
        with listening(still_app(workspace)) as url:
            yield Served(f"{url}/ledger", workspace, policy, entries)
        workspace.close()


def wait_for_quorum(workspace: Workspace) -> None:
    """Wait until what was signed last is published."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        signed, published = workspace.publisher.signed(), workspace.publisher.published()
        assert signed is not None
        if published is not None and published.size == signed.size >= SIZE:
            return
        assert time.monotonic() < deadline, (signed, published)
        time.sleep(0.01)


def test_tlog_scales_reads_the_served_log(served: Served):
    reader = TilesReader(HttpBackend(served.url))
    checkpoint = reader.get_checkpoint()
    size = len(served.entries)
    assert (checkpoint.origin, checkpoint.size) == (ORIGIN, size)
    assert reader.calculate_root_hash() == checkpoint.root_hash
    for index, entry in enumerate(served.entries):
        assert reader.get_entry(index) == entry
        proof = reader.get_inclusion_proof(index, size)
        proof.check(leaf_hash(entry), checkpoint.root_hash)


def test_tlog_scales_verifies_every_line_of_ours(served: Served):
    """The log's Ed25519 signature, and of each witness Ed25519 and ML-DSA-44 cosignatures."""
    checkpoint = TilesReader(HttpBackend(served.url)).get_checkpoint()
    keys = [served.workspace.keys.log.verifier, *served.policy.keys]
    assert [key.type for key in keys] == [1, 4, 6, 4, 6]
    vkeys = [scales_signing.Vkey.from_string(key.vkey) for key in keys]
    for vkey in vkeys:
        checkpoint.verify(vkey)
    found = scales_signing.VkeySet(*vkeys).verify(checkpoint.signatures, checkpoint)
    assert len(found) == 5
    other = scales_signing.MLDSA44CosignatureSigner("w1.example/mldsa44", b"\1" * 32).vkey
    with pytest.raises(RuntimeError, match="no signature"):
        checkpoint.verify(other)


def test_tlog_scales_refuses_a_changed_checkpoint(served: Served):
    """Size, root or origin changed, and no line of any kind verifies any more."""
    checkpoint = TilesReader(HttpBackend(served.url)).get_checkpoint()
    for change in ({"size": checkpoint.size + 1}, {"root_hash": bytes(32)}, {"origin": "other"}):
        changed = dataclasses.replace(checkpoint, **change)
        for key in (served.workspace.keys.log.verifier, *served.policy.keys):
            with pytest.raises(InvalidSignature):
                changed.verify(scales_signing.Vkey.from_string(key.vkey))


def test_sigstore_reads_the_cosigned_note(served: Served):
    signed = SignedNote.from_text(log_files.checkpoint(served.workspace).decode())
    names = [one.name for one in signed.signatures]
    assert names[0] == ORIGIN
    assert sorted(names[1:]) == [
        "w1.example",
        "w1.example/mldsa44",
        "w2.example",
        "w2.example/mldsa44",
    ]
    assert LogCheckpoint.from_text(signed.note).log_size == len(served.entries)


def test_our_client_reads_the_served_log(served: Served, tmp_path: Path):
    files = HttpFiles(served.url)
    client = LogClient(files.read, served.policy, FileMemory(path=tmp_path / "seen"))
    view = client.update()
    assert [entry for _, entry in view.entries()] == served.entries
    assert set(view.evaluation.cosigned) == {one.name for one in served.policy.witnesses}
    assert view.proof(2).verify_under(leaf_hash(served.entries[2]), served.policy).time_s
    assert client.update().checkpoint == view.checkpoint
    files.close()


def test_bundles_are_compressed_for_those_who_ask(served: Served):
    prefix = HttpPrefix(served.url)
    path = f"tile/entries/000.p/{len(served.entries)}"
    plain = prefix.request("GET", path, bytes_max=1_000_000)
    packed = prefix.request(
        "GET", path, headers={"Accept-Encoding": "gzip, identity"}, bytes_max=1_000_000
    )
    refused = prefix.request(
        "GET", path, headers={"Accept-Encoding": "gzip;q=0, identity"}, bytes_max=1_000_000
    )
    tile = prefix.request(
        "GET",
        f"tile/0/000.p/{len(served.entries)}",
        headers={"Accept-Encoding": "gzip"},
        bytes_max=8_192,
    )
    prefix.close()
    assert packed.body == plain.body == refused.body
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(plain.body)
    assert packed.headers["etag"] != plain.headers["etag"]
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    for answer in (plain, refused, tile):
        assert "content-encoding" not in answer.headers
    assert gzip.compress(plain.body, 6, mtime=0) != plain.body


def test_the_proof_file_of_an_entry_is_served(served: Served):
    parts = urlsplit(served.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    connection.request("GET", "/v1/ledger/proofs/file?index=2")
    answer = connection.getresponse()
    data = answer.read()
    connection.request("GET", f"/v1/ledger/proofs/file?index={len(served.entries)}")
    beyond = connection.getresponse()
    assert (beyond.status, b"BAD_REQUEST" in beyond.read()) == (400, True)
    connection.close()
    assert answer.headers["content-disposition"] == 'attachment; filename="2.tlog-proof"'
    assert data == log_files.proof_file(served.workspace, 2)
    proof = parse_proof(data)
    found = proof.verify_under(leaf_hash(served.entries[2]), served.policy)
    assert found.checkpoint.size == len(served.entries)


def test_an_export_carries_the_cosignatures(served: Served, tmp_path: Path):
    assert log_files.export(served.workspace, tmp_path / "export") == len(served.entries)
    signed = (tmp_path / "export" / "checkpoint").read_bytes()
    assert served.policy.evaluate(signed).time_s is not None
    assert not (tmp_path / "export" / ".staging").exists()


def test_cosignatures_by_tlog_scales_make_our_quorum():
    cosigners = [
        scales_signing.MLDSA44CosignatureSigner(f"w{number}.example", bytes([number]) * 32)
        for number in (3, 4)
    ]
    signer = scales_signing.PlainEd25519Signer(ORIGIN, LOG_KEY.private_key)
    keys = [note.parse_vkey(one.vkey.serialize()) for one in cosigners]
    witnesses = tuple(PolicyWitness(name=key.name, key=key) for key in keys)
    policy = Policy(
        logs=(PolicyLog(key=LOG_KEY.verifier),), witnesses=witnesses, quorum="w4.example"
    )
    text = ScalesCheckpoint.make_signed(ORIGIN, 7, b"\7" * 32, [signer, *cosigners]).serialize()
    assert set(policy.evaluate(text.encode()).cosigned) == {"w3.example", "w4.example"}
