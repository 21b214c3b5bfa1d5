"""
Files of OpenStreetMap to graphs: `python benchmarks/reading.py [--quick]`.

Ours reads the roads of all three modes from the `.osm.pbf`; OSMnx reads those of cars from an XML
that was filtered for it beforehand, simplifies them and adds speeds and times. Each in a process of
its own: CPU time without imports, and the greatest memory of the process.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from apart import main, row, side
from machine import peak_mb

ROOT = Path(__file__).parents[1]
FIXTURES = ROOT.parent / "shared" / "fixtures"
EXTRACTS = {
    "Monaco (OpenStreetMap)": FIXTURES / "osm_monaco/monaco.osm.pbf",
    "São Paulo centre (OpenStreetMap)": FIXTURES / "osm_sao_paulo/spo_osm.pbf",
}
LINES = 150
CORNER_DEGREES = 0.05
"""5 km: a tenth of the area of the town."""
ROADS = "motorway trunk primary secondary tertiary unclassified residential living_street service"


def ours(path: Path, box: tuple[float, float, float, float] | None = None) -> dict[str, float]:
    """Read and cut at crossings, and the arcs of all modes; then once more from the cache."""
    from kepu.geo.profile import default_profiles
    from kepu.layers.roads import read_roads

    profiles = default_profiles()
    begin, wall = time.process_time(), time.perf_counter()
    network = read_roads(path, profiles, box=box).network
    arcs = sum(network.arcs(profile).nnz for profile in profiles.values())
    took = {"cpu": time.process_time() - begin, "wall": time.perf_counter() - wall}
    peak = peak_mb()
    with tempfile.TemporaryDirectory() as folder:
        read_roads(path, profiles, box=box, cache=Path(folder))
        begin = time.process_time()
        read_roads(path, profiles, box=box, cache=Path(folder))
        reload = time.process_time() - begin
    one_way = network.arcs(profiles["walk"]).nnz
    return {**took, "peak": peak, "arcs": arcs, "reload": reload, "walk_arcs": one_way}


def ours_around(path: Path) -> dict[str, float]:
    """Read the south-western corner of a made town alone, as of a file larger than the district."""
    return ours(path, (113.0, 23.3, 113.0 + CORNER_DEGREES, 23.3 + CORNER_DEGREES))


def theirs(path: Path) -> dict[str, float]:
    """Read, simplify, and add speeds and times as the documentation of OSMnx does."""
    import osmnx

    begin, wall = time.process_time(), time.perf_counter()
    graph = osmnx.graph_from_xml(path, retain_all=True)
    graph = osmnx.add_edge_travel_times(osmnx.add_edge_speeds(graph))
    took = {"cpu": time.process_time() - begin, "wall": time.perf_counter() - wall}
    return {**took, "peak": peak_mb(), "arcs": graph.number_of_edges()}


def filtered(path: Path, target: Path) -> Path:
    """Write the roads of cars as XML, in a process of its own, because it holds all of them."""
    target.unlink(missing_ok=True)
    subprocess.run([sys.executable, __file__, "--filter", str(path), str(target)], check=True)
    return target


def write_filtered(path: Path, target: Path) -> None:
    """Write the roads of cars as XML, with their nodes."""
    import osmium

    wanted = set(ROADS.split()) | {f"{name}_link" for name in ROADS.split()[:5]}
    with osmium.BackReferenceWriter(str(target), ref_src=str(path)) as writer:
        for way in osmium.FileProcessor(str(path), osmium.osm.WAY):
            if way.tags.get("highway") in wanted:
                writer.add_way(way)


def medians(who: str, path: Path, runs: int) -> dict[str, float]:
    """Run a side in processes of its own, and take the median of each figure."""
    found = [side(__file__, who, path) for _ in range(runs)]
    return {key: statistics.median(one[key] for one in found) for key in found[0]}


WORKS = (("CPU", "cpu", 1000.0), ("greatest memory (MiB, not ms)", "peak", 1.0))


def compared(name: str, path: Path, runs: int, folder: Path) -> list[dict]:
    """Return the rows of one file."""
    own = medians("--ours", path, runs)
    other = medians("--theirs", filtered(path, folder / "roads.osm"), 1)
    reload = row(f"roads from the cache ({own['walk_arcs']:.0f} arcs on foot)", name, "reload",
                 1000 * own["reload"])  # fmt: skip
    by_arcs = reload["ours_ms"] / own["walk_arcs"] * 100_000
    return [{**reload, "ms_a_100_000_arcs_ms": by_arcs}] + [
        row(f"PBF to the arcs of all modes, {label}", name, f"read {key}", scale * own[key],
            "OSMnx graph_from_xml, cars only", scale * other[key])
        for label, key, scale in WORKS
    ]  # fmt: skip


def around(name: str, path: Path, runs: int) -> list[dict]:
    """Return the rows of reading a corner of a file."""
    own = medians("--ours-around", path, runs)
    return [
        row(f"PBF to the arcs of all modes, 5 km of it, {label}", name, f"corner {key}",
            scale * own[key])
        for label, key, scale in WORKS
    ]  # fmt: skip


def measure(quick: bool) -> list[dict]:
    """Return the rows of all files."""
    from towns import write_town

    runs, rows = (1, []) if quick else (3, [])
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for name, path in list(EXTRACTS.items())[: 1 if quick else None]:
            if path.is_file():
                rows += compared(name, path, runs, folder)
        if not quick:
            path = write_town(folder / "town.osm.pbf", LINES)
            name = f"synthetic town {LINES} x {LINES}, {path.stat().st_size / 2**20:.1f} MiB"
            rows += compared(name, path, runs, folder) + around(name, path, runs)
    return rows


if __name__ == "__main__":
    if sys.argv[1:2] == ["--filter"]:
        write_filtered(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        sides = {"--ours": ours, "--ours-around": ours_around, "--theirs": theirs}
        main(sides, measure)
