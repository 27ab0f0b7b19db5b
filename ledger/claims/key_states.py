"""The record's state about the log itself: its key, and the log that it follows.

Keys: `log_key/current`, `log_opened/current`, `sm3_root/current`.
"""

from dataclasses import dataclass
from typing import ClassVar

from ledger.claims.stored import Stored


@dataclass(frozen=True, slots=True, kw_only=True)
class LogKeyState(Stored):
    """The log's key since it was replaced for the last time.

    Parameters
    ----------
    kid, public_key
        The key's name among the keys of the record, and its raw bytes in base64.
    replaced_key
        The one before it, base64.
    overlap_until
        UTC milliseconds: until then both sign.
    index
        Entry of the replacement.
    """

    prefix: ClassVar[str] = "log_key"
    CURRENT: ClassVar[str] = "current"

    kid: str
    public_key: str
    replaced_key: str
    overlap_until: int
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOpenedState(Stored):
    """The last signed head of the log that this one follows; `root` in hex."""

    prefix: ClassVar[str] = "log_opened"
    CURRENT: ClassVar[str] = "current"

    previous: str
    size: int
    root: str
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sm3RootState(Stored):
    """The last SM3 root that was stated: its day, how many entries it covers, its entry."""

    prefix: ClassVar[str] = "sm3_root"
    CURRENT: ClassVar[str] = "current"

    day: str
    covers: int
    index: int
