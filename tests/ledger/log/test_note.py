"""Signed notes, keys as text, checkpoints, proof files."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import NotVerified
from ledger.log import note
from ledger.log.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from ledger.log.merkle import EMPTY_ROOT, inclusion_proof, leaf_hash, root_at
from ledger.log.proof_file import TlogProof, parse_proof
from ledger.log.tiles import LeafNodes
from tests.support.log_parts import LOG_KEY, ORIGIN, private_key

OTHER = note.Signer(name="other.example", private_key=private_key("other"))
names = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Z"], exclude_characters="+"), min_size=1
)
lines = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)
note_texts = st.lists(lines, min_size=1, max_size=5).map(lambda found: "\n".join(found) + "\n")


@given(names.filter(note.is_key_name), st.binary(min_size=32, max_size=32), st.sampled_from([1, 4]))
def test_parse_vkey_inverts_format_vkey(name, key, kind):
    verifier = note.Verifier(name=name, public_key=key, type=kind)
    assert note.parse_vkey(verifier.vkey) == verifier


@given(note_texts)
def test_open_note_inverts_sign(text):
    opened = note.open_note(LOG_KEY.sign(text), [LOG_KEY.verifier])
    assert opened.text == text
    assert [one.name for one in opened.signatures] == [ORIGIN]


@given(note_texts, st.data())
def test_any_byte_of_a_note_changed_is_found(text, data):
    """Only the base64 of the key id and the name may turn the line into an unknown one."""
    changed = bytearray(LOG_KEY.sign(text))
    place = data.draw(st.integers(0, len(changed) - 1))
    changed[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(NotVerified):
        note.open_note(bytes(changed), [LOG_KEY.verifier])


def lines_of(count: int) -> bytes:
    """Return signature lines of `count` strangers."""
    found = ""
    for number in range(count):
        signer = note.Signer(name=f"w{number}", private_key=private_key(f"w{number}"))
        found += signer.sign("text\n").decode().split("\n\n")[1]
    return found.encode()


@pytest.mark.parametrize("strangers", [0, 1, 16, 63])
def test_unknown_lines_are_ignored(strangers):
    data = LOG_KEY.sign("text\n") + lines_of(strangers)
    opened = note.open_note(data, [LOG_KEY.verifier])
    assert len(opened.unknown) == strangers


def test_a_known_line_that_fails_condemns_the_note():
    good = LOG_KEY.sign("text\n")
    wrong = OTHER.sign("another text\n").split(b"\n\n")[1]
    assert note.open_note(good + wrong, [LOG_KEY.verifier]).unknown
    with pytest.raises(NotVerified) as caught:
        note.open_note(good + wrong, [LOG_KEY.verifier, OTHER.verifier])
    assert caught.value.code == "NOTE_SIGNATURE"


def test_unsigned_by_the_expected_key():
    with pytest.raises(NotVerified) as caught:
        note.open_note(OTHER.sign("text\n"), [LOG_KEY.verifier])
    assert caught.value.code == "NOTE_UNSIGNED"
    with pytest.raises(NotVerified, match="no key at all"):
        note.open_note(OTHER.sign("text\n"), [])


LINE = LOG_KEY.sign("text\n").decode().split("\n\n")[1]
MATERIAL = LINE.split(" ")[2].rstrip("\n")
NOT_NOTES = {
    "no signature": "text\n\n",
    "no empty line": "text\n" + LINE,
    "no text": LINE,
    "no last newline": "text\n\n" + LINE[:-1],
    "carriage returns": ("text\n\n" + LINE).replace("\n", "\r\n"),
    "tab": "te\txt\n\n" + LINE,
    "hyphen for the dash": "text\n\n" + LINE.replace("—", "-"),
    "no space after the dash": "text\n\n" + LINE.replace("— ", "—"),
    "empty name": f"text\n\n—  {MATERIAL}\n",
    "plus in the name": f"text\n\n— a+b {MATERIAL}\n",
    "unicode space in the name": f"text\n\n— a\u2003b {MATERIAL}\n",
    "three parts": f"text\n\n— a b {MATERIAL}\n",
    "unpadded base64": f"text\n\n— a {MATERIAL.rstrip('=')}\n",
    "other form of the same base64": f"text\n\n— a {MATERIAL[:-3]}B==\n",
    "url-safe base64": "text\n\n— a ____\n",
    "only a key id": "text\n\n— a AAAAAA==\n",
    "empty signature line": "text\n\n" + LINE + "\n",
}


@pytest.mark.parametrize("name", NOT_NOTES)
def test_not_a_note(name):
    with pytest.raises(NotVerified) as caught:
        note.open_note(NOT_NOTES[name].encode(), [LOG_KEY.verifier])
    assert caught.value.code == "NOTE_MALFORMED"


def test_not_a_note_either():
    for data in (b"\xff", b"a" * 70_000, LOG_KEY.sign("text\n") + lines_of(64)):
        with pytest.raises(NotVerified) as caught:
            note.open_note(data, [LOG_KEY.verifier])
        assert caught.value.code == "NOTE_MALFORMED"


def test_the_last_empty_line_ends_the_text():
    text = "one\n\n— not a signature\n\ntwo\n"
    assert note.open_note(LOG_KEY.sign(text), [LOG_KEY.verifier]).text == text


@pytest.mark.parametrize("text", ["no newline", "bell\a\n", "return\r\n"])
def test_sign_refuses_what_cannot_be_read(text):
    with pytest.raises(ValueError, match="newline"):
        LOG_KEY.sign(text)


def test_key_material_may_hold_a_plus():
    for number in range(200):
        key = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
        verifier = note.Verifier(name="a", public_key=key.public_key().public_bytes_raw())
        if "+" in verifier.vkey.split("+", 2)[2]:
            assert note.parse_vkey(verifier.vkey) == verifier
            return
    pytest.fail("no key with a plus in 200")


VKEY = LOG_KEY.verifier.vkey
HEX = VKEY.split("+")[1]


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "name",
        f"{ORIGIN}+{HEX}",
        f"+{HEX}+{VKEY.split('+', 2)[2]}",
        VKEY.replace(HEX, HEX.upper()),
        VKEY.replace(HEX, "00000000"),
        VKEY + "=",
        VKEY[:-1],
        note.format_vkey("a", b"\0" * 31),
        note.format_vkey("a", b"\0" * 33),
        note.format_vkey("a", b"\0" * 32, type=2),
        note.format_vkey("a", b"\0" * 32, type=6),
        note.format_vkey("a b", b"\0" * 32),
        note.format_vkey("a\u00a0b", b"\0" * 32),
        f"a+00000000+{base64.b64encode(b'').decode()}",
    ],
)
def test_parse_vkey_refuses(vkey):
    with pytest.raises(ValueError, match=r"key"):
        note.parse_vkey(vkey)


sizes = st.integers(1, 2**62)
roots = st.binary(min_size=32, max_size=32)


@given(
    st.builds(
        Checkpoint,
        origin=st.just(ORIGIN),
        size=sizes,
        root=roots,
        extensions=st.lists(st.from_regex(r"[ -~]{1,20}", fullmatch=True), max_size=3).map(tuple),
    )
)
def test_parse_checkpoint_inverts_text(checkpoint):
    assert parse_checkpoint(checkpoint.text()) == checkpoint


ROOT_TEXT = base64.b64encode(b"\1" * 32).decode()


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n1\n{ROOT_TEXT}",
        f"{ORIGIN}\n1\n",
        f"\n1\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n01\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n+1\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n-1\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n１\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n{'9' * 20}\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n1\n{ROOT_TEXT[:-1]}\n",
        f"{ORIGIN}\n1\nAAAA\n",
        f"{ORIGIN}\n0\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n1\n{ROOT_TEXT}\n\n",
    ],
)
def test_parse_checkpoint_refuses(text):
    with pytest.raises(NotVerified) as caught:
        parse_checkpoint(text)
    assert caught.value.code == "CHECKPOINT_MALFORMED"


def test_checkpoint_of_another_log_is_refused():
    text = Checkpoint(origin="elsewhere", size=0, root=EMPTY_ROOT).text()
    with pytest.raises(NotVerified) as caught:
        open_checkpoint(LOG_KEY.sign(text), LOG_KEY.verifier)
    assert caught.value.code == "CHECKPOINT_ORIGIN"


def test_a_witness_alone_does_not_make_a_checkpoint():
    text = Checkpoint(origin=ORIGIN, size=0, root=EMPTY_ROOT).text()
    with pytest.raises(NotVerified) as caught:
        open_checkpoint(OTHER.sign(text), LOG_KEY.verifier, [OTHER.verifier])
    assert caught.value.code == "NOTE_UNSIGNED"


def cosign(name: str, text: str, time_s: int) -> bytes:
    """Return an Ed25519 cosignature line."""
    key = private_key(name)
    message = b"cosignature/v1\ntime %d\n" % time_s + text.encode()
    identifier = note.key_id(name, note.COSIGNATURE_ED25519, key.public_key().public_bytes_raw())
    line = note.signature_line(name, identifier, time_s.to_bytes(8) + key.sign(message))
    return line.encode()


def witness(name: str) -> note.Verifier:
    """Return the public key of a witness."""
    key = private_key(name).public_key().public_bytes_raw()
    return note.Verifier(name=name, public_key=key, type=note.COSIGNATURE_ED25519)


def test_cosignatures_tell_their_time():
    text = Checkpoint(origin=ORIGIN, size=0, root=EMPTY_ROOT).text()
    data = LOG_KEY.sign(text) + cosign("w", text, 1_750_000_000)
    _, opened = open_checkpoint(data, LOG_KEY.verifier, [witness("w")])
    assert [(one.name, one.time_s) for one in opened.signatures] == [
        (ORIGIN, None),
        ("w", 1_750_000_000),
    ]


@pytest.mark.parametrize("time_s", [2**63, 2**64 - 1])
def test_cosignature_of_an_impossible_time_fails(time_s):
    text = Checkpoint(origin=ORIGIN, size=0, root=EMPTY_ROOT).text()
    with pytest.raises(NotVerified) as caught:
        open_checkpoint(
            LOG_KEY.sign(text) + cosign("w", text, time_s), LOG_KEY.verifier, [witness("w")]
        )
    assert caught.value.code == "NOTE_SIGNATURE"


ENTRIES = [b"%d" % number for number in range(10)]
NODES = LeafNodes(ENTRIES)
SIGNED = LOG_KEY.sign(Checkpoint(origin=ORIGIN, size=10, root=root_at(10, NODES)).text())


def proof_of(index: int, extra: bytes | None = None) -> TlogProof:
    """Return the proof of an entry of the small log."""
    hashes = inclusion_proof(index, 10, NODES)
    return TlogProof(index=index, hashes=hashes, checkpoint=SIGNED, extra=extra)


@pytest.mark.parametrize("extra", [None, b"", b"anything"])
def test_proof_file_round_trip(extra):
    for index, entry in enumerate(ENTRIES):
        proof = proof_of(index, extra)
        assert parse_proof(proof.encode()) == proof
        checkpoint, _ = proof.verify(leaf_hash(entry), LOG_KEY.verifier)
        assert checkpoint.size == 10


@given(st.data())
def test_any_byte_of_a_proof_file_changed_is_found(data):
    changed = bytearray(proof_of(7).encode())
    place = data.draw(st.integers(0, len(changed) - 1))
    changed[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(NotVerified):
        parse_proof(bytes(changed)).verify(leaf_hash(ENTRIES[7]), LOG_KEY.verifier)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"@v1", b"@v2"),
        (b"index 7\n", b""),
        (b"index 7", b"index 07"),
        (b"index 7", b"index -7"),
        (b"index 7", b"extra AA\nindex 7"),
        (b"index 7\n", b"index 7\nAAAA\n"),
        (b"index 7\n", b"index 7\n" + (base64.b64encode(b"\0" * 32) + b"\n") * 64),
        (b"index 7", "index ７".encode()),
        (b"\n\n", b"\n"),
    ],
)
def test_parse_proof_refuses(old, new):
    with pytest.raises(NotVerified) as caught:
        parse_proof(proof_of(7).encode().replace(old, new))
    assert caught.value.code == "PROOF_MALFORMED"
