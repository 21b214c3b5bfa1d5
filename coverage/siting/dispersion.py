"""
p-dispersion (Kuby 1987): p sites, the two nearest of which are as far apart as can be.

The distance is one of the table's; the largest that p sites can keep is found by halving, each
trial a largest set of sites of which no two are nearer.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, vstack

from .answers import Answer, Sites, Watch, impossible, judged
from .milp import WHOLE, Program, solve
from .rules import Rules, as_bits, cliques_of

MOST_STEPS = 300_000
"""Beyond so many steps of our own search HiGHS takes over."""


def disperse(apart: npt.NDArray[np.int64], rules: Rules, watch: Watch) -> Answer:
    """
    Find p sites whose smallest distance is largest.

    Parameters
    ----------
    apart
        Shape (m, m), symmetric: distances between candidates, whole numbers.
    """
    m, count = len(apart), rules.count or 0
    fixed, forbidden = rules.settled(m)
    if count > m - int(forbidden.sum()) or int(fixed.sum()) > count or count < 2:
        return impossible(watch)
    usable = np.flatnonzero(~forbidden)
    levels = np.unique(apart[np.ix_(usable, usable)][np.triu_indices(len(usable), 1)])
    best = _spread(apart, fixed, usable, count)
    low = int(np.searchsorted(levels, smallest(apart, best)))
    high = len(levels) - 1
    while low < high and not watch.over:
        middle = (low + high + 1) // 2
        plan = _spaced(apart, fixed, usable, count, int(levels[middle]), watch)
        if plan is not None:
            best, low = plan, int(np.searchsorted(levels, smallest(apart, plan)))
        elif watch.over:
            break
        else:
            high = middle - 1
        watch.tell(float(levels[low]), float(levels[high]))
    value = smallest(apart, best)
    return judged(best, value, float(max(levels[high], value)), watch, step=1.0)


def smallest(apart: npt.NDArray[np.int64], sites: Sites) -> int:
    """Return the distance of the nearest two sites, told from the plan alone."""
    inner = apart[np.ix_(sites, sites)]
    return int(inner[np.triu_indices(len(sites), 1)].min())


def _spread(
    apart: npt.NDArray[np.int64], fixed: npt.NDArray[np.bool_], usable: Sites, count: int
) -> Sites:
    """Open the site that is farthest from the open ones, again and again."""
    sites = np.flatnonzero(fixed).tolist()
    if not sites:
        inner = apart[np.ix_(usable, usable)]
        sites = [int(usable[inner.max(axis=1).argmax()])]
    while len(sites) < count:
        near = apart[:, sites].min(axis=1)
        rest = np.setdiff1d(usable, sites)
        sites.append(int(rest[near[rest].argmax()]))
    return np.array(sorted(sites), np.int64)


def _spaced(
    apart: npt.NDArray[np.int64], fixed: npt.NDArray[np.bool_], usable: Sites, count: int,
    distance: int, watch: Watch,
) -> Sites | None:  # fmt: skip
    """Return `count` sites of which no two are nearer than a distance, or None."""
    searched, plan = _by_hand(apart, fixed, usable, count, distance, watch)
    if searched or watch.over:
        return plan
    m = len(apart)
    keep = np.zeros(m, bool)
    keep[usable] = True
    a, b = np.nonzero(np.triu(apart < distance, 1) & keep[:, None] & keep)
    rows = [
        csr_matrix((np.ones(len(c)), (np.zeros(len(c), int), c)), shape=(1, m))
        for c in cliques_of(np.column_stack([a, b]), m)
    ]
    table = csr_matrix(vstack([csr_matrix(np.ones((1, m))), *rows]))
    high = np.concatenate([[float(count)], np.ones(len(rows))])
    found = solve(
        Program(
            np.ones(m), fixed.astype(float), keep.astype(float), np.ones(m, bool), table,
            np.full(len(high), -np.inf), high,
        ),
        watch, step=1.0,
    )  # fmt: skip
    if found.x is None:
        return None
    sites = np.flatnonzero(found.x > WHOLE)
    return sites if len(sites) == count and smallest(apart, sites) >= distance else None


def _by_hand(
    apart: npt.NDArray[np.int64], fixed: npt.NDArray[np.bool_], usable: Sites, count: int,
    distance: int, watch: Watch,
) -> tuple[bool, Sites | None]:  # fmt: skip
    """Search all sets, pruned by how many sites are left; whether it came to its end, and a set."""
    open_sites = np.zeros(len(apart), bool)
    open_sites[usable] = True
    far = as_bits((apart >= distance) & open_sites)
    chosen = np.flatnonzero(fixed).tolist()
    open_to = sum(1 << int(j) for j in usable)
    for site in chosen:
        open_to &= far[site] & ~(1 << site)
    if any(apart[a, b] < distance for a in chosen for b in chosen if a < b):
        return True, None
    steps = 0

    def grow(plan: list[int], left: int) -> list[int] | None:
        nonlocal steps
        if len(plan) == count:
            return plan
        while left.bit_count() >= count - len(plan):
            steps += 1
            if steps > MOST_STEPS or (steps % 1000 == 0 and watch.over):
                raise TimeoutError
            site = (left & -left).bit_length() - 1
            left &= ~(1 << site)
            found = grow([*plan, site], left & far[site])
            if found is not None:
                return found
        return None

    try:
        found = grow(chosen, open_to)
    except TimeoutError:
        return False, None
    return True, None if found is None else np.array(sorted(found), np.int64)
