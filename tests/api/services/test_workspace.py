"""An installation: made once, opened often, never mixed up with another."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from sqlalchemy import text

from api.services.errors import AlreadyInitialised, BadRequest, NotInitialised
from api.services.workspace import (
    initialise,
    log_vkey,
    open_workspace,
    operator_id_of,
    registrar_vkey,
)
from api.settings import Settings
from data.engine import downgrade, make_engine
from data.errors import DatabaseOlder
from ledger.log import note
from ledger.log.checkpoint import open_checkpoint
from tests.support.enrolments import ROOT_VKEY, key_of
from tests.support.installations import ORIGIN, settings_of


def test_initialise_makes_everything_once(tmp_path: Path, database_url: str):
    settings = settings_of(tmp_path, database_url)
    first = initialise(settings, registrar_vkey=ROOT_VKEY)
    key = log_vkey(first)
    first.close()
    again = initialise(settings, registrar_vkey=ROOT_VKEY)
    assert log_vkey(again) == key
    assert registrar_vkey(again) == ROOT_VKEY
    again.close()
    opened = open_workspace(settings)
    assert log_vkey(opened) == key
    assert opened.operator_id == operator_id_of(ORIGIN)
    opened.close()


def test_initialise_again_brings_an_older_database_up(tmp_path: Path, database_url: str):
    settings = settings_of(tmp_path, database_url)
    initialise(settings, registrar_vkey=ROOT_VKEY).close()
    engine = make_engine(settings.address)
    downgrade(engine, "-1")
    with pytest.raises(DatabaseOlder, match="parkloom init"):
        open_workspace(settings)
    engine.dispose()
    initialise(settings).close()
    open_workspace(settings).close()


def test_the_first_initialise_names_the_registrar(tmp_path: Path):
    settings = settings_of(tmp_path)
    with pytest.raises(BadRequest, match="key new"):
        initialise(settings)
    assert not settings.home.exists()


def test_secrets_are_readable_by_their_owner_alone(tmp_path: Path):
    settings = settings_of(tmp_path)
    initialise(settings, registrar_vkey=ROOT_VKEY).close()
    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode)
        for path in settings.keys_folder.iterdir()
        if path.suffix == ".key"
    }
    assert modes == {"log.key": 0o600, "operator.key": 0o600, "tag.key": 0o600}


def test_no_private_key_of_a_party_lies_in_the_home(tmp_path: Path):
    """The server sees signed bodies; the operator's three secrets are all it has."""
    settings = settings_of(tmp_path)
    initialise(settings, registrar_vkey=ROOT_VKEY).close()
    held = [path for path in settings.home.rglob("*") if b"PRIVATE KEY" in _bytes(path)]
    assert {path.name for path in held} == {"log.key", "operator.key"}


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def test_an_empty_log_has_a_signed_checkpoint(tmp_path: Path):
    workspace = initialise(settings_of(tmp_path), registrar_vkey=ROOT_VKEY)
    signed = (workspace.settings.log_folder / "checkpoint").read_bytes()
    assert open_checkpoint(signed, workspace.keys.log.verifier)[0].size == 0
    workspace.close()


def test_opening_nothing_says_how_to_begin(tmp_path: Path):
    with pytest.raises(NotInitialised, match="parkloom demo"):
        open_workspace(settings_of(tmp_path))
    assert not (tmp_path / "home").exists()


def test_another_registrar_is_refused(tmp_path: Path):
    settings = settings_of(tmp_path)
    initialise(settings, registrar_vkey=ROOT_VKEY).close()
    other = note.Signer(name="other.example", private_key=key_of("another root")).verifier.vkey
    with pytest.raises(AlreadyInitialised):
        initialise(settings, registrar_vkey=other)


def test_another_origin_is_refused(tmp_path: Path):
    initialise(settings_of(tmp_path), registrar_vkey=ROOT_VKEY).close()
    other = Settings(home=tmp_path / "home", origin="other.example/ledger")
    with pytest.raises((AlreadyInitialised, LookupError)):
        open_workspace(other)


def test_a_malformed_vkey_is_refused_before_anything_is_made(tmp_path: Path):
    with pytest.raises(BadRequest, match="is no vkey"):
        initialise(settings_of(tmp_path), registrar_vkey="registrar+0000+AAAA")
    assert not (tmp_path / "home").exists()


def test_a_transaction_that_raises_keeps_nothing(tmp_path: Path):
    workspace = initialise(settings_of(tmp_path), registrar_vkey=ROOT_VKEY)

    def dies() -> None:
        with workspace.transaction() as session:
            session.connection().execute(text("DELETE FROM organisations"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        dies()
    with workspace.snapshot() as session:
        left = session.connection().execute(text("SELECT count(*) FROM organisations")).scalar()
    assert left == 2
    workspace.close()
