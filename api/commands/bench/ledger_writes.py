"""G1, G2, G3, G5, G8: what the log adds to writing rows."""

from __future__ import annotations

import resource
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.engine import make_url

from api.commands.bench.ledger_parts import (
    ORIGIN,
    BareSqlite,
    OurStore,
    Ratio,
    RawSqlite,
    Setting,
    bodies,
    interleaved,
    rows_of,
    seconds_of,
    seconds_of_all,
    sync_ms,
)
from data.engine import make_engine
from data.migrations.runner import upgrade
from data.stores.ledger_log import SqlLogStore
from ledger.log import note
from ledger.log.canonical import JsonObject
from ledger.log.entry import Envelope, Signature
from ledger.log.publisher import Publisher
from ledger.log.rules import JsonState
from ledger.log.sequencer import Sequencer
from ledger.log.signer import CheckpointSigner
from ledger.log.signing import key_id, sign_body, verify_body
from ledger.log.store import AppendRequest
from ledger.log.writer import Ack, Writer

G1_BATCHES = {10: (0.9, 40), 100: (0.9, 10), 256: (0.75, 6), 1000: (0.75, 3)}
"""Entries a batch: the wanted ratio, and batches a measurement."""
CLIENTS = 64

_COPY_COLUMNS = (
    "log, leaf_index, leaf_hash, data, time_ms, request_id, body_digest, order_handle,"
    " order_sequence"
)
_COPY_TYPES = ("varchar", "int8", "bytea", "bytea", "int8", "varchar", "bytea", "varchar", "int8")


class NoRules:
    """Rules that take everything: what is measured is the log alone."""

    version = 1

    def __init__(self, keys: Sequence[Ed25519PrivateKey] = ()) -> None:
        raw = [one.public_key().public_bytes_raw() for one in keys]
        self._keys = {key_id(one): one for one in raw}

    def recognise(self, _text: str) -> None:
        """Know nothing: every body is read the long way."""

    def signer_keys(
        self, _state: JsonState, _body: JsonObject, signatures: Sequence[Signature]
    ) -> Sequence[bytes]:
        """Return the known key of each signature."""
        return [self._keys[one.kid] for one in signatures]

    def admit(self, _state: JsonState, _body: JsonObject, _disclosures: Sequence[str]) -> None:
        """Ask for nothing, give no tag."""

    def apply(self, _state: JsonState, _envelope: Envelope) -> None:
        """Change nothing."""


def g1(setting: Setting) -> list[Ratio]:
    """SQLite: appending entries against raw inserts of the same rows, and against one table."""
    folder = fresh_folder(setting, "g1")
    ours = OurStore(f"sqlite:///{folder / 'ours.db'}", folder)
    raw, bare = RawSqlite(folder / "raw.db"), BareSqlite(folder / "bare.db")
    found = []
    for batch, (wanted, batches) in G1_BATCHES.items():
        setting.say(f"G1 batches of {batch}")
        mine, other = _pair(ours, raw, batch, batches, setting.rounds)
        found.append(_rate("G1", f"append, {batch} a batch / raw rows", mine, other, wanted))
    mine, other = _pair(ours, bare, 100, 10, setting.rounds)
    found.append(_rate("G1", "append, 100 a batch / bare table", mine, other, 0.7))
    setting.say("G1 processor")
    cpu = _cpu_us(ours, 256), _cpu_us(raw, 256)
    found.append(
        Ratio(
            goal="G1",
            what="processor that an entry costs more (µs) / 10",
            ours=max(cpu[0] - cpu[1], 0.0),
            other=10.0,
            unit="µs",
            wanted=1.0,
            least=False,
        )
    )
    for one in (ours, raw, bare):
        one.close()
    return found


def g2(setting: Setting) -> list[Ratio]:
    """PostgreSQL: appending entries against COPY of the same rows, and against executemany."""
    if not setting.postgresql:
        return []
    ours = OurStore(setting.postgresql, fresh_folder(setting, "g2"))
    raw = _RawPostgresql(setting.postgresql)
    found = []
    for batch, wanted in ((100, 0.8), (256, 0.7)):
        setting.say(f"G2 batches of {batch}")
        mine, other = _pair(ours, raw, batch, 10, setting.rounds)
        what = f"append, {batch} a batch / COPY of the rows"
        found.append(_rate("G2", what, mine, other, wanted, database="postgresql"))
    mine, other = interleaved(
        lambda: ours.rate(256, 10), lambda: raw.executemany(256, 10), setting.rounds
    )
    what = "append, 256 a batch / executemany, one table"
    found.append(_rate("G2", what, mine, other, 1.2, database="postgresql"))
    ours.close()
    raw.close()
    return found


def g3(setting: Setting) -> list[Ratio]:
    """Two signatures an entry, through the whole sequencer, against writing and verifying alone."""
    setting.say("G3 signatures")
    folder = fresh_folder(setting, "g3")
    keys = [Ed25519PrivateKey.generate() for _ in range(2)]
    engine = make_engine(f"sqlite:///{folder / 'ours.db'}")
    upgrade(engine)
    store = SqlLogStore(engine, ORIGIN, lock_folder=folder)
    sequencer = Sequencer(store, NoRules(keys), origin=ORIGIN)
    rates = OurStore(f"sqlite:///{folder / 'plain.db'}", folder)

    def ours() -> float:
        requests = [_request(body, keys) for body in bodies(1024)]
        return 1024 / seconds_of(lambda: _sequenced(sequencer, requests))

    def other() -> float:
        data = bodies(200)
        public = keys[0].public_key().public_bytes_raw()
        signed = [(one, sign_body(keys[0], ORIGIN, one)) for one in data]
        verifying = 200 / seconds_of_all(lambda it: verify_body(public, ORIGIN, *it), signed)
        return min(rates.rate(256, 4), verifying / 2)

    mine, theirs = interleaved(ours, other, setting.rounds)
    rates.close()
    engine.dispose()
    return [_rate("G3", "sequenced with 2 signatures / min(append, verify/2)", mine, theirs, 0.8)]


def g5(setting: Setting) -> list[Ratio]:
    """Group commit: 64 clients against one after the other, each entry durable."""
    setting.say("G5 group commit")
    folder = fresh_folder(setting, "g5")
    engine = make_engine(f"sqlite:///{folder / 'ours.db'}")
    upgrade(engine)
    writer = _writer(SqlLogStore(engine, ORIGIN, lock_folder=folder), folder)
    single, many, waits = [], [], []
    for _ in range(setting.rounds):
        one = [_request(body, ()) for body in bodies(20)]
        single.append(20 / seconds_of(partial(_one_by_one, writer, one)))
        rate, waited = _clients(writer, CLIENTS, 4)
        many.append(rate)
        waits.extend(waited)
    writer.close()
    engine.dispose()
    shares = quantiles(waits, n=100)
    disk = sync_ms(folder)
    return [
        _rate("G5", "64 clients / one by one", median(many), median(single), 15.0),
        Ratio(
            goal="G5",
            what="median wait / fdatasync",
            ours=shares[49],
            other=disk,
            unit="ms",
            wanted=4.0,
            least=False,
        ),
        Ratio(
            goal="G5",
            what="wait of the slowest in 100 / 100 ms",
            ours=shares[98],
            other=100.0,
            unit="ms",
            wanted=1.0,
            least=False,
        ),
    ]


def g8(setting: Setting) -> list[Ratio]:
    """No growth: what an append costs in a large log against a small one, and memory."""
    setting.say(f"G8 up to {setting.entries:,} entries")
    folder = fresh_folder(setting, "g8")
    small = OurStore(f"sqlite:///{folder / 'small.db'}", folder)
    large = OurStore(f"sqlite:///{folder / 'large.db'}", folder)
    _fill(small, min(10_000, setting.entries))
    before = _memory_mb()
    _fill(large, setting.entries)
    after = _memory_mb()
    us = interleaved(
        lambda: 1e6 / large.rate(256, 4), lambda: 1e6 / small.rate(256, 4), setting.rounds
    )
    large.close()
    small.close()
    return [
        Ratio(
            goal="G8",
            what=f"append at {setting.entries:,} / at {min(10_000, setting.entries):,}",
            ours=us[0],
            other=us[1],
            unit="µs",
            wanted=1.2,
            least=False,
        ),
        Ratio(
            goal="G8",
            what="memory after growing / before",
            ours=after,
            other=before,
            unit="MB",
            wanted=1.2,
            least=False,
        ),
    ]


class _RawPostgresql:
    """The same rows by the driver alone, into a copy of the table without a log."""

    def __init__(self, url: str) -> None:
        plain = make_url(url).set(drivername="postgresql")
        self._link = psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True)
        for name in ("bench_raw", "bench_one"):
            self._link.execute(f"DROP TABLE IF EXISTS {name}".encode())
            self._link.execute(f"CREATE TABLE {name} (LIKE ledger_leaf INCLUDING INDEXES)".encode())
        self._link.execute("SET synchronous_commit = on")
        self._size = 0

    def rate(self, batch: int, batches: int) -> float:
        """Return rows a second by binary COPY."""
        return self._timed(batch, batches, self._copy)

    def executemany(self, batch: int, batches: int) -> float:
        """Return rows a second by executemany."""
        return self._timed(batch, batches, self._insert)

    def _timed(
        self, batch: int, batches: int, write: Callable[[Sequence[tuple[Any, ...]]], None]
    ) -> float:
        work = [rows_of(batch, self._size + batch * at) for at in range(batches)]
        self._size += batch * batches
        return batch * batches / seconds_of_all(write, work)

    def _copy(self, rows: Sequence[tuple[Any, ...]]) -> None:
        statement = f"COPY bench_raw ({_COPY_COLUMNS}) FROM STDIN (FORMAT BINARY)".encode()
        with (
            self._link.transaction(),
            self._link.cursor() as cursor,
            cursor.copy(statement) as copy,
        ):
            copy.set_types(_COPY_TYPES)
            for row in rows:
                copy.write_row(row)

    def _insert(self, rows: Sequence[tuple[Any, ...]]) -> None:
        places = ", ".join(["%s"] * 9)
        statement = f"INSERT INTO bench_one ({_COPY_COLUMNS}) VALUES ({places})".encode()  # noqa: S608
        with self._link.transaction(), self._link.cursor() as cursor:
            cursor.executemany(statement, rows)

    def close(self) -> None:
        """Drop the tables and close the connection."""
        self._link.execute("DROP TABLE bench_raw, bench_one")
        self._link.close()


def _pair(
    ours: OurStore,
    other: RawSqlite | BareSqlite | _RawPostgresql,
    batch: int,
    batches: int,
    rounds: int,
) -> tuple[float, float]:
    return interleaved(
        lambda: ours.rate(batch, batches), lambda: other.rate(batch, batches), rounds
    )


def _rate(
    goal: str, what: str, ours: float, other: float, wanted: float, *, database: str = "sqlite"
) -> Ratio:
    return Ratio(
        goal=goal,
        what=what,
        ours=ours,
        other=other,
        unit="/s",
        wanted=wanted,
        database=database,
    )


def _cpu_us(store: OurStore | RawSqlite, batch: int) -> float:
    """Return the processor time of an entry, microseconds; making its bytes is counted in both."""
    started = time.process_time()
    store.rate(batch, 8)
    return 1e6 * (time.process_time() - started) / (8 * batch)


def _fill(store: OurStore, size: int) -> None:
    while store.head.size < size:
        count = min(4_096, size - store.head.size)
        store.append(bodies(count), [secrets.token_hex(16) for _ in range(count)])


def _memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _request(body: bytes, keys: Sequence[Ed25519PrivateKey]) -> AppendRequest:
    at = body.index(b'"idem":"') + 8
    signatures = tuple(
        Signature(
            kid=key_id(key.public_key().public_bytes_raw()),
            role="seller",
            sig=sign_body(key, ORIGIN, body),
        )
        for key in keys
    )
    return AppendRequest(request_id=body[at : at + 32].decode(), body=body, signatures=signatures)


def _sequenced(sequencer: Sequencer, requests: Sequence[AppendRequest]) -> None:
    for start in range(0, len(requests), 256):
        prepared = [sequencer.prepare(one) for one in requests[start : start + 256]]
        for outcome in sequencer.process(prepared, 0):
            outcome.unwrap()


def _writer(store: SqlLogStore, folder: Path) -> Writer:
    key = note.Signer(name=ORIGIN, private_key=Ed25519PrivateKey.generate())
    publisher = Publisher(
        store, folder / "log", CheckpointSigner(key, folder / "signer" / "last-signed")
    )
    writer = Writer(store, Sequencer(store, NoRules(), origin=ORIGIN), publisher)
    writer.recover()
    return writer


def _clients(writer: Writer, clients: int, each: int) -> tuple[float, list[float]]:
    """Return entries a second of so many clients at once, and what each entry waited (ms)."""
    work = [[_request(body, ()) for body in bodies(each)] for _ in range(clients)]
    waits: list[float] = []
    ready = threading.Barrier(clients + 1)

    def client(requests: Sequence[AppendRequest]) -> None:
        ready.wait()
        waits.extend(
            1000 * seconds_of(partial(writer.submit, one, ack=Ack.DURABLE)) for one in requests
        )

    threads = [threading.Thread(target=client, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    ready.wait()
    seconds = seconds_of_all(threading.Thread.join, threads)
    return clients * each / seconds, waits


def fresh_folder(setting: Setting, name: str) -> Path:
    """Return an empty folder below the measured one."""
    folder = setting.folder / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _one_by_one(writer: Writer, requests: Sequence[AppendRequest]) -> None:
    for one in requests:
        writer.submit(one, ack=Ack.DURABLE)
