"""G4 and G7: against another Merkle tree, and the rates of re-hashing and replay."""

from __future__ import annotations

import importlib
import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.commands.bench.ledger_parts import (
    ORIGIN,
    OurStore,
    Ratio,
    Setting,
    bodies,
    interleaved,
    seconds_of,
    seconds_of_all,
)
from api.commands.bench.ledger_record import Record
from api.commands.bench.ledger_writes import fresh_folder
from ledger.audit.edge import Edge
from ledger.audit.memory import AuditMemory
from ledger.audit.run import Audit, Trust
from ledger.log import note
from ledger.log.checkpoint import Checkpoint
from ledger.log.entry import leaf_hash
from ledger.log.merkle import inclusion_proof, root_of
from ledger.log.publisher import Publisher
from ledger.log.signer import CheckpointSigner
from ledger.log.tiles import TILE_WIDTH, LeafNodes, TileReader, encode_bundle, tiles_of

PYMERKLE = "pymerkle"


def g4(setting: Setting) -> list[Ratio]:
    """Append and prove against pymerkle's SqliteTree; nothing when it is not installed."""
    tree_of = _pymerkle()
    if tree_of is None:
        setting.say("G4 left out: pymerkle is not installed (it is a development dependency)")
        return []
    folder = fresh_folder(setting, "g4")
    ours = OurStore(f"sqlite:///{folder / 'ours.db'}", folder)
    theirs = tree_of(str(folder / "theirs.db"))
    setting.say("G4 batches of 256 with a root each")
    batched = interleaved(
        lambda: ours.rate(256, 4), lambda: _pymerkle_batches(theirs, 4), setting.rounds
    )
    setting.say("G4 single durable appends")
    single = interleaved(
        lambda: ours.rate(1, 20), lambda: _pymerkle_singles(theirs, 20), setting.rounds
    )
    found = [
        _more("append with a root each 256 / pymerkle", batched, "/s", 1.5),
        _more("single durable appends / pymerkle", single, "/s", 3.0),
    ]
    found += _cold(setting, folder, ours, theirs, tree_of)
    ours.close()
    return found


def g7(setting: Setting) -> list[Ratio]:
    """Re-hash and replay a record, against the rates that are wanted of one core.

    Both are work of the processor alone and are counted in its time, whatever else runs.
    """
    size = min(setting.entries, 20_000)
    setting.say(f"G7 a record of {size:,} entries")
    plain, rooted = Record(ORIGIN), Record(ORIGIN, root_every=64)
    plain.grow(size)
    rooted.grow(size)
    hashing = [_hash_rate(plain.leaves) for _ in range(setting.rounds)]
    setting.say("G7 replay")
    pairs = [(_replay_rate(plain), _replay_rate(rooted)) for _ in range(setting.rounds)]
    return [
        _goal("re-hash of all entries", sorted(hashing)[len(hashing) // 2], 150_000),
        _goal("replay, one map root", sorted(a for a, _ in pairs)[len(pairs) // 2], 40_000),
        _goal("replay, a map root each 64", sorted(b for _, b in pairs)[len(pairs) // 2], 15_000),
    ]


def _hash_rate(leaves: Sequence[bytes]) -> float:
    def work() -> None:
        edge = Edge()
        for start in range(0, len(leaves), TILE_WIDTH):
            for _ in edge.add([leaf_hash(leaf) for leaf in leaves[start : start + TILE_WIDTH]]):
                pass
        edge.root()

    started = time.process_time()
    work()
    return len(leaves) / max(time.process_time() - started, 1e-9)


def _replay_rate(record: Record) -> float:
    """Return entries a second of processor time, of a whole audit of files in memory."""
    key = note.Signer(name=ORIGIN, private_key=Ed25519PrivateKey.generate())
    files = _files(record.leaves, key)
    audit = Audit(
        read=files.__getitem__,
        trust=Trust(log=key.verifier),
        memory=AuditMemory(None, {}),
        rules=record.rules,
        check=_good,
    )
    started = time.process_time()
    report = audit.run()
    seconds = time.process_time() - started
    if not report.clean:
        raise RuntimeError(f"the record does not replay: {report.findings[:3]}")
    return report.size / seconds


def _good(*_facts: object) -> None:
    """Take every signature as known to be good."""


def _files(leaves: Sequence[bytes], key: note.Signer) -> dict[str, bytes]:
    hashes = [leaf_hash(leaf) for leaf in leaves]
    checkpoint = Checkpoint(origin=ORIGIN, size=len(leaves), root=root_of(hashes))
    nodes, found = LeafNodes(leaves), {"checkpoint": key.sign(checkpoint.text())}
    for tile in tiles_of(len(leaves)):
        first = tile.index * TILE_WIDTH
        places = range(first, first + tile.width)
        found[tile.path] = (
            encode_bundle(leaves[first : first + tile.width])
            if tile.level is None
            else b"".join(nodes(8 * tile.level, place) for place in places)
        )
    return found


def _cold(
    setting: Setting, folder: Path, ours: OurStore, theirs: Any, tree_of: Callable[[str], Any]
) -> list[Ratio]:
    """Open both anew at the size of the large log: the root, and one proof."""
    setting.say(f"G4 growing both to {setting.entries:,} entries")
    while ours.head.size < setting.entries:
        count = min(4_096, setting.entries - ours.head.size)
        ours.append(bodies(count), [secrets.token_hex(16) for _ in range(count)])
    while (size := theirs.get_size()) < setting.entries:
        theirs.append_entries(
            [secrets.token_bytes(600) for _ in range(min(4_096, setting.entries - size))],
            chunksize=4_096,
        )
    theirs.close()
    key = note.Signer(name=ORIGIN, private_key=Ed25519PrivateKey.generate())
    signer = CheckpointSigner(key, folder / "signer" / "last-signed")
    Publisher(ours.store, folder / "log", signer).recover()

    def our_root() -> float:
        cold = OurStore(f"sqlite:///{folder / 'ours.db'}", folder)
        ms = 1000 * seconds_of(lambda: _root_of(cold))
        cold.close()
        return ms

    def their_root() -> float:
        started = time.perf_counter()
        tree = tree_of(str(folder / "theirs.db"))
        tree.get_root()
        ms = 1000 * (time.perf_counter() - started)
        tree.close()
        return ms

    def our_proof() -> float:
        nodes = TileReader(Publisher(ours.store, folder / "log", signer).read, ours.head.size)
        at = secrets.randbelow(ours.head.size)
        return 1000 * seconds_of(lambda: inclusion_proof(at, ours.head.size, nodes))

    def their_proof() -> float:
        tree = tree_of(str(folder / "theirs.db"))
        at = 1 + secrets.randbelow(setting.entries)
        ms = 1000 * seconds_of(lambda: tree.prove_inclusion(at, setting.entries))
        tree.close()
        return ms

    setting.say("G4 cold root and proof")
    root = interleaved(their_root, our_root, setting.rounds)
    proof = interleaved(their_proof, our_proof, setting.rounds)
    return [
        _more("pymerkle's cold open and root / ours", root, "ms", 50.0),
        _most("our cold open and root / 20 ms", root[1], 20.0, "ms"),
        _more("pymerkle's cold proof / ours", proof, "ms", 20.0),
        _most("our cold proof / 5 ms", proof[1], 5.0, "ms"),
    ]


def _root_of(store: OurStore) -> bytes:
    return store.store.head().frontier.root()


def _pymerkle() -> Callable[[str], Any] | None:
    try:
        module = importlib.import_module(PYMERKLE)
    except ImportError:
        return None
    made: Callable[[str], Any] = module.SqliteTree
    return made


def _pymerkle_batches(tree: Any, batches: int) -> float:
    work = [[secrets.token_bytes(600) for _ in range(256)] for _ in range(batches)]

    def append() -> None:
        for entries in work:
            tree.append_entries(entries, chunksize=256)
            tree.get_root()

    return 256 * batches / seconds_of(append)


def _pymerkle_singles(tree: Any, count: int) -> float:
    work = [secrets.token_bytes(600) for _ in range(count)]
    return count / seconds_of_all(tree.append_entry, work)


def _more(what: str, pair: tuple[float, float], unit: str, wanted: float) -> Ratio:
    return Ratio(goal="G4", what=what, ours=pair[0], other=pair[1], unit=unit, wanted=wanted)


def _most(what: str, ours: float, limit: float, unit: str) -> Ratio:
    return Ratio(goal="G4", what=what, ours=ours, other=limit, unit=unit, wanted=1.0, least=False)


def _goal(what: str, rate: float, wanted: float) -> Ratio:
    return Ratio(
        goal="G7",
        what=f"{what} / {wanted:,.0f}",
        ours=rate,
        other=wanted,
        unit="/s",
        wanted=1.0,
        database="memory",
    )
