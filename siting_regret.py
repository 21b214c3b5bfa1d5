"""What a plan loses where roads are slower or faster, or points are not where they were given."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from .coverage.siting.answers import Watch
from .coverage.siting.capacity import most_people, worth
from .coverage.siting.center import center, longest
from .coverage.siting.median import median
from .siting import Siting
from .siting_models import rules_of
from .siting_points import Points
from .siting_times import distances

SPEEDS = {"slow": 0.75, "fast": 1.25}
DRAWS = 10
RADIUS_METRES = {"A": 10.0, "B": 50.0, "C": 100.0, "D": 500.0, "E": 2000.0, "": 500.0}
SEED = 441802
REGRET = ["scenario", "speed", "ours", "best", "regret", "regret_share", "status", "gap"]


def regret_of(found: Siting, watch: Watch) -> pd.DataFrame:
    """
    Return what our plan loses against the best at other speeds, and with points elsewhere.

    In people covered (or served); of a p-median in ticks of all people, of a p-center in those of
    the farthest: other speeds leave the best of these as it is.
    """
    rows = []
    timed = found.asked.model in ("pmedian", "pcenter")
    for name, speed in {} if timed else SPEEDS.items():
        if watch.over:
            break
        rows.append(_people(found, name, speed, None, watch.part(watch.left / 6)))
    rng = np.random.default_rng(SEED)
    radius = found.problem.candidates["grade"].map(RADIUS_METRES).fillna(500.0).to_numpy(float)
    drawn = []
    for draw in range(DRAWS):
        if watch.over:
            break
        # Anywhere in the circle: the root makes all of its area as likely.
        metres = radius * np.sqrt(rng.random(len(radius)))
        angle = 2 * np.pi * rng.random(len(radius))
        moved = metres[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
        part = watch.part(watch.left / (DRAWS - draw))
        drawn.append(
            _time(found, moved, part) if timed else _people(found, "imprecise", 1.0, moved, part)
        )
    if drawn:
        rows.append(max(drawn, key=lambda row: row[4]))
    return pd.DataFrame(rows, columns=REGRET)


def _people(
    found: Siting, name: str, speed: float, moved: Points | None, watch: Watch
) -> tuple[Any, ...]:
    """Hold our plan against the best that keeps the floors; against any, where none can."""
    cover = found.problem.cover_at(speed, moved)
    bare = replace(found.rules, floors=())
    if found.asked.model == "lscp":
        # Of as many sites: not even all of them may cover everybody now.
        bare = replace(bare, count=len(found.answer.sites))
    mine = worth(cover, bare, found.answer.sites)
    rules = replace(bare, floors=rules_of(found.problem, found.asked, cover).floors)
    best = most_people(cover, rules, watch)
    if not best.found and rules.floors:
        best = most_people(cover, bare, watch)
    top = max(int(best.value), mine) if best.found else mine
    share = (top - mine) / top if top else 0.0
    # Where the best is not proved, what is lost is that much at least.
    gap = max(best.bound - top, 0) / max(top, 1) if best.found else np.inf
    status = "optimal" if gap == 0 else best.status
    return name, speed, mine, top, top - mine, share, status, gap


def _time(found: Siting, moved: Points, watch: Watch) -> tuple[Any, ...]:
    """Hold our plan against the one that takes least time with the points there."""
    table, sites = distances(found.problem, moved), found.answer.sites
    if found.asked.model == "pmedian":
        mine, best = table.value(sites), median(table, found.rules, watch)
    else:
        mine, best = longest(table, sites), center(table, found.rules, watch)
    low = min(int(best.value), mine) if best.found else mine
    gap = max(low - best.bound, 0) / max(low, 1) if best.found else np.inf
    return "imprecise", 1.0, mine, low, mine - low, (mine - low) / max(low, 1), best.status, gap
