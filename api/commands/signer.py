"""`parkloom signer`: the log's key in a process of its own that replays before it signs."""

from __future__ import annotations

import base64
import shlex
import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from api.commands.drafts import read_draft, write_draft
from api.commands.frame import BadInput, JsonFlag, Report, facts, read_settings, reporting
from api.signing import home as homes
from api.signing.server import SignerServer
from data.roles import signer_grants, writer_grants
from ledger.log import note

app = typer.Typer(add_completion=False, no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(help="The signer's folder, readable by its user alone.")]


@app.callback()
def signer() -> None:
    """Hold the log's key apart: replay every entry, sign only what obeys the rules."""


@app.command()
def new(
    folder: Folder,
    registrar: Annotated[str, typer.Option(help="vkey of the registrar's root key.")],
    origin: Annotated[str, typer.Option(help="Name of the log; else PARKLOOM_ORIGIN.")] = "",
    command: Annotated[
        str, typer.Option(help="A program that signs standard input, such as a token's tool.")
    ] = "",
    public_key: Annotated[
        str, typer.Option(help="Base64 of the public key of --command, 32 bytes.")
    ] = "",
    *,
    as_json: JsonFlag = False,
) -> None:
    """Make a signer in FOLDER with a new key, and print its vkey for `parkloom init --log`.

    The key file is encrypted when PARKLOOM_KEY_PASSPHRASE_FILE or PARKLOOM_KEY_PASSPHRASE is set.
    """
    with reporting(as_json=as_json) as report:
        made = homes.create(
            folder,
            origin=origin or read_settings().origin,
            registrar_vkey=registrar,
            command=shlex.split(command),
            public_key=public_key,
        )
        _show(made, report)


@app.command()
def adopt(folder: Folder, *, as_json: JsonFlag = False) -> None:
    """Move the key of the installation in PARKLOOM_HOME into a signer's FOLDER.

    Stop the server first. From then on it asks the signer: set PARKLOOM_SIGNER to its socket.
    """
    with reporting(as_json=as_json) as report:
        _show(homes.adopt(folder, read_settings()), report)


@app.command("next")
def next_key(
    folder: Folder,
    command: Annotated[str, typer.Option(help="A program that signs standard input.")] = "",
    public_key: Annotated[str, typer.Option(help="Base64 of the public key of --command.")] = "",
    *,
    as_json: JsonFlag = False,
) -> None:
    """Add the key that is to replace the log's, and print it for a `log.key_rotated` draft.

    Restart the signer before the draft is entered: from that entry on it needs the new key.
    """
    with reporting(as_json=as_json) as report:
        home = homes.add_key(
            homes.load(folder), command=shlex.split(command), public_key=public_key
        )
        public = base64.b64encode(note.parse_vkey(home.keys[-1].vkey).public_key).decode()
        shown = {"log_vkey": home.keys[-1].vkey, "public_key": public}
        report.show(facts([(label.replace("_", " "), value) for label, value in shown.items()]))
        report.result(shown)


@app.command()
def countersign(
    folder: Folder,
    draft: Annotated[Path, typer.Argument(help="The draft of log.key_rotated.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Sign the replacement of the log's key, with the old key and with the new one."""
    with reporting(as_json=as_json) as report:
        signed = homes.countersign(homes.load(folder), read_draft(draft))
        write_draft(signed, draft, report)


@app.command()
def run(
    folder: Folder,
    database: Annotated[
        str, typer.Option(help="Address of the log's database; else PARKLOOM_DATABASE_URL.")
    ] = "",
    socket: Annotated[
        Path | None, typer.Option(help="Unix socket to answer on; else FOLDER/signer.sock.")
    ] = None,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Answer on a Unix socket until Ctrl-C: replay the log, sign what obeys the rules.

    Give it a database role that can only read (`parkloom signer grants`).
    """
    with reporting(as_json=as_json) as report:
        home = homes.load(folder)
        path = socket or home.socket
        with (
            homes.opened_gate(home, database or read_settings().address) as gate,
            SignerServer(path, gate, home.origin) as server,
        ):
            report.note(f"Signing for {home.origin} at {path} (Ctrl-C ends)")
            report.result({"socket": str(path), "origin": home.origin})
            _serve(server)


@app.command()
def grants(
    signer_role: Annotated[str, typer.Option("--signer", help="Role of the signer.")] = "",
    writer_role: Annotated[str, typer.Option("--writer", help="Role of the server.")] = "",
    *,
    as_json: JsonFlag = False,
) -> None:
    """Print the SQL that gives PostgreSQL roles what they need and no more."""
    with reporting(as_json=as_json) as report:
        if not signer_role and not writer_role:
            raise BadInput("Name a role: --signer NAME, --writer NAME, or both.")
        statements = [
            *(signer_grants(signer_role) if signer_role else ()),
            *(writer_grants(writer_role) if writer_role else ()),
        ]
        for statement in statements:
            report.line(f"{statement};")
        report.result({"statements": statements})


def _serve(server: SignerServer) -> None:
    """Serve until a signal says to end; a conversation under way is finished."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    thread = threading.Thread(target=server.serve_forever, name="signer", daemon=True)
    thread.start()
    ended.wait()
    server.shutdown()
    thread.join()


def _show(home: homes.SignerHome, report: Report) -> None:
    shown = {
        "folder": str(home.folder),
        "origin": home.origin,
        "log_vkey": home.keys[-1].vkey,
        "socket": str(home.socket),
    }
    report.show(facts([(label.replace("_", " "), value) for label, value in shown.items()]))
    report.result(shown)
