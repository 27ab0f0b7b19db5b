"""The signer's end of its socket."""

from __future__ import annotations

import os
import re
import socketserver
import threading
from pathlib import Path
from typing import cast

import structlog

from api.signing import messages
from api.signing.messages import Message, Stream
from ledger.errors import Corruption, LedgerError, OutcomeUnknown
from ledger.log.checkpoint import Checkpoint
from ledger.log.gate import ReplayingGate

log = structlog.get_logger("parkloom.signer")

SOCKET_MODE = 0o660
"""The signer's user and group: the sequencer's user is a member of that group."""

_ROOT = re.compile(r"[0-9a-f]{64}\Z")


class SignerServer(socketserver.ThreadingUnixStreamServer):
    """Answers questions over a Unix socket, signatures one at a time.

    Parameters
    ----------
    path
        The socket; what an ended process left there is removed.
    gate
        Replays and signs.
    origin
        Name of the log.
    """

    daemon_threads = True

    def __init__(self, path: Path, gate: ReplayingGate, origin: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        super().__init__(str(path), _Conversation)
        path.chmod(SOCKET_MODE)
        self._path = path
        self._gate = gate
        self._origin = origin
        self._turn = threading.Lock()

    def server_close(self) -> None:
        """Stop listening and remove the socket."""
        super().server_close()
        self._path.unlink(missing_ok=True)

    def answer(self, question: Message) -> Message:
        """Return the answer to a question, whatever it is."""
        try:
            with self._turn:
                return self._answer(question)
        except Corruption as alarm:
            log.critical("signer.refused", code=alarm.code, reason=str(alarm))
            return messages.failure(alarm)
        except LedgerError as error:
            log.warning("signer.failed", reason=str(error))
            return messages.failure(error)
        except Exception as error:  # noqa: BLE001 - the database is away, say: the answer says so
            log.warning("signer.failed", reason=repr(error))
            return messages.failure(OutcomeUnknown(f"the signer failed: {type(error).__name__}"))

    def _answer(self, question: Message) -> Message:
        ask = question.get("ask")
        if ask == "keys":
            return {"keys": [one.vkey for one in self._gate.signer.verifiers]}
        if ask == "last":
            note = self._gate.last_note()
            return {"note": None if note is None else note.decode("utf-8")}
        size, root = question.get("size"), question.get("root")
        if ask != "sign" or type(size) is not int or not _ROOT.match(str(root)):
            raise OutcomeUnknown(f"the signer understands no such question: {ask!r}")
        wanted = Checkpoint(origin=self._origin, size=size, root=bytes.fromhex(str(root)))
        signed = self._gate.sign(wanted)
        log.info("signer.signed", size=size)
        return {"note": signed.decode("utf-8")}


class _Conversation(socketserver.StreamRequestHandler):
    """One connection: questions and answers until the other side hangs up."""

    def handle(self) -> None:
        server = cast("SignerServer", self.server)
        try:
            while (question := messages.read(cast("Stream", self.rfile))) is not None:
                messages.write(cast("Stream", self.wfile), server.answer(question))
        except (ValueError, OSError) as broken:
            log.warning("signer.hung_up", reason=str(broken), process=os.getpid())
