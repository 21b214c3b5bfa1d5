"""
Roads that are thought otherwise: closed, flooded or added. A new network each time, never the old.

Edges keep their numbers, so that a place stays tied where it was: what an edit adds comes at the
end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import shapely

from .crs import WGS84, transform
from .network import Bools, Floats, Ints, Network
from .profile import MODES, Profile
from .snap import Doors, Snaps, along_edge, doors

WHOLE = np.array([0.0, 1.0])


@dataclass(frozen=True, eq=False)
class Roadworks:
    """
    Roads and what was done to them; m edges.

    Parameters
    ----------
    standing
        All roads, those that were added too, nothing closed.
    cuts
        By mode, shape (m, 2): the shares between which an edge is closed; nan where it is open.
    pieces
        By edge that a new road ends in: its first and second piece, and the share between them.
    """

    standing: Network
    cuts: Mapping[str, Floats]
    pieces: Mapping[int, tuple[int, int, float]] = field(default_factory=dict)

    @classmethod
    def of(cls, network: Network) -> Roadworks:
        """Return a network to which nothing was done."""
        return cls(network, {mode: np.full((network.edges, 2), np.nan) for mode in MODES})

    @cached_property
    def network(self) -> Network:
        """The roads that are left: an edge with a closed stretch lets nobody through."""
        closed = {mode: np.isfinite(cut[:, 0]) for mode, cut in self.cuts.items()}
        if not any(found.any() for found in closed.values()):
            return self.standing
        usable = {
            mode: open_ & ~closed[mode][:, None] for mode, open_ in self.standing.open.items()
        }
        return replace(self.standing, open=usable)

    def doors(self, profile: Profile, snaps: Snaps, *, leaving: bool) -> Doors:
        """Return the doors of p places: only such that no closed stretch lies before."""
        found = doors(self.standing, profile, snaps, leaving=leaving)
        edge = np.where(snaps.connected, snaps.edge, 0)
        low, high = self.cuts[profile.mode][edge].T
        share = snaps.share
        apart = np.column_stack([(low <= share) & (share > 0), (high >= share) & (share < 1)])
        return replace(found, open=found.open & ~apart)

    def dry(
        self, profile: Profile, leaving: Doors, arriving: Doors, place: Ints, venue: Ints
    ) -> Ints:
        """
        Return the ticks along a common edge that is closed elsewhere, -1 where there is none.

        Parameters
        ----------
        place, venue
            Pairs on a common edge, q of them.
        """
        low, high = self.cuts[profile.mode][leaving.snaps.edge[place]].T
        ends = np.sort([leaving.snaps.share[place], arriving.snaps.share[venue]], axis=0)
        apart = ~np.isfinite(low) | ((ends[1] >= low) & (ends[0] <= high))
        direct = along_edge(self.standing, profile, leaving, arriving, place, venue)
        return np.where(apart, -1, direct)

    def pieces_under(self, snaps: Snaps) -> tuple[Ints, Snaps, Bools]:
        """
        Tie places on edges that new roads end in to the pieces of these.

        Returns
        -------
        int64, shape (q,)
            Numbers of the places, one place once for each piece that holds it.
        Snaps
            Where they are on the pieces, q of them.
        bool, shape (q, 2)
            The door of each that the whole edge lacks: that to the end of the new road.
        """
        rows: list[tuple[int, int, float, bool]] = []
        waiting = [
            (place, int(snaps.edge[place]), float(snaps.share[place]))
            for place in np.flatnonzero(np.isin(snaps.edge, list(self.pieces))).tolist()
        ]
        while waiting:
            place, edge, share = waiting.pop()
            if edge not in self.pieces:
                continue
            first, second, at = self.pieces[edge]
            before = share <= at
            piece = first if before else second
            share = share / at if before else (share - at) / (1 - at)
            rows.append((place, piece, share, before))
            waiting.append((place, piece, share))
        rows.sort()
        number = np.array([row[0] for row in rows], np.int64)
        fresh = np.array([[not before, before] for *_, before in rows], bool).reshape(-1, 2)
        where = Snaps(
            np.array([row[1] for row in rows], np.int64),
            np.array([row[2] for row in rows], float),
            snaps.metres[number],
            snaps.crosses[number],
        )
        return number, where, fresh


def edges_named(network: Network, name: str) -> Bools:
    """Tell which edges bear a name, shape (m,)."""
    numbers = [i for i, known in enumerate(network.names) if known == name and known]
    return np.isin(network.name, numbers)


def edges_of_way(network: Network, way: int) -> Bools:
    """Tell which edges are pieces of a way of the source, shape (m,)."""
    return np.asarray(network.way == way)


def close(works: Roadworks, edges: Bools, modes: Iterable[str] = MODES) -> Roadworks:
    """Close whole edges, shape (m,), to some modes."""
    cuts = {mode: cut.copy() for mode, cut in works.cuts.items()}
    for mode in modes:
        cuts[mode][edges] = WHOLE
    return replace(works, cuts=cuts)


def stretches(network: Network, area: shapely.Geometry, *, bridges: bool = True) -> Floats:
    """
    Return the shares between which an area covers each edge, shape (m, 2); nan where it does not.

    Of an edge that the area meets more than once, the first to the last. Touching is no covering.

    Parameters
    ----------
    area
        Polygon in degrees WGS 84.
    bridges
        Whether bridges, tunnels and ferries are covered too.
    """
    flat = to_network(network, area)
    found = np.full((network.edges, 2), np.nan)
    shapely.prepare(flat)
    met = np.flatnonzero(shapely.intersects(flat, network.lines))
    if not bridges:
        met = met[~network.structure[met]]
    for edge in met.tolist():
        line = network.lines[edge]
        wet = shapely.intersection(line, flat)
        points = shapely.points(shapely.get_coordinates(wet))
        if shapely.length(wet) > 0 or shapely.length(line) == 0:
            share = shapely.line_locate_point(line, points, normalized=True)
            found[edge] = np.nanmin(share, initial=1.0), np.nanmax(share, initial=0.0)
    return found


def to_network(network: Network, area: shapely.Geometry) -> shapely.Geometry:
    """Return an area of degrees WGS 84 in the metric system of a network."""
    return shapely.transform(
        area, lambda at: np.column_stack(transform(at[:, 0], at[:, 1], WGS84, network.crs))
    )


def flood(works: Roadworks, wet: Floats, modes: Iterable[str] = MODES) -> Roadworks:
    """Close stretches of edges, shape (m, 2), as `stretches` tells them, to some modes."""
    cuts = {}
    for mode, cut in works.cuts.items():
        both = np.column_stack([np.fmin(cut[:, 0], wet[:, 0]), np.fmax(cut[:, 1], wet[:, 1])])
        cuts[mode] = both if mode in modes else cut
    return replace(works, cuts=cuts)
