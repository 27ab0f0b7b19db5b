"""The signer's process as the publisher sees it: a `Gate` at the other end of a socket."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from api.signing import messages
from api.signing.messages import Message
from ledger.errors import Corruption, NotVerified, OutcomeUnknown
from ledger.log import note
from ledger.log.checkpoint import Checkpoint
from ledger.log.files import locked_file
from ledger.log.signer import Prove, open_with_any

TIMEOUT_SECONDS = 120.0
"""Long enough for a signer that has to replay much; a commit never waits for it."""


class RemoteGate:
    """Asks the signer's process. It reads and replays the entries itself; proofs are not sent.

    Parameters
    ----------
    path
        The signer's socket.
    lock_file
        Locked by whoever publishes: one file for all processes that publish this log.
    verifiers
        Gives the public keys that the log's checkpoints are signed with, pinned here.
    """

    def __init__(
        self,
        path: Path,
        *,
        lock_file: Path,
        verifiers: Callable[[], Sequence[note.Verifier]],
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self._path = path
        self._lock_file = lock_file
        self._verifiers = verifiers
        self._timeout_seconds = timeout_seconds

    @property
    def verifiers(self) -> Sequence[note.Verifier]:
        """The public keys of the log, the newest last."""
        return self._verifiers()

    def lock(self, *, timeout_seconds: float) -> AbstractContextManager[None]:
        """Hold the only right to publish this log."""
        return locked_file(self._lock_file, timeout_seconds=timeout_seconds)

    def open(self, data: bytes) -> Checkpoint:
        """Return the checkpoint of a note that one of this log's keys signed."""
        return open_with_any(data, self._verifiers())

    def last(self) -> Checkpoint | None:
        """Return the last checkpoint that the signer signed, None before the first.

        Raises
        ------
        Corruption
            `SIGNER_DAMAGED` when its memory is, or when it signs with another key.
        OutcomeUnknown
            When the signer cannot be reached.
        """
        text = self._ask({"ask": "last"}).get("note")
        return None if text is None else self._opened(str(text).encode("utf-8"))

    def sign(self, checkpoint: Checkpoint, prove: Prove) -> bytes:
        """Return the signed note of a checkpoint; see `ledger.log.gate.ReplayingGate.sign`.

        Raises
        ------
        Corruption
            When the signer refuses: the log does not obey its rules, or not its own past.
        OutcomeUnknown
            When the signer cannot be reached, or has no answer in time; asking again is harmless.
        """
        del prove  # the signer works it out from the entries
        question = {"ask": "sign", "size": checkpoint.size, "root": checkpoint.root.hex()}
        signed = str(self._ask(question).get("note")).encode("utf-8")
        if self._opened(signed) != checkpoint:
            raise Corruption(
                "SIGNER_DAMAGED",
                f"The signer at {self._path} signed another checkpoint than size "
                f"{checkpoint.size}, root {checkpoint.root.hex()}.",
            )
        return signed

    def vkeys(self) -> tuple[str, ...]:
        """Return the public keys that the signer signs with. Raises `OutcomeUnknown`."""
        keys = self._ask({"ask": "keys"}).get("keys")
        return tuple(str(one) for one in keys) if isinstance(keys, list) else ()

    def _opened(self, data: bytes) -> Checkpoint:
        try:
            return self.open(data)
        except NotVerified as error:
            raise Corruption(
                "SIGNER_DAMAGED",
                f"The signer at {self._path} signs with another key than the pinned one: {error}.",
            ) from error

    def _ask(self, question: Message) -> Message:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(self._timeout_seconds)
                connection.connect(str(self._path))
                with connection.makefile("rwb") as stream:
                    messages.write(stream, question)
                    answer = messages.read(stream)
        except (OSError, ValueError) as broken:
            raise self._away(str(broken)) from None
        if answer is None:
            raise self._away("it hung up")
        return messages.answer_or_raise(answer)

    def _away(self, why: str) -> OutcomeUnknown:
        return OutcomeUnknown(
            f"The signer at {self._path} cannot be asked ({why}). Entries are kept and unpublished "
            "until it answers: start `parkloom signer run`."
        )
