"""What fairness costs: the price of equity, by rule and level."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from .coverage.siting.answers import Answer, Watch
from .coverage.siting.covering import maximal
from .coverage.siting.fairness import with_share, worst_share
from .siting import Siting
from .siting_models import fairest

FLOOR_STEPS = 5

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
    plain, bare = found.answer, replace(found.rules, floors=())
    own = bool(found.rules.floors or found.asked.fair)
    if own:
        plain = maximal(cover, bare, watch.part(watch.left / 4))
        if not plain.found:
            return pd.DataFrame(columns=PRICE)
    rows = [_priced(found, "plain", None, plain)]
    if own:
        rows.append(_priced(found, "asked", None, found.answer))
    # The plan that was asked for stands for its own rule.
    done = {} if found.rules.floors else {found.asked.fair: found.answer}
    if totals[1] > 0 and totals[0] > 0:
        rural_cover = cover.weighing(cover.groups[:, 1])
        most = maximal(rural_cover, bare, watch.part(watch.left / 4))
        low = int(cover.group_values(plain.sites)[1])
        high = int(cover.base_groups[1] + most.value) if most.found else low
        for least in dict.fromkeys(
            low + (high - low) * k // FLOOR_STEPS for k in range(1, FLOOR_STEPS + 1)
        ):
            if watch.over or high <= low:
                break
            answer = with_share(cover, bare, 1, least, watch.part(watch.left / 3))
            if answer.found:
                rows.append(_priced(found, "floor", least / int(totals[1]), answer))
        answer = done.get("gap") or fairest(problem, "gap", bare, watch.part(watch.left / 2))
        if answer.found:
            rows.append(_priced(found, "gap", None, answer))
    answer = done.get("maxmin") or fairest(problem, "maxmin", bare, watch.part(watch.left / 2))
    rows += [_by_town(found, answer)] if answer.found else []
    if found.even.told and found.rules.count is not None and found.rules.budget is None:
        answer = done.get("even") or fairest(problem, "even", bare, watch)
        rows += [_priced(found, "even", None, answer)] if answer.found else []
    table = pd.DataFrame(rows, columns=PRICE)
    # A plain plan that is not proved may cover less than a fair one: nobody is given up by that.
    table["price"] = table["covered"].max() - table["covered"]
    # Several floors that one plan keeps are one row: the highest of them.
    return table[~(table["rule"].eq("floor") & table.duplicated(["rule", "sites"], keep="last"))]


def _by_town(found: Siting, answer: Answer) -> tuple[Any, ...]:
    """Tell the plan that raises the worst-off town; the level is what it reaches."""
    problem, cover = found.problem, found.problem.cover
    inside = problem.towns
    towns = replace(cover, groups=cover.groups[:, inside], base_groups=cover.base_groups[inside])
    level = float(worst_share(towns, problem.group_totals[inside], answer.sites))
    return _priced(found, "maxmin", level, answer)


def _priced(found: Siting, rule: str, level: float | None, answer: Answer) -> tuple[Any, ...]:
    problem, totals = found.problem, found.problem.group_totals
    covered = problem.cover.group_values(answer.sites)
    shares = [covered[g] / totals[g] if totals[g] else None for g in range(len(totals))]
    codes = [code for _, code in problem.group_names[problem.towns]]
    towns = [
        (s, code) for s, code in zip(shares[problem.towns], codes, strict=True) if s is not None
    ]
    worst = min(towns, default=(None, ""))
    urban, rural = shares[0], shares[1]
    apart = None if urban is None or rural is None else urban - rural
    people = problem.cover.value(answer.sites)
    return (
        rule, level, people, people / max(problem.people, 1), urban, rural, worst[1], worst[0],
        apart, found.even.minutes(answer.sites), 0,
        answer.status, answer.gap,
        ";".join(problem.options["site"].iloc[answer.sites[~problem.fixed[answer.sites]]]),
    )  # fmt: skip
