"""An installation with one confirmed order and a lender: what lies private in it, and is signed."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import text

from api.demo import deal
from api.demo.parties import Parties, onboard
from api.services import imports, organisations, purchase_orders, records
from api.services.workspace import Workspace, open_workspace
from data.samples import SAMPLE_UBL
from ledger.claims import drafts
from ledger.values.consent import Role
from ledger.verification import view as views
from tests.support.installations import settings_of
from tests.support.stage import LENDER, Stage, staged


@dataclass(frozen=True)
class Traded:
    """An installation with one confirmed order and a lender."""

    stage: Stage
    order: str

    @property
    def workspace(self) -> Workspace:
        """The opened installation."""
        return self.stage.workspace

    def disclose(self, *fields: str, by: str = "seller") -> str:
        """Disclose fields of the order to the lender; return the disclosure's handle."""
        return self.stage.enter(
            "disclosure.made", about=self.order, to=LENDER, fields=list(fields), by=by
        )

    def erasure(self, handle: str = "", reason: str = "request") -> drafts.Draft:
        """Return the signed draft of an erasure."""
        facts = {"handle": handle or self.order, "reason": reason}
        draft = records.make_draft(self.workspace, "erasure", facts)
        for need in draft.needs:
            if need.role is Role.REGISTRAR:
                draft = self.stage.parties.sign_for(draft, need)
        return draft

    def erase(self, handle: str = "") -> None:
        """Erase the order's private fields, or another handle's."""
        records.submit(self.workspace, self.erasure(handle))

    def recipient(self) -> str:
        """Return the lender's handle."""
        return str(organisations.get(self.workspace, LENDER).party)

    def shown(self, data: bytes, recipient: str = "") -> views.Shown:
        """Verify a view as the lender would."""
        return views.verify_view(
            views.from_json(data),
            log_keys=[self.workspace.keys.log.verifier],
            registrar_root=self.workspace.keys.registrar.public_key,
            recipient=recipient or self.recipient(),
        )

    @contextmanager
    def reopened(self) -> Iterator[Workspace]:
        """Yield the installation as another process would open it, nothing remembered."""
        workspace = open_workspace(self.workspace.settings)
        try:
            yield workspace
        finally:
            workspace.close()

    def texts(self) -> list[str]:
        """Return every disclosure as it lies in the database."""
        with self.workspace.snapshot() as session:
            found = session.connection().execute(text("SELECT text FROM ledger_disclosure"))
            return [row[0] for row in found]

    def execute(self, statement: str, **values: object) -> None:
        """Change the database as somebody with full rights would."""
        with self.workspace.transaction() as session:
            session.connection().execute(text(statement), values)


@contextmanager
def trading(folder: Path, database_url: str = "") -> Iterator[Traded]:
    """Yield the installation; on SQLite it is a copy of one that this process made once."""
    if database_url:
        with staged(folder, database_url) as stage:
            yield Traded(stage, _trade(stage))
        return
    template, order = _template()
    shutil.copytree(template, folder, dirs_exist_ok=True)
    settings = settings_of(folder)
    workspace = open_workspace(settings)
    try:
        parties = Parties(folder / "parties")
        yield Traded(Stage(settings=settings, workspace=workspace, parties=parties), order)
    finally:
        workspace.close()


def _trade(stage: Stage) -> str:
    report = imports.import_path(stage.workspace, SAMPLE_UBL / "order-good.xml")
    found = purchase_orders.get(stage.workspace, str(report.purchase_order_id))
    onboard(stage.workspace, stage.parties, [str(found.buyer_id), str(found.seller_id)])
    order = deal.register(stage.workspace, stage.parties, found.id)
    stage.lender()
    return order


@cache
def _template() -> tuple[Path, str]:
    folder = Path(tempfile.mkdtemp(prefix="parkloom-trade-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with staged(folder) as stage:
        order = _trade(stage)
    return folder, order
