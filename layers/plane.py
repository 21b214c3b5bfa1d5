"""
Plane coordinates: which axis is north, and which zone the numbers belong to.

In Chinese surveying X is north and Y is east, and the easting may bear the number of its zone.
Both show in the size of the numbers, which is compared with where the district lies. What does not
show is the datum: CGCS2000, Xi'an 1980 and Beijing 1954 give the same sizes.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from geopandas import GeoDataFrame
from pyproj import CRS

from ..geo.crs import WGS84, Degrees, reference_system, to_wgs84, transform
from ..geo.errors import CrsError
from .ledger import Ledger

DEGREES_MOST = 180.0
ZONED_METRES = 1e7
"""Eastings from here on begin with the number of a zone."""
ZONE_METRES = 1.1e6
"""No zone is so wide: between these two no easting lies, but northings do."""
NEAR_METRES = 200_000.0
"""The middle of the points is this near to that of the district, or the zone is another one."""
FAMILIES = ((4513, 4534, 25, 3), (4491, 4502, 13, 6))
"""CGCS2000: first EPSG number with zone prefix and without, first zone, width in degrees."""
ZONES = {3: 21, 6: 11}


def is_plane(datum: str) -> bool:
    """Tell whether a datum is written in metres."""
    return bool(reference_system(datum).is_projected)


def _codes(family: tuple[int, int, int, int], lon: float) -> Iterator[int]:
    """Yield the systems of a family around a longitude, with prefix and without."""
    zoned, plain, first, width = family
    zone = round(lon / 3) if width == 3 else int(lon // 6) + 1
    for number in (zone, zone - 1, zone + 1):
        if 0 <= number - first < ZONES[width]:
            yield zoned + number - first
            yield plain + number - first


def likely_systems(easting: float, lon: float) -> str:
    """Name the systems of CGCS2000 that an easting (metres) near a longitude (degrees) fits."""
    fits = []
    for family in FAMILIES:
        for code in _codes(family, lon):
            east, _ = _plane(lon, 30.0, CRS.from_epsg(code))
            if abs(east - easting) < NEAR_METRES:
                fits.append((abs(east - easting), code))
    return "、".join(f"EPSG:{code}" for _, code in sorted(fits)) or "—"


def likely_by_number(easting: float, declared: CRS) -> str:
    """Name the system that an easting belongs to by its zone alone: where no district is known."""
    code = declared.to_epsg() or 0
    if easting >= ZONED_METRES:
        zone = int(easting // 1e6)
        starts = [start + zone - first for start, _, first, width in FAMILIES
                  if 0 <= zone - first < ZONES[width]]  # fmt: skip
        return f"EPSG:{starts[0]}" if starts else "—"
    twins = [plain + code - zoned for zoned, plain, _, width in FAMILIES
             if 0 <= code - zoned < ZONES[width]]  # fmt: skip
    return f"EPSG:{twins[0]}" if twins else "—"


def refuse_metres(
    x: Degrees, y: Degrees, rows: npt.NDArray[np.int64], header: str,
    towns: GeoDataFrame, ledger: Ledger,
) -> npt.NDArray[np.bool_]:  # fmt: skip
    """
    Refuse metres where degrees are declared; tell which points are degrees.

    Raises
    ------
    CrsError
        Most of them are metres; the likely systems are named.
    """
    metres = np.maximum(np.abs(x), np.abs(y)) > DEGREES_MOST
    if metres.sum() * 2 > len(rows):
        lon, lat = middle(towns)
        size = np.median(np.column_stack([x, y])[metres], axis=0)
        _, north = _plane(lon, lat, towns.crs)
        easting = size[np.argmax(np.abs(size - north))]
        shown = f"{size[0]:.0f}, {size[1]:.0f}"
        likely = likely_systems(float(easting), lon)
        raise CrsError(ledger.fault("E-PLANE", column=header, value=shown, likely=likely))
    for row, one, other in zip(rows[metres], x[metres], y[metres], strict=True):
        ledger.refuse(int(row), "Q-DEGREES-RANGE", header, f"{one:.10g}, {other:.10g}")
    return ~metres


def unproject(
    first: Degrees, second: Degrees, rows: npt.NDArray[np.int64], datum: str,
    headers: tuple[str, str], towns: GeoDataFrame, ledger: Ledger,
) -> tuple[Degrees, Degrees, npt.NDArray[np.bool_]]:  # fmt: skip
    """
    Turn metres of a declared plane system into degrees of WGS 84.

    The axis whose numbers are the size of the district's northing is north. Rows whose axes stand
    the other way round, or that are no metres of this system, are refused.

    Returns
    -------
    Longitudes, latitudes, and which points they are good for.

    Raises
    ------
    CrsError
        The numbers are degrees, belong to another zone, or fit both ways round or neither.
    """
    header = ", ".join(headers)
    if (np.maximum(np.abs(first), np.abs(second)) <= DEGREES_MOST).sum() * 2 > len(first):
        shown = f"{np.median(first):.10g}, {np.median(second):.10g}"
        raise CrsError(ledger.fault("E-NOT-METRES", column=header, value=shown, declared=datum))
    lon, lat = middle(towns)
    east, north = _plane(lon, lat, reference_system(datum))
    sizes = float(np.median(first)), float(np.median(second))
    fits = [
        abs(one - east) < NEAR_METRES and abs(other - north) < NEAR_METRES
        for one, other in (sizes, sizes[::-1])
    ]
    if fits[0] == fits[1]:
        _stop_at_zone(sizes, datum, (lon, north), header, fits[0], ledger)
    eastings, northings = (first, second) if fits[0] else (second, first)
    northing = headers[1] if fits[0] else headers[0]
    ledger.warn("W-PLANE", header, declared=datum, north=northing)
    good = (np.abs(eastings - east) < 5 * NEAR_METRES) & (
        np.abs(northings - north) < 5 * NEAR_METRES
    )
    turned = (np.abs(northings - east) < NEAR_METRES) & (np.abs(eastings - north) < NEAR_METRES)
    for i in np.flatnonzero(~good):
        code = "Q-SWAPPED" if turned[i] else "Q-METRES"
        ledger.refuse(int(rows[i]), code, header, f"{first[i]:.10g}, {second[i]:.10g}")
    x, y = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    x[good], y[good] = to_wgs84(eastings[good], northings[good], datum)
    return x, y, good


def _stop_at_zone(
    sizes: tuple[float, float], datum: str, place: tuple[float, float],
    header: str, both: bool, ledger: Ledger,
) -> None:  # fmt: skip
    """Say why no way round fits: another zone, or nothing that can be told."""
    lon, north = place
    shown = f"{sizes[0]:.0f}, {sizes[1]:.0f}"
    norths = [abs(size - north) < NEAR_METRES for size in sizes]
    if both or norths[0] == norths[1]:
        raise CrsError(ledger.fault("E-PLANE-AXES", column=header, value=shown, declared=datum))
    easting = sizes[1] if norths[0] else sizes[0]
    likely = likely_systems(easting, lon)
    fault = ledger.fault("E-ZONE", column=header, value=shown, declared=datum, likely=likely)
    raise CrsError(fault)


def middle(towns: GeoDataFrame) -> tuple[float, float]:
    """Return longitude and latitude of the middle of the district."""
    west, south, east, north = towns.total_bounds
    x, y = np.array([(west + east) / 2]), np.array([(south + north) / 2])
    (lon,), (lat,) = transform(x, y, towns.crs, WGS84)
    return float(lon), float(lat)


def _plane(lon: float, lat: float, crs: CRS) -> tuple[float, float]:
    east, north = transform(np.array([lon]), np.array([lat]), WGS84, crs)
    return float(east[0]), float(north[0])
