"""What is negotiated over: curve, near-best plans, the price of fairness, and regret."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from .coverage.siting.answers import Watch
from .coverage.siting.capacity import worth
from .coverage.siting.choices import (
    NearBest,
    Scale,
    by_longest,
    by_people,
    by_spacing,
    by_time,
    near_best,
)
from .siting import Siting
from .siting_models import solved, spacing_of, without_idle
from .siting_price import PRICE, price_of
from .siting_regret import REGRET, regret_of
from .siting_times import stage_minutes

BEYOND, WHOLE_CURVE = 5, 30
"""The curve goes so many sites beyond what is asked; of coverings to so many, or to all people."""
BUDGET_STEPS = 10


@dataclass(frozen=True, eq=False)
class Choices:
    """Frames beside the plan; see docs/method.md. `cut`: time ended before all was worked out."""

    curve: pd.DataFrame
    alternatives: pd.DataFrame
    near: NearBest | None
    price: pd.DataFrame
    regret: pd.DataFrame
    cut: bool


def choices(found: Siting, watch: Watch) -> Choices:
    """Work out all of it, in what time is left; what there was no time for is left out."""
    near = near_of(found, watch)
    curving = watch.part(watch.left * 0.5)
    curve, cut = curve_of(found, curving), curving.over
    price, regret = pd.DataFrame(columns=PRICE), pd.DataFrame(columns=REGRET)
    if found.asked.model == "mclp":
        pricing = watch.part(watch.left * 0.6)
        price = price_of(found, pricing)
        cut |= pricing.over
    if found.asked.model != "pdispersion" and not found.asked.fair:
        # Held against the plan of most people a fair one would lose its price, not by a chance.
        regret = regret_of(found, watch)
    alternatives = alternatives_of(found, near)
    return Choices(curve, alternatives, near, price, regret, cut or watch.over)


CURVE = [
    "count", "budget", "covered", "share", "bound", "gap", "status", "minutes", "metres", "staged",
]  # fmt: skip


def curve_of(found: Siting, watch: Watch) -> pd.DataFrame:
    """
    Return coverage (or minutes, or metres apart) against the number of sites, or against money.

    Where sites have room for so many, `covered` counts whom they serve, as in the plan. It ends
    where more sites are of no use, or beyond what was asked when the time does.
    """
    committed = int((found.plan["order"] == 0).sum())
    by_money = found.asked.budget is not None and found.asked.count is None
    steps, wanted = _steps(found, len(found.plan) - committed, by_money)
    rows = []
    for at, step in enumerate(steps):
        if watch.over:
            break
        part = watch.part(watch.left / max(min(wanted, len(steps)) - at, 1))
        row, whole = _step(found, step, committed, by_money, part)
        if at >= wanted and part.over:
            break
        rows += [] if row is None else [row]
        if whole and not by_money:
            break
    frame = pd.DataFrame(rows, columns=CURVE)
    # More may be allowed than are of use.
    frame = frame if by_money else frame.drop_duplicates("count", ignore_index=True)
    wide = dict.fromkeys(("minutes", "metres"), "Float64")
    return frame.astype({"budget": "Int64", "staged": "Int64", **wide})


def _steps(found: Siting, new: int, by_money: bool) -> tuple[list[int], int]:
    """Return numbers of sites (or sums of money), and how many of them were asked for."""
    if by_money:
        budget = int(found.asked.budget or 0)
        steps = list(dict.fromkeys(budget * (k + 1) // BUDGET_STEPS for k in range(BUDGET_STEPS)))
        return steps, len(steps)
    usable = max(int(found.problem.choosable.sum()), 1)
    wanted = min(max(found.asked.count or new, 1) + BEYOND, usable)
    covers = found.asked.model in ("mclp", "lscp") and not (found.limited or found.asked.fair)
    far = max(wanted, WHOLE_CURVE if covers else 0)
    return list(range(1, min(far, usable) + 1)), wanted


def _step(
    found: Siting, step: int, committed: int, by_money: bool, watch: Watch
) -> tuple[tuple[Any, ...] | None, bool]:
    """Return one row of the curve, None where there is no plan; whether more is of no use."""
    problem, asked, rules = found.problem, found.asked, found.rules
    limits = replace(rules, budget=step) if by_money else replace(rules, count=step + committed)
    # Of a cover of all, each stage is the most that so many cover.
    one = replace(asked, model="mclp") if asked.model == "lscp" else asked
    asked_for = step == (asked.budget if by_money else asked.count)
    answer = found.answer if asked_for else solved(problem, one, limits, watch)
    if not answer.found or not limits.kept_by(answer.sites, problem.cover):
        return None, False
    sites, minutes, metres = answer.sites, np.nan, np.nan
    if one.model == "mclp" and not asked.fair:
        sites = without_idle(problem, limits, sites, watch)
    if asked.model in ("pmedian", "pcenter") and len(sites):
        minutes = float(stage_minutes(found.even.times, sites, asked.model)[-1])
    if asked.model == "pdispersion":
        metres = answer.value
    first = found.plan[found.plan["order"] <= step] if not by_money else found.plan[:0]
    staged = int(first["covered"].iloc[-1]) if len(first) else problem.cover.base
    covered, new = worth(problem.cover, limits, sites), len(found.plan) - committed
    row = (
        len(sites) - committed, step if by_money else pd.NA, covered,
        covered / max(problem.people, 1), answer.bound, answer.gap, answer.status,
        minutes, metres, staged if not by_money and step <= new else pd.NA,
    )  # fmt: skip
    cover = problem.cover
    everybody = one.model == "mclp" and cover.value(sites) == cover.base + cover.weight.sum()
    enough = answer.status == "optimal" and len(sites) < step + committed
    return row, enough or (everybody and not found.limited)


def near_of(found: Siting, watch: Watch) -> NearBest | None:
    """Find the plans that are worth a share less than ours at most; of `lscp`, as much."""
    asked, problem = found.asked, found.problem
    if asked.fair:
        return None
    near = problem.study.sites.near if asked.model != "lscp" else 0
    limit = watch.part(max(watch.left * 0.2, 1.0))
    tolerance, scale = near * (found.reached - found.before), by_people(problem.cover)
    if asked.model in ("pmedian", "pcenter", "pdispersion"):
        tolerance = near * found.answer.value
    if asked.model == "pmedian":
        scale = by_time(found.even.times)
    elif asked.model == "pcenter":
        scale = by_longest(found.even.times)
    elif asked.model == "pdispersion":
        scale = by_spacing(*spacing_of(problem), problem.fixed)
    elif found.limited:
        scale = _by_served(found, limit)
    return near_best(problem.cover, found.rules, found.answer.sites, int(tolerance), limit, scale)


def _by_served(found: Siting, watch: Watch) -> Scale:
    """Weigh plans by whom they serve within the room of each site, as far as there is time."""
    problem = found.problem

    def beside(sites: list[int]) -> Any:
        served = np.full(len(problem.options), -1, np.int64)
        for j in range(len(served)):
            if watch.over:
                break
            served[j] = worth(problem.cover, found.rules, [*sites, j])
        return served

    # A largest flow for each: enough for stand-ins, not for a walk.
    return Scale(lambda sites: worth(problem.cover, found.rules, sites), beside, walked=1)


ALTERNATIVES = ["site", "name", "town", "chosen", "kept", "role", "instead_of", "covered", "loss"]


def alternatives_of(found: Siting, near: NearBest | None) -> pd.DataFrame:
    """
    List the new sites of the good plans: in each, or interchangeable, and for which others.

    `covered` is what the swapped plan covers, `loss` the people less; of a p-median the time more
    (tenths of a second of all people), of a p-center that of the farthest, of dispersed sites the
    metres less.
    """
    if near is None:
        return pd.DataFrame(columns=ALTERNATIVES)
    options, sites = found.problem.options, found.problem.candidates
    chosen = set(found.answer.sites.tolist())
    stands_in: dict[int, list[int]] = {}
    for out, into in near.replacement.items():
        if into >= 0:
            stands_in.setdefault(into, []).append(out)
    listed = sorted(
        chosen | set(np.flatnonzero(near.kept > 0).tolist()) | set(stands_in),
        key=lambda j: (-near.kept[j], j not in chosen, j),
    )
    rows = []
    for j in listed:
        if found.problem.fixed[j]:
            continue
        site = options["site"].iloc[j]
        mates = [near.replacement[j]] if near.replacement.get(j, -1) >= 0 else []
        mates = mates if j in chosen else stands_in.get(j, [])
        # A chosen site and who takes its place best, or a stand-in and whose place it takes best.
        ranked: list[int | None] = [*sorted(mates, key=lambda k: near.loss.get(k, 0)), None]
        gone, comes = (j, ranked[0]) if j in chosen else (ranked[0], j)
        loss = None if gone is None else near.loss.get(gone)
        kept = [k for k in found.answer.sites.tolist() if k != gone]
        after = kept if comes is None else [*kept, comes]
        rows.append((
            site, sites.at[site, "name"], sites.at[site, "town"], j in chosen, float(near.kept[j]),
            "core" if near.core[j] else "swap" if near.kept[j] > 0 else "second",
            ";".join(options["site"].iloc[k] for k in mates),
            pd.NA if loss is None else worth(found.problem.cover, found.rules, after),
            pd.NA if loss is None else loss,
        ))  # fmt: skip
    table = pd.DataFrame(rows, columns=ALTERNATIVES)
    return table.astype({"covered": "Int64", "loss": "Int64"})
