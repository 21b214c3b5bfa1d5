"""
The towns: outlines with a code, a name and a kind, in metres, whole and without overlap.

A town file is right as a whole or refused: a district with a town missing would be silently wrong.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from pyproj import CRS

from ..geo.crs import WGS84, Degrees, metric_crs, reference_system, to_wgs84, transform
from ..geo.errors import CrsError, Fault, LayerError
from .cells import CellError, choice, code, lookup_key, number, text
from .columns import Column, resolve
from .datums import source_of
from .ledger import Ledger, listed
from .outlines import Outlines, read_outlines
from .plane import DEGREES_MOST, ZONE_METRES, ZONED_METRES, likely_by_number
from .rows import parse_rows
from .tables import Table, open_ledger
from .topology import check_topology, repaired

KINDS = {
    "urban": "urban", "城镇": "urban", "城市": "urban", "城区": "urban", "街道": "urban",
    "rural": "rural", "乡村": "rural", "农村": "rural", "镇": "rural", "乡": "rural",
}  # fmt: skip
KIND_BY_NAME = ((re.compile(r".*(街道|区)"), "urban"), (re.compile(r".*(镇|乡|县)"), "rural"))
COUNTY_DIGITS = 6

WIDEST_METRES = 1_000_000.0
"""No county is so wide: the widest has some 700 km."""
SEGMENT_DEGREES = 0.005
"""Outlines are straight in degrees; in parts this long the metric chord strays by millimetres."""
CHINA = (73.0, 16.0, 136.0, 54.0)
EDITION_YEARS = 1
"""Outlines this much older or newer than the table are taken without a word."""


def town_code(cell: str) -> str:
    """Read a code of 9 digits; the 12 digits of the statistical code are cut, 6 are a county's."""
    value = code(cell)
    if re.fullmatch(r"[0-9]{9}000", value):
        return value[:9]
    if not re.fullmatch(r"[0-9]{9}|[0-9]{6}", value):
        raise CellError("Q-TOWN-CODE")
    return value


COLUMNS = (
    Column("town", ("代码", "乡镇代码", "镇街代码", "行政区划代码", "区划代码", "code", "town_code",
                    "adcode"), town_code),
    Column("name", ("名称", "乡镇名称", "镇街名称", "镇街", "name", "town_name"), text),
    Column("kind", ("类型", "城乡", "kind"), choice(KINDS), required=False, filled=False),
    Column("year", ("版本年份", "年份", "edition_year"), number, required=False, filled=False),
)  # fmt: skip


def read_towns(
    path: Path | str,
    *,
    datum: str | None,
    year: int | None,
    layer: str | None = None,
    table_year: int | None = None,
    accept_datum: bool = False,
    accept_gaps: bool = False,
) -> tuple[GeoDataFrame, list[Fault]]:
    """
    Read the outlines of the towns.

    Parameters
    ----------
    path, layer
        GeoJSON, GeoPackage or Shapefile, and the layer of it if there are several.
    datum
        What the coordinates are declared to be. May be none if the file bears a reference system;
        plain GeoJSON does not.
    year
        Declared edition of the outlines.
    table_year
        The year of the table of places; another one than the edition is worth a warning.
    accept_datum
        Whether a contradiction between the file and `datum` is only a warning; `datum` counts.
    accept_gaps
        Whether gaps between towns are real, and only a warning.

    Returns
    -------
    GeoDataFrame
        Index `town`: codes, sorted. Columns `name`, `kind` (urban or rural), geometry in the
        metric reference system of the place.
    list of Fault
        Warnings.

    Raises
    ------
    LayerError
        The file, a code, a name, a kind or an outline is not what it must be.
    CrsError
        The datum is missing or contradicted; longitude and latitude are exchanged.
    """
    outlines = read_outlines(path, layer)
    source, warnings = source_of(outlines.file, outlines.crs, outlines.said, datum, accept_datum)
    table = Table(
        outlines.file, outlines.layer, "", outlines.properties, warnings=outlines.warnings
    )
    ledger = open_ledger(table)
    values = parse_rows(table, resolve(list(table.cells.columns), COLUMNS, ledger), ledger)
    _check_year(values, year, table_year, ledger)
    _check_codes(values, ledger)
    kinds = _kinds(values, ledger)
    _check_shapes(outlines, source, ledger)
    _stop(ledger)
    shapes, crs = _project(outlines.shapes, source)
    _check_extent(shapes, ledger)
    shapes = repaired(shapes, list(values["name"]), ledger)
    _stop(ledger)
    frame = GeoDataFrame(
        {"name": values["name"].astype(str), "kind": kinds, "geometry": shapes}, crs=crs
    ).set_index(pd.Index(values["town"].astype(str), name="town"))
    check_topology(frame, ledger, accept_gaps)
    return frame.sort_index(), [*warnings, *ledger.warnings]


def _stop(ledger: Ledger) -> None:
    if ledger.faults:
        count = len(ledger.refused)
        raise LayerError(ledger.fault("E-TOWN-ROWS", count=count), *ledger.faults)


def _check_year(
    values: pd.DataFrame, declared: int | None, table_year: int | None, ledger: Ledger
) -> None:
    """Compare the edition that the study states with the file's, and with the year of a table."""
    stated = set(values.get("year", pd.Series(dtype=object)).dropna())
    if declared is None and not stated:
        ledger.warn("W-YEAR-MISSING")
        return
    editions = stated | ({declared} if declared is not None else set())
    if len(editions) > 1:
        years = listed(f"{year:g}" for year in sorted(stated))
        raise LayerError(ledger.fault("E-YEAR", declared=declared or "—", years=years))
    edition = editions.pop()
    if table_year is not None and abs(edition - table_year) > EDITION_YEARS:
        ledger.warn("W-EDITION", edition=f"{edition:g}", year=table_year)


def _check_codes(values: pd.DataFrame, ledger: Ledger) -> None:
    codes = values["town"].dropna()
    for row, town in codes[codes.duplicated()].items():
        ledger.refuse(cast(int, row), "Q-TOWN-TWICE", value=town)
    short = [town for town in codes if len(town) == COUNTY_DIGITS]
    if short:
        ledger.warn("W-COUNTY-CODE", codes=listed(short))


def _kinds(values: pd.DataFrame, ledger: Ledger) -> list[str]:
    """Return the kind of every town: the stated one, else by its name."""
    stated = values["kind"] if "kind" in values.columns else pd.Series(None, index=values.index)
    kinds, guessed = [], []
    for row, kind, name in zip(values.index, stated, values["name"], strict=True):
        if pd.isna(kind) and name is not None:
            kind = next((k for words, k in KIND_BY_NAME if words.fullmatch(lookup_key(name))), None)
            guessed.append(name)
            if kind is None:
                ledger.refuse(row, "Q-TOWN-KIND", value=name)
        kinds.append(kind)
    if guessed:
        ledger.warn("W-TOWN-KIND", count=len(guessed), names=listed(guessed))
    return kinds


def _check_shapes(outlines: Outlines, source: str | CRS, ledger: Ledger) -> None:
    """Refuse what is no polygon, and coordinates that cannot be what they are said to be."""
    for row, outline in enumerate(outlines.shapes, 1):
        kind = "—" if outline is None else outline.geom_type
        if kind not in ("Polygon", "MultiPolygon") or outline.is_empty:
            ledger.refuse(row, "Q-OUTLINE", value=kind)
        elif not np.isfinite(outline.bounds).all():
            ledger.refuse(row, "Q-OUTLINE", value="NaN")
    if ledger.faults:
        return
    x, y = shapely.get_coordinates(outlines.shapes).T
    if not _crs(source).is_geographic:
        _check_zone(x, y, source, ledger)
        return
    if max(np.abs(x).max(), np.abs(y).max()) > 180:
        raise CrsError(ledger.fault("E-NOT-DEGREES", value=f"{x[0]}, {y[0]}"))
    if ((np.abs(y) > 90) | (_in_china(y, x) & ~_in_china(x, y))).any():
        raise CrsError(
            ledger.fault("E-SWAPPED", value=f"{x[0]}, {y[0]}", count=len(outlines.shapes))
        )


def _check_extent(shapes: npt.NDArray[np.object_], ledger: Ledger) -> None:
    """Stop where the district is wider than any can be: a vertex was mistyped."""
    west, south, east, north = shapely.total_bounds(shapes)
    widest = max(east - west, north - south)
    if widest > WIDEST_METRES:
        km, most = f"{widest / 1000:.0f}", f"{WIDEST_METRES / 1000:.0f}"
        raise LayerError(ledger.fault("E-TOWN-EXTENT", km=km, most=most))


def _check_zone(x: Degrees, y: Degrees, source: str | CRS, ledger: Ledger) -> None:
    """Stop where numbers are no eastings of a zone, or bear its number and ought not to."""
    crs = _crs(source)
    name = f"EPSG:{crs.to_epsg()}" if crs.to_epsg() else crs.name
    shown = f"{x[0]:.0f}, {y[0]:.0f}"
    if max(np.abs(x).max(), np.abs(y).max()) <= DEGREES_MOST:
        raise CrsError(ledger.fault("E-NOT-METRES", value=shown, declared=name))
    operation = crs.coordinate_operation
    if operation is None or operation.method_name != "Transverse Mercator":
        return
    zoned = any(
        p.name == "False easting" and float(p.value) >= ZONED_METRES for p in operation.params
    )
    east, north = float(np.median(x)), float(np.median(y))
    if north >= ZONED_METRES or ZONE_METRES < east < ZONED_METRES:
        raise CrsError(ledger.fault("E-PLANE-AXES", value=shown, declared=name))
    if zoned != (east >= ZONED_METRES):
        likely = likely_by_number(east, crs)
        raise CrsError(ledger.fault("E-ZONE", value=shown, declared=name, likely=likely))


def _in_china(lon: Degrees, lat: Degrees) -> npt.NDArray[np.bool_]:
    west, south, east, north = CHINA
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


def _crs(source: str | CRS) -> CRS:
    return reference_system(source) if isinstance(source, str) else source


def _segmented(shape: shapely.Polygon | shapely.MultiPolygon) -> shapely.MultiPolygon:
    # Ring by ring: GEOS repairs invalid polygons silently when it segments them whole.
    return shapely.MultiPolygon(
        [
            shapely.Polygon(_dense(part.exterior), [_dense(ring) for ring in part.interiors])
            for part in shapely.get_parts(shape)
        ]
    )


def _dense(ring: shapely.LinearRing) -> shapely.LinearRing:
    # Of a ring whose points are all one GEOS would keep one, which is no ring.
    return shapely.segmentize(ring, SEGMENT_DEGREES) if ring.length else ring


def _project(
    shapes: npt.NDArray[np.object_], source: str | CRS
) -> tuple[npt.NDArray[np.object_], CRS]:
    """Return outlines in the metric reference system of their place, every vertex unshifted."""

    def unshifted(xy: Degrees) -> Degrees:
        x, y = xy.T
        if isinstance(source, str):
            return np.column_stack(to_wgs84(x, y, source))
        return np.column_stack(transform(x, y, source, WGS84))

    def projected(xy: Degrees) -> Degrees:
        return np.column_stack(transform(xy[:, 0], xy[:, 1], WGS84, crs))

    flat = shapely.force_2d(shapes)
    if _crs(source).is_geographic:
        flat = np.array([_segmented(shape) for shape in flat], object)
    degrees = shapely.transform(flat, unshifted)
    west, south, east, north = shapely.total_bounds(degrees)
    crs = metric_crs((west + east) / 2, (south + north) / 2)
    return shapely.transform(degrees, projected), crs
