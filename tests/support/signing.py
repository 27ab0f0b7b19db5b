"""A signer beside a staged installation: its folder, its server, and a log that was tampered."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, text

from api.services.drafting.frames import frame, party_of
from api.services.workspace import OPERATOR
from api.settings import Settings
from api.signing import home as homes
from api.signing.home import SignerHome
from api.signing.server import SignerServer
from ledger.claims import drafts, events
from ledger.log import canonical
from ledger.log.entry import Meta, leaf_bytes, leaf_hash, parse_leaf
from ledger.log.store import Head
from ledger.log.writer import Ack
from tests.support.stage import Stage


@contextmanager
def short_folder() -> Iterator[Path]:
    """Yield a temporary folder whose name is short enough for a socket in it."""
    folder = Path(tempfile.mkdtemp(prefix="pks-", dir="/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def signing(home: SignerHome, database_url: str) -> Iterator[SignerServer]:
    """Serve a signer in a thread of this process."""
    with (
        homes.opened_gate(home, database_url) as gate,
        SignerServer(home.socket, gate, home.origin) as server,
    ):
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def asking(settings: Settings, home: SignerHome) -> Settings:
    """Return the settings of an installation that asks this signer."""
    return settings.model_copy(update={"signer": home.socket})


@dataclass(frozen=True)
class Insider:
    """Somebody with every right on the database, triggers and all."""

    engine: Engine
    origin: str

    def run(self, *statements: str, **values: object) -> None:
        """Run statements with the triggers asleep."""
        postgresql = self.engine.dialect.name == "postgresql"
        with self.engine.begin() as connection:
            if postgresql:
                connection.execute(text("SET session_replication_role = replica"))
            else:
                for name in ("no_update", "no_delete", "no_replace"):
                    connection.execute(text(f"DROP TRIGGER IF EXISTS ledger_leaf_{name}"))
            for statement in statements:
                connection.execute(text(statement), values)

    def append(self, head: Head, leaf: bytes) -> Head:
        """Write a leaf of one's own behind the last one, with a head that fits."""
        grown = head.frontier.extended([leaf_hash(leaf)])
        self.run(
            "INSERT INTO ledger_leaf (log, leaf_index, leaf_hash, data, time_ms, request_id,"
            " body_digest) VALUES (:log, :at, :hash, :leaf, :time, :request, :hash)",
            "UPDATE ledger_head SET size = :size, frontier = :frontier, last_leaf = :hash"
            " WHERE log = :log",
            log=self.origin,
            at=head.size,
            hash=leaf_hash(leaf),
            leaf=leaf,
            time=head.time_ms,
            request="f" * 32,
            size=grown.size,
            frontier=grown.encode(),
        )
        return Head(frontier=grown, last_leaf=leaf_hash(leaf), time_ms=head.time_ms)


def forge(stage: Stage) -> None:
    """Write an enrolment that nobody signed behind the last entry, chain and head consistent."""
    log = stage.workspace.log
    head = log.head()
    body = {**parse_leaf(log.leaf(0)).body, "idem": "f" * 32}
    meta = Meta(index=head.size, previous_leaf=head.last_leaf, time_ms=head.time_ms, rule_version=1)
    leaf = leaf_bytes(canonical.encode(body), meta, ())
    Insider(stage.workspace.engine, log.origin).append(head, leaf)


def state_wrong_sm3_root(stage: Stage) -> None:
    """Enter an SM3 root that the entries do not have, signed by the operator and committed."""
    workspace = stage.workspace
    with workspace.snapshot() as session:
        operator = party_of(session, workspace.viewer, OPERATOR)
    draft = events.log_sm3_root(
        frame(workspace),
        operator=operator,
        day=dt.datetime.fromtimestamp(workspace.clock_ms() / 1000, tz=dt.UTC).date().isoformat(),
        covers=workspace.log.head().size,
        root="00" * 32,
    )
    signed = drafts.add_signature(draft, workspace.keys.event)
    workspace.writer.submit(drafts.to_request(signed), ack=Ack.DURABLE)


def forge_and_publish(stage: Stage) -> None:
    """Forge an entry, and publish it with the log's own key: the operator itself cheats."""
    forge(stage)
    stage.workspace.publisher.publish()
