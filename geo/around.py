"""
The nearest others of every place by road: so many of them, exact, without a table of all pairs.

One search spreads from all places at once, against the arcs, and leaves at every crossing the
nearest of them, one more than is asked for: whoever is among the nearest of a place is among the
nearest of the crossings on the way. A table of 20,000 x 20,000 would take a gigabyte, a search from
each place ten times as long.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_matrix

from .bucket import IDLE, NEVER, Graph, Queue, _enter, _leave
from .chains import Chains, along_chains, at_ends, contract
from .compiled import Array, Int, kernel
from .network import Ints, Network
from .profile import Profile
from .routing import UNREACHED, Ticks, same_edge
from .snap import Doors, along_edge

NUMBER = 2**32 - 1
"""The bits of a label that hold the number of a place; those above hold its ticks."""


@dataclass(frozen=True, eq=False)
class Around:
    """
    The roads of a mode, made ready for searches.

    Parameters
    ----------
    network, profile, arcs
        As in `routing.door_to_door`.
    """

    network: Network
    profile: Profile
    arcs: csr_matrix

    @cached_property
    def chains(self) -> Chains:
        """The roads without the nodes between crossings."""
        return contract(self.arcs, self.network.lon, self.network.lat)

    @cached_property
    def back(self) -> Graph:
        """Every arc the other way."""
        return self.chains.graph.turned()


def nearest_others(
    roads: Around, leaving: Doors, arriving: Doors, count: int, *, horizon: int
) -> tuple[Ticks, Ints]:
    """
    Find the `count` nearest others of each of p places; of equally near ones the first by number.

    Parameters
    ----------
    roads
        Of the mode.
    leaving, arriving
        Doors of the same p places, out and in.
    horizon
        Longest time, ticks, inclusive; at most `bucket.FAR`.

    Returns
    -------
    uint32, shape (p, count)
        Ticks, ascending; `UNREACHED` where there are no more.
    int64, shape (p, count)
        Numbers of the others; -1 for none.
    """
    out = at_ends(roads.chains, leaving, leaving=True)
    into = at_ends(roads.chains, arriving, leaving=False)
    place, other = same_edge(leaving, arriving)
    ticks = along_edge(roads.network, roads.profile, leaving, arriving, place, other)
    parts = [np.column_stack(part) for part in along_chains(roads.chains, leaving, arriving)]
    parts.append(np.column_stack([place, other, ticks])[ticks >= 0])
    beside = np.concatenate(parts)
    beside = beside[np.argsort(beside[:, 0], kind="stable")]
    places = len(leaving.ticks)
    starts = np.column_stack([into.doors, np.repeat(np.arange(places), np.diff(into.first))])
    label = _spread_back(roads.back, starts, count + 1, horizon)
    found = np.full((places, count), NEVER, np.int64)
    first = np.searchsorted(beside[:, 0], np.arange(places + 1))
    _collect(
        label, count + 1, out.first, out.doors, first, np.ascontiguousarray(beside, np.int64),
        np.int64(horizon), found,
    )  # fmt: skip
    known = found != NEVER
    return (
        np.where(known, found >> 32, UNREACHED).astype(np.uint32),
        np.where(known, found & NUMBER, -1),
    )


def _spread_back(graph: Graph, starts: Ints, slots: int, horizon: int) -> Ints:
    """Return the labels of the nearest places of every node, shape (nodes x slots,)."""
    queue = Queue(graph, int(np.ptp(starts[:, 1])) if len(starts) else 0)
    label = np.full(graph.nodes * slots, NEVER, np.int64)
    links = np.full((graph.nodes * slots, 2), IDLE, np.int32)
    _spread(
        graph.first, graph.arcs, np.ascontiguousarray(starts, np.int64), np.int64(slots),
        np.int64(horizon), np.int64(queue.shift), queue.head, links, label,
    )  # fmt: skip
    return label


@kernel
def _offer(
    node: Int, new: Int, slots: Int, shift: Int, head: Array, links: Array, label: Array
) -> Int:
    """
    Note a place at a node if it is among the nearest there; return how many more are waiting.

    An item is a slot of a node; it waits in the bucket of its time until it is spread.
    """
    worst = node * slots
    for item in range(node * slots, (node + 1) * slots):
        if label[item] != NEVER and label[item] & NUMBER == new & NUMBER:
            worst = item
            break
        if label[item] > label[worst]:
            worst = item
    if label[worst] <= new:
        return 0
    mask = len(head) - 1
    more = 1
    if links[worst, 1] != IDLE:
        _leave(head, links, worst, (label[worst] >> 32 >> shift) & mask)
        more = 0
    label[worst] = new
    _enter(head, links, worst, (new >> 32 >> shift) & mask)
    return more


@kernel
def _spread(
    first: Array, arcs: Array, starts: Array, slots: Int, horizon: Int, shift: Int, head: Array,
    links: Array, label: Array,
) -> None:  # fmt: skip
    """
    Spread from all places at once up to the horizon.

    Parameters
    ----------
    first, arcs, shift, head
        As in `bucket.search`.
    starts
        int64, shape (s, 3): node, ticks, number of the place.
    links, label
        int32 (nodes x slots, 2), all idle, and int64 (nodes x slots,), all `NEVER`: the answer.
    """
    waiting = 0
    bucket = horizon >> shift
    for k in range(len(starts)):
        if starts[k, 1] <= horizon:
            new = starts[k, 1] << 32 | starts[k, 2]
            waiting += _offer(starts[k, 0], new, slots, shift, head, links, label)
            bucket = min(bucket, starts[k, 1] >> shift)
    while waiting > 0:
        item = np.int64(head[bucket & (len(head) - 1)])
        if item < 0:
            bucket += 1
            continue
        _leave(head, links, item, bucket & (len(head) - 1))
        waiting -= 1
        node = item // slots
        for a in range(first[node], first[node + 1]):
            new = label[item] + (np.int64(arcs[a, 1]) << 32)
            if new >> 32 <= horizon:
                waiting += _offer(np.int64(arcs[a, 0]), new, slots, shift, head, links, label)


@kernel
def _insert(new: Int, found: Array) -> None:
    """Put a label where it belongs among the nearest, if it does; a place stands there once."""
    last = len(found) - 1
    for k in range(len(found)):
        if found[k] != NEVER and found[k] & NUMBER == new & NUMBER:
            last = k
            break
    if found[last] <= new:
        return
    at = last
    while at > 0 and found[at - 1] > new:
        found[at] = found[at - 1]
        at -= 1
    found[at] = new


@kernel
def _collect(
    label: Array, slots: Int, out_first: Array, out: Array, beside_first: Array, beside: Array,
    horizon: Int, found: Array,
) -> None:  # fmt: skip
    """
    Write the nearest others of every place.

    Parameters
    ----------
    label
        From `_spread`.
    out_first, out
        By place: node and ticks of the doors out.
    beside_first, beside
        By place: the place, others on the same edge or chain, and ticks along it.
    found
        int64, shape (p, slots - 1), all `NEVER`: labels, ascending.
    """
    for here in range(len(found)):
        for d in range(out_first[here], out_first[here + 1]):
            for item in range(out[d, 0] * slots, (out[d, 0] + 1) * slots):
                new = label[item] + (out[d, 1] << 32)
                if label[item] != NEVER and label[item] & NUMBER != here and new >> 32 <= horizon:
                    _insert(new, found[here])
        for a in range(beside_first[here], beside_first[here + 1]):
            if beside[a, 1] != here and beside[a, 2] <= horizon:
                _insert(beside[a, 2] << 32 | beside[a, 1], found[here])


def warm() -> None:
    """Compile the kernels, or load them."""
    node = np.arange(3)
    graph = Graph.of(node, np.roll(node, -1), node + 1, 3)
    label = _spread_back(graph, np.column_stack([node, node, node]), 2, 9)
    first, pairs = np.arange(4), np.column_stack([node, node])
    none = np.full((3, 1), NEVER, np.int64)
    _collect(label, 2, first, pairs, first, np.column_stack([node, pairs]), np.int64(9), none)
