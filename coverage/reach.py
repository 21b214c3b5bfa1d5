"""How every place stands to a standard: its venue, its minutes, and what keeps it from more."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from geopandas import GeoDataFrame

from .share import Standard, admitted, area_mask, in_use, nearest, open_then, serving
from .times import Times, minutes_up, within

HELD_BACK = ("", "hours_unknown", "closed_then", "other_groups")
"""
Why a place is not covered although venues lie near: their hours are unknown, they are closed, they
are for other groups.
"""


def reach(
    standard: Standard, times: Times, venues: GeoDataFrame, demand: GeoDataFrame
) -> pd.DataFrame:
    """
    Tell how every place stands to a standard.

    Returns
    -------
    DataFrame, p rows
        `standard`, `place`, `minutes` (rounded up to 0.1; missing when not reached), `venue`,
        `walk_minutes` (of them: the walks to and from the road, parking), `covered`, `meant`
        (the standard is meant for this place), `reason` (`REASONS`), `choices` (venues within the
        limit), `metres` (straight to `venue`), `held_back` (`HELD_BACK`: what else would cover
        the place), `held_venue` (the nearest venue that does not count for it).
    """
    known, perhaps = admitted(venues, standard)
    found = nearest(times, venues, standard.types, count=standard.count, among=known)
    covered = within(found.ticks, standard.minutes)
    reached = found.venue >= 0
    at = np.where(reached, found.venue, 0)
    goal_walk = times.venue_doors.walk[at] if len(times.venues) else np.zeros(len(at))
    walk = (times.place_doors.walk + goal_walk) / 60_000.0
    held, holder = _held_back(standard, times, venues, (known, perhaps), covered)
    metres = np.full(len(at), np.nan)
    points = demand.geometry.to_numpy()[reached]
    metres[reached] = shapely.distance(points, venues.geometry.to_numpy()[at[reached]])
    return pd.DataFrame(
        {
            "standard": standard.key,
            "place": times.places.to_numpy(),
            "minutes": pd.array(minutes_up(found.ticks), dtype="Float64"),
            "venue": _names(times, found.venue),
            "walk_minutes": pd.array(np.where(reached, np.round(walk, 1), np.nan), dtype="Float64"),
            "covered": covered,
            "meant": area_mask(demand, standard.area),
            "reason": found.reason,
            "choices": within(times.ticks[:, known], standard.minutes).sum(axis=1),
            "metres": pd.array(np.round(metres), dtype="Float64"),
            "held_back": held,
            "held_venue": _names(times, holder),
        }
    )


def _names(times: Times, numbers: npt.NDArray[np.int64]) -> pd.api.extensions.ExtensionArray:
    """Return the identifiers of venues, missing for -1."""
    names = times.venues.to_numpy(object)
    return pd.array([names[v] if v >= 0 else None for v in numbers.tolist()], dtype="string")


def _held_back(
    standard: Standard,
    times: Times,
    venues: GeoDataFrame,
    counting: tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]],
    covered: npt.NDArray[np.bool_],
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.int64]]:
    """Tell what alone keeps places from being covered, and the nearest venue it keeps from them."""
    known, perhaps = counting
    held = np.full(len(covered), "", object)
    holder = np.full(len(covered), -1, np.int64)
    used = serving(venues, standard.types, standard.group)
    for_all = open_then(venues, in_use(venues, standard.types), standard.opening)[0]
    options = [("hours_unknown", perhaps), ("closed_then", used)] if standard.opening else []
    if (for_all & ~used).any():
        options.append(("other_groups", for_all))
    for name, among in options:
        found = nearest(times, venues, standard.types, count=standard.count, among=among)
        would = within(found.ticks, standard.minutes) & ~covered & (held == "")
        kept_away = nearest(times, venues, standard.types, among=among & ~known)
        held[would], holder[would] = name, kept_away.venue[would]
    return held, holder
