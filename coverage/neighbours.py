"""
Who is whose neighbour: the nearest others by road, as residents travel.

Neighbours are not mutual: over a one-way street, or where one lives far out, a place may have a
neighbour that has nearer ones itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from geopandas import GeoSeries
from scipy.sparse import csr_matrix

from ..geo.network import Network
from ..geo.profile import Profile
from ..geo.routing import UNREACHED, Ticks, door_to_door
from ..geo.snap import Doors, doors, snap
from .decay import TickTable, widened

if TYPE_CHECKING:
    from ..geo.around import Around

NEIGHBOURS = 6
"""Of a place: what local clusters compare it with."""
MOST_LABELS = 3_000_000
"""So many (place, node) labels take scipy less time than to load the kernels."""
FIRST_REACH = 6_000
"""Ticks that are searched first: ten minutes."""


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """
    Where p places join the roads of each mode, out and in: what neighbours are searched from.

    Parameters
    ----------
    network, profiles
        The roads, and how people travel, by mode.
    points
        The places, metric.
    homes, homes_leave
        By mode where they join the road, as `Times.place_doors`; whether on their way out.
    barriers
        Lines in the CRS of the network that nobody walks across on the way to the road.
    horizon
        Longest time, ticks, inclusive.
    """

    network: Network
    profiles: Mapping[str, Profile]
    points: GeoSeries
    homes: Mapping[str, Doors]
    homes_leave: bool
    barriers: npt.NDArray[np.object_] | None
    horizon: int
    _known: dict[str, tuple[csr_matrix, Doors, Doors]] = field(default_factory=dict)
    _ready: dict[str, Around] = field(default_factory=dict)

    def nearest(self, mode: str, rows: npt.NDArray[np.int64]) -> csr_matrix:
        """
        Return the `NEIGHBOURS` nearest of some places among each other, by a mode.

        Parameters
        ----------
        rows
            Shape (q,), numbers of the places; the others are not there.

        Returns
        -------
        Shape (q, q), 1 for a neighbour of the place of the row; of equally near ones the first. A
        place that reaches fewer within the horizon has fewer; who is not connected has none and is
        nobody's.
        """
        if mode not in self._known:
            self._known[mode] = self._ends(mode)
        arcs, leaving, arriving = self._known[mode]
        leaving, arriving = leaving.take(rows), arriving.take(rows)
        network, profile = self.network, self.profiles[mode]
        if len(rows) * network.nodes <= MOST_LABELS:
            times = _enough(network, profile, arcs, leaving, arriving, self.horizon)
            return nearest_neighbours(times, NEIGHBOURS)
        from ..geo.around import Around, nearest_others  # loads numba: a third of a second

        if mode not in self._ready:
            self._ready[mode] = Around(network, profile, arcs)
        number = nearest_others(
            self._ready[mode], leaving, arriving, NEIGHBOURS, horizon=self.horizon
        )[1]
        row, column = np.nonzero(number >= 0)
        shape = (len(rows), len(rows))
        return csr_matrix((np.ones(len(row)), (row, number[row, column])), shape=shape)

    def _ends(self, mode: str) -> tuple[csr_matrix, Doors, Doors]:
        """Return the arcs of a mode and the doors out and in."""
        network, profile, own = self.network, self.profiles[mode], self.homes[mode]
        arcs, snaps = network.arcs(profile), own.snaps
        out, into = network.joinable(profile, arcs)
        if (out != into).any():
            at = self.points.to_crs(network.crs)
            snaps = snap(
                network, at.x.to_numpy(), at.y.to_numpy(),
                joinable=into if self.homes_leave else out, limit_metres=profile.snap_metres,
                barriers=self.barriers,
            )  # fmt: skip
        other = doors(network, profile, snaps, leaving=not self.homes_leave)
        return (arcs, own, other) if self.homes_leave else (arcs, other, own)


def _enough(
    network: Network, profile: Profile, arcs: csr_matrix, leaving: Doors, arriving: Doors,
    horizon: int,
) -> Ticks:  # fmt: skip
    """Return the times between places, of each as far as enough others lie; the rest unreached."""
    times = np.full((len(leaving.ticks), len(arriving.ticks)), UNREACHED, np.uint32)
    left = np.flatnonzero(leaving.snaps.connected)
    reach = min(FIRST_REACH, horizon)
    while len(left):
        some = leaving.take(left)
        found = door_to_door(network, profile, arcs, some, arriving, horizon=reach)
        times[left] = found
        if reach == horizon:
            break
        left = left[
            (found != UNREACHED).sum(axis=1) <= NEIGHBOURS
        ]  # the place itself is one of them
        reach = min(4 * reach, horizon)
    return times


def nearest_neighbours(ticks: TickTable, count: int) -> csr_matrix:
    """
    Return the `count` nearest others of each place by time; of equally near ones the first in row.

    Parameters
    ----------
    ticks
        Shape (p, p); a place that reaches fewer has fewer.
    """
    places = len(ticks)
    far = widened(ticks).copy()
    np.fill_diagonal(far, UNREACHED)
    order = np.argsort(far, axis=1, kind="stable")[:, :count]
    row = np.repeat(np.arange(places), order.shape[1])
    column = order.ravel()
    known = far[row, column] != UNREACHED
    shape = (places, places)
    return csr_matrix((np.ones(known.sum()), (row[known], column[known])), shape=shape)
