"""An audit reads every entry once, re-derives everything and can be resumed."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.audit.edge import Edge
from ledger.audit.memory import AuditMemory, MemoryUnfit
from ledger.audit.run import Audit
from ledger.log.merkle import Frontier, leaf_hash
from tests.support.audits import audited, auditing, codes, files_of, reader_of
from tests.support.parties import World


def test_a_good_log_has_no_findings(lived: World, leaves: list[bytes]) -> None:
    """Every entry is replayed, and the replayed state is the one that the sequencer stored."""
    made = auditing(lived, files_of(leaves))
    report = made.run()
    assert report.clean
    assert report.audited == report.replayed == report.size == len(leaves)
    assert report.signatures > len(leaves)
    assert made.replayed_state() == lived.store._memory.state


@pytest.mark.parametrize("size", [0, 1, 2])
def test_a_log_of_few_entries_is_audited(lived: World, leaves: list[bytes], size: int) -> None:
    """The smallest trees are trees."""
    report = audited(lived, files_of(leaves, size=size))
    assert report.clean
    assert report.size == size


def test_an_audit_goes_on_where_it_stopped(
    lived: World, leaves: list[bytes], tmp_path: Path
) -> None:
    """The second run reads nothing of what the first has read, and ends in the same state."""
    memory = AuditMemory(tmp_path / "state", {})
    assert audited(lived, files_of(leaves, size=20), memory=memory).clean
    memory.close()
    again = AuditMemory(tmp_path / "state", {})
    made = auditing(lived, files_of(leaves), memory=again)
    report = made.run()
    assert report.clean
    assert (report.started, report.replayed) == (20, len(leaves))
    assert made.replayed_state() == lived.store._memory.state
    again.close()


def test_an_audit_that_is_cancelled_goes_on_later(
    lived: World, leaves: list[bytes], tmp_path: Path
) -> None:
    """Ctrl-C ends it after a bundle; what was read is kept."""
    copies = _long(leaves)
    memory = AuditMemory(tmp_path / "state", {})
    stops = iter([False, True])
    first = auditing(None, copies, memory=memory).run(cancelled=lambda: next(stops))
    assert (first.complete, first.audited) == (False, 256)
    second = audited(None, copies, memory=memory)
    assert (second.started, second.complete) == (256, True)
    memory.close()


def _long(leaves: list[bytes]) -> dict[str, bytes]:
    """Return the files of a log of more than one bundle; its chains are not asked about."""
    return files_of([*leaves] * (600 // len(leaves)))


def test_progress_is_told(lived: World, leaves: list[bytes]) -> None:
    """Whoever waits hears how far it is."""
    heard: list[tuple[int, int]] = []
    auditing(lived, files_of(leaves)).run(progress=lambda done, of: heard.append((done, of)))
    assert heard == [(len(leaves), len(leaves))]


def test_findings_in_entries_are_remembered(
    lived: World, leaves: list[bytes], tmp_path: Path
) -> None:
    """A second run does not forget what the first has found in the signed log."""
    forged = [*leaves, leaves[-1]]
    memory = AuditMemory(tmp_path / "state", {})
    first = audited(lived, files_of(forged), memory=memory)
    second = audited(lived, files_of(forged), memory=memory)
    assert second.started == len(forged)
    assert second.findings == first.findings
    assert not second.clean
    memory.close()


def test_rewritten_history_is_found_by_who_audited_before(
    lived: World, leaves: list[bytes], tmp_path: Path
) -> None:
    """Even the operator with its key cannot change what an auditor has read."""
    memory = AuditMemory(tmp_path / "state", {})
    audited(lived, files_of(leaves, size=20), memory=memory)
    other = [*leaves[:5], *leaves[6:]]
    assert codes(audited(lived, files_of(other), memory=memory)) == ["HISTORY_REWRITTEN"]
    memory.close()


def test_two_roots_of_one_size_are_found(lived: World, leaves: list[bytes], tmp_path: Path) -> None:
    """The state keeps every checkpoint that was seen: two histories cannot both be shown."""
    memory = AuditMemory(tmp_path / "state", {})
    audited(lived, files_of(leaves), memory=memory)
    other = [*leaves[1:], leaves[0]]
    assert "FORKED" in codes(audited(lived, files_of(other), memory=memory))
    memory.close()


def test_a_log_that_shrank_is_found(lived: World, leaves: list[bytes], tmp_path: Path) -> None:
    """A restored backup is smaller than what was audited."""
    memory = AuditMemory(tmp_path / "state", {})
    audited(lived, files_of(leaves), memory=memory)
    assert codes(audited(lived, files_of(leaves, size=9), memory=memory)) == ["LOG_SHRANK"]
    memory.close()


def test_the_state_of_another_audit_is_refused(tmp_path: Path) -> None:
    """Findings of one log must not stand for another."""
    AuditMemory(tmp_path / "state", {"log": "a"}).close()
    with pytest.raises(MemoryUnfit, match="another audit"):
        AuditMemory(tmp_path / "state", {"log": "b"})


def test_a_file_that_is_no_state_is_refused(tmp_path: Path) -> None:
    """A text file is not taken for a state, and not overwritten."""
    (tmp_path / "state").write_text("words\n" * 100)
    with pytest.raises(MemoryUnfit, match="no state file"):
        AuditMemory(tmp_path / "state", {})
    assert (tmp_path / "state").read_text() == "words\n" * 100


def test_an_audit_without_rules_reads_chains_alone(leaves: list[bytes]) -> None:
    """Whoever has no registrar's key can still check tree and chains."""
    report = audited(None, files_of(leaves))
    assert report.clean
    assert (report.replayed, report.signatures) == (0, 0)


def test_a_missing_checkpoint_is_a_finding(lived: World, leaves: list[bytes]) -> None:
    """Nothing is believed without it."""
    files = files_of(leaves)
    del files["checkpoint"]
    report = audited(lived, files)
    assert codes(report) == ["FILE_MISSING"]
    assert not report.complete


@pytest.mark.parametrize(
    "size", [1, 255, 256, 257, 300, 512, pytest.param(65_537, marks=pytest.mark.long)]
)
def test_the_edge_of_a_tree_has_its_root(size: int) -> None:
    """Rows of tiles give the frontier of RFC 6962, whatever the steps in which they grew."""
    hashes = [leaf_hash(b"%d" % at) for at in range(size)]
    edge, done = Edge(), []
    for start in range(0, size, 999):
        done += [(level, at) for level, at, _ in edge.add(hashes[start : start + 999])]
    assert edge.size == size
    assert edge.frontier() == Frontier().extended(hashes)
    assert done[:2] == [(0, at) for at in range(min(2, size // 256))]
    assert Edge(edge.rows).root() == edge.root()


def test_entries_from_a_store_are_compared_with_the_bundles(
    lived: World, leaves: list[bytes]
) -> None:
    """Where the store and the published files differ, both hashes are named."""
    files = files_of(leaves)
    stored = [*leaves[:3], leaves[4], *leaves[4:]]
    made: Audit = auditing(lived, files, entries=lambda start, stop: stored[start:stop])
    made.read = reader_of(files)
    assert "ENTRY_UNSIGNED" in codes(made.run())
