"""
The main roads, expressways and railways of the illustrative study, typed by hand and smoothed.

The names are those of real roads or in their manner; where the roads run is made.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from illustrative_ground import (
    Ground,
    Spot,
    beside,
    cm,
    metres,
    rounded,
    thinned,
    through,
    typed,
    wander,
)
from illustrative_lines import Line, cut, lifted, vertex_at
from shapely import Point, unary_union

Typed = Sequence[Spot]

ARTERIALS: Sequence[tuple[str, str, str, str, Typed]] = (
    # name, ref, highway, ends joined to what was drawn before (s start, e end), points
    ("国道107线", "G107", "trunk", "", (
        (113.13, 23.36), (113.115, 23.44), (113.106, 23.52), (113.092, 23.57), (113.084, 23.61),
        (113.077, 23.638), (113.068, 23.66), (113.062, 23.684), (113.059, 23.70), (113.05, 23.72),
        (113.042, 23.745), (113.02, 23.78), (112.99, 23.82), (112.97, 23.88), (112.95, 23.96))),
    ("清佛公路", "S253", "primary", "s", (
        (113.069, 23.66), (113.095, 23.671), (113.13, 23.688), (113.165, 23.68), (113.20, 23.662),
        (113.25, 23.662), (113.29, 23.695), (113.345, 23.712), (113.41, 23.73), (113.48, 23.75))),
    ("飞来峡大道", "S114", "primary", "", (
        (113.008, 23.692), (113.03, 23.699), (113.06, 23.701), (113.09, 23.712), (113.12, 23.729),
        (113.15, 23.742), (113.18, 23.765), (113.205, 23.79), (113.232, 23.812), (113.25, 23.85),
        (113.285, 23.905), (113.33, 23.965))),
    ("清石公路", "S354", "primary", "s", (
        (113.068, 23.655), (113.042, 23.646), (113.025, 23.61), (113.0, 23.57), (112.974, 23.54),
        (112.945, 23.505), (112.925, 23.465), (112.90, 23.40), (112.89, 23.36))),
    ("江南大道", "", "primary", "se", (
        (113.042, 23.646), (113.034, 23.662), (113.029, 23.69), (113.03, 23.705), (113.036, 23.725),
        (113.043, 23.742))),
    ("清英公路", "S292", "primary", "s", (
        (113.097, 23.672), (113.10, 23.69), (113.10, 23.715), (113.10, 23.745), (113.108, 23.775),
        (113.104, 23.81), (113.11, 23.84), (113.13, 23.87), (113.145, 23.91), (113.16, 23.97))),
    ("源飞公路", "X378", "secondary", "se", (
        (113.234, 23.814), (113.2525, 23.8095), (113.265, 23.80), (113.248, 23.775),
        (113.245, 23.74), (113.225, 23.70), (113.20, 23.662))),
    ("美林大道", "X379", "secondary", "se", (
        (112.974, 23.54), (113.005, 23.515), (113.03, 23.503), (113.065, 23.511), (113.105, 23.53),
    )),
    ("龙源公路", "X380", "secondary", "se", (
        (113.084, 23.612), (113.12, 23.625), (113.16, 23.642), (113.20, 23.66))),
    ("银盏公路", "X381", "secondary", "s", (
        (113.089, 23.585), (113.105, 23.565), (113.123, 23.551), (113.15, 23.525), (113.19, 23.49),
        (113.25, 23.45), (113.33, 23.42))),
    ("高升公路", "X382", "secondary", "se", (
        (113.11, 23.84), (113.155, 23.832), (113.20, 23.835), (113.245, 23.838))),
    ("江佛公路", "X383", "secondary", "s", (
        (113.25, 23.775), (113.28, 23.79), (113.315, 23.825), (113.36, 23.855), (113.43, 23.88))),
    ("河西公路", "X384", "secondary", "e", (
        (112.78, 23.52), (112.85, 23.532), (112.905, 23.555), (112.93, 23.572), (112.962, 23.60),
        (112.975, 23.64), (112.985, 23.675), (113.008, 23.692))),
    ("源南公路", "X385", "secondary", "s", (
        (113.20, 23.66), (113.222, 23.625), (113.25, 23.60), (113.30, 23.565), (113.38, 23.54))),
    ("北环路", "", "secondary", "se", (
        (113.036, 23.727), (113.052, 23.738), (113.075, 23.738), (113.10, 23.735))),
    ("横龙公路", "X386", "secondary", "se", (
        (113.03, 23.62), (113.055, 23.606), (113.084, 23.608))),
    ("太和公路", "X387", "secondary", "s", (
        (113.008, 23.692), (112.96, 23.707), (112.90, 23.73), (112.78, 23.75))),
)  # fmt: skip
ARTERIAL_TAGS = {
    "trunk": {"highway": "trunk", "lanes": "4", "maxspeed": "80", "surface": "asphalt"},
    "primary": {"highway": "primary", "lanes": "4", "maxspeed": "60", "surface": "asphalt"},
    "secondary": {"highway": "secondary", "lanes": "2", "surface": "asphalt"},
}
TUNNEL_ROAD = "清英公路"
TUNNEL = ((113.104, 23.768), (113.107, 23.792))
BRIDGES = {
    "国道107线": "北江一桥",
    "江南大道": "北江二桥",
    "清英公路": "北江三桥",
    "源飞公路": "飞来峡坝顶公路桥",
}
MOTORWAYS: Sequence[tuple[str, str, Typed, Sequence[str]]] = (
    # name, ref, points, roads with an interchange
    ("广清高速公路", "G0421", (
        (113.17, 23.36), (113.16, 23.45), (113.143, 23.535), (113.128, 23.60), (113.117, 23.65),
        (113.115, 23.685), (113.117, 23.708), (113.116, 23.728), (113.09, 23.757), (113.07, 23.80),
        (113.035, 23.85), (113.01, 23.90), (112.985, 23.97)),
        ("银盏公路", "清佛公路", "飞来峡大道")),
    ("汕湛高速公路", "S14", (
        (113.48, 23.69), (113.40, 23.68), (113.32, 23.662), (113.265, 23.64), (113.212, 23.632),
        (113.17, 23.615), (113.127, 23.602), (113.085, 23.594), (113.05, 23.59), (113.01, 23.594),
        (112.984, 23.603), (112.95, 23.612), (112.87, 23.62), (112.78, 23.64)),
        ("源南公路", "国道107线", "清石公路", "河西公路")),
)  # fmt: skip
CARRIAGEWAY_METRES = 11.0
RAILWAYS: Sequence[tuple[str, dict[str, str], Typed]] = (
    ("京广铁路", {"maxspeed": "120"}, (
        (113.215, 23.36), (113.222, 23.45), (113.222, 23.55), (113.20, 23.62),
        (113.196679, 23.665129), (113.222, 23.71), (113.258, 23.755), (113.285, 23.81),
        (113.31, 23.865), (113.35, 23.905))),
    ("京广高速铁路", {"highspeed": "yes", "maxspeed": "300"}, (
        (113.19, 23.36), (113.165, 23.50), (113.14, 23.61), (113.128127, 23.696624),
        (113.131, 23.75), (113.14, 23.83), (113.15, 23.90), (113.165, 23.97))),
    ("广清城际铁路", {"maxspeed": "200"}, (
        (113.19817, 23.37941), (113.16981, 23.42614), (113.14345, 23.45636), (113.13, 23.51),
        (113.12465, 23.55206), (113.10, 23.585), (113.07852, 23.60878), (113.066, 23.635),
        (113.06086, 23.65586))),
)  # fmt: skip
STATIONS = {
    "源潭站": (113.196679, 23.665129),
    "清远站": (113.128127, 23.696624),
    "清城站": (113.06086, 23.65586),
    "龙塘镇站": (113.07852, 23.60878),
    "银盏站": (113.12465, 23.55206),
}


@dataclass
class Trunks:
    """What was drawn: main roads (cut at bridges), motorways (not yet cut), ramps, railways."""

    arterials: list[Line]
    motorways: list[Line]
    ramps: list[Line]
    railways: list[Line]


def _nearest_vertex(lines: Sequence[Line], spot: Spot) -> Spot:
    vertices = [vertex for line in lines if line.ground for vertex in line.spots]
    return min(vertices, key=lambda vertex: (math.dist(vertex, spot), vertex))


def arterials(ground: Ground, rng: Random) -> list[Line]:
    """Draw the main roads in order; cut them at the river's banks and at the tunnel."""
    drawn: list[Line] = []
    for name, ref, highway, joined, points in ARTERIALS:
        spots = typed(points)
        if "s" in joined:
            spots[0] = _nearest_vertex(drawn, spots[0])
        if "e" in joined:
            spots[-1] = _nearest_vertex(drawn, spots[-1])
        smooth = rounded(wander(through(spots, 700), rng, 0.035, 250), 1)
        tags = {**ARTERIAL_TAGS[highway], "name": name} | ({"ref": ref} if ref else {})
        line = Line(thinned(smooth, 1.5), tags, kind="arterial")
        for piece in _over_water(line, ground):
            drawn += _through_hill(piece) if name == TUNNEL_ROAD else [piece]
    return drawn


def _over_water(line: Line, ground: Ground) -> list[Line]:
    pieces = lifted(line, ground.water, 35, 1)
    for piece in pieces:
        if "bridge" in piece.tags:
            piece.ground = False
            piece.spots = [piece.spots[0], piece.spots[-1]]
            piece.tags["name"] = BRIDGES[line.tags["name"]]
    return pieces


def _through_hill(line: Line) -> list[Line]:
    ends = typed(TUNNEL)
    shape = line.shape
    if not line.ground or any(shape.distance(Point(end)) > 900 for end in ends):
        return [line]
    span = tuple(sorted(shape.project(Point(end)) for end in ends))
    pieces = []
    for spots, inside in cut(line, [(span[0], span[1])]):
        tunnel = {"tunnel": "yes", "layer": "-1", "name": "北山隧道"} if inside else {}
        pieces.append(Line(spots, {**line.tags, **tunnel}, ground=not inside, kind="arterial"))
    return pieces


def _carriageways(name: str, ref: str, points: Typed) -> tuple[Line, Line, list[Line]]:
    """Return the two carriageways, each in its direction, and two-way stubs at the ends."""
    centre = thinned(through(typed(points), 150), 1.2)
    tags = {"highway": "motorway", "oneway": "yes", "lanes": "2", "maxspeed": "100"}
    tags |= {"name": name, "ref": ref, "surface": "asphalt"}
    aside = [CARRIAGEWAY_METRES] * len(centre)
    right = beside(centre, aside)
    left = beside(centre, [-CARRIAGEWAY_METRES] * len(centre))
    right[0] = left[0] = centre[0]
    right[-1] = left[-1] = centre[-1]
    stubs = []
    for end, before in ((centre[0], centre[1]), (centre[-1], centre[-2])):
        part = 500 / math.dist(end, before)
        far = cm(end[0] + part * (end[0] - before[0]), end[1] + part * (end[1] - before[1]))
        stubs.append(Line([end, far], {"highway": "trunk", "name": name}, False, "stub"))
    forward = Line(right, tags, False, "motorway")
    return forward, Line(left[::-1], dict(tags), False, "motorway"), stubs


def _unit(line: Line, distance: float) -> Spot:
    before, after = line.shape.interpolate(distance - 20), line.shape.interpolate(distance + 20)
    length = math.hypot(after.x - before.x, after.y - before.y)
    return (after.x - before.x) / length, (after.y - before.y) / length


def _ramp(spots: Sequence[Spot], name: str) -> Line:
    tags = {"highway": "motorway_link", "oneway": "yes", "lanes": "1", "maxspeed": "40"}
    smooth = [spots[0], *rounded(spots[1:-1], 1), spots[-1]]
    return Line(thinned(smooth, 1), {**tags, "name": f"{name}匝道"}, False, "ramp")


def _diamond(pair: Sequence[Line], road: Line) -> list[Line]:
    """Connect both carriageways with a road that passes under them: two ramps on each side."""
    ramps = []
    for way in pair:
        crossing = way.shape.intersection(road.shape)
        if crossing.is_empty:
            return []
        spot = getattr(crossing, "geoms", [crossing])[0]
        run, across = way.shape.project(spot), road.shape.project(spot)
        east, north = _unit(way, run)
        sides = [road.shape.interpolate(across + reach) for reach in (-110, 110)]
        right = max(sides, key=lambda side: (side.x - spot.x) * north - (side.y - spot.y) * east)
        foot = vertex_at(road, road.shape.project(right))
        for turn in (-1, 1):
            spots = [vertex_at(way, run + turn * 480)]
            for ahead, aside in ((330, 30), (170, 70)):
                base = way.shape.interpolate(run + turn * ahead)
                spots.append(cm(base.x + north * aside, base.y - east * aside))
            spots.append(foot)
            ramps.append(_ramp(spots if turn < 0 else spots[::-1], road.tags["name"]))
    return ramps


def _cloverleaf(one: Sequence[Line], two: Sequence[Line]) -> list[Line]:
    """Connect two expressways: four right turns and four loops, in the slanted frame of both."""
    centre = unary_union([one[0].shape.intersection(two[0].shape)]).centroid
    ahead = _unit(one[0], one[0].shape.project(centre))
    cross = _unit(two[0], two[0].shape.project(centre))
    rightward = ahead[1] * cross[0] - ahead[0] * cross[1] > 0
    to_right, to_left = (two[0], two[1]) if rightward else (two[1], two[0])
    arms = [one[0], to_right, one[1], to_left]
    axes = [ahead, cross if rightward else (-cross[0], -cross[1])]
    axes += [(-axes[0][0], -axes[0][1]), (-axes[1][0], -axes[1][1])]
    ramps = []
    for quarter in range(4):
        front, side = axes[quarter], axes[(quarter + 1) % 4]

        def at(right: float, before: float, front: Spot = front, side: Spot = side) -> Spot:
            return cm(
                centre.x + right * side[0] + before * front[0],
                centre.y + right * side[1] + before * front[1],
            )

        entry, turned, left = arms[quarter], arms[(quarter + 1) % 4], arms[(quarter + 3) % 4]
        direct = [at(55, -250), at(150, -150), at(250, -55)]
        ramps.append(_between(entry, at(0, -430), direct, turned, at(430, 0)))
        loop = [at(25, 150), at(80, 170), at(140, 140), at(170, 80), at(150, 25)]
        ramps.append(_between(entry, at(0, 85), loop, left, at(85, 0)))
    return ramps


def _between(start: Line, leave: Spot, middle: Sequence[Spot], end: Line, enter: Spot) -> Line:
    first = vertex_at(start, start.shape.project(Point(leave)))
    last = vertex_at(end, end.shape.project(Point(enter)))
    return _ramp([first, *middle, last], "清城枢纽")


def draw(ground: Ground, rng: Random) -> Trunks:
    """Draw main roads, expressways with their interchanges, and railways."""
    roads = arterials(ground, rng)
    ways: list[Line] = []
    stubs: list[Line] = []
    ramps: list[Line] = []
    for name, ref, points, interchanges in MOTORWAYS:
        forward, backward, ends = _carriageways(name, ref, points)
        ways += [forward, backward]
        stubs += ends
        for road in roads:
            if road.ground and road.tags["name"] in interchanges:
                ramps += _diamond((forward, backward), road)
    ramps += _cloverleaf(ways[:2], ways[2:])
    rails = []
    for name, tags, points in RAILWAYS:
        spots = through(typed(points), 160)
        rails.append(Line(spots, {"railway": "rail", "name": name, **tags}, False, "rail"))
    return Trunks(roads, [*ways, *stubs], ramps, rails)


def station_nodes() -> dict[Spot, dict[str, str]]:
    """Return the tags of the station nodes, which are vertices of the railways."""
    return {metres(*spot): {"railway": "station", "name": name} for name, spot in STATIONS.items()}


def finished(trunks: Trunks, ground: Ground, roads: Sequence[Line]) -> list[Line]:
    """Put motorways and railways on bridges over water, roads and each other."""
    below = unary_union([line.shape for line in roads if line.ground])
    base = unary_union([below, ground.wet])
    lines: list[Line] = []
    lower = unary_union([line.shape for line in trunks.motorways[:2]])
    for line in trunks.motorways:
        over = unary_union([base, lower]) if line.tags.get("ref") == MOTORWAYS[1][1] else base
        lines += lifted(line, over, 35, 1) if line.kind == "motorway" else [line]
    over = unary_union([base, *(line.shape for line in [*trunks.motorways, *trunks.ramps])])
    for line in trunks.railways:
        lines += lifted(line, over, 45, 2)
    return lines
