"""Roads thought otherwise: times told by hand, and no time that a search from scratch denies."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from kepu.coverage import scenario_times
from kepu.coverage.scenario_times import Roadside, on_roads
from kepu.geo import reroute
from kepu.geo.crs import WGS84, transform
from kepu.geo.edits import Roadworks, close, edges_named, edges_of_way, flood, stretches
from kepu.geo.errors import NetworkError
from kepu.geo.network import Network
from kepu.geo.new_roads import Road, build_road
from kepu.geo.profile import MODES, default_profiles, with_speeds
from kepu.geo.reroute import Trip, rerouted, table
from kepu.geo.routing import UNREACHED, door_to_door
from kepu.geo.snap import Doors, snap
from kepu.layers.roads import read_roads

from .conftest import Town
from .test_routing import EVER, network_of, profile_of, random_network, random_snaps, snaps_of

ROADS = Path(__file__).parents[1] / "data/boundaries/roads.osm.pbf"
worlds = given(st.integers(0, 2**31 - 1))


@cache
def district() -> Network:
    return read_roads(ROADS, default_profiles()).network


def cut_somewhere(rng: np.random.Generator, works: Roadworks, share: float = 0.15) -> Roadworks:
    """Close some edges whole and of some a stretch."""
    edges = works.standing.edges
    works = close(works, rng.random(edges) < share)
    wet = np.full((edges, 2), np.nan)
    some = rng.random(edges) < share
    wet[some] = np.sort(rng.random((int(some.sum()), 2)), axis=1)
    return flood(works, wet)


class World:
    """A random network, people and goals on it."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        nodes = int(self.rng.integers(2, 60))
        self.network = random_network(self.rng, nodes, int(nodes * 1.8) + 2)
        self.profile = profile_of(str(self.rng.choice(MODES)))
        every = np.arange(self.network.edges)
        self.homes = random_snaps(self.rng, every, 24)
        self.goals = random_snaps(self.rng, every[: max(2, len(every) // 3)], 18)
        self.horizon = int(self.rng.choice([900, 6000, EVER]))

    def trip(self, works: Roadworks, profile=None) -> Trip:
        mode = profile or self.profile
        homes = works.doors(mode, self.homes, leaving=True)
        return Trip(works, mode, homes, works.doors(mode, self.goals, leaving=False))

    def times(self, trip: Trip) -> np.ndarray:
        return table(
            trip.works, trip.profile, trip.leaving, trip.arriving, horizon=self.horizon,
            engine="scipy",
        )  # fmt: skip


def reference(world: World, works: Roadworks) -> np.ndarray:
    """Times by networkx; the doors of each place are told by a plain loop."""
    network, profile = works.standing, world.profile
    mode = profile.mode
    graph = nx.DiGraph()
    graph.add_nodes_from(range(network.nodes))
    arcs = works.network.arcs(profile).tocoo()
    for a, b, ticks in zip(arcs.row, arcs.col, arcs.data, strict=True):
        graph.add_edge(int(a), int(b), weight=int(ticks))
    homes, goals = (
        door_to_list(network, profile, works, snaps, leaving)
        for snaps, leaving in ((world.homes, True), (world.goals, False))
    )
    found = np.full((len(homes), len(goals)), UNREACHED, np.uint32)
    both = network.milliseconds(profile)
    for p, doors_out in enumerate(homes):
        reach: dict[int, int] = {}
        for node, ticks in doors_out:
            for other, more in nx.single_source_dijkstra_path_length(graph, node).items():
                reach[other] = min(reach.get(other, EVER * 9), ticks + more)
        for v, doors_in in enumerate(goals):
            best = min((reach[n] + t for n, t in doors_in if n in reach), default=None)
            edge = world.homes.edge[p]
            if edge >= 0 and edge == world.goals.edge[v]:
                low, high = works.cuts[mode][edge]
                start, end = world.homes.share[p], world.goals.share[v]
                way = 0 if end >= start else 1
                free = start == end or not (max(start, end) >= low and min(start, end) <= high)
                if free and (network.open[mode][edge][way] or start == end):
                    walk = profile.access_milliseconds(1.0) * world.homes.metres[p]
                    walk_in = profile.access_milliseconds(1.0) * world.goals.metres[v]
                    walk_in += profile.arrival_seconds * 1000
                    part = abs(end - start) * both[edge][way] + walk + walk_in
                    direct = (int(np.rint(part)) + 50) // 100
                    best = direct if best is None else min(best, direct)
            if best is not None and best <= world.horizon:
                found[p, v] = best
    return found


def door_to_list(network, profile, works, snaps, leaving) -> list[list[tuple[int, int]]]:
    lists = []
    times = network.milliseconds(profile)
    for edge, share, metres in zip(snaps.edge, snaps.share, snaps.metres, strict=True):
        doors: list[tuple[int, int]] = []
        if edge >= 0:
            low, high = works.cuts[profile.mode][edge]
            walk = profile.access_milliseconds(1.0) * metres
            walk += 0 if leaving else profile.arrival_seconds * 1000
            open_ = network.open[profile.mode][edge]
            ends = (
                (network.tail[edge], share, 1 if leaving else 0, share == 0, low <= share),
                (network.head[edge], 1 - share, 0 if leaving else 1, share == 1, high >= share),
            )
            for node, part, way, there, wet in ends:
                usable = (open_[way] and not wet) or there
                if usable and not network.barred[profile.mode][node]:
                    ticks = (int(np.rint(times[edge][way] * part + walk)) + 50) // 100
                    doors.append((int(node), ticks))
        lists.append(doors)
    return lists


@worlds
def test_times_on_cut_roads_equal_networkx(seed):
    world = World(seed)
    works = cut_somewhere(world.rng, Roadworks.of(world.network))
    np.testing.assert_array_equal(world.times(world.trip(works)), reference(world, works))


@worlds
def test_nothing_done_is_nothing_changed(seed):
    world = World(seed)
    works = Roadworks.of(world.network)
    assert works.network is world.network
    trip = world.trip(works)
    plain = door_to_door(
        world.network, world.profile, trip.arcs, trip.leaving, trip.arriving, horizon=world.horizon
    )
    np.testing.assert_array_equal(world.times(trip), plain)
    again = rerouted(plain, trip, world.trip(works), horizon=world.horizon)
    assert again is plain


@worlds
def test_only_what_is_touched_is_searched_and_all_of_it(seed):
    """A few edges closed, opened or of another speed: the times that a search of all gives."""
    world = World(seed)
    old = cut_somewhere(world.rng, Roadworks.of(world.network), 0.05)
    new = cut_somewhere(world.rng, old, 0.04)
    slow = with_speeds(world.profile, {"lane": float(world.rng.choice([3.0, 4.5, 8.0]))})
    for before, after in (
        (world.trip(old), world.trip(new)),
        (world.trip(new), world.trip(old)),
        (world.trip(old), world.trip(new, slow)),
    ):
        known = world.times(before)
        kept = known.copy()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(reroute, "WORTH", 0)
            found = rerouted(known, before, after, horizon=world.horizon, engine="scipy")
        np.testing.assert_array_equal(found, world.times(after))
        np.testing.assert_array_equal(known, kept)


@worlds
def test_closing_shortens_nothing_and_opening_lengthens_nothing(seed):
    """Invariants 6 and 7, with everybody tied where they were."""
    world = World(seed)
    whole = Roadworks.of(world.network)
    cut = cut_somewhere(world.rng, whole, 0.2)
    more = cut_somewhere(world.rng, cut, 0.1)
    free, some, few = (world.times(world.trip(works)) for works in (whole, cut, more))
    assert (free <= some).all()
    assert (some <= few).all()
    quick = with_speeds(world.profile, {"lane": 30.0, "road": 30.0, "street": 60.0})
    assert (world.times(world.trip(cut, quick)) <= some).all()


def test_a_wet_stretch_leaves_both_dry_ends():
    """A 1000 m lane 0-1, wet from 400 to 600 m; 36 km/h: a tenth of it takes 10 s."""
    network = network_of(2, [0], [1], [1000.0], [(1, 1)], highway=[2])
    profile = profile_of(arrival_seconds=0.0, maxspeed_share=0.0)
    wet = flood(Roadworks.of(network), np.array([[0.4, 0.6]]))
    homes = snaps_of([0] * 4, [0.1, 0.3, 0.5, 0.9], [0.0] * 4)
    goals = snaps_of([0] * 4, [0.0, 0.3, 0.7, 1.0], [0.0] * 4)
    ticks = table(
        wet, profile, wet.doors(profile, homes, leaving=True),
        wet.doors(profile, goals, leaving=False), horizon=EVER,
    )  # fmt: skip
    never = UNREACHED
    assert ticks.tolist() == [
        [100, 200, never, never],
        [300, 0, never, never],
        [never, never, never, never],
        [never, never, 200, 100],
    ]


def test_edits_leave_the_old_roads_alone():
    network = district()
    before = [np.array(network.open["car"]), network.tail.copy(), network.lon.copy()]
    works = close(Roadworks.of(network), edges_named(network, "北江一桥"))
    works = build_road(works, new_road(network), list(default_profiles().values()))
    assert works.network.edges == network.edges + 5
    for now, then in zip((network.open["car"], network.tail, network.lon), before, strict=True):
        np.testing.assert_array_equal(now, then)


def new_road(network: Network, highway: str = "secondary", bend: float = 0.0) -> Road:
    """From the middle of one edge to the middle of another, 3 km or so away."""
    quiet = (network.highway == network.classes.index("tertiary")) & (network.length > 300)
    near = [
        (a, b)
        for a in np.flatnonzero(quiet)[:40].tolist()
        for b in np.flatnonzero(quiet)[:40].tolist()
        if 2000 < network.lines[a].distance(network.lines[b]) < 6000
    ]
    points = []
    for edge in near[0]:
        middle = network.lines[edge].interpolate(0.4, normalized=True)
        points.append((middle.x, middle.y))
    if bend:
        points.insert(1, (points[0][0], points[0][1] + bend))
    x, y = np.array(points).T
    lon, lat = transform(x, y, network.crs, WGS84)
    return Road(tuple(zip(lon.tolist(), lat.tolist(), strict=True)), highway)


def people_of(network: Network, works: Roadworks, mode: str, *, leaving: bool) -> Doors:
    profile = default_profiles()[mode]
    rng = np.random.default_rng(3)
    west, south, east, north = shapely.total_bounds(network.lines)
    at = rng.uniform((west, south), (east, north), (160, 2))
    out, into = network.joinable(profile, network.arcs(profile))
    edges = out if leaving else into
    snaps = snap(network, *at.T, joinable=edges, limit_metres=2000)
    on_new = [edge for edge in works.pieces if edge < network.edges]
    snaps.edge[: len(on_new)] = on_new  # some stand on the edges that the road ends in
    snaps.metres[: len(on_new)] = 20.0
    return works.doors(profile, snaps, leaving=leaving)


@pytest.mark.parametrize("mode", MODES)
def test_a_new_road_lengthens_no_trip_and_shortens_none_that_does_not_use_it(mode):
    network, profiles = district(), list(default_profiles().values())
    old = Roadworks.of(network)
    short, useless = (
        build_road(old, new_road(network, bend=bend), profiles) for bend in (0.0, 60_000.0)
    )
    assert len(short.pieces) == 2
    mine = default_profiles()[mode]
    found = {}
    for name, works in (("old", old), ("short", short), ("useless", useless)):
        ends = [people_of(network, short if name == "old" else works, mode, leaving=way)
                for way in (True, False)]  # fmt: skip
        trip = Trip(works, mine, *ends)
        found[name] = table(works, mine, *ends, horizon=EVER, engine="scipy")
        if name != "old":
            stood = [old.doors(mine, ends[i].snaps, leaving=i == 0) for i in (0, 1)]
            before = Trip(old, mine, *stood)
            np.testing.assert_array_equal(
                rerouted(found["old"], before, trip, horizon=EVER, engine="scipy"), found[name]
            )
    assert (found["short"] <= found["old"]).all()
    assert (found["short"] < found["old"]).any()
    np.testing.assert_array_equal(found["useless"], found["old"])


ALONG = """
grid 250
|A---B
|
|C-D-E
mode walk arrival_seconds=0
way AB highway=residential
way CDE highway=residential
way AC highway=residential
town T
place p at=A+400E town=T
venue v at=D
"""
"""A---B is 1000 m; p lives at 400 m and goes round by A and C."""


def with_road(drawn: Town, mode: str, start: str, highway: str) -> tuple[int, int]:
    """Return the ticks from p to v before and after a road from a spot to D."""
    roads = drawn.roads()
    before = drawn.times(roads, mode, "to_venue", 120)
    x, y = np.array([drawn.spot(start), drawn.at["D"]]).T
    lon, lat = transform(x, y, drawn.demand.crs, WGS84)
    road = Road(tuple(zip(lon.tolist(), lat.tolist(), strict=True)), highway)
    old = Roadworks.of(roads.network)
    new = build_road(old, road, list(drawn.profiles.values()))
    sides = [
        Roadside(works, drawn.profiles[mode], direction="to_venue", barriers=None)
        for works in (old, new)
    ]
    return int(before.ticks[0, 0]), int(on_roads(before, *sides).ticks[0, 0])


def test_who_lives_on_the_edge_takes_the_new_road_at_once(town):
    """A---B is 1000 m, a new road from its middle to D 500 m: p, at 400 m, walks 600 m."""
    before, after = with_road(town(ALONG), "walk", "A+500E", "residential")
    assert before == 12600  # 400 + 500 + 500 m at 4 km/h
    assert abs(after - 5400) <= 1


@pytest.mark.parametrize(("highway", "metres"), [("residential", 800), ("footway", 0)])
def test_a_road_joins_what_those_who_use_it_can_use(town, highway, metres):
    """
    It begins 4 m from the street and 2 m from the footway along it, which takes no cars.

    A path joins that footway, which p reaches at A alone.
    """
    drawn = town(ALONG)
    for name, spot in (("F", "A+300E+6S"), ("G", "A+700E+6S")):
        drawn.fix(name, *drawn.spot(spot))
    drawn.ways.append(("AFG", {"highway": "footway"}))
    before, after = with_road(drawn, "car", "A+500E+4S", highway)
    assert before - after == pytest.approx(metres * 1.8, abs=20)  # ticks, at 20 km/h
    before, after = with_road(drawn, "walk", "A+500E+4S", highway)
    assert before - after == pytest.approx(metres * 9.0, abs=80)


def test_a_piece_that_begins_where_the_water_ends_is_dry(town):
    network = town(ALONG).roads().network
    x, y = network.shape_xy
    line = ((x.min() + 500, y.max() + 5), (x.min(), y.min()))
    lon, lat = transform(*np.array(line).T, network.crs, WGS84)
    road = Road(tuple(zip(lon.tolist(), lat.tolist(), strict=True)), "residential")
    profiles = list(default_profiles().values())
    ((edge, (first, second, share)),) = build_road(
        Roadworks.of(network), road, profiles
    ).pieces.items()
    wet = np.full((network.edges, 2), np.nan)
    wet[edge] = 0.0, share
    works = build_road(flood(Roadworks.of(network), wet), road, profiles)
    assert works.network.open["car"][[edge, first, second]].any(axis=1).tolist() == [
        False, False, True,
    ]  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
def test_where_no_street_is_near_a_road_joins_what_there_is(town, mode):
    drawn = town(ALONG.replace("way AB highway=residential", "way AB highway=footway"))
    before, after = with_road(drawn, mode, "A+500E+4S", "residential")
    assert (after < before) is (mode == "walk")


@pytest.mark.parametrize("seed", range(4))
def test_where_one_may_join_is_kept_for_each_profile(seed):
    """What is kept for a network and a mode is that of this mode and its speeds."""
    world = World(seed)
    slow = with_speeds(world.profile, {"lane": 3.0})
    for _ in range(2):
        for profile in (world.profile, slow):
            wanted = world.network.joinable(profile, world.network.arcs(profile))
            found = scenario_times._joinable(world.network, profile)
            np.testing.assert_array_equal(found, wanted)


def test_roads_are_found_by_name_way_and_area():
    network = district()
    bridge = edges_named(network, "北江一桥")
    assert bridge.sum() == 1
    edge = int(np.flatnonzero(bridge)[0])
    assert edges_of_way(network, int(network.way[edge]))[edge]
    assert not edges_named(network, "").any()
    middle = network.lines_wgs84[edge].interpolate(0.5, normalized=True)
    area = middle.buffer(0.001)
    wet = stretches(network, area)
    assert 0 < wet[edge, 0] < 0.5 < wet[edge, 1] < 1
    assert np.isnan(stretches(network, area, bridges=False)[edge]).all()
    inside = stretches(network, shapely.box(110, 20, 116, 26))
    assert (inside[network.length > 0] == (0, 1)).all()


def test_a_road_that_ends_nowhere_is_refused():
    network = district()
    road = replace(new_road(network), line=((112.0, 23.0), (112.1, 23.0)))
    with pytest.raises(NetworkError, match="E-EDIT-ROAD-LOOSE"):
        build_road(Roadworks.of(network), road, list(default_profiles().values()))
    with pytest.raises(NetworkError, match="E-EDIT-CLASS"):
        build_road(
            Roadworks.of(network), replace(road, highway="x"), list(default_profiles().values())
        )
