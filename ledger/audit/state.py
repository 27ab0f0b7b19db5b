"""The state of a long replay: typed values as the rules made them, bytes only when saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from ledger.claims.stored import Stored
from ledger.log import canonical
from ledger.log.canonical import JsonObject
from ledger.log.state import ReadState

StoredT = TypeVar("StoredT", bound=Stored)
Kept = Stored | JsonObject
"""A frozen value of the rules, or an object that the log itself keeps."""


class KeptState:
    """A state that is never rolled back: an audit ends its replay at the first refusal.

    It is a `ledger.log.rules.JsonState`. Values of the rules are frozen, so they are kept and
    handed out as they are; reading and writing JSON for each access would take most of the time.

    Parameters
    ----------
    below
        Canonical bytes of what was replayed in earlier runs.

    Attributes
    ----------
    before
        What each object that changed was, None where there was none, since `begin`.
    """

    def __init__(self, below: ReadState) -> None:
        self._below = below
        self._known: dict[str, Kept] = {}
        self._json: dict[str, JsonObject] = {}
        self._unsaved: set[str] = set()
        self.before: dict[str, Kept | None] = {}

    def begin(self) -> None:
        """Forget what changed so far: the next entry begins."""
        self.before.clear()

    def load(self, kind: type[StoredT], handle: str) -> StoredT | None:
        """Return the value stored for a handle, or None; the fast way of `Stored.load`."""
        key = f"{kind.prefix}/{handle}"
        found = self._known.get(key)
        if found is None:
            data = self._below(key)
            if data is None:
                return None
            self._known[key] = found = kind.from_json(canonical.decode_object(data))
        return found if isinstance(found, kind) else kind.from_json(self._as_json(key, found))

    def save(self, handle: str, value: Stored) -> None:
        """Store a value for a handle; the fast way of `Stored.save`."""
        self._set(f"{value.prefix}/{handle}", value)

    def get(self, key: str) -> JsonObject | None:
        """Return the object under the key, or None; a copy of its first level."""
        found = self._known.get(key)
        if found is not None:
            return dict(self._as_json(key, found))
        data = self._below(key)
        return None if data is None else canonical.decode_object(data)

    def put(self, key: str, value: JsonObject) -> None:
        """Set the object under the key."""
        self._set(key, value)

    def now(self, key: str) -> Kept | None:
        """Return what lies under a key now."""
        return self._known.get(key)

    def unsaved(self) -> Mapping[str, bytes]:
        """Return the canonical bytes of everything that changed and was not saved yet."""
        return {
            key: canonical.encode(self._as_json(key, self._known[key])) for key in self._unsaved
        }

    def saved(self) -> None:
        """Note that everything is saved."""
        self._unsaved.clear()

    def _set(self, key: str, value: Kept) -> None:
        if key not in self.before:
            self.before[key] = self._earlier(key, type(value))
        self._known[key] = value
        self._json.pop(key, None)
        self._unsaved.add(key)

    def _earlier(self, key: str, kind: type[Kept]) -> Kept | None:
        known = self._known.get(key)
        if known is not None:
            return known
        data = self._below(key)
        if data is None:
            return None
        value = canonical.decode_object(data)
        return kind.from_json(value) if issubclass(kind, Stored) else value

    def _as_json(self, key: str, value: Kept) -> JsonObject:
        found = self._json.get(key)
        if found is None:
            found = value.to_json() if isinstance(value, Stored) else value
            self._json[key] = found
        return found
