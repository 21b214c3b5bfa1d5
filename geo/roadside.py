"""
Who finds the nearest edge: a tree of lines (shapely) for small work, a grid for the rest.

Both give the same edges, positions and metres. The tree waits for no compilation and is the second
opinion; the grid is some thirty times as quick once its kernels are there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt
import shapely
from shapely import STRtree

from .compiled import is_compiled, note_compiled
from .network import Bools, Floats, Ints, Network

Named = Literal["tree", "grid"]
Searcher = Literal["auto", "tree", "grid"]

NOWHERE = -1
"""Edge of a place that is not connected."""
TINY_METRES = 1e-9
"""The tree refuses a limit of nothing."""
KERNELS = "grid"
LOAD_SECONDS, COMPILE_SECONDS = 0.5, 5.0
"""Until compiled kernels are loaded, and until they are compiled, once per machine."""
TREE_EDGE_SECONDS, TREE_POINT_SECONDS = 4e-6, 1.2e-5
GRID_EDGE_SECONDS, GRID_POINT_SECONDS = 1e-6, 1e-6


class Finder(Protocol):
    """Finds edges around places; `limit` is metres, shape (p,), and itself within."""

    def nearest(self, px: Floats, py: Floats, limit: Floats) -> tuple[Ints, Floats]:
        """Return the nearest edge of p places, `NOWHERE` beyond the limit, and the metres."""
        ...

    def around(self, px: Floats, py: Floats, limit: Floats) -> tuple[Ints, Ints, Floats]:
        """Return all edges within the limits: place, edge, metres, by place and edge."""
        ...

    def shares(self, px: Floats, py: Floats, found: Ints) -> Floats:
        """Return where p places join their edges, from 0 at the tail to 1 at the head."""
        ...


@dataclass(frozen=True, eq=False)
class Tree:
    """
    A tree of the usable ones of m lines.

    Parameters
    ----------
    lines
        Shape (m,).
    usable
        Shape (m,), the lines that may be found.
    """

    lines: npt.NDArray[np.object_]
    usable: Bools

    @cached_property
    def _numbers(self) -> Ints:
        return np.flatnonzero(self.usable)

    @cached_property
    def _tree(self) -> STRtree:
        return STRtree(self.lines[self._numbers])

    def nearest(self, px: Floats, py: Floats, limit: Floats) -> tuple[Ints, Floats]:
        """Return the nearest line of p places and the metres; see `Finder`."""
        points = shapely.points(px, py)
        points[~(np.isfinite(px) & np.isfinite(py))] = None
        found, metres = np.full(len(px), NOWHERE, np.int64), np.full(len(px), np.nan)
        if not len(px) or not len(self._numbers):
            return found, metres
        farthest = float(limit.max()) * (1 + 1e-12)
        place, at = self._tree.query_nearest(points, max_distance=max(farthest, TINY_METRES))
        edge = self._numbers[at]
        far = shapely.distance(points[place], self.lines[edge])
        order = np.lexsort((edge, place))
        order = order[far[order] <= limit[place[order]]]
        place, first = np.unique(place[order], return_index=True)
        found[place], metres[place] = edge[order][first], far[order][first]
        return found, metres

    def around(self, px: Floats, py: Floats, limit: Floats) -> tuple[Ints, Ints, Floats]:
        """Return all lines within the limits: place, line, metres; see `Finder`."""
        points = shapely.points(px, py)
        place, at = self._tree.query(points, predicate="dwithin", distance=limit)
        edge = self._numbers[at]
        order = np.lexsort((edge, place))
        place, edge = place[order], edge[order]
        return place, edge, shapely.distance(points[place], self.lines[edge])

    def shares(self, px: Floats, py: Floats, found: Ints) -> Floats:
        """Return where p places join their lines; see `Finder`."""
        share, joined = np.zeros(len(px)), found != NOWHERE
        points = shapely.points(px[joined], py[joined])
        share[joined] = shapely.line_locate_point(
            self.lines[found[joined]], points, normalized=True
        )
        return share


def choose(edges: int, points: int, *, compiled: bool, sorted_in: bool = False) -> Named:
    """
    Return the searcher that is likely to be done first, as `engines.choose` does.

    Parameters
    ----------
    edges, points
        How many are there, and how many ask.
    compiled
        Whether the kernels of the grid are.
    sorted_in
        Whether the edges lie in a grid already, which others asked for.
    """
    tree = edges * TREE_EDGE_SECONDS + points * TREE_POINT_SECONDS
    grid = points * GRID_POINT_SECONDS
    if not sorted_in:
        grid += LOAD_SECONDS + edges * GRID_EDGE_SECONDS + (0.0 if compiled else COMPILE_SECONDS)
    return "tree" if tree <= grid else "grid"


def finder(network: Network, joinable: Bools, points: int, searcher: Searcher = "auto") -> Finder:
    """
    Return who finds the nearest joinable edges of so many points.

    Parameters
    ----------
    joinable
        Shape (m,).
    searcher
        `auto` takes the one that will be done first.
    """
    if searcher == "auto":
        searcher = choose(
            network.edges, points, compiled=is_compiled(KERNELS), sorted_in="grid" in vars(network)
        )
    if searcher == "tree":
        return Tree(network.lines, joinable)
    return replace(network.grid, usable=np.ascontiguousarray(joinable, bool))


def warm() -> None:
    """Compile the kernels of the grid, or load them."""
    from .grid import Grid

    x, y = np.array([0.0, 3.0]), np.array([0.0, 4.0])
    grid, limit = Grid.of(x, y, np.array([0, 2])), np.full(2, 9.0)
    found, _ = grid.nearest(x, y, limit)
    grid.shares(x, y, found)
    grid.around(x, y, limit)
    note_compiled(KERNELS)
