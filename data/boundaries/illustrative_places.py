"""
Where the communities and villages of the illustrative study lie, and how many people live there.

Names, codes and kinds are facts (`divisions.csv`), and so are the district's total and those of two
towns (`town_facts.csv`). A few places stand where a fact points; all other positions, all people by
place and all groups are made by the rules below.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from illustrative_ground import Ground, Spot, cm, metres, typed
from illustrative_lines import Line
from shapely import Point, Polygon, STRtree, prepare, unary_union
from shapely.geometry.base import BaseGeometry

DISTRICT_PEOPLE = 1_119_901
BUILT_UP = (
    (113.005, 23.685), (113.012, 23.715), (113.03, 23.738), (113.06, 23.744), (113.10, 23.742),
    (113.128, 23.730), (113.137, 23.71), (113.147, 23.698), (113.143, 23.667), (113.115, 23.645),
    (113.085, 23.641), (113.045, 23.64), (113.022, 23.648), (113.015, 23.665),
)  # fmt: skip
ANCHORS = {
    "441802006028": (113.060, 23.724),  # 飞来湖社区, by the lake
    "441802008001": (113.094, 23.669),
    "441802009003": (113.047, 23.652),
    "441802009005": (113.058, 23.650),
    "441802103001": (113.198, 23.657),
    "441802103002": (113.210, 23.669),
    "441802103203": (113.249, 23.655),  # 青龙村, 5 km east of the town's seat
    "441802103212": (113.165, 23.622),  # 迎咀村, to the south-west of the seat
    "441802103222": (113.335, 23.688),
    "441802105001": (113.088, 23.613),
    "441802105004": (113.121, 23.547),  # 银盏社区, by the station
    "441802106001": (112.978, 23.544),
    "441802106002": (112.969, 23.534),
    "441802106005": (113.0315, 23.4994),  # 美林湖社区
    "441802107001": (113.251, 23.772),
    "441802107202": (113.219, 23.727),  # 琶江口村, near the river mouth
    "441802107212": (113.172, 23.872),  # 石颈村, on the border with 英德
    "441802107213": (113.277, 23.723),
    "441802107214": (113.157, 23.864),  # 文洞村, far from the seat
    "441802107215": (113.268, 23.806),  # 黄洞村, by the dam
}
IN_TOWN = {"441802009003", "441802009005"}
"""Communities of 横荷街道 in the built-up area; those of the other three all lie in it."""
URBAN_TOWNS = ("441802006", "441802007", "441802008", "441802009")
UNCONNECTED = ("441802103222", "441802107213", "441802107214")
REMOTE = (
    "441802103215", "441802103218", "441802105212", "441802106215", "441802107203", "441802107204",
)  # fmt: skip
CLEAR_METRES = 1300
WEIGHTS = {"street": 12_000, "market": 6_000, "village": 3_000}
"""People a place, before scaling: a 街道's community, a 镇's community, a village."""
AGES = {"street": (0.1141, 0.1387), "market": (0.1235, 0.1885), "village": (0.1667, 0.2464)}
"""Shares of 60+ and of 0-14 in the 2020 census: 广州市, 广东省 and 英德市 stand in."""
TRADES = {
    "street": (0.01, 0.16, 0.020),
    "market": (0.08, 0.22, 0.012),
    "village": (0.42, 0.10, 0.004),
}
"""Shares of farmers, industrial workers and officials: made."""


@dataclass
class Place:
    """
    A community or village.

    `nucleus` is where its roads meet, `spot` where its people are counted (metres).
    """

    code: str
    name: str
    kind: str
    town: str
    nucleus: Spot = (0.0, 0.0)
    spot: Spot = (0.0, 0.0)
    people: int = 0
    groups: tuple[int, ...] = ()

    @property
    def sort(self) -> str:
        """`street` (community of a 街道), `market` (community of a 镇) or `village`."""
        if self.kind == "村委会":
            return "village"
        return "street" if self.town in URBAN_TOWNS else "market"

    @property
    def built_up(self) -> bool:
        """Whether it lies among the street grid of the town."""
        in_grid = self.town != "441802009" or self.code in IN_TOWN
        return self.sort == "street" and in_grid

    @property
    def short(self) -> str:
        """The name without the committee: 麦围社区, 江埗村."""
        stem = self.name.removesuffix("委会").removesuffix("居").removesuffix("村")
        if self.sort == "village":
            return f"{stem}村"
        return f"{stem.removesuffix('社区')}社区"


def read_places(folder: Path) -> list[Place]:
    """Read `divisions.csv`, in order of code."""
    with (folder / "divisions.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["code"])
    return [Place(row["code"], row["name"], row["kind"], row["town_code"]) for row in rows]


def scatter(region: BaseGeometry, count: int, rng: Random, taken: Sequence[Spot]) -> Iterator[Spot]:
    """Yield `count` random points of a region, each far from the others and from `taken`."""
    prepare(region)
    west, south, east, north = region.bounds
    others = list(taken)
    for _ in range(count):
        found: list[Spot] = []
        while len(found) < 14:
            spot = cm(rng.uniform(west, east), rng.uniform(south, north))
            if region.contains(Point(spot)):
                found.append(spot)
        best = max(found, key=lambda spot: min(math.dist(spot, other) for other in others))
        others.append(best)
        yield best


def settle(places: Sequence[Place], ground: Ground, barriers: BaseGeometry, rng: Random) -> None:
    """Give every place a nucleus in its town, off the water, the hills and the expressways."""
    built = Polygon(typed(BUILT_UP)).difference(ground.wet.buffer(130))
    off = unary_union([ground.wet.buffer(260), barriers.buffer(140)])
    clear = [Point(metres(*ANCHORS[code])).buffer(CLEAR_METRES + 400) for code in UNCONNECTED]
    wild = unary_union([ground.hills, built.buffer(500), *clear])
    for place in places:
        if place.code in ANCHORS:
            place.nucleus = metres(*ANCHORS[place.code])
    for code, town in sorted(ground.towns.items()):
        inner = town.buffer(-420).difference(off)
        for built_up in (True, False):
            region = inner.intersection(built) if built_up else inner.difference(wild)
            here = [p for p in places if p.town == code and p.built_up == built_up]
            free = [place for place in here if place.code not in ANCHORS]
            taken = [place.nucleus for place in places if place.nucleus != (0.0, 0.0)]
            for place, spot in zip(free, scatter(region, len(free), rng, taken), strict=True):
                place.nucleus = spot


def _wanted(place: Place) -> tuple[float, float, float, float]:
    """Return the range of the offset from the nucleus and that of the distance to a road."""
    if place.code in UNCONNECTED:
        return 0, 120, 1050, 9000
    if place.code in REMOTE:
        return 350, 1300, 320, 680
    return (20, 160, 20, 110) if place.built_up else (30, 260, 24, 220)


def place_points(
    places: Sequence[Place],
    ground: Ground,
    roads: Sequence[Line],
    drivable: Sequence[Line],
    rng: Random,
) -> None:
    """
    Put every place's point the wanted way off the roads, well inside its town.

    No road of any kind is nearer than wanted, and one for cars is as near as wanted.
    """
    any_road = STRtree([line.shape for line in roads])
    car_road = STRtree([line.shape for line in drivable])
    for place in places:
        near, far, low, high = _wanted(place)
        inner = ground.towns[place.town].buffer(-120)
        for _ in range(4000):
            turn, reach = rng.uniform(0, 2 * math.pi), rng.uniform(near, far)
            spot = cm(
                place.nucleus[0] + reach * math.cos(turn), place.nucleus[1] + reach * math.sin(turn)
            )
            point = Point(spot)
            least, gap = (
                float(tree.query_nearest(point, return_distance=True)[1][0])
                for tree in (any_road, car_road)
            )
            if (
                low <= least
                and gap <= high
                and inner.contains(point)
                and ground.wet.distance(point) > 40
            ):
                place.spot = spot
                break
        else:
            raise ValueError(f"no point for {place.name}")


def shared_out(total: int, weights: Sequence[float]) -> list[int]:
    """Split a total into whole numbers in proportion to weights, by largest remainder."""
    exact = [total * weight / sum(weights) for weight in weights]
    parts = [math.floor(share) for share in exact]
    order = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for index in order[: total - sum(parts)]:
        parts[index] += 1
    return parts


def town_people(places: Sequence[Place], folder: Path) -> dict[str, int]:
    """Return the people of each town: the known figures, the rest shared by `WEIGHTS`."""
    with (folder / "town_facts.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["code"]: row["population_2020"] for row in csv.DictReader(file)}
    known = {code: int(figure) for code, figure in rows.items() if figure}
    unknown = sorted(set(rows) - set(known))
    weights = [sum(WEIGHTS[p.sort] for p in places if p.town == code) for code in unknown]
    left = DISTRICT_PEOPLE - sum(known.values())
    return known | dict(zip(unknown, shared_out(left, weights), strict=True))


def populate(places: Sequence[Place], folder: Path, rng: Random) -> None:
    """Share the people of each town among its places, with a heavy tail, and make the groups."""
    for code, people in sorted(town_people(places, folder).items()):
        here = [place for place in places if place.town == code]
        weights = [WEIGHTS[place.sort] * rng.lognormvariate(0, 0.5) for place in here]
        for place, part in zip(here, shared_out(people, weights), strict=True):
            place.people = part
    for place in places:
        shares = (*AGES[place.sort], *TRADES[place.sort])
        place.groups = tuple(int(place.people * s * rng.uniform(0.85, 1.15)) for s in shares)
