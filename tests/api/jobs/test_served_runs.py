"""Matching runs of the real server: they survive its death, can be watched, and can be stopped."""

from __future__ import annotations

import json
import time
from uuid import uuid4

import httpx
import pytest

from tests.support.installations import populated
from tests.support.servers import serving

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


def wait_for(run, statuses, *, seconds):
    deadline = time.monotonic() + seconds
    while True:
        view = httpx.get(run, timeout=30).json()
        if view["status"] in statuses and (view["progress"] or view["status"] != "running"):
            return view
        assert time.monotonic() < deadline, view
        time.sleep(0.1)


def test_a_run_survives_the_death_of_the_server(settings, tmp_path):
    with serving(settings, tmp_path / "server.log") as server:
        run = put(server, seconds=8, seed=3)
        before = wait_for(run, {"running"}, seconds=90)
        server.kill()
        server.start()
        after = wait_for(run, ENDED, seconds=120)
        assert after["status"] == "done", server.said()[-3000:]
        assert after["problem_digest"] == before["problem_digest"]
        result = httpx.get(f"{run}/result", timeout=30).json()
        assert result["plan"]
        assert result["run"]["summary"]["gap"] < 1
        assert server.stop() == 0


def test_a_run_is_watched_and_stopped_with_its_best_plan(settings, tmp_path):
    with serving(settings, tmp_path / "server.log") as server:
        run = put(server, seconds=600)
        wait_for(run, {"running"}, seconds=90)
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
