"""What the log itself demands of an entry, the same when it is made and when it is replayed."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

from ledger.errors import Expired, SignatureInvalid, StaleHead
from ledger.log.body import Body
from ledger.log.entry import NO_LEAF, Signature, malformed
from ledger.log.rules import JsonState
from ledger.log.signing import verify_body
from ledger.log.store import chain_head_of, chain_key


def check_expiry(body: Body, time_ms: int) -> None:
    """Refuse a body whose time limit has passed; raises `Expired`."""
    if time_ms > body.expires_ms:
        raise Expired(
            f"The body could be entered until {body.expires_ms} ms (UTC), it is {time_ms} ms. "
            "Make and sign a new draft.",
            expires_ms=body.expires_ms,
            time_ms=time_ms,
        )


def check_signatures(
    origin: str,
    body_data: bytes,
    signatures: Sequence[Signature],
    keys: Sequence[bytes],
    *,
    verified: set[tuple[bytes, bytes]] | None = None,
) -> None:
    """Verify each signature with its key.

    Parameters
    ----------
    verified
        (public key, signature) pairs that are known to fit this body; new ones are added.

    Raises
    ------
    SignatureInvalid
        Naming the first signature that does not fit.
    """
    known = set() if verified is None else verified
    for signature, key in zip(signatures, keys, strict=True):
        if (key, signature.sig) in known:
            continue
        if not verify_body(key, origin, body_data, signature.sig):
            raise SignatureInvalid(
                f"The signature of key {signature.kid} as {signature.role} does not fit the body. "
                "Sign the body's canonical bytes for this log with that key.",
                kid=signature.kid,
                role=signature.role,
            )
        known.add((key, signature.sig))


def chain_place(state: JsonState, body: Body) -> tuple[int | None, bytes | None]:
    """Return sequence and previous leaf of an entry in its order's chain, Nones without order.

    Raises
    ------
    StaleHead
        When the body's `osp` is not the chain's head: a signed compare-and-set.
    """
    if body.order is None:
        return None, None
    head = chain_head_of(state.get(chain_key(body.order)))
    current = head.leaf_hash if head is not None else NO_LEAF
    if body.seen_head is not None and body.seen_head != current:
        raise StaleHead(
            f"Order {body.order} has moved on: the signers saw entry {body.seen_head.hex()}, its "
            f"last is {current.hex()}. Make a new draft on that entry and sign it.",
            order=body.order,
            seen=body.seen_head.hex(),
            head=current.hex(),
        )
    return (0, NO_LEAF) if head is None else (head.sequence + 1, current)


def extend_chain(state: JsonState, body: Body, sequence: int | None, digest: bytes) -> None:
    """Make an entry the head of its order's chain."""
    if body.order is not None and sequence is not None:
        state.put(chain_key(body.order), {"head": digest.hex(), "sequence": sequence})


def disclosure_digests(body: Body, texts: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return (digest, text) of each disclosure of a body.

    The digest is base64url of the text's SHA-256 without padding, as in RFC 9901.

    Raises
    ------
    Malformed
        When a text comes twice, or the body's `sd` does not name its digest.
    """
    named = body.fields.get("sd")
    known = set(map(str, named)) if isinstance(named, list) else set()
    found: dict[str, str] = {}
    for text in texts:
        if not text.isascii() or not text.isprintable():
            raise malformed("disclosures", "printable ASCII texts", text)
        raw = hashlib.sha256(text.encode("ascii")).digest()
        digest = base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
        if digest not in known or digest in found:
            raise malformed("disclosures", "texts that b.sd names, each once", text)
        found[digest] = text
    return tuple(found.items())
