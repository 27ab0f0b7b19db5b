"""What is said over the signer's socket: one JSON object a line, a question and its answer.

A question is `{"ask": "last"}`, `{"ask": "keys"}` or `{"ask": "sign", "size": n, "root": hex}`.
An answer is `{"note": text or null}`, `{"keys": [vkey, …]}` or
`{"error": {"kind": …, "code": …, "message": …}}`, where the kind is `corruption` (nothing may be
written before a person has looked) or `later` (ask again).
"""

from __future__ import annotations

import json
from typing import Protocol

from ledger.errors import Corruption, LedgerError, OutcomeUnknown

LINE_BYTES_MAX = 256 * 1024

Message = dict[str, object]


class Stream(Protocol):
    """A socket's file."""

    def readline(self, limit: int, /) -> bytes:
        """Return a line, or what there is of it."""

    def write(self, data: bytes, /) -> int:
        """Take bytes."""

    def flush(self) -> None:
        """Send what was taken."""


def write(stream: Stream, message: Message) -> None:
    """Write a message and hand it on at once."""
    stream.write(json.dumps(message, separators=(",", ":")).encode("ascii") + b"\n")
    stream.flush()


def read(stream: Stream) -> Message | None:
    """Return the next message, None at the end of the stream.

    Raises
    ------
    ValueError
        When a line is too long or holds no JSON object.
    """
    line = stream.readline(LINE_BYTES_MAX + 1)
    if not line:
        return None
    if len(line) > LINE_BYTES_MAX or not line.endswith(b"\n"):
        raise ValueError(f"a message of {len(line)} bytes is too long or cut off")
    message = json.loads(line)
    if not isinstance(message, dict):
        raise ValueError(  # noqa: TRY004 - one kind of error for whatever is no message
            f"expected a JSON object, got {type(message).__name__}"
        )
    return message


def failure(error: LedgerError) -> Message:
    """Return the answer for what went wrong."""
    kind = "corruption" if isinstance(error, Corruption) else "later"
    code = str(getattr(error, "code", "OUTCOME_UNKNOWN"))
    return {"error": {"kind": kind, "code": code, "message": str(error)}}


def answer_or_raise(message: Message) -> Message:
    """Return an answer, or raise what it says went wrong.

    Raises
    ------
    Corruption, OutcomeUnknown
    """
    error = message.get("error")
    if error is None:
        return message
    if not isinstance(error, dict):
        raise OutcomeUnknown(f"The signer answered {error!r}.")
    text = str(error.get("message"))
    if error.get("kind") == "corruption":
        raise Corruption(str(error.get("code")), text)
    raise OutcomeUnknown(f"The signer did not sign: {text}")
