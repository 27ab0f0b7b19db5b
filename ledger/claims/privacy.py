"""What the record knows of disclosures and erasures: that they happened, and nothing else."""

from dataclasses import dataclass
from typing import ClassVar

from ledger.claims.refusals import Erased
from ledger.claims.stored import Stored
from ledger.log.canonical import JsonObject
from ledger.log.rules import JsonState
from ledger.values.sealing import kept_under


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosureState(Stored):
    """A disclosure: about which order or party, by whom, and its entry. Not to whom."""

    prefix: ClassVar[str] = "disclosure"

    about: str
    party: str
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureState(Stored):
    """An erasure, under the handle whose key is destroyed."""

    prefix: ClassVar[str] = "erasure"

    reason: str
    index: int


def require_not_erased(state: JsonState, body: JsonObject) -> None:
    """Raise `Erased` when a body adds private fields under a handle whose key is destroyed."""
    if not body["sd"]:
        return
    handle = kept_under(body)
    erased = ErasureState.load(state, handle)
    if erased is not None:
        raise Erased(
            f"The private fields of {handle} were erased by entry {erased.index}: none can be "
            "added. Enter what is left to say without private fields.",
            handle=handle,
            entry=erased.index,
        )
