"""
Are the coordinates in the datum that the study declares? Ask the roads.

People live and venues stand beside roads. Points in GCJ-02 taken for WGS 84 all lie some 600 m off,
tidily and inside every box; but under the right datum they come back to the roadside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

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
from .roadside import finder

SHIFTED = ("WGS84", "GCJ02", "BD09")
WIN = 2.0
"""The best datum's median distance must be so many times smaller than the next one's,"""
SURE = 3.9
"""or the mean of log(distance) so far below by the paired t-test: p < 1e-4."""
FEWEST = 5
"""Points below this number decide nothing."""
FEWEST_FOR_T = 20
"""Points below this number are not tried by t."""
FARTHEST_METRES = 1e7
NOISE_METRES = 10.0
"""Differences between distances much below this say nothing."""


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
    everywhere = np.ones(network.edges, bool)
    edges = finder(network, everywhere, len(SHIFTED) * len(lon))
    distances: dict[str, Degrees] = {}
    for datum in SHIFTED:
        x, y = transform(*_true(*written, datum), WGS84, network.crs)
        _, distances[datum] = edges.nearest(x, y, np.full(len(x), FARTHEST_METRES))
    metres = {name: float(np.median(d)) if len(d) else np.inf for name, d in distances.items()}
    best = min(metres, key=lambda name: metres[name])
    decided = all(_beats(distances[best], distances[other]) for other in SHIFTED if other != best)
    return Probe(metres, best if decided else None)


def _beats(near: Degrees, far: Degrees) -> bool:
    """Tell whether points lie so much nearer in one case than in the other that it is no chance."""
    count = len(near)
    if count < FEWEST:
        return False
    if float(np.median(far)) >= WIN * max(float(np.median(near)), 1e-9):
        return True
    gain = np.log((far + NOISE_METRES) / (near + NOISE_METRES))
    spread = float(gain.std()) / np.sqrt(count)
    return count >= FEWEST_FOR_T and float(gain.mean()) >= SURE * max(spread, 1e-12)


def _as_written(lon: Degrees, lat: Degrees, datum: str) -> tuple[Degrees, Degrees]:
    if datum == "WGS84":
        return lon, lat
    shifted = wgs84_to_gcj02(lon, lat)
    return shifted if datum == "GCJ02" else gcj02_to_bd09(*shifted)


def _true(lon: Degrees, lat: Degrees, datum: str) -> tuple[Degrees, Degrees]:
    if datum == "WGS84":
        return lon, lat
    return gcj02_to_wgs84(*(bd09_to_gcj02(lon, lat) if datum == "BD09" else (lon, lat)))
