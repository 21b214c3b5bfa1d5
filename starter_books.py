"""The templates of a new study as workbooks that are hard to fill in wrongly."""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence

from openpyxl import Workbook
from openpyxl.formatting.rule import FormulaRule
from openpyxl.packaging.core import DocumentProperties
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter

from .starter_forms import EACH, MAY, MISTAKES, MUST, TEXT, WHOLE, Field, Form, Words, word_lists

NOTES, WORDS = "填表说明", "代码表"
LAST_ROW = 20_001
"""Drop-downs and marks reach down to here."""
NARROW = 12
"""Texts of columns up to this width stand in the middle, off the numbers beside them."""
NOTE_LINE = 75
"""Characters that fit into a line of the notes; merged cells do not grow by themselves."""
MADE = datetime.datetime(2026, 11, 1)
ZIP_MADE = (1980, 1, 1, 0, 0, 0)
"""One time for all files, so that the same study is the same bytes."""

COLOURS = {MUST: "B03A2E", EACH: "B9770E", MAY: "566573"}
MISSING_FILL = PatternFill("solid", bgColor="F5B7B1")
THIN = Side("thin", color="D5D8DC")


def workbook(form: Form) -> bytes:
    """Return a template as an XLSX file; the same bytes every time."""
    book = Workbook()
    sheet, lists = book.worksheets[0], word_lists()
    used = {field.words: lists[field.words] for field in form.fields if field.words}
    sheet.title = form.sheet
    _fill_table(sheet, form)
    _guard_table(sheet, form, _write_words(book.create_sheet(WORDS), used))
    _write_notes(book.create_sheet(NOTES, 1), form, used)
    book.properties = DocumentProperties(
        creator="kepu", title=f"{form.sheet}（示意数据）", created=MADE, modified=MADE
    )
    return _packed(book)


def _font(*, bold: bool = False, colour: str = "000000") -> Font:
    """Return a font that has Chinese characters, in the Chinese character set."""
    return Font(name="微软雅黑", charset=134, family=2, size=10, bold=bold, color=colour)


def _head(sheet: Worksheet, row: int, cells: Sequence[tuple[str, str]]) -> None:
    for column, (value, colour) in enumerate(cells, 1):
        cell = sheet.cell(row, column, value)
        cell.font = _font(bold=True, colour="FFFFFF")
        cell.fill = PatternFill("solid", fgColor=colour)
        cell.alignment = Alignment("center", "center")
        cell.number_format = TEXT
    sheet.row_dimensions[row].height = 24


def _body(sheet: Worksheet, row: int, column: int, value: str | float | None) -> None:
    cell = sheet.cell(row, column, value)
    cell.font = _font()
    cell.alignment = Alignment(vertical="top", wrap_text=True)
    cell.border = Border(bottom=THIN)
    cell.number_format = TEXT


def _lay_out(sheet: Worksheet, below: str) -> None:
    """Keep the header in sight, on the screen and on every printed page as wide as the sheet."""
    sheet.freeze_panes, sheet.print_title_rows = below, "1:1"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", Worksheet.PAPERSIZE_A4
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToHeight = 0


def _placed(form: Form) -> Iterator[tuple[str, Field]]:
    """Yield the columns, each with its letter."""
    return ((get_column_letter(i), field) for i, field in enumerate(form.fields, 1))


def _fill_table(sheet: Worksheet, form: Form) -> None:
    _head(sheet, 1, [(field.header, COLOURS[field.need]) for field in form.fields])
    for column, (letter, field) in enumerate(_placed(form), 1):
        whole = sheet.column_dimensions[letter]
        whole.width, whole.number_format, whole.font = field.width, field.style, _font()
        middle = field.style == TEXT and field.width <= NARROW
        whole.alignment = Alignment("center" if middle else None)
        for row, cells in enumerate(form.rows, 2):
            if text := cells.get(field.header, ""):
                cell = sheet.cell(row, column, text if field.style == TEXT else float(text))
                cell.number_format, cell.font = field.style, _font()
                cell.alignment = Alignment("center" if middle else None)
    _lay_out(sheet, "C2")


def _guard_table(sheet: Worksheet, form: Form, ranges: Mapping[str, str]) -> None:
    """Add the drop-downs, questions about unlikely numbers, and marks on cells left empty."""
    everything = f"$A2:${get_column_letter(len(form.fields))}2"
    for letter, field in _placed(form):
        area = f"{letter}2:{letter}{LAST_ROW}"
        rule = None
        if field.words:
            rule = DataValidation("list", formula1=ranges[field.words], errorStyle="stop")
            rule.error = f"请从下拉列表选择；含义见“{WORDS}”工作表"
        elif field.limits:
            low, high = (f"{limit:g}" if limit < 1e5 else f"{limit:.0f}" for limit in field.limits)
            kind = "whole" if field.style == WHOLE else "decimal"
            rule = DataValidation(kind, operator="between", formula1=low, formula2=high)
            rule.errorStyle, rule.error = "warning", f"{field.header}：{_allowed(field, {})}"
        if rule is not None:
            rule.allow_blank, rule.showErrorMessage, rule.showInputMessage = True, True, True
            rule.promptTitle, rule.prompt = field.header, f"{field.need}。{field.meaning}"
            rule.errorTitle = "请核对"
            rule.add(area)
            sheet.add_data_validation(rule)
        if field.need != MAY:
            formula = f"AND(COUNTA({everything})>0,LEN(TRIM({letter}2))=0)"
            mark = FormulaRule([formula], fill=MISSING_FILL)
            sheet.conditional_formatting.add(area, mark)


def _allowed(field: Field, used: Mapping[str, Words]) -> str:
    """Say what a column may hold; a long list is left to its sheet."""
    if not field.words:
        return field.allowed
    words = [word for word, _ in used[field.words]]
    long = len(words) > 9
    return f"下拉选择：{len(words)} 种，见“{WORDS}”" if long else "下拉选择：" + "、".join(words)


def _write_words(sheet: Worksheet, used: Mapping[str, Words]) -> dict[str, str]:
    """Write the lists side by side, each with its meanings; return where each stands."""
    heads: list[tuple[str, str]] = []
    ranges = {}
    for name, words in used.items():
        column = len(heads) + 1
        means = "类型代码（study.toml 用）" if name == "类型" else "含义"
        heads += [(name, COLOURS[MUST]), (means, COLOURS[MAY])]
        letter, beside = get_column_letter(column), get_column_letter(column + 1)
        for row, (word, meaning) in enumerate(words, 2):
            _body(sheet, row, column, word)
            _body(sheet, row, column + 1, meaning)
        sheet.column_dimensions[letter].width = 30 if name == "类型" else 12
        sheet.column_dimensions[beside].width = 26
        ranges[name] = f"'{sheet.title}'!${letter}$2:${letter}${len(words) + 1}"
    _head(sheet, 1, heads)
    _lay_out(sheet, "A2")
    return ranges


def _write_notes(sheet: Worksheet, form: Form, used: Mapping[str, Words]) -> None:
    """Write what each column means, then the commonest mistakes."""
    titles = ("列名", "是否必填", "含义", "可填的值", "示例")
    _head(sheet, 1, [(title, COLOURS[MAY]) for title in titles])
    for row, field in enumerate(form.fields, 2):
        cells = (field.header, field.need, field.meaning, _allowed(field, used), field.example)
        for column, text in enumerate(cells, 1):
            _body(sheet, row, column, text)
        sheet.cell(row, 2).font = _font(bold=field.need == MUST, colour=COLOURS[field.need])
    first = len(form.fields) + 3
    sheet.cell(first, 1, "常见错误").font = _font(bold=True, colour=COLOURS[MUST])
    for number, text in enumerate(MISTAKES, 1):
        row = first + number
        _body(sheet, row, 1, str(number))
        _body(sheet, row, 2, text)
        sheet.merge_cells(start_row=row, end_row=row, start_column=2, end_column=len(titles))
        sheet.row_dimensions[row].height = 18 if len(text) < NOTE_LINE else 34
    for letter, width in zip("ABCDE", (14, 18, 62, 56, 28), strict=True):
        sheet.column_dimensions[letter].width = width
    _lay_out(sheet, "A2")


def _packed(book: Workbook) -> bytes:
    """Return the file with one time on all its parts; `Workbook.save` writes the clock's."""
    written, packed = io.BytesIO(), io.BytesIO()
    ExcelWriter(book, zipfile.ZipFile(written, "w")).save()
    with zipfile.ZipFile(written) as parts, zipfile.ZipFile(packed, "w") as archive:
        for part in parts.namelist():
            entry = zipfile.ZipInfo(part, ZIP_MADE)
            archive.writestr(entry, parts.read(part), zipfile.ZIP_DEFLATED)
    return packed.getvalue()
