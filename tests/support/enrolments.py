"""The cheapest valid entries: the registrar's root key enrols keys of the registrar itself.

Each is signed by the root alone and depends on no other entry, so any number of clients can enter
them at the same time.
"""

from __future__ import annotations

import hashlib
import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.claims import drafts, events
from ledger.claims.drafts import Draft
from ledger.claims.events.base import Frame
from ledger.log import note
from ledger.log.signing import key_id
from ledger.values.consent import Duty, Role

DAY_MS = 86_400_000


def key_of(name: str) -> Ed25519PrivateKey:
    """Return a key that belongs to a name, the same in every process."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())


ROOT_KEY = key_of("the registrar's root")
ROOT_PUBLIC = ROOT_KEY.public_key().public_bytes_raw()
ROOT_VKEY = note.Signer(name="registrar.example", private_key=ROOT_KEY).verifier.vkey


def enrolment(origin: str, name: str, *, user: str | None = None) -> Draft:
    """Return the signed enrolment of the key that belongs to `name`.

    Parameters
    ----------
    name
        Also gives the request id, so the same name is the same request.
    user
        Handle of the user; another one makes another body under the same request id.
    """
    now_ms = int(time.time()) // 86_400 * DAY_MS  # the same all day: a retry is the same body
    registrar = key_id(ROOT_PUBLIC)
    draft = events.key_enrolled(
        Frame(origin=origin, idem=_handle(f"idem {name}"), expires_ms=now_ms + 7 * DAY_MS),
        registrar=registrar,
        party=registrar,
        user=user or _handle(f"user {name}"),
        duty=Duty.MAKER,
        public_key=key_of(name).public_key().public_bytes_raw(),
        valid_from_ms=now_ms,
        valid_to_ms=now_ms + 365 * DAY_MS,
    )
    return drafts.add_signature(draft, ROOT_KEY, role=Role.REGISTRAR)


def _handle(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
