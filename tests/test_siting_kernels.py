"""Kernels of siting on problems small enough to be told by trying all; also run uncompiled."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from kepu.coverage.siting import assignment, cover_kernels, median_kernels
from kepu.coverage.siting.answers import Watch
from kepu.coverage.siting.assignment import annealed, assigned, decided, value_of
from kepu.coverage.siting.assignment_kernels import anneal, forced, knapsacks
from kepu.coverage.siting.bound_kernels import HUGE, settle
from kepu.coverage.siting.median_program import Distances, lists_of


def customers(seed, n=6, m=3):
    rng = np.random.default_rng(seed)
    size = rng.integers(1, 5, n)
    return rng.integers(1, 30, (n, m)), size, int(size.sum() * 0.6), rng.uniform(0, 25, n)


def subsets(size, room):
    n = len(size)
    for chosen in itertools.product([False, True], repeat=n):
        if size[list(chosen)].sum() <= room:
            yield np.array(chosen)


@pytest.mark.parametrize("seed", range(8))
def test_knapsacks_equal_trying_all(seed):
    cost, size, room, price = customers(seed)
    room = min(room, 7)
    worth, served = knapsacks(cost, size, room, price)
    must = forced(cost, size, room, price)
    for j in range(cost.shape[1]):
        profit = price - cost[:, j]
        told = {tuple(s): profit[s].sum() for s in subsets(size, room)}
        assert worth[j] == pytest.approx(max(told.values()))
        assert told[tuple(served[:, j])] == pytest.approx(worth[j])
        for i in range(len(size)):
            assert must[i, j] == pytest.approx(max(v for s, v in told.items() if s[i]))


def test_who_is_too_large_for_a_site_cannot_be_forced_on_it():
    cost, size, price = np.array([[3], [2]]), np.array([9, 4]), np.array([10.0, 1.0])
    must = forced(cost, size, 4, price)
    assert must[0, 0] == -np.inf
    assert must[1, 0] == pytest.approx(-1.0)
    worth, served = knapsacks(cost, size, 4, price)
    assert worth[0] == 0
    assert not served.any()


def cheapest_by_all(cost, size, room, count):
    n, m = cost.shape
    return min(
        (cost[np.arange(n), to].sum() for to in itertools.product(range(m), repeat=n)
         if len(set(to)) <= count and np.bincount(to, size, m).max() <= room),
        default=np.inf,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_annealing_finds_the_best_of_a_small_problem(seed):
    cost, size, room, _ = customers(seed)
    told = cheapest_by_all(cost, size, room, 2)
    found = [anneal(cost, size, room, 2, 1500, penalty, seed) for penalty in (3.0, 12.0)]
    for to in found:
        assert (to >= 0).all() or (to == -1).all()
        if to[0] >= 0:
            assert np.bincount(to, size, 3).max() <= room
            assert len(np.unique(to)) <= 2
    assert min(value_of(cost, to) for to in found) == told


def test_nobody_has_room_is_no_plan():
    cost, size = np.ones((3, 2), np.int64), np.array([5, 5, 5])
    assert (anneal(cost, size, 6, 2, 500, 2.0, 0) == -1).all()
    assert value_of(cost, np.array([0, -1, 1])) == np.inf


@pytest.mark.parametrize("seed", range(6))
def test_highs_mends_a_bad_annealing(seed, monkeypatch):
    # The worst plan there is comes first: the bound and HiGHS must still end at the best.
    cost, size, room, _ = customers(seed)
    n, m = cost.shape
    every = [np.array(to) for to in itertools.product(range(m), repeat=n)
             if len(set(to)) <= 2 and np.bincount(to, size, m).max() <= room]  # fmt: skip
    worst = max(every, key=lambda to: value_of(cost, to))
    monkeypatch.setattr(assignment, "annealed", lambda *_: (value_of(cost, worst), worst))
    monkeypatch.setattr(assignment, "ROUNDS", 8)
    found, to = assigned(cost, size, room, 2, Watch())
    told = cheapest_by_all(cost, size, room, 2)
    assert (found.status, found.value) == ("optimal", told)
    assert value_of(cost, to) == told
    assert np.bincount(to, size, m).max() <= room


def test_a_plan_that_cannot_be_beaten_is_proved_without_highs():
    # At these prices the bound is 2: nobody has a site that a better plan than 2 could use.
    cost, size = np.array([[1, 9], [9, 1]]), np.array([1, 1])
    assert decided(cost, size, 2, 2, np.array([1.0, 1.0]), 2.0, Watch()) == (np.inf, None)


def test_annealing_ends_with_the_watch(monkeypatch):
    monkeypatch.setattr(assignment, "STEPS", 200)
    cost, size, room, _ = customers(1)
    starts = []
    asked = Watch()

    def once(*words):
        starts.append(words[-1])
        asked.stop = True
        return np.full(len(size), -1)

    monkeypatch.setattr("kepu.coverage.siting.assignment_kernels.anneal", once)
    assert annealed(cost, size, room, 2, asked)[0] == np.inf
    assert starts == [0]


def test_settling_is_told_by_hand():
    # Two of four open: the bound is 10 - 5 - 3 = 2. With site 3 for site 1 it is 4 > 3.5: closed
    # for good. Without site 0, site 2 comes instead: 10 - 3 - 1 = 6 > 3.5: open for good.
    worth = np.array([-5.0, -3.0, -1.9, -1.0])
    for shift in range(4):  # whatever their numbers
        state = np.zeros(4, np.int8)
        z, order = settle(np.roll(worth, shift), state, 2, 10.0, 3.5)
        assert z == 2
        assert order[:2].tolist() == [shift, (shift + 1) % 4]
        assert state.tolist() == np.roll([2, 0, 0, 3], shift).tolist()
    settled = np.array([3, 2, 0, 0], np.int8)
    z, order = settle(worth, settled, 2, 10.0, HUGE)
    assert z == pytest.approx(10 - 3 - 1.9)
    assert set(order[:2].tolist()) == {1, 2}


def test_who_has_no_stand_in_is_settled_by_what_it_adds():
    # As before, but sites 2 and 3 are closed for good: without site 1 it is 2 + 3 = 5 > 3.5.
    worth, state = np.array([-5.0, -3.0, -1.9, -1.0]), np.array([0, 0, 3, 3], np.int8)
    settle(worth, state, 2, 10.0, 3.5)
    assert state.tolist() == [2, 2, 3, 3]
    # All are open, which is -0.9: without site 3 it is 0.1.
    for goal, last in ((0.0, 2), (0.2, 0)):
        state = np.zeros(4, np.int8)
        settle(worth, state, 4, 10.0, goal)
        assert state.tolist() == [2, 2, 2, last]


def covering(reach, people, opened, count):
    """Books of a small covering: one table of both directions, then the state."""
    n, m = reach.shape
    rows = [np.flatnonzero(row) for row in reach]
    sites = [np.flatnonzero(column) for column in reach.T]
    table = (
        np.concatenate([[0], np.cumsum([len(r) for r in rows])]),
        np.concatenate(rows).astype(np.int32),
        np.concatenate([[0], np.cumsum([len(s) for s in sites])]),
        np.concatenate(sites).astype(np.int32), np.asarray(people, np.int64),
    )  # fmt: skip
    state = np.zeros(m, np.int8)
    state[opened] = 1
    books = (np.zeros(n, np.int32), np.zeros(n, np.int64), np.zeros(m, np.int64),
             np.zeros(m, np.int64), state)  # fmt: skip
    cover_kernels.begun(*table, *books, count, 0)
    return table, books


def told_books(reach, people, state):
    """Gains and losses by their meaning: what opening or closing one site would change."""
    opened = state > 0
    now = people[reach[:, opened].any(axis=1)].sum()
    gain, loss = np.zeros(len(state), int), np.zeros(len(state), int)
    for j in range(len(state)):
        other = opened.copy()
        other[j] = not opened[j]
        change = people[reach[:, other].any(axis=1)].sum() - now
        gain[j], loss[j] = (0, -change) if opened[j] else (change, 0)
    return gain, loss


@pytest.mark.parametrize("seed", range(12))
def test_books_say_what_a_site_would_change(seed):
    rng = np.random.default_rng(seed)
    reach, people = rng.random((14, 6)) < 0.35, rng.integers(0, 9, 14)
    table, books = covering(reach, people, [int(rng.integers(6))], 3)
    state, stale, mark = books[4], np.ones(6, bool), np.zeros(6, bool)
    assert state.sum() == 3
    for into, out in [(-1, -1), *rng.integers(0, 6, (5, 2)).tolist()]:
        if into >= 0 and state[into] == 0 and state[out] == 1:
            cover_kernels.exchange(*table, *books, stale, mark, into, out)
        gain, loss = told_books(reach, people, state)
        assert books[2][state == 0].tolist() == gain[state == 0].tolist()
        assert books[3][state == 1].tolist() == loss[state == 1].tolist()
        assert books[0].tolist() == reach[:, state > 0].sum(axis=1).tolist()
        assert not mark.any()
    room = (np.zeros(6, np.int64), np.zeros(6, np.int64), stale, *np.zeros((2, 6), np.int64))
    profit, into, out = cover_kernels.best_swap(*table, books[0], *books[2:], *room)
    values = {
        (a, b): people[reach[:, [*(set(np.flatnonzero(state)) - {b}), a]].any(axis=1)].sum()
        for a in np.flatnonzero(state == 0) for b in np.flatnonzero(state == 1)
    }  # fmt: skip
    now = people[reach[:, state > 0].any(axis=1)].sum()
    assert profit == max(0, max(values.values()) - now)
    assert profit == 0 or values[into, out] - now == profit


@pytest.mark.parametrize("seed", range(4))
def test_kicks_swap_sites_and_keep_the_books(seed):
    rng = np.random.default_rng(seed)
    reach, people = rng.random((14, 6)) < 0.35, rng.integers(0, 9, 14)
    table, books = covering(reach, people, [], 3)
    state, seen = books[4], set()
    for _ in range(20):
        assert cover_kernels.kick(*table, *books, np.ones(6, bool), np.zeros(6, bool))
        assert state.sum() == 3
        gain, loss = told_books(reach, people, state)
        assert books[2][state == 0].tolist() == gain[state == 0].tolist()
        assert books[3][state == 1].tolist() == loss[state == 1].tolist()
        seen.add(tuple(state.tolist()))
    assert len(seen) > 2


def test_a_covering_with_more_sites_than_there_are_opens_all():
    reach = np.array([[1, 0, 0], [0, 1, 0]], bool)
    table, books = covering(reach, [3, 4], [], 9)
    assert books[4].tolist() == [1, 1, 1]
    flags = np.ones(3, bool), np.zeros(3, bool)
    assert not cover_kernels.kick(*table, *books, *flags)  # nothing is closed
    assert cover_kernels.neighbour(*table[:4], 2) == 2  # covers nobody: itself
    kept, best = books[4].copy(), np.array([0])
    room = (*flags, *np.zeros((4, 3), np.int64))
    cover_kernels.climb(*table, *books, *room, kept, best, 3)
    assert best[0] == 0  # no kick, no look


def test_medians_with_more_sites_than_there_are_open_all():
    first, site = np.array([0, 2, 4]), np.array([0, 1, 1, 0], np.int32)
    time, cap = np.array([1, 5, 2, 7]), np.array([9, 9])
    dense = np.array([[1, 7], [5, 2]], np.uint32)
    books = (np.full(2, -1), first[:-1].copy(), first[:-1].copy(), np.zeros(2, np.int64),
             np.zeros(3, np.int64), np.zeros((3, 2), np.int64), np.zeros(2, bool),
             np.array([0, 0], np.int8), np.full(3, -1))  # fmt: skip
    opened = median_kernels.begun(first, site, time, cap, dense, np.array([1, 3]), *books, 0)
    assert opened == 2
    assert books[4][:opened].tolist() == [3 * 5, 4]  # by slot: site 1 first, then site 0
    assert sorted(books[-1][:2].tolist()) == [0, 1]


def told_touched(cost, cap, opens, into, out):
    """Whose nearest two are others after a swap, by plain sorting."""
    found = []
    for times, most in zip(cost.astype(int), cap.tolist(), strict=True):
        two = sorted((times[j], j) for j in opens if times[j] < most)[:2]
        farther = two[1][0] if len(two) > 1 else most - 1
        found.append(bool(out in [j for _, j in two] or times[into] <= farther))
    return found


@pytest.mark.parametrize("seed", range(15))
def test_books_of_a_median_say_what_a_swap_saves(seed):
    rng = np.random.default_rng(seed)
    n, m = 12, 6
    cost = rng.integers(1, 7, (n, m)).astype(np.uint32)
    cap, weight = rng.integers(3, 8, n), rng.integers(0, 5, n)
    table = Distances(cost, cap, weight)
    lists = lists_of(table, np.ones(m, bool))
    first = (lists.first, lists.site, lists.time)
    opens = np.full(3, -1)
    slot, gain, hit = np.full(m, -1), np.zeros(m, np.int64), np.zeros(n, bool)
    books = (slot, lists.first[:-1].copy(), lists.first[:-1].copy(), gain, np.zeros(3, np.int64),
             np.zeros((3, m), np.int64))  # fmt: skip
    dense, state = np.ascontiguousarray(cost.T), np.zeros(m, np.int8)
    state[rng.integers(m)] = 1
    opened = median_kernels.begun(*first, cap, dense, weight, *books, hit, state, opens, 0)
    assert opened == 3 == state.sum()
    for place, into in [(-1, -1), *zip(rng.integers(0, 3, 5), rng.integers(0, m, 5), strict=True)]:
        if into >= 0 and state[into] == 0:
            out = opens[place]
            touched = told_touched(cost, cap, opens, into, out)
            median_kernels.change(*first, cap, dense, weight, *books, into, out, place, hit)
            assert hit.tolist() == touched  # nobody else is looked at again
            state[into], state[out], opens[place] = 1, 0, into
        now = table.value(opens)
        for r in range(3):
            kept = np.delete(opens, r)
            assert books[4][r] == table.value(kept) - now
            for j in np.flatnonzero(state == 0):
                told = gain[j] - books[4][r] + books[5][r, j]
                assert told == now - table.value([*kept, j])
                assert gain[j] == now - table.value([*opens, j])
