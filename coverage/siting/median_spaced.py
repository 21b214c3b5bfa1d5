"""The p-median among sites that keep a distance: greed and swaps in numpy, then HiGHS."""

from __future__ import annotations

import numpy as np

from .answers import Answer, Sites, Watch, judged
from .cover import Whole
from .median_program import Distances, Lists, rest
from .rules import Rules


def spaced(table: Distances, lists: Lists, rules: Rules, count: int, watch: Watch) -> Answer:
    """Find the plan of least cost in which no two sites are too near each other."""
    fixed, forbidden = rules.settled(table.cost.shape[1])
    best = _swapped(table, rules, _greedy(table, rules, count), watch)
    state = np.where(fixed, 2, np.where(forbidden, 3, 0)).astype(np.int8)
    prices = np.zeros(len(table.weight))
    found, bound = rest(table, lists, state, rules, count, best, prices, watch)
    if table.value(found) < table.value(best):
        best = found
    value = table.value(best)
    return judged(best, value, min(bound, value), watch, step=1.0)


def _with_each(table: Distances, rules: Rules, sites: Sites) -> Whole:
    """Return what a plan costs with each candidate beside it, shape (m,); huge: it may not."""
    _, forbidden = rules.settled(table.cost.shape[1])
    near = table.cap
    if len(sites):
        near = np.minimum(near, table.cost[:, sites].min(axis=1).astype(np.int64))
    shut = forbidden | rules.too_near(sites, len(forbidden))
    shut[sites] = True
    worth = np.full(len(shut), np.iinfo(np.int64).max)
    for j in np.flatnonzero(~shut):
        worth[j] = (np.minimum(near, table.cost[:, j].astype(np.int64)) * table.weight).sum()
    return worth


def _greedy(table: Distances, rules: Rules, count: int) -> Sites:
    sites = np.flatnonzero(rules.settled(table.cost.shape[1])[0])
    while len(sites) < count:
        worth = _with_each(table, rules, sites)
        best = int(worth.argmin())
        if worth[best] >= table.value(sites):
            break
        sites = np.append(sites, best)
    return sites


def _swapped(table: Distances, rules: Rules, sites: Sites, watch: Watch) -> Sites:
    """Replace one site by another as long as that saves something."""
    fixed, _ = rules.settled(table.cost.shape[1])
    moved = True
    while moved and not watch.over:
        moved = False
        for out in sites[~fixed[sites]]:
            kept = sites[sites != out]
            worth = _with_each(table, rules, kept)
            into = int(worth.argmin())
            if worth[into] < table.value(sites):
                sites, moved = np.append(kept, into), True
                break
    return np.sort(sites)
