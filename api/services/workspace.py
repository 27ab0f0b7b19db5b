"""One installation, opened: engine, log, writer and the operator's keys.

Composition root of the services; the command line and the server both start here. The operator's
keys are its own three: the log's, the one that signs its events, and the secret of the identity
tags. Private keys of parties never come here.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine
from sqlmodel import Session

from api.services import key_store, keyfiles, log_keys
from api.services.errors import AlreadyInitialised, BadRequest, NotInitialised
from api.services.log_keys import LogKey
from api.settings import Settings
from api.witnessing.log_witnesses import cosigning_of
from data.engine import make_engine, reading, require_current, session_factory, upgrade
from data.kinds import OrganisationKind, OrganisationStatus
from data.stores import operators, organisations
from data.stores.disclosure_vault import DisclosureVault
from data.stores.ledger_log import SqlLogStore
from data.stores.operators import Operator
from data.stores.organisations import Organisation
from data.stores.viewer import Viewer
from ledger.claims.roots import OperatorRoots
from ledger.claims.rules import ClaimRules
from ledger.errors import OutcomeUnknown
from ledger.log import note
from ledger.log.publisher import Publisher
from ledger.log.sequencer import Sequencer, clock_ms
from ledger.log.signer import Gate
from ledger.log.signing import key_id
from ledger.log.writer import Writer

OPERATOR = "operator"
"""Id of the operator's own organisation."""
REGISTRAR = "registrar"
"""Id of the registrar's organisation; its handle in the record is the key id of its root key."""

TAG_KEY_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorKeys:
    """What the operator signs and tags with; `registrar` is the pinned root, public only.

    `log` is the log's private key, or its public half where a signer's process holds the key.
    """

    log: LogKey
    event: Ed25519PrivateKey
    tag: bytes
    registrar: note.Verifier

    @property
    def registrar_handle(self) -> str:
        """The registrar's name as a party: the key id of its root key."""
        return key_id(self.registrar.public_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """An opened installation. Every service takes it first and opens its own transaction."""

    settings: Settings
    operator_id: str
    keys: OperatorKeys
    engine: Engine
    rules: ClaimRules
    log: SqlLogStore
    gate: Gate
    publisher: Publisher
    writer: Writer
    clock_ms: Callable[[], int]

    @property
    def viewer(self) -> Viewer:
        """The operator, who sees every row of its own."""
        return Viewer.operator(self.operator_id)

    def viewer_of(self, organisation_id: str | None) -> Viewer:
        """Return one organisation, which sees its own; None: the operator."""
        if organisation_id is None:
            return self.viewer
        return Viewer.party(self.operator_id, organisation_id)

    @property
    def database(self) -> str:
        """The database's address without its password."""
        return self.engine.url.render_as_string()

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Give a session; commit at the end, roll back when the block raises."""
        with session_factory(self.engine)() as session, session.begin():
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """Give a session that only reads, from one state of the database."""
        with session_factory(reading(self.engine))() as session, session.begin():
            yield session

    def close(self) -> None:
        """Publish what is committed, finish what waits for witnesses, release connections."""
        self.writer.close()
        self.publisher.close()
        self.engine.dispose()


def new_handle() -> str:
    """Return 128 random bits as 32 hex digits: the form of every id that enters the record."""
    return secrets.token_hex(16)


def operator_id_of(origin: str) -> str:
    """Return the id of the operator who runs a log; the same on every machine."""
    return hashlib.sha256(f"parkloom/operator/v1\n{origin}".encode()).hexdigest()[:32]


def initialise(
    settings: Settings,
    *,
    registrar_vkey: str = "",
    log_vkey: str = "",
    now_ms: Callable[[], int] = clock_ms,
) -> Workspace:
    """Create folder, database, log and the operator's keys; harmless to repeat.

    The database of an older version is brought up to this one.

    Parameters
    ----------
    registrar_vkey
        Public half of the registrar's root key, as a note vkey. Its private half never comes
        here; every key in the record leads back to it. Empty: the one that is pinned already.
    log_vkey
        Public half of the log's key where a signer's process holds it; empty: the key is made
        here and this installation signs for itself.

    Raises
    ------
    BadRequest
        When the vkey or the origin is malformed, or no vkey is given and none is pinned.
    AlreadyInitialised
        When the home was made for another registrar or another log.
    """
    if not _is_pinned(settings, registrar_vkey):
        settings.home.mkdir(parents=True, exist_ok=True)
        _make_keys(settings, registrar_vkey, log_vkey)
    with _kept(make_engine(settings.address)) as engine:
        upgrade(engine)
        workspace = _assemble(settings, engine, now_ms)
        _add_operator(workspace)
    with suppress(OutcomeUnknown):  # a signer that is not running yet signs at the first start
        workspace.publisher.recover()
    return workspace


def open_workspace(settings: Settings, *, now_ms: Callable[[], int] = clock_ms) -> Workspace:
    """Open what `initialise` made.

    Raises
    ------
    NotInitialised
        When there is nothing.
    data.errors.DatabaseOlder, data.errors.DatabaseNewer
        When the database belongs to another version of the product.
    """
    if not (settings.keys_folder / "registrar.vkey").is_file():
        raise NotInitialised(
            f"There is no installation in {settings.home}. `parkloom demo` makes one to look at, "
            "`parkloom init` an empty one; PARKLOOM_HOME names another folder.",
            home=str(settings.home),
        )
    with _kept(make_engine(settings.address)) as engine:
        require_current(engine)
        workspace = _assemble(settings, engine, now_ms)
        with workspace.snapshot() as session:
            stored = operators.get(session, workspace.viewer)
        if stored.origin != settings.origin:
            raise AlreadyInitialised(
                f"{settings.home} keeps the log {stored.origin}, not {settings.origin}.",
                home=str(settings.home),
            )
    return workspace


@contextmanager
def _kept(engine: Engine) -> Iterator[Engine]:
    """Give an engine that lives on; when the block raises, its connections are released."""
    try:
        yield engine
    except BaseException:
        engine.dispose()
        raise


def log_vkey(workspace: Workspace) -> str:
    """Return the log's public key as a note vkey line."""
    return workspace.keys.log.verifier.vkey


def registrar_vkey(workspace: Workspace) -> str:
    """Return the pinned registrar root key as a note vkey line."""
    return workspace.keys.registrar.vkey


def _is_pinned(settings: Settings, registrar_vkey: str) -> bool:
    """Tell whether the home has its keys, for the registrar that is named or for any if none is."""
    if registrar_vkey:
        log_keys.parse_vkey(registrar_vkey)
    try:
        pinned = (settings.keys_folder / "registrar.vkey").read_text("utf-8").strip()
    except FileNotFoundError:
        if registrar_vkey:
            return False
        raise BadRequest(
            f"There is no installation in {settings.home} yet: name the registrar's root key. "
            "`parkloom key new FILE --name NAME` makes one and prints its vkey."
        ) from None
    if registrar_vkey and pinned != registrar_vkey.strip():
        raise AlreadyInitialised(
            f"{settings.home} is pinned to the registrar {pinned}, not to this one. Use another "
            "PARKLOOM_HOME.",
            home=str(settings.home),
        )
    return True


def _make_keys(settings: Settings, registrar_vkey: str, log_vkey: str) -> None:
    folder = settings.keys_folder
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    log_keys.make(settings, log_vkey)
    # A call that died half-way left some of them; nothing was signed with those yet.
    if not (folder / "operator.key").exists():
        keyfiles.create(folder / "operator.key", secret=keyfiles.passphrase())
    if not (folder / "tag.key").exists():
        keyfiles.write_secret(folder / "tag.key", secrets.token_bytes(TAG_KEY_BYTES))
    # Last: this file says that the folder is complete.
    (folder / "registrar.vkey").write_text(registrar_vkey.strip() + "\n", "utf-8")


def _assemble(settings: Settings, engine: Engine, now_ms: Callable[[], int]) -> Workspace:
    vault = DisclosureVault(
        operator_id=operator_id_of(settings.origin),
        ring=lambda: key_store.keyring(settings),
        clock_ms=now_ms,
    )
    log = SqlLogStore(engine, settings.origin, lock_folder=settings.home, vault=vault)
    own = log_keys.load(settings, log)
    keys = _load_keys(settings, own.current)
    rules = ClaimRules(
        origin=settings.origin, registrar_root=keys.registrar.public_key, tag_key=keys.tag
    )
    cosigning = cosigning_of(
        settings.policy_file,
        logs=own.gate.verifiers,
        folder=settings.log_folder,
        memory=settings.home / "witnessing",
        open_signed=own.gate.open,
    )
    publisher = Publisher(log, settings.log_folder, own.gate, cosigning=cosigning)
    roots = OperatorRoots(
        origin=settings.origin,
        private_key=keys.event,
        rule_version=rules.version,
        new_id=new_handle,
        published=lambda: _published_size(publisher),
    )
    sequencer = Sequencer(log, rules, origin=settings.origin, roots=roots, clock_ms=now_ms)
    return Workspace(
        settings=settings,
        operator_id=operator_id_of(settings.origin),
        keys=keys,
        engine=engine,
        rules=rules,
        log=log,
        gate=own.gate,
        publisher=publisher,
        writer=Writer(log, sequencer, publisher),
        clock_ms=now_ms,
    )


def _published_size(publisher: Publisher) -> int:
    published = publisher.published()
    return 0 if published is None else published.size


def _load_keys(settings: Settings, log: LogKey) -> OperatorKeys:
    folder = settings.keys_folder
    return OperatorKeys(
        log=log,
        event=keyfiles.load(folder / "operator.key"),
        tag=(folder / "tag.key").read_bytes(),
        registrar=log_keys.parse_vkey((folder / "registrar.vkey").read_text("utf-8")),
    )


def _add_operator(workspace: Workspace) -> None:
    now = workspace.clock_ms()
    operator_id = workspace.operator_id
    with workspace.transaction() as session:
        operators.ensure(
            session,
            Operator(
                id=operator_id,
                name=workspace.settings.origin,
                origin=workspace.settings.origin,
                created_ms=now,
            ),
        )
        own = Organisation(
            id=OPERATOR,
            kind=OrganisationKind.OPERATOR,
            name=workspace.settings.origin,
            status=OrganisationStatus.NAMED,
            created_ms=now,
        )
        registrar = Organisation(
            id=REGISTRAR,
            kind=OrganisationKind.REGISTRAR,
            name=workspace.keys.registrar.name,
            status=OrganisationStatus.ONBOARDED,  # its root key is pinned, nobody onboards it
            created_ms=now,
            ledger_handle=workspace.keys.registrar_handle,
        )
        organisations.ensure_named(session, operator_id, [own, registrar])
        if organisations.get(session, workspace.viewer, OPERATOR).ledger_handle is None:
            organisations.set_ledger_handle(session, operator_id, OPERATOR, new_handle())
