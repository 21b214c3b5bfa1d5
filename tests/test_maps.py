"""The web map as text: one file, no network, the same bytes, every number and word as given."""

from __future__ import annotations

import base64
import itertools
import json
import re
import zlib
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from kepu.maps import style
from kepu.maps.content import Measure, Own, Reach
from kepu.maps.content_answers import LEAST_FLAGS, MOST_FLAGS
from kepu.maps.fold import strip_steps, walk_through
from kepu.maps.offline import OfflineFigure, UnknownAssetError, script
from kepu.maps.pack import UNREACHED, Part, packed
from kepu.maps.payload import branches_columns, encode, grid_points, rings
from kepu.maps.tiles import Tiles, osm, own_server, tianditu
from kepu.maps.web import web_map

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
WEST, SOUTH, EAST, NORTH = 112.88, 23.45, 113.37, 23.89
BAD_PLACE = 7


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


def _reach(places: gpd.GeoDataFrame, venues: gpd.GeoDataFrame) -> list[Reach]:
    """Return times by distance and mode, to each type's nearest open venue of lowest number."""
    here = shapely.get_coordinates(places.geometry.to_numpy())
    there = shapely.get_coordinates(venues.geometry.to_numpy())
    km = np.hypot(*((here[:, None] - there[None]) * [102.0, 111.0]).T).T
    connected = np.ones(len(places), bool)
    connected[[BAD_PLACE, 111, 150]] = False
    answer = []
    for mode, pace in SPEEDS.items():
        exact = np.rint((km * pace + 1.3) * 600).astype(np.int64)
        exact[(exact > HORIZON) | ~connected[:, None]] = UNREACHED
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


def _coverage(
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


def _base(towns: gpd.GeoDataFrame, rng: np.random.Generator) -> dict[str, gpd.GeoSeries]:
    """Return 3,000 wandering lines, most of them village roads, and a wide river."""
    counts = {"motorway": 3, "trunk": 4, "primary": 8, "secondary": 25, "tertiary": 160,
              "minor": 2797, "rail": 2, "river": 6}  # fmt: skip
    base = {}
    for name, count in counts.items():
        is_local = name in ("minor", "tertiary")
        steps = (rng.integers(5, 12), 0.0016) if is_local else (60, 0.009)
        start = rng.uniform((WEST, SOUTH), (EAST, NORTH), (count, 2))
        way = rng.uniform(0, 2 * np.pi, (count, 1))
        turns = way + rng.normal(0, 0.16, (count, int(steps[0]))).cumsum(axis=1)
        moves = steps[1] * np.stack([np.cos(turns), np.sin(turns)], axis=2)
        middle = moves.cumsum(axis=1) - (0 if is_local else moves.sum(axis=1, keepdims=True) / 2)
        base[name] = gpd.GeoSeries(shapely.linestrings(start[:, None] + middle), crs=4326)
    x = np.linspace(WEST - 0.1, EAST + 0.1, 200)
    y = 23.66 + 0.05 * np.sin(18 * x) + 0.02 * np.sin(41 * x)
    river = shapely.linestrings(np.column_stack([x, y])).buffer(0.0045)
    base["water"] = gpd.GeoSeries([river, shapely.Point(113.2, 23.8).buffer(0.012)], crs=4326)
    return base


def _measure(places: gpd.GeoDataFrame) -> Measure:
    values = np.arange(len(places), dtype=np.int64) * 10
    values[BAD_PLACE] = -1
    return Measure(
        key="access", name="可达性", english="Access", unit="处/万人", basis="示例",
        standard="room",
        values=values, scale=100, edges=(4.0, 8.0), labels=("高", "中", "低"),
        towns=np.arange(len(TOWNS)) * 200, town_edges=(4.0, 8.0), town_labels=("高", "中", "低"),
        is_more_better=True, summary=[f"{i}.00" for i in range(3 + len(TOWNS))],
    )  # fmt: skip


def _rings(venues: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    used = venues[(venues["type"] == "room.community") & (venues["status"] == "open")]
    rows = [
        (venue, "walk", minutes, point.buffer(0.0008 * minutes))
        for venue, point in used.geometry.items()
        for minutes in (7.5, 15.0)
    ]
    frame = pd.DataFrame(rows, columns=["venue", "mode", "minutes", "geometry"])
    return gpd.GeoDataFrame(frame, crs=4326)


def branches(places: gpd.GeoDataFrame, venues: gpd.GeoDataFrame, venue: np.ndarray) -> Any:
    """Return ways with one corner each; the last piece of a venue is shared by all who go there."""
    start, parent, lines = [], [], []
    last: dict[int, int] = {}
    for i, v in enumerate(venue):
        if v < 0:
            start.append(-1)
            continue
        goal, home = venues.geometry.iloc[v], places.geometry.iloc[i]
        door = (goal.x + 0.001, goal.y)
        if int(v) not in last:
            last[int(v)] = len(lines)
            parent.append(-1)
            lines.append(shapely.LineString([door, (goal.x, goal.y)]))
        start.append(len(lines))
        parent.append(last[int(v)])
        lines.append(shapely.LineString([(home.x, home.y), (home.x, door[1]), door]))
    return SimpleNamespace(start=np.array(start), parent=np.array(parent),
                           line=np.array(lines, dtype=object))  # fmt: skip


def study(**changes: object) -> dict[str, Any]:
    """Return the arguments of `web_map` for a made-up district of 8 towns, 160 places."""
    rng = np.random.default_rng(20261101)
    standards, towns = _standards(), _towns(rng)
    places = _places(towns, rng)
    venues = _venues(places, rng)
    reach = _reach(places, venues)
    _, walked = nearest(reach[0], standards.at["room", "types"])
    answer: dict[str, Any] = {
        "title": "清远市清城区科普设施覆盖分析",
        "towns": towns,
        "places": places,
        "venues": venues,
        "types": dict(TYPES),
        "groups": {"people": "常住人口", "farmers": "农民"},
        "standards": standards,
        "reach": reach,
        "coverage": _coverage(standards, places, reach),
        "flags": _flags(standards, places, reach),
        "measures": [_measure(places)],
        "isochrones": _rings(venues),
        "branches": {"room": branches(places, venues, walked)},
        "base": _base(towns, rng),
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
    return answer | changes


def hostile_study() -> dict[str, Any]:
    """Return the study with hostile text in every field that the page shows."""
    text = "".join(HOSTILE)
    data = study(title=text, review=text)
    for name, columns in {
        "towns": ["name"], "places": ["name"], "venues": ["name"],
        "standards": ["name", "basis"], "flags": ["sentence", "remedy"],
    }.items():  # fmt: skip
        for column in columns:
            data[name][column] = data[name][column].astype(str) + text
    new_id = {old: old + text for old in data["places"].index}
    data["places"] = data["places"].rename(index=new_id)
    data["flags"]["id"] = data["flags"]["id"].replace(new_id)
    data["types"] = {key: name + text for key, name in TYPES.items()}
    data["groups"] = {key: name + text for key, name in data["groups"].items()}
    old = data["measures"][0]
    words = {name: getattr(old, name) + text for name in ("name", "english", "unit", "basis")}
    data["measures"] = [
        Measure(**(vars(old) | words | {"summary": [one + text for one in old.summary]}))
    ]
    ticks, venue = nearest(data["reach"][1], data["standards"].at["rural", "types"])
    data["own"] = {"rural": Own(ticks, venue, [text] * len(ticks))}
    data["tiles"] = Tiles(text, ["http://127.0.0.1:9/{z}/{x}/{y}.png"], text)
    data["facts"] = [("来源" + text, text)]
    return data


@pytest.fixture(scope="module")
def page() -> str:
    return web_map(**study())


def block(html: str, identity: str) -> Any:
    """Read what `packed` wrote, the slow and plain way."""
    found = re.search(rf'<script type="text/plain" id="{identity}">([^<]*)</script>', html)
    assert found
    raw = zlib.decompress(base64.b64decode(found[1]))
    length = int.from_bytes(raw[:4], "little")
    tail = raw[4 + length :]

    def full(value: Any) -> Any:
        if isinstance(value, list):
            return [full(one) for one in value]
        if not isinstance(value, dict):
            return value
        if value.get("$") == "bytes":
            return tail[value["at"] : value["at"] + value["n"]]
        if "$" in value:
            planes = [
                tail[value["at"] + k * value["n"] :][: value["n"]] for k in range(value["planes"])
            ]
            return [
                value["base"] + sum(plane[i] << 8 * k for k, plane in enumerate(planes))
                for i in range(value["n"])
            ]
        return {key: full(one) for key, one in value.items()}

    return full(json.loads(raw[4 : 4 + length]))


def decode(code: bytes) -> list[list[tuple[float, float]]]:
    """Read what `encode` wrote, the slow and plain way."""
    values, value, shift = [], 0, 0
    for byte in code:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            values.append(-(value + 1) // 2 if value & 1 else value // 2)
            value = shift = 0
    parts, x, y = [], 0, 0
    stream = iter(values)
    for count in stream:
        part = []
        for _ in range(count):
            x, y = x + next(stream), y + next(stream)
            part.append((x / 1e5, y / 1e5))
        parts.append(part)
    return parts


def test_two_builds_are_the_same_bytes(page: str) -> None:
    assert web_map(**study()) == page


def test_page_names_no_outside_resource(page: str) -> None:
    assert not re.findall(r"""(?:src|href)\s*=\s*\\?["']?(?:https?:)?//""", page)
    assert not re.findall(r"""(?:url\(|@import|sourceMappingURL)\s*["']?(?!data:|#)\S""", page)
    assert "<link" not in page
    assert "jquery" not in page.lower()
    assert "Volodymyr Agafonkin" in page


def test_policy_allows_only_the_pages_own_code(page: str) -> None:
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    assert policy[1].startswith("default-src 'none'; script-src 'sha256-")
    assert "connect-src 'none'" in policy[1]
    assert "unsafe" not in policy[1]
    assert policy.start() < page.index("<script")
    assert not re.search(r"<[a-z][^<>]*\son[a-z]+=", page.split("<body>")[1].split("<script")[0])


def test_overhead_without_data_is_small(page: str) -> None:
    data = sum(map(len, re.findall(r'<script type="text/plain"[^<]*</script>', page)))
    assert len(page.encode()) - data < 330_000
    assert len(page.encode()) < 700_000


def test_unknown_link_stops() -> None:
    figure = OfflineFigure("t")
    sheet = folium.Map(tiles=None)
    figure.add_child(sheet)
    sheet.default_js = [*sheet.default_js, ("d3", "https://example.org/d3.js")]
    with pytest.raises(UnknownAssetError, match=r"d3: https://example\.org/d3\.js"):
        figure.render()


def test_code_cannot_end_its_block() -> None:
    inside = script("a='</script>';b='<!--';c='<a href=\"https://x.y\">'\n//# sourceMappingURL=z")
    assert inside == "<script>a='<\\/script>';b='<\\!--';c='<a href=\"#\">'</script>"


@pytest.mark.parametrize("text", HOSTILE)
def test_data_block_is_inert_and_exact(text: str) -> None:
    html = packed("x", {text: [text, None, 1.5, True, b"\x00<", np.array([True, False])]})
    assert re.fullmatch(r'<script type="text/plain" id="x">[A-Za-z0-9+/=]*</script>', html)
    assert block(html, "x") == {text: [text, None, 1.5, True, b"\x00<", [1, 0]]}


@pytest.mark.parametrize(
    "numbers", [[], [0], [255], [256], [-1, 0xFFFFFF], [2**31 - 1, 0], [-(2**31), -1], [7] * 300]
)
def test_whole_numbers_return(numbers: list[int]) -> None:
    assert block(packed("x", np.array(numbers, np.int64)), "x") == numbers


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (np.array([0.5]), TypeError),
        (np.zeros((2, 2), int), TypeError),
        (np.array([2**31]), ValueError),
        (np.array([-1, 2**32]), ValueError),
        (float("nan"), ValueError),
        ({"a": {1, 2}}, TypeError),
    ],
)
def test_what_cannot_be_packed_is_refused(value: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        packed("x", value)


def test_hostile_text_arrives_as_given() -> None:
    data = hostile_study()
    html = web_map(**data)
    seen = block(html, "kepu-data")
    assert seen["title"] == "".join(HOSTILE)
    assert seen["places"]["name"] == list(data["places"]["name"])
    assert seen["flags"]["sentence"] == list(data["flags"]["sentence"])
    assert html.count("<script>") == page_scripts(html)


def page_scripts(html: str) -> int:
    policy = re.search(r"script-src ([^;]*);", html)
    assert policy
    return len(policy[1].split())


def test_lines_return_on_a_grid_of_one_metre() -> None:
    lines = [
        shapely.LineString([(113.123456, 23.654321), (113.2, 23.7), (112.9, 23.1)]),
        shapely.LineString([(-0.5, 0), (-0.5, 0), (179.99999, -89)]),
    ]
    assert decode(encode(lines)) == [
        [(113.12346, 23.65432), (113.2, 23.7), (112.9, 23.1)],
        [(-0.5, 0.0), (179.99999, -89.0)],
    ]
    assert decode(encode([])) == []


def test_points_keep_their_order_and_number() -> None:
    points = gpd.GeoSeries(gpd.points_from_xy([1, 1, 2.000011], [3, 3, -4]))
    fine = grid_points(points)
    assert fine["lng"].tolist() == [100_000, 100_000, 200_001]
    assert fine["lat"].tolist() == [300_000, 300_000, -400_000]
    coarse = grid_points(gpd.GeoSeries(gpd.points_from_xy([113.12345], [23.65551])), 1e-3)
    assert (coarse["lng"][0], coarse["lat"][0]) == (11_312_300, 2_365_600)
    assert len(grid_points(points[:0])["lng"]) == 0


def test_rings_of_many_polygons_with_holes() -> None:
    hole = shapely.Point(0, 0).buffer(2).difference(shapely.Point(0, 0).buffer(1))
    both = shapely.MultiPolygon([hole, shapely.box(5, 5, 6, 6)])
    assert len(rings(both)) == 3
    assert len(rings(shapely.Polygon())) == 0
    assert len(rings(shapely.GeometryCollection([both, shapely.Point(1, 1)]))) == 3


def unfolded(seen: dict[str, Any]) -> list[dict[str, Any]]:
    """Undo `fold`, the slow and plain way."""
    places, answer = seen["places"], []
    row = [lat // places["strip"] for lat in places["lat"]]
    side = [lng if r % 2 == 0 else -lng for lng, r in zip(places["lng"], row, strict=True)]
    order = sorted(range(len(row)), key=lambda i: (row[i], side[i], i))
    for one in seen["reach"]:
        found: dict[str, Any] = {"mode": one["mode"], "ticks": {}, "venue": {}}
        for kind, codes in one["ticks"].items():
            at = seen["types"]["key"].index(kind)
            among = [v for v, k in enumerate(seen["venues"]["type"]) if k == at]
            ticks, venue, road = [UNREACHED] * len(row), [-1] * len(row), 0
            for k, i in enumerate(order):
                if codes[k]:
                    step = codes[k] - 1
                    road += -(step + 1) // 2 if step % 2 else step // 2
                    ticks[i] = road + one["walkMs"][i] // 100
                if one["venue"][kind][k]:
                    venue[i] = among[one["venue"][kind][k] - 1]
            found["ticks"][kind], found["venue"][kind] = ticks, venue
        answer.append(found)
    return answer


def test_numbers_are_those_of_the_frames(page: str) -> None:
    data, seen = study(), block(page, "kepu-data")
    for one, told in zip(data["reach"], unfolded(seen), strict=True):
        assert told["mode"] == one.mode
        for kind in TYPES:
            assert told["ticks"][kind] == one.ticks[kind].tolist()
            assert told["venue"][kind] == one.venue[kind].tolist()
    for name in ("people", "farmers"):
        assert seen["places"]["groups"][name] == data["places"][name].tolist()
    table = data["coverage"].set_index(["standard", "scope", "code"])
    for standard in seen["standards"]:
        proof = standard["proof"]
        for code, told in zip(TOWNS, proof["towns"], strict=True):
            row = table.loc[(standard["key"], "town", code)]
            assert told == [row["people"], row["covered"], row["not_connected"]]
        assert proof["district"][1] == sum(told[1] for told in proof["towns"])


def test_ways_and_rings_keep_their_order(page: str) -> None:
    data, seen = study(), block(page, "kepu-data")
    ways, told = data["branches"]["room"], seen["branches"]["room"]
    assert told["start"] == ways.start.tolist()
    assert told["parent"] == ways.parent.tolist()
    lines = decode(told["lines"])
    assert len(lines) == len(ways.line)
    assert lines[5][0] == pytest.approx(ways.line[5].coords[0], abs=1e-5)
    by_venue = itertools.groupby(seen["isochrones"], lambda ring: ring["venue"])
    for venue, drawn in by_venue:
        assert [ring["minutes"] for ring in drawn] == [15.0, 7.5]
        assert data["venues"]["type"].iloc[venue] == "room.community"


def test_empty_ring_is_left_out() -> None:
    data = study()
    first = data["isochrones"]["venue"].iloc[0]
    data["isochrones"].loc[data["isochrones"]["venue"] == first, "geometry"] = (
        shapely.MultiPolygon()
    )
    before = len(study()["isochrones"])
    assert len(block(web_map(**data), "kepu-data")["isochrones"]) == before - 2


def test_a_part_brings_its_own_block_and_script(page: str) -> None:
    part = Part("extra", ("web_text.js",), "web.css", {"n": np.arange(3)})
    html = web_map(**study(parts=[part]))
    assert block(html, "kepu-extra") == {"n": [0, 1, 2]}
    assert html.count("<script>") == page.count("<script>") + 1
    assert html.count("<style>") == page.count("<style>") + 1
    assert html.index("kepu-extra") < html.index("kepu.start(map_kepu)")


PUBLIC_SMALL = 3


@pytest.fixture(scope="module")
def public() -> tuple[dict[str, Any], str]:
    data = study(audience="public")
    data["places"].loc["P004", "people"] = PUBLIC_SMALL
    data["places"]["officials"] = 1 + np.arange(len(data["places"])) % 40
    data["places"]["farmers"] = data["places"]["farmers"].clip(lower=5)
    data["coverage"] = _coverage(data["standards"], data["places"], data["reach"])
    return data, web_map(**data)


def test_a_public_page_keeps_small_counts_to_itself(public: tuple[dict[str, Any], str]) -> None:
    data, html = public
    seen = block(html, "kepu-data")["places"]
    assert seen["shown"] == [int(place != "P004") for place in data["places"].index]
    assert (seen["name"][4], seen["id"][4], seen["lat"][4]) == ("", "", 0)
    assert "officials" not in seen["groups"]
    assert set(seen["groups"]) == {"people", "farmers"}
    # sums stay exact: a district that loses people is a wrong number that looks right
    assert sum(seen["groups"]["people"]) == data["places"]["people"].sum()
    assert seen["name"][5] == data["places"]["name"].iloc[5]


def test_a_public_page_rounds_its_points(public: tuple[dict[str, Any], str]) -> None:
    seen = block(public[1], "kepu-data")
    for frame in ("places", "venues"):
        assert all(step % 100 == 0 for axis in ("lat", "lng") for step in seen[frame][axis])
    inside = block(web_map(**study()), "kepu-data")["places"]["lat"]
    assert any(step % 100 for step in inside)


def images(html: str) -> str:
    policy = re.search(r"img-src ([^;]*);", html)
    assert policy
    return policy[1]


def test_tiles_are_let_in_only_if_the_study_names_them(page: str) -> None:
    assert images(page) == "data:"
    assert block(page, "kepu-data")["tiles"] is None
    assert "tianditu" not in page
    html = web_map(**study(tiles=tianditu("abc")))
    assert images(html).split()[1:] == [f"https://t{n}.tianditu.gov.cn" for n in range(8)]
    assert "connect-src 'none'" in html
    told = block(html, "kepu-data")["tiles"]
    assert [url[-6:] for url in told["urls"]] == ["tk=abc", "tk=abc"]
    assert told["datum"] == "WGS84"
    assert images(web_map(**study(tiles=osm()))).split()[1:] == ["https://tile.openstreetmap.org"]


def test_a_server_of_ones_own_needs_a_template_and_a_datum() -> None:
    found = own_server("http://10.1.2.3:8080/t/{z}/{x}/{y}.png", "GCJ02")
    assert (found.origins, found.datum) == (["http://10.1.2.3:8080"], "GCJ02")
    assert own_server("https://a.b/{z}/{x}/{y}", "CGCS2000").datum == "WGS84"
    for url, datum in (
        ("ftp://a/{z}/{x}/{y}", "WGS84"), ("http:///{z}/{x}/{y}", "WGS84"),
        ("http://a/{z}/{x}", "WGS84"), ("http://a/{z}/{x}/{y}", "BD09"),
        ("http://a; script-src */{z}/{x}/{y}", "WGS84"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="tiles"):
            own_server(url, datum)


def _short_reach(data: dict[str, Any]) -> None:
    one = data["reach"][0]
    ticks = dict(one.ticks) | {"rural.bookhouse": one.ticks["rural.bookhouse"][1:]}
    data["reach"] = [Reach(**(vars(one) | {"ticks": ticks}))]


def _strange_venue(data: dict[str, Any]) -> None:
    one = data["reach"][0]
    venue = dict(one.venue) | {"room.community": one.venue["room.community"] + 300}
    data["reach"] = [Reach(**(vars(one) | {"venue": venue}))]


def _strange_flag(data: dict[str, Any]) -> None:
    data["flags"].loc[0, "id"] = "441899"


def _strange_group(data: dict[str, Any]) -> None:
    data["standards"].loc["room", "group"] = "pupils"


def _strange_type(data: dict[str, Any]) -> None:
    data["venues"].loc["V001", "type"] = "museum.moon"


def _unsorted(data: dict[str, Any]) -> None:
    data["venues"] = data["venues"].iloc[::-1]


def _double_coverage(data: dict[str, Any]) -> None:
    data["coverage"] = pd.concat([data["coverage"], data["coverage"].iloc[:1]])


def _metric(data: dict[str, Any]) -> None:
    data["places"] = data["places"].to_crs(32649)


def _metric_base(data: dict[str, Any]) -> None:
    data["base"]["rail"] = data["base"]["rail"].to_crs(32649)


def _strange_base(data: dict[str, Any]) -> None:
    data["base"]["tram"] = data["base"]["rail"]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_strange_group, "standards.group.*pupils"),
        (_double_coverage, "rows twice"),
        (_short_reach, "'rural.bookhouse' by walk must hold each place once"),
        (_strange_venue, "'room.community' by walk refers to unknown venues"),
        (_strange_type, "museum.moon"),
        (_unsorted, "sorted by id"),
        (_strange_flag, "441899"),
        (_metric, "`places` must be in EPSG:4326"),
        (_metric_base, "rail"),
        (_strange_base, "tram"),
    ],
)
def test_wrong_frames_are_refused(spoil: Any, says: str) -> None:
    data = study()
    spoil(data)
    with pytest.raises(ValueError, match=says):
        web_map(**data)


def test_town_without_coverage_is_refused() -> None:
    data = study()
    data["coverage"] = data["coverage"].iloc[:-1]
    with pytest.raises(KeyError):
        web_map(**data)


def test_a_district_without_venues_or_flags() -> None:
    data = study(measures=[], isochrones=None, branches=None)
    data["flags"] = data["flags"].iloc[:0]
    data["venues"] = data["venues"].iloc[:0]
    data["reach"] = [
        Reach(one.mode, one.connected, one.walk_ms, np.zeros(0, int), {}, {}, {})
        for one in data["reach"]
    ]
    data["coverage"]["covered"] = 0
    seen = block(web_map(**data), "kepu-data")
    assert seen["reach"][0]["ticks"] == {}
    assert seen["venues"]["id"] == []


def test_a_base_map_may_be_missing() -> None:
    assert block(web_map(**study(base={})), "kepu-base") == {}


@pytest.mark.parametrize(
    ("goal", "edges"),
    [
        (0.9, [0.6, 0.8, 0.9]),
        (0.95, [0.6, 0.8, 0.95]),
        (0.8, [0.5, 0.7, 0.8]),
        (1.0, [0.65, 0.85, 1.0]),
        (0.925, [0.6, 0.8, 0.925]),
        (0.05, [0.05]),
        (0.0, []),
    ],
)
def test_the_goal_is_an_edge_of_the_classes(goal: float, edges: list[float]) -> None:
    assert style.share_edges(goal) == pytest.approx(edges)
    fills = style.share_fills(goal)
    assert len(fills) == len(edges) + 1
    assert fills[-1] == style.SHARE_MET


def test_the_threshold_is_an_edge_of_the_classes() -> None:
    assert style.minute_edges(15.0) == [7.5, 15.0, 22.5, 30.0]


def test_text_is_readable_on_every_ground() -> None:
    grounds = ["#ffffff", style.PAPER, *style.SHARE_BELOW, style.SHARE_MET, *style.MINUTE_FILLS]
    assert all(style.contrast(style.INK, ground) >= 4.5 for ground in grounds)
    assert style.contrast(style.MUTED, "#ffffff") >= 4.5
    assert style.contrast("#000000", "#ffffff") == pytest.approx(21)


SCALES = (
    (style.SHARE_MET, *style.SHARE_BELOW[::-1]),
    style.MINUTE_FILLS,
    (*style.MINUTES_WITHIN, *style.MINUTES_BEYOND),
)


@pytest.mark.parametrize("colours", SCALES)
def test_a_grey_print_keeps_the_order_of_the_classes(colours: tuple[str, ...]) -> None:
    assert style.lightness("#ffffff") == pytest.approx(100)
    assert style.lightness("#777777") == pytest.approx(50, abs=0.5)
    grey = [style.lightness(colour) for colour in colours]
    assert all(better - worse > 3 for better, worse in itertools.pairwise(grey))


def _seen_by(colour: str, matrix: Mapping[str, tuple[float, float, float]]) -> np.ndarray:
    rgb = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = np.array([((c + 0.055) / 1.055) ** 2.4 if c > 0.04045 else c / 12.92 for c in rgb])
    return np.array([np.clip(np.dot(matrix[row], linear), 0, 1) ** (1 / 2.2) for row in "rgb"])


DEUTERANOPIA = {  # Machado, Oliveira, Fernandes 2009, severity 1.0
    "r": (0.367322, 0.860646, -0.227968),
    "g": (0.280085, 0.672501, 0.047413),
    "b": (-0.011820, 0.042940, 0.968881),
}


def test_classes_differ_for_people_who_do_not_see_red_or_green() -> None:
    for colours in SCALES:
        seen = [_seen_by(colour, DEUTERANOPIA) for colour in colours]
        gaps = [np.abs(a - b).max() for i, a in enumerate(seen) for b in seen[:i]]
        assert min(gaps) > 0.06


def test_of_too_many_flags_the_first_are_told() -> None:
    data = study()
    one = data["flags"].iloc[[0]]
    data["flags"] = pd.concat([one] * 5000, ignore_index=True)
    told = block(web_map(**data), "kepu-data")["flags"]
    at = list(data["standards"].index).index(one["standard"].iloc[0])
    most = max(LEAST_FLAGS, MOST_FLAGS // len(data["standards"]))
    assert len(told["sentence"]) == most
    assert told["more"][at] == 5000 - most
    assert sum(told["more"]) == 5000 - most


def test_of_too_many_routes_those_of_most_people_stay() -> None:
    line = shapely.LineString([(113, 23), (113.1, 23), (113.2, 23)])
    ways = SimpleNamespace(
        start=np.array([0, 1, 2, -1]),
        parent=np.array([3, 3, -1, -1]),
        line=np.array([line, line, line, line], object),
    )
    people = np.array([5, 9, 7, 100])
    told = branches_columns(ways, people, 9)
    assert told["start"].tolist() == [-1, 0, 1, -1]
    assert told["parent"].tolist() == [2, -1, -1]
    assert len(decode(told["lines"])) == 3
    whole = branches_columns(ways, people, 12)
    assert whole["start"].tolist() == [0, 1, 2, -1]
    assert whole["parent"].tolist() == [3, 3, -1, -1]


@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 3000)), min_size=1, max_size=40))
def test_strips_lead_through_every_place_once(points: list[tuple[int, int]]) -> None:
    lat, lng = np.array(points).T
    strip = strip_steps(lat, lng)
    order = walk_through(lat, lng, strip)
    assert sorted(order) == list(range(len(points)))
    assert (np.diff(lat[order] // strip) >= 0).all()
