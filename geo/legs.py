"""
The legs of trips whose times are known: which door, which nodes, which door.

One search from the doors of all venues gives a forest in which every node knows the next one on its
way to its nearest venue. Trips to another venue than the nearest get a search of their own venue.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .field import FAR, Field, Times32, door_starts
from .network import Ints, Network
from .network import ticks as whole_ticks
from .profile import Profile
from .routing import UNREACHED, Ticks
from .snap import Doors

NO_TRIP, DIRECT = -2, -1
"""Instead of a side: no way leads, or it never leaves the edge that both are on."""


@dataclass(frozen=True, eq=False)
class Legs:
    """
    The trips of p places, each to one venue, from the place's end to the venue's.

    Parameters
    ----------
    venue
        Shape (p,), number of the venue; -1 for none.
    side
        Shape (p,), door of the place: 0 the tail of its edge, 1 the head, `DIRECT`, `NO_TRIP`.
    goal_side
        Shape (p,), door of the venue; meaningless where `side` is negative.
    first, node
        Place i passes the nodes node[first[i]] to node[first[i + 1]], the doors' ends included.
    forest
        Shape (p,), number of the search that found the way; ways of one never part after meeting.
    """

    venue: Ints
    side: Ints
    goal_side: Ints
    first: Ints
    node: Ints
    forest: Ints

    def edges(self, passages: Passages, *, to_venue: bool) -> tuple[Ints, Ints, Ints]:
        """
        Return the whole edges that are passed, place by place, towards the venues.

        Parameters
        ----------
        to_venue
            Whether people travel from the places to the venues.

        Returns
        -------
        int64, shape (q,) each
            Place, edge, and 1 where it is travelled from its head to its tail.
        """
        place = np.repeat(np.arange(len(self.side)), np.diff(self.first))
        on = place[:-1] == place[1:]
        ends = self.node[:-1][on], self.node[1:][on]
        return place[:-1][on], *passages.between(*(ends if to_venue else ends[::-1]))


def legs(field: Field, homes: Doors, goals: Doors, venue: Ints, ticks: Ticks) -> Legs:
    """
    Find the ways of known times.

    Parameters
    ----------
    field
        The roads, turned towards the venues.
    homes, goals
        Doors of p places and of the venues.
    venue
        Shape (p,), to which venue; -1 for none.
    ticks
        Shape (p,), how long it takes; `UNREACHED` for none.
    """
    places = len(venue)
    side, goal_side = np.full(places, NO_TRIP), np.full(places, -1)
    forest = np.full(places, -1)
    left = (venue >= 0) & (ticks != UNREACHED)
    passed: list[tuple[Ints, Ints]] = []
    groups = [np.unique(venue[left]), *np.unique(venue[left])[:, None]]
    for number, group in enumerate(groups):
        asked = np.flatnonzero(left & np.isin(venue, group))
        if not len(asked):
            continue
        starts = door_starts(goals, np.arange(len(goals.ticks)))
        starts = starts[np.isin(starts[:, 2], group)]
        time, owner = field.labels(starts, int(ticks[asked].max()))
        own = _through(homes, time, owner, asked, venue, ticks)
        found = own >= 0
        asked, own = asked[found], own[found]
        side[asked], forest[asked], left[asked] = own, number, False
        after = field.following(starts, time, owner)
        place, node = _walked(after, asked, homes.node[asked, own])
        passed.append((place, node))
        last = np.flatnonzero(np.diff(place, append=-1))
        goal_side[place[last]] = _last_door(goals, venue[place[last]], node[last], time)
    edge = homes.snaps.edge[left]
    side[left] = np.where(edge == goals.snaps.edge[venue[left]], DIRECT, NO_TRIP)
    place = np.concatenate([np.zeros(0, np.int64), *(part[0] for part in passed)])
    node = np.concatenate([np.zeros(0, np.int64), *(part[1] for part in passed)])
    order = np.argsort(place, kind="stable")
    first = np.concatenate([[0], np.cumsum(np.bincount(place, minlength=places))])
    return Legs(venue, side, goal_side, first, node[order], forest)


def _through(
    homes: Doors, time: Times32, owner: Ints, asked: Ints, venue: Ints, ticks: Ticks
) -> Ints:
    """Return the door by which places reach their venue in their time, -1 where by none."""
    own = np.full(len(asked), -1)
    for side in (1, 0):
        node = np.where(homes.open[asked, side], homes.node[asked, side], 0)
        there = time[node].astype(np.int64) + homes.ticks[asked, side]
        right = homes.open[asked, side] & (time[node] < FAR)
        right &= (owner[node] == venue[asked]) & (there == ticks[asked])
        own[right] = side
    return own


def _walked(after: Ints, place: Ints, node: Ints) -> tuple[Ints, Ints]:
    """Follow all places to the end of their ways; return places and nodes, place by place."""
    steps = []
    while len(place):
        steps.append((place, node))
        node = after[node]
        place, node = place[node >= 0], node[node >= 0]
    if not steps:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    places, nodes = (np.concatenate(part) for part in zip(*steps, strict=True))
    order = np.argsort(places, kind="stable")
    return places[order], nodes[order]


def _last_door(goals: Doors, venue: Ints, node: Ints, time: Times32) -> Ints:
    """Return by which door venues are entered from the last nodes."""
    fits = goals.open[venue] & (goals.node[venue] == node[:, None])
    fits &= goals.ticks[venue] == time[node][:, None]
    return np.asarray(np.argmax(fits, axis=1), np.int64)


@dataclass(frozen=True, eq=False)
class Passages:
    """The quickest edge between two neighbouring nodes: its number, and whether it is turned."""

    nodes: int
    key: Ints
    edge: Ints
    turned: Ints

    @classmethod
    def of(cls, network: Network, profile: Profile) -> Passages:
        """List the edges that make the arcs of a mode; of equally quick ones the lowest number."""
        times = np.maximum(whole_ticks(network.milliseconds(profile)), 1)
        usable = network.open[profile.mode]
        edge, turned = np.nonzero(usable)
        ends = np.column_stack([network.tail, network.head])
        source, target = ends[edge, turned], ends[edge, 1 - turned]
        key = source * network.nodes + target
        order = np.lexsort((edge, times[edge, turned], key))
        key, at = np.unique(key[order], return_index=True)
        return cls(network.nodes, key, edge[order][at], turned[order][at])

    def between(self, source: Ints, target: Ints) -> tuple[Ints, Ints]:
        """Return the edges from q nodes to their neighbours, and 1 where they lead backward."""
        at = np.searchsorted(self.key, source * self.nodes + target)
        return self.edge[at], self.turned[at]
