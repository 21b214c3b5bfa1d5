"""Bounds of siting, told step by step in plain numpy: valid, and settling nothing too early."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from kepu.coverage.siting import assignment, bound_kernels
from kepu.coverage.siting.answers import Watch
from kepu.coverage.siting.assignment import decided, priced, value_of
from kepu.coverage.siting.bound_kernels import BEST, HUGE, STALL, WIDTH, bound_cover, bound_median
from kepu.coverage.siting.cover import Cover
from kepu.coverage.siting.median_program import Distances, lists_of

DEFLECT = 0.7
"""As in Camerini, Fratta & Maffioli (1975)."""


def plans(sites, count):
    return [list(p) for p in itertools.combinations(range(sites), count)]


def table_of(reach, people):
    """The rows of a covering in both directions, as the kernels take them."""
    rows, sites = [np.flatnonzero(row) for row in reach], [np.flatnonzero(c) for c in reach.T]
    return (
        np.cumsum([0, *map(len, rows)]), np.concatenate(rows).astype(np.int32),
        np.cumsum([0, *map(len, sites)]), np.concatenate(sites).astype(np.int32), people,
    )  # fmt: skip


class Told:
    """What goes from step to step: prices, those of the best bound, direction, `track`."""

    def __init__(self, price, sites, width=1.0, best=-HUGE):
        self.price, self.kept = price.copy(), np.full(len(price), np.nan)
        self.push, self.worth = np.zeros(len(price)), np.full(sites, np.nan)
        self.track = np.array([best, 0.0, width])

    def books(self):
        return self.price, self.kept, self.push, self.worth, self.track

    def noted(self, z, worth):
        if z > self.track[BEST]:
            self.track[:2], self.kept, self.worth = (z, 0), self.price.copy(), worth
        else:
            self.track[STALL] += 1

    def step(self, slope, short, highest):
        """One step along the slope, bent towards the one before; prices stay within 0..highest."""
        self.push = DEFLECT * self.push + (1 - DEFLECT) * slope
        pace = self.track[WIDTH] * short / (self.push @ self.push)
        self.price = np.clip(self.price + pace * self.push, 0, highest)


def cover_step(told, reach, people, count, lower):
    """Places pay a price to be covered: each site earns it, who pays less than 1 a head counts."""
    worth = -(told.price @ reach)
    opened = np.argsort(worth)[:count]
    z = worth[opened].sum() - np.maximum(people - told.price, 0).sum()
    told.noted(z, worth)
    slope = (people > told.price) - reach[:, opened].sum(axis=1).astype(float)
    stuck = ((told.price <= 0) & (slope < 0)) | ((told.price >= people) & (slope > 0))
    told.step(np.where(stuck, 0, slope), -z - lower, people)


@pytest.mark.parametrize("seed", range(8))
def test_a_bound_of_covering_is_raised_as_told(seed):
    rng = np.random.default_rng(seed)
    reach, people = rng.random((14, 6)) < 0.4, rng.integers(1, 9, 14)
    reach[:6] |= np.eye(6, dtype=bool)
    reach[reach.sum(axis=1) == 0, 0] = True
    price = people * rng.random(14)
    mine, theirs, state = Told(price, 6), Told(price, 6), np.zeros(6, np.int8)
    for _ in range(7):
        cover_step(mine, reach, people, 2, 3)
        words = (*table_of(reach, people), state, 2, 3, 1)
        assert not bound_cover(*words, *theirs.books())
        for one, two in zip(mine.books(), theirs.books(), strict=True):
            assert one == pytest.approx(two)
    best = max(Cover.of(reach, people).value(plan) for plan in plans(6, 2))
    assert theirs.track[BEST] <= -best
    assert not state.any()  # far from a proof nothing is settled


def median_step(told, table, count, upper):
    """Places pay to be served: what a site would cost less than they pay is its worth."""
    cost = np.where(table.cost < table.cap[:, None], table.cost, 10**6) * table.weight[:, None]
    spared = np.minimum(cost - told.price[:, None], 0)
    worth = spared.sum(axis=0)
    opened = np.argsort(worth)[:count]
    z = told.price.sum() + worth[opened].sum()
    told.noted(z, worth)
    slope = 1.0 - (spared[:, opened] < 0).sum(axis=1)
    most = (table.cap * table.weight).astype(float)
    told.step(np.where((slope > 0) & (told.price >= most), 0, slope), 1.02 * upper - z, most)


@pytest.mark.parametrize("seed", range(8))
def test_a_bound_of_the_median_is_raised_as_told(seed):
    rng = np.random.default_rng(seed)
    table = Distances(
        rng.integers(1, 40, (12, 6)).astype(np.uint32), rng.integers(25, 45, 12),
        rng.integers(1, 9, 12),
    )  # fmt: skip
    lists = lists_of(table, np.ones(6, bool))
    price = table.cap * table.weight * rng.uniform(0.2, 1.0, 12)
    mine, theirs, state = Told(price, 6), Told(price, 6), np.zeros(6, np.int8)
    upper = table.value([])  # far from a proof: nothing is settled
    for _ in range(7):
        median_step(mine, table, 2, upper)
        words = (lists.first, lists.site, lists.time, table.cap, table.weight, state)
        assert not bound_median(*words, 2, upper, 0, 1, *theirs.books())
        for one, two in zip(mine.books(), theirs.books(), strict=True):
            assert one == pytest.approx(two)
    assert theirs.track[BEST] <= min(table.value(plan) for plan in plans(6, 2))
    assert not state.any()


def settled_as_told(state, better):
    """No better plan holds what is closed for good, every one what is open for good."""
    for plan in better:
        assert not set(plan) & set(np.flatnonzero(state == 3).tolist())
        assert set(plan) >= set(np.flatnonzero(state == 2).tolist())


@pytest.mark.parametrize("seed", range(25))
def test_what_is_settled_belongs_to_every_better_plan(seed):
    """Against every plan; the best known may be the third best or the best itself."""
    rng = np.random.default_rng(seed)
    reach, people = rng.random((14, 7)) < 0.3, rng.integers(1, 9, 14)
    reach[:, 0] |= reach.sum(axis=1) == 0
    reach[:7] |= np.eye(7, dtype=bool)
    values = {tuple(p): Cover.of(reach, people).value(p) for p in plans(7, 3)}
    table = Distances(
        rng.integers(1, 40, (12, 7)).astype(np.uint32), np.full(12, 60), rng.integers(1, 9, 12)
    )  # fmt: skip
    costs = {tuple(p): table.value(p) for p in plans(7, 3)}
    lists, counted = lists_of(table, np.ones(7, bool)), 0
    for rank in (0, 2):
        known, told = sorted(values.values())[-1 - rank], Told(people * 0.5, 7)
        state = np.zeros(7, np.int8)
        bound_cover(*table_of(reach, people), state, 3, known, 200, *told.books())
        settled_as_told(state, [plan for plan, value in values.items() if value > known])
        counted += (state > 0).sum()
        known = sorted(costs.values())[rank]
        told, state = Told(np.sort(table.cost, axis=1)[:, 2] * table.weight * 1.0, 7), state * 0
        bound_median(lists.first, lists.site, lists.time, table.cap, table.weight, state, 3, known,
                     0, 200, *told.books())  # fmt: skip
        settled_as_told(state, [plan for plan, cost in costs.items() if cost < known])
        counted += (state > 0).sum()
    assert counted  # something is settled in each of these problems


def test_a_step_is_shortened_after_so_many_without_a_better_bound():
    track, price, kept = np.array([5.0, 0.0, 1.0]), np.ones(2), np.zeros(2)
    worth = np.zeros(3)
    for stalled in range(1, bound_kernels.PATIENCE + 1):
        bound_kernels.noted(5.0, track, price, kept, np.ones(3), worth)
        assert track.tolist() == [5.0, stalled, 1.0]
    bound_kernels.noted(4.0, track, price, kept, np.ones(3), worth)
    assert track.tolist() == [5.0, 0.0, bound_kernels.SHRINK]
    assert not kept.any() and not worth.any()
    bound_kernels.noted(6.0, track, price, kept, np.ones(3), worth)
    assert track.tolist() == [6.0, 0.0, bound_kernels.SHRINK]
    assert kept.all() and worth.all()


def test_a_bound_comes_to_its_end():
    # Two sites, two places of 4 and 6 people, both open: what is covered is known, 10.
    table, people = table_of(np.eye(2, dtype=bool), np.array([4, 6])), np.array([4, 6])
    both = np.zeros(2, np.int8)
    told = Told(people * 0.5, 2)
    assert bound_cover(*table, both, 2, 9, 50, *told.books())
    assert told.track[BEST] == -10
    # One site: 6 of 10. No better plan, of 7 or more, is left over.
    told = Told(people * 0.5, 2)
    assert bound_cover(*table, np.zeros(2, np.int8), 1, 6, 50, *told.books())
    assert told.track[BEST] > -7
    # A step too short to move anything is the last.
    told = Told(people * 0.5, 2, width=bound_kernels.NARROW / 2)
    assert bound_cover(*table, np.zeros(2, np.int8), 1, 3, 50, *told.books())
    assert told.price.tolist() == [2, 3]


def customers(seed):
    """Five customers, four sites; two sites hold them all, not always as each would like."""
    rng = np.random.default_rng(seed)
    size = rng.integers(1, 5, 5)
    room = max(int(size.sum() * 0.6), int(size.max()))
    return rng.integers(1, 30_000, (5, 4)), size, room  # no two sums alike


def knapsacks_by_all(cost, size, room, price):
    """What each site is worth at these prices, and whom it serves: all sets tried."""
    sets = np.array(list(itertools.product([0, 1], repeat=len(size))))
    sets = sets[sets @ size <= room]
    worth = sets @ (price[:, None] - cost)
    return worth.max(axis=0), sets[worth.argmax(axis=0)].T


def bounds_of_customers(cost, size, room, price, count, upper, steps):
    """Bound after bound; each step goes along the customers nobody serves, or two do."""
    push, found, best, stalled, kept, width = 0.0, [], -np.inf, 0, price, 1.0
    for _ in range(steps):
        worth, serves = knapsacks_by_all(cost, size, room, price)
        sites = np.argsort(-worth, kind="stable")[:count]
        z = price.sum() - worth[sites].sum()
        found.append(z)
        if z > best + 1e-7:
            best, kept, stalled = z, price, 0
        else:
            stalled += 1
            if stalled > assignment.PATIENCE:
                width, stalled, price = width * assignment.SHRINK, 0, kept
        missing = 1 - serves[:, sites].sum(axis=1)
        push = DEFLECT * push + (1 - DEFLECT) * missing
        far = max(push @ push, missing @ missing)
        if far == 0:
            break  # each is served once: no bound is higher
        price = price + width * max(1.02 * upper - z, 1) / far * push
    return found


def plans_of_customers(cost, size, room, count):
    n, m = cost.shape
    every = (np.array(to) for to in itertools.product(range(m), repeat=n))
    return [to for to in every if len(set(to)) <= count and np.bincount(to, size, m).max() <= room]


@pytest.mark.parametrize("seed", range(6))
def test_a_bound_of_whole_customers_is_raised_as_told(seed, monkeypatch):
    cost, size, room = customers(seed)
    values = [value_of(cost, to) for to in plans_of_customers(cost, size, room, 2)]
    upper = max(values)  # far from a proof
    start = np.sort(cost, axis=1)[:, 2] * 1.0  # with two of four sites each goes to its third
    told = bounds_of_customers(cost, size, room, start, 2, upper, 60)
    assert max(told) <= min(values) + 1e-6
    for rounds in (1, 2, 9, 60):
        monkeypatch.setattr(assignment, "ROUNDS", rounds)
        bound, price = priced(cost, size, room, 2, upper, Watch())
        assert bound == pytest.approx(max(told[:rounds]))
        worth, _ = knapsacks_by_all(cost, size, room, price)
        assert bound == pytest.approx(price.sum() - np.sort(worth)[-2:].sum())


def test_a_bound_is_raised_until_no_plan_is_one_better(monkeypatch):
    """At first it allows a plan that costs one less than the one at hand: no proof yet."""
    cost, size, room = customers(0)
    first = bounds_of_customers(cost, size, room, np.sort(cost, axis=1)[:, 2] * 1.0, 2, 0, 1)[0]
    monkeypatch.setattr(assignment, "ROUNDS", 1)
    assert priced(cost, size, room, 2, first + 1, Watch())[0] == first
    monkeypatch.setattr(assignment, "ROUNDS", 200)
    assert priced(cost, size, room, 2, first + 1, Watch())[0] > first
    # A plan no better than the bound needs no step.
    assert priced(cost, size, room, 2, first, Watch())[0] == first


@pytest.mark.parametrize("seed", range(12))
def test_no_better_plan_of_whole_customers_is_left_out(seed, monkeypatch):
    """Whoever the bound leaves at a site, and the sites that it insists on."""
    cost, size, room = customers(seed)
    every = plans_of_customers(cost, size, room, 2)
    seen = []

    def spy(*words):
        seen.append(words[4:6])
        return 0.0, None

    monkeypatch.setattr(assignment, "_assign", spy)
    left, insisted = [], 0
    for rank in (0, 4):
        upper = sorted({value_of(cost, to) for to in every})[rank]
        _, price = priced(cost, size, room, 2, np.inf, Watch())
        decided(cost, size, room, 2, price, upper, Watch())
        pairs, always = seen[-1]
        for to in every:
            if value_of(cost, to) < upper:
                assert pairs[np.arange(len(to)), to].all()
                assert set(np.flatnonzero(always)) <= set(to.tolist())
        left.append(int(pairs.sum()))
        insisted += int(always.sum())
    assert left[0] <= left[1] < cost.size
