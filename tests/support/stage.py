"""An installation with its parties: real key files beside it, everybody enrolled who acts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from api.demo import deal
from api.demo.parties import Parties, enrol_operator, enrol_registrar, onboard
from api.services import organisations
from api.services.organisations import IdentifierView
from api.services.workspace import Workspace, initialise
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
    """Yield an installation; unless told otherwise its registrar and operator are enrolled."""
    settings = settings_of(folder, database_url)
    parties = Parties(folder / "parties")
    workspace = initialise(settings, registrar_vkey=parties.make_registrar())
    try:
        if enrolled:
            enrol_registrar(workspace, parties)
            enrol_operator(workspace, parties, uscc=fictional_uscc(99_001))
        yield Stage(settings=settings, workspace=workspace, parties=parties)
    finally:
        workspace.close()
