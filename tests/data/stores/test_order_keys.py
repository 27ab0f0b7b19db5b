"""The secrets of orders: made once, kept wrapped, destroyed for good."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, text
from sqlmodel import Session

from data.errors import NotFound
from data.stores import order_keys
from data.stores.order_keys import KeyErased, KeyStoreLocked
from ledger.values.sealing import Keyring
from tests.support.stored import NOW_MS, OPERATOR, OTHER_OPERATOR, add_operators

RING = Keyring(current=b"c" * 32)
NEXT = Keyring(current=b"n" * 32, former=(b"c" * 32,))


@pytest.fixture
def keys(session: Session) -> Connection:
    """Return a connection to a database with two operators."""
    add_operators(session)
    return session.connection()


def make(keys: Connection, handle: str = "h1", *, operator: str = OPERATOR) -> bytes:
    """Make a secret, or return the one that is there."""
    return order_keys.ensure(keys, RING, operator, handle, now_ms=NOW_MS)


def test_a_secret_is_made_once(keys: Connection) -> None:
    """32 random bytes for each handle and each operator, wrapped where they lie."""
    secret = make(keys)
    assert len(secret) == order_keys.SECRET_BYTES
    assert make(keys) == secret == order_keys.get(keys, RING, OPERATOR, "h1")
    assert len({secret, make(keys, "h2"), make(keys, operator=OTHER_OPERATOR)}) == 3
    stored = [bytes(one) for one in keys.execute(text("SELECT secret FROM order_keys")).scalars()]
    assert all(secret not in one for one in stored)
    assert order_keys.handles(keys, OPERATOR) == ["h1", "h2"]


def test_a_secret_is_destroyed_for_good(keys: Connection) -> None:
    """A tombstone stays: no second secret is made under the handle."""
    make(keys)
    assert order_keys.destroy(keys, OPERATOR, "h1", now_ms=NOW_MS)
    assert not order_keys.destroy(keys, OPERATOR, "h1", now_ms=NOW_MS)
    assert order_keys.handles(keys, OPERATOR) == []
    for attempt in (make, lambda keys: order_keys.get(keys, RING, OPERATOR, "h1")):
        with pytest.raises(KeyErased):
            attempt(keys)


def test_a_handle_without_secret_can_be_closed(keys: Connection) -> None:
    """Its erasure came first."""
    assert not order_keys.destroy(keys, OPERATOR, "h1", now_ms=NOW_MS)
    with pytest.raises(KeyErased):
        make(keys)


def test_a_secret_that_never_was_is_not_found(keys: Connection) -> None:
    """That is no erasure."""
    with pytest.raises(NotFound):
        order_keys.get(keys, RING, OPERATOR, "h1")


def test_all_secrets_are_wrapped_anew(keys: Connection) -> None:
    """With the ring that has both keys; then the new one alone opens them."""
    secret = make(keys)
    make(keys, "h2")
    order_keys.destroy(keys, OPERATOR, "h2", now_ms=NOW_MS)
    assert order_keys.rewrap(keys, NEXT, OPERATOR) == 1
    assert order_keys.rewrap(keys, NEXT, OPERATOR) == 0
    alone = Keyring(current=b"n" * 32)
    assert order_keys.get(keys, alone, OPERATOR, "h1") == secret
    with pytest.raises(KeyStoreLocked):
        order_keys.get(keys, RING, OPERATOR, "h1")


def test_a_secret_under_an_unknown_key_stops_the_wrapping(keys: Connection) -> None:
    """Nothing is lost by a rotation with the wrong key."""
    secret = make(keys)
    with pytest.raises(KeyStoreLocked):
        order_keys.rewrap(keys, Keyring(current=b"x" * 32), OPERATOR)
    assert order_keys.get(keys, RING, OPERATOR, "h1") == secret
