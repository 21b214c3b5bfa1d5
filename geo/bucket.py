"""
Searches that need no preparation: Dijkstra (1959) with a queue of buckets (Dial 1969).

A node is in the bucket of its time; taking out, putting in and moving up cost a few steps each,
where a heap costs its depth. On road networks a quarter of the time of scipy's heap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .compiled import Array, Int, kernel

FAR = 2**30 - 1
"""The longest time that kernels reckon with, ticks: 3.4 years; the sum of two fits 31 bits."""
NEVER = 2**62
"""Label of a node that is not reached; others are time x 2^32 + number of the source."""
MOST_BUCKETS = 1 << 16
IDLE, FRONT = -2, -1
"""Instead of the node before: not in a bucket, first of its bucket."""


@dataclass(frozen=True, eq=False)
class Graph:
    """
    Arcs by their start, n nodes and m arcs: what the kernels search.

    Parameters
    ----------
    first
        int64, shape (n + 1,); the arcs of node u are first[u] to first[u + 1].
    arcs
        int32, shape (m, 2): end and ticks, 1 to `FAR`.
    """

    first: npt.NDArray[np.int64]
    arcs: npt.NDArray[np.int32]

    @property
    def nodes(self) -> int:
        """How many nodes."""
        return len(self.first) - 1

    @classmethod
    def of(cls, source: Array, target: Array, weight: Array, nodes: int) -> Graph:
        """
        Build from arcs in any order: loops are left out, of parallel arcs the quickest stays.

        So are arcs longer than `FAR`, which are of no use.
        """
        use = (weight <= FAR) & (source != target)
        source, target, weight = source[use], target[use], weight[use]
        order = np.lexsort((weight, target, source))
        same = (source[order][1:] == source[order][:-1]) & (target[order][1:] == target[order][:-1])
        order = order[np.concatenate([np.ones(min(1, len(order)), bool), ~same])]
        source = source[order]
        first = np.zeros(nodes + 1, np.int64)
        np.cumsum(np.bincount(source, minlength=nodes), out=first[1:])
        arcs = np.empty((len(order), 2), np.int32)
        arcs[:, 0], arcs[:, 1] = target[order], weight[order]
        return cls(first, arcs)

    def turned(self) -> Graph:
        """Return the graph with every arc the other way."""
        source = np.repeat(np.arange(self.nodes), np.diff(self.first))
        return Graph.of(self.arcs[:, 0], source, self.arcs[:, 1], self.nodes)


class Queue:
    """What a search writes on: kept from one search to the next, and left clean by each."""

    def __init__(self, graph: Graph, widest_start: int) -> None:
        """Make one for a graph and starts that differ by at most `widest_start` ticks."""
        widest = max(int(graph.arcs[:, 1].max(initial=1)), widest_start) + 1
        self.shift = max(0, (widest // MOST_BUCKETS).bit_length())
        self.head = np.full(1 << ((widest >> self.shift) + 2).bit_length(), -1, np.int32)
        self.links = np.full((graph.nodes, 2), IDLE, np.int32)
        self.label = np.full(graph.nodes, NEVER, np.int64)
        self.touched = np.empty(graph.nodes, np.int32)


@kernel
def _enter(head: Array, links: Array, node: Int, slot: Int) -> None:
    """Put a node in front of its bucket."""
    after = head[slot]
    links[node, 0] = after
    links[node, 1] = FRONT
    if after >= 0:
        links[after, 1] = node
    head[slot] = node


@kernel
def _leave(head: Array, links: Array, node: Int, slot: Int) -> None:
    """Take a node out of its bucket."""
    after, before = links[node, 0], links[node, 1]
    if before == FRONT:
        head[slot] = after
    else:
        links[before, 0] = after
    if after >= 0:
        links[after, 1] = before
    links[node, 1] = IDLE


@kernel
def search(
    first: Array, arcs: Array, starts: Array, horizon: Int, shift: Int, head: Array, links: Array,
    label: Array, touched: Array,
) -> Int:  # fmt: skip
    """
    Spread from all starts at once up to the horizon; return how many nodes were reached.

    Of equal times the lowest number of a start wins. Buckets are 2^shift ticks wide; inside one a
    node may be taken out again when it got better.

    Parameters
    ----------
    first, arcs
        `Graph`.
    starts
        int64, shape (s, 3): node, ticks, number.
    head, links, label, touched
        `Queue`. The reached nodes stand in `touched`, their labels in `label`; wiped by `wipe`.
    """
    mask = len(head) - 1
    count = waiting = 0
    bucket = horizon >> shift
    for k in range(len(starts)):
        node, time = starts[k, 0], starts[k, 1]
        new = time << 32 | starts[k, 2]
        if time > horizon or new >= label[node]:
            continue
        if label[node] == NEVER:
            touched[count] = node
            count += 1
            waiting += 1
        else:
            _leave(head, links, node, (label[node] >> 32 >> shift) & mask)
        label[node] = new
        _enter(head, links, node, (time >> shift) & mask)
        bucket = min(bucket, time >> shift)
    while waiting > 0:
        node = np.int64(head[bucket & mask])
        if node < 0:
            bucket += 1
            continue
        _leave(head, links, node, bucket & mask)
        waiting -= 1
        here = label[node]
        for a in range(first[node], first[node + 1]):
            end = np.int64(arcs[a, 0])
            new = here + (np.int64(arcs[a, 1]) << 32)
            old = label[end]
            if new >= old or new >> 32 > horizon:
                continue
            if old == NEVER:
                touched[count] = end
                count += 1
            if links[end, 1] == IDLE:
                waiting += 1
            else:
                _leave(head, links, end, (old >> 32 >> shift) & mask)
            label[end] = new
            _enter(head, links, end, (new >> 32 >> shift) & mask)
    return count


@kernel
def wipe(label: Array, touched: Array, count: Int) -> None:
    """Forget the nodes that a search reached."""
    for k in range(count):
        label[touched[k]] = NEVER


@kernel
def answer(first: Array, ends: Array, horizon: Int, label: Array, found: Array) -> None:
    """
    Write the smallest label over the doors of every place.

    Parameters
    ----------
    first, ends
        int64 (p + 1,) and int64 (d, 2), node and ticks: the doors of the places.
    found
        int64, shape (p,): labels; `NEVER` beyond the horizon.
    """
    for p in range(len(found)):
        best = np.int64(NEVER)
        for d in range(first[p], first[p + 1]):
            at = label[ends[d, 0]]
            if at != NEVER:
                best = min(best, at + (ends[d, 1] << 32))
        found[p] = best if best >> 32 <= horizon else NEVER


def spread(graph: Graph, queue: Queue, starts: Array, horizon: int) -> Int:
    """Search from `starts`, shape (s, 3): node, ticks, number; see `search`."""
    return search(
        graph.first, graph.arcs, np.ascontiguousarray(starts, np.int64), np.int64(horizon),
        np.int64(queue.shift), queue.head, queue.links, queue.label, queue.touched,
    )  # fmt: skip


def times_from(graph: Graph, starts: Array, horizon: int) -> Array:
    """Search once; return the labels of all nodes, int64, shape (n,), `NEVER` where not reached."""
    queue = Queue(graph, int(np.ptp(starts[:, 1])) if len(starts) else 0)
    spread(graph, queue, starts, horizon)
    return queue.label


def within(graph: Graph, sources: Array, horizon: int) -> tuple[Array, Array, Array]:
    """
    Search from each of q nodes up to the horizon.

    Returns
    -------
    int64, shape (q + 1,)
        Where the nodes of a source begin in the others.
    int32, int32
        The reached nodes, by number, and their ticks.
    """
    queue = Queue(graph, 0)
    nodes, times = [np.empty(0, np.int32)], [np.empty(0, np.int32)]
    for source in np.asarray(sources).tolist():
        count = spread(graph, queue, np.array([[source, 0, 0]]), horizon)
        nodes.append(np.sort(queue.touched[:count]))
        times.append((queue.label[nodes[-1]] >> 32).astype(np.int32))
        wipe(queue.label, queue.touched, count)
    return np.cumsum([len(part) for part in nodes]), np.concatenate(nodes), np.concatenate(times)


def table(graph: Graph, starts: Array, first: Array, ends: Array, horizon: int) -> Array:
    """
    Search from each of q sources and answer for p places.

    Parameters
    ----------
    starts
        Shape (d, 3): node, ticks, number of the source, sorted by the last.
    first, ends
        Doors of the places as in `answer`.

    Returns
    -------
    int64, shape (q, p)
        Labels of the sources that are in `starts`, by number, `NEVER` beyond the horizon.
    """
    queue = Queue(graph, int(np.ptp(starts[:, 1])) if len(starts) else 0)
    numbers, begin = np.unique(starts[:, 2], return_index=True)
    found = np.empty((len(numbers), len(first) - 1), np.int64)
    for k, group in enumerate(np.split(starts, begin[1:]) if len(starts) else ()):
        count = spread(graph, queue, group, horizon)
        answer(first, ends, np.int64(horizon), queue.label, found[k])
        wipe(queue.label, queue.touched, np.int64(count))
    return found
