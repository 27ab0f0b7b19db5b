"""Sealed disclosures and wrapped keys open with their own key, in their own place, and not else."""

from __future__ import annotations

import base64

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.values.sealing import SEALED, Keyring, SealError, kek_id, kept_under, seal, unseal

KEY, LEAF, NONCE = b"k" * 32, b"l" * 32, b"n" * 12


def test_a_sealed_text_opens_with_its_key_in_its_place() -> None:
    """And looks like nothing: not even its length in characters is that of the text."""
    sealed = seal(KEY, "order", LEAF, "number 41 织", nonce=NONCE)
    assert sealed.startswith(SEALED)
    assert unseal(KEY, "order", LEAF, sealed) == "number 41 织"


@pytest.mark.parametrize(
    ("key", "order", "leaf"),
    [(b"x" * 32, "order", LEAF), (KEY, "other", LEAF), (KEY, "order", b"x" * 32)],
)
def test_a_sealed_text_opens_nowhere_else(key: bytes, order: str, leaf: bytes) -> None:
    """Key, order and leaf are all bound in."""
    sealed = seal(KEY, "order", LEAF, "text", nonce=NONCE)
    with pytest.raises(SealError, match="does not open"):
        unseal(key, order, leaf, sealed)


def test_a_changed_or_open_text_is_refused() -> None:
    """One byte, the end cut off, or no seal at all."""
    sealed = seal(KEY, "order", LEAF, "text", nonce=NONCE)
    data = bytearray(base64.b64decode(sealed[len(SEALED) :]))
    data[-1] ^= 1
    changed = SEALED + base64.b64encode(data).decode()
    for wrong in (changed, sealed[:-8], SEALED, SEALED + "!", "plain"):
        with pytest.raises(SealError):
            unseal(KEY, "order", LEAF, wrong)


def test_the_cipher_key_is_not_the_salts_key() -> None:
    """One secret, two uses, two keys: the bytes under AES-GCM are made with a derived one."""
    sealed = seal(KEY, "order", LEAF, "text", nonce=NONCE)
    data = base64.b64decode(sealed[len(SEALED) :])
    place = f"parkloom/seal/v1\norder\n{LEAF.hex()}".encode()
    with pytest.raises(InvalidTag):
        AESGCM(KEY).decrypt(data[:12], data[12:], place)


def test_a_wrapped_key_opens_with_any_key_of_the_ring() -> None:
    """The former KEK opens until everything is wrapped anew."""
    old, new = Keyring(current=b"o" * 32), Keyring(current=b"c" * 32, former=(b"o" * 32,))
    wrapped = old.wrap("order", KEY, nonce=NONCE)
    assert new.unwrap("order", wrapped) == KEY
    assert old.is_current(wrapped)
    assert not new.is_current(wrapped)
    assert new.name == kek_id(b"c" * 32).hex()
    again = new.wrap("order", KEY, nonce=NONCE)
    with pytest.raises(SealError, match="not at hand"):
        old.unwrap("order", again)


def test_a_wrapped_key_is_bound_to_its_order() -> None:
    """Moving a row does not give its key to another order."""
    ring = Keyring(current=b"c" * 32)
    wrapped = ring.wrap("order", KEY, nonce=NONCE)
    with pytest.raises(SealError, match="another's"):
        ring.unwrap("other", wrapped)
    with pytest.raises(SealError):
        ring.unwrap("order", b"")


def test_a_kek_has_32_bytes() -> None:
    """A short one is refused before anything is wrapped with it."""
    with pytest.raises(ValueError, match="32 bytes"):
        Keyring(current=b"short")


@pytest.mark.parametrize(
    ("body", "handle"),
    [
        ({"subject": "s"}, "s"),
        ({"subject": "s", "party": "p"}, "p"),
        ({"subject": "s", "party": "p", "about": "a"}, "a"),
        ({"subject": "s", "party": "p", "order": "o"}, "o"),
    ],
)
def test_the_key_is_that_of_the_order_if_there_is_one(body: dict[str, object], handle: str) -> None:
    """Then that of what the entry is about, of the party, of the subject."""
    assert kept_under(body) == handle
