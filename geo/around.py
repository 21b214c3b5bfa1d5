"""
The nearest others of every place by road: so many of them, exact, without a table of all pairs.

A search from each place stops where enough others are known: it sees a few crossings of a county,
where a table of 20,000 x 20,000 would take a gigabyte. It begins with twice the time that the place
before it needed and is done again, four times as far, where that was too short.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from .bucket import Graph, Queue, search, wipe
from .chains import Ends, along_chains, at_ends, contract
from .compiled import Array, Int, kernel
from .network import Ints, Network
from .profile import Profile
from .routing import UNREACHED, Ticks, same_edge
from .snap import Doors, along_edge

FIRST_GUESS = 600
"""Ticks that the first search spreads: one minute."""
NONE = 2**62


@dataclass(frozen=True, eq=False)
class _Lists:
    """Rows of two numbers, listed by an owner: those of owner i are first[i] to first[i + 1]."""

    first: Ints
    rows: Ints

    @classmethod
    def by(cls, owner: Ints, owners: int, *columns: Ints) -> _Lists:
        order = np.argsort(owner, kind="stable")
        count = np.bincount(owner, minlength=owners)
        rows = np.column_stack([column[order] for column in columns])
        return cls(np.concatenate([[0], np.cumsum(count)]), np.ascontiguousarray(rows, np.int64))


def nearest_others(
    network: Network,
    profile: Profile,
    arcs: csr_matrix,
    leaving: Doors,
    arriving: Doors,
    count: int,
    *,
    horizon: int,
    first_guess: int = FIRST_GUESS,
) -> tuple[Ticks, Ints]:
    """
    Find the `count` nearest others of each of p places; of equally near ones the first by number.

    Parameters
    ----------
    network, profile, arcs
        As in `routing.door_to_door`.
    leaving, arriving
        Doors of the same p places, out and in.
    horizon
        Longest time, ticks, inclusive; at most `bucket.FAR`.
    first_guess
        How far the first search goes, ticks; it changes no answer.

    Returns
    -------
    uint32, shape (p, count)
        Ticks, ascending; `UNREACHED` where there are no more.
    int64, shape (p, count)
        Numbers of the others; -1 for none.
    """
    chains = contract(arcs, network.lon, network.lat)
    homes = at_ends(chains, leaving, leaving=True)
    starts = np.column_stack([homes.doors, np.zeros(len(homes.doors), np.int64)])
    into = _by_node(at_ends(chains, arriving, leaving=False), chains.graph.nodes)
    parts = [np.column_stack(part) for part in along_chains(chains, leaving, arriving)]
    place, other = same_edge(leaving, arriving)
    ticks = along_edge(network, profile, leaving, arriving, place, other)
    parts.append(np.column_stack([place, other, ticks])[ticks >= 0])
    direct = np.concatenate(parts)
    beside = _Lists.by(direct[:, 0], len(leaving.ticks), direct[:, 1], direct[:, 2])
    times = np.full((len(leaving.ticks), count), NONE, np.int64)
    number = np.full(times.shape, -1, np.int64)
    queue = Queue(chains.graph, int(starts[:, 1].max(initial=0)))
    _search_all(chains.graph, queue, homes.first, starts, into, beside, horizon, first_guess,
                times, number)  # fmt: skip
    return np.where(times == NONE, UNREACHED, times).astype(np.uint32), number


def _by_node(ends: Ends, nodes: int) -> _Lists:
    """Return the doors of places by node: place and ticks."""
    place = np.repeat(np.arange(len(ends.first) - 1), np.diff(ends.first))
    return _Lists.by(ends.doors[:, 0], nodes, place, ends.doors[:, 1])


def _search_all(
    graph: Graph, queue: Queue, first: Ints, starts: Ints, into: _Lists, beside: _Lists,
    horizon: int, guess: int, times: Ints, number: Ints,
) -> None:  # fmt: skip
    _others(
        graph.first, graph.arcs, first, np.ascontiguousarray(starts), into.first, into.rows,
        beside.first, beside.rows, np.int64(horizon), np.int64(max(guess, 1)),
        np.int64(queue.shift), queue.head, queue.links, queue.label, queue.touched,
        np.full(len(times), NONE, np.int64), np.empty(len(times), np.int64), times, number,
    )  # fmt: skip


@kernel
def _note(place: Int, ticks: Int, best: Array, seen: Array, known: Int) -> Int:
    """Note a time to a place; return how many places are known now."""
    if best[place] == NONE:
        seen[known] = place
        known += 1
    best[place] = min(best[place], ticks)
    return known


@kernel
def _insert(place: Int, ticks: Int, times: Array, number: Array) -> None:
    """Put a place where it belongs among the nearest, if it does."""
    at = len(times)
    while at > 0 and (
        number[at - 1] < 0
        or ticks < times[at - 1]
        or (ticks == times[at - 1] and place < number[at - 1])
    ):
        at -= 1
    for k in range(len(times) - 1, at, -1):
        times[k], number[k] = times[k - 1], number[k - 1]
    if at < len(times):
        times[at], number[at] = ticks, place


@kernel
def _others(
    first: Array, arcs: Array, start_first: Array, starts: Array, into_first: Array, into: Array,
    beside_first: Array, beside: Array, horizon: Int, guess: Int, shift: Int, head: Array,
    links: Array, label: Array, touched: Array, best: Array, seen: Array, times: Array,
    number: Array,
) -> None:  # fmt: skip
    """
    Write the nearest others of every place.

    Whatever lies within the reach of a search is known exactly once it is done: enough such others
    are the nearest.

    Parameters
    ----------
    first, arcs, horizon, shift, head, links, label, touched
        As in `bucket.search`.
    start_first, starts
        Doors out of the places: node, ticks, 0.
    into_first, into
        By node: place and ticks of the doors in.
    beside_first, beside
        By place: others on the same edge or chain, and ticks along it.
    guess
        How far the first search goes, at least 1.
    best, seen
        To write on, shape (p,); `best` is `NONE` before and after.
    times, number
        The answer, shape (p, count).
    """
    for here in range(len(times)):
        reach = min(guess, horizon)
        while True:
            known = np.int64(0)
            count = search(
                first, arcs, starts[start_first[here] : start_first[here + 1]], reach, shift, head,
                links, label, touched,
            )  # fmt: skip
            for k in range(count):
                node = np.int64(touched[k])
                time = label[node] >> 32
                for a in range(into_first[node], into_first[node + 1]):
                    if into[a, 0] != here and time + into[a, 1] <= reach:
                        known = _note(into[a, 0], time + into[a, 1], best, seen, known)
            for a in range(beside_first[here], beside_first[here + 1]):
                if beside[a, 0] != here and beside[a, 1] <= reach:
                    known = _note(beside[a, 0], beside[a, 1], best, seen, known)
            wipe(label, touched, count)
            enough = known >= times.shape[1] or reach >= horizon
            for k in range(known):
                if enough:
                    _insert(seen[k], best[seen[k]], times[here], number[here])
                best[seen[k]] = NONE
            if enough:
                break
            reach = min(4 * reach, horizon)
        if number[here, times.shape[1] - 1] >= 0:
            guess = max(2 * times[here, times.shape[1] - 1], np.int64(1))


def warm() -> None:
    """Compile the kernels, or load them."""
    node = np.arange(3)
    graph = Graph.of(node, np.roll(node, -1), node + 1, 3)
    nobody = _Lists(np.zeros(4, np.int64), np.empty((0, 2), np.int64))
    starts = np.column_stack([node, np.zeros((3, 2), np.int64)])
    answer = np.full((3, 1), NONE, np.int64), np.full((3, 1), -1, np.int64)
    here = _Lists.by(node, 3, node, node)
    _search_all(graph, Queue(graph, 0), here.first, starts, here, nobody, 9, 1, *answer)
