"""
Set covering (Toregas et al. 1971): the cheapest plan in which everybody who can be covered is.

Rows that are covered whenever another is, and candidates that another replaces, are left out first.
Who no candidate covers is no row at all (`cover.NEVER`) and is named by who asks; it is never
counted as covered.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix, vstack

from .answers import Answer, Sites, Watch, impossible, judged
from .cover import Cover, Whole, undominated
from .milp import WHOLE, Program, solve
from .rules import Rules


def cheapest(cover: Cover, rules: Rules, watch: Watch, *, backup: int = 1) -> Answer:
    """
    Find the cheapest plan (by number, where there are no costs) that covers every row.

    Parameters
    ----------
    backup
        So many sites within reach of everybody, or all candidates where there are fewer.
    """
    m = cover.candidates
    fixed, forbidden = rules.settled(m)
    cost = np.ones(m, np.int64) if rules.cost is None else rules.cost
    usable = csr_matrix(cover.reach.astype(float).multiply(~forbidden))
    usable.eliminate_zeros()
    needed = np.minimum(np.diff(usable.indptr), backup)
    columns = np.flatnonzero(~forbidden)
    plain = backup == 1 and not len(rules.apart) and rules.count is None
    if plain:
        columns = np.intersect1d(columns, undominated(usable, cost, fixed))
    small = csr_matrix(usable[:, columns])
    rows = needed_rows(small) if plain else np.flatnonzero(needed > 0)
    small = csr_matrix(small[rows])
    table, high = rules.table(m)
    count = len(columns)
    found = solve(
        Program(
            -cost[columns].astype(float), fixed[columns].astype(float), np.ones(count),
            np.ones(count, bool), csr_matrix(vstack([small, table[:, columns]])),
            np.concatenate([needed[rows].astype(float), np.full(len(high), -np.inf)]),
            np.concatenate([np.full(len(rows), np.inf), high]),
        ),
        watch, step=1.0, sign=-1.0,
    )  # fmt: skip
    if found.infeasible:
        return impossible(watch)
    plans: list[Sites] = [greedy_cover(small, cost[columns], needed[rows], fixed[columns])]
    if found.x is not None:
        plans.append(np.flatnonzero(found.x > WHOLE))
    good = [columns[p] for p in plans if rules.kept_by(columns[p], cover)]
    if not good:
        return Answer(np.zeros(0, np.int64), np.inf, -np.inf, "heuristic", watch.elapsed, watch.why)
    best = min(good, key=lambda plan: int(cost[plan].sum()))
    value = int(cost[best].sum())
    return judged(best, value, min(-found.bound, value), watch, step=1.0)


def needed_rows(reach: csr_matrix) -> Sites:
    """List the rows that are not covered whenever another row is."""
    table = csr_matrix(reach.astype(np.float32))
    size = np.diff(table.indptr)
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


def backed_up(cover: Cover, least: int, watch: Watch) -> Answer:
    """
    Cover everybody with `least` sites and as many as possible twice (Hogan & ReVelle 1986).

    The value is the weight of the rows with a second site.
    """
    n, m = cover.reach.shape
    twice = np.flatnonzero(np.diff(cover.reach.indptr) > 1)
    reach = cover.reach.astype(float)
    eye = csr_matrix((-np.ones(len(twice)), (twice, np.arange(len(twice)))), shape=(n, len(twice)))
    number = csr_matrix((np.ones(m), (np.zeros(m, int), np.arange(m))), shape=(1, m + len(twice)))
    from scipy.sparse import hstack

    found = solve(
        Program(
            np.concatenate([np.zeros(m), cover.weight[twice].astype(float)]),
            np.zeros(m + len(twice)), np.ones(m + len(twice)), np.arange(m + len(twice)) < m,
            csr_matrix(vstack([hstack([reach, eye]), number])),
            np.concatenate([np.ones(n), [0.0]]), np.concatenate([np.full(n, np.inf), [least]]),
        ),
        watch, step=1.0,
    )  # fmt: skip
    if found.infeasible or found.x is None:
        return impossible(watch)
    sites = np.flatnonzero(found.x[:m] > WHOLE)
    times = np.asarray(cover.reach.astype(int)[:, sites].sum(axis=1)).ravel()
    value = int(cover.weight[times > 1].sum())
    return judged(sites, value, max(found.bound, value), watch, step=1.0)
