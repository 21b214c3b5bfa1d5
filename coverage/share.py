"""
Who is covered: the nearest open venue of a kind, and the share of people within reach of one.

Coverage(T) = sum of the people whose nearest time <= T / sum of all people (Church & ReVelle 1974).
People are counted at their places, never by polygon; who is not connected stays in the denominator.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from geopandas import GeoDataFrame

from ..geo.routing import UNREACHED, Ticks
from .times import Times, minutes_up, within

GROUPS = ("people", "youth", "farmers", "workers", "elderly", "officials")
"""Columns of the demand: everybody, and the five groups of the plan."""
AREAS = ("all", "urban", "rural")
REASONS = ("", "not_connected", "no_venue", "beyond_horizon")


@dataclass(frozen=True)
class Standard:
    """
    Who should reach what within how long.

    Parameters
    ----------
    key, name
        Identifier and the name planners read.
    types
        Types of venue; any of them will do.
    mode, minutes
        How, and within how long, inclusive.
    goal
        Share of the people, 0 to 1.
    group, area
        Of whom: a column of the demand, and the places it is meant for (`AREAS`).
    basis
        The document it stands on.
    """

    key: str
    name: str
    types: tuple[str, ...]
    mode: str
    minutes: float
    goal: float
    group: str = "people"
    area: str = "all"
    basis: str = ""


@dataclass(frozen=True, eq=False)
class Nearest:
    """Nearest open venue of some types, shape (p,): ticks, number (-1 none), reason."""

    ticks: Ticks
    venue: npt.NDArray[np.int64]
    reason: npt.NDArray[np.object_]


def nearest(times: Times, venues: GeoDataFrame, types: Iterable[str]) -> Nearest:
    """
    Find the nearest open venue of any of `types` for every place.

    Of equally near venues the lowest identifier wins, whatever their order.

    Parameters
    ----------
    times
        p places, v venues.
    venues
        `type` and `status`, indexed like `times.venues`.
    """
    chosen = np.flatnonzero(venues["type"].isin(list(types)) & (venues["status"] == "open"))
    chosen = chosen[np.argsort(times.venues[chosen].astype(str).to_numpy(), kind="stable")]
    places = len(times.places)
    if not len(chosen):
        ticks = np.full(places, UNREACHED, np.uint32)
        venue = np.full(places, -1)
    else:
        columns = times.ticks[:, chosen]
        at = columns.argmin(axis=1)
        ticks = columns[np.arange(places), at]
        venue = np.where(ticks == UNREACHED, -1, chosen[at])
    usable = len(chosen) and times.venue_doors.snaps.connected[chosen].any()
    reason = np.where(
        ticks != UNREACHED,
        "",
        np.where(times.connected, "beyond_horizon" if usable else "no_venue", "not_connected"),
    )
    return Nearest(ticks, venue, reason.astype(object))


def scopes(demand: GeoDataFrame, towns: GeoDataFrame) -> tuple[pd.DataFrame, npt.NDArray[np.bool_]]:
    """
    List the places that each scope counts.

    Returns
    -------
    DataFrame
        `scope` (district, urban, rural, town) and `code`, s rows.
    bool, shape (s, p)
        Membership of p places.
    """
    rural = demand["rural"].to_numpy(bool)
    town = demand["town"].to_numpy()
    names = [("district", ""), ("urban", ""), ("rural", ""), *(("town", c) for c in towns.index)]
    members = [np.ones(len(demand), bool), ~rural, rural, *(town == code for code in towns.index)]
    return pd.DataFrame(names, columns=["scope", "code"]), np.array(members, bool)


def count_people(
    found: Nearest, people: npt.NDArray[np.int64], members: npt.NDArray[np.bool_], minutes: float
) -> pd.DataFrame:
    """
    Count the people of each scope: all, covered, not connected; share is missing where nobody is.

    Parameters
    ----------
    found
        p places.
    people
        Shape (p,).
    members
        Shape (s, p).
    minutes
        Threshold, inclusive.
    """
    weight = members.astype(np.int64)
    total = weight @ people
    covered = weight @ (people * within(found.ticks, minutes))
    apart = weight @ (people * (found.reason == "not_connected"))
    return pd.DataFrame(
        {
            "people": total,
            "covered": covered,
            "not_connected": apart,
            "share": _share(covered, total),
        }
    )


def coverage_table(
    times: Mapping[str, Times],
    venues: GeoDataFrame,
    demand: GeoDataFrame,
    towns: GeoDataFrame,
    *,
    kinds: Sequence[tuple[str, ...]],
    thresholds: Sequence[float],
) -> pd.DataFrame:
    """
    Count coverage for every scope x kind of venue x mode x threshold x group.

    Parameters
    ----------
    times
        By mode.
    venues, demand, towns
        Layers.
    kinds
        Sets of types; any of a set will do.
    thresholds
        Minutes.

    Returns
    -------
    DataFrame
        `scope`, `code`, `types` (joined by ;), `mode`, `minutes`, `group`, `people`, `covered`,
        `not_connected`, `share`.
    """
    names, members = scopes(demand, towns)
    groups = [group for group in GROUPS if group in demand]
    people = demand[groups].to_numpy(np.int64)
    weight = members.astype(np.int64)
    keys = [
        (";".join(kind), mode, minutes, group)
        for kind in kinds
        for mode in times
        for minutes in thresholds
        for group in groups
    ]
    covered, apart = [], []
    for kind in kinds:
        for mode_times in times.values():
            found = nearest(mode_times, venues, kind)
            alone = weight @ (people * (found.reason == "not_connected")[:, None])
            for minutes in thresholds:
                covered.append(weight @ (people * within(found.ticks, minutes)[:, None]))
                apart.append(alone)
    rows = pd.DataFrame(keys, columns=["types", "mode", "minutes", "group"])
    table = rows.loc[rows.index.repeat(len(names))].reset_index(drop=True)
    for column in ("code", "scope"):
        table.insert(0, column, np.tile(names[column].to_numpy(), len(keys)))
    table["people"] = np.tile((weight @ people).T.ravel(), len(keys) // len(groups))
    table["covered"] = np.concatenate([part.T.ravel() for part in covered])
    table["not_connected"] = np.concatenate([part.T.ravel() for part in apart])
    table["share"] = _share(table["covered"], table["people"])
    return table


def _share(covered: npt.ArrayLike, people: npt.ArrayLike) -> pd.api.extensions.ExtensionArray:
    """Return the quotient, missing where nobody lives."""
    part, whole = np.asarray(covered, float), np.asarray(people, float)
    share = np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
    return pd.Series(share).astype("Float64").array


def area_mask(demand: GeoDataFrame, area: str) -> npt.NDArray[np.bool_]:
    """Tell which places a standard is meant for, shape (p,)."""
    rural = demand["rural"].to_numpy(bool)
    if area == "all":
        return np.ones(len(rural), bool)
    return rural if area == "rural" else np.asarray(~rural)


def standard_coverage(
    standard: Standard,
    times: Times,
    venues: GeoDataFrame,
    demand: GeoDataFrame,
    towns: GeoDataFrame,
) -> pd.DataFrame:
    """
    Count how far a standard is met, by scope, among the people that it is meant for.

    Returns
    -------
    DataFrame
        `standard`, `scope`, `code`, `people`, `covered`, `not_connected`, `share`, `met` (missing
        where nobody lives: it cannot be judged).
    """
    names, members = scopes(demand, towns)
    found = nearest(times, venues, standard.types)
    people = demand[standard.group].to_numpy(np.int64)
    counted = count_people(
        found, people, members & area_mask(demand, standard.area), standard.minutes
    )
    table = pd.concat([names, counted], axis=1)
    table.insert(0, "standard", standard.key)
    table["met"] = table["share"] >= standard.goal
    return table


def reach(
    standard: Standard, times: Times, venues: GeoDataFrame, demand: GeoDataFrame
) -> pd.DataFrame:
    """
    Tell how every place stands to a standard.

    Returns
    -------
    DataFrame, p rows
        `standard`, `place`, `minutes` (rounded up to 0.1; missing when not reached), `venue`,
        `walk_minutes` (of them: the walks to and from the road, parking), `covered`, `meant`
        (the standard is meant for this place), `reason` (`REASONS`).
    """
    found = nearest(times, venues, standard.types)
    reached = found.venue >= 0
    at = np.where(reached, found.venue, 0)
    goal_walk = times.venue_doors.walk[at] if len(times.venues) else np.zeros(len(at))
    walk = (times.place_doors.walk + goal_walk) / 60_000.0
    names = times.venues.to_numpy(object)
    venue = [names[v] if v >= 0 else None for v in found.venue.tolist()]
    return pd.DataFrame(
        {
            "standard": standard.key,
            "place": times.places.to_numpy(),
            "minutes": pd.array(minutes_up(found.ticks), dtype="Float64"),
            "venue": pd.array(venue, dtype="string"),
            "walk_minutes": pd.array(np.where(reached, np.round(walk, 1), np.nan), dtype="Float64"),
            "covered": within(found.ticks, standard.minutes),
            "meant": area_mask(demand, standard.area),
            "reason": found.reason,
        }
    )
