"""Where optimisers of siting come to an end: rules that cannot be, no time left, nothing to do."""

from __future__ import annotations

import itertools
import math
import time
from dataclasses import replace
from threading import Event
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from kepu.coverage.siting import center as centers
from kepu.coverage.siting import (
    cover_search,
    covering,
    dispersion,
    fairness,
    median_program,
    median_search,
    milp,
    setcover,
    warm,
)
from kepu.coverage.siting.answers import Answer, Watch, judged, unknown
from kepu.coverage.siting.capacity import most_people
from kepu.coverage.siting.center import center, longest
from kepu.coverage.siting.choices import near_best
from kepu.coverage.siting.cover import LATER, NEVER, Cover, undominated
from kepu.coverage.siting.covering import maximal
from kepu.coverage.siting.dispersion import disperse
from kepu.coverage.siting.fairness import least_gap, max_min, with_share, worst_share
from kepu.coverage.siting.median import median
from kepu.coverage.siting.median_program import Distances
from kepu.coverage.siting.milp import Solved
from kepu.coverage.siting.rules import Rules
from kepu.coverage.siting.service import served
from kepu.coverage.siting.setcover import backed_up, cheapest, greedy_cover, needed_rows

from .every_plan import plans


def drawn(seed, places=12, sites=7):
    rng = np.random.default_rng(seed)
    reach, people = rng.random((places, sites)) < 0.3, rng.integers(0, 9, places)
    fixed, forbidden = np.zeros(sites, bool), np.zeros(sites, bool)
    fixed[rng.integers(sites)] = seed % 2 == 0
    forbidden[rng.integers(sites, size=2)] = True
    return rng, reach, people, fixed, forbidden & ~fixed


def times(rng, people, far=60):
    return Distances(
        rng.integers(1, 40, (len(people), 7)).astype(np.uint32),
        rng.integers(far // 2, far, len(people)), people,
    )  # fmt: skip


@pytest.fixture
def no_answer(monkeypatch):
    """Let HiGHS find nothing and prove nothing, as when its time is over at once."""

    def silent(module, watch, *, stop=False):
        def solve(*_, **__):
            watch.stop = stop
            return Solved(None, -math.inf, math.inf)

        monkeypatch.setattr(module, "solve", solve)

    return silent


def test_more_sites_fixed_than_allowed_is_impossible():
    one = Rules(count=1, fixed=np.array([1, 1, 0], bool))
    cover, apart = Cover.of(np.eye(3, dtype=bool), [1, 2, 3]), np.ones((3, 3), np.int64)
    table = Distances(np.ones((3, 3), np.uint32), np.full(3, 9), np.ones(3, np.int64))
    for found in (maximal(cover, one, Watch()), median(table, one, Watch()),
                  center(table, one, Watch()), disperse(apart, one, Watch())):  # fmt: skip
        assert found.status == "infeasible"
        assert not found.found
        assert not len(found.sites)
    shut = Rules(count=2, forbidden=np.array([1, 1, 0], bool))
    assert disperse(apart, shut, Watch()).status == "infeasible"
    assert disperse(apart, Rules(count=1), Watch()).status == "infeasible"  # no two, no distance


def test_as_many_sites_fixed_as_allowed_are_the_plan():
    rng, reach, people, _, _ = drawn(0)
    table, cover, fixed = times(rng, people), Cover.of(reach, people), np.isin(np.arange(7), [2, 5])
    rules = Rules(count=2, fixed=fixed)
    apart = Rules(count=2, fixed=fixed, apart=np.array([[0, 1]]))
    for found, value in (
        (maximal(cover, rules, Watch()), cover.value([2, 5])),
        (median(table, rules, Watch()), table.value([2, 5])),
        (median(table, apart, Watch()), table.value([2, 5])),
        (center(table, rules, Watch()), longest(table, np.array([2, 5]))),
    ):
        assert (found.status, found.value) == ("optimal", value)
        assert found.sites.tolist() == [2, 5]


def test_two_sites_are_the_farthest_two():
    apart = np.abs(np.subtract.outer([0, 3, 10, 4], [0, 3, 10, 4]))
    found = disperse(apart, Rules(count=2), Watch())
    assert (found.status, found.value, found.sites.tolist()) == ("optimal", 10, [0, 2])


def test_more_sites_than_may_be_used_are_all_of_those():
    rng = np.random.default_rng(0)
    table, forbidden = times(rng, rng.integers(1, 9, 12)), np.array([1, 1, 1, 1, 0, 0, 1], bool)
    found = median(table, Rules(count=4, forbidden=forbidden), Watch())
    assert (found.status, found.value) == ("optimal", table.value([4, 5]))
    assert not forbidden[found.sites].any()


def test_where_all_is_forbidden_the_median_is_what_is_there_already():
    table = Distances(np.ones((3, 2), np.uint32), np.array([4, 5, 6]), np.array([1, 2, 3]))
    found = median(table, Rules(count=2, forbidden=np.ones(2, bool)), Watch())
    assert (found.status, found.value, found.sites.tolist()) == ("optimal", 4 + 10 + 18, [])
    nearer = Distances(np.full((3, 2), 7, np.uint32), np.array([4, 5, 6]), np.array([1, 2, 3]))
    assert median(nearer, Rules(count=1), Watch()).value == 32  # nobody gains by any


@pytest.mark.parametrize("seed", range(40))
def test_settled_sites_are_kept_by_every_model(seed):
    rng, reach, people, fixed, forbidden = drawn(seed)
    count = int(rng.integers(2, 4))
    rules = Rules(count=count, fixed=fixed, forbidden=forbidden)
    table, cover = times(rng, people, far=10_000), Cover.of(reach, people)
    allowed = [p for p in plans(7, count, exactly=True) if rules.kept_by(p, cover)]
    found = center(table, rules, Watch())
    assert rules.kept_by(found.sites, cover)
    assert (found.status, found.value) == ("optimal", min(longest(table, p) for p in allowed))
    found = median(table, rules, Watch())
    assert rules.kept_by(found.sites, cover)
    assert (found.status, found.value) == ("optimal", min(map(table.value, allowed)))
    room = rng.integers(1, 15, 7)
    found = most_people(cover, replace(rules, room=room), Watch())
    assert rules.kept_by(found.sites, cover)
    assert (found.status, found.value) == (
        "optimal", max(served(cover, room, p) for p in allowed)
    )  # fmt: skip


@pytest.mark.parametrize("steps", [0, 300_000])
@pytest.mark.parametrize("seed", range(20))
def test_dispersion_by_hand_and_by_highs_equals_brute_force(seed, steps, monkeypatch):
    monkeypatch.setattr(dispersion, "MOST_STEPS", steps)
    rng, _, _, fixed, forbidden = drawn(seed)
    fixed[(fixed.argmax() + 1) % 7] = seed % 4 == 0  # two fixed ones may be nearest of all
    forbidden &= ~fixed
    xy, venues = rng.integers(0, 30, (7, 2)), rng.integers(0, 30, (seed % 3, 2))
    apart = np.rint(np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))).astype(np.int64)
    far = np.hypot(*(xy[:, None] - venues[None]).transpose(2, 0, 1))
    stood = np.rint(far).astype(np.int64).min(axis=1, initial=dispersion.FAR)

    def nearest(plan):
        pairs = itertools.combinations(plan.tolist(), 2)
        told = [int(apart[a, b]) for a, b in pairs if not (fixed[a] and fixed[b])]
        return min([*told, *stood[plan[~fixed[plan]]].tolist()])

    found = disperse(apart, Rules(count=3, fixed=fixed, forbidden=forbidden), Watch(), stood)
    told = max(
        nearest(p) for p in plans(7, 3, exactly=True)
        if fixed[p].sum() == fixed.sum() and not forbidden[p].any()
    )  # fmt: skip
    assert (found.status, found.value) == ("optimal", told)
    assert nearest(found.sites) == told
    assert fixed[found.sites].sum() == fixed.sum()
    assert not forbidden[found.sites].any()


def test_a_new_site_keeps_away_from_what_stands_and_what_is_fixed():
    # Two fixed sites side by side settle nothing: the third still goes to the far end of the line.
    at = np.array([0, 1, 5, 9])
    apart = np.abs(at[:, None] - at)
    fixed = np.array([1, 1, 0, 0], bool)
    found = disperse(apart, Rules(count=3, fixed=fixed), Watch())
    assert (found.value, found.sites.tolist()) == (8, [0, 1, 3])
    near_the_end = np.abs(at - 10)
    found = disperse(apart, Rules(count=3, fixed=fixed), Watch(), near_the_end)
    assert (found.value, found.sites.tolist()) == (4, [0, 1, 2])
    # One alone has a distance once something stands.
    found = disperse(apart, Rules(count=1), Watch(), near_the_end)
    assert (found.status, found.value, found.sites.tolist()) == ("optimal", 10, [0])
    assert disperse(apart, Rules(count=2, fixed=fixed), Watch()).status == "infeasible"


def test_dispersion_without_time_claims_nothing(no_answer, monkeypatch):
    rng = np.random.default_rng(0)
    xy = rng.integers(0, 1000, (30, 2))
    apart = np.rint(np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))).astype(np.int64)
    best = disperse(apart, Rules(count=6), Watch())
    monkeypatch.setattr(dispersion, "MOST_STEPS", 0)
    asked = Watch()
    no_answer(dispersion, asked, stop=True)
    found = disperse(apart, Rules(count=6), asked)
    assert (found.status, found.stopped) == ("within", "user")
    assert found.value <= best.value <= found.bound


def test_a_center_cut_short_claims_nothing(no_answer):
    # The relaxed covering that came to no end once counted as "does not fit".
    rng = np.random.default_rng(3)
    table = times(rng, rng.integers(1, 9, 40), far=10_000)
    best, asked = center(table, Rules(count=3), Watch()), Watch()
    no_answer(centers, asked, stop=True)
    found = center(table, Rules(count=3), asked)
    assert found.bound <= best.value <= found.value
    assert found.status == "optimal" or found.stopped == "user"
    no_answer(centers, Watch())
    assert center(table, Rules(count=3), Watch()).bound <= best.value


def two_groups():
    reach = np.eye(4, dtype=bool)
    groups = np.array([[5, 0], [4, 0], [0, 3], [0, 2]])
    return Cover.of(reach, groups.sum(axis=1), groups=groups), groups.sum(axis=0)


def test_no_plan_yet_is_not_that_there_is_none(no_answer):
    cover, totals = two_groups()
    # Greed takes places 0 and 1, which breaks the floor of the second group.
    floor = Rules(count=2).with_floor(cover.groups[:, 1], 5)
    tight = Rules(budget=1, cost=np.ones(4, np.int64))
    for module, run in (
        (covering, lambda: maximal(cover, floor, Watch(0))),
        (fairness, lambda: max_min(cover, floor, totals, Watch(0))),
        (fairness, lambda: least_gap(cover, Rules(count=2), totals, (0, 1), 4, Watch(0))[0]),
        (setcover, lambda: cheapest(cover, tight, Watch(0))),
        (setcover, lambda: backed_up(cover, Rules(count=4), Watch(0))),
    ):
        no_answer(module, Watch())
        found = run()
        assert (found.status, found.stopped) == ("heuristic", "time"), run
        assert not found.found
        assert math.isinf(found.bound)
        assert found.gap == math.inf


def test_no_plan_at_all_is_said():
    cover, totals = two_groups()
    none = Rules(count=1).with_floor(cover.groups[:, 1], 5)
    assert maximal(cover, none, Watch()).status == "infeasible"
    assert max_min(cover, none, totals, Watch()).status == "infeasible"
    found, gap = least_gap(cover, none, totals, (0, 1), 0, Watch())
    assert found.status == "infeasible"
    assert math.isnan(gap)
    assert backed_up(cover, Rules(count=3), Watch()).status == "infeasible"
    assert cheapest(cover, Rules(budget=3, cost=np.ones(4, np.int64)), Watch()).status == (
        "infeasible"
    )


def test_a_floor_that_is_kept_already_is_none():
    stood = Cover.of(
        np.eye(4, dtype=bool)[1:], [4, 3, 2], groups=[[4, 0], [0, 3], [0, 2]],
        covered=[False, True, False],
    )  # fmt: skip
    assert with_share(stood, Rules(count=1), 1, 3, Watch()).value == 3 + 4
    assert with_share(stood, Rules(count=1), 1, 4, Watch()).value == 3 + 2
    assert with_share(stood, Rules(count=1), 1, 5, Watch()).value == 3 + 2
    assert with_share(stood, Rules(count=1), 1, 6, Watch()).status == "infeasible"


def test_the_fairest_so_far_stays_where_the_second_step_finds_nothing(monkeypatch):
    cover, totals = two_groups()
    best = max_min(cover, Rules(count=2), totals, Watch())
    monkeypatch.setattr(fairness, "most_people", lambda *_: unknown(-math.inf, Watch()))
    found = max_min(cover, Rules(count=2), totals, Watch())
    assert found.status == "heuristic"
    assert found.gap == math.inf
    # 5 of 9 and 3 of 5: the worst share of any pair of places is at most 5/9.
    worst = worst_share(cover, Rules(), totals, found.sites)
    assert worst == worst_share(cover, Rules(), totals, best.sites)
    assert float(worst) == pytest.approx(5 / 9)


def test_the_worst_share_of_nobody_is_whole():
    cover = Cover.of(np.zeros((2, 1), bool), [3, 4], groups=[[3, 0], [0, 4]])
    assert worst_share(cover, Rules(), np.array([3, 4]), np.zeros(0, int)) == 1


@pytest.mark.parametrize("rounds", [0, 1])
@pytest.mark.parametrize("seed", range(20))
def test_highs_ends_what_the_search_leaves(seed, rounds, monkeypatch):
    monkeypatch.setattr(covering, "SMALL_ENTRIES", -1)
    monkeypatch.setattr(covering, "ROUNDS", rounds)
    monkeypatch.setattr(covering, "STEPS", 1)
    monkeypatch.setattr(covering, "KICKS", 1)
    rng, reach, people, fixed, forbidden = drawn(seed, places=30, sites=9)
    rules = Rules(count=4, fixed=fixed, forbidden=forbidden)
    cover = Cover.of(reach, people, covered=rng.random(30) < 0.1)
    found = maximal(cover, rules, Watch())
    told = max(cover.value(p) for p in plans(9, 4, exactly=True) if rules.kept_by(p, cover))
    assert (found.status, found.value) == ("optimal", told)
    assert cover.value(found.sites) == told
    loose = maximal(cover, rules, Watch(), exact=False)
    assert loose.value <= told <= loose.bound


def test_highs_betters_a_search_that_was_led_astray(monkeypatch):
    # Greed opens the middle one first; two swaps at once are needed, and no kick is allowed.
    reach = np.zeros((12, 5), bool)
    reach[0:6, 0] = reach[6:12, 1] = reach[3:10, 2] = True
    reach[0, 3] = reach[11, 4] = True
    cover = Cover.of(reach, np.ones(12, int))
    monkeypatch.setattr(covering, "SMALL_ENTRIES", -1)
    monkeypatch.setattr(covering, "ROUNDS", 0)
    monkeypatch.setattr(cover_search.kernels, "climb", lambda *_: None)
    found = maximal(cover, Rules(count=2), Watch())
    assert (found.status, found.value, found.sites.tolist()) == ("optimal", 12, [0, 1])


def test_a_median_too_large_for_highs_keeps_its_bound(monkeypatch):
    rng = np.random.default_rng(8)
    people = rng.integers(1, 9, 60)
    table = Distances(
        rng.integers(1, 400, (60, 20)).astype(np.uint32), np.full(60, 500), people
    )  # fmt: skip
    best = median(table, Rules(count=5), Watch())
    assert best.status == "optimal"
    monkeypatch.setattr(median_search, "TURNS", 1)
    monkeypatch.setattr(median_search, "STEPS", 3)
    monkeypatch.setattr(median_program, "MOST_LEVELS", 10)
    found = median(table, Rules(count=5), Watch())
    assert found.status == "within"
    assert found.bound <= best.value <= found.value == table.value(found.sites)
    monkeypatch.setattr(median_program, "MOST_LEVELS", 10**6)
    monkeypatch.setattr(median_program, "solve", lambda *_, **__: Solved(None, -math.inf, math.inf))
    found = median(table, Rules(count=5), Watch())
    assert found.status == "within"
    assert found.bound <= best.value <= found.value


@pytest.mark.parametrize("seed", range(30))
def test_highs_alone_proves_a_median(seed, monkeypatch):
    # A program that looks out no farther than the plan goes must look again where it is short.
    monkeypatch.setattr(median_search, "TURNS", 0)
    monkeypatch.setattr(median_program, "ROOM", 1.0)
    rng, reach, people, fixed, forbidden = drawn(seed)
    table = times(rng, people)
    rules = Rules(count=3, fixed=fixed, forbidden=forbidden)
    found = median(table, rules, Watch())
    cover = Cover.of(reach, people)
    told = min(table.value(p) for p in plans(7, 3, exactly=True) if rules.kept_by(p, cover))
    assert (found.status, found.value) == ("optimal", told)
    assert rules.kept_by(found.sites, cover)


@pytest.mark.parametrize("most", [0, 10**9])
@pytest.mark.parametrize("seed", range(20))
def test_rows_are_left_out_only_where_another_stands_for_them(seed, most, monkeypatch):
    monkeypatch.setattr(setcover, "MOST_PAIRS", most)
    _, reach, _, _, _ = drawn(seed)
    kept = needed_rows(Cover.of(reach, np.ones(12, int)).reach)
    table = Cover.of(reach, np.ones(12, int)).reach.toarray().astype(bool)
    for count in (1, 2, 3):
        for plan in plans(7, count, exactly=True):
            if table[kept][:, plan].any(axis=1).all():
                assert table[:, plan].any(axis=1).all()
    if most:
        for one, two in itertools.permutations(kept.tolist(), 2):
            assert (table[one] & ~table[two]).any()  # none contains another


def test_greed_covers_what_can_be_and_closes_what_is_not_needed():
    # The third candidate covers both rows that the first two cover, for less.
    reach = Cover.of(np.array([[1, 0, 1], [0, 1, 1]], bool), [1, 1]).reach
    ones, none = np.ones(2, np.int64), np.zeros(3, bool)
    assert greedy_cover(reach, np.array([3, 3, 4]), ones, none).tolist() == [2]
    assert greedy_cover(reach, np.array([1, 1, 9]), ones, none).tolist() == [0, 1]
    assert greedy_cover(reach, np.ones(3), 2 * ones, none).tolist() == [0, 1, 2]
    # Three are wanted where two can be had: all that helps, and no endless search.
    assert greedy_cover(reach, np.ones(3), 3 * ones, none).tolist() == [0, 1, 2]
    # One that covers all three is enough: nobody else is opened, and it is not closed for others.
    all_three = Cover.of(np.hstack([np.ones((3, 1), bool), np.eye(3, dtype=bool)]), [1, 1, 1]).reach
    assert greedy_cover(all_three, np.ones(4), np.ones(3, int), np.zeros(4, bool)).tolist() == [0]
    # A fixed one covers the first two: of the others counts what they cover of the third.
    third = csr_matrix(np.array([[1.0, 1, 0], [1, 1, 0], [0, 1, 1]]))
    price, stands = np.array([0, 5, 2]), np.array([1, 0, 0], bool)
    assert greedy_cover(third, price, np.ones(3, int), stands).tolist() == [0, 2]
    fixed = np.array([0, 1, 0], bool)
    assert greedy_cover(reach, np.ones(3), ones, fixed).tolist() in ([0, 1], [1, 2])


def test_of_twins_one_stays():
    # 0 and 2 cover the same, 1 a part of it, 3 something else, 4 nobody.
    reach = np.array([[1, 1, 1, 0, 0], [1, 0, 1, 0, 0], [0, 0, 0, 1, 0]], bool)
    table, none = Cover.of(reach, [1, 2, 4]).reach, np.zeros(5, bool)
    assert undominated(table, np.ones(5), none).tolist() == [0, 3]
    assert undominated(table, np.array([2, 1, 1, 9, 1]), none).tolist() == [2, 3]
    assert undominated(table, np.array([1, 1, 2, 9, 1]), none).tolist() == [0, 3]
    assert undominated(table, np.array([3, 1, 3, 9, 1]), none).tolist() == [0, 1, 3]  # it is cheap
    kept = np.array([0, 0, 1, 0, 0], bool)
    assert undominated(table, np.ones(5), kept).tolist() == [2, 3]
    assert undominated(table, np.ones(5), np.array([0, 1, 0, 0, 1], bool)).tolist() == [0, 1, 3, 4]


def test_rows_have_numbers_and_the_others_say_why():
    reach = np.array([[1, 0], [0, 0], [0, 1], [1, 0], [0, 1]], bool)
    cover = Cover.of(reach, [1, 2, 4, 8, 16], covered=[0, 0, 0, 0, 1])
    assert cover.row[1] == NEVER < 0
    assert cover.row[4] == LATER < 0
    assert cover.row[0] == cover.row[3] != cover.row[2]
    assert len({LATER, NEVER, *cover.row[[0, 2]].tolist()}) == 4
    assert sorted(cover.weight.tolist()) == [4, 9]
    assert (cover.base, cover.value([0]), cover.value([0, 1])) == (16, 25, 29)


class Deaf:
    """A solver that hears nothing until it is let go."""

    def __init__(self):
        self.go, self.heard, self.interrupted = Event(), [], 0
        for name in ("cbSimplexInterrupt", "cbMipInterrupt", "cbMipImprovingSolution"):
            setattr(self, name, SimpleNamespace(subscribe=self.heard.append))

    def said(self, **facts):
        event = SimpleNamespace(data_out=SimpleNamespace(**facts))
        event.interrupt = lambda: setattr(self, "interrupted", self.interrupted + 1)
        return event

    def run(self):
        _, hear, keep = self.heard
        keep(self.said(objective_function_value=-7.0, mip_solution=[1.0, 0.0]))
        keep(self.said(objective_function_value=-5.0, mip_solution=[0.0, 1.0]))
        hear(self.said(mip_primal_bound=-7.0, mip_dual_bound=-12.0))
        hear(self.said(mip_primal_bound=-7.0, mip_dual_bound=-10.0))
        self.go.wait(60)
        hear(self.said(mip_primal_bound=-9.0, mip_dual_bound=-9.0))


def test_a_solver_that_hears_nothing_is_left_with_what_it_said(monkeypatch):
    monkeypatch.setattr(milp, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(milp, "GRACE_SECONDS", 0.05)
    told, solver = [], Deaf()
    asked = Watch()

    def tell(value, bound):
        told.append((value, bound))
        asked.stop = len(told) > 1

    asked.told = tell
    ear = milp._Ear(asked, shift=100.0, sign=1.0, known=8.0)
    ear.listen(solver)
    assert not ear.run(solver)
    assert told == [(108.0, 112.0), (108.0, 110.0)]  # a plan of 8 was at hand
    assert (ear.value, ear.bound, ear.x.tolist()) == (7.0, 10.0, [1.0, 0.0])
    before = solver.interrupted
    solver.go.set()
    while solver.interrupted == before:
        time.sleep(0.01)
    assert len(told) == 2  # who has left is told nothing more


@pytest.mark.parametrize("relaxed", [False, True])
def test_what_is_left_proves_nothing_more(relaxed, monkeypatch):
    monkeypatch.setattr(milp._Ear, "run", lambda *_: False)
    cover, _ = two_groups()
    program = covering.covering_program(cover, Rules(count=1))
    found = milp.solve(program, Watch(), relaxed=relaxed)
    assert (found.x, found.bound, found.infeasible) == (None, math.inf, False)


def swaps(sites, total):
    """Every plan that one swap leads to."""
    for out in sites.tolist():
        for into in range(total):
            if into not in sites:
                yield np.append(sites[sites != out], into)


@pytest.mark.parametrize("seed", range(20))
def test_a_search_begins_at_a_plan_that_no_swap_betters(seed):
    rng = np.random.default_rng(seed)
    reach, people = rng.random((40, 12)) < 0.2, rng.integers(0, 4, 40)
    nobody, cover = np.zeros(12, bool), Cover.of(reach, people)
    search = cover_search.CoverSearch(cover, 4, nobody, nobody, Watch(0))
    assert len(search.best) == 4
    assert search.value == cover.value(search.best)
    assert search.value >= max(cover.value(p) for p in swaps(search.best, 12))
    table = Distances(rng.integers(1, 9, (40, 12)).astype(np.uint32), np.full(40, 9), people)
    lists = median_program.lists_of(table, ~nobody)
    swapped = median_search.MedianSearch(table, lists, 4, nobody, nobody, Watch(0))
    assert len(swapped.best) == 4
    assert swapped.value == table.value(swapped.best)
    assert swapped.value <= min(table.value(p) for p in swaps(swapped.best, 12))


@pytest.mark.parametrize("seed", range(5))
def test_the_bound_alone_proves_what_is_easy(seed, monkeypatch):
    # Sites that share nobody: the linear program is whole, and prices say so in a few steps.
    monkeypatch.setattr(covering, "SMALL_ENTRIES", -1)
    rng = np.random.default_rng(seed)
    people = rng.permutation(np.arange(1, 31)) * 10
    cover = Cover.of(np.kron(np.eye(10, dtype=bool), np.ones((3, 1), bool)), people)
    found = maximal(cover, Rules(count=4), Watch(), exact=False)
    sums = np.sort(people.reshape(10, 3).sum(axis=1))
    assert (found.status, found.value) == ("optimal", sums[-4:].sum())
    cost = np.full((10, 5), 50, np.uint32)
    cost[np.arange(10), np.arange(10) % 5] = rng.integers(1, 9, 10)
    table = Distances(cost, np.full(10, 60), rng.integers(1, 9, 10))
    found = median(table, Rules(count=4), Watch(), exact=False)
    assert (found.status, found.value) == (
        "optimal",
        min(table.value(p) for p in plans(5, 4, exactly=True)),
    )


@pytest.mark.parametrize("seed", range(5))
def test_prices_bring_the_bound_near(seed):
    rng = np.random.default_rng(seed)
    at, where = rng.random((60, 2)), rng.random((12, 2))
    metres = np.hypot(at[:, :1] - where[:, 0], at[:, 1:] - where[:, 1]) * 1000
    table = Distances(metres.astype(np.uint32), np.full(60, 2000), rng.integers(1, 9, 60))
    least = min(table.value(p) for p in plans(12, 4, exactly=True))
    found = median(table, Rules(count=4), Watch(), exact=False)
    assert 0.98 * least <= found.bound <= least <= found.value


@pytest.mark.parametrize("seed", range(20))
def test_a_stand_in_is_the_best_there_is(seed):
    _, reach, people, fixed, forbidden = drawn(seed)
    cover = Cover.of(reach, people)
    rules = Rules(count=3, fixed=fixed, forbidden=forbidden, apart=np.array([[0, 1], [2, 5]]))
    best = maximal(cover, rules, Watch())
    near = near_best(cover, rules, best.sites, 0, Watch())
    for out in best.sites[~fixed[best.sites]].tolist():
        kept = best.sites[best.sites != out]
        told = {
            into: cover.value([*kept, into])
            for into in range(7)
            if into not in best.sites and rules.kept_by([*kept, into], cover)
        }
        assert near.loss[out] == best.value - max(told.values(), default=cover.value(kept))
        into = near.replacement[out]
        assert (into == -1) == (not told)
        assert into == -1 or told[into] == max(told.values())
    assert not set(near.loss) & set(np.flatnonzero(fixed).tolist())
    assert near.core[best.sites].any() == (near.kept[best.sites] == 1).any()


def test_a_relaxed_program_has_prices_and_a_whole_one_none():
    cover, _ = two_groups()
    program = covering.covering_program(cover, Rules(count=1))
    relaxed = milp.solve(program, Watch(), relaxed=True)
    assert relaxed.value == relaxed.bound == 5
    assert len(relaxed.row_dual) == 1
    assert relaxed.row_dual[0] >= 4  # one more site brings the four of the second place
    assert milp.solve(program, Watch(), step=1.0).row_dual is None


def test_no_rules_are_no_rows():
    table, high = Rules().table(4)
    assert table.shape == (0, 4)
    assert not len(high)


def test_nothing_found_is_no_value():
    found = judged([], math.inf, 3.0, Watch())
    assert (found.status, found.found, found.gap) == ("heuristic", False, math.inf)
    empty = unknown(-math.inf, Watch(0))
    assert (empty.bound, empty.stopped) == (math.inf, "time")
    assert not Answer(np.zeros(0, np.int64), math.nan, math.nan, "infeasible", 0.0).found


def kinds(words):
    return tuple(getattr(word, "dtype", type(word)) for word in words)


def test_warming_compiles_what_a_search_runs(monkeypatch):
    """A type that `warm` does not use would be compiled in the first real run: half a minute."""
    seen: dict[str, set] = {}

    def spy(module, name):
        real = getattr(module, name)

        def told(*words):
            seen.setdefault(f"{module.__name__}.{name}", set()).add(kinds(words))
            return real(*words)

        monkeypatch.setattr(module, name, told)

    for module in (cover_search, median_search):
        spy(module.kernels, "begun")
        spy(module.kernels, "climb")
    spy(cover_search, "bound_cover")
    spy(median_search, "bound_median")
    warm.warm_covering.__wrapped__()
    warm.warm_median.__wrapped__()
    warmed = {name: set(types) for name, types in seen.items()}
    assert len(warmed) == 6
    monkeypatch.setattr(covering, "SMALL_ENTRIES", -1)
    rng, reach, people, fixed, forbidden = drawn(2, places=30)
    rules = Rules(count=3, fixed=fixed, forbidden=forbidden)
    maximal(Cover.of(reach, people), rules, Watch())
    median(times(rng, people), rules, Watch())
    assert seen == warmed
