"""A study as a problem of touring: hosts, their distances, who lacks a venue, units and dates."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from geopandas import GeoDataFrame

from .coverage.share import Standard, admitted, area_mask, nearest
from .coverage.times import Times, threshold_ticks, travel_times, within
from .coverage.touring.calendar import Periods, Span, days, stays, working_days
from .coverage.touring.fleets import Flags
from .coverage.touring.ground import UNKNOWN, metres_between
from .coverage.touring.trips import Whole
from .geo.routing import UNREACHED
from .study import Survey, times_for
from .study_keys import Study
from .touring_hosts import check_floods, check_tour, depot_of, hosts_of
from .touring_keys import ServiceRules, UnitRules

WORST_GRADE = 3
FAR_PARTS = 2
"""Grade 2 begins beyond the limit and half of it, grade 3 beyond twice the limit or unreached."""


@dataclass(frozen=True, eq=False)
class Service:
    """
    Whom a kind of unit is for, p places and h hosts.

    Parameters
    ----------
    people
        Shape (p,), of the group, where the service is meant for.
    lacking
        Shape (p,), meets none of the standards.
    grade
        Shape (p,), how far it falls short: 1 to `WORST_GRADE`.
    ticks
        Shape (p, h), times to the hosts in the mode of the service.
    """

    rules: ServiceRules
    standards: tuple[Standard, ...]
    people: Whole
    lacking: Flags
    grade: Whole
    ticks: npt.NDArray[np.uint32]

    @property
    def wanting(self) -> Whole:
        """People who lack a fixed venue, shape (p,)."""
        return np.where(self.lacking, self.people, 0)

    @property
    def weight(self) -> Whole:
        """The same times the grade."""
        return self.wanting * self.grade

    @property
    def reach(self) -> Flags:
        """Which place lies within the limit of which host, shape (h, p)."""
        return within(self.ticks, self.rules.minutes).T


@dataclass(frozen=True, eq=False)
class Scene:
    """
    What a tour is planned on.

    Parameters
    ----------
    hosts
        From `hosts_of`.
    drive
        Car times from hosts and depots to hosts and depots: h hosts first, then a depot per unit.
    metres
        The same in metres.
    services
        In the order of the study.
    """

    study: Study
    measured: Survey
    hosts: GeoDataFrame
    points: GeoDataFrame
    drive: Times
    metres: npt.NDArray[np.float64]
    services: tuple[Service, ...]

    @property
    def units(self) -> tuple[UnitRules, ...]:
        """The units of the study."""
        return self.study.tour.units

    @property
    def whole(self) -> Span:
        """First and last date: as told, or the calendar year after the date of the study."""
        rules, year = self.study.tour, self.study.study.date.year + 1
        first = rules.first or datetime.date(year, 1, 1)
        return first, rules.last or datetime.date(first.year, 12, 31)

    def service_of(self, kind: str) -> Service:
        """Return the service of a kind of unit."""
        return next(service for service in self.services if service.rules.kind == kind)

    @cached_property
    def closed(self) -> list[list[Span]]:
        """By host: when it cannot be visited, schools out of term and floods."""
        rules, (first, last) = self.study.tour, self.whole
        out = _between(rules.terms, first, last) if rules.terms else []
        school = self.hosts["type"].isin(rules.schools).to_numpy()
        found = []
        for at, (host, town) in enumerate(zip(self.hosts.index, self.hosts["town"], strict=True)):
            floods = [
                (flood.first, flood.last)
                for flood in rules.floods
                if town in flood.towns or host in flood.hosts
            ]
            found.append([*(out if school[at] else []), *floods])
        return found

    def allowed(self, unit: UnitRules) -> Flags:
        """Tell which hosts a unit may use, shape (h,)."""
        types = self.hosts["type"]
        suits = types.isin(unit.hosts) if unit.hosts else types != ""
        if unit.kind == "mobile.van" and not unit.hosts:
            suits = suits | (types == "")
        return np.asarray(suits, bool)

    def periods(self, unit: UnitRules) -> Periods:
        """Return the days of a van or the stays of a set."""
        rules = self.study.tour
        off = [*rules.holidays, *unit.days_off]
        if unit.kind == "mobile.van":
            return days(working_days(self.whole, unit.weekdays, off), self.closed)
        ends = [edge for a, b in rules.terms for edge in (a, b + datetime.timedelta(days=1))]
        return stays(
            self.whole, unit.stay_days, unit.setup_days, ends, off, self.closed, unit.weekdays
        )

    def depot(self, unit: int) -> int:
        """Return the row of a unit's depot in `drive` and `metres`."""
        return len(self.hosts) + unit


def _between(spans: Sequence[Span], first: datetime.date, last: datetime.date) -> list[Span]:
    """Return what lies between spans, from a first to a last date."""
    day, start, found = datetime.timedelta(days=1), first, []
    for a, b in sorted(spans):
        if a > start:
            found.append((start, min(a - day, last)))
        start = max(start, b + day)
    return [*found, *([(start, last)] if start <= last else [])]


def scene_of(study: Study, measured: Survey, *, cache: Path | None = None) -> Scene:
    """
    Measure everything that a tour needs.

    Raises
    ------
    StudyError
        The section `[tour]` asks for what cannot be.
    """
    check_tour(study, measured)
    hosts = hosts_of(study, measured)
    check_floods(study, measured, hosts)
    depots = [depot_of(study, measured, unit) for unit in study.tour.units]
    names = [f"depot:{number}" for number in range(len(depots))]
    points = GeoDataFrame(
        {"name": [*hosts["name"], *(name for name, _ in depots)]},
        index=pd.Index([*hosts.index, *names], dtype=object),
        geometry=[*hosts.geometry, *(point for _, point in depots)],
        crs=hosts.crs,
    )
    roads = measured.roads

    def timed(mode: str, group: str, places: GeoDataFrame, goals: GeoDataFrame) -> Times:
        profile = study.paced.get((group, mode), study.profiles[mode])
        return travel_times(
            roads.network, profile, places, goals, barriers=roads.barriers, folder=cache,
            horizon_minutes=study.study.horizon_minutes, direction="to_venue",
        )  # fmt: skip

    drive = timed("car", "people", points, points)
    metres = metres_between(roads.network, study.profiles["car"], drive)
    known = {standard.key: standard for standard in study.wanted}
    services = tuple(
        _service(measured, rules, tuple(known[key] for key in rules.lacks),
                 _at_home(hosts, timed(rules.mode, rules.group, measured.demand, hosts)))
        for rules in study.tour.services
    )  # fmt: skip
    return Scene(study, measured, hosts, points, drive, metres, services)


def _at_home(hosts: GeoDataFrame, times: Times) -> npt.NDArray[np.uint32]:
    """Return the times; a unit that stops in a place is there at once, not a walk out and back."""
    ticks = times.ticks.copy()
    own = np.flatnonzero(hosts["origin"] == "place")
    ticks[times.places.get_indexer(hosts.index[own]), own] = 0
    return ticks


def _service(
    measured: Survey,
    rules: ServiceRules,
    standards: tuple[Standard, ...],
    ticks: npt.NDArray[np.uint32],
) -> Service:
    """Tell who lacks a fixed venue: who meets none of the standards meant for the place."""
    demand = measured.demand
    meant = area_mask(demand, rules.area)
    people = np.where(meant, demand[rules.group].to_numpy(np.int64), 0)
    met = np.zeros(len(demand), bool)
    grade = np.full(len(demand), WORST_GRADE, np.int64)
    judged = np.zeros(len(demand), bool)
    for standard in standards:
        asked = area_mask(demand, standard.area)
        found = nearest(
            times_for(measured, standard), measured.venues, standard.types, count=standard.count,
            among=admitted(measured.venues, standard)[0],
        )  # fmt: skip
        met |= asked & within(found.ticks, standard.minutes)
        limit = threshold_ticks(standard.minutes)
        late = np.where(found.ticks == UNREACHED, 1 << 40, found.ticks.astype(np.int64))
        own = np.where(2 * late <= 3 * limit, 1, np.where(late <= FAR_PARTS * limit, 2, 3))
        grade = np.where(asked, np.minimum(grade, own), grade)
        judged |= asked
    return Service(rules, standards, people, judged & ~met, grade, ticks)


def leg_metres(scene: Scene) -> Whole:
    """Return whole metres between points; a leg that does not exist is longer than any."""
    return np.where(scene.metres == UNKNOWN, 1 << 40, np.rint(scene.metres)).astype(np.int64)
