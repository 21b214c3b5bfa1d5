"""
Fair plans: the worst-off group as well as can be, or the smallest gap between two groups.

Each is to be shown beside the plain optimum, with the people that it gives up: the price of equity.
Groups are columns of `Cover.groups`; a group of which nobody can be covered is left out, and named
by who asks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack, vstack

from .answers import Answer, Sites, Watch, impossible, judged, unknown
from .capacity import most_people, no_room_left, service_program, worth
from .cover import Cover, Whole
from .covering import covering_program, greedy, variables
from .floors import fair_starts
from .milp import WHOLE, Program, solve
from .rules import Rules
from .service import PART_OF_ONE, largest_share, least_difference, shared_out

SHARE_STEP = 1e-6
"""Shares nearer than this are the same."""


def with_share(cover: Cover, rules: Rules, group: int, least: float, watch: Watch) -> Answer:
    """Find the plan that covers most while so many people of a group are covered."""
    need = max(least - int(cover.base_groups[group]), 0)
    if need == 0:
        return most_people(cover, rules, watch)
    return most_people(cover, rules.with_floor(cover.groups[:, group], need), watch)


def worst_share(cover: Cover, rules: Rules, totals: Whole, sites: Sites) -> Fraction:
    """Return the smallest share of any group that a plan can do something for."""
    groups = [g for g in _helped(cover) if totals[g] > 0]
    if rules.room is not None:
        shared = shared_out(cover, rules.room, sites, (), totals, None, groups)
        return Fraction(min((shared[g] / float(totals[g]) for g in groups), default=1.0))
    covered = cover.group_values(sites)
    return min((Fraction(int(covered[g]), int(totals[g])) for g in groups), default=Fraction(1))


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
    groups = [g for g in _helped(cover) if totals[g] > 0]
    plain, share = _program(cover, rules)
    sums, base = csr_matrix(cover.groups.T.astype(float)) @ share, cover.base_groups.astype(float)
    part = watch.part(watch.left / 4)
    starts = fair_starts(cover, rules, totals, groups, lambda shares: shares.min(axis=1), part)
    half = watch.part(watch.left / 2)
    first = solve(largest_share(plain, sums, base, totals, groups), half)
    if first.infeasible:
        return impossible(watch)
    plans = [p for p in (greedy(cover, rules), _plan(first.x, cover), *starts) if p is not None]
    plans = [p for p in plans if rules.kept_by(p, cover)]
    if not plans:
        return unknown(-np.inf, watch)
    reached, best = max(
        ((worst_share(cover, rules, totals, p), p) for p in plans), key=lambda pair: pair[0]
    )
    proved, why = first.bound <= float(reached) + SHARE_STEP, half.why
    whole = rules.room is None
    for g in groups:
        wanted = reached * int(totals[g])
        # Who is covered comes in whole people; who is served may be parted by a hair.
        need = (math.ceil(wanted) if whole else float(wanted) - PART_OF_ONE) - int(base[g])
        if need > 0:
            rules = rules.with_floor(cover.groups[:, g], need)
    found = most_people(cover, rules, watch)
    if not found.found:
        return judged(best, worth(cover, rules, best), np.inf, watch, step=1.0)
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
    floors = rules.with_floor(cover.weight, max(least - cover.base, 0))
    plain, share = _program(cover, floors)
    sums, base = csr_matrix(cover.groups.T.astype(float)) @ share, cover.base_groups.astype(float)
    honest = (
        no_room_left(cover, rules.room, plain) if rules.room is not None else _honest(cover, plain)
    )
    part, both = watch.part(watch.left / 4), totals[list(pair)].all()
    starts = fair_starts(cover, floors, totals, pair, _alike, part) if both else []
    found = solve(least_difference(honest, sums, base, totals, pair), watch)
    plans = [p for p in (_plan(found.x, cover), *starts) if p is not None]
    plans = [p for p in plans if floors.kept_by(p, cover)]
    if not plans:
        return impossible(watch) if found.infeasible else unknown(-np.inf, watch), np.nan

    def apart(sites: Sites) -> float:
        one, two = group_people(cover, rules, totals, pair, sites)[list(pair)]
        return float(abs(one / max(int(totals[pair[0]]), 1) - two / max(int(totals[pair[1]]), 1)))

    sites = min(plans, key=apart)
    gap = apart(sites)
    proved = gap + found.bound <= SHARE_STEP
    value = worth(cover, rules, sites)
    status = "optimal" if proved else "heuristic"
    return (
        Answer(sites, value, value if proved else np.inf, status, watch.elapsed, watch.why),  # type: ignore[arg-type]
        gap if proved else np.nan,
    )


def _alike(shares: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Score the shares of two groups, shape (k, 2): the nearer to each other the better."""
    return -np.abs(shares[:, 0] - shares[:, 1])


def group_people(
    cover: Cover, rules: Rules, totals: Whole, pair: tuple[int, int], sites: Sites,
    worst_of: Sequence[int] = (),
) -> npt.NDArray[np.float64]:  # fmt: skip
    """
    Return the people of each group that a plan covers, or serves where there is so much room.

    Those served are shared out as `shared_out` says, within the floors of the rules.
    """
    if rules.room is None:
        return cover.group_values(sites).astype(float)
    helped = [g for g in _helped(cover) if g in set(worst_of) and totals[g] > 0]
    return shared_out(cover, rules.room, sites, rules.floors, totals, pair, helped)


def _program(cover: Cover, rules: Rules) -> tuple[Program, csr_matrix]:
    """Return the program, and what share of each row its variables say is covered, (n, .)."""
    if rules.room is not None:
        return service_program(cover, rules, rules.room)
    program = covering_program(cover, rules)
    _, variable = variables(cover)
    n = len(variable)
    return program, csr_matrix((np.ones(n), (np.arange(n), variable)), (n, len(program.gain)))


def _honest(cover: Cover, program: Program) -> Program:
    """
    Return a program of covering in which a covered row counts as covered.

    Without it the gap could be closed by looking away. Of a row that one site covers each site
    says so; of one that needs k of d: (d - k + 1) y >= open sites - k + 1.
    """
    shared, _ = variables(cover)
    width = len(program.gain)
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
    return program.under(csr_matrix(vstack([each, together])), bottom, np.full(len(bottom), np.inf))


def _plan(x: np.ndarray | None, cover: Cover) -> Sites | None:
    return None if x is None else np.flatnonzero(x[: cover.candidates] > WHOLE)
