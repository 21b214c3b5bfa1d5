"""What is negotiated over: the order of building, and plans that are nearly as good."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .answers import Sites, Watch
from .center import longest
from .cover import Cover, Flags, Whole
from .dispersion import FAR, smallest
from .median_program import CHUNK, Distances
from .rules import Rules

ALL_ORDERS = 12
"""Up to so many sites every order is weighed; beyond that the next site is what adds most."""
MOST_PLANS = 400


def build_order(cover: Cover, sites: Sites, first: Sites) -> list[int]:
    """
    Order sites so that every stage is good: the largest sum over the stages of people covered.

    Parameters
    ----------
    first
        Those of them that come before all others.
    """
    order = [int(site) for site in first]
    rest = [int(site) for site in sites if site not in set(order)]
    if not rest or len(rest) > ALL_ORDERS:
        while rest:
            best = max(rest, key=lambda site: (cover.value([*order, site]), -site))
            order.append(best)
            rest.remove(best)
        return order
    masks = cover.reach[:, rest].toarray().T.astype(np.int32)
    start = np.asarray(cover.reach[:, order].astype(np.int32).sum(axis=1)).ravel()
    # total[S]: largest sum over the stages that lead to S, and which of S was built last.
    size = 1 << len(rest)
    total, last = [0] * size, [-1] * size
    for chosen in range(1, size):
        inside = [k for k in range(len(rest)) if chosen >> k & 1]
        times = start + masks[inside].sum(axis=0)
        covered = int(cover.weight[times >= cover.need].sum())
        before, k = max((total[chosen & ~(1 << k)], -k) for k in inside)
        total[chosen], last[chosen] = before + covered, -k
    chosen, found = size - 1, []
    while chosen:
        found.append(rest[last[chosen]])
        chosen &= ~(1 << last[chosen])
    return order + found[::-1]


def stages(cover: Cover, order: list[int]) -> list[int]:
    """Return the people covered after each stage."""
    return [cover.value(order[: k + 1]) for k in range(len(order))]


@dataclass(frozen=True, eq=False)
class NearBest:
    """
    Plans that are nearly as good.

    Parameters
    ----------
    kept
        Shape (m,): share of the plans found that hold each candidate.
    plans
        How many were found, the best included; `whole` if swaps lead to no more.
    core
        Shape (m,): in every one of them.
    replacement, loss
        For each site of the best plan: its best stand-in (-1: none) and the people lost by it.
    """

    kept: npt.NDArray[np.float64]
    plans: int
    whole: bool
    core: Flags
    replacement: dict[int, int]
    loss: dict[int, int]


@dataclass(frozen=True, eq=False)
class Scale:
    """
    What plans are weighed by; more is better.

    Parameters
    ----------
    worth
        Of a plan.
    beside
        Of a plan with each of the m candidates beside it, shape (m,).
    walked
        From so many plans at most swaps are tried.
    """

    worth: Callable[[list[int]], int]
    beside: Callable[[list[int]], Whole]
    walked: int = MOST_PLANS


def by_people(cover: Cover) -> Scale:
    """Weigh plans by the people that they cover."""

    def beside(sites: list[int]) -> Whole:
        times = np.asarray(cover.reach[:, sites].astype(np.int32).sum(axis=1)).ravel()
        left = np.where(times == cover.need - 1, cover.weight, 0)
        value = cover.base + int(cover.weight[times >= cover.need].sum())
        return np.asarray(value + cover.reach.T.astype(np.int64) @ left)

    return Scale(cover.value, beside)


def by_time(table: Distances) -> Scale:
    """Weigh plans by the time that all take to the nearest: less is better, so it is negative."""
    wide = max(CHUNK // max(len(table.weight), 1), 1)

    def beside(sites: list[int]) -> Whole:
        near = np.minimum(table.cap, table.cost[:, sites].min(axis=1, initial=2**32 - 1))
        parts = [
            table.weight @ np.minimum(near[:, None], table.cost[:, begin : begin + wide])
            for begin in range(0, table.cost.shape[1], wide)
        ]
        return -np.concatenate(parts)

    return Scale(lambda sites: -table.value(sites), beside)


def by_longest(table: Distances) -> Scale:
    """Weigh plans by the longest time of anybody to the nearest: less is better."""
    somebody = table.weight > 0
    cost, cap = table.cost[somebody], table.cap[somebody]
    wide = max(CHUNK // max(len(cap), 1), 1)

    def beside(sites: list[int]) -> Whole:
        near = np.minimum(cap, cost[:, sites].min(axis=1, initial=2**32 - 1))[:, None]
        parts = [
            np.minimum(near, cost[:, begin : begin + wide]).max(axis=0, initial=0)
            for begin in range(0, cost.shape[1], wide)
        ]
        return -np.concatenate(parts).astype(np.int64)

    return Scale(lambda sites: -longest(table, np.array(sites, np.int64)), beside)


def by_spacing(apart: Whole, stood: Whole, fixed: Flags) -> Scale:
    """Weigh plans by the smallest distance of a new site to any other: more is better."""
    ceiling = np.minimum(stood, apart[:, fixed].min(axis=1, initial=FAR))

    def new(sites: list[int]) -> Sites:
        return np.array([site for site in sites if not fixed[site]], np.int64)

    def beside(sites: list[int]) -> Whole:
        least = smallest(apart, new(sites), ceiling)
        near = np.minimum(ceiling, apart[:, new(sites)].min(axis=1, initial=FAR))
        return np.asarray(np.minimum(near, least))

    return Scale(lambda sites: smallest(apart, new(sites), ceiling), beside)


def near_best(
    cover: Cover, rules: Rules, sites: Sites, tolerance: int, watch: Watch,
    scale: Scale | None = None,
) -> NearBest:  # fmt: skip
    """
    Walk by swaps from the best plan to all that are worth at most `tolerance` less.

    Every plan on the way keeps the rules and is nearly as good, so what cannot be reached by such
    swaps is not seen: `core` says "in every plan found". `scale`: by default people covered.
    """
    by = scale or by_people(cover)
    fixed, forbidden = rules.settled(cover.candidates)
    begin = tuple(sites.tolist())
    best = by.worth(list(begin))
    least = best - tolerance
    seen = {begin}
    queue = deque(seen)
    tally = np.zeros(cover.candidates, np.int64)
    replacement: dict[int, int] = {}
    loss: dict[int, int] = {}
    walked = 0
    while queue:
        plan = queue.popleft()
        tally[list(plan)] += 1
        walked += 1
        for out in plan:
            if fixed[out] or watch.over or walked > by.walked:
                continue
            kept = [site for site in plan if site != out]
            worth, usable = by.beside(kept), ~forbidden
            usable[list(plan)] = False
            ranked = np.argsort(-worth, kind="stable")
            ranked = ranked[usable[ranked]]
            if plan == begin:
                into = next((int(j) for j in ranked[:50] if rules.kept_by([*kept, j], cover)), -1)
                replacement[out] = into
                loss[out] = int(best - (worth[into] if into >= 0 else by.worth(kept)))
            for into in ranked[: int((worth[ranked] >= least).sum())].tolist():
                other = tuple(sorted([*kept, into]))
                if len(seen) >= MOST_PLANS:
                    break
                if other not in seen and rules.kept_by(list(other), cover):
                    seen.add(other)
                    queue.append(other)
    kept_share = tally / max(len(seen), 1)
    return NearBest(
        kept_share, len(seen), walked <= by.walked and len(seen) < MOST_PLANS and not watch.over,
        tally == len(seen), replacement, loss,
    )  # fmt: skip
