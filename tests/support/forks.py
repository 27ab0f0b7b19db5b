"""Processes forked from one that has imported everything once: they start in milliseconds.

There is one such parent per test run, and what it imports is settled when it starts, so everything
that is ever forked stands here.
"""

from __future__ import annotations

import multiprocessing

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    ["tests.support.crashes", "tests.support.witness_kills", "api.app", "uvicorn"]
)
