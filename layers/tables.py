"""
Tables: from a file to typed columns, every row accounted for.

A wrong file stops with all that is wrong with it; a wrong row goes to quarantine. Every cell is
first a text; one strict parser per column makes a value of it or says why not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pandas as pd
from openpyxl.utils import get_column_letter

from ..geo.errors import Fault, LayerError
from .cells import NOTHING, CellError, altered, is_empty, lookup_key, squeeze
from .columns import EXTRA, Match
from .ledger import Ledger
from .sheets import read_csv, read_xlsx

TEXT_FORMATS = (".csv", ".txt", ".tsv")
BOOK_FORMATS = (".xlsx", ".xlsm")

TOTAL = re.compile(r".*(合计|小计|总计|共计)|全(区|县|市|镇|街道?)|(sub)?total")


@dataclass(frozen=True)
class Table:
    """
    A table as it stands in its file.

    Parameters
    ----------
    file, sheet, encoding
        Where it was read from, and how.
    cells
        Texts, verbatim. Columns are the headers, index `row` is the row number that Excel shows
        (in a CSV the number of the record); blank rows are left out.
    blank
        Number of blank rows between others.
    faults
        Rows with more or fewer cells than the header.
    """

    file: str
    sheet: str | None
    encoding: str
    cells: pd.DataFrame
    blank: int = 0
    faults: tuple[Fault, ...] = ()


def read_table(path: Path | str, *, sheet: str | None = None) -> Table:
    """
    Read a CSV or XLSX file as text.

    Parameters
    ----------
    path
        UTF-8, GB 18030 or UTF-16 with a mark for CSV.
    sheet
        Name of the sheet of a workbook, if more than one is filled.

    Raises
    ------
    LayerError
        No such file, unknown format, damaged, cut, empty, or a header twice.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in TEXT_FORMATS + BOOK_FORMATS:
        known = " ".join(TEXT_FORMATS + BOOK_FORMATS)
        raise LayerError(Fault("E-FORMAT", path.name, facts={"known": known}))
    if suffix in TEXT_FORMATS and sheet is not None:
        raise LayerError(Fault("E-SHEET", path.name, sheet, facts={"sheets": "—"}))
    try:
        found = read_csv(path) if suffix in TEXT_FORMATS else read_xlsx(path, sheet)
    except OSError as error:
        code = "E-FILE-MISSING" if isinstance(error, FileNotFoundError) else "E-FILE"
        fault = Fault(code, path.name, facts={"problem": error.strerror or error})
        raise LayerError(fault) from error
    records = [(row, cells) for row, cells in found.records if not all(map(is_empty, cells))]
    if len(records) < 2:
        raise LayerError(Fault("E-EMPTY", path.name, found.name))
    (first, header), body = records[0], records[1:]
    names = _header(path.name, found.name, first, header, body)
    faults, rows = [], []
    for row, cells in body:
        extra = [cell for cell in cells[len(names) :] if not is_empty(cell)]
        if extra or len(cells) < len(names):
            facts = {"found": len(cells), "expected": len(names)}
            faults.append(Fault("Q-FIELDS", path.name, found.name, row, facts=facts))
        padding = [""] * (len(names) - len(cells))
        rows.append([*cells[: len(names)], *padding, " ".join(extra)])
    index = pd.Index([row for row, _ in body], name="row", dtype="int64")
    frame = pd.DataFrame(rows, index=index, columns=[*names, EXTRA], dtype=str)
    if (frame[EXTRA] == "").all():
        frame = frame.drop(columns=EXTRA)
    blank = body[-1][0] - first - len(body)
    return Table(path.name, found.name, found.encoding, frame, blank, tuple(faults))


def _header(
    file: str, sheet: str | None, row: int, header: list[str], body: list[tuple[int, list[str]]]
) -> list[str]:
    """Return the headers; columns without one bear their letter, empty ones at the end are cut."""
    names = [squeeze(name) for name in header]
    last = max(i for _, cells in body for i, cell in enumerate(cells) if not is_empty(cell))
    while len(names) > last + 1 and not names[-1]:
        names.pop()
    names = [name or f"({get_column_letter(i)})" for i, name in enumerate(names, 1)]
    keys = [lookup_key(name) for name in names]
    twice = [name for name, key in zip(names, keys, strict=True) if keys.count(key) > 1]
    if twice:
        facts = {"headers": "、".join(twice)}
        raise LayerError(Fault("E-HEADER-TWICE", file, sheet, row, facts=facts))
    return names


def open_ledger(table: Table) -> Ledger:
    """Begin the ledger of a table; rows with a wrong number of cells are refused at once."""
    return Ledger(table.file, table.sheet, table.encoding, faults=list(table.faults))


def parse_rows(
    table: Table, matches: Mapping[str, Match], ledger: Ledger, totals: Sequence[str] = ()
) -> pd.DataFrame:
    """
    Parse the matched columns of every row; what is refused is noted in the ledger.

    Parameters
    ----------
    table, matches, ledger
        From `read_table`, `resolve` and `open_ledger`.
    totals
        Columns where 合计 and the like mark a row that is the total of others.

    Returns
    -------
    DataFrame
        Objects, index `row`; none for cells that are empty or refused. Total rows and rows with a
        wrong number of cells are left out.
    """
    aligned = table.cells.drop(index=sorted(ledger.refused))
    total = {
        cast(int, row)
        for name in totals
        if name in matches
        for row, cell in aligned[matches[name].header].items()
        if TOTAL.fullmatch(lookup_key(str(cell)).rstrip(":"))
    }
    for row in sorted(total):
        ledger.refuse(row, "Q-TOTAL")
    aligned = aligned.drop(index=sorted(total))
    parsed = {
        name: [
            _value(cast(int, row), cell, match, ledger)
            for row, cell in aligned[match.header].items()
        ]
        for name, match in matches.items()
    }
    return pd.DataFrame(parsed, index=aligned.index, columns=list(matches), dtype=object)


def _value(row: int, cell: str, match: Match, ledger: Ledger) -> object:
    try:
        if is_empty(cell):
            if match.column.filled:
                raise CellError("Q-MISSING")
            return None
        if not match.column.filled and squeeze(cell) in NOTHING:
            return None
        value = match.parse(cell)
    except CellError as error:
        ledger.refuse(row, error.code, match.header, cell, **error.facts)
        return None
    if match.unit or altered(cell, value):
        ledger.normalised[match.header] = ledger.normalised.get(match.header, 0) + 1
    return value


def refuse_twice(ids: pd.Series, header: str, ledger: Ledger) -> None:
    """Refuse all rows but the first with one id."""
    first: dict[str, int] = {}
    for key, name in ids.dropna().items():
        row = cast(int, key)
        if name in first:
            ledger.refuse(row, "Q-ID-TWICE", header, name, first=first[name])
        first.setdefault(name, row)


def column_texts(values: pd.DataFrame, name: str) -> pd.Series:
    """Return an optional column as texts, empty where nothing stands."""
    if name not in values.columns:
        return pd.Series("", index=values.index, dtype=str)
    return values[name].where(values[name].notna(), "").astype(str)
