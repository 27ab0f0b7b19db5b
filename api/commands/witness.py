"""`parkloom witness`: watch logs as a witness (C2SP tlog-witness)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands import serving
from api.commands.frame import BadInput, JsonFlag, reporting
from api.witnessing import home
from api.witnessing.server import create_app

app = typer.Typer(add_completion=False, no_args_is_help=True)

FolderArgument = Annotated[Path, typer.Argument(help="Folder of the witness.")]


@app.callback()
def witness() -> None:
    """Watch logs: cosign each checkpoint that extends the one before, and nothing else.

    Whoever runs a witness keeps its folder: a witness that forgets could cosign two histories.
    """


@app.command()
def init(
    folder: FolderArgument,
    name: Annotated[str, typer.Option(help="Name of the Ed25519 key, such as park.example/w1.")],
    mldsa_name: Annotated[
        str, typer.Option(help="Name of the ML-DSA-44 key; else NAME with /mldsa44.")
    ] = "",
    *,
    as_json: JsonFlag = False,
) -> None:
    """Make a witness with new keys in FOLDER and print its public keys."""
    with reporting(as_json=as_json) as report:
        made = home.create(folder, ed25519_name=name, mldsa44_name=mldsa_name or f"{name}/mldsa44")
        for key in made.keys:
            report.line(key.vkey)
        report.result({"folder": str(folder), "vkeys": [key.vkey for key in made.keys]})


@app.command()
def add(
    folder: FolderArgument,
    vkey: Annotated[
        str, typer.Argument(help="The log's key, as `parkloom ledger vkey` prints it.")
    ],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Watch a log from now on; a server that runs takes it up at its next start."""
    with reporting(as_json=as_json) as report:
        new = home.add_log(folder, vkey)
        report.line("Watching this log" if new else "This log was watched already")
        report.result({"vkey": vkey.strip(), "new": new})


@app.command()
def show(folder: FolderArgument, *, as_json: JsonFlag = False) -> None:
    """Print the witness's keys and the logs that it watches, as lines of a policy file."""
    with reporting(as_json=as_json) as report:
        found = home.open_home(folder)
        for key in found.keys:
            report.line(f"witness {key.name} {key.vkey}")
        for log in found.logs:
            report.line(f"log {log.vkey}")
        report.result(
            {
                "witnesses": [key.vkey for key in found.keys],
                "logs": [log.vkey for log in found.logs],
            }
        )


@app.command()
def serve(
    folder: FolderArgument,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8010,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Answer the logs that are watched until Ctrl-C.

    What it serves is public, and a request counts by its log's signature alone; so it may listen on
    any address. Encryption of the connection is a proxy's business.
    """
    with reporting(as_json=as_json) as report:
        found = home.open_home(folder)
        if not found.logs:
            raise BadInput(
                f"{folder} watches no log yet: `parkloom witness add {folder} VKEY` first.",
                folder=str(folder),
            )
        listener = serving.bound(host, port)
        taken = serving.port_of(listener)
        place = serving.authority(host, taken)
        report.note(f"Witness of {len(found.logs)} logs at http://{place}/ (Ctrl-C ends)")
        report.result({"host": host, "port": taken, "logs": [log.name for log in found.logs]})
        serving.serve(create_app(found.witness), listener)
