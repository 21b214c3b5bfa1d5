"""
Points: longitudes and latitudes of a table as metres, and whether their datum can be true.

A datum is declared by the study or by a column of the table. What a file says about itself (its
name, its headers, its own notes) must not contradict that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from geopandas import GeoDataFrame, GeoSeries

from ..geo.crs import WGS84, Degrees, to_wgs84, transform
from ..geo.errors import CrsError, Fault, LayerError
from .cells import (
    PLACEHOLDER,
    PLAIN_NUMBER,
    choice,
    half_step,
    half_width,
    is_empty,
    latitude,
    longitude,
)
from .columns import Column, Match
from .datums import SPELLINGS, check_datum, datum_named, same_datum, table_datum
from .ledger import Ledger, listed
from .plane import is_plane, middle, refuse_metres, unproject
from .tables import Table

AXIS_UNITS = ("°", "度", "m", "米", *SPELLINGS)


def _axis(degrees: Callable[[str], float]) -> Callable[[str], float]:
    """Read degrees, or metres: plain numbers of four digits and more before the point."""

    def parse(cell: str) -> float:
        value = half_width(cell)
        metres = METRES.fullmatch(value) and not PLACEHOLDER.fullmatch(value)
        return float(value.replace(",", "")) if metres else degrees(cell)

    return parse


LON = Column(
    "lon", ("经度", "东经", "lon", "lng", "longitude", "X坐标", "x", "横坐标"), _axis(longitude),
    units=dict.fromkeys(AXIS_UNITS, _axis(longitude)),
)  # fmt: skip
LAT = Column(
    "lat", ("纬度", "北纬", "lat", "latitude", "Y坐标", "y", "纵坐标"), _axis(latitude),
    units=dict.fromkeys(AXIS_UNITS, _axis(latitude)),
)  # fmt: skip
DATUM = Column(
    "datum", ("坐标系", "坐标系统", "crs", "datum"), choice(SPELLINGS), required=False, filled=False
)

METRES = re.compile(r"[+-]?([0-9]{4,8}|[0-9]{1,2}(,[0-9]{3}){1,2})(\.[0-9]{1,15})?")
COARSE_METRES = 50.0
"""A point whose rounded digits may move it farther is worth a warning,"""
COARSEST_METRES = 1000.0
"""and most points of a table must not be so coarse."""
AXIS_ROWS = 3
"""In so many rows it is hardly by chance that one of the two axes has few digits."""
DEGREE_METRES = 111_320.0

NEAR_DEGREES = 10.0
"""Points farther from the district are not projected: the projection does not reach there."""
SHARED_BY = 3
"""More rows than this at one point are suspicious: the centre of a county or a town hall."""


def _row_datums(
    table: Table,
    values: pd.DataFrame,
    matches: Mapping[str, Match],
    ledger: Ledger,
    declared: str | None,
    accept: bool,
) -> npt.NDArray[np.object_]:
    """Return the datum of every row: its own, else the declared one."""
    headers = {name: matches[name].header for name in ("lon", "lat")}
    said = {"文件名 / file name": ledger.file, **{h: h for h in headers.values()}, **table.said}
    own = values["datum"] if "datum" in values.columns else pd.Series(None, index=values.index)
    if declared is None and own.isna().any():
        hint = next(filter(None, map(datum_named, said.values())), "—")
        raise CrsError(ledger.fault("E-DATUM-MISSING", hint=hint))
    if declared is not None:
        noticed = check_datum(declared, said, ledger.file, accept)
        ledger.warnings += [fault for fault in noticed if fault not in ledger.warnings]
    stated = own.dropna()
    other = [row for row, datum in stated.items() if declared and not same_datum(datum, declared)]
    if other and "datum" in matches:
        ledger.warn("W-DATUM-ROWS", matches["datum"].header, count=len(other), declared=declared)
    return own.where(own.notna(), declared).to_numpy(object)


def _project(
    lon: npt.NDArray[np.float64],
    lat: npt.NDArray[np.float64],
    datums: npt.NDArray[np.object_],
    towns: GeoDataFrame,
) -> npt.NDArray[Any]:
    """Return points in the reference system of the towns; none far away from them."""
    here = middle(towns)
    near = (np.abs(lon - here[0]) < NEAR_DEGREES) & (np.abs(lat - here[1]) < NEAR_DEGREES)
    points = np.full(len(lon), None, object)
    for datum in set(datums[near]):
        mask = near & (datums == datum)
        x, y = transform(*to_wgs84(lon[mask], lat[mask], datum), WGS84, towns.crs)
        points[mask] = shapely.points(x, y)
    return points


def locate(
    table: Table,
    values: pd.DataFrame,
    matches: Mapping[str, Match],
    ledger: Ledger,
    towns: GeoDataFrame,
    *,
    datum: str | None,
    reach_metres: float,
    accept_datum: bool = False,
) -> GeoSeries:
    """
    Turn the longitudes and latitudes of a table into points, or its eastings and northings.

    Parameters
    ----------
    table, values, matches, ledger
        From `read_records`, `parse_rows`, `resolve` and `open_ledger`.
    towns
        Outlines in a metric reference system.
    datum
        The declared datum; rows may state another one.
    reach_metres
        How far from the district a point may lie.
    accept_datum
        Whether a contradiction about the datum is only a warning.

    Returns
    -------
    GeoSeries
        On the index of `values`, in the reference system of `towns`; none where a coordinate is
        missing or refused.

    Raises
    ------
    CrsError
        No datum, an unknown one, one that the file contradicts, another zone, or all points fit
        only with longitude and latitude exchanged.
    LayerError
        Most coordinates are so coarse that a point may lie a kilometre off.
    """
    declared, noticed = table_datum(table, datum, accept_datum)
    ledger.warnings += noticed
    datums = _row_datums(table, values, matches, ledger, declared, accept_datum)
    read = values[["lon", "lat"]].notna().all(axis=1).to_numpy(bool)
    lon, lat = (values[name].to_numpy(object)[read].astype(float) for name in ("lon", "lat"))
    rows = values.index.to_numpy()[read]
    headers = matches["lon"].header, matches["lat"].header
    if len(rows) and declared is not None and is_plane(declared):
        lon, lat, good = unproject(lon, lat, rows, declared, headers, towns, ledger)
        datums = np.full(len(values), "WGS84", object)
    else:
        good = refuse_metres(lon, lat, rows, ", ".join(headers), towns, ledger)
    found = _place(
        lon[good], lat[good], rows[good], datums[read][good], ", ".join(headers), towns,
        reach_metres, ledger,
    )  # fmt: skip
    if declared is None or not is_plane(declared):
        _check_coarse(
            table.cells[list(headers)].loc[rows[good][~shapely.is_missing(found)]], ledger
        )
    points = np.full(len(values), None, object)
    points[np.flatnonzero(read)[good]] = found
    return GeoSeries(points, index=values.index, crs=towns.crs)


def _place(
    lon: Degrees, lat: Degrees, rows: npt.NDArray[np.int64], datums: npt.NDArray[np.object_],
    header: str, towns: GeoDataFrame, reach_metres: float, ledger: Ledger,
) -> npt.NDArray[Any]:  # fmt: skip
    """Return points in the reference system of the towns; none where one is refused."""
    here = _project(lon, lat, datums, towns)
    there = _project(lat, lon, datums, towns)
    district = towns.union_all()
    away = shapely.distance(here, district)
    fits = away <= reach_metres
    swapped = ~fits & (shapely.distance(there, district) <= reach_metres) & (lon != lat)
    if len(rows) and swapped.all():
        raise CrsError(ledger.fault("E-SWAPPED", column=header, count=len(rows)))
    for i in np.flatnonzero(~fits):
        row, shown = int(rows[i]), f"{lon[i]}, {lat[i]}"
        if swapped[i]:
            ledger.refuse(row, "Q-SWAPPED", header, shown)
        elif lon[i] == lat[i]:
            ledger.refuse(row, "Q-NULL-POINT", header, shown)
        else:
            km = "> 1000" if np.isnan(away[i]) else f"{away[i] / 1000:.1f}"
            ledger.refuse(row, "Q-FAR", header, shown, km=km, reach=f"{reach_metres / 1000:g}")
    _warn_shared(
        ledger, header, pd.Series(list(zip(lon[fits], lat[fits], strict=True)), rows[fits])
    )
    found = here.copy()
    found[~fits] = None
    return found


def _half_step(cell: str) -> float:
    """Return `half_step`; fast for plain numbers, which most cells are."""
    if PLAIN_NUMBER.fullmatch(cell):
        return float(0.5 * 10.0 ** -len(cell.partition(".")[2]))
    return half_step(cell)


def _check_coarse(cells: pd.DataFrame, ledger: Ledger) -> None:
    """Stop where most coordinates are rounded to kilometres; warn of the coarse ones."""
    header = ", ".join(cells.columns)
    cells = cells[~cells.map(is_empty).any(axis=1)]
    if not len(cells):
        return
    axes = cells.map(_half_step) * DEGREE_METRES * np.sqrt(2)
    # A cell may lack digits that were zeros, and the other tells; a column of them was rounded.
    steps = axes.min(axis=1)
    if len(axes) >= AXIS_ROWS:
        steps = steps.clip(lower=axes.quantile(0.25, interpolation="lower").max())
    coarse = steps[steps > COARSE_METRES]
    facts = {
        "count": len(coarse), "total": len(cells),
        "metres": f"{coarse.max():.0f}" if len(coarse) else "0", "rows": listed(coarse.index),
    }  # fmt: skip
    if (steps > COARSEST_METRES).sum() * 2 > len(cells):
        raise LayerError(Fault("E-COARSE", ledger.file, ledger.sheet, column=header, facts=facts))
    if len(coarse):
        ledger.warn("W-COARSE", header, **facts)


def _warn_shared(ledger: Ledger, header: str, places: pd.Series[Any]) -> None:
    counts = places.value_counts()
    shared = places[places.isin(counts.index[counts > SHARED_BY])]
    for place, same in shared.groupby(shared, sort=False):
        rows = listed(same.index)
        ledger.warn("W-SAME-POINT", header, place=f"{place[0]}, {place[1]}", rows=rows)
