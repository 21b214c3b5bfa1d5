"""
Who is served at sites with room for so many: people of one row may go to several of them.

Whom a crowded site serves is not said by the sites alone. Of the ways that serve most people, that
is told by which two groups are treated most alike, and then the worst-off best. Those served stand
for their row: of a group, the share that it has there. For given sites a floor costs nobody: whom
it is for come first, and others fill what room is left (who can be served is a polymatroid).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix, csr_matrix, hstack, vstack
from scipy.sparse.csgraph import maximum_flow

from .answers import Sites, Watch
from .cover import Cover, Whole
from .milp import Program, solve, widened

People = npt.NDArray[np.float64]
Floor = tuple[Whole, float]
PART_OF_ONE = 1e-5
"""A part of a person that is lost to floating point."""


@dataclass(frozen=True, eq=False)
class Service:
    """
    Who can be served where: k pairs of a row with people and a site within its reach.

    Parameters
    ----------
    row, site
        Shape (k,).
    room
        Shape (m,): people that a site serves at most, never more than those within its reach.
    by_row, by_site
        Shapes (n, k) and (m, k): sums of the pairs.
    share
        Shape (n, k): the share of its row that one person is.
    """

    row: Whole
    site: Whole
    room: Whole
    by_row: csr_matrix
    by_site: csr_matrix
    share: csr_matrix

    @classmethod
    def of(cls, cover: Cover, room: Whole) -> Service:
        """List the pairs of a table, and what its sites have room for."""
        pairs = cover.reach.tocoo()
        used = cover.weight[pairs.row] > 0
        row, site = pairs.row[used].astype(np.int64), pairs.col[used].astype(np.int64)
        (n, m), k = cover.reach.shape, len(row)
        ones, at = np.ones(k), np.arange(k)
        near = np.asarray(cover.reach.T.astype(np.int64) @ cover.weight)
        return cls(
            row, site, np.minimum(room, near),
            csr_matrix((ones, (row, at)), shape=(n, k)),
            csr_matrix((ones, (site, at)), shape=(m, k)),
            csr_matrix((1.0 / cover.weight[row], (row, at)), shape=(n, k)),
        )  # fmt: skip


def served(cover: Cover, room: Whole, sites: npt.ArrayLike) -> int:
    """Return how many people a plan serves, its base included, as a largest flow."""
    chosen = np.asarray(sites, np.int64)
    part, k = cover.reach[:, chosen].tocoo(), len(chosen)
    if not part.nnz:
        return cover.base
    rows, row = np.unique(part.row, return_inverse=True)
    n = len(rows)
    start = np.concatenate([np.zeros(n, int), row + 1, n + 1 + np.arange(k)])
    end = np.concatenate([np.arange(n) + 1, n + 1 + part.col, np.full(k, n + k + 1)])
    most = np.concatenate([cover.weight[rows], cover.weight[part.row], room[chosen]])
    most = np.minimum(most, np.iinfo(np.int32).max).astype(np.int32)
    graph = csr_matrix(coo_matrix((most, (start, end)), shape=(n + k + 2, n + k + 2)))
    return cover.base + int(maximum_flow(graph, 0, n + k + 1).flow_value)


def keeps_floors(cover: Cover, room: Whole, sites: npt.ArrayLike, floors: Sequence[Floor]) -> bool:
    """Tell whether a plan can serve so many of each group at once."""
    chosen = np.asarray(sites, np.int64)
    rows = cover.rows_of(chosen)
    # Who is not within reach is not served: cheap, and mostly the reason.
    if any(people[rows].sum() < least - PART_OF_ONE for people, least in floors):
        return False
    if not floors:
        return True
    flow, _ = _flow(cover, room, chosen, floors)
    return not solve(flow, Watch(), relaxed=True).infeasible


def shared_out(
    cover: Cover, room: Whole, sites: npt.ArrayLike, floors: Sequence[Floor], totals: Whole,
    pair: tuple[int, int] | None, worst_of: Sequence[int],
) -> People:  # fmt: skip
    """
    Return the people of each group that a plan serves where it serves as many as it can.

    Parameters
    ----------
    floors
        So many of each group at least; the plan keeps them.
    totals
        Shape (g,): all people of each group.
    pair
        Two groups whose shares shall be as near to each other as can be.
    worst_of
        Then the smallest share of any of these shall be as large as can be.

    Returns
    -------
    float, shape (g,)
        With those who are covered already. People are divisible here: a part of one may be lost.
    """
    chosen = np.asarray(sites, np.int64)
    flow, share = _flow(cover, room, chosen, floors)
    k, groups = len(flow.gain), csr_matrix(cover.groups.T.astype(float)) @ share
    base = cover.base_groups.astype(float)
    if not k:
        return base
    most = float(served(cover, room, chosen) - cover.base)
    flow = flow.under(csr_matrix(np.ones((1, k))), np.array([most - PART_OF_ONE]), np.array([most]))
    if pair is not None and totals[list(pair)].all():
        apart = solve(least_difference(flow, groups, base, totals, pair), Watch(), relaxed=True)
        sums, at = difference(groups, base, totals, pair)
        wide = -apart.value + PART_OF_ONE / float(totals[list(pair)].max())
        flow = flow.under(sums, np.array([-wide - at]), np.array([wide - at]))
    best = solve(largest_share(flow, groups, base, totals, worst_of), Watch(), relaxed=True)
    if best.x is None:
        raise RuntimeError("a plan does not serve whom it was said to serve")
    return np.asarray(base + groups @ best.x[:k])


def _flow(
    cover: Cover, room: Whole, chosen: Sites, floors: Sequence[Floor]
) -> tuple[Program, csr_matrix]:
    """Return whom a plan may serve, a variable a pair, and what share of its row a person is."""
    meet = Service.of(replace(cover, reach=csr_matrix(cover.reach[:, chosen])), room[chosen])
    k = len(meet.row)
    most = np.concatenate([cover.weight, meet.room]).astype(float)
    flow = Program(
        np.zeros(k), np.zeros(k), cover.weight[meet.row].astype(float), np.zeros(k, bool),
        csr_matrix(vstack([meet.by_row, meet.by_site])), np.full(len(most), -np.inf), most,
    )  # fmt: skip
    for people, least in floors:
        sums = csr_matrix(people.astype(float)[None]) @ meet.share
        flow = flow.under(sums, np.array([least - PART_OF_ONE]), np.array([np.inf]))
    return flow, meet.share


def difference(
    groups: csr_matrix, base: People, totals: Whole, pair: tuple[int, int]
) -> tuple[csr_matrix, float]:
    """Return the difference of two groups' shares by the variables, and what it is without."""
    one, two = pair
    signs = 1.0 / max(int(totals[one]), 1), -1.0 / max(int(totals[two]), 1)
    sums = groups[[one]] * signs[0] + groups[[two]] * signs[1]
    return csr_matrix(sums), float(base[one] * signs[0] + base[two] * signs[1])


def least_difference(
    program: Program, groups: csr_matrix, base: People, totals: Whole, pair: tuple[int, int]
) -> Program:
    """Return the program whose aim is the smallest difference of two groups' shares."""
    sums, at = difference(groups, base, totals, pair)
    width = len(program.gain)
    wider = replace(program, gain=np.zeros(width)).beside(1)
    sums = widened(sums, width)
    slack = csr_matrix(np.ones((1, 1)))
    both = csr_matrix(vstack([hstack([-sums, slack]), hstack([sums, slack])]))
    wider.gain[-1] = -1.0
    return wider.under(both, np.array([at, -at]), np.full(2, np.inf))


def largest_share(
    program: Program, groups: csr_matrix, base: People, totals: Whole, among: Sequence[int]
) -> Program:
    """Return the program whose aim is the largest smallest share of some groups."""
    width, listed = len(program.gain), list(among)
    wider = replace(program, gain=np.zeros(width)).beside(1)
    wider.gain[-1] = 1.0
    share = csr_matrix(-totals[listed].astype(float)[:, None])
    rows = csr_matrix(hstack([widened(groups[listed], width), share]))
    return wider.under(rows, -base[listed], np.full(len(listed), np.inf))
