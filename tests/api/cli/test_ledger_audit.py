"""`parkloom ledger audit`, `view` and `kek` on the command line."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.commands.ledger import app
from api.services import log_files
from api.services.workspace import log_vkey, registrar_vkey
from ledger.verification import view as views
from tests.support.cli import only_json
from tests.support.trades import Traded, trading


@pytest.fixture
def traded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Traded]:
    """Return an installation that the environment names."""
    with trading(tmp_path) as found:
        settings = found.stage.settings
        monkeypatch.setenv("PARKLOOM_HOME", str(settings.home))
        monkeypatch.setenv("PARKLOOM_ORIGIN", settings.origin)
        yield found


def run(*arguments: str):
    """Run `parkloom ledger` with these arguments."""
    return CliRunner().invoke(app, list(arguments))


def test_an_exported_log_is_audited_with_keys_alone(traded: Traded, tmp_path: Path) -> None:
    """Twice: the second run goes on where the first stopped; then a byte is changed."""
    folder, state = tmp_path / "exported", tmp_path / "state"
    size = log_files.export(traded.workspace, folder)
    keys = ("--key", log_vkey(traded.workspace), "--registrar", registrar_vkey(traded.workspace))
    first = run("audit", str(folder), *keys, "--state", str(state), "--json")
    assert first.exit_code == 0, first.output
    assert only_json(first) | {"audited": size, "clean": True, "started": 0} == only_json(first)
    second = run("audit", str(folder), *keys, "--state", str(state), "--json")
    assert only_json(second)["started"] == size
    tile = next(one for one in (folder / "tile" / "0").rglob("*") if one.is_file())
    tile.write_bytes(bytes([tile.read_bytes()[0] ^ 1]) + tile.read_bytes()[1:])
    third = run("audit", str(folder), *keys, "--json")
    assert third.exit_code == 1
    assert [one["code"] for one in only_json(third)["findings"]] == ["TILE_DIFFERS"]


def test_an_audit_without_a_key_is_bad_input(traded: Traded, tmp_path: Path) -> None:
    """Nothing can be believed without one; a folder that is none, a key that is none."""
    assert run("audit", str(tmp_path)).exit_code == 2
    key = log_vkey(traded.workspace)
    assert run("audit", str(tmp_path / "nowhere"), "--key", key).exit_code == 2
    assert run("audit", str(tmp_path), "--key", "nonsense").exit_code == 2


def test_an_own_log_needs_no_argument(traded: Traded) -> None:
    """Its keys are the installation's."""
    done = run("audit")
    assert done.exit_code == 0, done.output
    assert "Nothing found" in done.output


def test_a_view_is_written_and_verified(traded: Traded, tmp_path: Path) -> None:
    """By the recipient's own program; anybody else is told that it is not his."""
    handle, file = traded.disclose("number"), tmp_path / "view.json"
    assert run("view", handle, "--out", str(file)).exit_code == 0
    keys = ["--key", log_vkey(traded.workspace), "--registrar", registrar_vkey(traded.workspace)]
    assert views.main([str(file), *keys, "--recipient", traded.recipient()]) == 0
    assert views.main([str(file), *keys, "--recipient", "0" * 32]) == 1
    file.write_bytes(b"{}\n")
    assert views.main([str(file), *keys, "--recipient", "0" * 32]) == 2


def test_the_kek_is_shown_rotated_and_dropped(traded: Traded) -> None:
    """Each step says which key is in force."""
    shown = only_json(run("kek", "--json"))
    rotated = only_json(run("kek", "--rotate", "--json"))
    assert rotated["former"]
    assert rotated["kek"] != shown["kek"]
    assert rotated["wrapped"] > 0
    dropped = only_json(run("kek", "--drop-former", "--json"))
    assert (dropped["kek"], dropped["former"]) == (rotated["kek"], False)
    assert run("kek", "--drop-former").exit_code == 2
    assert run("kek", "--drop-former", "--rotate").exit_code == 2


def test_a_served_log_is_audited_at_its_address(traded: Traded, tmp_path: Path) -> None:
    """The same files over HTTP; an address that is none is bad input."""
    folder = tmp_path / "exported"
    size = log_files.export(traded.workspace, folder)
    keys = ("--key", log_vkey(traded.workspace), "--registrar", registrar_vkey(traded.workspace))
    handler = partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        done = run("audit", f"http://127.0.0.1:{server.server_port}", *keys, "--json")
        server.shutdown()
        thread.join()
    assert done.exit_code == 0, done.output
    assert only_json(done)["audited"] == size
    assert run("audit", "gopher://nowhere", *keys).exit_code == 2


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder and says nothing."""

    def log_message(self, *_facts: object) -> None:
        """Say nothing."""
