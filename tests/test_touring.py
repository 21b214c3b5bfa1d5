"""The period covering tour: published optima, every plan of small cases, and what must hold."""

from __future__ import annotations

import csv
import datetime
import itertools
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kepu.coverage.siting.answers import Watch
from kepu.coverage.touring.calendar import Periods, dated, days, stays, transfers, working_days
from kepu.coverage.touring.fleets import Fleet, Wish, served
from kepu.coverage.touring.master import plan
from kepu.coverage.touring.trips import (
    NEVER,
    Legs,
    TooManyTripsError,
    Trips,
    feasible_trips,
    length_of,
    worth_while,
)

FILES = Path(__file__).parents[2] / "shared" / "fixtures" / "covering_tour"
EXPECTED = FILES / "expected.csv"
TEXT = EXPECTED.read_text("utf-8") if EXPECTED.is_file() else ""
ROWS = list(csv.DictReader(TEXT.splitlines()))
YEAR = (datetime.date(2027, 1, 1), datetime.date(2027, 12, 31))


def points(name: str) -> dict[int, tuple[float, float]]:
    found = {}
    for line in (FILES / name).read_text("utf-8").splitlines():
        words = line.split()
        if len(words) == 3 and words[0].isdigit():
            found[int(words[0])] = (float(words[1]), float(words[2]))
    return found


def published(row: dict[str, str]) -> tuple[Fleet, Wish]:
    """One fleet of vehicles as many as one likes, and everybody to be covered."""
    name, _, most = row["instance"].rpartition("-")
    case = json.loads((FILES / f"{name}.json").read_text("utf-8"))
    at, hosts = points(row["tsplib_file"]), [n for n in case["visitable"] if n != 1]
    xy = np.array([at[1], *(at[n] for n in hosts)])
    far = np.rint(np.hypot(*(xy[:, None] - xy).transpose(2, 0, 1))).astype(np.int64)
    trips = feasible_trips(Legs(far[0, 1:], far[1:, 0], far[1:, 1:]), int(most))
    must, cover = [n for n in case["obligatory"] if n != 1], case["to_cover"]
    by = [set(case["covered_by"][str(n)]) for n in cover]
    reach = np.zeros((len(hosts), len(cover) + len(must)), bool)
    for host, number in enumerate(hosts):
        reach[host, : len(cover)] = [number in ours for ours in by]
        reach[host, len(cover) :] = [number == one for one in must]
    weight = np.array([1 not in ours for ours in by] + [True] * len(must), np.int64)
    many = np.full(len(hosts), 99)
    fleet = Fleet(trips, trips.length, reach, np.ones((1, len(hosts)), bool), many[:1], many)
    return fleet, Wish(weight, everybody=True)


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(
            row, id=row["instance"],
            marks=pytest.mark.slow if row["instance"][-1] in "68" else (),
        )
        for row in ROWS
    ],
)  # fmt: skip
def test_published_optima_are_proved(row: dict[str, str]) -> None:
    fleet, wish = published(row)
    made = plan([fleet], wish, Watch(170))
    assert (served([fleet], made)[wish.weight > 0] >= 1).all()
    assert made.cost >= int(row["optimum"])
    assert (made.cost, made.cost_status) == (int(row["optimum"]), "optimal")


@st.composite
def legs(draw, hosts: int) -> Legs:
    size = (hosts + 1) ** 2
    table = np.array(draw(st.lists(st.integers(1, 30), min_size=size, max_size=size)))
    table = table.reshape(hosts + 1, -1)
    np.fill_diagonal(table, 0)
    for mid in range(hosts + 1):
        table = np.minimum(table, table[:, [mid]] + table[[mid], :])
    return Legs(table[0, 1:], table[1:, 0], table[1:, 1:])


@given(data=st.data())
def test_trips_are_all_that_fit(data) -> None:
    hosts, most, limit = 5, data.draw(st.integers(1, 4)), data.draw(st.integers(20, 120))
    ways, stay = data.draw(legs(hosts)), data.draw(st.integers(0, 10))
    trips = feasible_trips(ways, most, limit=limit, service=stay)
    found = {
        tuple(int(s) for s in row if s >= 0): int(length)
        for row, length in zip(trips.stops, trips.length, strict=True)
    }
    wanted = {}
    for size in range(1, most + 1):
        for some in itertools.combinations(range(hosts), size):
            length = min(length_of(ways, order) for order in itertools.permutations(some))
            if length + stay * size <= limit:
                wanted[some] = length
    assert found == wanted


def test_of_a_thousand_hosts_no_set_of_eight_is_lost() -> None:
    """Eight digits of a thousand hosts pass 64 bits; ten hosts alone have the same trips."""
    rng = np.random.default_rng(3)
    few = Legs(*(rng.integers(9, 20, 10) for _ in range(2)), rng.integers(9, 20, (10, 10)))
    where = np.sort(rng.choice(1000, 10, replace=False))
    out, back, between = (np.full(shape, NEVER) for shape in (1000, 1000, (1000, 1000)))
    out[where], back[where], between[np.ix_(where, where)] = few.out, few.back, few.between
    small, large = feasible_trips(few, 8), feasible_trips(Legs(out, back, between), 8)
    assert len(small) == sum(math.comb(10, size) for size in range(1, 9))
    np.testing.assert_array_equal(large.stops, np.append(where, -1)[small.stops])
    np.testing.assert_array_equal(large.length, small.length)
    reach = np.zeros((1001, 6), bool)
    reach[where] = rng.random((10, 6)) < 0.4
    good = worth_while(small, small.length, reach[np.append(where, 1000)])
    assert 0 < good.sum() < len(good)
    np.testing.assert_array_equal(worth_while(large, large.length, reach), good)


def test_too_many_trips_are_said() -> None:
    ones = np.ones((9, 9), np.int64)
    with pytest.raises(TooManyTripsError):
        feasible_trips(Legs(ones[0], ones[0], ones), 4, most_trips=100)


@st.composite
def cases(draw) -> tuple[list[Fleet], Wish]:
    hosts, places, fleets = draw(st.integers(2, 3)), draw(st.integers(1, 4)), []

    def table(low: int, high: int, *shape: int) -> np.ndarray:
        size = int(np.prod(shape))
        numbers = draw(st.lists(st.integers(low, high), min_size=size, max_size=size))
        return np.array(numbers, np.int64).reshape(shape)

    for number in range(draw(st.integers(1, 2))):
        trips = feasible_trips(draw(legs(hosts)), 2 if number == 0 else 1, limit=60)
        kinds = draw(st.integers(1, 2))
        dates = table(0, 2, kinds)
        units = 1 if number == 0 else draw(st.integers(1, 2))
        budget = draw(st.one_of(st.none(), st.integers(10, 150)))
        reach, openness = table(0, 1, hosts, places) > 0, table(0, 1, kinds, hosts) > 0
        most = table(0, 3, hosts)
        fleets.append(
            Fleet(trips, trips.length, reach, openness, dates * units, most, budget, dates,
                  once=number == 1)
        )  # fmt: skip
    floors = []
    if draw(st.booleans()):
        floors.append((table(0, 3, places), draw(st.integers(0, 4))))
    return fleets, Wish(table(0, 9, places), table(1, 3, places), tuple(floors))


def brute(fleets: list[Fleet], wish: Wish) -> tuple[int, int, int]:
    """What the floors lack at least; then most weight; then least cost: all plans tried."""
    options: list[list[tuple[np.ndarray, int]]] = []
    for fleet in fleets:
        columns = [
            (kind, trip)
            for kind in range(len(fleet.periods))
            for trip in range(len(fleet.trips))
            if all(fleet.open[kind, s] for s in fleet.trips.stops[trip] if s >= 0)
        ]
        found = []
        ranges = [range(int(fleet.most_times[kind]) + 1) for kind, _ in columns]
        for times in itertools.product(*ranges):
            used = np.zeros(len(fleet.most_visits), np.int64)
            count = np.zeros((len(fleet.periods), len(wish.weight)), np.int64)
            periods, cost = np.zeros(len(fleet.periods), np.int64), 0
            for (kind, trip), often in zip(columns, times, strict=True):
                stops = [s for s in fleet.trips.stops[trip] if s >= 0]
                used[stops] += often
                count[kind] += often * fleet.reach[stops].any(axis=0)
                periods[kind] += often
                cost += often * int(fleet.cost[trip])
            most = 10**9 if fleet.budget is None else fleet.budget
            if (used > fleet.most_visits).any() or (periods > fleet.periods).any() or cost > most:
                continue
            if fleet.once:
                count = np.minimum(count, fleet.most_times[:, None])
            found.append((count.sum(axis=0), cost))
        options.append(found)
    best = None
    for choice in itertools.product(*options):
        reached = sum(count for count, _ in choice) >= wish.needed
        lack = sum(max(least - int(amount[reached].sum()), 0) for amount, least in wish.floors)
        rank = (lack, -int(wish.weight[reached].sum()), sum(cost for _, cost in choice))
        best = rank if best is None else min(best, rank)
    assert best is not None
    return best


def small(case: tuple[list[Fleet], Wish]) -> bool:
    plans = 1
    for fleet in case[0]:
        for kind in range(len(fleet.periods)):
            plans *= (int(fleet.most_times[kind]) + 1) ** len(fleet.trips)
    return plans <= 600


@given(case=cases().filter(small))
def test_plan_is_the_best_of_all(case: tuple[list[Fleet], Wish]) -> None:
    fleets, wish = case
    lack, value, cost = brute(fleets, wish)
    made = plan(fleets, wish, Watch(30))
    assert sum(made.shortfalls) == lack
    assert made.status == ("infeasible" if lack else "optimal")
    assert made.value == -value == made.bound
    assert (made.cost, made.cost_status) == (cost, "optimal")
    reached = served(fleets, made) >= wish.needed
    assert int(wish.weight[reached].sum()) == made.value


@given(case=cases(), data=st.data())
def test_more_of_anything_never_reaches_fewer(case, data) -> None:
    fleets, wish = case
    wish = replace(wish, floors=())
    number = data.draw(st.integers(0, len(fleets) - 1))
    one = fleets[number]
    more = data.draw(
        st.sampled_from([
            replace(one, periods=one.periods + 1, dates=one.dates + 1),
            replace(one, periods=one.periods * 2),
            replace(one, reach=one.reach | (one.reach.sum(axis=0) == 0)),
            replace(one, budget=None),
            replace(one, most_visits=one.most_visits + 1),
        ])
    )  # fmt: skip
    after = [*fleets[:number], more, *fleets[number + 1 :]]
    assert plan(after, wish, Watch(30)).value >= plan(fleets, wish, Watch(30)).value


def test_who_weighs_nothing_is_visited_for_a_floor_only() -> None:
    trips = Trips(np.array([[0], [1]], np.int16), np.array([1, 7]))
    fleet = Fleet(trips, trips.length, np.eye(2, dtype=bool), np.ones((1, 2), bool),
                  np.array([5]), np.array([9, 9]))  # fmt: skip
    for least, cost in ((0, 1), (3, 8)):
        wish = Wish(np.array([5, 0]), 1, ((np.array([0, 3]), least),))
        made = plan([fleet], wish, Watch(5))
        assert (made.value, made.cost, made.cost_status) == (5, cost, "optimal")


def test_a_closed_host_is_never_used() -> None:
    trips = Trips(np.array([[0], [1]], np.int16), np.array([1, 1]))
    fleet = Fleet(trips, trips.length, np.ones((2, 1), bool), np.array([[True, False]]),
                  np.array([5]), np.array([1, 9]))  # fmt: skip
    made = plan([fleet], Wish(np.array([7]), 2), Watch(5))
    assert made.value == 0
    made = plan([replace(fleet, open=np.array([[True, True]]))], Wish(np.array([7]), 2), Watch(5))
    assert made.value == 7


def test_two_sets_at_once_are_one_visit() -> None:
    trips = Trips(np.array([[0], [1]], np.int16), np.array([1, 1]))
    fleet = Fleet(trips, trips.length, np.ones((2, 1), bool), np.ones((1, 2), bool),
                  np.array([2]), np.array([1, 1]), dates=np.array([1]))  # fmt: skip
    assert plan([fleet], Wish(np.array([7]), 2), Watch(5)).value == 7
    assert plan([replace(fleet, once=True)], Wish(np.array([7]), 2), Watch(5)).value == 0


def test_no_time_claims_nothing() -> None:
    fleet = published(ROWS[0])[0] if ROWS else None
    if fleet is None:
        pytest.skip("the fixtures are not here")
    made = plan([fleet], Wish(np.ones(fleet.reach.shape[1], np.int64)), Watch(0.0))
    assert made.status in ("heuristic", "within") and made.bound >= made.value


def date(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def test_working_days_told_by_hand() -> None:
    week = (date("2027-03-01"), date("2027-03-07"))
    off = [(date("2027-03-04"), date("2027-03-05"))]
    assert working_days(week, (1, 4, 7), off) == [date("2027-03-01"), date("2027-03-07")]


def test_stays_keep_to_terms_and_setting_up() -> None:
    terms = [(date("2027-03-01"), date("2027-06-30"))]
    cuts = [date("2027-03-01"), date("2027-07-01")]
    out = [(date("2027-01-01"), date("2027-02-28")), (date("2027-07-01"), date("2027-12-31"))]
    found = stays(YEAR, 50, 5, cuts, [], [out, []])
    spans = found.spans
    assert all((b - a).days + 1 >= 50 for a, b in spans)
    assert all((c - b).days == 6 for (_, b), (c, _) in itertools.pairwise(spans))
    inside = [terms[0][0] <= a and b <= terms[0][1] for a, b in spans]
    assert found.open[:, 0].tolist() == inside and found.open[:, 1].all()
    assert sum(inside) == 2


@given(data=st.data())
def test_no_trip_on_a_closed_date(data) -> None:
    hosts = 3
    closed = [
        [(YEAR[0] + datetime.timedelta(days=a), YEAR[0] + datetime.timedelta(days=a + b))]
        for a, b in data.draw(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 40)),
                                       min_size=hosts, max_size=hosts))
    ]  # fmt: skip
    dates = [YEAR[0] + datetime.timedelta(days=3 * n) for n in range(20)]
    periods = days(dates, closed)
    openness, kinds = periods.kinds()
    units = data.draw(st.integers(1, 2))
    picked = []
    for kind in range(len(openness)):
        free = np.flatnonzero(openness[kind])
        if len(free):
            room = int((kinds == kind).sum()) * units
            some = data.draw(st.lists(st.sampled_from(free.tolist()), max_size=min(room, 6)))
            picked += [(kind, host) for host in some]
    kind = np.array([k for k, _ in picked], np.int64)
    table = np.array([[h == n for n in range(hosts)] for _, h in picked], bool).reshape(-1, hosts)
    place = dated(periods, units, kind, table, table)
    assert np.bincount(place, minlength=1).max(initial=0) <= units
    for (_, host), at in zip(picked, place, strict=True):
        day = periods.spans[at][0]
        assert not any(a <= day <= b for a, b in closed[host])


def test_visits_are_spread_over_the_year() -> None:
    """Four visits among 52 Mondays lie a quarter apart, give or take a month."""
    dates = working_days(YEAR, (1,), [])
    periods = days(dates, [[], []])
    hosts = np.repeat(np.eye(2, dtype=bool), 4, axis=0)
    place = dated(periods, 1, np.zeros(8, np.int64), hosts, hosts)
    assert len(set(place.tolist())) == 8
    for host in range(2):
        found = sorted(periods.spans[at][0] for at in place[host * 4 : host * 4 + 4])
        assert min((b - a).days for a, b in itertools.pairwise(found)) >= 60


def test_more_trips_than_periods_are_refused() -> None:
    periods = Periods(((YEAR[0], YEAR[0]),), np.ones((1, 1), bool))
    with pytest.raises(ValueError, match="more trips"):
        dated(periods, 1, np.zeros(2, np.int64), np.ones((2, 1), bool), np.ones((2, 1), bool))


def test_sets_travel_least() -> None:
    """Each set goes on to the host beside it, whatever the order in which hosts are told."""
    at = np.array([0, 1, 100, 101, 50])
    legs = np.abs(at[:, None] - at)
    assert transfers([[0, 2], [3, 1], []], legs, 4) == [[0, 2], [1, 3], [4, 4]]
