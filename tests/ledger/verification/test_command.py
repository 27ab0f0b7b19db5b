"""The command: exit status, one line of each kind, and nothing but `cryptography` beside Python."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.verification.__main__ import main
from ledger.verification.certificate import to_json
from tests.support.certifying import LOG_KEY
from tests.support.parties import World

ROOT = Path(__file__).parents[3]


@pytest.fixture
def file(certified: tuple[World, str], tmp_path: Path) -> Path:
    world, order = certified
    path = tmp_path / "certificate.json"
    path.write_bytes(to_json(world.certificate(order)))
    return path


def arguments(world: World, file: Path, *more: str) -> list[str]:
    keys = ["--key", LOG_KEY.verifier.vkey, "--registrar", world.registrar_vkey()]
    return [str(file), *keys, *more]


def test_proved_is_status_0_and_two_lines(certified, file: Path, capsys) -> None:
    assert main(arguments(certified[0], file)) == 0
    proved, not_proved = capsys.readouterr().out.splitlines()

    assert proved.startswith("proved: order ")
    assert not_proved.startswith("not proved: what was entered after size")


def test_proved_as_json(certified, file: Path, capsys) -> None:
    assert main(arguments(certified[0], file, "--json")) == 0
    value = json.loads(capsys.readouterr().out)

    assert (value["status"], value["confirmed"], value["net"]) == ("proved", True, "100000000")


def test_disclosed_fields_are_printed(certified, file: Path, capsys) -> None:
    world, order = certified
    texts = world.store._memory.disclosures[world.order_state(order).index].values()
    file.write_bytes(to_json(world.certificate(order, sorted(texts))))

    assert main(arguments(world, file)) == 0
    assert 'number = "PO-1"' in capsys.readouterr().out


def test_a_tampered_copy_is_status_1_with_a_code(certified, file: Path, capsys) -> None:
    data = file.read_bytes()
    place = data.index(b'"leaf":"') + 100
    swapped = b"A" if data[place : place + 1] != b"A" else b"B"
    file.write_bytes(data[:place] + swapped + data[place + 1 :])

    assert main(arguments(certified[0], file)) == 1
    assert capsys.readouterr().out.startswith("not proved: ROOT_DIFFERS: ")
    assert main(arguments(certified[0], file, "--json")) == 1
    assert json.loads(capsys.readouterr().out)["code"] == "ROOT_DIFFERS"


@pytest.mark.parametrize("data", [None, b"", b"{}\n", b"\x00\xff" * 100])
def test_unreadable_is_status_2(certified, file: Path, capsys, data: bytes | None) -> None:
    if data is None:
        file.unlink()
    else:
        file.write_bytes(data)

    assert main(arguments(certified[0], file)) == 2
    assert capsys.readouterr().out.startswith("unreadable: UNREADABLE: ")
    assert main(arguments(certified[0], file, "--json")) == 2
    assert json.loads(capsys.readouterr().out)["status"] == "unreadable"


def test_a_malformed_key_is_status_2(certified, file: Path, capsys) -> None:
    assert main([str(file), "--key", "x", "--registrar", "y"]) == 2
    assert "is no key" in capsys.readouterr().out


def test_a_missing_option_is_status_2(file: Path, capsys) -> None:
    with pytest.raises(SystemExit) as caught:
        main([str(file)])
    assert caught.value.code == 2
    assert "--key" in capsys.readouterr().err


WATCH = """
import runpy, sys
sys.path[:] = [sys.argv.pop(1), *sys.path]
try:
    runpy.run_module("ledger.verification", run_name="__main__", alter_sys=True)
except SystemExit as end:
    status = end.code
tops = {name.partition(".")[0] for name in sys.modules}
ours = sorted(name for name in sys.modules if name.partition(".")[0] == "ledger")
others = tops - set(sys.stdlib_module_names) - {"ledger", "__main__", "__mp_main__"}
print("status", status)
print("others", *sorted(others))
print("ours", *ours)
"""


def test_a_stranger_needs_python_and_cryptography_alone(certified, file: Path) -> None:
    """Run isolated, and list every top-level module that was loaded."""
    command = [sys.executable, "-I", "-c", WATCH, str(ROOT), *arguments(certified[0], file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    lines = dict(line.partition(" ")[::2] for line in done.stdout.splitlines())

    assert lines["status"] == "0", done.stderr
    allowed = {"cryptography", "_openssl", "_cffi_backend", "_distutils_hack", "sitecustomize"}
    loaded = {name for name in lines["others"].split() if not name.startswith("__editable__")}
    assert loaded <= allowed, loaded
    assert "cryptography" in loaded
    packages = {".".join(name.split(".")[:2]) for name in lines["ours"].split()}
    assert packages <= {
        "ledger",
        "ledger.errors",
        "ledger.log",
        "ledger.statemap",
        "ledger.values",
        "ledger.verification",
    }
    statemap = {name for name in lines["ours"].split() if name.startswith("ledger.statemap.")}
    assert statemap == {"ledger.statemap.proofs"}
