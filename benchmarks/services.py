"""
Tables of times between coordinates: ours with snapping, against OSRM and Valhalla.

They read the same `.osm.pbf` with their own car profiles and charge for turns, so their times are
others than ours; how well the two agree is reported and not judged.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from networks import CLASSES, DISTRICT, LINES, bent, streets
from race import Lap, race

from kepu.geo.engines import times_between
from kepu.geo.profile import default_profiles
from kepu.geo.snap import doors, snap
from kepu.layers.roads import read_roads

VENUES, PLACES = 200, 5_000
FEW_VENUES, FEW_PLACES = 20, 200
"""For Valhalla, which takes seconds for so many already."""
HORIZON = 36_000
CORNER = (113.0, 23.6)
DEGREE_METRES = 111_195.0
SNAP_METRES = 1_000.0
PROGRAM_SECONDS = 900


@dataclass(frozen=True)
class Points:
    """Where people are and where venues are, degrees."""

    lon: np.ndarray
    lat: np.ndarray

    def pairs(self, begin: int, end: int) -> list[tuple[float, float]]:
        return list(zip(self.lon[begin:end].tolist(), self.lat[begin:end].tolist(), strict=True))


def written(path: Path, lines: int) -> None:
    """Write a made town as `.osm.pbf`."""
    import osmium

    made = streets(lines)
    x, y, ends, piece = bent(made)
    lon = CORNER[0] + x / DEGREE_METRES / np.cos(np.radians(CORNER[1]))
    lat = CORNER[1] + y / DEGREE_METRES
    first = np.searchsorted(piece, np.arange(len(made.pairs) + 1))
    path.unlink(missing_ok=True)
    with osmium.SimpleWriter(str(path)) as writer:
        for k, place in enumerate(zip(lon.tolist(), lat.tolist(), strict=True)):
            writer.add_node(osmium.osm.mutable.Node(id=k + 1, location=place))
        for k in range(len(made.pairs)):
            nodes = [*ends[first[k] : first[k + 1], 0].tolist(), int(made.pairs[k, 1])]
            tags = {"highway": CLASSES[made.rank[k]]}
            if not made.both[k]:
                tags["oneway"] = "yes"
            refs = [node + 1 for node in nodes]
            writer.add_way(osmium.osm.mutable.Way(id=k + 1, nodes=refs, tags=tags))


def program(*command: str | Path, folder: Path) -> float:
    """Run a program of a peer and return its CPU seconds; its own words go into the error."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, capture_output=True, text=True, check=False,
        timeout=PROGRAM_SECONDS,
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(f"{Path(str(command[0])).name}: {(done.stderr or done.stdout)[-200:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def our_table(pbf: Path) -> tuple[Points, Callable[[int, int], np.ndarray]]:
    """Return points near the roads, and how we answer for some of them, coordinates first."""
    profile = default_profiles()["car"]
    network = read_roads(pbf, default_profiles()).network
    arcs = network.arcs(profile)
    rng = np.random.default_rng(5)
    edge = rng.integers(network.edges, size=VENUES + PLACES)
    share = rng.random(len(edge))
    lon, lat = (
        values[network.tail[edge]] * (1 - share) + values[network.head[edge]] * share
        + rng.normal(0, 3e-4, len(edge))
        for values in (network.lon, network.lat)
    )  # fmt: skip
    where = network.crs
    from pyproj import Transformer

    to_metric = Transformer.from_crs("EPSG:4326", where, always_xy=True)
    joinable = dict(zip((True, False), network.joinable(profile, arcs), strict=True))

    def door(begin: int, end: int, leaving: bool) -> Any:
        x, y = to_metric.transform(lon[begin:end], lat[begin:end])
        found = snap(network, x, y, joinable=joinable[leaving], limit_metres=SNAP_METRES,
                     searcher="grid")  # fmt: skip
        return doors(network, profile, found, leaving=leaving)

    def ask(venues: int, places: int) -> np.ndarray:
        return times_between(
            network, profile, arcs, door(0, venues, True), door(VENUES, VENUES + places, False),
            horizon=HORIZON, engine="hierarchy", threads=1,
        )  # fmt: skip

    return Points(lon, lat), ask


def agreement(own: np.ndarray, theirs: np.ndarray) -> str:
    """Say how two tables of times of different models agree; theirs in seconds, NaN for none."""
    both = (own <= HORIZON) & np.isfinite(theirs) & (theirs > 0)
    ratio = own[both] / 10 / theirs[both]
    return f"other model: ours / theirs {np.median(ratio):.2f} (median of {both.mean():.0%})"


def row(work: str, graph: str, own: Lap, peer: str, lap: Lap, answers: str, key: str,
        share: float = 1.0) -> dict[str, Any]:  # fmt: skip
    """Return one line; `share` of our pairs are theirs."""
    return {
        "work": work, "graph": graph, "ours_ms": 1000 * own.cpu, "peer": peer,
        "peer_ms": 1000 * lap.cpu / share, "ratio": lap.cpu / share / own.cpu,
        "ours_wall_ms": 1000 * own.wall, "peer_wall_ms": 1000 * lap.wall / share,
        "share_done": share, "answers": answers, "key": key,
    }  # fmt: skip


Ask = Callable[[int, int], np.ndarray]


def of_osrm(
    pbf: Path, points: Points, ask: Ask, graph: str, folder: Path, algorithms: tuple[str, ...],
    rounds: int,
) -> list[dict[str, Any]]:  # fmt: skip
    """Prepare OSRM with its own car profile and ask it for the table."""
    import osrm

    home = Path(osrm.__file__).parent
    graph_file = pbf.with_name(pbf.name.removesuffix(".osm.pbf") + ".osrm")
    threads = str(os.cpu_count() or 1)  # of the preparation, which is not measured
    program(home / "bin/osrm-extract", "-t", threads, "-p", home / "share/profiles/car.lua", pbf,
            folder=folder)  # fmt: skip
    rows = []
    for algorithm in algorithms:
        steps = ("contract",) if algorithm == "CH" else ("partition", "customize")
        for step in steps:
            program(home / f"bin/osrm-{step}", "-t", threads, graph_file, folder=folder)
        engine = osrm.OSRM(
            storage_config=str(graph_file), algorithm=algorithm, use_shared_memory=False,
            max_locations_distance_table=2 * (VENUES + PLACES),
        )  # fmt: skip

        def theirs(engine: Any = engine) -> Any:
            return engine.Table(osrm.TableParameters(
                coordinates=points.pairs(0, VENUES + PLACES), sources=list(range(VENUES)),
                destinations=list(range(VENUES, VENUES + PLACES)), annotations=["duration"],
            ))  # fmt: skip

        laps = race({"ours": lambda: ask(VENUES, PLACES), "theirs": theirs}, rounds)
        found = np.array([
            [np.nan if value is None else float(value) for value in line]
            for line in laps["theirs"].answer["durations"]
        ])  # fmt: skip
        own = laps["ours"].answer
        rows.append(row(
            f"{VENUES} x {PLACES:,} table from coordinates, snapping included", graph, laps["ours"],
            f"OSRM {algorithm}", laps["theirs"], agreement(own, found), f"table OSRM {algorithm}",
        ))  # fmt: skip
    return rows


def of_valhalla(
    pbf: Path, points: Points, ask: Ask, graph: str, folder: Path, rounds: int
) -> list[dict[str, Any]]:
    """Build Valhalla's tiles and ask it for a small part of the table."""
    import valhalla
    from valhalla import _scripts

    tiles, settings = folder / "tiles", folder / "valhalla.json"
    tiles.mkdir()
    config = valhalla.get_config(tile_extract="", tile_dir=str(tiles))
    config["service_limits"]["auto"].update(max_matrix_location_pairs=10**7,
                                            max_matrix_distance=10**7)  # fmt: skip
    settings.write_text(json.dumps(config), "utf-8")
    program(Path(_scripts.PYVALHALLA_BIN_DIR) / "valhalla_build_tiles", "-c", settings, pbf,
            folder=folder)  # fmt: skip
    actor = valhalla.Actor(str(settings))
    homes, goals = (
        [{"lon": lon, "lat": lat} for lon, lat in points.pairs(begin, begin + many)]
        for begin, many in ((0, FEW_VENUES), (VENUES, FEW_PLACES))
    )
    asked = {"sources": homes, "targets": goals, "costing": "auto"}
    laps = race(
        {"ours": lambda: ask(VENUES, PLACES), "theirs": lambda: actor.matrix(asked)}, rounds
    )
    found = np.array([
        [np.nan if cell["time"] is None else float(cell["time"]) for cell in line]
        for line in laps["theirs"].answer["sources_to_targets"]
    ])  # fmt: skip
    own = laps["ours"].answer[:FEW_VENUES, :FEW_PLACES]
    share = FEW_VENUES * FEW_PLACES / (VENUES * PLACES)
    return [row(
        f"{VENUES} x {PLACES:,} table from coordinates, snapping included", graph, laps["ours"],
        "Valhalla matrix", laps["theirs"], agreement(own, found), "table Valhalla", share,
    )]  # fmt: skip


def measure(quick: bool) -> list[dict[str, Any]]:
    """Return the rows of the services; one that does not run is a row too."""
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name:
        pbf, graph = Path(name) / "roads.osm.pbf", "illustrative district"
        if quick:
            pbf.write_bytes(DISTRICT.read_bytes())
        else:
            written(pbf, LINES["600 k"])
            graph = "synthetic city as .osm.pbf"
        points, ask = our_table(pbf)
        ask(VENUES, PLACES)
        rounds, folder = 3, Path(name)
        algorithms = ("CH",) if quick else ("CH", "MLD")
        peers: dict[str, Callable[[], list[dict[str, Any]]]] = {
            "OSRM": lambda: of_osrm(pbf, points, ask, graph, folder, algorithms, rounds),
            "Valhalla": lambda: of_valhalla(pbf, points, ask, graph, folder, 1 if quick else 3),
        }
        for peer, run in peers.items():
            try:
                rows += run()
            except Exception as error:  # what a service may raise is not ours to know
                rows.append({
                    "work": f"{VENUES} x {PLACES:,} table from coordinates", "graph": graph,
                    "ours_ms": None, "peer": peer, "peer_ms": None, "ratio": None,
                    "failed": f"{type(error).__name__}: {error}"[:300],
                })  # fmt: skip
    return rows


if __name__ == "__main__":
    import sys

    for line in measure("--full" not in sys.argv):
        print(line)
