"""
Travel times after an edit of the roads, from those before it: only what it can touch is searched.

A time can rise only where a quickest way used an arc that got slower, and fall only where a way
through an arc that got quicker is quicker than before. Both are told from the times to and from the
changed arcs, in whole ticks, so that the answer is the one that a search from scratch gives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from .edits import Roadworks
from .engines import Engine, times_between
from .network import Bools, Ints, Network
from .profile import Profile
from .roadside import NOWHERE
from .routing import Ticks, same_edge
from .snap import Doors, Snaps

_arcs: WeakKeyDictionary[Network, list[tuple[Profile, csr_matrix]]] = WeakKeyDictionary()

WORTH = 16
"""Asking which times are touched costs two searches an arc, and a look at every time."""


def arcs_of(network: Network, profile: Profile) -> csr_matrix:
    """Return the arcs of a mode, made once for a network."""
    known = _arcs.setdefault(network, [])
    found = next((arcs for own, arcs in known if own == profile), None)
    if found is None:
        found = network.arcs(profile)
        known.append((profile, found))
    return found


def table(
    works: Roadworks,
    profile: Profile,
    leaving: Doors,
    arriving: Doors,
    *,
    horizon: int,
    arcs: csr_matrix | None = None,
    engine: Engine = "auto",
    folder: Path | None = None,
) -> Ticks:
    """
    Return the times from p places to v venues on edited roads, shape (p, v).

    A place on an edge that a new road ends in may set out on the edge or on its piece; on an edge
    that is closed elsewhere two places still reach each other along it.

    Parameters
    ----------
    leaving, arriving
        From `Roadworks.doors`.
    arcs
        Of the roads that are left; None makes them.
    """
    network = works.network
    arcs = arcs_of(network, profile) if arcs is None else arcs
    more_leaving, home = _with_pieces(works, profile, leaving, leaving=True)
    more_arriving, goal = _with_pieces(works, profile, arriving, leaving=False)
    times = times_between(
        network, profile, arcs, more_leaving, more_arriving, horizon=horizon, engine=engine,
        folder=folder,
    )  # fmt: skip
    _along_cut_edges(times, works, profile, more_leaving, more_arriving, horizon)
    if len(home) > len(leaving.ticks):
        times = _folded(times, home, len(leaving.ticks))
    if len(goal) > len(arriving.ticks):
        times = _folded(times.T, goal, len(arriving.ticks)).T
    return np.ascontiguousarray(times)


def _with_pieces(
    works: Roadworks, profile: Profile, found: Doors, *, leaving: bool
) -> tuple[Doors, Ints]:
    """Append the doors on pieces of edges; return whose door each is."""
    own = np.arange(len(found.ticks))
    number, snaps, fresh = works.pieces_under(found.snaps)
    if not len(number):
        return found, own
    more = works.doors(profile, snaps, leaving=leaving)
    nowhere = replace(snaps, edge=np.full(len(number), NOWHERE))  # the whole edge knows its pairs
    more = replace(more, snaps=nowhere, open=more.open & fresh)
    return Doors.joined([found, more]), np.append(own, number)


def _along_cut_edges(
    times: Ticks, works: Roadworks, profile: Profile, leaving: Doors, arriving: Doors, horizon: int
) -> None:
    cut = np.isfinite(works.cuts[profile.mode][:, 0])
    if not cut.any():
        return
    place, venue = same_edge(leaving, arriving)
    here = cut[leaving.snaps.edge[place]]
    place, venue = place[here], venue[here]
    direct = works.dry(profile, leaving, arriving, place, venue)
    near = (direct >= 0) & (direct <= horizon)
    np.minimum.at(times, (place[near], venue[near]), direct[near].astype(np.uint32))


def _folded(times: npt.NDArray[np.uint32], row: Ints, rows: int) -> Ticks:
    """Return the least of the rows of each place; its own come first."""
    least = times[:rows].copy()
    np.minimum.at(least, row[rows:], times[rows:])
    return least


def at_nodes(node: Ints) -> Doors:
    """Return doors that stand on nodes."""
    count = len(node)
    nowhere = Snaps(
        np.full(count, NOWHERE), np.zeros(count), np.full(count, np.nan), np.zeros(count, bool)
    )
    return Doors(
        nowhere, np.column_stack([node, node]), np.zeros((count, 2), np.int64),
        np.tile([True, False], (count, 1)), np.zeros(count),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Trip:
    """One mode on some roads: the doors of p places to set out from and of v to go to."""

    works: Roadworks
    profile: Profile
    leaving: Doors
    arriving: Doors

    @cached_property
    def arcs(self) -> csr_matrix:
        """The arcs of the roads that are left."""
        return arcs_of(self.works.network, self.profile)


def rerouted(
    before: Ticks,
    old: Trip,
    new: Trip,
    *,
    horizon: int,
    engine: Engine = "auto",
    folder: Path | None = None,
) -> Ticks:
    """
    Return the times after an edit, shape (p, v), as `table` does from scratch.

    Parameters
    ----------
    before
        The times before, shape (p, v), of the same places and venues.
    old, new
        Before and after; `new` has every node and edge of `old`, under the same numbers.
    horizon
        Of both.
    """

    def search(trip: Trip, leaving: Doors, arriving: Doors) -> Ticks:
        return table(
            trip.works, trip.profile, leaving, arriving, horizon=horizon, arcs=trip.arcs,
            engine=engine, folder=folder,
        )  # fmt: skip

    changed = _changed_edges(old, new)
    rows = _moved(old.leaving, new.leaving, changed)
    columns = _moved(old.arriving, new.arriving, changed)
    slower, quicker = _changed_arcs(old.arcs, new.arcs)
    if not (rows.any() or columns.any() or len(slower) or len(quicker)):
        return before
    if (len(slower) + len(quicker)) * WORTH > min(before.shape):
        return search(new, new.leaving, new.arriving)
    touched = _touched(before, search, (old, slower, np.equal), (new, quicker, np.less))
    touched &= ~rows[:, None] & ~columns
    by_row, by_column = touched.any(axis=1), touched.any(axis=0)
    if by_row.sum() <= by_column.sum():
        rows |= by_row
    else:
        columns |= by_column
    if rows.sum() + columns.sum() >= min(before.shape):
        return search(new, new.leaving, new.arriving)
    after = before.copy()
    if rows.any():
        after[rows] = search(new, new.leaving.take(rows), new.arriving)
    if columns.any():
        after[:, columns] = search(new, new.leaving, new.arriving.take(columns))
    return after


def _touched(
    before: Ticks,
    search: Callable[[Trip, Doors, Doors], Ticks],
    *lots: tuple[Trip, Ints, Callable[[Ints, Ticks], Bools]],
) -> Bools:
    """
    Tell which times changed arcs can touch, shape (p, v).

    Parameters
    ----------
    lots
        Roads on which arcs were, or are; the arcs with their ticks; and how the time of a way
        through one of them compares with the time before where it matters.
    """
    touched = np.zeros(before.shape, bool)
    for trip, arcs, compare in lots:
        if len(arcs):
            here = search(trip, trip.leaving, at_nodes(arcs[:, 0])).astype(np.int64)
            onward = search(trip, at_nodes(arcs[:, 1]), trip.arriving).astype(np.int64)
            for k, ticks in enumerate(arcs[:, 2]):
                touched |= compare(here[:, k, None] + ticks + onward[k], before)
    return touched


def _changed_edges(old: Trip, new: Trip) -> Bools:
    """Tell which edges of the new roads take another time, or are closed or cut otherwise."""
    edges = old.works.standing.edges
    changed = np.ones(new.works.standing.edges, bool)
    times = [trip.works.standing.milliseconds(trip.profile) for trip in (old, new)]
    cuts = [trip.works.cuts[trip.profile.mode] for trip in (old, new)]
    same = np.isclose(cuts[0], cuts[1][:edges], rtol=0, atol=0, equal_nan=True)
    changed[:edges] = (times[0] != times[1][:edges]).any(axis=1) | ~same.all(axis=1)
    changed[list(new.works.pieces)] = True
    return changed


def _moved(old: Doors, new: Doors, changed: Bools) -> Bools:
    """Tell which places join the road elsewhere, or on an edge that changed."""
    a, b = old.snaps, new.snaps
    elsewhere = (a.edge != b.edge) | (a.share != b.share) | (old.walk != new.walk)
    return np.asarray(elsewhere | (b.connected & changed[np.where(b.connected, b.edge, 0)]))


def _changed_arcs(old: csr_matrix, new: csr_matrix) -> tuple[Ints, Ints]:
    """Return the arcs that got slower or went, and those that got quicker or came, with ticks."""
    nodes = new.shape[0]
    keys, ticks = zip(*(_by_key(arcs, nodes) for arcs in (old, new)), strict=True)
    every = np.union1d(*keys)
    was, now = (_at_keys(key, tick, every) for key, tick in zip(keys, ticks, strict=True))
    pairs = np.column_stack([every // nodes, every % nodes])
    slower = (was > 0) & ((now == 0) | (now > was))
    quicker = (now > 0) & ((was == 0) | (now < was))
    return (np.column_stack([pairs, was])[slower], np.column_stack([pairs, now])[quicker])


def _by_key(arcs: csr_matrix, nodes: int) -> tuple[Ints, Ints]:
    pairs = arcs.tocoo()
    key = pairs.row.astype(np.int64) * nodes + pairs.col
    order = np.argsort(key)
    return key[order], pairs.data.astype(np.int64)[order]


def _at_keys(key: Ints, ticks: Ints, wanted: Ints) -> Ints:
    """Return the ticks of wanted keys, 0 where there is no arc."""
    found = np.zeros(len(wanted), np.int64)
    found[np.searchsorted(wanted, key)] = ticks
    return found
