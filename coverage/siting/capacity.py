"""
Maximal covering where a site serves so many people at most (Current & Storbeck 1988).

People of one place may go to several sites. For given sites the people served are a largest flow,
which is how the value of a plan is told afresh.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix, csr_matrix, hstack, vstack
from scipy.sparse.csgraph import maximum_flow

from .answers import Answer, Sites, Watch, judged
from .cover import Cover, Whole
from .covering import answered_by, greedy
from .milp import Program, solve
from .rules import Rules


def served(cover: Cover, capacity: Whole, sites: npt.ArrayLike) -> int:
    """Return how many people a plan serves, its base included, as a largest flow."""
    chosen = np.asarray(sites, np.int64)
    n, k = cover.reach.shape[0], len(chosen)
    if not k or not n:
        return cover.base
    part = cover.reach[:, chosen].tocoo()
    start = np.concatenate([np.zeros(n, int), part.row + 1, n + 1 + np.arange(k)])
    end = np.concatenate([np.arange(n) + 1, n + 1 + part.col, np.full(k, n + k + 1)])
    room = np.concatenate([cover.weight, cover.weight[part.row], capacity[chosen]])
    room = np.minimum(room, np.iinfo(np.int32).max).astype(np.int32)
    graph = csr_matrix(coo_matrix((room, (start, end)), shape=(n + k + 2, n + k + 2)))
    return cover.base + int(maximum_flow(graph, 0, n + k + 1).flow_value)


def capacitated(cover: Cover, capacity: Whole, rules: Rules, watch: Watch) -> Answer:
    """
    Find the plan that serves most people.

    Parameters
    ----------
    capacity
        Shape (m,): people that a site serves at most.
    """
    n, m = cover.reach.shape
    fixed, forbidden = rules.settled(m)
    pairs = cover.reach.tocoo()
    count = len(pairs.row)
    column = np.arange(count)
    weight = cover.weight.astype(float)
    ones = np.ones(count)
    by_row = csr_matrix((ones, (pairs.row, column)), shape=(n, count))
    by_site = csr_matrix((ones, (pairs.col, column)), shape=(m, count))
    linked = csr_matrix(
        (-np.minimum(weight[pairs.row], capacity[pairs.col]), (column, pairs.col)), (count, m)
    )
    eye = csr_matrix((ones, (column, column)), shape=(count, count))
    table, high = rules.table(m)
    rooms = csr_matrix((-capacity.astype(float), (np.arange(m), np.arange(m))), shape=(m, m))
    rows = csr_matrix(vstack([
        hstack([csr_matrix((n, m)), by_row]), hstack([rooms, by_site]), hstack([linked, eye]),
        hstack([table, csr_matrix((table.shape[0], count))]),
    ]))  # fmt: skip
    top = np.concatenate([weight, np.zeros(m + count), high])
    program = Program(
        np.concatenate([np.zeros(m), ones]),
        np.concatenate([fixed.astype(float), np.zeros(count)]),
        np.concatenate([(~forbidden).astype(float), weight[pairs.row]]),
        np.arange(m + count) < m, rows, np.full(len(top), -np.inf), top,
    )  # fmt: skip
    found = solve(program, watch, step=1.0, shift=cover.base)
    return answered_by(
        lambda sites: served(cover, capacity, sites), cover, rules, watch, found,
        greedy(cover, rules),
    )  # fmt: skip


def assigned(
    cost: npt.NDArray[np.int64], size: Whole, room: int, count: int, watch: Watch
) -> tuple[Answer, Whole]:
    """
    Find the p-median in which each customer goes whole to one site with room (pmedcap).

    Parameters
    ----------
    cost
        Shape (n, m): what it costs to serve a customer from a site.
    size, room
        Shape (n,): what a customer takes; what every site has.

    Returns
    -------
    Answer
        The value is the sum of the costs.
    int, shape (n,)
        The site of each customer, -1 where none was found.
    """
    from .assignment import CapacityBound, place_all

    search = CapacityBound(cost, size, room, count)
    best: tuple[float, Sites, Whole] = (np.inf, np.zeros(0, np.int64), np.full(len(size), -1))
    for sites in search.climb(watch):
        found = place_all(cost, size, room, sites, watch)
        if found is not None and found[0] < best[0]:
            best = (found[0], sites, found[1])
            search.upper = best[0]
        if search.bound > best[0] - 1 + 1e-6 or watch.over:
            break
    bound = search.bound
    if bound <= best[0] - 1 + 1e-6 and not watch.over:
        rest = search.decide(best[0], watch)
        bound = max(bound, rest[0])
        if rest[1] is not None and rest[1] < best[0]:
            best = (rest[1], np.unique(rest[2]), rest[2])
    return judged(best[1], best[0], min(bound, best[0]), watch, step=1.0), best[2]
