"""Time stamps of an authority outside, made by OpenSSL, read beside kept checkpoints."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from api.services.auditing import Auditor, audit_files
from api.services.errors import BadRequest
from api.services.timestamps import stamped_s
from ledger.audit.run import CLOCKS_MS
from ledger.log.entry import parse_leaf
from tests.support.audits import codes, files_of, reader_of
from tests.support.log_parts import LOG_KEY
from tests.support.parties import World
from tests.support.timestamps import Authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.made(tmp_path / "authority")


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    path = tmp_path / "checkpoint"
    path.write_bytes(b"what somebody kept")
    return path


@pytest.mark.parametrize("digest", ["sha256", "sha512"])
def test_the_time_of_a_stamp_is_read(authority: Authority, kept: Path, digest: str):
    assert stamped_s(kept, authority.roots) is None
    before = int(time.time())
    authority.stamp(kept, digest)
    stamped = stamped_s(kept, authority.roots)
    assert stamped is not None
    assert before <= stamped <= time.time() + 1


def test_what_no_believed_authority_stamped_is_refused(
    authority: Authority, kept: Path, tmp_path: Path
):
    stamp = authority.stamp(kept)
    other = Authority.made(tmp_path / "other", "somebody else")
    with pytest.raises(BadRequest, match="no time stamp"):
        stamped_s(kept, other.roots)
    kept.write_bytes(b"something else")
    with pytest.raises(BadRequest, match="no time stamp"):
        stamped_s(kept, authority.roots)
    stamp.write_bytes(b"nonsense")
    with pytest.raises(BadRequest, match="no time stamp"):
        stamped_s(kept, authority.roots)
    stamp.write_bytes(bytes(200_000))
    with pytest.raises(BadRequest, match="200000 bytes"):
        stamped_s(kept, authority.roots)
    authority.stamp(kept, "sha1")
    with pytest.raises(BadRequest, match="not believed"):
        stamped_s(kept, authority.roots)
    with pytest.raises(BadRequest, match="Cannot read"):
        stamped_s(kept, tmp_path / "nowhere.pem")


def test_without_the_package_it_is_said_which_one_is_missing(
    authority: Authority, kept: Path, monkeypatch: pytest.MonkeyPatch
):
    authority.stamp(kept)
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    with pytest.raises(BadRequest, match=r"parkloom\[timestamps\]"):
        stamped_s(kept, authority.roots)


def test_an_audit_finds_what_is_dated_before_a_stamp_that_lacks_it(
    authority: Authority, tmp_path: Path
):
    """The operator and all witnesses agree; the authority knew the log without the entry."""
    world = World(now_ms=int(time.time() * 1000) - 10 * CLOCKS_MS)
    world.confirmed_order()
    kept = tmp_path / "kept"
    kept.write_bytes(files_of(world.leaves())["checkpoint"])
    authority.stamp(kept)
    world.set_policy()
    leaves = world.leaves()
    assert parse_leaf(leaves[-1]).meta.time_ms < time.time() * 1000 - CLOCKS_MS
    auditor = Auditor(log=LOG_KEY.verifier.vkey, checkpoints=[kept])
    assert codes(audit_files(reader_of(files_of(leaves)), auditor)) == []
    stamped = Auditor(
        log=LOG_KEY.verifier.vkey, checkpoints=[kept], timestamp_roots=authority.roots
    )
    report = audit_files(reader_of(files_of(leaves)), stamped)
    assert set(codes(report)) == {"BACKDATED"}
    assert {one.index for one in report.findings} == set(range(len(leaves) - 1, len(leaves)))
