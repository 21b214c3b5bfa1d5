"""
How long it takes from everywhere to the nearest of some doors, and the way there.

The roads of a mode, turned, are searched from all doors at once. The label of a node is the time
and the number of the door's owner; of equal times the lowest number, so that ways never part from
the venue they lead to. What is searched again and again is kept from one search to the next.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, vstack
from scipy.sparse.csgraph import dijkstra

from .compiled import is_compiled
from .engines import FARTHEST, NEVER, choose
from .network import Ints
from .snap import Doors

if TYPE_CHECKING:
    from .bucket import Graph, Queue

FAR = FARTHEST
"""Ticks of a node that is not reached; the sum of two fits 32 bits."""
Times32 = npt.NDArray[np.int32]


class Field:
    """The arcs of a mode, turned so that a search from venues spreads to those who travel there."""

    def __init__(self, back: csr_matrix, *, searches: int = 1) -> None:
        """
        Take the turned arcs, n nodes, and how many searches are likely.

        Few searches of a small network do not wait for a compiler.
        """
        self.back = back
        compiled = [name for name in ("bucket",) if is_compiled(name)]
        self.by_scipy = choose(back.shape[0], searches, compiled=compiled) == "scipy"

    @cached_property
    def graph(self) -> Graph:
        """The same arcs as the kernels see them."""
        from .bucket import Graph

        pairs = self.back.tocoo()
        ticks = pairs.data.astype(np.int64)
        return Graph.of(pairs.row, pairs.col, ticks, self.back.shape[0])

    @cached_property
    def _queue(self) -> Queue:
        from .bucket import Queue

        return Queue(self.graph, 0)

    def labels(self, starts: Ints, horizon: int) -> tuple[Times32, Ints]:
        """
        Search from all doors at once up to the horizon, inclusive.

        Parameters
        ----------
        starts
            Shape (s, 3): node, ticks, number of the owner, from 0.

        Returns
        -------
        int32, shape (n,)
            Ticks; `FAR` beyond the horizon.
        int64, shape (n,)
            Number of the owner, -1 beyond the horizon.
        """
        horizon = min(horizon, FAR - 1)
        near = starts[starts[:, 1] <= horizon]
        if not len(near):
            nodes = self.back.shape[0]
            return np.full(nodes, FAR, np.int32), np.full(nodes, -1, np.int64)
        label = self._scipy(near, horizon) if self.by_scipy else self._bucket(near, horizon)
        reached = label != NEVER
        time = np.where(reached, label >> 32, FAR).astype(np.int32)
        return time, np.where(reached, label & 0xFFFFFFFF, -1)

    def _bucket(self, starts: Ints, horizon: int) -> Ints:
        from .bucket import Queue, spread, wipe

        wide = int(np.ptp(starts[:, 1]))
        widest = int(self.graph.arcs[:, 1].max(initial=0))
        queue = self._queue if wide <= widest else Queue(self.graph, wide)
        count = spread(self.graph, queue, starts, horizon)
        label = queue.label.copy()
        wipe(queue.label, queue.touched, np.int64(count))
        return label

    def _scipy(self, starts: Ints, horizon: int) -> Ints:
        """Search from one more node, with times times the count of numbers, plus the number."""
        nodes, count = self.back.shape[0], int(starts[:, 2].max()) + 1
        order = np.lexsort((starts[:, 2], starts[:, 1], starts[:, 0]))
        node, at = np.unique(starts[order, 0], return_index=True)
        # One tick more than it is: an arc of none would vanish from the matrix.
        first = (starts[order, 1] + 1) * count + starts[order, 2]
        out = csr_matrix(
            (first[at].astype(float), (np.zeros(len(node), int), node)), shape=(1, nodes + 1)
        )
        scaled = (self.back * count).tocsr()
        scaled.resize(nodes, nodes + 1)
        found = dijkstra(
            csr_matrix(vstack([scaled, out])), indices=nodes, limit=(horizon + 2) * count - 1
        )[:nodes]
        reached = np.isfinite(found)
        time, number = np.divmod(np.where(reached, found, 0).astype(np.int64), count)
        return np.where(reached, (time - 1) << 32 | number, NEVER)

    def following(self, starts: Ints, time: Times32, number: Ints) -> Ints:
        """
        Return the next node on a quickest way to the owner that the label names, shape (n,).

        Of several the lowest; -1 where a door of the owner is next, and where not reached.

        Parameters
        ----------
        starts
            What was searched from.
        time, number
            From `labels`.
        """
        pairs = self.back.tocoo()
        before, node = pairs.row.astype(np.int64), pairs.col.astype(np.int64)
        tight = (
            (number[node] >= 0)
            & (number[before] == number[node])
            & (time[before] + pairs.data.astype(np.int64) == time[node])
        )
        after = np.full(len(time), len(time), np.int64)
        np.minimum.at(after, node[tight], before[tight])
        after[after == len(time)] = -1
        own = (time[starts[:, 0]] == starts[:, 1]) & (number[starts[:, 0]] == starts[:, 2])
        after[starts[own, 0]] = -1
        return after


def door_starts(doors: Doors, numbers: Ints) -> Ints:
    """Return the open doors of p venues, numbered as told, as starts of a search, shape (s, 3)."""
    venue, side = np.nonzero(doors.open)
    return np.column_stack([doors.node[venue, side], doors.ticks[venue, side], numbers[venue]])
