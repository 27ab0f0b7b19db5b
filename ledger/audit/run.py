"""Audit a log: read every entry once, re-derive everything, tell what does not fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ledger.audit.entries import Entry, read_entry
from ledger.audit.findings import Finding
from ledger.audit.meaning import CheckSignatures, Meaning
from ledger.audit.memory import Anchor, AuditMemory, Standing
from ledger.audit.tree import ReadEntries, Tree
from ledger.claims.sm3_roots import AllRootsChecker
from ledger.claims.state import KeyState, OrderState
from ledger.errors import NotVerified
from ledger.log import note
from ledger.log.checkpoint import CHECKPOINT, Checkpoint
from ledger.log.checks import check_signatures
from ledger.log.merkle import leaf_hash
from ledger.log.policy import Policy
from ledger.log.rules import Rules
from ledger.log.tiles import TILE_WIDTH, ReadFile, TileReader

FINDINGS_MAX = 100
"""How many findings of one code are kept; more are counted only."""
SAVE_EVERY = 65_536
"""Entries between two saves of the standing."""
CLOCKS_MS = 3_600_000
"""How far the times of log and witness may lie apart: publishing takes a while, clocks differ."""

NO_WITNESS = Policy()
"""The policy that asks for no witness."""

Progress = Callable[[int, int], None]
"""Is told how many entries are read, and of how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What the auditor brings along.

    Parameters
    ----------
    log
        The log's key; its name is the origin.
    policy
        Witnesses whose times are believed, and the quorum of them that a checkpoint needs.
    anchors
        Sizes and roots that were seen before, from saved checkpoints.
    """

    log: note.Verifier
    policy: Policy = NO_WITNESS
    anchors: Sequence[Anchor] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What an audit found.

    Parameters
    ----------
    size
        Entries that the checkpoint covers; `root` in hex, empty where there is no checkpoint.
    audited
        Entries whose bytes and chains were read, in this run and those before it.
    started
        Where this run went on.
    replayed
        Entries whose signatures, rules and invariants held.
    signatures
        How many signatures this run verified.
    cosigners
        Names, in the policy, of the witnesses that signed the checkpoint.
    complete
        Whether the last entry was reached.
    found
        Number of findings; `findings` holds the first 100 of each code.
    """

    origin: str
    size: int
    root: str
    audited: int
    started: int
    replayed: int
    signatures: int
    cosigners: tuple[str, ...]
    complete: bool
    found: int
    findings: tuple[Finding, ...]

    @property
    def clean(self) -> bool:
        """Whether everything was read and nothing found."""
        return self.complete and not self.found


@dataclass(kw_only=True)
class Audit:
    """One audit of one log.

    Parameters
    ----------
    read
        Gives the log's files.
    trust
        Keys and earlier checkpoints.
    memory
        Where the standing is kept between runs.
    rules
        The rules of the record; None leaves out what entries mean.
    roots
        Whether the roots that entries state, of the state map and with SM3, are compared.
    entries
        Where the entries come from when not from the bundles; see `Tree`.
    check
        How signatures are checked.
    """

    read: ReadFile
    trust: Trust
    memory: AuditMemory
    rules: Rules | None = None
    roots: bool = True
    entries: ReadEntries | None = None
    check: CheckSignatures = check_signatures
    standing: Standing = field(init=False)
    _meaning: Meaning | None = field(init=False, default=None)
    _roots: AllRootsChecker | None = field(init=False, default=None)
    _lasting: list[Finding] = field(init=False, default_factory=list)
    _passing: list[Finding] = field(init=False, default_factory=list)
    _found: Counter[str] = field(init=False, default_factory=Counter)
    _started: int = field(init=False, default=0)
    _checkpoint: Checkpoint | None = field(init=False, default=None)
    _cosigners: tuple[str, ...] = field(init=False, default=())
    _requests: list[str] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.standing = self.memory.load(self.trust.log.name)

    def run(
        self,
        *,
        progress: Progress = lambda _done, _of: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Report:
        """Audit from where the last run stopped to the checkpoint, or until cancelled."""
        self._started = self.standing.edge.size
        for known in self.standing.findings:
            self._find_in_log(known)
        try:
            checkpoint = self._open_checkpoint()
        except NotVerified as problem:
            self.find(Finding(code=problem.code, message=problem.message))
            return self.report()
        if checkpoint.size < self._started:
            message = f"its size is {checkpoint.size}, {self._started} were audited before"
            self.find(Finding(code="LOG_SHRANK", message=message))
        else:
            self._walk(checkpoint, progress, cancelled)
        return self.report()

    def read_on(self, start: int, leaves: Iterable[bytes]) -> None:
        """Read entries from `start` on that no checkpoint covers yet.

        They may still be withdrawn, so nothing of this is saved.
        """
        for index, leaf in enumerate(leaves, start=start):
            self._take(index, leaf, leaf_hash(leaf))

    def replayed_state(self) -> dict[str, bytes]:
        """Return the state that all replayed entries lead to."""
        later = {} if self._meaning is None else self._meaning.state.unsaved()
        return {**self.standing.state, **later}

    def find(self, finding: Finding) -> None:
        """Take a finding about files and stores, which may be mended; it is not remembered."""
        self._count(self._passing, finding)

    def _find_in_log(self, finding: Finding) -> None:
        """Take a finding about a signed entry: it stands for ever."""
        self._count(self._lasting, finding)

    def _count(self, findings: list[Finding], finding: Finding) -> None:
        self._found[finding.code] += 1
        if self._found[finding.code] <= FINDINGS_MAX:
            findings.append(finding)

    def _open_checkpoint(self) -> Checkpoint:
        try:
            data = self.read(CHECKPOINT)
        except (LookupError, OSError) as missing:
            raise NotVerified("FILE_MISSING", f"the checkpoint cannot be read: {missing}") from None
        known = self.trust.policy.evaluate(data, (self.trust.log,))
        found, times = known.checkpoint, list(known.cosigned.values()) or [0]
        new = [Anchor(size=found.size, root=found.root, time_s=time_s) for time_s in times]
        every = dict.fromkeys((*self.standing.anchors, *self.trust.anchors, *new))
        self.standing.anchors = tuple(sorted(every, key=lambda one: (one.size, one.time_s)))
        for one in self.standing.anchors:
            if one.size == found.size and one.root != found.root:
                message = (
                    f"size {found.size} has the root {found.root.hex()} here and "
                    f"{one.root.hex()} in a checkpoint seen before: two histories"
                )
                self.find(Finding(code="FORKED", message=message))
        self._checkpoint, self._cosigners = found, tuple(sorted(known.cosigned))
        return found

    def _walk(
        self, checkpoint: Checkpoint, progress: Progress, cancelled: Callable[[], bool]
    ) -> None:
        edge = self.standing.edge
        self._meaning = self._meant()
        tree = Tree(self.read, checkpoint, edge, find=self.find, entries=self.entries)
        if edge.size and not tree.same_history():
            return
        saved_at = edge.size
        while edge.size < checkpoint.size and not cancelled():
            start = edge.size
            found = tree.next()
            if found is None:
                return
            for at, (leaf, digest) in enumerate(found, start=start):
                self._take(at, leaf, digest)
            progress(edge.size, checkpoint.size)
            if edge.size - saved_at >= SAVE_EVERY and tree.sound:
                saved_at = edge.size
                self._save()
        if edge.size == checkpoint.size:
            tree.finish()
            self._compare_anchors(tree)
        if tree.sound:
            self._save()

    def _meant(self) -> Meaning | None:
        if self.rules is None:
            return None
        standing = self.standing
        if self.roots:
            self._roots = AllRootsChecker(
                self._leaves, waiting=_in_map(standing.state), sm3=standing.sm3
            )
        return Meaning(
            self.trust.log.name,
            self.rules,
            below=standing.state.get,
            replayed=standing.replayed,
            stopped=standing.stopped,
            roots=self._roots,
            check=self.check,
        )

    def _leaves(self, start: int, stop: int) -> Sequence[bytes]:
        """Read entries again, for an SM3 root over them."""
        if self.entries is not None:
            return self.entries(start, stop)
        assert self._checkpoint is not None
        tiles = TileReader(self.read, self._checkpoint.size)
        first = start // TILE_WIDTH
        bundles = range(first, -(-stop // TILE_WIDTH))
        leaves = [leaf for number in bundles for leaf in tiles.entries(number)]
        return leaves[start - first * TILE_WIDTH : stop - first * TILE_WIDTH]

    def _take(self, index: int, leaf: bytes, digest: bytes) -> None:
        entry = read_entry(
            index, leaf, digest, None if self.rules is None else self.rules.recognise
        )
        if isinstance(entry, Finding):
            self._find_in_log(entry)
            self.standing.chains.skip(digest)
            if self._meaning is not None:
                self._meaning.stopped = True
            return
        for found in self._check(entry):
            self._find_in_log(found)
        self._requests.append(entry.body.idem)

    def _check(self, entry: Entry) -> Iterator[Finding]:
        yield from self.standing.chains.check(entry)
        yield from self._dated(entry)
        if self._meaning is not None:
            yield from self._meaning.add(entry)

    def _dated(self, entry: Entry) -> Iterator[Finding]:
        """Compare an entry's time with the times at which witnesses saw the log."""
        time_ms = entry.envelope.meta.time_ms
        for one in self.standing.anchors:
            seen_ms = one.time_s * 1000
            if not seen_ms:
                continue
            seen = f"a witness saw the log of {one.size} entries at {seen_ms} ms"
            if entry.index < one.size and time_ms > seen_ms + CLOCKS_MS:
                message = f"it is of {time_ms} ms, but {seen} with it"
                yield Finding(code="POSTDATED", message=message, index=entry.index)
            if entry.index >= one.size and time_ms < seen_ms - CLOCKS_MS:
                message = f"it is of {time_ms} ms, but {seen} without it"
                yield Finding(code="BACKDATED", message=message, index=entry.index)

    def _compare_anchors(self, tree: Tree) -> None:
        """Compare the tree with every checkpoint that was seen before."""
        for one in self.standing.anchors:
            root = tree.root_at(one.size)
            if one.size < self.standing.edge.size and root is not None and root != one.root:
                message = (
                    f"a checkpoint seen before states the root {one.root.hex()} at size "
                    f"{one.size}; in this log it is {root.hex()}"
                )
                self.find(Finding(code="FORKED", message=message))

    def _save(self) -> None:
        standing, meaning = self.standing, self._meaning
        changes: Mapping[str, bytes] = {}
        if meaning is not None:
            standing.replayed, standing.stopped = meaning.replayed, meaning.stopped
            if self._roots is not None:
                standing.sm3 = self._roots.sm3
            if self.memory.lasts:
                changes = meaning.state.unsaved()
                standing.state.update(changes)
                meaning.state.saved()
        standing.findings = tuple(self._lasting)
        self.memory.save(standing, changes, self._requests)
        self._requests.clear()

    def report(self) -> Report:
        """Return what was found so far, findings of the caller among it."""
        meaning, audited, checkpoint = self._meaning, self.standing.edge.size, self._checkpoint
        return Report(
            origin=self.trust.log.name,
            size=checkpoint.size if checkpoint else 0,
            root=checkpoint.root.hex() if checkpoint else "",
            audited=audited,
            started=self._started,
            replayed=self.standing.replayed if meaning is None else meaning.replayed,
            signatures=0 if meaning is None else meaning.signatures,
            cosigners=self._cosigners,
            complete=checkpoint is not None and audited == checkpoint.size,
            found=self._found.total(),
            findings=(*self._passing, *self._lasting),
        )


def _in_map(state: Iterable[str]) -> list[str]:
    """Return the state keys of which the map holds something."""
    held = (f"{OrderState.prefix}/", f"{KeyState.prefix}/")
    return [key for key in state if key.startswith(held)]
