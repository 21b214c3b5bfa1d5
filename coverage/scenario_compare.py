"""Two states of a study beside each other: who gains, who loses, and never only the balance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from geopandas import GeoDataFrame

from .share import GROUPS, Standard, area_mask, scopes

KINDS = ("gained", "lost", "cut_off", "nearer", "farther", "arrived", "departed", "same")
"""
What becomes of a place: covered now and not before; the other way round; reached before and not at
all now; sooner or later there without crossing the threshold; only in the second state; only in the
first; nothing of these.
"""
TENTHS = 10


@dataclass(frozen=True, eq=False)
class Everybody:
    """
    The places of two states: those of the second, then those that only the first has.

    Parameters
    ----------
    demand
        q places; a name may stand there twice.
    arrived, departed
        Shape (q,): whether only the second state has it, or only the first.
    """

    demand: GeoDataFrame
    arrived: npt.NDArray[np.bool_]
    departed: npt.NDArray[np.bool_]


def everybody(before: GeoDataFrame, after: GeoDataFrame) -> Everybody:
    """
    Return the places of two states.

    A place of one name that stands elsewhere, or where others live, is two: one goes, one comes.
    """
    if before is after:
        none = np.zeros(len(after), bool)
        return Everybody(after, none, none)
    at = before.index.get_indexer(after.index)
    stays = at >= 0
    told = ["town", "rural", *(group for group in GROUPS if group in after)]
    old, new = before.iloc[at[stays]], after[stays]
    same = (old[told].to_numpy(object) == new[told].to_numpy(object)).all(axis=1)
    stays[stays] = same & (old.geometry.to_numpy() == new.geometry.to_numpy())
    gone = np.ones(len(before), bool)
    gone[at[stays]] = False
    both = GeoDataFrame(pd.concat([after, before[gone]]), crs=after.crs) if gone.any() else after
    last = np.zeros(int(gone.sum()), bool)
    return Everybody(both, np.append(~stays, last), np.append(stays & False, ~last))


def places_moved(
    standard: Standard, both: Everybody, before: pd.DataFrame, after: pd.DataFrame
) -> pd.DataFrame:
    """
    Tell what becomes of each place under a standard.

    Parameters
    ----------
    both
        The q places of the two states.
    before, after
        Reach in each state, of all standards, from `reach.reach`.

    Returns
    -------
    DataFrame
        A row for each place: `standard`, `place`, `name`, `town`, `rural`, `meant`, `residents`,
        `people` (of the group), `minutes_before`, `minutes_after` (missing when not reached),
        `change` (minutes, missing where either is), `venue_before`, `venue_after`,
        `covered_before`, `covered_after`, `reason` (why not reached after), `kind` (`KINDS`).
    """
    demand = both.demand
    old, new = (
        reach[reach["standard"] == standard.key]
        .set_index("place")
        .reindex(demand.index.where(~absent, None))
        .reset_index(drop=True)
        for reach, absent in ((before, both.arrived), (after, both.departed))
    )
    was, now = (rows["minutes"].astype("Float64") for rows in (old, new))
    covered = [
        rows["covered"].astype("boolean").fillna(False).to_numpy(bool) for rows in (old, new)
    ]
    table = pd.DataFrame(
        {
            "standard": standard.key,
            "place": demand.index,
            "name": demand["name"].to_numpy(),
            "town": demand["town"].to_numpy(),
            "rural": demand["rural"].to_numpy(bool),
            "meant": area_mask(demand, standard.area),
            "residents": demand["people"].to_numpy(np.int64),
            "people": demand[standard.group].to_numpy(np.int64),
            "minutes_before": was.array,
            "minutes_after": now.array,
            "change": (now - was).round(1).array,
            "venue_before": old["venue"].array,
            "venue_after": new["venue"].array,
            "covered_before": covered[0],
            "covered_after": covered[1],
            "reason": new["reason"].fillna("").to_numpy(object),
        }
    )
    table["kind"] = _kinds(table, both)
    return table


def _kinds(table: pd.DataFrame, both: Everybody) -> npt.NDArray[np.object_]:
    was, now = table["covered_before"].to_numpy(bool), table["covered_after"].to_numpy(bool)
    reached = [table[name].notna().to_numpy(bool) for name in ("minutes_before", "minutes_after")]
    change = table["change"].fillna(0).to_numpy(float)
    rules = (
        (both.arrived, "arrived"),
        (both.departed, "departed"),
        (reached[0] & ~reached[1], "cut_off"),
        (~was & now, "gained"),
        (was & ~now, "lost"),
        ((change < 0) | (~reached[0] & reached[1]), "nearer"),
        (change > 0, "farther"),
    )
    return np.select([rule for rule, _ in rules], [kind for _, kind in rules], "same").astype(
        object
    )


def delays(moved: pd.DataFrame) -> npt.NDArray[np.int64]:
    """
    Return how much longer each place takes that gets there still, tenths of a minute, shape (q,).

    Covered still or no longer, what counts is the longer way; 0 for all others.
    """
    tenths = np.rint(TENTHS * moved["change"].fillna(0).to_numpy(float)).astype(np.int64)
    return np.where(moved["kind"].isin(["lost", "farther"]), np.maximum(tenths, 0), 0)


def people_moved(
    moved: pd.DataFrame, standard: Standard, demand: GeoDataFrame, towns: GeoDataFrame
) -> pd.DataFrame:
    """
    Count the people of each kind, for every group and scope, among those the standard is meant for.

    `covered_after = covered_before + gained - lost + arrived_covered - departed_covered`, to the
    last person. Who is cut off and was covered before counts as lost, too.

    Parameters
    ----------
    moved
        From `places_moved`; q places.
    demand
        Of the q places, from `everybody`.

    Returns
    -------
    DataFrame
        `standard`, `scope`, `code`, `group`, `own` (the group the standard is about), `people`
        (after), `covered_before`, `covered_after`, `gained`, `lost`, `cut_off`, `nearer`,
        `farther`, `arrived`, `arrived_covered`, `departed`, `departed_covered`, `delayed` (who get
        there still, but later), `delay_mean`, `delay_most` (of these, minutes; missing for nobody).
    """
    names, members = scopes(demand, towns)
    weight = (members & moved["meant"].to_numpy(bool)).astype(np.int64)
    was, now = moved["covered_before"].to_numpy(bool), moved["covered_after"].to_numpy(bool)
    kind = moved["kind"].to_numpy(object)
    arrived, departed, longer = kind == "arrived", kind == "departed", delays(moved)
    masks = {
        "people": ~departed,
        "covered_before": was,
        "covered_after": now,
        "gained": ~was & now & ~arrived,
        "lost": was & ~now & ~departed,
        "cut_off": kind == "cut_off",
        "nearer": kind == "nearer",
        "farther": kind == "farther",
        "arrived": arrived,
        "arrived_covered": arrived & now,
        "departed": departed,
        "departed_covered": departed & was,
        "delayed": longer > 0,
    }
    parts = []
    for group in (name for name in GROUPS if name in demand):
        people = demand[group].to_numpy(np.int64)
        part = names.assign(standard=standard.key, group=group, own=group == standard.group)
        part = part.assign(**{name: weight @ (people * m) for name, m in masks.items()})
        total, anybody = weight @ (people * longer), (part["delayed"] > 0).to_numpy()
        most = np.where((weight > 0) & (people > 0), longer, 0).max(axis=1, initial=0)
        mean = total / np.where(anybody, TENTHS * part["delayed"], 1)
        part["delay_mean"] = pd.array(np.where(anybody, mean, np.nan), "Float64")
        part["delay_most"] = pd.array(np.where(anybody, most / TENTHS, np.nan), "Float64")
        parts.append(part)
    table = pd.concat(parts, ignore_index=True)
    keys = ["standard", "scope", "code", "group", "own"]
    return table[[*keys, *masks, "delay_mean", "delay_most"]]


def places_hit(moved: pd.DataFrame) -> pd.DataFrame:
    """
    Tell, by place, which standards it no longer reaches, which no longer cover it, how much longer.

    Parameters
    ----------
    moved
        From `places_moved`, of one pair of states and any standards.

    Returns
    -------
    DataFrame
        Index place, those first that reach fewest and of these the largest: `name`, `town`,
        `rural`, `residents`, `cut_off` and `lost` (tuples of standards; a standard of which both
        is true is only in the first), `delay_most` (minutes; missing for none), `delay_standard`.
    """
    rows = moved.assign(delay=delays(moved))
    hit = rows["kind"].isin(["cut_off", "lost"]) | (rows["delay"] > 0)
    rows = rows[hit & rows["meant"] & (rows["people"] > 0)]
    found = rows.groupby("place", sort=False)[["name", "town", "rural", "residents"]].first()
    for kind in ("cut_off", "lost"):
        some = rows[rows["kind"] == kind].groupby("place", sort=False)["standard"].agg(tuple)
        found[kind] = [some.get(place, ()) for place in found.index]
    longest = rows.sort_values("delay", ascending=False, kind="stable").drop_duplicates("place")
    longest = longest.set_index("place").reindex(found.index)
    later = (longest["delay"] > 0).to_numpy()
    minutes = np.where(later, longest["delay"].to_numpy(float) / TENTHS, np.nan)
    found["delay_most"] = pd.array(minutes, "Float64")
    found["delay_standard"] = longest["standard"].where(later, "")
    order = np.lexsort(
        [-found["residents"], -found["lost"].map(len), -found["cut_off"].map(len)]
    )  # the last key counts first
    return found.iloc[order]


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
