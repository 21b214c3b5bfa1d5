"""Routes: every leg on the ground, and the sum of the legs is the time that is counted."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import lil_matrix

from kepu.coverage.routes import Routes, routes
from kepu.coverage.share import Nearest, nearest
from kepu.coverage.times import Times, travel_times
from kepu.geo.field import Field
from kepu.geo.legs import DIRECT, NO_TRIP, Passages
from kepu.geo.network import Network, quickest_arcs, ticks
from kepu.geo.profile import Profile, default_profiles
from kepu.geo.routing import UNREACHED
from kepu.geo.snap import along_edge
from kepu.layers.roads import Roads, read_roads

PBF = Path(__file__).parents[1] / "data/boundaries/roads.osm.pbf"
PROFILES = default_profiles()
BOTH = ("to_venue", "from_venue")


@cache
def district() -> Roads:
    return read_roads(PBF, PROFILES)


@cache
def arcs_of(mode: str) -> lil_matrix:
    return district().network.arcs(PROFILES[mode]).tolil()


@cache
def lines_near() -> shapely.STRtree:
    return shapely.STRtree(district().network.lines)


def near_roads(rng: np.random.Generator, network: Network, count: int) -> np.ndarray:
    """Points around random crossings, some of them far off."""
    node = rng.integers(0, network.nodes, count)
    x, y = gpd.GeoSeries.from_xy(network.lon[node], network.lat[node], crs=4326).to_crs(
        network.crs
    ).get_coordinates().to_numpy().T  # fmt: skip
    return np.column_stack([x, y]) + rng.normal(0, 300, (count, 2))


def layers(seed: int, places: int, venues: int) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    rng, network = np.random.default_rng(seed), district().network
    demand = gpd.GeoDataFrame(
        {"people": 1}, geometry=gpd.points_from_xy(*near_roads(rng, network, places).T),
        crs=network.crs, index=[f"p{k}" for k in range(places)],
    )  # fmt: skip
    shelter = gpd.GeoDataFrame(
        {"type": "room", "status": "open"},
        geometry=gpd.points_from_xy(*near_roads(rng, network, venues).T), crs=network.crs,
        index=[f"v{k}" for k in range(venues)],
    )  # fmt: skip
    shelter.loc["v0", "geometry"] = demand.geometry.iloc[0]
    return demand, shelter


def retimed(network: Network, profile: Profile, drawn: Routes, direction: str) -> np.ndarray:
    """Ticks of each trip by its legs: door, arcs, door; or along the common edge."""
    arcs = arcs_of(profile.mode)
    trips, times = drawn.trips, drawn.times
    homes, goals = times.place_doors, times.venue_doors
    total = np.full(len(trips.side), int(UNREACHED))
    for place in np.flatnonzero(trips.side != NO_TRIP):
        venue = np.array([trips.venue[place]])
        if trips.side[place] == DIRECT:
            one, other = (homes, place), (goals, int(venue[0]))
            if direction == "from_venue":
                one, other = other, one
            total[place] = along_edge(
                network, profile, one[0], other[0], np.array([one[1]]), np.array([other[1]])
            )[0]
            continue
        node = trips.node[trips.first[place] : trips.first[place + 1]]
        side, goal_side = trips.side[place], trips.goal_side[place]
        assert homes.open[place, side]
        assert homes.node[place, side] == node[0]
        assert goals.open[venue[0], goal_side]
        assert goals.node[venue[0], goal_side] == node[-1]
        steps = pairwise(node if direction == "to_venue" else node[::-1])
        road = [arcs[a, b] for a, b in steps]
        assert all(road)
        total[place] = homes.ticks[place, side] + sum(road) + goals.ticks[venue[0], goal_side]
    return total


def asked(
    seed: int, mode: str, direction: str, places: int = 60, shelters: int = 9
) -> tuple[Routes, Times, Nearest, tuple]:
    roads = district()
    demand, venues = layers(seed, places, shelters)
    times = travel_times(
        roads.network, PROFILES[mode], demand, venues, horizon_minutes=90, direction=direction,
        barriers=roads.barriers, engine="scipy",
    )  # fmt: skip
    found = nearest(times, venues, ["room"])
    drawn = routes(roads.network, PROFILES[mode], times, found, demand, venues, direction=direction)
    return drawn, times, found, (demand, venues)


@given(st.integers(0, 10**6), st.sampled_from(["walk", "ebike", "car"]), st.sampled_from(BOTH))
def test_the_legs_add_up_to_the_counted_time(seed, mode, direction):
    drawn, _, found, _ = asked(seed, mode, direction, 12, 4)
    total = retimed(district().network, PROFILES[mode], drawn, direction)
    np.testing.assert_array_equal(total, found.ticks)
    np.testing.assert_array_equal(drawn.trips.side == NO_TRIP, found.ticks == UNREACHED)


@given(st.integers(0, 10**6), st.sampled_from(["ebike", "car"]), st.sampled_from(BOTH))
def test_lines_lead_from_the_place_over_the_roads_to_the_venue(seed, mode, direction):
    drawn, _, found, (demand, venues) = asked(seed, mode, direction, 12, 4)
    lines = drawn.lines()
    network = district().network
    assert lines.index.tolist() == demand.index.tolist()
    assert lines.crs == network.crs
    near = lines_near()
    for place, (line, venue) in enumerate(zip(lines.geometry, found.venue, strict=True)):
        if venue < 0:
            assert line is None
            assert lines["venue"].isna().iloc[place]
            continue
        points = shapely.get_coordinates(line)
        np.testing.assert_allclose(points[0], demand.geometry.iloc[place].coords[0])
        np.testing.assert_allclose(points[-1], venues.geometry.iloc[venue].coords[0])
        if len(points) > 3:
            road = shapely.LineString(points[1:-1])
            inner = shapely.line_interpolate_point(road, [0.2, 0.5, 0.8], normalized=True)
            assert (near.query_nearest(inner, return_distance=True)[1] < 0.01).all()


def test_branches_meet_where_their_parents_begin_and_make_up_the_lines():
    drawn, _, _, (demand, _) = asked(5, "car", "to_venue")
    exact = drawn.branches(tolerance_metres=0.0)
    for branch, parent in enumerate(exact.parent):
        if parent >= 0:
            assert exact.line[branch].coords[-1] == exact.line[parent].coords[0]
    whole, lines = exact.whole(), drawn.lines().to_crs(4326).geometry
    for one, other in zip(whole, lines, strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            assert one.hausdorff_distance(other) < 1e-9
    thin = drawn.branches(tolerance_metres=20.0)
    np.testing.assert_array_equal(thin.parent, exact.parent)
    np.testing.assert_array_equal(thin.start, exact.start)
    points = [shapely.get_num_coordinates(part.line).sum() for part in (thin, exact)]
    assert points[0] < points[1]
    assert len(demand) == len(thin.start)


def test_every_piece_of_road_is_drawn_once():
    """Ways to one venue never run side by side after they have met."""
    drawn, _, _, _ = asked(11, "car", "to_venue")
    parts = drawn.branches(tolerance_metres=0.0)
    inner = parts.line[sorted(set(parts.parent[parts.parent >= 0].tolist()))]
    steps = [tuple(pair) for line in inner for pair in pairwise(map(tuple, line.coords[:-2]))]
    assert len(steps) == len(set(steps))
    assert len(steps) > 50


def test_ways_to_the_second_nearest_are_found_too():
    roads = district()
    demand, venues = layers(3, 40, 6)
    times = travel_times(
        roads.network, PROFILES["car"], demand, venues, horizon_minutes=90, engine="scipy"
    )
    second = nearest(times, venues, ["room"], count=2)
    drawn = routes(roads.network, PROFILES["car"], times, second, demand, venues)
    total = retimed(roads.network, PROFILES["car"], drawn, "to_venue")
    np.testing.assert_array_equal(total, second.ticks)
    assert drawn.branches().whole()[0] is not None


@pytest.mark.parametrize("mode", ["walk", "car"])
def test_between_neighbours_the_quickest_of_parallel_edges_is_drawn(mode):
    network, profile = district().network, PROFILES[mode]
    arcs = network.arcs(profile).tocoo()
    edge, turned = Passages.of(network, profile).between(
        arcs.row.astype(np.int64), arcs.col.astype(np.int64)
    )
    times = np.maximum(ticks(network.milliseconds(profile)), 1)
    np.testing.assert_array_equal(times[edge, turned], arcs.data)
    ends = np.column_stack([network.tail, network.head])
    np.testing.assert_array_equal(ends[edge, turned], arcs.row)
    np.testing.assert_array_equal(ends[edge, 1 - turned], arcs.col)


ONE_WAY = """
grid 200
|A--B--C
|
|D--E--F
way ABC highway=residential oneway=yes
way CF highway=residential oneway=yes
way FED highway=residential oneway=yes
way DA highway=residential oneway=yes
place P at=B+40N
venue V at=A+60E+40N
"""


@pytest.mark.parametrize("direction", BOTH)
def test_one_way_streets_send_the_line_around_the_block(town, direction):
    """By car from P one must go round by C, F, E and D; back again one does not."""
    drawing = town(ONE_WAY)
    network, profile = drawing.roads().network, PROFILES["car"]
    times = travel_times(
        network, profile, drawing.demand, drawing.venue_layer, horizon_minutes=60,
        direction=direction,
    )  # fmt: skip
    found = nearest(times, drawing.venue_layer, ["room"])
    line = routes(
        network, profile, times, found, drawing.demand, drawing.venue_layer, direction=direction
    ).lines().geometry.iloc[0]  # fmt: skip
    corner = gpd.GeoSeries([shapely.Point(drawing.at["F"])], crs=drawing.demand.crs)
    passes = line.distance(corner.to_crs(network.crs).iloc[0]) < 1.0
    assert passes == (direction == "to_venue")


@pytest.mark.parametrize("by_scipy", [True, False])
def test_a_door_that_takes_no_time_is_still_the_next_node(by_scipy):
    """0 - 1 - 2 - 3 in a row; the venue stands on node 3 itself. Nothing leads to node 4."""
    node = np.arange(3)
    both = quickest_arcs(
        np.concatenate([node, node + 1]), np.concatenate([node + 1, node]),
        np.array([5, 6, 7, 5, 6, 7]), 5,
    )  # fmt: skip
    field = Field(both.T.tocsr())
    field.by_scipy = by_scipy
    cases = ([[2, 7, 0], [3, 0, 0]], [1, 2, -1, -1, -1]), ([[3, 0, 0]], [1, 2, 3, -1, -1])
    for doors, after in cases:
        time, owner = field.labels(np.array(doors), 1000)
        assert time[:4].tolist() == [18, 13, 7, 0]
        assert owner.tolist() == [0, 0, 0, 0, -1]
        # From node 2 the venue's own door there is as near as node 3: the door it is.
        assert field.following(np.array(doors), time, owner).tolist() == after
