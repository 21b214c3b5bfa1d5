"""
The roads of one mode without the nodes between crossings; doors in between stay exact.

A node with two neighbours lies inside a chain, which becomes one arc each way. What is left is
numbered along the curve of Hilbert (1891), so that neighbours on the ground are neighbours in
memory. A door at a node inside a chain becomes up to two doors at the ends of the chain, later by
the whole ticks in between; who goes to another door of the same chain may stay on it, which
`along_chains` answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from .bucket import Graph
from .compiled import Array, Int, kernel
from .snap import Doors

Ints = npt.NDArray[np.int64]

CURVE_BITS = 16
PAIRS_AT_ONCE = 2_000_000


@dataclass(frozen=True, eq=False)
class Chains:
    """
    A contracted graph and where the n nodes of the network are on it.

    Parameters
    ----------
    graph
        k nodes, numbered along the curve; those without an arc last.
    number
        Shape (n,), node of the graph; -1 inside a chain.
    chain
        Shape (n,), which chain a node is inside of; -1 for none.
    place
        Shape (n,), its position in the chain, from 1.
    onward, back
        Shape (n, 2): ticks from the chain's begin to the node, and from the node to the begin, on
        the arcs there are; how many are missing (one-way streets).
    ends
        Shape (c, 2), begin and end of the chains, nodes of the graph.
    whole
        Shape (c, 2, 2), `onward` and `back` of the whole chain.
    """

    graph: Graph
    number: Ints
    chain: Ints
    place: Ints
    onward: Ints
    back: Ints
    ends: Ints
    whole: Ints


@dataclass(frozen=True, eq=False)
class Ends:
    """
    Doors at the nodes of a contracted graph, p places.

    Parameters
    ----------
    first
        Shape (p + 1,); place i has the doors first[i] to first[i + 1].
    doors
        Shape (d, 2): node and ticks; nodes ascending within a place.
    """

    first: Ints
    doors: Ints

    def take(self, order: Ints) -> Ends:
        """Return some of the places, in another order."""
        count = np.diff(self.first)[order]
        first = np.concatenate([[0], np.cumsum(count)])
        at = np.arange(first[-1]) - np.repeat(first[:-1] - self.first[order], count)
        return Ends(first, self.doors[at])


def curve_order(x: npt.ArrayLike, y: npt.ArrayLike) -> Ints:
    """Return points in their order along the Hilbert curve over their bounding box."""
    cells = []
    for values in (np.asarray(x, float), np.asarray(y, float)):
        wide = float(np.ptp(values)) if len(values) else 0.0
        scale = ((1 << CURVE_BITS) - 1) / wide if wide > 0 else 0.0
        cells.append(((values - values.min(initial=np.inf)) * scale).astype(np.int64))
    column, row = cells
    along = np.zeros(len(column), np.int64)
    for bit in range(CURVE_BITS - 1, -1, -1):
        side = 1 << bit
        right, up = (column & side) > 0, (row & side) > 0
        along += side * side * ((3 * right) ^ up)
        column, row = column & (side - 1), row & (side - 1)
        flip = right & ~up
        column, row = np.where(flip, side - 1 - column, column), np.where(flip, side - 1 - row, row)
        column, row = np.where(up, column, row), np.where(up, row, column)
    return np.argsort(along, kind="stable")


def contract(arcs: csr_matrix, x: npt.ArrayLike, y: npt.ArrayLike) -> Chains:
    """
    Contract the chains of a mode.

    Parameters
    ----------
    arcs
        `Network.arcs`: ticks from row to column, n nodes.
    x, y
        Shape (n,), where they lie, in any unit; only their order in memory hangs on it.
    """
    nodes = arcs.shape[0]
    low, high, ticks = _links(arcs)
    first, link = _links_by_node(low, high, nodes)
    degree = np.diff(first)
    inside = degree == 2
    chain, place = np.full(nodes, -1, np.int64), np.zeros(nodes, np.int64)
    onward, back = np.zeros((nodes, 2), np.int64), np.zeros((nodes, 2), np.int64)
    ends = np.empty((len(low), 2), np.int64)
    whole = np.zeros((len(low), 2, 2), np.int64)
    used = np.zeros(len(low), np.bool_)
    count = _walk(
        first, link, low, high, ticks, inside, used, chain, place, onward, back, ends, whole
    )
    ends, whole = ends[:count], whole[:count]
    number = _numbered(inside, degree, x, y)
    kept = int((~inside).sum())
    ends = number[ends].reshape(-1, 2)
    links = number[np.column_stack([low, high])[~used]].reshape(-1, 2)
    source = np.concatenate([links[:, 0], links[:, 1], ends[:, 0], ends[:, 1]])
    target = np.concatenate([links[:, 1], links[:, 0], ends[:, 1], ends[:, 0]])
    sums = np.where(whole[:, :, 1] == 0, whole[:, :, 0], 0)
    weight = np.concatenate([ticks[~used, 0], ticks[~used, 1], sums[:, 0], sums[:, 1]])
    real = weight > 0
    graph = Graph.of(source[real], target[real], weight[real], kept)
    return Chains(graph, number, chain, place, onward, back, ends, whole)


def _links(arcs: csr_matrix) -> tuple[Ints, Ints, Ints]:
    """Return pairs of neighbours, the lower and the higher node, and the ticks up and down or 0."""
    pairs = arcs.tocoo()
    source, target = pairs.row.astype(np.int64), pairs.col.astype(np.int64)
    low, high = np.minimum(source, target), np.maximum(source, target)
    _, at, link = np.unique(low * arcs.shape[0] + high, return_index=True, return_inverse=True)
    ticks = np.zeros((len(at), 2), np.int64)
    ticks[link, (source > target).astype(np.int64)] = pairs.data.astype(np.int64)
    return low[at], high[at], ticks


def _links_by_node(low: Ints, high: Ints, nodes: int) -> tuple[Ints, Ints]:
    both = np.concatenate([low, high])
    first = np.concatenate([[0], np.cumsum(np.bincount(both, minlength=nodes))])
    return first, np.argsort(both, kind="stable") % max(len(low), 1)


def _numbered(inside: Array, degree: Ints, x: npt.ArrayLike, y: npt.ArrayLike) -> Ints:
    """Return numbers along the curve for the nodes that are left, the lonely ones last."""
    order = curve_order(x, y)
    order = order[~inside[order]]
    order = order[np.argsort(degree[order] == 0, kind="stable")]
    number = np.full(len(inside), -1, np.int64)
    number[order] = np.arange(len(order))
    return number


@kernel
def _walk(
    first: Array, link: Array, low: Array, high: Array, ticks: Array, inside: Array, used: Array,
    chain: Array, place: Array, onward: Array, back: Array, ends: Array, whole: Array,
) -> Int:  # fmt: skip
    """
    Walk every chain once and write what `Chains` says of it; return how many there are.

    A ring without a crossing keeps one of its nodes: `inside` is written.
    """
    count = 0
    for ring in range(2):
        for start in range(len(inside)):
            if ring and inside[start] and chain[start] < 0:
                inside[start] = False
            elif ring or inside[start]:
                continue
            for k in range(first[start], first[start + 1]):
                step = link[k]
                node = high[step] if low[step] == start else low[step]
                if used[step] or not inside[node]:
                    continue
                before, length = start, 0
                sums = whole[count]
                while True:
                    used[step] = True
                    up = 0 if low[step] == before else 1
                    for way in range(2):
                        time = ticks[step, up if way == 0 else 1 - up]
                        sums[way, 0] += time
                        sums[way, 1] += time == 0
                    if not inside[node]:
                        break
                    length += 1
                    chain[node], place[node] = count, length
                    for item in range(2):
                        onward[node, item], back[node, item] = sums[0, item], sums[1, item]
                    step = link[first[node]] + link[first[node] + 1] - step
                    before, node = node, low[step] + high[step] - node
                ends[count, 0], ends[count, 1] = start, node
                count += 1
    return count


def at_ends(chains: Chains, doors: Doors, *, leaving: bool) -> Ends:
    """
    Move the doors of p places to the nodes of the contracted graph.

    Parameters
    ----------
    leaving
        True: ticks lead from the place into the network; False: from it to the place.
    """
    place, side = np.nonzero(doors.open)
    node, ticks = doors.node[place, side], doors.ticks[place, side]
    kept = chains.number[node] >= 0
    found = [(place[kept], chains.number[node[kept]], ticks[kept])]
    place, node, ticks = place[~kept], node[~kept], ticks[~kept]
    chain = chains.chain[node]
    begin = chains.back if leaving else chains.onward
    rest, way = (chains.onward, 0) if leaving else (chains.back, 1)
    to_begin = begin[node]
    to_end = chains.whole[chain, way] - rest[node]
    for end, part in enumerate((to_begin, to_end)):
        open_ = part[:, 1] == 0
        found.append((place[open_], chains.ends[chain[open_], end], (ticks + part[:, 0])[open_]))
    place, node, ticks = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.argsort(place * chains.graph.nodes + node, kind="stable")  # few runs: soon done
    place, node, ticks = place[order], node[order], ticks[order]
    fresh = np.ones(len(place), bool)
    fresh[1:] = (place[1:] != place[:-1]) | (node[1:] != node[:-1])
    begin = np.flatnonzero(fresh)
    count = np.bincount(place[begin], minlength=len(doors.ticks))
    rows = np.empty((len(begin), 2), np.int64)
    rows[:, 0] = node[begin]
    if len(begin):
        rows[:, 1] = np.minimum.reduceat(ticks, begin)
    return Ends(np.concatenate([[0], np.cumsum(count)]), rows)


def along_chains(
    chains: Chains, leaving: Doors, arriving: Doors
) -> Iterator[tuple[Ints, Ints, Ints]]:
    """
    Yield pairs (place, venue) with doors inside one chain and the ticks on it, in pieces.

    Only ways that do not leave the chain; the others go through its ends.
    """
    place, venue = _inside(chains, leaving), _inside(chains, arriving)
    venue = venue[np.argsort(chains.chain[venue[:, 1]], kind="stable")]
    sorted_chain = chains.chain[venue[:, 1]]
    low = np.searchsorted(sorted_chain, chains.chain[place[:, 1]], "left")
    count = np.searchsorted(sorted_chain, chains.chain[place[:, 1]], "right") - low
    piece = np.cumsum(count) // PAIRS_AT_ONCE
    for part in np.unique(piece[count > 0]):
        chosen = np.flatnonzero((piece == part) & (count > 0))
        many = count[chosen]
        home = np.repeat(chosen, many)
        goal = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many - low[chosen], many)
        start, end = place[home, 1], venue[goal, 1]
        ahead = chains.place[end] >= chains.place[start]
        part_way = np.where(
            ahead[:, None],
            chains.onward[end] - chains.onward[start],
            chains.back[start] - chains.back[end],
        )
        open_ = part_way[:, 1] == 0
        total = part_way[:, 0] + place[home, 2] + venue[goal, 2]
        yield place[home, 0][open_], venue[goal, 0][open_], total[open_]


def _inside(chains: Chains, doors: Doors) -> Ints:
    """Return the open doors inside chains: place, node, ticks."""
    place, side = np.nonzero(doors.open)
    node = doors.node[place, side]
    inside = chains.number[node] < 0
    return np.column_stack([place, node, doors.ticks[place, side]])[inside]
