"""`parkloom mirror`: copy a log, replay every entry, cosign what obeys the rules."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from api.commands import serving
from api.commands.frame import BadInput, JsonFlag, Report, reporting
from api.services import log_keys, mirroring
from api.services.mirroring import MirrorSettings, OpenMirror
from api.witnessing.server import create_app
from ledger.errors import NotVerified
from ledger.log.client import FetchFailed

app = typer.Typer(add_completion=False)

EVERY_SECONDS = 60


@app.command()
def mirror(
    folder: Annotated[Path, typer.Argument(help="Folder of the mirror; made at the first start.")],
    log: Annotated[str, typer.Option(help="Address of the log, or a folder with its files.")] = "",
    key: Annotated[str, typer.Option(help="First start: the log's vkey.")] = "",
    registrar: Annotated[
        str, typer.Option(help="First start: the registrar's root key, a vkey.")
    ] = "",
    name: Annotated[
        str, typer.Option(help="First start: name of this mirror's key, such as bank.example/m1.")
    ] = "",
    every: Annotated[int, typer.Option(min=1, help="Seconds between two looks.")] = EVERY_SECONDS,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Also answer as a witness on this port.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address for --port.")] = "127.0.0.1",
    *,
    once: Annotated[bool, typer.Option("--once", help="Look once and end.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Follow a log: replay every entry with every rule, and cosign only what obeys.

    The keys come from outside the log: by hand, from a contract or a policy file. An entry that
    breaks a rule ends the mirror with status 1 and the entry's index; nothing is cosigned. With
    --port the log's operator may ask for the cosignature before it publishes.
    """
    with reporting(as_json=as_json) as report:
        _make_at_first_start(folder, log=log, key=key, registrar=registrar, name=name)
        with mirroring.opened(folder, url=log) as opened:
            if once:
                _look(opened, report, as_result=True)
                return
            if port is not None:
                listener = serving.bound(host, port)
                place = serving.authority(host, serving.port_of(listener))
                report.note(f"Witness of {opened.settings.log.name} at http://{place}/")
                threading.Thread(
                    target=serving.serve,
                    args=(create_app(opened.witness), listener),
                    name="witness",
                    daemon=True,
                ).start()
            with suppress(KeyboardInterrupt):
                while True:
                    time.sleep(_pause(opened, report, every))


def _make_at_first_start(folder: Path, *, log: str, key: str, registrar: str, name: str) -> None:
    if (folder / mirroring.CONFIGURATION).exists():
        return
    missing = [
        option
        for option, value in (
            ("--log", log),
            ("--key", key),
            ("--registrar", registrar),
            ("--name", name),
        )
        if not value
    ]
    if missing:
        raise BadInput(f"The first start in {folder} needs {', '.join(missing)}.")
    settings = MirrorSettings(
        url=log, log=log_keys.parse_vkey(key), registrar=log_keys.parse_vkey(registrar)
    )
    mirroring.create(folder, settings, name=name)


def _look(opened: OpenMirror, report: Report, *, as_result: bool) -> None:
    checkpoint = opened.follow()
    keys = [one.verifier.vkey for one in opened.witness.cosigners]
    report.note(f"Replayed and cosigned {checkpoint.origin} at size {checkpoint.size}")
    if as_result:
        report.result(
            {
                "origin": checkpoint.origin,
                "size": checkpoint.size,
                "root": checkpoint.root.hex(),
                "keys": keys,
                "copy": str(opened.folder / mirroring.COPY),
            }
        )


def _pause(opened: OpenMirror, report: Report, every: int) -> int:
    """Look once; return the seconds until the next look. A log that is away is asked again."""
    try:
        _look(opened, report, as_result=False)
    except FetchFailed as away:
        report.note(f"{away}; trying again in {every} s")
    except NotVerified as refused:
        if refused.code != "FILE_MISSING":
            raise
        report.note(f"{refused}; trying again in {every} s")
    return every
