"""Witnesses for tests: keys that belong to names, and policies over them."""

from __future__ import annotations

import functools
import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from ledger.log import note
from ledger.log.cosignature import Cosigner
from ledger.log.peers import WitnessUnreachable
from ledger.log.policy import Policy, PolicyGroup, PolicyLog, PolicyWitness
from ledger.log.witness import AddCheckpoint, Witness, origin_digest
from tests.support.log_parts import LOG_KEY, private_key

TIME_S = 1_750_000_000


@functools.cache
def cosigner(name: str) -> Cosigner:
    """Return the Ed25519 cosigner of a name, the same in every process."""
    return Cosigner(name=name, private_key=private_key(name))


@functools.cache
def pq_cosigner(name: str) -> Cosigner:
    """Return the ML-DSA-44 cosigner of a name, the same in every process."""
    seed = hashlib.sha256(name.encode()).digest()
    return Cosigner(name=name, private_key=MLDSA44PrivateKey.from_seed_bytes(seed))


def policy_of(
    cosigners: Sequence[Cosigner],
    threshold: int,
    *,
    urls: Sequence[str | None] | None = None,
    log: note.Verifier = LOG_KEY.verifier,
) -> Policy:
    """Return the policy that asks for `threshold` of these witnesses."""
    places = urls or [None] * len(cosigners)
    witnesses = tuple(
        PolicyWitness(name=f"w{number}", key=one.verifier, url=url)
        for number, (one, url) in enumerate(zip(cosigners, places, strict=True))
    )
    group = PolicyGroup(
        name="all-of-them", threshold=threshold, members=tuple(one.name for one in witnesses)
    )
    return Policy(
        logs=(PolicyLog(key=log),), witnesses=witnesses, groups=(group,), quorum=group.name
    )


@dataclass
class MemoryRecord:
    """What a witness remembers of one log, in memory."""

    kept: bytes | None = None
    shown: bytes | None = None
    mutex: threading.Lock = field(default_factory=threading.Lock)

    def latest(self) -> bytes | None:
        """Return the last persisted checkpoint."""
        return self.kept

    def persist(self, signed: bytes) -> None:
        """Replace it."""
        self.kept = signed

    def publish(self, cosigned: bytes) -> None:
        """Show a cosigned checkpoint."""
        self.shown = cosigned

    def published(self) -> bytes | None:
        """Return what is shown."""
        return self.shown


class MemoryWitnessStore:
    """A witness's memory that does not outlive the process: for tests of its decisions."""

    def __init__(self) -> None:
        self._records: dict[str, MemoryRecord] = {}

    @contextmanager
    def record(self, origin: str) -> Iterator[MemoryRecord]:
        """Hold the record of a log."""
        record = self._records.setdefault(origin, MemoryRecord())
        with record.mutex:
            yield record


@dataclass
class LocalRemote:
    """A witness in this process, as a log reaches one: it can be down, refuse, or lie.

    Parameters
    ----------
    down
        No answer comes.
    lie
        Answers in the witness's place, where set.
    shows
        Is shown to who asks for the latest checkpoint, where set.
    """

    name: str
    witness: Witness
    down: bool = False
    lie: Callable[[AddCheckpoint], bytes] | None = None
    shows: bytes | None = None
    asked: list[int] = field(default_factory=list)

    @property
    def keys(self) -> tuple[note.Verifier, ...]:
        """Its public keys."""
        return tuple(one.verifier for one in self.witness.cosigners)

    def add_checkpoint(self, request: AddCheckpoint) -> bytes:
        """Answer a request."""
        self.asked.append(request.old_size)
        if self.down:
            raise WitnessUnreachable(f"{self.name} is down")
        if self.lie is not None:
            return self.lie(request)
        return self.witness.add_checkpoint(request.encode())

    def latest(self, origin: str) -> bytes | None:
        """Show the last cosigned checkpoint."""
        if self.down:
            raise WitnessUnreachable(f"{self.name} is down")
        return self.shows or self.witness.latest(origin_digest(origin))

    def close(self) -> None:
        """Nothing is open."""


def local_remote(name: str, log: note.Verifier = LOG_KEY.verifier) -> LocalRemote:
    """Return a witness of one log that has seen nothing, with both kinds of key."""
    witness = Witness(
        cosigners=(cosigner(name), pq_cosigner(f"{name}/pq")),
        logs={log.name: [log]},
        store=MemoryWitnessStore(),
        clock_s=lambda: TIME_S,
    )
    return LocalRemote(name=name, witness=witness)
