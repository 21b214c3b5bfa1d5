"""
The order of a contraction hierarchy and its arcs: nodes taken out of a graph one by one.

Which node comes next is told by how many arcs its going would cost, and by how far the contraction
around it has got (Geisberger et al. 2008). An arc between neighbours is added unless a short search
finds a way around that is as quick, the witness; a search that gives up too early costs an arc and
not exactness.
"""

from __future__ import annotations

import numpy as np

from .bucket import FAR, Graph
from .compiled import Array, Int, kernel
from .heap import pop, push

SETTLED_GUESS, SETTLED_REAL = np.int64(40), np.int64(200)
"""How many nodes a search for a witness looks at: to rate a node, and to take it out.
A plain number would be another type to numba, and another compilation."""
WITNESS_HEAP = 1 << 14
"""A search that needs more gives up, which costs an arc and not exactness."""
OUT, INTO, HOPS = np.int64(1), np.int64(2), np.int64(3)
"""Columns of the lists of neighbours."""


def _lists(graph: Graph) -> tuple[Array, Array]:
    """Return the neighbours of all nodes as `_join` keeps them, without room to spare."""
    source = np.repeat(np.arange(graph.nodes), np.diff(graph.first))
    end = graph.arcs[:, 0].astype(np.int64)
    key = np.concatenate([source * graph.nodes + end, end * graph.nodes + source])
    found, at = np.unique(key, return_inverse=True)
    pool = np.zeros((len(found), 4), np.int32)
    pool[:, 0], pool[:, HOPS] = found % max(graph.nodes, 1), 1
    pool[at[: len(end)], OUT] = graph.arcs[:, 1]
    pool[at[len(end) :], INTO] = graph.arcs[:, 1]
    lists = np.zeros((graph.nodes, 3), np.int32)
    lists[:, 1] = lists[:, 2] = np.bincount(found // max(graph.nodes, 1), minlength=graph.nodes)
    lists[1:, 0] = np.cumsum(lists[:-1, 1])
    return lists, pool


def contracted(graph: Graph) -> tuple[Array, Array]:
    """Take out all nodes; the list of a node then holds those that were taken out after it."""
    nodes = graph.nodes
    lists, pool = _lists(graph)
    time, touched = np.full(nodes, FAR + 1, np.int32), np.empty(nodes, np.int32)
    level, stale = np.zeros(nodes, np.int32), np.zeros(nodes, np.bool_)
    heap, near = np.empty(WITNESS_HEAP, np.int64), np.arange(nodes)
    state = np.array([len(pool), 0, nodes, 0, 0], np.int64)
    pool = _longer(pool, 3 * len(pool) + 1024)
    queue, found = np.empty(nodes, np.int64), np.empty((1024, 4), np.int64)
    while _contract(
        lists, pool, time, touched, heap, level, stale, near, queue, found, state
    ):  # fmt: skip
        pool = _longer(pool, int(state[3]))
        found = _longer(found, int(state[4]))
    return lists, pool


def sweep_order(lists: Array, pool: Array) -> tuple[Array, Array]:
    """Return nodes by row and rows by node, int32, shape (n,) each; see `_order`."""
    nodes = len(lists)
    order, row = np.empty(nodes, np.int32), np.full(nodes, -1, np.int32)
    _order(lists, pool, order, row, np.empty(nodes, np.int32), np.zeros(nodes, np.int32))
    return order, row


def _longer(array: Array, size: int) -> Array:
    """Return an array of at least this length that begins like the old one."""
    if size <= len(array):
        return array
    longer = np.empty((max(size, 2 * len(array)), *array.shape[1:]), array.dtype)
    longer[: len(array)] = array
    return longer


@kernel
def _join(
    lists: Array, pool: Array, top: Int, node: Int, other: Int, way: Int, time: Int, hops: Int
) -> Int:
    """
    Write an arc between two nodes into the list of the first, if it is quicker than the one there.

    Parameters
    ----------
    lists
        int32, shape (n, 3): where the list of a node begins in the pool, its length, its room.
    pool, top
        int32, (q, 4): neighbour, ticks to it (0 none), ticks from it, arcs of the graph in it; and
        how much of it is in use, which is returned.
    way
        `OUT`: to the other node, `INTO`: from it.
    """
    begin, length = np.int64(lists[node, 0]), np.int64(lists[node, 1])
    at = begin
    while at < begin + length and pool[at, 0] != other:
        at += 1
    if at == begin + length:
        if length == lists[node, 2]:
            for k in range(length):
                for item in range(4):
                    pool[top + k, item] = pool[begin + k, item]
            room = max(4, 2 * length)
            lists[node, 0], lists[node, 2] = top, room
            at = top + length
            top += room
        lists[node, 1] = length + 1
        pool[at, 0], pool[at, OUT], pool[at, INTO] = other, 0, 0
    if pool[at, way] == 0 or time < pool[at, way]:
        pool[at, way], pool[at, HOPS] = time, hops
    return top


@kernel
def _witness(
    lists: Array, pool: Array, source: Int, avoided: Int, longest: Int, settle: Int, time: Array,
    heap: Array, touched: Array,
) -> Int:  # fmt: skip
    """Search a little way around `avoided`; return how many nodes `touched` and `time` hold."""
    time[source], touched[0] = 0, source
    count, settled = 1, 0
    waiting = push(heap, np.int64(0), np.int64(source))
    while waiting > 0 and settled <= settle:
        here, node = heap[0] >> 32, heap[0] & 0xFFFFFFFF
        waiting = pop(heap, waiting)
        if here != time[node]:
            continue
        if here > longest:
            break
        settled += 1
        begin = lists[node, 0]
        for a in range(begin, begin + lists[node, 1]):
            end, new = np.int64(pool[a, 0]), here + pool[a, OUT]
            if pool[a, OUT] == 0 or end == avoided or new > longest or new >= time[end]:
                continue
            if waiting == len(heap):
                return count
            if time[end] > FAR:
                touched[count] = end
                count += 1
            time[end] = new
            waiting = push(heap, waiting, new << 32 | end)
    return count


@kernel
def _shortcuts(
    lists: Array, pool: Array, node: Int, settle: Int, time: Array, heap: Array, touched: Array,
    found: Array,
) -> Int:  # fmt: skip
    """Write the arcs that must replace a node: source, target, ticks, hops; return how many."""
    begin, end = lists[node, 0], lists[node, 0] + lists[node, 1]
    many = 0
    for a in range(begin, end):
        source, come = np.int64(pool[a, 0]), np.int64(pool[a, INTO])
        if come == 0:
            continue
        longest: Int = np.int64(0)
        for b in range(begin, end):
            if b != a and pool[b, OUT] > 0 and come + pool[b, OUT] <= FAR:
                longest = max(longest, come + pool[b, OUT])
        if longest == 0:
            continue
        count = _witness(lists, pool, source, node, longest, settle, time, heap, touched)
        for b in range(begin, end):
            through = come + pool[b, OUT]
            if b == a or pool[b, OUT] == 0 or through > FAR or time[pool[b, 0]] <= through:
                continue
            found[many, 0], found[many, 1], found[many, 2] = source, pool[b, 0], through
            found[many, 3] = min(pool[a, HOPS] + pool[b, HOPS], 1 << 20)
            many += 1
        for k in range(count):
            time[touched[k]] = FAR + 1
    return many


@kernel
def _rated(
    lists: Array, pool: Array, node: Int, level: Int, time: Array, heap: Array, touched: Array,
    found: Array,
) -> Int:  # fmt: skip
    """Rate a node: level, arcs added by arcs taken away, the same of their hops."""
    many = _shortcuts(lists, pool, node, SETTLED_GUESS, time, heap, touched, found)
    hops = old = old_hops = np.int64(0)
    for k in range(many):
        hops += found[k, 3]
    begin = np.int64(lists[node, 0])
    for a in range(begin, begin + lists[node, 1]):
        ways = np.int64(pool[a, OUT] > 0) + np.int64(pool[a, INTO] > 0)
        old += ways
        old_hops += ways * pool[a, HOPS]
    if old == 0:
        return 1000 * np.int64(level)
    return 1000 * level + 1000 * many // old + 1000 * hops // old_hops


@kernel
def _take_out(lists: Array, pool: Array, node: Int, level: Array, near: Array) -> Int:
    """Take a node out of the lists of its neighbours; write them to `near`, return how many."""
    begin, size = np.int64(lists[node, 0]), np.int64(lists[node, 1])
    for k in range(size):
        other = np.int64(pool[begin + k, 0])
        near[k] = other
        level[other] = max(level[other], level[node] + 1)
        last = np.int64(lists[other, 0]) + lists[other, 1] - 1
        at = last
        while pool[at, 0] != node:
            at -= 1
        for item in range(4):
            pool[at, item] = pool[last, item]
        lists[other, 1] -= 1
    return size


@kernel
def _most_room(lists: Array, pool: Array, node: Int) -> Int:
    """Return the most that the lists of the neighbours of a node may grow when it is taken out."""
    begin, size = np.int64(lists[node, 0]), np.int64(lists[node, 1])
    room = 0
    for k in range(size):
        room += 4 * (lists[pool[begin + k, 0], 1] + size) + 16
    return room


@kernel
def _contract(
    lists: Array, pool: Array, time: Array, touched: Array, heap: Array, level: Array,
    stale: Array, near: Array, queue: Array, found: Array, state: Array,
) -> bool:  # fmt: skip
    """
    Take out nodes until none is left; return True when an array is too short to go on.

    Kernels that make arrays take ten times as long to compile; so it is called again with longer
    ones. Each round first rates the nodes of `near`, then takes out the best. Its neighbours are
    `stale` and rated again when their turn comes: most of them change once more before.

    Parameters
    ----------
    state
        int64: how much of the pool is in use; of the queue; how many nodes of `near` wait to be
        rated; and what length of pool and `found` would do.
    """
    while True:
        while state[2] > 0:
            node = near[state[2] - 1]
            size = np.int64(lists[node, 1])
            state[4] = size * size
            if state[4] > len(found):
                return True
            new = _rated(lists, pool, node, level[node], time, heap, touched, found)
            stale[node] = False
            state[1] = push(queue, state[1], new << 32 | node)
            state[2] -= 1
        if state[1] == 0:
            return False
        node = queue[0] & 0xFFFFFFFF
        if stale[node]:
            state[1] = pop(queue, state[1])
            near[0], state[2] = node, 1
            continue
        state[3] = state[0] + _most_room(lists, pool, node)
        if state[3] > len(pool):
            return True
        state[1] = pop(queue, state[1])
        many = _shortcuts(lists, pool, node, SETTLED_REAL, time, heap, touched, found)
        for k in range(_take_out(lists, pool, node, level, near)):
            stale[near[k]] = True
        for k in range(2 * many):
            arc, way = k >> 1, OUT + (k & 1)
            state[0] = _join(
                lists, pool, state[0], found[arc, way - 1], found[arc, 2 - way], way,
                found[arc, 2], found[arc, 3],
            )  # fmt: skip


@kernel
def _order(lists: Array, pool: Array, order: Array, row: Array, stack: Array, done: Array) -> None:
    """Write nodes by row and rows by node: along the curve, more important neighbours before."""
    count = 0
    for seed in range(len(row)):
        if row[seed] >= 0:
            continue
        stack[0], top = seed, 0
        while top >= 0:
            node = np.int64(stack[top])
            if done[node] == lists[node, 1]:
                row[node], order[count] = count, node
                count += 1
                top -= 1
                continue
            above = np.int64(pool[lists[node, 0] + done[node], 0])
            done[node] += 1
            if row[above] < 0:
                top += 1
                stack[top] = above
