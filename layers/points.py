"""
Points: longitudes and latitudes of a table as metres, and whether their datum can be true.

A datum is declared by the study or by a column of the table. What a file says about itself (its
name, its headers, its own notes) must not contradict that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from geopandas import GeoDataFrame, GeoSeries

from ..geo.crs import WGS84, reference_system, to_wgs84, transform
from ..geo.errors import CrsError, Fault
from .cells import choice, latitude, longitude
from .columns import Column, Match
from .ledger import Ledger, listed

DATUM_WORDS = {
    "GCJ02": r"gcj[-_ ]?(?:02)?|火星",
    "BD09": r"bd[-_ ]?09(?:ll|mc)?|baidu|百度",
    "CGCS2000": r"cgcs[-_ ]?2000|国家2000|2000国家",
    "WGS84": r"wgs[-_ ]?(?:19)?(?:84)?|crs84|epsg:+4326",
}
DENIED = r"(?:not|非|不是)[ -]?"
UNSHIFTED = ("WGS84", "CGCS2000", "EPSG:4326", "EPSG:4490")
"""Taken as equal; see `geo.crs`."""
SPELLINGS = {
    "WGS84": "WGS84", "WGS-84": "WGS84", "CGCS2000": "CGCS2000", "国家2000": "CGCS2000",
    "GCJ02": "GCJ02", "GCJ-02": "GCJ02", "火星坐标": "GCJ02", "高德": "GCJ02", "腾讯": "GCJ02",
    "BD09": "BD09", "BD-09": "BD09", "百度": "BD09", "百度坐标": "BD09",
}  # fmt: skip
"""What may stand in a column of datums, or in the header of a coordinate."""

LON = Column(
    "lon", ("经度", "东经", "lon", "lng", "longitude", "X坐标", "x"), longitude,
    units=dict.fromkeys(("°", "度", *SPELLINGS), longitude),
)  # fmt: skip
LAT = Column(
    "lat", ("纬度", "北纬", "lat", "latitude", "Y坐标", "y"), latitude,
    units=dict.fromkeys(("°", "度", *SPELLINGS), latitude),
)  # fmt: skip
DATUM = Column(
    "datum", ("坐标系", "坐标系统", "crs", "datum"), choice(SPELLINGS), required=False, filled=False
)

NEAR_DEGREES = 10.0
"""Points farther from the district are not projected: the projection does not reach there."""
SHARED_BY = 3
"""More rows than this at one point are suspicious: the centre of a county or a town hall."""


def datum_named(text: str) -> str | None:
    """Return the one datum that a text names; none if it names none or several."""
    text = re.sub(f"{DENIED}(?:{'|'.join(DATUM_WORDS.values())})", "", text.lower())
    found = [
        datum
        for datum, words in DATUM_WORDS.items()
        if re.search(f"(?<![a-z])(?:{words})(?![a-z])", text)
    ]
    return found[0] if len(found) == 1 else None


def same_datum(one: str, other: str) -> bool:
    """Tell whether two datums are taken as equal."""
    return one == other or (one in UNSHIFTED and other in UNSHIFTED)


def check_datum(
    declared: str | None, said: Mapping[str, str], file: str, accept: bool = False
) -> list[Fault]:
    """
    Compare the declared datum with what a file says about itself.

    Parameters
    ----------
    declared
        One of `geo.crs.DATUMS` or `EPSG:n`.
    said
        Texts that may name a datum, by the place where they stand.
    file
        Name of the file.
    accept
        Whether the user is sure; then a contradiction is returned as a warning.

    Raises
    ------
    CrsError
        E-DATUM-CLASH, or E-DATUM for an unknown datum.
    """
    if declared is None:
        return []
    reference_system(declared)
    faults = []
    for place, text in said.items():
        named = datum_named(text)
        if named is not None and not same_datum(named, declared):
            facts = {"declared": declared, "named": named, "place": place}
            code = "W-DATUM-CLASH" if accept else "E-DATUM-CLASH"
            faults.append(Fault(code, file, value=text, facts=facts))
    if faults and not accept:
        raise CrsError(*faults)
    return faults


def _row_datums(
    values: pd.DataFrame,
    matches: Mapping[str, Match],
    ledger: Ledger,
    declared: str | None,
    accept: bool,
) -> npt.NDArray[np.object_]:
    """Return the datum of every row: its own, else the declared one."""
    headers = {name: matches[name].header for name in ("lon", "lat")}
    said = {"文件名 / file name": ledger.file, **{h: h for h in headers.values()}}
    own = values["datum"] if "datum" in values.columns else pd.Series(None, index=values.index)
    if declared is None and own.isna().any():
        hint = next(filter(None, map(datum_named, said.values())), "—")
        raise CrsError(ledger.fault("E-DATUM-MISSING", hint=hint))
    if declared is not None:
        if reference_system(declared).is_projected:
            raise CrsError(ledger.fault("E-DATUM-METRES", value=declared))
        ledger.warnings += check_datum(declared, said, ledger.file, accept)
    stated = own.dropna()
    other = [row for row, datum in stated.items() if declared and not same_datum(datum, declared)]
    if other:
        ledger.warn("W-DATUM-ROWS", matches["datum"].header, count=len(other), declared=declared)
    return own.where(own.notna(), declared).to_numpy(object)


def _project(
    lon: npt.NDArray[np.float64],
    lat: npt.NDArray[np.float64],
    datums: npt.NDArray[np.object_],
    towns: GeoDataFrame,
) -> npt.NDArray[Any]:
    """Return points in the reference system of the towns; none far away from them."""
    west, south, east, north = towns.total_bounds
    middle = transform(
        np.array([(west + east) / 2]), np.array([(south + north) / 2]), towns.crs, WGS84
    )
    near = (np.abs(lon - middle[0]) < NEAR_DEGREES) & (np.abs(lat - middle[1]) < NEAR_DEGREES)
    points = np.full(len(lon), None, object)
    for datum in set(datums[near]):
        mask = near & (datums == datum)
        x, y = transform(*to_wgs84(lon[mask], lat[mask], datum), WGS84, towns.crs)
        points[mask] = shapely.points(x, y)
    return points


def locate(
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
    Turn the longitudes and latitudes of a table into points.

    Parameters
    ----------
    values, matches, ledger
        From `parse_rows`, `resolve` and `open_ledger`.
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
        No datum, an unknown one, one that the file contradicts, or all points fit only with
        longitude and latitude exchanged.
    """
    datums = _row_datums(values, matches, ledger, datum, accept_datum)
    read = values[["lon", "lat"]].notna().all(axis=1).to_numpy(bool)
    lon, lat = (values[name].to_numpy(object)[read].astype(float) for name in ("lon", "lat"))
    rows = values.index[read]
    here = _project(lon, lat, datums[read], towns)
    there = _project(lat, lon, datums[read], towns)
    district = towns.union_all()
    away = shapely.distance(here, district)
    fits = away <= reach_metres
    swapped = ~fits & (shapely.distance(there, district) <= reach_metres) & (lon != lat)
    header = f"{matches['lon'].header}, {matches['lat'].header}"
    if len(rows) and swapped.all():
        raise CrsError(ledger.fault("E-SWAPPED", column=header, count=len(rows)))
    for row, x, y, fit, turned, metres in zip(rows, lon, lat, fits, swapped, away, strict=True):
        if turned:
            ledger.refuse(row, "Q-SWAPPED", header, f"{x}, {y}")
        elif not fit and x == y:
            ledger.refuse(row, "Q-NULL-POINT", header, f"{x}, {y}")
        elif not fit:
            km = "> 1000" if np.isnan(metres) else f"{metres / 1000:.1f}"
            ledger.refuse(
                row, "Q-FAR", header, f"{x}, {y}", km=km, reach=f"{reach_metres / 1000:g}"
            )
    _warn_shared(
        ledger, header, pd.Series(list(zip(lon[fits], lat[fits], strict=True)), rows[fits])
    )
    points = np.full(len(values), None, object)
    points[np.flatnonzero(read)[fits]] = here[fits]
    return GeoSeries(points, index=values.index, crs=towns.crs)


def _warn_shared(ledger: Ledger, header: str, places: pd.Series[Any]) -> None:
    counts = places.value_counts()
    for place in counts.index[counts > SHARED_BY]:
        rows = listed(places.index[[other == place for other in places]])
        ledger.warn("W-SAME-POINT", header, place=f"{place[0]}, {place[1]}", rows=rows)
