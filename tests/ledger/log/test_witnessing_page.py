"""The example in docs/spec/witnessing.md is read and computed again; its tables are the code's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from ledger.log import note
from ledger.log.checkpoint import Checkpoint
from ledger.log.cosignature import Cosigner, verified_lines, with_lines
from ledger.log.peers import AHEAD_S_MAX, PAUSE_MS
from ledger.log.policy_file import parse_policy
from ledger.log.witness import (
    REQUEST_BYTES_MAX,
    AddCheckpoint,
    Witness,
    WitnessError,
    monitoring_path,
    origin_digest,
    parse_request,
)
from tests.support.log_parts import LOG_KEY, ORIGIN
from tests.support.witnesses import MemoryWitnessStore

PAGE = Path(__file__).parents[3] / "docs" / "spec" / "witnessing.md"
TEXT = PAGE.read_text("utf-8")
TIME_S = 1_750_000_002
WITNESS = Cosigner(
    name="witness.example/w1", private_key=Ed25519PrivateKey.from_private_bytes(b"\2" * 32)
)
PQ = Cosigner(name="witness.example/pq1", private_key=MLDSA44PrivateKey.from_seed_bytes(b"\3" * 32))


@pytest.fixture(scope="module")
def example() -> dict[str, str]:
    """Return the page's example blocks by name."""
    return dict(re.findall(r"<!-- example: (.+?) -->\n```\w+\n(.*?)```", TEXT, re.DOTALL))


@pytest.fixture
def witness() -> Witness:
    """Return the example's witness, which has cosigned the tree of one entry."""
    made = Witness(
        cosigners=(WITNESS,),
        logs={ORIGIN: [LOG_KEY.verifier]},
        store=MemoryWitnessStore(),
        clock_s=lambda: TIME_S,
    )
    first = Checkpoint(origin=ORIGIN, size=1, root=first_leaf())
    request = AddCheckpoint(old_size=0, proof=(), checkpoint=LOG_KEY.sign(first.text()))
    made.add_checkpoint(request.encode())
    return made


def first_leaf() -> bytes:
    """Return the leaf hash of entry 0, as the page about the log gives it."""
    page = PAGE.with_name("ledger.md").read_text("utf-8")
    found = re.search(r"<!-- example: hash 0 -->\n```text\n([0-9a-f]{64})\n", page)
    assert found is not None
    return bytes.fromhex(found[1])


def test_the_page_has_every_block(example: dict[str, str]):
    assert set(example) == {
        "witness vkey", "policy", "request", "answer", "message", "cosigned", "monitoring",
        "mldsa message",
    }  # fmt: skip


def test_the_witness_answers_the_request_as_the_page_says(
    example: dict[str, str], witness: Witness
):
    assert example["witness vkey"] == WITNESS.verifier.vkey + "\n"
    body = example["request"].encode()
    assert parse_request(body).encode() == body
    answer = witness.add_checkpoint(body)
    assert answer == example["answer"].encode()
    shown = witness.latest(origin_digest(ORIGIN))
    assert shown == example["cosigned"].encode()
    assert example["monitoring"] == f"https://witness.example/w1/{monitoring_path(ORIGIN)}\n"


def test_the_log_appends_the_line_and_the_policy_accepts_it(example: dict[str, str]):
    signed = parse_request(example["request"].encode()).checkpoint
    policy = parse_policy(example["policy"].encode())
    lines = verified_lines(signed, example["answer"].encode(), policy.keys)
    assert with_lines(signed, lines) == example["cosigned"].encode()
    found = policy.evaluate(example["cosigned"].encode())
    assert (found.checkpoint.size, found.time_s) == (2, TIME_S)
    assert dict(found.cosigned) == {"authority": TIME_S}


def test_what_is_signed(example: dict[str, str]):
    text = note.split_note(example["cosigned"].encode())[0]
    message = note.cosigned_message(note.COSIGNATURE_ED25519, WITNESS.name, TIME_S, text.encode())
    assert message == example["message"].encode()
    message = note.cosigned_message(note.COSIGNATURE_MLDSA44, PQ.name, TIME_S, text.encode())
    assert message.hex() + "\n" == example["mldsa message"]
    line = PQ.cosign(text, time_s=TIME_S)
    assert len(note.split_note(text.encode() + b"\n" + line)[1][0].signature) == 8 + 2_420


def test_the_same_request_again_is_answered_409(example: dict[str, str], witness: Witness):
    witness.add_checkpoint(example["request"].encode())
    with pytest.raises(WitnessError) as caught:
        witness.add_checkpoint(example["request"].encode())
    assert (caught.value.status, caught.value.body) == (409, b"2\n")


def test_the_figures_of_the_page_are_those_of_the_code():
    assert f"{REQUEST_BYTES_MAX:,} bytes" in TEXT
    assert f"more than {AHEAD_S_MAX} s ahead" in TEXT
    assert PAUSE_MS == (500, 60_000)
    assert "after 0.5 s" in TEXT
    assert "up to 60 s" in TEXT


CODES = (
    "POLICY_MALFORMED", "LOG_UNKNOWN", "QUORUM_MISSING", "WITNESS_DAMAGED", "LOG_BEHIND_WITNESS",
    "ROOT_DIFFERS", "LOG_FORKED", "CHECKPOINT_BEHIND", "TILE_DIFFERS", "ENTRY_DIFFERS",
    "FILE_MISSING",
)  # fmt: skip


@pytest.mark.parametrize("code", CODES)
def test_every_code_of_the_page_is_raised_somewhere(code: str):
    sources = "".join(
        path.read_text("utf-8") for path in (PAGE.parents[2] / "ledger" / "log").glob("*.py")
    )
    assert f"`{code}`" in TEXT
    assert f'"{code}"' in sources
