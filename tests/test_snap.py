"""Places and the road: the nearest point on an edge, by brute force and by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from kepu.geo.crs import WGS84, transform
from kepu.geo.network import Network
from kepu.geo.profile import MODES, ClassSpeed, default_profiles
from kepu.geo.snap import NOWHERE, Snaps, along_edge, doors, snap
from kepu.geo.ways import Ways, build

METRIC = CRS.from_epsg(4547)
EAST, NORTH = 400_000.0, 2_621_000.0
"""Corner of the sheet on which the tests draw: 113.0 E, 23.7 N."""
METRES = 1e-6
"""Once to degrees and back."""

Point = tuple[float, float]
WALK = replace(
    default_profiles()["walk"],
    access_kmh=3.6,
    detour=1.25,
    speeds={"residential": ClassSpeed(3.6, 3.6, True, True)},
)


def drawn(*lines: Sequence[Point], usable: Sequence[tuple[bool, bool]] | None = None) -> Network:
    """A network of these lines, metres from the corner of the sheet; edge e is line e."""
    names: dict[Point, int] = {}
    refs = [names.setdefault(point, len(names) + 1) for line in lines for point in line]
    x, y = (np.array([point[axis] for line in lines for point in line]) for axis in (0, 1))
    lon, lat = transform(x + EAST, y + NORTH, METRIC, WGS84)
    count = len(lines)
    return build(Ways(
        first=np.cumsum([0, *map(len, lines)]), ref=np.array(refs, np.int64), lon=lon, lat=lat,
        identifier=np.arange(count), classes=["residential"] * count, names=[""] * count,
        factor=np.ones(count), limit_kmh=np.full((count, 2), np.inf),
        open=dict.fromkeys(MODES, np.array(usable or [(True, True)] * count)),
        structure=np.zeros(count, bool), barred=dict.fromkeys(MODES, np.zeros(0, np.int64)),
    ))  # fmt: skip


def snapped(
    network: Network,
    *points: Point,
    limit: float = 1000.0,
    joinable: Sequence[bool] | None = None,
    walls: Sequence[Sequence[Point]] | None = None,
) -> Snaps:
    x, y = np.array(points, float).T
    barriers = None
    if walls is not None:
        barriers = shapely.linestrings(np.array(walls) + np.array((EAST, NORTH)))
    return snap(
        network, x + EAST, y + NORTH,
        joinable=np.ones(network.edges, bool) if joinable is None else np.array(joinable),
        limit_metres=limit, barriers=barriers,
    )  # fmt: skip


def to_segment(point: Point, a: Point, b: Point) -> float:
    """Metres between a point and a segment, by school geometry."""
    along = (b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2
    part = 0.0
    if along:
        part = ((point[0] - a[0]) * (b[0] - a[0]) + (point[1] - a[1]) * (b[1] - a[1])) / along
        part = min(max(part, 0.0), 1.0)
    near = a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1])
    return math.dist(point, near)


def to_line(point: Point, line: Sequence[Point]) -> float:
    return min(to_segment(point, a, b) for a, b in pairwise(line))


def point_at(line: Sequence[Point], share: float) -> Point:
    steps = [math.dist(a, b) for a, b in pairwise(line)]
    left = share * sum(steps)
    for (a, b), step in zip(pairwise(line), steps, strict=True):
        if left <= step and step:
            return a[0] + left / step * (b[0] - a[0]), a[1] + left / step * (b[1] - a[1])
        left -= step
    return line[-1]


GRID = st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda p: (25.0 * p[0], 25.0 * p[1]))
LINE = st.lists(GRID, min_size=2, max_size=2, unique=True)
ANYWHERE = st.tuples(st.floats(-300, 1300), st.floats(-300, 1300))


@given(st.lists(LINE, min_size=1, max_size=8), st.lists(ANYWHERE, min_size=1, max_size=5),
       st.sampled_from([30.0, 200.0, 5000.0]), st.data())  # fmt: skip
@settings(max_examples=300)
def test_the_nearest_point_on_an_edge_equals_brute_force(lines, points, limit, data):
    joinable = data.draw(st.lists(st.booleans(), min_size=len(lines), max_size=len(lines)))
    network = drawn(*lines)
    found = snapped(network, *points, limit=limit, joinable=joinable)
    for i, point in enumerate(points):
        far = {e: to_line(point, line) for e, line in enumerate(lines) if joinable[e]}
        near = min(far.values(), default=math.inf)
        edge = int(found.edge[i])
        if near > limit + METRES:
            assert edge == NOWHERE
        elif near < limit - METRES:
            assert edge != NOWHERE
        if edge == NOWHERE:
            assert np.isnan(found.metres[i])
            continue
        assert abs(far[edge] - near) < METRES
        assert abs(found.metres[i] - near) < METRES
        assert 0 <= found.share[i] <= 1
        assert abs(math.dist(point, point_at(lines[edge], found.share[i])) - near) < 1e-5
        assert edge == min(e for e in far if sorted(lines[e]) == sorted(lines[edge]))


STREET = [(0.0, 0.0), (100.0, 0.0)]


def test_of_equally_near_edges_the_lowest_number_wins():
    network = drawn([(100.0, 0.0), (0.0, 0.0)], STREET, [(100.0, 0.0), (200.0, 0.0)])
    found = snapped(network, (30.0, 5.0), (100.0, 40.0))
    assert found.edge.tolist() == [0, 0]
    assert found.share.tolist() == pytest.approx([0.7, 0.0], abs=1e-8)


def test_a_bend_is_measured_along_the_road():
    network = drawn([(0.0, 0.0), (0.0, 300.0), (100.0, 300.0)])
    found = snapped(network, (50.0, 310.0))
    assert found.share.tolist() == pytest.approx([350 / 400], abs=1e-8)
    assert found.metres.tolist() == pytest.approx([10.0], abs=METRES)


def test_the_limit_itself_is_within():
    network = drawn(STREET)
    metres = float(snapped(network, (50.0, 80.0)).metres[0])
    assert snapped(network, (50.0, 80.0), limit=metres).edge.tolist() == [0]
    less = snapped(network, (50.0, 80.0), limit=np.nextafter(metres, 0))
    assert less.edge.tolist() == [NOWHERE]
    assert np.isnan(less.metres[0])
    assert not less.connected.any()


def test_where_nothing_may_be_joined_nobody_is_connected():
    assert snapped(drawn(STREET), (1.0, 1.0), joinable=[False]).edge.tolist() == [NOWHERE]


def test_an_edge_of_no_length_is_joined_at_its_beginning():
    network = drawn(STREET, [(500.0, 0.0), (500.0, 0.0), (500.0, 0.0)])
    found = snapped(network, (500.0, 30.0))
    assert found.metres.tolist() == pytest.approx([30.0], abs=METRES)
    assert found.share.tolist() == [0.0]


RIVER = [(-500.0, 50.0), (600.0, 50.0)]
NORTH_BANK = [(0.0, 300.0), (100.0, 300.0)]


def test_a_farther_road_on_this_side_is_taken_before_one_across_the_river():
    found = snapped(drawn(STREET, NORTH_BANK), (50.0, 60.0), walls=[RIVER])
    assert found.edge.tolist() == [1]
    assert found.metres.tolist() == pytest.approx([240.0], abs=METRES)
    assert not found.crosses.any()


def test_where_every_road_lies_across_the_walk_is_marked():
    found = snapped(drawn(STREET), (50.0, 60.0), (50.0, 40.0), walls=[RIVER])
    assert found.edge.tolist() == [0, 0]
    assert found.crosses.tolist() == [True, False]


def test_a_road_on_this_side_but_beyond_the_limit_does_not_help():
    found = snapped(drawn(STREET, NORTH_BANK), (50.0, 60.0), walls=[RIVER], limit=200.0)
    assert found.edge.tolist() == [0]
    assert found.crosses.tolist() == [True]


def test_a_river_elsewhere_moves_nobody():
    network = drawn(STREET, NORTH_BANK)
    far = [(-500.0, 900.0), (600.0, 900.0)]
    points = [(50.0, 60.0), (10.0, 200.0), (400.0, 20.0)]
    alone, beside = snapped(network, *points), snapped(network, *points, walls=[far])
    assert alone.edge.tolist() == beside.edge.tolist()
    assert not beside.crosses.any()


WALL = LINE.map(lambda line: [(x + 12.3, y + 7.7) for x, y in line])
"""Off the lattice of the lines, so that few are just touched."""


@given(st.lists(LINE, min_size=1, max_size=6), st.lists(WALL, min_size=1, max_size=3), ANYWHERE)
def test_the_nearest_uncrossed_road_equals_brute_force(lines, walls, point):
    found = snapped(drawn(*lines), point, limit=5000.0, walls=walls)
    barriers = shapely.MultiLineString(walls)
    place = shapely.Point(point)
    walks = [shapely.shortest_line(place, shapely.LineString(line)) for line in lines]
    ends = [place, *(shapely.get_point(walk, -1) for walk in walks)]
    if any(0 < barriers.distance(walk) < 1e-3 for walk in walks) or (
        min(map(barriers.distance, ends)) < 1e-3
    ):
        return  # a wall that is just touched: a matter of the last digit
    free = [walk.length for walk in walks if not barriers.intersects(walk)]
    expected = min(free) if free else min(walk.length for walk in walks)
    assert found.metres[0] == pytest.approx(expected, abs=METRES)
    assert bool(found.crosses[0]) is not bool(free)


def test_doors_by_hand():
    """100 m at 1 m/s; 8 m off the road x 1.25 at 1 m/s; a minute to park."""
    network = replace(drawn(STREET), length=np.array([100.0]))
    here = Snaps(np.array([0, NOWHERE]), np.array([0.25, 0.0]), np.array([8.0, np.nan]),
                 np.zeros(2, bool))  # fmt: skip
    profile = replace(WALK, arrival_seconds=60.0)
    out = doors(network, profile, here, leaving=True)
    assert network.node[out.node[0]].tolist() == [1, 2]
    assert out.ticks[0].tolist() == [350, 850]
    assert out.open.tolist() == [[True, True], [False, False]]
    assert out.walk.tolist() == [10_000.0, 0.0]
    into = doors(network, profile, here, leaving=False)
    assert into.ticks[0].tolist() == [950, 1450]
    assert into.walk[0] == 70_000.0


def test_a_one_way_street_has_one_door_out_and_one_in():
    network = drawn(STREET, usable=[(True, False)])
    here = Snaps(np.array([0]), np.array([0.5]), np.array([0.0]), np.zeros(1, bool))
    assert doors(network, WALK, here, leaving=True).open.tolist() == [[False, True]]
    assert doors(network, WALK, here, leaving=False).open.tolist() == [[True, False]]
    there = replace(here, share=np.array([0.75]))
    zero = np.zeros(1, np.int64)
    sides = [doors(network, WALK, here, leaving=True), doors(network, WALK, there, leaving=False)]
    assert along_edge(network, WALK, *sides, zero, zero).tolist() == [250]
    back = [doors(network, WALK, there, leaving=True), doors(network, WALK, here, leaving=False)]
    assert along_edge(network, WALK, *back, zero, zero).tolist() == [-1]


def test_the_farther_off_the_road_the_longer_every_door():
    network = drawn(STREET)
    away = [1.0, 10.0, 100.0, 400.0]
    out = doors(network, WALK, snapped(network, *[(50.0, y) for y in away]), leaving=True)
    assert (np.diff(out.ticks, axis=0) > 0).all()
    assert out.walk == pytest.approx(np.array(away) * 1250, abs=0.01)
