"""
Rows: from texts to typed values, every row accounted for.

A wrong row goes to quarantine with all its reasons. One strict parser per column makes a value of
a cell or says why not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import cast

import pandas as pd

from .cells import NOTHING, YES, CellError, altered, is_empty, lookup_key, squeeze
from .columns import Match
from .ledger import Ledger
from .tables import Table

TOTAL = re.compile(r".*(合计|小计|总计|共计)|全(区|县|市|镇|街道?)|(sub)?total")


def parse_rows(
    table: Table,
    matches: Mapping[str, Match],
    ledger: Ledger,
    totals: Sequence[str] = (),
    apart: tuple[str, str] | None = None,
) -> pd.DataFrame:
    """
    Parse the matched columns of every row; what is refused is noted in the ledger.

    Parameters
    ----------
    table, matches, ledger
        From `read_table`, `resolve` and `open_ledger`.
    totals
        Columns where 合计 and the like mark a row that is the total of others.
    apart
        A column where 是 sets a row apart as no record, and the one that must be empty or 0 then.

    Returns
    -------
    DataFrame
        Objects, index `row`; none for cells that are empty or refused. Total rows, rows that are
        set apart and rows with a wrong number of cells are left out.
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
    if apart is not None and apart[0] in matches:
        mark = aligned[matches[apart[0]].header].map(lookup_key).isin(sorted(YES))
        if apart[1] in matches:
            mark &= aligned[matches[apart[1]].header].map(squeeze).isin(["", "0", *NOTHING])
        ledger.apart |= {cast(int, row): apart[0] for row in aligned.index[mark]}
        aligned = aligned[~mark]
    parsed = {
        name: _column(aligned[match.header], match, ledger, table)
        for name, match in matches.items()
    }
    return pd.DataFrame(parsed, index=aligned.index, columns=list(matches), dtype=object)


def _column(cells: pd.Series, match: Match, ledger: Ledger, table: Table) -> list[object]:
    """Return the values of a column; none where one is empty or refused."""
    header, values, normalised = match.header, [], 0

    @cache
    def read(cell: str) -> tuple[object, bool]:
        value = match.parse(cell)
        return value, bool(match.unit) or altered(cell, value)

    for key, cell in cells.items():
        row, value = cast(int, key), None
        try:
            if is_empty(cell):
                if match.column.filled:
                    raise CellError("Q-MISSING")
            elif match.column.filled or squeeze(cell) not in NOTHING:
                if not match.column.spread and (row, header) in table.merged:
                    raise CellError("Q-MERGED")
                value, changed = read(cell)
                normalised += changed or (row, header) in table.filled
        except CellError as error:
            ledger.refuse(row, error.code, header, cell, **error.facts)
        values.append(value)
    if normalised:
        ledger.normalised[header] = ledger.normalised.get(header, 0) + normalised
    return values


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
