"""
What must hold for every town: those invariants that stand in no other file of tests.

The numbers are those of the table in `docs/reliability.md`, which names the test of each.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kepu.coverage.inequality import gini, theil
from kepu.coverage.reach import reach
from kepu.coverage.share import Standard, nearest, standard_coverage
from kepu.coverage.siting.answers import Watch
from kepu.coverage.siting.cover import Cover
from kepu.coverage.siting.covering import greedy, maximal
from kepu.coverage.siting.rules import Rules
from kepu.coverage.times import within
from kepu.geo.profile import MODES
from kepu.geo.routing import UNREACHED

from . import test_routing as routing
from . import test_share as share


@given(routing.towns())
def test_from_a_place_to_itself_it_takes_no_time(town):
    """1: only the walk off the road, once each way, and the arrival."""
    there = replace(
        town, homes=replace(town.homes, metres=town.homes.metres * 0),
        profile=replace(town.profile, arrival_seconds=0.0),
    )  # fmt: skip
    times = routing.ask(replace(there, goals=there.homes))
    # Who stands at a barrier, or on a road that is closed to this mode, is at his own place still.
    assert (times.diagonal()[there.homes.connected] == 0).all()
    assert (times[~there.homes.connected] == UNREACHED).all()


@given(routing.towns(), st.sampled_from([0.25, 0.5, 2.0, 4.0, 10.0]))
def test_times_follow_the_speed(town, factor):
    """8: each edge is rounded to a tenth of a second once, so is each end."""
    still = replace(town.profile, arrival_seconds=0.0)
    speeds = {
        name: replace(one, kmh=one.kmh * factor, built_up_kmh=one.built_up_kmh * factor)
        for name, one in still.speeds.items()
    }
    quick = replace(still, speeds=speeds, access_kmh=still.access_kmh * factor)
    slow, fast = (routing.ask(replace(town, profile=one)) for one in (still, quick))
    known = slow != UNREACHED
    assert (known == (fast != UNREACHED)).all()
    parts = town.network.nodes + 2
    off = np.abs(slow[known] / factor - fast[known])
    assert (off <= (0.5 + 0.5 / factor + 1) * parts).all()


@given(routing.towns())
def test_unreached_is_who_has_no_way_and_nobody_else(town):
    """11: by a search of the graph that knows no times."""
    import networkx as nx

    graph, times = routing.oracle_graph(town), routing.ask(town)
    for place, row in enumerate(times):
        found = nx.descendants(graph, ("place", place))
        assert [("venue", venue) in found for venue in range(len(row))] == list(row != UNREACHED)


@given(routing.towns(), st.data())
def test_roads_closed_to_a_mode_do_not_matter_to_it(town, data):
    """23: a footpath that is taken away changes no car's time."""
    closed = data.draw(st.lists(st.booleans(), min_size=town.network.edges,
                                max_size=town.network.edges))  # fmt: skip
    used = {*town.homes.edge.tolist(), *town.goals.edge.tolist()}
    closed = np.array([one and edge not in used for edge, one in enumerate(closed)])
    ways = town.network.open["walk"] & ~closed[:, None]
    shut = replace(town.network, open=dict.fromkeys(MODES, ways))
    keep = ~closed
    if not keep.any():
        return
    order = np.cumsum(keep) - 1
    network = routing.network_of(
        shut.nodes, shut.tail[keep], shut.head[keep], shut.length[keep], ways[keep],
        highway=shut.highway[keep], barred=np.flatnonzero(shut.barred["walk"]),
    )  # fmt: skip

    def moved(snaps):
        return replace(snaps, edge=np.where(snaps.connected, order[snaps.edge], snaps.edge))

    without = replace(town, network=network, homes=moved(town.homes), goals=moved(town.goals))
    np.testing.assert_array_equal(routing.ask(replace(town, network=shut)), routing.ask(without))


def counted(district, minutes=15.0, people=None, **choices):
    times, venues, demand = district
    standard = Standard("s", "标准", share.TYPES, "walk", minutes, 0.5, **choices)
    demand = demand if people is None else demand.assign(people=people)
    return standard_coverage(standard, times, venues, demand, share.PLAIN_TOWNS)


@given(share.districts())
def test_without_a_limit_all_who_reach_a_venue_are_covered(district):
    """25."""
    times, venues, demand = district
    reached = (nearest(times, venues, share.TYPES).ticks != UNREACHED) & times.connected
    table = counted(district, minutes=1e6)
    assert table["covered"][0] == demand["people"].to_numpy()[reached].sum()


@given(share.districts(), st.data())
def test_a_village_in_two_parts_counts_as_one(district, data):
    """27: at the same point."""
    times, venues, demand = district
    number = data.draw(st.integers(0, len(demand) - 1))
    some = data.draw(st.integers(0, int(demand["people"].iloc[number])))
    twice = np.append(np.arange(len(demand)), number)
    apart = np.flatnonzero(~times.connected[twice])
    split = demand.iloc[twice].set_axis([f"q{i}" for i in range(len(twice))])
    people = split["people"].to_numpy().copy()
    people[[number, -1]] = some, people[number] - some
    parts = share.table_times(times.ticks[twice], apart=apart, venues=list(times.venues) or None)
    minutes = data.draw(st.sampled_from([5, 15, 60]))
    columns = ["scope", "code", "people", "covered", "not_connected"]
    pd.testing.assert_frame_equal(
        counted(district, minutes)[columns],
        counted((parts, venues, split), minutes, people)[columns],
    )


@given(share.districts(), st.lists(st.integers(1, 10**6), min_size=8, max_size=8))
def test_the_district_is_the_mean_of_its_towns_by_their_people(district, people):
    """21, 22: and nobody is counted twice or lost."""
    table = counted(district, people=people[: len(district[2])])
    towns, whole = table[table["scope"] == "town"], table.iloc[0]
    lived = towns[towns["people"] > 0]
    mean = (lived["share"].astype(float) * lived["people"]).sum() / lived["people"].sum()
    assert whole["share"] == pytest.approx(mean, rel=1e-12)
    assert ((table["covered"] >= 0) & (table["covered"] <= table["people"])).all()
    for column in ("people", "covered", "not_connected", "hours_unknown"):
        assert towns[column].sum() == whole[column]


@given(share.districts(), st.floats(0.1, 300))
def test_the_covered_sum_names_the_covered_places(district, minutes):
    """29: with a power of two of people in each, as Conveyal does."""
    times, venues, demand = district
    minutes = round(minutes, 1)
    people = 2 ** np.arange(len(demand), dtype=np.int64)
    total = int(counted(district, minutes, people)["covered"][0])
    named = (total >> np.arange(len(demand))) & 1 == 1
    standard = Standard("s", "标准", share.TYPES, "walk", minutes, 0.5)
    found = reach(standard, times, venues, demand)
    assert (named == found["covered"]).all()
    open_ones = times.ticks[:, np.asarray(venues["type"].isin(share.TYPES))]
    quick = within(open_ones, minutes).any(axis=1) if open_ones.size else np.zeros(len(named), bool)
    assert (named == quick).all()


# Beside the middle of a block, so that no other street is as near.
spots = st.builds(
    lambda street, block, part, off, upright: (street + off, block + part)[:: 1 if upright else -1],
    st.integers(0, 4), st.integers(0, 3), st.floats(0.3, 0.7), st.floats(-0.2, 0.2), st.booleans(),
)  # fmt: skip


@given(
    st.lists(spots, min_size=1, max_size=4), st.lists(spots, min_size=1, max_size=3),
    st.one_of(
        st.sampled_from([4526, 4548, 32649]),
        st.tuples(st.integers(-60, 60), st.integers(-200, 200)),
    ),
)  # fmt: skip
def test_moved_or_told_in_another_system_trips_take_as_long(homes, goals, other):
    """28: by so many km, streets and all, or points alone in other coordinates."""

    def asked(crs=share.METRIC):
        demand, venues = share.demand_at(homes, [1] * len(homes)), share.venues_at(*goals)
        return share.walk(venues.to_crs(crs), demand.to_crs(crs)).ticks.astype(np.int64)

    here, corner = asked(), (share.EAST, share.NORTH)
    if isinstance(other, int):
        there = asked(other)
    else:
        try:
            share.EAST, share.NORTH = np.add(corner, np.multiply(1000, other)).tolist()
            there = asked()
        finally:
            share.EAST, share.NORTH = corner
    assert (here < 36_000).all()
    assert (np.abs(there - here) <= 2 + here // 1000).all()


@given(share.districts(), st.data())
def test_a_twin_of_a_venue_changes_nothing(district, data):
    """19."""
    times, venues, demand = district
    if venues.empty:
        return
    number = data.draw(st.integers(0, len(venues) - 1))
    both = np.append(np.arange(len(venues)), number)
    names = [*times.venues, "z"]
    twins = venues.iloc[both].set_axis(names)
    more = share.table_times(
        times.ticks[:, both], venues=names, apart=np.flatnonzero(~times.connected)
    )
    counts = [counted(district), counted((more, twins, demand))]
    pd.testing.assert_frame_equal(*(table.drop(columns="venues") for table in counts))
    one, other = nearest(times, venues, share.TYPES), nearest(more, twins, share.TYPES)
    np.testing.assert_array_equal(one.ticks, other.ticks)
    np.testing.assert_array_equal(one.venue, other.venue)


@given(share.districts(), st.data())
def test_an_open_venue_more_covers_no_less_and_one_less_no_more(district, data):
    """16, 17, 18: in every scope; opened again all is as it was."""
    times, venues, demand = district
    if venues.empty:
        return
    closed = venues.copy()
    number = data.draw(st.integers(0, len(venues) - 1))
    closed.iloc[number, closed.columns.get_loc("status")] = "closed"
    before, after = counted((times, closed, demand)), counted(district)
    assert (before["covered"] <= after["covered"]).all()
    again = closed.copy()
    again.iloc[number, again.columns.get_loc("status")] = "open"
    pd.testing.assert_frame_equal(counted((times, again, demand)), after)


@given(st.lists(st.tuples(st.floats(0, 1e6), st.integers(0, 1000)), min_size=1, max_size=20))
def test_gini_and_theil_keep_their_bounds_and_bear_noughts(rows):
    """42, 45, 46: nought is equality; a value of nought adds nothing, and is no error."""
    values, people = (np.array(column) for column in zip(*rows, strict=True))
    if people.sum() == 0 or (values * people).sum() < 1e-9:
        return
    spread = gini(values, people)
    assert 0 <= spread < 1
    whole = theil(values, people)
    assert whole.total >= 0
    assert whole.total == pytest.approx(whole.between + whole.within, abs=1e-12)
    lived = values[people > 0]
    if (lived == lived[0]).all():
        assert spread == pytest.approx(0, abs=1e-12)


@given(st.integers(0, 10**6))
def test_greedy_is_near_the_best_and_fixed_sites_stay(seed):
    """56, 61."""
    rng = np.random.default_rng(seed)
    people = rng.integers(0, 9, 12)
    cover = Cover.of(rng.random((12, 7)) < 0.3, people)
    rules = Rules(count=2)
    best = maximal(cover, rules, Watch(60.0))
    plan = greedy(cover, rules)
    assert cover.value(plan) >= (1 - np.exp(-1)) * best.value - 1e-9
    fixed = np.arange(7) == rng.integers(7)
    kept = maximal(cover, Rules(count=2, fixed=fixed), Watch(60.0))
    assert set(np.flatnonzero(fixed).tolist()) <= set(kept.sites.tolist())
    assert kept.value <= best.value


def test_properties_are_many_and_try_two_hundred_examples_each():
    """What `docs/reliability.md` says of them: none says of itself that it tries fewer."""
    sources = [path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py")]
    assert sum(len(re.findall(r"^ *@given\b", text, re.MULTILINE)) for text in sources) >= 120
    stated = [int(n) for text in sources for n in re.findall(r"max_examples=(\d+)", text)]
    assert min(stated) >= 200
    assert settings.get_profile("house").max_examples == 200
