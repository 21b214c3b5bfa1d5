"""The p-median among sites that keep a distance: greed and swaps in numpy, then HiGHS."""

from __future__ import annotations

import numpy as np

from .answers import Answer, Sites, Watch, judged
from .cover import Whole
from .median_program import Distances, lists_of, rest
from .rules import Rules


def spaced(table: Distances, rules: Rules, count: int, watch: Watch) -> Answer:
    """Find the plan of least cost in which no two sites are too near each other."""
    fixed, forbidden = rules.settled(table.cost.shape[1])
    best = _Swaps(table, rules).plan(count, watch)
    bound = -np.inf
    if not watch.over:
        state = np.where(fixed, 2, np.where(forbidden, 3, 0)).astype(np.int8)
        lists, prices = lists_of(table, ~forbidden), np.zeros(len(table.weight))
        found, bound = rest(table, lists, state, rules, count, best, prices, watch)
        if table.value(found) < table.value(best):
            best = found
    value = table.value(best)
    return judged(best, value, min(bound, value), watch, step=1.0)


class _Swaps:
    """Greed and swaps; a candidate at a time, by its own row of times."""

    def __init__(self, table: Distances, rules: Rules) -> None:
        self.table, self.rules = table, rules
        self.rows = np.ascontiguousarray(table.cost.T)
        self.fixed, self.forbidden = rules.settled(len(self.rows))

    def plan(self, count: int, watch: Watch) -> Sites:
        """Open the site that saves most, then replace one by another, while that saves."""
        sites = np.flatnonzero(self.fixed)
        while len(sites) < count and not watch.over:
            worth = self._with_each(sites)
            best = int(worth.argmin())
            if worth[best] >= self.table.value(sites):
                break
            sites = np.append(sites, best)
        moved = True
        while moved and not watch.over:
            moved = False
            for out in sites[~self.fixed[sites]]:
                kept = sites[sites != out]
                worth = self._with_each(kept)
                into = int(worth.argmin())
                moved = bool(worth[into] < self.table.value(sites))
                if moved:
                    sites = np.append(kept, into)
                if moved or watch.over:
                    break
        return np.sort(sites)

    def _with_each(self, sites: Sites) -> Whole:
        """Return what a plan costs with each candidate beside it; huge: it may not."""
        table = self.table
        near = table.cap
        if len(sites):
            near = np.minimum(near, self.rows[sites].min(axis=0).astype(np.int64))
        shut = self.forbidden | self.rules.too_near(sites, len(self.rows))
        shut[sites] = True
        worth = np.full(len(shut), np.iinfo(np.int64).max)
        for j in np.flatnonzero(~shut):
            worth[j] = np.minimum(near, self.rows[j]) @ table.weight
        return worth
