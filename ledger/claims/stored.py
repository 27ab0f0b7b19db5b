"""How values of the state are kept as canonical JSON objects, and read back."""

import dataclasses
import functools
import operator
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, ClassVar, Self

from ledger.errors import Corruption
from ledger.log.canonical import JsonObject
from ledger.log.rules import JsonState

Form = Mapping[str, Callable[[Any], Any]]
"""Metadata of a field: how its value is written to JSON and read from it."""

DIGITS: Form = {"write": str, "read": int}
"""An integer written as digits, like every amount."""
TEXTS: Form = {"write": list, "read": tuple}
"""A tuple of texts or integers."""


def one_of(kind: type[StrEnum]) -> Form:
    """Return the form of an enum's member."""
    return {"write": str, "read": kind}


def numbers(kind: type[Any]) -> Form:
    """Return the form of a dataclass of integers: an object of digits."""
    names = [one.name for one in dataclasses.fields(kind)]

    def write(held: Any) -> JsonObject:
        return {name: str(getattr(held, name)) for name in names}

    def read(value: Mapping[str, str]) -> Any:
        return kind(**{name: int(part) for name, part in value.items()})

    return {"write": write, "read": read}


def many(kind: "type[Stored]") -> Form:
    """Return the form of a tuple of stored values."""

    def write(held: Any) -> list[JsonObject]:
        return [one.to_json() for one in held]

    def read(value: Any) -> tuple[Stored, ...]:
        return tuple(kind.from_json(one) for one in value)

    return {"write": write, "read": read}


class Stored:
    """A frozen dataclass that is kept as a canonical JSON object under `<prefix>/<handle>`."""

    __slots__ = ()
    prefix: ClassVar[str]

    def to_json(self) -> JsonObject:
        """Return the object; fields that are None are left out."""
        value: JsonObject = {}
        for name, form in _forms(type(self)).items():  # type: ignore[arg-type]  # hashable
            held = getattr(self, name)
            if held is not None:
                value[name] = form["write"](held) if form else held
        return value

    def changed(self, **fields: Any) -> Self:
        """Return this value with some fields changed: `dataclasses.replace` in half its time."""
        names, read = _fields(type(self))  # type: ignore[arg-type]  # a class is hashable
        return type(self)(**(dict(zip(names, read(self), strict=True)) | fields))

    @classmethod
    def from_json(cls, value: JsonObject) -> Self:
        """Return the value of an object.

        Raises
        ------
        Corruption
            When the object is not what `to_json` writes.
        """
        forms = _forms(cls)  # type: ignore[arg-type]  # a class is hashable
        try:
            return cls(
                **{
                    name: forms[name]["read"](held) if forms[name] else held
                    for name, held in value.items()
                }
            )
        except (AttributeError, KeyError, TypeError, ValueError) as problem:
            raise Corruption(
                "STATE_DAMAGED",
                f"A stored {cls.__name__} does not read ({problem!r}). Rebuild the state by "
                "replaying the log.",
            ) from None

    @classmethod
    def load(cls, state: JsonState, handle: str) -> Self | None:
        """Return the value stored for a handle, or None.

        A state that keeps values as they are (`ledger.audit.state`) gives it without JSON.
        """
        kept = getattr(state, "load", None)
        if kept is not None:
            found: Self | None = kept(cls, handle)
            return found
        value = state.get(f"{cls.prefix}/{handle}")
        return None if value is None else cls.from_json(value)

    def save(self, state: JsonState, handle: str) -> None:
        """Store the value for a handle."""
        keep = getattr(state, "save", None)
        if keep is not None:
            keep(handle, self)
            return
        state.put(f"{self.prefix}/{handle}", self.to_json())


@functools.cache
def _fields(cls: type[Any]) -> tuple[Sequence[str], Callable[[Any], tuple[Any, ...]]]:
    """Return the names of a class's fields, and what reads them all at once."""
    names = tuple(_forms(cls))  # type: ignore[arg-type]  # a class is hashable
    if len(names) == 1:
        return names, lambda held: (getattr(held, names[0]),)
    return names, operator.attrgetter(*names)


@functools.cache
def _forms(cls: type[Any]) -> Mapping[str, Form]:
    """Return the form of each field of a class, empty where the value is JSON as it is."""
    return {one.name: one.metadata for one in dataclasses.fields(cls)}
