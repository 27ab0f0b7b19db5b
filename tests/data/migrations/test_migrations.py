from __future__ import annotations

import multiprocessing
from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect

import data.tables
from data.engine import downgrade, make_engine, require_current, session_factory, upgrade
from data.errors import DatabaseDamaged, DatabaseNewer, DatabaseOlder
from data.migrations.runner import configuration, current_revision, newest_revision
from data.stores import capacity, organisations
from data.stores.viewer import Viewer

REVISIONS = [
    revision.revision for revision in ScriptDirectory.from_config(configuration()).walk_revisions()
][::-1]


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Engine]:
    """Return an engine on a database without any table, of each kind."""
    engine = make_engine(empty_database_url)
    try:
        yield engine
    finally:
        engine.dispose()


def run(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names())


def differences(engine: Engine) -> list[object]:
    """Return what autogeneration would change: nothing, when tables and history agree."""
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_server_default": True,
                "include_name": lambda name, kind, _: (
                    kind != "table" or name in data.tables.metadata.tables
                ),
            },
        )
        return list(compare_metadata(context, data.tables.metadata))


def checks(engine: Engine) -> dict[str, set[str | None]]:
    """Return the names of the CHECK constraints by table; autogeneration does not compare them."""
    inspector = inspect(engine)
    return {
        name: {check["name"] for check in inspector.get_check_constraints(name)}
        for name in data.tables.metadata.tables
    }


def test_history_is_one_line():
    assert [f"{n:04}" for n in range(1, len(REVISIONS) + 1)] == REVISIONS


def test_nothing_to_everything_gives_exactly_the_tables(empty: Engine):
    upgrade(empty)

    assert tables(empty) == set(data.tables.metadata.tables) | {"alembic_version"}
    assert differences(empty) == []
    assert current_revision(empty) == newest_revision()


def test_check_constraints_are_those_of_the_tables(engine: Engine, empty: Engine):
    data.tables.metadata.create_all(empty)

    assert checks(engine) == checks(empty)


def test_upgrading_again_changes_nothing(engine: Engine):
    before = tables(engine)
    upgrade(engine)
    assert tables(engine) == before


def test_down_to_nothing_and_up_again(empty: Engine):
    upgrade(empty)
    downgrade(empty)
    assert tables(empty) == {"alembic_version"}

    upgrade(empty)
    assert differences(empty) == []


@pytest.mark.parametrize("revision", REVISIONS)
def test_each_step_can_be_taken_alone(empty: Engine, revision: str):
    upgrade(empty, revision)
    assert current_revision(empty) == revision

    upgrade(empty)
    assert differences(empty) == []


def test_a_book_of_an_older_version_comes_along(empty: Engine):
    """What nothing reads goes; the rest is there afterwards, at revision 0."""
    upgrade(empty, "0006")
    run(empty, "insert into operators values ('op', 'Operator', 'example.org/op', 1)")
    run(
        empty,
        "insert into drafts values ('op', 'd', 'order.submitted', null, 'open', null, '{}', 1, 1)",
    )
    run(empty, "insert into draft_parties values ('op', 'd', 'mill')")
    run(
        empty,
        "insert into organisations (operator_id, id, kind, name, status, created_ms) "
        "values ('op', 'mill', 'enterprise', 'Mill', 'onboarded', 1)",
    )
    run(empty, "insert into users values ('op', 'u', 'mill', 'Wang Fang', 'maker', 'k', 1)")
    run(
        empty,
        "insert into matching_scopes values "
        "('op', 'S', 'November', '2026-11-23', 'CNY', true, 3, 2, '5/2', '1000', '1/3', '62', 1)",
    )

    upgrade(empty)

    assert not tables(empty) & {"drafts", "draft_parties", "users"}
    with session_factory(empty)() as session:
        scope = capacity.current_scope(session, Viewer.operator("op"))
        assert organisations.get(session, Viewer.operator("op"), "mill").name == "Mill"
    assert (scope.id, scope.settings.weeks, scope.revision) == ("S", 3, 0)

    downgrade(empty, "0006")
    upgrade(empty)
    assert differences(empty) == []


def test_tables_of_others_are_left_alone(empty: Engine):
    """The job engine keeps its own tables in the same SQLite file."""
    run(empty, "create table jobs_of_another (id integer primary key)")
    upgrade(empty)
    downgrade(empty)

    assert "jobs_of_another" in tables(empty)


def test_database_of_a_newer_version_is_refused(engine: Engine):
    before = tables(engine)
    run(engine, "update alembic_version set version_num = '9999'")

    for step in (upgrade, downgrade, require_current):
        with pytest.raises(DatabaseNewer, match="newer version of Parkloom"):
            step(engine)
    assert tables(engine) == before


def test_database_of_an_older_version_is_refused_until_migrated(empty: Engine):
    with pytest.raises(DatabaseOlder, match="revision none"):
        require_current(empty)

    upgrade(empty)
    require_current(empty)

    assert current_revision(empty) == newest_revision()


def test_failed_migration_keeps_nothing(empty: Engine):
    """A table in the way of the last revision: the first ones are undone too."""
    run(empty, "create table ledger_disclosure (id integer primary key)")

    with pytest.raises(Exception, match="ledger_disclosure"):
        upgrade(empty)

    assert tables(empty) - {"alembic_version"} == {"ledger_disclosure"}
    assert current_revision(empty) is None


def test_sqlite_migration_that_breaks_references_keeps_nothing(sqlite_url: str):
    engine = make_engine(sqlite_url)
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("pragma foreign_keys = off").close()
        driver.execute("insert into parks values ('x', 'p', 'n', null, 0, 0, 'UTC')").close()
    with pytest.raises(DatabaseDamaged, match="parks"):
        upgrade(engine)
    engine.dispose()


def _upgrade(url: str) -> str:
    engine = make_engine(url)
    try:
        upgrade(engine)
        return current_revision(engine) or ""
    finally:
        engine.dispose()


def test_two_processes_may_start_at_once(empty_database_url: str):
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        found = pool.map_async(_upgrade, [empty_database_url] * 2).get(timeout=120)

    assert found == [newest_revision()] * 2


def test_entries_of_the_log_are_guarded(engine: Engine):
    leaf = (
        "insert into ledger_leaf (log, leaf_index, leaf_hash, data, time_ms, request_id, "
        "body_digest) values ('l', 0, 'a', 'b', 1, 'r', 'd')"
    )
    run(engine, leaf)
    for statement in ("update ledger_leaf set time_ms = 2", "delete from ledger_leaf"):
        with pytest.raises(Exception, match="never"):
            run(engine, statement)
