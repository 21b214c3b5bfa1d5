"""
Roads that are thought otherwise: closed, flooded or added. A new network each time, never the old.

Edges keep their numbers, so that a place stays tied where it was: what an edit adds comes at the
end. A road that ends in the middle of an edge does not cut it in two; the edge stays whole and its
two pieces are laid beside it, so that nobody's way gets longer by a rounding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce

import numpy as np
import shapely

from .crs import WGS84, transform
from .errors import Fault, NetworkError
from .network import Bools, Floats, Ints, Network, ticks
from .profile import MODES, Profile
from .snap import Doors, Snaps, along_edge, doors
from .ways import EARTH

JOIN_METRES = 50.0
"""A new road must end so near to a road that is there."""
NODE_METRES = 1.0
"""So near to a crossing it is that crossing."""
SHIFT_METRES = 5.0
SHIFTS = 200
"""A joint is moved by up to so much, in so many steps, until its pieces are no short cut."""
OPEN = np.array([np.nan, np.nan])
WHOLE = np.array([0.0, 1.0])


@dataclass(frozen=True)
class Road:
    """
    A road that is not there yet.

    Parameters
    ----------
    line
        Points (longitude, latitude), degrees WGS 84, two or more.
    highway, name
        Class and name.
    oneway
        Only from the first point to the last.
    structure
        A bridge or tunnel: nobody joins it in between.
    limit_kmh
        Speed limit; inf where there is none.
    built_up
        In a town: the built-up speeds apply.
    """

    line: tuple[tuple[float, float], ...]
    highway: str
    name: str = ""
    oneway: bool = False
    structure: bool = False
    limit_kmh: float = np.inf
    built_up: bool = False


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
    flat = shapely.transform(
        area, lambda at: np.column_stack(transform(at[:, 0], at[:, 1], WGS84, network.crs))
    )
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


def flood(works: Roadworks, wet: Floats, modes: Iterable[str] = MODES) -> Roadworks:
    """Close stretches of edges, shape (m, 2), as `stretches` tells them, to some modes."""
    cuts = {}
    for mode, cut in works.cuts.items():
        both = np.column_stack([np.fmin(cut[:, 0], wet[:, 0]), np.fmax(cut[:, 1], wet[:, 1])])
        cuts[mode] = both if mode in modes else cut
    return replace(works, cuts=cuts)


def build_road(
    works: Roadworks, road: Road, profiles: Sequence[Profile], *, join_metres: float = JOIN_METRES
) -> Roadworks:
    """
    Add a road whose two ends join what is there, at a crossing or in the middle of an edge.

    It meets no road in between: what crosses it passes over or under.

    Parameters
    ----------
    profiles
        Of all modes that are measured: they tell who may use the class, and how long pieces take.
    join_metres
        How far its ends may lie from the road they join.

    Raises
    ------
    NetworkError
        An end lies too far from every road, or the class is unknown.
    """
    if not any(road.highway in profile.speeds for profile in profiles):
        known = sorted({name for profile in profiles for name in profile.speeds})
        facts = {"known": "、".join(known)}
        raise NetworkError(Fault("E-EDIT-CLASS", value=road.highway, facts=facts))
    works, start = _joint(works, road.line[0], profiles, join_metres)
    works, end = _joint(works, road.line[-1], profiles, join_metres)
    network = works.standing
    lon = np.array([network.lon[start], *(p[0] for p in road.line), network.lon[end]])
    lat = np.array([network.lat[start], *(p[1] for p in road.line), network.lat[end]])
    usable = {}
    for profile in profiles:
        speed = profile.speeds.get(road.highway)
        forward = bool(speed and speed.access)
        usable[profile.mode] = (forward, forward and (not road.oneway or profile.mode == "walk"))
    classes = dict.fromkeys((*network.classes, road.highway))
    names = dict.fromkeys((*network.names, road.name))
    return _with_edge(
        replace(works, standing=replace(network, classes=tuple(classes), names=tuple(names))),
        (start, end), (lon, lat), _length(lon, lat), usable=usable, parent=None,
        way=min(0, int(network.way.min())) - 1, highway=list(classes).index(road.highway),
        name=list(names).index(road.name), factor=1.0, limit_kmh=(road.limit_kmh,) * 2,
        structure=road.structure, built_up=road.built_up,
    )  # fmt: skip


def _length(lon: Floats, lat: Floats) -> float:
    return float(EARTH.line_length(lon, lat))


def _joint(
    works: Roadworks, point: tuple[float, float], profiles: Sequence[Profile], limit: float
) -> tuple[Roadworks, int]:
    """Find the node where a road ends, or make one in the middle of the nearest edge."""
    network = works.standing
    x, y = transform(np.array([point[0]]), np.array([point[1]]), WGS84, network.crs)
    at = shapely.Point(x[0], y[0])
    usable = reduce(np.logical_or, [network.open[p.mode].any(axis=1) for p in profiles])
    usable = usable & ~network.structure
    usable[list(works.pieces)] = False
    metres = np.where(usable, shapely.distance(at, network.lines), np.inf)
    edge = int(np.argmin(metres))
    if not metres[edge] <= limit:
        facts = {"metres": f"{metres[edge]:.0f}", "limit": f"{limit:g}"}
        where = f"{point[0]:.6f},{point[1]:.6f}"
        raise NetworkError(Fault("E-EDIT-ROAD-LOOSE", value=where, facts=facts))
    line = network.lines[edge]
    along, length = float(line.project(at)), float(line.length)
    if along <= NODE_METRES:
        return works, int(network.tail[edge])
    if length - along <= NODE_METRES:
        return works, int(network.head[edge])
    return _split(works, edge, _fair_share(network, edge, along / length, profiles))


def _fair_share(network: Network, edge: int, share: float, profiles: Sequence[Profile]) -> float:
    """Return the nearest share at which the pieces take no less than the whole in any mode."""
    whole = np.array([network.milliseconds(profile)[edge] for profile in profiles])
    step = SHIFT_METRES / SHIFTS / max(float(network.length[edge]), SHIFT_METRES)
    for shift in sorted(range(-SHIFTS, SHIFTS + 1), key=abs):
        at = share + shift * step
        if not 0.0 < at < 1.0:
            continue
        first, second = np.floor(whole * at) - 1, np.floor(whole * (1 - at)) - 1
        if (ticks(first) + ticks(second) >= ticks(whole)).all():
            return at
    return share


def _split(works: Roadworks, edge: int, share: float) -> tuple[Roadworks, int]:
    """Lay the two pieces of an edge beside it; return the node between them."""
    network = works.standing
    part = slice(network.first[edge], network.first[edge + 1])
    lon, lat = network.shape_lon[part], network.shape_lat[part]
    x, y = transform(lon, lat, WGS84, network.crs)
    steps = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    at = share * steps[-1]
    after = min(max(int(np.searchsorted(steps, at)), 1), len(lon) - 1)
    rest = (at - steps[after - 1]) / max(steps[after] - steps[after - 1], 1e-12)
    mid = [float(c[after - 1] + rest * (c[after] - c[after - 1])) for c in (lon, lat)]
    node = network.nodes
    grown = replace(
        network,
        node=np.append(network.node, min(0, int(network.node.min())) - 1),
        lon=np.append(network.lon, mid[0]),
        lat=np.append(network.lat, mid[1]),
        barred={mode: np.append(barred, False) for mode, barred in network.barred.items()},
    )
    works = replace(works, standing=grown)
    like = {
        "way": network.way[edge], "highway": network.highway[edge], "name": network.name[edge],
        "factor": network.factor[edge], "limit_kmh": network.limit_kmh[edge],
        "structure": network.structure[edge], "built_up": network.built_up[edge],
        "usable": {mode: open_[edge] for mode, open_ in network.open.items()},
    }  # fmt: skip
    length = float(network.length[edge])
    ends = (int(network.tail[edge]), int(network.head[edge]))
    for number in (0, 1):
        shape = tuple(
            np.concatenate([c[:after], [m]] if not number else [[m], c[after:]])
            for c, m in zip((lon, lat), mid, strict=True)
        )
        works = _with_edge(
            works, (ends[0], node) if not number else (node, ends[1]), shape,
            length * (share if not number else 1 - share),
            parent=(edge, (0.0, share) if not number else (share, 1.0)), **like,
        )  # fmt: skip
    last = works.standing.edges - 1
    return replace(works, pieces={**works.pieces, edge: (last - 1, last, share)}), node


def _with_edge(
    works: Roadworks, ends: tuple[int, int], shape: Sequence[Floats], length: float, *,
    usable: Mapping[str, Sequence[bool]], parent: tuple[int, tuple[float, float]] | None,
    way: int, highway: int, name: int, factor: float, limit_kmh: Sequence[float],
    structure: bool, built_up: bool,
) -> Roadworks:  # fmt: skip
    """Append one edge; a piece bears the closed stretch of its parent, as far as it lies on it."""
    old = works.standing
    network = replace(
        old,
        tail=np.append(old.tail, ends[0]), head=np.append(old.head, ends[1]),
        way=np.append(old.way, way), highway=np.append(old.highway, highway),
        name=np.append(old.name, name), length=np.append(old.length, length),
        first=np.append(old.first, old.first[-1] + len(shape[0])),
        shape_lon=np.concatenate([old.shape_lon, shape[0]]),
        shape_lat=np.concatenate([old.shape_lat, shape[1]]),
        factor=np.append(old.factor, factor),
        limit_kmh=np.vstack([old.limit_kmh, [limit_kmh]]),
        open={
            mode: np.vstack([open_, [usable.get(mode, (False, False))]])
            for mode, open_ in old.open.items()
        },
        structure=np.append(old.structure, structure),
        built_up=np.append(old.built_up, built_up),
    )  # fmt: skip
    cuts = {}
    for mode, cut in works.cuts.items():
        row = OPEN
        if parent is not None:
            low, high = cut[parent[0]]
            begin, end = parent[1]
            if low <= end and high >= begin:
                row = np.clip((np.array([low, high]) - begin) / (end - begin), 0.0, 1.0)
        cuts[mode] = np.vstack([cut, [row]])
    return replace(works, standing=network, cuts=cuts)
