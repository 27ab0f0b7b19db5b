"""Cosignatures: Ed25519 and ML-DSA-44, made, verified, carried from note to note."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import NotVerified
from ledger.log import note
from ledger.log.checkpoint import Checkpoint, open_checkpoint
from ledger.log.cosignature import (
    Cosigner,
    joined,
    only_lines,
    verified_lines,
    with_lines,
)
from tests.support.log_parts import LOG_KEY, ORIGIN, private_key
from tests.support.witnesses import TIME_S, cosigner, pq_cosigner

TEXT = Checkpoint(origin=ORIGIN, size=7, root=b"\7" * 32).text()
SIGNED = LOG_KEY.sign(TEXT)
KINDS = [pytest.param(cosigner, id="ed25519"), pytest.param(pq_cosigner, id="ml-dsa-44")]


@pytest.mark.parametrize("make", KINDS)
@pytest.mark.parametrize("time_s", [0, 1, TIME_S, 2**63 - 1])
def test_a_cosignature_verifies_and_tells_its_time(make, time_s):
    one = make("w.example")
    _, opened = open_checkpoint(
        SIGNED + one.cosign(TEXT, time_s=time_s), LOG_KEY.verifier, [one.verifier]
    )
    assert [(line.name, line.time_s) for line in opened.signatures] == [
        (ORIGIN, None),
        ("w.example", time_s),
    ]
    assert note.parse_vkey(one.verifier.vkey) == one.verifier


@pytest.mark.parametrize("make", KINDS)
@pytest.mark.parametrize("time_s", [-1, 2**63])
def test_an_impossible_time_is_not_cosigned(make, time_s):
    with pytest.raises(ValueError, match="time"):
        make("w").cosign(TEXT, time_s=time_s)


@pytest.mark.parametrize("make", KINDS)
@pytest.mark.parametrize(
    "other",
    [
        Checkpoint(origin=ORIGIN, size=8, root=b"\7" * 32),
        Checkpoint(origin=ORIGIN, size=7, root=b"\6" * 32),
        Checkpoint(origin="elsewhere.example", size=7, root=b"\7" * 32),
    ],
    ids=["size", "root", "origin"],
)
def test_a_cosignature_binds_origin_size_and_root(make, other):
    one = make("w")
    line = one.cosign(TEXT, time_s=TIME_S)
    with pytest.raises(NotVerified) as caught:
        note.open_note(LOG_KEY.sign(other.text()) + line, [LOG_KEY.verifier, one.verifier])
    assert caught.value.code == "NOTE_SIGNATURE"


def test_only_the_ed25519_cosignature_covers_extension_lines():
    """As C2SP tlog-cosignature says; the ML-DSA-44 message has no place for them."""
    extended = Checkpoint(origin=ORIGIN, size=7, root=b"\7" * 32, extensions=("more",)).text()
    for one, holds in ((cosigner("w"), False), (pq_cosigner("w"), True)):
        line = one.cosign(TEXT, time_s=TIME_S)
        data = LOG_KEY.sign(extended) + line
        if holds:
            assert len(note.open_note(data, [one.verifier]).signatures) == 1
            continue
        with pytest.raises(NotVerified):
            note.open_note(data, [one.verifier])


def test_the_mldsa_cosignature_covers_the_cosigners_name():
    """One key under two names: the Ed25519 message does not tell them apart, this one does."""
    key = pq_cosigner("w").private_key
    line = Cosigner(name="w", private_key=key).cosign(TEXT, time_s=TIME_S)
    other = Cosigner(name="other", private_key=key).verifier
    found = note.split_note(SIGNED + line)[1][1]
    assert not other.verify(TEXT.encode(), found.signature)


@pytest.mark.parametrize("make", KINDS)
def test_any_bit_of_a_cosignature_counts(make):
    one = make("w")
    found = note.split_note(SIGNED + one.cosign(TEXT, time_s=TIME_S))[1][1]
    for place in range(0, len(found.signature), 37):
        spoilt = bytearray(found.signature)
        spoilt[place] ^= 1
        assert not one.verifier.verify(TEXT.encode(), bytes(spoilt))
    for length in (0, 7, 8, 9, len(found.signature) - 1):
        assert not one.verifier.verify(TEXT.encode(), found.signature[:length])
    assert not one.verifier.verify(b"no checkpoint\n", found.signature)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u2003b", "x" * 256])
def test_a_name_that_cannot_cosign(name):
    with pytest.raises(ValueError, match="cosigner"):
        Cosigner(name=name, private_key=private_key("w"))


def test_what_is_no_checkpoint_is_not_cosigned():
    with pytest.raises(NotVerified) as caught:
        cosigner("w").cosign("text\n", time_s=TIME_S)
    assert caught.value.code == "CHECKPOINT_MALFORMED"


def test_an_origin_too_long_for_the_mldsa_message():
    text = Checkpoint(origin="x" * 256, size=7, root=b"\7" * 32).text()
    assert cosigner("w").cosign(text, time_s=0)
    with pytest.raises(ValueError, match="255"):
        pq_cosigner("w").cosign(text, time_s=0)


def test_a_message_of_another_type_is_refused():
    with pytest.raises(ValueError, match="0x01"):
        note.cosigned_message(note.ED25519, "w", 0, TEXT.encode())


def test_lines_of_an_answer_are_those_of_known_keys():
    w1, w2 = cosigner("w1"), pq_cosigner("w2")
    answer = w1.cosign(TEXT, time_s=1) + w2.cosign(TEXT, time_s=2)
    found = verified_lines(SIGNED, answer, [w2.verifier])
    assert [(one.name, one.time_s) for one in found] == [("w2", 2)]
    with pytest.raises(NotVerified) as caught:
        verified_lines(SIGNED, w1.cosign(TEXT, time_s=1), [w2.verifier])
    assert caught.value.code == "NOTE_UNSIGNED"


def test_an_answer_cannot_bring_a_text_of_its_own():
    """A line over another checkpoint, behind an empty line, is not taken for one over ours."""
    w = cosigner("w")
    other = Checkpoint(origin=ORIGIN, size=9, root=b"\1" * 32).text()
    whole = TEXT + "\n" + other
    message = b"cosignature/v1\ntime 1\n" + whole.encode()
    signature = (1).to_bytes(8) + w.private_key.sign(message)
    line = note.signature_line("w", w.verifier.key_id, signature)
    for answer in (b"\n" + line.encode(), (other + "\n" + line).encode(), b"", b"\n", b"hello"):
        with pytest.raises(NotVerified) as caught:
            verified_lines(SIGNED, answer, [w.verifier])
        assert caught.value.code in {"NOTE_MALFORMED", "NOTE_SIGNATURE"}


def test_a_newer_line_of_a_key_takes_the_place_of_the_older():
    w = cosigner("w")
    old = verified_lines(SIGNED, w.cosign(TEXT, time_s=1), [w.verifier])
    new = verified_lines(SIGNED, w.cosign(TEXT, time_s=2), [w.verifier])
    both = with_lines(with_lines(SIGNED, old), new)
    _, opened = open_checkpoint(both, LOG_KEY.verifier, [w.verifier])
    assert [one.time_s for one in opened.signatures] == [None, 2]


def test_lines_of_strangers_can_be_left_behind():
    w = cosigner("w")
    data = SIGNED + cosigner("stranger").cosign(TEXT, time_s=1) + w.cosign(TEXT, time_s=1)
    kept = only_lines(data, [LOG_KEY.verifier, w.verifier])
    assert [one.name for one in note.split_note(kept)[1]] == [ORIGIN, "w"]


def test_a_note_that_grows_too_large_is_refused():
    """Sixteen ML-DSA-44 lines fit; more than the note holds are not written."""
    lines = [
        note.NoteSignature(name=f"w{number}", key_id=bytes(4), signature=bytes(2_428))
        for number in range(30)
    ]
    assert len(note.split_note(joined(TEXT, lines[:16]))[1]) == 16
    with pytest.raises(NotVerified) as caught:
        joined(TEXT, lines)
    assert caught.value.code == "NOTE_MALFORMED"


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**62), st.binary(min_size=32, max_size=32))
def test_the_ed25519_message_is_the_documented_text(time_s, size, root):
    text = f"a\n{size}\nb\n".encode()
    message = note.cosigned_message(note.COSIGNATURE_ED25519, "w", time_s, text)
    assert message == f"cosignature/v1\ntime {time_s}\na\n{size}\nb\n".encode()
    if size:
        checkpoint = Checkpoint(origin="o", size=size, root=root).text().encode()
        message = note.cosigned_message(note.COSIGNATURE_MLDSA44, "w", time_s, checkpoint)
        assert message == (
            b"subtree/v1\n\0\1w" + time_s.to_bytes(8) + b"\1o" + bytes(8) + size.to_bytes(8) + root
        )
