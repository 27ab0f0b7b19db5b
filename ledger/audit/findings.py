"""What an audit can find: one code per kind of finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

CODES: Mapping[str, str] = MappingProxyType(
    {
        "FILE_MISSING": "a file that a log of this size has cannot be read",
        "BUNDLE_MALFORMED": "an entry bundle is cut off or holds too few entries",
        "TILE_MALFORMED": "a tile is not a whole number of hashes, or holds too few",
        "TILE_DIFFERS": "a hash in a tile is not the one computed from the entries below it",
        "ROOT_DIFFERS": "the entries have another root than the signed checkpoint",
        "HISTORY_REWRITTEN": "what was audited before now has another root",
        "LOG_SHRANK": "the checkpoint is smaller than what was audited before",
        "FORKED": "another checkpoint of the same key states another root for the same size",
        "BACKDATED": "an entry is dated before a witness saw the log without it",
        "POSTDATED": "an entry is dated after a witness saw the log with it",
        "ENTRY_MALFORMED": "the bytes of an entry are not a canonical envelope",
        "INDEX_DIFFERS": "an entry names another place than its own",
        "CHAIN_BROKEN": "an entry does not name the leaf before it",
        "TIME_BACK": "an entry is dated before the one before it",
        "WRONG_LOG": "a body was signed for another log",
        "EXPIRED": "a body was entered after its own time limit",
        "REQUEST_TWICE": "two entries have one request id (L5)",
        "STALE_HEAD": "the signers saw another head of the order than it had (L7)",
        "ORDER_CHAIN_BROKEN": "an entry does not continue its order's chain",
        "HEADROOM_BROKEN": "an order carries more than its lenders could advance on it (L1)",
        "REPAID_RANGE": "a claim is repaid below zero or beyond what was funded (L2)",
        "POSTINGS_UNBALANCED": "the postings of an entry do not sum to zero (L3)",
        "STAGES_UNBALANCED": "an order's value is not the sum of its stages (L3)",
        "TERMINAL_CHANGED": "an entry changes a claim that had ended (L4)",
        "TAG_MOVED": "a keyed tag changes its holder: an identity is used twice",
        "HEAD_DIFFERS": "the stored head is not that of the stored entries",
        "STATE_DIFFERS": "a stored state object is not what the entries imply",
        "ROW_DIFFERS": "a column beside a stored entry is not what the entry says",
        "ENTRY_MISSING": "the store lacks an entry that was signed",
        "ENTRY_UNSIGNED": "a published bundle holds another entry than the store",
        "LOG_BEHIND_SIGNER": "the log is shorter than what its key signed",
        "TAG_DIFFERS": "a keyed tag is not that of the identity that was disclosed",
        "DISCLOSURE_FOREIGN": "a kept disclosure opens no digest of its entry",
        "DISCLOSURE_LOST": "a private field does not open, and no erasure entry says why",
        "ERASURE_INCOMPLETE": "an erasure is entered, but the key is still there",
        "DUPLICATE_UNSEEN": "two orders look much alike, and no alert says so",
    }
)
"""Codes of the audit itself. A broken rule, a wrong root of the state map among it, is found under
the code of its refusal, and a note that does not verify under the code of `ledger.log.note`,
`ledger.log.checkpoint` or `ledger.log.policy`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong.

    Parameters
    ----------
    code
        Stable name of its kind.
    message
        What was found, expected against got.
    index
        Place of the entry, from 0; None where it concerns no single entry.
    """

    code: str
    message: str
    index: int | None = None

    def __str__(self) -> str:
        place = "" if self.index is None else f" at entry {self.index}"
        return f"{self.code}{place}: {self.message}"
