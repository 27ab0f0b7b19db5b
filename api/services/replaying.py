"""How a log of this product is replayed: the one place that puts rules and replay together.

The signer, a mirror, an auditor and a recovery all check entries with what is made here, from
public things alone: the log's name, the registrar's root key and the entries.
"""

from __future__ import annotations

from pathlib import Path

from data.stores.replayed import ReplayedFile
from ledger.claims.roots import RootChecker
from ledger.claims.rules import ClaimRules
from ledger.claims.sm3_roots import ReadLeaves
from ledger.log.replay import Replay, ReplayStart


def make_replay(
    origin: str,
    registrar_root: bytes,
    start: ReplayStart | None = None,
    roots: RootChecker | None = None,
) -> Replay:
    """Return a replay with every rule of the record and the root of the state map.

    Parameters
    ----------
    origin
        Name of the log.
    registrar_root
        The registrar's raw public key, pinned from outside.
    start, roots
        Where it begins; left out, the empty log.
    """
    rules = ClaimRules(origin=origin, registrar_root=registrar_root, tag_key=None)
    return Replay(origin, rules, roots=roots or RootChecker(), start=start)


def replayed_file(
    path: Path, origin: str, registrar_root: bytes, *, read: ReadLeaves
) -> ReplayedFile:
    """Return the file in which a replay of a log is kept, opened; see `make_replay`.

    Parameters
    ----------
    read
        Gives entries again, where an SM3 root over them is stated.
    """
    return ReplayedFile(
        path,
        origin,
        lambda start, roots: make_replay(origin, registrar_root, start, roots),
        read=read,
    )
