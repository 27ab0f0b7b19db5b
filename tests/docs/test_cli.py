"""docs/cli.md lists every command with its arguments and options, as the code has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api.cli import COMMANDS, load
from tests.support.golden import assert_golden

COMPLETION = {"install_completion", "show_completion"}
INTRODUCTION = """\
# Commands

Made from the code by `make golden`; a test keeps it so. Exit status everywhere: 0 done, 2 bad input
or request, 1 anything else. Results go to standard output, progress and messages to standard error;
`--json` prints one JSON object and nothing else.
"""


def test_the_page_of_commands_is_what_the_code_has():
    parts = [INTRODUCTION]
    for name in COMMANDS:
        parts += list(section(load(name), path=f"parkloom {name}"))
    assert_golden("docs/cli.md", "\n".join(parts))


def section(command: Any, *, path: str) -> Iterator[str]:
    """Yield the lines of a command, then those of its subcommands."""
    if hasattr(command, "commands"):
        for name, inner in command.commands.items():
            yield from section(inner, path=f"{path} {name}")
        return
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [
        p
        for p in command.params
        if p.param_type_name == "option" and p.name not in {"help", *COMPLETION}
    ]
    usage = " ".join([path, *(str(p.name).upper() for p in arguments)])
    yield f"## `{usage}`\n"
    yield " ".join((command.help or "").split("\f")[0].split()) + "\n"
    rows = [
        f"| `{' '.join(p.opts)}` | {' '.join((getattr(p, 'help', '') or '').split())} |"
        for p in options
    ]
    if rows:
        yield "\n".join(["| option | meaning |", "| --- | --- |", *rows]) + "\n"
