"""
Places to the nearest edge: `python benchmarks/snapping.py [--quick]`.

Ours against the tree of lines that shapely offers (`query_nearest`, then the place along the line)
and `nearest_edges` of OSMnx. Edges, positions and metres are compared with the tree's before times
are, to the last bit. CPU time of medians, one thread.
"""

from __future__ import annotations

import sys

import numpy as np
import shapely
from networks import DISTRICT, EXTRACTS
from race import race
from shapely import STRtree

from kepu.geo.interchange import to_networkx
from kepu.geo.network import Network
from kepu.geo.profile import default_profiles
from kepu.geo.roadside import warm
from kepu.geo.snap import snap
from kepu.layers.roads import read_roads

PLACES, FEW = 100_000, 5_000
METRES = 400.0
LINES = 200


def places(network: Network, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Make places beside the roads, as people live: seeded."""
    rng = np.random.default_rng(5)
    x, y = network.shape_xy
    at = rng.integers(len(x), size=count)
    return x[at] + rng.normal(0, METRES / 3, count), y[at] + rng.normal(0, METRES / 3, count)


def with_tree(network: Network, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, ...]:
    """Do what a careful user of shapely does, the tree included."""
    points = shapely.points(x, y)
    tree = STRtree(network.lines)
    place, edge = tree.query_nearest(points)
    order = np.lexsort((edge, place))
    _, first = np.unique(place[order], return_index=True)
    edge = edge[order][first]
    lines = network.lines[edge]
    share = shapely.line_locate_point(lines, points, normalized=True)
    return edge, share, shapely.distance(points, lines)


def row(work: str, graph: str, own: float, peer: str | None, other: float | None) -> dict:
    """Return a line of the table; seconds of CPU."""
    return {
        "work": work, "graph": graph, "ours_ms": round(1000 * own, 1), "peer": peer,
        "peer_ms": None if other is None else round(1000 * other, 1),
        "ratio": None if other is None else round(other / own, 1),
        "key": f"snap {str(peer).partition(' ')[0]}",
    }  # fmt: skip


def with_osmnx(network: Network, x: np.ndarray, y: np.ndarray) -> object | None:
    """Return a call of `nearest_edges`; None where OSMnx is not installed."""
    try:
        import osmnx
    except ImportError:
        return None
    profiles = default_profiles()
    graph = osmnx.project_graph(to_networkx(network, profiles["walk"]), to_crs=network.crs)
    return lambda: osmnx.distance.nearest_edges(graph, x, y, return_dist=True)


def of(name: str, network: Network, rounds: int, count: int) -> list[dict]:
    """Race on one network."""
    x, y = places(network, count)
    joinable = np.ones(network.edges, bool)

    def ours(build: bool = True) -> object:
        if build:
            vars(network).pop("grid", None)
        return snap(network, x, y, joinable=joinable, limit_metres=1e6, searcher="grid")

    assert network.lines is not None
    candidates = {"ours": ours, "again": lambda: ours(False),
                  "tree": lambda: with_tree(network, x, y)}  # fmt: skip
    peer = with_osmnx(network, x, y)
    if peer is not None:
        candidates["osmnx"] = peer
    laps = race(candidates, rounds)
    found, expected = laps["ours"].answer, laps["tree"].answer
    share = np.where(expected[1] < 1e-9, 0.0, np.where(expected[1] > 1 - 1e-9, 1.0, expected[1]))
    share[~np.isfinite(share)] = 0.0
    for one, other in zip((found.edge, found.share, found.metres),
                          (expected[0], share, expected[2]), strict=True):  # fmt: skip
        if not np.array_equal(one, other):
            raise AssertionError(f"{name}: answers differ")
    work = f"snap {count:,} places, index included"
    rows = [
        row(work, name, laps["ours"].cpu, "shapely STRtree query_nearest + project",
            laps["tree"].cpu),
        row(work, name, laps["ours"].cpu, "osmnx nearest_edges",
            laps["osmnx"].cpu if peer is not None else None),
        row(f"snap {count:,} places, index at hand", name, laps["again"].cpu, None, None),
    ]  # fmt: skip
    return rows


def measure(quick: bool) -> list[dict]:
    """Return the rows of all networks."""
    import tempfile
    from pathlib import Path

    from towns import write_town

    warm()
    profiles, rows = default_profiles(), []
    chosen = {"illustrative district": DISTRICT} if quick else EXTRACTS
    for name, path in chosen.items():
        if path.is_file():
            network = read_roads(path, profiles).network
            rows += of(name, network, 3, FEW if quick else PLACES)
    if not quick:
        with tempfile.TemporaryDirectory() as folder:
            path = write_town(Path(folder) / "town.osm.pbf", LINES)
            network = read_roads(path, profiles).network
        pieces = len(network.shape_lon) - network.edges
        rows += of(f"synthetic town, {pieces:,} pieces", network, 3, PLACES)
    return rows


def main() -> None:
    """Print a table."""
    for one in measure("--quick" in sys.argv):
        line = f"{one['graph']:40s}{one['work']:42s}{one['ours_ms']:9.1f} ms"
        if one["peer"] and one["ratio"]:
            line += f"  {one['peer']:42s}{one['peer_ms']:10.1f} ms{one['ratio']:8.1f} x"
        print(line, flush=True)


if __name__ == "__main__":
    main()
