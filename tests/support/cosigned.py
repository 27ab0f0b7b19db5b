"""A log whose checkpoints wait for their witnesses, everything in one process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ledger.log.checkpoint import CHECKPOINT, Checkpoint
from ledger.log.cosigning import Cosigning
from ledger.log.crash import no_crash
from ledger.log.memory import MemoryLogStore
from ledger.log.policy import Policy, PolicyGroup, PolicyLog, PolicyWitness
from ledger.log.publisher import Publisher
from ledger.log.sequencer import Sequencer
from ledger.log.signer import CheckpointSigner
from ledger.log.store import LogStore
from tests.support.log_parts import LOG_KEY, ORIGIN, CountingRules, make_request
from tests.support.witnesses import TIME_S, LocalRemote, local_remote


@dataclass
class Park:
    """A log with three witnesses, of which two are needed; everything by hand, no thread."""

    folder: Path
    store: LogStore
    remotes: list[LocalRemote]
    threshold: int = 2
    alarms: list[str] = field(default_factory=list)
    crash_point: Callable[[str], None] = no_crash
    name: str = "e"

    def __post_init__(self) -> None:
        self.reopen()

    def reopen(self) -> None:
        """Be a process that has just started."""
        signer = CheckpointSigner(LOG_KEY, self.folder / "signer" / "last")
        self.cosigning = Still(
            self.policy,
            [(one, one.keys) for one in self.remotes],
            folder=self.folder / "public",
            memory=self.folder / "witnessing",
            open_signed=signer.open,
            clock_s=lambda: TIME_S,
            alarm=self.alarms.append,
            crash_point=self.crash_point,
        )
        self.publisher = Publisher(
            self.store, self.folder / "public", signer, cosigning=self.cosigning
        )
        self.sequencer = Sequencer(self.store, CountingRules(), origin=ORIGIN)

    @property
    def policy(self) -> Policy:
        """The policy for lenders: either key of a witness counts as the witness."""
        witnesses = tuple(
            PolicyWitness(name=key.name, key=key) for one in self.remotes for key in one.keys
        )
        groups = [
            PolicyGroup(
                name=one.name + ":all", threshold=2, members=tuple(k.name for k in one.keys)
            )
            for one in self.remotes
        ]
        members = tuple(group.name for group in groups)
        groups.append(PolicyGroup(name="quorum", threshold=self.threshold, members=members))
        return Policy(
            logs=(PolicyLog(key=LOG_KEY.verifier),),
            witnesses=witnesses,
            groups=tuple(groups),
            quorum="quorum",
        )

    def grow(self, count: int) -> Checkpoint:
        """Enter some requests in one commit and publish."""
        start = self.store.head().size
        numbers = range(start, start + count)
        prepared = [self.sequencer.prepare(make_request(f"{self.name}{n}")) for n in numbers]
        with self.store.sequencer_lock(5):
            self.sequencer.process(prepared)
        return self.publisher.publish()

    @property
    def published(self) -> int | None:
        """Size of what is published."""
        found = self.publisher.published()
        return None if found is None else found.size

    def public(self) -> bytes:
        """The published note."""
        return (self.folder / "public" / CHECKPOINT).read_bytes()


class Still(Cosigning):
    """Cosigning without its thread: the test advances it."""

    def _run(self) -> None:
        return


def three_witnesses(folder: Path) -> Park:
    """Return an empty log with three witnesses."""
    remotes = [local_remote(f"w{number}.example") for number in range(3)]
    return Park(folder=folder, store=MemoryLogStore(ORIGIN), remotes=remotes)
