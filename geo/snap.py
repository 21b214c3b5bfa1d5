"""
Tie places to the road: the nearest point on an edge that the mode can use, not the nearest node.

The walk between a place and that point is charged at both ends of a trip (straight distance x
detour at walking speed); the rest of the edge is charged by its share. Nobody is moved across a
river, a railway or a motorway while there is a road on this side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely import STRtree

from .network import Bools, Floats, Ints, Network, ticks
from .profile import Profile

NOWHERE = -1
"""Edge of a place that is not connected."""
END_SHARE = 1e-9
"""A position so near to an end of its edge is that end."""
TOUCH_METRES = 0.01
"""So near to its ends a walk may meet a barrier."""


@dataclass(frozen=True, eq=False)
class Snaps:
    """
    Where p places join the road.

    Parameters
    ----------
    edge
        Shape (p,), edge numbers; `NOWHERE` where no usable road lies within the limit.
    share
        Shape (p,), position on the edge from its tail (0) to its head (1).
    metres
        Shape (p,), straight distance to the road; nan where not connected.
    crosses
        Shape (p,), the walk to the road crosses a river, railway or motorway all the same.
    """

    edge: Ints
    share: Floats
    metres: Floats
    crosses: Bools

    @property
    def connected(self) -> Bools:
        """Tell which places have a road, shape (p,)."""
        return np.asarray(self.edge != NOWHERE)


def snap(
    network: Network,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    joinable: Bools,
    limit_metres: float,
    barriers: npt.NDArray[np.object_] | None = None,
) -> Snaps:
    """
    Find the nearest joinable edge of each place.

    Of equally near edges the lowest number wins. Where the straight walk crosses a barrier, the
    nearest edge whose walk does not is taken instead; if there is none, the nearest with `crosses`.

    Parameters
    ----------
    network
        m edges; distances are measured in its `crs`.
    x, y
        Shape (p,), metres in the same `crs`.
    joinable
        Shape (m,), from `Network.joinable`.
    limit_metres
        Places farther away are not connected; a place at the limit itself is.
    barriers
        Lines and areas in `crs` that nobody walks across.
    """
    points = shapely.points(np.asarray(x, float), np.asarray(y, float))
    numbers = np.flatnonzero(joinable)
    lines = network.lines[numbers]
    edge = np.full(len(points), NOWHERE, np.int64)
    crosses = np.zeros(len(points), bool)
    if len(numbers) and len(points):
        tree = STRtree(lines)
        place, candidate = tree.query_nearest(points, max_distance=limit_metres * (1 + 1e-12))
        near = shapely.distance(points[place], lines[candidate]) <= limit_metres
        place, candidate = place[near], candidate[near]
        order = np.lexsort((numbers[candidate], place))
        place, at = np.unique(place[order], return_index=True)
        candidate = candidate[order][at]
        edge[place] = numbers[candidate]
        if barriers is not None and len(barriers):
            wall = STRtree(barriers)
            blocked = _crossing(points[place], lines[candidate], wall)
            for at_place in place[blocked]:
                free = _free_edge(points[at_place], lines, tree, wall, limit_metres)
                crosses[at_place] = free is None
                if free is not None:
                    edge[at_place] = numbers[free]
    return _positions(network, points, edge, crosses)


def _crossing(
    points: npt.NDArray[np.object_], lines: npt.NDArray[np.object_], wall: STRtree
) -> Bools:
    """
    Tell which shortest walks from points to lines cross a barrier, shape (p,).

    Touching one with an end is no crossing: motorways begin at nodes of other roads.
    """
    walks = shapely.shortest_line(points, lines)
    inner = [shapely.line_interpolate_point(walks, end) for end in (TOUCH_METRES, -TOUCH_METRES)]
    long = shapely.length(walks) > 2 * TOUCH_METRES
    ends = shapely.get_coordinates(np.column_stack(inner).ravel()).reshape(-1, 2, 2)
    walks = np.where(long, shapely.linestrings(ends), None)
    hit = np.zeros(len(walks), bool)
    hit[np.unique(wall.query(walks, predicate="intersects")[0])] = True
    return hit


def _free_edge(
    point: shapely.Point,
    lines: npt.NDArray[np.object_],
    tree: STRtree,
    wall: STRtree,
    limit_metres: float,
) -> int | None:
    """Return the nearest line within the limit that can be walked to without crossing a barrier."""
    around = np.sort(tree.query(point, predicate="dwithin", distance=limit_metres))
    points = np.full(len(around), point, object)
    free = around[~_crossing(points, lines[around], wall)]
    if not len(free):
        return None
    return int(free[np.argmin(shapely.distance(point, lines[free]))])


def _positions(
    network: Network, points: npt.NDArray[np.object_], edge: Ints, crosses: Bools
) -> Snaps:
    connected = edge != NOWHERE
    lines = network.lines[edge[connected]]
    share, metres = np.zeros(len(edge)), np.full(len(edge), np.nan)
    share[connected] = shapely.line_locate_point(lines, points[connected], normalized=True)
    share[~np.isfinite(share) | (share < END_SHARE)] = 0.0
    share[share > 1 - END_SHARE] = 1.0
    metres[connected] = shapely.distance(points[connected], lines)
    return Snaps(edge, share, metres, crosses)


@dataclass(frozen=True, eq=False)
class Doors:
    """
    The ways from p places into the network (`leaving`) or out of it (arriving): two each.

    Parameters
    ----------
    snaps
        Where they join.
    node
        Shape (p, 2), the tail and the head of the edge; meaningless where `open` is False.
    ticks
        Shape (p, 2), tenths of a second between the place and that node: walk + share of the edge.
    open
        Shape (p, 2), whether the edge may be used that way; at an end of it the place stands on the
        node itself, whatever the direction of the edge.
    walk
        Shape (p,), milliseconds of the walk, and the parking where people arrive.
    """

    snaps: Snaps
    node: Ints
    ticks: Ints
    open: Bools
    walk: Floats


def doors(network: Network, profile: Profile, snaps: Snaps, *, leaving: bool) -> Doors:
    """
    Return what it takes from places to the ends of their edges, or from there to the places.

    Parameters
    ----------
    network, profile
        Give the times of the edges.
    snaps
        p places.
    leaving
        True: from the place to the node. False: from the node to the place, `arrival_seconds`
        included.
    """
    connected = snaps.connected
    edge = np.where(connected, snaps.edge, 0)
    times = network.milliseconds(profile)[edge]
    node = np.column_stack([network.tail[edge], network.head[edge]])
    usable = network.open[profile.mode][edge] & connected[:, None]
    to_tail, to_head = snaps.share, 1.0 - snaps.share
    if leaving:
        part = np.column_stack([times[:, 1] * to_tail, times[:, 0] * to_head])
        usable = usable[:, ::-1]
    else:
        part = np.column_stack([times[:, 0] * to_tail, times[:, 1] * to_head])
    at_node = np.column_stack([snaps.share == 0.0, snaps.share == 1.0]) & connected[:, None]
    walk = np.where(connected, profile.access_milliseconds(1.0) * snaps.metres, 0.0)
    if not leaving:
        walk = walk + profile.arrival_seconds * 1000.0
    return Doors(
        snaps,
        node,
        ticks(np.rint(part + walk[:, None]).astype(np.int64)),
        (usable | at_node) & ~network.barred[profile.mode][node],
        walk,
    )


def along_edge(
    network: Network, profile: Profile, leaving: Doors, arriving: Doors, place: Ints, venue: Ints
) -> Ints:
    """
    Return the ticks between a place and a venue on the same edge, -1 where the edge is closed.

    Parameters
    ----------
    place, venue
        Shape (q,), numbers of pairs whose edges are equal.
    """
    edge = leaving.snaps.edge[place]
    start, end = leaving.snaps.share[place], arriving.snaps.share[venue]
    times = network.milliseconds(profile)[edge]
    usable = network.open[profile.mode][edge]
    onward = end >= start
    part = np.abs(end - start) * np.where(onward, times[:, 0], times[:, 1])
    allowed = np.where(onward, usable[:, 0], usable[:, 1]) | (end == start)
    total = ticks(np.rint(part + leaving.walk[place] + arriving.walk[venue]).astype(np.int64))
    return np.where(allowed, total, -1)
