"""
One pass over a hierarchy for 16 or 32 searches at once.

A row of times holds one number for each search. `climb` takes the rows from the last to the first
and passes times up to the more important rows, `descend` takes them from the first and fetches
times from there. Rows and blocks of rows that nothing reached are skipped.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from .bucket import FAR
from .chains import Ends
from .compiled import Array, Int, kernel
from .hierarchy import BLOCK, Hierarchy, Slope
from .lanes import LANES, fetch, later, nothing, put, reached, send, sooner, take, within
from .rows import Rows, lent, room

LONGEST_16 = 2**16 - 2
"""The longest time of 16 bits, ticks; one more means unreached."""
UNREACHED_32 = 2**32 - 1
AHEAD: Int = np.int64(12)
"""So many doors before its turn a row is asked for."""


@kernel
def _bear(row: Int, times: Array, width: Int, live: Array, blocks: Array) -> None:
    """Bring a row to life, with nothing in it."""
    put(times, row * width, nothing(times))
    if width > LANES:
        put(times, row * width + LANES, nothing(times))
    live[row] = 1
    blocks[row // BLOCK] = 1


@kernel
def _start(
    first: Array, doors: Array, begin: Int, end: Int, bound: Int, shift: Int, numbered: Int,
    times: Array, width: Int, live: Array, blocks: Array,
) -> None:  # fmt: skip
    """
    Set the rows where searches start.

    Parameters
    ----------
    first, doors
        int64 (s + 1,), (d, 2): row and ticks, of searches `begin` to `end`, one lane each; if
        `numbered`, of all venues, with a third column: the number of the venue; `first` then cuts
        them into groups, one lane each.
    shift
        Bits that a time is moved up to make room for the number.
    """
    for k in range(begin, end):
        for d in range(first[k], first[k + 1]):
            row, time = doors[d, 0], doors[d, 1] << shift
            if numbered:
                time |= doors[d, 2]
            at = row * width + k - begin
            if time > bound:
                continue
            if not live[row]:
                _bear(row, times, width, live, blocks)
            if time < times[at]:
                times[at] = time


@kernel
def _climb(
    first: Array, arcs: Array, bound: Int, shift: Int, times: Array, width: Int, live: Array,
    blocks: Array,
) -> None:  # fmt: skip
    """Pass times from every row to the more important ones; see the module."""
    wide = width > LANES
    rows = len(first) - 1
    for block in range(len(blocks) - 1, -1, -1):
        if not blocks[block]:
            continue
        for p in range(min(rows, (block + 1) * BLOCK) - 1, block * BLOCK - 1, -1):
            if not live[p]:
                continue
            here = np.int64(p) * width
            one = within(take(times, here), bound)
            other = one
            if wide:
                other = within(take(times, here + LANES), bound)
            for a in range(first[p], first[p + 1]):
                row, time = np.int64(arcs[a, 0]), np.int64(arcs[a, 1]) << shift
                if time > bound:
                    continue
                if not live[row]:
                    _bear(row, times, width, live, blocks)
                there = row * width
                put(times, there, sooner(take(times, there), later(one, time)))
                if wide:
                    there += LANES
                    put(times, there, sooner(take(times, there), later(other, time)))


@kernel
def _descend(
    first: Array, arcs: Array, needs_first: Array, needs: Array, bound: Int, shift: Int,
    times: Array, width: Int, live: Array, blocks: Array,
) -> None:  # fmt: skip
    """Fetch times from the more important rows."""
    wide = width > LANES
    rows = len(first) - 1
    for block in range(len(needs_first) - 1):
        awake = blocks[block] > 0
        for k in range(needs_first[block], needs_first[block + 1]):
            if awake:
                break
            awake = live[needs[k]] > 0
        blocks[block] = 0
        if not awake:
            continue
        for p in range(block * BLOCK, min(rows, (block + 1) * BLOCK)):
            here = np.int64(p) * width
            one = nothing(times)
            other = one
            hit = live[p]
            if hit:
                one = take(times, here)
                if wide:
                    other = take(times, here + LANES)
            for a in range(first[p], first[p + 1]):
                row, time = np.int64(arcs[a, 0]), np.int64(arcs[a, 1]) << shift
                if not live[row] or time > bound:
                    continue
                hit = 1
                one = sooner(one, later(take(times, row * width), time))
                if wide:
                    other = sooner(other, later(take(times, row * width + LANES), time))
            if not hit:
                continue
            one = within(one, bound)
            put(times, here, one)
            found = reached(one)
            if wide:
                other = within(other, bound)
                put(times, here + LANES, other)
                found |= reached(other)
            live[p] = found


@kernel
def _answer(
    first: Array, doors: Array, bound: Int, shift: Int, times: Array, width: Int, live: Array,
    found: Array, columns: Int, column: Int,
) -> None:  # fmt: skip
    """
    Write the smallest time over the doors of every place.

    Parameters
    ----------
    first, doors
        int32 (p + 1,), (d, 2): doors of the places in the order in which they are asked, that of
        the rows.
    found
        Flat, `columns` numbers a place; this sweep's begin at `column`.
    """
    wide = width > LANES
    for k in range(len(first) - 1):
        one = nothing(times)
        other = one
        for d in range(first[k], first[k + 1]):
            soon = np.int64(doors[min(d + AHEAD, len(doors) - 1), 0]) * width
            fetch(times, soon)
            if wide:
                fetch(times, soon + LANES)
            row, time = np.int64(doors[d, 0]), np.int64(doors[d, 1]) << shift
            if not live[row] or time > bound:
                continue
            there = row * width
            one = sooner(one, later(take(times, there), time))
            if wide:
                other = sooner(other, later(take(times, there + LANES), time))
        at = k * columns + column
        send(found, at, within(one, bound))
        if wide:
            send(found, at + LANES, within(other, bound))


@kernel
def in_order(found: Array, order: Array, horizon: Int, times: Array) -> None:
    """Write column k of `found` as column order[k] of `times`, of 32 bits."""
    for p in range(len(times)):
        for k in range(len(order)):
            time = np.int64(found[p, k])
            times[p, order[k]] = time if time <= horizon else UNREACHED_32


def sweep(
    climb: Slope, descend: Slope, rows: Rows, starts: Ends, begin: int, end: int, places: Ends,
    bound: int, shift: int, found: Array, columns: int, column: int,
) -> None:  # fmt: skip
    """Search from `begin` to `end` of `starts` and answer for all places."""
    lanes: tuple[Any, ...] = (rows.times, np.int64(rows.width), rows.live)
    _start(
        starts.first, starts.doors, np.int64(begin), np.int64(end), np.int64(bound),
        np.int64(shift), np.int64(starts.doors.shape[1] > 2), *lanes, rows.blocks,
    )  # fmt: skip
    _climb(climb.first, climb.arcs, np.int64(bound), np.int64(shift), *lanes, rows.blocks)
    _descend(
        descend.first, descend.arcs, descend.needs_first, descend.needs, np.int64(bound),
        np.int64(shift), *lanes, rows.blocks,
    )  # fmt: skip
    _answer(
        places.first, places.doors, np.int64(bound), np.int64(shift), *lanes, found,
        np.int64(columns), np.int64(column),
    )  # fmt: skip
    rows.live[:] = 0


def by_row(hierarchy: Hierarchy, ends: Ends) -> Ends:
    """Give the doors by row instead of node."""
    doors = ends.doors.copy()
    doors[:, 0] = hierarchy.row[doors[:, 0]]
    return Ends(ends.first, doors)


def asked(hierarchy: Hierarchy, places: Ends) -> Ends:
    """Return the doors of places by row, of 32 bits."""
    doors: Array = np.empty((len(places.doors), 2), np.int32)
    _ask(places.doors, hierarchy.row, doors)
    return Ends(places.first, doors)


@kernel
def _ask(doors: Array, row: Array, found: Array) -> None:
    """Write rows and ticks of doors at nodes."""
    for d in range(len(doors)):
        found[d, 0], found[d, 1] = row[doors[d, 0]], min(doors[d, 1], FAR + 1)


def cores() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def table(
    hierarchy: Hierarchy, sources: Ends, places: Ends, *, horizon: int, backward: bool,
    width: int = 2 * LANES, threads: int = 1, found: Array | None = None,
) -> Array:  # fmt: skip
    """
    Search from q sources and answer for p places.

    Parameters
    ----------
    sources, places
        Doors at the nodes of the graph; best sorted along the curve: neighbours share their rows.
    horizon
        Ticks, inclusive; above `LONGEST_16` the table is twice as large.
    backward
        True: from places to sources; False: from sources to places.
    width
        Searches in a sweep, 16 or 32. 16 where sources lie far apart.
    found
        An array to write on, as it was returned before.

    Returns
    -------
    uint16 or uint32, shape (p, q rounded up to 32)
        Ticks; the largest number beyond the horizon or where no way leads.

    Raises
    ------
    ValueError
        `found` was not returned before, for as much.
    """
    bits = 16 if horizon <= LONGEST_16 else 32
    many = len(sources.first) - 1
    columns = -(-many // (2 * LANES)) * 2 * LANES
    found = room(len(places.first) - 1, columns, bits, found)
    slopes = (hierarchy.into, hierarchy.out) if backward else (hierarchy.out, hierarchy.into)
    starts, flat = by_row(hierarchy, sources), found.reshape(-1)
    goals = asked(hierarchy, places)

    begins = range(0, columns, width)
    left = iter(begins)  # whoever is done takes the next: a busy processor holds nobody up

    def work(_: int) -> None:
        with lent(hierarchy, width, bits) as rows:
            for begin in left:
                sweep(
                    *slopes, rows, starts, begin, min(begin + width, many), goals, horizon, 0,
                    flat, columns, begin,
                )  # fmt: skip

    threads = min(threads, len(begins))
    if threads <= 1:
        work(0)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, range(threads)))
    return found
