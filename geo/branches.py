"""
Trips as lines that share what they have in common: a forest of branches.

A branch leads from a place, or from where two ways meet, to where the next way meets, or to the
venue. The whole trip is a branch, its parent, the parent of that, and so on.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import shapely

from .legs import DIRECT, Legs, Passages
from .network import Ints, Network
from .snap import Snaps

Points = npt.NDArray[np.float64]
NONE = -1


@dataclass(frozen=True, eq=False)
class Branches:
    """
    Lines of p trips in b pieces.

    Parameters
    ----------
    start
        Shape (p,), branch at the place; -1 where there is no trip.
    parent
        Shape (b,), the branch that goes on; -1 where the venue is reached.
    line
        Shape (b,), from the place's side to the venue's; its last point is its parent's first.
    """

    start: Ints
    parent: Ints
    line: npt.NDArray[np.object_]

    def whole(self) -> npt.NDArray[np.object_]:
        """Return the trips as one line each, shape (p,); None where there is no trip."""
        points = [shapely.get_coordinates(line) for line in self.line]
        lines = np.full(len(self.start), None, object)
        for place, branch in enumerate(self.start.tolist()):
            parts: list[Points] = []
            while branch != NONE:
                parts.append(points[branch] if not parts else points[branch][1:])
                branch = int(self.parent[branch])
            if parts:
                lines[place] = shapely.LineString(np.concatenate(parts))
        return lines


def branches(
    network: Network, passages: Passages, trips: Legs, homes: Snaps, goals: Snaps,
    home_points: Points, goal_points: Points, *, to_venue: bool, tolerance_metres: float = 0.0,
) -> Branches:  # fmt: skip
    """
    Draw trips in the CRS of the network.

    Parameters
    ----------
    passages
        The edges between nodes.
    trips
        Which way p places go.
    homes, goals
        Where places and venues join the roads.
    home_points, goal_points
        Shapes (p, 2) and (v, 2), where they are, metres in the CRS of the network.
    to_venue
        Whether people travel from the places to the venues.
    tolerance_metres
        Branches are simplified by so much; their ends stay.
    """
    tree = _Tree.of(trips, network.nodes)
    edge, turned = tree.edges(passages, network.nodes, to_venue=to_venue)
    drawing = _Drawing(
        _Shapes(network), tree, edge, turned, trips, homes, goals, home_points, goal_points
    )
    for at in np.flatnonzero(tree.meets).tolist():
        drawing.grow([], at)
    start = np.full(len(trips.side), NONE)
    for place in np.flatnonzero(trips.side >= DIRECT).tolist():
        start[place] = len(drawing.lines)
        drawing.set_out(place)
    drawn = np.array([shapely.LineString(points) for points in drawing.lines], object)
    if tolerance_metres:
        drawn = np.asarray(shapely.simplify(drawn, tolerance_metres), object)
    return Branches(start, np.array(drawing.parent, np.int64), drawn)


@dataclass(eq=False)
class _Drawing:
    """Branches drawn so far: their lines, and the number of the branch that goes on from each."""

    shapes: _Shapes
    tree: _Tree
    edge: Ints
    turned: npt.NDArray[np.bool_]
    trips: Legs
    homes: Snaps
    goals: Snaps
    home_points: Points
    goal_points: Points
    lines: list[Points] = field(default_factory=list)
    parent: list[int] = field(default_factory=list)

    def _add(self, pieces: list[Points], at: int) -> None:
        """Add a branch that ends at a node where ways meet, or at the venue."""
        self.parent.append(NONE if at == NONE else int(self.tree.number[at]))
        self.lines.append(_joined(pieces))

    def grow(self, pieces: list[Points], at: int) -> None:
        """Go on from a node until ways meet, or to the venue."""
        tree = self.tree
        while tree.up[at] >= 0:
            pieces.append(self.shapes.edge(int(self.edge[at]), bool(self.turned[at])))
            at = int(tree.up[at])
            if tree.meets[at]:
                return self._add(pieces, at)
        place = int(tree.passer[at])
        venue = int(self.trips.venue[place])
        last = self.shapes.part(self.goals, venue, int(self.trips.goal_side[place]))
        return self._add([*pieces, last[::-1], self.goal_points[venue : venue + 1]], NONE)

    def set_out(self, place: int) -> None:
        """Draw the branch on which a place sets out."""
        pieces, side = [self.home_points[place : place + 1]], int(self.trips.side[place])
        if side == DIRECT:
            venue = int(self.trips.venue[place])
            shares = float(self.homes.share[place]), float(self.goals.share[venue])
            pieces.append(self.shapes.along(int(self.homes.edge[place]), *shares))
            return self._add([*pieces, self.goal_points[venue : venue + 1]], NONE)
        pieces.append(self.shapes.part(self.homes, place, side))
        at = int(self.tree.begin[place])
        return self._add(pieces, at) if self.tree.meets[at] else self.grow(pieces, at)


@dataclass(frozen=True, eq=False)
class _Tree:
    """
    The nodes that trips pass, k of them, by search and number.

    Parameters
    ----------
    key
        Shape (k,), search x nodes + node, ascending.
    up
        Shape (k,), which is next; -1 where the venue's door is.
    meets
        Shape (k,), whether ways meet there: of two nodes before it, or of places that set out.
    passer
        Shape (k,), a place whose way leads there.
    begin
        Shape (p,), the first node of each place.
    number
        Shape (k,), of the branch that begins where ways meet.
    """

    key: Ints
    up: Ints
    meets: npt.NDArray[np.bool_]
    passer: Ints
    begin: Ints
    number: Ints

    @classmethod
    def of(cls, trips: Legs, nodes: int) -> _Tree:
        """Gather the nodes of all trips."""
        place = np.repeat(np.arange(len(trips.side)), np.diff(trips.first))
        key, at, index = np.unique(
            trips.forest[place] * nodes + trips.node, return_index=True, return_inverse=True
        )
        up = np.full(len(key), NONE)
        onward = np.flatnonzero(place[1:] == place[:-1])
        up[index[onward]] = index[onward + 1]
        begin = np.full(len(trips.side), NONE)
        through = np.flatnonzero(np.diff(trips.first))
        begin[through] = index[trips.first[through]]
        into = np.bincount(up[up >= 0], minlength=len(key))
        into += np.bincount(begin[through], minlength=len(key))
        return cls(key, up, into > 1, place[at], begin, np.cumsum(into > 1) - 1)

    def edges(
        self, passages: Passages, nodes: int, *, to_venue: bool
    ) -> tuple[Ints, npt.NDArray[np.bool_]]:
        """Return the edge from each node to the next, -1 at the door, and whether it is turned."""
        inner = self.up >= 0
        ends = np.column_stack([self.key, self.key[self.up]])[inner] % nodes
        source, target = ends.T if to_venue else ends.T[::-1]
        edge, turned = np.full(len(self.up), NONE), np.zeros(len(self.up), np.int64)
        edge[inner], turned[inner] = passages.between(source, target)
        return edge, turned == to_venue


class _Shapes:
    """Points of edges and of parts of them, metres in the CRS of the network."""

    def __init__(self, network: Network) -> None:
        self.first = network.first
        self.xy = np.column_stack(network.shape_xy)

    def edge(self, edge: int, turned: bool) -> Points:
        """Return a whole edge from its tail, or from its head."""
        points = self.xy[self.first[edge] : self.first[edge + 1]]
        return points[::-1] if turned else points

    def part(self, snaps: Snaps, row: int, side: int) -> Points:
        """Return the way from where a place joins its edge to the tail (0) or the head (1)."""
        return self.along(int(snaps.edge[row]), float(snaps.share[row]), float(side))

    def along(self, edge: int, begin: float, end: float) -> Points:
        """Return the part of an edge between two shares of its length, turned if need be."""
        points = self.edge(edge, False)
        steps = np.hypot(*np.diff(points, axis=0).T)
        metres = np.concatenate([[0.0], np.cumsum(steps)])
        low, high = sorted((begin, end))
        cuts = np.array([low, high]) * metres[-1]
        inner = (metres > cuts[0]) & (metres < cuts[1])
        tips = np.column_stack([np.interp(cuts, metres, points[:, k]) for k in (0, 1)])
        # The ends of an edge are shared with its neighbours: not a bit may differ.
        tips[0] = points[0] if low == 0.0 else tips[0]
        tips[1] = points[-1] if high == 1.0 else tips[1]
        found = np.concatenate([tips[:1], points[inner], tips[1:]])
        return found if begin <= end else found[::-1]


def _joined(pieces: list[Points]) -> Points:
    """Return the points of pieces that follow each other, without repetitions, two at least."""
    points = np.concatenate(pieces)
    fresh = np.ones(len(points), bool)
    fresh[1:] = (points[1:] != points[:-1]).any(axis=1)
    kept = points[fresh]
    return kept if len(kept) > 1 else np.repeat(kept, 2, axis=0)
