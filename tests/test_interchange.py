"""To networkx and OSMnx and back: the same roads, the same times."""

from __future__ import annotations

import networkx as nx
import numpy as np
import osmnx
import pytest
import shapely
from scipy.sparse.csgraph import dijkstra

from kepu.geo.errors import NetworkError
from kepu.geo.interchange import from_networkx, to_networkx
from kepu.geo.network import Network
from kepu.geo.profile import MODES, default_profiles
from kepu.geo.ways import Ways, build
from kepu.layers.roads import read_roads

PROFILES = default_profiles()
CLASSES = ("trunk", "primary", "residential", "service", "unclassified", "track:grade1")
SEEDS = pytest.mark.parametrize("seed", range(6))


def town(seed: int) -> Network:
    """Streets over 40 crossings: parallel ones, loops, one-way, without tags but their class."""
    dice = np.random.default_rng(seed)
    lon, lat = 113 + dice.random(90) / 50, 23.7 + dice.random(90) / 50
    ways = [
        [dice.integers(40), *dice.choice(np.arange(40, 90), dice.integers(0, 4), replace=False),
         dice.integers(40)]
        for _ in range(80)
    ]  # fmt: skip
    ways[1] = [ways[0][0], ways[0][-1]]
    ways[2] = [5, 50, 51, 5]
    refs = np.concatenate([np.array(way, np.int64) for way in ways])
    usable = np.array([(True, True), (True, False), (False, True)])[
        dice.choice(3, 80, p=[0.8, 0.1, 0.1])
    ]
    usable[2] = True
    classes = [str(name) for name in dice.choice(CLASSES, 80)]
    return build(Ways(
        first=np.cumsum([0, *map(len, ways)]), ref=refs + 7000, lon=lon[refs], lat=lat[refs],
        identifier=np.arange(80) + 500, classes=classes, names=[f"路{i}" for i in range(80)],
        factor=np.array([0.9 if name in ("unclassified", "track:grade1") else 1.0
                         for name in classes]),
        limit_kmh=np.full((80, 2), np.inf), open=dict.fromkeys(MODES, usable),
        structure=np.zeros(80, bool), barred=dict.fromkeys(MODES, np.array([7003])),
    ))  # fmt: skip


def all_pairs(network: Network, mode: str) -> np.ndarray:
    return dijkstra(network.arcs(PROFILES[mode]))


def times_by_node(graph: nx.MultiDiGraph, network: Network) -> dict[tuple[int, int], float]:
    """Times of cars between the nodes of the graph that the network was made from."""
    names = np.array(list(graph.nodes))[network.node - 1].tolist()
    times = all_pairs(network, "car")
    return {
        (a, b): times[i, j]
        for i, a in enumerate(names) for j, b in enumerate(names) if np.isfinite(times[i, j])
    }  # fmt: skip


def all_pairs_of(graph: nx.MultiDiGraph) -> np.ndarray:
    found = np.full((len(graph), len(graph)), np.inf)
    for start, times in nx.all_pairs_dijkstra_path_length(graph, weight="ticks"):
        for end, time in times.items():
            found[start, end] = time
    return found


@SEEDS
@pytest.mark.parametrize("mode", ["ebike", "car"])
def test_networkx_finds_our_times(seed, mode):
    network = town(seed)
    graph = to_networkx(network, PROFILES[mode])
    np.testing.assert_array_equal(all_pairs_of(graph), all_pairs(network, mode))
    assert graph.number_of_nodes() == network.nodes


@SEEDS
def test_there_and_back_keeps_the_times_of_cars(seed):
    network = town(seed)
    back = from_networkx(to_networkx(network, PROFILES["car"]), PROFILES)
    at = back.node - 1
    before = all_pairs(network, "car")
    np.testing.assert_array_equal(all_pairs(back, "car"), before[np.ix_(at, at)])
    gone = np.setdiff1d(np.arange(network.nodes), at)
    np.fill_diagonal(before, np.inf)
    assert np.isinf(before[gone]).all()
    assert np.isinf(before[:, gone]).all()
    np.testing.assert_array_equal(back.lon, network.lon[at])
    assert sorted(back.length) == pytest.approx(sorted(
        length for e, length in enumerate(network.length)
        if network.open["car"][e].any()
        and not network.barred["car"][[network.tail[e], network.head[e]]].any()
    ), rel=1e-12)  # fmt: skip


def test_what_edges_bear():
    network = town(1)
    graph = to_networkx(network, PROFILES["car"])
    for a, b, key, facts in graph.edges(keys=True, data=True):
        edge = key // 2
        assert {a, b} == {network.tail[edge], network.head[edge]}
        assert facts["travel_time"] == facts["ticks"] / 10
        assert facts["ticks"] >= 1
        assert facts["osmid"] == network.way[edge]
        assert facts["length"] == network.length[edge]
        assert facts["name"].startswith("路")
        ends = facts["geometry"].coords[0], facts["geometry"].coords[-1]
        assert ends == tuple((graph.nodes[n]["x"], graph.nodes[n]["y"]) for n in (a, b))
    assert {facts["osmid"] for _, facts in graph.nodes(data=True)} == set(network.node.tolist())


def test_osmnx_walks_on_our_graph():
    network = town(2)
    graph = to_networkx(network, PROFILES["ebike"])
    times = all_pairs(network, "ebike")
    times[np.isinf(times)] = -1
    start, end = (int(i) for i in np.unravel_index(times.argmax(), times.shape))
    route = osmnx.shortest_path(graph, start, end, weight="travel_time")
    taken = osmnx.routing.route_to_gdf(graph, route, weight="travel_time")
    assert taken["ticks"].sum() == times[start, end]
    nodes, edges = osmnx.graph_to_gdfs(graph)
    assert len(nodes) == network.nodes
    assert edges.crs.to_epsg() == 4326
    flat = osmnx.project_graph(graph, to_crs=network.crs)
    x, y = flat.nodes[17]["x"], flat.nodes[17]["y"]
    assert osmnx.nearest_nodes(flat, x + 0.01, y) == 17


def test_a_projected_graph_and_a_saved_one_come_back(tmp_path):
    network = town(3)
    graph = to_networkx(network, PROFILES["car"])
    expected = times_by_node(graph, from_networkx(graph, PROFILES))
    projected = osmnx.project_graph(graph, to_crs=network.crs)
    flat = times_by_node(projected, from_networkx(projected, PROFILES))
    assert flat.keys() == expected.keys()
    off = [abs(flat[pair] - time) for pair, time in expected.items()]
    assert max(off) <= 1  # a length that is rounded the other way, here and there
    osmnx.save_graphml(graph, tmp_path / "town.graphml")
    saved = read_roads(tmp_path / "town.graphml", PROFILES, cache=tmp_path / "cache")
    loaded = osmnx.load_graphml(tmp_path / "town.graphml")
    assert times_by_node(loaded, saved.network) == expected
    again = read_roads(tmp_path / "town.graphml", PROFILES, cache=tmp_path / "cache")
    assert again.cached
    assert times_by_node(loaded, again.network) == expected


def two_points(**facts: object) -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph(crs="epsg:4326")
    graph.add_node("a", x=113.0, y=23.7)
    graph.add_node("b", x=113.01, y=23.7)
    graph.add_edge("a", "b", **{"osmid": 1, "highway": "residential", "length": 1.0, **facts})
    return graph


def test_an_edge_without_its_twin_is_one_way_but_for_walking():
    network = from_networkx(two_points(), PROFILES)
    assert network.open["car"].tolist() == [[True, False]]
    assert network.open["walk"].tolist() == [[True, True]]
    graph = two_points()
    graph.add_edge("b", "a", osmid=1, highway="residential", length=1.0)
    both = from_networkx(graph, PROFILES)
    assert both.open["car"].tolist() == [[True, True]]
    assert both.edges == 1


def test_two_streets_that_run_opposite_ways_stay_two():
    graph = two_points()
    graph.add_edge("b", "a", osmid=2, highway="residential", length=1.0)
    assert from_networkx(graph, PROFILES).open["car"].tolist() == [[True, False]] * 2


def test_of_merged_ways_the_slowest_class_and_the_lowest_limit_count():
    network = from_networkx(
        two_points(highway=["primary", "service"], maxspeed=["60", "40"], osmid=[3, 4]), PROFILES
    )
    assert network.classes == ("service",)
    assert network.limit_kmh.tolist() == [[40.0, 40.0]]
    assert network.way.tolist() == [3]


def test_of_merged_ways_a_ban_and_the_worst_surface_count():
    merged = {"motor_vehicle": ["yes", "no"], "surface": ["asphalt", "gravel"]}
    network = from_networkx(two_points(**merged), PROFILES)
    assert network.open["car"].tolist() == [[False, False]]
    assert network.open["ebike"].tolist() == [[True, False]]
    assert network.factor.tolist() == [0.6]


@pytest.mark.parametrize("ferries", [False, True])
def test_ferries_are_used_where_the_study_says_so(ferries):
    network = from_networkx(two_points(highway="ferry"), PROFILES, ferries=ferries)
    assert network.open["car"].tolist() == [[ferries, False]]
    assert network.structure.tolist() == [True]


def test_lengths_are_measured_not_believed():
    line = shapely.LineString([(113.0, 23.7), (113.0, 23.71), (113.01, 23.7)])
    straight, bent = (from_networkx(two_points(**f), PROFILES).length[0]
                      for f in ({}, {"geometry": line}))  # fmt: skip
    assert straight == pytest.approx(1019.8, abs=0.5)
    assert bent > 2 * straight


@pytest.mark.parametrize("lost", ["crs", "x", "y"])
def test_a_graph_that_lacks_a_field_is_refused_by_its_name(lost):
    graph = two_points()
    if lost == "crs":
        del graph.graph["crs"]
    else:
        del graph.nodes["a"][lost]
    with pytest.raises(NetworkError) as error:
        from_networkx(graph, PROFILES)
    assert error.value.faults[0].code == "E-GRAPH-FIELD"
    assert error.value.faults[0].value == lost


def test_a_graph_without_edges_is_refused():
    with pytest.raises(NetworkError) as error:
        from_networkx(nx.MultiDiGraph(crs="epsg:4326"), PROFILES)
    assert error.value.faults[0].code == "E-GRAPH-EMPTY"


@pytest.mark.parametrize("content", ["", "no graph", "<graphml><graph>", "<html></html>"])
def test_a_broken_graphml_is_refused(tmp_path, content):
    path = tmp_path / "town.graphml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(NetworkError):
        read_roads(path, PROFILES)
