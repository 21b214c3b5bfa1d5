"""What optimisers of siting promise besides the answer: what HiGHS is asked, and how often."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from kepu.coverage.siting import (
    choices,
    cover_search,
    covering,
    fairness,
    floors,
    median,
    median_search,
    milp,
    setcover,
)
from kepu.coverage.siting.answers import Watch, judged
from kepu.coverage.siting.choices import build_order, by_people, near_best
from kepu.coverage.siting.cover import Cover
from kepu.coverage.siting.median_program import Distances, lists_of
from kepu.coverage.siting.milp import Program, Solved, solve
from kepu.coverage.siting.rules import Rules


@pytest.fixture
def asked(monkeypatch):
    """The options that HiGHS was given, by name."""
    said = {}
    quiet = milp._quiet()

    class Listening(quiet):
        def setOptionValue(self, name, value):  # noqa: N802
            said[name] = value
            return super().setOptionValue(name, value)

    monkeypatch.setattr(milp, "_quiet", lambda: Listening)
    return said


def one_of_two():
    """Three people or five, not both."""
    return Program(
        np.array([3.0, 5.0]), np.zeros(2), np.ones(2), np.ones(2, bool), np.array([[1.0, 1.0]]),
        np.array([-np.inf]), np.array([1.0]),
    )  # fmt: skip


def test_highs_is_asked_for_the_optimum_and_the_same_one_everywhere(asked):
    assert solve(one_of_two(), Watch(), step=1.0).value == 5
    assert asked["mip_rel_gap"] == 0
    assert 0.9 < asked["mip_abs_gap"] < 1  # people are whole: less than one is no gap
    assert (asked["random_seed"], asked["threads"], asked["parallel"]) == (0, 1, "off")
    assert not {"time_limit", "objective_bound"} & set(asked)


def test_highs_has_the_time_that_is_left_and_only_better_plans_to_find(asked):
    found = solve(one_of_two(), Watch(30), cutoff=4.0)
    assert (found.value, found.bound) == (5, 5)
    assert 0 < asked["time_limit"] <= 30
    assert asked["objective_bound"] == -4  # it minimises
    assert asked["mip_abs_gap"] == 1e-6  # shares are not whole
    solve(one_of_two(), Watch(0))
    assert 0 < asked["time_limit"] < 0.1  # none at all would be no limit


def six_alike():
    """Each of six sites serves one person: every pair is as good."""
    return Cover.of(np.eye(6, dtype=bool), np.ones(6, int))


def test_plans_as_good_are_listed_up_to_a_limit(monkeypatch):
    cover, best = six_alike(), np.array([0, 1])
    every = near_best(cover, Rules(count=2), best, 0, Watch())
    assert (every.plans, every.whole) == (15, True)
    assert not every.core.any()
    monkeypatch.setattr(choices, "MOST_PLANS", 5)
    some = near_best(cover, Rules(count=2), best, 0, Watch())
    assert (some.plans, some.whole) == (5, False)
    assert some.kept.sum() == pytest.approx(2)  # shares of plans of two sites


def test_from_so_many_plans_swaps_are_tried():
    cover, best = six_alike(), np.array([0, 1])
    scale = replace(by_people(cover), walked=1)
    near = near_best(cover, Rules(count=2), best, 0, Watch(), scale)
    assert (near.plans, near.whole) == (9, False)  # the best, and one of it for one of the others
    assert near.loss == {0: 0, 1: 0}


def test_of_equally_good_sites_the_lowest_number_is_built_first(monkeypatch):
    """Where there are too many for every order; what adds more comes first all the same."""
    monkeypatch.setattr(choices, "ALL_ORDERS", 2)
    cover = Cover.of(np.eye(5, dtype=bool), [2, 2, 9, 2, 2])
    assert build_order(cover, np.arange(5), np.zeros(0, int)) == [2, 0, 1, 3, 4]
    assert build_order(cover, np.arange(5), np.array([4])) == [4, 2, 0, 1, 3]


def test_swaps_begin_where_the_prices_point(monkeypatch):
    """At the best sites by what their places pay, and among few others before among all."""
    people = np.array([10, 20, 30, 40, 50, 60, 70])
    cover, fixed = Cover.of(np.eye(7, dtype=bool), people), np.arange(7) == 0
    never = np.arange(7) == 6
    search = cover_search.CoverSearch(cover, 3, fixed, never, Watch())
    assert ((search.price > 0) & (search.price < people)).all()
    begun = []
    monkeypatch.setattr(search, "_swap", lambda state, *_: begun.append(state.copy()) or state)
    monkeypatch.setattr(search, "_bound", lambda _: None)
    search.price = people * np.array([0.1, 0.1, 0.9, 0.1, 0.9, 0.1, 0.9])
    search.bound_and_swap(1, 1, 2, 0)  # two sites to choose, so four to look at
    closed, is_open, always, out = range(4)
    assert begun[0].tolist() == [always, out, is_open, closed, is_open, closed, out]
    assert begun[1].tolist() == [always, closed, is_open, closed, is_open, closed, out]
    # Then from the best plan there is: greed had taken the two largest places.
    assert begun[2].tolist() == [always, closed, closed, closed, is_open, is_open, out]


@pytest.mark.parametrize("entries", [-1, 10**6])
def test_no_site_at_all_covers_what_is_covered_anyway(entries, monkeypatch):
    monkeypatch.setattr(covering, "SMALL_ENTRIES", entries)
    cover = Cover.of(np.eye(4, dtype=bool), [5, 4, 3, 2], covered=[0, 0, 0, 1])
    found = covering.maximal(cover, Rules(count=0), Watch())
    assert (found.status, found.value, found.sites.tolist()) == ("optimal", 2, [])


def test_more_sites_than_can_be_used_need_no_solver(monkeypatch):
    """Two are forbidden and one covers a part of what another does: three are left, all open."""
    monkeypatch.setattr(covering, "SMALL_ENTRIES", -1)
    monkeypatch.setattr(covering, "solve", None)
    reach = np.eye(6, dtype=bool)
    reach[4, 3] = True
    cover = Cover.of(reach, [5, 4, 3, 2, 6, 7])
    forbidden = np.isin(np.arange(6), [0, 5])
    found = covering.maximal(cover, Rules(count=5, forbidden=forbidden), Watch())
    assert (found.status, found.value) == ("optimal", 4 + 3 + 2 + 6)
    assert found.sites.tolist() == [1, 2, 3]


def median_of(cost, count, cap=9, weight=1, few=0, fixed=(), forbidden=()):
    table = Distances(np.array(cost, np.uint32), np.full(len(cost), cap),
                      np.full(len(cost), weight))  # fmt: skip
    sites = np.arange(table.cost.shape[1])
    shut = np.isin(sites, forbidden)
    lists = lists_of(table, ~shut)
    return median_search.MedianSearch(
        table, lists, count, np.isin(sites, fixed), shut, Watch(), few
    )


def test_first_prices_are_those_of_a_site_of_middling_rank():
    """With two of four sites the third nearest; the last one in reach; where none is, staying."""
    search = median_of([[4, 1, 3, 2], [9, 9, 5, 9], [9, 9, 9, 9]], 2, weight=10)
    assert search.price.tolist() == [30, 50, 90]
    assert median_of([[4, 1, 3, 2]], 4).price.tolist() == [2]
    assert median_of([[4], [9]], 1).price.tolist() == [4, 9]


def test_near_enough_is_less_than_one_or_the_share_asked_for():
    search = median_of([[1, 2]], 1)
    search.value = 100
    for bound, gap, enough in (
        (99.5, 0, True),
        (99, 0, False),
        (98, 0.02, True),
        (98, 0.019, False),
    ):
        search.bound = bound
        assert search.near_enough(gap) is enough


def test_swaps_of_a_median_begin_where_the_bound_points(monkeypatch):
    """At the sites that add least to the bound, then at the best plan there is."""
    search = median_of(np.eye(6, dtype=int) * -7 + 8, 3, fixed=[0], forbidden=[5])
    closed, is_open, always, out = range(4)
    search.best, begun = np.array([0, 3, 4]), []
    monkeypatch.setattr(median_search, "TURNS", 1)
    monkeypatch.setattr(search, "_raise", lambda: None)
    monkeypatch.setattr(search, "_swap", lambda state, *_: begun.append(state.tolist()))
    search.worth = np.array([-9.0, -1.0, -4.0, -2.0, -5.0, -8.0])
    search.raise_and_swap(0)
    assert begun == [
        [always, closed, is_open, closed, is_open, out],
        [always, closed, closed, is_open, is_open, out],
    ]


@pytest.mark.parametrize("news", ["none", "settled", "bound", "value"])
def test_a_search_goes_on_while_there_is_news(news, monkeypatch):
    """It ends some turns after the last candidate settled, higher bound or better plan."""
    search, turns = median_of(np.full((3, 9), 5), 2), []
    search.value, search.bound = 1000, 100.0

    def found():
        turns.append(1)
        if len(turns) <= 3 and news == "settled":
            search.state[len(turns)] = median_search.NEVER
        elif len(turns) <= 3 and news == "bound":
            search.bound *= 1.01
        elif len(turns) <= 3 and news == "value":
            search.value -= 1

    monkeypatch.setattr(search, "_raise", found)
    monkeypatch.setattr(search, "_swap", lambda *_: None)
    search.raise_and_swap(0)
    assert len(turns) == median_search.STALLED + 2 + (0 if news == "none" else 3)
    assert len(turns) < median_search.TURNS


def test_a_search_ends_where_few_candidates_are_left_over(monkeypatch):
    search, turns = median_of(np.full((3, 6), 5), 2, few=6), []
    search.value = 1000
    monkeypatch.setattr(search, "_raise", lambda: turns.append(1))
    search.raise_and_swap(0)
    assert len(turns) == 1


def test_few_candidates_are_left_over_only_to_highs(monkeypatch):
    """Who asks for the bound alone gets it as high as it goes."""
    begun = []

    class Listening(median_search.MedianSearch):
        def __init__(self, *words):
            super().__init__(*words)
            begun.append(self.few)

    monkeypatch.setattr(median_search, "MedianSearch", Listening)
    table = Distances(np.eye(5, dtype=np.uint32) + 1, np.full(5, 9), np.ones(5, int))
    for exact in (True, False):
        median.median(table, Rules(count=2), Watch(), exact=exact)
    assert begun == [median.FEW_UNSETTLED, 0]
    assert median.FEW_UNSETTLED > 0


def test_a_large_fair_plan_has_a_start(monkeypatch):
    """Where HiGHS finds nothing in time, prices and swaps have found something, unproved."""
    monkeypatch.setattr(floors, "LARGE_ENTRIES", 0)
    monkeypatch.setattr(covering, "SMALL_ENTRIES", 0)
    monkeypatch.setattr(fairness, "solve", silent)
    monkeypatch.setattr(floors, "solve", silent)
    groups = np.array([[5, 0], [4, 0], [0, 3], [0, 2]])
    cover = Cover.of(np.eye(4, dtype=bool), groups.sum(axis=1), groups=groups)
    found, gap = fairness.least_gap(cover, Rules(count=2), groups.sum(axis=0), (0, 1), 4, Watch())
    assert (found.status, len(found.sites), math.isnan(gap)) == ("heuristic", 2, True)
    assert (cover.group_values(found.sites) > 0).all()  # somebody of both groups


def silent(*_, **__):
    """Find nothing and prove nothing."""
    return Solved(None, -math.inf, math.inf)


def test_highs_hears_of_a_plan_only_where_there_is_one(monkeypatch):
    """What it is told bounds what the watch hears: no plan is known to be worth nothing."""
    cover = Cover.of(np.eye(3, dtype=bool), [10, 10, 7], groups=[[0], [0], [7]])
    rules, known = Rules(count=2).with_floor(cover.groups[:, 0], 7), []
    monkeypatch.setattr(floors, "solve", lambda *_, **how: known.append(how["known"]) or silent())
    for plan in (None, np.array([0, 2])):
        monkeypatch.setattr(floors, "priced", lambda *_, plan=plan: (plan, math.inf))
        floors.floored(cover, rules, Watch())
    assert known == [-math.inf, 17]


def test_prices_of_groups_move_less_each_time(monkeypatch):
    """Of who lacks most by all of a step, of others in proportion; three of four against one."""
    monkeypatch.setattr(floors, "LARGE_ENTRIES", 0)
    groups = np.array([[6, 0], [0, 2]])
    cover = Cover.of(np.eye(2, dtype=bool), groups.sum(axis=1), groups=groups)
    prices = []

    def at_prices(_, __, extra, ___):
        prices.append((extra / groups.sum(axis=1)).tolist())
        return judged([0], 6, math.inf, Watch())  # group 0 has all, group 1 nothing

    monkeypatch.setattr(floors, "at_prices", at_prices)
    monkeypatch.setattr(floors, "ROUNDS", 3)
    floors.fair_starts(
        cover, Rules(count=1), np.array([6, 2]), (0, 1), lambda shares: shares.min(axis=1), Watch()
    )
    # All together have 3/4: group 0 has 1/4 more, group 1 lacks 3/4.
    first, second = floors.STEP, floors.STEP * floors.SHRINK
    assert prices[1] == [-round(first / 3), round(first)]
    assert prices[2] == [max(-round(first / 3) - round(second / 3), -floors.ONE // 2),
                         round(first) + round(second)]  # fmt: skip


def test_the_watch_hears_what_plans_are_worth():
    """Never more than the best one, nor a bound below it; in the words of who asked."""
    rng = np.random.default_rng(1)
    cover = Cover.of(rng.random((120, 40)) < 0.1, rng.integers(1, 99, 120))
    program = covering.covering_program(cover, Rules(count=8))
    for shift, how in (
        (0.0, {}),
        (1000.0, {"shift": 1000.0}),
        (1000.0, {"shift": 1000.0, "sign": -1.0}),
    ):
        heard = []
        found = solve(program, Watch(told=lambda *said, to=heard: to.append(said)), step=1.0, **how)
        sign = how.get("sign", 1.0)
        assert heard
        for value, bound in heard:
            assert sign * (value - shift) <= found.value + 1e-6
            assert sign * (bound - shift) >= found.value - 1e-6
        assert any(sign * (value - shift) > 0.9 * found.value for value, _ in heard)


def test_who_may_not_stand_beside_a_plan():
    rules = Rules(apart=np.array([[0, 1], [3, 1], [3, 4]]))
    for plan, near in (([1], [0, 3]), ([0, 4], [1, 3]), ([2], []), ([], [])):
        told = rules.too_near(np.array(plan, np.int64), 5)
        assert np.flatnonzero(told).tolist() == near
    assert not Rules().too_near(np.array([1]), 5).any()


def test_twins_are_left_out_only_where_one_site_is_enough(monkeypatch):
    """Candidates 0 and 1 are alike; the second place has candidate 2 alone."""
    reach, sizes = np.array([[1, 1, 0], [0, 0, 1]], bool), []

    def spy(program, *words, **how):
        sizes.append(program.rows.shape)
        return solve(program, *words, **how)

    monkeypatch.setattr(setcover, "solve", spy)
    covers = (Cover.of(reach, [5, 4], need=need) for need in ([1, 1], [2, 1]))
    one, two = (setcover.cheapest(cover, Rules(), Watch()) for cover in covers)
    assert (one.status, one.sites.tolist()) == ("optimal", [0, 2])
    assert (two.status, two.sites.tolist()) == ("optimal", [0, 1, 2])
    assert sizes == [(2, 2), (2, 3)]


def test_parts_of_work_are_as_long_as_told():
    """Twice as long after a quick one, half as long after a slow one, one step at least."""

    class Told(Watch):
        now = 0.0

        @property
        def elapsed(self):
            return self.now

    told = Told()
    parts, sizes = told.parts(100), []
    for spent in (0.05, 0.05, 0.15, 0.25, 0.25, 0.25):
        sizes.append(next(parts))
        told.now += spent
    assert [*sizes, next(parts)] == [1, 2, 4, 4, 2, 1, 1]
