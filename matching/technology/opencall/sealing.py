"""Commit and reveal: a proposal is sealed by a hash before the deadline and opened after it.

The seal is SHA-256 over a domain line, the call, the application, the applicant, a random salt of
32 bytes in hex, and the canonical JSON of the proposal, each on a line of its own. It binds the
proposal to its place, so that nobody can hand in another's seal as its own; the salt keeps a short
proposal from being guessed.
"""

from __future__ import annotations

import hashlib
import hmac
import re

from matching.technology.opencall.call import Proposal
from matching.technology.problem_plain import canonical_json

DOMAIN = "parkloom/seal/v1"
_SALT = re.compile(r"[0-9a-f]{64}")


def seal_of(proposal: Proposal, salt: str, *, call_id: str, application_id: str, org: str) -> str:
    """Return the seal of a proposal, 64 hex digits.

    Raises
    ------
    ValueError
        When the salt is not 64 lower-case hex digits.
    """
    if not _SALT.fullmatch(salt):
        raise ValueError(f"the salt must be 64 lower-case hex digits, got {salt[:80]!r}")
    head = f"{DOMAIN}\n{call_id}\n{application_id}\n{org}\n{salt}\n"
    return hashlib.sha256(head.encode() + canonical_json(proposal)).hexdigest()


def opens(
    seal: str, proposal: Proposal, salt: str, *, call_id: str, application_id: str, org: str
) -> bool:
    """Return whether a proposal and its salt are what was sealed."""
    try:
        found = seal_of(proposal, salt, call_id=call_id, application_id=application_id, org=org)
    except ValueError:
        return False
    return hmac.compare_digest(found, seal)
