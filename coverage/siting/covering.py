"""
Maximal covering (Church & ReVelle 1974): as many people as possible within reach.

Large plain problems: greed, swaps and kicks within what the Lagrangian bound leaves open, in turn
with the bound; what is still open then goes to HiGHS. Small ones, and those with money, distances
or floors, go to HiGHS at once.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack, vstack

from .answers import Answer, Sites, Watch, impossible, judged, unknown
from .cover import Cover, Whole, undominated
from .milp import WHOLE, Program, Solved, solve
from .rules import Rules

SMALL_ENTRIES = 2_000
"""Up to so many covered pairs (50 ms of HiGHS) a whole curve takes less than loading kernels."""
ROUNDS, STEPS, KICKS = 12, 300, 100
LIST_FACTOR = 4
"""Swaps first look at so many times the number of sites, the best by their price."""


def maximal(cover: Cover, rules: Rules, watch: Watch, *, exact: bool = True) -> Answer:
    """
    Find the plan that covers most; its value includes what is covered anyway.

    Parameters
    ----------
    exact
        Whether to prove it; otherwise large plain problems get the heuristic and its bound only.
    """
    fixed, _ = rules.settled(cover.candidates)
    if rules.count is not None and int(fixed.sum()) > rules.count:
        return impossible(watch)
    if rules.plain and cover.lone and cover.reach.nnz > SMALL_ENTRIES:
        return _large(cover, rules, watch, exact)
    start = greedy(cover, rules)
    found = _by_program(cover, rules, watch, start)
    return found


def greedy(cover: Cover, rules: Rules) -> Sites | None:
    """
    Open the site that adds most, by cost where there is a budget, until the rules stop it.

    Returns
    -------
    int, or None
        None if the plan breaks a floor: greed cannot tell whether another would keep it.
    """
    fixed, forbidden = rules.settled(cover.candidates)
    chosen = fixed.copy()
    price = np.ones(len(fixed)) if rules.budget is None or rules.cost is None else rules.cost
    turned = csr_matrix(cover.reach.T, dtype=float)
    while rules.count is None or chosen.sum() < rules.count:
        # Of a row that several must cover each one brings its part.
        left = np.where(cover.rows_of(np.flatnonzero(chosen)), 0.0, cover.weight / cover.need)
        gain = np.asarray(turned @ left)
        usable = ~chosen & ~forbidden & (gain > 0)
        if rules.budget is not None and rules.cost is not None:
            usable &= rules.cost <= rules.budget - rules.spent(chosen)
        usable &= ~rules.too_near(np.flatnonzero(chosen), len(chosen))
        if not usable.any():
            break
        chosen[np.where(usable, gain / np.maximum(price, 1e-9), -1.0).argmax()] = True
    sites = np.flatnonzero(chosen)
    return sites if rules.kept_by(sites, cover) else None


def covering_program(cover: Cover, rules: Rules) -> Program:
    """Build the program: sites first, then the rows of `variables`."""
    m = cover.candidates
    fixed, forbidden = rules.settled(m)
    shared, variable = variables(cover)
    need = cover.need[shared].astype(float)
    width = m + len(shared)

    def spread(people: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        sums = np.zeros(width)
        np.add.at(sums, variable, people.astype(float))
        return sums

    table, high = rules.table(m)
    links = hstack([cover.reach[shared].astype(float), -_diagonal(need)])
    blocks = [links, hstack([table, csr_matrix((table.shape[0], len(shared)))])]
    low = [np.zeros(len(shared)), np.full(len(high), -np.inf)]
    top = [np.full(len(shared), np.inf), high]
    for people, least in rules.floors:
        blocks.append(csr_matrix(spread(people)[None]))
        low.append(np.array([float(least)]))
        top.append(np.array([np.inf]))
    return Program(
        gain=spread(cover.weight),
        lower=np.concatenate([fixed.astype(float), np.zeros(len(shared))]),
        upper=np.concatenate([(~forbidden).astype(float), np.ones(len(shared))]),
        # Half of those who need two could be covered by one otherwise.
        whole=np.append(np.ones(m, bool), need > 1),
        rows=csr_matrix(vstack(blocks)),
        low=np.concatenate(low),
        high=np.concatenate(top),
    )


def variables(cover: Cover) -> tuple[Sites, Whole]:
    """
    Return the rows with a variable of their own, and the variable of every row, shape (n,).

    A row that one candidate alone covers needs none: it is the candidate's.
    """
    degree, m = np.diff(cover.reach.indptr), cover.candidates
    shared, single = np.flatnonzero(degree > 1), np.flatnonzero(degree == 1)
    variable = np.empty(len(degree), np.int64)
    variable[shared] = m + np.arange(len(shared))
    variable[single] = cover.reach.indices[cover.reach.indptr[single]]
    return shared, variable


def _diagonal(values: npt.NDArray[np.float64]) -> csr_matrix:
    at = np.arange(len(values))
    return csr_matrix((values, (at, at)), shape=(len(at), len(at)))


def _by_program(cover: Cover, rules: Rules, watch: Watch, start: Sites | None) -> Answer:
    program = covering_program(cover, rules)
    # HiGHS is given no start: 1.16 may then return the start with the optimum's value.
    known = -np.inf if start is None else float(cover.value(start) - cover.base)
    found = solve(program, watch, step=1.0, shift=cover.base, known=known)
    return answered(cover, rules, watch, found, start)


def answered(
    cover: Cover, rules: Rules, watch: Watch, found: Solved, start: Sites | None
) -> Answer:
    """Turn what HiGHS found into an answer, reckoned afresh; the better of it and the start."""
    return answered_by(cover.value, cover, rules, watch, found, start)


def answered_by(
    worth: Callable[[Sites], int], cover: Cover, rules: Rules, watch: Watch, found: Solved,
    start: Sites | None,
) -> Answer:  # fmt: skip
    """Do the same where a plan is worth something else than what it covers."""
    if found.infeasible:
        return impossible(watch)
    plans = [] if start is None else [start]
    if found.x is not None:
        plans.append(np.flatnonzero(found.x[: cover.candidates] > WHOLE))
    plans = [plan for plan in plans if rules.kept_by(plan, cover)]
    if not plans:
        return unknown(-np.inf, watch)
    best = max(plans, key=worth)
    bound = cover.base + min(found.bound, float(cover.weight.sum()))
    return judged(best, worth(best), max(bound, worth(best)), watch, step=1.0)


def _large(cover: Cover, rules: Rules, watch: Watch, exact: bool) -> Answer:
    """Swap and bound in turn until proved or stalled; then HiGHS on what is open."""
    from .cover_search import CoverSearch

    count = rules.count or 0
    fixed, forbidden = rules.settled(cover.candidates)
    # A forbidden candidate replaces nobody.
    open_to = csr_matrix(cover.reach.multiply(~forbidden))
    open_to.eliminate_zeros()
    small = undominated(open_to, np.zeros(cover.candidates), fixed)
    dropped = np.ones(cover.candidates, bool)
    dropped[small] = False
    usable = cover.candidates - int((dropped | forbidden).sum())
    never = (forbidden | dropped) & ~fixed
    search = CoverSearch(cover, min(count, usable), fixed, never, watch)
    stalled = 0
    for turn in range(ROUNDS):
        before = (search.value, search.open_sites)
        search.bound_and_swap(STEPS, KICKS, LIST_FACTOR, turn)
        watch.tell(cover.base + search.value, cover.base + search.bound)
        stalled = 0 if (search.value, search.open_sites) != before else stalled + 1
        if watch.over or search.proved or stalled > 2:
            break
    bound: float = search.bound
    if exact and not search.proved and not watch.over:
        rest, sub, sites = search.rest()
        program = covering_program(rest, sub)
        cutoff = search.value - rest.base
        found = solve(program, watch, step=1.0, shift=cover.base + rest.base, known=cutoff)
        bound = max(search.value, rest.base + min(found.bound, search.bound - rest.base))
        if found.x is not None and found.value > cutoff:
            search.take(np.concatenate([search.settled_open, sites[
                np.flatnonzero(found.x[: rest.candidates] > WHOLE)]]))  # fmt: skip
    plan = np.union1d(search.best, np.flatnonzero(fixed))
    value = cover.value(plan)
    return judged(plan, value, max(cover.base + bound, value), watch, step=1.0)
