"""Key files: readable by their owner alone, encrypted with a passphrase from outside."""

from __future__ import annotations

import pytest

from api.services import keyfiles
from api.services.errors import BadRequest
from api.services.keyfiles import public_bytes as public


def test_a_key_comes_back_from_an_encrypted_file(tmp_path):
    path = tmp_path / "log.key"
    made = keyfiles.create(path, secret=b"correct horse")
    assert b"ENCRYPTED" in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    assert public(keyfiles.load(path, secret=b"correct horse")) == public(made)


def test_the_passphrase_comes_from_the_environment(tmp_path, monkeypatch):
    """A file first, then the variable itself; the line's end does not count."""
    path = tmp_path / "log.key"
    made = keyfiles.create(path, secret=b"from a file")
    (tmp_path / "passphrase").write_text("from a file\n")
    monkeypatch.setenv(keyfiles.PASSPHRASE, "wrong")
    monkeypatch.setenv(keyfiles.PASSPHRASE_FILE, str(tmp_path / "passphrase"))
    assert public(keyfiles.load(path)) == public(made)
    monkeypatch.delenv(keyfiles.PASSPHRASE_FILE)
    with pytest.raises(BadRequest, match="does not fit"):
        keyfiles.load(path)
    monkeypatch.setenv(keyfiles.PASSPHRASE, "from a file")
    assert public(keyfiles.load(path)) == public(made)


def test_an_encrypted_file_without_a_passphrase_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.delenv(keyfiles.PASSPHRASE, raising=False)
    monkeypatch.delenv(keyfiles.PASSPHRASE_FILE, raising=False)
    path = tmp_path / "log.key"
    keyfiles.create(path, secret=b"secret")
    with pytest.raises(BadRequest, match="PARKLOOM_KEY_PASSPHRASE_FILE"):
        keyfiles.load(path)


@pytest.mark.parametrize("content", ["", "\n"])
def test_an_empty_passphrase_is_refused(tmp_path, content):
    (tmp_path / "passphrase").write_text(content)
    with pytest.raises(BadRequest, match="empty"):
        keyfiles.passphrase({keyfiles.PASSPHRASE_FILE: str(tmp_path / "passphrase")})


def test_a_missing_passphrase_file_is_refused(tmp_path):
    with pytest.raises(BadRequest, match="cannot read"):
        keyfiles.passphrase({keyfiles.PASSPHRASE_FILE: str(tmp_path / "nothing")})
    assert keyfiles.passphrase({}) is None


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666])
def test_a_file_that_others_can_use_is_refused(tmp_path, mode):
    path = tmp_path / "log.key"
    keyfiles.create(path)
    path.chmod(mode)
    with pytest.raises(BadRequest, match="others"):
        keyfiles.load(path)


def test_a_key_is_never_overwritten(tmp_path):
    keyfiles.create(tmp_path / "log.key")
    with pytest.raises(BadRequest, match="never overwritten"):
        keyfiles.create(tmp_path / "log.key", secret=b"secret")
