"""The times of a siting problem: to every option, stage by stage, and in which order to build."""

from __future__ import annotations

import numpy as np

from .coverage.share import admitted, nearest
from .coverage.siting.answers import Sites
from .coverage.siting.median_program import Distances
from .coverage.times import minutes_up
from .geo.routing import UNREACHED
from .siting_points import Points
from .siting_problem import Problem
from .study import times_for


def distances(problem: Problem, moved: Points | None = None) -> Distances:
    """
    Return the times of the one standard, to options and to what is open already.

    `moved`: candidates stand elsewhere by metres, shape (c, 2).

    Whom no open venue and no candidate reaches weighs nothing; a time beyond the horizon counts as
    twice the horizon, so that reaching somebody comes before saving minutes.
    """
    standard, times = problem.standards[0], problem.times[0]
    far = 2 * times.horizon
    ticks = times.ticks if moved is None else problem.moved_ticks(standard, times.ticks, moved)
    ticks = ticks[:, problem.number]
    found = nearest(
        times_for(problem.measured, standard), problem.measured.venues, standard.types,
        among=admitted(problem.measured.venues, standard)[0],
    )  # fmt: skip
    reached = (ticks != UNREACHED).any(axis=1) | (found.ticks != UNREACHED)
    cost = np.where(ticks == UNREACHED, far, ticks).astype(np.uint32)
    cap = np.where(found.ticks == UNREACHED, far, found.ticks).astype(np.int64)
    weight = np.where(reached, problem.meant(standard), 0)
    # In one order whatever the input's: among equal plans the same one is found.
    order = np.argsort(problem.measured.demand.index.astype(str), kind="stable")
    return Distances(cost[order], cap[order], weight[order])


def order_by_time(table: Distances, order: Sites, first: int) -> Sites:
    """Put sites in the order in which each next one saves most time."""
    done, rest = order[:first].tolist(), order[first:].tolist()
    while rest:
        best = min(rest, key=lambda site: (table.value([*done, site]), site))
        done.append(best)
        rest.remove(best)
    return np.array(done, np.int64)


def stage_minutes(table: Distances, order: Sites, model: str) -> np.ndarray:
    """Return after each stage the mean (p-median) or longest minutes of who is reached."""
    found = []
    for stage in range(len(order)):
        times = np.minimum(table.cap, table.cost[:, order[: stage + 1]].min(axis=1))
        reached = (table.weight > 0) & (times < np.minimum(table.cap, table.cost.max()) + 1)
        people = np.where(reached, table.weight, 0)
        if not people.any():
            found.append(np.nan)
        elif model == "pmedian":
            found.append(float((times * people).sum() / people.sum() / 600.0))
        else:
            found.append(float(minutes_up(np.array([times[people > 0].max()], np.uint32))[0]))
    return np.array(found)
