"""The demo's home: made anew, and never anybody else's."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from api.demo.home import is_demo, prepare
from api.demo.tampering import flip_byte
from api.services.errors import BadRequest
from api.settings import Settings
from tests.support.cli import words


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", database_url="")


def test_an_earlier_demo_is_removed_after_saying_so(settings: Settings):
    told: list[str] = []
    prepare(settings, told.append)
    assert told == []
    assert is_demo(settings.home)
    (settings.home / "parkloom.db").write_bytes(b"old")
    prepare(settings, told.append)
    assert [path.name for path in settings.home.iterdir()] == ["demo.json"]
    assert any(str(settings.home) in line for line in told)


@pytest.mark.parametrize("name", ["home", "home-parties"])
def test_a_folder_that_is_not_a_demos_is_left_alone(settings: Settings, tmp_path: Path, name: str):
    (tmp_path / name).mkdir()
    (tmp_path / name / "thesis.doc").write_text("years of work")
    with pytest.raises(BadRequest, match="leaves it alone"):
        prepare(settings, print)
    assert (tmp_path / name / "thesis.doc").read_text() == "years of work"


def test_a_link_is_not_followed(settings: Settings, tmp_path: Path):
    elsewhere = tmp_path / "elsewhere"
    prepare(Settings(home=elsewhere, database_url=""), print)
    settings.home.symlink_to(elsewhere)
    with pytest.raises(BadRequest):
        prepare(settings, print)
    assert is_demo(elsewhere)


def test_another_database_is_not_touched(tmp_path: Path):
    settings = Settings(home=tmp_path / "home", database_url="postgresql://db/park")
    with pytest.raises(BadRequest, match="PARKLOOM_DATABASE_URL"):
        prepare(settings, print)
    assert not settings.home.exists()


def test_the_command_refuses_with_status_2(run, tmp_path: Path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.doc").write_text("years of work")
    result = run("demo")
    assert result.exit_code == 2
    assert "PARKLOOM_HOME" in words(result.stderr)


def test_one_byte_of_the_signed_amount_is_changed():
    leaf = base64.b64encode(b'{"b":{"net":"123"}}').decode()
    data = json.dumps({"entries": [{"leaf": leaf}]}).encode() + b"\n"
    changed = flip_byte(data)
    (entry,) = json.loads(changed)["entries"]
    assert base64.b64decode(entry["leaf"]) == b'{"b":{"net":"923"}}'
    assert flip_byte(b'{"entries":[]}\n') != b'{"entries":[]}\n'
