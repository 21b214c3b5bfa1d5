"""Which hosts, how often, in which order: the plan of a tour, proved where it can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import permutations
from math import ceil, inf

import numpy as np

from .coverage.siting.answers import Status, Watch
from .coverage.touring.fleets import Flags, Fleet, Made, Wish, counts_once
from .coverage.touring.master import plan
from .coverage.touring.rounds import Errand, rounds
from .coverage.touring.trips import (
    NEVER,
    Legs,
    TooManyTripsError,
    Trips,
    Whole,
    feasible_trips,
    length_of,
)
from .geo.network import TICKS_A_MINUTE
from .geo.routing import UNREACHED
from .touring_keys import UnitRules
from .touring_scene import Scene, leg_metres

MOST_TRIPS = 400_000
"""More day trips than this are not looked at one by one."""
GOAL, MORE, TOWN = "goal", "more", "town"


@dataclass(frozen=True, eq=False)
class Rows:
    """
    What trips serve, q rows: a place at its goal or at a further visit, or a town.

    Parameters
    ----------
    service, place, needed, weight, what
        Shape (q,): number of the service, of the place (of the town where `what` is `TOWN`), visits
        wanted, weight, and which of `GOAL`, `MORE`, `TOWN`.
    """

    service: Whole
    place: Whole
    needed: Whole
    weight: Whole
    what: np.ndarray


def rows_of(scene: Scene) -> Rows:
    """List the rows of all services, goals first."""
    parts = list[tuple[int, int, int, int, str]]()
    for number, service in enumerate(scene.services):
        rules, some = service.rules, np.flatnonzero(service.weight > 0)
        for visits in range(rules.visits, max(rules.more_visits, rules.visits) + 1):
            what = GOAL if visits == rules.visits else MORE
            parts += [(number, int(p), visits, int(service.weight[p]), what) for p in some]
        if rules.kind == "mobile.van" and scene.study.tour.town_visits:
            towns = range(len(scene.measured.towns))
            parts += [(number, t, scene.study.tour.town_visits, 0, TOWN) for t in towns]
    numbers = np.array([part[:4] for part in parts], np.int64).reshape(-1, 4)
    number_of, place, needed, weight = numbers.T
    return Rows(number_of, place, needed, weight, np.array([part[4] for part in parts], object))


@dataclass(frozen=True, eq=False)
class Crew:
    """
    A unit of the study ready to be planned.

    Parameters
    ----------
    legs, metres
        Ticks and metres between its depot and the h hosts.
    fleet
        What it can do.
    cut
        Stops a day that were tried at most, where that is fewer than it could make; else 0.
    """

    rules: UnitRules
    legs: Legs
    metres: Legs
    fleet: Fleet
    kind: np.ndarray
    cut: int = 0

    @property
    def service_ticks(self) -> int:
        """Time at a stop."""
        return ceil(self.rules.stop_minutes * TICKS_A_MINUTE)

    @property
    def day_ticks(self) -> int:
        """Longest day trip, stops included."""
        return int(self.rules.hours * 60 * TICKS_A_MINUTE + 1e-6)


def crews_of(scene: Scene, rows: Rows) -> list[Crew]:
    """Prepare all units: their trips, kinds of periods and what a stop serves."""
    return [_crew(scene, rows, number) for number in range(len(scene.units))]


def _crew(scene: Scene, rows: Rows, number: int) -> Crew:
    unit, hosts = scene.units[number], len(scene.hosts)
    reach = _reach(scene, rows, unit)
    drive = np.where(scene.drive.ticks == UNREACHED, NEVER, scene.drive.ticks.astype(np.int64))
    legs, metres = (
        _legs(table, hosts, scene.depot(number)) for table in (drive, leg_metres(scene))
    )
    periods = scene.periods(unit)
    van = unit.kind == "mobile.van"
    openness, kind = periods.kinds() if van else (periods.open, np.arange(len(periods.spans)))
    useful = np.flatnonzero(scene.allowed(unit) & reach.any(axis=1) & openness.any(axis=0))
    crew = Crew(unit, legs, metres, _idle(reach, openness, kind, unit), kind)
    trips, cut = _trips(crew, useful)
    return replace(crew, fleet=replace(crew.fleet, trips=trips, cost=_metres(trips, crew)), cut=cut)


def _legs(table: Whole, hosts: int, depot: int) -> Legs:
    return Legs(table[depot, :hosts], table[:hosts, depot], table[:hosts, :hosts])


def _idle(reach: Flags, openness: Flags, kind: np.ndarray, unit: UnitRules) -> Fleet:
    """Return the fleet without trips."""
    dates = np.bincount(kind, minlength=len(openness)).astype(np.int64)
    none = Trips(np.zeros((0, 1), np.int16), np.zeros(0, np.int64))
    most = np.full(len(reach), unit.most_visits, np.int64)
    budget = None if unit.km is None else int(unit.km * 1000)
    once = unit.kind != "mobile.van"
    return Fleet(none, none.length, reach, openness, dates * unit.count, most, budget, dates, once)


def _reach(scene: Scene, rows: Rows, unit: UnitRules) -> Flags:
    """Tell which row a stop of a unit serves, shape (h, q)."""
    found = np.zeros((len(scene.hosts), len(rows.place)), bool)
    town = scene.measured.towns.index.get_indexer(scene.hosts["town"])
    for number, service in enumerate(scene.services):
        if service.rules.kind != unit.kind:
            continue
        mine, of_town = rows.service == number, rows.what == TOWN
        found[:, mine & ~of_town] = service.reach[:, rows.place[mine & ~of_town]]
        found[:, mine & of_town] = town[:, None] == rows.place[mine & of_town][None, :]
    return found


def _trips(crew: Crew, useful: np.ndarray) -> tuple[Trips, int]:
    """List the trips over the useful hosts; with fewer stops where there are too many."""
    legs = crew.legs
    some = Legs(legs.out[useful], legs.back[useful], legs.between[np.ix_(useful, useful)])
    van = crew.rules.kind == "mobile.van"
    most = crew.rules.most_stops if van else 1
    limit, service = (crew.day_ticks, crew.service_ticks) if van else (int(NEVER) - 1, 0)
    for stops in range(most, 0, -1):
        try:
            trips = feasible_trips(some, stops, limit=limit, service=service, most_trips=MOST_TRIPS)
        except TooManyTripsError:
            continue
        numbers = np.append(useful, -1).astype(np.int16)
        return Trips(numbers[trips.stops], trips.length), stops if stops < most else 0
    raise TooManyTripsError(len(useful))


def _metres(trips: Trips, crew: Crew) -> Whole:
    """Return the metres of each trip in its quickest order, of equal ones the shortest."""
    found, size = np.zeros(len(trips), np.int64), trips.count()
    for many in range(1, trips.stops.shape[1] + 1):
        rows = np.flatnonzero(size == many)
        best = np.full(len(rows), NEVER << 20)
        for order in permutations(range(many)):
            stops = trips.stops[rows][:, order].astype(np.int64)
            ticks, metres = (_along(legs, stops) for legs in (crew.legs, crew.metres))
            best = np.minimum(best, (ticks << 24) + np.minimum(metres, (1 << 24) - 1))
        found[rows] = best & ((1 << 24) - 1)
    return found


def _along(legs: Legs, stops: Whole) -> Whole:
    ways = legs.out[stops[:, 0]] + legs.back[stops[:, -1]]
    for at in range(stops.shape[1] - 1):
        ways = ways + legs.between[stops[:, at], stops[:, at + 1]]
    return np.asarray(ways)


@dataclass(frozen=True)
class Outing:
    """A day trip or a stay: number of the crew, kind of period, hosts in the order of the way."""

    crew: int
    kind: int
    order: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Planned:
    """
    The plan before it has dates, all services together.

    Parameters
    ----------
    parts
        The services, each planned apart.
    outings
        Trips and stays.
    value, bound, status
        Weight reached at the goals; no plan reaches more than `bound`.
    spread_status, cost_status
        How good the further visits and the metres are known to be, given the goals.
    shortfalls
        What the floors lack, by name.
    count
        Shape (q,): in how many periods each row is served.
    """

    rows: Rows
    crews: list[Crew]
    parts: list[Part]
    outings: list[Outing]
    value: int
    bound: float
    status: Status
    spread_status: Status
    cost_status: Status
    shortfalls: Mapping[str, int]
    count: Whole
    seconds: float

    @property
    def gap(self) -> float:
        """Distance to the bound as a share of the value; 0 only where the plan is proved."""
        if self.status == "optimal":
            return 0.0
        return (self.bound - self.value) / max(self.value, 1) if self.bound < inf else inf


@dataclass(frozen=True, eq=False)
class Part:
    """
    What one service is planned with, apart from all others: its rows, its units, its floors.

    Parameters
    ----------
    mine
        Shape (q,): its rows.
    crews
        Numbers of its crews.
    floors
        By name: the people of each row of its own that count, and how many are wanted.
    """

    mine: Flags
    crews: list[int]
    fleets: list[Fleet]
    rows: Rows
    floors: Mapping[str, tuple[Whole, int]]

    @property
    def goal(self) -> Whole:
        """Weight of its rows at the goal, 0 for others."""
        return np.where(self.rows.what == GOAL, self.rows.weight, 0)


def parts_of(scene: Scene, rows: Rows, crews: Sequence[Crew]) -> list[Part]:
    """Part services: a unit serves one kind alone, so none takes anything from another."""
    found = []
    for number, service in enumerate(scene.services):
        mine = rows.service == number
        own = Rows(*(getattr(rows, one.name)[mine] for one in fields(Rows)))
        members = [n for n, crew in enumerate(crews) if crew.rules.kind == service.rules.kind]
        fleets = [replace(crews[n].fleet, reach=crews[n].fleet.reach[:, mine]) for n in members]
        found.append(Part(mine, members, fleets, own, _floors(scene, number, own)))
    return found


def _floors(scene: Scene, number: int, rows: Rows) -> dict[str, tuple[Whole, int]]:
    demand, service, found = scene.measured.demand, scene.services[number], {}
    rural, town = demand["rural"].to_numpy(bool), demand["town"].to_numpy()
    goal = rows.what == GOAL
    for name, share in scene.study.tour.floors.items():
        members = {"urban": ~rural, "rural": rural}.get(name, town == name)
        amount = np.zeros(len(goal), np.int64)
        amount[goal] = np.where(members, service.wanting, 0)[rows.place[goal]]
        found[f"{service.rules.kind}:{name}"] = (amount, ceil(share * int(amount.sum()) - 1e-9))
    for at in np.flatnonzero(rows.what == TOWN):
        code = scene.measured.towns.index[rows.place[at]]
        found[f"visit:{code}"] = (np.arange(len(goal)) == at).astype(np.int64), 1
    return found


def best_goals(part: Part, fleets: Sequence[Fleet], watch: Watch) -> Made:
    """Reach as much as can be at the goals, whatever the metres."""
    wish = Wish(part.goal, part.rows.needed, tuple(part.floors.values()))
    return plan(fleets, wish, watch, cheapest=False)


@dataclass(frozen=True, eq=False)
class _Solved:
    """A part's plan: the trips, the proof of the goals, and of what came after."""

    made: Made
    first: Made
    bound: float
    spread: Status
    cost: Status


def _solve(part: Part, crews: Sequence[Crew], watch: Watch) -> _Solved:
    """
    Plan a part in three steps, each keeping what the one before reached.

    First the weight at the goals; then further visits with what is left of the year; then metres.
    """
    first = best_goals(part, part.fleets, watch.part(watch.left * 0.6))
    bound = first.bound
    if any(first.shortfalls) and first.status != "infeasible":
        bound = inf
    elif any(crews[n].cut for n in part.crews):
        bound = _loose_bound(part, crews, watch.part(watch.left * 0.5))
    kept = [
        (amount, least - lack)
        for (amount, least), lack in zip(part.floors.values(), first.shortfalls, strict=False)
    ]
    wish = Wish(part.rows.weight, part.rows.needed, (*kept, (part.goal, first.value)))
    second = plan(part.fleets, wish, watch)
    if any(second.shortfalls) or not len(second.trip):
        return _Solved(first, first, bound, "heuristic", "heuristic")
    return _Solved(second, first, bound, second.status, second.cost_status)


RANK: tuple[Status, ...] = ("optimal", "within", "heuristic", "infeasible")


def worst(states: Sequence[Status]) -> Status:
    """Return the least sure of some."""
    return max(states, key=RANK.index, default="optimal")


def plan_outings(scene: Scene, watch: Watch) -> Planned:
    """Plan all services and add them up."""
    rows = rows_of(scene)
    crews = crews_of(scene, rows)
    parts = parts_of(scene, rows, crews)
    outings, solved = list[Outing](), list[_Solved]()
    parts = [part for part in parts if part.goal.any()]
    for left, part in zip(range(len(parts), 0, -1), parts, strict=True):
        found = _solve(part, crews, watch.part(watch.left / left))
        solved.append(found)
        outings += _outings(crews, part, found.made)
    outings = repacked(rows, crews, outings)
    count = counted(rows, crews, outings)
    value = int(rows.weight[(rows.what == GOAL) & (count >= rows.needed)].sum())
    if value < sum(one.first.value for one in solved):
        raise RuntimeError("the packed plan reaches less than the program")
    bound = max(sum(one.bound for one in solved), value)
    status = worst([one.first.status for one in solved])
    if status != "infeasible":
        status = "optimal" if value >= bound else "within" if bound < inf else "heuristic"
    shortfalls = {
        name: lack
        for part, one in zip(parts, solved, strict=True)
        for name, lack in zip(part.floors, one.first.shortfalls, strict=False)
        if lack
    }
    return Planned(
        rows, crews, parts, outings, value, float(bound), status,
        worst([one.spread for one in solved]), worst([one.cost for one in solved]),
        shortfalls, count, watch.elapsed,
    )  # fmt: skip


def _outings(crews: Sequence[Crew], part: Part, made: Made) -> list[Outing]:
    found = []
    for fleet, trip, kind, times in zip(made.fleet, made.trip, made.kind, made.times, strict=True):
        number = part.crews[fleet]
        stops = crews[number].fleet.trips.stops[trip]
        order = quickest(crews[number], [int(stop) for stop in stops if stop >= 0])
        found += [Outing(int(number), int(kind), order)] * int(times)
    return found


def quickest(crew: Crew, stops: Sequence[int]) -> tuple[int, ...]:
    """Return the order of some stops that takes least time, of equal ones the shortest."""
    orders = permutations(sorted(stops))
    return min(orders, key=lambda o: (length_of(crew.legs, o), length_of(crew.metres, o), o))


def counted(rows: Rows, crews: Sequence[Crew], outings: Sequence[Outing]) -> Whole:
    """Return in how many outings each row is served, shape (q,); sets at one time count once."""
    total = np.zeros(len(rows.place), np.int64)
    for number in range(len(crews)):
        total += counts_once(crews[number].fleet, by_kind(crews, outings, number))
    return total


def by_kind(crews: Sequence[Crew], outings: Sequence[Outing], number: int) -> Whole:
    """Return how many outings of a crew serve each row in each kind of period, shape (k, q)."""
    fleet = crews[number].fleet
    counts = np.zeros((len(fleet.periods), fleet.reach.shape[1]), np.int64)
    for outing in outings:
        if outing.crew == number:
            counts[outing.kind] += fleet.reach[list(outing.order)].any(axis=0)
    return counts


def _loose_bound(part: Part, crews: Sequence[Crew], watch: Watch) -> float:
    """
    Bound what all trips could reach, those that were not listed among them.

    Every stop pays its time and half of its shortest ways in and out, and all stops together have
    the time of all days: a knapsack instead of routes.
    """
    fleets = []
    for number, fleet in zip(part.crews, part.fleets, strict=True):
        crew = crews[number]
        if not crew.cut:
            fleets.append(fleet)
            continue
        legs, hosts = crew.legs, np.arange(len(crew.legs.out))
        apart = np.where(np.eye(len(hosts), dtype=bool), NEVER, legs.between)
        near = np.minimum(legs.out, apart.min(axis=0)) + np.minimum(legs.back, apart.min(axis=1))
        single = fleet.trips.count() == 1
        trips = Trips(fleet.trips.stops[single], fleet.trips.length[single])
        cost = near[trips.stops[:, 0]] // 2 + crew.service_ticks
        room = fleet.periods * crew.rules.most_stops
        budget = int(crew.day_ticks * fleet.periods.sum())
        fleets.append(
            replace(fleet, trips=trips, cost=cost, periods=room, budget=budget, dates=None)
        )
    return best_goals(part, fleets, watch).bound


def repacked(rows: Rows, crews: Sequence[Crew], outings: list[Outing]) -> list[Outing]:
    """Put the stops of a crew and kind of day together anew where that saves metres."""
    found = []
    for number, crew in enumerate(crews):
        kinds = sorted({outing.kind for outing in outings if outing.crew == number})
        for kind in kinds:
            own = [o for o in outings if o.crew == number and o.kind == kind]
            found += own if crew.rules.kind != "mobile.van" else _packed(rows, crews, own, crew)
    return found


def _packed(rows: Rows, crews: Sequence[Crew], own: list[Outing], crew: Crew) -> list[Outing]:
    stops = np.array([stop for outing in own for stop in outing.order])
    ticks, metres = (_square(legs, stops) for legs in (crew.legs, crew.metres))
    errand = Errand(
        metres, ticks, len(own), service=crew.service_ticks, load=np.ones(len(stops), np.int64),
        capacity=crew.rules.most_stops, most_duration=crew.day_ticks,
    )  # fmt: skip
    before = sum(length_of(crew.metres, outing.order) for outing in own)
    better = rounds(errand, iterations=1_000)
    orders = [tuple(int(stops[stop - 1]) for stop in order) for order in better.orders]
    if not better.found or any(len(set(order)) < len(order) for order in orders):
        return own
    new = [replace(own[0], order=quickest(crew, order)) for order in orders]
    after = sum(length_of(crew.metres, outing.order) for outing in new)
    fewer = (counted(rows, crews, new) < counted(rows, crews, own)).any()
    return own if fewer or after >= before else new


def _square(legs: Legs, stops: np.ndarray) -> Whole:
    table = np.zeros((len(stops) + 1,) * 2, np.int64)
    table[0, 1:], table[1:, 0] = legs.out[stops], legs.back[stops]
    table[1:, 1:] = legs.between[np.ix_(stops, stops)]
    np.fill_diagonal(table, 0)
    return table
