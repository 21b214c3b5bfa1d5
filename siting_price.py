"""What fairness costs: the price of equity, by rule and level."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pandas as pd

from .coverage.siting.answers import Answer, Watch
from .coverage.siting.capacity import most_of, most_people, worth
from .coverage.siting.fairness import group_people, with_share, worst_share
from .coverage.siting.rules import Rules
from .coverage.siting.service import PART_OF_ONE
from .siting import Siting
from .siting_models import fairest

FLOOR_STEPS = 5

PRICE = [
    "rule", "level", "covered", "share", "urban", "rural", "worst_town", "worst", "difference",
    "even_minutes", "price", "status", "gap", "sites",
]  # fmt: skip


def price_of(found: Siting, watch: Watch) -> pd.DataFrame:
    """
    Return what fairness costs: people given up against the plain optimum, by rule and level.

    Where sites have room for so many, people are those served; minutes then say nothing of them.
    """
    problem, bare = found.problem, replace(found.rules, floors=())
    if watch.over:
        return pd.DataFrame(columns=PRICE)
    plain = found.answer
    own = bool(found.rules.floors or found.asked.fair)
    if own:
        plain = most_people(problem.cover, bare, watch.part(watch.left / 4))
        if not plain.found:
            return pd.DataFrame(columns=PRICE)
    rows = [_priced(found, "plain", None, bare, plain)]
    if own:
        rows.append(_priced(found, "asked", None, found.rules, found.answer))
    # The plan that was asked for stands for its own rule.
    done = {} if found.rules.floors else {found.asked.fair: found.answer}
    if (problem.group_totals[:2] > 0).all():
        rows += _by_floor(found, bare, rows[0], watch.part(watch.left / 2))
        answer = done.get("gap") or fairest(problem, "gap", bare, watch.part(watch.left / 3))
        rows += [_priced(found, "gap", None, bare, answer)] if answer.found else []
    answer = done.get("maxmin") or fairest(problem, "maxmin", bare, watch.part(watch.left / 2))
    rows += [_by_town(found, bare, answer)] if answer.found else []
    lone = found.rules.count is not None and found.rules.budget is None and not found.limited
    if found.even.told and lone:
        answer = done.get("even") or fairest(problem, "even", bare, watch)
        rows += [_priced(found, "even", None, bare, answer)] if answer.found else []
    table = pd.DataFrame(rows, columns=PRICE)
    # A plain plan that is not proved may cover less than a fair one: nobody is given up by that.
    table["price"] = table["covered"].max() - table["covered"]
    # Several floors that one plan keeps are one row: the highest of them.
    return table[~(table["rule"].eq("floor") & table.duplicated(["rule", "sites"], keep="last"))]


def _by_floor(
    found: Siting, bare: Rules, plain: tuple[Any, ...], watch: Watch
) -> list[tuple[Any, ...]]:
    """Raise the floor of the country from what the plain plan does for it to what can be done."""
    problem, rows = found.problem, []
    cover, rural = problem.cover, int(problem.group_totals[1])
    low = math.floor(plain[PRICE.index("rural")] * rural + 1e-6)
    most = most_of(cover, bare, 1, watch.part(watch.left / FLOOR_STEPS))
    high = int(cover.base_groups[1] + most.value) if most.found else low
    levels = [low + (high - low) * k // FLOOR_STEPS for k in range(1, FLOOR_STEPS + 1)]
    for at, least in enumerate(levels):
        if watch.over or high <= low:
            break
        if least in levels[:at]:
            continue
        answer = with_share(cover, bare, 1, least, watch.part(watch.left / (FLOOR_STEPS - at)))
        if answer.found:
            need = max(least - int(cover.base_groups[1]), 0)
            kept = bare.with_floor(cover.groups[:, 1], need)
            rows.append(_priced(found, "floor", least / rural, kept, answer))
    return rows


def _by_town(found: Siting, bare: Rules, answer: Answer) -> tuple[Any, ...]:
    """Tell the plan that raises the worst-off town; the level is what it reaches."""
    problem, cover = found.problem, found.problem.cover
    inside = problem.towns
    towns = replace(cover, groups=cover.groups[:, inside], base_groups=cover.base_groups[inside])
    totals = problem.group_totals[inside]
    level = float(worst_share(towns, bare, totals, answer.sites))
    kept = bare
    for at in range(towns.groups.shape[1]) if found.limited else []:
        reachable = towns.base_groups[at] + towns.groups[:, at].sum() > 0
        need = level * int(totals[at]) - PART_OF_ONE - int(towns.base_groups[at])
        if reachable and need > 0:
            kept = kept.with_floor(towns.groups[:, at], need)
    return _priced(found, "maxmin", level, kept, answer)


def _priced(
    found: Siting, rule: str, level: float | None, rules: Rules, answer: Answer
) -> tuple[Any, ...]:
    """Return a row of the table; `rules`: the floors within which people are shared out."""
    problem, totals = found.problem, found.problem.group_totals
    towns_at = range(*problem.towns.indices(len(totals)))
    people = group_people(problem.cover, rules, totals, (0, 1), answer.sites, towns_at)
    shares = [people[g] / totals[g] if totals[g] else None for g in range(len(totals))]
    codes = [code for _, code in problem.group_names[problem.towns]]
    towns = [
        (s, code) for s, code in zip(shares[problem.towns], codes, strict=True) if s is not None
    ]
    worst = min(towns, default=(None, ""))
    urban, rural = shares[0], shares[1]
    apart = None if urban is None or rural is None else urban - rural
    covered = worth(problem.cover, rules, answer.sites)
    return (
        rule, level, covered, covered / max(problem.people, 1), urban, rural, worst[1], worst[0],
        apart, None if found.limited else found.even.minutes(answer.sites), 0,
        answer.status, answer.gap,
        ";".join(problem.options["site"].iloc[answer.sites[~problem.fixed[answer.sites]]]),
    )  # fmt: skip
