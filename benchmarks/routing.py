"""
The travel-time core against scipy on the same arcs: `python benchmarks/routing.py [--quick]`.

Answers are compared integer for integer before times are. Ratios are of CPU time, because a machine
is seldom alone; synthetic networks are labelled so.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from networks import Roads, synthetic
from race import race
from scipy.sparse.csgraph import dijkstra

from kepu.geo import bucket, hierarchy, sweep
from kepu.geo.chains import Chains, Ends, contract
from kepu.geo.hierarchy import Hierarchy
from kepu.geo.nearest import decode, labels_by_row, nearest
from kepu.geo.profile import default_profiles
from kepu.layers.roads import read_roads

ROOT = Path(__file__).parents[1]
FIXTURES = ROOT.parent / "shared" / "fixtures"
EXTRACTS = {
    "illustrative district": ROOT / "data/boundaries/roads.osm.pbf",
    "Monaco (OpenStreetMap)": FIXTURES / "osm_monaco/monaco.osm.pbf",
    "São Paulo centre (OpenStreetMap)": FIXTURES / "osm_sao_paulo/spo_osm.pbf",
}
SOURCES, SITES, PLACES, TYPES, VENUES = 200, 2_000, 20_000, 32, 200
MINUTE = 600
COLD = (
    "import time; t = time.perf_counter(); from kepu.geo.engines import warm; warm();"
    "print(time.perf_counter() - t, time.process_time())"
)


@dataclass(frozen=True)
class Row:
    """A line of the table; a ratio above 1 says that we are quicker."""

    work: str
    graph: str
    ours_ms: float
    peer: str
    peer_ms: float
    ratio: float


@dataclass(frozen=True)
class Ground:
    """A network with everything that was prepared for it; `back` are nodes by contracted node."""

    roads: Roads
    chains: Chains
    built: Hierarchy
    back: np.ndarray

    @classmethod
    def of(cls, roads: Roads) -> Ground:
        chains = contract(roads.arcs, roads.x, roads.y)
        kept = np.flatnonzero(chains.number >= 0)
        back = np.empty(len(kept), np.int64)
        back[chains.number[kept]] = kept
        return cls(roads, chains, hierarchy.build(chains.graph), back)


def at(nodes: np.ndarray) -> Ends:
    return Ends(np.arange(len(nodes) + 1), np.column_stack([nodes, np.zeros_like(nodes)]))


def on_edges(rng: np.random.Generator, ground: Ground, count: int) -> Ends:
    """Return places inside edges: two doors each, up to a minute away, along the curve."""
    graph = ground.chains.graph
    edge = np.sort(rng.integers(len(graph.arcs), size=count))
    tail = np.searchsorted(graph.first, edge, "right") - 1
    node = np.column_stack([tail, graph.arcs[edge, 0]]).ravel()
    doors = np.column_stack([node, rng.integers(0, MINUTE, 2 * count)])
    return Ends(2 * np.arange(count + 1), doors)


def networks(quick: bool, large: bool) -> Iterator[Roads]:
    profile = default_profiles()["car"]
    for name, path in list(EXTRACTS.items())[: 1 if quick else None]:
        if path.is_file():
            network = read_roads(path, default_profiles()).network
            yield Roads(name, network.arcs(profile), network.lon, network.lat)
    lines = (140,) if quick else (140, 240, 430)
    for count in (*lines, 1000) if large else lines:
        yield synthetic(count)


def compare(work: str, ground: Ground, ours: Callable, peer: str, theirs: Callable,
            equal: Callable, rounds: int, share: float = 1.0) -> Row:  # fmt: skip
    """Race ours against a peer that did `share` of the work."""
    laps = race({"ours": ours, peer: theirs}, rounds)
    if not equal(laps["ours"].answer, laps[peer].answer):
        raise AssertionError(f"{work} on {ground.roads.name}: answers differ")
    own, other = 1000 * laps["ours"].cpu, 1000 * laps[peer].cpu / share
    return Row(work, ground.roads.name, round(own, 2), peer, round(other, 1), round(other / own, 1))


def bounded(ground: Ground, minutes: int, rounds: int, engine: str) -> Row:
    """200 venues x all nodes within so many minutes; scipy does a fifth of them."""
    rng, horizon, count = np.random.default_rng(1), minutes * MINUTE, len(ground.back)
    source = np.sort(rng.choice(count, min(SOURCES, count), replace=False))
    some = source[:: max(len(source) // 40, 1)]
    everywhere = at(np.arange(count))

    def ours() -> np.ndarray:
        if engine == "hierarchy":
            found = sweep.table(
                ground.built, at(source), everywhere, horizon=horizon, backward=False
            )
            return found[:, : len(source)]
        starts = np.column_stack([at(source).doors, np.arange(len(source))])
        first, doors = everywhere.first, everywhere.doors
        return bucket.table(ground.chains.graph, starts, first, doors, horizon).T >> 32

    def same(found: np.ndarray, expected: np.ndarray) -> bool:
        times = found[:, np.isin(source, some)].astype(float)
        times[times > horizon] = np.inf
        return np.array_equal(times.T, expected[:, ground.back])

    return compare(
        f"{len(source)} venues x all nodes, {minutes} min, {engine}", ground, ours,
        "scipy dijkstra(limit=)",
        lambda: dijkstra(ground.roads.arcs, indices=ground.back[some], limit=horizon), same,
        rounds, len(some) / len(source),
    )  # fmt: skip


def nearest_of(ground: Ground, types: int, rounds: int, which: bool) -> Row:
    """The nearest venue of each type for every node; scipy does one type."""
    rng, count = np.random.default_rng(2), len(ground.back)
    many = min(VENUES, count)
    groups = [
        np.column_stack([
            rng.choice(count, many, replace=False), np.zeros(many, np.int64), np.arange(many)
        ])
        for _ in range(types)
    ]  # fmt: skip
    horizon, everywhere = sweep.LONGEST_16, at(np.arange(count))
    starts = Ends(many * np.arange(types + 1), np.concatenate(groups)[:, :2].copy())

    def ours() -> np.ndarray:
        if types == 1:
            found = labels_by_row(ground.built, groups[0], horizon=horizon, backward=False)
            return found[ground.built.row] >> 32
        if which:
            asked = nearest(ground.built, groups, everywhere, horizon=horizon, backward=False)
            return asked
        return sweep.table(ground.built, starts, everywhere, horizon=horizon, backward=False)

    def same(found: np.ndarray, expected: np.ndarray) -> bool:
        if which and types > 1:
            found, venue = decode(found)
            times = dijkstra(ground.roads.arcs, indices=ground.back[groups[0][:, 0]])
            first = times[:, ground.back].argmin(axis=0)
            if not np.array_equal(np.where(venue[:, 0] >= 0, first, -1), venue[:, 0]):
                return False
        times = found.reshape(count, -1)[:, 0].astype(float)
        times[times > horizon] = np.inf
        return np.array_equal(times, expected[ground.back])

    extra = " and which" if which else ""
    return compare(
        f"nearest of {many} venues, {types} types, time{extra}", ground, ours,
        "scipy dijkstra(min_only=True)",
        lambda: dijkstra(
            ground.roads.arcs, indices=ground.back[groups[0][:, 0]], min_only=True, limit=horizon
        ), same, rounds, 1 / types,
    )  # fmt: skip


def matrix(ground: Ground, rounds: int) -> list[Row]:
    """2,000 sites x 20,000 places with doors on edges; the peer is one thread of the same."""
    rng = np.random.default_rng(3)
    sites, places = on_edges(rng, ground, SITES), on_edges(rng, ground, PLACES)
    rows = []
    for minutes in (15, 60):

        def ask(threads: int, minutes: int = minutes) -> np.ndarray:
            return sweep.table(
                ground.built, sites, places, horizon=minutes * MINUTE, backward=True,
                threads=threads,
            )  # fmt: skip

        laps = race({"one": lambda: ask(1), "two": lambda: ask(2)}, rounds)
        if not np.array_equal(laps["one"].answer, laps["two"].answer):
            raise AssertionError("one and two threads differ")
        one, two = 1000 * laps["one"].wall, 1000 * laps["two"].wall
        work = f"{SITES} x {PLACES} matrix, {minutes} min"
        alone = round(1000 * laps["one"].cpu, 1)
        rows.append(Row(f"{work}, 1 thread", ground.roads.name, alone, "-", 0.0, 0.0))
        work += ", 2 threads (wall)"
        rows.append(Row(work, ground.roads.name, round(two, 1), "one thread", round(one, 1),
                        round(one / two, 2)))  # fmt: skip
    return rows


def preparation(ground: Ground) -> list[Row]:
    """Contract, build, save and load."""
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "hierarchy"
        laps = race({
            "contract": lambda: contract(ground.roads.arcs, ground.roads.x, ground.roads.y),
            "build": lambda: hierarchy.build(ground.chains.graph),
            "save": lambda: hierarchy.save(kept, ground.built),
            "load": lambda: hierarchy.load(kept),
        }, 1)  # fmt: skip
    arcs = ground.roads.arcs.nnz
    return [
        Row(f"{name}, {arcs} arcs", ground.roads.name, round(1000 * lap.cpu, 1), "-", 0.0, 0.0)
        for name, lap in laps.items()
    ]


def start() -> list[Row]:
    """Compile everything in a fresh process with an empty cache, and load it in another."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in ("cold compilation", "kernels kept"):
            done = subprocess.run(
                [sys.executable, "-c", COLD], check=True, capture_output=True, text=True,
                env={**os.environ, "NUMBA_CACHE_DIR": folder},
            )  # fmt: skip
            wall, cpu = (round(1000 * float(text)) for text in done.stdout.split())
            print(f"{name}, imports included: {wall} ms, {cpu} ms of CPU")
            rows.append(Row(name, "-", cpu, "-", 0.0, 0.0))
    return rows


def main(quick: bool, large: bool) -> None:
    rounds = 3 if quick else 5
    rows = [] if quick else start()
    for roads in networks(quick, large):
        begin = time.perf_counter()
        ground = Ground.of(roads)
        found = preparation(ground)
        for engine in ("bucket", "hierarchy"):
            if roads.arcs.nnz < 1_000_000:
                found += [bounded(ground, minutes, rounds, engine) for minutes in (15, 30)]
        found.append(nearest_of(ground, 1, rounds, which=True))
        found += [nearest_of(ground, TYPES, rounds, which=which) for which in (False, True)]
        found += matrix(ground, rounds)
        print(f"\n{roads.name}: {roads.arcs.shape[0]} nodes, {roads.arcs.nnz} arcs, contracted to "
              f"{len(ground.back)} nodes; {time.perf_counter() - begin:.0f} s")  # fmt: skip
        for row in found:
            line = f"  {row.work:62s}{row.ours_ms:10.2f} ms"
            if row.peer != "-":
                line += f"  {row.peer:30s}{row.peer_ms:10.1f} ms  {row.ratio:6.1f} x"
            print(line, flush=True)
        rows += found
    if not quick:
        print(json.dumps([vars(row) for row in rows], ensure_ascii=False))


if __name__ == "__main__":
    main("--quick" in sys.argv, "--large" in sys.argv)
