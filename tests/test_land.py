"""Land within reach, and coverage by a choice of venues and by opening hours."""

from __future__ import annotations

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from kepu.coverage.land import land_table, lattice
from kepu.coverage.opening import CLOSED, OPEN, UNKNOWN, opening
from kepu.coverage.overview import conditions_table
from kepu.coverage.reach import reach
from kepu.coverage.share import Standard, nearest, standard_coverage
from kepu.coverage.times import Times
from kepu.geo.routing import UNREACHED

from .given_doors import doors

TOWNS = geopandas.GeoDataFrame(
    {"name": ["城街道", "乡镇"], "kind": ["urban", "rural"]}, index=["t0", "t1"],
    geometry=[shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 4000, 1000)], crs=4547,
)  # fmt: skip
HOURS = [("", ""), ("每天", "9:00-21:00"), ("周一至周五", "9:00-17:00"), ("周末", "")]


@pytest.mark.parametrize("points", [4, 100, 1234])
def test_every_point_stands_for_as_much_land(points):
    found = lattice(TOWNS, points)
    assert abs(len(found) - points) <= 2 * np.sqrt(points) + 2
    assert found.index.is_unique
    for point, town, rural in zip(found.geometry, found["town"], found["rural"], strict=True):
        assert TOWNS.geometry[town].intersects(point)
        assert rural == (town == "t1")
    if points > 50:
        assert abs((found["town"] == "t0").mean() - 0.25) < 0.05


def test_without_points_or_land_there_is_no_lattice():
    assert lattice(TOWNS, 0).empty
    assert lattice(TOWNS.set_geometry([None, None], crs=4547), 100).empty


@st.composite
def cases(draw: st.DrawFn):
    count, width = draw(st.integers(1, 7)), draw(st.integers(0, 5))

    def drawn(items: st.SearchStrategy, size: int) -> list:
        return draw(st.lists(items, min_size=size, max_size=size))

    tick = st.one_of(
        st.integers(0, 20_000), st.sampled_from([8999, 9000, 9001]), st.just(UNREACHED)
    )
    demand = geopandas.GeoDataFrame(
        {"name": [f"村{i}" for i in range(count)], "people": drawn(st.integers(0, 900), count),
         "town": drawn(st.sampled_from(["t0", "t1"]), count),
         "rural": drawn(st.booleans(), count)},
        index=[f"p{i}" for i in range(count)], geometry=[shapely.Point(5, 5)] * count, crs=4547,
    )  # fmt: skip
    hours = drawn(st.sampled_from(HOURS), width)
    venues = geopandas.GeoDataFrame(
        {"name": [f"馆{i}" for i in range(width)], "type": ["room"] * width,
         "status": drawn(st.sampled_from(["open", "open", "closed"]), width),
         "days": [days for days, _ in hours], "hours": [text for _, text in hours]},
        index=[f"v{i}" for i in range(width)], geometry=[shapely.Point(0, 0)] * width, crs=4547,
    )  # fmt: skip
    ticks = np.array([drawn(tick, width) for _ in range(count)], np.uint32).reshape(count, width)
    times = Times("walk", demand.index, venues.index, ticks, 36_000, doors(count), doors(width))
    standard = Standard("s", "标准", ("room",), "walk", 15.0, draw(st.sampled_from([0.5, 0.9])),
                        count=draw(st.integers(1, 3)),
                        opening=draw(st.sampled_from(["", "evening", "weekend"])))  # fmt: skip
    return standard, times, venues, demand


def allowed(standard: Standard, venue: pd.Series, states: tuple[int, ...]) -> bool:
    if venue["status"] != "open":
        return False
    return (
        not standard.opening
        or opening(venue["days"], venue["hours"]).at(standard.opening) in states
    )


@given(cases())
def test_choices_and_hours_follow_plain_loops(drawn):
    standard, times, venues, demand = drawn
    found = standard_coverage(standard, times, venues, demand, TOWNS).iloc[0]
    by_place = reach(standard, times, venues, demand)
    sums = {}
    for name, states in (("known", (OPEN,)), ("perhaps", (OPEN, UNKNOWN)),
                         ("all", (OPEN, UNKNOWN, CLOSED))):  # fmt: skip
        rows = [i for i in range(len(venues)) if allowed(standard, venues.iloc[i], states)]
        near = [
            sum(int(times.ticks[p, v]) <= 9000 for v in rows) >= standard.count
            for p in range(len(demand))
        ]
        sums[name] = near
        if name == "known":
            assert by_place["covered"].tolist() == near
            counts = [sum(int(times.ticks[p, v]) <= 9000 for v in rows) for p in range(len(demand))]
            assert by_place["choices"].tolist() == counts
    people = demand["people"].to_numpy()
    assert found["covered"] == people @ sums["known"]
    assert found["covered"] + found["hours_unknown"] == people @ sums["perhaps"]
    goal = standard.goal * people.sum()
    if not people.sum():
        assert pd.isna(found["met"])
    elif found["covered"] >= goal:
        assert found["met"]
    else:
        judged = found["covered"] + found["hours_unknown"] < goal
        assert pd.isna(found["met"]) is not judged
    held = [
        "" if known else "hours_unknown" if perhaps else "closed_then" if any_ else ""
        for known, perhaps, any_ in zip(sums["known"], sums["perhaps"], sums["all"], strict=True)
    ]
    assert by_place["held_back"].tolist() == held


@given(cases(), st.integers(1, 4))
def test_the_next_nearest_is_the_next_in_order(drawn, count):
    _, times, venues, demand = drawn
    found = nearest(times, venues, ("room",), count=count)
    used = [i for i in range(len(venues)) if venues["status"].iloc[i] == "open"]
    for place in range(len(demand)):
        order = sorted((int(times.ticks[place, v]), venues.index[v], v) for v in used)
        reached = len(order) >= count and order[count - 1][0] != UNREACHED
        assert found.ticks[place] == (order[count - 1][0] if reached else UNREACHED)
        assert found.venue[place] == (order[count - 1][2] if reached else -1)
        reason = "" if reached else "no_venue" if len(used) < count else "beyond_horizon"
        assert found.reason[place] == reason


@given(cases())
def test_conditions_are_the_standard_made_stricter(drawn):
    standard, times, venues, demand = drawn
    found = conditions_table([(standard, times)], venues, demand, TOWNS)
    base = standard_coverage(standard, times, venues, demand, TOWNS)["covered"].to_numpy()
    choices = {f"choice{count}" for count in (2, 3) if count > standard.count}
    assert choices <= set(found["condition"])
    for _, own in found.groupby("condition"):
        assert (own["covered"].to_numpy() <= base).all()


def test_land_is_counted_by_hand():
    points = lattice(TOWNS, 4)
    ticks = np.full((len(points), 1), 9001, np.uint32)
    ticks[0] = 9000
    venues = geopandas.GeoDataFrame(
        {"name": ["馆"], "type": ["room"], "status": ["open"]}, index=["v"],
        geometry=[shapely.Point(0, 0)], crs=4547,
    )  # fmt: skip
    times = Times("walk", points.index, venues.index, ticks, 36_000, doors(len(points)), doors(1))
    standard = Standard("s", "标准", ("room",), "walk", 15.0, 0.9)
    found = land_table([(standard, times)], venues, points, TOWNS).set_index(["scope", "code"])
    assert len(points) == 4
    assert found.loc[("district", "")][["points", "reached", "share"]].tolist() == [4, 1, 0.25]
    assert found.loc[("town", "t0")][["points", "reached"]].tolist() == [1, 1]
    assert found.loc[("rural", "")][["points", "reached"]].tolist() == [3, 0]


def test_points_of_land_stand_in_the_middle_of_what_they_stand_for():
    town = geopandas.GeoDataFrame(
        {"kind": ["urban"]}, index=["t"], geometry=[shapely.box(0, 0, 1000, 2000)], crs=4547
    )
    found = lattice(town, 8).geometry
    assert sorted(zip(found.x, found.y, strict=True)) == [
        (x, y) for x in (250, 750) for y in (250, 750, 1250, 1750)
    ]
