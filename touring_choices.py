"""What more would bring, and what else would do: marginal values and near-best alternatives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from .coverage.siting.answers import Watch
from .coverage.touring.fleets import Fleet, counts_once
from .coverage.touring.trips import Whole, length_of
from .touring import Touring
from .touring_crews import GOAL, Crew
from .touring_plan import Outing, best_goals, by_kind, quickest

NEAR = 0.01
"""Plans that reach so much less at most are good ones."""
MOST_NAMED = 10


@dataclass(frozen=True, eq=False)
class TourChoices:
    """
    Tables beside the plan.

    Parameters
    ----------
    marginal
        `unit`, `change` (day, week, stay, vehicle; less), `weight` (reached at the goals of the
        service), `difference` (missing where with less no plan was found in time), `bound` (of the
        difference), `proved`.
    alternatives
        A row per host used: `unit`, `host`, `visits`, `role` (core, swap), `instead` (host that
        loses least), `loss` (weight), `others` (hosts within `NEAR`, joined by ;).
    """

    marginal: pd.DataFrame
    alternatives: pd.DataFrame


def tour_choices(found: Touring, watch: Watch) -> TourChoices:
    """Work out both tables."""
    return TourChoices(marginal(found, watch), alternatives(found))


def _more(fleet: Fleet, count: int) -> Fleet:
    """Add periods (or take away) where most hosts are open; of equals where most periods are."""
    periods = fleet.periods.copy()
    order = np.lexsort((-periods, -fleet.open.sum(axis=1)))
    at = order[periods[order] + count >= 0]
    if not len(at):
        return fleet
    periods[at[0]] += count
    dates = periods if fleet.dates is None else np.maximum(fleet.dates, 0)
    if fleet.dates is not None and count > 0:
        dates = dates.copy()
        dates[at[0]] += count
    return replace(fleet, periods=periods, dates=dates)


def marginal(found: Touring, watch: Watch) -> pd.DataFrame:
    """Plan the goals again with a day, a week, a stay or a vehicle more, and with one less."""
    planned, table = found.planned, []
    goal = np.where(planned.rows.what == GOAL, planned.rows.weight, 0)
    whole = np.where(planned.count >= planned.rows.needed, goal, 0)
    changes = [
        (part, at, crew, *change)
        for part in planned.parts
        for at, crew in enumerate(part.crews)
        for change in _changes(planned.crews[crew])
    ]
    for left, change in zip(range(len(changes), 0, -1), changes, strict=True):
        part, at, crew, name, sign, fleet = change
        fleets = list(part.fleets)
        fleets[at] = replace(fleet, reach=fleets[at].reach)
        now = int(whole[part.mine].sum())
        made = best_goals(part, fleets, watch.part(watch.left / left))
        # What the plan reaches can be reached with more as well: no search may say less.
        value = max(made.value, now) if sign > 0 else min(made.value, now)
        sure = made.bound <= value
        known = sign > 0 or sure or len(made.trip)
        rules = planned.crews[crew].rules
        difference = value - now if known else None
        table.append((rules.name, name, now, difference, made.bound - now, sure))
    names = ["unit", "change", "weight", "difference", "bound", "proved"]
    return pd.DataFrame(table, columns=names).astype({"difference": "Int64"})


def _changes(crew: Crew) -> list[tuple[str, int, Fleet]]:
    fleet, whole = crew.fleet, crew.fleet
    units = crew.rules.count
    dates = whole.periods if whole.dates is None else whole.dates
    vehicle = replace(whole, periods=whole.periods + dates)
    fewer = replace(whole, periods=np.maximum(whole.periods - dates, 0))
    found: list[tuple[str, int, Fleet]] = [("vehicle", 1, vehicle)]
    if crew.rules.kind == "mobile.van":
        week = len(crew.rules.weekdays)
        found = [("day", 1, _more(fleet, 1)), ("week", 1, _more(fleet, week)), *found]
        found.append(("day_less", -1, _more(fleet, -1)))
    else:
        found = [("stay", 1, _more(fleet, 1)), *found, ("stay_less", -1, _more(fleet, -1))]
    return [*found, ("vehicle_less", -1, fewer)] if units > 1 else found


def alternatives(found: Touring) -> pd.DataFrame:
    """
    Tell of each host which other could take its visits, and what that loses.

    All visits of the host go to the other one on the same days, if it is open then, the day holds
    and it has visits left; everything else stays.
    """
    planned, rows = found.planned, found.planned.rows
    goal = np.where(rows.what == GOAL, rows.weight, 0)
    used: dict[tuple[int, int], list[Outing]] = {}
    for outing in planned.outings:
        for host in outing.order:
            used.setdefault((outing.crew, host), []).append(outing)
    table = list[tuple[object, ...]]()
    for (number, host), trips in sorted(used.items()):
        crew = planned.crews[number]
        values = _swapped(found, crew, host, trips, goal, used, number)
        best = max(values, key=lambda other: (values[other], -other)) if values else -1
        loss = planned.value - values[best] if values else planned.value
        good = [h for h, v in values.items() if planned.value - v <= NEAR * planned.value]
        names = found.scene.hosts.index
        others = ";".join(
            names[h] for h in sorted(good, key=lambda h: (-values[h], h))[:MOST_NAMED]
        )
        instead = names[best] if values else ""
        role = "swap" if good else "core"
        table.append(
            (
                crew.rules.name,
                names[host],
                len(trips),
                role,
                instead,
                loss if values else None,
                others,
            )
        )
    columns = ["unit", "host", "visits", "role", "instead", "loss", "others"]
    return pd.DataFrame(table, columns=columns).astype({"loss": "Int64"})


def _swapped(
    found: Touring, crew: Crew, host: int, trips: Sequence[Outing], goal: Whole,
    used: dict[tuple[int, int], list[Outing]], number: int,
) -> dict[int, int]:  # fmt: skip
    """Return by other host the weight reached when it takes all visits of one."""
    planned, fleet = found.planned, crew.fleet
    counts = by_kind(planned.crews, planned.outings, number)
    others = planned.count - counts_once(fleet, counts)
    for trip in trips:
        counts[trip.kind] -= fleet.reach[list(trip.order)].any(axis=0)
    open_then = fleet.open[[trip.kind for trip in trips]].all(axis=0)
    useful = np.flatnonzero(open_then & fleet.reach.any(axis=1))
    allowed = found.scene.allowed(crew.rules)
    values = {}
    for other in useful:
        spare = fleet.most_visits[other] - len(used.get((number, int(other)), ()))
        if other == host or not allowed[other] or spare < len(trips):
            continue
        orders = [[int(other) if h == host else h for h in trip.order] for trip in trips]
        if any(len(set(o)) < len(o) or not _holds(crew, o) for o in orders):
            continue
        new = counts.copy()
        for trip, order in zip(trips, orders, strict=True):
            new[trip.kind] += fleet.reach[order].any(axis=0)
        count = others + counts_once(fleet, new)
        values[int(other)] = int(goal[count >= planned.rows.needed].sum())
    return values


def _holds(crew: Crew, stops: list[int]) -> bool:
    """Tell whether a day holds these stops."""
    ticks = length_of(crew.legs, quickest(crew, stops))
    if crew.rules.kind != "mobile.van":
        return ticks < 1 << 40
    return ticks + crew.service_ticks * len(stops) <= crew.day_ticks
