"""`parkloom sign`: sign a draft with a key file, offline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands import words
from api.commands.drafts import read_draft, waiting, write_draft
from api.commands.frame import BadInput, JsonFlag, Report, facts, reporting
from api.services import keyfiles
from ledger.claims import drafts
from ledger.claims.drafts import Draft
from ledger.log.signing import key_id
from ledger.values.consent import Role
from ledger.values.disclosures import DisclosureError

app = typer.Typer(add_completion=False)


@app.command()
def sign(
    draft: Annotated[Path, typer.Argument(help="The draft's file.")],
    key: Annotated[Path, typer.Option(help="The signer's key file.")],
    role: Annotated[str, typer.Option(help="Role, where the draft waits for several.")] = "",
    out: Annotated[Path | None, typer.Option(help="File to write; else DRAFT itself.")] = None,
    *,
    unseen: Annotated[
        bool, typer.Option("--unseen", help="Sign although hidden fields are not opened.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Say in words what DRAFT states, check its hidden fields, and sign it.

    Needs no installation and no network: the key never leaves the signer's machine.
    """
    with reporting(as_json=as_json) as report:
        read = read_draft(draft)
        private = keyfiles.load(key)
        show(read, report, unseen=unseen)
        kid = key_id(keyfiles.public_bytes(private))
        signed = drafts.add_signature(read, private, kid, _role(read, role))
        report.line(f"Signed with key {kid}.")
        write_draft(signed, out or draft, report, extra={"kid": kid})


def show(draft: Draft, report: Report, *, unseen: bool) -> None:
    """Print what is signed. Raises BadInput when a hidden field is not what the body commits to."""
    try:
        opened, closed = words.hidden(draft)
    except DisclosureError as differs:
        raise BadInput(
            f"The draft shows hidden fields that it does not commit to: {differs}. Do not sign it."
        ) from None
    report.show(words.statement(draft), "", facts(words.rows(draft)))
    if opened:
        report.show("", "Hidden in the log, opened here (each fits its digest):", facts(opened))
    if closed and not unseen:
        raise BadInput(
            f"The draft commits to {closed} hidden fields that it does not open: you would sign "
            "what you cannot see. Ask for the whole draft, or sign with --unseen.",
            unopened=closed,
        )


def _role(draft: Draft, text: str) -> Role | None:
    open_roles = {need.role for need in waiting(draft)} or {need.role for need in draft.needs}
    if not text:
        if len(open_roles) == 1:
            return next(iter(open_roles))
        names = ", ".join(sorted(open_roles))
        raise BadInput(f"The draft waits for {names}: say with --role which of them signs.")
    try:
        return Role(text)
    except ValueError:
        names = ", ".join(sorted({need.role for need in draft.needs}))
        raise BadInput(f"--role {text}: expected one of {names}", role=text) from None
