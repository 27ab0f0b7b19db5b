"""`parkloom key`: signing keys for parties."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Annotated

import typer

from api.commands.frame import JsonFlag, facts, reporting
from api.services import keyfiles
from ledger.log import note
from ledger.log.signing import key_id

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback()
def key() -> None:
    """Make signing keys. A private key stays with its owner; the server takes signed bodies."""


@app.command()
def new(
    file: Annotated[Path, typer.Argument(help="The new key file (mode 0600).")],
    name: Annotated[
        str, typer.Option(help="Name in the printed vkey; a registrar's root key needs one.")
    ] = "",
    *,
    as_json: JsonFlag = False,
) -> None:
    """Make an Ed25519 key, write it to FILE and print what may be made public.

    The file is encrypted when PARKLOOM_KEY_PASSPHRASE_FILE or PARKLOOM_KEY_PASSPHRASE is set.
    """
    with reporting(as_json=as_json) as report:
        made = keyfiles.create(file, secret=keyfiles.passphrase())
        public = keyfiles.public_bytes(made)
        shown = {
            "file": str(file),
            "kid": key_id(public),
            "public_key": base64.b64encode(public).decode(),
        }
        if name:
            shown["vkey"] = note.format_vkey(name, public)
        report.show(facts(list(shown.items())))
        report.result(shown)
