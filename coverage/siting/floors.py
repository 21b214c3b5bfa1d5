"""
Maximal covering with floors or fairness where tables are large: priced people, and a bound.

People of a group are worth more the further a floor is from being kept (Lagrangian relaxation: the
floors become prices). Each price is a plain maximal covering, which is fast; its bound, less what
was paid for the floors, is one of the whole. What remains open goes to HiGHS in the time left.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from .answers import Answer, Sites, Watch, judged
from .cover import Cover, Whole
from .covering import answered, covering_program, maximal
from .milp import solve
from .rules import Rules

Score = Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]
LARGE_ENTRIES = 100_000
"""Fewer covered pairs are left to HiGHS alone: seconds."""
ONE = 64
"""The price of a person of the objective; those of floors are whole parts of it."""
MOST_PRICE, ROUNDS = 64 * ONE, 24
SWAPS, TRIED = 60, 20
"""Swaps at most, and of how many that would be better the rules are looked at."""
STEP, SHRINK = 32.0, 0.85
"""How far prices move at first, and how much less each time."""


def fits(cover: Cover, rules: Rules) -> bool:
    """Tell whether prices are of use: floors and a number alone, on a large table."""
    bare = replace(rules, floors=())
    return bare.plain and cover.lone and cover.reach.nnz > LARGE_ENTRIES


def floored(cover: Cover, rules: Rules, watch: Watch) -> Answer:
    """Find the plan that covers most and keeps the floors; its value includes what is covered."""
    plan, bound = priced(cover, rules, watch.part(watch.left / 2))
    if plan is not None:
        people = cover.weight[:, None]
        part = watch.part(watch.left / 4)
        plan = swapped(cover, rules, plan, people, lambda sums: sums[:, 0].astype(float), part)
        value = cover.value(plan)
        found = judged(plan, value, max(bound, value), watch, step=1.0)
        if found.status == "optimal" or watch.over:
            return found
    known = -np.inf if plan is None else float(cover.value(plan) - cover.base)
    solution = solve(covering_program(cover, rules), watch, step=1.0, shift=cover.base, known=known)
    found = answered(cover, rules, watch, solution, plan)
    if not found.found:
        return found
    return judged(
        found.sites, found.value, max(min(found.bound, bound), found.value), watch, step=1.0
    )


def priced(cover: Cover, rules: Rules, watch: Watch) -> tuple[Sites | None, float]:
    """
    Seek the prices by which floors are kept.

    Returns
    -------
    int, or None
        The best plan that keeps them, if one was found.
    float
        No plan that keeps them covers more.
    """
    people = np.column_stack([group for group, _ in rules.floors])
    least = np.array([math.ceil(need) for _, need in rules.floors], np.int64)
    price, low = np.zeros(len(least), np.int64), np.zeros(len(least), np.int64)
    high = np.full(len(least), MOST_PRICE, np.int64)
    best, most, bound = None, -1, np.inf
    for _ in range(ROUNDS):
        found = at_prices(cover, rules, people @ price, watch)
        bound = min(bound, cover.base + (found.bound - int(price @ least)) / ONE)
        rows = cover.rows_of(found.sites)
        kept = people[rows].sum(axis=0) >= least
        value = cover.value(found.sites)
        if kept.all() and value > most and rules.kept_by(found.sites, cover):
            best, most = found.sites, value
        low, high = np.where(kept, low, price), np.where(kept, price, high)
        between = np.where(high < MOST_PRICE, (low + high) // 2, np.maximum(2 * low, ONE))
        following = np.minimum(np.where(kept & (price == 0), 0, between), high)
        if watch.over or most >= math.floor(bound + 1e-9) or (following == price).all():
            break
        price = following
    return best, math.floor(bound + 1e-9)


def at_prices(cover: Cover, rules: Rules, extra: Whole, watch: Watch) -> Answer:
    """Find the plan of most people where those of a row are worth `extra` more, shape (n,)."""
    worth = np.maximum(ONE * cover.weight + extra, 0)
    part = watch.part(max(watch.left / 4, 0.2))
    return maximal(cover.weighing(worth), replace(rules, floors=()), part, exact=False)


def swapped(
    cover: Cover, rules: Rules, plan: Sites, people: Whole, score: Score, watch: Watch
) -> Sites:  # fmt: skip
    """
    Swap a site for a better one as long as there is one and the rules are kept.

    Parameters
    ----------
    people
        Shape (n, g): what is counted of each row.
    score
        Of sums of it, shape (k, g), nobody before included: what is best, shape (k,).
    """
    fixed, forbidden = rules.settled(cover.candidates)
    turned = csr_matrix(cover.reach.T, dtype=np.int64)
    for _ in range(SWAPS):
        value = score(people[cover.rows_of(plan)].sum(axis=0)[None])[0]
        better = plan
        for out in plan[~fixed[plan]].tolist():
            if watch.over:
                break
            kept = plan[plan != out]
            done = cover.rows_of(kept)
            sums = people[done].sum(axis=0) + turned @ np.where(done[:, None], 0, people)
            worth = score(sums)
            worth[forbidden] = -np.inf
            worth[plan] = -np.inf
            ranked = np.argsort(-worth, kind="stable")[:TRIED]
            ranked = ranked[worth[ranked] > value]
            into = next((j for j in ranked if rules.kept_by([*kept, j], cover)), None)
            if into is not None:
                value, better = worth[into], np.sort(np.append(kept, into))
        if better is plan:
            break
        plan = better
    return plan


def fair_starts(
    cover: Cover, rules: Rules, totals: Whole, groups: Sequence[int], score: Score, watch: Watch
) -> list[Sites]:  # fmt: skip
    """
    Return a plan that is fair to some groups, as far as prices and swaps find one; or none.

    Whose share is below that of all is worth more in the next plan, others less, by smaller and
    smaller steps; the best of them is swapped on.

    Parameters
    ----------
    score
        Of shares of these groups, shape (k, len(groups)): how fair, shape (k,).
    """
    listed = [g for g in groups if totals[g] > 0]
    if not listed or not fits(cover, rules):
        return []
    base, most = cover.base_groups[listed], totals[listed]
    people, price = cover.groups[:, listed], np.zeros(len(listed), np.int64)
    best, fairest, step = None, -np.inf, STEP
    pricing = watch.part(watch.left / 2)
    for _ in range(ROUNDS):
        found = at_prices(cover, rules, people @ price, pricing)
        shares = (base + people[cover.rows_of(found.sites)].sum(axis=0)) / most
        fair = float(score(shares[None])[0])
        if fair > fairest and rules.kept_by(found.sites, cover):
            best, fairest = found.sites, fair
        lack = np.average(shares, weights=most) - shares
        if pricing.over or not lack.any():
            break
        move = np.rint(step * lack / np.abs(lack).max()).astype(np.int64)
        price, step = np.clip(price + move, -ONE // 2, MOST_PRICE), max(SHRINK * step, 1.0)
    if best is None:
        return []
    return [swapped(cover, rules, best, people, lambda sums: score((base + sums) / most), watch)]
