"""A database that is held, a full disk, a backup that is too old: said clearly, nothing is lost."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from functools import partial

import pytest
from sqlalchemy import event

from api.app import create_app
from api.services import workspace as workspaces
from api.services.workspace import open_workspace
from data.engine import make_engine
from ledger.claims import drafts
from ledger.log import files
from tests.support.enrolments import enrolment
from tests.support.installations import ORIGIN, installation
from tests.support.problems import assert_problem
from tests.support.signers import JSON
from tests.support.web import client_of, still_app


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setattr(workspaces, "make_engine", partial(make_engine, wait_ms=100))
    workspace = installation(tmp_path)
    yield workspace
    workspace.close()


@pytest.fixture
def client(workspace):
    return client_of(still_app(workspace))


def send(client, name):
    data = drafts.to_json(enrolment(ORIGIN, name))
    return client.post("/v1/ledger/entries", content=data, headers=JSON)


def size(client):
    return client.get("/healthz").json()["log"]["size"]


def test_a_database_that_is_held_is_503_and_changes_nothing(client, workspace):
    assert send(client, "before").status_code == 201
    holder = sqlite3.connect(workspace.settings.home / "parkloom.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    answers = [
        send(client, "held"),
        client.put("/v1/organisations/held", json={"kind": "lender", "name": "A Bank"}),
    ]
    assert size(client) == 1  # reading goes on
    holder.execute("ROLLBACK")
    holder.close()
    for answer in answers:
        problem = assert_problem(answer, 503, "DATABASE_LOCKED")
        assert answer.headers["retry-after"] == "1"
        assert "parkloom.db" not in problem["detail"]
    assert size(client) == 1
    assert_problem(client.get("/v1/organisations/held"), 404, "NOT_FOUND")
    assert send(client, "held").status_code == 201
    assert size(client) == 2


def test_a_database_that_cannot_grow_is_503_and_changes_nothing(client, workspace):
    listener = _limit_pages(workspace.engine)
    answers = []
    while not answers or answers[-1].status_code == 201:
        answers.append(send(client, f"number {len(answers)}"))
    entered = len(answers) - 1
    event.remove(workspace.engine, "connect", listener)
    workspace.engine.dispose()
    assert_problem(answers[-1], 503, "DISK_FULL")
    assert int(answers[-1].headers["retry-after"]) > 0
    assert size(client) == entered
    assert send(client, f"number {entered}").json()["index"] == entered


def _limit_pages(engine):
    """Let the database file grow by three pages and no more, as a full disk would."""

    def limit(connection, _record):
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count={pages + 3}")

    engine.dispose()
    event.listen(engine, "connect", limit)
    return limit


def test_a_disk_that_is_full_while_tiles_are_written(client, workspace, monkeypatch):
    """The entry is committed and not published: no receipt is given; a retry gets it."""
    real = files.write_files

    def full(*arguments, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    assert send(client, "before").status_code == 201
    monkeypatch.setattr("ledger.log.publisher.write_files", full)
    problem = assert_problem(send(client, "full"), 503, "DISK_FULL")
    assert "harmless" in problem["way_out"]
    monkeypatch.setattr("ledger.log.publisher.write_files", real)
    receipt = send(client, "full")
    assert receipt.status_code == 201
    assert receipt.json()["index"] == 1
    assert send(client, "full").json() == receipt.json()
    assert client.get("/healthz").json()["log"] == {
        "origin": ORIGIN,
        "size": 2,
        "checkpoint_size": 2,
    }


def test_a_backup_that_is_too_old_is_read_and_not_written(tmp_path):
    """The signer remembers a larger log than the database holds: writing would fork history."""
    workspace = installation(tmp_path)
    client = client_of(still_app(workspace))
    assert send(client, "first").status_code == 201
    workspace.close()
    database = workspace.settings.home / "parkloom.db"
    shutil.copyfile(database, tmp_path / "backup.db")
    workspace = open_workspace(workspace.settings)
    assert send(client_of(still_app(workspace)), "second").status_code == 201
    workspace.close()
    for left in workspace.settings.home.glob("parkloom.db-*"):
        left.unlink()
    shutil.copyfile(tmp_path / "backup.db", database)

    with client_of(create_app(workspace.settings)) as restored:
        refused = assert_problem(send(restored, "third"), 503, "CORRUPTION")
        assert refused["params"] == {"cause": "LOG_BEHIND_SIGNER"}
        assert_problem(
            restored.put("/v1/organisations/x", json={"kind": "lender", "name": "X"}),
            503,
            "CORRUPTION",
        )
        assert_problem(restored.get("/healthz"), 503, "CORRUPTION")
        assert restored.get("/ledger/checkpoint").status_code == 200
        assert restored.get("/v1/organisations").status_code == 200
