"""The grid of squares finds what the tree of lines finds, to the last bit."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from kepu.geo import squares
from kepu.geo.crs import WGS84, transform
from kepu.geo.network import Network
from kepu.geo.profile import MODES
from kepu.geo.roadside import NOWHERE, Tree, choose, finder
from kepu.geo.snap import snap
from kepu.geo.walls import Walls
from kepu.geo.ways import Ways, build

METRIC = CRS.from_epsg(4547)
EAST, NORTH = 400_000.0, 2_621_000.0
"""Corner of the sheet on which the tests draw: 113.0 E, 23.7 N."""


def drawn(lines: list[list[tuple[float, float]]]) -> Network:
    """A network whose edge e is line e, point for point in metres, whatever degrees would do."""
    flat = np.array([point for line in lines for point in line], float)
    lon, lat = transform(flat[:, 0] + EAST, flat[:, 1] + NORTH, METRIC, WGS84)
    count = len(lines)
    network = build(Ways(
        first=np.cumsum([0, *map(len, lines)]), ref=np.arange(len(flat)), lon=lon, lat=lat,
        identifier=np.arange(count), classes=["residential"] * count, names=[""] * count,
        factor=np.ones(count), limit_kmh=np.full((count, 2), np.inf),
        open=dict.fromkeys(MODES, np.ones((count, 2), bool)), structure=np.zeros(count, bool),
        barred=dict.fromkeys(MODES, np.zeros(0, np.int64)),
    ))  # fmt: skip
    vars(network)["shape_xy"] = flat[:, 0].copy(), flat[:, 1].copy()
    return network


def both(network, points, *, limit, joinable=None, barriers=None):
    """Snap by both searchers; they must agree in every bit."""
    x, y = np.array(points, float).reshape(-1, 2).T
    allowed = np.ones(network.edges, bool) if joinable is None else np.array(joinable, bool)
    tree, grid = (
        snap(
            network,
            x,
            y,
            joinable=allowed,
            limit_metres=limit,
            barriers=barriers,
            searcher=searcher,
        )
        for searcher in ("tree", "grid")
    )
    for name in ("edge", "share", "metres", "crosses"):
        np.testing.assert_array_equal(getattr(grid, name), getattr(tree, name), err_msg=name)
        assert getattr(grid, name).dtype == getattr(tree, name).dtype
    return grid


WHOLE = st.integers(-20, 20).map(float)
ODD = st.floats(-2000, 2000).map(lambda x: round(x, 3))
LATTICE, SCATTER = st.tuples(WHOLE, WHOLE), st.tuples(ODD, ODD)


@st.composite
def towns(draw: st.DrawFn):
    """Lines with points on each other, of no length, and places on and beside them, and far off."""
    point = draw(st.sampled_from([LATTICE, SCATTER]))
    lines = draw(st.lists(st.lists(point, min_size=2, max_size=5), min_size=1, max_size=12))
    corners = [corner for line in lines for corner in line]
    middles = [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in pairwise(corners)]
    far = st.sampled_from([(1e6, -1e6), (-5000.0, 0.5), (0.0, 3e4)])
    beside = st.sampled_from(corners + middles)
    places = draw(st.lists(st.one_of(point, beside, far), min_size=1, max_size=8))
    limit = draw(st.sampled_from([0.0, 1.0, 5.0, 300.0, 2e6]))
    joinable = draw(st.lists(st.booleans(), min_size=len(lines), max_size=len(lines)))
    return drawn(lines), places, limit, joinable


@given(towns())
@settings(max_examples=250)
def test_the_grid_is_the_tree(town):
    network, places, limit, joinable = town
    both(network, places, limit=limit, joinable=joinable)
    found = both(network, places, limit=limit)
    nearest = shapely.distance(
        np.array([shapely.Point(place) for place in places])[:, None], network.lines[None, :]
    )
    assert ((found.edge != NOWHERE) == (nearest.min(axis=1) <= limit)).all()
    joined = found.edge != NOWHERE
    np.testing.assert_array_equal(found.edge[joined], nearest.argmin(axis=1)[joined])


@given(towns(), st.lists(st.lists(SCATTER, min_size=2, max_size=4), min_size=1, max_size=4),
       st.booleans())  # fmt: skip
def test_so_it_is_with_walls(town, walls, area):
    network, places, limit, _ = town
    shapes: list[shapely.Geometry] = [shapely.LineString(wall) for wall in walls]
    if area:
        shapes.append(shapely.box(-50, -50, 900, 900))
        shapes.append(shapely.GeometryCollection([shapely.box(-9, -9, 3, 3), shapes[0]]))
    both(network, places, limit=limit, barriers=np.array(shapes, object))


@pytest.mark.parametrize("seed", range(4))
def test_a_town_and_its_countryside(seed):
    """Ten thousand places around a dense middle, empty squares, and one road through all of it."""
    rng = np.random.default_rng(seed)
    begin = np.concatenate([rng.normal(0, 300, (400, 2)), rng.uniform(-9000, 9000, (60, 2))])
    lines = [
        [tuple(p) for p in np.cumsum([start, *rng.normal(0, 60, (int(rng.integers(1, 6)), 2))], 0)]
        for start in begin
    ]
    lines.append([(-9000.0, -8000.0), (9000.0, 8500.0)])
    network = drawn(lines)
    places = rng.uniform(-11_000, 11_000, (2500, 2))
    places[:500] = np.column_stack(network.shape_xy)[
        rng.integers(len(network.shape_xy[0]), size=500)
    ]
    joinable = rng.random(network.edges) < 0.7
    for limit in (120.0, 1600.0, 1e9):
        both(network, places, limit=limit, joinable=joinable)
    river = shapely.LineString(rng.uniform(-9000, 9000, (12, 2)))
    found = both(network, places, limit=1600.0, barriers=np.array([river], object))
    assert found.crosses.any()
    assert found.connected.sum() > 500


def test_a_place_behind_a_wall_walks_farther_step_by_step():
    """The only road on this side lies beyond several widenings of the circle."""
    lines = [[(10.0 * k, 0.0), (10.0 * k + 9, 0.0)] for k in range(-20, 20)]
    network = drawn([*lines, [(0.0, 700.0), (10.0, 700.0)]])
    wall = shapely.LineString([(-1e5, 5), (1e5, 5)])
    found = both(network, [(3.0, 10.0)], limit=1000.0, barriers=np.array([wall], object))
    assert found.edge.tolist() == [40]
    assert found.metres.tolist() == [690.0]
    near = both(network, [(3.0, 10.0)], limit=689.9, barriers=np.array([wall], object))
    assert near.crosses.tolist() == [True]
    assert near.edge.tolist() == [20]


def test_of_places_far_from_every_wall_no_walk_is_tried():
    walls = Walls(np.array([shapely.LineString([(0, 0), (0, 100)]), shapely.box(500, 0, 900, 400)]))
    x, y = np.array([5.0, 50.0, 700.0]), np.array([50.0, 50.0, 200.0])
    near = walls.near(x, y, np.array([10.0, 10.0, 10.0]), by_grid=True)
    assert near.tolist() == [True, False, True], "beside it; far from it; in the middle of a lake"
    assert walls.near(x, y, np.full(3, 10.0), by_grid=False).all()


def test_one_point_is_a_town_too():
    network = drawn([[(7.0, 7.0), (7.0, 7.0)]])
    found = both(network, [(10.0, 11.0), (7.0, 7.0)], limit=5.0)
    assert found.metres.tolist() == [5.0, 0.0]
    assert found.share.tolist() == [0.0, 0.0]


def test_a_place_that_is_nowhere_joins_nothing():
    network = drawn([[(0.0, 0.0), (1.0, 0.0)]])
    found = both(network, [(np.nan, 0.0), (0.0, 0.0), (0.0, np.nan)], limit=9.0)
    assert found.edge.tolist() == [NOWHERE, 0, NOWHERE]


def test_no_places_are_snapped_to_nothing():
    assert both(drawn([[(0.0, 0.0), (1.0, 0.0)]]), [], limit=9.0).edge.tolist() == []


def test_small_work_waits_for_no_compilation():
    assert choose(10_000, 200, compiled=False) == "tree"
    assert choose(10_000, 200, compiled=True) == "tree"
    assert choose(10_000, 100_000, compiled=True) == "grid"
    assert choose(500_000, 2_000_000, compiled=False) == "grid"
    assert choose(10_000, 1, compiled=True, sorted_in=True) == "grid"
    network = drawn([[(0.0, 0.0), (1.0, 0.0)]])
    small = finder(network, np.ones(1, bool), 10)
    assert isinstance(small, Tree)
    assert "grid" not in vars(network)


def test_lines_of_some_edges_are_lines_of_all():
    network = drawn([[(0.0, 0.0), (1.0, 0.0)], [(5.0, 5.0), (6.0, 5.0), (7.0, 9.0)]] * 3)
    some = np.array([5, 0, 5, 2])
    before = network.lines_of(some)
    assert (before == network.lines[some]).all()
    assert (network.lines_of(some) == before).all()
    assert len(replace(network).lines_of(np.zeros(0, np.int64))) == 0


@given(st.integers(1, 9), st.integers(1, 9), st.data())
def test_the_gap_of_a_square_is_the_rings_to_the_nearest_piece(across, up, data):
    """One too many, and a nearer line would be passed over; by comparing all squares."""
    some = st.integers(0, across * up - 1)
    filled = sorted(data.draw(st.sets(some, min_size=1)))
    begin = np.append(0, np.cumsum(np.isin(np.arange(across * up), filled)))
    row, column = np.divmod(np.arange(across * up), across)
    rings = np.maximum(abs(row[:, None] - row[filled]), abs(column[:, None] - column[filled])).min(
        axis=1
    )
    np.testing.assert_array_equal(squares.gaps(begin, across, up), rings)
