"""What a plan must keep to: number, money, sites that are settled, distances, floors."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, vstack

from .answers import Sites
from .cover import Cover, Flags, Whole
from .service import Floor, keeps_floors

NO_PAIRS: Whole = np.zeros((0, 2), np.int64)


@dataclass(frozen=True, eq=False)
class Rules:
    """
    Rules of a plan among m candidates; n rows.

    Parameters
    ----------
    count
        So many sites at most, fixed ones included.
    cost, budget
        Shape (m,), whole; their sum is at most the budget.
    fixed, forbidden
        Shape (m,): in every plan; in none.
    apart
        Shape (k, 2): pairs of which a plan has one at most.
    floors
        Pairs of people by row, shape (n,), and how many of them at least are covered.
    room
        Shape (m,): people that a site serves at most; floors then count who is served.
    """

    count: int | None = None
    cost: Whole | None = None
    budget: int | None = None
    fixed: Flags | None = None
    forbidden: Flags | None = None
    apart: Whole = field(default_factory=lambda: NO_PAIRS)
    floors: tuple[Floor, ...] = ()
    room: Whole | None = None

    @property
    def plain(self) -> bool:
        """Whether there is only a number, and sites that are settled."""
        return (
            self.count is not None
            and self.budget is None
            and not len(self.apart)
            and not self.floors
        )

    def settled(self, candidates: int) -> tuple[Flags, Flags]:
        """Return which sites are fixed and which forbidden, shape (m,) each."""
        none = np.zeros(candidates, bool)
        fixed = none if self.fixed is None else np.asarray(self.fixed, bool)
        forbidden = none if self.forbidden is None else np.asarray(self.forbidden, bool)
        return fixed, forbidden & ~fixed

    def with_floor(self, people: Whole, least: float) -> Rules:
        """Return the rules with one floor more."""
        return replace(self, floors=(*self.floors, (people, least)))

    def kept_by(self, sites: npt.ArrayLike, cover: Cover) -> bool:
        """Tell whether a plan keeps every rule, told from the plan alone."""
        chosen = np.zeros(cover.candidates, bool)
        chosen[np.asarray(sites, np.int64)] = True
        fixed, forbidden = self.settled(cover.candidates)
        return bool(
            (self.count is None or chosen.sum() <= self.count)
            and (self.budget is None or self.cost is None or self.spent(chosen) <= self.budget)
            and not (fixed & ~chosen).any()
            and not (forbidden & chosen).any()
            and not chosen[self.apart].all(axis=1).any()
            and self._floors_kept(np.flatnonzero(chosen), cover)
        )

    def _floors_kept(self, sites: Sites, cover: Cover) -> bool:
        if self.room is not None:
            return keeps_floors(cover, self.room, sites, self.floors)
        rows = cover.rows_of(sites)
        return all(people[rows].sum() >= least for people, least in self.floors)

    def too_near(self, sites: Sites, candidates: int) -> Flags:
        """Tell which candidates may not stand beside a plan, shape (m,)."""
        chosen, near = np.zeros(candidates, bool), np.zeros(candidates, bool)
        chosen[sites] = True
        one, two = self.apart[:, 0], self.apart[:, 1]
        near[two[chosen[one]]] = True
        near[one[chosen[two]]] = True
        return near

    def spent(self, chosen: Flags) -> int:
        """Return the cost of a plan; what is fixed is paid for already."""
        if self.cost is None:
            return 0
        fixed, _ = self.settled(len(chosen))
        return int(self.cost[chosen & ~fixed].sum())

    def table(self, candidates: int) -> tuple[csr_matrix, npt.NDArray[np.float64]]:
        """Return the rules on the sites as rows `table @ x <= high`."""
        parts: list[csr_matrix] = []
        high: list[float] = []
        fixed, _ = self.settled(candidates)
        if self.count is not None:
            parts.append(csr_matrix(np.ones((1, candidates))))
            high.append(self.count)
        if self.budget is not None and self.cost is not None:
            parts.append(csr_matrix(np.where(fixed, 0.0, self.cost.astype(float))[None]))
            high.append(self.budget)
        cliques = cliques_of(self.apart, candidates)
        parts += [
            csr_matrix((np.ones(len(c)), (np.zeros(len(c), int), c)), shape=(1, candidates))
            for c in cliques
        ]
        high += [1.0] * len(cliques)
        if not parts:
            return csr_matrix((0, candidates)), np.zeros(0)
        return csr_matrix(vstack(parts)), np.array(high)


def cliques_of(pairs: Whole, candidates: int) -> list[Sites]:
    """Cover the edges of a graph by cliques: one rule for a clique says more than its pairs."""
    # Sets of candidates as bits of a number: thousands of pairs take no time.
    apart = np.zeros((candidates, candidates), bool)
    apart[pairs[:, 0], pairs[:, 1]] = apart[pairs[:, 1], pairs[:, 0]] = True
    np.fill_diagonal(apart, val=False)
    near, left = as_bits(apart), as_bits(np.triu(apart))
    found = []
    for a in range(candidates):
        while left[a]:
            b = left[a] & -left[a]
            members, common = 1 << a | b, near[a] & near[b.bit_length() - 1]
            while common:
                c = common & -common
                members |= c
                common &= near[c.bit_length() - 1]
            clique = _bits(members)
            for one in clique:
                left[one] &= ~members
            found.append(np.array(clique, np.int64))
    return found


def as_bits(table: Flags) -> list[int]:
    """Return the rows of a table as numbers: bit j for column j."""
    rows = np.packbits(table, axis=1, bitorder="little")
    return [int.from_bytes(row.tobytes(), "little") for row in rows]


def _bits(members: int) -> list[int]:
    """List the bits of a number, the lowest first."""
    found = []
    while members:
        low = members & -members
        found.append(low.bit_length() - 1)
        members ^= low
    return found
