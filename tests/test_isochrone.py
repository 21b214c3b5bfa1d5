"""Isochrones: drawn from the times that are counted, nested, valid, the same each time."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.csgraph import dijkstra

from kepu.coverage.isochrone import MERGED, disagreement, isochrones, land_of
from kepu.coverage.times import threshold_ticks, travel_times, within
from kepu.geo.contour import rings
from kepu.geo.engines import times_between
from kepu.geo.errors import CrsError
from kepu.geo.field import FAR, Field
from kepu.geo.network import Network
from kepu.geo.profile import default_profiles
from kepu.geo.snap import doors, snap
from kepu.geo.surface import Ground, Surface
from kepu.layers.roads import Roads, read_roads

DISTRICT = Path(__file__).parents[1] / "data/boundaries"
FIXTURES = Path(__file__).parents[2] / "shared" / "fixtures"
PROFILES = default_profiles()
CELL = 50.0
TOLERANCE_M2 = 1.0
"""What cutting to the land may shift where two rings share the shore."""


@cache
def district() -> tuple[Roads, shapely.Geometry]:
    roads = read_roads(DISTRICT / "roads.osm.pbf", PROFILES)
    towns = gpd.read_file(DISTRICT / "towns.geojson")
    return roads, land_of(towns, roads.background, roads.network)


@cache
def open_venues() -> gpd.GeoDataFrame:
    table = pd.read_csv(DISTRICT / "venues.csv", dtype={"编号": str}).set_index("编号")
    points = gpd.points_from_xy(table["经度"], table["纬度"], crs=4326)
    return gpd.GeoDataFrame(geometry=points, index=table.index).to_crs(district()[0].network.crs)


@cache
def ground(mode: str, leaving: bool = True) -> Ground:
    roads, land = district()
    return Ground(
        roads.network, PROFILES[mode], leaving=leaving, barriers=roads.barriers, land=land,
        cell_metres=CELL,
    )  # fmt: skip


@cache
def drawn(mode: str, number: int, minutes: tuple[float, ...]) -> gpd.GeoDataFrame:
    roads, land = district()
    return isochrones(
        roads.network, PROFILES[mode], open_venues().iloc[[number]], minutes, land=land,
        barriers=roads.barriers, ground=ground(mode),
    )  # fmt: skip


def measured(mode: str, number: int, minutes: int, leaving: bool = True) -> tuple[Surface, object]:
    land, horizon = ground(mode, leaving), threshold_ticks(minutes)
    point = open_venues().geometry.iloc[[number]]
    venue = land.venue_doors(point.x, point.y)
    one = np.array([0])
    time = land.reached(venue, one, horizon)
    box = land.box(time, venue, one, horizon)
    assert box is not None
    return land.surface(time, venue, one, horizon, box), venue


@pytest.mark.parametrize("leaving", [True, False])
@pytest.mark.parametrize(("mode", "number"), [("walk", 0), ("ebike", 0), ("car", 57)])
def test_a_cell_has_the_time_that_a_place_there_would_be_counted(mode, number, leaving):
    surface, venue = measured(mode, number, 8, leaving)
    x, y = (part.ravel() for part in np.meshgrid(surface.x, surface.y))
    roads, profile = district()[0], PROFILES[mode]
    network, arcs = roads.network, roads.network.arcs(profile)
    land = surface.land.ravel()
    where = snap(
        network, x[land], y[land], joinable=network.joinable(profile, arcs)[0 if leaving else 1],
        limit_metres=profile.snap_metres, barriers=roads.barriers,
    )  # fmt: skip
    homes = doors(network, profile, where, leaving=leaving)
    horizon = threshold_ticks(8) + ground(mode, leaving).margin
    ends = (homes, venue) if leaving else (venue, homes)
    counted = times_between(network, profile, arcs, *ends, horizon=horizon, engine="scipy").ravel()
    found = surface.ticks.ravel()[land]
    assert (found <= threshold_ticks(8)).any()
    np.testing.assert_array_equal(
        found, np.where((counted > horizon) | where.crosses, FAR, counted)
    )


MINUTES = st.lists(st.sampled_from([1.5, 7.5, 15]), min_size=2, max_size=3, unique=True)


@given(st.sampled_from(["walk", "ebike"]), st.sampled_from([0, 57]), MINUTES)
def test_rings_are_nested_valid_on_land_and_without_dust(mode, number, minutes):
    found = drawn(mode, number, tuple(sorted(minutes)))
    land = district()[1]
    assert found["minutes"].tolist() == sorted(minutes)
    shapes = found.geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    for inner, outer in pairwise(shapes):
        assert shapely.area(inner - outer) < TOLERANCE_M2
    for shape in shapes:
        assert shapely.area(shape - land) < TOLERANCE_M2
        assert (shapely.area(shapely.get_parts(shape)) >= 9 * CELL**2).all()


@pytest.mark.parametrize(("mode", "number"), [("walk", 57), ("ebike", 0), ("car", 57)])
def test_the_ring_lies_within_cells_of_what_is_reached(mode, number):
    """Farther than two cells from the ring's line, every cell is on the right side of it."""
    minutes = 10
    surface, _ = measured(mode, number, minutes)
    ring = drawn(mode, number, (float(minutes),)).geometry.iloc[0]
    x, y = (part.ravel() for part in np.meshgrid(surface.x, surface.y))
    points = shapely.points(x, y)
    clear = shapely.distance(shapely.boundary(ring), points) > 2 * CELL
    clear &= surface.land.ravel()
    inside, reached = shapely.contains_xy(ring, x, y), surface.ticks.ravel() <= minutes * 600
    deep = (
        lonely(surface.ticks <= minutes * 600).ravel()
        | lonely(surface.ticks > minutes * 600).ravel()
    )
    wrong = clear & (inside != reached) & ~deep
    assert inside.sum() > 100
    assert wrong.sum() == 0


def lonely(held: np.ndarray) -> np.ndarray:
    """Cells in patches that are too small to be drawn: thinner than three cells."""
    from scipy.ndimage import binary_opening

    return held & ~binary_opening(held, np.ones((3, 3)))


def test_the_same_rings_come_out_whatever_was_asked_before():
    roads, land = district()
    profile, venues = PROFILES["walk"], open_venues().iloc[[3, 57]]
    fresh = isochrones(roads.network, profile, venues, [15, 5], land=land, barriers=roads.barriers)
    ours = Ground(roads.network, profile, barriers=roads.barriers, land=land)
    for number in (57, 3):
        isochrones(roads.network, profile, open_venues().iloc[[number]], [8], ground=ours)
    again = isochrones(roads.network, profile, venues[::-1], [5, 15], ground=ours)
    for venue in venues.index:
        one, other = (part[part["venue"] == venue].geometry for part in (fresh, again))
        assert [shape.wkb for shape in one] == [shape.wkb for shape in other]


def test_rings_of_all_venues_are_those_of_each_together():
    roads, _ = district()
    venues = open_venues().iloc[[0, 57, 58]]
    asked = {"minutes": [10], "ground": ground("ebike")}
    each = isochrones(roads.network, PROFILES["ebike"], venues, **asked)
    both = isochrones(roads.network, PROFILES["ebike"], venues, **asked, merged=True)
    assert both["venue"].tolist() == [MERGED]
    union, whole = shapely.union_all(each.geometry.to_numpy()), both.geometry.iloc[0]
    assert shapely.area(whole.symmetric_difference(union)) / union.area < 0.02
    assert shapely.area((whole - union).buffer(-2 * CELL)) == 0
    assert shapely.area((union - whole).buffer(-2 * CELL)) == 0


def test_rings_agree_with_what_is_counted_in_persons():
    """Power-of-two people tell which places: those near the line alone may differ."""
    roads, _ = district()
    rng = np.random.default_rng(7)
    venue, minutes = open_venues().iloc[[57]], 12.0
    centre = venue.geometry.iloc[0]
    spots = np.column_stack([centre.x, centre.y]) + rng.normal(0, 2000, (60, 2))
    demand = gpd.GeoDataFrame(
        {"people": 1 << np.arange(60)}, geometry=gpd.points_from_xy(*spots.T), crs=venue.crs,
        index=[f"p{k}" for k in range(60)],
    )  # fmt: skip
    profile = PROFILES["ebike"]
    times = travel_times(
        roads.network, profile, demand, venue, horizon_minutes=60, barriers=roads.barriers
    )
    found = drawn("ebike", 57, (minutes,))
    row = disagreement(found, times, demand).iloc[0]
    counted = within(times.ticks[:, 0], minutes)
    assert row["people_counted"] == sum(1 << k for k in np.flatnonzero(counted))
    assert row["people_inside"] == (
        row["people_counted"] - row["counted_not_inside"] + row["inside_not_counted"]
    )
    ring = found.geometry.iloc[0]
    differ = row["inside_not_counted"] | row["counted_not_inside"]
    for k, point in enumerate(demand.geometry):
        inside = shapely.covers(ring, point)
        assert bool(differ >> k & 1) == (inside != counted[k])
        water = not shapely.contains(district()[1], point)
        if inside != counted[k] and not water:
            assert ring.boundary.distance(point) <= 2 * CELL


def test_a_place_that_is_counted_but_not_drawn_is_told():
    """A ring that somebody drew too small: two places beyond it, one in it that is not counted."""
    roads, _ = district()
    venue = open_venues().iloc[[57]]
    centre = venue.geometry.iloc[0]
    demand = gpd.GeoDataFrame(
        {"people": [1, 10, 100]},
        geometry=[shapely.Point(centre.x + d, centre.y) for d in (0, 20, 8000)],
        crs=venue.crs, index=["a", "b", "c"],
    )  # fmt: skip
    times = travel_times(roads.network, PROFILES["ebike"], demand, venue, horizon_minutes=60)
    shapes = gpd.GeoDataFrame(
        {"venue": [venue.index[0]], "mode": ["ebike"], "minutes": [10.0]},
        geometry=[shapely.MultiPolygon([shapely.Point(centre.x + 8000, centre.y).buffer(50)])],
        crs=venue.crs,
    )
    told = disagreement(shapes, times, demand).iloc[0].to_dict()
    assert told == {
        "people_counted": 11, "people_inside": 100, "inside_not_counted": 100,
        "counted_not_inside": 11,
    }  # fmt: skip


RIVER = """
grid 400
|A--B--C      D--E--F
|
|a     b      c     d
way ABC highway=residential
way DEF highway=residential
point G at=C+200E
venue V at=B
place P at=A
place Q at=E
"""


@pytest.mark.parametrize("wide", [0, 120])
def test_no_ring_crosses_a_river_without_a_bridge(town, wide):
    """300 m beyond the street flows a river, a line or an area; the far bank stays dry."""
    drawing = town(RIVER)
    network = drawing.roads().network
    x, y = drawing.at["C"]
    west_bank, east_bank = x + 300, x + 300 + wide
    river = shapely.LineString([(west_bank, y - 9000), (west_bank, y + 9000)])
    if wide:
        river = shapely.box(west_bank, y - 9000, east_bank, y + 9000)
    ends = shapely.box(x - 5000, y - 5000, x + 5000, y + 5000) - river
    area, far = (
        gpd.GeoSeries([shape], crs=drawing.demand.crs).to_crs(network.crs).iloc[0]
        for shape in (ends, shapely.box(east_bank + 2 * CELL, y - 5000, x + 1100, y + 5000))
    )
    wall = gpd.GeoSeries([river], crs=drawing.demand.crs).to_crs(network.crs).to_numpy(object)
    asked = (network, PROFILES["car"], drawing.venue_layer, [18, 25])
    over = isochrones(*asked).geometry.to_numpy()
    found = isochrones(*asked, land=area, barriers=wall).geometry.to_numpy()
    assert shapely.intersects(over, far).all()
    assert not shapely.intersects(found, far).any()
    bank = gpd.GeoSeries([shapely.Point(west_bank - 1.5 * CELL, y)], crs=drawing.demand.crs)
    assert shapely.contains(found[0], bank.to_crs(network.crs).iloc[0])


def test_nothing_is_drawn_where_nothing_is_reached(town):
    drawing = town(RIVER.replace("at=B", "at=B+9000N"))
    found = isochrones(drawing.roads().network, PROFILES["walk"], drawing.venue_layer, [5, 10])
    assert shapely.is_empty(found.geometry).all()
    assert found["minutes"].tolist() == [5.0, 10.0]


def test_degrees_are_refused():
    roads, _ = district()
    with pytest.raises(CrsError):
        isochrones(roads.network, PROFILES["walk"], open_venues().to_crs(4326), [5])


heights = st.lists(st.lists(st.integers(0, 40), min_size=7, max_size=7), min_size=7, max_size=7)


@given(heights, st.lists(st.integers(1, 39), min_size=1, max_size=4, unique=True), st.booleans())
def test_rings_of_any_surface_are_nested_and_valid(rows, levels, cut):
    ticks = np.kron(np.array(rows, np.int32), np.ones((3, 3), np.int32)) * 600
    ticks[ticks > 36 * 600] = FAR
    at = (np.arange(21) + 0.5) * CELL
    surface = Surface(at, at, ticks, np.ones(ticks.shape, bool))
    land = shapely.box(100, 70, 900, 930) - shapely.box(400, -9, 460, 2000) if cut else None
    found = rings(surface, [level * 600 for level in sorted(levels)], land=land)
    assert shapely.is_valid(found).all()
    for inner, outer in pairwise(found):
        assert shapely.area(inner - outer) < TOLERANCE_M2


@given(st.integers(0, 2**32 - 1), st.integers(0, 9000))
def test_both_searches_label_alike(seed, horizon):
    """Times and, of equal ones, the lowest owner; held against one search per owner."""
    network: Network = district()[0].network
    arcs = network.arcs(PROFILES["car"])
    rng = np.random.default_rng(seed)
    starts = np.column_stack([
        rng.integers(0, network.nodes, 5), rng.integers(0, 600, 5), rng.integers(0, 3, 5)
    ])  # fmt: skip
    field = Field(arcs.T.tocsr())
    full = dijkstra(field.back, indices=starts[:, 0]) + starts[:, 1:2]
    times = np.array([full[starts[:, 2] == k].min(axis=0, initial=np.inf) for k in range(3)])
    for by_scipy in (True, False):
        field.by_scipy = by_scipy
        time, owner = field.labels(starts, horizon)
        reached = times.min(axis=0) <= horizon
        np.testing.assert_array_equal(time != FAR, reached)
        np.testing.assert_array_equal(time[reached], times.min(axis=0)[reached])
        np.testing.assert_array_equal(owner[reached], times.argmin(axis=0)[reached])
        assert (owner[~reached] == -1).all()


TRUTHS = {
    "São Paulo, car": ("osm_sao_paulo/spo_osm.pbf", "car", 15),
    "São Paulo, walk": ("osm_sao_paulo/spo_osm.pbf", "walk", 15),
    "Monaco, walk": ("osm_monaco/monaco.osm.pbf", "walk", 15),
}


@pytest.mark.skipif(not FIXTURES.is_dir(), reason="the fixtures are not here")
@pytest.mark.parametrize("name", TRUTHS)
def test_truth(name):
    """Points within 100 m of a road: inside the ring against counted in time."""
    file, mode, minutes = TRUTHS[name]
    network, profile = read_roads(FIXTURES / file, PROFILES).network, PROFILES[mode]
    assert overlap(network, profile, minutes) >= 0.91


def overlap(network: Network, profile, minutes: int, points: int = 4000) -> float:
    """Intersection over union of what is inside and what is counted, of random points."""
    rng = np.random.default_rng(1)
    arcs, horizon = network.arcs(profile), threshold_ticks(minutes)
    usable, _ = network.joinable(profile, arcs)
    line = network.lines[np.flatnonzero(usable)[int(usable.sum()) // 2]]
    spot = shapely.line_interpolate_point(line, 0.4, normalized=True)
    venue = gpd.GeoDataFrame(geometry=[spot], index=["v"], crs=network.crs)
    ring = isochrones(network, profile, venue, [minutes]).geometry.iloc[0]
    west, south, east, north = ring.buffer(800).bounds
    x, y = rng.uniform(west, east, 4 * points), rng.uniform(south, north, 4 * points)
    near = snap(network, x, y, joinable=usable, limit_metres=100).connected
    demand = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x[near], y[near]), crs=network.crs)
    times = travel_times(network, profile, demand, venue, horizon_minutes=minutes)
    counted = times.ticks[:, 0] <= horizon
    shapely.prepare(ring)
    inside = shapely.contains_xy(ring, x[near], y[near])
    assert counted.sum() > 100
    return float((counted & inside).sum() / (counted | inside).sum())
