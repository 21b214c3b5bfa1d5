"""Venues that serve more people than their capacity bears, where everybody goes to the nearest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from geopandas import GeoDataFrame

from .fixes import Fixes
from .question import Question
from .sentences import venue_remedy, venue_sentence
from .share import Standard, admitted, area_mask, nearest
from .times import within

SEVERE_LOAD = 2.0
"""More than so many times the people that the standard allows a unit is severe."""
ROUNDING = 1e-6
"""2.3 people for each of 100 seats are 230 people, though in doubles a little less."""


def crowded_rows(
    ask: Question,
    venues: GeoDataFrame,
    demand: GeoDataFrame,
    town_names: Mapping[str, str],
    could: Fixes,
) -> list[dict[str, Any]]:
    """
    Return a row for every venue with more people a unit of capacity than a standard allows.

    Everybody whom the standard is meant for, within the limit, goes to the nearest venue. Venues
    whose capacity is not stated in the standard's unit are not judged. Relief is told with what
    it leaves here and with what the other venue would have to hold: a crowd that only moves is
    no relief.
    """
    standard = ask.standard
    if not standard.people_a_unit:
        return []
    known = admitted(venues, standard)[0]
    found = nearest(ask.times, venues, standard.types, among=known)
    goes = within(found.ticks, standard.minutes)
    meant = demand[standard.group].to_numpy(np.int64) * area_mask(demand, standard.area)
    people = meant * goes
    turning = within(could.ticks, standard.minutes) & (could.ticks < found.ticks[:, None])
    load = np.zeros(len(venues), np.int64)
    np.add.at(load, found.venue[goes], people[goes])
    capacity = venues["capacity"].to_numpy(float)
    judged = known & (venues["capacity_unit"] == standard.capacity_unit).to_numpy() & (capacity > 0)
    most = _whole_down(standard.people_a_unit * np.where(judged, capacity, 0))
    rows = []
    for venue in np.flatnonzero(judged & (load > most)).tolist():
        come = np.flatnonzero(goes & (found.venue == venue))
        facts: dict[str, Any] = {
            "name": venues["name"].iloc[venue], "capacity": capacity[venue],
            "unit": standard.capacity_unit, "people": int(load[venue]),
            "each": _tenths_down(load[venue] / capacity[venue]),
            "needed": _units_for(int(load[venue]), standard),
        }  # fmt: skip
        columns: dict[str, Any] = {"fix": "capacity"}
        relief = (people[come, None] * turning[come]).sum(axis=0)
        if len(relief) and relief.max() > 0:
            option = int(relief.argmax())
            gained, theirs = int(relief[option]), int(meant[turning[:, option]].sum())
            other, left = int(could.options[option]), int(load[venue]) - gained
            facts |= {"gained": gained, "left": left, "still": left > most[venue]}
            facts |= _other_facts(venues, other, theirs, standard)
            columns = {
                "fix": "extend" if facts["status"] == "open" else "open",
                "fix_venue": str(venues.index[other]),
                "fix_people": gained,
            }
        town = str(venues["town"].iloc[venue]) if "town" in venues else ""
        columns |= {"id": str(venues.index[venue]), "town": town if town in town_names else ""}
        rows.append(_row(standard, facts, columns, int(most[venue])))
    return rows


def _row(
    standard: Standard, facts: dict[str, Any], columns: dict[str, Any], most: int
) -> dict[str, Any]:
    """Return the row of a venue that bears no more than so many people."""
    bears = SEVERE_LOAD * standard.people_a_unit * facts["capacity"]
    severe = facts["people"] > _whole_down(bears)
    return {
        "kind": "venue", "name": facts["name"], "standard": standard.key,
        "level": "severe" if severe else "moderate", "cause": "over_capacity",
        "people": facts["people"], "limit_minutes": standard.minutes,
        "venue": columns["id"], "uncovered": facts["people"] - most,
        "score": float(facts["people"] - most), "sentence": venue_sentence(standard, facts),
        "remedy": venue_remedy(columns["fix"], facts), **columns,
    }  # fmt: skip


def _other_facts(
    venues: GeoDataFrame, other: int, theirs: int, standard: Standard
) -> dict[str, Any]:
    """Return what the venue is that relieves a crowded one, and what it would have to hold."""
    return {
        "option": venues["name"].iloc[other], "status": str(venues["status"].iloc[other]),
        "theirs": theirs, "their_need": _units_for(theirs, standard),
        "their_capacity": _capacity(venues, other, standard),
    }  # fmt: skip


def _capacity(venues: GeoDataFrame, venue: int, standard: Standard) -> float | None:
    """Return what a venue of the standard's types holds in its unit; None where that is unknown."""
    row = venues.iloc[venue]
    told = row["type"] in standard.types and row["capacity_unit"] == standard.capacity_unit
    return float(row["capacity"]) if told and row["capacity"] > 0 else None


def _units_for(people: int, standard: Standard) -> int:
    """Return the least whole capacity that bears so many people."""
    return int(np.ceil(people / standard.people_a_unit - ROUNDING))


def _whole_down(number: npt.ArrayLike) -> npt.NDArray[np.float64]:
    return np.asarray(np.floor(np.asarray(number) + ROUNDING))


def _tenths_down(number: float) -> float:
    return float(np.floor(number * 10 + 1e-9) / 10)
