"""`python -m api.jobs.worker`: execute one matching run in a process of its own.

Standard input carries one line of JSON, `{"run": …, "settings": {…}}`, then stays open: a line
`cancel` asks to stop with the best plan, and its end means that the server is gone, so that no
worker outlives its server (the next server starts the run anew).
"""

from __future__ import annotations

import json
import os
import sys
import threading
from io import FileIO

from api.services import matching_runs
from api.services.workspace import open_workspace
from api.settings import Settings

EXIT_ORPHANED = 3


def order_of_work(settings: Settings, run_id: str) -> bytes:
    """Return the first line of a worker's standard input."""
    order = {"run": run_id, "settings": settings.model_dump(mode="json")}
    return json.dumps(order).encode() + b"\n"


def main(commands: FileIO) -> int:
    """Execute the run that the first line names; return the exit status."""
    order = json.loads(commands.readline())
    settings = Settings.model_validate(order["settings"])
    cancelled = threading.Event()
    threading.Thread(target=_listen, args=(commands, cancelled), daemon=True).start()
    workspace = open_workspace(settings)
    try:
        matching_runs.execute(workspace, order["run"], cancelled=cancelled.is_set)
    finally:
        workspace.close()
    return 0


def _listen(commands: FileIO, cancelled: threading.Event) -> None:
    for line in commands:
        if line.strip() == b"cancel":
            cancelled.set()
    # Nobody is left to answer to; a commit under way is atomic, so ending here breaks nothing.
    os._exit(EXIT_ORPHANED)


if __name__ == "__main__":
    # Unbuffered: a buffer has a lock, which the listening thread would hold at the end.
    with open(0, "rb", buffering=0, closefd=False) as standard_input:
        sys.exit(main(standard_input))
