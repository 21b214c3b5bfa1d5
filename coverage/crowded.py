"""Venues that serve more people than their capacity bears, where everybody goes to the nearest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from geopandas import GeoDataFrame

from .fixes import Fixes
from .question import Question
from .sentences import venue_remedy, venue_sentence
from .share import Standard, admitted, area_mask, nearest
from .times import within

SEVERE_LOAD = 2.0
"""More than so many times the people that the standard allows a unit is severe."""


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
    most = np.floor(standard.people_a_unit * np.where(judged, capacity, 0))
    rows = []
    for venue in np.flatnonzero(judged & (load > most)).tolist():
        come = np.flatnonzero(goes & (found.venue == venue))
        nearer = could.ticks[come] < found.ticks[come, None]
        relief = (people[come, None] * nearer).sum(axis=0)
        facts: dict[str, Any] = {
            "name": venues["name"].iloc[venue], "capacity": capacity[venue],
            "unit": standard.capacity_unit, "people": int(load[venue]),
            "each": _tenths_down(load[venue] / capacity[venue]),
            "needed": int(np.ceil(load[venue] / standard.people_a_unit)),
        }  # fmt: skip
        columns: dict[str, Any] = {"fix": "capacity"}
        if len(relief) and relief.max() > 0:
            option = int(relief.argmax())
            other = int(could.options[option])
            status = str(venues["status"].iloc[other])
            theirs = int(meant[turning[:, option]].sum())
            facts |= {
                "option": venues["name"].iloc[other], "status": status,
                "gained": int(relief[option]), "left": int(load[venue] - relief[option]),
                "still": bool(load[venue] - relief[option] > most[venue]), "theirs": theirs,
                "their_need": int(np.ceil(theirs / standard.people_a_unit)),
                "their_capacity": _capacity(venues, other, standard),
            }  # fmt: skip
            columns = {
                "fix": "extend" if status == "open" else "open",
                "fix_venue": str(venues.index[other]), "fix_people": int(relief[option]),
            }  # fmt: skip
        town = str(venues["town"].iloc[venue]) if "town" in venues else ""
        severe = load[venue] > SEVERE_LOAD * standard.people_a_unit * capacity[venue]
        rows.append({
            "kind": "venue", "id": str(venues.index[venue]), "name": facts["name"],
            "town": town if town in town_names else "", "standard": standard.key,
            "level": "severe" if severe else "moderate", "cause": "over_capacity",
            "people": int(load[venue]), "limit_minutes": standard.minutes,
            "venue": str(venues.index[venue]), "uncovered": int(load[venue] - most[venue]),
            "score": float(load[venue] - most[venue]),
            "sentence": venue_sentence(standard, facts),
            "remedy": venue_remedy(columns["fix"], facts), **columns,
        })  # fmt: skip
    return rows


def _capacity(venues: GeoDataFrame, venue: int, standard: Standard) -> float | None:
    """Return what a venue of the standard's types holds in its unit; None where that is unknown."""
    row = venues.iloc[venue]
    told = row["type"] in standard.types and row["capacity_unit"] == standard.capacity_unit
    return float(row["capacity"]) if told and row["capacity"] > 0 else None


def _tenths_down(number: float) -> float:
    return float(np.floor(number * 10 + 1e-9) / 10)
