"""The command `parkloom`."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

# Command → its module and its line of help. A module is imported when its command runs: the
# optimiser and the compiler take over a second to load, which `parkloom ledger vkey` need not pay.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("api.commands.demo", "Play the main job end to end on the sample park."),
    "serve": ("api.commands.serve", "Start the server on the loopback interface."),
    "match": ("api.commands.match", "Match the orders of a CSV bundle to its idle capacity."),
    "quote": (
        "api.commands.quote",
        "Quote new orders beside a plan: price, week, value, or why not.",
    ),
    "explain": ("api.commands.explain", "Explain an order, an offer, or what would help."),
    "scarce": ("api.commands.scarce", "Show what an hour is worth, and what to recruit."),
    "whatif": ("api.commands.whatif", "Compare scenarios, or trace a Pareto front."),
    "init": ("api.commands.init", "Create an installation: database, log and operator's keys."),
    "import": ("api.commands.importing", "Import a CSV bundle, an Excel workbook or a UBL order."),
    "offer": ("api.commands.offer", "Withdraw a capacity offer, open it, change its minutes."),
    "order": ("api.commands.order", "Withdraw an order from the open book."),
    "template": ("api.commands.template", "Write an empty workbook to fill in."),
    "sample": ("api.commands.sample", "Write the files of the sample park."),
    "instance": ("api.commands.instance", "Write a random instance as a CSV bundle."),
    "ledger": ("api.commands.ledger", "Draft, submit, show, export, certify."),
    "witness": ("api.commands.witness", "Watch logs as a witness: cosign what extends."),
    "sign": ("api.commands.sign", "Sign a draft with a key file, after saying what it states."),
    "key": ("api.commands.key", "Make signing keys."),
    "technology": (
        "api.commands.technology",
        "Rank, explain and assign research providers to technology demands.",
    ),
    "mirror": ("api.commands.mirror", "Replay a log with every rule; cosign what obeys."),
    "signer": ("api.commands.signer", "Hold the log's key apart; sign what was replayed."),
    "bench": ("api.commands.bench.app", "Measure, and print both sides of every ratio."),
}


class LazyGroup(TyperGroup):
    """A command group that imports a command's module only when it is run.

    Typer carries its own copy of click, whose types have no public name: they stand as Any here.
    """

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the base's signature
        """Return the commands' names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """Return a stand-in with the command's line of help."""
        if cmd_name not in COMMANDS:
            return None
        return TyperCommand(cmd_name, help=COMMANDS[cmd_name][1])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the real command that `args` name."""
        name, stand_in, rest = super().resolve_command(ctx, args)
        if stand_in is None or name is None:
            return name, stand_in, rest
        return name, load(name), rest


def load(name: str) -> Any:
    """Return a command of the table with its options; imports its module."""
    module: Any = import_module(COMMANDS[name][0])
    command = get_command(module.app)
    command.name = name
    return command


app = typer.Typer(
    cls=LazyGroup,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.callback()
def parkloom() -> None:
    """Match a park's idle capacity to orders, and prove every claim on an order offline.

    Exit status: 0 done, 2 bad input or request, 1 anything else. Every command takes --json.
    """


def main() -> None:
    """Run the command line."""
    # The texts hold signs outside ASCII; a terminal without UTF-8 gets "?" rather than a crash.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    app()


if __name__ == "__main__":
    main()
