"""Style rules that a reader notices and a linter does not know.

Limits are hard: a function or module that crosses one is split by noun, not listed as an exception.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.needs import lacking

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("matching", "ledger", "data", "api")
FUNCTION_LINES_MAX = 70
MODULE_LINES_MAX = 500
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|place" + r"holder)\b|[#:] X" + r"XX\b")
TEXT_SUFFIXES = {".py", ".md", ".toml", ".lock", ".ini", ".mako", ".csv", ".json", ".txt", ""}


def tracked() -> list[Path]:
    """Return the files that git tracks, or would track after `git add --all`."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0:
        lacking("GIT", "no git checkout here: the list of files is unknown")
    return [path for name in listed.stdout.splitlines() if (path := ROOT / name).is_file()]


def sources() -> list[Path]:
    """Return the modules of the four packages."""
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function of a module, nested ones too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_functions_fit_a_screen():
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {lines} lines"
        for path in sources()
        for node in functions(path)
        if (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES_MAX
    ]
    assert long == [], f"functions over {FUNCTION_LINES_MAX} lines"


def test_modules_hold_one_idea():
    long = [
        f"{path.relative_to(ROOT)}: {lines} lines"
        for path in sources()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MODULE_LINES_MAX
    ]
    assert long == [], f"modules over {MODULE_LINES_MAX} lines"


def test_nothing_is_left_unfinished():
    """Unfinished work is finished or taken out; neither is remembered in a comment."""
    left = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked()
        if path.suffix == ".py" and path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert left == []


def test_every_module_says_what_it_is():
    silent = [
        str(path.relative_to(ROOT))
        for path in sources()
        if ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) is None
        and "versions" not in path.parts
    ]
    assert silent == []


def test_every_test_asserts():
    """A test without an assertion passes whatever the code does."""
    silent = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        here = {node.name: node for node in functions(path)}
        for node in here.values():
            if node.name.startswith("test_") and not states_something(node, here):
                silent.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")
    assert silent == []


STATEMENT = re.compile(r"(pytest\.(raises|fail)|assert|verify|expect|refuse|must|require|wait_for)")


def states_something(
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    here: dict[str, ast.FunctionDef | ast.AsyncFunctionDef],
) -> bool:
    """Return whether a test asserts, or calls something that does; `here` is its module."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Assert):
            return True
        if isinstance(inner, ast.Call):
            name = ast.unparse(inner.func)
            if STATEMENT.search(name):
                return True
            if name != node.name and name in here and states_something(here[name], here):
                return True
    return False


def test_no_address_stands_in_a_lock():
    """A lock names packages and hashes; where they come from is the machine's business."""
    found = [
        f"{path.name}: {line}"
        for path in [*ROOT.glob("*.lock"), ROOT / "pyproject.toml"]
        for line in path.read_text(encoding="utf-8").splitlines()
        if "://" in line
    ]
    assert found == []


def test_the_record_knows_no_floats():
    """Money, rates and times in the ledger are integers; a float literal there is a mistake."""
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted((ROOT / "ledger").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, float)
        if not is_a_wait(path)
    ]
    assert found == []


def is_a_wait(path: Path) -> bool:
    """Return whether a module waits in seconds: the one place where a float is no amount."""
    return path.name in {"writer.py", "__main__.py"}


def test_cores_do_not_print():
    """The cores return values; only the edge and the verifier's command speak to people."""
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for package in ("matching", "ledger", "data")
        for path in sorted((ROOT / package).rglob("*.py"))
        if path.name not in {"__main__.py", "generate.py", "random_instance.py"}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "print"
    ]
    assert found == []


def test_paths_of_one_machine_stay_out():
    """A clone works anywhere: no folder of a developer's, and none beside the clone, is named."""
    absolute = re.compile(rf"{re.escape(str(ROOT))}\b|/(?:home|Users)/\w+/")
    upwards = re.compile(r"(?:\.\./)+\w[\w./-]*")
    found = []
    for path in tracked():
        if path.suffix not in TEXT_SUFFIXES or ".ci" in path.parts or path == Path(__file__):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), 1):
            outside = any(
                not (path.parent / name).resolve().is_relative_to(ROOT)
                for name in upwards.findall(line)
            )
            if outside or absolute.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}")
    assert found == []


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_are_whole(package):
    """Every folder with modules is a package, so that an installed copy holds them all."""
    folders = {path.parent for path in (ROOT / package).rglob("*.py")}
    bare = [str(f.relative_to(ROOT)) for f in folders if not (f / "__init__.py").exists()]
    assert [name for name in bare if not name.endswith("versions")] == []
