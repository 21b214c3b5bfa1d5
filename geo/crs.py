"""
Datums and metres: what coordinates mean, and the one metric reference system of a study.

Everything inside is longitude and latitude in WGS 84, in this order, or metres in the CGCS2000
3-degree Gauss-Krueger zone (UTM outside China). CGCS2000 and WGS 84 are taken as equal: they differ
by decimetres, and PROJ knows no better transformation between them.

GCJ-02 and BD-09 are the shifted datums of Chinese web maps (AMap, Tencent and DataV; Baidu). They
have no EPSG code and no published definition; the formulas are those in public use since 2010
(Krasovsky 1940 ellipsoid: a = 6378245 m, e^2 = 0.00669342162296594323).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError as PyprojCRSError

from .errors import CrsError, Fault

if TYPE_CHECKING:
    from geopandas import GeoDataFrame, GeoSeries

Degrees = npt.NDArray[np.float64]
Shift = Callable[[Degrees, Degrees], tuple[Degrees, Degrees]]

WGS84 = CRS.from_epsg(4326)
DATUMS = ("WGS84", "CGCS2000", "GCJ02", "BD09")
"""Names a study may use for longitudes and latitudes; besides `EPSG:n`."""
CHINA_BOX = (72.004, 0.8293, 137.8347, 55.8271)
"""West, south, east, north: where GCJ-02 shifts at all, by the formulas in public use."""

STRETCHED = ("Mercator", "Popular Visualisation Pseudo Mercator", "Equidistant Cylindrical")
"""Projections of the whole earth whose metres are ground metres at the equator alone."""

KRASOVSKY_METRES = 6378245.0
KRASOVSKY_E2 = 0.00669342162296594323
BD09_TURN = np.pi * 3000.0 / 180.0
INVERSE_DEGREES = 1e-12
"""The inverse is iterated until it moves by less: about 0.1 micrometre."""
INVERSE_STEPS = 40


def _gcj02_offset(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    x, y, pi = lon - 105.0, lat - 35.0, np.pi
    common = (20 * np.sin(6 * x * pi) + 20 * np.sin(2 * x * pi)) * 2 / 3
    root = np.sqrt(np.abs(x))
    north = (
        -100
        + 2 * x
        + 3 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * root
        + common
        + (20 * np.sin(y * pi) + 40 * np.sin(y / 3 * pi)) * 2 / 3
        + (160 * np.sin(y / 12 * pi) + 320 * np.sin(y * pi / 30)) * 2 / 3
    )
    east = (
        300
        + x
        + 2 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * root
        + common
        + (20 * np.sin(x * pi) + 40 * np.sin(x / 3 * pi)) * 2 / 3
        + (150 * np.sin(x / 12 * pi) + 300 * np.sin(x / 30 * pi)) * 2 / 3
    )
    phi = np.radians(lat)
    w2 = 1 - KRASOVSKY_E2 * np.sin(phi) ** 2
    meridian = KRASOVSKY_METRES * (1 - KRASOVSKY_E2) / w2**1.5
    parallel = KRASOVSKY_METRES / np.sqrt(w2) * np.cos(phi)
    west, south, east_end, north_end = CHINA_BOX
    inside = (lon >= west) & (lon <= east_end) & (lat >= south) & (lat <= north_end)
    return (
        np.where(inside, np.degrees(east / parallel), 0.0),
        np.where(inside, np.degrees(north / meridian), 0.0),
    )


def wgs84_to_gcj02(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Shift WGS 84 to GCJ-02, degrees; unchanged outside `CHINA_BOX`."""
    east, north = _gcj02_offset(lon, lat)
    return lon + east, lat + north


def gcj02_to_bd09(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Shift GCJ-02 to BD-09, degrees."""
    radius = np.hypot(lon, lat) + 2e-5 * np.sin(lat * BD09_TURN)
    angle = np.arctan2(lat, lon) + 3e-6 * np.cos(lon * BD09_TURN)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _inverse(shift: Shift, lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Solve shift(x) = (lon, lat) by fixed-point iteration; the shift is nearly constant."""
    x, y = np.array(lon, float), np.array(lat, float)
    for _ in range(INVERSE_STEPS):
        there_x, there_y = shift(x, y)
        step_x, step_y = lon - there_x, lat - there_y
        x, y = x + step_x, y + step_y
        if max(np.max(np.abs(step_x), initial=0), np.max(np.abs(step_y), initial=0)) < (
            INVERSE_DEGREES
        ):
            break
    return x, y


def gcj02_to_wgs84(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Undo `wgs84_to_gcj02` to better than 1e-6 m."""
    return _inverse(wgs84_to_gcj02, lon, lat)


def bd09_to_gcj02(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Undo `gcj02_to_bd09` to better than 1e-6 m."""
    return _inverse(gcj02_to_bd09, lon, lat)


def reference_system(datum: str) -> CRS:
    """
    Return the reference system that a datum's coordinates are written in.

    GCJ-02 and BD-09 give WGS 84: their shift is taken off afterwards by `to_wgs84`.

    Raises
    ------
    CrsError
        Neither one of `DATUMS` nor a known `EPSG:n`.
    """
    if datum in ("WGS84", "GCJ02", "BD09"):
        return WGS84
    if datum == "CGCS2000":
        return CRS.from_epsg(4490)
    unknown = CrsError(Fault("E-DATUM", value=datum, facts={"known": "、".join(DATUMS)}))
    if not datum.upper().startswith("EPSG:"):
        raise unknown
    try:
        crs = CRS.from_epsg(int(datum[5:]))
    except (ValueError, PyprojCRSError) as error:
        raise unknown from error
    return _known(crs)


def _known(crs: CRS) -> CRS:
    """Refuse a datum whose shift to WGS 84 nobody has published: Xi'an 1980, Beijing 1954."""
    geodetic = crs.geodetic_crs
    ours = geodetic is not None and "China Geodetic Coordinate System" in geodetic.name
    if ours or crs.equals(WGS84) or _transformer(crs, WGS84).accuracy >= 0:
        return crs
    raise CrsError(Fault("E-CRS-SHIFT", value=crs.name))


def transform(x: Degrees, y: Degrees, source: CRS, target: CRS) -> tuple[Degrees, Degrees]:
    """
    Transform coordinates, always east or longitude first, whatever the axis order of the CRS.

    Raises
    ------
    CrsError
        A result is not finite: the coordinates do not belong to `source`.
    """
    east, north = np.asarray(x, float), np.asarray(y, float)
    if not source.equals(target, ignore_axis_order=True):
        turned = _transformer(source, target)
        if east.size == 1:  # pyproj takes an array of one for a scalar, and numpy objects
            one = turned.transform(east.item(), north.item())
            east, north = (np.full(east.shape, part) for part in one)
        else:
            east, north = turned.transform(east, north)
    if not (np.isfinite(east).all() and np.isfinite(north).all()):
        facts = {"source": source.name, "target": target.name}
        raise CrsError(Fault("E-CRS-OUTSIDE", facts=facts))
    return np.asarray(east, float), np.asarray(north, float)


@cache
def _transformer(source: CRS, target: CRS) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True)


def to_wgs84(x: npt.ArrayLike, y: npt.ArrayLike, datum: str) -> tuple[Degrees, Degrees]:
    """
    Turn coordinates of `datum` into longitudes and latitudes of WGS 84.

    Parameters
    ----------
    x, y
        Longitude and latitude in degrees, or easting and northing in metres for a projected
        `EPSG:n`; always in this order.
    datum
        One of `DATUMS` or `EPSG:n`.

    Raises
    ------
    CrsError
        Unknown datum, or coordinates that do not belong to it.
    """
    east, north = transform(
        np.asarray(x, float), np.asarray(y, float), reference_system(datum), WGS84
    )
    if datum == "BD09":
        east, north = bd09_to_gcj02(east, north)
    if datum in ("BD09", "GCJ02"):
        return gcj02_to_wgs84(east, north)
    return east, north


def metric_crs(lon: float, lat: float) -> CRS:
    """
    Choose the metric reference system for a study around a place.

    In China the CGCS2000 3-degree Gauss-Krueger zone without zone prefix (EPSG 4534 + (CM - 75)/3
    for central meridians 75 to 135 E); elsewhere the UTM zone. Scale error below 0.04 %.
    """
    if 73.5 <= lon <= 136.5 and 16 <= lat <= 54:
        meridian = min(max(3 * round(lon / 3), 75), 135)
        return CRS.from_epsg(4534 + (meridian - 75) // 3)
    return CRS.from_epsg((32600 if lat >= 0 else 32700) + int((lon + 180) // 6) % 60 + 1)


def is_metric(crs: CRS | None) -> bool:
    """Tell whether lengths in `crs` are ground metres: projected, in metres, not `STRETCHED`."""
    if crs is None or not crs.is_projected or crs.axis_info[0].unit_name != "metre":
        return False
    method = crs.coordinate_operation.method_name if crs.coordinate_operation else ""
    return not method.startswith(STRETCHED)


def require_metric(frame: GeoDataFrame | GeoSeries, name: str) -> Any:
    """
    Return the reference system of a frame after checking that its unit is the ground metre.

    Raises
    ------
    CrsError
        No reference system, degrees, or one of `STRETCHED`: the metres of Web Mercator are too long
        away from the equator (9 % at 23.7 N).
    """
    if not is_metric(frame.crs):
        raise CrsError(
            Fault(
                "E-CRS-METRIC",
                facts={"layer": name, "crs": frame.crs.name if frame.crs is not None else "None"},
            )
        )
    return frame.crs
