"""How long a writer takes to come back: it looks at the head, the edge and what was signed.

Run with `-s` to see the time; nothing is asserted about it, a loaded machine would lie.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from data.engine import make_engine
from data.stores.ledger_log import SqlLogStore
from ledger.log.entry import NO_LEAF, leaf_hash
from ledger.log.store import Batch, Head, NewLeaf
from tests.support.log_parts import ORIGIN, make_request, open_log

FULL = os.environ.get("PARKLOOM_LONG") == "full"
BATCH = 10_000


def fill(store: SqlLogStore, count: int) -> None:
    """Write entries straight into the store; what they say does not matter here."""
    head, last = Head(), NO_LEAF
    for start in range(0, count, BATCH):
        leaves = []
        for index in range(start, min(count, start + BATCH)):
            data = b'{"entry":%d,"padding":"%s"}' % (index, b"x" * 300)
            last = leaf_hash(data)
            request = f"{index:032x}"
            leaves.append(
                NewLeaf(
                    index=index,
                    leaf_hash=last,
                    data=data,
                    time_ms=1,
                    request_id=request,
                    body_digest=last,
                    order=None,
                    order_sequence=None,
                )
            )
        frontier = head.frontier.extended(leaf.leaf_hash for leaf in leaves)
        new = Head(frontier=frontier, last_leaf=last, time_ms=1)
        store.commit(Batch(old=head, new=new, leaves=tuple(leaves), state={}, outcomes=()))
        head = new


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("entries", [1_000_000 if FULL else 20_000])
def test_a_writer_comes_back(database_url: str, tmp_path: Path, entries: int):
    """After a kill: the files stand, the checkpoint is compared, and writing goes on."""
    engine = make_engine(database_url)
    try:
        store = SqlLogStore(engine, ORIGIN, lock_folder=tmp_path)
        fill(store, entries)
        open_log(store, tmp_path).writer.recover()
        engine.dispose()
        began, worked = time.perf_counter(), time.process_time()
        log = open_log(SqlLogStore(engine, ORIGIN, lock_folder=tmp_path), tmp_path)
        assert log.writer.recover() == entries
        recovered, worked = time.perf_counter() - began, time.process_time() - worked
        assert log.writer.submit(make_request("a")).index == entries
        first = time.perf_counter() - began
        kind = engine.dialect.name
        print(
            f"{kind}, {entries:,} entries: back in {recovered:.3f} s ({worked:.3f} s of CPU), "
            f"first receipt after {first:.3f} s"
        )
    finally:
        engine.dispose()
