"""
Routes for the eye: the line on the ground from each place to its nearest venue.

Walk, road, walk: the legs add up to the tick that is counted. All places share one forest, in which
every node knows the next one on its way to the venue that is nearest to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from geopandas import GeoDataFrame
from pyproj import CRS

from ..geo.branches import Branches, branches
from ..geo.crs import WGS84, require_metric, transform
from ..geo.field import Field
from ..geo.legs import Legs, Passages, legs
from ..geo.network import Network
from ..geo.profile import Profile
from .share import Nearest
from .times import Direction, Times, minutes_up


@dataclass(frozen=True, eq=False)
class Routes:
    """
    The ways of p places to one venue each.

    Parameters
    ----------
    times
        What was measured.
    found
        Which venue, and how long.
    trips
        The legs.
    """

    times: Times
    found: Nearest
    trips: Legs
    _draw: Callable[[float], Branches]
    _crs: CRS

    def lines(self, *, tolerance_metres: float = 0.0) -> GeoDataFrame:
        """
        Return a line per place, in the CRS of the network.

        Returns
        -------
        GeoDataFrame
            By place: `venue`, `minutes` (rounded up) and the line from the place over the road to
            the venue; missing where there is no way.
        """
        venue = self.found.venue
        named = np.full(len(venue), None, object)
        named[venue >= 0] = self.times.venues.to_numpy(object)[venue[venue >= 0]]
        return GeoDataFrame(
            {"venue": named, "minutes": minutes_up(self.found.ticks)},
            index=self.times.places,
            geometry=self._draw(tolerance_metres).whole(),
            crs=self._crs,
        )

    def branches(self, *, tolerance_metres: float = 10.0) -> Branches:
        """Return the same ways in pieces that places share, in degrees WGS 84."""
        drawn = self._draw(tolerance_metres)
        xy, line = shapely.get_coordinates(drawn.line, return_index=True)
        lon, lat = transform(xy[:, 0], xy[:, 1], self._crs, WGS84)
        lines = shapely.linestrings(np.column_stack([lon, lat]), indices=line)
        return Branches(drawn.start, drawn.parent, np.asarray(lines, object))


def routes(
    network: Network,
    profile: Profile,
    times: Times,
    found: Nearest,
    demand: GeoDataFrame,
    venues: GeoDataFrame,
    *,
    direction: Direction = "to_venue",
) -> Routes:
    """
    Find the way from each place to the venue that was found for it.

    Parameters
    ----------
    network, profile, demand, venues, direction
        What the times were measured with.
    times
        p places, v venues.
    found
        From `coverage.share.nearest`.

    Raises
    ------
    CrsError
        A layer is not metric.
    """
    to_venue = direction == "to_venue"
    arcs = network.arcs(profile)
    field = Field(arcs.T.tocsr() if to_venue else arcs)
    homes, goals = times.place_doors, times.venue_doors
    trips = legs(field, homes, goals, found.venue, found.ticks)
    passages = Passages.of(network, profile)
    points = []
    for layer, name in ((demand, "demand"), (venues, "venues")):
        require_metric(layer, name)
        points.append(layer.geometry.to_crs(network.crs).get_coordinates().to_numpy())

    def draw(tolerance_metres: float) -> Branches:
        return branches(
            network, passages, trips, homes.snaps, goals.snaps, *points, to_venue=to_venue,
            tolerance_metres=tolerance_metres,
        )  # fmt: skip

    return Routes(times, found, trips, draw, network.crs)
