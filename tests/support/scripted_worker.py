"""A worker that does what a script says: stands in for `api.jobs.worker` in tests of the queue.

The file `script` in the installation's home holds one word a line; each start takes the first:
`end` marks the run failed with the text "scripted", `die` ends without an answer, `wait` works
until it is cancelled and then ends the run. Each start adds a line to `started`.

It imports as little as possible, since tests start it many times.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import threading
from io import FileIO
from pathlib import Path

import psycopg

EXIT_ORPHANED = 3
END = "UPDATE matching_runs SET status = 'failed', error = 'scripted', finished_ms = 1 WHERE id = "


def main(commands: FileIO) -> int:
    order = json.loads(commands.readline())
    home = Path(order["settings"]["home"])
    word = take_word(home / "script")
    with (home / "started").open("a") as started:
        started.write(f"{order['run']} {word}\n")
    if word == "die":
        return 7
    if word == "wait":
        if commands.readline() != b"cancel\n":
            return EXIT_ORPHANED
    else:
        threading.Thread(target=watch, args=(commands,), daemon=True).start()
    end(home, order["settings"]["database_url"], order["run"])
    return 0


def end(home: Path, url: str, run_id: str) -> None:
    if url.startswith("postgresql"):
        conninfo = url.replace("postgresql+psycopg", "postgresql")
        with psycopg.connect(conninfo) as server:
            server.execute(f"{END}'{run_id}'".encode())
        return
    path = url.removeprefix("sqlite:///") or str(home / "parkloom.db")
    with sqlite3.connect(path, timeout=15) as database:
        database.execute(f"{END}'{run_id}'")
    database.close()


def take_word(path: Path) -> str:
    word, *rest = path.read_text().split()
    path.write_text("\n".join(rest))
    return word


def watch(commands: FileIO) -> None:
    commands.read()
    os._exit(EXIT_ORPHANED)


if __name__ == "__main__":
    with open(0, "rb", buffering=0, closefd=False) as standard_input:
        sys.exit(main(standard_input))
