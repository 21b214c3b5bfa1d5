"""What the parts of a tour promise each by itself, told by hand."""

from __future__ import annotations

import datetime
import math

import numpy as np
import pytest

from kepu.coverage.siting.answers import Watch
from kepu.coverage.siting.milp import Solved
from kepu.coverage.touring import master
from kepu.coverage.touring.calendar import Periods, dated, days
from kepu.coverage.touring.fleets import Fleet, Wish
from kepu.coverage.touring.master import plan
from kepu.coverage.touring.rounds import Errand, kept, rounds
from kepu.coverage.touring.trips import Trips, worth_while

JANUARY = [datetime.date(2027, 1, day) for day in range(1, 6)]


def two_hosts(reach: list[list[int]], cost: tuple[int, int] = (1, 1)) -> Fleet:
    """One trip to each of two hosts, five times at most."""
    trips = Trips(np.array([[0], [1]], np.int16), np.array(cost))
    return Fleet(trips, trips.length, np.array(reach, bool), np.ones((1, 2), bool), np.array([5]),
                 np.array([9, 9]))  # fmt: skip


def test_trips_that_share_nobody_are_spread_too() -> None:
    """The first day, the last one, then the middle: days between stay free for what comes."""
    hosts = np.eye(3, dtype=bool)
    place = dated(days(JANUARY, [[], [], []]), 2, np.zeros(3, np.int64), hosts, hosts)
    assert place.tolist() == [0, 4, 2]


def test_one_fleet_that_does_not_fit_is_refused() -> None:
    good, bad = two_hosts([[1, 0], [0, 1]]), two_hosts([[1], [0]])
    with pytest.raises(ValueError, match="hosts x places"):
        plan([good, bad], Wish(np.array([5, 4])), Watch(5))


def test_everybody_counts_for_a_floor() -> None:
    """Who is served whenever another is, is left out of the program, but not of a floor."""
    fleet = two_hosts([[1, 1], [0, 1]])
    for least, short in ((2, 0), (3, 1)):
        wish = Wish(np.array([5, 4]), 1, ((np.array([1, 1]), least),), everybody=True)
        made = plan([fleet], wish, Watch(5))
        assert (made.value, made.cost, made.shortfalls) == (9, 1, (short,))
        assert made.status == ("infeasible" if short else "optimal")
    nobody_there = Wish(np.array([5, 0]), 1, ((np.array([1, 1]), 1),), everybody=True)
    assert plan([two_hosts([[1, 0], [0, 1]])], nobody_there, Watch(5)).cost == 1


@pytest.mark.parametrize(("visits", "cost"), [([1, 1], 1), ([1, 2], 2), ([2, 1], 2)])
def test_everybody_is_visited_as_often_as_asked(visits: list[int], cost: int) -> None:
    """Host 0 serves both places, host 1 the second one only."""
    wish = Wish(np.array([5, 4]), np.array(visits), everybody=True)
    made = plan([two_hosts([[1, 1], [0, 1]])], wish, Watch(5))
    assert (made.value, made.cost, made.status, made.cost_status) == (9, cost, *["optimal"] * 2)


@pytest.mark.parametrize("silent", [False, True])
def test_without_time_nothing_is_claimed(silent: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither of the people nor of the cost; nor where HiGHS does not even find the empty plan."""
    if silent:
        monkeypatch.setattr(master, "solve", lambda *_, **__: Solved(None, -math.inf, math.inf))
    made = plan([two_hosts([[1, 0], [0, 1]])], Wish(np.array([5, 4])), Watch(0.0))
    assert (made.value, made.bound, made.cost_bound) == (0, math.inf, -math.inf)
    assert (made.status, made.cost_status) == ("heuristic", "heuristic")


def test_a_stop_more_must_serve_more_or_cost_less() -> None:
    # Hosts 0 and 1 serve the same place, host 2 another.
    reach = np.array([[1, 0], [1, 0], [0, 1], [0, 0]], bool)
    stops = np.array([[0, -1], [1, -1], [2, -1], [0, 1], [0, 2], [1, 2]], np.int16)
    trips = Trips(stops, np.array([4, 5, 6, 7, 8, 9]))
    good = worth_while(trips, trips.length, reach)
    assert good.tolist() == [True, True, True, False, True, True]
    cheap = worth_while(trips, np.array([4, 5, 6, 3, 8, 9]), reach)
    assert cheap.all()


def test_of_a_group_one_is_visited() -> None:
    """Three stops on a line, 10 apart: of the far two either will do, so the nearer one."""
    at = np.array([0, 10, 20, 30])
    legs = np.abs(at[:, None] - at)
    for groups, length, stops in (
        ([(2, 3)], 40, {1, 2}),
        ([(1, 2, 3)], 20, {1}),
        ([], 60, {1, 2, 3}),
    ):
        errand = Errand(legs, legs, 1, groups=groups)
        found = rounds(errand, iterations=50)
        assert (found.length, set(found.orders[0]), found.found) == (length, stops, True)
        assert kept(errand, found.orders)


def test_no_period_has_no_kind() -> None:
    rows, kind = Periods((), np.zeros((0, 2), bool)).kinds()
    assert (rows.shape, kind.shape) == ((0, 2), (0,))
