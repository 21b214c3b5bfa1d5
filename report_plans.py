"""What could be: where next, what a scenario changes, where the mobile units go."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .assessment import Assessment
from .report_ground import Ground
from .report_keys import Part
from .report_scenarios import all_planned, present, scenario_part
from .report_sites import sites_part
from .report_tour import tour_part
from .report_tour_plan import read_tour, tour_planned
from .scenario_keys import Scenario
from .scenarios import apply


def further(
    found: Assessment,
    facts: dict[str, Any],
    *,
    standard: str | None = None,
    sites: int = 8,
    scenarios: Sequence[Scenario] = (),
    tour: Path | None = None,
    cache: Path | None = None,
) -> list[Part]:
    """
    Return the figures and tables that need a plan.

    Parameters
    ----------
    facts
        The passport: a tour must be of the same inputs.
    standard
        Key; by default the first that is not met and that one venue can meet.
    sites
        How many new ones; 0 leaves these figures out.
    scenarios
        Further ones beside that in which all that is planned stands.
    tour
        A folder of `kepu tour`; without one a study with units is planned for here.
    cache
        Of roads.

    Raises
    ------
    KepuError
        The standard, a scenario or the tour cannot be used.
    """
    ground = Ground(found.measured)
    parts = [sites_part(found, ground, standard=standard, sites=sites, cache=cache)]
    asked = [*scenarios, *all_planned(found)]
    before = present(found)
    for number, scenario in enumerate(asked, 1):
        after = apply(found.study, found.measured, scenario, cache=cache)
        parts.append(scenario_part(ground, before, after, number))
    if tour is not None:
        parts.append(tour_part(found, ground, read_tour(tour, facts)))
    elif found.study.tour.units:
        parts.append(tour_part(found, ground, tour_planned(found, cache)))
    return [part for part in parts if part is not None]
