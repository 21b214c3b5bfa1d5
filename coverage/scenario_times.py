"""The table of times under a scenario: columns of new venues, rows of new places, other roads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from geopandas import GeoSeries

from ..geo.edits import Roadworks
from ..geo.engines import Engine
from ..geo.network import Bools, Floats, Network
from ..geo.profile import Profile
from ..geo.reroute import Trip, arcs_of, rerouted, table
from ..geo.snap import Doors, snap
from .times import Direction, Times

_known: WeakKeyDictionary[Network, list[tuple[Profile, tuple[Bools, Bools]]]] = WeakKeyDictionary()
_bounds: WeakKeyDictionary[Network, Floats] = WeakKeyDictionary()


def _joinable(network: Network, profile: Profile) -> tuple[Bools, Bools]:
    """Return the edges that may be joined, found once for a network and mode."""
    kept = _known.setdefault(network, [])
    for own, edges in kept:
        if own == profile:
            return edges
    found = network.joinable(profile, arcs_of(network, profile))
    kept.append((profile, found))
    return found


def _near(bounds: Floats, x: Floats, y: Floats, metres: float) -> Bools:
    """
    Tell which shapes may lie within some metres of any point: of few points, few shapes.

    Parameters
    ----------
    bounds
        Shape (n, 4), from `shapely.bounds`.
    """
    if not len(x):
        return np.zeros(len(bounds), bool)
    far = metres + 1.0
    west, south, east, north = bounds.T
    near = (west <= x.max() + far) & (east >= x.min() - far)
    return np.asarray(near & (south <= y.max() + far) & (north >= y.min() - far))


class Roadside:
    """
    Where points join edited roads: they joined before anything was closed, unless asked `anew`.

    Parameters
    ----------
    works, profile, direction, barriers
        As in `times.travel_times`.
    anew
        Closed roads are not joined: everybody looks for another.
    """

    def __init__(
        self,
        works: Roadworks,
        profile: Profile,
        *,
        direction: Direction,
        barriers: npt.NDArray[np.object_] | None,
        anew: bool = False,
    ) -> None:
        self.works, self.profile, self.barriers = works, profile, barriers
        self.home_leaves = direction == "to_venue"
        self._doors: list[tuple[GeoSeries, bool, Doors]] = []
        self.landing = works.network if anew else works.standing

    def doors(self, points: GeoSeries, *, homes: bool) -> Doors:
        """Return the doors of p points, homes or venues."""
        for known, role, found in self._doors:
            if known is points and role == homes:
                return found
        leaving = homes == self.home_leaves
        network, limit = self.landing, self.profile.snap_metres
        at = points.to_crs(network.crs)
        x, y = at.x.to_numpy(), at.y.to_numpy()
        if network not in _bounds:
            _bounds[network] = shapely.bounds(network.lines)
        out, into = _joinable(network, self.profile)
        joinable = (out if leaving else into) & _near(_bounds[network], x, y, limit)
        walls = self.barriers
        if walls is not None:
            walls = walls[_near(shapely.bounds(walls), x, y, limit)]
        where = snap(network, x, y, joinable=joinable, limit_metres=limit, barriers=walls)
        found = self.works.doors(self.profile, where, leaving=leaving)
        self._doors.append((points, homes, found))
        return found

    def frozen(self, found: Doors, *, homes: bool) -> Doors:
        """Return the doors of places that stay tied where they were."""
        return self.works.doors(self.profile, found.snaps, leaving=homes == self.home_leaves)

    def trip(self, homes: Doors, goals: Doors) -> Trip:
        """Return who sets out and where to."""
        ends = (homes, goals) if self.home_leaves else (goals, homes)
        return Trip(self.works, self.profile, *ends)

    def table(self, homes: Doors, goals: Doors, horizon: int, **how: Any) -> Any:
        """Return the times between homes and goals, shape (homes, goals)."""
        trip = self.trip(homes, goals)
        found = table(self.works, self.profile, trip.leaving, trip.arriving, horizon=horizon, **how)
        return found if self.home_leaves else np.ascontiguousarray(found.T)


def on_roads(
    times: Times, old: Roadside, new: Roadside, *, engine: Engine = "auto",
    folder: Path | None = None,
) -> Times:  # fmt: skip
    """Return the times on other roads; everybody stays tied where they were."""
    homes = new.frozen(times.place_doors, homes=True)
    goals = new.frozen(times.venue_doors, homes=False)
    before = times.ticks if old.home_leaves else np.ascontiguousarray(times.ticks.T)
    ticks = rerouted(
        before, old.trip(times.place_doors, times.venue_doors), new.trip(homes, goals),
        horizon=times.horizon, engine=engine, folder=folder,
    )  # fmt: skip
    if not old.home_leaves:
        ticks = np.ascontiguousarray(ticks.T)
    return replace(times, ticks=ticks, place_doors=homes, venue_doors=goals)


def with_venues(times: Times, roadside: Roadside, points: GeoSeries, **how: Any) -> Times:
    """Return the times with a column for each of some new venues, by name."""
    goals = roadside.doors(points, homes=False)
    columns = roadside.table(times.place_doors, goals, times.horizon, **how)
    return replace(
        times,
        venues=times.venues.append(points.index),
        ticks=np.hstack([times.ticks, columns]),
        venue_doors=Doors.joined([times.venue_doors, goals]),
    )


def with_places(times: Times, roadside: Roadside, points: GeoSeries, **how: Any) -> Times:
    """Return the times with a row for each of some new places, by name."""
    homes = roadside.doors(points, homes=True)
    rows = roadside.table(homes, times.venue_doors, times.horizon, **how)
    return replace(
        times,
        places=times.places.append(points.index),
        ticks=np.vstack([times.ticks, rows]),
        place_doors=Doors.joined([times.place_doors, homes]),
    )


def of_venues(times: Times, names: pd.Index, columns: npt.NDArray[np.int64]) -> Times:
    """Return the times of venues under other names: one name a column of the old table."""
    return replace(
        times, venues=names, ticks=np.ascontiguousarray(times.ticks[:, columns]),
        venue_doors=times.venue_doors.take(columns),
    )  # fmt: skip
