"""`parkloom ledger release`: versions of the trust policy, signed by several offline keys."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands.frame import BadInput, JsonFlag, read_input, reporting
from api.services import keyfiles, log_keys
from data.exporters.files import write_bytes
from ledger.log import note
from ledger.log.policy_file import POLICY_BYTES_MAX
from ledger.log.policy_release import PolicyRelease, add_signature, open_release

RELEASE_BYTES_MAX = note.NOTE_BYTES_MAX

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback()
def release() -> None:
    """Sign versions of the policy file that lenders trust, m of n, away from the server."""


@app.command()
def sign(
    file: Annotated[Path, typer.Argument(help="The release; made from --policy when missing.")],
    key: Annotated[Path, typer.Option(help="Key file of this root.")],
    name: Annotated[str, typer.Option(help="Name of this root's key, as in its vkey.")],
    policy: Annotated[Path | None, typer.Option(help="First signature: the policy file.")] = None,
    version: Annotated[int, typer.Option(min=0, help="First signature: 1, 2, …")] = 0,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Add a root key's signature to a release; needs no installation and no network."""
    with reporting(as_json=as_json) as report:
        private_key = keyfiles.load(key)
        try:
            signer = note.Signer(name=name, private_key=private_key)
            signed = add_signature(_release(file, policy, version), signer)
        except ValueError as wrong:
            raise BadInput(f"{wrong}.", file=str(file)) from None
        write_bytes(file, signed)
        count = len(note.split_note(signed)[1])
        report.line(f"{file} has {count} signatures")
        report.result({"file": str(file), "signatures": count, "vkey": signer.verifier.vkey})


def _release(file: Path, policy: Path | None, version: int) -> bytes | PolicyRelease:
    """Return the release to sign: the file's, or a new one around a policy file.

    Raises
    ------
    BadInput
        When there is neither.
    ValueError
        When the policy file could not stand in a signed note.
    """
    if file.exists():
        return read_input(file, most=RELEASE_BYTES_MAX)
    if policy is None or not version:
        raise BadInput(f"{file} is not there: name --policy and --version to begin it.")
    return PolicyRelease(version=version, policy=read_input(policy, most=POLICY_BYTES_MAX))


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The release.")],
    root: Annotated[list[str], typer.Option(help="vkey of a root; repeat for each.")],
    threshold: Annotated[int, typer.Option(min=1, help="How many must have signed.")],
    newest: Annotated[int, typer.Option(min=0, help="Highest version taken before.")] = 0,
    out: Annotated[Path | None, typer.Option(help="File for the policy inside.")] = None,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Check a release as a lender does, and write the policy file that it carries."""
    with reporting(as_json=as_json) as report:
        data = read_input(file, most=RELEASE_BYTES_MAX)
        roots = [log_keys.parse_vkey(one) for one in root]
        if threshold > len({one.public_key for one in roots}):
            raise BadInput(f"--threshold {threshold}: only {len(roots)} roots are named.")
        found = open_release(data, roots, threshold=threshold, newest=newest)
        if out is not None:
            write_bytes(out, found.policy)
        report.line(f"Version {found.version}, signed by {threshold} or more of {len(roots)} roots")
        report.result({"version": found.version, "file": None if out is None else str(out)})
