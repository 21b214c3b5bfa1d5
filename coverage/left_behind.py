"""Places below a standard: why, how badly, and the nearest thing that would mend it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from geopandas import GeoDataFrame

from ..geo.network import TICKS_A_MINUTE
from ..geo.routing import UNREACHED
from .fixes import Fixes, tried
from .question import Floats, Question
from .sentences import GROUP_WORDS, Point, place_remedy, place_sentence
from .share import admitted, nearest
from .surveys import decisive_venue
from .times import threshold_ticks

JUST_OVER = 1.1
"""Up to a tenth above the limit a place is `just_over`."""
SEVERE = 2.0
"""A place is severe where nothing is reached, or beyond so many limits; else moderate."""
PLACE_CAUSES = (
    "not_connected", "closed_then", "hours_unknown", "other_groups", "no_venue", "beyond_horizon",
    "imprecise", "just_over", "slow_road", "far",
)  # fmt: skip
"""In the order in which they are asked; the first that holds is the cause."""


@dataclass(frozen=True, eq=False)
class Scene:
    """
    Layers as arrays, for all standards.

    Parameters
    ----------
    demand, venues
        Layers.
    town_names
        By code.
    place_metres, venue_metres
        How far points may be off.
    """

    demand: GeoDataFrame
    venues: GeoDataFrame
    town_names: Mapping[str, str]
    place_metres: Floats
    venue_metres: Floats

    @cached_property
    def place_names(self) -> npt.NDArray[np.object_]:
        """Names of the places."""
        return np.asarray(self.demand["name"], object)

    @cached_property
    def venue_ids(self) -> npt.NDArray[np.object_]:
        """Identifiers of the venues."""
        return np.asarray(self.venues.index.astype(str), object)

    @cached_property
    def venue_names(self) -> npt.NDArray[np.object_]:
        """Names of the venues."""
        return np.asarray(self.venues["name"], object)

    @cached_property
    def venue_status(self) -> npt.NDArray[np.object_]:
        """Status of the venues."""
        return np.asarray(self.venues["status"], object)

    @cached_property
    def grades(self) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]:
        """Grades of precision of places and venues, empty where none is stated."""
        return _grades(self.demand), _grades(self.venues)


def place_rows(
    ask: Question, reach: pd.DataFrame, scene: Scene, could: Fixes
) -> list[dict[str, Any]]:
    """
    Return a row for every place below a standard.

    Parameters
    ----------
    ask
        The standard and its times.
    reach
        Rows of the standard, in the order of the demand.
    scene
        Layers.
    could
        From `fixes`, of the standard.
    """
    standard, demand = ask.standard, scene.demand
    people = demand[standard.group].to_numpy(np.int64)
    known = admitted(scene.venues, standard)[0]
    found = nearest(ask.times, scene.venues, standard.types, count=standard.count, among=known)
    behind = (reach["meant"] & ~reach["covered"]).to_numpy(bool) & (people > 0)
    names, codes = scene.place_names, demand["town"].to_numpy()
    rows, kept = [], dict[str, Fixes]()
    known_of = {
        str(name): column.to_numpy(object, na_value=None) for name, column in reach[behind].items()
    }
    flagged = np.flatnonzero(behind)
    metres = scene.place_metres, scene.venue_metres
    decisive = decisive_venue(ask, (demand, scene.venues), metres, flagged).tolist()
    for number, place in enumerate(flagged.tolist()):
        told = {name: values[number] for name, values in known_of.items()}
        ticks, venue = int(found.ticks[place]), int(found.venue[place])
        minutes = told["minutes"]
        facts: dict[str, Any] = {
            "name": names[place], "town": scene.town_names[codes[place]],
            "people": int(people[place]), "minutes": minutes, "reason": told["reason"],
            "walk_minutes": told["walk_minutes"],
            "venue": "" if venue < 0 else scene.venue_names[venue],
            "metres": told["metres"], "join_metres": ask.join_metres,
            "horizon": ask.times.horizon / TICKS_A_MINUTE,
        }  # fmt: skip
        facts |= _held(scene.venues, told)
        facts["cause"] = cause_of(ask, ticks, told, may_be_near=decisive[number] >= 0)
        if facts["cause"] == "imprecise":
            facts["unsure"] = _unsure(ask, scene, place, decisive[number])
        row = {
            "kind": "place", "id": str(told["place"]), "name": names[place], "town": codes[place],
            "standard": standard.key, "level": level_of(ask, ticks), "cause": facts["cause"],
            "people": int(people[place]), "minutes": minutes, "limit_minutes": standard.minutes,
            "over_minutes": None if minutes is None else round(minutes - standard.minutes, 1),
            "walk_minutes": told["walk_minutes"], "venue": told["venue"],
            "uncovered": int(people[place]), "score": _score(ask, ticks, int(people[place])),
            "sentence": place_sentence(standard, facts),
        }  # fmt: skip
        rows.append(row | _fix(ask, scene, could, place, told, facts, kept))
    return rows


def cause_of(ask: Question, ticks: int, told: Mapping[str, Any], *, may_be_near: bool) -> str:
    """
    Return why a place is not covered: the first of `PLACE_CAUSES` that holds.

    not_connected, no_venue, beyond_horizon: nothing is reached, `reason` says why. closed_then,
    hours_unknown: with other hours it would be covered. other_groups: it would be, were venues for
    other groups also for this one. imprecise: points are so far off, perhaps, that the venue
    lacking is within the limit (`may_be_near`, from `surveys.decisive_venue`). just_over: by a
    tenth of the limit at most. slow_road: the straight distance, with the usual detour at the
    speed of a small road, is within the limit. far: all else.
    """
    if told["reason"] == "not_connected":
        return "not_connected"
    if told["held_back"]:
        return str(told["held_back"])
    if told["reason"]:
        return str(told["reason"])
    limit = threshold_ticks(ask.standard.minutes)
    if may_be_near:
        return "imprecise"
    if ticks <= JUST_OVER * limit:
        return "just_over"
    straight = float(told["metres"]) / ask.metres_a_minute + ask.fixed_minutes
    return "slow_road" if straight <= ask.standard.minutes else "far"


def level_of(ask: Question, ticks: int) -> str:
    """Return how badly a place falls short: severe or moderate (`SEVERE`)."""
    beyond = ticks == UNREACHED or ticks > SEVERE * threshold_ticks(ask.standard.minutes)
    return "severe" if beyond else "moderate"


def _score(ask: Question, ticks: int, people: int) -> float:
    """Return people x the part of a limit by which they exceed it, at most one."""
    limit = threshold_ticks(ask.standard.minutes)
    over = limit if ticks == UNREACHED else min(ticks - limit, limit)
    return round(people * over / limit, 1)


def _held(venues: GeoDataFrame, told: Mapping[str, Any]) -> dict[str, str]:
    if not told["held_back"]:
        return {"held": "", "hours": "", "held_for": ""}
    row = venues.loc[told["held_venue"]]
    stated = [f"{title}{row[key]}" for key, title in (("days", "开放日："), ("hours", "时间："))
              if key in venues and row[key]]  # fmt: skip
    whom = "、".join(
        GROUP_WORDS.get(key) or key for key in str(row.get("targets", "")).split(";") if key
    )
    return {"held": row["name"], "hours": "，".join(stated), "held_for": whom}


def _unsure(ask: Question, scene: Scene, place: int, venue: int) -> list[Point]:
    """Return whose points may be off by so much: the less sure, and the other where it needs it."""
    ends: list[Point] = [
        (str(scene.place_names[place]), scene.grades[0][place], float(scene.place_metres[place])),
        (str(scene.venue_names[venue]), scene.grades[1][venue], float(scene.venue_metres[venue])),
    ]
    ends.sort(key=lambda end: -end[2])
    beyond = int(ask.times.ticks[place, venue]) - threshold_ticks(ask.standard.minutes)
    alone = beyond <= ends[0][2] * TICKS_A_MINUTE / ask.metres_a_minute
    return ends[:1] if alone else ends


def _grades(layer: GeoDataFrame) -> npt.NDArray[np.object_]:
    if "precision" not in layer:
        return np.full(len(layer), "", object)
    return np.asarray(layer["precision"].fillna("").astype(str), object)


def _fix(
    ask: Question, scene: Scene, could: Fixes, place: int, told: Mapping[str, Any],
    facts: Mapping[str, Any], kept: dict[str, Fixes],
) -> dict[str, Any]:  # fmt: skip
    """Return the columns of the fix of a place; `kept` are the fixes by the venue held back."""
    fix = {"not_connected": "road", "imprecise": "survey"}.get(facts["cause"], "")
    then, option = "", None
    if facts["cause"] in ("closed_then", "hours_unknown", "other_groups"):
        fix = "audience" if facts["cause"] == "other_groups" else "hours"
        held = told["held_venue"]
        if held not in kept:
            number = np.flatnonzero(ask.times.venues == held)
            kept[held] = tried(ask, scene.venues, scene.demand, number)
        could, option = kept[held], 0
    elif fix != "road":
        option = None if could.nearest[place] < 0 else int(could.nearest[place])
        in_open = option is not None and (scene.venue_status[could.options[option]] == "open")
        then = ("extend" if in_open else "open") if could.enough[place] else "new"
        fix = fix or then
    said: dict[str, Any] = {"option": "", "status": "", "after": None, "gained": 0}
    columns: dict[str, Any] = {"fix": fix}
    if option is not None:
        venue = int(could.options[option])
        after = float((could.own_minutes if then == "new" else could.minutes)[place])
        said = {
            "option": scene.venue_names[venue],
            "status": scene.venue_status[venue],
            "after": None if np.isnan(after) else after,
            "gained": int(could.gain[option]),
        }
        columns |= {
            "fix_venue": scene.venue_ids[venue], "fix_minutes": said["after"],
            "fix_people": 0 if then == "new" else said["gained"],
        }  # fmt: skip
    said |= {"then": then, "survey": [name for name, _, _ in facts.get("unsure", ())],
             "unsure": facts["cause"] == "hours_unknown",
             "whom": GROUP_WORDS[ask.standard.group] or "全体居民"}  # fmt: skip
    return columns | {"remedy": place_remedy(fix, said)}
