"""The illustrative district: its facts, its made parts, and that it comes out the same again."""

from __future__ import annotations

import csv
import math
import subprocess
import sys
import tomllib
from collections import Counter
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import networkx as nx
import osmium
import pandas as pd
import pytest
from shapely import LineString, Polygon, STRtree, linestrings, points

DATA = Path(__file__).parents[1] / "data"
STUDY = DATA / "boundaries"
MADE = ("towns.geojson", "demand.csv", "venues.csv", "roads.osm.pbf", "study.toml")
METRES = "EPSG:32649"
GROUPS = ["老年人口", "青少年人口", "农民人口", "产业工人人口", "干部人口"]
CARS = {
    "motorway", "motorway_link", "trunk", "primary", "secondary", "tertiary", "unclassified",
    "residential", "living_street", "service",
}  # fmt: skip
UNCONNECTED = {"洞尾村委会", "西坑村委会", "文洞村委会"}


class Map:
    """The extract: tags of ways by id, their nodes, and locations of nodes in metres."""

    def __init__(self, path):
        self.lonlat, self.ways, self.tags, self.node_tags, self.versions = {}, {}, {}, {}, set()
        for thing in osmium.FileProcessor(str(path)):
            self.versions.add(thing.version)
            if thing.is_node():
                self.lonlat[thing.id] = (thing.location.lon, thing.location.lat)
                self.node_tags[thing.id] = dict(thing.tags)
            else:
                self.ways[thing.id] = [node.ref for node in thing.nodes]
                self.tags[thing.id] = dict(thing.tags)
        spots = gpd.GeoSeries(points(list(self.lonlat.values())), crs="EPSG:4326").to_crs(METRES)
        self.spot = dict(zip(self.lonlat, zip(spots.x, spots.y, strict=True), strict=True))

    def chosen(self, test):
        return [way for way in self.ways if test(self.tags[way])]

    def shape(self, way):
        return LineString([self.spot[node] for node in self.ways[way]])


@pytest.fixture(scope="module")
def roads():
    return Map(STUDY / "roads.osm.pbf")


@pytest.fixture(scope="module")
def towns():
    return gpd.read_file(STUDY / "towns.geojson").to_crs(METRES).set_index("name")


def table(name):
    frame = pd.read_csv(STUDY / name, encoding="utf-8-sig", dtype={"代码": str})
    spots = gpd.points_from_xy(frame["经度"], frame["纬度"], crs="EPSG:4326")
    return gpd.GeoDataFrame(frame, geometry=spots).to_crs(METRES)


@pytest.fixture(scope="module")
def demand():
    return table("demand.csv")


@pytest.fixture(scope="module")
def venues():
    return table("venues.csv")


def test_the_same_bytes_come_out_again(tmp_path):
    script = STUDY / "make_illustrative.py"
    subprocess.run([sys.executable, script, "--out", tmp_path], check=True, capture_output=True)
    for name in MADE:
        assert (tmp_path / name).read_bytes() == (STUDY / name).read_bytes(), name


def test_people_add_up_to_the_census(demand):
    assert demand["常住人口"].sum() == 1_119_901
    by_town = demand.groupby("所属镇街")["常住人口"].sum()
    assert by_town["洲心街道"] == 240_684
    assert by_town["龙塘镇"] == 102_428
    assert (demand["常住人口"] > 0).all()
    assert (demand[GROUPS].to_numpy() <= demand[["常住人口"]].to_numpy()).all()
    assert (demand[GROUPS].to_numpy() >= 0).all()
    assert (demand["老年人口"] + demand["青少年人口"] <= demand["常住人口"]).all()


def test_places_are_the_real_ones(demand):
    with (STUDY / "divisions.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 161
    assert Counter(row["kind"] for row in rows) == {"居委会": 90, "村委会": 71}
    assert all(row["code"].startswith(row["town_code"]) for row in rows)
    facts = [(row["code"], row["name"], row["town_name"]) for row in rows]
    shown = demand[["代码", "名称", "所属镇街"]].itertuples(index=False, name=None)
    assert list(shown) == facts
    assert demand["代码"].is_unique
    rural = demand["名称"].str.endswith("村委会")
    assert (demand["城乡"].eq("乡村") == rural).all()


def test_every_place_lies_inside_its_town_alone(demand, towns):
    for row in demand.itertuples():
        holding = towns.index[towns.contains(row.geometry)]
        assert list(holding) == [row.所属镇街], row.名称
        assert towns.geometry[row.所属镇街].boundary.distance(row.geometry) > 60


def test_towns_are_a_partition_of_about_the_right_areas(towns):
    assert towns.is_valid.all()
    whole = towns.union_all()
    assert isinstance(whole, Polygon)
    assert not whole.interiors
    assert whole.area == pytest.approx(towns.area.sum(), rel=1e-9)
    assert whole.area == pytest.approx(1295e6, rel=0.01)
    facts = pd.read_csv(STUDY / "town_facts.csv", index_col="name")
    for name, area in facts["area_km2"].dropna().items():
        assert towns.area[name] == pytest.approx(area * 1e6, rel=0.10), name
    assert set(towns["code"]) == set(facts["code"].astype(str))
    assert towns["kind"].to_dict() == facts["kind"].to_dict()


def test_venues_are_as_many_as_the_plan_wants(venues):
    counts = Counter(venues["类型"])
    inside = venues["所属镇街"].isin(pd.read_csv(STUDY / "town_facts.csv")["name"])
    assert counts["社区科普活动室"] == 165
    assert Counter(venues.loc[inside, "类型"])["省级科普教育基地"] == 5
    assert Counter(venues.loc[inside, "类型"])["区级科普基地"] == 30
    assert Counter(venues.loc[inside, "类型"])["农业科普基地"] == 20
    wanted = {
        "国家级科普教育基地": 1, "科普小镇": 1, "流动科技馆": 6, "科学教育特色学校": 40,
        "校园科学馆": 10, "中小学创客室": 22, "镇（街道）科普场馆": 8,
    }  # fmt: skip
    assert {kind: counts[kind] for kind in wanted} == wanted
    assert 3 <= (~inside).sum() <= 6
    assert 330 <= len(venues) <= 430


def test_venues_are_well_formed(venues, towns):
    with (DATA / "venue_types.csv").open(encoding="utf-8-sig", newline="") as file:
        kinds = {row["name_zh"] for row in csv.DictReader(file)}
    assert set(venues["类型"]) <= kinds
    assert set(venues["状态"]) == {"在用", "拟建", "候选", "停用"}
    assert set(venues["点位精度"]) <= set("ABCDE")
    assert venues["编号"].is_unique
    assert venues["名称"].is_unique
    assert venues["来源"].str.startswith(("事实", "示意")).all()
    assert venues["来源"].str.startswith("事实").sum() == 6
    for row in venues.itertuples():
        holding = list(towns.index[towns.contains(row.geometry)])
        assert holding == ([row.所属镇街] if row.所属镇街 in towns.index else []), row.名称


def test_villages_wait_for_their_rooms(venues):
    rooms = venues[venues["类型"] == "社区科普活动室"]
    village = rooms["名称"].str.contains("村科普")
    in_use = rooms["状态"] == "在用"
    assert in_use[~village].mean() > 0.7
    assert in_use[village].mean() < 0.5


def test_study_names_what_there_is():
    study = tomllib.loads((STUDY / "study.toml").read_text("utf-8"))
    with (DATA / "venue_types.csv").open(encoding="utf-8-sig", newline="") as file:
        keys = {row["key"] for row in csv.DictReader(file)}
    assert study["study"]["illustrative"]
    for layer in ("towns", "venues", "demand", "roads"):
        assert (STUDY / study[layer]["file"]).is_file()
    assert len({standard["key"] for standard in study["standards"]}) == len(study["standards"]) >= 8
    for standard in study["standards"]:
        assert set(standard["types"]) <= keys
        assert 0 < standard["goal"] <= 1


def test_extract_is_a_sound_osm_file(roads):
    assert (STUDY / "roads.osm.pbf").stat().st_size < 600_000
    assert 15_000 <= len(roads.lonlat) <= 30_000
    assert list(roads.lonlat) == list(range(1, len(roads.lonlat) + 1))
    assert list(roads.ways) == list(range(1, len(roads.ways) + 1))
    assert roads.versions == {1}
    for way, nodes in roads.ways.items():
        assert 2 <= len(nodes) <= 2000
        assert all(one != two for one, two in pairwise(nodes))
        assert set(nodes) <= set(roads.lonlat)
        assert roads.tags[way]
    with osmium.io.Reader(str(STUDY / "roads.osm.pbf")) as reader:
        assert reader.header().get("generator") == "kepu make_illustrative"


def test_extract_has_what_real_maps_have(roads):
    def some(**wanted):
        return roads.chosen(lambda tags: all(tags.get(k) == v for k, v in wanted.items()))

    for highway in CARS | {"footway", "path", "steps", "track"}:
        assert some(highway=highway), highway
    assert len(some(junction="roundabout")) == 2
    assert len(some(tunnel="yes")) == 1
    assert len(some(route="ferry")) == 1
    assert some(oneway="-1", highway="residential")
    assert some(access="private", highway="service")
    assert some(waterway="river", name="北江")
    assert some(natural="water", name="北江")
    stations = [tags["name"] for tags in roads.node_tags.values() if "railway" in tags]
    assert sorted(stations) == sorted(["源潭站", "清远站", "清城站", "龙塘镇站", "银盏站"])
    for way in some(junction="roundabout"):
        ring = Polygon([roads.spot[node] for node in roads.ways[way]])
        assert ring.exterior.is_ccw


def test_cars_can_go_nearly_everywhere(roads):
    graph = nx.DiGraph()
    for way in roads.chosen(lambda tags: tags.get("highway") in CARS):
        oneway = roads.tags[way].get("oneway")
        for one, two in pairwise(roads.ways[way]):
            metres = math.dist(roads.spot[one], roads.spot[two])
            if oneway != "-1":
                graph.add_edge(one, two, metres=metres)
            if oneway in {None, "-1"}:
                graph.add_edge(two, one, metres=metres)
    core = max(nx.strongly_connected_components(graph), key=len)
    total = graph.size("metres")
    assert graph.subgraph(core).size("metres") > 0.99 * total


def river(roads):
    (way,) = roads.chosen(lambda tags: tags.get("natural") == "water" and tags["name"] == "北江")
    return Polygon([roads.spot[node] for node in roads.ways[way]])


def test_only_bridges_join_the_banks(roads, demand):
    water = river(roads)
    walk = nx.Graph()
    bridges = []
    for way in roads.chosen(lambda tags: "highway" in tags):
        if water.intersects(roads.shape(way)):
            assert roads.tags[way].get("bridge") == "yes", roads.tags[way]
            bridges.append(way)
        else:
            nx.add_path(walk, roads.ways[way])
    names = Counter(roads.tags[way]["name"] for way in bridges)
    assert len(names) == 6
    assert sum(names.values()) == 8
    sides = []
    for town in ("凤城街道", "洲心街道"):
        spot = demand[demand["所属镇街"] == town].geometry.iloc[0]
        nearest = min(walk, key=lambda node: math.dist(roads.spot[node], (spot.x, spot.y)))
        sides.append(nx.node_connected_component(walk, nearest))
    assert not sides[0] & sides[1]
    for way in bridges:
        first, last = roads.ways[way][0], roads.ways[way][-1]
        assert (first in sides[0]) != (last in sides[0]), roads.tags[way]
        assert (first in sides[1]) != (last in sides[1]), roads.tags[way]
    (ferry,) = roads.chosen(lambda tags: tags.get("route") == "ferry")
    first, last = roads.ways[ferry][0], roads.ways[ferry][-1]
    assert {first in sides[0], last in sides[0]} == {True, False}
    assert {first in sides[1], last in sides[1]} == {True, False}


def test_one_island_of_paths(roads):
    walk = nx.Graph()
    for way in roads.chosen(lambda tags: "highway" in tags):
        nx.add_path(walk, roads.ways[way])
    sizes = sorted(map(len, nx.connected_components(walk)), reverse=True)
    assert len(sizes) == 2
    assert sizes[1] < 20


def test_roads_on_the_ground_meet_at_nodes(roads):
    def grounded(tags):
        lifted = tags.keys() & {"bridge", "tunnel"} or tags.get("name") == "北江绿道"
        return "highway" in tags and tags["highway"] != "motorway" and not lifted

    pieces = [pair for way in roads.chosen(grounded) for pair in pairwise(roads.ways[way])]
    shapes = linestrings([[roads.spot[one], roads.spot[two]] for one, two in pieces])
    first, second = STRtree(shapes).query(shapes, predicate="crosses")
    assert not [1 for i, j in zip(first, second, strict=True) if not {*pieces[i]} & {*pieces[j]}]


def test_expressways_and_railways_share_no_node_with_roads(roads):
    def nodes(test):
        return {node for way in roads.chosen(test) for node in roads.ways[way]}

    rails = nodes(lambda tags: "railway" in tags)
    express = nodes(lambda tags: tags.get("highway") == "motorway")
    stubs = nodes(lambda tags: tags.get("highway") == "trunk" and "ref" not in tags)
    plain = nodes(lambda tags: tags.get("highway", "motorway")[:8] != "motorway")
    assert not rails & (plain | express)
    assert not express & (plain - stubs)
    assert len(express & stubs) == 4


def test_places_lie_beside_roads_but_for_three(roads, demand):
    plain = CARS - {"motorway", "motorway_link"}

    tree_of = {
        "any": STRtree([roads.shape(w) for w in roads.chosen(lambda tags: "highway" in tags)]),
        "car": STRtree([roads.shape(w) for w in roads.chosen(lambda t: t.get("highway") in plain)]),
    }
    water = river(roads)
    gaps = {"any": {}, "car": {}}
    for row in demand.itertuples():
        for key, tree in tree_of.items():
            shape = tree.geometries[tree.nearest(row.geometry)]
            gaps[key][row.名称] = shape.distance(row.geometry)
        assert not water.intersects(row.geometry)
    assert {name for name, gap in gaps["any"].items() if gap > 1000} == UNCONNECTED
    near = [gap for gap in gaps["car"].values() if gap <= 250]
    assert min(gaps["any"].values()) > 15
    assert sum(1 for gap in gaps["car"].values() if 300 <= gap <= 700) == 6
    assert len(near) == 161 - 6 - 3
