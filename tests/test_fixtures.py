"""Real files with known answers: routes, shares, tags, datums and street networks of others."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import geopandas
import networkx as nx
import numpy as np
import osmnx
import pytest
from pyproj import Geod
from scipy.sparse.csgraph import dijkstra

from kepu.coverage.share import Nearest, count_people, nearest
from kepu.coverage.times import Times, travel_times
from kepu.geo.crs import (
    WGS84,
    bd09_to_gcj02,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    metric_crs,
    to_wgs84,
    transform,
    wgs84_to_gcj02,
)
from kepu.geo.interchange import from_networkx, to_networkx
from kepu.geo.network import Network, main_component
from kepu.geo.osm import read_osm
from kepu.geo.profile import Profile, default_profiles
from kepu.geo.routing import UNREACHED, door_to_door
from kepu.geo.snap import Snaps, doors, snap
from kepu.geo.tags import directions, road_class
from kepu.geo.ways import build
from kepu.layers.roads import read_roads

SHARED = Path(__file__).parents[2] / "shared"
FIXTURES = SHARED / "fixtures"
ROADS = SHARED / "data" / "roads"
PROFILES = default_profiles()
ELLIPSOID = Geod(ellps="WGS84")
EARTHS = {"sphere": Geod(a=6371000, b=6371000), "ellipsoid": ELLIPSOID}
METRE_A_SECOND_KMH = 3.6
EVER = 10**8

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the fixtures are not here")


def rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    with path.open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def paced(profile: Profile, kmh: Mapping[str, float] | float, **changes) -> Profile:
    """A profile with other speeds; every class may be joined, nothing is added at the venue."""
    speeds = {
        name: replace(
            speed, snap=True, **dict.fromkeys(
                ("kmh", "built_up_kmh"),
                kmh if isinstance(kmh, float) else kmh.get(name, speed.kmh),
            )
        )
        for name, speed in profile.speeds.items()
    }  # fmt: skip
    values = {"detour": 0.0, "arrival_seconds": 0.0, "maxspeed_share": 0.0, **changes}
    return replace(profile, **values, speeds=speeds)


QUERIES = rows(FIXTURES / "osm_monaco" / "queries.csv")


def of(criterion: str) -> pytest.MarkDecorator:
    """Run a test once for each of the queries that ask for this."""
    chosen = [row for row in QUERIES if row["criterion"] == criterion]
    return pytest.mark.parametrize("query", chosen, ids=[row["id"] for row in chosen])


class TestMonaco:
    """GraphHopper's own figures; on its sphere to 2 m, on the ellipsoid to what a sphere is off."""

    folder = FIXTURES / "osm_monaco"
    table: Mapping[str, float] = {
        "motorway": 100, "trunk": 70, "primary": 65, "secondary": 60, "tertiary": 50,
        "unclassified": 30, "residential": 30, "living_street": 6, "service": 20, "track": 15,
        "road": 20, "motorway_link": 70, "trunk_link": 65, "primary_link": 60,
        "secondary_link": 50, "tertiary_link": 40,
    }  # fmt: skip

    @staticmethod
    @cache
    def network(earth: str) -> Network:
        found = read_osm(TestMonaco.folder / "monaco.osm.pbf", PROFILES)
        network = build(found.ways, earth=EARTHS[earth])
        whole = np.ones(network.edges)
        return replace(network, structure=np.zeros(network.edges, bool), factor=whole)

    def ends(self, network: Network, profile: Profile, query: dict[str, str]) -> list[Snaps]:
        sides = network.joinable(profile, network.arcs(profile))
        found = []
        for end, joinable in zip(("from", "to"), sides, strict=True):
            lon, lat = (np.array([float(query[f"{end}_{axis}"])]) for axis in ("lon", "lat"))
            x, y = transform(lon, lat, WGS84, network.crs)
            found.append(snap(network, x, y, joinable=joinable, limit_metres=1000.0))
        return found

    def seconds(self, network: Network, profile: Profile, ends: list[Snaps]) -> float:
        start, end = ends
        times = door_to_door(
            network, profile, network.arcs(profile),
            doors(network, profile, start, leaving=True),
            doors(network, profile, end, leaving=False), horizon=EVER,
        )  # fmt: skip
        return int(times[0, 0]) / 10

    def mode(self, query: dict[str, str]) -> Profile:
        return PROFILES["walk" if query["mode"] == "foot" else "car"]

    def test_all_queries_are_here(self):
        assert len(QUERIES) == 17

    @pytest.mark.parametrize("earth", EARTHS)
    @of("shortest")
    def test_shortest(self, query, earth):
        network, profile = self.network(earth), paced(self.mode(query), METRE_A_SECOND_KMH)
        metres = self.seconds(network, profile, self.ends(network, profile, query))
        expected = float(query["expected_distance_m"])
        tolerance = 2.0 if earth == "sphere" else 2.0 + 0.003 * expected
        assert metres == pytest.approx(expected, abs=tolerance)

    @of("fastest")
    def test_fastest(self, query):
        network = self.network("sphere")
        profile = paced(self.mode(query), self.table, maxspeed_share=0.9)
        ends = self.ends(network, profile, query)
        time = self.seconds(network, profile, ends)
        if query["expected_time_s"]:
            assert time == pytest.approx(float(query["expected_time_s"]), rel=0.02)
        metres = self.metres_of_the_fastest(network, profile, ends)
        assert metres == pytest.approx(float(query["expected_distance_m"]), rel=0.02)

    def metres_of_the_fastest(self, network: Network, profile: Profile, ends: list[Snaps]) -> float:
        """Let networkx lay the fastest path and add up its metres; 1e-9 s a metre breaks ties."""
        graph = to_networkx(network, profile)
        for label, snaps, leaving in (("start", ends[0], True), ("end", ends[1], False)):
            found = doors(network, profile, snaps, leaving=leaving)
            edge, share = int(snaps.edge[0]), float(snaps.share[0])
            for side, part in ((0, share), (1, 1.0 - share)):
                if found.open[0, side]:
                    pair = (label, int(found.node[0, side]))
                    graph.add_edge(
                        *(pair if leaving else pair[::-1]), ticks=int(found.ticks[0, side]),
                        length=part * float(network.length[edge]),
                    )  # fmt: skip

        def cost(a: object, b: object, parallel: Mapping[int, Mapping[str, float]]) -> float:
            return min(facts["ticks"] + 1e-8 * facts["length"] for facts in parallel.values())

        path = nx.shortest_path(graph, "start", "end", weight=cost)
        return sum(
            min(graph[a][b].values(), key=lambda facts: facts["ticks"])["length"]
            for a, b in pairwise(path)
        )


EACH = pytest.mark.parametrize("facility", ["healthcare", "schools"])


class TestSaoPaulo:
    """The share of people within X metres of the nearest facility, from raw files to percent."""

    folder = FIXTURES / "osm_sao_paulo"
    limits = (500, 1000, 1500, 2000, 3000)
    expected: Mapping[tuple[str, str], tuple[float, ...]] = {
        ("healthcare", "network"): (52.96, 92.00, 98.85, 99.85, 100, 528.6),
        ("healthcare", "offsets"): (48.16, 90.93, 98.57, 99.85, 100, 551.3),
        ("schools", "network"): (57.19, 90.27, 94.99, 97.86, 100, 560.2),
        ("schools", "offsets"): (50.56, 89.72, 94.99, 97.86, 100, 582.9),
    }
    driving = (26.84, 69.76, 90.78, 98.74, 100, 794.5)

    @staticmethod
    @cache
    def network() -> Network:
        return read_roads(TestSaoPaulo.folder / "spo_osm.pbf", PROFILES).network

    @staticmethod
    @cache
    def hexagons() -> geopandas.GeoDataFrame:
        table = rows(TestSaoPaulo.folder / "spo_hexgrid.csv")
        lon, lat = ([float(row[axis]) for row in table] for axis in ("lon", "lat"))
        columns = {
            name: [int(row[name]) for row in table]
            for name in ("population", "healthcare", "schools")
        }
        frame = geopandas.GeoDataFrame(
            columns, index=[row["id"] for row in table],
            geometry=geopandas.points_from_xy(lon, lat), crs=4326,
        )  # fmt: skip
        return frame.to_crs(metric_crs(lon[0], lat[0]))

    def sites(self, facility: str) -> geopandas.GeoDataFrame:
        hexagons = self.hexagons()
        return hexagons[hexagons[facility] > 0].assign(type=facility, status="open")

    def times(self, facility: str, mode: str, detour: float) -> Times:
        profile = paced(PROFILES[mode], METRE_A_SECOND_KMH, detour=detour, access_kmh=3.6)
        return travel_times(
            self.network(), profile, self.hexagons(), self.sites(facility), horizon_minutes=500
        )

    def nearest(self, facility: str, times: Times) -> Nearest:
        return nearest(times, self.sites(facility), [facility])

    def check(self, found: Nearest, expected: tuple[float, ...]) -> None:
        people = self.hexagons()["population"].to_numpy(np.int64)
        assert people.sum() == 517_570
        assert (found.ticks != UNREACHED).all()
        everybody = np.ones((1, len(people)), bool)
        for metres, percent in zip(self.limits, expected, strict=False):
            row = count_people(found, people, everybody, metres / 60).iloc[0]
            tolerance = 2.0 if metres == 500 else 1.0
            assert 100 * row["share"] == pytest.approx(percent, abs=tolerance), metres
        mean = float(found.ticks.astype(float) @ people) / people.sum() / 10
        assert mean == pytest.approx(expected[-1], rel=0.03)

    @EACH
    def test_walking_along_the_network_only(self, facility):
        found = self.nearest(facility, self.times(facility, "walk", 0.0))
        self.check(found, self.expected[facility, "network"])

    @EACH
    def test_walking_with_the_offset_of_the_home(self, facility):
        """The fixture's second table charges the home's end only, whatever its heading says."""
        times = self.times(facility, "walk", 1.0)
        network, straight = self.network(), paced(PROFILES["walk"], METRE_A_SECOND_KMH)
        slow = replace(straight, detour=1.0, access_kmh=3.6)
        homes = doors(network, slow, times.place_doors.snaps, leaving=True)
        goals = doors(network, straight, times.venue_doors.snaps, leaving=False)
        ticks = door_to_door(network, slow, network.arcs(slow), homes, goals, horizon=times.horizon)
        found = self.nearest(facility, replace(times, ticks=ticks))
        self.check(found, self.expected[facility, "offsets"])

    @EACH
    def test_we_charge_the_offsets_at_both_ends(self, facility):
        times = self.times(facility, "walk", 1.0)
        table = {row["id"]: float(row["snap_offset_m"]) for row in self.walks()}
        both = np.add.outer(*([table[i] for i in side] for side in (times.places, times.venues)))
        along = self.times(facility, "walk", 0.0).ticks / 10
        apart = times.place_doors.snaps.edge[:, None] != times.venue_doors.snaps.edge[None, :]
        difference = np.abs(times.ticks / 10 - (along + both))[apart]
        assert np.median(difference) < 1.0
        assert np.mean(difference) < 1.0

    @EACH
    def test_walking_hexagon_by_hexagon(self, facility):
        times = self.times(facility, "walk", 0.0)
        found = self.nearest(facility, times)
        table = {row["id"]: row for row in self.walks()}
        expected = [float(table[i][f"walk_m_to_nearest_{facility}"]) for i in times.places]
        difference = np.abs(found.ticks / 10 - np.array(expected))
        assert np.median(difference) < 30
        offset = [float(table[i]["snap_offset_m"]) for i in times.places]
        assert np.median(np.abs(times.place_doors.snaps.metres - np.array(offset))) < 1

    def walks(self) -> list[dict[str, str]]:
        return rows(self.folder / "expected_walk_distance.csv")

    def test_driving(self):
        self.check(self.nearest("healthcare", self.times("healthcare", "car", 0.0)), self.driving)


TAGS = [
    (mode, row)
    for mode, name in (("car", "car_oneway"), ("car", "car_way"), ("walk", "foot_way"))
    for row in rows(FIXTURES / "osm_tag_routability" / f"{name}.csv")
]
JUDGED_OTHERWISE = {
    ("car", "road"): "a road nobody classified is still a road: the villages' roads are drawn so",
    ("car", "track"): "farm tracks are driven in the countryside, slowly",
    ("walk", "trunk"): "国道 run through villages and people walk along them",
    ("walk", "trunk_link"): "as trunk",
    ("walk", "road"): "as for cars",
    ("walk", "cycleway"): "walking there is common and seldom forbidden",
    ("walk", "bridleway"): "as cycleway; there are hardly any",
}
"""Classes that OSRM refuses and we allow: a choice of the profile, the tags being silent."""


class TestTags:
    def test_all_rows_are_here(self):
        assert len(TAGS) == 94

    @pytest.mark.parametrize(
        ("mode", "row"), TAGS, ids=[f"{mode}-{row['tags']}" for mode, row in TAGS]
    )
    def test_who_may_use_a_way_and_in_which_direction(self, mode, row):
        pairs = (part.partition("=")[::2] for part in row["tags"].split(";"))
        tags = {key: value for key, value in pairs if value != "(nil)"}
        found = directions(PROFILES[mode], tags, road_class(tags) or "")
        told = dict(zip(("forward", "backward"), found, strict=True))
        for direction in ("forward", "backward"):
            if not row[direction]:
                continue
            if set(tags) == {"highway"} and (mode, tags["highway"]) in JUDGED_OTHERWISE:
                assert row[direction] == "no"
                assert told[direction]
            else:
                assert told[direction] is (row[direction] == "yes")


class TestDatums:
    cities = rows(FIXTURES / "gcj02_bd09" / "china_cities_even.csv")
    vectors = rows(FIXTURES / "gcj02_bd09" / "vectors.csv")
    shifts: Mapping[tuple[str, str], object] = {
        ("WGS84", "GCJ02"): wgs84_to_gcj02,
        ("GCJ02", "WGS84"): gcj02_to_wgs84,
        ("GCJ02", "BD09"): gcj02_to_bd09,
        ("BD09", "GCJ02"): bd09_to_gcj02,
    }

    def column(self, datum: str) -> tuple[np.ndarray, np.ndarray]:
        lon, lat = (
            np.array([float(row[f"{datum.lower()}_{axis}"]) for row in self.cities])
            for axis in ("lng", "lat")
        )
        return lon, lat

    @pytest.mark.parametrize(("pair", "metres"), [
        (("WGS84", "GCJ02"), 1.0), (("GCJ02", "WGS84"), 1.0),
        (("GCJ02", "BD09"), 0.05), (("BD09", "GCJ02"), 0.05),
    ])  # fmt: skip
    def test_332_cities(self, pair, metres):
        assert len(self.cities) == 332
        found = self.shifts[pair](*self.column(pair[0]))
        off = ELLIPSOID.inv(*found, *self.column(pair[1]))[2]
        assert off.max() < metres

    def test_332_cities_from_baidu_to_the_ground(self):
        off = ELLIPSOID.inv(*to_wgs84(*self.column("BD09"), "BD09"), *self.column("WGS84"))[2]
        assert off.max() < 1.0

    @pytest.mark.parametrize("row", vectors, ids=[row["source"][:20] for row in vectors])
    def test_vectors_of_other_libraries(self, row):
        source, target = (
            [np.array([float(row[f"{end}_{axis}"])]) for axis in ("lng", "lat")]
            for end in ("from", "to")
        )
        found = self.shifts[row["from_crs"], row["to_crs"]](*source)
        if row["kind"] == "measured":
            assert ELLIPSOID.inv(*found, *target)[2][0] < 0.1
        else:
            np.testing.assert_allclose(found, target, rtol=0, atol=1e-6)


def ground_metres(graph: nx.MultiDiGraph) -> dict[tuple[object, object, object], float]:
    """Lengths of the edges on the ellipsoid, by their drawn lines."""
    place = {node: (facts["x"], facts["y"]) for node, facts in graph.nodes(data=True)}
    found = {}
    for a, b, key, facts in graph.edges(keys=True, data=True):
        line = facts.get("geometry")
        points = list(line.coords) if line is not None else [place[a], place[b]]
        points = [place[a], *points[1:-1], place[b]]
        found[a, b, key] = ELLIPSOID.line_length(*zip(*points, strict=True))
    return found


def compare_at_random(
    graph: nx.MultiDiGraph, network: Network, profile: Profile, seed: int
) -> tuple[int, int]:
    """Compare 200 pairs of nodes with `graph`, whose edges bear `weight` in ticks."""
    dice = np.random.default_rng(seed)
    arcs = network.arcs(profile)
    numbers = {node: i for i, node in enumerate(graph.nodes)}
    used = {int(ref) - 1: i for i, ref in enumerate(network.node)}
    nodes = list(graph.nodes)
    from_graph = [nodes[i] for i in dice.integers(len(nodes), size=20)]
    to_graph = [nodes[i] for i in dice.integers(len(nodes), size=10)]
    pairs = reached = 0
    for start in from_graph:
        expected = nx.single_source_dijkstra_path_length(graph, start, weight="weight")
        found = dijkstra(arcs, indices=used[numbers[start]])
        for end in to_graph:
            pairs += 1
            time = expected.get(end, math.inf)
            assert found[used[numbers[end]]] == time, (start, end)
            reached += time < math.inf
    return pairs, reached


class TestShenzhen:
    """
    An OSMnx graph of 福田; OSMnx measures on a sphere, and its `all` network keeps one-way streets
    one-way for walkers, who may walk them both ways here.
    """

    path = ROADS / "shenzhen_futian_osmnx.graphml"

    @staticmethod
    @cache
    def graph() -> nx.MultiDiGraph:
        return osmnx.load_graphml(TestShenzhen.path)

    def walkable(self) -> nx.MultiDiGraph:
        both = nx.MultiDiGraph()
        both.add_nodes_from(self.graph().nodes)
        for (a, b, key), metres in ground_metres(self.graph()).items():
            classes = self.graph().edges[a, b, key]["highway"]
            classes = classes if isinstance(classes, list) else [classes]
            if not {"motorway", "motorway_link", "elevator"} & set(classes):
                weight = max((round(metres * 900) + 50) // 100, 1)
                both.add_edge(a, b, weight=weight)
                both.add_edge(b, a, weight=weight)
        return both

    def test_it_is_whole(self):
        roads = read_roads(self.path, PROFILES)
        graph = self.graph()
        assert roads.background.empty
        assert len(graph) == 1751
        assert graph.number_of_edges() == 4009
        network = roads.network
        assert set(network.node.tolist()) == set(range(1, 1752))
        once = {}
        for (a, b, key), metres in ground_metres(graph).items():
            way = graph.edges[a, b, key]["osmid"]
            once[frozenset((a, b)), str(sorted(way) if isinstance(way, list) else way),
                 round(metres, 2)] = metres  # fmt: skip
        assert network.length.sum() == pytest.approx(sum(once.values()), rel=2e-3)

    def test_osmnx_lengths_are_those_of_a_sphere(self):
        sphere = Geod(a=6371009, b=6371009)
        own = ground_metres(self.graph())
        total = sum(facts["length"] for *_, facts in self.graph().edges(data=True))
        assert sum(own.values()) == pytest.approx(total, rel=4e-3)
        assert sum(own.values()) != pytest.approx(total, rel=1e-4)
        a, b, key = next(iter(own))
        ends = [(self.graph().nodes[n]["x"], self.graph().nodes[n]["y"]) for n in (a, b)]
        assert sphere.line_length(*zip(*ends, strict=True)) <= (
            self.graph().edges[a, b, key]["length"] + 0.01
        )

    def test_200_walks_equal_networkx(self):
        network = read_roads(self.path, PROFILES).network
        pairs, reached = compare_at_random(self.walkable(), network, PROFILES["walk"], 5)
        assert pairs == 200
        assert reached > 150

    def test_200_drives_equal_networkx_on_our_own_graph(self):
        network = read_roads(self.path, PROFILES).network
        graph = to_networkx(network, PROFILES["car"])
        for *_, facts in graph.edges(data=True):
            facts["weight"] = facts["ticks"]
        numbered = nx.relabel_nodes(
            graph, {node: int(network.node[node]) for node in graph}, copy=True
        )
        plain = nx.MultiDiGraph()
        plain.add_nodes_from(self.graph().nodes)
        names = dict(enumerate(self.graph().nodes, 1))
        plain.add_edges_from(
            (names[a], names[b], {"weight": facts["weight"]})
            for a, b, facts in numbered.edges(data=True)
        )
        pairs, reached = compare_at_random(plain, network, PROFILES["car"], 6)
        assert pairs == 200
        assert reached > 80

    def test_one_way_streets_stay_so_for_cars(self):
        network = read_roads(self.path, PROFILES).network
        names = list(self.graph().nodes)
        given = {(a, b) for a, b, _ in self.graph().edges(keys=True)}
        arcs = network.arcs(PROFILES["car"]).tocoo()
        ours = {
            (names[network.node[a] - 1], names[network.node[b] - 1])
            for a, b in zip(arcs.row, arcs.col, strict=True)
        }
        assert len(ours) > 1000
        assert ours <= given


class TestXian:
    """Links with one-way marks but no class: a plain road each."""

    @staticmethod
    @cache
    def graph() -> nx.MultiDiGraph:
        links = geopandas.read_file(ROADS / "xian_trackit" / "modifiedConn_link.shp")
        graph = nx.MultiDiGraph(crs="epsg:4326")
        for link in links.itertuples():
            line = link.geometry
            pairs = [(link.from_node, link.to_node, line)]
            if int(link.dir) == 0:
                pairs.append((link.to_node, link.from_node, line.reverse()))
            for a, b, drawn in pairs:
                graph.add_node(a, x=drawn.coords[0][0], y=drawn.coords[0][1])
                graph.add_node(b, x=drawn.coords[-1][0], y=drawn.coords[-1][1])
                graph.add_edge(
                    a, b, osmid=int(link.link_id), highway="unclassified", geometry=drawn,
                    length=float(link.length), oneway=int(link.dir) == 1,
                )  # fmt: skip
        return graph

    def test_components_and_length(self):
        network = from_networkx(self.graph(), PROFILES)
        assert network.nodes == 8469
        assert network.edges == 9842
        assert network.length.sum() / 1000 == pytest.approx(1321, rel=0.005)
        onward, back = main_component(network.arcs(PROFILES["car"]))
        assert int((onward & back).sum()) == 7253
        whole, _ = main_component(network.arcs(PROFILES["walk"]))
        assert int(whole.sum()) == 8446

    def test_200_drives_equal_networkx(self):
        network = from_networkx(self.graph(), PROFILES)
        profile = paced(PROFILES["car"], METRE_A_SECOND_KMH)
        network = replace(network, factor=np.ones(network.edges))
        graph = nx.MultiDiGraph()
        graph.add_nodes_from(self.graph().nodes)
        for (a, b, _), metres in ground_metres(self.graph()).items():
            graph.add_edge(a, b, weight=max((round(metres * 1000) + 50) // 100, 1))
        pairs, reached = compare_at_random(graph, network, profile, 7)
        assert pairs == 200
        assert reached > 100


class TestNanchang:
    """Straight two-way roads between crossings, lengths as told by the file."""

    @staticmethod
    @cache
    def graph() -> nx.MultiDiGraph:
        lines = (ROADS / "nanchang_roadnet_round3.txt").read_text("utf-8").splitlines()
        graph = nx.MultiDiGraph(crs="epsg:4326")
        nodes = int(lines[0])
        for line in lines[1 : nodes + 1]:
            lat, lon, name, _ = line.split()
            graph.add_node(name, x=float(lon), y=float(lat))
        roads = int(lines[nodes + 1])
        for line in lines[nodes + 2 : nodes + 2 + 3 * roads : 3]:
            a, b, metres, _, _, _, name, _ = line.split()
            for start, end in ((a, b), (b, a)):
                graph.add_edge(start, end, osmid=int(name), highway="primary", length=float(metres))
        return graph

    def test_it_is_one_component_of_the_told_length(self):
        network = from_networkx(self.graph(), PROFILES)
        assert (network.nodes, network.edges) == (2067, 3041)
        onward, back = main_component(network.arcs(PROFILES["car"]))
        assert (onward & back).all()
        straight = network.length.sum() / 1000
        assert straight == pytest.approx(1302, rel=0.05)
