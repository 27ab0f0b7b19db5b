"""Settings come from the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.settings import Settings


def test_the_default_is_a_hidden_folder_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    for name in ("PARKLOOM_HOME", "PARKLOOM_DATABASE_URL", "PARKLOOM_ORIGIN"):
        monkeypatch.delenv(name, raising=False)
    settings = Settings()
    assert settings.home == Path(".parkloom")
    assert settings.address == f"sqlite:///{tmp_path / '.parkloom' / 'parkloom.db'}"
    assert settings.parties_folder == Path(".parkloom-parties")


def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PARKLOOM_HOME", "/srv/park")
    monkeypatch.setenv("PARKLOOM_DATABASE_URL", "postgresql://db/park")
    monkeypatch.setenv("PARKLOOM_PORT", "9000")
    settings = Settings()
    assert (settings.home, settings.port) == (Path("/srv/park"), 9000)
    assert settings.address == "postgresql://db/park"
