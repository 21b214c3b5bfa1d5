"""Metres of the quickest ways between all of some points, beside their times."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ...geo.field import Field
from ...geo.legs import DIRECT, NO_TRIP, Passages, legs
from ...geo.network import Network
from ...geo.profile import Profile
from ..times import Times

UNKNOWN = -1.0
"""Metres where no way leads."""


def metres_between(network: Network, profile: Profile, times: Times) -> npt.NDArray[np.float64]:
    """
    Measure the ways that take the times: road, and straight from the points to the road.

    Parameters
    ----------
    network, profile
        What the times were measured with.
    times
        `to_venue`, between p places and v venues.

    Returns
    -------
    float, shape (p, v)
        Metres on the ground; `UNKNOWN` where no way leads.
    """
    field = Field(network.arcs(profile).T.tocsr(), searches=len(times.venues))
    passages = Passages.of(network, profile)
    homes, goals = times.place_doors.snaps, times.venue_doors.snaps
    found = np.full(times.ticks.shape, UNKNOWN)
    for column in range(len(times.venues)):
        aim = np.full(len(times.places), column)
        ways = legs(field, times.place_doors, times.venue_doors, aim, times.ticks[:, column])
        place, edge, _ = ways.edges(passages, to_venue=True)
        road = np.bincount(place, network.length[edge], len(aim))
        own, theirs = homes.edge, int(goals.edge[column])
        share, end = homes.share, float(goals.share[column])
        long = network.length[np.maximum(own, 0)]
        first = np.where(ways.side == 0, share, 1 - share) * long
        last = np.where(ways.goal_side == 0, end, 1 - end) * network.length[max(theirs, 0)]
        road = np.where(ways.side == DIRECT, np.abs(share - end) * long, road + first + last)
        walks = np.nan_to_num(homes.metres) + np.nan_to_num(goals.metres[column])
        found[:, column] = np.where(ways.side == NO_TRIP, UNKNOWN, road + walks)
    return found
