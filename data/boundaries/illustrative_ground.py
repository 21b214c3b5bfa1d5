"""
The ground of the illustrative study: outline, towns, river, lakes and hills on a local plane.

Every coordinate in this file was typed by hand, to about a kilometre; the wiggle between the typed
points is seeded noise. All geometry is in metres on a local plane about
`ORIGIN`, rounded to centimetres, so that equal points are equal tuples.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from random import Random

from shapely import LineString, Point, Polygon, polygonize, prepare, unary_union
from shapely.geometry.base import BaseGeometry

Spot = tuple[float, float]
"""A point: metres on the local plane, or degrees where a name says so."""

ORIGIN = (113.1, 23.67)
_PHI = math.radians(ORIGIN[1])
# The usual series for the length of a degree on the ellipsoid; the plane is true to 0.3 % here.
LON_METRES = 111412.84 * math.cos(_PHI) - 93.5 * math.cos(3 * _PHI) + 0.118 * math.cos(5 * _PHI)
LAT_METRES = 111132.954 - 559.822 * math.cos(2 * _PHI) + 1.175 * math.cos(4 * _PHI)

OUTLINE = {
    "w": (112.885, 23.515),
    "o1": (112.915, 23.56),
    "a": (112.95, 23.58),
    "b": (112.96, 23.645),
    "o2": (112.985, 23.68),
    "o3": (113.01, 23.70),
    "o4": (112.995, 23.72),
    "o5": (113.02, 23.735),
    "o6": (113.025, 23.765),
    "g": (113.06, 23.775),
    "h": (113.095, 23.785),
    "o7": (113.055, 23.83),
    "o8": (113.07, 23.855),
    "o9": (113.095, 23.855),
    "o10": (113.09, 23.88),
    "o11": (113.15, 23.88),
    "o12": (113.19, 23.89),
    "o13": (113.20, 23.87),
    "o14": (113.235, 23.865),
    "o15": (113.265, 23.845),
    "o16": (113.30, 23.86),
    "o17": (113.345, 23.85),
    "o18": (113.345, 23.83),
    "o19": (113.31, 23.79),
    "c": (113.295, 23.745),
    "o20": (113.37, 23.73),
    "o21": (113.365, 23.70),
    "o22": (113.32, 23.65),
    "o23": (113.285, 23.64),
    "o24": (113.28, 23.615),
    "o25": (113.24, 23.605),
    "f": (113.20, 23.58),
    "o26": (113.205, 23.545),
    "o27": (113.185, 23.52),
    "o28": (113.15, 23.505),
    "o29": (113.11, 23.51),
    "e": (113.085, 23.495),
    "o30": (113.05, 23.475),
    "o31": (112.97, 23.465),
    "o32": (112.95, 23.45),
    "o33": (112.92, 23.48),
}
INNER = {"t1": (113.083, 23.548), "t2": (113.08, 23.632), "t3": (113.142, 23.632)}
ON_RIVER = {"r1": 112.994, "r2": 113.062, "r3": 113.078, "r4": 113.158, "r5": 113.185}
DIVIDERS: tuple[tuple[str, Sequence[Spot], str], ...] = (
    ("a", [(112.985, 23.562), (113.03, 23.549)], "t1"),
    ("t1", [(113.086, 23.53)], "e"),
    ("t1", [(113.071, 23.585), (113.071, 23.61)], "t2"),
    ("t2", [(113.074, 23.66)], "r2"),
    ("t2", [(113.11, 23.628)], "t3"),
    ("t3", [(113.15, 23.67), (113.155, 23.69)], "r4"),
    ("t3", [(113.157, 23.607), (113.18, 23.597)], "f"),
    ("b", [(112.98, 23.645)], "r1"),
    ("r3", [(113.07, 23.715), (113.06, 23.74)], "g"),
    ("r5", [(113.17, 23.745), (113.14, 23.765)], "h"),
    ("r5", [(113.215, 23.70), (113.26, 23.70), (113.30, 23.705)], "c"),
)
LABELS = {
    "441802006": (113.045, 23.705),
    "441802007": (113.10, 23.735),
    "441802008": (113.10, 23.672),
    "441802009": (113.03, 23.63),
    "441802103": (113.22, 23.65),
    "441802105": (113.09, 23.59),
    "441802106": (112.97, 23.53),
    "441802107": (113.18, 23.83),
}
RIVER: Sequence[Spot] = (
    (113.40, 24.04), (113.36, 23.97), (113.31, 23.91), (113.272, 23.85), (113.2525, 23.8095),
    (113.232, 23.785), (113.222, 23.755), (113.202, 23.728), (113.172, 23.716), (113.14, 23.715),
    (113.11, 23.703), (113.085, 23.69), (113.06, 23.684), (113.035, 23.676), (113.012, 23.662),
    (112.995, 23.637), (112.985, 23.605), (112.972, 23.577), (112.945, 23.552), (112.915, 23.525),
    (112.89, 23.487), (112.86, 23.45), (112.83, 23.40), (112.80, 23.35),
)  # fmt: skip
LAKES = {"飞来湖": (113.070, 23.727, 620, 280), "狮子湖": (113.0125, 23.630, 520, 330)}
HILLS: Sequence[tuple[float, float, float, float]] = (
    (113.165, 23.752, 3600, 1500),
    (113.115, 23.80, 3000, 2300),
    (113.14, 23.862, 2600, 1600),
    (113.215, 23.852, 1700, 1000),
    (113.315, 23.815, 1700, 2600),
    (113.178, 23.565, 2100, 3600),
    (113.315, 23.675, 2600, 1800),
    (113.262, 23.722, 2200, 1300),
    (113.03, 23.545, 1700, 1300),
    (113.02, 23.752, 1000, 1200),
)
"""Centre in degrees, half width and half height in metres."""


def metres(lon: float, lat: float) -> Spot:
    """Return the point of the local plane, in metres, rounded to centimetres."""
    return round((lon - ORIGIN[0]) * LON_METRES, 2), round((lat - ORIGIN[1]) * LAT_METRES, 2)


def degrees(spot: Spot, digits: int) -> Spot:
    """Return WGS84 longitude and latitude, rounded."""
    return (
        round(spot[0] / LON_METRES + ORIGIN[0], digits),
        round(spot[1] / LAT_METRES + ORIGIN[1], digits),
    )


def typed(spots: Iterable[Spot]) -> list[Spot]:
    """Turn points typed in degrees into metres."""
    return [metres(*spot) for spot in spots]


def cm(x: float, y: float) -> Spot:
    """Round to centimetres; adding zero turns -0.0 into 0.0."""
    return round(x, 2) + 0.0, round(y, 2) + 0.0


def wander(spots: Sequence[Spot], rng: Random, sway: float, step: float) -> list[Spot]:
    """Displace midpoints sideways by about `sway` of the length until no piece exceeds `step`."""
    line = [spots[0]]
    for start, end in pairwise(spots):
        line += _halved(start, end, rng, sway, step)
    return line


def _halved(start: Spot, end: Spot, rng: Random, sway: float, step: float) -> list[Spot]:
    east, north = end[0] - start[0], end[1] - start[1]
    if math.hypot(east, north) <= step:
        return [end]
    aside = max(-1.6, min(1.6, rng.gauss(0, 1))) * sway
    middle = cm((start[0] + end[0]) / 2 - north * aside, (start[1] + end[1]) / 2 + east * aside)
    first = _halved(start, middle, rng, sway, step)
    return first + _halved(middle, end, rng, sway, step)


def rounded(spots: Sequence[Spot], times: int) -> list[Spot]:
    """Cut the corners (Chaikin), the two ends kept."""
    line = list(spots)
    for _ in range(times):
        cut = [line[0]]
        for (ax, ay), (bx, by) in pairwise(line):
            cut += [cm(0.75 * ax + 0.25 * bx, 0.75 * ay + 0.25 * by)]
            cut += [cm(0.25 * ax + 0.75 * bx, 0.25 * ay + 0.75 * by)]
        line = [*cut, line[-1]]
    return line


def through(spots: Sequence[Spot], step: float) -> list[Spot]:
    """Return a smooth line (Catmull-Rom) through all points, with a vertex about every `step`."""
    padded = [spots[0], *spots, spots[-1]]
    line = [spots[0]]
    for one, two, three, four in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        count = max(1, round(math.dist(two, three) / step))
        for part in range(1, count + 1):
            t = part / count
            weights = (
                (-t + 2 * t * t - t**3) / 2,
                (2 - 5 * t * t + 3 * t**3) / 2,
                (t + 4 * t * t - 3 * t**3) / 2,
                (-t * t + t**3) / 2,
            )
            near = (one, two, three, four)
            line.append(
                cm(
                    sum(w * spot[0] for w, spot in zip(weights, near, strict=True)),
                    sum(w * spot[1] for w, spot in zip(weights, near, strict=True)),
                )
            )
    return line


def thinned(spots: Sequence[Spot], tolerance: float) -> list[Spot]:
    """Drop vertices that lie within `tolerance` metres of the line without them."""
    line = LineString(spots).simplify(tolerance)
    return [cm(x, y) for x, y in line.coords]


def ellipse(lon: float, lat: float, wide: float, high: float, corners: int = 28) -> list[Spot]:
    """Return the ring, closed, of an ellipse given by half axes in metres."""
    x, y = metres(lon, lat)
    turns = [2 * math.pi * corner / corners for corner in range(corners)]
    ring = [cm(x + wide * math.cos(turn), y + high * math.sin(turn)) for turn in turns]
    return [*ring, ring[0]]


def beside(spots: Sequence[Spot], offset: Sequence[float]) -> list[Spot]:
    """Return the line `offset` metres to the right of each vertex."""
    line = []
    for index, (x, y) in enumerate(spots):
        before, after = spots[max(index - 1, 0)], spots[min(index + 1, len(spots) - 1)]
        east, north = after[0] - before[0], after[1] - before[1]
        length = math.hypot(east, north)
        aside = offset[index]
        line.append(cm(x + north / length * aside, y - east / length * aside))
    return line


class Ground:
    """
    The made lie of the land.

    Attributes
    ----------
    towns
        Town code to polygon; together a partition of the district.
    river, water
        The centreline, downstream, and the polygon of the 北江.
    wet
        River and lakes.
    hills
        Where people are few.
    """

    def __init__(self, rng: Random) -> None:
        self.river = thinned(rounded(wander(typed(RIVER), rng, 0.04, 1500), 3), 4)
        breadth = [260 + 70 * math.sin(index / 9) for index in range(len(self.river))]
        right = beside(self.river, breadth)
        left = beside(self.river, [-half for half in breadth])
        self.water_ring = thinned([*right, *reversed(left), right[0]], 6)
        self.water = Polygon(self.water_ring)
        self.lakes = {
            name: [*(ring := wander(ellipse(*shape)[:-1], rng, 0.12, 90)), ring[0]]
            for name, shape in LAKES.items()
        }
        self.wet = unary_union([self.water, *(Polygon(ring) for ring in self.lakes.values())])
        self.hills = unary_union([Polygon(ellipse(*hill)) for hill in HILLS])
        self.towns = self._partition(rng)
        self.district = unary_union(list(self.towns.values()))
        for shape in (self.water, self.wet, self.hills, self.district):
            prepare(shape)

    def _partition(self, rng: Random) -> dict[str, Polygon]:
        """Polygonise outline, dividers and river; each town is the face that holds its label."""
        corners = {key: metres(*spot) for key, spot in {**OUTLINE, **INNER}.items()}
        at = {key: self._river_vertex(lon) for key, lon in ON_RIVER.items()}
        corners |= {key: self.river[index] for key, index in at.items()}
        ring = [*(metres(*spot) for spot in OUTLINE.values()), metres(*OUTLINE["w"])]
        lines = [wander(ring, rng, 0.09, 260)]
        for start, between, end in DIVIDERS:
            lines.append(wander([corners[start], *typed(between), corners[end]], rng, 0.08, 260))
        lines.append(self.river[at["r5"] : at["r1"] + 1])
        faces = polygonize([unary_union([LineString(line) for line in lines])]).geoms
        return {
            code: next(face for face in faces if face.contains(Point(metres(*label))))
            for code, label in LABELS.items()
        }

    def _river_vertex(self, lon: float) -> int:
        x = metres(lon, ORIGIN[1])[0]
        return min(range(len(self.river)), key=lambda index: abs(self.river[index][0] - x))


def dry(line: Sequence[Spot], wet: BaseGeometry) -> bool:
    """Tell whether a line keeps off the water."""
    return not wet.intersects(LineString(line))
