"""
A whole process, from the file to the answer: `python benchmarks/whole.py [--quick]`.

How many of the crossings lie within 15 minutes by car of one of 50 venues? Ours from the
`.osm.pbf`; OSMnx and networkx as their documentation shows it, from an XML that was filtered for
cars beforehand. A whole run adds a made network of 5 million arcs, 2,000 venues and 20,000 places,
ours alone. Wall and CPU time and greatest memory are those of whole processes, imports included.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from apart import main, row, side

ROOT = Path(__file__).parents[1]
FIXTURES = ROOT.parent / "shared" / "fixtures"
SAO_PAULO = FIXTURES / "osm_sao_paulo/spo_osm.pbf"
VENUES, MINUTES = 50, 15
LARGE_LINES, LARGE_VENUES, LARGE_PLACES = 1090, 2_000, 20_000


def ours(path: Path, venues: int = VENUES, places: int = 0, horizon: float = MINUTES) -> dict:
    """Read the roads, snap, search, and count who is within 15 minutes of a venue."""
    import numpy as np
    from geopandas import GeoDataFrame, points_from_xy

    from kepu.coverage.times import travel_times, within
    from kepu.geo.crs import WGS84, transform
    from kepu.geo.profile import default_profiles
    from kepu.layers.roads import read_roads

    network = read_roads(path, default_profiles()).network
    rng = np.random.default_rng(1)
    x, y = network.lon, network.lat
    at = rng.choice(len(x), venues, replace=False)
    who = rng.choice(len(x), places, replace=False) if places else np.arange(len(x))
    layers = [
        GeoDataFrame(
            geometry=points_from_xy(*transform(x[i], y[i], WGS84, network.crs)), crs=network.crs
        )
        for i in (who, at)
    ]
    times = travel_times(network, default_profiles()["car"], *layers, horizon_minutes=horizon)
    covered = within(times.ticks, MINUTES).any(axis=1)
    return {"covered": int(covered.sum()), "places": len(covered), "edges": network.edges}


def theirs(path: Path) -> dict:
    """Do the same with OSMnx and networkx."""
    import networkx as nx
    import numpy as np
    import osmnx

    graph = osmnx.graph_from_xml(path, retain_all=True)
    graph = osmnx.add_edge_travel_times(osmnx.add_edge_speeds(graph))
    graph = osmnx.project_graph(graph)
    nodes = list(graph.nodes)
    rng = np.random.default_rng(1)
    places = osmnx.convert.graph_to_gdfs(graph, edges=False)
    at = rng.choice(len(nodes), VENUES, replace=False)
    venues = osmnx.distance.nearest_nodes(graph, places.x.iloc[at], places.y.iloc[at])
    back = graph.reverse(copy=False)
    covered: set[int] = set()
    for venue in venues:
        covered |= set(
            nx.single_source_dijkstra_path_length(
                back, venue, cutoff=MINUTES * 60, weight="travel_time"
            )
        )
    return {"covered": len(covered), "places": len(nodes), "edges": graph.number_of_edges()}


def rows_of(graph: str, own: dict, other: dict | None) -> list[dict]:
    """Return the rows of one file."""
    return [
        row(
            f"file to coverage, whole process, {label}", graph, f"whole {key}", scale * own[key],
            *(("osmnx + networkx", scale * other[key]) if other else ()),
        )
        for label, key, scale in (
            ("wall", "wall", 1000), ("CPU", "cpu", 1000),
            ("greatest memory (MiB, not ms)", "peak", 1),
        )
    ]  # fmt: skip


def measure(quick: bool) -> list[dict]:
    """Return the rows of all files."""
    from reading import filtered
    from towns import write_town

    rows = []
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        files = {"São Paulo centre (OpenStreetMap)": SAO_PAULO}
        if not quick:
            files["synthetic town 240 x 240"] = write_town(folder / "town.osm.pbf", 240)
        for name, path in files.items():
            if path.is_file():
                side(__file__, "--ours", path)  # compiles, once per machine
                other = side(__file__, "--theirs", filtered(path, folder / "roads.osm"))
                rows += rows_of(name, side(__file__, "--ours", path), other)
        if not quick:
            path = write_town(folder / "large.osm.pbf", LARGE_LINES)
            own = side(__file__, "--large", path)
            name = (
                f"synthetic, {own['edges']:,} edges, {LARGE_VENUES} venues, {LARGE_PLACES} places"
            )
            rows += rows_of(name, own, None)
    return rows


if __name__ == "__main__":
    main(
        {"--ours": ours, "--theirs": theirs,
         "--large": lambda path: ours(path, LARGE_VENUES, LARGE_PLACES, 60)},
        measure,
    )  # fmt: skip
