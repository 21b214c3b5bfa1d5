"""The heuristic of the p-median and its bound: kernels on one table, step by step."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from . import median_kernels as kernels
from .answers import Sites, Watch
from .bound_kernels import BEST, HUGE, WIDTH, bound_median
from .cover import Flags
from .median_program import Distances, Lists

CLOSED, OPEN, ALWAYS, NEVER = 0, 1, 2, 3
TURNS, STEPS, KICKS = 12, 500, 60
STALLED = 3
"""Turns without anything new before the search ends."""


class MedianSearch:
    """A search for a plan of `count` sites: the best so far, the bound, and what is still open."""

    def __init__(
        self, table: Distances, lists: Lists, count: int, fixed: Flags, forbidden: Flags,
        watch: Watch, few: int = 0,
    ) -> None:  # fmt: skip
        """Begin; with `few` unsettled candidates the rest is left to others, and ends here."""
        self.few = few
        self.table, self.lists, self.count, self.watch = table, lists, count, watch
        self.dense = np.ascontiguousarray(table.cost.T)
        self.start = np.where(fixed, ALWAYS, np.where(forbidden, NEVER, CLOSED)).astype(np.int8)
        self.state = self.start.copy()
        self.best: Sites = np.flatnonzero(fixed)
        self.value = table.value(self.best)
        self.bound = -np.inf
        self.price, self.width = _first_prices(table, lists, count), 1.0
        self.worth = np.zeros(len(fixed))
        self._swap(self.start.copy(), 0, 0)

    def near_enough(self, gap: float) -> bool:
        """Tell whether no plan costs less, or less by more than a share."""
        return bool(self.value - self.bound <= max(gap * self.value, 1 - 1e-6))

    def raise_and_swap(self, gap: float) -> None:
        """Raise the bound and swap from its prices, in turn, until proved or stalled."""
        stalled = 0
        for turn in range(TURNS):
            before = (self.value, int((self.state < ALWAYS).sum()), self.bound)
            self._raise()
            self.watch.tell(self.value, self.bound)
            settled = (self.state == ALWAYS).sum() == self.count
            settled |= (self.state < ALWAYS).sum() <= self.few
            if self.near_enough(gap) or self.watch.over or stalled > STALLED or settled:
                return
            start = self.start.copy()
            free = np.argsort(self.worth, kind="stable")
            free = free[start[free] == CLOSED]
            start[free[: self.count - int((start == ALWAYS).sum())]] = OPEN
            self._swap(start, KICKS // 4, turn)
            again = self.start.copy()
            again[self.best[again[self.best] == CLOSED]] = OPEN
            self._swap(again, KICKS, turn + 1)
            moved = self.value < before[0] or int((self.state < ALWAYS).sum()) < before[1]
            stalled = 0 if moved or self.bound > before[2] * (1 + 1e-6) else stalled + 1

    def _swap(self, state: npt.NDArray[np.int8], kicks: int, seed: int) -> None:
        """Fill a plan by greed, swap and kick it; at least to its first local best."""
        n, m = self.table.cost.shape
        lists = self.lists
        arrays = (
            lists.first, lists.site, lists.time, self.table.cap, self.dense, self.table.weight,
        )  # fmt: skip
        books = (
            np.full(m, -1, np.int64), lists.first[:-1].copy(), lists.first[:-1].copy(),
            np.zeros(m, np.int64), np.zeros(self.count, np.int64),
            np.zeros((self.count, m), np.int64), np.zeros(n, bool), state,
            np.full(self.count, -1, np.int64),
        )  # fmt: skip
        opened = kernels.begun(*arrays, *books, seed)
        if not opened:
            return
        kept, best = books[-1].copy(), np.full(1, -1, np.int64)
        kernels.climb(*arrays, *books, opened, kept, best, 1)
        for part in self.watch.parts(kicks):
            kernels.climb(*arrays, *books, opened, kept, best, part)
        plan = np.sort(kept[:opened])
        cost = self.table.value(plan)
        if cost < self.value or (len(self.best) < len(plan) == self.count and cost <= self.value):
            self.best, self.value = plan, cost

    def _raise(self) -> None:
        lists, table = self.lists, self.table
        track = np.array([-HUGE, 0.0, self.width])
        now, push = self.price.copy(), np.zeros(len(table.weight))
        for part in self.watch.parts(STEPS):
            if bound_median(
                lists.first, lists.site, lists.time, table.cap, table.weight, self.state,
                self.count, self.value, self.few, part, now, self.price, push, self.worth, track,
            ):  # fmt: skip
                break
        self.width = track[WIDTH]
        if track[BEST] > -HUGE:
            self.bound = max(self.bound, min(float(track[BEST]), float(self.value)))


def _first_prices(table: Distances, lists: Lists, count: int) -> npt.NDArray[np.float64]:
    """Return first prices: what the candidate of middling rank would cost."""
    size = np.diff(lists.first)
    rank = np.minimum(max(table.cost.shape[1] // max(count, 1), 1), size - 1)
    at = np.where(size > 0, lists.first[:-1] + rank, 0)
    time = lists.time[at] if len(lists.time) else np.zeros(len(size), np.int64)
    near = np.where(size > 0, np.minimum(time, table.cap), table.cap)
    return np.asarray((near * table.weight).astype(float))
