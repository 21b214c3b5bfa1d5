"""
Fair plans: the worst-off group as well as can be, or the smallest gap between two groups.

Each is to be shown beside the plain optimum, with the people that it gives up: the price of equity.
Groups are columns of `Cover.groups`; a group of which nobody can be covered is left out, and named
by who asks.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
from scipy.sparse import csr_matrix, hstack, vstack

from .answers import Answer, Sites, Watch, impossible, judged
from .cover import Cover, Whole
from .covering import covering_program, greedy, maximal
from .milp import WHOLE, Program, solve
from .rules import Rules

SHARE_STEP = 1e-6
"""Shares nearer than this are the same."""


def with_share(cover: Cover, rules: Rules, group: int, least: int, watch: Watch) -> Answer:
    """Find the plan that covers most while so many people of a group are covered."""
    need = max(least - int(cover.base_groups[group]), 0)
    if need == 0:
        return maximal(cover, rules, watch)
    return maximal(cover, rules.with_floor(cover.groups[:, group], need), watch)


def worst_share(cover: Cover, totals: Whole, sites: Sites) -> Fraction:
    """Return the smallest share of any group that a plan can do something for."""
    covered = cover.group_values(sites)
    shares = [Fraction(int(covered[g]), int(totals[g])) for g in _helped(cover) if totals[g] > 0]
    return min(shares, default=Fraction(1))


def _helped(cover: Cover) -> Sites:
    """List the groups of which somebody is or can be covered."""
    return np.flatnonzero(cover.base_groups + cover.groups.sum(axis=0) > 0)


def max_min(cover: Cover, rules: Rules, totals: Whole, watch: Watch) -> Answer:
    """
    Raise the smallest share of any group as far as can be, then cover as many as possible.

    Parameters
    ----------
    totals
        Shape (g,): all people of each group, covered or not.

    Returns
    -------
    Answer
        Its value is the people covered; `optimal` only if both steps are proved.
    """
    plain = covering_program(cover, rules)
    groups = [g for g in _helped(cover) if totals[g] > 0]
    rows = _sums(cover, plain, groups)
    width = len(plain.gain)
    share = csr_matrix(-totals[groups].astype(float)[:, None])
    program = Program(
        np.concatenate([np.zeros(width), [1.0]]), np.append(plain.lower, 0.0),
        np.append(plain.upper, 1.0), np.append(plain.whole, False),
        csr_matrix(vstack([
            hstack([plain.rows, csr_matrix((plain.rows.shape[0], 1))]), hstack([rows, share])
        ])),
        np.concatenate([plain.low, -cover.base_groups[groups].astype(float)]),
        np.concatenate([plain.high, np.full(len(groups), np.inf)]),
    )  # fmt: skip
    first = solve(program, watch.part(watch.left / 2))
    if first.infeasible:
        return impossible(watch)
    start = greedy(cover, rules)
    plans = [p for p in (start, _plan(first.x, cover)) if p is not None]
    plans = [p for p in plans if rules.kept_by(p, cover)]
    if not plans:
        return Answer(np.zeros(0, np.int64), -np.inf, np.inf, "heuristic", watch.elapsed, watch.why)
    reached = max(worst_share(cover, totals, p) for p in plans)
    proved = first.bound <= float(reached) + SHARE_STEP
    for g in groups:
        least = -(-reached.numerator * int(totals[g]) // reached.denominator)
        need = least - int(cover.base_groups[g])
        if need > 0:
            rules = rules.with_floor(cover.groups[:, g], need)
    found = maximal(cover, rules, watch)
    if not found.found:
        best = max(plans, key=lambda p: worst_share(cover, totals, p))
        return judged(best, cover.value(best), np.inf, watch, step=1.0)
    return found if proved else replace(found, status="heuristic", bound=np.inf)


def least_gap(
    cover: Cover, rules: Rules, totals: Whole, pair: tuple[int, int], least: int, watch: Watch
) -> tuple[Answer, float]:
    """
    Bring the shares of two groups as near to each other as can be.

    Parameters
    ----------
    least
        People covered at least: without it the smallest gap may be to cover nobody.

    Returns
    -------
    Answer
        Its value is the people covered.
    float
        The difference of the shares that is proved to be the smallest; nan if not proved.
    """
    one, two = pair
    floors = rules.with_floor(cover.weight, max(least - cover.base, 0))
    plain = covering_program(cover, floors)
    width, m = len(plain.gain), cover.candidates
    signs = [1.0 / max(int(totals[one]), 1), -1.0 / max(int(totals[two]), 1)]
    sums = _sums(cover, plain, [one, two])
    difference = csr_matrix(sums[0] * signs[0] + sums[1] * signs[1])
    base = float(cover.base_groups[one] * signs[0] + cover.base_groups[two] * signs[1])
    # A covered row must count as covered, or the gap could be closed by looking away.
    shared = np.flatnonzero(np.diff(cover.reach.indptr) > 1)
    pairs = cover.reach[shared].tocoo()
    count = len(pairs.row)
    honest = csr_matrix(
        (np.concatenate([np.ones(count), -np.ones(count)]),
         (np.tile(np.arange(count), 2), np.concatenate([m + pairs.row, pairs.col]))),
        shape=(count, width + 1),
    )  # fmt: skip
    slack = csr_matrix(np.ones((1, 1)))
    rows = csr_matrix(vstack([
        hstack([plain.rows, csr_matrix((plain.rows.shape[0], 1))]), honest,
        hstack([-difference, slack]), hstack([difference, slack]),
    ]))  # fmt: skip
    program = Program(
        np.concatenate([np.zeros(width), [-1.0]]), np.append(plain.lower, 0.0),
        np.append(plain.upper, 1.0), np.append(plain.whole, False), rows,
        np.concatenate([plain.low, np.zeros(count), [base, -base]]),
        np.concatenate([plain.high, np.full(count + 2, np.inf)]),
    )  # fmt: skip
    found = solve(program, watch)
    sites = _plan(found.x, cover)
    if sites is None or not floors.kept_by(sites, cover):
        return impossible(watch), np.nan
    covered = cover.group_values(sites)
    gap = abs(float(covered[one] * signs[0] + covered[two] * signs[1]))
    proved = gap + found.bound <= SHARE_STEP
    value = cover.value(sites)
    status = "optimal" if proved else "heuristic"
    return (
        Answer(sites, value, value if proved else np.inf, status, watch.elapsed, watch.why),  # type: ignore[arg-type]
        gap if proved else np.nan,
    )


def _plan(x: np.ndarray | None, cover: Cover) -> Sites | None:
    return None if x is None else np.flatnonzero(x[: cover.candidates] > WHOLE)


def _sums(cover: Cover, program: Program, groups: list[int] | Sites) -> csr_matrix:
    """Return people of each group by the variables of a covering program."""
    m = cover.candidates
    degree = np.diff(cover.reach.indptr)
    variable = np.empty(len(degree), np.int64)
    variable[degree > 1] = m + np.arange(int((degree > 1).sum()))
    variable[degree == 1] = cover.reach.indices[cover.reach.indptr[:-1][degree == 1]]
    table = np.zeros((len(groups), len(program.gain)))
    for at, group in enumerate(groups):
        np.add.at(table[at], variable, cover.groups[:, group].astype(float))
    return csr_matrix(table)
