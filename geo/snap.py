"""
Tie places to the road: the nearest point on an edge that the mode can use, not the nearest node.

The walk between a place and that point is charged at both ends of a trip (straight distance x
detour at walking speed); the rest of the edge is charged by its share. Nobody is moved across a
river, a railway or a motorway while there is a road on this side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import shapely

from .network import Bools, Floats, Ints, Network, ticks
from .profile import Profile
from .roadside import NOWHERE, Finder, Searcher, Tree, finder
from .walls import Walls

Rows = Ints | Bools | slice
"""Numbers of places, or which of them."""

END_SHARE = 1e-9
"""A position so near to an end of its edge is that end."""
WIDER_METRES = 50.0
"""Beyond twice the walk to the nearest road, where another is first looked for."""
AT_ONCE = 256
"""Places behind a wall that look for another road at once: each sees thousands of edges."""


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

    def take(self, rows: Rows) -> Snaps:
        """Return some of the places."""
        return Snaps(self.edge[rows], self.share[rows], self.metres[rows], self.crosses[rows])

    @classmethod
    def joined(cls, parts: Sequence[Snaps]) -> Snaps:
        """Return the places of several lots, one after the other."""
        names = [item.name for item in fields(cls)]
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def snap(
    network: Network,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    joinable: Bools,
    limit_metres: float,
    barriers: npt.NDArray[np.object_] | None = None,
    searcher: Searcher = "auto",
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
    searcher
        Who searches; every searcher gives the same answer.
    """
    px, py = np.ascontiguousarray(x, np.float64), np.ascontiguousarray(y, np.float64)
    edges = finder(network, joinable, len(px), searcher)
    limit = np.full(len(px), float(limit_metres))
    edge, metres = edges.nearest(px, py, limit)
    crosses = np.zeros(len(px), bool)
    if barriers is not None and len(barriers):
        _around_walls(network, edges, Walls(barriers), px, py, limit_metres, edge, metres, crosses)
    share = edges.shares(px, py, edge)
    share[~np.isfinite(share) | (share < END_SHARE)] = 0.0
    share[share > 1 - END_SHARE] = 1.0
    return Snaps(edge, share, metres, crosses)


def _around_walls(
    network: Network, edges: Finder, walls: Walls, px: Floats, py: Floats, limit: float,
    edge: Ints, metres: Floats, crosses: Bools,
) -> None:  # fmt: skip
    """Move places whose walk crosses a wall to the nearest edge whose walk does not."""
    by_grid = not isinstance(edges, Tree)
    asked = np.flatnonzero(edge != NOWHERE)
    asked = asked[walls.near(px[asked], py[asked], metres[asked], by_grid=by_grid)]
    points = shapely.points(px[asked], py[asked])
    blocked = asked[walls.crossed(points, network.lines_of(edge[asked]))]
    for begin in range(0, len(blocked), AT_ONCE):
        left = blocked[begin : begin + AT_ONCE]
        reach, seen = metres[left] * 2 + WIDER_METRES, np.full(len(left), -1.0)
        while len(left):
            reach = np.minimum(reach, limit)
            place, candidate, far = edges.around(px[left], py[left], reach)
            fresh = far > seen[place]
            place, candidate, far = place[fresh], candidate[fresh], far[fresh]
            points = shapely.points(px[left[place]], py[left[place]])
            free = ~walls.crossed(points, network.lines_of(candidate))
            place, candidate, far = place[free], candidate[free], far[free]
            order = np.lexsort((candidate, far, place))
            done, at = np.unique(place[order], return_index=True)
            edge[left[done]], metres[left[done]] = candidate[order][at], far[order][at]
            more = np.ones(len(left), bool)
            more[done] = False
            crosses[left[more & (reach >= limit)]] = True
            more &= reach < limit
            left, reach, seen = left[more], reach[more] * 2, reach[more]


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

    def take(self, rows: Rows) -> Doors:
        """Return the doors of some of the places."""
        return Doors(
            self.snaps.take(rows), self.node[rows], self.ticks[rows], self.open[rows],
            self.walk[rows],
        )  # fmt: skip

    @classmethod
    def joined(cls, parts: Sequence[Doors]) -> Doors:
        """Return the doors of several lots of places, one after the other."""
        names = [item.name for item in fields(cls)[1:]]
        return cls(
            Snaps.joined([part.snaps for part in parts]),
            *(np.concatenate([getattr(part, name) for part in parts]) for name in names),
        )


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
    times = network.milliseconds(profile, edge)
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
    times = network.milliseconds(profile, edge)
    usable = network.open[profile.mode][edge]
    onward = end >= start
    part = np.abs(end - start) * np.where(onward, times[:, 0], times[:, 1])
    allowed = np.where(onward, usable[:, 0], usable[:, 1]) | (end == start)
    total = ticks(np.rint(part + leaving.walk[place] + arriving.walk[venue]).astype(np.int64))
    return np.where(allowed, total, -1)
