"""Who is left behind: towns and places below a standard, and venues that serve too many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame

from .crowded import crowded_rows
from .fixes import Fixes, fixes
from .left_behind import PLACE_CAUSES, Scene, place_rows
from .question import Question, spread_of
from .sentences import town_remedy, town_sentence
from .times import minutes_up

COLUMNS = (
    "kind", "id", "name", "town", "standard", "level", "cause", "people", "minutes",
    "limit_minutes", "over_minutes", "walk_minutes", "venue", "share", "goal", "uncovered", "score",
    "priority", "fix", "fix_venue", "fix_minutes", "fix_people", "sentence", "remedy",
)  # fmt: skip
COUNTS = ("people", "uncovered", "priority", "fix_people")
NUMBERS = (
    "minutes", "limit_minutes", "over_minutes", "walk_minutes", "share", "goal", "score",
    "fix_minutes",
)  # fmt: skip
TEXTS = ("level", "fix", "remedy")
CAUSES = (*PLACE_CAUSES, "over_capacity", "low_share", "unknown")
KINDS = ("town", "place", "venue")
LEVELS = ("severe", "moderate", "")
"""The last where it cannot be judged."""
FIXES = ("open", "extend", "hours", "audience", "road", "survey", "capacity", "new", "")
SEVERE_PART = 4
"""A town is severe where one in so many of its people, or more, is not covered."""


def flags(
    questions: Sequence[Question],
    reach: pd.DataFrame,
    coverage: pd.DataFrame,
    demand: GeoDataFrame,
    towns: GeoDataFrame,
    venues: GeoDataFrame,
    *,
    metres: Mapping[str, float],
    hosts: Sequence[str] = (),
    bands: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """
    List the places, the towns and the venues that fall short of a standard.

    A place is flagged when people of the standard's group live there, the standard is meant for it,
    and it is not covered. A town is flagged when the share of its people is below the goal, and
    listed as `unknown` when there is nobody to judge by. A venue is flagged when the people who go
    there because it is nearest are more than the standard allows its capacity.

    Parameters
    ----------
    questions
        The standards with their times.
    reach
        From `reach.reach`, all standards.
    coverage
        From `share.standard_coverage`, all standards.
    demand, towns, venues
        Layers.
    metres
        How far points may be off, by grade of precision; "" for none stated.
    hosts
        Types of open venues that may take on the function of others.
    bands
        From `bands.bands_table`, all standards: of a town whose goal lies within them it is said
        that the shortfall is not certain. None says nothing.

    Returns
    -------
    DataFrame
        `COLUMNS`; towns first, then places by people, most first, then venues. `priority` counts
        from 1 within a kind: by `score` (places: people x the part of a limit by which they exceed
        it, at most one; towns: people not covered; venues: people beyond capacity), then people.
    """
    names = towns["name"].to_dict()
    scene = Scene(demand, venues, names, spread_of(demand, metres), spread_of(venues, metres))
    rows: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
    unsure = {} if bands is None else _unsure(bands)
    for ask in questions:
        key = ask.standard.key
        could = fixes(ask, venues, demand, hosts)
        rows["town"] += _towns(ask, coverage[coverage["standard"] == key], scene, could, unsure)
        own = place_rows(ask, reach[reach["standard"] == key], scene, could)
        rows["place"] += sorted(own, key=lambda row: (-row["people"], row["id"]))
        rows["venue"] += crowded_rows(ask, venues, demand, names, could)
    return _framed([row for kind in KINDS for row in _ranked(rows[kind])])


def _ranked(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give rows of a kind their priority; what cannot be judged has none."""
    judged = [row for row in rows if row["level"]]
    order = sorted(judged, key=lambda row: (-row["score"], -row["people"], row["id"]))
    for number, row in enumerate(order, 1):
        row["priority"] = number
    return rows


def _framed(rows: list[dict[str, Any]]) -> pd.DataFrame:
    plain = dict.fromkeys(TEXTS, "")
    table = pd.DataFrame([plain | row for row in rows], columns=list(COLUMNS))
    for column in COUNTS:
        table[column] = table[column].astype("Int64")
    for column in NUMBERS:
        table[column] = table[column].astype("Float64")
    return table


def _unsure(bands: pd.DataFrame) -> dict[tuple[str, str], tuple[str, str]]:
    """Return by standard and town the percents between which a share lies that hangs on errors."""
    rows = bands[(bands["scope"] == "town") & (bands["verdict"] == "unsure")]
    low, high = rows[["point_low", "speed_low"]].min(axis=1), rows[["point_high", "speed_high"]]
    ends = zip(low, high.max(axis=1), strict=True)
    keys = zip(rows["standard"], rows["code"], strict=True)
    return {key: (percent_down(a), percent_down(b)) for key, (a, b) in zip(keys, ends, strict=True)}


def _towns(
    ask: Question, coverage: pd.DataFrame, scene: Scene, could: Fixes,
    unsure: Mapping[tuple[str, str], tuple[str, str]],
) -> list[dict[str, Any]]:  # fmt: skip
    standard, rows = ask.standard, []
    below = coverage[(coverage["scope"] == "town") & ~(coverage["met"].fillna(False))]
    for told in below.to_dict("records"):
        people, covered = int(told["people"]), int(told["covered"])
        if people == 0 and standard.area != "all":
            continue
        short, known = people - covered, people > 0
        hangs = known and pd.isna(told["met"])
        cause = "hours_unknown" if hangs else "low_share" if known else "unknown"
        facts = {
            "cause": cause, "uncovered": short, "hours_unknown": int(told["hours_unknown"]),
            "share": percent_down(covered / people) if known else "",
            "goal": percent_down(standard.goal),
            "between": unsure.get((standard.key, told["code"])),
        }  # fmt: skip
        level = "severe" if short * SEVERE_PART >= people else "moderate"
        name = scene.town_names[told["code"]]
        row = {
            "kind": "town", "id": told["code"], "name": name, "town": told["code"],
            "standard": standard.key, "level": level if cause == "low_share" else "",
            "cause": cause, "people": people, "limit_minutes": standard.minutes,
            "share": covered / people if known else None, "goal": standard.goal,
            "uncovered": short, "score": float(short),
            "sentence": town_sentence(standard, name, facts),
        }  # fmt: skip
        rows.append(row | _town_fix(cause, told, scene, could))
    return rows


def _town_fix(cause: str, told: Mapping[Any, Any], scene: Scene, could: Fixes) -> dict[str, Any]:
    """Return the columns of the one venue whose opening covers most people of a town."""
    if cause != "low_share":
        return {} if cause == "unknown" else {"fix": "hours", "remedy": town_remedy("hours", {})}
    here = (scene.demand["town"] == told["code"]).to_numpy()
    gains = could.flips[here].sum(axis=0)
    if not len(gains) or not gains.max():
        return {"fix": "new", "fix_people": 0, "remedy": town_remedy("new", {})}
    option = int(gains.argmax())
    venue, gained = int(could.options[option]), int(gains[option])
    status = str(scene.venues["status"].iloc[venue])
    fix = "extend" if status == "open" else "open"
    # Rounded up like every printed time.
    ticks = could.flips[here, option] @ could.after[here, option].astype(np.int64)
    minutes = float(minutes_up(-(-ticks // gained)))
    facts = {
        "option": scene.venues["name"].iloc[venue], "status": status, "gained": gained,
        "after": minutes,
        "share_after": percent_down((told["covered"] + gained) / told["people"]),
    }  # fmt: skip
    return {
        "fix": fix, "fix_venue": str(scene.venues.index[venue]), "fix_people": gained,
        "fix_minutes": minutes, "remedy": town_remedy(fix, facts),
    }  # fmt: skip


def percent_down(share: float) -> str:
    """Return a share as percent with one decimal, rounded down: what is printed as met is met."""
    return f"{int(share * 1000 + 1e-9) / 10:.1f}"
