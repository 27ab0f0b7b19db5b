"""Output, exit status, Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
import typer

from api.cli import COMMANDS, load
from api.commands.frame import interruptible, percent, reporting
from api.services.errors import BadRequest
from data.errors import DatabaseLocked, NotFound
from ledger.errors import Corruption, StaleHead
from tests.support.cli import fits, only_json, words
from tests.support.log_parts import LOG_KEY


def test_help_lists_every_command_in_80_columns(run):
    result = run("--help")
    assert result.exit_code == 0
    assert all(name in result.stdout for name in COMMANDS)
    assert fits(result.stdout)


def leaves(command):
    """Yield a command, or all commands of a group."""
    if hasattr(command, "commands"):
        for under in command.commands.values():
            yield from leaves(under)
    else:
        yield command


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_takes_json_and_says_what_it_does(name):
    command = load(name)
    assert command.help
    for leaf in leaves(command):
        assert leaf.help, leaf.name
        assert any("--json" in parameter.opts for parameter in leaf.params), leaf.name


def test_an_unknown_command_is_a_bad_request(run):
    result = run("nonsense")
    assert result.exit_code == 2
    assert "No such command" in result.stderr


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (BadRequest("no such thing", name="x"), 2, "BAD_REQUEST"),
        (NotFound("order", "o1"), 2, "NOT_FOUND"),
        (StaleHead("the order moved on"), 2, "STALE_HEAD"),
        (Corruption("CHAIN_BROKEN", "entry 3 differs"), 1, "CHAIN_BROKEN"),
        (DatabaseLocked("held by another"), 1, "DATABASE_LOCKED"),
        (OSError("no space left"), 1, "IO_ERROR"),
    ],
)
def test_what_goes_wrong_has_a_status_and_a_code(capsys, failure, status, code):
    with pytest.raises(typer.Exit) as left, reporting(as_json=False):
        raise failure
    assert left.value.exit_code == status
    captured = capsys.readouterr()
    assert captured.err.startswith(f"{code}: ")
    assert captured.out == ""


def test_a_failure_with_json_is_one_object_on_standard_output(capsys):
    with pytest.raises(typer.Exit), reporting(as_json=True):
        raise BadRequest("no such thing", name="x")
    printed = capsys.readouterr().out
    assert '"code": "BAD_REQUEST"' in printed
    assert '"name": "x"' in printed


def test_work_is_not_interrupted_without_ctrl_c():
    assert interruptible(lambda cancelled: cancelled()) == (False, False)


def test_ctrl_c_lets_the_work_end_by_itself():
    """The first Ctrl-C asks; the work returns its best so far."""

    def work(cancelled):
        deadline = time.monotonic() + 20
        while not cancelled() and time.monotonic() < deadline:
            time.sleep(0.01)
        return "best so far"

    threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    assert interruptible(work) == ("best so far", True)


def test_a_failure_of_the_work_is_raised_where_it_was_started():
    def work(_cancelled):
        raise BadRequest("inside")

    with pytest.raises(BadRequest, match="inside"):
        interruptible(work)


def test_shares_are_written_with_one_decimal():
    assert [percent(None), percent(0.0), percent(0.12345)] == ["-", "0.0 %", "12.3 %"]


def test_commands_that_need_an_installation_say_how_to_get_one(run):
    for arguments in (("ledger", "vkey"), ("ledger", "show"), ("ledger", "show", "--json")):
        result = run(*arguments)
        assert result.exit_code == 2
        assert "parkloom demo" in " ".join(result.stderr.split())
        if "--json" in arguments:
            assert only_json(result)["error"]["code"] == "NOT_INITIALISED"


def test_a_light_command_does_not_load_the_optimiser():
    """`parkloom key` and `ledger vkey` answer at once; the optimiser takes seconds to load."""
    code = (
        "import sys; from api.cli import load; load('key'); "
        "print([name for name in ('ortools', 'lxml') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (FileNotFoundError(2, "No such file or directory", "a/b"), "a/b: No such file"),
        (PermissionError(13, "Permission denied", "a"), "a: Permission denied. Name another place"),
        (OSError(28, "No space left on device", "a"), "a: No space left on device. Check the"),
        (OSError("odd"), "odd"),
    ],
)
def test_a_failure_of_the_system_names_the_file_and_the_way_out(capsys, failure, told):
    with pytest.raises(typer.Exit), reporting(as_json=False):
        raise failure
    assert told in words(capsys.readouterr().err)


def test_a_variable_that_cannot_be_used_is_named(run, monkeypatch):
    monkeypatch.setenv("PARKLOOM_PORT", "eight")
    refused = run("serve")
    assert refused.exit_code == 2
    told = words(refused.stderr)
    assert told.startswith("BAD_INPUT: PARKLOOM_PORT: ")
    assert "got 'eight'" in told


def test_a_database_of_another_kind_is_a_bad_request(run, monkeypatch):
    monkeypatch.setenv("PARKLOOM_DATABASE_URL", "mysql://park")
    refused = run("init", "--registrar", LOG_KEY.verifier.vkey)
    assert refused.exit_code == 2
    assert "UNSUPPORTED_DATABASE" in refused.stderr
