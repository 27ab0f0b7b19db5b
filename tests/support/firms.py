"""Firms with a maker and a checker, whose handles and keys belong to their names."""

import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.log.signing import key_id
from ledger.values.consent import Duty, Role


def handle(*words: object) -> str:
    """Return a handle that belongs to some words, the same in every process."""
    return hashlib.sha256("/".join(map(str, words)).encode()).hexdigest()[:32]


def secret(*words: object) -> Ed25519PrivateKey:
    """Return a private key that belongs to some words."""
    seed = hashlib.sha256(("key/" + "/".join(map(str, words))).encode()).digest()
    return Ed25519PrivateKey.from_private_bytes(seed)


@dataclass(frozen=True, kw_only=True)
class Person:
    """A user with a key and a duty."""

    party: str
    user: str
    duty: Duty | None
    key: Ed25519PrivateKey

    @property
    def public(self) -> bytes:
        return self.key.public_key().public_bytes_raw()

    @property
    def kid(self) -> str:
        return key_id(self.public)


@dataclass(frozen=True, kw_only=True)
class Firm:
    """A party with its maker and its checker."""

    party: str
    name: str
    roles: tuple[Role, ...]
    maker: Person
    checker: Person


def firm(name: str, *roles: Role) -> Firm:
    """Return a firm whose handles and keys belong to its name."""
    party = handle("party", name)

    def person(duty: Duty) -> Person:
        user = handle("user", name, duty)
        return Person(party=party, user=user, duty=duty, key=secret(name, duty))

    return Firm(
        party=party,
        name=name,
        roles=roles or (Role.SELLER,),
        maker=person(Duty.MAKER),
        checker=person(Duty.CHECKER),
    )


def duns(name: str) -> tuple[str, str]:
    """Return an identifier (scheme, value) that belongs to a name."""
    digits = int(hashlib.sha256(name.encode()).hexdigest(), 16) % 10**9
    return "duns", f"{digits:09d}"
