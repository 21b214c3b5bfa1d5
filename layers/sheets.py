"""
Sheets: the records of a file as text, and nothing else.

A text file that is cut, damaged or in an unknown encoding stops here; no cell is interpreted.
Workbooks are read in `workbooks`.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

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
SIGNATURES = (
    (b"PK\x03\x04", ".xlsx"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".xls"),
    (b"SQLite format 3\x00", ".gpkg"),
)
"""How files begin that are no text."""

TOP_ROWS = 10
"""A header stands in one of the first rows, or its row is stated."""
MOST_ROWS = 200_000
MOST_COLUMNS = 16_384
MOST_CELLS = 10_000_000
"""Empty ones count: a space typed in the farthest cell makes a sheet that no memory holds."""
MOST_BYTES = 200 * 2**20
EXACT_INTEGER = 10**15

Block = tuple[int, int, int, int]
"""First row, first column, last row, last column of merged cells; rows from 1, columns from 0."""


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
    merged
        Blocks of merged cells; every cell of a block bears its text.
    hidden
        Numbers of the rows that the sheet does not show.
    struck
        Numbers of the rows in which something is struck out.
    ended
        Whether the last line of a text file ends as lines do.
    """

    name: str | None
    encoding: str
    records: list[tuple[int, list[str]]]
    merged: tuple[Block, ...] = ()
    hidden: frozenset[int] = frozenset()
    struck: frozenset[int] = frozenset()
    ended: bool = True


def check_size(path: Path) -> None:
    """
    Refuse a file that is too large to be a table of one district.

    Raises
    ------
    LayerError
        More than `MOST_BYTES`.
    """
    size = path.stat().st_size
    if size > MOST_BYTES:
        facts = {"megabytes": size // 2**20, "most": MOST_BYTES // 2**20}
        raise LayerError(Fault("E-FILE-BIG", path.name, facts=facts))


def check_rows(count: int, file: str, sheet: str | None = None) -> None:
    """
    Refuse a table of more than `MOST_ROWS` rows.

    Raises
    ------
    LayerError
        It has more.
    """
    if count > MOST_ROWS + TOP_ROWS:
        raise LayerError(Fault("E-ROWS-MANY", file, sheet, facts={"most": MOST_ROWS}))


def check_extent(rows: int, columns: int, file: str, sheet: str | None = None) -> None:
    """
    Refuse a sheet of more than `MOST_CELLS` cells, the empty ones between others too, or columns.

    Raises
    ------
    LayerError
        It has more; the fault names the last cell.
    """
    if rows * columns > MOST_CELLS or columns > MOST_COLUMNS:
        facts = {"rows": rows, "columns": columns}
        raise LayerError(Fault("E-CELLS-FAR", file, sheet, rows, facts=facts))


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


def check_signature(data: bytes, suffix: str, file: str) -> None:
    """
    Refuse a file whose beginning is that of another format than its name says.

    Raises
    ------
    LayerError
        E-FORMAT-OTHER.
    """
    found = next((kind for mark, kind in SIGNATURES if data.startswith(mark)), None)
    if found is None and data.lstrip()[:1] == b"<" and suffix not in (".geojson", ".json"):
        found = ".html"
    if found is not None and (found[:4] != suffix[:4] or (found == ".xls") != (suffix == ".xls")):
        raise LayerError(Fault("E-FORMAT-OTHER", file, facts={"found": found, "name": suffix}))


def read_csv(path: Path) -> Sheet:
    """
    Read the records of a CSV file; the delimiter is a comma, tab or semicolon.

    Raises
    ------
    LayerError
        Encoding, control characters, a quote that does not close, the last line cut, too large.
    """
    check_size(path)
    data = path.read_bytes()
    check_signature(data[:64], path.suffix.lower(), path.name)
    content, encoding = decode(data, path.name)
    lines = content.split("\n")
    for line, text in enumerate(lines, 1):
        if not text.removesuffix("\r").isprintable() and any(
            unicodedata.category(c) == "Cc" and c not in "\t\r\n" for c in text
        ):
            raise LayerError(Fault("E-CONTROL", path.name, row=line))
    check_rows(len(lines), path.name)
    top = "\n".join(re.split(r"[\r\n]+", content, maxsplit=TOP_ROWS)[:TOP_ROWS])
    delimiter = max(DELIMITERS, key=top.count)
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    try:
        records = list(enumerate(reader, 1))
    except csv.Error as error:
        code = "E-CUT" if "unexpected end of data" in str(error) else "E-CSV"
        fault = Fault(code, path.name, row=reader.line_num, facts={"problem": error})
        raise LayerError(fault) from error
    check_extent(len(records), max((len(cells) for _, cells in records), default=0), path.name)
    ended = content.endswith(("\n", "\r"))
    widest = max((len(cells) for _, cells in records[:TOP_ROWS]), default=0)
    if records and not ended and len(records[-1][1]) < widest:
        raise LayerError(Fault("E-CUT", path.name, row=records[-1][0]))
    return Sheet(None, encoding, records, ended=ended)


def value_text(value: object) -> str:
    """Return the exact text of a value: no rounding, no regional format."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) < EXACT_INTEGER
        return str(int(value)) if whole else repr(value)
    if isinstance(value, int):
        return str(value) if abs(value) < EXACT_INTEGER else repr(float(value))
    if isinstance(value, datetime):
        midnight = value.time() == time(0)
        return value.date().isoformat() if midnight else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value)
