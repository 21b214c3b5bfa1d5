"""Tours of mobile units: the plan with its dates, its routes and whom it reaches."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame

from .coverage.routes import routes
from .coverage.share import Nearest, scopes
from .coverage.siting.answers import Watch
from .coverage.times import minutes_up, travel_times
from .coverage.touring.calendar import Periods, dated, transfers, working_days
from .geo.errors import Fault, StudyError
from .touring_crews import GOAL, TOWN, Crew
from .touring_plan import Outing, Planned, plan_outings
from .touring_scene import Scene, Service

SHOWN_VISITS = 6
"""People are counted by so many visits; the last class is open."""


@dataclass(frozen=True, eq=False)
class Touring:
    """
    The answer.

    Parameters
    ----------
    scene, planned
        What was asked, and the plan.
    stops
        A row per stop, by date: `unit`, `kind`, `vehicle`, `trip`, `first`, `last`, `stop`, `host`,
        `name`, `town`, `arrive` and `leave` (minutes after the start of the day; missing for a
        stay), `people` (whom it serves), `days`, `people_a_day` (if everybody comes once),
        `capacity` (a day, 0 for none stated), `over_capacity`, geometry.
    legs
        A row per leg driven: `unit`, `kind`, `vehicle`, `trip`, `date`, `leg`, `origin`, `goal`
        (rows of the points), `ticks`, `minutes`, `metres`, geometry (the way on the road).
    """

    scene: Scene
    planned: Planned
    stops: GeoDataFrame
    legs: GeoDataFrame

    @cached_property
    def visits(self) -> dict[str, np.ndarray]:
        """By kind of unit: in how many periods each place is visited, shape (p,)."""
        return visits_of(self.scene, self.stops)

    @cached_property
    def reach(self) -> pd.DataFrame:
        """People by number of visits; see `reach_table`."""
        return reach_table(self.scene, self.visits)


def visits_of(scene: Scene, stops: GeoDataFrame) -> dict[str, np.ndarray]:
    """Count visits afresh from stops and times; those of one trip, or of sets at once, are one."""
    found: dict[str, np.ndarray] = {}
    for service in scene.services:
        kind, total = service.rules.kind, np.zeros(len(scene.measured.demand), np.int64)
        own = stops[stops["kind"] == kind]
        apart = ["unit", "first"] if kind == "mobile.museum" else ["unit", "trip"]
        for _, trip in own.groupby(apart, sort=False):
            hosts = scene.hosts.index.get_indexer(trip["host"])
            total += service.reach[hosts].any(axis=0)
        found[kind] = total
    return found


def reach_table(scene: Scene, visits: dict[str, np.ndarray]) -> pd.DataFrame:
    """
    Count people who lack a fixed venue by how often the tour visits them, fixed and mobile apart.

    Returns
    -------
    DataFrame
        `kind`, `scope`, `code`, `people`, `fixed` (with a fixed venue), `lacking`, `visits_0` to
        `visits_6` (of them; the last is so many or more), `reached` (at the goal), `with_tour`
        (`fixed` + `reached`).
    """
    names, members = scopes(scene.measured.demand, scene.measured.towns)
    weight = members.astype(np.int64)
    tables = []
    for service in scene.services:
        count, wanting = visits[service.rules.kind], service.wanting
        table = names.assign(
            people=weight @ service.people,
            fixed=weight @ np.where(service.lacking, 0, service.people),
            lacking=weight @ wanting,
        )
        for number in range(SHOWN_VISITS + 1):
            here = count >= number if number == SHOWN_VISITS else count == number
            table[f"visits_{number}"] = weight @ np.where(here, wanting, 0)
        table["reached"] = weight @ np.where(count >= service.rules.visits, wanting, 0)
        table["with_tour"] = table["fixed"] + table["reached"]
        table.insert(0, "kind", service.rules.kind)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def plan_tour(scene: Scene, watch: Watch) -> Touring:
    """
    Plan, give dates, draw the ways, and hold all of it against the coverage code.

    Raises
    ------
    StudyError
        Nobody can be reached, or no plan was found in time.
    RuntimeError
        Plan and coverage code disagree: a fault of the program.
    """
    file = scene.study.path.name
    planned = plan_outings(scene, watch)
    if not (planned.rows.what == GOAL).any() or not any(
        crew.fleet.trips.length.size for crew in planned.crews
    ):
        raise StudyError(Fault("E-TOUR-EMPTY", file=file))
    if not planned.outings:
        raise StudyError(Fault("E-TOUR-TIME", file=file))
    stops, legs = _dated(scene, planned)
    found = Touring(scene, planned, stops, legs)
    _check(found)
    return found


def _check(found: Touring) -> None:
    """Hold the dated plan against the program: visits, and the times of the ways."""
    rows, planned = found.planned.rows, found.planned
    count = np.zeros(len(rows.place), np.int64)
    for number, service in enumerate(found.scene.services):
        mine = (rows.service == number) & (rows.what != TOWN)
        count[mine] = found.visits[service.rules.kind][rows.place[mine]]
    judged = rows.what != TOWN
    if (count[judged] != planned.count[judged]).any():
        raise RuntimeError("calendar and plan disagree")
    goal = (rows.what == GOAL) & (count >= rows.needed)
    if int(rows.weight[goal].sum()) != planned.value:
        raise RuntimeError("the plan is not worth what the optimiser says")


def _dated(scene: Scene, planned: Planned) -> tuple[GeoDataFrame, GeoDataFrame]:
    """Return stops and legs of all crews."""
    stops, legs = list[dict[str, object]](), list[dict[str, object]]()
    for number, crew in enumerate(planned.crews):
        periods = scene.periods(crew.rules)
        own = [outing for outing in planned.outings if outing.crew == number]
        when = _when(crew, periods, own)
        write = _van if crew.rules.kind == "mobile.van" else _sets
        write(scene, number, crew, periods, own, when, stops, legs)
    frame = pd.DataFrame(stops)
    order = frame.sort_values(["first", "unit", "vehicle", "stop"], kind="stable").index
    frame = frame.loc[order].reset_index(drop=True)
    points = scene.hosts.geometry.loc[frame["host"]].to_numpy()
    crs = scene.hosts.crs
    table = _with_load(scene, GeoDataFrame(frame, geometry=points, crs=crs))
    return table, _drawn(scene, pd.DataFrame(legs))


def _when(crew: Crew, periods: Periods, own: Sequence[Outing]) -> np.ndarray:
    """Return the period of each outing; the same host or the same people are kept apart."""
    kind = np.array([outing.kind for outing in own], np.int64)
    if crew.rules.kind != "mobile.van":
        return kind
    hosts = np.zeros((len(own), len(crew.legs.out)), bool)
    for row, outing in enumerate(own):
        hosts[row, list(outing.order)] = True
    people = (hosts.astype(np.int64) @ crew.fleet.reach.astype(np.int64)) > 0
    return dated(periods, crew.rules.count, kind, hosts, np.hstack([hosts, people]))


def _van(
    scene: Scene, number: int, crew: Crew, periods: Periods, own: Sequence[Outing],
    when: np.ndarray, stops: list[dict[str, object]], legs: list[dict[str, object]],
) -> None:  # fmt: skip
    used: defaultdict[int, int] = defaultdict(int)
    depot = scene.depot(number)
    for trip, at in enumerate(np.argsort(when, kind="stable").tolist(), 1):
        date = periods.spans[when[at]][0]
        used[int(when[at])] += 1
        who = {"unit": crew.rules.name, "kind": crew.rules.kind, "vehicle": used[int(when[at])],
               "trip": trip}  # fmt: skip
        clock, way = 0, [depot, *own[at].order, depot]
        for stop, (origin, goal) in enumerate(pairwise(way), 1):
            ticks = int(scene.drive.ticks[origin, goal])
            legs.append({**who, "date": date, "leg": stop, "origin": origin, "goal": goal,
                         "ticks": ticks, "metres": float(scene.metres[origin, goal])})  # fmt: skip
            clock += ticks
            if goal == depot:
                continue
            arrive, clock = clock, clock + crew.service_ticks
            stops.append({**who, "first": date, "last": date, "stop": stop,
                          "arrive": float(minutes_up([arrive])[0]),
                          "leave": float(minutes_up([clock])[0]),
                          **_host(scene, crew, goal, 1)})  # fmt: skip


def _sets(
    scene: Scene, number: int, crew: Crew, periods: Periods, own: Sequence[Outing],
    when: np.ndarray, stops: list[dict[str, object]], legs: list[dict[str, object]],
) -> None:  # fmt: skip
    slots: list[list[int]] = [[] for _ in periods.spans]
    for outing, slot in zip(own, when.tolist(), strict=True):
        slots[slot].append(outing.order[0])
    depot, before = scene.depot(number), dict[int, int]()
    metres = np.where(scene.metres < 0, 1e12, scene.metres)
    trip = 0
    for (first, last), hosts in zip(periods.spans, transfers(slots, metres, depot), strict=True):
        for vehicle, host in enumerate(hosts, 1):
            who = {"unit": crew.rules.name, "kind": crew.rules.kind, "vehicle": vehicle}
            was, before[vehicle] = before.get(vehicle, depot), host
            if host != was:
                date = first - crew.rules.setup_days * datetime.timedelta(days=1)
                legs.append({**who, "trip": trip + 1, "date": date, "leg": 1, "origin": was,
                             "goal": host, "ticks": int(scene.drive.ticks[was, host]),
                             "metres": float(scene.metres[was, host])})  # fmt: skip
            if host != depot:
                trip += 1
                works = _works(scene, crew, first, last)
                stops.append({**who, "trip": trip, "first": first, "last": last, "stop": 1,
                              "arrive": np.nan, "leave": np.nan,
                              **_host(scene, crew, host, works)})  # fmt: skip


def _works(scene: Scene, crew: Crew, first: datetime.date, last: datetime.date) -> int:
    off = [*scene.study.tour.holidays, *crew.rules.days_off]
    return len(working_days((first, last), crew.rules.weekdays, off))


def _host(scene: Scene, crew: Crew, host: int, works: int) -> dict[str, object]:
    """Return what a stop says of its host: whom it serves, and how many that is a day."""
    service: Service = scene.service_of(crew.rules.kind)
    people = int(service.wanting[service.reach[host]].sum())
    row = scene.hosts.iloc[host]
    return {
        "host": scene.hosts.index[host], "name": row["name"], "town": row["town"],
        "people": people, "days": works, "capacity": crew.rules.capacity or 0,
    }  # fmt: skip


def _with_load(scene: Scene, stops: GeoDataFrame) -> GeoDataFrame:
    """Add how many come a day if everybody comes once, to any of the visits that reach them."""
    visits, load = visits_of(scene, stops), []
    hosts = scene.hosts.index.get_indexer(stops["host"])
    for host, kind in zip(hosts, stops["kind"], strict=True):
        service = scene.service_of(kind)
        shares = service.wanting / np.maximum(visits[kind], 1)
        load.append(shares[service.reach[host]].sum())
    a_day = np.ceil(np.array(load) / np.maximum(stops["days"], 1) - 1e-9).astype(np.int64)
    over = (stops["capacity"] > 0) & (a_day > stops["capacity"])
    return stops.assign(people_a_day=a_day, over_capacity=over)


def _drawn(scene: Scene, legs: pd.DataFrame) -> GeoDataFrame:
    """Draw the legs, timed anew by the travel-time code: it must say what the plan says."""
    points, study, roads = scene.points, scene.study, scene.measured.roads
    starts = GeoDataFrame(
        {"name": legs["goal"]}, geometry=points.geometry.iloc[legs["origin"]].to_numpy(),
        crs=points.crs,
    )  # fmt: skip
    starts.index = pd.Index([str(number) for number in range(len(legs))], dtype=object)
    profile = study.profiles["car"]
    times = travel_times(
        roads.network, profile, starts, points, barriers=roads.barriers,
        horizon_minutes=study.study.horizon_minutes,
    )  # fmt: skip
    goal = legs["goal"].to_numpy(np.int64)
    ticks = times.ticks[np.arange(len(legs)), goal]
    if (ticks != legs["ticks"].to_numpy()).any():
        raise RuntimeError("the travel times of the plan are not those of the roads")
    found = Nearest(ticks, goal, np.full(len(legs), "", object))
    lines = routes(roads.network, profile, times, found, starts, points).lines()
    drawn = legs.assign(minutes=minutes_up(ticks))
    return GeoDataFrame(
        drawn, geometry=lines.to_crs(points.crs).geometry.to_numpy(), crs=points.crs
    )
