"""Keys that replace keys, and a log that goes on where another one ended."""

import base64

from ledger.claims.drafts import Draft
from ledger.claims.events.base import Frame, draft_of
from ledger.log.signing import ED25519, key_id
from ledger.values.consent import EventType


def key_rotated(
    frame: Frame,
    *,
    registrar: str,
    party: str,
    replaces: str,
    public_key: bytes,
    valid_from_ms: int,
    valid_to_ms: int,
) -> Draft:
    """Draft the replacement of a user's key. Needs registrar maker and checker, old and new key.

    Parameters
    ----------
    replaces
        Key id of the old key; user and duty go over to the new one.
    public_key
        The new raw Ed25519 key, 32 bytes.
    valid_from_ms, valid_to_ms
        UTC milliseconds: the key signs entries whose time t has valid_from ≤ t < valid_to.
    """
    return draft_of(
        frame,
        EventType.KEY_ROTATED,
        subject=key_id(public_key),
        fields={
            "registrar": registrar,
            "party": party,
            "replaces": replaces,
            "alg": ED25519,
            "public_key": base64.b64encode(public_key).decode("ascii"),
            "valid_from": valid_from_ms,
            "valid_to": valid_to_ms,
        },
        summary=f"Replace key {replaces} of party {party}",
    )


def log_key_rotated(
    frame: Frame,
    *,
    registrar: str,
    operator: str,
    old_key: bytes,
    new_key: bytes,
    overlap_until_ms: int,
) -> Draft:
    """Draft the replacement of the log's key. Needs registrar m+c, operator m, old and new key.

    Parameters
    ----------
    old_key, new_key
        Raw Ed25519 keys, 32 bytes.
    overlap_until_ms
        UTC milliseconds: checkpoints over entries before this time carry a line of each key.
    """
    return draft_of(
        frame,
        EventType.LOG_KEY_ROTATED,
        subject=key_id(new_key),
        fields={
            "registrar": registrar,
            "operator": operator,
            "replaces": key_id(old_key),
            "alg": ED25519,
            "replaced_key": base64.b64encode(old_key).decode("ascii"),
            "public_key": base64.b64encode(new_key).decode("ascii"),
            "overlap_until": overlap_until_ms,
        },
        summary=f"Replace the key of log {frame.origin}",
    )


def log_opened(
    frame: Frame,
    *,
    registrar: str,
    operator: str,
    previous: str,
    size: int,
    root: str,
    checkpoint_sha256: str,
    reason: str,
) -> Draft:
    """Draft the citation of the log that this one follows. Needs registrar m+c, operator m.

    Parameters
    ----------
    previous, size, root
        Origin and last signed head of the other log; the root in hex.
    checkpoint_sha256
        SHA-256 (hex) of that signed note, cosignatures included.
    reason
        ``compromised``, ``lost`` or ``moved``.
    """
    return draft_of(
        frame,
        EventType.LOG_OPENED,
        subject=operator,
        fields={
            "registrar": registrar,
            "operator": operator,
            "previous": previous,
            "size": size,
            "root": root,
            "checkpoint": checkpoint_sha256,
            "reason": reason,
        },
        summary=f"Open {frame.origin} after {previous} at size {size} ({reason})",
    )


def log_sm3_root(frame: Frame, *, operator: str, day: str, covers: int, root: str) -> Draft:
    """Draft the day's SM3 root. Needs the operator's maker.

    Parameters
    ----------
    day
        Day of the entry, UTC, YYYY-MM-DD; one root a day.
    covers, root
        Number of entries from the first on, and the root over them in hex.
    """
    return draft_of(
        frame,
        EventType.LOG_SM3_ROOT,
        subject=operator,
        fields={"operator": operator, "day": day, "covers": covers, "root": root},
        summary=f"SM3 root of {day} over {covers} entries",
    )
