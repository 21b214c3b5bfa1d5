"""Two states of a study beside each other: who gains, who loses, and never only the balance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from geopandas import GeoDataFrame

from .share import GROUPS, Standard, area_mask, scopes

KINDS = ("gained", "lost", "cut_off", "nearer", "farther", "arrived", "same")
"""
What becomes of a place: covered now and not before; the other way round; reached before and not at
all now; sooner or later there without crossing the threshold; new; nothing of these.
"""


def places_moved(
    standard: Standard,
    before: tuple[pd.DataFrame, GeoDataFrame],
    after: tuple[pd.DataFrame, GeoDataFrame],
) -> pd.DataFrame:
    """
    Tell what becomes of each place under a standard.

    Parameters
    ----------
    before, after
        Reach (of all standards, from `share.reach`) and demand. Places of the first that the second
        lacks are left out.

    Returns
    -------
    DataFrame
        A row for each place of `after`: `standard`, `place`, `name`, `town`, `rural`, `meant`,
        `people` (of the group), `minutes_before`, `minutes_after` (missing when not reached),
        `change` (minutes, missing where either is), `venue_before`, `venue_after`,
        `covered_before`, `covered_after`, `reason` (why not reached after), `kind` (`KINDS`).
    """
    demand = after[1]
    old, new = (
        reach[reach["standard"] == standard.key].set_index("place") for reach, _ in (before, after)
    )
    new, known = new.loc[demand.index], demand.index.isin(before[1].index)
    old = old.reindex(demand.index)
    was, now = (rows["minutes"].astype("Float64") for rows in (old, new))
    covered = [
        rows["covered"].astype("boolean").fillna(False).to_numpy(bool) for rows in (old, new)
    ]
    change = (now - was).round(1)
    table = pd.DataFrame(
        {
            "standard": standard.key,
            "place": demand.index,
            "name": demand["name"].to_numpy(),
            "town": demand["town"].to_numpy(),
            "rural": demand["rural"].to_numpy(bool),
            "meant": area_mask(demand, standard.area),
            "people": demand[standard.group].to_numpy(np.int64),
            "minutes_before": was.array,
            "minutes_after": now.array,
            "change": change.array,
            "venue_before": old["venue"].array,
            "venue_after": new["venue"].array,
            "covered_before": covered[0],
            "covered_after": covered[1],
            "reason": new["reason"].to_numpy(object),
        }
    )
    table["kind"] = _kinds(table, known)
    return table


def _kinds(table: pd.DataFrame, known: npt.NDArray[np.bool_]) -> npt.NDArray[np.object_]:
    was, now = table["covered_before"].to_numpy(bool), table["covered_after"].to_numpy(bool)
    reached = [table[name].notna().to_numpy(bool) for name in ("minutes_before", "minutes_after")]
    change = table["change"].fillna(0).to_numpy(float)
    rules = (
        (~known, "arrived"),
        (reached[0] & ~reached[1], "cut_off"),
        (~was & now, "gained"),
        (was & ~now, "lost"),
        ((change < 0) | (~reached[0] & reached[1]), "nearer"),
        (change > 0, "farther"),
    )
    return np.select([rule for rule, _ in rules], [kind for _, kind in rules], "same").astype(
        object
    )


def people_moved(
    moved: pd.DataFrame, standard: Standard, demand: GeoDataFrame, towns: GeoDataFrame
) -> pd.DataFrame:
    """
    Count the people of each kind, for every group and scope, among those the standard is meant for.

    `covered_after = covered_before + gained - lost + arrived_covered`, to the last person. Who is
    cut off and was covered before counts as lost, too.

    Parameters
    ----------
    moved
        From `places_moved`; p places.
    demand, towns
        After the change.

    Returns
    -------
    DataFrame
        `standard`, `scope`, `code`, `group`, `own` (the group the standard is about), `people`,
        `covered_before`, `covered_after`, `gained`, `lost`, `cut_off`, `nearer`, `farther`,
        `arrived`, `arrived_covered`.
    """
    names, members = scopes(demand, towns)
    weight = (members & moved["meant"].to_numpy(bool)).astype(np.int64)
    was, now = moved["covered_before"].to_numpy(bool), moved["covered_after"].to_numpy(bool)
    kind = moved["kind"].to_numpy(object)
    arrived = kind == "arrived"
    masks = {
        "people": np.ones(len(moved), bool),
        "covered_before": was,
        "covered_after": now,
        "gained": ~was & now & ~arrived,
        "lost": was & ~now,
        "cut_off": kind == "cut_off",
        "nearer": kind == "nearer",
        "farther": kind == "farther",
        "arrived": arrived,
        "arrived_covered": arrived & now,
    }
    parts = []
    for group in (name for name in GROUPS if name in demand):
        people = demand[group].to_numpy(np.int64)
        part = names.assign(standard=standard.key, group=group, own=group == standard.group)
        parts.append(part.assign(**{name: weight @ (people * m) for name, m in masks.items()}))
    table = pd.concat(parts, ignore_index=True)
    return table[["standard", "scope", "code", "group", "own", *masks]]


def flags_moved(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """
    List the flags that went and that came.

    Returns
    -------
    DataFrame
        The rows of `gaps.flags` with `change`: `gone` (as they stood before) or `new`.
    """
    keys = ["kind", "id", "standard"]
    old, new = (pd.MultiIndex.from_frame(flags[keys]) for flags in (before, after))
    gone = before[~old.isin(new)].assign(change="gone")
    came = after[~new.isin(old)].assign(change="new")
    return pd.concat([part for part in (gone, came) if len(part)] or [gone], ignore_index=True)


def standards_beside(states: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """
    Return how far each standard is met in every state, one below the other.

    Parameters
    ----------
    states
        From `share.standard_coverage`, all standards, by the name of the state; the first is what
        the others are measured against.

    Returns
    -------
    DataFrame
        `state`, the columns given, `more` (people covered beyond the first state) and `points`
        (percentage points of the share beyond it; missing where either is).
    """
    first = next(iter(states.values()))
    keys = ["standard", "scope", "code"]
    parts = []
    for name, table in states.items():
        beside = table[keys].merge(first, on=keys, how="left", validate="one_to_one")
        more = table["covered"].to_numpy(np.int64) - beside["covered"].to_numpy(np.int64)
        points = 100 * (table["share"].array - beside["share"].array)
        part = table.assign(more=more, points=points)
        part.insert(0, "state", name)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def pairs(names: Iterable[str]) -> list[tuple[str, str]]:
    """Return every state with every later one: the present with each, and these with each other."""
    listed = list(names)
    return [(a, b) for i, a in enumerate(listed) for b in listed[i + 1 :]]
