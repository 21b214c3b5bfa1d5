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

from .answers import Answer, Sites, Watch, impossible, judged, unknown
from .cover import Cover, Whole
from .covering import covering_program, greedy, maximal, variables
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
    half = watch.part(watch.left / 2)
    first = solve(program, half)
    if first.infeasible:
        return impossible(watch)
    start = greedy(cover, rules)
    plans = [p for p in (start, _plan(first.x, cover)) if p is not None]
    plans = [p for p in plans if rules.kept_by(p, cover)]
    if not plans:
        return unknown(-np.inf, watch)
    reached = max(worst_share(cover, totals, p) for p in plans)
    proved, why = first.bound <= float(reached) + SHARE_STEP, half.why
    for g in groups:
        least = -(-reached.numerator * int(totals[g]) // reached.denominator)
        need = least - int(cover.base_groups[g])
        if need > 0:
            rules = rules.with_floor(cover.groups[:, g], need)
    found = maximal(cover, rules, watch)
    if not found.found:
        best = max(plans, key=lambda p: worst_share(cover, totals, p))
        return judged(best, cover.value(best), np.inf, watch, step=1.0)
    if proved:
        return found
    return replace(found, status="heuristic", bound=np.inf, stopped=why or watch.why)


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
    width = len(plain.gain)
    signs = [1.0 / max(int(totals[one]), 1), -1.0 / max(int(totals[two]), 1)]
    sums = _sums(cover, plain, [one, two])
    difference = csr_matrix(sums[0] * signs[0] + sums[1] * signs[1])
    base = float(cover.base_groups[one] * signs[0] + cover.base_groups[two] * signs[1])
    honest, bottom = _honest(cover, width + 1)
    slack = csr_matrix(np.ones((1, 1)))
    rows = csr_matrix(vstack([
        hstack([plain.rows, csr_matrix((plain.rows.shape[0], 1))]), honest,
        hstack([-difference, slack]), hstack([difference, slack]),
    ]))  # fmt: skip
    program = Program(
        np.concatenate([np.zeros(width), [-1.0]]), np.append(plain.lower, 0.0),
        np.append(plain.upper, 1.0), np.append(plain.whole, False), rows,
        np.concatenate([plain.low, bottom, [base, -base]]),
        np.concatenate([plain.high, np.full(len(bottom) + 2, np.inf)]),
    )  # fmt: skip
    found = solve(program, watch)
    sites = _plan(found.x, cover)
    if sites is None or not floors.kept_by(sites, cover):
        return impossible(watch) if found.infeasible else unknown(-np.inf, watch), np.nan
    covered = cover.group_values(sites)
    gap = abs(float(covered[one] * signs[0] + covered[two] * signs[1]))
    proved = gap + found.bound <= SHARE_STEP
    value = cover.value(sites)
    status = "optimal" if proved else "heuristic"
    return (
        Answer(sites, value, value if proved else np.inf, status, watch.elapsed, watch.why),  # type: ignore[arg-type]
        gap if proved else np.nan,
    )


def _honest(cover: Cover, width: int) -> tuple[csr_matrix, np.ndarray]:
    """
    Return rules by which a covered row counts as covered.

    Without them the gap could be closed by looking away. Of a row that one site covers each site
    says so; of one that needs k of d: (d - k + 1) y >= open sites - k + 1.
    """
    shared, _ = variables(cover)
    m, need, reach = cover.candidates, cover.need[shared], cover.reach[shared]
    lone = np.repeat(need == 1, np.diff(reach.indptr))
    pairs = reach.tocoo()
    one, site = pairs.row[lone], pairs.col[lone]
    count, several = len(one), np.flatnonzero(need > 1)
    each = csr_matrix(
        (np.concatenate([np.ones(count), -np.ones(count)]),
         (np.tile(np.arange(count), 2), np.concatenate([m + one, site]))),
        shape=(count, width),
    )  # fmt: skip
    spare = np.diff(reach.indptr)[several] - need[several] + 1.0
    own = csr_matrix((spare, (np.arange(len(several)), several)), shape=(len(several), width - m))
    together = hstack([-reach[several].astype(float), own])
    bottom = np.concatenate([np.zeros(count), 1.0 - need[several]])
    return csr_matrix(vstack([each, together])), bottom


def _plan(x: np.ndarray | None, cover: Cover) -> Sites | None:
    return None if x is None else np.flatnonzero(x[: cover.candidates] > WHOLE)


def _sums(cover: Cover, program: Program, groups: list[int] | Sites) -> csr_matrix:
    """Return people of each group by the variables of a covering program."""
    _, variable = variables(cover)
    table = np.zeros((len(groups), len(program.gain)))
    for at, group in enumerate(groups):
        np.add.at(table[at], variable, cover.groups[:, group].astype(float))
    return csr_matrix(table)
