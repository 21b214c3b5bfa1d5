"""
Contours of a surface as polygons that a cartographer would sign: nested, valid, without dust.

All rings come from one surface, so that none can cross another. The surface is smoothed by the
binomial filter of 3 x 3 cells. Contours are those of the contourpy library (marching squares with
the middle of a saddle); they are thinned by the coverage simplification of GEOS (Visvalingam &
Whyatt 1993), which keeps the bands between rings apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import contourpy
import numpy as np
import numpy.typing as npt
import shapely

from .field import FAR
from .network import Floats
from .surface import Surface

Geometries = npt.NDArray[np.object_]

DUST_CELLS = 9.0
"""Islands and holes smaller than so many cells are below what the surface can tell."""
SHORE_CELLS = 40.0
"""Pieces that the shore cut off and that are smaller must hold a reached cell."""
THIN_CELLS = 0.5
"""Tolerance of the simplification: the side of the smallest triangle that is kept, in cells."""


def rings(
    surface: Surface, levels: Sequence[int], *, land: shapely.Geometry | None = None
) -> list[shapely.MultiPolygon]:
    """
    Return what lies within each of some times, one multipolygon per level, each in the next.

    Parameters
    ----------
    surface
        Times, known for a little longer than the highest level.
    levels
        Ticks, ascending, inclusive.
    land
        What is kept, in the CRS of the surface: water and what lies outside is cut away.
    """
    cell = float(surface.x[1] - surface.x[0])
    raw = _contours(surface, levels)
    whole = [_without_dust(shape, DUST_CELLS * cell**2) for shape in raw]
    found = _thinned(whole, THIN_CELLS * cell)
    if land is None:
        return found
    return [
        _ashore(shape, land, surface, level, cell)
        for shape, level in zip(found, levels, strict=True)
    ]


def _contours(surface: Surface, levels: Sequence[int]) -> list[Geometries]:
    """Return the polygons at or below each level, as marching squares draw them."""
    known = surface.ticks < FAR
    top = max(int(surface.ticks[known].max(initial=0)), max(levels) + 1)
    height = _smoothed(np.where(known, surface.ticks, top).astype(float))
    lines: Any = contourpy.contour_generator(
        surface.x, surface.y, height, name="serial", fill_type="OuterOffset"
    )
    found = []
    for level in levels:
        # Half a tick above: thresholds are inclusive.
        points, offsets = lines.filled(-1.0, level + 0.5)
        polygons = [
            shapely.Polygon(
                xy[at[0] : at[1]], [xy[at[k] : at[k + 1]] for k in range(1, len(at) - 1)]
            )
            for xy, at in zip(points, offsets, strict=True)
        ]
        found.append(np.array(polygons, object))
    return found


def _smoothed(height: Floats) -> Floats:
    """Return the mean over 3 x 3 cells with the weights 1 2 1 both ways."""
    rim = np.pad(height, 1, mode="edge")
    across = (rim[:-2] + 2.0 * rim[1:-1] + rim[2:]) / 4.0
    return np.asarray((across[:, :-2] + 2.0 * across[:, 1:-1] + across[:, 2:]) / 4.0)


def _without_dust(polygons: Geometries, area: float) -> Geometries:
    """Drop islands and fill holes that are smaller than `area`, square metres."""
    kept = []
    for polygon in polygons:
        outer = shapely.Polygon(polygon.exterior)
        if outer.area < area:
            continue
        holes = [hole for hole in polygon.interiors if shapely.Polygon(hole).area >= area]
        kept.append(shapely.Polygon(polygon.exterior, holes))
    return np.array(kept, object)


def _thinned(whole: Sequence[Geometries], metres: float) -> list[shapely.MultiPolygon]:
    """Simplify the bands between the rings together, and put the rings together again."""
    shapes = [shapely.multipolygons(polygons) for polygons in whole]
    # Rings that touch along a line leave lines in their difference, which are no bands.
    bands = [shapes[0], *(_many(outer - inner) for inner, outer in pairwise(shapes))]
    thin = shapely.coverage_simplify(np.array(bands, object), metres)
    return [_many(shapely.union_all(thin[: k + 1]) if k else thin[0]) for k in range(len(thin))]


def _ashore(
    shape: shapely.MultiPolygon, land: shapely.Geometry, surface: Surface, level: int, cell: float
) -> shapely.MultiPolygon:
    """Cut to the land, and drop splinters on the far bank."""
    kept = []
    for part in shapely.get_parts(_many(shapely.intersection(shape, land))):
        if part.area < DUST_CELLS * cell**2:
            continue
        if part.area >= SHORE_CELLS * cell**2 or _reached(part, surface, level):
            kept.append(part)
    return shapely.multipolygons(np.array(kept, object))


def _reached(part: shapely.Polygon, surface: Surface, level: int) -> bool:
    """Tell whether a polygon holds the centre of a cell on land that is reached in time."""
    west, south, east, north = part.bounds
    column = slice(*np.searchsorted(surface.x, [west, east]).tolist())
    row = slice(*np.searchsorted(surface.y, [south, north]).tolist())
    near = (surface.ticks[row, column] <= level) & surface.land[row, column]
    at_row, at_column = np.nonzero(near)
    x, y = surface.x[column][at_column], surface.y[row][at_row]
    return bool(shapely.contains_xy(part, x, y).any())


def _many(shape: shapely.Geometry) -> shapely.MultiPolygon:
    """Return the polygons of any geometry as one multipolygon."""
    parts = shapely.get_parts(shapely.get_parts([shape]))
    return shapely.multipolygons(parts[shapely.get_type_id(parts) == 3])
