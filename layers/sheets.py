"""
Sheets: the records of a CSV or XLSX file as text, and nothing else.

A file that is cut, damaged or in an unknown encoding stops here; no cell is interpreted.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import warnings
import zipfile
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula
from openpyxl.worksheet.worksheet import Worksheet

from ..geo.errors import Fault, LayerError

BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
DELIMITERS = ",\t;"
GB2312_SHARE = 0.8
"""Chinese text holds nearly only GB 2312 characters; other encodings read as GB 18030 do not."""
LATIN_WORD = re.compile(r"[A-Za-z][\u0080-\u07ff]|[\u0080-\u07ff][A-Za-z]")

XLSX_BYTES = 200 * 2**20
XLSX_RATIO = 100
XLSX_SMALL_BYTES = 2**20
"""Below this a high ratio does no harm: a sheet of equal rows packs well."""
EXCEL_LAST_ROWS = (65_536, 1_048_576)
EXACT_INTEGER = 10**15


@dataclass(frozen=True)
class Sheet:
    """
    The records of one sheet.

    Parameters
    ----------
    name
        Name of the sheet, none for CSV.
    encoding
        How the text was read.
    records
        Row number and cells. The number is the one that Excel shows: in a CSV a record counts as
        one row, however many lines its quoted cells take.
    """

    name: str | None
    encoding: str
    records: list[tuple[int, list[str]]]


def decode(data: bytes, file: str) -> tuple[str, str]:
    """
    Decode a text file: by its byte order mark, else strict UTF-8, else strict GB 18030.

    Raises
    ------
    LayerError
        None of these fits, two fit equally well, the text was damaged before, or it is cut inside
        a character.
    """
    marked = (encoding for mark, encoding in BYTE_ORDER_MARKS if data.startswith(mark))
    encoding = next(marked, None) or _guess(data, file)
    try:
        content = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise LayerError(Fault("E-ENCODING", file)) from error
    if "\ufffd" in content:
        raise LayerError(Fault("E-ENCODING-DAMAGED", file))
    return content, encoding


def _guess(data: bytes, file: str) -> str:
    try:
        content = data.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and re.search(
            r"[\u0800-\uffff]", data[: error.start].decode("utf-8")
        ):
            raise LayerError(Fault("E-CUT", file)) from error
        if not _is_gb18030(data):
            raise LayerError(Fault("E-ENCODING", file)) from error
        return "gb18030"
    # Few Chinese characters in GB 18030 may happen to be valid UTF-8 of U+0080 to U+07FF.
    if (
        not content.isascii()
        and all(c < "\u0800" for c in content)
        and not LATIN_WORD.search(content)
        and _is_gb18030(data)
    ):
        raise LayerError(Fault("E-ENCODING-AMBIGUOUS", file))
    return "utf-8"


def _is_gb18030(data: bytes) -> bool:
    try:
        content = data.decode("gb18030")
    except UnicodeDecodeError:
        return False
    wide = [c for c in content if not c.isascii()]
    common = sum(1 for c in wide if c.encode("gb2312", "ignore"))
    return common >= GB2312_SHARE * len(wide)


def read_csv(path: Path) -> Sheet:
    """
    Read the records of a CSV file; the delimiter is a comma, tab or semicolon.

    Raises
    ------
    LayerError
        Encoding, control characters, a quote that does not close, the last line cut.
    """
    content, encoding = decode(path.read_bytes(), path.name)
    for line, text in enumerate(content.split("\n"), 1):
        if any(unicodedata.category(c) == "Cc" and c not in "\t\r\n" for c in text):
            raise LayerError(Fault("E-CONTROL", path.name, row=line))
    first = re.split(r"[\r\n]", content, maxsplit=1)[0]
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    try:
        records = list(enumerate(reader, 1))
    except csv.Error as error:
        code = "E-CUT" if "unexpected end of data" in str(error) else "E-CSV"
        fault = Fault(code, path.name, row=reader.line_num, facts={"problem": error})
        raise LayerError(fault) from error
    ended = content.endswith(("\n", "\r"))
    if records and not ended and len(records[-1][1]) < len(records[0][1]):
        raise LayerError(Fault("E-CUT", path.name, row=records[-1][0]))
    return Sheet(None, encoding, records)


def read_xlsx(path: Path, sheet: str | None) -> Sheet:
    """
    Read the records of one sheet of a workbook.

    Parameters
    ----------
    path
        An XLSX file.
    sheet
        Name of the sheet; not needed when only one is not empty.

    Raises
    ------
    LayerError
        Not a workbook, damaged, too large, no such sheet or several.
    """
    _check_archive(path)
    book = _workbook(path, values=False)
    filled = {page.title: page for page in book.worksheets if _is_filled(page)}
    names = [sheet] if sheet is not None else list(filled)
    if len(names) != 1 or names[0] not in filled:
        known = "、".join(filled) or "—"
        raise LayerError(Fault("E-SHEET", path.name, sheet, facts={"sheets": known}))
    page = filled[names[0]]
    cached = None
    if any(cell.data_type == "f" for row in page.iter_rows() for cell in row):
        cached = _workbook(path, values=True)[names[0]]
    records = []
    for number, row in enumerate(page.iter_rows(), 1):
        records.append((number, [_cell_text(cell, cached) for cell in row]))
    if len(records) in EXCEL_LAST_ROWS and any(records[-1][1]):
        raise LayerError(Fault("E-LAST-ROW", path.name, names[0], len(records)))
    return Sheet(names[0], "xlsx", records)


def _is_filled(page: Worksheet) -> bool:
    rows = page.iter_rows(values_only=True)
    return any(cell is not None for row in rows for cell in row)


def _check_archive(path: Path) -> None:
    """Refuse a damaged archive, and one that would unpack to too much."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
            packed = max(1, path.stat().st_size)
            if size > XLSX_BYTES or (size > XLSX_SMALL_BYTES and size > XLSX_RATIO * packed):
                facts = {"megabytes": size // 2**20, "ratio": size // packed}
                raise LayerError(Fault("E-XLSX-SIZE", path.name, facts=facts))
            damaged = archive.testzip()
    except LayerError:
        raise
    except Exception as error:
        # A damaged archive shows itself by many kinds of exception.
        raise LayerError(Fault("E-XLSX", path.name)) from error
    if damaged is not None:
        raise LayerError(Fault("E-XLSX", path.name))


def _workbook(path: Path, values: bool) -> Workbook:
    try:
        with warnings.catch_warnings():
            # openpyxl warns about styles and validation lists, which hold no data.
            warnings.simplefilter("ignore", UserWarning)
            return openpyxl.load_workbook(path, data_only=values)
    except Exception as error:
        # openpyxl lets through whatever its parts raise on damaged parts.
        raise LayerError(Fault("E-XLSX", path.name)) from error


def _cell_text(cell: Cell | MergedCell, cached: Worksheet | None) -> str:
    """Return a cell as text; a formula as its last value, or as itself where there is none."""
    if cached is None or cell.data_type != "f":
        return value_text(cell.value)
    value = cached[cell.coordinate].value
    return value_text(cell.value if value is None else value)


def value_text(value: object) -> str:
    """Return the exact text of a value: no rounding, no regional format."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) < EXACT_INTEGER
        return str(int(value)) if whole else repr(value)
    if isinstance(value, datetime):
        midnight = value.time() == time(0)
        return value.date().isoformat() if midnight else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, ArrayFormula | DataTableFormula):
        return f"={getattr(value, 'text', '')}"
    return str(value)
