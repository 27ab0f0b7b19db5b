"""Witnesses in processes of their own that are killed, and what they leave behind.

A child offers itself two histories of one log in turn, as a log that forks would. Each cosignature
is written down before it leaves the key. It is killed from outside at any moment, or kills itself
at a named step of its memory.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import uvicorn

from api.witnessing.server import create_app
from ledger.log.checkpoint import Checkpoint, parse_checkpoint
from ledger.log.cosignature import Cosigner
from ledger.log.crash import no_crash
from ledger.log.merkle import consistency_proof, root_at
from ledger.log.note import split_note
from ledger.log.tiles import LeafNodes
from ledger.log.witness import AddCheckpoint, Witness, WitnessError, origin_digest
from ledger.log.witness_files import WitnessFiles
from tests.support.forks import FORKS
from tests.support.log_parts import LOG_KEY, ORIGIN, private_key

STEPS = (
    "before persisting",
    "file staged",
    "file renamed",
    "persisted",
    "signed",
    "before answering",
)
"""The named steps of a request, in order."""

SIZES = 600
HISTORIES = tuple(
    LeafNodes([b"%s %d" % (name, number) for number in range(SIZES)]) for name in (b"one", b"two")
)


@dataclass(frozen=True, kw_only=True)
class RecordingCosigner(Cosigner):
    """A witness's key; what it cosigns is written down before the signature leaves it."""

    file: Path

    def cosign(self, text: str, *, time_s: int) -> bytes:
        """Cosign, leaving a trace."""
        checkpoint = parse_checkpoint(text)
        append_line(self.file, f"{checkpoint.size} {checkpoint.root.hex()}")
        return Cosigner.cosign(self, text, time_s=time_s)


def append_line(file: Path, line: str) -> None:
    """Add a line with one system call: a killed process leaves it whole or not at all."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        os.write(handle, line.encode() + b"\n")
    finally:
        os.close(handle)


def lines_of(file: Path) -> list[list[str]]:
    """Return the words of each whole line of a file."""
    text = file.read_text() if file.exists() else ""
    return [line.split() for line in text[: text.rfind("\n") + 1].splitlines()]


def witness_in(folder: Path, crash_point: Callable[[str], None] = no_crash) -> Witness:
    """Return the witness of a trial."""
    store = WitnessFiles(folder / "state", crash_point=crash_point)
    store.add(ORIGIN)
    key = RecordingCosigner(
        name="w.example", private_key=private_key("w"), file=folder / "signed.txt"
    )
    return Witness(
        cosigners=(key,),
        logs={ORIGIN: [LOG_KEY.verifier]},
        store=store,
        clock_s=lambda: int(time.time()),
    )


def dying(step: str | None, occurrence: int) -> Callable[[str], None]:
    """Return a crash point that kills the process at a step, for the how-manieth time."""
    seen = 0

    def crash(at: str) -> None:
        nonlocal seen
        seen += at == step
        if at == step and seen >= occurrence:
            os.kill(os.getpid(), signal.SIGKILL)

    return crash


def offer_histories(folder: str, seed: int, step: str | None, occurrence: int) -> None:
    """Offer both histories to a witness until killed: what a child does."""
    place = Path(folder)
    with (place / "errors.txt").open("ab") as errors:
        os.dup2(errors.fileno(), sys.stderr.fileno())
    source = random.Random(seed)
    witness = witness_in(place, dying(step, occurrence))
    old = 0
    while old < SIZES:
        nodes = HISTORIES[source.randrange(2)]
        size = min(SIZES, old + source.randrange(3))
        request = AddCheckpoint(
            old_size=old,
            proof=consistency_proof(old, size, nodes),
            checkpoint=LOG_KEY.sign(
                Checkpoint(origin=ORIGIN, size=size, root=root_at(size, nodes)).text()
            ),
        )
        try:
            witness.add_checkpoint(request.encode())
        except WitnessError as refused:
            old = refused.size if refused.size is not None else old
        else:
            append_line(place / "answered.txt", f"{size} {root_at(size, nodes).hex()}")
            old = size


def serve(folder: str, port: int, step: str | None, occurrence: int) -> None:
    """Be the HTTP server of a witness that dies at a step."""
    app = create_app(witness_in(Path(folder), dying(step, occurrence)))
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error")


class WitnessTrial:
    """A witness's folder with the processes that use it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._children: list[ForkServerProcess] = []

    def start(self, *, step: str | None = None, occurrence: int = 1) -> ForkServerProcess:
        """Start a process that offers both histories until it dies."""
        seed = len(self._children)
        return self._run(offer_histories, (str(self.folder), seed, step, occurrence))

    def serve(self, port: int, *, step: str | None = None) -> ForkServerProcess:
        """Start a process that answers over HTTP until it dies."""
        return self._run(serve, (str(self.folder), port, step, 1))

    def _run(self, target: Callable[..., None], arguments: tuple[object, ...]) -> ForkServerProcess:
        process = FORKS.Process(target=target, args=arguments)
        process.start()
        self._children.append(process)
        return process

    def kill(self) -> None:
        """Kill every child that lives, with SIGKILL."""
        for child in self._children:
            if child.is_alive():
                child.kill()
            child.join(30)

    def wait_for_answers(self, count: int) -> None:
        """Wait until so many cosignatures were handed out in all."""
        deadline = time.monotonic() + 120
        while len(lines_of(self.folder / "answered.txt")) < count:
            assert time.monotonic() < deadline, self.errors()
            if not any(child.is_alive() for child in self._children):
                return
            time.sleep(0.002)

    def errors(self) -> str:
        """Return what the children said."""
        file = self.folder / "errors.txt"
        return file.read_text() if file.exists() else ""

    def verify(self) -> int:
        """Check what the children left; return the size that the witness remembers.

        No size was ever cosigned with two roots, all that was cosigned is one history, and what
        was handed out is remembered.
        """
        latest = witness_in(self.folder).latest(origin_digest(ORIGIN))
        signed = lines_of(self.folder / "signed.txt")
        roots: dict[int, str] = {}
        for size, root in signed:
            assert roots.setdefault(int(size), root) == root, f"size {size} has two roots"
        if latest is None:
            assert not signed
            return 0
        known = parse_checkpoint(split_note(latest)[0])
        nodes = next(one for one in HISTORIES if root_at(known.size, one) == known.root)
        for size, root in roots.items():
            assert size <= known.size
            assert root_at(size, nodes).hex() == root, f"size {size} is of another history"
        for size, root in lines_of(self.folder / "answered.txt"):
            assert roots[int(size)] == root
        return known.size
