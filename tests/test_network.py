"""From ways to arcs: nothing is lost at a cut, nothing is added up that runs side by side."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod
from scipy.sparse import csr_matrix

from kepu.geo.errors import Fault, NetworkError
from kepu.geo.network import Network, main_component, quickest_arcs, ticks
from kepu.geo.profile import FERRY_WAIT_SECONDS, MODES, ClassSpeed, default_profiles
from kepu.geo.ways import Ways, build

EARTH = Geod(ellps="WGS84")
PROFILES = default_profiles()
BOTH = (True, True)


def ways_of(
    *ways: list[int],
    places: dict[int, tuple[float, float]] | None = None,
    highway: str | list[str] = "residential",
    usable: list[tuple[bool, bool]] | None = None,
    barred: list[int] = (),
) -> Ways:
    """Ways over numbered nodes; node n lies at (113 + n / 1000, 23.7) unless `places` says more."""
    refs = [ref for way in ways for ref in way]
    place = {ref: (113.0 + ref / 1000, 23.7) for ref in refs} | (places or {})
    count = len(ways)
    return Ways(
        first=np.cumsum([0, *map(len, ways)]),
        ref=np.array(refs, np.int64),
        lon=np.array([place[ref][0] for ref in refs]),
        lat=np.array([place[ref][1] for ref in refs]),
        identifier=np.arange(count) + 500,
        classes=[highway] * count if isinstance(highway, str) else highway,
        names=["" if i % 2 else f"路{i}" for i in range(count)],
        factor=np.ones(count),
        limit_kmh=np.full((count, 2), np.inf),
        open=dict.fromkeys(MODES, np.array(usable or [BOTH] * count)),
        structure=np.zeros(count, bool),
        barred=dict.fromkeys(MODES, np.array(barred, np.int64)),
    )


def pieces(network: Network) -> list[tuple[int, ...]]:
    """The source's nodes at the ends of every edge."""
    return list(zip(network.node[network.tail].tolist(), network.node[network.head].tolist(),
                    strict=True))  # fmt: skip


@pytest.mark.parametrize(
    ("milliseconds", "expected"), [(0, 0), (49, 0), (50, 1), (149, 1), (150, 2), (250, 3)]
)
def test_half_a_tick_rounds_up(milliseconds, expected):
    assert ticks(milliseconds) == expected


def test_ways_are_cut_where_they_meet_and_nowhere_else():
    network = build(ways_of([1, 2, 3, 4, 5], [6, 3, 7]))
    assert pieces(network) == [(1, 3), (3, 5), (6, 3), (3, 7)]
    assert np.diff(network.first).tolist() == [3, 3, 2, 2]
    assert network.way.tolist() == [500, 500, 501, 501]
    assert [network.names[i] for i in network.name] == ["路0", "路0", "", ""]
    assert network.names[0] == ""


def test_a_way_that_meets_itself_is_cut_there():
    assert pieces(build(ways_of([1, 2, 3, 4, 2, 5]))) == [(1, 2), (2, 2), (2, 5)]


def test_a_closed_way_is_a_loop_and_no_arc():
    network = build(ways_of([1, 2, 3, 1]))
    assert pieces(network) == [(1, 1)]
    assert network.arcs(PROFILES["walk"]).nnz == 0


def test_a_barrier_is_a_cut():
    network = build(ways_of([1, 2, 3], barred=[2]))
    assert pieces(network) == [(1, 2), (2, 3)]
    assert network.arcs(PROFILES["car"]).nnz == 0
    assert network.barred["car"].tolist() == [False, True, False]


def test_edges_begin_and_end_at_their_nodes():
    network = build(ways_of([1, 2, 3, 4, 5], [6, 3, 7], [7, 8, 1]))
    for e in range(network.edges):
        begin, last = network.first[e], network.first[e + 1] - 1
        assert network.shape_lon[begin] == network.lon[network.tail[e]]
        assert network.shape_lon[last] == network.lon[network.head[e]]


@st.composite
def towns(draw: st.DrawFn) -> Ways:
    count = draw(st.integers(2, 9))
    degree = st.floats(0, 0.02, allow_subnormal=False)
    places = {n: (113 + draw(degree), 23.7 + draw(degree)) for n in range(count)}
    way = st.lists(st.integers(0, count - 1), min_size=2, max_size=6)
    return ways_of(*draw(st.lists(way, min_size=1, max_size=5)), places=places)


@given(towns())
def test_no_metre_is_lost_at_the_cuts(ways):
    network = build(ways)
    along = 0.0
    for begin, end in pairwise(ways.first):
        along += EARTH.line_length(ways.lon[begin:end], ways.lat[begin:end])
    assert network.length.sum() == pytest.approx(along, rel=1e-12, abs=1e-9)
    for e in range(network.edges):
        part = slice(network.first[e], network.first[e + 1])
        drawn = EARTH.line_length(network.shape_lon[part], network.shape_lat[part])
        assert network.length[e] == pytest.approx(drawn, rel=1e-12, abs=1e-9)


@given(towns(), st.data())
def test_cutting_edges_in_two_moves_no_time_by_more_than_a_millisecond_a_part(ways, data):
    """A barrier for nobody in sight cuts the way without changing it."""
    middle = data.draw(st.sampled_from(sorted(set(ways.ref.tolist()))))
    cut = replace(ways, barred={"walk": np.array([middle]), "ebike": np.array([], int),
                                "car": np.array([], int)})  # fmt: skip
    whole, parted = build(ways), build(cut)
    for way in set(ways.identifier.tolist()):
        before = whole.milliseconds(PROFILES["car"])[whole.way == way].sum(axis=0)
        after = parted.milliseconds(PROFILES["car"])[parted.way == way].sum(axis=0)
        assert (np.abs(after - before) <= (parted.way == way).sum()).all()


def test_an_edge_is_the_same_in_every_clip():
    """What else a file holds changes neither length nor time of a piece of road."""
    rng = np.random.default_rng(3)
    places = {n: (113 + rng.random() / 50, 23.7 + rng.random() / 50) for n in range(90)}
    every = [list(rng.integers(0, 90, 5)) for _ in range(24)]
    whole = build(ways_of(*every, places=places))
    compared = 0
    for keep in range(1, 24):
        clip = build(ways_of(*every[:keep], places=places))
        shapes = {
            shapely.to_wkb(line): (length, tuple(time))
            for line, length, time in zip(
                whole.lines_wgs84, whole.length, whole.milliseconds(PROFILES["car"]), strict=True
            )
        }
        same = [shapely.to_wkb(line) in shapes for line in clip.lines_wgs84]
        compared += sum(same)
        for e in np.flatnonzero(same):
            expected = shapes[shapely.to_wkb(clip.lines_wgs84[e])]
            found = clip.length[e], tuple(clip.milliseconds(PROFILES["car"])[e])
            assert found == expected
    assert compared > 200


def test_a_smaller_earth_makes_shorter_roads():
    ways = ways_of([1, 2])
    sphere = build(ways, earth=Geod(a=6371000, b=6371000)).length[0]
    assert sphere == pytest.approx(6371000 * np.radians(0.001) * np.cos(np.radians(23.7)), abs=1e-6)
    assert build(ways).length[0] == pytest.approx(sphere, rel=3e-3)
    assert build(ways).length[0] != sphere


def test_of_parallel_arcs_the_quickest_stands_and_they_are_not_added():
    arcs = quickest_arcs(
        np.array([0, 0, 0, 1]), np.array([1, 1, 1, 0]), np.array([100, 60, 80, 7]), 2
    )
    assert arcs.toarray().tolist() == [[0, 60], [7, 0]]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(1, 99)), max_size=30))
def test_quickest_arcs_are_the_smallest_of_each_pair(found):
    source, target, weight = (np.array(part, np.int64) for part in (
        zip(*found, strict=True) if found else ([], [], [])))  # fmt: skip
    expected: dict[tuple[int, int], int] = {}
    for a, b, cost in found:
        expected[a, b] = min(cost, expected.get((a, b), cost))
    arcs = quickest_arcs(source, target, weight, 6).tocoo()
    assert dict(zip(zip(arcs.row.tolist(), arcs.col.tolist(), strict=True), arcs.data.tolist(),
                    strict=True)) == expected  # fmt: skip


@pytest.mark.parametrize("weight", [0, -1])
def test_an_arc_of_no_time_is_refused(weight):
    with pytest.raises(NetworkError) as error:
        quickest_arcs(np.array([0, 1]), np.array([1, 0]), np.array([5, weight]), 2)
    assert error.value.faults[0].code == "E-ARC-ZERO"


def test_an_edge_of_no_length_keeps_its_arc():
    ways = ways_of([1, 2], [2, 3], places={2: (113.001, 23.7)})
    network = build(ways)
    assert network.length[0] == 0
    assert network.milliseconds(PROFILES["walk"])[0].tolist() == [1, 1]
    assert network.arcs(PROFILES["walk"])[0, 1] == 1


def test_the_largest_component_and_who_is_tied_to_it():
    pairs = [0, 1, 2, 2, 3, 5, 6], [1, 2, 0, 4, 0, 6, 5]
    onward, back = main_component(csr_matrix(([1.0] * 7, pairs), shape=(8, 8)))
    assert onward.tolist() == [True, True, True, False, True, False, False, False]
    assert back.tolist() == [True, True, True, True, False, False, False, False]


def test_of_equal_components_the_one_with_the_lowest_node_is_the_main_one():
    arcs = csr_matrix(([1.0] * 4, ([0, 1, 2, 3], [1, 0, 3, 2])), shape=(4, 4))
    assert [part.tolist() for part in main_component(arcs)] == [[True, True, False, False]] * 2


def test_who_leaves_needs_a_way_in_and_who_arrives_a_way_out():
    """A street out of a closed yard may be left by but not come to."""
    network = build(ways_of([1, 2, 3, 1], [2, 4], [4, 5, 6], usable=[BOTH, (False, True), BOTH]))
    profile = PROFILES["car"]
    arcs = network.arcs(profile)
    leaving, arriving = network.joinable(profile, arcs)
    names = dict(zip(pieces(network), zip(leaving, arriving, strict=True), strict=True))
    assert names[2, 4] == (True, False)
    assert names[4, 6] == (True, False)


@pytest.mark.parametrize(
    ("highway", "structure", "expected"),
    [
        ("residential", False, True),
        ("residential", True, False),
        ("motorway", False, False),
        ("primary_link", False, False),
    ],
)
def test_nobody_joins_a_bridge_a_motorway_or_a_link(highway, structure, expected):
    network = build(ways_of([1, 2], highway=highway))
    network = replace(network, structure=np.array([structure]))
    profile = PROFILES["car"]
    for side in network.joinable(profile, network.arcs(profile)):
        assert side.tolist() == [expected]


class TestSpeeds:
    """Time = length / speed, to the millisecond, in exact fractions."""

    profile = replace(
        PROFILES["car"],
        maxspeed_share=0.5,
        speeds={"residential": ClassSpeed(20.0, 10.0, True, True),
                "ferry": ClassSpeed(10.0, 10.0, True, False)},
    )  # fmt: skip
    base = build(ways_of([1, 2], [3, 4], highway=["residential", "ferry"]))

    def network(self, **changes) -> Network:
        return replace(self.base, length=np.array([1000.0, 1000.0]), **changes)

    def test_the_class_gives_the_speed(self):
        times = self.network().milliseconds(self.profile)
        assert times.tolist() == [[180_000, 180_000], [360_000, 360_000]]

    def test_a_ferry_is_waited_for_where_one_comes_from_land_and_only_there(self):
        """Land, two legs of a ferry, land: ten minutes each way, not twenty."""
        classes = ["residential", "ferry", "ferry", "residential"]
        network = build(ways_of([1, 2], [2, 3], [3, 4], [4, 5], highway=classes))
        times = replace(network, length=np.full(4, 1000.0)).milliseconds(self.profile)
        wait = FERRY_WAIT_SECONDS * 1000
        assert times[1:3].tolist() == [[360_000 + wait, 360_000], [360_000, 360_000 + wait]]

    def test_built_up_speeds_apply_inside_towns_only(self):
        towns = shapely.box(113.0, 23.6, 113.0025, 23.8)
        inside = self.network().within_towns(towns)
        assert inside.built_up.tolist() == [True, False]
        assert inside.milliseconds(self.profile)[0].tolist() == [360_000, 360_000]

    def test_limits_by_direction_and_surface(self):
        limit = np.array([[20.0, np.inf], [np.inf, np.inf]])
        network = self.network(limit_kmh=limit, factor=np.array([0.75, 1.0]))
        assert network.milliseconds(self.profile)[0].tolist() == [360_000, 240_000]

    def test_a_walker_minds_neither_limits_nor_mud(self):
        limit = np.full((2, 2), 1.0)
        network = self.network(limit_kmh=limit, factor=np.array([0.5, 0.5]))
        assert network.milliseconds(PROFILES["walk"])[0].tolist() == [900_000, 900_000]

    def test_closed_is_nought_and_open_never(self):
        usable = np.array([[True, False], [True, True]])
        network = self.network(open=dict.fromkeys(MODES, usable))
        network = replace(network, length=np.zeros(2))
        assert network.milliseconds(self.profile)[0].tolist() == [1, 0]

    def test_an_open_road_without_a_speed_is_refused(self):
        speeds = {"ferry": self.profile.speeds["ferry"]}
        with pytest.raises(NetworkError) as error:
            self.network().milliseconds(replace(self.profile, speeds=speeds))
        assert error.value.faults[0].code == "E-SPEED-MISSING"

    @given(st.floats(0, 50_000), st.floats(1, 130), st.sampled_from([2, 3, 0.5]))
    def test_twice_as_fast_is_half_the_time_within_a_millisecond(self, length, kmh, factor):
        def time(speed: float) -> int:
            speeds = {
                name: ClassSpeed(speed, speed, True, True) for name in ("residential", "ferry")
            }
            profile = replace(self.profile, speeds=speeds)
            network = replace(self.base, length=np.full(2, length))
            return int(network.milliseconds(profile)[0, 0])

        exact = Fraction(length) * 3600 / Fraction(kmh)
        assert abs(time(kmh) - exact) <= 1
        assert abs(time(kmh * factor) * Fraction(factor) - time(kmh)) <= 1 + Fraction(factor)


def test_the_middle_of_a_road_decides_whether_it_is_built_up():
    places = {1: (113.0, 23.7), 2: (113.01, 23.7), 3: (113.02, 23.7)}
    network = build(ways_of([1, 2, 3], places=places))
    assert network.within_towns(shapely.box(113.005, 23, 113.015, 24)).built_up.tolist() == [True]
    assert network.within_towns(shapely.box(112.9, 23, 113.005, 24)).built_up.tolist() == [False]


def test_the_share_of_assumed_speeds_is_by_length():
    network = build(ways_of([1, 2], [2, 5], [5, 6], usable=[BOTH, BOTH, (False, False)]))
    limit = np.full((3, 2), np.inf)
    limit[0, 1] = 40.0
    network = replace(network, limit_kmh=limit)
    assert network.assumed_share("car") == pytest.approx(0.75, abs=1e-6)
    closed = dict.fromkeys(MODES, np.zeros((3, 2), bool))
    assert replace(network, open=closed).assumed_share("car") == 1.0


def test_warnings_are_carried_along():
    fault = Fault("W-OSM-NODES", facts={"count": 1})
    assert build(ways_of([1, 2]), warnings=(fault,)).warnings == (fault,)
