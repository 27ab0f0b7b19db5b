"""`parkloom init`: create an installation."""

from __future__ import annotations

from typing import Annotated

import typer

from api.commands.frame import JsonFlag, facts, read_settings, reporting
from api.services import workspace as workspaces

app = typer.Typer(add_completion=False)


@app.command()
def init(
    registrar: Annotated[
        str,
        typer.Option(
            help="vkey of the registrar's root key (`parkloom key new FILE --name N`); when the "
            "home has one, it may be left out."
        ),
    ] = "",
    log: Annotated[
        str, typer.Option(help="vkey of the log's key, where `parkloom signer` holds it.")
    ] = "",
    *,
    as_json: JsonFlag = False,
) -> None:
    """Create database, log and the operator's own keys in PARKLOOM_HOME.

    Harmless to repeat; a database of an older version is brought up to this one. The registrar's
    root key is pinned: only keys that lead back to it count.
    """
    with reporting(as_json=as_json) as report:
        settings = read_settings()
        workspace = workspaces.initialise(settings, registrar_vkey=registrar, log_vkey=log)
        try:
            shown = {
                "home": str(settings.home),
                "database": workspace.database,
                "origin": settings.origin,
                "log_vkey": workspaces.log_vkey(workspace),
                "registrar_vkey": workspaces.registrar_vkey(workspace),
            }
        finally:
            workspace.close()
        report.show(facts([(label.replace("_", " "), value) for label, value in shown.items()]))
        report.result(shown)
