"""Travel times against networkx: the same integer for every pair, or the same silence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kepu.geo import engines, routing
from kepu.geo.engines import nearest_venue, times_between
from kepu.geo.network import Network
from kepu.geo.profile import MODES, ClassSpeed, Profile
from kepu.geo.routing import UNREACHED, door_to_door
from kepu.geo.snap import NOWHERE, Snaps, doors

EVER = 10**9
"""A horizon that nothing in these tests reaches, ticks."""
CLASSES = ("lane", "road", "street")
CLOSED, FORWARD, BACKWARD, BOTH = (0, 0), (1, 0), (0, 1), (1, 1)
PAIRS, PAIRS_SLOW = 100_000, 1_000_000
ENGINES = ("scipy", "bucket", "hierarchy")


@dataclass(frozen=True)
class Town:
    """A network, a mode, and who sets out for where."""

    network: Network
    profile: Profile
    homes: Snaps
    goals: Snaps


def profile_of(mode: str = "car", kmh: Sequence[float] = (4.5, 9.0, 36.0), **changes) -> Profile:
    speeds = {
        name: ClassSpeed(value, value / 2, True, True)
        for name, value in zip(CLASSES, kmh, strict=True)
    }
    values = {
        "access_kmh": 4.0,
        "detour": 1.3,
        "snap_metres": 500.0,
        "arrival_seconds": 17.0,
        "maxspeed_share": 0.75,
    }
    return Profile(mode, mode, mode, **{**values, **changes}, speeds=speeds)


def network_of(
    nodes: int,
    tail: Sequence[int],
    head: Sequence[int],
    length: Sequence[float],
    ways: Sequence[tuple[int, int]],
    *,
    highway: Sequence[int] | None = None,
    barred: Sequence[int] = (),
    limit: np.ndarray | None = None,
    factor: np.ndarray | None = None,
    built_up: np.ndarray | None = None,
) -> Network:
    edges = len(tail)
    stops = np.isin(np.arange(nodes), np.array(barred, int))
    usable = np.array(ways, bool).reshape(edges, 2)
    return Network(
        node=np.arange(nodes) + 1000,
        lon=np.full(nodes, 113.0),
        lat=np.full(nodes, 23.7),
        tail=np.array(tail, np.int64),
        head=np.array(head, np.int64),
        way=np.arange(edges),
        highway=np.zeros(edges, np.int64) if highway is None else np.array(highway, np.int64),
        classes=CLASSES,
        name=np.zeros(edges, np.int64),
        names=("",),
        length=np.array(length, float),
        first=2 * np.arange(edges + 1),
        shape_lon=np.full(2 * edges, 113.0),
        shape_lat=np.full(2 * edges, 23.7),
        factor=np.ones(edges) if factor is None else factor,
        limit_kmh=np.full((edges, 2), np.inf) if limit is None else limit,
        open=dict.fromkeys(MODES, usable),
        barred=dict.fromkeys(MODES, stops),
        structure=np.zeros(edges, bool),
        built_up=np.zeros(edges, bool) if built_up is None else built_up,
    )


def snaps_of(edge: Sequence[int], share: Sequence[float], metres: Sequence[float]) -> Snaps:
    edges = np.array(edge, np.int64)
    far = edges == NOWHERE
    return Snaps(
        edges,
        np.where(far, 0.0, np.array(share, float)),
        np.where(far, np.nan, np.array(metres, float)),
        np.zeros(len(edges), bool),
    )


def random_network(rng: np.random.Generator, nodes: int, edges: int) -> Network:
    """Parallel edges, loops, edges of no length, parts without a way between, one-way, barriers."""
    part = rng.integers(rng.integers(1, 4), size=nodes)
    tail = rng.integers(nodes, size=edges)
    head = np.array([rng.choice(np.flatnonzero(part == part[t])) for t in tail])
    loop = rng.random(edges) < 0.03
    head[loop] = tail[loop]
    twin = np.flatnonzero(rng.random(edges) < 0.1)
    other = rng.integers(edges, size=len(twin))
    tail[twin], head[twin] = head[other], tail[other]
    length = np.where(rng.random(edges) < 0.06, 0.0, rng.gamma(1.2, 150.0, edges))
    ways = np.array([CLOSED, FORWARD, BACKWARD, BOTH])
    return network_of(
        nodes, tail, head, length,
        ways[rng.choice(4, size=edges, p=(0.05, 0.15, 0.1, 0.7))],
        highway=rng.integers(len(CLASSES), size=edges),
        barred=np.flatnonzero(rng.random(nodes) < 0.03),
        limit=np.where(rng.random((edges, 2)) < 0.3, rng.uniform(3, 40, (edges, 2)), np.inf),
        factor=rng.choice([0.6, 0.9, 1.0], edges),
        built_up=rng.random(edges) < 0.4,
    )  # fmt: skip


def random_snaps(rng: np.random.Generator, edges: np.ndarray, count: int) -> Snaps:
    share = rng.random(count)
    share[rng.random(count) < 0.1] = 0.0
    share[rng.random(count) < 0.1] = 1.0
    share[rng.random(count) < 0.1] = 0.5
    edge = np.where(rng.random(count) < 0.04, NOWHERE, rng.choice(edges, count))
    return snaps_of(edge, share, rng.uniform(0, 300, count) * (rng.random(count) < 0.8))


def random_town(seed: int, *, places: int, venues: int) -> Town:
    rng = np.random.default_rng(seed)
    nodes = int(rng.integers(2, 300))
    network = random_network(rng, nodes, int(nodes * rng.uniform(1.0, 2.5)) + 1)
    profile = profile_of(str(rng.choice(MODES)), maxspeed_share=float(rng.choice([0.0, 0.9])))
    homes = random_snaps(rng, np.arange(network.edges), places)
    goals = random_snaps(rng, np.arange(network.edges), venues)
    shared = rng.random(venues) < 0.15
    goals = replace(goals, edge=np.where(
        shared & goals.connected, rng.choice(homes.edge[homes.connected], venues), goals.edge
    ))  # fmt: skip
    return Town(network, profile, homes, goals)


def question(town: Town) -> tuple:
    network, profile = town.network, town.profile
    return (
        network, profile, network.arcs(profile),
        doors(network, profile, town.homes, leaving=True),
        doors(network, profile, town.goals, leaving=False),
    )  # fmt: skip


def ask(town: Town, *, horizon: int = EVER) -> np.ndarray:
    return door_to_door(*question(town), horizon=horizon)


def ask_each(town: Town, *, horizon: int = EVER, seed: int = 0, **options) -> Iterator[tuple]:
    """The answer of every engine, with other threads and lanes from seed to seed."""
    asked = question(town)
    for engine in ENGINES:
        yield engine, times_between(
            *asked, horizon=horizon, engine=engine, threads=1 + seed % 2,
            width=16 * (1 + seed // 2 % 2), **options,
        )  # fmt: skip


def edge_milliseconds(town: Town, edge: int, side: int) -> int:
    """Whole milliseconds of an edge, in exact fractions."""
    network, profile = town.network, town.profile
    speed = profile.speeds[network.classes[network.highway[edge]]]
    kmh = Fraction(speed.built_up_kmh if network.built_up[edge] else speed.kmh)
    if profile.mode != "walk":
        kmh *= Fraction(float(network.factor[edge]))
    limit = float(network.limit_kmh[edge, side])
    if profile.maxspeed_share and limit != float("inf"):
        kmh = min(kmh, Fraction(limit) * Fraction(profile.maxspeed_share))
    return max(round(Fraction(float(network.length[edge])) * 3600 / kmh), 1)


def tenths(milliseconds: Fraction) -> int:
    """To whole milliseconds, then to tenths of a second, half up."""
    return (round(milliseconds) + 50) // 100


def oracle_graph(town: Town) -> nx.MultiDiGraph:
    """The street graph with a node of its own for each place and each venue."""
    network, profile = town.network, town.profile
    usable, barred = network.open[profile.mode], network.barred[profile.mode]
    ms = [[edge_milliseconds(town, e, side) for side in (0, 1)] for e in range(network.edges)]
    ends = list(zip(network.tail.tolist(), network.head.tolist(), strict=True))
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(node for node in range(network.nodes) if not barred[node])
    for e, (tail, head) in enumerate(ends):
        for side, (a, b) in enumerate(((tail, head), (head, tail))):
            if usable[e, side] and a in graph and b in graph:
                graph.add_edge(a, b, weight=max((ms[e][side] + 50) // 100, 1))
    a_metre = Fraction(profile.detour * 3600 / profile.access_kmh)
    parking = Fraction(profile.arrival_seconds) * 1000

    def located(snaps: Snaps, label: str) -> list[tuple[tuple[str, int], int, Fraction, Fraction]]:
        graph.add_nodes_from((label, i) for i in range(len(snaps.edge)))
        return [
            ((label, i), int(snaps.edge[i]), Fraction(float(snaps.share[i])),
             Fraction(float(snaps.metres[i])) * a_metre)
            for i in np.flatnonzero(snaps.edge != NOWHERE).tolist()
        ]  # fmt: skip

    homes, goals = located(town.homes, "place"), located(town.goals, "venue")
    for me, e, at, walk in homes:
        for side, node, part in ((0, ends[e][1], 1 - at), (1, ends[e][0], at)):
            if (usable[e, side] or part == 0) and not barred[node]:
                graph.add_edge(me, node, weight=tenths(ms[e][side] * part + walk))
    for me, e, at, walk in goals:
        for side, node, part in ((0, ends[e][0], at), (1, ends[e][1], 1 - at)):
            if (usable[e, side] or part == 0) and not barred[node]:
                graph.add_edge(node, me, weight=tenths(ms[e][side] * part + walk + parking))
    for one, e, start, walk in homes:
        for other, f, end, onward in goals:
            side = 0 if end >= start else 1
            if e == f and (usable[e, side] or end == start):
                part = ms[e][side] * abs(end - start)
                graph.add_edge(one, other, weight=tenths(part + walk + onward + parking))
    return graph


def oracle(town: Town) -> np.ndarray:
    graph = oracle_graph(town)
    expected = np.full((len(town.homes.edge), len(town.goals.edge)), UNREACHED, np.uint32)
    for place in range(len(expected)):
        for node, time in nx.single_source_dijkstra_path_length(graph, ("place", place)).items():
            if isinstance(node, tuple) and node[0] == "venue":
                expected[place, node[1]] = time
    return expected


def compare_many(seeds: Sequence[int], wanted: int) -> None:
    pairs = reached = together = 0
    for seed in seeds:
        places, venues = (60, 45) if seed % 2 else (45, 60)
        town = random_town(seed, places=places, venues=venues)
        expected = oracle(town)
        for engine, times in ask_each(town, seed=seed):
            np.testing.assert_array_equal(times, expected, err_msg=f"{engine}, seed {seed}")
        pairs += times.size
        reached += int((times != UNREACHED).sum())
        same = town.homes.edge[:, None] == town.goals.edge[None, :]
        together += int((same & town.homes.connected[:, None]).sum())
    assert pairs >= wanted
    assert 0.2 * pairs < reached < 0.95 * pairs
    assert together > pairs / 200


def test_a_hundred_thousand_pairs_of_every_engine_equal_networkx():
    compare_many(range(38), PAIRS)


@pytest.mark.slow
def test_a_million_pairs_of_every_engine_equal_networkx():
    compare_many(range(1000, 1375), PAIRS_SLOW)


@st.composite
def towns(draw: st.DrawFn) -> Town:
    """Small ones, whose figures are exact in binary: halves are halves to both sides."""
    nodes = draw(st.integers(1, 6))
    node = st.integers(0, nodes - 1)
    edge = st.tuples(
        node, node, st.integers(0, 640), st.sampled_from((BOTH, FORWARD, BACKWARD, CLOSED)),
        st.integers(0, 2),
    )  # fmt: skip
    edges = draw(st.lists(edge, min_size=1, max_size=9))
    tail, head, length, ways, highway = zip(*edges, strict=True)
    barred = draw(st.lists(node, max_size=1))
    place = st.tuples(
        st.integers(NOWHERE, len(edges) - 1), st.integers(0, 8), st.integers(0, 200)
    )  # fmt: skip
    homes = draw(st.lists(place, min_size=1, max_size=4))
    goals = draw(st.lists(place, min_size=1, max_size=4))
    network = network_of(
        nodes, tail, head, [metres / 64 for metres in length], ways, highway=highway, barred=barred
    )
    profile = profile_of("walk", access_kmh=4.5, detour=1.25, maxspeed_share=0.0)
    snapped = [
        snaps_of([e for e, _, _ in them], [s / 8 for _, s, _ in them], [m / 8 for *_, m in them])
        for them in (homes, goals)
    ]
    return Town(network, profile, *snapped)


@given(towns(), st.integers(0, 3))
def test_small_towns_equal_networkx(town, seed):
    expected = oracle(town)
    np.testing.assert_array_equal(ask(town), expected)
    for engine, times in ask_each(town, seed=seed):
        np.testing.assert_array_equal(times, expected, err_msg=engine)


@given(towns(), st.integers(0, 300), st.integers(0, 3))
def test_a_bounded_search_of_every_engine_is_the_full_search_filtered(town, horizon, seed):
    full = ask(town)
    expected = np.where(full <= horizon, full, UNREACHED)
    np.testing.assert_array_equal(ask(town, horizon=horizon), expected)
    for engine, times in ask_each(town, horizon=horizon, seed=seed):
        np.testing.assert_array_equal(times, expected, err_msg=engine)


@given(towns(), st.data())
def test_of_equally_near_venues_every_engine_names_the_lowest(town, data):
    expected = oracle(town)
    venue = st.lists(st.integers(0, expected.shape[1] - 1), unique=True)
    groups = [np.array(group, np.int64) for group in data.draw(st.lists(venue, max_size=5))]
    for engine in ENGINES:
        ticks, which = nearest_venue(*question(town), groups, horizon=EVER, engine=engine)
        for k, group in enumerate(groups):
            for place, times in enumerate(expected):
                best = min(((int(times[v]), v) for v in group.tolist()), default=(UNREACHED, -1))
                best = best if best[0] != UNREACHED else (UNREACHED, -1)
                assert (int(ticks[place, k]), int(which[place, k])) == best, engine


@pytest.mark.parametrize("seed", range(200, 208))
def test_a_changed_network_is_asked_itself_whatever_is_kept_of_the_old_one(seed, tmp_path):
    """A closed bridge and a slower class: exact by every engine, from cold and warm caches."""
    town = random_town(seed, places=25, venues=20)
    rng = np.random.default_rng(seed)
    usable = {mode: ways.copy() for mode, ways in town.network.open.items()}
    for ways in usable.values():
        ways[rng.choice(town.network.edges, town.network.edges // 5, replace=False)] = False
    speeds = dict(town.profile.speeds)
    for name in CLASSES[1:]:
        speeds[name] = replace(
            speeds[name], kmh=speeds[name].kmh / 3, built_up_kmh=speeds[name].built_up_kmh / 3
        )
    versions = [
        town, replace(town, network=replace(town.network, open=usable)),
        replace(town, profile=replace(town.profile, speeds=speeds)), town,
    ]  # fmt: skip
    expected = [oracle(version) for version in versions]
    assert not np.array_equal(expected[0], expected[1])
    assert not np.array_equal(expected[0], expected[2])
    for run in range(2):
        engines._prepared.clear()
        for version, times in zip(versions, expected, strict=True):
            for engine, found in ask_each(version, seed=seed + run, folder=tmp_path):
                np.testing.assert_array_equal(found, times, err_msg=f"{engine}, run {run}")
    assert len(list(tmp_path.iterdir())) == 3


@given(towns(), st.data())
def test_closing_an_edge_shortens_nothing(town, data):
    edge = data.draw(st.integers(0, town.network.edges - 1))
    usable = town.network.open["walk"].copy()
    usable[edge] = False
    closed = replace(town.network, open=dict.fromkeys(MODES, usable))
    assert (ask(replace(town, network=closed)) >= ask(town)).all()


@given(towns(), st.integers(0, 2))
def test_a_faster_road_lengthens_nothing(town, which):
    faster = [4.5, 9.0, 36.0]
    faster[which] *= 3
    quick = replace(town.profile, speeds=profile_of(kmh=faster).speeds)
    assert (ask(replace(town, profile=quick)) <= ask(town)).all()


def relabelled(town: Town, rng: np.random.Generator) -> Town:
    """The same town, with other numbers for its nodes and its edges."""
    network = town.network
    new = rng.permutation(network.nodes)
    old = np.argsort(new)
    order = rng.permutation(network.edges)
    moved = network_of(
        network.nodes, new[network.tail[order]], new[network.head[order]],
        network.length[order], network.open["car"][order], highway=network.highway[order],
        barred=np.flatnonzero(network.barred["car"][old]), limit=network.limit_kmh[order],
        factor=network.factor[order], built_up=network.built_up[order],
    )  # fmt: skip
    where = np.append(np.argsort(order), NOWHERE)
    return replace(
        town,
        network=moved,
        homes=replace(town.homes, edge=where[town.homes.edge]),
        goals=replace(town.goals, edge=where[town.goals.edge]),
    )


def turned_round(network: Network) -> Network:
    """What was open along an edge is open against it."""
    return replace(
        network,
        open={mode: ways[:, ::-1] for mode, ways in network.open.items()},
        limit_kmh=network.limit_kmh[:, ::-1],
    )


def rounded_shares(town: Town) -> Town:
    """Shares that 1 - share brings back exactly."""
    homes, goals = (
        replace(snaps, share=np.round(snaps.share * 1024) / 1024)
        for snaps in (town.homes, town.goals)
    )
    return replace(town, homes=homes, goals=goals)


SEEDS = pytest.mark.parametrize("seed", range(100, 112))


@SEEDS
def test_other_numbers_for_nodes_and_edges_change_nothing(seed):
    town = random_town(seed, places=30, venues=20)
    np.testing.assert_array_equal(ask(relabelled(town, np.random.default_rng(seed))), ask(town))


@SEEDS
def test_from_the_venues_is_to_the_venues_with_every_street_turned_round(seed):
    town = random_town(seed, places=30, venues=20)
    back = Town(turned_round(town.network), town.profile, town.goals, town.homes)
    np.testing.assert_array_equal(ask(back).T, ask(town))


@SEEDS
def test_neither_the_block_size_nor_the_side_searched_from_matters(seed, monkeypatch):
    town = random_town(seed, places=30, venues=20)
    whole = ask(town)
    few = np.arange(7)
    some = replace(town, homes=town.homes.take(few))
    np.testing.assert_array_equal(ask(some), whole[few], err_msg="searched from the places")
    for cells in (1, 3 * (town.network.nodes + 20)):
        monkeypatch.setattr(routing, "BLOCK_CELLS", cells)
        np.testing.assert_array_equal(ask(town), whole)
        np.testing.assert_array_equal(ask(some), whole[few])


@SEEDS
def test_going_by_way_of_somewhere_is_never_shorter(seed):
    """Everybody lives at a crossing, on a two-way stub, so nothing but arcs is summed."""
    rng = np.random.default_rng(seed)
    core = random_network(rng, 40, 90)
    crossing = np.arange(40)
    network = network_of(
        80,
        np.append(core.tail, crossing), np.append(core.head, crossing + 40),
        np.append(core.length, np.zeros(40)),
        [*map(tuple, core.open["car"]), *[BOTH] * 40],
        highway=np.append(core.highway, np.zeros(40)),
    )  # fmt: skip
    here = snaps_of(core.edges + crossing, np.zeros(40), np.zeros(40))
    times = ask(Town(network, profile_of(arrival_seconds=0.0), here, here)).astype(float)
    times[times == UNREACHED] = np.inf
    assert (np.diag(times) == 0).all()
    assert (times[:, None, :] <= times[:, :, None] + times[None, :, :]).all()


@SEEDS
def test_two_way_streets_make_equal_times_both_ways(seed):
    rng = np.random.default_rng(seed)
    network = random_network(rng, 50, 80)
    both = network_of(50, network.tail, network.head, network.length, [BOTH] * network.edges)
    town = rounded_shares(Town(
        both, profile_of(arrival_seconds=0.0), *[random_snaps(rng, np.arange(80), 30)] * 2
    ))  # fmt: skip
    times = ask(town)
    np.testing.assert_array_equal(times, times.T)


@SEEDS
def test_a_slower_twin_and_a_far_component_change_nothing(seed):
    town = random_town(seed, places=30, venues=20)
    network = town.network
    more = network_of(
        network.nodes + 2,
        [*network.tail, network.tail[0], network.nodes], [*network.head, network.head[0],
                                                         network.nodes + 1],
        [*network.length, network.length[0] + 100, 50.0],
        [*map(tuple, network.open["car"]), tuple(network.open["car"][0]), BOTH],
        highway=[*network.highway, network.highway[0], 0],
        barred=np.flatnonzero(network.barred["car"]),
        limit=np.vstack([network.limit_kmh, network.limit_kmh[:1], [[np.inf, np.inf]]]),
        factor=np.append(network.factor, [network.factor[0], 1.0]),
        built_up=np.append(network.built_up, [network.built_up[0], False]),
    )  # fmt: skip
    np.testing.assert_array_equal(ask(replace(town, network=more)), ask(town))


LINE = network_of(4, [0, 1, 2], [1, 2, 3], [100.0, 100.0, 100.0], [BOTH, FORWARD, BOTH])


def one_trip(network: Network, home: tuple[int, float], goal: tuple[int, float], **changes) -> int:
    profile = profile_of("walk", (3.6, 3.6, 3.6), arrival_seconds=0.0, **changes)
    town = Town(network, profile, snaps_of([home[0]], [home[1]], [0.0]),
                snaps_of([goal[0]], [goal[1]], [0.0]))  # fmt: skip
    (ticks,) = {int(times[0, 0]) for times in (ask(town), *(t for _, t in ask_each(town)))}
    return ticks


def test_by_hand_a_metre_a_second():
    assert one_trip(LINE, (0, 0.5), (2, 0.25)) == 1750
    assert one_trip(LINE, (2, 0.25), (0, 0.5)) == UNREACHED
    assert one_trip(LINE, (1, 0.25), (1, 0.75)) == 500
    assert one_trip(LINE, (1, 0.75), (1, 0.25)) == UNREACHED
    assert one_trip(LINE, (1, 0.5), (1, 0.5)) == 0


def test_against_a_one_way_street_the_trip_goes_round_the_block():
    block = network_of(3, [0, 1, 2], [1, 2, 0], [100.0, 50.0, 50.0], [FORWARD] * 3)
    assert one_trip(block, (0, 0.75), (0, 0.25)) == 1500


def test_a_detour_may_be_quicker_than_the_common_edge():
    ladder = network_of(2, [0, 0], [1, 1], [900.0, 10.0], [BOTH, BOTH])
    assert one_trip(ladder, (0, 0.0), (0, 1.0)) == 100


def test_a_barrier_stops_who_sets_out_beside_it():
    gated = network_of(3, [0, 1], [1, 2], [100.0, 100.0], [BOTH, BOTH], barred=[1])
    assert one_trip(gated, (0, 0.5), (1, 0.5)) == UNREACHED
    assert one_trip(gated, (0, 0.25), (0, 0.75)) == 500


def test_walks_and_parking_are_charged_once_at_their_ends():
    profile = profile_of("walk", (3.6,) * 3, access_kmh=3.6, detour=1.0, arrival_seconds=60.0)
    town = Town(LINE, profile, snaps_of([0], [0.0], [30.0]), snaps_of([0], [1.0], [7.0]))
    assert ask(town).tolist() == [[1000 + 300 + 70 + 600]]


@pytest.mark.parametrize(
    ("home", "goal", "ticks"), [((0, 0.0), (2, 1.0), 3000), ((1, 0.25), (1, 0.75), 500)]
)
def test_the_horizon_itself_is_within(home, goal, ticks):
    """Through nodes, and along one edge."""
    town = Town(LINE, profile_of("walk", (3.6,) * 3, arrival_seconds=0.0),
                snaps_of([home[0]], [home[1]], [0.0]),
                snaps_of([goal[0]], [goal[1]], [0.0]))  # fmt: skip
    for horizon, expected in ((ticks, ticks), (ticks - 1, UNREACHED)):
        assert ask(town, horizon=horizon)[0, 0] == expected
        assert {int(t[0, 0]) for _, t in ask_each(town, horizon=horizon)} == {expected}


def test_nobody_and_nowhere():
    nobody, nowhere = snaps_of([], [], []), snaps_of([NOWHERE], [0.0], [0.0])
    here = snaps_of([0], [0.5], [0.0])
    profile = profile_of()
    assert ask(Town(LINE, profile, nobody, here)).shape == (0, 1)
    assert ask(Town(LINE, profile, here, nobody)).shape == (1, 0)
    assert ask(Town(LINE, profile, nowhere, here)).tolist() == [[UNREACHED]]
    assert ask(Town(LINE, profile, here, nowhere)).tolist() == [[UNREACHED]]
