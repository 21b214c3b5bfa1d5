"""
Every trip of a day that can be made: which stops, in which order, how long.

Held and Karp's recursion (1962) over sets of stops, a set of n stops built from its sets of n - 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]
NEVER = np.int64(1) << 40
"""Longer than any trip."""
MOST_TRIPS = 3_000_000
CHUNK_TRIPS = 100_000
LARGEST_KEY = 2**62
"""Beyond it the digits of a set are told by their row among all: eight of 300 hosts pass it."""


class TooManyTripsError(Exception):
    """There are more trips than can be looked at one by one."""


@dataclass(frozen=True, eq=False)
class Legs:
    """
    Lengths of the legs between one depot and h hosts, whole numbers of any one unit.

    Parameters
    ----------
    out, back
        Shape (h,), from the depot and back to it; `NEVER` where no way leads.
    between
        Shape (h, h), from row to column.
    """

    out: Whole
    back: Whole
    between: Whole


@dataclass(frozen=True, eq=False)
class Trips:
    """
    The n trips that keep within their limit, the shortest for every set of stops.

    Parameters
    ----------
    stops
        Shape (n, m), ascending host numbers, filled up with -1.
    length
        Shape (n,), of the legs alone, in the unit of the legs.
    """

    stops: npt.NDArray[np.int16]
    length: Whole

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.length)

    def count(self) -> Whole:
        """Return the number of stops of each, shape (n,)."""
        return np.asarray((self.stops >= 0).sum(axis=1), np.int64)


def feasible_trips(
    legs: Legs,
    most_stops: int,
    *,
    limit: int = int(NEVER),
    service: Whole | int = 0,
    most_trips: int = MOST_TRIPS,
) -> Trips:
    """
    List the best trip of every set of at most `most_stops` hosts.

    A set is built from sets that keep within the limit, which leaves none out where no detour over
    a further host is shorter than the way without it, as on a road network.

    Parameters
    ----------
    legs
        Of one depot and h hosts.
    limit
        Longest trip, inclusive, `service` at its hosts included.
    service
        At each host, shape (h,) or one for all, in the unit of the legs.
    most_trips
        Beyond this the listing is given up.

    Raises
    ------
    TooManyTripsError
        More sets than `most_trips`.
    """
    hosts = len(legs.out)
    stay = np.broadcast_to(np.asarray(service, np.int64), (hosts,))
    sets = np.arange(hosts, dtype=np.int64)[:, None]
    ends = legs.out[:, None]
    layers = []
    total = 0
    for size in range(1, most_stops + 1):
        if size > 1:
            sets, ends = _grow(legs, sets, ends, most_trips - total)
        length = (ends + legs.back[sets]).min(axis=1) if len(sets) else np.zeros(0, np.int64)
        fits = (length < NEVER) & (length + stay[sets].sum(axis=1) <= limit)
        sets, ends = sets[fits], ends[fits]
        total += len(sets)
        if total > most_trips:
            raise TooManyTripsError(total)
        layers.append((sets, length[fits]))
        if not len(sets):
            break
    stops = np.full((total, most_stops), -1, np.int16)
    row = 0
    for found, _ in layers:
        stops[row : row + len(found), : found.shape[1]] = found
        row += len(found)
    return Trips(stops, np.concatenate([length for _, length in layers]))


def _grow(legs: Legs, sets: Whole, ends: Whole, most: int) -> tuple[Whole, Whole]:
    """Return the sets of one host more whose subsets are all there, and the way to each end."""
    hosts, size = len(legs.out), sets.shape[1]
    last = sets[:, -1]
    more = np.maximum(hosts - 1 - last, 0)
    if int(more.sum()) > 8 * most:
        raise TooManyTripsError(int(more.sum()))
    parent = np.repeat(np.arange(len(sets)), more)
    step = np.arange(len(parent)) - np.repeat(np.cumsum(more) - more, more)
    grown = np.column_stack([sets[parent], last[parent] + 1 + step])
    rows = np.empty((len(grown), size + 1), np.int64)
    known = np.ones(len(grown), bool)
    for left_out in range(size + 1):
        rows[:, left_out], there = _rows_of(np.delete(grown, left_out, axis=1), sets, hosts)
        known &= there
    grown, rows = grown[known], rows[known]
    best = np.empty(grown.shape, np.int64)
    for end in range(size + 1):
        before = np.delete(grown, end, axis=1)
        way = ends[rows[:, end]] + legs.between[before, grown[:, end : end + 1]]
        best[:, end] = way.min(axis=1)
    return grown, np.minimum(best, NEVER)


def worth_while(trips: Trips, cost: Whole, reach: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """
    Tell which trips are not beaten by the same trip with one stop less, shape (n,).

    Parameters
    ----------
    cost
        Of each trip, shape (n,).
    reach
        Shape (h + 1, q): what a stop serves; the last row, of no stop, serves nothing.
    """
    good = np.ones(len(trips), bool)
    hosts, size = len(reach) - 1, trips.count()
    for many in range(2, trips.stops.shape[1] + 1):
        fewer = np.flatnonzero(size == many - 1)
        known = trips.stops[fewer, : many - 1].astype(np.int64)
        rows = np.flatnonzero(size == many)
        for part in np.array_split(rows, max(len(rows) // CHUNK_TRIPS, 1)):
            sets = trips.stops[part, :many].astype(np.int64)
            for left_out in range(many):
                rest = np.delete(sets, left_out, axis=1)
                less = fewer[_rows_of(rest, known, hosts)[0]] if len(rest) else part
                others = served_by(reach, rest)
                adds = (reach[sets[:, left_out]] & ~others).any(axis=1)
                good[part] &= adds | (cost[part] < cost[less])
    return good


def served_by(
    reach: npt.NDArray[np.bool_], stops: npt.NDArray[np.integer]
) -> npt.NDArray[np.bool_]:
    """Return what trips serve, shape (n, q); a stop of -1 is the last row of `reach`."""
    found: npt.NDArray[np.bool_] = reach[stops[:, 0]].copy()
    for column in range(1, stops.shape[1]):
        found |= reach[stops[:, column]]
    return found


def _rows_of(wanted: Whole, sets: Whole, hosts: int) -> tuple[Whole, npt.NDArray[np.bool_]]:
    """Return at which row of `sets`, in the order of their digits, others stand, and if they do."""
    keys, asked = np.zeros(len(sets), np.int64), np.zeros(len(wanted), np.int64)
    there, most = np.full(len(wanted), len(sets) > 0), 0
    for column in range(sets.shape[1]):
        if (most + 1) * (hosts + 1) > LARGEST_KEY:
            asked, found = _at(keys, asked)
            keys, most = np.searchsorted(keys, keys), len(sets)
            there &= found
        keys = keys * (hosts + 1) + sets[:, column] + 1
        asked = asked * (hosts + 1) + wanted[:, column] + 1
        most = (most + 1) * (hosts + 1)
    row, found = _at(keys, asked)
    return row, there & found


def _at(keys: Whole, asked: Whole) -> tuple[Whole, npt.NDArray[np.bool_]]:
    """Return where numbers first stand among ascending keys, and whether they do."""
    row = np.minimum(np.searchsorted(keys, asked), max(len(keys) - 1, 0))
    return row, keys[row] == asked if len(keys) else np.zeros(len(asked), bool)


def length_of(legs: Legs, order: tuple[int, ...]) -> int:
    """Return the length of a trip in a given order."""
    ways = [int(legs.out[order[0]]), int(legs.back[order[-1]])]
    ways += [int(legs.between[a, b]) for a, b in pairwise(order)]
    return sum(ways)
