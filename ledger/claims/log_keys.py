"""Which of the log's keys sign its checkpoints, as the record says."""

from collections.abc import Sequence

from ledger.claims.key_states import LogKeyState
from ledger.log.keys import KeyFailed, NoteKey
from ledger.log.rules import JsonState
from ledger.values.kinds import parse_public_key


def keys_in_force(ring: Sequence[NoteKey], state: JsonState, time_ms: int) -> tuple[NoteKey, ...]:
    """Return the keys that sign a checkpoint, the newest last: two during an overlap.

    Parameters
    ----------
    ring
        The private keys at hand, the log's first key first.
    state
        The record's state over the entries that the checkpoint covers.
    time_ms
        Time of the last of them.

    Raises
    ------
    KeyFailed
        When a key that must sign is not at hand.
    """
    known = LogKeyState.load(state, LogKeyState.CURRENT)
    if known is None:
        return (ring[0],)
    wanted = [known.public_key]
    if time_ms < known.overlap_until:
        wanted.insert(0, known.replaced_key)
    at_hand = {one.verifier.public_key: one for one in ring}
    found = [at_hand.get(parse_public_key(text)) for text in wanted]
    if None in found:
        raise KeyFailed(
            f"Entry {known.index} replaced the log's key by {known.kid}, which must sign and is "
            "not at hand. Give the signer that key."
        )
    return tuple(one for one in found if one is not None)
