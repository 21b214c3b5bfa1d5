"""
Are the coordinates in the datum that the study declares? Ask the roads.

People live and venues stand beside roads. Points in GCJ-02 taken for WGS 84 all lie some 600 m off,
tidily and inside every box; but under the right datum they come back to the roadside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely import STRtree

from .crs import (
    WGS84,
    Degrees,
    bd09_to_gcj02,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    transform,
    wgs84_to_gcj02,
)
from .network import Network

SHIFTED = ("WGS84", "GCJ02", "BD09")
WIN = 2.0
"""The best datum's median distance must be so many times smaller than the next one's."""
FEWEST = 5
"""Points below this number decide nothing."""


@dataclass(frozen=True)
class Probe:
    """Median metres to the nearest road under each datum, and the datum that wins, if one does."""

    metres: dict[str, float]
    winner: str | None


def probe_datum(network: Network, lon: Degrees, lat: Degrees, declared: str) -> Probe:
    """
    Compare how near points lie to roads under each of `SHIFTED`.

    Parameters
    ----------
    network
        Roads in WGS 84.
    lon, lat
        Points already turned into WGS 84 from the `declared` datum.
    declared
        What the study says; geodetic datums without shift count as WGS84.
    """
    written = _as_written(lon, lat, declared if declared in SHIFTED else "WGS84")
    tree = STRtree(network.lines)
    metres = {}
    for datum in SHIFTED:
        x, y = transform(*_true(*written, datum), WGS84, network.crs)
        points = shapely.points(x, y)
        _, distance = tree.query_nearest(points, return_distance=True, all_matches=False)
        metres[datum] = float(np.median(distance)) if len(distance) else np.inf
    best, second = sorted(metres.values())[:2]
    decided = len(lon) >= FEWEST and second >= WIN * max(best, 1e-9)
    return Probe(metres, min(metres, key=lambda d: metres[d]) if decided else None)


def _as_written(lon: Degrees, lat: Degrees, datum: str) -> tuple[Degrees, Degrees]:
    if datum == "WGS84":
        return lon, lat
    shifted = wgs84_to_gcj02(lon, lat)
    return shifted if datum == "GCJ02" else gcj02_to_bd09(*shifted)


def _true(lon: Degrees, lat: Degrees, datum: str) -> tuple[Degrees, Degrees]:
    if datum == "WGS84":
        return lon, lat
    return gcj02_to_wgs84(*(bd09_to_gcj02(lon, lat) if datum == "BD09" else (lon, lat)))
