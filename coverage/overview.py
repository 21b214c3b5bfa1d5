"""Coverage by scope, kind of venue, mode, limit and group; and under stricter conditions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from scipy.sparse import csr_matrix

from .opening import MOMENTS, UNKNOWN, states
from .share import GROUPS, Nearest, Standard, nearest, scopes, serving, share_of, standard_coverage
from .times import Times, within

CHOICES = (2, 3)
CONDITIONS = (*(f"choice{count}" for count in CHOICES), *MOMENTS)
"""Two or three venues within the limit; open then."""


def coverage_table(
    times: Mapping[str, Times],
    venues: GeoDataFrame,
    demand: GeoDataFrame,
    towns: GeoDataFrame,
    *,
    kinds: Sequence[tuple[str, ...]],
    thresholds: Sequence[float],
    paced: Mapping[tuple[str, str], Times] | None = None,
    modes: Mapping[tuple[str, ...], Collection[str]] | None = None,
) -> pd.DataFrame:
    """
    Count coverage for every scope x kind of venue x mode x threshold x group.

    Parameters
    ----------
    times
        By mode.
    venues, demand, towns
        Layers.
    kinds
        Sets of types; any of a set will do.
    thresholds
        Minutes.
    paced
        By group and mode: times of groups that travel at a pace of their own.
    modes
        By kind, the modes that it is counted for; None counts all.

    Returns
    -------
    DataFrame
        `scope`, `code`, `types` (joined by ;), `mode`, `minutes`, `group`, `people`, `covered`,
        `not_connected`, `share`, `venues` (how many open ones of the kind are for the group).
    """
    names, members = scopes(demand, towns)
    groups = [group for group in GROUPS if group in demand]
    people = demand[groups].to_numpy(np.int64)
    weight = csr_matrix(members.astype(np.int64))  # each place is of three scopes
    pairs = [(kind, mode) for kind in kinds for mode in times if not modes or mode in modes[kind]]
    keys = [
        (";".join(kind), mode, minutes, group)
        for kind, mode in pairs
        for minutes in thresholds
        for group in groups
    ]
    covered, apart, counted = [], [], []
    for kind, mode in pairs:
        found, used = _nearest_by_group(kind, mode, groups, times, paced or {}, venues)
        far = np.column_stack([one.reason == "not_connected" for one in found])
        alone = weight @ (people * far)
        for minutes in thresholds:
            reached = np.column_stack([within(one.ticks, minutes) for one in found])
            covered.append(weight @ (people * reached))
            apart.append(alone)
            counted += used
    rows = pd.DataFrame(keys, columns=["types", "mode", "minutes", "group"])
    table = rows.loc[rows.index.repeat(len(names))].reset_index(drop=True)
    for column in ("code", "scope"):
        table.insert(0, column, np.tile(names[column].to_numpy(), len(keys)))
    table["people"] = np.tile((weight @ people).T.ravel(), len(keys) // len(groups))
    table["covered"] = np.concatenate([part.T.ravel() for part in covered])
    table["not_connected"] = np.concatenate([part.T.ravel() for part in apart])
    table["share"] = share_of(table["covered"], table["people"])
    table["venues"] = np.repeat(np.array(counted, np.int64), len(names))
    return table


def _nearest_by_group(
    kind: tuple[str, ...], mode: str, groups: Sequence[str], times: Mapping[str, Times],
    paced: Mapping[tuple[str, str], Times], venues: GeoDataFrame,
) -> tuple[list[Nearest], list[int]]:  # fmt: skip
    """Return of each group the nearest venues that are for it, and how many there are."""
    known: dict[tuple[int, bytes], Nearest] = {}
    found, used = [], []
    for group in groups:
        own, among = paced.get((group, mode), times[mode]), serving(venues, kind, group)
        key = id(own), among.tobytes()
        if key not in known:
            known[key] = nearest(own, venues, kind, among=among)
        found.append(known[key])
        used.append(int(among.sum()))
    return found, used


def conditions_table(
    standards: Iterable[tuple[Standard, Times]],
    venues: GeoDataFrame,
    demand: GeoDataFrame,
    towns: GeoDataFrame,
) -> pd.DataFrame:
    """
    Count how far standards are met under stricter conditions.

    A moment of which no venue of the standard says anything is left out: nothing would be known.

    Parameters
    ----------
    standards
        Each with the times of those who travel by it.
    venues, demand, towns
        Layers.

    Returns
    -------
    DataFrame
        `standard`, `condition` (`CONDITIONS`), `scope`, `code`, `people`, `covered`,
        `hours_unknown`, `share`.
    """
    kept = ["scope", "code", "people", "covered", "hours_unknown", "share"]
    tables = []
    for standard, times in standards:
        for condition, stricter in _stricter(standard, venues):
            table = standard_coverage(stricter, times, venues, demand, towns)[kept]
            table.insert(0, "condition", condition)
            table.insert(0, "standard", standard.key)
            tables.append(table)
    empty = pd.DataFrame(columns=["standard", "condition", *kept])
    return pd.concat(tables, ignore_index=True) if tables else empty


def _stricter(standard: Standard, venues: GeoDataFrame) -> list[tuple[str, Standard]]:
    found = [
        (f"choice{count}", replace(standard, count=count))
        for count in CHOICES
        if count > standard.count
    ]
    used = venues[serving(venues, standard.types, standard.group)]
    for moment in MOMENTS:
        known = (states(used, moment) != UNKNOWN).any()
        if known and standard.opening in ("", moment):
            found.append((moment, replace(standard, opening=moment)))
    return found
