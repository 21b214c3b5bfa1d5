"""How far beyond the district roads matter, so that a larger file is read only there."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from .geo.crs import WGS84, transform
from .geo.osm import Box
from .inputs import Layers
from .layers.venues import venue_types
from .study_keys import Study

ROOM = 1.01
"""Scale errors of the metric reference system are below 0.04 %."""
LEAST_METRES = 25_000.0
"""Parts of a district may hang together by roads of its neighbours only."""
STEPS_A_DEGREE, STEPS_A_SIDE = 100, 21
"""The box is widened to whole hundredths of a degree: who moves a border keeps the cache."""


def reach_metres(study: Study, types: Iterable[str] = ()) -> float:
    """
    Return how far beyond the district a trip may lead that any limit of the study counts.

    Limits are thresholds, those of standards and of the services of a tour, and the usual minutes
    of `types` of venue, none beyond the horizon. Who takes at most L minutes at no more than v from
    a place in the district to a venue within the buffer b goes at most (L v + b) / 2 beyond it:
    out, and back to b. Roads that the farthest venue may be tied to are kept in any case, and those
    within `LEAST_METRES`.
    """
    used = study.study.modes
    profiles = [profile for mode, profile in study.profiles.items() if mode in used]
    profiles += [profile for (_, mode), profile in study.paced.items() if mode in used]
    speeds = [kmh for p in profiles for s in p.speeds.values() for kmh in (s.kmh, s.built_up_kmh)]
    fastest = max((kmh for kmh in speeds if math.isfinite(kmh)), default=0.0)
    asked = [*study.study.thresholds, *(each.minutes for each in study.standards)]
    asked += [service.minutes for service in study.tour.services]
    asked += [venue_types()[kind].minutes for kind in types]
    minutes = min(max(asked), study.study.horizon_minutes)
    buffer = study.study.buffer_km * 1000
    farthest = max((profile.snap_metres for profile in profiles), default=0.0)
    return max((minutes / 60 * fastest * 1000 + buffer) / 2, buffer + farthest, LEAST_METRES)


def roads_box(study: Study, layers: Layers) -> Box:
    """Return the box around the district that roads are read in, degrees WGS 84."""
    west, south, east, north = layers.towns.total_bounds
    beyond = reach_metres(study, layers.venues["type"].unique()) * ROOM
    x = np.linspace(west - beyond, east + beyond, STEPS_A_SIDE)
    y = np.linspace(south - beyond, north + beyond, STEPS_A_SIDE)
    columns, rows = (side.ravel() for side in np.meshgrid(x, y))
    lon, lat = transform(columns, rows, layers.towns.crs, WGS84)
    low = [math.floor(float(v.min()) * STEPS_A_DEGREE) / STEPS_A_DEGREE for v in (lon, lat)]
    high = [math.ceil(float(v.max()) * STEPS_A_DEGREE) / STEPS_A_DEGREE for v in (lon, lat)]
    return low[0], low[1], high[0], high[1]
