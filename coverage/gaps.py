"""Who is left behind: places and towns below a standard, with the numbers that made it so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from geopandas import GeoDataFrame

from .share import Standard

JUST_OVER = 1.1
"""Up to a tenth above the threshold a place is `just_over`, beyond it `far`."""
COLUMNS = (
    "kind",
    "id",
    "name",
    "town",
    "standard",
    "cause",
    "people",
    "minutes",
    "limit_minutes",
    "over_minutes",
    "walk_minutes",
    "venue",
    "share",
    "goal",
    "uncovered",
    "sentence",
)
CAUSES = ("not_connected", "no_venue", "beyond_horizon", "just_over", "far", "low_share", "unknown")


def flags(
    standards: Mapping[str, Standard],
    reach: pd.DataFrame,
    coverage: pd.DataFrame,
    demand: GeoDataFrame,
    towns: GeoDataFrame,
    venues: GeoDataFrame,
) -> pd.DataFrame:
    """
    List the places and the towns that fall short of a standard.

    A place is flagged when people of the standard's group live there, the standard is meant for it,
    and its nearest venue lies beyond the threshold or cannot be reached. A town is flagged when the
    share of its people is below the goal, and listed as `unknown` when there is nobody to judge by.

    Parameters
    ----------
    standards
        By key.
    reach
        From `share.reach`, all standards.
    coverage
        From `share.standard_coverage`, all standards.
    demand, towns, venues
        Layers.

    Returns
    -------
    DataFrame
        `COLUMNS`; towns first, then places by people, most first.
    """
    rows = [*_towns(standards, coverage, towns), *_places(standards, reach, demand, towns, venues)]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    for column in ("people", "uncovered"):
        table[column] = table[column].astype("Int64")
    for column in ("minutes", "limit_minutes", "over_minutes", "walk_minutes", "share", "goal"):
        table[column] = table[column].astype("Float64")
    return table


def _towns(
    standards: Mapping[str, Standard], coverage: pd.DataFrame, towns: GeoDataFrame
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    below = coverage[(coverage["scope"] == "town") & ~(coverage["met"].fillna(False))]
    for row in below.to_dict("records"):
        standard = standards[row["standard"]]
        if row["people"] == 0 and standard.area != "all":
            continue
        name = towns.at[row["code"], "name"]
        short = row["people"] - row["covered"]
        known = row["people"] > 0
        share = float(row["share"]) if known else None
        sentence = (
            f"{name}“{standard.name}”覆盖率{percent_down(share)}%，"
            f"低于目标{percent_down(standard.goal)}%，尚有{short}人未覆盖"
            if share is not None
            else f"{name}没有该群体人口数据，“{standard.name}”无法判定"
        )
        rows.append(
            {
                "kind": "town",
                "id": row["code"],
                "name": name,
                "town": row["code"],
                "standard": standard.key,
                "cause": "low_share" if known else "unknown",
                "people": row["people"],
                "limit_minutes": standard.minutes,
                "share": share,
                "goal": standard.goal,
                "uncovered": short,
                "sentence": sentence,
            }
        )
    return rows


def _places(
    standards: Mapping[str, Standard],
    reach: pd.DataFrame,
    demand: GeoDataFrame,
    towns: GeoDataFrame,
    venues: GeoDataFrame,
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for row in reach[reach["meant"] & ~reach["covered"]].to_dict("records"):
        standard = standards[row["standard"]]
        place = demand.loc[row["place"]]
        people = int(place[standard.group])
        if people == 0:
            continue
        minutes = None if pd.isna(row["minutes"]) else float(row["minutes"])
        cause = row["reason"] or (
            "far" if minutes is None or minutes > JUST_OVER * standard.minutes else "just_over"
        )
        rows.append(
            {
                "kind": "place",
                "id": row["place"],
                "name": place["name"],
                "town": place["town"],
                "standard": standard.key,
                "cause": cause,
                "people": people,
                "minutes": minutes,
                "limit_minutes": standard.minutes,
                "over_minutes": None if minutes is None else round(minutes - standard.minutes, 1),
                "walk_minutes": row["walk_minutes"],
                "venue": row["venue"],
                "uncovered": people,
                "sentence": _sentence(
                    standard,
                    row,
                    place["name"],
                    towns.at[place["town"], "name"],
                    people,
                    venues,
                    minutes,
                ),
            }
        )
    order = {key: number for number, key in enumerate(standards)}
    rows.sort(key=lambda row: (order[row["standard"]], -row["people"], row["id"]))
    return rows


def _sentence(
    standard: Standard,
    row: Mapping[Any, Any],
    place: str,
    town: str,
    people: int,
    venues: GeoDataFrame,
    minutes: float | None,
) -> str:
    who = f"{town}{place}（{people}人）"
    limit = f"{standard.minutes:g}分钟"
    if minutes is not None:
        venue = venues.at[row["venue"], "name"]
        parking = "" if standard.mode == "walk" else "与停车"
        return (
            f"{who}到最近的{venue}需{minutes:.1f}分钟"
            f"（其中路网外步行{parking}{float(row['walk_minutes']):.1f}分钟），"
            f"超出“{standard.name}”{limit}的要求{minutes - standard.minutes:.1f}分钟"
        )
    why = {
        "not_connected": "附近没有可接入的道路",
        "no_venue": "没有可到达的此类在用设施",
        "beyond_horizon": "最近的设施超出计算时限",
    }[row["reason"]]
    return f"{who}{why}，达不到“{standard.name}”{limit}的要求"


def percent_down(share: float) -> str:
    """Return a share as percent with one decimal, rounded down: what is printed as met is met."""
    return f"{int(share * 1000 + 1e-9) / 10:.1f}"
