"""
The p-median as a program: the table, candidates by place, and a variable for place and distance.

The form of Cornuéjols, Nemhauser & Wolsey 1980, as far out as it needs to look (García, Labbé &
Marín 2011).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack, vstack

from .answers import Sites, Watch
from .cover import Flags, Whole
from .milp import WHOLE, Program, solve
from .rules import Rules

CHUNK = 1 << 22
ROOM = 1.1
"""The program looks so much farther out than the plan goes."""
MOST_LEVELS = 3_000_000
"""Rows of a program beyond which HiGHS is not asked: the bound stands."""


@dataclass(frozen=True, eq=False)
class Distances:
    """
    What it costs each of n places to go to each of m candidates.

    Parameters
    ----------
    cost
        Shape (n, m), uint32: time, or anything that grows with it.
    cap
        Shape (n,), int64: the cost without a plan, to what is there already; at most that is paid.
    weight
        Shape (n,), int64: people.
    """

    cost: npt.NDArray[np.uint32]
    cap: Whole
    weight: Whole

    def value(self, sites: npt.ArrayLike) -> int:
        """Return the cost of a plan, told from the plan alone."""
        chosen = np.asarray(sites, np.int64)
        nearest = self.cap
        if len(chosen):
            nearest = np.minimum(nearest, self.cost[:, chosen].min(axis=1).astype(np.int64))
        return int((nearest * self.weight).sum())


@dataclass(frozen=True, eq=False)
class Lists:
    """Of each place the candidates nearer than what is there already, nearest first."""

    first: Whole
    site: npt.NDArray[np.int32]
    time: Whole


def lists_of(table: Distances, usable: Flags) -> Lists:
    """Sort the usable candidates of each place that are nearer than what is there already."""
    n, m = table.cost.shape
    wide = max(CHUNK // max(m, 1), 1)
    lengths, sites, times = [], [], []
    for begin in range(0, n, wide):
        cost = table.cost[begin : begin + wide].astype(np.uint64)
        near = (cost < table.cap[begin : begin + wide, None].astype(np.uint64)) & usable
        key = np.where(near, cost << np.uint64(24) | np.arange(m, dtype=np.uint64), ~np.uint64(0))
        key.sort(axis=1)
        length = near.sum(axis=1)
        kept = key[np.arange(m) < length[:, None]]
        lengths.append(length)
        sites.append((kept & np.uint64((1 << 24) - 1)).astype(np.int32))
        times.append((kept >> np.uint64(24)).astype(np.int64))
    first = np.concatenate([[0], np.cumsum(np.concatenate(lengths))]).astype(np.int64)
    return Lists(first, np.concatenate(sites), np.concatenate(times))


def rest(
    table: Distances, lists: Lists, state: npt.NDArray[np.int8], rules: Rules, count: int,
    best: Sites, price: npt.NDArray[np.float64], watch: Watch,
) -> tuple[Sites, float]:  # fmt: skip
    """
    Decide among the candidates that are not settled (`state` 2: always, 3: never).

    Returns
    -------
    int
        A plan.
    float
        No plan costs less.
    """
    value = table.value(best)
    usable = np.flatnonzero(state != 3)
    number = np.full(len(state), -1, np.int64)
    number[usable] = np.arange(len(usable))
    always = table.cost[:, state == 2].min(axis=1, initial=2**32 - 1).astype(np.int64)
    cap = np.minimum(table.cap, always)
    reach = np.maximum(
        np.where(table.weight > 0, price / np.maximum(table.weight, 1), 0),
        np.minimum(cap, table.cost[:, best].min(axis=1, initial=2**32 - 1)),
    )
    plan, bound, reach = best, -np.inf, reach * ROOM
    while not watch.over:
        program, shift = _levels(table.weight, lists, number, usable, state, count, cap, reach)
        if len(program.gain) > MOST_LEVELS:
            break
        program = _spacing(program, rules, usable, len(state))
        known = shift - table.value(plan)
        found = solve(program, watch, step=1.0, shift=shift, sign=-1.0, known=known)
        bound = max(bound, min(shift - found.bound, float(value)))
        if found.x is None:
            break
        chosen = usable[np.flatnonzero(found.x[: len(usable)] > WHOLE)]
        true = np.minimum(cap, table.cost[:, chosen].min(axis=1, initial=2**32 - 1))
        if table.value(chosen) < table.value(plan):
            plan = chosen
        short = true > reach
        if not short.any() or bound > table.value(plan) - 1 + 1e-6:
            break
        reach = np.where(short, true * ROOM, reach)
    return plan, bound


def _spacing(program: Program, rules: Rules, usable: Sites, candidates: int) -> Program:
    """Return the program with the distances between sites."""
    if not len(rules.apart):
        return program
    table, high = Rules(apart=rules.apart).table(candidates)
    table = csr_matrix(table[:, usable])
    more = csr_matrix((table.shape[0], len(program.gain) - len(usable)))
    return replace(
        program, rows=csr_matrix(vstack([program.rows, hstack([table, more])])),
        low=np.concatenate([program.low, np.full(len(high), -np.inf)]),
        high=np.concatenate([program.high, high]),
    )  # fmt: skip


def _levels(
    weight: Whole, lists: Lists, number: Whole, usable: Sites, state: npt.NDArray[np.int8],
    count: int, cap: Whole, reach: npt.NDArray[np.float64],
) -> tuple[Program, float]:  # fmt: skip
    """
    Build the program: z of a place and level is 1 where no open site is as near as the level.

    Levels beyond `reach` cost no more than the first of them: the program is a relaxation, exact
    for plans in which nobody goes farther.
    """
    place = np.repeat(np.arange(len(weight)), np.diff(lists.first))
    site = number[lists.site]
    keep = (site >= 0) & (lists.time < cap[place])
    place, site, time = place[keep], site[keep], lists.time[keep]
    new = np.ones(len(place), bool)
    new[1:] = (place[1:] != place[:-1]) | (time[1:] != time[:-1])
    level = np.cumsum(new) - 1
    owner, level_time = place[new], time[new]
    starts = np.ones(len(owner), bool)
    starts[1:] = owner[1:] != owner[:-1]
    ends = np.append(starts[1:], True) if len(owner) else starts
    following = np.where(ends, cap[owner], np.append(level_time[1:], 0))
    used = level_time <= reach[owner]
    used |= starts & (level_time <= cap[owner])
    rise = np.where(used, following - level_time, 0) * weight[owner]
    nearest = np.minimum(cap, np.where(np.bincount(owner, minlength=len(cap)) > 0, 0, cap))
    nearest[owner[starts]] = level_time[starts]
    shift = float((nearest * weight).sum())
    rank = np.full(len(owner), -1, np.int64)
    rank[used] = np.arange(int(used.sum()))
    m, levels = len(usable), int(used.sum())
    inside = used[level]
    own = np.flatnonzero(used)
    chained = own[~starts[own]]
    rows = np.concatenate([rank[level[inside]], rank[own], rank[chained]])
    columns = np.concatenate([site[inside], m + rank[own], m + rank[chained - 1]])
    data = np.concatenate([np.ones(int(inside.sum()) + levels), -np.ones(len(chained))])
    rows = np.concatenate([rows, np.full(m, levels)])
    columns = np.concatenate([columns, np.arange(m)])
    data = np.concatenate([data, np.ones(m)])
    low = np.concatenate([np.where(starts[own], 1.0, 0.0), [-np.inf]])
    high = np.concatenate([np.full(levels, np.inf), [float(count)]])
    return Program(
        np.concatenate([np.zeros(m), -rise[own].astype(float)]),
        np.concatenate([(state[usable] == 2).astype(float), np.zeros(levels)]),
        np.ones(m + levels), np.arange(m + levels) < m,
        csr_matrix((data, (rows, columns)), shape=(levels + 1, m + levels)), low, high,
    ), shift  # fmt: skip
