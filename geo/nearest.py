"""
The nearest of many venues for every place: one sweep for 16 or 32 groups, or for one.

A time and the number of the venue are one number, the time above: the smaller is the nearer, and of
equally near venues that of the lower number. In vectors it has 32 bits, half of them for the
number; alone it has 63.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .bucket import FAR, NEVER, answer
from .chains import Ends
from .compiled import Array, Int, kernel
from .hierarchy import Hierarchy
from .lanes import LANES
from .rows import lent, room
from .sweep import LONGEST_16, UNREACHED_32, asked, by_row, sweep

MOST_VENUES = 2**16
ONE_BY_ONE = 3
"""So many groups are done sooner one after the other than in vectors."""


@kernel
def _climb_one(first: Array, arcs: Array, label: Array) -> None:
    """Pass labels from every row to the more important ones."""
    for p in range(len(label) - 1, -1, -1):
        here = label[p]
        if here == NEVER:
            continue
        for a in range(first[p], first[p + 1]):
            row, new = arcs[a, 0], here + (np.int64(arcs[a, 1]) << 32)
            label[row] = min(label[row], new)


@kernel
def _descend_one(first: Array, arcs: Array, bound: Int, label: Array) -> None:
    """Fetch labels from the more important rows."""
    for p in range(len(label)):
        best = label[p]
        for a in range(first[p], first[p + 1]):
            best = min(best, label[arcs[a, 0]] + (np.int64(arcs[a, 1]) << 32))
        label[p] = best if best <= bound else NEVER


def labels_by_row(
    hierarchy: Hierarchy, starts: Array, *, horizon: int, backward: bool
) -> npt.NDArray[np.int64]:
    """
    Search from one group of venues to everywhere.

    Parameters
    ----------
    starts
        Shape (d, 3): node, ticks, number of the venue.

    Returns
    -------
    Shape (n,), by row of the hierarchy: time x 2^32 + number; `NEVER` beyond the horizon.
    """
    label = np.full(len(hierarchy.row), NEVER, np.int64)
    near = starts[starts[:, 1] <= min(horizon, FAR)]
    np.minimum.at(label, hierarchy.row[near[:, 0]], (near[:, 1] << 32) + near[:, 2])
    up, down = (hierarchy.into, hierarchy.out) if backward else (hierarchy.out, hierarchy.into)
    _climb_one(up.first, up.arcs, label)
    _descend_one(down.first, down.arcs, np.int64((horizon << 32) + 2**32 - 1), label)
    return label


def nearest(
    hierarchy: Hierarchy, groups: Sequence[Array], places: Ends, *, horizon: int, backward: bool,
    found: Array | None = None,
) -> Array:  # fmt: skip
    """
    Find the nearest venue of each of g groups for p places.

    Parameters
    ----------
    groups
        Doors of the venues of each, shape (d, 3): node, ticks, number of the venue.
    places
        Their doors, by node.
    horizon
        Ticks, inclusive.
    backward
        True: from places to venues; False: from venues to places.
    found
        An array to write on: as it was returned for 16 or 32 groups that were done together.

    Returns
    -------
    uint32 or int64, shape (p, g)
        Labels; see `decode`.
    """
    most = max((int(rows[:, 2].max(initial=0)) for rows in groups), default=0)
    if len(groups) <= ONE_BY_ONE or horizon > LONGEST_16 or most >= MOST_VENUES:
        labels = np.empty((len(groups), len(places.first) - 1), np.int64)
        for k, rows in enumerate(groups):
            label = labels_by_row(hierarchy, rows, horizon=horizon, backward=backward)
            answer(places.first, places.doors, np.int64(horizon), label[hierarchy.row], labels[k])
        return np.ascontiguousarray(labels.T)
    columns = -(-len(groups) // LANES) * LANES
    goals = asked(hierarchy, places)
    packed = room(len(places.first) - 1, columns, 32, found)
    slopes = (hierarchy.into, hierarchy.out) if backward else (hierarchy.out, hierarchy.into)
    venues = Ends(np.cumsum([0, *(len(rows) for rows in groups)]), np.concatenate(groups))
    starts = by_row(hierarchy, venues)
    for begin in range(0, columns, 2 * LANES):
        width = min(2 * LANES, columns - begin)
        with lent(hierarchy, width, 32) as kept:
            sweep(
                *slopes, kept, starts, begin, min(begin + width, len(groups)), goals,
                (horizon << 16) + 2**16 - 1, 16, packed.reshape(-1), columns, begin,
            )  # fmt: skip
    return packed[:, : len(groups)]


def lower(labels: Array, groups: Sequence[Array], place: Array, venue: Array, ticks: Array) -> None:
    """Enter some pairs of places and venues where they are nearer."""
    packed = labels.dtype == np.uint32
    label = ((ticks << (16 if packed else 32)) + venue).astype(labels.dtype)
    for k, group in enumerate(groups):
        use = np.isin(venue, group)
        np.minimum.at(labels[:, k], place[use], label[use])


def decode(labels: Array) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """Return ticks, the largest number where none is near, and numbers of venues, -1 for none."""
    packed = labels.dtype == np.uint32
    none = labels == (UNREACHED_32 if packed else NEVER)
    ticks = np.where(none, UNREACHED_32, labels >> (16 if packed else 32)).astype(np.uint32)
    venue = (labels & (0xFFFF if packed else 0xFFFFFFFF)).astype(np.int64)
    return ticks, np.where(none, -1, venue)
