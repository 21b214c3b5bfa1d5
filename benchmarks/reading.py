"""
Files of OpenStreetMap to graphs: `python benchmarks/reading.py [--quick] [--large]`.

Ours reads the roads of all three modes from the `.osm.pbf`; OSMnx reads those of cars from an XML
that was filtered for it beforehand, simplifies them and adds speeds and times. Each in a process of
its own: CPU time without imports, and the greatest memory of the process.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
FIXTURES = ROOT.parent / "shared" / "fixtures"
EXTRACTS = {
    "Monaco (OpenStreetMap)": FIXTURES / "osm_monaco/monaco.osm.pbf",
    "São Paulo centre (OpenStreetMap)": FIXTURES / "osm_sao_paulo/spo_osm.pbf",
}
LINES = {False: 150, True: 450}
CORNER_DEGREES = 0.05
"""5 km: a tenth of the area of the smaller town, a hundredth of the larger."""
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
    peak = megabytes()
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
    return {**took, "peak": megabytes(), "arcs": graph.number_of_edges()}


def megabytes() -> float:
    """Return the greatest memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def filtered(path: Path, target: Path) -> Path:
    """Write the roads of cars as XML; apart, because children begin with our greatest memory."""
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


def apart(who: str, path: Path, runs: int) -> dict[str, float]:
    """Run a side in processes of its own; medians."""
    found = []
    for _ in range(runs):
        done = subprocess.run(
            [sys.executable, __file__, who, str(path)], check=True, capture_output=True, text=True
        )
        found.append(json.loads(done.stdout.splitlines()[-1]))
    return {key: statistics.median(one[key] for one in found) for key in found[0]}


def compared(name: str, path: Path, runs: int, folder: Path, *, peer: bool) -> list[dict]:
    """Return the rows of one file."""
    own = apart("--ours", path, runs)
    cost = 50 * own["walk_arcs"] / 100_000
    rows = [{
        "work": f"roads from the cache ({own['walk_arcs']:.0f} arcs on foot; goal {cost:.0f} ms)",
        "graph": name, "ours_ms": round(1000 * own["reload"], 1),
        "peer": None, "peer_ms": None, "ratio": None,
    }]  # fmt: skip
    other = apart("--theirs", filtered(path, folder / "roads.osm"), 1) if peer else None
    for work, key, scale in (
        ("PBF to the arcs of all modes, CPU", "cpu", 1000),
        ("PBF to the arcs of all modes, greatest memory (MiB, not ms)", "peak", 1),
    ):
        row = {"work": work, "graph": name, "ours_ms": round(scale * own[key], 1),
               "peer": None, "peer_ms": None, "ratio": None}  # fmt: skip
        if other:
            row |= {"peer": "OSMnx graph_from_xml, cars only", "peer_ms": round(
                scale * other[key], 1), "ratio": round(other[key] / own[key], 1)}  # fmt: skip
        rows.append(row)
    return rows


def around(name: str, path: Path, runs: int) -> list[dict]:
    """Return the rows of reading a corner of a file."""
    own = apart("--ours-around", path, runs)
    works = (("CPU", "cpu", 1000), ("greatest memory (MiB, not ms)", "peak", 1))
    return [
        {"work": f"PBF to the arcs of all modes, 5 km of it, {label}", "graph": name,
         "ours_ms": round(scale * own[key], 1), "peer": None, "peer_ms": None, "ratio": None}
        for label, key, scale in works
    ]  # fmt: skip


def measure(quick: bool, large: bool = False) -> list[dict]:
    """Return the rows of all files; the largest is read by ours alone."""
    from towns import write_town

    runs, rows = (1, []) if quick else (3, [])
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for name, path in list(EXTRACTS.items())[: 1 if quick else None]:
            if path.is_file():
                rows += compared(name, path, runs, folder, peer=True)
        sizes = [] if quick else [(LINES[False], True), *([(LINES[True], False)] * large)]
        for lines, peer in sizes:
            path = write_town(folder / f"{lines}.osm.pbf", lines)
            name = f"synthetic town {lines} x {lines}, {path.stat().st_size / 2**20:.1f} MiB"
            rows += compared(name, path, runs, folder, peer=peer)
            rows += around(name, path, runs)
    return rows


def main() -> None:
    """Print a table, or be one side."""
    if sys.argv[1:2] == ["--filter"]:
        write_filtered(Path(sys.argv[2]), Path(sys.argv[3]))
        return
    sides = {"--ours": ours, "--ours-around": ours_around, "--theirs": theirs}
    if sys.argv[1:2] and sys.argv[1] in sides:
        print(json.dumps(sides[sys.argv[1]](Path(sys.argv[2]))))
        return
    for row in measure("--quick" in sys.argv, "--large" in sys.argv):
        line = f"{row['graph']:38s}{row['work']:64s}{row['ours_ms']:10.1f}"
        if row["peer"]:
            line += f"  {row['peer']:32s}{row['peer_ms']:12.1f}{row['ratio']:8.1f} x"
        print(line, flush=True)


if __name__ == "__main__":
    main()
