"""The heuristic of maximal covering and its bound: kernels on one table, step by step."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from . import cover_kernels as kernels
from .answers import Sites, Watch
from .bound_kernels import BEST, HUGE, WIDTH, bound_cover
from .cover import Cover, Flags
from .rules import Rules

CLOSED, OPEN, ALWAYS, NEVER = 0, 1, 2, 3


class CoverSearch:
    """
    A search for a plan of `count` sites: the best so far, the bound, and what is still open.

    Values do not include what is covered anyway.
    """

    def __init__(self, cover: Cover, count: int, fixed: Flags, never: Flags, watch: Watch) -> None:
        self.cover, self.count, self.watch = cover, count, watch
        turned = csr_matrix(cover.reach.T)
        turned.sort_indices()
        self.table = (
            cover.reach.indptr.astype(np.int64), cover.reach.indices.astype(np.int32),
            turned.indptr.astype(np.int64), turned.indices.astype(np.int32), cover.weight,
        )  # fmt: skip
        self.start = np.where(fixed, ALWAYS, np.where(never, NEVER, CLOSED)).astype(np.int8)
        self.state = self.start.copy()
        self.price, self.width = cover.weight * 0.5, 1.0
        self.bound: float = float(cover.weight.sum())
        self.value = -1
        self.best: Sites = np.flatnonzero(fixed)
        self._swap(self.start.copy(), 0, 0)

    @property
    def open_sites(self) -> int:
        """How many sites are not settled."""
        return int((self.state < ALWAYS).sum())

    @property
    def settled_open(self) -> Sites:
        """Sites that every better plan has."""
        return np.flatnonzero(self.state == ALWAYS)

    @property
    def proved(self) -> bool:
        """Whether no plan is better than the best."""
        spare = self.count - int((self.state == ALWAYS).sum())
        return self.bound < self.value + 1 or spare < 0 or (spare == 0 and self.bound == self.value)

    def _swap(self, state: npt.NDArray[np.int8], kicks: int, seed: int) -> npt.NDArray[np.int8]:
        """Fill a plan by greed, swap and kick it; at least to its first local best."""
        n, m = self.cover.reach.shape
        books = (
            np.zeros(n, np.int32), np.zeros(n, np.int64), np.zeros(m, np.int64),
            np.zeros(m, np.int64), state,
        )  # fmt: skip
        kernels.begun(*self.table, *books, self.count, seed)
        kept, best = state.copy(), np.full(1, -1, np.int64)
        room = (np.ones(m, bool), np.zeros(m, bool), *np.zeros((4, m), np.int64))
        kernels.climb(*self.table, *books, *room, kept, best, 1)
        for part in self.watch.parts(kicks):
            kernels.climb(*self.table, *books, *room, kept, best, part)
        self.take(np.flatnonzero((kept == OPEN) | (kept == ALWAYS)))
        return kept

    def _bound(self, steps: int) -> None:
        n, m = self.cover.reach.shape
        track = np.array([-HUGE, 0.0, self.width])
        now, push, worth = self.price.copy(), np.zeros(n), np.zeros(m)
        for part in self.watch.parts(steps):
            if bound_cover(*self.table, self.state, self.count, self.value, part, now, self.price,
                           push, worth, track):  # fmt: skip
                break
        self.width = track[WIDTH]
        self.bound = min(self.bound, max(-float(track[BEST]), float(self.value)))

    def take(self, sites: Sites) -> None:
        """Keep a plan if it is better."""
        value = int(self.cover.weight[self.cover.rows_of(sites)].sum())
        if value > self.value and len(sites) <= self.count:
            self.value, self.best = value, np.asarray(sites, np.int64)

    def bound_and_swap(self, steps: int, kicks: int, factor: int, seed: int) -> None:
        """Lower the bound by some steps, then swap from what its prices say."""
        self._bound(steps)
        if self.proved or self.watch.over:
            return
        worth = np.asarray(self.cover.reach.T @ self.price)
        worth[self.start == NEVER] = -1.0
        order = np.argsort(-worth, kind="stable")
        chosen = self.start.copy()
        spare = self.count - int((chosen == ALWAYS).sum())
        free = order[self.start[order] == CLOSED]
        chosen[free[:spare]] = OPEN
        chosen[free[factor * max(spare, 1) :]] = NEVER
        narrow = self._swap(chosen, kicks, seed)
        wide = self.start.copy()
        wide[narrow == OPEN] = OPEN
        self._swap(wide, kicks // 2, seed)
        again = self.start.copy()
        again[self.best] = np.where(self.start[self.best] == ALWAYS, ALWAYS, OPEN)
        self._swap(again, kicks // 2, seed + 1)

    def rest(self) -> tuple[Cover, Rules, Sites]:
        """
        Return what a better plan may still choose.

        Returns
        -------
        Cover
            Rows that no settled site covers; `base` is what those cover.
        Rules
            How many sites are left.
        int
            The candidates by their number in the whole.
        """
        always = self.settled_open
        sites = np.flatnonzero(self.state < ALWAYS)
        done = self.cover.rows_of(always)
        rest = Cover.of(self.cover.reach[:, sites], self.cover.weight, covered=done)
        return rest, Rules(count=self.count - len(always)), sites
