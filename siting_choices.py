"""What is negotiated over: curve, near-best plans, the price of fairness, and regret."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from .coverage.siting.answers import Answer, Sites, Watch
from .coverage.siting.capacity import capacitated
from .coverage.siting.center import center
from .coverage.siting.choices import NearBest, near_best
from .coverage.siting.covering import maximal
from .coverage.siting.dispersion import disperse
from .coverage.siting.fairness import least_gap, max_min, with_share, worst_share
from .coverage.siting.median import median
from .coverage.siting.median_program import Distances
from .geo.network import TICKS_A_MINUTE
from .siting import Siting
from .siting_plan import worth
from .siting_times import stage_minutes

BEYOND = 5
"""The curve goes so many sites beyond what is asked."""
BUDGET_STEPS, FLOOR_STEPS, DRAWS = 10, 5, 10
GAP_KEEP = 0.9
"""The smallest gap is sought among plans that add this share of what the best adds."""
SPEEDS = {"slow": 0.75, "fast": 1.25}
RADIUS_METRES = {"A": 10.0, "B": 50.0, "C": 100.0, "D": 500.0, "E": 2000.0, "": 500.0}
KMH = {"walk": 4.0, "ebike": 15.0, "car": 30.0}
"""What a metre of imprecision costs in time: assumption."""
SEED = 441802


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
    mclp = found.asked.model == "mclp" and not found.limited
    near = _near(found, watch) if mclp or found.asked.model == "lscp" else None
    curving = watch.part(watch.left * 0.5)
    curve, cut = curve_of(found, curving), curving.over
    price, regret = pd.DataFrame(columns=PRICE), pd.DataFrame(columns=REGRET)
    if mclp:
        pricing = watch.part(watch.left * 0.6)
        price = price_of(found, pricing)
        cut |= pricing.over
        regret = regret_of(found, watch)
    alternatives = alternatives_of(found, near)
    return Choices(curve, alternatives, near, price, regret, cut or watch.over)


CURVE = [
    "count", "budget", "covered", "share", "bound", "gap", "status", "minutes", "metres", "staged",
]  # fmt: skip


def curve_of(found: Siting, watch: Watch) -> pd.DataFrame:
    """
    Return coverage (or minutes, or metres apart) against the number of sites, or against money.

    Where sites have room for so many, `covered` counts whom they serve, as in the plan.
    """
    asked, rules, cover = found.asked, found.rules, found.problem.cover
    committed = int((found.plan["order"] == 0).sum())
    new = len(found.plan) - committed
    by_money = asked.budget is not None and asked.count is None
    steps = (
        [asked.budget * (k + 1) // BUDGET_STEPS for k in range(BUDGET_STEPS)]  # type: ignore[operator]
        if by_money
        else list(range(1, max(asked.count or new, 1) + BEYOND + 1))
    )
    rows = []
    for at, step in enumerate(steps):
        part = watch.part(watch.left / (len(steps) - at))
        minutes, metres = np.nan, np.nan
        limits = replace(rules, budget=step) if by_money else replace(rules, count=step + committed)
        if asked.model in ("pmedian", "pcenter"):
            table = found.times
            run = median if asked.model == "pmedian" else center
            answer = run(table, limits, part)
            if len(answer.sites):
                minutes = float(stage_minutes(table, answer.sites, asked.model)[-1])
        elif asked.model == "pdispersion":
            answer = disperse(found.problem.whole_metres, limits, part)
            metres = answer.value
        elif found.limited and found.problem.room is not None:
            answer = capacitated(cover, found.problem.room, limits, part)
        else:
            answer = maximal(cover, limits, part)
        if not answer.found or not limits.kept_by(answer.sites, cover):
            continue
        covered = worth(found.problem, asked.model, answer.sites)
        first = found.plan[found.plan["order"] <= step] if not by_money else found.plan[:0]
        staged = int(first["covered"].iloc[-1]) if len(first) else cover.base
        rows.append((
            len(answer.sites) - committed, step if by_money else pd.NA, covered,
            covered / max(found.problem.people, 1), answer.bound, answer.gap, answer.status,
            minutes, metres, staged if not by_money and step <= new else pd.NA,
        ))  # fmt: skip
        if watch.over:
            break
    frame = pd.DataFrame(rows, columns=CURVE)
    # More may be allowed than are of use.
    frame = frame if by_money else frame.drop_duplicates("count", ignore_index=True)
    wide = dict.fromkeys(("minutes", "metres"), "Float64")
    return frame.astype({"budget": "Int64", "staged": "Int64", **wide})


def _near(found: Siting, watch: Watch) -> NearBest:
    """Find the plans that add at most a share less than ours; of `lscp`, those that add as much."""
    near = found.problem.study.sites.near if found.asked.model == "mclp" else 0
    tolerance = int(near * (found.after - found.before))
    limit = watch.part(max(watch.left * 0.2, 1.0))
    return near_best(found.problem.cover, found.rules, found.answer.sites, tolerance, limit)


ALTERNATIVES = ["site", "name", "town", "chosen", "kept", "role", "instead_of", "covered", "loss"]


def alternatives_of(found: Siting, near: NearBest | None) -> pd.DataFrame:
    """List the sites of the good plans: in every one, or interchangeable, and for which others."""
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
        site = options["site"].iloc[j]
        mates = [near.replacement[j]] if near.replacement.get(j, -1) >= 0 else []
        mates = mates if j in chosen else stands_in.get(j, [])
        loss = near.loss.get(j) if j in chosen else min((near.loss[k] for k in mates), default=None)
        rows.append((
            site, sites.at[site, "name"], sites.at[site, "town"], j in chosen, float(near.kept[j]),
            "core" if near.core[j] else "swap" if near.kept[j] > 0 else "second",
            ";".join(options["site"].iloc[k] for k in mates),
            pd.NA if loss is None else found.after - loss, pd.NA if loss is None else loss,
        ))  # fmt: skip
    table = pd.DataFrame(rows, columns=ALTERNATIVES)
    return table.astype({"covered": "Int64", "loss": "Int64"})


PRICE = [
    "rule", "level", "covered", "share", "urban", "rural", "worst_town", "worst", "difference",
    "even_minutes", "price", "status", "gap", "sites",
]  # fmt: skip


def price_of(found: Siting, watch: Watch) -> pd.DataFrame:
    """Return what fairness costs: people given up against the plain optimum, by rule and level."""
    problem, cover = found.problem, found.problem.cover
    totals = problem.group_totals
    if watch.over:
        return pd.DataFrame(columns=PRICE)
    plain = found.answer
    if found.rules.floors:
        plain = maximal(cover, replace(found.rules, floors=()), watch.part(watch.left / 4))
        if not plain.found:
            return pd.DataFrame(columns=PRICE)
    best = int(plain.value)
    rows = [_priced(found, "plain", None, plain)]
    if found.rules.floors:
        rows.append(_priced(found, "asked", None, found.answer))
    if totals[1] > 0 and totals[0] > 0:
        rural_cover = cover.weighing(cover.groups[:, 1])
        most = maximal(rural_cover, replace(found.rules, floors=()), watch.part(watch.left / 4))
        low = int(cover.group_values(plain.sites)[1])
        high = int(cover.base_groups[1] + most.value) if most.found else low
        for least in dict.fromkeys(
            low + (high - low) * k // FLOOR_STEPS for k in range(1, FLOOR_STEPS + 1)
        ):
            if watch.over or high <= low:
                break
            bare = replace(found.rules, floors=())
            answer = with_share(cover, bare, 1, least, watch.part(watch.left / 3))
            if answer.found:
                rows.append(_priced(found, "floor", least / int(totals[1]), answer))
        keep = cover.base + int(GAP_KEEP * (best - cover.base))
        bare = replace(found.rules, floors=())
        answer, _ = least_gap(cover, bare, totals, (0, 1), keep, watch.part(watch.left / 2))
        if answer.found:
            rows.append(_priced(found, "gap", None, answer))
    rows += _by_town(found, watch.part(watch.left / 2))
    rows += _by_even_minutes(found, watch)
    table = pd.DataFrame(rows, columns=PRICE)
    # A plain plan that is not proved may cover less than a fair one: nobody is given up by that.
    table["price"] = table["covered"].max() - table["covered"]
    # Several floors that one plan keeps are one row: the highest of them.
    return table[~(table["rule"].eq("floor") & table.duplicated(["rule", "sites"], keep="last"))]


def _by_town(found: Siting, watch: Watch) -> list[tuple[Any, ...]]:
    """Raise the worst-off town; urban and rural are no groups of their own here."""
    cover = found.problem.cover
    towns = replace(cover, groups=cover.groups[:, 2:], base_groups=cover.base_groups[2:])
    totals = found.problem.group_totals[2:]
    answer = max_min(towns, replace(found.rules, floors=()), totals, watch)
    if not answer.found:
        return []
    level = float(worst_share(towns, totals, answer.sites))
    return [_priced(found, "maxmin", level, answer)]


def _by_even_minutes(found: Siting, watch: Watch) -> list[tuple[Any, ...]]:
    """
    Bring the even-handed minutes of Kolm and Pollak down as far as can be.

    With a fixed kappa that is a p-median of e^(-kappa t) (Logan et al. 2021; Horton et al.).
    """
    several = len(found.problem.standards) > 1 or found.problem.standards[0].count > 1
    if several or found.rules.count is None or found.rules.budget:
        return []
    scale = even_scale(found)
    if scale is None:
        return []
    answer = median(scale, replace(found.rules, floors=()), watch)
    return [_priced(found, "even", None, answer)] if answer.found else []


def even_scale(found: Siting) -> Distances | None:
    """Return the times as e^(-kappa t), in whole numbers up to 2^32; None where nobody is asked."""
    table, kappa, cap_minutes = found.times, found.kappa, found.cap_minutes
    if kappa == 0 or not table.weight.any():
        return None
    # The longest time of anybody is the largest number; sums stay exact in floating point.
    top = min(2**32 - 2, 2**52 // int(table.weight.sum()))

    def scaled(ticks: Any) -> np.ndarray:
        minutes = np.minimum(np.asarray(ticks, np.float64) / TICKS_A_MINUTE, cap_minutes)
        return np.asarray(np.rint(top * np.exp(-kappa * (minutes - cap_minutes))))

    return Distances(
        scaled(table.cost).astype(np.uint32), scaled(table.cap).astype(np.int64), table.weight
    )


def _priced(found: Siting, rule: str, level: float | None, answer: Answer) -> tuple[Any, ...]:
    problem, totals = found.problem, found.problem.group_totals
    covered = problem.cover.group_values(answer.sites)
    shares = [covered[g] / totals[g] if totals[g] else None for g in range(len(totals))]
    codes = [code for _, code in problem.group_names[2:]]
    towns = [(s, code) for s, code in zip(shares[2:], codes, strict=True) if s is not None]
    worst = min(towns, default=(None, ""))
    urban, rural = shares[0], shares[1]
    apart = None if urban is None or rural is None else urban - rural
    people = problem.cover.value(answer.sites)
    return (
        rule, level, people, people / max(problem.people, 1), urban, rural, worst[1], worst[0],
        apart, found.even_minutes(answer.sites), 0,
        answer.status, answer.gap, ";".join(problem.options["site"].iloc[answer.sites]),
    )  # fmt: skip


REGRET = ["scenario", "speed", "covered", "best", "regret", "regret_share", "status", "gap"]


def regret_of(found: Siting, watch: Watch) -> pd.DataFrame:
    """Return what our plan loses against the best at other speeds, and with points elsewhere."""
    problem = found.problem
    rows = []
    for name, speed in SPEEDS.items():
        if watch.over:
            break
        rows.append(_regret(found, name, speed, None, watch.part(watch.left / 6)))
    rng = np.random.default_rng(SEED)
    radius = problem.candidates["grade"].map(RADIUS_METRES).fillna(500.0).to_numpy(float)
    drawn = []
    for draw in range(DRAWS):
        if watch.over:
            break
        kmh = KMH[problem.standards[0].mode]
        metres = radius * rng.uniform(-1, 1, len(radius))
        shifts = np.rint(metres / (kmh / 3.6) * 10).astype(np.int64)
        part = watch.part(watch.left / (DRAWS - draw))
        drawn.append(_regret(found, "imprecise", 1.0, shifts, part))
    if drawn:
        rows.append(max(drawn, key=lambda row: row[4]))
    return pd.DataFrame(rows, columns=REGRET)


def _regret(found: Siting, name: str, speed: float, shifts: Any, watch: Watch) -> tuple[Any, ...]:
    cover = found.problem.cover_at(speed, shifts)
    ours: Sites = found.answer.sites
    mine = cover.value(ours)
    best = maximal(cover, replace(found.rules, floors=()), watch)
    top = max(int(best.value), mine) if best.found else mine
    share = (top - mine) / top if top else 0.0
    # Where the best is not proved, what is lost is that much at least.
    gap = max(best.bound - top, 0) / max(top, 1) if best.found else np.inf
    return name, speed, mine, top, top - mine, share, best.status, gap
