"""The two ways to fail: a file that cannot be read, and a plan claim that does not hold."""

from __future__ import annotations

from typing import NoReturn


class Unreadable(Exception):
    """A file is missing or not of its format: nothing can be said about the claim."""


class NotProved(Exception):
    """The claim was understood and does not hold: a code for programs, a sentence for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def require(holds: object, code: str, message: str) -> None:
    """Raise `NotProved` unless something holds."""
    if not holds:
        raise NotProved(code, message)


def unreadable(message: str) -> NoReturn:
    """Raise `ValueError`, which the readers turn into `Unreadable` with the name of the file."""
    raise ValueError(message)
