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
from .coverage.touring.trips import NEVER, Legs, Trips, Whole, length_of
from .touring_crews import GOAL, TOWN, Crew, Rows, crews_of, rows_of
from .touring_scene import Scene


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
    """
    Reach as much as can be at the goals, whatever the metres; no bound where floors are in doubt.

    What floors lack is fined: until it is known how little that can be, the bound of the program
    bounds no people.
    """
    wish = Wish(part.goal, part.rows.needed, tuple(part.floors.values()))
    made = plan(fleets, wish, watch, cheapest=False)
    return replace(made, bound=inf) if made.status == "heuristic" else made


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
    bound, cut = first.bound, any(crews[n].cut for n in part.crews)
    if cut and first.status == "infeasible":  # trips that were not listed might keep the floors
        first, bound = replace(first, status="heuristic"), inf
    elif cut and not any(first.shortfalls):
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
