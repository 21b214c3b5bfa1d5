"""
Speeds held against trips that were timed: factors of road classes, and how large the error is.

minutes observed = minutes that speeds do not change (walks off the road, parking) + Σ factor x
minutes computed on roads of a class. Least absolute relative errors, so that a jam or a typing
error in a few trips does not move the others; factors stay within bounds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..geo.field import Field
from ..geo.legs import Passages, legs
from ..geo.network import TICK_MILLISECONDS, Network
from ..geo.profile import Profile
from ..geo.routing import UNREACHED
from .times import Direction, Times

Floats = npt.NDArray[np.float64]

FEWEST_TRIPS = 8
"""A mode with fewer is not judged."""
TRIPS_A_FACTOR = 4
CLASS_PART = 0.1
"""A class group has a factor of its own when so much of the computed time lies on it, or more."""
BOUNDS = (0.25, 4.0)
"""A time factor beyond these would be a mistake in the table, not a slow road."""
GROUPS = {"main": ("motorway", "trunk", "primary"), "middle": ("secondary", "tertiary")}
"""Roads of all other classes are `small`."""
KINDS = ("main", "middle", "small")
COLUMNS = (
    "mode", "group", "trips", "factor", "speed_factor", "error_before", "error_after",
    "error_left_out", "bias_before", "status",
)  # fmt: skip


def kind_of(highway: str) -> str:
    """Return the group of a class of road; links belong to their road."""
    name = highway.removesuffix("_link")
    return next((kind for kind, classes in GROUPS.items() if name in classes), "small")


def parts_of_trips(
    network: Network,
    profile: Profile,
    times: Times,
    pairs: Sequence[tuple[int, int]],
    *,
    direction: Direction = "to_venue",
) -> tuple[Floats, Floats]:
    """
    Part the computed times of trips into what is fixed and what lies on roads of each group.

    Parameters
    ----------
    network, profile, times, direction
        Of one mode, and what the times were measured with.
    pairs
        Numbers of place and venue, n of them.

    Returns
    -------
    float, shape (n,)
        Minutes of the walks off the road and of parking; nan where not reached.
    float, shape (n, 3)
        Minutes on roads by group, in the order of `KINDS`; together the computed time.
    """
    place, venue = np.array(pairs, np.int64).reshape(-1, 2).T
    ticks = times.ticks[place, venue]
    reached = ticks != UNREACHED
    homes, goals = times.place_doors.take(place), times.venue_doors.take(venue)
    walks = homes.walk + goals.walk
    kind = np.array([KINDS.index(kind_of(name)) for name in network.classes])[network.highway]
    to_venue, arcs = direction == "to_venue", network.arcs(profile)
    field = Field(arcs.T.tocsr() if to_venue else arcs, searches=len(np.unique(venue)))
    ways = legs(field, homes, times.venue_doors, venue, ticks)
    trip, edge, turned = ways.edges(Passages.of(network, profile), to_venue=to_venue)
    spent = np.zeros((len(place), len(KINDS)))
    np.add.at(spent, (trip, kind[edge]), network.milliseconds(profile)[edge, turned])
    through = np.flatnonzero(ways.side >= 0)
    for doors, side in ((homes, ways.side), (goals, ways.goal_side)):
        rest = doors.ticks[through, side[through]] * TICK_MILLISECONDS - doors.walk[through]
        np.add.at(spent, (through, kind[doors.snaps.edge[through]]), np.maximum(rest, 0.0))
    straight = np.flatnonzero(~spent.any(axis=1))  # along one edge
    spent[straight, kind[homes.snaps.edge[straight]]] = 1.0
    whole = np.where(reached, np.maximum(ticks * float(TICK_MILLISECONDS) - walks, 0.0), 0.0)
    parts = spent / spent.sum(axis=1, keepdims=True) * whole[:, None]
    return np.where(reached, walks, np.nan) / 60_000, parts / 60_000


def calibrate(observed: Floats, fixed: Floats, parts: Floats) -> pd.DataFrame:
    """
    Fit time factors to n trips of one mode.

    Parameters
    ----------
    observed, fixed
        Shape (n,), minutes; trips whose `fixed` is nan cannot be computed and are left out.
    parts
        Shape (n, 3), minutes by group of `KINDS`.

    Returns
    -------
    DataFrame
        `group` (of `KINDS`, or all), `trips`, `factor` (of the times), `speed_factor` (1 / factor),
        `error_before`, `error_after` (median relative error of trips), `error_left_out` (the same,
        each trip judged by a fit without it), `bias_before` (median of computed / observed - 1),
        `status`: ok or too_few.
    """
    usable = np.isfinite(fixed) & (parts.sum(axis=1) > 0)
    y, base, x = observed[usable], fixed[usable], parts[usable]
    before = base + x.sum(axis=1)
    common: dict[str, Any] = {"trips": len(y), "status": "ok"}
    if len(y):
        common |= {
            "error_before": _error(before, y),
            "bias_before": float(np.median(before / y - 1)),
        }
    if len(y) < FEWEST_TRIPS:
        return pd.DataFrame([{"group": "all", **common, "status": "too_few"}])
    groups = _grouped(x)
    columns = np.column_stack([x[:, members].sum(axis=1) for members in groups.values()])
    factors = _fit(y, base, columns)
    left_out = [
        base[i] + columns[i] @ _fit(np.delete(y, i), np.delete(base, i), np.delete(columns, i, 0))
        for i in range(len(y))
    ]
    common |= {
        "error_after": _error(base + columns @ factors, y),
        "error_left_out": _error(np.array(left_out), y),
    }
    return pd.DataFrame(
        [
            {"group": name, "factor": factor, "speed_factor": 1 / factor, **common}
            for name, factor in zip(groups, factors.tolist(), strict=True)
        ]
    )


def _grouped(parts: Floats) -> dict[str, list[int]]:
    """Return the groups that get a factor of their own; what is too thin joins the largest."""
    total = parts.sum(axis=0)
    most = max(len(parts) // TRIPS_A_FACTOR, 1)
    order = np.argsort(-total, kind="stable").tolist()
    own = [
        k for k in order[:most]
        if total[k] >= CLASS_PART * total.sum() and (parts[:, k] > 0).sum() >= TRIPS_A_FACTOR
    ] or order[:1]  # fmt: skip
    if len(own) == 1:
        return {"all": list(range(parts.shape[1]))}
    rest = [k for k in range(parts.shape[1]) if k not in own]
    return {KINDS[k]: [k, *rest] if k == own[0] else [k] for k in own}


def _fit(observed: Floats, fixed: Floats, columns: Floats) -> Floats:
    """Return the factors of least absolute relative error: a linear programme."""
    count, factors = columns.shape
    share = columns / observed[:, None]
    target = 1 - fixed / observed
    eye = np.eye(count)
    from scipy.optimize import linprog  # a quarter of a second

    answer = linprog(
        np.concatenate([np.zeros(factors), np.ones(count)]),
        A_ub=np.block([[share, -eye], [-share, -eye]]),
        b_ub=np.concatenate([target, -target]),
        bounds=[BOUNDS] * factors + [(0, None)] * count,
        method="highs",
    )
    return np.asarray(answer.x[:factors], float)


def _error(computed: Floats, observed: Floats) -> float:
    return float(np.median(np.abs(computed / observed - 1)))


def calibration_table(
    network: Network, profiles: Mapping[str, Profile], times: Mapping[str, Times],
    trips: pd.DataFrame, *, direction: Direction = "to_venue",
) -> pd.DataFrame:  # fmt: skip
    """
    Hold the speeds of every mode against timed trips.

    Parameters
    ----------
    network, profiles, times, direction
        By mode, and what the times were measured with: trips are compared with that direction.
    trips
        `place`, `venue` (identifiers), `mode`, `minutes`.

    Returns
    -------
    DataFrame
        `COLUMNS`, as `calibrate` says, by mode.
    """
    tables = []
    for mode, own in trips.groupby("mode", sort=False):
        table = times[str(mode)]
        places, venues = (
            index.get_indexer(pd.Index(own[column]))
            for index, column in ((table.places, "place"), (table.venues, "venue"))
        )
        pairs = list(zip(places.tolist(), venues.tolist(), strict=True))
        fixed, parts = parts_of_trips(
            network, profiles[str(mode)], table, pairs, direction=direction
        )
        told = calibrate(own["minutes"].to_numpy(float), fixed, parts)
        told.insert(0, "mode", str(mode))
        tables.append(told.reindex(columns=list(COLUMNS)))
    return pd.concat(tables, ignore_index=True)
