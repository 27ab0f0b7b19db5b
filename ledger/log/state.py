"""The record's state while entries are applied: layers over what the store holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from ledger.log import canonical
from ledger.log.canonical import JsonObject

KEY_LENGTH_MAX = 400

ReadState = Callable[[str], bytes | None]
"""Gives the canonical bytes under a key, or None."""
ReadStates = Callable[[Sequence[str]], Mapping[str, bytes]]
"""Gives the canonical bytes under those of the keys that have some."""


class StateLayer:
    """Changes over a state that is read only.

    Values are kept as canonical bytes and handed out as fresh objects: whatever a rule does to an
    object it got, or had put, changes nothing until it is put again.
    """

    def __init__(self, below: ReadState) -> None:
        self._below = below
        self.changes: dict[str, bytes] = {}

    def read(self, key: str) -> bytes | None:
        """Return the canonical bytes under the key, or None."""
        found = self.changes.get(key)
        return self._below(key) if found is None else found

    def get(self, key: str) -> JsonObject | None:
        """Return a fresh copy of the object under the key, or None."""
        data = self.read(key)
        if data is None:
            return None
        value: JsonObject = json.loads(data)  # it was checked when it was put
        return value

    def put(self, key: str, value: JsonObject) -> None:
        """Set the object under the key.

        Raises
        ------
        NotCanonical
            When it lies outside the canonical profile.
        ValueError
            When the key is empty, longer than 400 characters or not printable ASCII.
        """
        if not 0 < len(key) <= KEY_LENGTH_MAX or not key.isascii() or not key.isprintable():
            raise ValueError(f"a state key is printable ASCII, got {key[:80]!r}")
        self.changes[key] = canonical.encode(value)


class StateCache:
    """What the store holds, read once per key, as long as nobody else appends.

    Parameters
    ----------
    keys_max
        How many keys are kept, at most; the oldest go first.
    """

    def __init__(self, *, keys_max: int = 10_000) -> None:
        self._keys_max = keys_max
        self._size: int | None = None
        self._known: dict[str, bytes | None] = {}

    def at(
        self, size: int, read: ReadState, *, soon: Sequence[str] = (), read_many: ReadStates
    ) -> ReadState:
        """Return a reader of the state of the log at this size.

        Parameters
        ----------
        soon
            Keys that will be asked for; they are read at once.
        """
        if size != self._size:  # another process appended
            self._known.clear()
            self._size = size
        missing = [key for key in soon if key not in self._known]
        if missing:
            found = read_many(missing)
            for key in missing:
                self._keep(key, found.get(key))

        def cached(key: str) -> bytes | None:
            if key not in self._known:
                self._keep(key, read(key))
            return self._known[key]

        return cached

    def committed(self, size: int, changes: dict[str, bytes]) -> None:
        """Take over what a commit that led to this size changed."""
        self._size = size
        for key, value in changes.items():
            self._keep(key, value)

    def _keep(self, key: str, value: bytes | None) -> None:
        self._known.pop(key, None)
        self._known[key] = value
        if len(self._known) > self._keys_max:
            del self._known[next(iter(self._known))]
