"""The road map of the illustrative study put together, and written as an OpenStreetMap extract."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from random import Random

import illustrative_trunks as trunks_of
import illustrative_villages as country
import networkx as nx
import osmium
from illustrative_ground import Ground, Spot, degrees, metres, rounded, typed, wander
from illustrative_lines import Line, node, roundabout, without_repeats
from illustrative_places import BUILT_UP, Place
from illustrative_streets import Lattice, Vertices, city_region, walks
from osmium.osm.mutable import Node, Way
from shapely import Point, unary_union
from shapely.geometry.base import BaseGeometry

Stream = Callable[[str], Random]
"""Gives each part of the script its own generator, so that one part can change alone."""

CITY_CENTRE = (113.07, 23.695)
SEATS = {
    "441802103001": 900, "441802105001": 1000, "441802106001": 950, "441802107001": 800,
}  # fmt: skip
ROUNDABOUTS = ((113.10, 23.735, "东城环岛"), (113.042, 23.646, "横荷环岛"))
STREAMS = {
    "琶江": (
        (113.48, 23.80), (113.36, 23.76), (113.29, 23.725), (113.24, 23.715), (113.2085, 23.736),
    ),
    "大燕河": (
        (113.17, 23.58), (113.13, 23.575), (113.07, 23.565), (113.02, 23.578), (112.976, 23.585),
    ),
    "黄洞水": ((113.13, 23.855), (113.18, 23.82), (113.215, 23.805), (113.24, 23.795)),
    "山塘水": ((112.82, 23.60), (112.88, 23.57), (112.925, 23.56), (112.946, 23.5525)),
}  # fmt: skip


def small_grids(
    places: Sequence[Place], ground: Ground, main: BaseGeometry, block: BaseGeometry, rng: Random
) -> list[Line]:
    """Return the street grids of the market towns, each with its nucleus at a corner."""
    lines: list[Line] = []
    for place in places:
        if place.sort == "village" or place.built_up:
            continue
        reach = SEATS.get(place.code, rng.randint(380, 520))
        region = Point(place.nucleus).buffer(reach).difference(ground.wet.buffer(60))
        grid = Lattice(
            place.nucleus, region, rng.randint(150, 190), rng.uniform(-0.5, 0.5), main, block, rng
        )
        lines += grid.streets(city=False) + grid.blocks()[::3]
    return lines


def build(
    ground: Ground, places: Sequence[Place], trunks: trunks_of.Trunks, stream: Stream
) -> list[Line]:
    """Draw every road, node what lies on the ground, and put the rest on bridges."""
    block = country.blocked(ground, trunks.ramps)
    main = unary_union([line.shape for line in trunks.arterials])
    grid = Lattice(
        metres(*CITY_CENTRE), city_region(typed(BUILT_UP), ground), 315, 0.2, main, block,
        stream("grid"), sway=110,
    )  # fmt: skip
    streets = grid.streets(city=True) + grid.blocks()
    streets += small_grids(places, ground, main, block, stream("small grids"))
    villages = country.web_places(places)
    nuclei = [place.nucleus for place in villages]
    nuclei += country.outside_nuclei(ground, stream("outside"), 42)
    away = unary_union([block, city_region(typed(BUILT_UP), ground)])
    rural = country.links(nuclei, country.sites(trunks.arterials, away), block, stream("links"))
    for place in villages:
        rural += country.web(place.nucleus, block, stream(f"web {place.code}"), 190)
    lines = [*trunks.arterials, *streets, *rural]
    vertices = Vertices(lines)
    lines += country.hamlets(nuclei, vertices, block, stream("hamlets"))
    lines += country.hill_paths(ground, vertices, block, stream("hills"))
    lines += country.ferry(ground, vertices, stream("ferry"))
    lines += walks(ground, vertices, stream("walks"))
    for lon, lat, name in ROUNDABOUTS:
        lines = _with_roundabout(lines, metres(lon, lat), name)
    left = node(lines)
    if left:
        raise ValueError(f"{left} crossings without a common vertex")
    lines = _without_scraps(lines)
    return [*lines, *trunks.ramps, *trunks_of.finished(trunks, ground, lines)]


def _without_scraps(lines: Sequence[Line]) -> list[Line]:
    """Drop streets that the grid's gaps left without a way to the rest."""
    graph = nx.Graph(pair for line in lines for pair in pairwise(line.spots))
    whole = max(nx.connected_components(graph), key=len)
    loose = ("street", "block")
    return [line for line in lines if line.kind not in loose or line.spots[0] in whole]


def _with_roundabout(lines: list[Line], spot: Spot, name: str) -> list[Line]:
    main = [vertex for line in lines if line.kind == "arterial" for vertex in line.spots]
    often = Counter(main)
    centre = min(
        (vertex for vertex in main if often[vertex] > 1),
        key=lambda v: ((v[0] - spot[0]) ** 2 + (v[1] - spot[1]) ** 2, v),
    )
    tags = {"highway": "primary", "junction": "roundabout", "oneway": "yes", "name": name}
    return roundabout(lines, centre, 28, {**tags, "maxspeed": "30", "surface": "asphalt"})


def drivable(roads: Sequence[Line]) -> list[Line]:
    """Return the roads a place or venue may stand at: open to cars and no expressway."""
    away = {"track", "path", "footway", "steps", "motorway", "motorway_link"}
    return [
        road for road in roads if road.tags["highway"] not in away and "access" not in road.tags
    ]


def water_lines(ground: Ground, rng: Random) -> list[Line]:
    """Return the river's line and area, the lakes and a few streams."""
    river = {"waterway": "river", "name": "北江", "boat": "yes"}
    area = {"natural": "water", "water": "river", "name": "北江"}
    lines = [Line(ground.river, river, False), Line(ground.water_ring, area, False)]
    for name, ring in ground.lakes.items():
        tags = {"natural": "water", "water": "lake", "name": name}
        lines.append(Line(ring, tags, ground=False))
    for name, points in STREAMS.items():
        spots = rounded(wander(typed(points), rng, 0.08, 700), 2)
        lines.append(Line(spots, {"waterway": "stream", "name": name}, ground=False))
    return lines


def node_tags(lines: Sequence[Line]) -> dict[Spot, dict[str, str]]:
    """Return stations, and signals where main roads of the town cross."""
    tags = trunks_of.station_nodes()
    shared = Counter(s for line in lines if line.kind == "arterial" for s in set(line.spots[1:-1]))
    signals = {spot: {"highway": "traffic_signals"} for spot, count in shared.items() if count > 1}
    return signals | tags


def write_pbf(path: Path, lines: Sequence[Line]) -> tuple[int, int]:
    """
    Write the extract and return the numbers of nodes and ways.

    Blocks are left uncompressed: the bytes do not then depend on the version of zlib.
    """
    number: dict[Spot, int] = {}
    for line in lines:
        for spot in line.spots:
            number.setdefault(spot, len(number) + 1)
    tags = node_tags(lines)
    header = osmium.io.Header()
    header.set("generator", "kepu make_illustrative")
    file = osmium.io.File(str(path), "pbf,pbf_compression=none,add_metadata=version")
    path.unlink(missing_ok=True)
    with osmium.SimpleWriter(file, header=header) as writer:
        for spot, index in number.items():
            lonlat = degrees(spot, 7)
            writer.add_node(Node(id=index, version=1, location=lonlat, tags=tags.get(spot, {})))
        for index, line in enumerate(lines, start=1):
            nodes = [number[spot] for spot in without_repeats(line.spots)]
            writer.add_way(
                Way(id=index, version=1, nodes=nodes, tags=dict(sorted(line.tags.items())))
            )
    return len(number), len(lines)
