"""Witness servers over real HTTP on the loopback: in threads of this process, or as processes."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from api.witnessing import home
from api.witnessing.home import WitnessHome
from api.witnessing.http import HttpFailed, HttpPrefix
from ledger.log import note
from ledger.log.policy import Policy, PolicyGroup, PolicyLog, PolicyWitness
from tests.support.log_parts import LOG_KEY

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS_MAX = 60.0


def free_port() -> int:
    """Return a port that is free on the loopback now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def listening(app: ASGIApp, *, port: int = 0) -> Iterator[str]:
    """Serve an application from a thread of this process; yield its address."""
    chosen = port or free_port()
    config = uvicorn.Config(app, host="127.0.0.1", port=chosen, log_level="error")
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + START_SECONDS_MAX
        while not server.started:
            assert thread.is_alive(), "the server ended at start"
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.01)
        yield f"http://127.0.0.1:{chosen}"
    finally:
        server.should_exit = True
        thread.join(30)


def make_home(folder: Path, name: str, vkey: str = LOG_KEY.verifier.vkey) -> WitnessHome:
    """Return a new witness with both kinds of key that watches one log."""
    home.create(folder, ed25519_name=name, mldsa44_name=f"{name}/mldsa44")
    home.add_log(folder, vkey)
    return home.open_home(folder)


def policy_for(homes: dict[str, WitnessHome], threshold: int, *, log: str = "") -> Policy:
    """Return the policy that asks for so many of the witnesses, each with both its keys.

    Parameters
    ----------
    homes
        Witnesses by address.
    """
    witnesses, groups = [], []
    for number, (url, one) in enumerate(homes.items()):
        names = []
        for kind, key in enumerate(one.keys):
            names.append(f"w{number}-{kind}")
            witnesses.append(PolicyWitness(name=names[-1], key=key, url=url))
        groups.append(PolicyGroup(name=f"w{number}", threshold=len(names), members=tuple(names)))
    members = tuple(group.name for group in groups)
    groups.append(PolicyGroup(name="quorum", threshold=threshold, members=members))
    key = note.parse_vkey(log) if log else LOG_KEY.verifier
    return Policy(
        logs=(PolicyLog(key=key),),
        witnesses=tuple(witnesses),
        groups=tuple(groups),
        quorum="quorum",
    )


class WitnessProcess:
    """`parkloom witness serve` as a process of its own; start, kill, start again."""

    def __init__(self, folder: Path, log: Path, *, port: int = 0) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        with self._log.open("ab") as said:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "api.cli",
                    "witness",
                    "serve",
                    str(self.folder),
                    "--port",
                    str(self.port),
                ],
                cwd=ROOT,
                env={k: v for k, v in os.environ.items() if not k.startswith("PARKLOOM_")},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )
        prefix = HttpPrefix(self.url)
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            assert self._process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            try:
                prefix.request("GET", f"{'0' * 64}/checkpoint", bytes_max=1_000)
            except HttpFailed:
                time.sleep(0.05)
            else:
                prefix.close()
                return

    def said(self) -> str:
        """Return what it wrote."""
        return self._log.read_text("utf-8", errors="replace")

    def kill(self) -> None:
        """Kill it as a loss of power would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(30)
            self._process = None
