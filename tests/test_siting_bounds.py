"""Bounds of siting, told step by step in plain numpy: valid, and settling nothing too early."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from kepu.coverage.siting import bound_kernels
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
