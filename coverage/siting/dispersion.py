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

FAR = 2**62
"""Distance to a site where there is none."""
MOST_STEPS = 300_000
"""Beyond so many steps of our own search HiGHS takes over."""


def disperse(
    apart: npt.NDArray[np.int64],
    rules: Rules,
    watch: Watch,
    stood: npt.NDArray[np.int64] | None = None,
) -> Answer:
    """
    Find p sites whose smallest distance, of a new one to any other, is largest.

    Fixed sites are as they are: how far they are from each other settles nothing.

    Parameters
    ----------
    apart
        Shape (m, m), symmetric: distances between candidates, whole numbers.
    stood
        Shape (m,): distance of each candidate to the nearest site that is open already, by default
        none is.
    """
    m = len(apart)
    fixed, forbidden = rules.settled(m)
    ceiling = np.full(m, FAR) if stood is None else stood.astype(np.int64)
    ceiling = np.minimum(ceiling, apart[:, fixed].min(axis=1, initial=FAR))
    usable, count = np.flatnonzero(~forbidden & ~fixed), (rules.count or 0) - int(fixed.sum())
    if not 1 <= count <= len(usable) or (count == 1 and ceiling[usable].min() == FAR):
        return impossible(watch)
    levels = apart[np.ix_(usable, usable)][np.triu_indices(len(usable), 1)]
    levels = np.unique(np.concatenate([levels, ceiling[usable][ceiling[usable] < FAR]]))
    best = _spread(apart, ceiling, usable, count)
    low = int(np.searchsorted(levels, smallest(apart, best, ceiling)))
    high = len(levels) - 1
    while low < high and not watch.over:
        middle = (low + high + 1) // 2
        least = int(levels[middle])
        plan = _spaced(apart, usable[ceiling[usable] >= least], count, least, watch)
        if plan is not None:
            best, low = plan, int(np.searchsorted(levels, smallest(apart, plan, ceiling)))
        elif watch.over:
            break
        else:
            high = middle - 1
        watch.tell(float(levels[low]), float(levels[high]))
    value = smallest(apart, best, ceiling)
    whole = np.concatenate([best, np.flatnonzero(fixed)])
    return judged(whole, value, float(max(levels[high], value)), watch, step=1.0)


def smallest(
    apart: npt.NDArray[np.int64], sites: Sites, ceiling: npt.NDArray[np.int64] | None = None
) -> int:
    """Return the distance of the nearest two sites, or of one to what stands, from the plan."""
    inner = apart[np.ix_(sites, sites)]
    least = int(inner[np.triu_indices(len(sites), 1)].min(initial=FAR))
    return least if ceiling is None else min(least, int(ceiling[sites].min(initial=FAR)))


def _spread(
    apart: npt.NDArray[np.int64], ceiling: npt.NDArray[np.int64], usable: Sites, count: int
) -> Sites:
    """Open the site that is farthest from the open ones, again and again."""
    near = ceiling[usable].copy()
    if near.min() == FAR:
        near = apart[np.ix_(usable, usable)].max(axis=1)
    sites: list[int] = []
    while len(sites) < count:
        sites.append(int(usable[near.argmax()]))
        near = np.minimum(ceiling[usable], apart[usable][:, sites].min(axis=1))
        near[np.isin(usable, sites)] = -1
    return np.array(sorted(sites), np.int64)


def _spaced(
    apart: npt.NDArray[np.int64], usable: Sites, count: int, distance: int, watch: Watch
) -> Sites | None:
    """Return `count` sites of which no two are nearer than a distance, or None."""
    searched, plan = _by_hand(apart, usable, count, distance, watch)
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
            np.ones(m), np.zeros(m), keep.astype(float), np.ones(m, bool), table,
            np.full(len(high), -np.inf), high,
        ),
        watch, step=1.0,
    )  # fmt: skip
    if found.x is None:
        return None
    sites = np.flatnonzero(found.x > WHOLE)
    return sites if len(sites) == count and smallest(apart, sites) >= distance else None


def _by_hand(
    apart: npt.NDArray[np.int64], usable: Sites, count: int, distance: int, watch: Watch
) -> tuple[bool, Sites | None]:
    """Search all sets, pruned by how many sites are left; whether it came to its end, and a set."""
    open_sites = np.zeros(len(apart), bool)
    open_sites[usable] = True
    far = as_bits((apart >= distance) & open_sites)
    open_to = sum(1 << int(j) for j in usable)
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
        found = grow([], open_to)
    except TimeoutError:
        return False, None
    return True, None if found is None else np.array(sorted(found), np.int64)
