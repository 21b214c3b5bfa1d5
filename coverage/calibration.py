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

from ..geo.network import Network
from ..geo.profile import Profile
from ..geo.routing import UNREACHED
from ..geo.trees import tree
from .times import Times

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
    network: Network, profile: Profile, times: Times, pairs: Sequence[tuple[int, int]]
) -> tuple[Floats, Floats]:
    """
    Part the computed times of trips into what is fixed and what lies on roads of each group.

    Parameters
    ----------
    network, profile, times
        Of one mode, residents to venues.
    pairs
        Numbers of place and venue, n of them.

    Returns
    -------
    float, shape (n,)
        Minutes of the walks off the road and of parking; nan where not reached.
    float, shape (n, 3)
        Minutes on roads by group, in the order of `KINDS`; together the computed time.
    """
    arcs = network.arcs(profile)
    table = _arc_kinds(network, profile)
    trees: dict[int, tuple[Any, Any]] = {}
    fixed, parts = np.full(len(pairs), np.nan), np.zeros((len(pairs), len(KINDS)))
    for number, (place, venue) in enumerate(pairs):
        ticks = int(times.ticks[place, venue])
        if ticks == UNREACHED:
            continue
        if venue not in trees:
            trees[venue] = tree(arcs, times.venue_doors, venue, horizon=times.horizon)
        fixed[number] = (times.place_doors.walk[place] + times.venue_doors.walk[venue]) / 60_000
        parts[number] = _along(network, times, place, venue, trees[venue], table)
        whole = ticks / 600 - fixed[number]
        known = parts[number].sum()
        if known > 0:
            parts[number] *= max(whole, 0.0) / known
        else:
            parts[number, _edge_kind(network, times, place)] = max(whole, 0.0)
    return fixed, parts


def _arc_kinds(network: Network, profile: Profile) -> dict[tuple[int, int], tuple[int, int]]:
    """Return the quickest edge between two nodes: its milliseconds and the number of its group."""
    kinds = np.array([KINDS.index(kind_of(name)) for name in network.classes])[network.highway]
    spent, usable = network.milliseconds(profile), network.open[profile.mode]
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for side, (source, target) in enumerate(
        ((network.tail, network.head), (network.head, network.tail))
    ):
        for edge in np.flatnonzero(usable[:, side]).tolist():
            key = int(source[edge]), int(target[edge])
            took = int(spent[edge, side]), int(kinds[edge])
            found[key] = min(found.get(key, took), took)
    return found


def _edge_kind(network: Network, times: Times, place: int) -> int:
    edge = times.place_doors.snaps.edge[place]
    return KINDS.index(kind_of(network.classes[network.highway[edge]]))


def _along(
    network: Network, times: Times, place: int, venue: int, found: tuple[Any, Any],
    table: Mapping[tuple[int, int], tuple[int, int]],
) -> Floats:  # fmt: skip
    """Return the minutes on each group along a quickest way, its first and last edge included."""
    ticks, following = found
    doors, parts = times.place_doors, np.zeros(len(KINDS))
    ways = [
        (int(doors.ticks[place, side]) + int(ticks[node]), side, node)
        for side, node in enumerate(doors.node[place].tolist())
        if doors.open[place, side] and ticks[node] >= 0
    ]
    if not ways or min(ways)[0] > int(times.ticks[place, venue]):
        return parts  # straight along one edge
    _, side, node = min(ways)
    walk = times.place_doors.walk[place] / 60_000
    parts[_edge_kind(network, times, place)] += max(doors.ticks[place, side] / 600 - walk, 0)
    while following[node] >= 0:
        spent, kind = table[node, int(following[node])]
        parts[kind] += spent / 60_000
        node = int(following[node])
    edge = times.venue_doors.snaps.edge[venue]
    last = KINDS.index(kind_of(network.classes[network.highway[edge]]))
    parts[last] += max(ticks[node] / 600 - times.venue_doors.walk[venue] / 60_000, 0)
    return parts


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
    trips: pd.DataFrame,
) -> pd.DataFrame:  # fmt: skip
    """
    Hold the speeds of every mode against timed trips.

    Parameters
    ----------
    network, profiles, times
        By mode; times to the venues.
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
        fixed, parts = parts_of_trips(network, profiles[str(mode)], table, pairs)
        told = calibrate(own["minutes"].to_numpy(float), fixed, parts)
        told.insert(0, "mode", str(mode))
        tables.append(told.reindex(columns=list(COLUMNS)))
    return pd.concat(tables, ignore_index=True)
