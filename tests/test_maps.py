"""The web map as text: one file, no network, the same bytes, every number and word as given."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from kepu.maps import style
from kepu.maps.offline import OfflineFigure, UnknownAssetError, json_block, script
from kepu.maps.payload import encode, encode_points, reach_columns, rings
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
    frame["type_names"] = ["、".join(TYPES[t] for t in types) for types in frame["types"]]
    frame["group"] = ["people", "people", "farmers"]
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
            "type_name": [TYPES[key] for key in types],
            "status": rng.choice(["open", "planned", "candidate", "closed"], count,
                                 p=[0.85, 0.06, 0.05, 0.04]),
            "outside": rng.random(count) < 0.05,
        },
        geometry=gpd.points_from_xy(near.x + spread[:, 0], near.y + spread[:, 1], crs=4326),
        index=pd.Index([f"V{i:03}" for i in range(count)], name="id"),
    )  # fmt: skip


def _reach(
    standards: pd.DataFrame, places: gpd.GeoDataFrame, venues: gpd.GeoDataFrame
) -> pd.DataFrame:
    speeds = {"walk": 5.5, "ebike": 4.2, "car": 2.2}
    here = shapely.get_coordinates(places.geometry.to_numpy())
    frames = []
    for key, standard in standards.iterrows():
        open_ones = venues[venues["type"].isin(standard["types"]) & (venues["status"] == "open")]
        there = shapely.get_coordinates(open_ones.geometry.to_numpy())
        km = np.hypot(*((here[:, None] - there[None]) * [102.0, 111.0]).T).T
        tenths = np.rint((km.min(axis=1) * speeds[standard["mode"]] + 1.3) * 600)
        minutes = pd.Series(tenths / 600, dtype="Float64")
        reason = pd.Series("", index=minutes.index)
        reason[[BAD_PLACE, 111, 150]] = "not_connected"
        minutes[reason != ""] = pd.NA
        frames.append(
            pd.DataFrame(
                {
                    "standard": key,
                    "place": places.index,
                    "minutes": minutes,
                    "venue": pd.Series(open_ones.index[km.argmin(axis=1)]).where(reason == ""),
                    "walk_minutes": minutes.clip(upper=1.3),
                    "covered": (minutes <= standard["minutes"]).fillna(False).astype(bool),
                    "reason": reason,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _coverage(
    standards: pd.DataFrame, places: gpd.GeoDataFrame, reach: pd.DataFrame
) -> pd.DataFrame:
    rows = []
    for key, standard in standards.iterrows():
        mine = reach[reach["standard"] == key].set_index("place")
        weight = places[standard["group"]]
        scopes: dict[tuple[str, str], pd.Series] = {
            ("district", ""): weight >= 0,
            ("urban", ""): ~places["rural"],
            ("rural", ""): places["rural"],
            **{("town", code): places["town"] == code for code in TOWNS},
        }
        for (scope, code), among in scopes.items():
            people = int(weight[among].sum())
            covered = int(weight[among & mine["covered"]].sum())
            apart = int(weight[among & (mine["reason"] == "not_connected")].sum())
            rows.append((key, scope, code, people, covered, apart, covered / people))
    columns = ["standard", "scope", "code", "people", "covered", "not_connected", "share"]
    return pd.DataFrame(rows, columns=columns).astype({"share": "Float64"})


def _flags(places: gpd.GeoDataFrame, reach: pd.DataFrame) -> pd.DataFrame:
    rural = reach["place"].map(places["rural"])
    left = reach[rural & ~reach["covered"] & ((reach.index % 4 == 0) | reach["minutes"].isna())]
    sentences = [
        f"{places.at[row.place, 'name']}到最近设施"
        + ("未接入路网，需核对村口道路。" if pd.isna(row.minutes) else f"需{row.minutes:.1f}分钟。")
        for row in left.itertuples()
    ]
    flags = pd.DataFrame(
        {"kind": "place", "id": left["place"], "standard": left["standard"], "sentence": sentences}
    )
    town = pd.DataFrame([("town", "441802103", "room", "飞来峡镇覆盖率低于全区平均。")],
                        columns=flags.columns)  # fmt: skip
    return pd.concat([town, flags], ignore_index=True)


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


def study(**changes: object) -> dict[str, Any]:
    """Return the arguments of `web_map` for a made-up district of 8 towns, 160 places."""
    rng = np.random.default_rng(20261101)
    standards, towns = _standards(), _towns(rng)
    places = _places(towns, rng)
    venues = _venues(places, rng)
    reach = _reach(standards, places, venues)
    answer: dict[str, Any] = {
        "title": "清远市清城区科普设施覆盖分析",
        "towns": towns,
        "places": places,
        "venues": venues,
        "standards": standards,
        "reach": reach,
        "coverage": _coverage(standards, places, reach),
        "flags": _flags(places, reach),
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
    data = study(title="".join(HOSTILE), review="".join(HOSTILE))
    text = "".join(HOSTILE)
    for name, columns in {
        "towns": ["name"], "places": ["name"], "venues": ["name", "type_name"],
        "standards": ["name", "type_names", "basis"], "flags": ["sentence"],
    }.items():  # fmt: skip
        for column in columns:
            data[name][column] = data[name][column].astype(str) + text
    new_id = {old: old + text for old in data["places"].index}
    data["places"] = data["places"].rename(index=new_id)
    data["reach"]["place"] = data["reach"]["place"].map(new_id)
    data["flags"]["id"] = data["flags"]["id"].replace(new_id)
    data["facts"] = [("来源" + text, text)]
    return data


@pytest.fixture(scope="module")
def page() -> str:
    return web_map(**study())


def block(html: str, identity: str) -> Any:
    found = re.search(rf'<script type="application/json" id="{identity}">(.*?)</script>', html)
    assert found
    return json.loads(found[1])


def decode(text: str) -> list[list[tuple[float, float]]]:
    """Read what `encode` wrote, the slow and plain way."""
    values, value, shift = [], 0, 0
    for byte in base64.b64decode(text):
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
    data = sum(len(json.dumps(block(page, name))) for name in ("kepu-data", "kepu-base"))
    assert len(page.encode()) - data < 300_000


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
    html = json_block("x", {text: text})
    assert re.fullmatch(
        r'<script type="application/json" id="x">[^<>&\u2028\u2029]*</script>', html
    )
    assert block(html, "x") == {text: text}


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
    points = gpd.GeoSeries(gpd.points_from_xy([1, 1, 2], [3, 3, 4]))
    assert decode(encode_points(points)) == [[(1.0, 3.0), (1.0, 3.0), (2.0, 4.0)]]
    assert decode(encode_points(points[:0])) == [[]]


def test_rings_of_many_polygons_with_holes() -> None:
    hole = shapely.Point(0, 0).buffer(2).difference(shapely.Point(0, 0).buffer(1))
    both = shapely.MultiPolygon([hole, shapely.box(5, 5, 6, 6)])
    assert len(rings(both)) == 3
    assert len(rings(shapely.Polygon())) == 0
    assert len(rings(shapely.GeometryCollection([both, shapely.Point(1, 1)]))) == 3


def test_numbers_are_those_of_the_frames(page: str) -> None:
    data, seen = study(), block(page, "kepu-data")
    for k, key in enumerate(data["standards"].index):
        rows = data["reach"][data["reach"]["standard"] == key]
        tenths = [None if pd.isna(m) else m * 600 for m in rows["minutes"]]
        assert seen["reach"][k]["minutes"] == pytest.approx(tenths)
        names = [None if v < 0 else seen["venues"]["id"][v] for v in seen["reach"][k]["venue"]]
        assert names == [None if pd.isna(v) else v for v in rows["venue"]]
        counts = data["coverage"].set_index(["standard", "scope", "code"])
        assert seen["coverage"][k]["district"][3] == counts.at[(key, "district", ""), "share"]
        for t, code in enumerate(TOWNS):
            row = counts.loc[(key, "town", code)]
            assert seen["coverage"][k]["towns"][t] == list(row)


def test_empty_town_has_no_share() -> None:
    data = study()
    row = data["coverage"]["code"] == "441802100"
    data["coverage"].loc[row, ["people", "covered", "not_connected"]] = 0
    data["coverage"].loc[row, "share"] = pd.NA
    assert block(web_map(**data), "kepu-data")["coverage"][0]["towns"][4] == [0, 0, 0, None]


def _drop_place(data: dict[str, Any]) -> None:
    data["reach"] = data["reach"].iloc[1:]


def _strange_venue(data: dict[str, Any]) -> None:
    data["reach"].loc[0, "venue"] = "V999"


def _strange_flag(data: dict[str, Any]) -> None:
    data["flags"].loc[0, "id"] = "441899"


def _strange_group(data: dict[str, Any]) -> None:
    data["standards"].loc["room", "group"] = "pupils"


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
        (_drop_place, "each place once under 'room'"),
        (_strange_venue, "V999"),
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


def test_reach_follows_the_order_of_the_places() -> None:
    data = study()
    shuffled = data["reach"].sample(frac=1, random_state=1)
    rest = (data["standards"].index, data["places"].index, data["venues"].index)
    assert reach_columns(shuffled, *rest) == reach_columns(data["reach"], *rest)


def test_a_district_without_venues_or_flags() -> None:
    data = study()
    data["flags"] = data["flags"].iloc[:0]
    data["venues"] = data["venues"].iloc[:0]
    data["reach"] = data["reach"].assign(
        minutes=pd.NA, walk_minutes=pd.NA, venue=pd.NA, covered=False, reason="no_venue"
    )
    seen = block(web_map(**data), "kepu-data")
    assert set(seen["reach"][0]["venue"]) == {-1}
    assert seen["venues"]["types"] == {"key": [], "name": []}


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
    grounds = ["#ffffff", style.PAPER, *style.SHARE_BELOW, style.SHARE_MET]
    assert all(style.contrast(style.INK, ground) >= 4.5 for ground in grounds)
    assert style.contrast(style.MUTED, "#ffffff") >= 4.5
    assert style.contrast("#000000", "#ffffff") == pytest.approx(21)


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
    for colours in ((*style.MINUTES_WITHIN, *style.MINUTES_BEYOND), style.share_fills(0.9)):
        seen = [_seen_by(colour, DEUTERANOPIA) for colour in colours]
        gaps = [np.abs(a - b).max() for i, a in enumerate(seen) for b in seen[:i]]
        assert min(gaps) > 0.06
