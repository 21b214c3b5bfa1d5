"""
The capacitated p-median with whole customers: a Lagrangian bound by knapsacks, and its repairs.

That each customer is served is priced; what is left is a knapsack per site (Pirkul 1987), by
dynamic programming over whole sizes. Its bound is tighter than that of the linear program.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from .answers import Sites, Watch
from .cover import Whole
from .milp import WHOLE, Program, solve

Prices = npt.NDArray[np.floating[Any]]
DEFLECT, PATIENCE, SHRINK = 0.7, 15, 0.85
ROUNDS, MOST_SETS = 1500, 12


class CapacityBound:
    """The bound, and the plans that it proposes; n customers, m sites."""

    def __init__(self, cost: npt.NDArray[np.int64], size: Whole, room: int, count: int) -> None:
        self.cost, self.size, self.room, self.count = cost, size, room, count
        self.bound, self.upper = -np.inf, np.inf
        self.tried: list[tuple[float, Sites]] = []
        self.price = np.sort(cost, axis=1)[:, min(cost.shape[1] // count, cost.shape[1] - 1)] * 1.0
        self.best_price = self.price.copy()

    def knapsacks(self, price: Prices) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """Return the worth of each site at these prices, and whom it would serve, shape (n, m)."""
        n, m = self.cost.shape
        profit = price[:, None] - self.cost
        table = np.zeros((self.room + 1, m))
        taken = np.zeros((n, self.room + 1, m), bool)
        for i in np.flatnonzero((profit > 0).any(axis=1)).tolist():
            s = int(self.size[i])
            if s > self.room:
                continue
            other = table[: self.room + 1 - s] + profit[i]
            better = other > table[s:]
            table[s:] = np.where(better, other, table[s:])
            taken[i, s:] = better
        served = np.zeros((n, m), bool)
        left = np.full(m, self.room)
        for i in range(n - 1, -1, -1):
            served[i] = taken[i, left, np.arange(m)]
            left = left - np.where(served[i], self.size[i], 0)
        return table[-1], served

    def climb(self, watch: Watch) -> Iterator[Sites]:
        """Raise the bound by subgradients; yield the sets of sites that it proposed, best first."""
        push = np.zeros(len(self.size))
        width, stall, seen = 1.0, 0, set[bytes]()
        for _ in range(ROUNDS):
            worth, served = self.knapsacks(self.price)
            sites = np.sort(np.argsort(-worth, kind="stable")[: self.count])
            z = float(self.price.sum() - worth[sites].sum())
            if z > self.bound + 1e-7:
                self.bound, stall = z, 0
                self.best_price = self.price.copy()
            else:
                stall += 1
                if stall > PATIENCE:
                    width, stall = width * SHRINK, 0
            if sites.tobytes() not in seen:
                seen.add(sites.tobytes())
                cost = hasty(self.cost, self.size, self.room, sites)
                self.upper = min(self.upper, cost)
                self.tried.append((cost, sites))
            missing = 1.0 - served[:, sites].sum(axis=1)
            push = np.asarray(DEFLECT * push + (1 - DEFLECT) * missing, np.float64)
            norm = float(push @ push)
            if norm < 1e-12 or width < 0.02 or watch.over:
                break
            goal = self.upper if np.isfinite(self.upper) else 1.1 * abs(z) + 1
            step = width * max(1.02 * goal - z, 1.0) / norm
            self.price = np.asarray(self.price + step * push, np.float64)
        for _, sites in sorted(self.tried, key=lambda pair: pair[0])[:MOST_SETS]:
            yield sites

    def decide(self, upper: float, watch: Watch) -> tuple[float, float | None, Whole]:
        """Solve what the bound leaves open by HiGHS: a proved bound, a value, sites by customer."""
        worth, _ = self.knapsacks(self.best_price)
        order = np.argsort(-worth, kind="stable")
        z = float(self.best_price.sum() - worth[order[: self.count]].sum())
        last, after = worth[order[self.count - 1]], worth[order[min(self.count, len(order) - 1)]]
        closed = np.zeros(len(worth), bool)
        closed[order[self.count :]] = z + last - worth[order[self.count :]] > upper - 1 + 1e-6
        always = np.zeros(len(worth), bool)
        always[order[: self.count]] = z + worth[order[: self.count]] - after > upper - 1 + 1e-6
        usable = np.flatnonzero(~closed)
        bound, x = _assign(
            self.cost[:, usable], self.size, self.room, always[usable], self.count, watch
        )
        if x is None:
            return max(bound, self.bound), None, np.full(len(self.size), -1)
        chosen = usable[x]
        return bound, float(self.cost[np.arange(len(x)), chosen].sum()), chosen


def _assign(
    cost: npt.NDArray[np.int64], size: Whole, room: int, always: npt.NDArray[np.bool_], count: int,
    watch: Watch,
) -> tuple[float, Whole | None]:  # fmt: skip
    """Choose `count` sites and serve everybody, exactly; bound and the site of each customer."""
    n, m = cost.shape
    pairs = np.arange(n * m)
    who, where = pairs // m, pairs % m
    ones = np.ones(n * m)
    served = csr_matrix((ones, (who, m + pairs)), shape=(n, m + n * m))
    full = csr_matrix(
        (np.concatenate([size[who].astype(float), np.full(m, -float(room))]),
         (np.concatenate([where, np.arange(m)]), np.concatenate([m + pairs, np.arange(m)]))),
        shape=(m, m + n * m),
    )  # fmt: skip
    linked = csr_matrix(
        (np.concatenate([ones, -ones]),
         (np.concatenate([pairs, pairs]), np.concatenate([m + pairs, where]))),
        shape=(n * m, m + n * m),
    )  # fmt: skip
    number = csr_matrix((np.ones(m), (np.zeros(m, int), np.arange(m))), shape=(1, m + n * m))
    from scipy.sparse import vstack

    found = solve(
        Program(
            np.concatenate([np.zeros(m), -cost.ravel().astype(float)]),
            np.concatenate([always.astype(float), np.zeros(n * m)]), np.ones(m + n * m),
            np.ones(m + n * m, bool), csr_matrix(vstack([served, full, linked, number])),
            np.concatenate([np.ones(n), np.full(m + n * m, -np.inf), [float(count)]]),
            np.concatenate([np.ones(n), np.zeros(m + n * m), [float(count)]]),
        ),
        watch, step=1.0, sign=-1.0,
    )  # fmt: skip
    bound = -found.bound
    if found.x is None:
        return bound, None
    return bound, (found.x[m:].reshape(n, m) > WHOLE).argmax(axis=1)


def place_all(
    cost: npt.NDArray[np.int64], size: Whole, room: int, sites: Sites, watch: Watch
) -> tuple[float, Whole] | None:
    """Serve everybody from given sites as cheaply as can be; the cost and the sites, or None."""
    always = np.ones(len(sites), bool)
    _, x = _assign(cost[:, sites], size, room, always, len(sites), watch.part(5.0))
    if x is None:
        return None
    chosen = sites[x]
    return float(cost[np.arange(len(size)), chosen].sum()), chosen


def hasty(cost: npt.NDArray[np.int64], size: Whole, room: int, sites: Sites) -> float:
    """Serve first whoever would lose most by a second choice; the cost, infinite if one is left."""
    table = cost[:, sites].astype(float)
    left = np.full(len(sites), room)
    waiting = np.ones(len(size), bool)
    total = 0.0
    while waiting.any():
        now = np.where(size[:, None] <= left, table, np.inf)
        two = np.sort(now, axis=1)[:, :2]
        regret = np.where(np.isfinite(two[:, -1]), two[:, -1] - two[:, 0], 1e9 + size)
        who = int(np.where(waiting, regret, -1.0).argmax())
        where = int(now[who].argmin())
        if not np.isfinite(now[who, where]):
            return np.inf
        total += now[who, where]
        left[where] -= size[who]
        waiting[who] = False
    return total
