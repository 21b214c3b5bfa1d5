"""Venues without coordinates: their addresses are looked up among the places of the study."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from ..geo.errors import LayerError
from .address_table import candidate_facts, locate_addresses
from .cells import is_empty
from .columns import Column, Match, resolve
from .geocode import Gazetteer
from .ledger import Ledger, listed
from .rows import column_texts
from .tables import Table, open_ledger

COORDINATES = {"lon": "经度", "lat": "纬度"}


def with_coordinates(
    table: Table, known: Sequence[Column], stated: Mapping[str, str] | None
) -> Table:
    """
    Return a table that has columns of coordinates: blank ones where it only has addresses.

    Parameters
    ----------
    table
        From `read_records`.
    known
        Columns of venues, of which those of coordinates need not be there.
    stated
        Headers by the names of columns.
    """
    try:
        found = resolve(list(table.cells.columns), known, open_ledger(table), stated)
    except LayerError:
        return table  # told in full by whoever asks for all columns
    if COORDINATES.keys() & found.keys() or "address" not in found:
        return table
    return replace(table, cells=table.cells.assign(**dict.fromkeys(COORDINATES.values(), "")))


def answer_addresses(
    values: pd.DataFrame,
    matches: Mapping[str, Match],
    ledger: Ledger,
    gazetteer: Callable[[], Gazetteer] | None,
) -> None:
    """
    Fill longitude, latitude, datum and precision of the rows that have only an address.

    A row with one coordinate, or with neither coordinates nor address, is refused, and so is one
    whose address is unknown, ambiguous, or names no more than a town: its candidates are told.

    Parameters
    ----------
    values, matches, ledger
        From `parse_rows`, `resolve` and `open_ledger`; `values` is changed.
    gazetteer
        Makes it, the first time an address is looked up; None looks up none.
    """
    empty = {name: values[name].isna() for name in ("lon", "lat")}
    refused = values.index.isin(sorted(ledger.refused))
    address = column_texts(values, "address")
    asked = empty["lon"] & empty["lat"] & ~refused & (gazetteer is not None)
    for name, blank in empty.items():
        for row in values.index[blank & ~asked & ~refused]:
            ledger.refuse(row, "Q-MISSING", matches[name].header, "")
    if gazetteer is None or not asked.any():
        return
    rows = pd.DataFrame(
        {"address": address, "town": column_texts(values, "town"), "name": values["name"]}
    )[asked]
    found = locate_addresses(rows, gazetteer())
    told = zip(rows.index.tolist(), found["code"], found["candidates"], strict=True)
    header = matches["address" if "address" in matches else "lon"].header
    for row, code, candidates in told:
        if code:
            facts = candidate_facts(candidates)
            ledger.refuse(row, code, header, address[row], **facts)
    known = found[found["code"] == ""]
    if known.empty:
        return
    filled = known[["lon", "lat"]].assign(datum="WGS84", precision=known["grade"])
    for column in ("lon", "lat", "datum", "precision"):
        known_cells = filled[column].astype(object).reindex(values.index)
        nothing = pd.Series(None, values.index, object)
        before = values[column] if column in values.columns else nothing
        values[column] = known_cells.where(known_cells.notna(), before)
    rows_known = listed(known.index)
    ledger.warn("W-ADDRESSES", header, count=len(known), rows=rows_known)


def addresses_asked(
    table: Table, known: Sequence[Column], stated: Mapping[str, str] | None
) -> pd.DataFrame:
    """Return `address`, `town` and `name` of the rows without coordinates, as they stand."""
    matches = resolve(list(table.cells.columns), known, open_ledger(table), stated)
    cells = {name: table.cells[match.header] for name, match in matches.items()}
    if "address" not in cells:
        return pd.DataFrame(columns=["address", "town", "name"])
    blank = cells["lon"].map(is_empty) & cells["lat"].map(is_empty)
    asked = blank & ~cells["address"].map(is_empty)
    nothing = pd.Series("", table.cells.index)
    columns = {name: cells.get(name, nothing) for name in ("address", "town", "name")}
    return pd.DataFrame(columns)[asked]
