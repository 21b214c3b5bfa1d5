"""Times by road in a made county, for what must be as regular as real times are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from networks import LINES, synthetic
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from kepu.geo.chains import curve_order
from kepu.geo.routing import UNREACHED

WALK_METRES_A_MINUTE = 75.0
TICKS_A_MINUTE = 600

Floats = npt.NDArray[np.float64]


def along(points: Floats) -> npt.NDArray[np.int64]:
    """Return points, shape (n, 2), in an order in which neighbours follow one another."""
    return curve_order(points[:, 0], points[:, 1])


def ticks_by_road(places: Floats, sites: Floats, *, slower: int, horizon: int) -> np.ndarray:
    """
    Return ticks from places to sites by the roads of a made town stretched over them.

    Parameters
    ----------
    places, sites
        Shapes (p, 2) and (s, 2), metres.
    slower
        Times on roads are this many times those of a car.
    horizon
        What takes longer is not reached.

    Returns
    -------
    array of uint32, shape (p, s)
    """
    roads = synthetic(LINES["60 k"])
    nodes = np.column_stack([roads.x, roads.y])
    low, wide = places.min(axis=0), np.ptp(places, axis=0).max()
    stretch = wide / np.ptp(nodes, axis=0).max()
    nodes = low + (nodes - nodes.min(axis=0)) * stretch
    tree = cKDTree(nodes)
    away, door = tree.query(places)
    walk = np.rint(away / WALK_METRES_A_MINUTE * TICKS_A_MINUTE)
    arcs = roads.arcs.copy()
    arcs.data = np.rint(arcs.data * stretch)
    _, ends = tree.query(sites)
    found = dijkstra(arcs.T.tocsr(), indices=ends)[:, door].T * slower + walk[:, None]
    return np.where(found <= horizon, found, UNREACHED).astype(np.uint32)
