"""
Tables: from a file to named columns of text, and what stands around them.

A wrong file stops; no cell is interpreted. `rows` makes values of the cells.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from pyproj import CRS

from ..geo.errors import Fault, LayerError
from .cells import is_empty, squeeze
from .columns import EXTRA, Column
from .headers import Head, check_twice, find_head, has_head, without_notes
from .ledger import ORIGIN, Ledger, listed, unprotected
from .sheets import MOST_ROWS, Block, Sheet, read_csv
from .workbooks import NOTES_SHEET, Workbook, open_workbook

TEXT_FORMATS = (".csv", ".txt", ".tsv")
BOOK_FORMATS = (".xlsx", ".xlsm", ".xls")


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
        (in a CSV the number of the record, in a spatial file of the feature); blank rows are left
        out.
    blank
        Number of blank rows between others.
    faults
        Rows with more or fewer cells than the header.
    warnings
        What was noticed about the file.
    titles, notes
        Rows above the header and below the records: their numbers and texts.
    merged
        Rows and headers of the cells whose value stands for several rows.
    filled
        Of these, those that were empty themselves.
    crs
        Reference system of the points of a spatial file.
    said
        Texts that may name a datum, by the place where they stand.
    """

    file: str
    sheet: str | None
    encoding: str
    cells: pd.DataFrame
    blank: int = 0
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()
    titles: tuple[tuple[int, str], ...] = ()
    notes: tuple[tuple[int, str], ...] = ()
    merged: frozenset[tuple[int, str]] = frozenset()
    filled: frozenset[tuple[int, str]] = frozenset()
    crs: CRS | None = None
    said: Mapping[str, str] = field(default_factory=dict)


def read_table(
    path: Path | str,
    *,
    sheet: str | None = None,
    header: int | None = None,
    columns: Sequence[Column] = (),
    stated: Mapping[str, str] | None = None,
) -> Table:
    """
    Read a CSV file or a workbook as text.

    Parameters
    ----------
    path
        UTF-8, GB 18030 or UTF-16 with a mark for CSV; .xlsx, .xlsm, .xls.
    sheet
        Name of the sheet of a workbook, if more than one can be meant.
    header
        Row of the header as Excel shows it, if it cannot be found.
    columns, stated
        What the sheet and the header are known by, and the headers that the study states; without
        them the one filled sheet and its first filled row.

    Raises
    ------
    LayerError
        No such file, unknown format, damaged, cut, too large, empty, no header or several, a
        header twice.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in TEXT_FORMATS + BOOK_FORMATS:
        known = " ".join(TEXT_FORMATS + BOOK_FORMATS)
        raise LayerError(Fault("E-FORMAT", path.name, facts={"known": known}))
    if suffix in TEXT_FORMATS and sheet is not None:
        raise LayerError(Fault("E-SHEET", path.name, sheet, facts={"sheets": "—"}))
    try:
        if suffix in TEXT_FORMATS:
            warnings: list[Fault] = []
            found = read_csv(path)
        else:
            found, warnings = _choose(open_workbook(path), sheet, columns, stated)
    except OSError as error:
        code = "E-FILE-MISSING" if isinstance(error, FileNotFoundError) else "E-FILE"
        fault = Fault(code, path.name, facts={"problem": error.strerror or error})
        raise LayerError(fault) from error
    if all(is_empty(cell) for _, cells in found.records for cell in cells):
        raise LayerError(Fault("E-EMPTY", path.name, found.name))
    head = find_head(found, path.name, columns, stated, header)
    return _table(found, head, path.name, warnings)


def _choose(
    book: Workbook, name: str | None, columns: Sequence[Column], stated: Mapping[str, str] | None
) -> tuple[Sheet, list[Fault]]:
    """Return the one sheet that is meant, and what to say about the workbook."""
    file = book.path.name
    if not book.visible and not book.hidden:
        raise LayerError(Fault("E-EMPTY", file))
    names = [name] if name is not None else list(book.visible)
    if name is None and len(names) != 1 and columns:
        names = [one for one in names if has_head(book.sheet(one), columns, stated)]
    if len(names) != 1 or names[0] not in book.visible + book.hidden:
        known = "、".join(names if len(names) > 1 else book.visible + book.hidden)
        raise LayerError(Fault("E-SHEET", file, name, facts={"sheets": known}))
    warnings = []
    if book.macros:
        warnings.append(Fault("W-MACROS", file))
    unseen = [one for one in book.hidden if one != names[0]]
    if unseen:
        warnings.append(Fault("W-SHEETS-HIDDEN", file, facts={"sheets": "、".join(unseen)}))
    other = [
        f"{one} ({len(book.sheet(one).records)})"
        for one in book.visible
        if one != names[0] and not NOTES_SHEET.fullmatch(one)
    ]
    if other:
        warnings.append(Fault("W-SHEETS-OTHER", file, facts={"sheets": "、".join(other)}))
    return book.sheet(names[0]), warnings


def _table(found: Sheet, head: Head, file: str, warnings: list[Fault]) -> Table:
    """Return the records below a header."""
    records = [(row, cells) for row, cells in found.records if not all(map(is_empty, cells))]
    titles = [
        (row, " ".join(dict.fromkeys(squeeze(cell) for cell in cells if not is_empty(cell))))
        for row, cells in records
        if row < head.first
    ]
    below = [(row, cells) for row, cells in records if row > head.last]
    body, notes = without_notes(below)
    if not body:
        raise LayerError(Fault("E-EMPTY", file, found.name))
    if len(body) > MOST_ROWS:
        raise LayerError(Fault("E-ROWS-MANY", file, found.name, facts={"most": MOST_ROWS}))
    names = _cut(head.names, body)
    check_twice(names, file, found.name, head.last)
    frame, faults = _frame(names, body, file, found.name)
    if not found.ended:
        warnings = [*warnings, Fault("W-LAST-LINE", file, row=found.records[-1][0])]
    for code, marked in (("W-ROWS-HIDDEN", found.hidden), ("W-ROWS-STRUCK", found.struck)):
        rows = [row for row, _ in body if row in marked]
        if rows:
            facts = {"count": len(rows), "rows": listed(rows)}
            warnings = [*warnings, Fault(code, file, found.name, facts=facts)]
    merged, filled = _merged(found.merged, names, head.last, set(frame.index))
    lines = [*titles, *notes]
    return Table(
        file, found.name, found.encoding, frame,
        blank=below[-1][0] - head.last - len(below),
        faults=tuple(faults),
        warnings=tuple(warnings),
        titles=tuple(titles),
        notes=tuple(notes),
        merged=merged,
        filled=filled,
        said={f"第{row}行 / row {row}": words for row, words in lines},
    )  # fmt: skip


def _cut(names: list[str], body: list[tuple[int, list[str]]]) -> list[str]:
    """Cut columns at the end that have no header and no cell."""
    last = max(i for _, cells in body for i, cell in enumerate(cells) if not is_empty(cell))
    kept = len(names)
    while kept > last + 1 and re.fullmatch(r"\([A-Z]+\)", names[kept - 1]):
        kept -= 1
    return names[:kept]


def _frame(
    names: list[str], body: list[tuple[int, list[str]]], file: str, sheet: str | None
) -> tuple[pd.DataFrame, list[Fault]]:
    """Return the cells of the records, and those with more or fewer of them than the header."""
    faults, rows = [], []
    for row, cells in body:
        extra = [cell for cell in cells[len(names) :] if not is_empty(cell)]
        if extra or len(cells) < len(names):
            facts = {"found": len(cells), "expected": len(names)}
            faults.append(Fault("Q-FIELDS", file, sheet, row, facts=facts))
        padding = [""] * (len(names) - len(cells))
        rows.append([*cells[: len(names)], *padding, " ".join(extra)])
    index = pd.Index([row for row, _ in body], name="row", dtype="int64")
    frame = pd.DataFrame(rows, index=index, columns=[*names, EXTRA], dtype=str)
    if (frame[EXTRA] == "").all():
        frame = frame.drop(columns=EXTRA)
    if set(ORIGIN) <= set(names):
        # Our own quarantine: what protects its texts from being taken for formulas comes off.
        frame = frame.map(unprotected).rename(columns=unprotected)
    return frame, faults


def _merged(
    blocks: Sequence[Block], names: list[str], head: int, rows: set[int]
) -> tuple[frozenset[tuple[int, str]], frozenset[tuple[int, str]]]:
    """Return the cells of blocks over several rows, and of these the ones below the first."""
    cells = {
        (row, names[column]): row > top
        for top, left, bottom, right in blocks
        if bottom > max(top, head)
        for row in range(max(top, head + 1), bottom + 1)
        if row in rows
        for column in range(left, min(right + 1, len(names)))
    }
    return frozenset(cells), frozenset(place for place, filled in cells.items() if filled)


def open_ledger(table: Table) -> Ledger:
    """Begin the ledger of a table; rows with a wrong number of cells are refused at once."""
    return Ledger(
        table.file,
        table.sheet,
        table.encoding,
        faults=list(table.faults),
        warnings=list(table.warnings),
        titles=list(table.titles),
        notes=list(table.notes),
    )
