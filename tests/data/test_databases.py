"""The fixtures that hand out databases: fresh each time, and honest about a missing server."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import Engine, text

from tests.support import databases
from tests.support.databases import NoServer, Server, no_server, postgresql_server

ADD = "insert into operators values ('o', 'n', 'x', 1)"


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_finds_its_database_empty(engine: Engine, turn: int):
    with engine.begin() as connection:
        assert connection.execute(text("select count(*) from operators")).scalar() == 0, turn
        connection.execute(text(ADD))


def used(server: Server, statement: str) -> str:
    """Run a statement in a fresh database; return what is left in a second one."""
    for action in (statement, "select 1"):
        with server.database() as url, psycopg.connect(url.replace("+psycopg", "")) as connection:
            left = connection.execute(
                "select (select count(*) from operators)::text || (select tgenabled::text "
                "from pg_trigger where tgname = 'ledger_leaf_no_change') "
                "|| nextval('ledger_append_request_position_seq')::text"
            ).fetchone()
            connection.execute(action.encode())
    assert left is not None
    return str(left[0])


@pytest.mark.parametrize(
    "statement", [ADD, "alter table ledger_leaf disable trigger all", "create schema other"]
)
def test_used_database_is_as_new(postgresql_with_template: Server | str, statement: str):
    if isinstance(postgresql_with_template, str):
        no_server(postgresql_with_template)
    else:
        assert used(postgresql_with_template, statement) == "0O1"


def test_missing_server_is_a_reason_to_skip(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("TEST_PG_URL", raising=False)
    monkeypatch.delenv(databases.REQUIRE, raising=False)
    monkeypatch.setattr(databases, "_debian", list)
    monkeypatch.setattr(databases, "_wheel", list)

    with pytest.raises(NoServer, match="TEST_PG_URL") as caught, postgresql_server():
        pytest.fail("there is no server to be had")
    with pytest.raises(pytest.skip.Exception, match="no PostgreSQL server"):
        no_server(str(caught.value))


def test_missing_server_fails_where_the_run_promises_one(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(databases.REQUIRE, "1")
    with pytest.raises(pytest.fail.Exception, match="there is no PostgreSQL server"):
        no_server("not installed")


def test_named_server_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TEST_PG_URL", "postgresql://me@example.org/db")
    with postgresql_server() as server:
        assert server.url.host == "example.org"
