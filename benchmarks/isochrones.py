"""
Rings of 15 minutes by car, search included: ours against Valhalla and the recipe of OSMnx.

`python benchmarks/isochrones.py [--quick]`, with the Python of the peers. Valhalla has its own
speeds and builds its tiles beforehand, as we find beforehand where the cells join the roads; OSMnx
gets our network with our times. Quality is the overlap with counting: random points within 100 m of
a road, inside the ring against counted within 15 minutes (`overlap`).
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import shapely
from networks import EXTRACTS, LINES
from race import race
from services import program, written

from kepu.coverage.isochrone import isochrones
from kepu.coverage.times import travel_times
from kepu.geo.interchange import to_networkx
from kepu.geo.network import TICKS_A_MINUTE, Network, main_component
from kepu.geo.profile import default_profiles
from kepu.geo.snap import snap
from kepu.geo.surface import Ground
from kepu.layers.roads import read_roads

MINUTES = 15.0
MODE = "car"
NODE_BUFFER_METRES, EDGE_BUFFER_METRES = 50.0, 25.0
"""Of the recipe in the documentation of OSMnx."""
POINTS, NEAR_METRES = 20_000, 100.0
OURS = "15 min by car, search included"


@dataclass(frozen=True)
class Town:
    """A network, one venue in the middle of it, and its prepared ground."""

    name: str
    pbf: Path
    network: Network
    venue: gpd.GeoDataFrame
    ground: Ground

    @classmethod
    def of(cls, name: str, pbf: Path) -> Town:
        network, profile = read_roads(pbf, default_profiles()).network, default_profiles()[MODE]
        onward, back = main_component(network.arcs(profile))
        aside = np.hypot(network.lon - np.median(network.lon), network.lat - np.median(network.lat))
        middle = int(np.argmin(np.where(onward & back, aside, np.inf)))
        spot = gpd.points_from_xy(network.lon[[middle]], network.lat[[middle]], crs=4326)
        venue = gpd.GeoDataFrame(geometry=spot, index=["v"]).to_crs(network.crs)
        return cls(name, pbf, network, venue, Ground(network, profile, searches=10**6))

    def ring(self) -> shapely.MultiPolygon:
        """Draw the ring; the second time the ground is prepared."""
        profile = default_profiles()[MODE]
        found = isochrones(self.network, profile, self.venue, [MINUTES], ground=self.ground)
        return found.geometry.iloc[0]

    @property
    def degrees(self) -> tuple[float, float]:
        point = self.venue.to_crs(4326).geometry.iloc[0]
        return point.x, point.y


def of_valhalla(town: Town, folder: Path) -> Callable[[], Any]:
    """Build the tiles of Valhalla and return how it is asked."""
    import valhalla
    from valhalla import _scripts

    tiles, settings = folder / "tiles", folder / "valhalla.json"
    tiles.mkdir()
    settings.write_text(
        json.dumps(valhalla.get_config(tile_extract="", tile_dir=str(tiles))), "utf-8"
    )
    program(Path(_scripts.PYVALHALLA_BIN_DIR) / "valhalla_build_tiles", "-c", settings, town.pbf,
            folder=folder)  # fmt: skip
    actor, (lon, lat) = valhalla.Actor(str(settings)), town.degrees
    asked = {"locations": [{"lon": lon, "lat": lat}], "costing": "auto", "polygons": True,
             "contours": [{"time": MINUTES}]}  # fmt: skip
    return lambda: actor.isochrone(asked)


def of_osmnx(town: Town, hull: bool) -> Callable[[], Any]:
    """Return the recipe of the documentation: what can be reached, buffered or hulled."""
    import osmnx

    graph = osmnx.project_graph(to_networkx(town.network, default_profiles()[MODE]))
    graph = graph.reverse()  # towards the venue
    point = gpd.GeoSeries(town.venue.geometry).to_crs(graph.graph["crs"]).iloc[0]
    centre = osmnx.distance.nearest_nodes(graph, point.x, point.y)

    def run() -> Any:
        reached = nx.ego_graph(graph, centre, radius=MINUTES * 60, distance="travel_time")
        spots = {name: shapely.Point(at["x"], at["y"]) for name, at in reached.nodes(data=True)}
        if hull:
            return gpd.GeoSeries(list(spots.values())).union_all().convex_hull
        lines = [
            min(graph.get_edge_data(*pair).items())[1].get(
                "geometry", shapely.LineString([spots[pair[0]], spots[pair[1]]])
            )
            for pair in reached.edges()
        ]
        around = list(gpd.GeoSeries(list(spots.values())).buffer(NODE_BUFFER_METRES))
        around += list(gpd.GeoSeries(lines).buffer(EDGE_BUFFER_METRES))
        return gpd.GeoSeries(around).union_all()

    return run


def overlap(town: Town, ring: Any) -> float:
    """Return intersection over union of what is inside and what is counted, of random points."""
    rng, profile = np.random.default_rng(1), default_profiles()[MODE]
    usable, _ = town.network.joinable(profile, town.network.arcs(profile))
    west, south, east, north = ring.buffer(800).bounds
    x, y = rng.uniform(west, east, 4 * POINTS), rng.uniform(south, north, 4 * POINTS)
    near = snap(town.network, x, y, joinable=usable, limit_metres=NEAR_METRES).connected
    spots = gpd.points_from_xy(x[near], y[near], crs=town.network.crs)
    times = travel_times(town.network, profile, gpd.GeoDataFrame(geometry=spots), town.venue,
                         horizon_minutes=MINUTES)  # fmt: skip
    counted = times.ticks[:, 0] <= MINUTES * TICKS_A_MINUTE
    shapely.prepare(ring)
    inside = shapely.contains_xy(ring, x[near], y[near])
    return float((counted & inside).sum() / (counted | inside).sum())


def row(work: str, town: Town, own: float, peer: str, theirs: float | None) -> dict[str, Any]:
    """Return a line of the table, CPU seconds as milliseconds."""
    return {
        "work": work, "graph": town.name, "ours_ms": 1000 * own, "peer": peer,
        "peer_ms": None if theirs is None else 1000 * theirs,
        "ratio": None if theirs is None else theirs / own,
    }  # fmt: skip


def rows_of(town: Town, folder: Path, rounds: int) -> list[dict[str, Any]]:
    """Measure a town: the first ring with its preparation, then ours and each peer in turn."""
    before = time.process_time()
    ring = town.ring()
    first = time.process_time() - before
    rows = [row(f"{OURS}, and where the cells join", town, first, "-", None)]
    found = overlap(town, ring)
    peers: dict[str, Callable[[], Callable[[], Any]]] = {
        "Valhalla isochrone": lambda: of_valhalla(town, folder),
        "OSMnx recipe: ego_graph, buffers": lambda: of_osmnx(town, hull=False),
        "OSMnx recipe: ego_graph, convex hull": lambda: of_osmnx(town, hull=True),
    }
    for peer, make in peers.items():
        try:
            laps = race({"ours": town.ring, "theirs": make()}, rounds)
        except Exception as error:  # what a peer may raise is not ours to know
            rows.append({**row(OURS, town, 1.0, peer, None), "ours_ms": None,
                         "failed": f"{type(error).__name__}: {error}"[:300]})  # fmt: skip
            continue
        rows.append({
            **row(OURS, town, laps["ours"].cpu, peer, laps["theirs"].cpu),
            "answers": f"overlap of our ring with counting {found:.3f}", "iou_share": found,
            "key": f"isochrone {peer}",
        })  # fmt: skip
    return rows


def measure(quick: bool) -> list[dict[str, Any]]:
    """Return the rows of the illustrative district, real extracts and a made city."""
    rows = []
    names = list(EXTRACTS)[:1] if quick else [name for name in EXTRACTS if "Monaco" not in name]
    for name in names:
        if EXTRACTS[name].is_file():
            with tempfile.TemporaryDirectory() as folder:
                rows += rows_of(Town.of(name, EXTRACTS[name]), Path(folder), 5)
    if not quick:
        with tempfile.TemporaryDirectory() as folder:
            pbf = Path(folder) / "roads.osm.pbf"
            written(pbf, LINES["600 k"])
            rows += rows_of(Town.of("synthetic city as .osm.pbf", pbf), Path(folder), 5)
    return rows


if __name__ == "__main__":
    for line in measure("--quick" in sys.argv):
        print({key: round(v, 2) if isinstance(v, float) else v for key, v in line.items()})
