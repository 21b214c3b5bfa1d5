"""
A road that is not there yet, joined to those that are.

An edge that it ends in is not cut in two: it stays whole and its two pieces are laid beside it, so
that nobody's way gets longer by a rounding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
import shapely

from .crs import WGS84, transform
from .edits import Roadworks
from .errors import Fault, NetworkError
from .network import Floats, Network, ticks
from .profile import Profile
from .ways import EARTH

JOIN_METRES = 50.0
"""A new road must end so near to a road that is there."""
NODE_METRES = 1.0
"""So near to a crossing it is that crossing."""
SHIFT_METRES = 5.0
SHIFTS = 200
"""A joint is moved by up to so much, in so many steps, until its pieces are no short cut."""
OPEN = np.array([np.nan, np.nan])


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


def build_road(
    works: Roadworks, road: Road, profiles: Sequence[Profile], *, join_metres: float = JOIN_METRES
) -> Roadworks:
    """
    Add a road whose two ends join what is there, at a crossing or in the middle of an edge.

    Each end joins the nearest edge that all who may use the road can use, and where there is none
    the nearest of any mode. It meets no road in between: what crosses it passes over or under.

    Parameters
    ----------
    profiles
        Of all modes that are measured: they tell who may use the class, and how long pieces take.
    join_metres
        How far its ends may lie from the road they join.

    Raises
    ------
    NetworkError
        An end lies too far from every road, both join the same crossing, or the class is unknown.
    """
    if not any(road.highway in profile.speeds for profile in profiles):
        known = sorted({name for profile in profiles for name in profile.speeds})
        facts = {"known": "、".join(known)}
        raise NetworkError(Fault("E-EDIT-CLASS", value=road.highway, facts=facts))
    works, start = _joint(works, road.line[0], road.highway, profiles, join_metres)
    works, end = _joint(works, road.line[-1], road.highway, profiles, join_metres)
    if start == end:
        where = f"{road.line[0][0]:.6f},{road.line[0][1]:.6f}"
        raise NetworkError(Fault("E-EDIT-ROAD-LOOP", value=where))
    network = works.standing
    lon = np.array([network.lon[start], *(p[0] for p in road.line), network.lon[end]])
    lat = np.array([network.lat[start], *(p[1] for p in road.line), network.lat[end]])
    usable = {}
    for profile in profiles:
        forward = _may_use(profile, road.highway)
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


def _may_use(profile: Profile, highway: str) -> bool:
    speed = profile.speeds.get(highway)
    return speed is not None and speed.access


def _length(lon: Floats, lat: Floats) -> float:
    return float(EARTH.line_length(lon, lat))


def _joint(
    works: Roadworks, point: tuple[float, float], highway: str, profiles: Sequence[Profile],
    limit: float,
) -> tuple[Roadworks, int]:  # fmt: skip
    """
    Find the node where a road ends, or make one in the middle of the nearest edge.

    The footway beside a street does not take the cars of a new road: the street does.
    """
    network = works.standing
    x, y = transform(np.array([point[0]]), np.array([point[1]]), WGS84, network.crs)
    at = shapely.Point(x[0], y[0])
    open_to = {p.mode: network.open[p.mode].any(axis=1) for p in profiles}
    usable = reduce(np.logical_or, open_to.values()) & ~network.structure
    usable[list(works.pieces)] = False
    metres = np.where(usable, shapely.distance(at, network.lines), np.inf)
    travellers = [open_to[p.mode] for p in profiles if _may_use(p, highway)]
    of_all = np.where(reduce(np.logical_and, travellers, usable), metres, np.inf)
    edge = int(np.argmin(of_all if of_all.min() <= limit else metres))
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
    whole = np.array([network.milliseconds(p, np.array([edge]))[0] for p in profiles])
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
            if low < end and high > begin:
                row = np.clip((np.array([low, high]) - begin) / (end - begin), 0.0, 1.0)
        cuts[mode] = np.vstack([cut, [row]])
    return replace(works, standing=network, cuts=cuts)
