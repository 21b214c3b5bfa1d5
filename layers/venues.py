"""
The venues: points with a type, a status and, where known, a capacity.

Also the venues of the buffer around the district: people cross borders.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame, GeoSeries

from ..geo.crs import require_metric
from ..geo.errors import LayerError
from .columns import Match, resolve, stated_parts
from .corrections import read_corrected
from .features import read_records
from .geocode import Gazetteer
from .ledger import Ledger, listed
from .lookup import town_named, town_names, warn_far_from_town
from .plane import is_plane
from .points import locate
from .rows import column_texts, parse_rows, refuse_twice
from .tables import Table, open_ledger
from .twins import warn_twins
from .venue_addresses import COORDINATES, answer_addresses, with_coordinates
from .venue_cells import TARGETS, targets, unit_name
from .venue_columns import CAPACITY_UNITS, venue_columns
from .venue_types import VenueType as VenueType
from .venue_types import venue_type as venue_type
from .venue_types import venue_types as venue_types

HEADER_REMARK = re.compile(r"[(（](.+)[)）]$")

NAMED_TARGETS = tuple(names[0] for names in TARGETS.values())

TOWN_METRES = 500.0
"""A point this far from its stated town is worth a warning."""
INSIDE_METRES = 1.0


def read_venues(
    path: Path | str,
    *,
    datum: str | None,
    towns: GeoDataFrame,
    buffer_metres: float,
    date: datetime.date,
    sheet: str | None = None,
    header: int | None = None,
    columns: Mapping[str, str] | None = None,
    corrections: Path | str | None = None,
    types: Mapping[str, VenueType] | None = None,
    accept_datum: bool = False,
    gazetteer: Callable[[], Gazetteer] | None = None,
) -> tuple[GeoDataFrame, Ledger]:
    """
    Read the table of venues.

    Parameters
    ----------
    path, sheet, header
        CSV, a workbook or a spatial file; its sheet or layer, and the row of its header, where
        they cannot be told.
    datum
        What the coordinates are declared to be; a column 坐标系 may say otherwise by row. May be
        none if a spatial file bears a reference system.
    towns
        From `read_towns`.
    buffer_metres
        How far outside the district venues are taken.
    date
        The day of the analysis: what opens later is planned, what closed before is closed.
    columns
        Headers as they stand by the names of columns; they override the known aliases.
    corrections
        A corrected quarantine of this table; its rows replace those that were refused.
    types
        Known types, by default those of the package.
    accept_datum
        Whether a contradiction about the datum is only a warning.
    gazetteer
        Makes what addresses of rows without coordinates are looked up in; None refuses such rows.

    Returns
    -------
    GeoDataFrame
        Index `venue`: texts, unique, in the order of the table. Columns `name`, `type`,
        `type_name`, `status` (open, planned, closed, candidate), `capacity` (none: NaN),
        `capacity_unit`, `groups` (as it stands), `targets` (keys of groups, with ;), `days` and
        `hours` of opening (texts), `precision` (A to E or empty), `address`, `town` (code, the
        stated one or empty), `public`, `outside` (of all towns), `source`, `as_of`, `datum`
        (stated by the row, or empty), geometry in the reference system of `towns`.
    Ledger
        What became of the rows.

    Raises
    ------
    LayerError
        The file as a whole is wrong, or no row of it can be used.
    """
    require_metric(towns, "towns")
    types = venue_types() if types is None else types
    known = venue_columns(types)
    table = read_records(path, known, sheet=sheet, header=header, stated=columns)
    table = with_coordinates(table, known, columns)
    known = tuple(replace(c, required=c.required or c.name in COORDINATES) for c in known)

    def read(table: Table) -> tuple[GeoDataFrame, Ledger]:
        ledger = open_ledger(table)
        matches = resolve(list(table.cells.columns), known, ledger, columns)
        values = parse_rows(table, matches, ledger, totals=("venue", "name"))
        refuse_twice(values["venue"], matches["venue"].header, ledger)
        looked_up = None if datum is not None and is_plane(datum) else gazetteer
        answer_addresses(values, matches, ledger, looked_up)
        points = locate(
            table, values, matches, ledger, towns,
            datum=datum, reach_metres=buffer_metres, accept_datum=accept_datum,
        )  # fmt: skip
        _check_days(values, matches, ledger)
        _check_capacity(values, matches, ledger)
        ledger.settle(table.cells, table.blank)
        if not ledger.ok:
            raise LayerError(ledger.fault("E-NONE-LEFT"), *ledger.faults)
        return _frame(values, points, types, towns, date, ledger), ledger

    return read(table) if corrections is None else read_corrected(table, corrections, read)


def _check_days(values: pd.DataFrame, matches: Mapping[str, Match], ledger: Ledger) -> None:
    if {"opened", "closed"} <= set(values.columns):
        both = values[values["opened"].notna() & values["closed"].notna()]
        for row in both.index[[a > b for a, b in zip(both["opened"], both["closed"], strict=True)]]:
            ledger.refuse(row, "Q-DAYS", matches["closed"].header, both.at[row, "closed"])


def _check_capacity(values: pd.DataFrame, matches: Mapping[str, Match], ledger: Ledger) -> None:
    """Part capacities from their units: of the cell, of the column of units, of the header."""
    if "capacity" not in matches:
        return
    header = matches["capacity"].header
    remark = HEADER_REMARK.search(header)
    named = "，".join(stated_parts(remark[1])) if remark else ""
    implied = unit_name(named) or CAPACITY_UNITS.get(HEADER_REMARK.sub("", header), "")
    units = []
    stated = column_texts(values, "capacity_unit").map(unit_name)
    for row, held, unit in zip(values.index, values["capacity"], stated, strict=True):
        own = held.unit if held is not None else ""
        if own and unit and own != unit:
            ledger.refuse(row, "Q-UNIT-CLASH", header, f"{held}{own}", unit=unit, suffix=own)
        units.append(own or unit or (implied if held is not None else ""))
    values["capacity"] = [None if held is None else held.number for held in values["capacity"]]
    values["capacity_unit"] = units


def _frame(
    values: pd.DataFrame, points: GeoSeries, types: Mapping[str, VenueType], towns: GeoDataFrame,
    date: datetime.date, ledger: Ledger,
) -> GeoDataFrame:  # fmt: skip
    """Return the rows that are left, with what they mean on the day of the analysis."""
    kept = values.loc[~values.index.isin(sorted(ledger.refused))]
    frame = _own_columns(kept, points.loc[kept.index], types, towns)
    frame["status"] = _status(kept, date, ledger)
    if not frame["public"].all():
        ledger.warn("W-NOT-PUBLIC", rows=listed(frame.index[~frame["public"]]))
    frame["targets"] = _targets(frame["groups"], ledger)
    frame["town"] = _stated_towns(kept, frame, towns, ledger)
    warn_twins(frame, list(kept["venue"]), ledger)
    return frame.set_index(pd.Index(kept["venue"].astype(str), name="venue")).set_crs(towns.crs)


def _own_columns(
    values: pd.DataFrame, points: GeoSeries, types: Mapping[str, VenueType], towns: GeoDataFrame
) -> GeoDataFrame:
    """Return the columns that rest on their own cells."""
    texts = (
        "capacity_unit", "groups", "days", "hours", "precision", "address", "source",
        "as_of", "datum",
    )  # fmt: skip
    capacity = values["capacity"] if "capacity" in values.columns else np.nan
    public = values["public"] if "public" in values.columns else pd.Series(True, values.index)
    away = shapely.distance(np.asarray(points, object), towns.union_all())
    columns = {
        "name": values["name"].astype(str),
        "type": values["type"].astype(str),
        "type_name": pd.Series([types[key].name for key in values["type"]], values.index, str),
        "status": "",
        "capacity": pd.Series(capacity, values.index).astype(float),
        **{name: column_texts(values, name) for name in texts},
        "targets": "",
        "town": "",
        "public": public.where(public.notna(), True).astype(bool),
        "outside": away > INSIDE_METRES,
    }
    order = [
        "name", "type", "type_name", "status", "capacity", "capacity_unit", "groups", "targets",
        "days", "hours", "precision", "address", "town", "public", "outside", "source",
        "as_of", "datum",
    ]  # fmt: skip
    return GeoDataFrame(columns, geometry=points, index=values.index)[[*order, "geometry"]]


def _targets(groups: pd.Series, ledger: Ledger) -> list[str]:
    """Return the keys of the groups that each venue is for, and warn of words that name none."""
    found: list[str] = []
    strange: dict[str, object] = {}
    read = cache(targets)
    for row, cell in groups.items():
        keys, unknown = read(cell) if cell else ((), [])
        found.append(";".join(keys))
        strange |= dict.fromkeys(unknown, row)
    if strange:
        ledger.warn("W-TARGETS", words=listed(strange), known="、".join(NAMED_TARGETS))
    return found


def _status(values: pd.DataFrame, date: datetime.date, ledger: Ledger) -> pd.Series:
    """Return the status on the day of the analysis."""
    status = values["status"].astype(str)
    for name, code_, turned, late in (
        ("opened", "W-OPENS-LATER", "planned", True),
        ("closed", "W-CLOSED-BEFORE", "closed", False),
    ):
        if name not in values.columns:
            continue
        stated = zip(values.index, values[name], status, strict=True)
        rows = [
            row
            for row, day_, now in stated
            if now == "open" and day_ is not None and (day_ > date if late else day_ <= date)
        ]
        if rows:
            status.loc[rows] = turned
            ledger.warn(code_, count=len(rows), date=date, rows=listed(rows))
    _warn_planned(values, date, ledger)
    return status


def _warn_planned(values: pd.DataFrame, date: datetime.date, ledger: Ledger) -> None:
    """Warn of venues that are planned by their status and open by their date."""
    opened = values["opened"] if "opened" in values.columns else pd.Series(None, values.index)
    planned = opened[values["status"] == "planned"].dropna()
    rows = [row for row, day_ in planned.items() if day_ <= date]
    if rows:
        ledger.warn("W-PLANNED-OPENED", count=len(rows), date=date, rows=listed(rows))


def _stated_towns(
    values: pd.DataFrame, frame: GeoDataFrame, towns: GeoDataFrame, ledger: Ledger
) -> list[str]:
    """Return the code of the stated town, empty where none of ours is stated."""
    names = town_names(towns)
    stated = column_texts(values, "town")
    stated = stated.where(stated != "", column_texts(values, "town_code"))
    codes = [town_named(name, names) or "" for name in stated]
    strange = [
        row
        for row, name, town, outside in zip(
            values.index, stated, codes, frame["outside"], strict=True
        )
        if name and not town and not outside
    ]
    if strange:
        ledger.warn("W-TOWN-UNKNOWN", known="、".join(towns["name"]), rows=listed(strange))
    warn_far_from_town(frame.geometry, codes, towns, TOWN_METRES, ledger)
    return codes
