"""The witnesses of an installation's own log, from the policy file in its home.

The file is a trust policy (C2SP tlog-policy): the same that goes to lenders, with the addresses of
the witnesses. Several keys at one address are one witness that is asked once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from api.services.errors import BadRequest
from api.witnessing.http import HttpPrefix
from api.witnessing.remote import HttpWitness
from ledger.errors import NotVerified
from ledger.log import note
from ledger.log.checkpoint import Checkpoint
from ledger.log.cosigning import Cosigning
from ledger.log.policy import NONE, Policy
from ledger.log.policy_file import parse_policy


def read_policy(path: Path) -> Policy | None:
    """Return the policy of a file, None where there is no file.

    Raises
    ------
    BadRequest
        When it cannot be read, saying in which line.
    """
    try:
        return parse_policy(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, NotVerified) as unreadable:
        raise BadRequest(f"{path}: {unreadable}.", path=str(path)) from None


def cosigning_of(
    path: Path,
    *,
    logs: Sequence[note.Verifier],
    folder: Path,
    memory: Path,
    open_signed: Callable[[bytes], Checkpoint],
) -> Cosigning | None:
    """Return what collects the cosignatures of a log; None where its policy asks for none.

    Parameters
    ----------
    path
        The policy file.
    logs
        The log's own keys, of which the policy must list one if it lists any.
    folder, memory, open_signed
        As of `Cosigning`.

    Raises
    ------
    BadRequest
        When the file cannot be read, is of another log, or its quorum cannot be reached.
    """
    policy = read_policy(path)
    if policy is None or policy.quorum == NONE:
        return None
    listed = [one.key for one in policy.logs]
    if listed and not set(listed) & set(logs):
        wanted = ", ".join(log.vkey for log in logs)
        raise BadRequest(f"{path} does not list this log: {wanted}.", path=str(path))
    places: dict[str, list[note.Verifier]] = {}
    for witness in policy.witnesses:
        if witness.url is not None:
            places.setdefault(witness.url.rstrip("/"), []).append(witness.key)
    try:
        remotes = [(HttpWitness(prefix=HttpPrefix(url)), keys) for url, keys in places.items()]
        return Cosigning(policy, remotes, folder=folder, memory=memory, open_signed=open_signed)
    except ValueError as wrong:
        raise BadRequest(f"{path}: {wrong}.", path=str(path)) from None
