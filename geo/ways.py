"""Ways of a source, cut at their crossings into the edges of a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pyproj import Geod

from .errors import Fault
from .network import Bools, Floats, Ints, Network
from .profile import MODES

EARTH = Geod(ellps="WGS84")


@dataclass(frozen=True)
class Ways:
    """
    Ways as they come from a source, before they are cut at crossings; k points in all, w ways.

    Parameters
    ----------
    first
        Shape (w + 1,); way i has the points first[i] to first[i + 1].
    ref, lon, lat
        Shape (k,), node identifiers and degrees WGS 84.
    identifier
        Shape (w,).
    classes, names
        Class and name of each way, w of them.
    factor, limit_kmh, open, structure
        As in `Network`, shape (w, ...).
    barred
        By mode, the node identifiers that stop it.
    """

    first: Ints
    ref: Ints
    lon: Floats
    lat: Floats
    identifier: Ints
    classes: Sequence[str]
    names: Sequence[str]
    factor: Floats
    limit_kmh: Floats
    open: Mapping[str, Bools]
    structure: Bools
    barred: Mapping[str, Ints]


def build(ways: Ways, *, earth: Geod = EARTH, warnings: tuple[Fault, ...] = ()) -> Network:
    """
    Cut ways at their crossings and return the network.

    A crossing is a node that stands in two ways, or twice in one; ways also end at barriers.

    Parameters
    ----------
    ways
        At least one, each of two points or more.
    earth
        The body on which lengths are measured: the WGS 84 ellipsoid but in comparisons with systems
        that measure on a sphere.
    warnings
        Carried along.
    """
    points = len(ways.ref)
    unique, number, count = np.unique(ways.ref, return_inverse=True, return_counts=True)
    start, end, way = _edges(ways, count[number] > 1)
    inner = np.ones(points, bool)
    inner[ways.first[:-1]] = False
    at = np.flatnonzero(inner)
    step = np.zeros(points)
    _, _, step[at] = earth.inv(ways.lon[at - 1], ways.lat[at - 1], ways.lon[at], ways.lat[at])
    used, compact = np.unique(number[np.concatenate([start, end])], return_inverse=True)
    where = np.zeros(len(unique), np.int64)
    where[number] = np.arange(points)
    sizes = end - start + 1
    first = np.concatenate([[0], np.cumsum(sizes)])
    flat = np.arange(first[-1]) - np.repeat(first[:-1], sizes) + np.repeat(start, sizes)
    step = step[flat]
    step[first[:-1]] = 0
    highway, classes = pd.factorize(np.array(ways.classes, object), sort=True)
    name, names = pd.factorize(np.array(["", *ways.names], object), sort=True)
    return Network(
        node=unique[used],
        lon=ways.lon[where[used]],
        lat=ways.lat[where[used]],
        tail=compact[: len(start)].astype(np.int64),
        head=compact[len(start) :].astype(np.int64),
        way=ways.identifier[way],
        highway=highway[way].astype(np.int64),
        classes=tuple(classes.tolist()),
        name=name[1:][way].astype(np.int64),
        names=tuple(names.tolist()),
        length=np.add.reduceat(step, first[:-1]),
        first=first.astype(np.int64),
        shape_lon=ways.lon[flat],
        shape_lat=ways.lat[flat],
        factor=ways.factor[way],
        limit_kmh=ways.limit_kmh[way],
        open={mode: ways.open[mode][way] for mode in MODES},
        barred={mode: np.isin(unique[used], ways.barred[mode]) for mode in MODES},
        structure=ways.structure[way],
        built_up=np.zeros(len(start), bool),
        warnings=warnings,
    )


def _edges(ways: Ways, crossing: Bools) -> tuple[Ints, Ints, Ints]:
    """Return the first and the last point of every edge, and the number of its way."""
    way_of = np.repeat(np.arange(len(ways.identifier)), np.diff(ways.first))
    cut = crossing.copy()
    cut[ways.first[:-1]] = True
    cut[ways.first[1:] - 1] = True
    for barred in ways.barred.values():
        cut |= np.isin(ways.ref, barred)
    at = np.flatnonzero(cut)
    same = way_of[at[:-1]] == way_of[at[1:]]
    return at[:-1][same], at[1:][same], way_of[at[:-1][same]]
