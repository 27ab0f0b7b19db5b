"""Private keys wherever they live: in memory, or behind a command that is never believed."""

from __future__ import annotations

import sys

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.errors import NotVerified
from ledger.log import note
from ledger.log.keys import CommandKey, FileKey, KeyFailed, NamedKey, sign_with_all
from tests.support.log_parts import LOG_KEY, ORIGIN

SEED = b"\1" * 32
PUBLIC = Ed25519PrivateKey.from_private_bytes(SEED).public_key().public_bytes_raw()
SIGNING = """
import sys
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
key = Ed25519PrivateKey.from_private_bytes(bytes([int(sys.argv[1])]) * 32)
sys.stdout.buffer.write(key.sign(sys.stdin.buffer.read()))
"""


def command(*parts: str, **options: float) -> CommandKey:
    return CommandKey(public_bytes=PUBLIC, command=parts, **options)


def test_a_command_signs_a_note_like_the_key_itself():
    """What a token's tool would do: message in, raw signature out."""
    outside = command(sys.executable, "-c", SIGNING, "1")
    named = NamedKey(name=ORIGIN, key=outside)
    assert named.sign("text\n") == LOG_KEY.sign("text\n")
    assert named.verifier == LOG_KEY.verifier


@pytest.mark.parametrize(
    ("parts", "options", "said"),
    [
        ((sys.executable, "-c", SIGNING, "2"), {}, "no signature of the expected key"),
        ((sys.executable, "-c", "print('signed')"), {}, "7 bytes"),
        ((sys.executable, "-c", "import sys; sys.exit('no token')"), {}, "no token"),
        (("/nowhere/sign",), {}, "did not start"),
        ((sys.executable, "-c", "import time; time.sleep(9)"), {"timeout_seconds": 0.2}, "longer"),
    ],
)
def test_a_command_that_does_not_sign_is_not_believed(parts, options, said):
    with pytest.raises(KeyFailed, match=said):
        command(*parts, **options).sign(b"message")


def test_a_command_key_needs_a_command_and_a_key():
    with pytest.raises(ValueError, match="command"):
        command()
    with pytest.raises(ValueError, match="32 bytes"):
        CommandKey(public_bytes=b"short", command=("sign",))


def test_a_note_may_carry_a_line_of_each_of_several_keys():
    second = NamedKey(name=ORIGIN, key=FileKey(private_key=Ed25519PrivateKey.generate()))
    signed = sign_with_all([LOG_KEY, second], "text\n")
    for key in (LOG_KEY, second):
        assert note.open_note(signed, [key.verifier]).text == "text\n"
    with pytest.raises(ValueError, match="needs a key"):
        sign_with_all([], "text\n")


@pytest.mark.parametrize("text", ["", "no newline", "tab\t\n"])
def test_only_the_text_of_a_note_is_signed(text):
    key = NamedKey(name=ORIGIN, key=FileKey(private_key=Ed25519PrivateKey.generate()))
    with pytest.raises(ValueError, match="newline"):
        key.sign(text)
    with pytest.raises(NotVerified):
        note.split_note(text.encode())
