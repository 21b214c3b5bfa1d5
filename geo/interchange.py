"""To and from networkx, in the form OSMnx gives its graphs: to look inside, or to bring roads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import networkx as nx
import numpy as np
import shapely
from pyproj import CRS

from .crs import WGS84, transform
from .errors import Fault, NetworkError
from .gather import is_structure
from .network import Network, ticks
from .profile import MODES, Profile
from .tags import ACCESS_KEYS, CLOSED, blocks, directions, maxspeed_kmh, road_class, surface_factor
from .ways import Ways, build

Way = tuple[int, dict[str, str], np.ndarray, tuple[int, int]]
"""Identifier, tags, points between its ends, and the numbers of these."""
ACCESS = frozenset(key for keys in ACCESS_KEYS.values() for key in keys)


def to_networkx(network: Network, profile: Profile) -> nx.MultiDiGraph:
    """
    Return the arcs of a mode as a graph with every parallel edge and loop kept.

    Nodes bear `x`, `y` (degrees WGS 84) and `osmid`; edges are keyed by edge number x 2 (+ 1
    backward) and bear `osmid`, `highway`, `name`, `length` (m), `ticks` (0.1 s), `travel_time` (s)
    and `geometry`. Barred nodes have no edges. Speed limits, surfaces and towns are not carried:
    a way back through `from_networkx` keeps the times of cars only where there are none.
    """
    graph = nx.MultiDiGraph(crs="epsg:4326", name=f"kepu {profile.mode}")
    for node in range(network.nodes):
        graph.add_node(
            node,
            x=float(network.lon[node]),
            y=float(network.lat[node]),
            osmid=int(network.node[node]),
        )
    times = np.maximum(ticks(network.milliseconds(profile)), 1)
    usable, barred = network.open[profile.mode], network.barred[profile.mode]
    lines = network.lines_wgs84
    for edge in range(network.edges):
        tail, head = int(network.tail[edge]), int(network.head[edge])
        if barred[tail] or barred[head]:
            continue
        facts = {
            "osmid": int(network.way[edge]),
            "highway": network.classes[network.highway[edge]],
            "name": network.names[network.name[edge]],
            "length": float(network.length[edge]),
        }
        for side, (start, end) in enumerate(((tail, head), (head, tail))):
            if usable[edge, side]:
                line = lines[edge] if side == 0 else shapely.reverse(lines[edge])
                cost = int(times[edge, side])
                graph.add_edge(
                    start,
                    end,
                    key=2 * edge + side,
                    **facts,
                    ticks=cost,
                    travel_time=cost / 10,
                    geometry=line,
                )
    return graph


def from_networkx(
    graph: nx.MultiDiGraph, profiles: Mapping[str, Profile], *, ferries: bool = False
) -> Network:
    """
    Turn an OSMnx street network (`graph_from_*` or GraphML) into a `Network`.

    Two edges that run opposite ways over the same OpenStreetMap way become one. Where OSMnx merged
    ways and left a list, the slowest class, the lowest limit, the worst surface and any ban count.
    An edge without its twin is one-way, but for walking. Nodes are numbered anew, 1 to n; lengths
    are measured on the ellipsoid (OSMnx: on a sphere of 6371.009 km, up to 0.4 % off).

    Parameters
    ----------
    profiles
        Decide which edges are roads at all.
    ferries
        Whether ferries are used.

    Raises
    ------
    NetworkError
        No edges, no `crs`, or a node without `x` and `y`.
    """
    if graph.number_of_edges() == 0:
        raise NetworkError(Fault("E-GRAPH-EMPTY"))
    numbers, lon, lat = _nodes(graph)
    where = {node: i for i, node in enumerate(graph.nodes)}
    ways: list[Way] = []
    for start, end, facts, twin in _pairs(graph):
        tags = _tags(facts, profiles["car"])
        tags["oneway"] = "no" if twin else "yes"
        line = facts.get("geometry")
        inner = np.zeros((0, 2)) if line is None else np.array(line.coords)[1:-1]
        way = facts.get("osmid", 0)
        identifier = way[0] if isinstance(way, list) else way
        ways.append((int(identifier), tags, inner, (where[start], where[end])))
    return build(_as_ways(graph, ways, numbers, lon, lat, profiles, ferries))


def _nodes(graph: nx.MultiDiGraph) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    try:
        x = np.array([float(facts["x"]) for _, facts in graph.nodes(data=True)])
        y = np.array([float(facts["y"]) for _, facts in graph.nodes(data=True)])
        crs = CRS.from_user_input(graph.graph["crs"])
    except KeyError as error:
        raise NetworkError(Fault("E-GRAPH-FIELD", value=str(error.args[0]))) from error
    lon, lat = transform(x, y, crs, WGS84)
    return np.arange(1, len(x) + 1), lon, lat


def _pairs(graph: nx.MultiDiGraph) -> list[tuple[Any, Any, dict[str, Any], bool]]:
    """Return each edge once, telling whether its twin runs the other way."""
    taken: set[tuple[Any, Any, Any]] = set()
    found = []
    for start, end, key, facts in graph.edges(keys=True, data=True):
        if (start, end, key) in taken:
            continue
        twin = None
        for other, back in (graph.get_edge_data(end, start) or {}).items():
            fresh = (end, start, other) not in taken and (end, start, other) != (start, end, key)
            if fresh and _same_way(facts, back):
                twin = other
                break
        taken.add((start, end, key))
        if twin is not None:
            taken.add((end, start, twin))
        found.append((start, end, facts, twin is not None))
    return found


def _same_way(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    def ways(facts: Mapping[str, Any]) -> list[Any]:
        way = facts.get("osmid")
        return sorted(way) if isinstance(way, list) else [way]

    length = float(one.get("length", 0)), float(other.get("length", 0))
    return ways(one) == ways(other) and abs(length[0] - length[1]) < 0.01


def _tags(facts: Mapping[str, Any], car: Profile) -> dict[str, str]:
    """Return what an edge says as texts; of merged ways the one that lets through least."""
    tags = {}
    for key, value in facts.items():
        if isinstance(value, list):
            parts = [str(part) for part in value]
            shut = [part for part in parts if part in CLOSED]
            tags[key] = shut[0] if key in ACCESS and shut else ";".join(parts)
            if key == "highway":
                tags[key] = min(
                    parts,
                    key=lambda name: (car.speeds[name].kmh if name in car.speeds else 0.0, name),
                )
        elif isinstance(value, str):
            tags[key] = value
    return tags


def _points(
    graph: nx.MultiDiGraph, ways: list[Way], numbers: np.ndarray, lon: np.ndarray, lat: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return where the points of each way begin, and their nodes, longitudes and latitudes."""
    crs = CRS.from_user_input(graph.graph["crs"])
    size = np.array([len(inner) + 2 for _, _, inner, _ in ways])
    first = np.concatenate([[0], np.cumsum(size)])
    ref = np.arange(len(numbers) + 1, len(numbers) + 1 + first[-1])
    at_lon, at_lat = np.zeros(first[-1]), np.zeros(first[-1])
    for i, (_, _, inner, (start, end)) in enumerate(ways):
        begin, last = first[i], first[i + 1] - 1
        ref[begin], ref[last] = numbers[start], numbers[end]
        at_lon[begin], at_lat[begin] = lon[start], lat[start]
        at_lon[last], at_lat[last] = lon[end], lat[end]
        if len(inner):
            inside = slice(begin + 1, last)
            at_lon[inside], at_lat[inside] = transform(inner[:, 0], inner[:, 1], crs, WGS84)
    return first, ref, at_lon, at_lat


def _as_ways(
    graph: nx.MultiDiGraph,
    ways: list[Way],
    numbers: np.ndarray,
    lon: np.ndarray,
    lat: np.ndarray,
    profiles: Mapping[str, Profile],
    ferries: bool,
) -> Ways:
    first, ref, at_lon, at_lat = _points(graph, ways, numbers, lon, lat)
    tags = [way[1] for way in ways]
    classes = [road_class(tag) or "" for tag in tags]
    usable = np.array(
        [[directions(profiles[m], t, c) for m in MODES] for t, c in zip(tags, classes, strict=True)]
    )
    ferry = np.array([name == "ferry" for name in classes], bool)
    if not ferries:
        usable[ferry] = False
    limits = [maxspeed_kmh(tag.get("maxspeed")) or np.inf for tag in tags]
    return Ways(
        first=first,
        ref=ref,
        lon=at_lon,
        lat=at_lat,
        identifier=np.array([way[0] for way in ways], np.int64),
        classes=classes,
        names=[tag.get("name", "") for tag in tags],
        factor=np.array([surface_factor(t, c) for t, c in zip(tags, classes, strict=True)]),
        limit_kmh=np.column_stack([limits, limits]),
        open={mode: usable[:, i] for i, mode in enumerate(MODES)},
        structure=ferry | np.array([is_structure(tag) for tag in tags], bool),
        barred={mode: _barred(graph, numbers, mode) for mode in MODES},
    )


def _barred(graph: nx.MultiDiGraph, numbers: np.ndarray, mode: str) -> np.ndarray:
    """Return the numbers of the nodes that a mode cannot pass."""
    told = [
        {key: value for key, value in facts.items() if isinstance(value, str)}
        for _, facts in graph.nodes(data=True)
    ]
    return np.array([numbers[i] for i, tags in enumerate(told) if blocks(mode, tags)], np.int64)
