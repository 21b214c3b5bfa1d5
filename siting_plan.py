"""The tables of a siting plan: its sites in build order, and whom nobody can reach."""

from __future__ import annotations

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame

from .coverage.share import area_mask
from .coverage.siting.answers import Answer, Sites
from .coverage.siting.capacity import worth
from .coverage.siting.choices import build_order
from .coverage.siting.cover import NEVER
from .coverage.siting.rules import Rules
from .siting_problem import Problem
from .siting_times import distances, order_by_time, stage_minutes


def plan_table(problem: Problem, model: str, rules: Rules, answer: Answer) -> GeoDataFrame:
    """Put the sites in build order: what each stage covers (or serves), minutes of a p-median."""
    fixed, _ = rules.settled(len(problem.options))
    committed = np.flatnonzero(fixed)
    order = np.array(build_order(problem.cover, answer.sites, committed), np.int64)
    if rules.room is not None:
        order = _by_served(problem, rules, answer.sites, committed)
    if model in ("pmedian", "pcenter"):
        order = order_by_time(distances(problem), order, len(committed))
    options = problem.options.iloc[order].reset_index(drop=True)
    sites = problem.candidates.loc[options["site"]]
    covered = [worth(problem.cover, rules, order[: k + 1]) for k in range(len(order))]
    added = np.diff([problem.cover.base, *covered])
    minutes = np.full(len(order), np.nan)
    if model in ("pmedian", "pcenter"):
        minutes = stage_minutes(distances(problem), order, model)
    step = np.concatenate([np.zeros(len(committed)), np.arange(1, len(order) - len(committed) + 1)])
    return GeoDataFrame(
        {
            "order": step.astype(np.int64),
            "site": options["site"],
            "name": sites["name"].to_numpy(),
            "town": sites["town"].to_numpy(),
            "type": options["type"],
            "action": options["action"],
            "host": sites["host"].to_numpy(),
            "cost": options["cost"],
            "added": added.astype(np.int64),
            "covered": np.array(covered, np.int64),
            "share": pd.array(np.array(covered) / max(problem.people, 1), dtype="Float64"),
            "minutes": pd.array(minutes, dtype="Float64"),
            "option": order,
        },
        geometry=sites.geometry.to_numpy(),
        crs=problem.candidates.crs,
    )


def _by_served(problem: Problem, rules: Rules, sites: Sites, first: Sites) -> Sites:
    """Put sites in the order in which each next one serves most."""
    done, rest = first.tolist(), np.setdiff1d(sites, first).tolist()
    while rest:
        best = max(rest, key=lambda site: (worth(problem.cover, rules, [*done, site]), -site))
        done.append(best)
        rest.remove(best)
    return np.array(done, np.int64)


def uncoverable(problem: Problem) -> pd.DataFrame:
    """List whom no candidate covers, and why."""
    demand, rows = problem.measured.demand, []
    places = len(demand)
    for at, (standard, times) in enumerate(zip(problem.standards, problem.times, strict=True)):
        people = problem.meant(standard)
        never = problem.cover.row[at * places : (at + 1) * places] == NEVER
        none = "no_site" if standard.count == 1 else "few_sites"
        listed = np.flatnonzero(never & area_mask(demand, standard.area) & (people > 0))
        rows += [
            (standard.key, demand.index[i], demand["name"].iloc[i], demand["town"].iloc[i],
             int(people[i]), none if times.connected[i] else "not_connected")
            for i in listed
        ]  # fmt: skip
    names = ["standard", "place", "name", "town", "people", "reason"]
    return pd.DataFrame(rows, columns=names)
