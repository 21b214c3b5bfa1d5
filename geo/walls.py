"""What nobody walks across on the way to the road: rivers, railways, motorways."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import shapely
from shapely import STRtree

from .network import Bools, Floats

if TYPE_CHECKING:
    from .grid import Grid

TOUCH_METRES = 0.01
"""So near to its ends a walk may meet a barrier."""
SURELY_METRES = 1.0
"""A wall farther away than the walk is long by this much is not met."""


@dataclass(frozen=True, eq=False)
class Walls:
    """
    Barriers, found by where they are.

    Parameters
    ----------
    barriers
        Lines and areas, at least one.
    """

    barriers: npt.NDArray[np.object_]

    @cached_property
    def _tree(self) -> STRtree:
        return STRtree(self.barriers)

    @cached_property
    def _areas(self) -> STRtree:
        parts = shapely.get_parts(self.barriers)
        return STRtree(parts[shapely.get_dimensions(parts) == 2])

    @cached_property
    def _outlines(self) -> Grid | None:
        from .grid import Grid  # loads the kernels

        lines = shapely.get_parts(self.barriers)
        area = shapely.get_dimensions(lines) == 2
        lines[area] = shapely.boundary(lines[area])
        xy, line = shapely.get_coordinates(shapely.get_parts(lines), return_index=True)
        if not len(xy):
            return None
        first = np.concatenate([[0], np.flatnonzero(np.diff(line)) + 1, [len(xy)]])
        return Grid.of(xy[:, 0], xy[:, 1], first)

    def near(self, px: Floats, py: Floats, metres: Floats, *, by_grid: bool) -> Bools:
        """
        Tell which walks of p places may meet a wall, shape (p,); of few, all may.

        Parameters
        ----------
        px, py
            Shape (p,), where the walks begin.
        metres
            Shape (p,), how long they are.
        by_grid
            Whether it is worth looking.
        """
        if not by_grid or self._outlines is None:
            return np.ones(len(px), bool)
        found, _ = self._outlines.nearest(px, py, metres + SURELY_METRES)
        near = np.asarray(found >= 0)
        if len(self._areas.geometries):
            far = np.flatnonzero(~near)
            points = shapely.points(px[far], py[far])
            near[far[self._areas.query(points, predicate="intersects")[0]]] = True
        return near

    def crossed(self, points: npt.NDArray[np.object_], lines: npt.NDArray[np.object_]) -> Bools:
        """
        Tell which shortest walks from points to lines cross a barrier, shape (p,).

        Touching one with an end is no crossing: motorways begin at nodes of other roads.
        """
        walks = shapely.shortest_line(points, lines)
        inner = [
            shapely.line_interpolate_point(walks, end) for end in (TOUCH_METRES, -TOUCH_METRES)
        ]
        long = shapely.length(walks) > 2 * TOUCH_METRES
        ends = shapely.get_coordinates(np.column_stack(inner).ravel()).reshape(-1, 2, 2)
        walks = np.where(long, shapely.linestrings(ends), None)
        hit = np.zeros(len(walks), bool)
        hit[np.unique(self._tree.query(walks, predicate="intersects")[0])] = True
        return hit
