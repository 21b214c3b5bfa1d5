"""A made-up district of 8 towns and 160 places, as `web_map` takes it, and its plain counts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from kepu.maps.content import Measure, Own, Reach
from kepu.maps.pack import UNREACHED
from kepu.maps.tiles import Tiles

from .made_adornments import (
    BAD_PLACE,
    EAST,
    NORTH,
    SOUTH,
    WEST,
    base_of,
    branches,
    measure_of,
    rings_of,
)

HOSTILE = (
    "<img src=x onerror=window.__x=1>",
    "</script><script>window.__x=1</script>",
    "${window.__x=1}",
    "`${window.__x=1}`",
    "\"'><svg onload=window.__x=1>",
    "line\u2028paragraph\u2029end",
    "]]><!-- --><!--<script>",
    "{{ 7 * 7 }}{% raw %}{#",
    "&lt;b&gt; &amp; \\u003c",
)

TOWNS = {
    "441802001": ("东城街道", "urban"),
    "441802002": ("洲心街道", "urban"),
    "441802003": ("凤城街道", "urban"),
    "441802004": ("横荷街道", "urban"),
    "441802100": ("源潭镇", "rural"),
    "441802101": ("龙塘镇", "rural"),
    "441802102": ("石角镇", "rural"),
    "441802103": ("飞来峡镇", "rural"),
}
TYPES = {
    "room.community": "社区科普活动室",
    "civic.party": "党群服务中心",
    "base.district": "区级科普基地",
    "rural.bookhouse": "农家书屋",
    "school.maker": "中小学创客室",
}
SPEEDS = {"walk": 5.5, "ebike": 4.2, "car": 2.2}
HORIZON = 72_000


def _standards() -> pd.DataFrame:
    rows = [
        ("room", "社区科普活动室步行15分钟", ("room.community", "civic.party"), "walk", 15, 0.9),
        ("base", "科普基地驾车30分钟", ("base.district",), "car", 30, 0.95),
        ("rural", "农村科普设施电动车15分钟", ("rural.bookhouse",), "ebike", 15, 0.8),
    ]
    frame = pd.DataFrame(rows, columns=["key", "name", "types", "mode", "minutes", "goal"])
    frame["minutes"] = frame["minutes"].astype(float)
    frame["group"] = ["people", "people", "farmers"]
    frame["area"] = ["all", "all", "rural"]
    frame["basis"] = "GB 50180-2018 十五分钟生活圈"
    return frame.set_index("key")


def _towns(rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return eight towns whose shared edges wander like real ones."""
    seeds = np.array(
        [[0.42, 0.5], [0.5, 0.38], [0.3, 0.46], [0.38, 0.34], [0.78, 0.45], [0.62, 0.2],
         [0.25, 0.14], [0.6, 0.8]]
    )  # fmt: skip
    ring = shapely.Point(0.5, 0.5).buffer(0.5, quad_segs=24)
    wave = shapely.transform(ring, lambda xy: xy + 0.035 * np.sin(11 * xy[:, ::-1] + [0.4, 1.9]))
    cells = shapely.voronoi_polygons(shapely.MultiPoint(seeds), extend_to=wave, ordered=True)
    rough = shapely.segmentize(shapely.intersection(shapely.get_parts(cells), wave), 0.015)
    rough = shapely.set_precision(rough, 1e-6)
    bent = shapely.transform(
        rough, lambda xy: xy + 0.012 * np.sin(47 * xy[:, ::-1]) + 0.006 * np.sin(113 * xy)
    )
    size = np.array([EAST - WEST, NORTH - SOUTH])
    shapes = shapely.transform(bent, lambda xy: xy * size + [WEST, SOUTH])
    names, kinds = zip(*TOWNS.values(), strict=True)
    return gpd.GeoDataFrame(
        {"name": names, "kind": kinds},
        geometry=list(shapes),
        crs="EPSG:4326",
        index=pd.Index(list(TOWNS), name="code"),
    )


def _scatter(shape: shapely.Geometry, count: int, rng: np.random.Generator) -> np.ndarray:
    west, south, east, north = shape.bounds
    found = np.empty((0, 2))
    while len(found) < count:
        xy = rng.uniform((west, south), (east, north), (count * 4, 2))
        found = np.vstack([found, xy[shapely.contains_xy(shape.buffer(-0.004), xy)]])
    return found[:count]


def _places(towns: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    rows, points = [], []
    for code, town in towns.iterrows():
        is_rural = town["kind"] == "rural"
        for xy in _scatter(town.geometry, 20, rng):
            people = int(rng.lognormal(7.6 if is_rural else 9.3, 0.55))
            name = f"{town['name'][:2]}第{len(rows) + 1}{'村' if is_rural else '社区'}"
            rows.append((f"P{len(rows):03}", name, code, is_rural, people, people // 3))
            points.append(xy)
    columns = ["id", "name", "town", "rural", "people", "farmers"]
    frame = pd.DataFrame(rows, columns=columns).set_index("id")
    return gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(*np.array(points).T, crs=4326))


def _venues(places: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    count = 300
    here = np.minimum(rng.integers(0, 175, count), len(places) - 1 - rng.integers(0, 110, count))
    near = places.geometry.iloc[here]
    spread = rng.normal(0, 0.005, (count, 2))
    types = rng.choice(list(TYPES), count, p=[0.3, 0.2, 0.08, 0.27, 0.15])
    return gpd.GeoDataFrame(
        {
            "name": [f"{TYPES[key]}{i:03}" for i, key in enumerate(types)],
            "type": types,
            "status": rng.choice(["open", "planned", "candidate", "closed"], count,
                                 p=[0.85, 0.06, 0.05, 0.04]),
            "outside": rng.random(count) < 0.05,
        },
        geometry=gpd.points_from_xy(near.x + spread[:, 0], near.y + spread[:, 1], crs=4326),
        index=pd.Index([f"V{i:03}" for i in range(count)], name="id"),
    )  # fmt: skip


def ticks_between(
    places: gpd.GeoDataFrame, points: gpd.GeoSeries, mode: str
) -> npt.NDArray[np.int64]:
    """Return times by distance and mode, shape (p, v)."""
    here = shapely.get_coordinates(places.geometry.to_numpy())
    there = shapely.get_coordinates(points.to_numpy())
    km = np.hypot(*((here[:, None] - there[None]) * [102.0, 111.0]).T).T
    exact = np.rint((km * SPEEDS[mode] + 1.3) * 600).astype(np.int64)
    exact[(exact > HORIZON) | ~_connected(places)[:, None]] = UNREACHED
    return exact


def _connected(places: gpd.GeoDataFrame) -> npt.NDArray[np.bool_]:
    return ~np.isin(np.arange(len(places)), [BAD_PLACE, 111, 150])


def _reach(places: gpd.GeoDataFrame, venues: gpd.GeoDataFrame) -> list[Reach]:
    """Return times to each type's nearest open venue of lowest number."""
    connected = _connected(places)
    answer = []
    for mode in SPEEDS:
        exact = ticks_between(places, venues.geometry, mode)
        ticks, which, usable = {}, {}, {}
        for kind in TYPES:
            mine = np.flatnonzero((venues["type"] == kind) & (venues["status"] == "open"))
            near = exact[:, mine].argmin(axis=1) if len(mine) else np.zeros(len(places), int)
            shape = np.arange(len(places))
            ticks[kind] = exact[shape, mine[near]] if len(mine) else np.full(len(places), UNREACHED)
            found = mine[near] if len(mine) else np.full(len(places), -1)
            which[kind] = np.where(ticks[kind] == UNREACHED, -1, found)
            usable[kind] = bool(len(mine))
        walk = np.where(connected, 78_000, 0)
        answer.append(
            Reach(mode, connected, walk, np.zeros(len(venues), int), ticks, which, usable)
        )
    return answer


def nearest(reach: Reach, types: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return ticks and venues of the nearest of some types, the slow and plain way."""
    ticks, venue = [], []
    for i in range(len(reach.connected)):
        options = [(int(reach.ticks[t][i]), int(reach.venue[t][i])) for t in types]
        reached = [option for option in options if option[0] < UNREACHED]
        best = min(reached, default=(UNREACHED, -1))
        ticks.append(best[0])
        venue.append(best[1])
    return np.array(ticks), np.array(venue)


def counts(
    reach: Reach,
    places: gpd.GeoDataFrame,
    types: tuple[str, ...],
    minutes: float,
    group: str,
    area: str,
) -> dict[tuple[str, str], tuple[int, int, int]]:
    """Return (people, covered, not connected) by scope, place by place."""
    ticks, _ = nearest(reach, types)
    answer = {(scope, ""): [0, 0, 0] for scope in ("district", "urban", "rural")}
    answer |= {("town", code): [0, 0, 0] for code in TOWNS}
    for i, place in enumerate(places.itertuples()):
        if area != "all" and place.rural != (area == "rural"):
            continue
        people = int(getattr(place, group))
        part = (people, people * int(ticks[i] <= minutes * 600), people * (not reach.connected[i]))
        half = "rural" if place.rural else "urban"
        for scope in (("district", ""), (half, ""), ("town", place.town)):
            answer[scope] = [a + b for a, b in zip(answer[scope], part, strict=True)]
    return {scope: (a, b, c) for scope, (a, b, c) in answer.items()}


def reach_of(data: Mapping[str, Any], mode: str) -> Reach:
    return next(one for one in data["reach"] if one.mode == mode)


def coverage_of(
    standards: pd.DataFrame, places: gpd.GeoDataFrame, reach: list[Reach]
) -> pd.DataFrame:
    rows = []
    for key, standard in standards.iterrows():
        one = next(one for one in reach if one.mode == standard["mode"])
        found = counts(one, places, standard["types"], standard["minutes"], standard["group"],
                       standard["area"])  # fmt: skip
        rows += [
            (key, *scope, people, covered, apart, covered / people if people else None)
            for scope, (people, covered, apart) in found.items()
        ]
    columns = ["standard", "scope", "code", "people", "covered", "not_connected", "share"]
    return pd.DataFrame(rows, columns=columns).astype({"share": "Float64"})


def _flags(standards: pd.DataFrame, places: gpd.GeoDataFrame, reach: list[Reach]) -> pd.DataFrame:
    rows = [
        ("town", "441802103", "room", "severe", "飞来峡镇覆盖率低于全区平均。", "启用候选设施。")
    ]
    for key, standard in standards.iterrows():
        one = next(one for one in reach if one.mode == standard["mode"])
        ticks, _ = nearest(one, standard["types"])
        for i, place in enumerate(places.itertuples()):
            if place.rural and ticks[i] > standard["minutes"] * 600 and (i % 4 == 0 or i < 100):
                words = "未接入路网。" if ticks[i] == UNREACHED else f"需{ticks[i] / 600:.1f}分钟。"
                rows.append(("place", place.Index, key, "moderate", place.name + words, ""))
    return pd.DataFrame(rows, columns=["kind", "id", "standard", "level", "sentence", "remedy"])


@cache
def _made() -> dict[str, Any]:
    rng = np.random.default_rng(20261101)
    standards, towns = _standards(), _towns(rng)
    places = _places(towns, rng)
    venues = _venues(places, rng)
    reach = _reach(places, venues)
    _, walked = nearest(reach[0], standards.at["room", "types"])
    return {
        "title": "清远市清城区科普设施覆盖分析",
        "towns": towns,
        "places": places,
        "venues": venues,
        "types": dict(TYPES),
        "groups": {"people": "常住人口", "farmers": "农民"},
        "standards": standards,
        "reach": reach,
        "coverage": coverage_of(standards, places, reach),
        "flags": _flags(standards, places, reach),
        "measures": [measure_of(places, len(TOWNS))],
        "isochrones": rings_of(venues),
        "branches": {"room": branches(places, venues, walked)},
        "base": base_of(towns, rng),
        "facts": [
            ("分析日期", "2026-11-01"),
            ("道路来源", "© OpenStreetMap contributors (ODbL)，2026-10-01"),
            ("人口来源", "第七次全国人口普查（2020年）"),
            ("坐标系", "WGS84；计算用 EPSG:32649"),
            ("命令", "kepu run data/boundaries/study.toml"),
        ],
        "illustrative": True,
        "review": "",
    }


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(one) for key, one in value.items()}
    return value.copy() if isinstance(value, pd.DataFrame | pd.Series | list) else value


def study(**changes: object) -> dict[str, Any]:
    """Return the arguments of `web_map` for the district; whoever gets them may change them."""
    return _copied(_made()) | changes


def hostile_study() -> dict[str, Any]:
    """Return the study with hostile text in every field that the page shows."""
    text = "".join(HOSTILE)
    data = study(title=text, review=text)
    data["venues"] = data["venues"].assign(groups="", hours="", address="")
    for name, columns in {
        "towns": ["name"], "places": ["name"], "venues": ["name", "groups", "hours", "address"],
        "standards": ["name", "basis"], "flags": ["sentence", "remedy"],
    }.items():  # fmt: skip
        for column in columns:
            data[name][column] = data[name][column].astype(str) + text
    new_id = {old: old + text for old in data["places"].index}
    data["places"] = data["places"].rename(index=new_id)
    data["flags"]["id"] = data["flags"]["id"].replace(new_id)
    data["venues"].index = data["venues"].index + text
    data["isochrones"]["venue"] = data["isochrones"]["venue"] + text
    data["types"] = {key: name + text for key, name in TYPES.items()}
    data["groups"] = {key: name + text for key, name in data["groups"].items()}
    old = data["measures"][0]
    words = {name: getattr(old, name) + text for name in ("name", "english", "unit", "basis")}
    data["measures"] = [
        Measure(**(vars(old) | words | {
            name: [one + text for one in getattr(old, name)]
            for name in ("summary", "labels", "town_labels")
        }))
    ]  # fmt: skip
    ticks, venue = nearest(data["reach"][1], data["standards"].at["rural", "types"])
    data["own"] = {"rural": Own(ticks, venue, [text] * len(ticks))}
    data["tiles"] = Tiles(text, ["http://127.0.0.1:9/{z}/{x}/{y}.png"], text)
    data["facts"] = [("来源" + text, text)]
    return data
