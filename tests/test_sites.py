"""Siting: equal to brute force, to published optima, and to the invariants of optimisers."""

from __future__ import annotations

import csv
import itertools
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kepu.coverage.siting import assignment, covering
from kepu.coverage.siting.answers import Watch, judged
from kepu.coverage.siting.assignment import assigned
from kepu.coverage.siting.capacity import most_people
from kepu.coverage.siting.center import center, longest
from kepu.coverage.siting.choices import build_order, near_best, stages
from kepu.coverage.siting.cover import LATER, NEVER, Cover, undominated
from kepu.coverage.siting.covering import covering_program, greedy, maximal
from kepu.coverage.siting.dispersion import disperse
from kepu.coverage.siting.fairness import least_gap, max_min, with_share, worst_share
from kepu.coverage.siting.median import median
from kepu.coverage.siting.median_program import Distances
from kepu.coverage.siting.milp import solve
from kepu.coverage.siting.rules import Rules, cliques_of
from kepu.coverage.siting.service import served
from kepu.coverage.siting.setcover import backed_up, cheapest

from .every_plan import plans

FIXTURES = Path(__file__).parents[2] / "shared" / "fixtures"
FEW = 12
RUNS = 400
"""With the other models about 1,300 small problems; the slow test adds more of the same."""


def watch(seconds=math.inf):
    return Watch(seconds)


def drawn(seed, places=FEW, sites=7, density=0.3):
    rng = np.random.default_rng(seed)
    return rng, rng.random((places, sites)) < density, rng.integers(0, 9, places)


def covered(reach, people, plan):
    return int(people[reach[:, plan].any(axis=1)].sum())


@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
def test_more_maximal_coverings_equal_brute_force(part):
    for seed in range(10_000 + part * 100, 10_100 + part * 100):
        rng, reach, people = drawn(seed, places=25, sites=11)
        count = int(rng.integers(1, 5))
        found = maximal(Cover.of(reach, people), Rules(count=count), watch())
        assert found.status == "optimal"
        assert found.value == max(covered(reach, people, p) for p in plans(11, count))


@pytest.mark.parametrize("part", range(4))
def test_maximal_covering_equals_brute_force(part):
    for seed in range(part * RUNS // 4, (part + 1) * RUNS // 4):
        rng, reach, people = drawn(seed)
        count = int(rng.integers(1, 5))
        done = rng.random(FEW) < 0.2
        cover = Cover.of(reach, people, covered=done)
        found = maximal(cover, Rules(count=count), watch())
        both = [int(people[reach[:, p].any(axis=1) | done].sum()) for p in plans(7, count)]
        assert found.status == "optimal"
        assert found.gap == 0
        assert (
            found.value == max(both) == int(people[reach[:, found.sites].any(axis=1) | done].sum())
        )


@pytest.mark.parametrize("part", range(2))
def test_the_search_for_large_problems_equals_brute_force(part, monkeypatch):
    monkeypatch.setattr(covering, "SMALL_ENTRIES", -1)
    for seed in range(part * 100, (part + 1) * 100):
        rng, reach, people = drawn(seed, places=20, sites=9)
        count = int(rng.integers(1, 5))
        fixed, forbidden = np.zeros(9, bool), np.zeros(9, bool)
        if seed % 2:
            fixed[rng.integers(9)] = True
            forbidden[rng.integers(9)] = True
            forbidden &= ~fixed
        cover = Cover.of(reach, people)
        rules = Rules(count=count, fixed=fixed, forbidden=forbidden)
        found = maximal(cover, rules, watch())
        allowed = [p for p in plans(9, count) if rules.kept_by(p, cover)]
        assert found.status == "optimal"
        assert found.value == max(covered(reach, people, p) for p in allowed)
        assert rules.kept_by(found.sites, cover)


@pytest.mark.parametrize("seed", range(60))
def test_budget_spacing_and_floors_equal_brute_force(seed):
    rng, reach, people = drawn(seed)
    groups = rng.multinomial(1, [0.5, 0.5], FEW) * people[:, None]
    cover = Cover.of(reach, people, groups=groups)
    cost = rng.integers(1, 6, 7)
    apart = np.array(
        [p for p in itertools.combinations(range(7), 2) if rng.random() < 0.2], np.int64
    )
    rules = Rules(cost=cost, budget=8, apart=apart.reshape(-1, 2))
    rules = rules.with_floor(cover.groups[:, 1], int(groups[:, 1].sum() * 0.4))
    allowed = [p for p in plans(7, 7) if rules.kept_by(p, cover)]
    found = maximal(cover, rules, watch())
    if not allowed:
        assert found.status == "infeasible"
        return
    assert found.status == "optimal"
    assert found.value == max(covered(reach, people, p) for p in allowed)
    assert rules.kept_by(found.sites, cover)


@pytest.mark.parametrize("part", range(2))
def test_set_covering_equals_brute_force(part):
    for seed in range(part * 100, (part + 1) * 100):
        rng, reach, _ = drawn(seed)
        cost = rng.integers(1, 5, 7)
        cover = Cover.of(reach, np.ones(FEW, int))
        found = cheapest(cover, Rules(cost=cost), watch())
        someone = reach.any(axis=1)
        whole = [p for p in plans(7, 7) if (reach[:, p].any(axis=1) == someone).all()]
        assert found.status == "optimal"
        assert found.value == min(int(cost[p].sum()) for p in whole)
        assert (reach[:, found.sites].any(axis=1) == someone).all()
        assert ((cover.row == NEVER) == ~someone).all()  # (57) named, never covered


def enough(reach, plan, need):
    return reach[:, plan].sum(axis=1) >= need


@pytest.mark.parametrize("seed", range(40))
def test_several_within_reach_equal_brute_force(seed):
    rng, reach, people = drawn(seed, density=0.5)
    need = rng.integers(0, 4, FEW)
    side = rng.random(FEW) < 0.5
    groups = np.column_stack([people * side, people * ~side])
    cover = Cover.of(reach, people, groups=groups, need=need)
    every = plans(7, 3)
    told = {tuple(p): int(people[enough(reach, p, need)].sum()) for p in every}
    assert {tuple(p): cover.value(p) for p in every} == told
    found = maximal(cover, Rules(count=3), watch())
    assert (found.status, found.value) == ("optimal", max(told.values()))
    assert cover.value(found.sites) == found.value
    someone = reach.sum(axis=1) >= need
    assert ((cover.row == NEVER) == ~someone).all()
    least = cheapest(cover, Rules(), watch())
    whole = [p for p in plans(7, 7) if (enough(reach, p, need) == someone).all()]
    assert (least.status, least.value) == ("optimal", min(map(len, whole)))
    totals = groups.sum(axis=0)
    fair = max_min(cover, Rules(count=3), totals, watch())
    assert worst_share(cover, Rules(), totals, fair.sites) == max(
        worst_share(cover, Rules(), totals, p) for p in every
    )
    if totals.all():
        _, gap = least_gap(cover, Rules(count=3), totals, (0, 1), 0, watch())
        shares = [cover.group_values(p) / totals for p in every]
        assert math.isclose(gap, min(abs(float(a - b)) for a, b in shares), abs_tol=1e-6)
    order = build_order(cover, found.sites, np.zeros(0, int))
    best = max(sum(stages(cover, list(p))) for p in itertools.permutations(found.sites.tolist()))
    assert sum(stages(cover, order)) == best
    good = near_best(cover, Rules(count=3), found.sites, 10**6, watch())
    if len(found.sites) == 3:
        assert good.plans == math.comb(7, 3)


def test_one_of_two_is_not_two():
    # Two places need two sites each; two sites serve one of them, never half of both.
    reach = np.array([[1, 1, 0, 0], [0, 0, 1, 1]], bool)
    cover = Cover.of(reach, [5, 4], need=[2, 2])
    found = maximal(cover, Rules(count=2), watch())
    assert (found.value, found.sites.tolist()) == (5, [0, 1])
    assert maximal(cover, Rules(count=1), watch()).value == 0


@pytest.mark.parametrize("seed", range(30))
def test_a_second_site_keeps_the_rules(seed):
    rng, reach, people = drawn(seed, density=0.5)
    fixed, forbidden = np.zeros(7, bool), np.zeros(7, bool)
    fixed[0], forbidden[1] = True, True
    cover, cost = Cover.of(reach, people), rng.integers(1, 4, 7)
    free = Rules(cost=cost, fixed=fixed, forbidden=forbidden)
    least = int(cheapest(cover, free, watch()).value)
    rules = replace(free, budget=least - int(cost[0]))
    found = backed_up(cover, rules, watch())
    someone = reach[:, ~forbidden].any(axis=1)
    allowed = [p for p in plans(7, 7) if rules.kept_by(p, cover)
               and not (someone & ~reach[:, p].any(axis=1)).any()]  # fmt: skip
    assert rules.kept_by(found.sites, cover)
    assert found.value == max(int(people[reach[:, p].sum(axis=1) > 1].sum()) for p in allowed)


@pytest.mark.parametrize("seed", range(40))
def test_backup_equals_brute_force(seed):
    _, reach, people = drawn(seed, density=0.5)
    cover = Cover.of(reach, people)
    least = int(cheapest(cover, Rules(), watch()).value)
    found = backed_up(cover, Rules(count=least), watch())
    someone = reach.any(axis=1)
    whole = [p for p in plans(7, least) if (reach[:, p].any(axis=1) == someone).all()]
    assert found.value == max(int(people[reach[:, p].sum(axis=1) > 1].sum()) for p in whole)


@pytest.mark.parametrize("part", range(2))
def test_median_equals_brute_force(part):
    for seed in range(part * 100, (part + 1) * 100):
        rng = np.random.default_rng(seed)
        table = Distances(
            rng.integers(1, 40, (FEW, 7)).astype(np.uint32),
            rng.integers(15, 60, FEW).astype(np.int64), rng.integers(0, 9, FEW).astype(np.int64),
        )  # fmt: skip
        count = int(rng.integers(1, 4))
        fixed = np.zeros(7, bool)
        fixed[0] = seed % 3 == 0
        found = median(table, Rules(count=count, fixed=fixed), watch())
        allowed = [p for p in plans(7, count) if not fixed[0] or 0 in p]
        assert found.status == "optimal"
        assert found.value == min(table.value(p) for p in allowed) == table.value(found.sites)
        assert not fixed[0] or 0 in found.sites


@pytest.mark.parametrize("seed", range(60))
def test_center_equals_brute_force(seed):
    rng = np.random.default_rng(seed)
    table = Distances(
        rng.integers(1, 40, (FEW, 7)).astype(np.uint32), np.full(FEW, 10_000),
        rng.integers(0, 3, FEW).astype(np.int64),
    )  # fmt: skip
    count = int(rng.integers(1, 4))
    found = center(table, Rules(count=count), watch())
    assert found.status == "optimal"
    assert found.value == min(longest(table, p) for p in plans(7, count, exactly=True))


@pytest.mark.parametrize("seed", range(30))
def test_spaced_medians_and_centers_equal_brute_force(seed):
    rng = np.random.default_rng(seed)
    table = Distances(
        rng.integers(1, 40, (FEW, 7)).astype(np.uint32), rng.integers(15, 60, FEW),
        rng.integers(0, 9, FEW),
    )  # fmt: skip
    pairs = [p for p in itertools.combinations(range(7), 2) if rng.random() < 0.5] or [(0, 1)]
    fixed = np.zeros(7, bool)
    fixed[0] = seed % 2 == 0
    rules = Rules(count=3, apart=np.array(pairs, np.int64), fixed=fixed)
    nobody = Cover.of(np.zeros((1, 7), bool), [0])
    allowed = [p for p in plans(7, 3) if rules.kept_by(p, nobody)]
    found = median(table, rules, watch())
    assert rules.kept_by(found.sites, nobody)
    assert (found.status, found.value) == ("optimal", min(table.value(p) for p in allowed))
    found = center(table, rules, watch())
    assert rules.kept_by(found.sites, nobody)
    assert (found.status, found.value) == ("optimal", min(longest(table, p) for p in allowed))


@pytest.mark.parametrize("seed", range(40))
def test_dispersion_equals_brute_force(seed):
    rng = np.random.default_rng(seed)
    xy = rng.integers(0, 100, (8, 2))
    apart = np.rint(np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))).astype(np.int64)
    found = disperse(apart, Rules(count=3), watch())
    told = max(
        min(int(apart[a, b]) for a, b in itertools.combinations(p, 2))
        for p in itertools.combinations(range(8), 3)
    )
    assert (found.status, found.value) == ("optimal", told)


@pytest.mark.parametrize("seed", range(40))
def test_capacity_equals_brute_force(seed):
    rng, reach, people = drawn(seed, sites=6)
    room = rng.integers(1, 15, 6)
    cover = Cover.of(reach, people)
    found = most_people(cover, Rules(count=2, room=room), watch())
    assert found.status == "optimal"
    assert found.value == max(served(cover, room, p) for p in plans(6, 2))
    assert found.value <= maximal(cover, Rules(count=2), watch()).value


def test_served_is_told_by_hand():
    # Site 0 has room for 5 and is the only one for the first place; site 1 takes the second's rest.
    cover = Cover.of(np.array([[1, 0], [1, 1]], bool), [4, 4])
    assert served(cover, np.array([5, 2]), [0]) == 5
    assert served(cover, np.array([5, 2]), [0, 1]) == 7


@pytest.mark.parametrize("seed", range(40))
def test_fair_plans_equal_brute_force(seed):
    rng, reach, people = drawn(seed)
    side = rng.random(FEW) < 0.5
    groups = np.column_stack([people * side, people * ~side])
    totals = groups.sum(axis=0)
    cover, rules = Cover.of(reach, people, groups=groups), Rules(count=2)
    every = plans(7, 2)
    fair = max_min(cover, rules, totals, watch())
    best = max(worst_share(cover, rules, totals, p) for p in every)
    assert worst_share(cover, rules, totals, fair.sites) == best
    equals = [p for p in every if worst_share(cover, rules, totals, p) == best]
    assert fair.value == max(covered(reach, people, p) for p in equals)
    if not totals.all():
        return
    least = maximal(cover, rules, watch()).value // 2

    def gap(plan):
        shares = cover.group_values(plan) / totals
        return abs(float(shares[0] - shares[1]))

    near, told = least_gap(cover, rules, totals, (0, 1), int(least), watch())
    allowed = [p for p in every if covered(reach, people, p) >= least]
    assert math.isclose(gap(near.sites), min(map(gap, allowed)), abs_tol=1e-6)
    assert math.isclose(told, gap(near.sites), abs_tol=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_a_floor_has_its_price(seed):
    rng, reach, people = drawn(seed)
    groups = (people * (rng.random(FEW) < 0.4))[:, None]
    cover, rules = Cover.of(reach, people, groups=groups), Rules(count=2)
    plain = maximal(cover, rules, watch())
    before = plain.value
    for least in range(0, int(groups.sum()) + 1, 2):
        found = with_share(cover, rules, 0, least, watch())
        if not found.found:
            break
        assert cover.group_values(found.sites)[0] >= least
        assert found.value <= before  # (59) a harder rule never gains
        before = found.value


@given(st.integers(0, 10**6))
def test_more_never_hurts(seed):
    rng, reach, people = drawn(seed)
    cover = Cover.of(reach, people)
    values = [maximal(cover, Rules(count=p), watch()).value for p in range(1, 4)]
    assert values == sorted(values)  # (55)
    extra = Cover.of(np.column_stack([reach, rng.random(FEW) < 0.3]), people)
    assert maximal(extra, Rules(count=2), watch()).value >= values[1]  # (58)
    cost = rng.integers(1, 5, 7)
    rich = [maximal(cover, Rules(cost=cost, budget=b), watch()).value for b in (3, 7)]
    assert rich == sorted(rich)  # (59)
    plan = greedy(cover, Rules(count=2))
    assert covered(reach, people, plan) >= (1 - 1 / math.e) * values[1] - 1e-9  # (56)
    relaxed = solve(covering_program(cover, Rules(count=2)), watch(), relaxed=True)
    assert values[1] <= relaxed.value + 1e-6


@given(st.integers(0, 10**6))
def test_the_order_of_the_inputs_changes_nothing(seed):
    rng, reach, people = drawn(seed)
    one = maximal(Cover.of(reach, people), Rules(count=2), watch())
    rows, columns = rng.permutation(FEW), rng.permutation(7)
    two = maximal(Cover.of(reach[rows][:, columns], people[rows]), Rules(count=2), watch())
    assert one.value == two.value  # (60)
    # Candidates come in the order of their numbers; that of the places changes not even the set.
    same = maximal(Cover.of(reach[rows], people[rows]), Rules(count=2), watch())
    assert same.sites.tolist() == one.sites.tolist()


@given(st.integers(0, 10**6))
def test_merging_and_dominance_change_no_value(seed):
    rng, reach, people = drawn(seed, places=30)
    done = rng.random(30) < 0.2
    cover = Cover.of(reach, people, covered=done)
    for plan in plans(7, 2):
        assert cover.value(plan) == int(people[reach[:, plan].any(axis=1) | done].sum())
    assert (cover.row[done] == LATER).all()
    assert len(set(map(bytes, cover.reach.toarray()))) == cover.reach.shape[0]
    kept = undominated(cover.reach, np.zeros(7), np.zeros(7, bool))
    best = max((cover.value(p) for p in plans(7, 2)), default=0)
    assert max(cover.value(p) for p in plans(7, 2) if np.isin(p, kept).all()) == best


@pytest.mark.parametrize("seed", range(40))
def test_more_never_hurts_a_median_or_a_center(seed):
    rng = np.random.default_rng(seed)
    cost, cap = rng.integers(1, 40, (FEW, 7)).astype(np.uint32), rng.integers(15, 60, FEW)
    people, more = rng.integers(0, 9, FEW), rng.integers(1, 40, (FEW, 1)).astype(np.uint32)
    table, fixed = Distances(cost, cap, people), np.arange(7) == seed % 7
    for run in (median, center):
        values = [run(table, Rules(count=p), watch()).value for p in range(1, 5)]
        assert values == sorted(values, reverse=True)  # (55)
        wider = Distances(np.hstack([cost, more]), cap, people)
        assert run(wider, Rules(count=2), watch()).value <= values[1]  # (58)
        kept = run(table, Rules(count=2, fixed=fixed), watch())
        assert seed % 7 in kept.sites  # (61)
        assert kept.value >= values[1]
        order = rng.permutation(FEW)
        other = Distances(cost[order], cap[order], people[order])
        assert run(other, Rules(count=2), watch()).value == values[1]  # (60)


def test_negative_people_are_refused():
    with pytest.raises(ValueError, match="negative"):
        Cover.of(np.ones((1, 1), bool), [-1])


def test_cliques_cover_exactly_the_pairs():
    pairs = np.array([[0, 1], [1, 2], [0, 2], [2, 3]])
    found = {p for c in cliques_of(pairs, 5) for p in itertools.combinations(c.tolist(), 2)}
    assert found == {tuple(p) for p in pairs.tolist()}


def test_the_status_is_honest():
    assert judged([1], 10, 10.5, watch(), step=1).status == "optimal"
    assert judged([1], 10, 11, watch(), step=1).status == "within"
    assert judged([1], 10, math.inf, watch()).status == "heuristic"
    assert judged([1], 10, 11, watch(), step=1).gap == pytest.approx(0.1)
    assert judged([1], 10, 12, Watch(0)).stopped == "time"


def hard(places=400, sites=150):
    rng = np.random.default_rng(1)
    one, two = rng.random((places, 1, 2)), rng.random((1, sites, 2))
    near = np.hypot(*(one - two).transpose(2, 0, 1)) < 0.12
    return Cover.of(near, rng.integers(1, 100, places))


def test_a_limit_of_time_is_never_optimal():
    cover = hard()
    found = maximal(cover, Rules(count=20, cost=np.ones(150, int), budget=20), Watch(0.0))
    assert found.status != "optimal"
    assert found.stopped == "time"
    assert found.value == cover.value(found.sites)
    assert found.gap > 0


def test_a_stop_returns_the_best_so_far():
    cover, told = hard(), []
    asked = Watch()

    def tell(value, bound):
        told.append((value, bound))
        asked.stop = True

    asked.told = tell
    found = maximal(cover, Rules(count=20, cost=np.ones(150, int), budget=20), asked)
    assert told
    assert found.stopped == "user"
    assert found.value == cover.value(found.sites) > 0
    assert found.bound >= found.value


class Stops(Watch):
    """A watch that says stop when it is asked for the so-manieth time."""

    asked, after = 0, 0

    @property
    def over(self):
        self.asked += 1
        return self.asked > self.after


@pytest.mark.parametrize("after", [0, 1, 3, 8, 21])
def test_a_stop_at_any_moment_never_lies(after, monkeypatch):
    monkeypatch.setattr(covering, "SMALL_ENTRIES", -1)
    for seed in range(4):
        rng, reach, people = drawn(seed, places=20, sites=9)
        cover = Cover.of(reach, people)
        table = Distances(
            rng.integers(1, 400, (20, 9)).astype(np.uint32), np.full(20, 500), people,
        )  # fmt: skip
        apart = rng.integers(1, 99, (9, 9))
        pairs = np.array([[0, 1], [2, 3]])
        runs = {
            "most": lambda w, c=cover: maximal(c, Rules(count=3), w),
            "spaced most": lambda w, c=cover, p=pairs: maximal(c, Rules(count=3, apart=p), w),
            "apart": lambda w, a=apart: disperse(np.maximum(a, a.T), Rules(count=4), w),
            "median": lambda w, t=table: median(t, Rules(count=3), w),
            "spaced": lambda w, t=table, p=pairs: median(t, Rules(count=3, apart=p), w),
            "center": lambda w, t=table: center(t, Rules(count=3), w),
            "all": lambda w, c=cover: cheapest(c, Rules(), w),
        }
        for name, run in runs.items():
            best, asked = run(watch()), Stops()
            asked.after = after
            found = run(asked)
            sign = 1 if name in ("most", "spaced most", "apart") else -1
            assert best.status == "optimal", name
            assert sign * found.value <= sign * best.value, name
            assert math.isinf(found.bound) or sign * best.value <= sign * found.bound, name
            assert found.status != "optimal" or found.value == best.value, name


def test_work_in_parts_is_the_same_work(monkeypatch):
    rng = np.random.default_rng(5)
    cover = hard(200, 60)
    table = Distances(
        rng.integers(1, 400, (200, 60)).astype(np.uint32), np.full(200, 500),
        rng.integers(0, 50, 200),
    )  # fmt: skip
    monkeypatch.setattr(covering, "SMALL_ENTRIES", -1)
    found = []
    for seconds in (0.0, math.inf):
        monkeypatch.setattr("kepu.coverage.siting.answers.PART_SECONDS", seconds)
        one = maximal(cover, Rules(count=9), watch(), exact=False)
        two = median(table, Rules(count=9), watch(), exact=False)
        found.append((one.sites.tolist(), one.bound, two.sites.tolist(), two.bound))
    assert found[0] == found[1]


def test_parts_grow_and_end_with_the_watch(monkeypatch):
    asked = watch()
    assert list(asked.parts(10)) == [1, 2, 4, 3]
    parts = asked.parts(100)
    assert next(parts) == 1
    asked.stop = True
    assert list(parts) == []
    monkeypatch.setattr("kepu.coverage.siting.answers.PART_SECONDS", -1.0)
    assert list(watch().parts(3)) == [1, 1, 1]


def test_every_stage_of_the_order_is_told_by_hand():
    # 8 alone; 5 and 4 share 2 people; the order that counts is 8, then 5, then the rest of 4.
    reach = np.array([[1, 0, 0], [0, 1, 0], [0, 1, 1], [0, 0, 1]], bool)
    cover = Cover.of(reach, [8, 3, 2, 2])
    order = build_order(cover, np.array([0, 1, 2]), np.zeros(0, int))
    assert order == [0, 1, 2]
    assert stages(cover, order) == [8, 13, 15]
    assert build_order(cover, np.array([0, 1, 2]), np.array([2]))[0] == 2


def test_plans_nearly_as_good_are_all_found():
    _, reach, people = drawn(3, places=20, sites=6)
    cover, rules = Cover.of(reach, people), Rules(count=2)
    best = maximal(cover, rules, watch())
    near = near_best(cover, rules, best.sites, 100, watch())
    pairs = list(itertools.combinations(range(6), 2))
    assert near.whole
    assert near.plans == len(pairs)
    assert near.kept == pytest.approx(np.full(6, 1 / 3))
    alone = near_best(cover, rules, best.sites, 0, watch())
    equals = [p for p in pairs if cover.value(list(p)) == best.value]
    assert alone.plans <= len(equals)
    assert all(cover.value(best.sites) - loss <= best.value for loss in alone.loss.values())


def table_of(name):
    path = FIXTURES / name / "expected.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def instances(name, quick, key="instance"):
    return [
        pytest.param(row, id=row[key], marks=[] if row[key] in quick else [pytest.mark.slow])
        for row in table_of(name)
    ]


def shortest(name):
    from scipy.sparse.csgraph import shortest_path

    words = (FIXTURES / "pmed_even" / f"{name}.txt").read_text().split()
    n, _, p = map(int, words[:3])
    cost = np.zeros((n, n))
    for a, b, c in np.array(words[3:], int).reshape(-1, 3):
        cost[a - 1, b - 1] = cost[b - 1, a - 1] = c
    far = np.full(n, 1 << 30)
    return Distances(shortest_path(cost).astype(np.uint32), far, np.ones(n, np.int64)), p


UNPROVED_MEDIANS = {"pmed36", "pmed38"}
"""Of 800 and 900 vertices: at the optimum, with a gap of 1 %; the others are proved."""


@pytest.mark.parametrize("row", instances("pmed_even", {"pmed2", "pmed4", "pmed8", "pmed18"}))
def test_published_medians(row):
    table, p = shortest(row["instance"])
    provable = row["instance"] not in UNPROVED_MEDIANS
    found = median(table, Rules(count=p), watch(), exact=provable)
    assert found.value == int(row["p_median_optimum"])
    assert found.bound <= int(row["p_median_optimum"])
    assert found.status == ("optimal" if provable else "within")
    assert found.gap < 0.011


@pytest.mark.parametrize("row", instances("pmed_even", {"pmed2", "pmed4", "pmed10"}))
def test_published_centers(row):
    table, p = shortest(row["instance"])
    found = center(table, Rules(count=p), watch(100))
    assert (found.status, found.value) == ("optimal", int(row["p_center_optimum"]))


@pytest.mark.parametrize("row", instances("scp_even", {"scp42", "scp58"}))
def test_published_set_covers(row):
    path = FIXTURES / "scp_even" / f"{row['instance']}.txt"
    numbers = iter(map(int, path.read_text().split()))
    rows, columns = next(numbers), next(numbers)
    cost = np.array([next(numbers) for _ in range(columns)])
    reach = np.zeros((rows, columns), bool)
    for i in range(rows):
        reach[i, [next(numbers) - 1 for _ in range(next(numbers))]] = True
    found = cheapest(Cover.of(reach, np.ones(rows, int)), Rules(cost=cost), watch(150))
    assert (found.status, found.value) == ("optimal", int(row["weighted_optimum"]))


@pytest.mark.parametrize("instance", ["SJC324", pytest.param("SJC500", marks=pytest.mark.slow),
                                      pytest.param("SJC818", marks=pytest.mark.slow)])  # fmt: skip
def test_published_coverings(instance):
    rows = [row for row in table_of("mclp_sjc") if row["instance"] == instance]
    if not rows:
        pytest.skip("no fixtures")
    points = np.loadtxt(FIXTURES / "mclp_sjc" / f"{instance}.txt", skiprows=1)
    metres = np.hypot(*(points[:, None, :2] - points[None, :, :2]).transpose(2, 0, 1))
    for row in rows:
        cover = Cover.of(metres <= float(row["radius"]), points[:, 2].astype(int))
        found = maximal(cover, Rules(count=int(row["p"])), watch())
        assert (found.status, found.value) == ("optimal", int(row["max_covered_demand"])), row


UNPROVED = {"pmedcap1_20"}
"""The tightest of them (94 % full): at the best known, with a gap of 3 %. The others are proved."""


@pytest.mark.parametrize("row", instances("pmedcap_even", {"pmedcap1_02"}))
def test_published_medians_with_capacity(row):
    text = (FIXTURES / "pmedcap_even" / f"{row['instance']}.txt").read_text()
    numbers = np.array(text.split(), float)
    n, p, room = map(int, numbers[2:5])
    table = numbers[5:].reshape(n, 4)
    metres = np.hypot(*(table[:, None, 1:3] - table[None, :, 1:3]).transpose(2, 0, 1))
    cost, size = np.floor(metres).astype(np.int64), table[:, 3].astype(np.int64)
    provable = row["instance"] not in UNPROVED
    found, to = assigned(cost, size, room, p, watch() if provable else watch(30))
    best = int(row["best_known"])
    assert found.bound <= best == found.value
    assert len(np.unique(to)) <= p
    assert np.bincount(to, size).max() <= room
    assert cost[np.arange(n), to].sum() == found.value
    assert found.status == "optimal" or not provable


@pytest.mark.parametrize("seed", range(8))
def test_whole_customers_equal_brute_force(seed, monkeypatch):
    monkeypatch.setattr(assignment, "STEPS", 20_000)
    rng = np.random.default_rng(seed)
    n, m, p = 7, 4, 2
    cost, size = rng.integers(1, 30, (n, m)), rng.integers(1, 6, n)
    room = int(size.sum() * 0.6) + 1
    told = math.inf
    for pair in itertools.combinations(range(m), p):
        for to in itertools.product(pair, repeat=n):
            if np.bincount(to, size, m).max() <= room:
                told = min(told, cost[np.arange(n), to].sum())
    found, to = assigned(cost, size, room, p, watch())
    assert (found.status, found.value) == ("optimal", told)
    assert np.bincount(to, size, m).max() <= room


def stores():
    folder = FIXTURES / "sf_stores"
    name = "SF_network_distance_candidateStore_16_censusTract_205_new.csv"
    if not (folder / name).is_file():
        pytest.skip("no fixtures")
    with (folder / name).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    sites = sorted({row["name"] for row in rows})
    assert len(sites) == 16
    tracts = sorted({row["DestinationName"] for row in rows})
    metres, people = np.zeros((205, 16)), np.zeros(205, np.int64)
    for row in rows:
        at = tracts.index(row["DestinationName"])
        metres[at, sites.index(row["name"])] = float(row["distance"])
        people[at] = int(row["demand"])
    return sites, metres, people


def test_published_answers_for_san_francisco():
    sites, metres, people = stores()
    assert people.sum() == 955_113
    near = Cover.of(metres <= 5000, people)
    found = maximal(near, Rules(count=4), watch())
    assert (found.status, found.value) == ("optimal", 875_247)
    tracts = maximal(Cover.of(metres <= 5000, np.ones(205, int)), Rules(count=4), watch())
    assert tracts.value >= 205 - 21
    for radius, least in ((5000, 8), (8000, 3)):
        cover = Cover.of(metres <= radius, people)
        assert not (cover.row == NEVER).any()
        found = cheapest(cover, Rules(), watch())
        assert (found.status, found.value) == ("optimal", least)
    # Every set of 8 that covers all, tried by hand: the share of spopt's own test is another count.
    near = metres <= 5000
    whole = [p for p in plans(16, 8, exactly=True) if near[:, p].any(axis=1).all()]
    told = max(int((near[:, p].sum(axis=1) > 1).sum()) for p in whole)
    assert (
        backed_up(Cover.of(near, np.ones(205, int)), Rules(count=8), watch()).value == told == 145
    )
    millimetres = np.rint(metres * 1000)
    table = Distances(millimetres.astype(np.uint32), np.full(205, 1 << 31), people)
    found = median(table, Rules(count=4), watch())
    assert found.status == "optimal"
    assert found.value / 1000 == pytest.approx(2_848_268_129.7145, rel=1e-6)
    assert found.value / 1000 / 955_113 == pytest.approx(2982.1268579890657, rel=1e-6)
    assert {sites[j] for j in found.sites} == {"Store_2", "Store_11", "Store_12", "Store_15"}
    found = center(table, Rules(count=4), watch())
    assert found.status == "optimal"
    assert found.value / 1000 == pytest.approx(7403.063810849859, rel=1e-6)
