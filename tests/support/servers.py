"""The real server as a process of its own, to be killed.

`ServerProcess` is the command `parkloom serve`; `ForkedServer` is the same server, forked from a
process that has imported everything once, for tests that start it many times.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from api.app import create_app
from api.settings import Settings
from tests.support.forks import FORKS

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

    def said(self) -> str:
        """Return what the server wrote."""
        return self._log.read_text("utf-8", errors="replace")

    def start(self) -> dict[str, Any]:
        """Start the server; return its first healthy answer."""
        assert not self.running
        self._spawn()
        return self._healthy()

    def _spawn(self) -> None:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("PARKLOOM_")
        }
        environment |= {
            "PARKLOOM_HOME": str(self.settings.home),
            "PARKLOOM_DATABASE_URL": self.settings.database_url,
            "PARKLOOM_ORIGIN": self.settings.origin,
            "PYTHONFAULTHANDLER": "1",
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

    def _ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def _abort(self) -> None:
        """Make the server write where each of its threads stands, and end."""
        self._end(signal.SIGABRT)

    @property
    def running(self) -> bool:
        """Whether the process was started and has not been ended by us."""
        return self._process is not None

    def _healthy(self) -> dict[str, Any]:
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            if self._ended():
                raise AssertionError(f"the server ended at start:\n{self.said()[-4000:]}")
            with contextlib.suppress(httpx.TransportError):
                answer = httpx.get(f"{self.base}/healthz", timeout=5)
                if answer.status_code == 200:
                    found: dict[str, Any] = answer.json()
                    return found
                assert answer.status_code != 500, f"{answer.text}\n{self.said()[-4000:]}"
            time.sleep(0.05)
        self._abort()
        raise AssertionError(f"the server is not healthy:\n{self.said()[-8000:]}")


class ForkedServer(ServerProcess):
    """The same server without the time that importing takes."""

    def __init__(self, settings: Settings, log: Path) -> None:
        super().__init__(settings, log)
        self._forked: ForkServerProcess | None = None

    def _spawn(self) -> None:
        self._forked = FORKS.Process(
            target=_serve, args=(self.settings.model_dump(mode="json"), self.port, str(self._log))
        )
        self._forked.start()

    @property
    def running(self) -> bool:
        """Whether the process was started and has not been ended by us."""
        return self._forked is not None

    def _ended(self) -> bool:
        return self._forked is None or not self._forked.is_alive()

    def _end(self, how: signal.Signals) -> int:
        assert self._forked is not None
        assert self._forked.pid is not None
        os.kill(self._forked.pid, how)
        self._forked.join(timeout=30)
        status = self._forked.exitcode
        self._forked.close()
        self._forked = None
        assert status is not None, "the server did not end"
        return status


def _serve(settings: dict[str, Any], port: int, log: str) -> None:
    """Be the server: what `parkloom serve` does, without the command line."""
    with Path(log).open("ab") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    faulthandler.enable()
    app = create_app(Settings.model_validate(settings))
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


@contextlib.contextmanager
def serving(
    settings: Settings, log: Path, *, kind: type[ServerProcess] = ServerProcess
) -> Iterator[ServerProcess]:
    """Yield a running server; it is gone afterwards, whatever happened."""
    server = kind(settings, log)
    try:
        server.start()
        yield server
    finally:
        if server.running:
            server.kill()
