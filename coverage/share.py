"""
Who is covered: the nearest open venue of a kind, and the share of people within reach of one.

Coverage(T) = sum of the people whose nearest time <= T / sum of all people (Church & ReVelle 1974).
People are counted at their places, never by polygon; who is not connected stays in the denominator.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from geopandas import GeoDataFrame

from ..geo.routing import UNREACHED, Ticks
from .audience import for_group
from .opening import CLOSED, OPEN, states
from .times import Times, within

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
    count
        So many venues must lie within the limit: a choice, where it is more than one.
    opening
        A moment of `opening.MOMENTS` at which they must be open; empty for any.
    indicator
        The official name of the share, where it has one.
    people_a_unit, capacity_unit
        More people than this for a unit of capacity (座, 平方米) are too many; 0 asks nothing.
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
    count: int = 1
    opening: str = ""
    indicator: str = ""
    people_a_unit: float = 0.0
    capacity_unit: str = ""


@dataclass(frozen=True, eq=False)
class Nearest:
    """Nearest open venue of some types, shape (p,): ticks, number (-1 none), reason."""

    ticks: Ticks
    venue: npt.NDArray[np.int64]
    reason: npt.NDArray[np.object_]


def in_use(venues: GeoDataFrame, types: Iterable[str]) -> npt.NDArray[np.bool_]:
    """Tell which of v venues are open ones of any of `types`, shape (v,)."""
    return np.asarray(venues["type"].isin(list(types)) & (venues["status"] == "open"), bool)


def serving(venues: GeoDataFrame, types: Iterable[str], group: str) -> npt.NDArray[np.bool_]:
    """Tell which of v venues are open ones of any of `types` and are for a group, shape (v,)."""
    return in_use(venues, types) & for_group(venues, group)


def admitted(
    venues: GeoDataFrame, standard: Standard
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """
    Tell which of v venues count for a standard: those known to be open then, and those perhaps.

    Venues that are for other groups than that of the standard do not count.

    Returns
    -------
    bool, shape (v,)
        Venues in use that are known to be open at the standard's moment.
    bool, shape (v,)
        These, and those whose hours are not known.
    """
    return open_then(venues, serving(venues, standard.types, standard.group), standard.opening)


def open_then(
    venues: GeoDataFrame, used: npt.NDArray[np.bool_], opening: str
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Tell which of some venues are known to be open at a moment, and which perhaps; "" is any."""
    if not opening:
        return used, used
    state = states(venues, opening)
    return used & (state == OPEN), used & (state != CLOSED)


def nearest(
    times: Times,
    venues: GeoDataFrame,
    types: Iterable[str],
    *,
    count: int = 1,
    among: npt.NDArray[np.bool_] | None = None,
) -> Nearest:
    """
    Find the nearest open venue of any of `types` for every place, or the second, the third.

    Of equally near venues the lowest identifier wins, whatever their order.

    Parameters
    ----------
    times
        p places, v venues.
    venues
        `type` and `status`, indexed like `times.venues`.
    count
        1 for the nearest, 2 for the second: with `count` venues nearby there is a choice.
    among
        Shape (v,), venues to choose from; None takes all in use of these types, for whomever.
    """
    chosen = np.flatnonzero(in_use(venues, types) if among is None else among)
    chosen = chosen[np.argsort(times.venues[chosen].astype(str).to_numpy(), kind="stable")]
    places = len(times.places)
    if len(chosen) < count:
        ticks = np.full(places, UNREACHED, np.uint32)
        venue = np.full(places, -1)
    else:
        columns = times.ticks[:, chosen]
        at = columns.argmin(axis=1)
        for _ in range(count - 1):
            columns[np.arange(places), at] = UNREACHED
            at = columns.argmin(axis=1)
        ticks = columns[np.arange(places), at]
        venue = np.where(ticks == UNREACHED, -1, chosen[at])
    usable = times.venue_doors.snaps.connected[chosen].sum() >= count
    words = np.array(["not_connected", "beyond_horizon" if usable else "no_venue", ""], object)
    return Nearest(ticks, venue, words[np.where(ticks != UNREACHED, 2, times.connected)])


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
    town = towns.index.get_indexer(demand["town"])
    names = [("district", ""), ("urban", ""), ("rural", ""), *(("town", c) for c in towns.index)]
    members = [np.ones(len(demand), bool), ~rural, rural, *(town == n for n in range(len(towns)))]
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
            "share": share_of(covered, total),
        }
    )


def share_of(covered: npt.ArrayLike, people: npt.ArrayLike) -> pd.api.extensions.ExtensionArray:
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
        `standard`, `scope`, `code`, `people`, `covered`, `not_connected`, `share`, `venues` (how
        many count), `hours_unknown` (people who would be covered if venues of unknown hours were
        open then), `met` (missing where it cannot be judged: nobody lives there, or it hangs on
        unknown hours).
    """
    names, members = scopes(demand, towns)
    people = demand[standard.group].to_numpy(np.int64)
    meant = members & area_mask(demand, standard.area)
    admits = admitted(venues, standard)

    def counted(among: npt.NDArray[np.bool_]) -> pd.DataFrame:
        found = nearest(times, venues, standard.types, count=standard.count, among=among)
        return count_people(found, people, meant, standard.minutes)

    known = counted(admits[0])
    perhaps = known if (admits[0] == admits[1]).all() else counted(admits[1])
    table = pd.concat([names, known], axis=1)
    table.insert(0, "standard", standard.key)
    table["venues"] = int(admits[0].sum())
    table["hours_unknown"] = perhaps["covered"] - known["covered"]
    met = known["share"] >= standard.goal
    table["met"] = met.mask(~met.fillna(True) & (perhaps["share"] >= standard.goal))
    return table
