"""An installation with its parties: real key files beside it, everybody enrolled who acts."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from api.demo import deal
from api.demo.parties import Parties, enrol_operator, enrol_registrar, onboard
from api.services import organisations
from api.services.organisations import IdentifierView
from api.services.workspace import Workspace, initialise, open_workspace
from api.settings import Settings
from data.samples.firms import fictional_uscc
from tests.support.installations import settings_of

LENDER = "BANK"


@dataclass(frozen=True, kw_only=True)
class Stage:
    """An opened installation and the hand that signs for its parties."""

    settings: Settings
    workspace: Workspace
    parties: Parties

    def enter(self, event: str, **facts: object) -> str:
        """Draft, sign and enter an event; return what it is about."""
        return str(deal.enter(self.workspace, self.parties, event, **facts).body["subject"])

    def firm(self, organisation_id: str, number: int, *, kind: str = "enterprise") -> None:
        """Add an organisation with an invented code, onboard it and enrol two of its users."""
        identifiers = [IdentifierView(scheme="uscc", value=fictional_uscc(number))]
        organisations.put(
            self.workspace,
            organisation_id,
            kind=kind,
            name=organisation_id,
            identifiers=identifiers,
        )
        onboard(self.workspace, self.parties, [organisation_id])

    def lender(self, organisation_id: str = LENDER, number: int = 80_000) -> None:
        """Add a lender with the default policy."""
        self.firm(organisation_id, number, kind="lender")
        self.enter("policy.set", lender=organisation_id)


@contextmanager
def staged(folder: Path, database_url: str = "", *, enrolled: bool = True) -> Iterator[Stage]:
    """Yield an installation; unless told otherwise its registrar and operator are enrolled.

    On SQLite it is a copy of one that this process made once.
    """
    settings = settings_of(folder, database_url)
    if database_url:
        build(folder, database_url, enrolled=enrolled)
    else:
        shutil.copytree(_template(enrolled=enrolled), folder, dirs_exist_ok=True)
    workspace = open_workspace(settings)
    try:
        parties = Parties(folder / "parties")
        yield Stage(settings=settings, workspace=workspace, parties=parties)
    finally:
        workspace.close()


def build(folder: Path, database_url: str = "", *, enrolled: bool = True) -> None:
    """Make an installation and the registrar's keys in a folder."""
    parties = Parties(folder / "parties")
    vkey = parties.make_registrar()
    workspace = initialise(settings_of(folder, database_url), registrar_vkey=vkey)
    try:
        if enrolled:
            enrol_registrar(workspace, parties)
            enrol_operator(workspace, parties, uscc=fictional_uscc(99_001))
    finally:
        workspace.close()


@cache
def _template(*, enrolled: bool) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="parkloom-stage-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    build(folder, enrolled=enrolled)
    return folder
