"""A file that remembers the points of texts, so that a model reads each text once.

A key is a SHA-256 over model and text, so the file can be deleted at any time, and shared.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, MutableMapping
from pathlib import Path


class VectorCache(MutableMapping[str, bytes]):
    """Key → bytes in one SQLite file; what is written is durable when the cache is closed."""

    def __init__(self, path: Path) -> None:
        self._file = sqlite3.connect(path)
        self._file.execute("create table if not exists points (key text primary key, point blob)")

    def close(self) -> None:
        """Write everything and close the file."""
        self._file.commit()
        self._file.close()

    def __getitem__(self, key: str) -> bytes:
        row = self._file.execute("select point from points where key = ?", (key,)).fetchone()
        if row is None:
            raise KeyError(key)
        return bytes(row[0])

    def __setitem__(self, key: str, value: bytes) -> None:
        self._file.execute("insert or replace into points values (?, ?)", (key, value))

    def __delitem__(self, key: str) -> None:
        if not self._file.execute("delete from points where key = ?", (key,)).rowcount:
            raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        yield from (row[0] for row in self._file.execute("select key from points order by key"))

    def __len__(self) -> int:
        return int(self._file.execute("select count(*) from points").fetchone()[0])
