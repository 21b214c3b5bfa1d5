"""Large coverings with floors: prices, their bound and swaps, held against every plan."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kepu.coverage.siting import covering, floors
from kepu.coverage.siting.answers import Watch
from kepu.coverage.siting.capacity import most_people
from kepu.coverage.siting.cover import Cover
from kepu.coverage.siting.fairness import least_gap, max_min, with_share, worst_share
from kepu.coverage.siting.floors import ONE, at_prices, fits, floored, priced, swapped
from kepu.coverage.siting.rules import Rules

from .every_plan import plans

SITES, COUNT = 8, 3


@pytest.fixture(autouse=True, scope="module")
def _large():
    """Take every table for a large one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(floors, "LARGE_ENTRIES", 0)
        patch.setattr(covering, "SMALL_ENTRIES", 0)
        yield


def drawn(seed, places=24):
    rng = np.random.default_rng(seed)
    reach, people = rng.random((places, SITES)) < 0.2, rng.integers(1, 40, places)
    side = rng.integers(0, 3, places)
    groups = np.column_stack([np.where(side == k, people, 0) for k in range(3)])
    reach[0, :2] = True
    base = rng.random(places) < 0.1
    return Cover.of(reach, people, groups=groups, covered=base), groups.sum(axis=0)


def kept(cover, rules):
    return [plan for plan in plans(SITES, COUNT) if rules.kept_by(plan, cover)]


@given(st.integers(0, 10**6), st.lists(st.floats(0.1, 1.1), min_size=1, max_size=3))
def test_prices_bound_every_plan_that_keeps_the_floors(seed, levels):
    cover, _ = drawn(seed)
    rules = Rules(count=COUNT)
    best = most_people(cover, rules, Watch())
    reached = cover.groups[cover.rows_of(best.sites)].sum(axis=0)
    for group, level in enumerate(levels):
        rules = rules.with_floor(cover.groups[:, group], math.ceil(level * reached[group]))
    told = max((cover.value(plan) for plan in kept(cover, rules)), default=-1)
    plan, bound = priced(cover, rules, Watch())
    assert told < 0 or bound >= told
    if plan is not None:
        assert rules.kept_by(plan, cover)
        assert cover.value(plan) <= told
    found = floored(cover, rules, Watch())
    if told < 0:
        assert found.status == "infeasible"
    else:
        assert (found.status, found.value) == ("optimal", told)
        assert rules.kept_by(found.sites, cover)
        assert most_people(cover, rules, Watch()).value == told


def test_a_price_is_worked_out_by_hand():
    # Two sites of 10 in town, one of 7 in the country; of two sites a floor of 7 takes the country.
    cover = Cover.of(np.eye(3, dtype=bool), [10, 10, 7], groups=[[0], [0], [7]])
    rules = Rules(count=2).with_floor(cover.groups[:, 0], 7)
    assert at_prices(cover, rules, np.zeros(3, np.int64), Watch()).sites.tolist() == [0, 1]
    # From 10/7 on a person of the country is worth as much: 64 * 10/7 - 64 = 27.4 more.
    assert 2 not in at_prices(cover, rules, np.array([0, 0, 7 * 27]), Watch()).sites
    dear = at_prices(cover, rules, np.array([0, 0, 7 * 28]), Watch())
    assert 2 in dear.sites
    # Bound at 28: (10 + 7 (1 + 28/64)) - 7 * 28/64 = 17, which is the plan itself.
    assert dear.value / ONE - 7 * 28 / ONE == pytest.approx(17)
    plan, bound = priced(cover, rules, Watch())
    assert (cover.value(plan), bound) == (17, 17)


@pytest.mark.parametrize("seed", range(12))
def test_fair_plans_of_large_tables_equal_brute_force(seed):
    cover, totals = drawn(seed)
    if not totals.all():
        pytest.skip("a group without people")
    rules = Rules(count=COUNT)
    assert fits(cover, rules)
    every = kept(cover, rules)
    fair = max_min(cover, rules, totals, Watch())
    best = max(worst_share(cover, rules, totals, p) for p in every)
    assert fair.status == "optimal"
    assert worst_share(cover, rules, totals, fair.sites) == best
    equals = [p for p in every if worst_share(cover, rules, totals, p) == best]
    assert fair.value == max(map(cover.value, equals))
    least = most_people(cover, rules, Watch()).value * 9 // 10
    found, gap = least_gap(cover, rules, totals, (0, 2), int(least), Watch())
    shares = [cover.group_values(p) / totals for p in every if cover.value(p) >= least]
    assert found.status == "optimal"
    assert gap == pytest.approx(min(abs(s[0] - s[2]) for s in shares), abs=1e-6)


@pytest.mark.parametrize("seed", range(12))
def test_prices_and_swaps_alone_are_fairer_than_the_plan_of_most(seed):
    cover, totals = drawn(seed + 100)
    rules = Rules(count=COUNT)

    def score(shares):
        return shares.min(axis=1)

    starts = floors.fair_starts(cover, rules, totals, [0, 1, 2], score, Watch())
    assert len(starts) == 1
    assert rules.kept_by(starts[0], cover)
    plain = most_people(cover, rules, Watch()).sites
    got, best = (worst_share(cover, rules, totals, plan) for plan in (starts[0], plain))
    assert got >= best or not totals.all()


@pytest.mark.parametrize("seed", range(12))
def test_no_swap_is_left_that_would_be_better(seed):
    cover, _ = drawn(seed + 200)
    least = int(cover.groups[:, 0].sum()) // 3
    rules = Rules(count=COUNT, fixed=np.arange(SITES) == 1, forbidden=np.arange(SITES) == 4)
    floor = rules.with_floor(cover.groups[:, 0], least)
    begin = next((p for p in kept(cover, floor) if len(p) == COUNT), None)
    if begin is None:
        pytest.skip("no plan keeps the floor")
    people = cover.weight[:, None]
    found = swapped(cover, floor, begin, people, lambda sums: sums[:, 0].astype(float), Watch())
    assert floor.kept_by(found, cover)
    assert cover.value(found) >= cover.value(begin)
    for out, into in itertools.product(found, range(SITES)):
        other = np.append(found[found != out], into)
        if into not in found and floor.kept_by(other, cover):
            assert cover.value(other) <= cover.value(found)


def test_what_is_small_or_has_other_rules_goes_to_highs_at_once(monkeypatch):
    cover, _ = drawn(5)
    rules = Rules(count=COUNT).with_floor(cover.groups[:, 0], 1)
    assert fits(cover, rules)
    assert not fits(cover, replace(rules, budget=5, cost=np.ones(SITES, np.int64)))
    assert not fits(cover, replace(rules, apart=np.array([[0, 1]])))
    assert not fits(replace(cover, need=cover.need + 1), rules)
    monkeypatch.setattr(floors, "LARGE_ENTRIES", 10**6)
    assert not fits(cover, rules)


def test_without_time_the_best_so_far_is_not_called_the_best():
    cover, totals = drawn(7)
    found = with_share(cover, Rules(count=COUNT), 0, int(totals[0]) // 4, Watch(0))
    assert found.status != "optimal"
    assert found.stopped == "time"
