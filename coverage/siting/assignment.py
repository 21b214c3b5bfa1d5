"""
The capacitated p-median with whole customers: annealed plans, a Lagrangian bound, and HiGHS.

That each customer is served is priced; what is left is a knapsack per site (Pirkul 1987). Its bound
is tighter than that of the linear program. A site, or a customer at a site, that no better plan can
have by that bound is left out; what remains is small enough for HiGHS.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, vstack

from .answers import Answer, Watch, judged
from .cover import Flags, Whole
from .milp import WHOLE, Program, solve

Prices = npt.NDArray[np.floating[Any]]
DEFLECT, PATIENCE, SHRINK = 0.7, 20, 0.85
ROUNDS = 2500
STARTS, STEPS = 45, 400_000
"""Annealings, and steps of each per 50 customers."""
PENALTIES = (1.0, 2.0, 4.0)
"""In turn: where sites are nearly full a higher price of too little room finds better plans."""


def assigned(
    cost: npt.NDArray[np.int64], size: Whole, room: int, count: int, watch: Watch
) -> tuple[Answer, Whole]:
    """
    Find the p-median in which each customer goes whole to one site with room.

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
    upper, to = annealed(cost, size, room, count, watch)
    bound, price = priced(cost, size, room, count, upper, watch)
    if bound <= upper - 1 + 1e-6 and not watch.over:
        proved, better = decided(cost, size, room, count, price, upper, watch)
        bound = max(bound, proved)
        # HiGHS may still bring a plan that is no better than what it was told of.
        if better is not None and value_of(cost, better) < upper:
            upper, to = value_of(cost, better), better
    sites = np.unique(to[to >= 0])
    return judged(sites, upper, min(bound, upper), watch, step=1.0), to


def value_of(cost: npt.NDArray[np.int64], to: Whole) -> float:
    """Return what it costs to serve all from their sites; infinite if one has none."""
    return float(cost[np.arange(len(to)), to].sum()) if (to >= 0).all() else np.inf


def annealed(
    cost: npt.NDArray[np.int64], size: Whole, room: int, count: int, watch: Watch
) -> tuple[float, Whole]:
    """Return the best of some annealings."""
    from .assignment_kernels import anneal

    best, found = np.inf, np.full(len(size), -1, np.int64)
    penalty = 0.5 * float(np.median(cost.min(axis=1, where=cost > 0, initial=cost.max()))) + 1.0
    steps = STEPS * (1 + len(size) // 50)
    for seed in range(STARTS):
        price = penalty * PENALTIES[seed % len(PENALTIES)]
        to = anneal(cost, size, room, count, steps, price, seed)
        if value_of(cost, to) < best:
            best, found = value_of(cost, to), to
        if watch.over:
            break
    return best, found


def priced(
    cost: npt.NDArray[np.int64], size: Whole, room: int, count: int, upper: float, watch: Watch
) -> tuple[float, Prices]:
    """Raise the bound by subgradients; return it and its prices."""
    from .assignment_kernels import knapsacks

    price = np.sort(cost, axis=1)[:, min(cost.shape[1] // count, cost.shape[1] - 1)] * 1.0
    best, best_price, push = -np.inf, price, np.zeros(len(size))
    width, stall = 1.0, 0
    for _ in range(ROUNDS):
        worth, served = knapsacks(cost, size, room, price)
        sites = np.argsort(-worth, kind="stable")[:count]
        z = float(price.sum() - worth[sites].sum())
        if z > best + 1e-7:
            best, best_price, stall = z, price, 0
        else:
            stall += 1
            if stall > PATIENCE:
                width, stall, price = width * SHRINK, 0, best_price
        missing = 1.0 - served[:, sites].sum(axis=1)
        push = DEFLECT * push + (1 - DEFLECT) * missing
        # A direction of steps that cancel out is short, and a step along it would be too long.
        norm = max(float(push @ push), float(missing @ missing))
        if best > upper - 1 + 1e-6 or norm < 1e-12 or width < 1e-4 or watch.over:
            break
        goal = upper if np.isfinite(upper) else 1.1 * abs(z) + 1
        price = price + width * max(1.02 * goal - z, 1.0) / norm * push
    return best, best_price


def decided(
    cost: npt.NDArray[np.int64], size: Whole, room: int, count: int, price: Prices, upper: float,
    watch: Watch,
) -> tuple[float, Whole | None]:  # fmt: skip
    """Solve what the bound leaves open; a proved bound, and a better plan if there is one."""
    from .assignment_kernels import forced, knapsacks

    worth, _ = knapsacks(cost, size, room, price)
    order = np.argsort(-worth, kind="stable")
    z = float(price.sum() - worth[order[:count]].sum())
    rise = np.maximum(worth[order[count - 1]] - worth, 0.0)
    rise[order[:count]] = 0.0
    goal = upper - 1 + 1e-6
    pairs = z + rise + worth - forced(cost, size, room, price) <= goal
    always = np.zeros(len(worth), bool)
    after = worth[order[count]] if len(order) > count else -np.inf
    always[order[:count]] = z + worth[order[:count]] - after > goal
    return _assign(cost, size, room, count, pairs & (z + rise <= goal), always, upper, watch)


def _assign(
    cost: npt.NDArray[np.int64], size: Whole, room: int, count: int, pairs: Flags, always: Flags,
    upper: float, watch: Watch,
) -> tuple[float, Whole | None]:  # fmt: skip
    """Serve everybody by the pairs that are left; bounds above `upper` mean: none is better."""
    n, m = cost.shape
    who, where = np.nonzero(pairs)
    if len(np.unique(who)) < n:
        return np.inf, None
    k = len(who)
    column, ones = m + np.arange(k), np.ones(k)
    shape = m + k
    served = csr_matrix((ones, (who, column)), shape=(n, shape))
    full = csr_matrix(
        (np.concatenate([size[who].astype(float), np.full(m, -float(room))]),
         (np.concatenate([where, np.arange(m)]), np.concatenate([column, np.arange(m)]))),
        shape=(m, shape),
    )  # fmt: skip
    linked = csr_matrix(
        (np.concatenate([ones, -ones]),
         (np.tile(np.arange(k), 2), np.concatenate([column, where]))),
        shape=(k, shape),
    )  # fmt: skip
    number = csr_matrix((np.ones(m), (np.zeros(m, int), np.arange(m))), shape=(1, shape))
    found = solve(
        Program(
            np.concatenate([np.zeros(m), -cost[who, where].astype(float)]),
            np.concatenate([always.astype(float), np.zeros(k)]), np.ones(shape),
            np.ones(shape, bool), csr_matrix(vstack([served, full, linked, number])),
            np.concatenate([np.ones(n), np.full(m + k, -np.inf), [float(count)]]),
            np.concatenate([np.ones(n), np.zeros(m + k), [float(count)]]),
        ),
        watch, step=1.0, sign=-1.0, cutoff=-(upper - 0.5),
    )  # fmt: skip
    # Nothing below `upper` among the pairs that are left: it is the best.
    bound = np.inf if found.infeasible else -found.bound
    if found.x is None:
        return bound, None
    to = np.full(n, -1, np.int64)
    used = found.x[m:] > WHOLE
    to[who[used]] = where[used]
    return bound, to
