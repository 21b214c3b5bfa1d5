"""Corrections: a quarantine that was mended and is fed back in place of the refused rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pandas as pd

from ..geo.errors import Fault, LayerError
from .columns import EXTRA
from .ledger import ORIGIN, Ledger
from .tables import Table, read_table

Layer = TypeVar("Layer")
ROW = re.compile(r"[0-9]{1,9}")


def read_corrected(
    table: Table, path: Path | str, read: Callable[[Table], tuple[Layer, Ledger]]
) -> tuple[Layer, Ledger]:
    """
    Read a table with rows of its corrected quarantine in place of those that were refused.

    A row that is still wrong stays in quarantine; one that the file does not hold stays as it was.

    Parameters
    ----------
    table
        The table as it stands.
    path
        Its quarantine as this program wrote it, with cells mended; CSV or a workbook.
    read
        Reads a layer from a table.

    Raises
    ------
    LayerError
        A row of another file or sheet, one that was not refused, or one twice; other columns.
    """
    mended = read_table(path)
    refused = _refused(table, read)
    _check(mended, table, refused)
    layer, ledger = read(_replaced(table, mended))
    ledger.corrected = len(mended.cells)
    still = sum(row in ledger.refused for row in _rows(mended))
    ledger.warn("W-CORRECTED", count=ledger.corrected, corrections=mended.file, still=still)
    return layer, ledger


def _refused(table: Table, read: Callable[[Table], tuple[Layer, Ledger]]) -> set[int]:
    """Return the rows that are refused without corrections."""
    try:
        return read(table)[1].refused
    except LayerError as error:
        return {fault.row for fault in error.faults if fault.row is not None}


def _rows(mended: Table) -> list[int]:
    return [int(text) if ROW.fullmatch(text) else -1 for text in mended.cells["_row"]]


def _check(mended: Table, table: Table, refused: set[int]) -> None:
    file, headers = mended.file, set(mended.cells.columns) - {EXTRA}
    lacking = (set(ORIGIN) | set(table.cells.columns) - {EXTRA}) - headers
    beyond = headers - set(ORIGIN) - set(table.cells.columns)
    if lacking or beyond:
        facts = {
            "lacking": "、".join(sorted(lacking)) or "—",
            "beyond": "、".join(sorted(beyond)) or "—",
        }
        raise LayerError(Fault("E-CORRECTION-COLUMNS", file, facts=facts))
    faults, seen = list(mended.faults), set()
    for at, row in zip(mended.cells.index, _rows(mended), strict=True):
        cells = mended.cells.loc[at]
        origin = (cells["_file"], cells["_sheet"])
        shown = cells["_row"]
        if origin != (table.file, table.sheet or ""):
            facts = {"other": " ".join(origin), "table": table.file}
            faults.append(Fault("E-CORRECTION-FILE", file, row=at, facts=facts))
        elif row not in refused:
            faults.append(Fault("E-CORRECTION-ROW", file, row=at, column="_row", value=shown))
        elif row in seen:
            faults.append(Fault("E-CORRECTION-TWICE", file, row=at, column="_row", value=shown))
        seen.add(row)
    if faults:
        raise LayerError(*faults)


def _replaced(table: Table, mended: Table) -> Table:
    """Return the table with mended rows in their old places."""
    rows = _rows(mended)
    names = [name for name in table.cells.columns if name in mended.cells.columns]
    fresh = mended.cells[names].set_index(pd.Index(rows, name="row", dtype="int64"))
    cells = table.cells.copy()
    cells.loc[rows, names] = fresh.loc[rows, names]
    if EXTRA in cells.columns and EXTRA not in names:
        cells.loc[rows, EXTRA] = ""
    whole = cells[EXTRA].eq("") if EXTRA in cells.columns else pd.Series(True, cells.index)
    mended_rows = {row for row in rows if whole.loc[row]}
    return replace(
        table,
        cells=cells,
        faults=tuple(fault for fault in table.faults if fault.row not in mended_rows),
        merged=frozenset(place for place in table.merged if place[0] not in mended_rows),
        filled=frozenset(place for place in table.filled if place[0] not in mended_rows),
    )
