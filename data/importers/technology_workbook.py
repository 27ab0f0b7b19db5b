"""Read the technology form from an Excel workbook."""

from __future__ import annotations

from data.importers.codes import RejectCode
from data.importers.container import check_workbook
from data.importers.form import folded
from data.importers.report import Imported, RejectList
from data.importers.sheets import FormSheet
from data.importers.technology_form import read_form
from data.importers.technology_sheets import TECHNOLOGY_SHEETS
from data.importers.workbook import workbook_tables
from matching.technology.problem import Demand, Provider


def read_technology_workbook(
    data: bytes, name: str
) -> Imported[tuple[tuple[Demand, ...], tuple[Provider, ...]]]:
    """Return the demands and providers of a filled-in form, all or nothing.

    Parameters
    ----------
    data, name
        The bytes of the file, and what to call it in rejects.
    """
    rejects = RejectList(name)
    if not check_workbook(data, rejects):
        return rejects.outcome(None)
    tables = workbook_tables(data, rejects, sheets=TECHNOLOGY_SHEETS)
    if tables is None:
        return rejects.outcome(None)
    sheets = {}
    for sheet in TECHNOLOGY_SHEETS:
        found = [cells for title, cells in tables.items() if folded(title) in sheet.names()]
        if len(found) != 1:
            got = ", ".join(tables)
            rejects.add(RejectCode.SHEET_MISSING, expected=f"one sheet {sheet.title}", got=got)
        else:
            sheets[sheet.key] = FormSheet(sheet, found[0], rejects)
    if rejects:
        return rejects.outcome(None)
    demands, providers = read_form(sheets)
    if not (demands or providers or rejects):
        rejects.add(RejectCode.NO_ROWS, expected="at least one row that is no example")
    return rejects.outcome(None if rejects else (demands, providers))
