"""What the page's scenarios count with: every venue of a standard's types, and places as sites."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from geopandas import GeoDataFrame

from .coverage.scenario_times import Roadside, with_venues
from .coverage.times import Times
from .geo.crs import WGS84, to_wgs84, transform
from .geo.edits import Roadworks
from .geo.profile import Profile
from .layers.venues import venue_types
from .maps.pack import Part
from .maps.whatif import DEGREE_STEPS, Reached, whatif_part
from .study import Survey
from .study_keys import Study

MOST_PLACES = 300
"""Of more places the most populous are sites."""


def whatif(study: Study, survey: Survey, venues: GeoDataFrame) -> Part:
    """
    Return the part of the page that answers scenarios.

    Parameters
    ----------
    venues
        Those of the survey in the order of the page.
    """
    people = survey.demand["people"].to_numpy(np.int64)
    chosen = np.sort(np.argsort(-people, kind="stable")[:MOST_PLACES])
    steps, points = _sites(survey, chosen)
    own = venues.geometry.to_crs(WGS84)
    types = dict.fromkeys(kind for standard in study.wanted for kind in standard.types)
    used = np.flatnonzero(venues["type"].isin(list(types)))
    degrees = np.column_stack([own.x.to_numpy()[used], own.y.to_numpy()[used]])
    lon, lat = np.vstack([np.rint(degrees * DEGREE_STEPS).astype(np.int64), steps]).T
    none = np.full(len(used), -1), np.full(len(chosen), -1)
    return whatif_part(
        list(_tables(study, survey, venues, points, used).values()),
        venue=np.append(used, none[1]),
        place=np.append(none[0], chosen),
        lon=lon,
        lat=lat,
        names={key: kind.name for key, kind in venue_types().items() if key in types},
    )


def _sites(
    survey: Survey, chosen: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], gpd.GeoSeries]:
    """Return places as sites: steps of degrees, shape (n, 2), and just these points in metres."""
    at = survey.demand.geometry.iloc[chosen].to_crs(WGS84)
    steps = np.rint(np.column_stack([at.x, at.y]) * DEGREE_STEPS).astype(np.int64)
    degrees = to_wgs84(steps[:, 0] / DEGREE_STEPS, steps[:, 1] / DEGREE_STEPS, "WGS84")
    points = gpd.points_from_xy(*transform(*degrees, WGS84, survey.towns.crs))
    return steps, gpd.GeoSeries(points, index=pd.Index(chosen.astype(str)), crs=survey.towns.crs)


def _tables(
    study: Study, survey: Survey, venues: GeoDataFrame, points: gpd.GeoSeries,
    used: npt.NDArray[np.int64],
) -> dict[tuple[str, str], Reached]:  # fmt: skip
    """Return the times of every mode and pace that a standard asks for."""
    found: dict[tuple[str, str], Reached] = {}
    for standard in study.wanted:
        paced = (standard.group, standard.mode) in survey.group_times
        key = (standard.mode, standard.group if paced else "")
        if key in found:
            continue
        alike = [s for s in study.wanted if s.mode == standard.mode]
        times = (
            survey.group_times[standard.group, standard.mode]
            if paced
            else survey.times[standard.mode]
        )
        types = {kind for s in alike for kind in s.types}
        own = used[venues["type"].iloc[used].isin(types).to_numpy()]
        ticks = _ticks(study, survey, times, study.profile_of(standard), points)
        columns = times.venues.get_indexer(venues.index[own])
        places = np.arange(len(times.venues), len(times.venues) + len(points))
        sites = np.append(np.searchsorted(used, own), len(used) + np.arange(len(points)))
        found[key] = Reached(
            *key, sites, ticks[:, np.append(columns, places)], times.horizon,
            [s.minutes for s in alike],
        )  # fmt: skip
    return found


def _ticks(
    study: Study, survey: Survey, times: Times, profile: Profile, points: gpd.GeoSeries
) -> npt.NDArray[np.uint32]:
    roads = survey.roads
    side = Roadside(
        Roadworks.of(roads.network), profile, direction=study.study.direction,
        barriers=roads.barriers,
    )  # fmt: skip
    return with_venues(times, side, points).ticks
