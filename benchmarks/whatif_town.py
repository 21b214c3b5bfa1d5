"""
Scenarios on the roads of a made town: 20,000 places, 500 venues, against searching all again.

A new venue, a side street and a large road closed. Everybody stays tied where they were; answers
are compared before times are. Milliseconds are of CPU time. All searches are by our bucket queue:
a hierarchy that one of them built would serve the next.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from geopandas import GeoSeries, points_from_xy
from towns import write_town

from kepu.coverage.scenario_times import Roadside, on_roads, with_venues
from kepu.coverage.times import Times, travel_times
from kepu.geo.crs import WGS84, transform
from kepu.geo.edits import Roadworks, close, edges_named, edges_of_way
from kepu.geo.engines import Engine, warm
from kepu.geo.network import Bools, Network
from kepu.geo.profile import Profile, default_profiles
from kepu.layers.roads import read_roads

LINES, PLACES, VENUES = 240, 20_000, 500
QUICK_LINES, QUICK_PLACES, QUICK_VENUES = 60, 2_000, 60
MINUTES = 60.0
ENGINE: Engine = "bucket"


def points(network: Network, many: int, rng: np.random.Generator) -> GeoSeries:
    """Return so many crossings as points, in the system of the network."""
    at = rng.choice(network.nodes, many, replace=False)
    x, y = transform(network.lon[at], network.lat[at], WGS84, network.crs)
    return GeoSeries(points_from_xy(x, y), index=[f"n{n}" for n in at], crs=network.crs)


def streets(network: Network) -> dict[str, Bools]:
    """Return a way of two blocks in the middle, and a large road through the whole town."""
    kinds = np.array(network.classes)[network.highway]
    middle = int(np.flatnonzero(kinds == "residential")[network.edges // 4])
    large = np.isin(kinds, ("tertiary", "secondary", "primary"))
    name = network.names[int(network.name[np.flatnonzero(large)[large.sum() // 2]])]
    return {
        "a side street closed": edges_of_way(network, int(network.way[middle])),
        "a large road closed from end to end": edges_named(network, name),
    }


def spent(work: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    """Return the least CPU milliseconds of some rounds, and the answer."""
    found, least = None, np.inf
    for _ in range(rounds):
        begin = time.process_time()
        found = work()
        least = min(least, 1000 * (time.process_time() - begin))
    return least, found


def measure(quick: bool) -> list[dict[str, Any]]:
    """Return a row for each edit; ours is the edit, the peer the same from scratch."""
    lines, many, venues = (
        (QUICK_LINES, QUICK_PLACES, QUICK_VENUES) if quick else (LINES, PLACES, VENUES)
    )
    with tempfile.TemporaryDirectory() as folder:
        path = write_town(Path(folder) / "town.osm.pbf", lines)
        network = read_roads(path, default_profiles()).network
    warm()
    rng, profile = np.random.default_rng(4), default_profiles()["car"]
    layers = [points(network, n, rng).to_frame("geometry") for n in (many, venues)]
    now = travel_times(network, profile, *layers, horizon_minutes=MINUTES)
    graph = f"synthetic town, {lines * lines} crossings, {many} places x {venues} venues, roads"
    rounds = 1 if quick else 2
    rows = [_row("a new venue", "whatif road add", graph, *_added(now, network, profile, rounds))]
    for work, edges in streets(network).items():
        key = f"whatif road {'large' if 'large' in work else 'street'}"
        rows.append(_row(work, key, graph, *_shut(now, network, profile, edges, rounds)))
    return rows


def _added(now: Times, network: Network, profile: Profile, rounds: int) -> tuple[float, float]:
    side = _side(Roadworks.of(network), profile)
    new = points(network, 1, np.random.default_rng(9))
    ours, found = spent(lambda: with_venues(now, side, new, engine=ENGINE), rounds)

    def again() -> Any:
        return side.table(found.place_doors, found.venue_doors, now.horizon, engine=ENGINE)

    theirs, ticks = spent(again, rounds)
    np.testing.assert_array_equal(found.ticks, ticks)
    return ours, theirs


def _shut(
    now: Times, network: Network, profile: Profile, edges: Bools, rounds: int
) -> tuple[float, float]:
    whole = Roadworks.of(network)
    old = _side(whole, profile)

    def edited() -> Times:
        return on_roads(now, old, _side(close(whole, edges), profile), engine=ENGINE)

    def again() -> Any:
        side = _side(close(whole, edges), profile)
        doors = (
            side.frozen(now.place_doors, homes=True),
            side.frozen(now.venue_doors, homes=False),
        )
        return side.table(*doors, now.horizon, engine=ENGINE)

    ours, found = spent(edited, rounds)
    theirs, ticks = spent(again, rounds)
    np.testing.assert_array_equal(found.ticks, ticks)
    return ours, theirs


def _side(works: Roadworks, profile: Profile) -> Roadside:
    return Roadside(works, profile, direction="to_venue", barriers=None)


def _row(work: str, key: str, graph: str, ours: float, theirs: float) -> dict[str, Any]:
    return {
        "work": work, "key": key, "graph": graph, "ours_ms": round(ours, 1),
        "peer": "searching all again", "peer_ms": round(theirs, 1),
        "ratio": round(theirs / ours, 1),
    }  # fmt: skip


if __name__ == "__main__":
    for line in measure("--quick" in sys.argv):
        print(json.dumps(line, ensure_ascii=False))
