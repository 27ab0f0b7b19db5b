"""The sample order once more, under another number."""

from __future__ import annotations

from pathlib import Path

from api.services import imports
from data.samples import SAMPLE_UBL
from tests.support.stage import Stage

NUMBER = "PO-2026-0117"


def submit_altered(stage: Stage, folder: Path, number: str = "X-99", *, day: str = "") -> str:
    """Import the sample order with another number, submit it, return its handle.

    Parameters
    ----------
    day
        Another issue date, YYYY-MM-DD.
    """
    text = (SAMPLE_UBL / "order-good.xml").read_text("utf-8").replace(NUMBER, number)
    if day:
        text = text.replace("<cbc:IssueDate>2026-11-20<", f"<cbc:IssueDate>{day}<")
    path = folder / f"{number}.xml"
    path.write_text(text, "utf-8")
    report = imports.import_path(stage.workspace, path)
    return stage.enter("order.submitted", purchase_order=str(report.purchase_order_id))
