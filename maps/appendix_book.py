"""The workbook of the appendix: a sheet for each table, typed cells, and notes."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.formatting.rule import CellIsRule
from openpyxl.packaging.core import DocumentProperties
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter

from .appendix import FORMATS, JUDGED, MADE, Kind, Listing, packed

HEAD = "1F5F99"
FONT = "微软雅黑"
WIDEST, NARROWEST = 60.0, 7.0
NOTES = "说明"
RULE = Side(style="thin", color="D0D5DA")
Styled = dict[tuple[Kind, bool], Any]
"""A cell of each style that a sheet has."""
BAD_NAME = re.compile(r"[\\/*?:\[\]]")


def workbook(title: str, listings: Sequence[Listing], notes: Sequence[tuple[str, str]]) -> bytes:
    """
    Return the workbook as a file; the same bytes every time.

    Parameters
    ----------
    title
        In the properties of the file.
    listings
        A sheet each; the header stands in row 1, so that it can be read in again.
    notes
        Label and text, on the sheet 说明; titles, units and notes of the tables follow them.
    """
    book = Workbook()
    book.remove(book.worksheets[0])
    for listing in listings:
        _fill(book.create_sheet(BAD_NAME.sub(" ", listing.key)[:31]), listing)
    told = [*notes, *(line for listing in listings for line in _about(listing))]
    _notes(book.create_sheet(NOTES), told)
    book.properties = DocumentProperties(creator="kepu", title=title, created=MADE, modified=MADE)
    stream = io.BytesIO()
    # `Workbook.save` would write the clock's time as that of the change.
    ExcelWriter(book, zipfile.ZipFile(stream, "w")).save()
    book.close()
    return packed(stream.getvalue())


def _about(listing: Listing) -> list[tuple[str, str]]:
    told = [listing.title, f"单位：{listing.unit}" if listing.unit else "", *listing.notes]
    return [
        (f"工作表“{listing.key}”", "。".join(part.rstrip("。") for part in told if part) + "。")
    ]


def _font(*, bold: bool = False, colour: str = "000000") -> Font:
    return Font(name=FONT, charset=134, family=2, size=10, bold=bold, color=colour)


def _fill(sheet: Worksheet, listing: Listing) -> None:
    frame, styled = listing.frame, Styled()
    for column, name in enumerate(frame.columns, 1):
        _head(sheet, column, str(name))
    last = len(frame) + 1
    for column, name in enumerate(frame.columns, 1):
        kind = listing.kinds.get(str(name), "text")
        filled = frame[name].notna()
        for row, (value, known) in enumerate(zip(frame[name], filled, strict=True), 2):
            bold = listing.total and row == last
            _put(sheet, row, column, value if known else None, kind, styled, bold=bold)
        letter = get_column_letter(column)
        sheet.column_dimensions[letter].width = _width(str(name), frame[name], kind)
        area = f"{letter}2:{letter}{max(last, 2)}"
        if kind == "text" and set(map(str, frame[name])) & set(JUDGED):
            for word, colour in JUDGED.items():
                sheet.conditional_formatting.add(
                    area, CellIsRule("equal", [f'"{word}"'], fill=_solid(colour))
                )
    end = last - 1 if listing.total else last
    sheet.auto_filter.ref = f"A1:{get_column_letter(max(len(frame.columns), 1))}{max(end, 1)}"
    _lay_out(sheet, listing.fixed)


def _head(sheet: Worksheet, column: int, text: str) -> None:
    cell = sheet.cell(1, column, text)
    cell.data_type = "s"
    cell.font, cell.fill = _font(bold=True, colour="FFFFFF"), _solid(HEAD)
    cell.alignment = Alignment("center", "center", wrap_text=True)


def _solid(colour: str) -> PatternFill:
    # Conditional fills take their colour from bgColor, plain ones from fgColor.
    return PatternFill("solid", fgColor=colour, bgColor=colour)


def _put(
    sheet: Worksheet, row: int, column: int, value: object, kind: Kind, styled: Styled,
    *, bold: bool = False,
) -> None:  # fmt: skip
    cell = sheet.cell(row, column)
    if value is not None:
        if kind == "text":
            cell.value = ILLEGAL_CHARACTERS_RE.sub("", str(value))
            cell.data_type = "s"  # "=1+1" stays a text
        else:
            number: Any = value
            cell.value = int(number) if kind == "count" else float(number)
    like = styled.get((kind, bold))
    if like is not None:
        # Each style that is set anew is searched for among all: seconds for a large sheet.
        cell._style = like._style
        return
    cell.number_format = FORMATS[kind]
    cell.font, cell.border = _font(bold=bold), Border(bottom=RULE)
    cell.alignment = Alignment(
        "left" if kind == "text" else "right", "top", wrap_text=kind == "text"
    )
    styled[kind, bold] = cell


def _width(name: str, values: pd.Series, kind: Kind) -> float:
    texts = [str(value) for value in values.dropna()]
    longest = max((_units(text) for text in texts), default=0.0)
    heading = _units(name) / (2 if len(name) > 6 else 1)
    return min(max(longest + (3 if kind == "count" else 2), heading + 3, NARROWEST), WIDEST)


def _units(text: str) -> float:
    return sum(2.1 if ord(c) > 0x2E80 else 1.05 for c in text)


def _lay_out(sheet: Worksheet, fixed: int = 0) -> None:
    sheet.freeze_panes = f"{get_column_letter(fixed + 1)}2"
    sheet.print_title_rows = "1:1"
    sheet.row_dimensions[1].height = 32
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", Worksheet.PAPERSIZE_A4
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToHeight = 0


def _notes(sheet: Worksheet, notes: Sequence[tuple[str, str]]) -> None:
    _head(sheet, 1, "项目")
    _head(sheet, 2, "内容")
    styled = Styled()
    for row, cells in enumerate(notes, 2):
        for column, text in enumerate(cells, 1):
            _put(sheet, row, column, text, "text", styled)
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 26, 110
    _lay_out(sheet)
