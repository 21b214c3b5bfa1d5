"""
The p-center (Hakimi 1964): p sites with the smallest longest time of anybody to the nearest.

The longest time is one of the table's; the smallest that p sites can keep is found by halving, each
trial a set covering (Minieka 1970). Relaxed coverings narrow the range first.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.sparse import csr_matrix

from .answers import Answer, Sites, Watch, impossible, judged
from .cover import Cover, Whole
from .median_program import Distances
from .milp import Program, solve
from .rules import Rules
from .setcover import cheapest, needed_rows


def longest(table: Distances, sites: Sites) -> int:
    """Return the longest time of a place with people, told from the plan alone."""
    nearest = table.cap
    if len(sites):
        nearest = np.minimum(nearest, table.cost[:, sites].min(axis=1).astype(np.int64))
    return int(nearest[table.weight > 0].max(initial=0))


def center(table: Distances, rules: Rules, watch: Watch) -> Answer:
    """Find the plan whose longest time is smallest; the value is that time."""
    count = rules.count or 0
    fixed, _ = rules.settled(table.cost.shape[1])
    if int(fixed.sum()) > count:
        return impossible(watch)
    best = _farthest_first(table, rules)
    radii = _radii(table, longest(table, best))
    low, high = 0, int(np.searchsorted(radii, longest(table, best)))
    while low < high and not watch.over:
        middle = (low + high) // 2
        fits = _relaxed_fits(table, rules, int(radii[middle]), watch)
        if fits is None:
            break
        low, high = (low, middle) if fits else (middle + 1, high)
    proved, high = low, int(np.searchsorted(radii, longest(table, best)))
    while low < high and not watch.over:
        # The relaxed radius is nearly always the one; from there upward the steps grow.
        middle = min(low + (low - proved), (low + high) // 2)
        plan = _within(table, rules, int(radii[middle]), watch)
        if plan is not None:
            best = plan
            high = int(np.searchsorted(radii, longest(table, best)))
        elif watch.over:
            break
        else:
            low = middle + 1
        watch.tell(float(radii[high]), float(radii[low]))
    value = longest(table, best)
    return judged(best, value, float(min(radii[low], value)), watch, step=1.0)


def _radii(table: Distances, most: int) -> Whole:
    """List the longest times that can be, up to one that is known to do, ascending."""
    somebody = table.weight > 0
    cost, cap = table.cost[somebody], table.cap[somebody]
    # Nobody is nearer than to the nearest of all candidates.
    least = int(np.minimum(cost.min(axis=1, initial=2**32 - 1), cap).max(initial=0))
    times = np.concatenate([cost[(cost >= least) & (cost <= most)], cap[(cap >= least)]])
    times = np.unique(np.append(times, [least, most]))
    return times[(times >= least) & (times <= most)].astype(np.int64)


def _cover(table: Distances, radius: int) -> Cover:
    somebody = table.weight > 0
    return Cover.of(
        (table.cost <= radius)[somebody], table.weight[somebody],
        covered=(table.cap <= radius)[somebody],
    )  # fmt: skip


def _within(table: Distances, rules: Rules, radius: int, watch: Watch) -> Sites | None:
    """Return a plan that keeps a radius, or None where there is none (or the watch is over)."""
    cover = _cover(table, radius)
    found = cheapest(cover, replace(rules, count=None, cost=None, budget=None), watch)
    return found.sites if found.found and found.value <= (rules.count or 0) else None


def _relaxed_fits(table: Distances, rules: Rules, radius: int, watch: Watch) -> bool | None:
    """Tell whether fractions of p sites could keep a radius; if not, no plan can. None: stopped."""
    cover = _cover(table, radius)
    fixed, forbidden = rules.settled(cover.candidates)
    m = cover.candidates
    rows = csr_matrix(cover.reach[needed_rows(cover.reach)]).astype(float)
    found = solve(
        Program(
            -np.ones(m), fixed.astype(float), (~forbidden).astype(float), np.ones(m, bool), rows,
            np.ones(rows.shape[0]), np.full(rows.shape[0], np.inf),
        ),
        watch, relaxed=True,
    )  # fmt: skip
    if found.x is None and not found.infeasible:
        return None
    return not found.infeasible and -found.value <= (rules.count or 0) + 1e-6


def _farthest_first(table: Distances, rules: Rules) -> Sites:
    """Open the best site for whoever is farthest, again and again (Gonzalez 1985)."""
    fixed, forbidden = rules.settled(table.cost.shape[1])
    sites = np.flatnonzero(fixed).tolist()
    near = np.where(table.weight > 0, table.cap, -1)
    if sites:
        near = np.minimum(near, table.cost[:, sites].min(axis=1).astype(np.int64))
    while len(sites) < (rules.count or 0):
        who = int(near.argmax())
        shut = forbidden | rules.too_near(np.array(sites, np.int64), len(forbidden))
        open_to = np.where(shut, np.iinfo(np.int64).max, table.cost[who].astype(np.int64))
        site = int(open_to.argmin())
        if site in sites or shut[site]:
            break
        sites.append(site)
        near = np.minimum(near, table.cost[:, site].astype(np.int64))
    return np.array(sorted(sites), np.int64)
