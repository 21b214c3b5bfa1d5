"""
What `kepu sites` works out for a made district: `python benchmarks/sites_district.py [--quick]`.

20,000 places, of which about 5,000 are candidates, and 500 venues; 50 new rooms within 15 minutes
on foot. Wall time of each step, in a process of its own with the kernels loaded, after the times of
the district are known; nobody else answers the same, so there is no ratio.
"""

from __future__ import annotations

import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import apart

SIZES = {True: (2_000, 100, 87, 10), False: (20_000, 500, 276, 50)}
"""Places, venues, lines of the grid of streets, and new sites."""
SECONDS = 60.0
STEPS = {
    "measured": "candidates and their times",
    "plan": "the plan",
    "choices": "curve, near-best, price of equity, regret",
}


def planned(folder: Path, *, quick: bool) -> dict[str, Any]:
    """Measure the steps; `told`: how good the plan is known to be, and the rows beside it."""
    from district import surveyed

    from kepu.coverage.siting.answers import Watch
    from kepu.geo.engines import warm
    from kepu.siting import plan_sites, ready
    from kepu.siting_choices import choices
    from kepu.siting_models import Asked
    from kepu.siting_problem import problem_of

    places, venues, lines, count = SIZES[quick]
    study, measured = surveyed(folder, places=places, venues=venues, lines=lines)
    warm()
    spent = {}
    begin = time.perf_counter()
    problem = problem_of(study, measured, ["room"])
    spent["measured"] = time.perf_counter() - begin
    ready(problem, "mclp", medians=True)
    begin = time.perf_counter()
    found = plan_sites(problem, Asked(count=count, seconds=SECONDS), Watch(SECONDS))
    spent["plan"] = time.perf_counter() - begin
    begin = time.perf_counter()
    extra = choices(found, Watch(SECONDS))
    spent["choices"] = time.perf_counter() - begin
    sure = int((extra.price["gap"] == 0).sum())
    told = (
        f"{len(problem.candidates)} candidates, {found.answer.status}; "
        f"curve of {len(extra.curve)}, price of {len(extra.price)} rows ({sure} proved), "
        f"regret of {len(extra.regret)}{', cut by time' if extra.cut else ''}"
    )
    return {**{f"{key}_s": value for key, value in spent.items()}, "told": told}


def measure(quick: bool) -> list[dict]:
    """Return a row for each step, and for the memory of the process."""
    places, venues, _, count = SIZES[quick]
    graph = f"made district, {places} places x {venues} venues, p = {count}"
    who = "--quick-side" if quick else "--side"
    with tempfile.TemporaryDirectory() as folder:
        own = apart.side(__file__, who, Path(folder))
    rows = [
        apart.row(f"kepu sites: {work}", graph, f"sites {key}", 1000 * own[f"{key}_s"])
        for key, work in STEPS.items()
    ]
    memory = apart.row(
        "kepu sites: greatest memory (MiB, not ms)", graph, "sites peak", own["peak"]
    )
    return [*rows[:-1], {**rows[-1], "answers": own["told"]}, memory]


if __name__ == "__main__":
    apart.main(
        {"--side": partial(planned, quick=False), "--quick-side": partial(planned, quick=True)},
        measure,
    )
