"""
Travel times through the network: exact shortest paths on whole tenths of a second.

One backward search per venue answers for all places; the trip may start and end inside an edge.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, vstack

from .network import Ints, Network
from .profile import Profile
from .snap import Doors, along_edge

Ticks = npt.NDArray[np.uint32]

UNREACHED = np.iinfo(np.uint32).max
"""Farther than any time: compares as infinite, and never leaves the program as a number."""
BLOCK_CELLS = 1_000_000
"""Sources are searched in blocks of at most so many (source, node) cells, 8 MB, one at least."""


def door_to_door(
    network: Network,
    profile: Profile,
    arcs: csr_matrix,
    leaving: Doors,
    arriving: Doors,
    *,
    horizon: int,
) -> Ticks:
    """
    Return the travel times from p places to v venues, shape (p, v), tenths of a second.

    The smallest over both ends of both edges of walk + rest of the edge + arcs + part of the edge +
    walk; on a common edge also the way along it. `UNREACHED` where it exceeds `horizon` or no way
    leads. Dijkstra (1959), by scipy.

    The fewer of the two are searched from: pass venues as `leaving` for trips from the venues, and
    the result has the shape (v, p).

    Parameters
    ----------
    network, profile
        What the doors were made with.
    arcs
        `Network.arcs` of the mode.
    leaving, arriving
        Doors of those who set out, made with `leaving=True`, and of where they go.
    horizon
        Longest time of interest, ticks, inclusive.
    """
    if len(leaving.ticks) < len(arriving.ticks):
        times = _through_nodes(arcs.T.tocsr(), arriving, leaving, horizon).T.copy()
    else:
        times = _through_nodes(arcs, leaving, arriving, horizon)
    start, end = same_edge(leaving, arriving)
    direct = along_edge(network, profile, leaving, arriving, start, end)
    usable = (direct >= 0) & (direct <= horizon)
    np.minimum.at(times, (start[usable], end[usable]), direct[usable].astype(np.uint32))
    return times


def _through_nodes(arcs: csr_matrix, leaving: Doors, arriving: Doors, horizon: int) -> Ticks:
    """Search backward from each of `arriving`; see `door_to_door`."""
    from scipy.sparse.csgraph import dijkstra  # a quarter of a second

    places, venues = len(leaving.ticks), len(arriving.ticks)
    times = np.full((places, venues), UNREACHED, np.uint32)
    graph = _with_venues(arcs, arriving)
    nodes = arcs.shape[0]
    block = max(1, BLOCK_CELLS // graph.shape[0])
    for begin in range(0, venues, block):
        sources = np.arange(begin, min(begin + block, venues))
        reached = dijkstra(graph, directed=True, indices=nodes + sources, limit=horizon + 1)
        best = np.full((len(sources), places), np.inf)
        for side in (0, 1):
            usable = leaving.open[:, side]
            through = reached[:, leaving.node[usable, side]] + leaving.ticks[usable, side]
            best[:, usable] = np.minimum(best[:, usable], through)
        best -= 1
        within = best <= horizon
        times[:, sources] = np.where(within, best, UNREACHED).T.astype(np.uint32)
    return times


def _with_venues(arcs: csr_matrix, arriving: Doors) -> csr_matrix:
    """
    Reverse the arcs and add a node per venue, with an arc to each of its doors.

    The new arcs bear one tick too much, because an arc of none would vanish; taken off again later.
    """
    venues, nodes = len(arriving.ticks), arcs.shape[0]
    venue, side = np.nonzero(arriving.open)
    node, weight = arriving.node[venue, side], arriving.ticks[venue, side] + 1
    order = np.lexsort((weight, node, venue))
    venue, node, weight = venue[order], node[order], weight[order]
    fresh = np.ones(len(venue), bool)
    fresh[1:] = (venue[1:] != venue[:-1]) | (node[1:] != node[:-1])
    out = csr_matrix(
        (weight[fresh].astype(float), (venue[fresh], node[fresh])), shape=(venues, nodes + venues)
    )
    back = arcs.T.tocsr()
    back.resize(nodes, nodes + venues)
    return csr_matrix(vstack([back, out]))


def same_edge(leaving: Doors, arriving: Doors) -> tuple[Ints, Ints]:
    """Return the pairs (place, venue) that lie on a common edge."""
    places = np.flatnonzero(leaving.snaps.connected)
    venues = np.flatnonzero(arriving.snaps.connected)
    order = venues[np.argsort(arriving.snaps.edge[venues], kind="stable")]
    edges = arriving.snaps.edge[order]
    low = np.searchsorted(edges, leaving.snaps.edge[places], "left")
    high = np.searchsorted(edges, leaving.snaps.edge[places], "right")
    count = high - low
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return np.repeat(places, count), order[np.repeat(low, count) + within]
