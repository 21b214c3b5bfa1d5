"""
Zones: outlines of towns that share nothing, in any plane, and points kept inside them.

What is divided among towns by area must not be counted twice where outlines overlap.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from pyproj import CRS

from ..geo.crs import transform
from .lookup import BORDER_METRES

Shapes = npt.NDArray[np.object_]

SEGMENT_METRES = 500.0
"""Outlines are straight in metres; in parts this long the chord elsewhere strays by millimetres."""
INSIDE_METRES = 2 * BORDER_METRES
"""Points are kept this far inside their town, so that no other claims them."""


def apart(towns: GeoDataFrame) -> Shapes:
    """Return the outlines without overlaps: the first town keeps what several claim."""
    shapes: Shapes = np.array(towns.geometry, object)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    for i, j in sorted(zip(one.tolist(), other.tolist(), strict=True)):
        if i < j and shapely.intersection(shapes[i], shapes[j]).area > 0:
            shapes[j] = shapely.difference(shapes[j], shapes[i])
    return shapes


def projected(shapes: Shapes, source: CRS, target: CRS) -> Shapes:
    """Return outlines in metres, `source`, as they run in another plane."""

    def moved(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.column_stack(transform(xy[:, 0], xy[:, 1], source, target))

    if source.equals(target, ignore_axis_order=True):
        return shapes
    found: Shapes = shapely.transform(shapely.segmentize(shapes, SEGMENT_METRES), moved)
    return found


def inside(x: pd.Series[Any], y: pd.Series[Any], town: pd.Series[Any], outlines: Shapes) -> Shapes:
    """
    Return points, those outside their town moved to its nearest point.

    Parameters
    ----------
    x, y
        Metres.
    town
        Place of the town of each point in `outlines`.
    outlines
        From `apart`.
    """
    east, north, towns = x.to_numpy(float, copy=True), y.to_numpy(float, copy=True), town.to_numpy()
    for i, outline in enumerate(outlines):
        inner = shapely.buffer(outline, -INSIDE_METRES, join_style="mitre")
        inner = shapely.point_on_surface(outline) if inner.is_empty else inner
        shapely.prepare(inner)
        mine = np.flatnonzero(towns == i)
        out = mine[~shapely.intersects_xy(inner, east[mine], north[mine])]
        if len(out):
            lines = shapely.shortest_line(inner, shapely.points(east[out], north[out]))
            east[out], north[out] = shapely.get_coordinates(lines)[::2].T
    return np.asarray(shapely.points(east, north), object)
