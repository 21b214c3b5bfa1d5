"""Streets of the illustrative study: the town's grid, small grids, and walks by the water."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from random import Random

from illustrative_ground import LAKES, Ground, Spot, beside, cm, ellipse, metres, wander
from illustrative_lines import Line
from shapely import LineString, Point, Polygon, prepare
from shapely.geometry.base import BaseGeometry

FIRST = (
    "朝阳", "光明", "文明", "建设", "人民", "环城", "松岗", "锦霞", "凤翔", "桥北", "桥南", "新城",
    "先锋", "北门", "南门", "银泉", "金碧", "学宫", "沿江", "湖滨",
)  # fmt: skip
LAST = ("路", "街", "大道", "一路", "二路")
RUN_PIECES = 9


ON_FOOT = {"track", "path", "footway", "steps"}


class Vertices:
    """The vertices of roads for cars, on the ground, found by nearness."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.cells: dict[tuple[int, int], set[Spot]] = defaultdict(set)
        for line in lines:
            self.add(line)

    def add(self, line: Line) -> None:
        """Take in the vertices of a line, if it is on the ground and for cars."""
        fit = line.ground and line.tags["highway"] not in ON_FOOT
        for x, y in line.spots if fit else ():
            self.cells[math.floor(x / 1000), math.floor(y / 1000)].add((x, y))

    def near(self, spot: Spot, reach: float) -> list[Spot]:
        """Return the vertices within `reach` metres (at most 3000), nearest first."""
        column, row = math.floor(spot[0] / 1000), math.floor(spot[1] / 1000)
        span = math.ceil(reach / 1000)
        found = [
            vertex
            for i in range(column - span, column + span + 1)
            for j in range(row - span, row + span + 1)
            for vertex in self.cells.get((i, j), ())
            if math.dist(vertex, spot) <= reach
        ]
        return sorted(found, key=lambda vertex: (math.dist(vertex, spot), vertex))


class Lattice:
    """
    A warped street grid over a region.

    Parameters
    ----------
    centre, region
        A vertex of the grid, and the polygon it is cut to (metres).
    step, slant
        Metres between streets and the slant of the first family of streets in radians.
    keep_off, main
        What no street may touch; main roads beside which none may run.
    """

    def __init__(
        self, centre: Spot, region: BaseGeometry, step: float, slant: float, main: BaseGeometry,
        keep_off: BaseGeometry, rng: Random, sway: float = 0.0,
    ) -> None:  # fmt: skip
        self.rng, self.main, self.keep_off = rng, main, keep_off
        prepare(region)
        self.vertices: dict[tuple[int, int], Spot] = {}
        reach = math.ceil(max(Point(centre).hausdorff_distance(region), step) / step) + 2
        for i in range(-reach, reach + 1):
            for j in range(-reach, reach + 1):
                east = i * step + sway * math.sin(j / 4.1 + 0.3) + rng.gauss(0, step * 0.04)
                north = j * step * 0.9 + sway * math.sin(i / 5.3) + rng.gauss(0, step * 0.04)
                if i == j == 0:
                    east = north = 0
                spot = cm(
                    centre[0] + east * math.cos(slant) - north * math.sin(slant),
                    centre[1] + east * math.sin(slant) + north * math.cos(slant),
                )
                if region.contains(Point(spot)):
                    self.vertices[i, j] = spot

    def allowed(self, start: Spot, end: Spot) -> bool:
        """Tell whether a street may run here."""
        piece = LineString([start, end])
        if self.keep_off.intersects(piece):
            return False
        return not (self.main.distance(Point(start)) < 55 and self.main.distance(Point(end)) < 55)

    def streets(self, city: bool) -> list[Line]:
        """Return the streets, cut into runs of a few blocks; some blocks are left merged."""
        lines: list[Line] = []
        numbers = sorted({i for i, _ in self.vertices} | {j for _, j in self.vertices})
        for family in (0, 1):
            for number in numbers:
                tags = self._tags(number, family, city)
                row = [(number, k) if family == 0 else (k, number) for k in numbers]
                lines += self._runs(row, tags)
        return lines

    def _runs(self, row: Sequence[tuple[int, int]], tags: dict[str, str]) -> list[Line]:
        lines: list[Line] = []
        run: list[Spot] = []
        loose = 0.05 if tags["highway"] == "tertiary" else 0.15
        for one, two in pairwise(row):
            start, end = self.vertices.get(one), self.vertices.get(two)
            open_here = start and end and self.allowed(start, end) and self.rng.random() > loose
            if start and end and open_here:
                run = run or [start]
                middle = wander([start, end], self.rng, 0.03, 170)[1:]
                run += middle
            if run and (not open_here or len(run) > 2 * RUN_PIECES):
                lines.append(Line(run, dict(tags), kind="street"))
                run = []
        if run:
            lines.append(Line(run, dict(tags), kind="street"))
        return lines

    def _tags(self, number: int, family: int, city: bool) -> dict[str, str]:
        name = self.rng.choice(FIRST) + self.rng.choice(LAST)
        if city and number % 4 == 0:
            return {"highway": "tertiary", "name": name, "surface": "asphalt", "maxspeed": "40"}
        tags = {"highway": "residential", "name": name}
        if city and number % 8 in (2, 3):
            tags["oneway"] = "-1" if number % 16 == 3 and family else "yes"
            tags["maxspeed"] = "30"
        elif self.rng.random() < 0.12:
            tags = {"highway": "living_street"}
        elif self.rng.random() < 0.3:
            tags["surface"] = self.rng.choice(("concrete", "asphalt", "paving_stones"))
        return tags

    def blocks(self) -> list[Line]:
        """Return service roads and footways inside the blocks, each from a corner."""
        lines: list[Line] = []
        for (i, j), corner in sorted(self.vertices.items()):
            across = self.vertices.get((i + 1, j + 1))
            chance = self.rng.random()
            if across is None or chance > 0.38:
                continue
            part = 1.0 if chance > 0.28 else self.rng.uniform(0.3, 0.6)
            end = cm(
                corner[0] + part * (across[0] - corner[0]),
                corner[1] + part * (across[1] - corner[1]),
            )
            if self.keep_off.intersects(LineString([corner, end])):
                continue
            spots = wander([corner, across if part == 1.0 else end], self.rng, 0.12, 110)
            lines.append(Line(spots, self._inside_tags(part), kind="block"))
        return lines

    def _inside_tags(self, part: float) -> dict[str, str]:
        if part == 1.0:
            return {"highway": "footway"}
        if self.rng.random() < 0.14:
            return {"highway": "service", "access": "private"}
        return {"highway": "service", "service": self.rng.choice(("driveway", "alley"))}


def city_region(corners: Sequence[Spot], ground: Ground) -> BaseGeometry:
    """Return the built-up area without water and hills."""
    away = ground.wet.buffer(70)
    return Polygon(corners).difference(away).difference(ground.hills)


def _bank_walk(ground: Ground, side: int) -> list[Line]:
    west, east = metres(113.018, 23.7)[0], metres(113.112, 23.7)[0]
    part = [spot for spot in ground.river if west < spot[0] < east]
    far = beside(part, [side * 1500.0] * len(part))
    spots = []
    for inner, outer in zip(part, far, strict=True):
        edge = LineString([inner, outer]).difference(ground.water).length
        reach = (1500 - edge + 32) / 1500
        spots.append(cm(inner[0] + reach * (outer[0] - inner[0]),
                        inner[1] + reach * (outer[1] - inner[1])))  # fmt: skip
    return [Line(spots, {"highway": "footway", "name": "北江绿道"}, ground=False, kind="walk")]


def walks(ground: Ground, vertices: Vertices, rng: Random) -> list[Line]:
    """Return walks along both banks in the town and round the lakes, tied to the streets."""
    lines = [*_bank_walk(ground, 1), *_bank_walk(ground, -1)]
    for lon, lat, wide, high in LAKES.values():
        ring = ellipse(lon, lat, wide * 1.3 + 40, high * 1.3 + 40, 36)
        lines.append(Line(ring, {"highway": "footway"}, kind="walk"))
    ties: list[Line] = []
    for line in lines:
        every, reach = (9, 1500) if line.ground else (4, 600)
        for number, spot in enumerate(line.spots[1:-1:every]):
            for street in vertices.near(spot, reach)[:3]:
                tie = LineString([spot, street])
                if not ground.wet.intersects(tie):
                    highway = "steps" if number % 3 == 0 and tie.length < 120 else "footway"
                    ties.append(
                        Line(
                            wander([spot, street], rng, 0.06, 200), {"highway": highway}, kind="tie"
                        )
                    )
                    break
    return [*lines, *ties]
