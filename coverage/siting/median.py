"""
The p-median (Hakimi 1964): p sites with the smallest sum of people x time to the nearest.

Swaps on neighbour lists give a plan, a Lagrangian bound (Cornuéjols, Fisher & Nemhauser 1977)
settles most candidates, and HiGHS decides among the rest in the form with a variable for each place
and distance (Cornuéjols, Nemhauser & Wolsey 1980), as far out as it needs to look (García, Labbé &
Marín 2011).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .answers import Answer, Watch, impossible, judged
from .median_program import Distances, Lists, lists_of, rest
from .median_spaced import spaced
from .rules import Rules

TURNS, STEPS, KICKS = 12, 500, 60


def median(
    table: Distances, rules: Rules, watch: Watch, *, exact: bool = True, gap: float = 0.0
) -> Answer:
    """
    Find the plan of least cost; a number, settled sites and distances are kept to.

    Parameters
    ----------
    exact
        Whether to prove it; otherwise the heuristic and its bound only.
    gap
        Being this near to the bound is enough.
    """
    from . import median_kernels as kernels

    m = table.cost.shape[1]
    fixed, forbidden = rules.settled(m)
    count = min(rules.count or 0, m - int(forbidden.sum()))
    if int(fixed.sum()) > (rules.count or 0):
        return impossible(watch)
    if count == 0:
        return judged([], table.value([]), table.value([]), watch, step=1.0)
    lists = lists_of(table, ~forbidden)
    if len(rules.apart):
        return spaced(table, lists, rules, count, watch)
    base = np.where(fixed, 2, np.where(forbidden, 3, 0)).astype(np.int8)
    arrays = (lists.first, lists.site, lists.time, table.cap)
    dense = np.ascontiguousarray(table.cost.T)
    best = np.flatnonzero(fixed)
    value = table.value(best)

    def swap(state: npt.NDArray[np.int8], kicks: int, seed: int) -> None:
        nonlocal best, value
        kernels.swap_median(*arrays, dense, table.weight, state, count, kicks, seed)
        plan = np.flatnonzero((state == 1) | (state == 2))
        cost = table.value(plan)
        if cost < value or (len(best) < len(plan) == count and cost <= value):
            best, value = plan, cost

    swap(base.copy(), 0, 0)
    state, worth, width = base.copy(), np.zeros(m), np.ones(1)
    price = _first_prices(table, lists, count)
    bound, stalled = -np.inf, 0
    for turn in range(TURNS):
        before = (value, int((state < 2).sum()), bound)
        raised = kernels.ascend(
            *arrays, table.weight, state, count, value, STEPS, price, worth, width
        )
        bound = max(bound, min(raised, float(value)))
        watch.tell(value, bound)
        near_enough = value - bound <= max(gap * value, 1 - 1e-6)
        if near_enough or watch.over or stalled > 3 or (state == 2).sum() == count:
            break
        start = base.copy()
        free = np.argsort(worth, kind="stable")
        free = free[base[free] == 0]
        start[free[: count - int((base == 2).sum())]] = 1
        swap(start, KICKS // 4, turn)
        again = base.copy()
        again[best[base[best] == 0]] = 1
        swap(again, KICKS, turn + 1)
        moved = value < before[0] or int((state < 2).sum()) < before[1]
        stalled = 0 if moved or bound > before[2] * (1 + 1e-6) else stalled + 1
    near_enough = value - bound <= max(gap * value, 1 - 1e-6)
    if near_enough or not exact or watch.over:
        return judged(best, value, min(bound, value), watch, step=1.0)
    found, proved = rest(table, lists, state, rules, count, best, price, watch)
    if table.value(found) < value:
        best, value = found, table.value(found)
    return judged(best, value, min(max(bound, proved), value), watch, step=1.0)


def _first_prices(table: Distances, lists: Lists, count: int) -> npt.NDArray[np.float64]:
    """Return first prices: what the candidate of middling rank would cost."""
    size = np.diff(lists.first)
    rank = np.minimum(max(table.cost.shape[1] // max(count, 1), 1), size - 1)
    at = np.where(size > 0, lists.first[:-1] + rank, 0)
    time = lists.time[at] if len(lists.time) else np.zeros(len(size), np.int64)
    near = np.where(size > 0, np.minimum(time, table.cap), table.cap)
    return np.asarray((near * table.weight).astype(float))
