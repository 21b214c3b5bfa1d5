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

from .answers import Answer, Sites, Watch
from .cover import Cover, Whole
from .covering import answered_by, covering_program, greedy
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
    Find the plan that serves most people; floors count who is within reach, served or not.

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
    if rules.floors:
        program = _with_floors(program, covering_program(cover, Rules(floors=rules.floors)), m)

    def worth(sites: Sites) -> int:
        return served(cover, capacity, sites)

    start = greedy(cover, rules)
    known = -np.inf if start is None else float(worth(start) - cover.base)
    found = solve(program, watch, step=1.0, shift=cover.base, known=known)
    return answered_by(worth, cover, rules, watch, found, start)


def _with_floors(program: Program, floors: Program, m: int) -> Program:
    """Put a covering beside the program, on the same `m` sites: its floors hold for both."""
    ours, more = len(program.gain) - m, len(floors.gain) - m
    rows = csr_matrix(floors.rows)
    joined = [
        hstack([csr_matrix(program.rows), csr_matrix((program.rows.shape[0], more))]),
        hstack([rows[:, :m], csr_matrix((rows.shape[0], ours)), rows[:, m:]]),
    ]
    return Program(
        np.append(program.gain, np.zeros(more)), np.append(program.lower, np.zeros(more)),
        np.append(program.upper, floors.upper[m:]), np.append(program.whole, floors.whole[m:]),
        csr_matrix(vstack(joined)), np.append(program.low, floors.low),
        np.append(program.high, floors.high),
    )  # fmt: skip
