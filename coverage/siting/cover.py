"""
Who can be covered by which candidate: the table of all covering models, as small as it can be.

Places that the same candidates cover (as many of them, where several are asked for) are covered
together or not at all, so they are one row. Who
is covered already, or can be by nobody, is set apart first: neither depends on the plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, issparse

from .answers import Sites

Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
LATER, NEVER = -1, -2
"""Instead of a row: covered already; covered by no candidate."""


@dataclass(frozen=True, eq=False)
class Cover:
    """
    Rows of people by the candidates that cover them; n rows, m candidates, g groups.

    Parameters
    ----------
    reach
        Shape (n, m), CSR with sorted columns.
    weight
        Shape (n,): what a row is worth in the objective.
    groups
        Shape (n, g): people of each group.
    base, base_groups
        What is covered whatever the plan.
    row
        Shape (p,): the row of each place, `LATER` where it is covered already, `NEVER` where too
        few candidates cover it.
    need
        Shape (n,): so many open sites cover a row, 1 unless a choice is asked for.
    """

    reach: csr_matrix
    weight: Whole
    groups: Whole
    base: int
    base_groups: Whole
    row: Whole
    need: Whole

    @property
    def lone(self) -> bool:
        """Whether one open site is enough everywhere."""
        return bool((self.need == 1).all())

    @property
    def candidates(self) -> int:
        """How many candidates."""
        return int(self.reach.shape[1])

    @classmethod
    def of(
        cls,
        reach: npt.NDArray[np.bool_] | csr_matrix,
        weight: npt.ArrayLike,
        *,
        groups: npt.ArrayLike | None = None,
        covered: npt.ArrayLike | None = None,
        need: npt.ArrayLike | None = None,
        kind: npt.ArrayLike | None = None,
    ) -> Cover:
        """
        Merge p places into rows.

        Parameters
        ----------
        reach
            Shape (p, m): which candidate covers which place.
        weight
            Shape (p,): people, whole and not negative.
        groups
            Shape (p, g), by default none.
        covered
            Shape (p,): places that are covered already.
        need
            Shape (p,): how many sites cover a place, by default 1; less than that is covered.
        kind
            Shape (p,), whole: places of different kinds stay rows of their own.

        Raises
        ------
        ValueError
            A weight is negative.
        """
        table = reach if issparse(reach) else csr_matrix(np.asarray(reach, bool))
        table = csr_matrix(table, dtype=np.int8)
        table.sort_indices()
        people = np.asarray(weight, np.int64)
        if len(people) and people.min() < 0:
            raise ValueError("negative weight")
        parts = np.zeros((len(people), 0)) if groups is None else np.asarray(groups)
        parts = parts.astype(np.int64)
        done = np.zeros(len(people), bool) if covered is None else np.asarray(covered, bool)
        wanted = np.ones(len(people), np.int64) if need is None else np.asarray(need, np.int64)
        done = done | (wanted < 1)
        never = ~done & (np.diff(table.indptr) < wanted)
        open_places = np.flatnonzero(~done & ~never)
        kinds = np.zeros(len(people), np.int64) if kind is None else np.asarray(kind, np.int64)
        first, number = _alike(table[open_places], wanted[open_places], kinds[open_places])
        row = np.full(len(people), LATER, np.int64)
        row[never] = NEVER
        row[open_places] = number
        merged = np.zeros(len(first), np.int64)
        np.add.at(merged, number, people[open_places])
        merged_parts = np.zeros((len(first), parts.shape[1]), np.int64)
        np.add.at(merged_parts, number, parts[open_places])
        return cls(
            csr_matrix(table[open_places[first]]),
            merged,
            merged_parts,
            int(people[done].sum()),
            parts[done].sum(axis=0),
            row,
            wanted[open_places[first]],
        )

    def rows_of(self, sites: npt.ArrayLike) -> Flags:
        """Tell which rows a plan covers, shape (n,)."""
        chosen = np.zeros(self.candidates, np.int32)
        chosen[np.asarray(sites, np.int64)] = 1
        return np.asarray(self.reach.astype(np.int32) @ chosen >= self.need)

    def value(self, sites: npt.ArrayLike) -> int:
        """Return what a plan covers, what is covered anyway included."""
        return self.base + int(self.weight[self.rows_of(sites)].sum())

    def group_values(self, sites: npt.ArrayLike) -> Whole:
        """Return the people of each group that a plan covers, shape (g,)."""
        return np.asarray(self.base_groups + self.groups[self.rows_of(sites)].sum(axis=0))

    def weighing(self, weight: npt.ArrayLike) -> Cover:
        """Return the same rows with another weight, nobody covered before."""
        return Cover(
            self.reach, np.asarray(weight, np.int64), self.groups, 0, self.base_groups, self.row,
            self.need,
        )  # fmt: skip


def _alike(table: csr_matrix, need: Whole, kind: Whole) -> tuple[Whole, Whole]:
    """
    Group equal rows of a table of ones that need as many of them and are of one kind.

    Returns
    -------
    int, shape (n,)
        One row of each group; the order of the groups does not depend on that of the rows.
    int, shape (p,)
        The group of each row.
    """
    packed: dict[bytes, int] = {}
    indices = table.indices.astype(np.int32)
    ends, wanted = table.indptr.tolist(), np.column_stack([need, kind]).astype(np.int32)
    number = np.empty(table.shape[0], np.int64)
    first: list[int] = []
    for at, (begin, end) in enumerate(pairwise(ends)):
        key = indices[begin:end].tobytes() + wanted[at].tobytes()
        known = packed.setdefault(key, len(first))
        if known == len(first):
            first.append(at)
        number[at] = known
    # Rows in one order whatever the input's: among equal plans the same one is found.
    order = np.array([packed[key] for key in sorted(packed)], np.int64)
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return np.array(first, np.int64)[order], place[number]


def undominated(reach: csr_matrix, cost: npt.ArrayLike, keep: npt.ArrayLike) -> Sites:
    """
    List the candidates that no other one replaces: covering as much for no more.

    Parameters
    ----------
    reach
        Shape (n, m).
    cost
        Shape (m,).
    keep
        Shape (m,): never dropped.
    """
    table = reach.astype(np.float32)
    price, stays = np.asarray(cost, float), np.asarray(keep, bool)
    size = np.asarray(table.sum(axis=0)).ravel()
    common = (table.T @ table).tocoo()
    small, large = common.row, common.col
    inside = (common.data >= size[small]) & (small != large) & (price[large] <= price[small])
    small, large = small[inside], large[inside]
    twin = (size[small] == size[large]) & (price[small] == price[large])
    inside = ~twin | (large < small) | stays[large]
    gone = np.zeros(len(price), bool)
    gone[small[inside]] = True
    gone |= (size == 0) & (price >= 0)
    return np.flatnonzero(~gone | stays)
