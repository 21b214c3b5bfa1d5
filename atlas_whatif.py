"""What the page counts scenarios and access with: all times, and where new venues may be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from geopandas import GeoDataFrame

from .atlas_measures import ACCESS
from .coverage.scenario_times import Roadside, with_venues
from .coverage.times import Times
from .geo.chains import curve_order
from .geo.crs import WGS84, to_wgs84, transform
from .geo.edits import Roadworks
from .geo.errors import StudyError
from .geo.profile import Profile
from .layers.venues import venue_types
from .maps.pack import Part
from .maps.whatif import DEGREE_STEPS, Reached, Spots, whatif_part
from .siting_candidates import candidates_of
from .study import Survey
from .study_keys import Study

MOST_SPOTS = 300
"""Of more candidates those where most people live are told; the page says how many are not."""


def whatif(study: Study, survey: Survey, venues: GeoDataFrame) -> Part:
    """
    Return the part of the page that answers scenarios.

    Parameters
    ----------
    venues
        Those of the survey in the order of the page.
    """
    types = tuple(dict.fromkeys(kind for standard in study.wanted for kind in standard.types))
    used = np.flatnonzero(venues["type"].isin(types) | (venues["status"] == "open"))
    candidates = spots_of(study, survey, types)
    kept = _most_lived_at(candidates, survey.demand, MOST_SPOTS)
    steps = _steps(kept)
    return whatif_part(
        list(_tables(study, survey, venues, kept, used, steps)),
        along=_along(survey.demand.geometry),
        venue=used,
        spots=Spots(
            id=[str(one) for one in kept.index],
            name=[str(one) for one in kept["name"]],
            origin=list(kept["origin"]),
            types=list(kept["type"]),
            host=venues.index.get_indexer(pd.Index(kept["host"])),
            lon=steps[:, 0],
            lat=steps[:, 1],
            left=len(candidates) - len(kept),
        ),
        names={key: kind.name for key, kind in venue_types().items() if key in types},
        access=ACCESS,
    )


def spots_of(study: Study, survey: Survey, types: Iterable[str]) -> GeoDataFrame:
    """
    List where a new venue of any of some types may stand: what `kepu sites` would choose from.

    Returns
    -------
    GeoDataFrame
        Index `site`, each once; `name`, `origin` (file, host, place), `host` (id, or empty), `type`
        (the only one that it is meant for, or empty), geometry in metres.
    """
    parts = []
    for kind in types:
        try:
            found = candidates_of(study, survey, [kind])
        except StudyError as error:
            if any(fault.code != "E-SITES-NONE" for fault in error.faults):
                raise
            continue
        fit = (found["status"] == "candidate") & (found["origin"] != "venue")
        own = np.where(found["origin"] == "file", kind, "")
        parts.append(found.assign(type=own)[fit.to_numpy()])
    columns = ["name", "origin", "host", "type", "geometry"]
    if not parts:
        return GeoDataFrame(columns=columns, geometry="geometry", crs=survey.demand.crs)
    table = GeoDataFrame(pd.concat(parts)[columns], crs=survey.demand.crs)
    return table[~table.index.duplicated()].sort_index()


def _most_lived_at(spots: GeoDataFrame, demand: GeoDataFrame, most: int) -> GeoDataFrame:
    """Return those whose nearest places have most people, in the order of the table."""
    if len(spots) <= most:
        return spots
    tree = shapely.STRtree(demand.geometry.to_numpy())
    near = tree.nearest(spots.geometry.to_numpy())
    people = demand["people"].to_numpy(np.int64)[near]
    return spots.iloc[np.sort(np.argsort(-people, kind="stable")[:most])]


def _steps(spots: GeoDataFrame) -> npt.NDArray[np.int64]:
    """Return spots as whole steps of degrees, shape (s, 2)."""
    at = spots.geometry.to_crs(WGS84)
    degrees = np.column_stack([at.x.to_numpy(float), at.y.to_numpy(float)])
    steps: npt.NDArray[np.int64] = np.rint(degrees * DEGREE_STEPS).astype(np.int64)
    return steps


def _points(survey: Survey, steps: npt.NDArray[np.int64]) -> gpd.GeoSeries:
    """Return just the points that a file of the page would name, in metres."""
    degrees = to_wgs84(steps[:, 0] / DEGREE_STEPS, steps[:, 1] / DEGREE_STEPS, "WGS84")
    points = gpd.points_from_xy(*transform(*degrees, WGS84, survey.towns.crs))
    names = pd.Index(np.arange(len(steps)).astype(str))
    return gpd.GeoSeries(points, index=names, crs=survey.towns.crs)


def _tables(
    study: Study, survey: Survey, venues: GeoDataFrame, spots: GeoDataFrame,
    used: npt.NDArray[np.int64], steps: npt.NDArray[np.int64],
) -> Iterator[Reached]:  # fmt: skip
    """Yield the times of every mode, of everybody and of groups with a pace of their own."""
    is_new = (spots["host"] == "").to_numpy(bool)
    points = _points(survey, steps[is_new])
    row = _along(pd.concat([venues.geometry.iloc[used], spots.geometry]))
    longest = max(standard.minutes for standard in study.wanted)
    every = {("", mode): times for mode, times in survey.times.items()} | dict(survey.group_times)
    for (group, mode), times in every.items():
        profile = study.paced[group, mode] if group else study.profiles[mode]
        ticks = _ticks(study, survey, times, profile, points)
        # a host has its own column, a new point one of those that were searched for
        columns = times.venues.get_indexer(pd.Index(spots["host"]))
        columns[is_new] = len(times.venues) + np.arange(is_new.sum())
        columns = np.append(times.venues.get_indexer(venues.index[used]), columns)
        limits = [standard.minutes for standard in study.wanted if standard.mode == mode]
        yield Reached(mode, group, row, ticks[:, columns[row]], times.horizon, limits or [longest])


def _along(points: gpd.GeoSeries) -> npt.NDArray[np.int64]:
    """Return points in an order in which neighbours follow one another."""
    return curve_order(points.x.to_numpy(), points.y.to_numpy())


def _ticks(
    study: Study, survey: Survey, times: Times, profile: Profile, points: gpd.GeoSeries
) -> npt.NDArray[np.uint32]:
    if points.empty:
        return times.ticks
    roads = survey.roads
    side = Roadside(
        Roadworks.of(roads.network), profile, direction=study.study.direction,
        barriers=roads.barriers,
    )  # fmt: skip
    return with_venues(times, side, points).ticks
