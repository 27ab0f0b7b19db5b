"""How the form looks: few named styles, so that a filled form can be restyled in one place."""

from __future__ import annotations

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side

HEADER_STYLE = "Required heading"
OPTIONAL_STYLE = "Optional heading"
WEEK_STYLE = "Week heading"
EXAMPLE_STYLE = "Example"
INSTRUCTION_STYLE = "Instruction"
_LINE = Side(style="thin", color="FFB7C3CC")
_EDGE = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)


def add_styles(book: Workbook) -> None:
    """Register the styles of the form with a workbook."""
    for name, fill, ink in (
        (HEADER_STYLE, "FF1F4E5F", "FFFFFFFF"),
        (OPTIONAL_STYLE, "FF7A99A6", "FFFFFFFF"),
        (WEEK_STYLE, "FFD5E8E4", "FF1F4E5F"),
    ):
        book.add_named_style(
            NamedStyle(
                name=name,
                font=Font(bold=True, color=ink),
                fill=PatternFill("solid", start_color=fill),
                alignment=Alignment(wrap_text=True, vertical="center", horizontal="center"),
                border=_EDGE,
            )
        )
    book.add_named_style(
        NamedStyle(
            name=EXAMPLE_STYLE,
            font=Font(italic=True, color="FF8A8A8A"),
            fill=PatternFill("solid", start_color="FFF4F4F4"),
            alignment=Alignment(vertical="center"),
        )
    )
    book.add_named_style(
        NamedStyle(name=INSTRUCTION_STYLE, alignment=Alignment(wrap_text=True, vertical="top"))
    )
