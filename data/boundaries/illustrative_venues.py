"""
The venues of the illustrative study: as many of each type as the plan wants, at made positions.

Six rows bear the names of real venues (`REAL`); their positions and states are made, as all are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from illustrative_ground import Ground, Spot, cm, metres
from illustrative_lines import Line
from illustrative_places import UNCONNECTED, Place
from shapely import Point, STRtree

DATE = "2026-11-01"
MADE = "示意：按方案目标生成"
NEXT = "示意：邻县设施"
ROOMS = 165
OPEN, PLANNED, CANDIDATE, CLOSED = "在用", "拟建", "候选", "停用"
ROOM_STATES = {
    "street": ((OPEN, 0.88), (PLANNED, 0.10), (CLOSED, 0.02)),
    "market": ((OPEN, 0.66), (PLANNED, 0.26), (CANDIDATE, 0.05), (CLOSED, 0.03)),
    "village": ((OPEN, 0.28), (PLANNED, 0.56), (CANDIDATE, 0.11), (CLOSED, 0.05)),
}
MOSTLY = ((OPEN, 0.84), (PLANNED, 0.12), (CLOSED, 0.04))
HALF = ((OPEN, 0.6), (PLANNED, 0.28), (CANDIDATE, 0.12))
FIRST = ((OPEN, 0.7), (PLANNED, 0.3))
NONE_YET = ((PLANNED, 1.0),)
ALL, YOUTH, ELDERLY, FARMERS = "全体", "青少年", "老年人", "农民"
SORTS = {"s": "street", "m": "market", "v": "village"}


@dataclass(frozen=True)
class Batch:
    """
    How many venues of a type there are to be, made ones only.

    `shares` counts them by sort of place: communities of a 街道 (s), of a 镇 (m), villages (v).
    """

    kind: str
    label: str
    shares: dict[str, int]
    states: Sequence[tuple[str, float]]
    groups: str
    capacity: tuple[int, int, str] | None = None


BATCHES = (
    Batch(
        "国家级科普教育基地", "国家级科普教育基地", {"s": 1}, NONE_YET, ALL, (3000, 5000, "平方米")
    ),
    Batch(
        "省级科普教育基地", "省级科普教育基地", {"s": 3, "m": 2}, FIRST, ALL, (1000, 3000, "平方米")
    ),
    Batch(
        "区级科普基地", "区级科普基地", {"s": 16, "m": 8, "v": 4}, MOSTLY, ALL, (200, 900, "平方米")
    ),
    Batch("农业科普基地", "农业科普基地", {"m": 5, "v": 15}, MOSTLY, FARMERS),
    Batch("科普小镇", "科普小镇", {"m": 1}, NONE_YET, ALL),
    Batch("流动科技馆", "流动科技馆", {"s": 2, "m": 2}, MOSTLY, ALL, (40, 60, "座")),
    Batch("科普大篷车", "科普大篷车停靠点", {"v": 2}, MOSTLY, ALL),
    Batch("科学教育特色学校", "科学教育特色学校", {"s": 24, "m": 10, "v": 6}, MOSTLY, YOUTH),
    Batch("校园科学馆", "校园科学馆", {"s": 6, "m": 3}, MOSTLY, YOUTH, (100, 260, "平方米")),
    Batch("中小学创客室", "创客室", {"s": 15, "m": 5, "v": 2}, MOSTLY, YOUTH, (40, 56, "座")),
    Batch("农村中学科技馆（科学馆）", "农村中学科技馆", {"m": 4}, HALF, YOUTH, (80, 200, "平方米")),
    Batch("乡村学校少年宫", "乡村学校少年宫", {"m": 2, "v": 4}, HALF, YOUTH),
    Batch("农技驿站", "农技驿站", {"v": 6}, HALF, FARMERS),
    Batch("农村夜校", "农村夜校", {"v": 4}, HALF, FARMERS, (30, 60, "座")),
    Batch("科普惠农服务站", "科普惠农服务站", {"v": 6}, HALF, FARMERS),
    Batch("农家书屋", "农家书屋", {"v": 42}, MOSTLY, FARMERS, (12, 30, "座")),
    Batch("科普中国乡村e站", "科普中国乡村e站", {"v": 6}, HALF, FARMERS),
    Batch(
        "新时代文明实践中心（所、站）", "新时代文明实践站", {"s": 2, "m": 2, "v": 3}, MOSTLY, ALL
    ),
    Batch("党群服务中心", "党群服务中心", {"s": 3, "m": 2, "v": 4}, MOSTLY, ALL),
    Batch("社区老年人日间照料中心", "日间照料中心", {"s": 5}, MOSTLY, ELDERLY, (20, 60, "座")),
    Batch("图书馆文化馆博物馆", "图书馆", {"s": 2, "m": 1}, FIRST, ALL, (100, 600, "座")),
    Batch("公园景区动植物园等科普设施", "科普公园", {"s": 3, "m": 1, "v": 2}, MOSTLY, ALL),
)
HALL = Batch("镇（街道）科普场馆", "科普场馆", {}, HALF, ALL, (200, 600, "平方米"))
ROOM = Batch("社区科普活动室", "科普活动室", {}, (), f"{ALL}；{ELDERLY}", (20, 60, "座"))
HALL_SEATS = (
    "441802006012", "441802007001", "441802008001", "441802009003",
    "441802103001", "441802105001", "441802106001", "441802107001",
)  # fmt: skip
REAL = (
    # name, type, place it is put at, precision, date, what is a fact, what is made beside the point
    ("北江荟科普研学基地", "区级科普基地", "441802107215", "D", "2024-11-12",
     "名称、镇街（广州日报报道，黄洞村）", "级别"),
    ("飞来峡水利试验基地", "区级科普基地", "441802107215", "D", "2024-11-12",
     "名称、镇街（广州日报报道，黄洞村）", "级别"),
    ("美林湖学校流动科技馆", "流动科技馆", "441802106005", "D", "2021-03-16",
     "名称、类型、镇街（新闻网页报道）", "容量"),
    ("源潭一中流动科技馆", "流动科技馆", "441802103001", "E", "2021-03-17",
     "名称、类型、镇街（新闻网页报道）", "容量"),
    ("东城街中心小学科学馆", "校园科学馆", "441802007001", "E", "2019-10-16",
     "名称、类型、镇街（清城区政府网站）", "容量"),
    ("清城区博物馆", "图书馆文化馆博物馆", "441802006019", "E", "2018-05-18",
     "名称、类型（清城区政府网站）", "镇街"),
)  # fmt: skip
OUTSIDE = (
    ("清新区图书馆文化馆", "图书馆文化馆博物馆", "清新区太和镇", (112.955, 23.709)),
    ("清新区区级科普基地", "区级科普基地", "清新区太平镇", (112.87, 23.54)),
    ("佛冈县区级科普基地", "区级科普基地", "佛冈县汤塘镇", (113.42, 23.734)),
    ("英德市农业科普基地", "农业科普基地", "英德市黎溪镇", (113.145, 23.908)),
    ("花都区省级科普教育基地", "省级科普教育基地", "花都区狮岭镇", (113.118, 23.44)),
)
HOURS = {
    "school": (("学期内周一至周五", "16:30-18:00"), ("周末", "9:00-17:00"),
               ("寒暑假", "9:00-17:00"), ("", "")),
    "base": (("周二至周日", "9:00-17:00"), ("周二至周日", "9:00-17:00"),
             ("每天（周一闭馆）", "9:00-21:00"), ("", "")),
    "other": (("周一至周五", "9:00-12:00，14:00-17:30"), ("每天", "9:00-21:00"),
              ("周二至周日", "9:00-17:00"), ("每天", "8:30-12:00，14:30-17:30，19:00-21:00"),
              ("", "")),
}  # fmt: skip
"""Days and hours of opening by sort of venue, each as likely as another; some are not known."""
SCHOOLS = ("学校", "校园", "创客", "中学", "少年宫")
HEADER = (
    "编号", "名称", "类型", "所属镇街", "经度", "纬度", "状态", "容量", "容量单位", "服务对象",
    "开放日", "开放时间", "点位精度", "地址", "来源", "数据日期",
)  # fmt: skip


@dataclass(frozen=True)
class Venue:
    """A row of the table, its point in metres."""

    name: str
    kind: str
    town: str
    spot: Spot
    state: str
    capacity: str
    unit: str
    groups: str
    precision: str
    address: str
    source: str = MADE
    date: str = DATE
    hours: tuple[str, str] = ("", "")

    def row(self, number: int, lonlat: Spot) -> list[str]:
        """Return the cells in the order of `HEADER`."""
        lon, lat = (f"{part:.6f}" for part in lonlat)
        return [
            f"V{number:03d}", self.name, self.kind, self.town, lon, lat, self.state, self.capacity,
            self.unit, self.groups, *self.hours, self.precision, self.address, self.source,
            self.date,
        ]  # fmt: skip


class Maker:
    """Makes venues near places, a short way from a road."""

    def __init__(
        self, ground: Ground, roads: Sequence[Line], towns: dict[str, str], rng: Random
    ) -> None:
        self.ground, self.towns, self.rng = ground, towns, rng
        self.tree = STRtree([line.shape for line in roads])

    def spot(self, about: Spot, town: str | None) -> Spot:
        """Return a point 12 to 70 m off a road, nearer and nearer points tried first."""
        reach = 160.0
        inner = self.ground.towns[town].buffer(-60) if town else None
        for _ in range(6000):
            turn, far = self.rng.uniform(0, 2 * math.pi), self.rng.uniform(15, reach)
            spot = cm(about[0] + far * math.cos(turn), about[1] + far * math.sin(turn))
            point = Point(spot)
            gap = float(self.tree.query_nearest(point, return_distance=True)[1][0])
            inside = inner is None or inner.contains(point)
            if inside and 12 <= gap <= 70 and self.ground.wet.distance(point) > 30:
                return spot
            reach += 2.0
        raise ValueError(f"no point for a venue about {about}")

    def state(self, states: Sequence[tuple[str, float]]) -> str:
        """Draw a state by its weight."""
        names, weights = zip(*states, strict=True)
        return str(self.rng.choices(names, weights)[0])

    def at(
        self, place: Place, batch: Batch, states: Sequence[tuple[str, float]], name: str
    ) -> Venue:
        """Return a made venue at a place."""
        size = ""
        if batch.capacity and self.rng.random() < 0.8:
            size = str(self.rng.randint(batch.capacity[0], batch.capacity[1]))
        return Venue(
            name, batch.kind, self.towns[place.town], self.spot(place.spot, place.town),
            self.state(states), size, batch.capacity[2] if batch.capacity and size else "",
            batch.groups, self.rng.choice("BBC" if place.sort == "street" else "CCD"),
            f"清城区{self.towns[place.town]}{place.short}", hours=_hours(batch.kind, name),
        )  # fmt: skip


def _hours(kind: str, name: str) -> tuple[str, str]:
    """Return made days and hours; they hang on the name alone, so that nothing else moves."""
    sort = "school" if any(word in kind for word in SCHOOLS) else "other"
    sort = "base" if any(word in kind for word in ("基地", "场馆", "图书馆")) else sort
    return Random(f"hours {name}").choice(HOURS[sort])


def _rooms(places: Sequence[Place], maker: Maker) -> list[Venue]:
    """Return a room in every connected place, and a second one in the most populous."""
    hosts = [place for place in places if place.code not in UNCONNECTED]
    large = sorted(hosts, key=lambda place: (-place.people, place.code))[: ROOMS - len(hosts)]
    rooms = [
        maker.at(place, ROOM, ROOM_STATES[place.sort], f"{place.short}{ROOM.label}")
        for place in hosts
    ]
    second = [maker.at(p, ROOM, ((OPEN, 1.0),), f"{p.short}第二{ROOM.label}") for p in large]
    return rooms + second


def _real(by_code: dict[str, Place], maker: Maker) -> list[Venue]:
    return [
        Venue(
            name, kind, maker.towns[by_code[code].town],
            maker.spot(by_code[code].spot, by_code[code].town), OPEN, "", "", ALL, precision,
            f"清城区{maker.towns[by_code[code].town]}",
            f"事实：{fact}；示意：{made}、坐标、状态", date,
        )
        for name, kind, code, precision, date, fact, made in REAL
    ]  # fmt: skip


def _outside(maker: Maker) -> list[Venue]:
    return [
        Venue(
            name, kind, town, maker.spot(metres(*lonlat), None), OPEN, "", "", ALL, "E", town, NEXT
        )
        for name, kind, town, lonlat in OUTSIDE
    ]


def make(
    places: Sequence[Place], ground: Ground, roads: Sequence[Line], towns: dict[str, str],
    rng: Random,
) -> list[Venue]:  # fmt: skip
    """Return all venues: rooms, halls, the batches, the real ones and a few outside."""
    maker = Maker(ground, roads, towns, rng)
    by_code = {place.code: place for place in places}
    venues = _rooms(places, maker)
    for code in HALL_SEATS:
        name = f"{towns[by_code[code].town]}{HALL.label}"
        venues.append(maker.at(by_code[code], HALL, HALL.states, name))
    for batch in BATCHES:
        for key, count in batch.shares.items():
            here = [p for p in places if p.sort == SORTS[key] and p.code not in UNCONNECTED]
            for place in sorted(rng.sample(here, count), key=lambda place: place.code):
                name = f"{place.short}{batch.label}"
                venues.append(maker.at(place, batch, batch.states, name))
    return venues + _real(by_code, maker) + _outside(maker)
