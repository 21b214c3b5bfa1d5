"""
The waist: travel times of one mode, demand x venue, in whole tenths of a second.

Everything before them is geography, everything after them is a table.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from geopandas import GeoDataFrame

from ..geo.crs import require_metric
from ..geo.engines import Engine, times_between
from ..geo.network import TICKS_A_MINUTE, Network
from ..geo.profile import Profile
from ..geo.routing import UNREACHED, Ticks
from ..geo.snap import Doors, Snaps, doors, snap

Direction = Literal["to_venue", "from_venue"]


@dataclass(frozen=True, eq=False)
class Times:
    """
    Travel times of one mode between p places and v venues.

    Parameters
    ----------
    mode
        How people travel.
    places, venues
        Identifiers, p and v of them.
    ticks
        Shape (p, v), tenths of a second; `UNREACHED` beyond the horizon or where no way leads.
    horizon
        Longest time that was searched for, ticks, inclusive.
    place_doors, venue_doors
        Where they join the road, and the walks there.
    """

    mode: str
    places: pd.Index[str]
    venues: pd.Index[str]
    ticks: Ticks
    horizon: int
    place_doors: Doors
    venue_doors: Doors

    @property
    def connected(self) -> npt.NDArray[np.bool_]:
        """Tell which places are tied to the road, shape (p,)."""
        return self.place_doors.snaps.connected


@cache
def threshold_ticks(minutes: float) -> int:
    """Return the longest whole time that is within `minutes`."""
    return math.floor(minutes * TICKS_A_MINUTE + 1e-6)


def within(ticks: Ticks, minutes: float) -> npt.NDArray[np.bool_]:
    """Tell which times are within a threshold; the threshold itself is. The one comparison."""
    return np.asarray(ticks <= np.uint32(threshold_ticks(minutes)))


def at_least(
    times: Times, ticks: Ticks, places: npt.NDArray[np.int64], venues: npt.NDArray[np.int64]
) -> Ticks:
    """
    Return times, of trips beyond the horizon the least that they can take: one tick more.

    Parameters
    ----------
    ticks
        Any shape.
    places, venues
        Numbers of those whose times they are; they broadcast to that shape.
    """
    tied = times.connected[places] & times.venue_doors.snaps.connected[venues]
    return np.where((ticks == UNREACHED) & tied, np.uint32(times.horizon + 1), ticks)


def minutes_up(ticks: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """
    Return times as minutes for print, rounded up to one decimal; nan where unreached.

    Rounded up, a printed time is at most a threshold exactly when the place is covered.
    """
    exact = np.asarray(ticks)
    tenths = -(-exact.astype(np.int64) // (TICKS_A_MINUTE // 10))
    return np.where(exact == UNREACHED, np.nan, tenths / 10.0)


def travel_times(
    network: Network,
    profile: Profile,
    demand: GeoDataFrame,
    venues: GeoDataFrame,
    *,
    horizon_minutes: float,
    direction: Direction = "to_venue",
    barriers: npt.NDArray[np.object_] | None = None,
    engine: Engine = "auto",
    folder: Path | None = None,
) -> Times:
    """
    Measure the times between every place and every venue.

    Parameters
    ----------
    network
        The roads.
    profile
        The mode.
    demand, venues
        Points, p and v of them, metric.
    horizon_minutes
        Longer trips are not searched for.
    direction
        `to_venue`: residents travel to the venue. `from_venue`: the venue's people travel to them.
    barriers
        Lines in the CRS of the network that nobody walks across on the way to the road.
    engine
        Who searches; every engine gives the same integers.
    folder
        Where the prepared network is kept from run to run; None keeps nothing.

    Raises
    ------
    CrsError
        A layer is not metric.
    """
    arcs = network.arcs(profile)
    out, into = network.joinable(profile, arcs)
    home_leaves = direction == "to_venue"

    def joined(layer: GeoDataFrame, name: str, leaving: bool) -> Doors:
        require_metric(layer, name)
        points = layer.geometry.to_crs(network.crs)
        where: Snaps = snap(
            network,
            points.x.to_numpy(),
            points.y.to_numpy(),
            joinable=out if leaving else into,
            limit_metres=profile.snap_metres,
            barriers=barriers,
        )
        return doors(network, profile, where, leaving=leaving)

    homes = joined(demand, "demand", home_leaves)
    goals = joined(venues, "venues", not home_leaves)
    horizon = threshold_ticks(horizon_minutes)
    ends = (homes, goals) if home_leaves else (goals, homes)
    ticks = times_between(
        network, profile, arcs, *ends, horizon=horizon, engine=engine, folder=folder
    )
    if not home_leaves:
        ticks = ticks.T.copy()
    return Times(profile.mode, demand.index, venues.index, ticks, horizon, homes, goals)
