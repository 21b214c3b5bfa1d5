"""Fairness where sites have room for so many: who is served, held against flows told by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kepu.coverage.siting import capacity
from kepu.coverage.siting.answers import Watch
from kepu.coverage.siting.capacity import _most_room, most_of, most_people
from kepu.coverage.siting.cover import Cover
from kepu.coverage.siting.fairness import group_people, least_gap, max_min, with_share, worst_share
from kepu.coverage.siting.rules import Rules
from kepu.coverage.siting.service import keeps_floors, served, shared_out

from .every_plan import plans

TOWN, COUNTRY = 0, 1


def crowded(seed, places=10, sites=5):
    """Draw places in town or in the country, and sites with little room."""
    rng = np.random.default_rng(seed)
    reach, people = rng.random((places, sites)) < 0.35, rng.integers(1, 9, places)
    country = rng.random(places) < 0.5
    groups = np.column_stack([people * ~country, people * country])
    base = rng.random(places) < 0.15
    cover = Cover.of(reach, people, groups=groups, covered=base, kind=country)
    return cover, rng.integers(1, 14, sites), groups.sum(axis=0)


def alone(cover, room, group, sites):
    """Serve one group with nobody else there: the most of it that a plan can serve."""
    only = cover.weighing(cover.groups[:, group])
    return served(only, room, sites) + int(cover.base_groups[group])


def of_the_country(cover, room, sites):
    """Return the fewest and the most of the country among those served, all that can be."""
    everybody = served(cover, room, sites)
    return everybody - alone(cover, room, TOWN, sites), alone(cover, room, COUNTRY, sites)


def nearest_shares(cover, room, totals, sites):
    """Return the smallest difference of shares, and the country's people there."""
    low, high = of_the_country(cover, room, sites)
    everybody = served(cover, room, sites)
    even = everybody * totals[COUNTRY] / totals.sum()
    country = min(max(even, low), high)
    return abs((everybody - country) / totals[TOWN] - country / totals[COUNTRY]), country


CASES = [seed for seed in range(10) if crowded(seed)[2].all()]


def test_those_a_floor_is_for_are_served_first():
    # One room of 5 for a village of 4 and a street of 4: town and country share it as 2.5 : 2.5.
    cover = Cover.of(np.ones((2, 1), bool), [4, 4], groups=[[4, 0], [0, 4]], kind=[0, 1])
    rules, totals = Rules(count=1, room=np.array([5])), np.array([4, 4])
    best = most_people(cover, rules, Watch())
    assert (best.status, best.value) == ("optimal", 5)
    even = group_people(cover, rules, totals, (TOWN, COUNTRY), best.sites, [TOWN, COUNTRY])
    assert even == pytest.approx([2.5, 2.5], abs=1e-3)
    # All four of the village, and the price is nothing: one of the street is left.
    floor = rules.with_floor(cover.groups[:, COUNTRY], 4)
    kept = most_people(cover, floor, Watch())
    assert (kept.status, kept.value) == ("optimal", 5)
    shared = group_people(cover, floor, totals, (TOWN, COUNTRY), kept.sites, [TOWN, COUNTRY])
    assert shared == pytest.approx([1, 4], abs=1e-3)
    # Four of each are within reach, and cannot be served at once.
    both = floor.with_floor(cover.groups[:, TOWN], 2)
    assert most_people(cover, both, Watch()).status == "infeasible"
    assert not both.kept_by([0], cover)
    assert replace(both, room=None).kept_by([0], cover)


def test_places_of_one_reach_stay_apart_by_kind():
    alike = np.ones((3, 1), bool)
    assert Cover.of(alike, [1, 2, 3]).weight.tolist() == [6]
    cover = Cover.of(alike, [1, 2, 3], kind=[0, 1, 0])
    assert sorted(cover.weight.tolist()) == [2, 4]
    assert cover.row[0] == cover.row[2] != cover.row[1]


@pytest.mark.parametrize("seed", CASES)
def test_floors_and_their_price_equal_brute_force(seed):
    cover, room, _ = crowded(seed)
    rules, every = Rules(count=2, room=room), plans(5, 2)
    most = most_of(cover, rules, COUNTRY, Watch())
    best = max(alone(cover, room, COUNTRY, p) for p in every)
    assert most.value + cover.base_groups[COUNTRY] == pytest.approx(best)
    for least in range(int(cover.base_groups[COUNTRY]), best + 2):
        found = with_share(cover, rules, COUNTRY, least, Watch())
        allowed = [p for p in every if alone(cover, room, COUNTRY, p) >= least]
        if not allowed:
            assert (least, found.status) == (best + 1, "infeasible")
            continue
        # Whom the floor is for comes first and costs nobody: the plan serves all that it can.
        told = max(served(cover, room, p) for p in allowed)
        assert (found.status, found.value) == ("optimal", told)


@pytest.mark.parametrize("seed", CASES)
def test_the_smallest_gap_turns_nobody_away(seed):
    cover, room, totals = crowded(seed)
    rules, every = Rules(count=2, room=room), plans(5, 2)
    least = served(cover, room, most_people(cover, rules, Watch()).sites) * 9 // 10
    found, gap = least_gap(cover, rules, totals, (TOWN, COUNTRY), least, Watch())
    allowed = [p for p in every if served(cover, room, p) >= least]
    told = min(nearest_shares(cover, room, totals, p)[0] for p in allowed)
    assert found.status == "optimal"
    assert gap == pytest.approx(told, abs=1e-5)
    assert found.value == served(cover, room, found.sites) >= least


@pytest.mark.parametrize("seed", CASES)
def test_the_worst_off_is_raised_as_far_as_can_be(seed):
    cover, room, totals = crowded(seed)
    rules, every = Rules(count=2, room=room), plans(5, 2)

    def worst(sites):
        low, high = of_the_country(cover, room, sites)
        everybody = served(cover, room, sites)
        country = min(max(everybody * totals[COUNTRY] / totals.sum(), low), high)
        shares = [(everybody - country) / totals[TOWN], country / totals[COUNTRY]]
        return min(s for s, g in zip(shares, (TOWN, COUNTRY), strict=True) if helped[g])

    helped = cover.base_groups + cover.groups.sum(axis=0) > 0
    found = max_min(cover, rules, totals, Watch())
    told = max(worst(p) for p in every)
    assert found.status == "optimal"
    assert float(worst_share(cover, rules, totals, found.sites)) == pytest.approx(told, abs=1e-5)
    if helped.all():
        equals = [p for p in every if worst(p) >= told - 1e-5]
        assert found.value == max(served(cover, room, p) for p in equals)


@given(st.integers(0, 10**6))
def test_who_is_served_adds_up(seed):
    cover, room, totals = crowded(seed)
    sites = np.array([0, 2, 3])
    pair = (TOWN, COUNTRY) if totals.all() else None
    groups = shared_out(cover, room, sites, (), totals, pair, [TOWN, COUNTRY])
    assert groups.sum() == pytest.approx(served(cover, room, sites), abs=1e-3)
    assert (groups <= cover.group_values(sites) + 1e-3).all()
    assert (groups >= cover.base_groups - 1e-3).all()
    if pair is not None:
        assert groups[COUNTRY] == pytest.approx(
            nearest_shares(cover, room, totals, sites)[1], abs=0.05
        )
    # A floor at what is served holds, one person more than could be does not.
    high = alone(cover, room, COUNTRY, sites) - int(cover.base_groups[COUNTRY])
    floor = [(cover.groups[:, COUNTRY], high)]
    assert keeps_floors(cover, room, sites, floor)
    assert not keeps_floors(cover, room, sites, [(cover.groups[:, COUNTRY], high + 1)])


def test_of_a_group_each_row_has_its_share():
    # A room of 3 for a place of 6, two of them old: three served are one old person.
    cover = Cover.of(np.ones((1, 1), bool), [6], groups=[[2]])
    rules = Rules(count=1, room=np.array([3]))
    most = most_of(cover, rules, 0, Watch())
    assert (most.status, most.value) == ("optimal", pytest.approx(1.0))
    assert with_share(cover, rules, 0, 1, Watch()).value == 3
    assert with_share(cover, rules, 0, 2, Watch()).status == "infeasible"


def test_no_room_for_nobody():
    cover = Cover.of(np.zeros((2, 2), bool), [3, 4], groups=[[3, 0], [0, 4]])
    rules, totals = Rules(count=1, room=np.array([1, 1])), np.array([3, 4])
    found = most_people(cover, rules, Watch())
    assert (found.status, found.value) == ("optimal", 0)
    shared = group_people(cover, rules, totals, (TOWN, COUNTRY), found.sites, [TOWN, COUNTRY])
    assert shared.tolist() == [0, 0]
    assert worst_share(cover, rules, totals, found.sites) == 1
    full = Rules(count=1, fixed=np.ones(2, bool), room=np.array([1, 1]))
    assert most_people(cover, full, Watch()).status == "infeasible"


@given(st.integers(0, 10**6), st.booleans())
def test_no_plan_serves_more_than_its_sites_have_room_for(seed, priced):
    cover, room, _ = crowded(seed)
    rng = np.random.default_rng(seed)
    fixed, forbidden = np.arange(5) == 1, np.arange(5) == 3
    cost = rng.integers(0, 4, 5)
    rules = Rules(count=3, fixed=fixed, forbidden=forbidden, room=room)
    rules = replace(rules, budget=3, cost=cost) if priced else rules
    most = _most_room(cover, rules, room)
    kept = [plan for plan in plans(5, 3) if rules.kept_by(plan, cover)]
    best = max(served(cover, room, plan) for plan in kept)
    assert cover.base + most >= best
    found = most_people(cover, rules, Watch())
    assert (found.status, found.value) == ("optimal", best)


def test_full_sites_are_proved_without_a_program(monkeypatch):
    # Three villages of 10, rooms of 4: two sites serve eight, and nobody needs a solver to see it.
    cover = Cover.of(np.eye(3, dtype=bool), [10, 10, 10])
    rules = Rules(count=2, room=np.full(3, 4))
    assert _most_room(cover, rules, rules.room) == 8
    monkeypatch.setattr(capacity, "solve", lambda *_, **__: pytest.fail("not needed"))
    found = most_people(cover, rules, Watch())
    assert (found.status, found.value) == ("optimal", 8)
    # For three units of money: the cheap one, and half of what a dear one has room for.
    dear = replace(rules, count=None, budget=3, cost=np.array([2, 2, 4]))
    assert _most_room(cover, dear, dear.room) == 6
