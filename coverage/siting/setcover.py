"""
Set covering (Toregas et al. 1971): the cheapest plan in which everybody who can be covered is.

Rows that are covered whenever another is, and candidates that another replaces, are left out first.
Who no candidate covers is no row at all (`cover.NEVER`) and is named by who asks; it is never
counted as covered.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix, hstack, vstack

from .answers import Answer, Sites, Watch, impossible, judged, unknown
from .cover import Cover, Whole, undominated
from .milp import WHOLE, Program, solve
from .rules import Rules

MOST_PAIRS = 200_000_000
"""Rows that share a candidate are compared up to so many pairs."""


def cheapest(cover: Cover, rules: Rules, watch: Watch) -> Answer:
    """Find the cheapest plan (by number, where there are no costs) that covers every row."""
    m = cover.candidates
    fixed, forbidden = rules.settled(m)
    cost = np.ones(m, np.int64) if rules.cost is None else rules.cost
    usable = csr_matrix(cover.reach.astype(float).multiply(~forbidden))
    usable.eliminate_zeros()
    needed = np.minimum(np.diff(usable.indptr), cover.need)
    columns = np.flatnonzero(~forbidden)
    plain = cover.lone and not len(rules.apart) and rules.count is None
    if plain:
        columns = np.intersect1d(columns, undominated(usable, cost, fixed))
    small = csr_matrix(usable[:, columns])
    rows = needed_rows(small) if plain else np.flatnonzero(needed > 0)
    small = csr_matrix(small[rows])
    table, high = rules.table(m)
    count = len(columns)
    start = greedy_cover(small, cost[columns], needed[rows], fixed[columns])
    good = [start] if rules.kept_by(columns[start], cover) else []
    known = -float(cost[columns[start]].sum()) if good else -np.inf
    found = solve(
        Program(
            -cost[columns].astype(float), fixed[columns].astype(float), np.ones(count),
            np.ones(count, bool), csr_matrix(vstack([small, table[:, columns]])),
            np.concatenate([needed[rows].astype(float), np.full(len(high), -np.inf)]),
            np.concatenate([np.full(len(rows), np.inf), high]),
        ),
        watch, step=1.0, sign=-1.0, known=known,
    )  # fmt: skip
    if found.infeasible:
        return impossible(watch)
    if found.x is not None:
        better = np.flatnonzero(found.x > WHOLE)
        good += [better] if rules.kept_by(columns[better], cover) else []
    if not good:
        return unknown(np.inf, watch)
    best = min((columns[plan] for plan in good), key=lambda plan: int(cost[plan].sum()))
    value = int(cost[best].sum())
    return judged(best, value, min(-found.bound, value), watch, step=1.0)


def needed_rows(reach: csr_matrix) -> Sites:
    """List the rows that are not covered whenever another row is (all, if they are too many)."""
    table = csr_matrix(reach.astype(np.float32))
    size = np.diff(table.indptr)
    if int((np.bincount(table.indices).astype(np.int64) ** 2).sum()) > MOST_PAIRS:
        return np.flatnonzero(size > 0)
    common = (table @ table.T).tocoo()
    large, small = common.row, common.col
    # A row whose candidates hold all those of another is covered with it.
    implied = (common.data >= size[small]) & (large != small) & (size[small] > 0)
    implied &= (size[large] > size[small]) | (small < large)
    gone = np.zeros(len(size), bool)
    gone[large[implied]] = True
    return np.flatnonzero(~gone & (size > 0))


def greedy_cover(reach: csr_matrix, cost: Whole, needed: Whole, fixed: np.ndarray) -> Sites:
    """Open what covers most by cost until all is covered, then close what is not needed."""
    turned = csr_matrix(reach.T)
    chosen = fixed.copy()
    left = needed - np.asarray(reach @ chosen.astype(float))
    while (left > 0).any():
        gain = np.where(chosen, 0.0, np.asarray(turned @ (left > 0).astype(float)))
        best = int((gain / np.maximum(cost, 1e-9)).argmax())
        if gain[best] <= 0:
            break
        chosen[best] = True
        left = needed - np.asarray(reach @ chosen.astype(float))
    for site in np.flatnonzero(chosen & ~fixed)[np.argsort(-cost[np.flatnonzero(chosen & ~fixed)])]:
        covered = np.asarray(reach @ chosen.astype(float)) - reach[:, [site]].toarray().ravel()
        if (covered >= needed).all():
            chosen[site] = False
    return np.flatnonzero(chosen)


def backed_up(cover: Cover, rules: Rules, watch: Watch) -> Answer:
    """
    Cover everybody within the rules and as many as possible twice (Hogan & ReVelle 1986).

    The value is the weight of the rows with a second site.
    """
    n, m = cover.reach.shape
    fixed, forbidden = rules.settled(m)
    usable = csr_matrix(cover.reach.astype(float).multiply(~forbidden))
    usable.eliminate_zeros()
    degree = np.diff(usable.indptr)
    twice = np.flatnonzero(degree > 1)
    k = len(twice)
    eye = csr_matrix((-np.ones(k), (twice, np.arange(k))), shape=(n, k))
    table, high = rules.table(m)
    found = solve(
        Program(
            np.concatenate([np.zeros(m), cover.weight[twice].astype(float)]),
            np.concatenate([fixed.astype(float), np.zeros(k)]),
            np.concatenate([(~forbidden).astype(float), np.ones(k)]), np.arange(m + k) < m,
            csr_matrix(vstack([hstack([usable, eye]),
                               hstack([table, csr_matrix((table.shape[0], k))])])),
            np.concatenate([np.minimum(degree, 1.0), np.full(len(high), -np.inf)]),
            np.concatenate([np.full(n, np.inf), high]),
        ),
        watch, step=1.0,
    )  # fmt: skip
    if found.infeasible:
        return impossible(watch)
    if found.x is None:
        return unknown(-np.inf, watch)
    sites = np.flatnonzero(found.x[:m] > WHOLE)
    times = np.asarray(cover.reach.astype(int)[:, sites].sum(axis=1)).ravel()
    value = int(cover.weight[times > 1].sum())
    return judged(sites, value, max(found.bound, value), watch, step=1.0)
