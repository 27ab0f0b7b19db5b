"""Matching runs of the real server: they survive its death, can be watched, and can be stopped."""

from __future__ import annotations

import json
import signal
import time
from uuid import uuid4

import httpx
import pytest

from tests.support.installations import populated
from tests.support.servers import ForkedServer, serving

ENDED = {"done", "cancelled", "failed"}


@pytest.fixture
def settings(tmp_path):
    workspace = populated(tmp_path)
    workspace.close()
    return workspace.settings


def put(server, **limits):
    run = f"{server.base}/v1/matching-runs/{uuid4()}"
    answer = httpx.put(run, json=limits, timeout=30)
    assert answer.status_code == 202, answer.text
    return run


def wait_for(run, condition):
    """Wait; the first solving on a machine also compiles the engine, which takes its time."""
    deadline = time.monotonic() + 300
    while True:
        view = httpx.get(run, timeout=30).json()
        if condition(view):
            return view
        assert view["status"] not in ENDED, view
        assert time.monotonic() < deadline, view
        time.sleep(0.1)


def is_solving(view):
    return view["progress"] is not None


def has_ended(view):
    return view["status"] in ENDED


@pytest.mark.long
@pytest.mark.timeout(700)
def test_a_run_survives_the_death_of_the_server(settings, tmp_path):
    with serving(settings, tmp_path / "server.log") as server:
        run = put(server, seconds=4, seed=3)
        before = wait_for(run, is_solving)
        server.kill()
        server.start()
        after = wait_for(run, has_ended)
        assert after["status"] == "done", server.said()[-3000:]
        assert after["problem_digest"] == before["problem_digest"]
        result = httpx.get(f"{run}/result", timeout=30).json()
        assert result["plan"]
        assert result["run"]["summary"]["gap"] < 1
        assert server.stop() in {0, -signal.SIGTERM}


@pytest.mark.long
@pytest.mark.timeout(700)
def test_a_run_is_watched_and_stopped_with_its_best_plan(settings, tmp_path):
    with serving(settings, tmp_path / "server.log", kind=ForkedServer) as server:
        run = put(server, seconds=600)
        wait_for(run, is_solving)
        seen = []
        with httpx.stream("GET", f"{run}/events", timeout=60) as events:
            for line in events.iter_lines():
                if line.startswith("data: "):
                    seen.append(json.loads(line.removeprefix("data: ")))
                if len(seen) == 3:
                    cancelled = httpx.post(f"{run}/cancel", timeout=30)
                    assert cancelled.status_code == 200
        assert seen[0]["status"] == "running"
        assert all(view["progress"]["stage"] for view in seen if view["status"] == "running")
        assert seen[-1]["status"] == "cancelled"
        assert seen[-1]["summary"]["served"] > 0
        assert httpx.get(f"{run}/result", timeout=30).json()["plan"]
