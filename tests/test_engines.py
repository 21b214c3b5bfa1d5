"""Every engine gives the integers of scipy, whatever its threads and lanes."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from kepu.geo import bucket, engines, hierarchy, roadside, sweep
from kepu.geo.bucket import FAR, NEVER, Graph
from kepu.geo.chains import Ends, along_chains, at_ends, contract, curve_order
from kepu.geo.compiled import is_compiled, kernel_folder, note_compiled
from kepu.geo.engines import choose, nearest_venue, times_between
from kepu.geo.field import Field, door_starts
from kepu.geo.nearest import labels_by_row
from kepu.geo.network import Network, quickest_arcs
from kepu.geo.profile import Profile, default_profiles
from kepu.geo.routing import UNREACHED, door_to_door
from kepu.geo.snap import NOWHERE, Doors, Snaps, doors
from kepu.layers.roads import read_roads

ROADS = Path(__file__).parents[1] / "data/boundaries/roads.osm.pbf"
WAYS = [  # engine, threads, searches in a sweep
    ("bucket", 1, 32), ("bucket", 2, 32), ("hierarchy", 1, 16), ("hierarchy", 1, 32),
    ("hierarchy", 2, 16), ("hierarchy", 2, 32),
]  # fmt: skip


def graph_of(arcs: csr_matrix) -> Graph:
    pairs = arcs.tocoo()
    return Graph.of(pairs.row, pairs.col, pairs.data.astype(np.int64), arcs.shape[0])


def ends_of(node: np.ndarray, ticks: np.ndarray | int = 0) -> Ends:
    return Ends(
        np.arange(len(node) + 1),
        np.column_stack([node, np.zeros(len(node), np.int64) + ticks]).astype(np.int64),
    )


def oracle(arcs: csr_matrix, sources: np.ndarray, horizon: float = np.inf) -> np.ndarray:
    """Ticks from sources to nodes by scipy, -1 beyond the horizon."""
    found = dijkstra(arcs, indices=sources, limit=horizon)
    return np.where(np.isinf(found), -1, found).astype(np.int64)


@st.composite
def multigraphs(draw: st.DrawFn) -> csr_matrix:
    """Parallel arcs, one-ways, loops, chains and parts without a way between."""
    nodes = draw(st.integers(1, 14))
    node = st.integers(0, nodes - 1)
    weight = st.one_of(st.integers(1, 9), st.sampled_from([1, 700, 65534, 65535, 70_000, 9**8]))
    arcs = draw(st.lists(st.tuples(node, node, weight), max_size=30))
    path = draw(st.lists(node, max_size=8))
    arcs += [(a, b, 2) for a, b in pairwise(path)] + [(b, a, 3) for a, b in pairwise(path)]
    source, target, time = np.array([a for a in arcs if a[0] != a[1]], np.int64).reshape(-1, 3).T
    return quickest_arcs(source, target, time, nodes)


horizons = st.one_of(st.integers(0, 40), st.sampled_from([700, 65533, 65534, 65535, 70_000, 10**9]))


@given(multigraphs(), horizons, st.sampled_from([16, 32]), st.booleans())
@settings(max_examples=300)
def test_sweeps_equal_scipy(arcs, horizon, width, backward):
    graph, nodes = graph_of(arcs), np.arange(arcs.shape[0])
    found = sweep.table(
        hierarchy.build(graph), ends_of(nodes), ends_of(nodes, nodes % 3), horizon=horizon,
        backward=backward, width=width,
    )[:, : len(nodes)].astype(np.int64)  # fmt: skip
    expected = oracle(arcs.T.tocsr() if backward else arcs, nodes).T
    expected = np.where(expected >= 0, expected + (nodes % 3)[:, None], -1)
    expected[expected > horizon] = -1
    np.testing.assert_array_equal(np.where(found <= horizon, found, -1), expected)


@given(multigraphs(), horizons)
def test_a_bounded_bucket_search_is_the_full_one_filtered(arcs, horizon):
    nodes = np.arange(arcs.shape[0])
    first, node, ticks = bucket.within(graph_of(arcs), nodes, horizon)
    found = np.full((len(nodes), len(nodes)), -1)
    found[np.repeat(nodes, np.diff(first)), node] = ticks
    full = oracle(arcs, nodes)
    np.testing.assert_array_equal(found, np.where(full <= horizon, full, -1))


@given(multigraphs(), st.data())
def test_nearest_is_the_lowest_number_of_the_nearest(arcs, data):
    size = arcs.shape[0]
    start = st.tuples(st.integers(0, size - 1), st.integers(0, 20), st.integers(0, 99))
    starts = np.array(data.draw(st.lists(start, min_size=1, max_size=6)), np.int64)
    horizon = data.draw(horizons)
    times = oracle(arcs, starts[:, 0]) + starts[:, 1:2]
    times[oracle(arcs, starts[:, 0]) < 0] = NEVER >> 32
    label = np.min((times << 32) + starts[:, 2:], axis=0)
    label[label >> 32 > horizon] = NEVER
    graph = graph_of(arcs)
    np.testing.assert_array_equal(bucket.times_from(graph, starts, horizon), label)
    built = hierarchy.build(graph)
    rows = labels_by_row(built, starts, horizon=horizon, backward=False)
    np.testing.assert_array_equal(rows[built.row], label)


@given(multigraphs())
def test_contracting_chains_changes_no_time(arcs):
    """Between all nodes, those inside chains included: by the ends, or along the chain."""
    nodes = np.arange(arcs.shape[0])
    chains = contract(arcs, nodes, nodes % 3)
    nowhere = Snaps(nodes, nodes * 0.0, nodes * 0.0, nodes < 0)
    one_side = np.column_stack([nodes >= 0, nodes < 0])
    there = Doors(nowhere, np.column_stack([nodes, nodes]), one_side * 0, one_side, nodes * 0.0)
    homes, goals = (at_ends(chains, there, leaving=leaving) for leaving in (True, False))
    kept = dijkstra(
        csr_matrix(
            (chains.graph.arcs[:, 1].astype(float), chains.graph.arcs[:, 0], chains.graph.first),
            shape=(chains.graph.nodes,) * 2,
        )
    )
    found = np.full((len(nodes),) * 2, np.inf)
    for p in nodes:
        for a, before in homes.doors[homes.first[p] : homes.first[p + 1]]:
            for v in nodes:
                for b, after in goals.doors[goals.first[v] : goals.first[v + 1]]:
                    found[p, v] = min(found[p, v], before + kept[a, b] + after)
    for place, venue, ticks in along_chains(chains, there, there):
        np.minimum.at(found, (place, venue), ticks)
    np.testing.assert_array_equal(found, dijkstra(arcs))


def test_a_ring_keeps_one_node_and_a_dead_end_keeps_its_end():
    ring = quickest_arcs(np.arange(5), np.roll(np.arange(5), -1), np.arange(5) + 1, 5)
    assert contract(ring, np.arange(5), np.arange(5)).graph.nodes == 1
    path = quickest_arcs(np.array([0, 1, 2]), np.array([1, 2, 3]), np.array([1, 2, 3]), 4)
    chains = contract(path, np.arange(4), np.arange(4))
    assert chains.graph.nodes == 2
    assert chains.graph.arcs[:, 1].tolist() == [6]


def test_the_curve_visits_neighbours():
    x, y = (values.ravel() for values in np.meshgrid(np.arange(16.0), np.arange(16.0)))
    order = curve_order(x, y)
    assert np.hypot(np.diff(x[order]), np.diff(y[order])).max() == 1
    assert curve_order(np.zeros(3), np.zeros(3)).tolist() == [0, 1, 2]
    assert curve_order([], []).tolist() == []


@dataclass(frozen=True)
class Trip:
    """The real thing: roads of the illustrative district, homes and venues inside its edges."""

    network: Network
    profile: Profile
    arcs: csr_matrix
    homes: Doors
    goals: Doors

    @property
    def question(self) -> tuple:
        return self.network, self.profile, self.arcs, self.homes, self.goals


@pytest.fixture(scope="module")
def network() -> Network:
    return read_roads(ROADS, default_profiles()).network


@pytest.fixture(scope="module", params=["walk", "car"])
def trip(request, network) -> Trip:
    profile = default_profiles()[request.param]
    arcs = network.arcs(profile)
    rng = np.random.default_rng(7)
    chains = contract(arcs, network.lon, network.lat)
    in_chain = np.flatnonzero(chains.number[network.tail] < 0)

    def places(count: int, leaving: bool) -> Doors:
        edge = np.where(
            rng.random(count) < 0.5,
            rng.choice(in_chain, count),
            rng.integers(network.edges, size=count),
        )
        edge[rng.random(count) < 0.5] = in_chain[:5][rng.integers(5)]
        edge[rng.random(count) < 0.05] = NOWHERE
        far = edge == NOWHERE
        share = np.where(far, 0.0, rng.choice([0.0, 0.25, 0.6, 1.0], count))
        metres = np.where(far, np.nan, rng.choice([0.0, 130.0], count))
        return doors(network, profile, Snaps(edge, share, metres, far & False), leaving=leaving)

    return Trip(network, profile, arcs, places(150, True), places(70, False))


@pytest.mark.parametrize("horizon", [0, 9000, 65534, 65535, 10**9])
@pytest.mark.parametrize(("engine", "threads", "width"), WAYS)
def test_the_district_by_every_engine(trip, engine, threads, width, horizon):
    expected = door_to_door(*trip.question, horizon=horizon)
    found = times_between(
        *trip.question, horizon=horizon, engine=engine, threads=threads, width=width
    )
    assert found.dtype == np.uint32
    assert found.flags.c_contiguous
    np.testing.assert_array_equal(found, expected)


def test_fewer_homes_than_venues_are_searched_from(trip):
    homes = trip.homes.take(slice(9))
    few = Trip(trip.network, trip.profile, trip.arcs, homes, trip.goals)
    expected = door_to_door(*few.question, horizon=40_000)
    for engine in ("bucket", "hierarchy", "auto"):
        found = times_between(*few.question, horizon=40_000, engine=engine)
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("engine", ["bucket", "hierarchy", "scipy", "auto"])
@pytest.mark.parametrize("many", [1, 16, 32, 40])
def test_nearest_of_many_kinds(trip, engine, many):
    groups = [np.arange(k % 7, 70, 1 + k)[::-1] for k in range(many - 1)]
    groups.append(np.empty(0, np.int64))
    for horizon in (6000, 10**9):
        times = door_to_door(*trip.question, horizon=horizon)
        ticks, venue = nearest_venue(*trip.question, groups, horizon=horizon, engine=engine)
        for k, group in enumerate(groups):
            numbers = np.sort(group)
            best = times[:, numbers].min(axis=1, initial=UNREACHED)
            first = np.append(numbers, -1)[
                np.column_stack([times[:, numbers] == best[:, None], best >= 0]).argmax(axis=1)
            ]
            np.testing.assert_array_equal(ticks[:, k], best)
            np.testing.assert_array_equal(venue[:, k], np.where(best == UNREACHED, -1, first))


@pytest.mark.parametrize("engine", ["scipy", "bucket", "hierarchy", "auto"])
@pytest.mark.parametrize(("homes", "goals"), [(0, 0), (0, 3), (3, 0)])
def test_of_nobody_or_to_nowhere_there_are_no_times(trip, engine, homes, goals):
    ends = trip.homes.take(slice(homes)), trip.goals.take(slice(goals))
    found = times_between(trip.network, trip.profile, trip.arcs, *ends, horizon=9000, engine=engine)
    assert found.shape == (homes, goals)


@pytest.mark.parametrize("by_scipy", [False, True])
def test_the_way_through_a_field_takes_its_time(trip, by_scipy):
    venue = int(np.flatnonzero(trip.goals.open.all(axis=1))[0])
    field = Field(trip.arcs.T.tocsr())
    field.by_scipy = by_scipy
    starts = door_starts(trip.goals.take(np.array([venue])), np.zeros(1, np.int64))
    ticks, owner = field.labels(starts, 20_000)
    following = field.following(starts, ticks, owner)
    graph = nx.from_scipy_sparse_array(trip.arcs.T, create_using=nx.DiGraph)
    for side in np.flatnonzero(trip.goals.open[venue]):
        graph.add_edge(-1, int(trip.goals.node[venue, side]), weight=trip.goals.ticks[venue, side])
    expected = nx.single_source_dijkstra_path_length(graph, -1, cutoff=20_000)
    del expected[-1]
    assert {n: t for n, t in enumerate(ticks.tolist()) if owner[n] == 0} == expected
    on_the_way = np.flatnonzero(following >= 0)
    step = ticks[on_the_way] - ticks[following[on_the_way]]
    weight = np.asarray(trip.arcs[on_the_way, following[on_the_way]]).ravel()
    np.testing.assert_array_equal(step, weight)
    ends = np.flatnonzero((following < 0) & (owner == 0))
    assert set(ends.tolist()) <= set(trip.goals.node[venue].tolist())


def test_a_hierarchy_is_kept_and_believed_only_whole(trip, tmp_path, monkeypatch):
    monkeypatch.setattr(engines, "_prepared", {})
    expected = door_to_door(*trip.question, horizon=9000)

    def ask() -> np.ndarray:
        return times_between(*trip.question, horizon=9000, engine="hierarchy", folder=tmp_path)

    np.testing.assert_array_equal(ask(), expected)
    (built,) = (roads.hierarchy for roads in engines._prepared.values())
    (kept,) = tmp_path.iterdir()
    loaded = hierarchy.load(kept)
    np.testing.assert_array_equal(loaded.row, built.row)
    for name in ("out", "into"):
        for item, values in vars(getattr(built, name)).items():
            np.testing.assert_array_equal(vars(getattr(loaded, name))[item], values)
            assert vars(getattr(loaded, name))[item].dtype == values.dtype
    raw = bytearray(kept.read_bytes())
    raw[len(raw) // 2] ^= 1
    kept.write_bytes(raw)
    assert hierarchy.load(kept) is None
    engines._prepared.clear()
    np.testing.assert_array_equal(ask(), expected)
    assert hierarchy.load(kept) is not None
    engines._prepared.clear()
    monkeypatch.setattr(hierarchy, "build", None)
    np.testing.assert_array_equal(ask(), expected)
    assert hierarchy.load(tmp_path / "none") is None


@pytest.mark.parametrize("horizon", [9000, 10**6])
def test_threads_lanes_and_caches_change_nothing(trip, tmp_path, monkeypatch, horizon):
    """Cold: no hierarchy in memory nor in the folder; then in the folder; then in memory."""
    expected = door_to_door(*trip.question, horizon=horizon)
    for engine, threads, width in WAYS:
        folder = tmp_path / f"{engine}-{threads}-{width}"
        monkeypatch.setattr(engines, "_prepared", {})
        for state in ("cold", "from the folder", "from memory"):
            if state == "from the folder":
                engines._prepared.clear()
            found = times_between(
                *trip.question, horizon=horizon, engine=engine, threads=threads, width=width,
                folder=folder,
            )  # fmt: skip
            assert (found == expected).all(), (engine, threads, width, state)


def test_sweeps_leave_no_trace_on_what_they_share():
    """Far more searches than lanes, over parts of a graph that do not reach each other."""
    rng = np.random.default_rng(11)
    many, parts = 300, 3
    source, target = rng.integers(0, many, (2, 700))
    use = source % parts == target % parts
    arcs = quickest_arcs(source[use], target[use], rng.integers(1, 40, use.sum()), many)
    built, nodes = hierarchy.build(graph_of(arcs)), np.arange(many)
    for horizon in (0, 25, 60, 65534, 70_000):
        expected = oracle(arcs, nodes, horizon)
        for width, threads in ((16, 1), (32, 1), (32, 2)):
            found = sweep.table(
                built, ends_of(nodes), ends_of(nodes), horizon=horizon, backward=False,
                width=width, threads=threads,
            )[:, :many].T.astype(np.int64)  # fmt: skip
            np.testing.assert_array_equal(np.where(found <= horizon, found, -1), expected)


def test_a_table_is_only_written_on_one_that_was_returned():
    built, node = hierarchy.build(graph_of(csr_matrix((3, 3)))), ends_of(np.arange(3))
    found = sweep.table(built, node, node, horizon=9, backward=False)
    again = sweep.table(built, node, node, horizon=9, backward=False, found=found)
    assert again is found
    wrong = np.empty(3 * 32 + 64, np.uint16)
    skip = (-wrong.ctypes.data % 64) // 2 + 1
    with pytest.raises(ValueError, match="cache line"):
        sweep.table(built, node, node, horizon=9, backward=False,
                    found=wrong[skip : skip + 96].reshape(3, 32))  # fmt: skip


def test_arcs_that_are_too_long_for_kernels_are_left_to_scipy(trip):
    arcs = trip.arcs.copy()
    arcs.data[:] *= 1e5
    question = (trip.network, trip.profile, arcs, trip.homes, trip.goals)
    for horizon in (10**6, 2**31):
        np.testing.assert_array_equal(
            times_between(*question, horizon=horizon, engine="hierarchy"),
            door_to_door(*question, horizon=horizon),
        )
    assert graph_of(arcs).arcs[:, 1].max() <= FAR


def test_small_work_waits_for_nothing_and_large_work_for_the_hierarchy():
    both = ("bucket", "hierarchy")
    assert choose(8_000, 70) == "scipy"
    assert choose(8_000, 70, compiled=both) == "scipy"
    assert choose(57_000, 100, compiled=both) == "bucket"
    assert choose(57_000, 2_000, compiled=both) == "hierarchy"
    assert choose(57_000, 150, compiled=both, built=True) == "hierarchy"
    assert choose(57_000, 300) == "scipy"
    assert choose(1_000_000, 2_000) == "hierarchy"


def test_a_changed_network_is_searched_as_it_is_until_a_hierarchy_pays():
    """See `benchmarks/changes.py`: a hierarchy is built in the time of some 280 searches."""
    both = ("bucket", "hierarchy")
    changed = [choose(285_000, n, compiled=both, crossings=57_000) for n in (10, 150, 250, 320)]
    assert changed == ["scipy", "bucket", "bucket", "hierarchy"]
    for searches in (1, 20, 250, 400, 5_000):
        found = choose(285_000, searches, compiled=both, crossings=57_000)
        as_built = choose(285_000, searches, compiled=both, crossings=57_000, built=True)
        assert (found, as_built) != ("hierarchy", "bucket")


def test_nodes_of_chains_are_no_crossings():
    path = np.arange(9)
    arcs = quickest_arcs(
        np.concatenate([path, path + 1]), np.concatenate([path + 1, path]), np.ones(18, int), 10
    )
    assert engines._crossings(arcs) == 2
    assert engines._crossings(csr_matrix((3, 3))) == 3


def test_the_interface_does_not_load_numba():
    code = "import sys, kepu.geo.engines; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_who_must_not_load_the_kernels_says_the_same_as_they():
    """`engines`, which loads without numba, repeats what the labels of the kernels mean."""
    assert (engines.NEVER, engines.FARTHEST) == (NEVER, FAR)
    assert (FAR << 32 | 2**32 - 1) < NEVER < 2**63 - (FAR << 32)  # no label is it, no sum overflows


def test_warming_leaves_word(monkeypatch):
    words: list[str] = []  # the marks of a former run are no proof
    for module in (engines, roadside):
        monkeypatch.setattr(module, "note_compiled", words.append)
    assert set(engines.warm()) == {"bucket", "hierarchy", "grid"}
    assert words == ["bucket", "hierarchy", "grid"]
    monkeypatch.undo()
    assert kernel_folder() is not None
    note_compiled("bucket")
    assert is_compiled("bucket")


ASK = """
import sys
import numpy as np
from kepu.geo import bucket, hierarchy, sweep
from kepu.geo.chains import Ends
rng = np.random.default_rng(3)
graph = bucket.Graph.of(*rng.integers(1, 500, (3, 1500)), 500)
ends = Ends(np.arange(501), np.column_stack([np.arange(500), np.arange(500) % 5]))
built = hierarchy.build(graph)
np.save(sys.argv[1], sweep.table(built, ends, ends, horizon=900, backward=True, threads=2))
"""


@pytest.mark.slow
def test_fresh_and_kept_machine_code_agree(tmp_path):
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "code")}
    for name in ("cold", "warm"):
        command = [sys.executable, "-c", ASK, str(tmp_path / f"{name}.npy")]
        subprocess.run(command, check=True, env=environment)
    assert any((tmp_path / "code").rglob("*.nbc"))
    cold, warm = (np.load(tmp_path / f"{name}.npy") for name in ("cold", "warm"))
    np.testing.assert_array_equal(cold, warm)


def test_a_graph_has_neither_loops_nor_parallel_arcs():
    source, target, ticks = np.array([[0, 1, 0, 0, 1], [0, 0, 1, 1, 0], [3, 7, 6, 5, FAR + 1]])
    graph = Graph.of(source, target, ticks, 3)
    assert graph.first.tolist() == [0, 1, 2, 2]
    assert graph.arcs.tolist() == [[1, 5], [0, 7]]
    assert Graph.of(*np.empty((3, 0), np.int64), 2).first.tolist() == [0, 0, 0]
