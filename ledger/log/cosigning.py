"""Bring signed checkpoints to their quorum of witnesses: steps 4 and 5 of publishing, log side.

A checkpoint that the log has signed waits here until the policy's quorum has cosigned it; then it
replaces the published one. Witnesses never hold up writing: they are asked by a thread of its own,
a witness that is down is asked again after ever longer pauses, and what a witness says without the
log's own signature to prove it is an alarm and no more. Two things do stop the writer, because the
log's own key has signed them: a larger tree than this log has, or another tree of the same size.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

from ledger.errors import Corruption, NotVerified, OutcomeUnknown
from ledger.log import note
from ledger.log.checkpoint import CHECKPOINT, Checkpoint
from ledger.log.cosignature import with_lines
from ledger.log.crash import CrashPoint, no_crash
from ledger.log.files import locked_file, write_files
from ledger.log.peers import (
    PAUSE_MS,
    PENDING,
    Lines,
    OwnLog,
    Peer,
    RemoteWitness,
    WitnessUnreachable,
    now_ms,
)
from ledger.log.policy import Policy
from ledger.log.witness import WitnessError

LINGER_MS = 200
"""How long the rest is waited for once the quorum stands."""
PATIENCE_MS = 20_000
"""How long one round waits for witnesses; those that answer later are asked anew."""
IDLE_MS = 2_000
"""How often what another process left waiting is looked for."""
LOCK_SECONDS = 60
CLOSE_SECONDS = 10

_LINE_BYTES = {note.COSIGNATURE_ED25519: 120, note.COSIGNATURE_MLDSA44: 3_260}

log = logging.getLogger("parkloom.log")


@dataclass(slots=True)
class _Round:
    """The checkpoint that is being brought to its quorum, and the lines that it has."""

    signed: bytes
    checkpoint: Checkpoint
    lines: dict[tuple[str, bytes], note.NoteSignature] = field(default_factory=dict)


class Cosigning:
    """Collects cosignatures of one log's checkpoints and publishes those that reach the quorum.

    Parameters
    ----------
    policy
        Witnesses and quorum.
    remotes
        The witnesses that can be reached, with the policy's keys that each of them holds.
    folder
        The public folder of the log; its `checkpoint` is written by this object alone.
    memory
        A folder of its own, not public: the checkpoint that waits, and evidence.
    open_signed
        Returns the checkpoint of a note that the log signed; raises `NotVerified`.
    clock_s
        POSIX time.
    alarm
        Told what a person should know.

    Raises
    ------
    ValueError
        When the reachable witnesses cannot make a quorum, or a note could not hold all their lines.
    """

    def __init__(
        self,
        policy: Policy,
        remotes: Sequence[tuple[RemoteWitness, Sequence[note.Verifier]]],
        *,
        folder: Path,
        memory: Path,
        open_signed: Callable[[bytes], Checkpoint],
        clock_s: Callable[[], int] = lambda: int(time.time()),
        alarm: Callable[[str], None] = log.warning,
        crash_point: CrashPoint = no_crash,
    ) -> None:
        self._policy = policy
        self._own = OwnLog(folder=folder, memory=memory, open_signed=open_signed, clock_s=clock_s)
        self._peers = [Peer(one, keys, self._own) for one, keys in remotes]
        self._alarm = alarm
        self._crash_point = crash_point
        self._round: _Round | None = None
        self._halted: Corruption | None = None
        self._finished: bytes | None = None
        self._waits_with: set[str] | None = None
        self._turn = threading.Condition()
        self._offers = 0
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._pool = ThreadPoolExecutor(max(1, len(remotes)), thread_name_prefix="witness")
        self._check_reach()

    def _check_reach(self) -> None:
        keys = [key for peer in self._peers for key in peer.keys]
        if not self._policy.satisfied(self._names((key.name, key.key_id) for key in keys)):
            raise ValueError(
                f"the witnesses that have an address cannot make the quorum: "
                f"{self._policy.describe()}"
            )
        length = sum(_LINE_BYTES[key.type] + len(key.name.encode()) for key in keys)
        if length > note.NOTE_BYTES_MAX - 4_096 or len(keys) > note.SIGNATURES_MAX - 2:
            raise ValueError(f"{len(keys)} cosignatures of {length:,} bytes do not fit in a note")

    def offer(self, signed: bytes) -> None:
        """Take over a checkpoint that the log has signed; it is published once it has its quorum.

        When this returns it is remembered durably; the witnesses are asked by another thread.
        """
        write_files(self._own.memory, {PENDING: signed}, staging=self._own.memory / ".staging")
        with self._turn:
            self._offers += 1
            if self._thread is None and not self._stopping:
                self._thread = threading.Thread(target=self._run, name="cosigning", daemon=True)
                self._thread.start()
            self._turn.notify_all()

    def pending(self) -> Checkpoint | None:
        """Return the newest checkpoint that was offered, None before the first.

        Raises
        ------
        Corruption
            `CHECKPOINT_DAMAGED` when the log did not sign what is remembered.
        """
        signed = self._own.pending_note()
        return None if signed is None else self._own.opened(signed)

    def check(self) -> None:
        """Raise the `Corruption` that was found with the witnesses, if any."""
        if self._halted is not None:
            raise Corruption(self._halted.code, self._halted.message)

    def remembered(self, origin: str) -> tuple[Checkpoint, ...]:
        """Return what each witness shows as the largest tree of this log, as far as it answers.

        Only checkpoints that the log itself has signed are returned.
        """
        asked = [self._pool.submit(self._shown_by, peer, origin) for peer in self._peers]
        done, _ = wait(asked, timeout=PATIENCE_MS // 1000)
        return tuple(found for one in done if (found := one.result()) is not None)

    def advance(self) -> bool:
        """Ask the witnesses once for the newest checkpoint; publish it if the quorum stands.

        Returns
        -------
        Whether nothing is left to do.

        Raises
        ------
        Corruption
            When the log's own key has signed another or a larger tree. It stays in force.
        OutcomeUnknown
            When another process holds the right to ask for too long.
        """
        self.check()
        with locked_file(self._own.memory / "lock", timeout_seconds=LOCK_SECONDS):
            signed = self._own.pending_note()
            if signed is None or signed == self._finished:
                return True
            current = self._take_up(signed)
            if not self._satisfied(current):
                self._collect(current)
                self.check()
            if not self._satisfied(current):
                self._say_waiting(current)
                return False
            self._publish(current)
            self._finished, self._waits_with = signed, None
        return True

    def close(self) -> None:
        """Let the thread finish what was offered, for a few seconds, and end it."""
        with self._turn:
            self._stopping = True
            thread = self._thread
            self._turn.notify_all()
        if thread is not None:
            thread.join(CLOSE_SECONDS)
        self._pool.shutdown(wait=False, cancel_futures=True)
        for peer in self._peers:
            peer.remote.close()

    def _run(self) -> None:
        """Advance whenever something was offered, and again while a quorum is missing.

        Other processes offer as well: what they left waiting is looked for now and then.
        """
        seen, done = 0, True
        while True:
            with self._turn:
                if self._offers == seen and not self._stopping:
                    self._turn.wait((IDLE_MS if done else self._pause_ms()) / 1000)
                if self._stopping and self._offers == seen:
                    return
                seen = self._offers
            try:
                done = self.advance()
            except Corruption as error:
                self._halted = self._halted or error
                self._alarm(str(error))
                return
            except (OutcomeUnknown, NotVerified, OSError, LookupError) as error:
                done = False
                self._alarm(f"The witnesses could not be asked: {error}")
            except RuntimeError:  # the process ends: no thread is started any more
                return

    def _say_waiting(self, current: _Round) -> None:
        """Raise an alarm for a missing quorum, once for each set of witnesses that answered."""
        names = self._names(current.lines)
        if names != self._waits_with:
            self._waits_with = names
            self._alarm(
                f"Log {current.checkpoint.origin}: the checkpoint of size "
                f"{current.checkpoint.size} waits for its witnesses. It needs "
                f"{self._policy.describe()}; it has {', '.join(sorted(names)) or 'none'}. Entries "
                "are written on; certificates are of the last checkpoint with a quorum."
            )

    def _pause_ms(self) -> int:
        """Return how long until the first witness may be asked again."""
        soonest = min(peer.not_before_ms for peer in self._peers)
        return max(PAUSE_MS[0] // 5, soonest - now_ms())

    def _take_up(self, signed: bytes) -> _Round:
        """Return the round of a checkpoint, with the lines that are known for it already."""
        checkpoint = self._own.opened(signed)
        if self._round is None or self._round.checkpoint != checkpoint:
            self._round = _Round(signed=signed, checkpoint=checkpoint)
            self._keep(self._round, self._published_lines(checkpoint))
        self._round.signed = signed
        return self._round

    def _failed(self, peer: Peer, why: str) -> None:
        if peer.failed():
            self._alarm(f"Witness {peer.remote.name} did not cosign: {why}")

    def _shown_by(self, peer: Peer, origin: str) -> Checkpoint | None:
        try:
            return peer.shown(origin)
        except (WitnessUnreachable, NotVerified) as error:
            self._alarm(f"Witness {peer.remote.name} cannot be asked what it has seen: {error}")
            return None

    def _published_lines(self, checkpoint: Checkpoint) -> Lines:
        """Return the cosignatures that the published checkpoint has, if it is this one."""
        try:
            opened = note.open_note(self._own.read(CHECKPOINT), self._policy.keys)
        except (FileNotFoundError, NotVerified):
            return ()
        return opened.signatures if opened.text == checkpoint.text() else ()

    def _collect(self, current: _Round) -> None:
        """Ask every witness whose turn it is, at once, until the quorum stands or none is left."""
        started_ms = now_ms()
        for peer in self._peers:
            if peer.asked is not None and peer.asked.done():  # an answer that came late
                self._take(current, peer)
        for peer in self._peers:
            due = peer.asked is None and peer.not_before_ms <= started_ms
            if due and not self._has(current, peer):
                peer.asked_for = current.checkpoint
                peer.asked = self._pool.submit(peer.ask, current.signed, current.checkpoint)
        deadline_ms = started_ms + PATIENCE_MS
        while waiting := {one.asked: one for one in self._peers if one.asked is not None}:
            left_ms = max(0, deadline_ms - now_ms())
            done, _ = wait(waiting, timeout=left_ms / 1000, return_when=FIRST_COMPLETED)
            if not done:
                return
            for one in done:
                self._take(current, waiting[one])
            if self._satisfied(current):
                deadline_ms = min(deadline_ms, now_ms() + LINGER_MS)

    def _take(self, current: _Round, peer: Peer) -> None:
        """Take a witness's answer, or note why there is none."""
        assert peer.asked is not None
        answer, peer.asked = peer.asked, None
        try:
            lines = answer.result()
        except Corruption as error:
            self._halted = self._halted or error
        except (WitnessUnreachable, WitnessError, NotVerified) as error:
            self._failed(peer, str(error))
        else:
            peer.answered()
            if peer.asked_for == current.checkpoint:
                self._keep(current, lines)

    def _publish(self, current: _Round) -> None:
        """Replace the public checkpoint, unless it is larger or has all these lines already."""
        whole = with_lines(current.signed, current.lines.values())
        try:
            standing = self._own.read(CHECKPOINT)
        except FileNotFoundError:
            standing = b""
        if standing == whole or self._own.published_size() > current.checkpoint.size:
            return
        self._crash_point("before publishing")
        write_files(self._own.folder, {CHECKPOINT: whole}, staging=self._own.folder / ".cosigning")
        self._crash_point("checkpoint published")

    def _keep(self, current: _Round, lines: Sequence[note.NoteSignature]) -> None:
        current.lines.update({(one.name, one.key_id): one for one in lines})

    def _has(self, current: _Round, peer: Peer) -> bool:
        return all((key.name, key.key_id) in current.lines for key in peer.keys)

    def _satisfied(self, current: _Round) -> bool:
        return self._policy.satisfied(self._names(current.lines))

    def _names(self, keys: Iterable[tuple[str, bytes]]) -> set[str]:
        """Return the names in the policy of the witnesses with these (name, key id)."""
        found = set(keys)
        witnesses = self._policy.witnesses
        return {one.name for one in witnesses if (one.key.name, one.key.key_id) in found}
