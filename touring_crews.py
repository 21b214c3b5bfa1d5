"""Units ready to be planned: what they can do in a day or a stay, and whom that serves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import permutations
from math import ceil

import numpy as np

from .coverage.touring.fleets import Flags, Fleet
from .coverage.touring.trips import NEVER, Legs, TooManyTripsError, Trips, Whole, feasible_trips
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
