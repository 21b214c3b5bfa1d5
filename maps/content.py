"""What the page is told of towns, places, venues and times; a public page is told less."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from .fold import folded_ticks, folded_venues, strip_steps, walk_through
from .pack import UNREACHED
from .payload import GRID_DEGREES, encode, grid_points, positions, rings, texts

Audience = Literal["internal", "public"]
Ints = npt.NDArray[np.int64]

PUBLIC_GRID_DEGREES = 1e-3
"""About 100 m: a public page shows where a place is, not which house."""
SMALL_COUNT = 5
"""Fewer people than this are not told apart on a public page."""
NOWHERE: Ints = np.empty(0, np.int64)


@dataclass(frozen=True, eq=False)
class ToTypes:
    """Nearest open venues by type, as in `Reach`."""

    ticks: Mapping[str, Ints]
    venue: Mapping[str, Ints]
    usable: Mapping[str, bool]


@dataclass(frozen=True, eq=False)
class Reach:
    """
    Nearest open venue of each type in one mode, p places and v venues.

    Parameters
    ----------
    mode, group
        How people travel; a group that travels at a pace of its own, else empty.
    connected
        Shape (p,), whether a place is tied to the road.
    walk_ms, venue_walk_ms
        Shape (p,) and (v,), walk between the door and the road, milliseconds.
    ticks
        By type: shape (p,), tenths of a second, `pack.UNREACHED` where none is reached.
    venue
        By type: shape (p,), position among the venues, -1 for none.
    usable
        By type: whether any open venue of it is tied to the road.
    others
        By group: types of which other venues are for the group than for everybody.
    """

    mode: str
    connected: npt.NDArray[np.bool_]
    walk_ms: Ints
    venue_walk_ms: Ints
    ticks: Mapping[str, Ints]
    venue: Mapping[str, Ints]
    usable: Mapping[str, bool]
    group: str = ""
    others: Mapping[str, ToTypes] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Own:
    """
    How places stand to a standard that asks more than the nearest open venue of its types.

    Parameters
    ----------
    ticks, venue
        As in `Reach`.
    reason
        Why a place is not reached, in the words of the page; empty where it is.
    """

    ticks: Ints
    venue: Ints
    reason: Sequence[str]


@dataclass(frozen=True, eq=False)
class Measure:
    """
    A further measure of places under one standard, counted elsewhere and only shown here.

    Parameters
    ----------
    key, name, english, unit, basis
        What it is called, counted in and founded on.
    standard
        Key of the standard.
    values
        Shape (p,), whole multiples of 1 / `scale`; -1 where there is none.
    scale
        How many of them make one.
    edges, labels
        Of places: where classes end, ascending, and their names, one more, the best class first.
    towns, town_edges, town_labels
        The same of towns, shape (t,), in the same scale.
    is_more_better
        Whether a high value is good.
    summary
        Texts without unit for district, urban, rural and every town, in this order.
    """

    key: str
    name: str
    english: str
    unit: str
    basis: str
    standard: str
    values: Ints
    scale: int
    edges: Sequence[float]
    labels: Sequence[str]
    towns: Ints
    town_edges: Sequence[float]
    town_labels: Sequence[str]
    is_more_better: bool
    summary: Sequence[str]


def towns_columns(towns: gpd.GeoDataFrame) -> dict[str, object]:
    """Return the towns, their rings and shared borders, and where each name stands best."""
    shapes = towns.geometry.to_numpy()
    centre = shapely.get_point(shapely.maximum_inscribed_circle(shapes, tolerance=1e-4), 0)
    lines = shapely.line_merge(shapely.union_all(shapely.boundary(shapes)))
    return {
        "code": texts(towns.index),
        "name": texts(towns["name"]),
        "kind": texts(towns["kind"]),
        "rings": [encode(rings(shape)) for shape in shapes],
        "borders": encode(shapely.get_parts([lines])),
        "district": encode(rings(towns.geometry.union_all())),
        **grid_points(gpd.GeoSeries(centre)),
    }


def places_columns(
    places: gpd.GeoDataFrame, towns: gpd.GeoDataFrame, audience: Audience
) -> dict[str, object]:
    """
    Return the places; every column of numbers beside the known ones is a group of people.

    A public page is not told names and points of places with fewer than `SMALL_COUNT` people, nor
    any group that has so few at some place: sums stay exact, nobody can be found.
    """
    known = ["name", "town", "rural"]
    groups = {
        str(name): places[name].fillna(0).to_numpy(np.int64)
        for name in places.drop(columns=known).select_dtypes("number")
    }
    shown = np.ones(len(places), bool)
    if audience == "public":
        shown = ~_is_small(groups["people"])
        groups = {
            name: people
            for name, people in groups.items()
            if name == "people" or not _is_small(people[shown]).any()
        }
    points = grid_points(
        places.geometry, GRID_DEGREES if audience == "internal" else PUBLIC_GRID_DEGREES
    )
    shown_at = {axis: np.where(shown, values, 0) for axis, values in points.items()}
    return {
        "id": [one if ok else "" for one, ok in zip(texts(places.index), shown, strict=True)],
        "name": [one if ok else "" for one, ok in zip(texts(places["name"]), shown, strict=True)],
        "town": positions("places.town", places["town"], towns.index),
        "rural": places["rural"].to_numpy(bool),
        "shown": shown,
        "groups": groups,
        **shown_at,
        "strip": strip_steps(**shown_at),
    }


def _is_small(people: Ints) -> npt.NDArray[np.bool_]:
    return np.asarray((people > 0) & (people < SMALL_COUNT))


def venues_columns(
    venues: gpd.GeoDataFrame, types: Mapping[str, str], towns: pd.Index, audience: Audience
) -> dict[str, object]:
    """Return the venues in the order of the frame; types and towns are positions, -1 for none."""
    blank = pd.Series("", index=venues.index)
    return {
        "id": texts(venues.index),
        "name": texts(venues["name"]),
        "type": positions("venues.type", venues["type"], pd.Index(list(types))),
        "status": texts(venues["status"]),
        "outside": venues["outside"].to_numpy(bool),
        "town": towns.get_indexer(pd.Index(venues.get("town", blank))),
        **{
            name: texts(venues.get(name, blank).fillna(""))
            for name in ("groups", "targets", "hours", "address")
        },
        **grid_points(
            venues.geometry, GRID_DEGREES if audience == "internal" else PUBLIC_GRID_DEGREES
        ),
    }


def reaches_columns(
    reach: Sequence[Reach], places: Mapping[str, Any], kinds: npt.NDArray[np.object_]
) -> list[dict[str, object]]:
    """
    Return all modes, folded: see `fold`.

    Parameters
    ----------
    places
        From `places_columns`.
    kinds
        Shape (v,), type of each venue.
    """
    order = walk_through(places["lat"], places["lng"], places["strip"])
    among = {str(kind): np.flatnonzero(kinds == kind) for kind in set(kinds)}
    return [_reach_columns(one, len(order), among, order, len(kinds)) for one in reach]


def _reach_columns(
    reach: Reach, places: int, among: Mapping[str, Ints], order: Ints, venues: int
) -> dict[str, object]:
    """
    Return one mode.

    Raises
    ------
    ValueError
        If an array is of another length than its places or venues, or a position is unknown.
    """
    every: list[Reach | ToTypes] = [reach, *reach.others.values()]
    for told in every:
        for kind in told.ticks:
            ticks, venue = told.ticks[kind], told.venue[kind]
            if len(ticks) != places or len(venue) != places:
                raise ValueError(f"`reach` of {kind!r} by {reach.mode} must hold each place once")
            beyond = ((venue < -1) | (venue >= venues)).any()
            if beyond or ((venue < 0) != (ticks >= UNREACHED)).any():
                raise ValueError(f"`reach` of {kind!r} by {reach.mode} refers to unknown venues")
    if len(reach.walk_ms) != places or len(reach.venue_walk_ms) != venues:
        raise ValueError(f"`reach` by {reach.mode} must hold each walk once")
    return {
        "mode": reach.mode,
        "group": reach.group,
        "connected": reach.connected,
        "walkMs": reach.walk_ms,
        "venueWalkMs": reach.venue_walk_ms,
        **_to_types_columns(reach, reach.walk_ms, among, order),
        "others": {
            group: _to_types_columns(told, reach.walk_ms, among, order)
            for group, told in reach.others.items()
        },
    }


def _to_types_columns(
    told: Reach | ToTypes, walk_ms: Ints, among: Mapping[str, Ints], order: Ints
) -> dict[str, object]:
    return {
        "ticks": {kind: folded_ticks(one, walk_ms, order) for kind, one in told.ticks.items()},
        "venue": {
            kind: folded_venues(one, among.get(kind, NOWHERE), order)
            for kind, one in told.venue.items()
        },
        "usable": {kind: bool(usable) for kind, usable in told.usable.items()},
    }
