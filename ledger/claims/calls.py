"""What the record knows of open calls: where each stands, and whose it is."""

from dataclasses import dataclass
from typing import ClassVar

from ledger.claims.stored import Stored


@dataclass(frozen=True, slots=True, kw_only=True)
class CallState(Stored):
    """An open call as its last entry left it.

    Parameters
    ----------
    status
        The state to which the last step led.
    sequence
        Number of its steps so far.
    document
        SHA-256, in hex, of what was said in the last step.
    owner
        The party that took the first step.
    centre
        The service centre that took the first step as such, None until then.
    index
        The last entry.
    """

    prefix: ClassVar[str] = "call"

    status: str
    sequence: int
    document: str
    owner: str
    centre: str | None = None
    index: int
