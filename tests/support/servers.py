"""The real server as a process of its own, to be killed."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from api.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS_MAX = 60.0


def free_port() -> int:
    """Return a port that is free on the loopback now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class ServerProcess:
    """`parkloom serve` on the loopback; start, kill and start again at the same address.

    Parameters
    ----------
    settings
        The installation that it serves.
    log
        File for what it says.
    """

    def __init__(self, settings: Settings, log: Path) -> None:
        self.settings = settings
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Return the process id of the running server."""
        assert self._process is not None
        return self._process.pid

    def said(self) -> str:
        """Return what the server wrote."""
        return self._log.read_text("utf-8", errors="replace")

    def start(self) -> dict[str, Any]:
        """Start the server; return its first healthy answer."""
        assert self._process is None, "it runs already"
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("PARKLOOM_")
        }
        environment |= {
            "PARKLOOM_HOME": str(self.settings.home),
            "PARKLOOM_DATABASE_URL": self.settings.database_url,
            "PARKLOOM_ORIGIN": self.settings.origin,
            "PYTHONWARNINGS": "error::DeprecationWarning:api",
        }
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "api.cli", "serve", "--port", str(self.port)],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        return self._healthy()

    def kill(self) -> None:
        """Kill the server as a loss of power would, with no chance to clean up."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask the server to stop; return its exit status."""
        return self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int:
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(how)
        status = self._process.wait(timeout=30)
        self._process = None
        return status

    @property
    def running(self) -> bool:
        """Whether the process was started and has not been ended by us."""
        return self._process is not None

    def _healthy(self) -> dict[str, Any]:
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            assert self._process is not None
            if self._process.poll() is not None:
                raise AssertionError(f"the server ended at start:\n{self.said()[-4000:]}")
            with contextlib.suppress(httpx.TransportError):
                answer = httpx.get(f"{self.base}/healthz", timeout=5)
                if answer.status_code == 200:
                    found: dict[str, Any] = answer.json()
                    return found
                assert answer.status_code != 500, f"{answer.text}\n{self.said()[-4000:]}"
            time.sleep(0.05)
        raise AssertionError(f"the server is not healthy:\n{self.said()[-4000:]}")


@contextlib.contextmanager
def serving(settings: Settings, log: Path) -> Iterator[ServerProcess]:
    """Yield a running server; it is gone afterwards, whatever happened."""
    server = ServerProcess(settings, log)
    try:
        server.start()
        yield server
    finally:
        if server.running:
            server.kill()
