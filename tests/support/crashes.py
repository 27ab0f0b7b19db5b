"""Kill processes that append to a log, then check that nothing promised was lost.

A child process appends without end and writes down each receipt it got and each checkpoint it
signed. It is killed from outside at any moment, or kills
itself at a named step (`crash_point` of store, sequencer and publisher). `verify` then opens the
log like a restarted server and checks it from the first entry to the last.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.context
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from data.engine import make_engine
from data.stores.ledger_log import SqlLogStore
from ledger.audit.files import verify_files
from ledger.log import note
from ledger.log.checkpoint import parse_checkpoint
from ledger.log.crash import CrashPoint, no_crash
from ledger.log.merkle import leaf_hash, root_of
from ledger.log.replay import Replay
from ledger.log.store import AppendRequest, Receipt
from ledger.log.writer import Ack
from tests.support.forks import FORKS
from tests.support.log_parts import LOG_KEY, ORIGIN, CountingRules, Log, make_request, open_log

STEPS = (
    "before commit",
    "in transaction",
    "after commit",
    "file staged",
    "file renamed",
    "tiles written",
    "before signing",
    "after signing",
    "checkpoint published",
)
"""The named steps of an append, in order."""
PATIENCE_S = 600
"""How long anything is waited for: a guard against hanging, far above what a busy machine takes."""

ChildProcess = multiprocessing.context.ForkServerProcess


@dataclass(frozen=True, kw_only=True)
class RecordingKey(note.Signer):
    """The log's key; every checkpoint is written down before its signature leaves the key."""

    file: Path

    def sign(self, text: str) -> bytes:
        """Sign, leaving a trace."""
        checkpoint = parse_checkpoint(text)
        _append_line(self.file, f"{checkpoint.size} {checkpoint.root.hex()}")
        return note.Signer.sign(self, text)


@dataclass(frozen=True, kw_only=True)
class Child:
    """What an appending process is told.

    Parameters
    ----------
    name
        Different for each process of a trial: its requests are named after it.
    step, occurrence
        At which step, for the how-manieth time (from 1), the process kills itself; None: never.
    """

    url: str
    folder: str
    name: str
    threads: int = 3
    step: str | None = None
    occurrence: int = 1


def request_of(name: str) -> AppendRequest:
    """Return the request of a name: the same in the child and after the restart."""
    return make_request(name, order=f"o{len(name) % 3}", subject=f"s{name[-1]}")


@contextlib.contextmanager
def opened(url: str, folder: Path, crash_point: CrashPoint = no_crash) -> Iterator[Log]:
    """Open the log of a trial."""
    engine = make_engine(url)
    try:
        store = SqlLogStore(engine, ORIGIN, lock_folder=folder, crash_point=crash_point)
        key = RecordingKey(
            name=ORIGIN, private_key=LOG_KEY.private_key, file=folder / "signatures.txt"
        )
        yield open_log(store, folder, key=key, crash_point=crash_point, batch_max=8)
    finally:
        engine.dispose()


class Trial:
    """A log in a database and a folder, with the processes that append to it."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url = url
        self._folder = folder
        self._children: list[ChildProcess] = []
        self._started = 0

    def start(self, *, step: str | None = None, occurrence: int = 1) -> ChildProcess:
        """Start a process that appends until it dies."""
        self._started += 1
        child = Child(
            url=self._url,
            folder=str(self._folder),
            name=f"p{self._started}",
            step=step,
            occurrence=occurrence,
        )
        process = FORKS.Process(target=main, args=(child,))
        process.start()
        self._children.append(process)
        return process

    def receipts(self) -> list[tuple[str, int, str]]:
        """Return (request name, index, leaf hash) of every receipt that a child got."""
        return [
            (name, int(index), digest)
            for file in self._folder.glob("*.receipts")
            for name, index, digest in (line.split() for line in _whole_lines(file))
        ]

    def wait_for_receipts(self, count: int, *, timeout_seconds: float = PATIENCE_S) -> None:
        """Wait until the children have this many receipts in all, or are dead."""
        deadline = time.monotonic() + timeout_seconds
        while len(self.receipts()) < count and any(child.is_alive() for child in self._children):
            assert time.monotonic() < deadline, f"{len(self.receipts())} receipts, {self.output()}"
            time.sleep(0.002)

    def kill(self) -> None:
        """Kill every child that lives, with SIGKILL, and wait for it."""
        for child in self._children:
            child.kill()
            child.join(30)

    def output(self) -> str:
        """Return what the children wrote to standard error."""
        return "".join(file.read_text() for file in sorted(self._folder.glob("*.stderr")))

    def verify(self) -> int:
        """Open the log again and check all of it; return its size.

        Nothing that was acknowledged is lost, the chain is whole, state and tree are those of a
        replay, files and checkpoint verify, no size was signed with two roots, and a request
        that was sent without an answer is entered once when it is sent again.
        """
        with opened(self._url, self._folder) as log:
            size = log.writer.recover()
            self._verify_log(log)
            receipts = {name: (index, digest) for name, index, digest in self.receipts()}
            for name in [*sorted(self._sent() - set(receipts)), *sorted(receipts)[:3]]:
                receipt = log.writer.submit(request_of(name))
                got = (receipt.index, receipt.leaf_hash.hex())
                assert receipts.get(name, got) == got, f"{name} was entered twice"
                _append_receipt(self._folder / "resent.receipts", name, receipt)
            self._verify_log(log)
        return size

    def _sent(self) -> set[str]:
        return {line for file in self._folder.glob("*.sent") for line in _whole_lines(file)}

    def _verify_log(self, log: Log) -> None:
        head = log.store.head()
        leaves = list(log.store.leaves(0, head.size))
        replay = Replay(ORIGIN, CountingRules())
        assert replay.extend(leaves) == head
        assert log.store.states(list(replay.state.changes)) == replay.state.changes
        for name, index, digest in self.receipts():
            assert leaf_hash(leaves[index]).hex() == digest, f"the receipt of {name} is broken"
        files: list[bytes] = []
        checkpoint = verify_files(
            log.publisher.read, LOG_KEY.verifier, on_entries=lambda _, some: files.extend(some)
        )
        assert checkpoint.size == head.size
        assert files == leaves
        self._verify_signatures(leaves)

    def _verify_signatures(self, leaves: list[bytes]) -> None:
        roots: dict[int, str] = {}
        for line in _whole_lines(self._folder / "signatures.txt"):
            size, root = line.split()
            assert roots.setdefault(int(size), root) == root, f"size {size} has two signed roots"
        hashes = [leaf_hash(leaf) for leaf in leaves]
        for size_signed, root in roots.items():
            assert root_of(hashes[:size_signed]).hex() == root, f"signed size {size_signed}"


def main(child: Child) -> None:
    """Append until killed: what a child does."""
    folder = Path(child.folder)
    seen = 0
    with (folder / f"{child.name}.stderr").open("wb") as errors:
        os.dup2(errors.fileno(), sys.stderr.fileno())

    def crash(step: str) -> None:
        nonlocal seen
        if step == child.step:
            seen += 1
            if seen >= child.occurrence:
                os.kill(os.getpid(), signal.SIGKILL)

    with opened(child.url, folder, crash) as log:
        threads = [
            threading.Thread(target=_append, args=(log, folder, f"{child.name}t{number}"))
            for number in range(child.threads)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def _append(log: Log, folder: Path, name: str) -> None:
    for number in range(1_000_000):
        request_name = f"{name}n{number}"
        _append_line(folder / f"{name}.sent", request_name)
        ack = (Ack.WITNESSED, Ack.DURABLE)[number % 2]  # either promise is kept
        receipt = log.writer.submit(request_of(request_name), ack=ack, timeout_seconds=PATIENCE_S)
        _append_receipt(folder / f"{name}.receipts", request_name, receipt)


def _append_receipt(file: Path, name: str, receipt: Receipt) -> None:
    _append_line(file, f"{name} {receipt.index} {receipt.leaf_hash.hex()}")


def _append_line(file: Path, line: str) -> None:
    """Add a line with one system call: a killed process leaves it whole or not at all."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        os.write(handle, line.encode() + b"\n")
    finally:
        os.close(handle)


def _whole_lines(file: Path) -> list[str]:
    text = file.read_text() if file.exists() else ""
    return text[: text.rfind("\n") + 1].splitlines()
