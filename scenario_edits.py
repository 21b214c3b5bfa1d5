"""The edits of a scenario, one after the other: on venues and people, on roads and speeds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from .geo.edits import Roadworks
from .geo.errors import Fault, KepuError, StudyError
from .scenario_draft import Before, Draft, with_row
from .scenario_keys import (
    AddPeople,
    AddVenue,
    ChangeCapacity,
    ChangeHours,
    CloseVenues,
    Edit,
    MoveVenue,
    OpenVenues,
    Scenario,
    UpgradeVenue,
)
from .scenario_people import people_at
from .scenario_roads import edit_roads
from .scenario_venues import (
    add_venue,
    change_capacity,
    change_hours,
    close_venues,
    move_venue,
    open_venues,
    upgrade_venue,
)
from .study import Survey
from .study_keys import Study


def edited(study: Study, measured: Survey, scenario: Scenario) -> Draft:
    """
    Apply all edits of a scenario in their order.

    Raises
    ------
    StudyError
        Some match nothing or change nothing; all of them at once.
    """
    venues = measured.venues
    draft = Draft(
        scenario, Before(study, measured), study, venues.copy(), measured.demand,
        pd.Series(venues.index, venues.index), Roadworks.of(measured.roads.network),
    )  # fmt: skip
    faults: list[Fault] = []
    for number, edit in enumerate(scenario.edits, 1):
        try:
            draft.notes.append(_applied(draft, edit))
        except KepuError as error:
            faults += [_at(fault, number, edit) for fault in error.faults]
    if faults:
        raise StudyError(*faults)
    used = set(draft.site_of)  # others belong to venues that are gone again or have moved on
    draft.sites = {name: point for name, point in draft.sites.items() if name in used}
    return draft


def _applied(draft: Draft, edit: Edit) -> str:
    """Apply one edit; return what it did."""
    doing: dict[type, Callable[[Draft, Any], str]] = {
        OpenVenues: open_venues, CloseVenues: close_venues, AddVenue: add_venue,
        MoveVenue: move_venue, UpgradeVenue: upgrade_venue, ChangeCapacity: change_capacity,
        ChangeHours: change_hours, AddPeople: _add_people,
    }  # fmt: skip
    if type(edit) in doing:
        return doing[type(edit)](draft, edit)
    works, study, note = edit_roads(edit, draft.works, draft.study, draft.before.survey)  # type: ignore[arg-type]
    draft.works, draft.study, draft.has_roads = works, study, True
    return note


def _add_people(draft: Draft, edit: AddPeople) -> str:
    draft.require_new(edit.id, draft.demand.index)
    point = draft.point(edit.lon, edit.lat, edit.datum, buffered=False)
    values, warnings = people_at(edit, str(draft.town_at(point)), draft.before.survey)
    draft.demand = with_row(draft.demand, edit.id, values, point)
    draft.warnings += warnings
    title = f"新增 {edit.name}" if edit.name else values["name"]
    return f"{title} {edit.people:,}人"


def _at(fault: Fault, number: int, edit: Edit) -> Fault:
    """Return a fault that names the edit it came from."""
    column = f"edits[{number}] {edit.do}"
    return Fault(fault.code, fault.file, fault.sheet, fault.row, column, fault.value, fault.facts)
