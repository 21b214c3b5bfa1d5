"""Neighbours by road: exactly those that a full table of times names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from geopandas import GeoDataFrame, points_from_xy
from hypothesis import given
from hypothesis import strategies as st

from kepu.coverage import neighbours
from kepu.coverage.neighbours import NEIGHBOURS, Neighbourhood, nearest_neighbours
from kepu.coverage.times import travel_times
from kepu.geo import around
from kepu.geo.around import Around, nearest_others
from kepu.geo.profile import default_profiles
from kepu.geo.routing import UNREACHED
from kepu.layers.roads import read_roads

from . import test_routing as routing

ROADS = Path(__file__).parents[1] / "data/boundaries/roads.osm.pbf"


def plainly(times, count, horizon):
    """The nearest others by sorting a row of all times."""
    found = []
    for place, row in enumerate(times.tolist()):
        near = sorted((ticks, other) for other, ticks in enumerate(row)
                      if other != place and ticks != UNREACHED and ticks <= horizon)  # fmt: skip
        found.append(near[:count])
    return found


def searched(town, count, horizon):
    *roads, leaving, arriving = routing.question(replace(town, goals=town.homes))
    ticks, number = nearest_others(Around(*roads), leaving, arriving, count, horizon=horizon)
    return [
        [(int(t), int(n)) for t, n in zip(*pair, strict=True) if n >= 0]
        for pair in zip(ticks, number, strict=True)
    ], ticks, number  # fmt: skip


@given(routing.towns(), st.integers(1, 6), st.sampled_from([0, 40, 3000, routing.EVER]))
def test_the_nearest_others_are_those_of_the_full_table(town, count, horizon):
    times = routing.ask(replace(town, goals=town.homes))
    found, ticks, number = searched(town, count, horizon)
    assert found == plainly(times, count, horizon)
    assert ((number < 0) == (ticks == UNREACHED)).all()


@pytest.mark.parametrize("seed", range(6))
def test_so_they_are_in_larger_towns(seed):
    town = routing.random_town(seed, places=60, venues=1)
    times = routing.ask(replace(town, goals=town.homes))
    for count, horizon in ((6, routing.EVER), (6, 1200), (70, routing.EVER)):
        found, _, _ = searched(town, count, horizon)
        assert found == plainly(times, count, horizon)


def test_what_is_compiled_ahead_is_what_is_used():
    """One signature of each kernel, that of the real search."""
    around.warm()
    kernels = (around._spread, around._collect)
    assert [len(kernel.signatures) for kernel in kernels] == [1, 1]
    searched(routing.random_town(1, places=9, venues=1), 3, routing.EVER)
    assert [len(kernel.signatures) for kernel in kernels] == [1, 1]


@pytest.fixture(scope="module")
def district():
    """Three hundred points thrown over the illustrative roads, by car: some streets are one-way."""
    roads = read_roads(ROADS, default_profiles())
    random = np.random.default_rng(4)
    x, y = roads.network.extent_in(roads.network.crs)
    points = random.uniform((x[0], y[0]), (x[1], y[1]), (300, 2))
    layer = GeoDataFrame(
        index=[f"p{i}" for i in range(300)],
        geometry=points_from_xy(*points.T, crs=roads.network.crs),
    )
    return roads, layer, travel_times(
        roads.network, default_profiles()["car"], layer, layer, horizon_minutes=120,
        barriers=roads.barriers,
    )  # fmt: skip


@pytest.mark.parametrize("leaves", [True, False])
@pytest.mark.parametrize("most, reach", [(0, 0), (10**9, 1), (10**9, 6_000), (10**9, 72_000)])
def test_every_way_to_find_them_is_the_table(district, leaves, most, reach, monkeypatch):
    """Places are tied like those who set out, and like venues where they are the goal."""
    roads, layer, times = district
    monkeypatch.setattr(neighbours, "MOST_LABELS", most)
    monkeypatch.setattr(neighbours, "FIRST_REACH", reach)
    homes = times.place_doors if leaves else times.venue_doors
    near = Neighbourhood(
        roads.network, default_profiles(), layer.geometry, {"car": homes}, leaves, roads.barriers,
        times.horizon,
    )  # fmt: skip
    rows = np.random.default_rng(1).permutation(300)[:200]
    found = near.nearest("car", rows)
    among = times.ticks[np.ix_(rows, rows)]
    assert (found != nearest_neighbours(among, NEIGHBOURS)).nnz == 0
    assert lists_of(found) == [
        sorted(n for _, n in one) for one in plainly(among, NEIGHBOURS, times.horizon)
    ]
    connected = times.connected[rows]
    assert 50 < connected.sum() < 200
    degree = np.diff(found.indptr)
    assert (degree[~connected] == 0).all()
    assert (degree[connected] == NEIGHBOURS).mean() > 0.9
    assert not found.diagonal().any()
    assert (found != near.nearest("car", rows)).nnz == 0


TICKS = np.array([[0, 9000, 9001, UNREACHED], [10, 0, 10, 10], [20, 10, 0, 5], [UNREACHED] * 4],
                 np.uint32)  # fmt: skip


def lists_of(matrix):
    return [np.flatnonzero(row).tolist() for row in matrix.toarray()]


def test_nearest_neighbours_tie_by_row_and_may_be_fewer():
    assert lists_of(nearest_neighbours(TICKS, 2)) == [[1, 2], [0, 2], [1, 3], []]
    assert lists_of(nearest_neighbours(TICKS, 9)) == [[1, 2], [0, 2, 3], [0, 1, 3], []]
    short = np.minimum(TICKS, 2**16 - 1).astype(np.uint16)
    for count in (1, 2, 9):
        expected = lists_of(nearest_neighbours(TICKS, count))
        assert lists_of(nearest_neighbours(short, count)) == expected
    assert TICKS[0, 0] == 0
