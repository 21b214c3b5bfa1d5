"""
The travel-time core against what else searches graphs, on the same graphs.

Ours and a peer run in turn, each in a process of its own with one thread; answers are compared
node by node before times are. Ratios are of CPU time, because a machine is seldom alone.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from networks import LINES, Roads, extracts, synthetic
from peers import CALLS, CANDIDATES, ours
from question import IN_NEW_MEMORY, Question
from race import SLOW_SECONDS, FailedError, Runner, median
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from kepu.geo.chains import contract

SOURCES, TYPES, VENUES = 200, 32, 200
ALL = tuple(CANDIDATES)
WORKS = ("bounded 15", "bounded 30", "nearest 1", f"nearest {TYPES}", "build")
READY_SECONDS, RUN_SECONDS = 300.0, 300.0


@dataclass(frozen=True)
class Course:
    """A graph, who runs on it, and what."""

    roads: Roads
    peers: Sequence[str]
    works: Sequence[str] = WORKS


def crossings(roads: Roads) -> Roads:
    """Return the network without the nodes between crossings."""
    chains = contract(roads.arcs, roads.x, roads.y)
    graph = chains.graph
    kept = np.flatnonzero(chains.number >= 0)
    back = np.empty(len(kept), np.int64)
    back[chains.number[kept]] = kept
    arcs = csr_matrix(
        (graph.arcs[:, 1].astype(float), graph.arcs[:, 0].copy(), graph.first), (graph.nodes,) * 2
    )
    return Roads(f"{roads.name}, crossings alone", arcs, roads.x[back], roads.y[back])


def courses(quick: bool) -> Iterator[Course]:
    """Return what is run: in a quick run the district and a small made town, without OSMnx."""
    if quick:
        yield Course(next(extracts()), [peer for peer in ALL if peer != "osmnx"])
        yield Course(synthetic(LINES["60 k"]), ("scipy",))
        return
    for roads in extracts():
        yield Course(roads, ALL)
    yield Course(synthetic(LINES["60 k"]), ("scipy", "pandana"))
    city = synthetic(LINES["600 k"])
    yield Course(crossings(city), ALL)
    yield Course(city, ("scipy", "pandana"))
    large = synthetic(LINES["5 M"])
    yield Course(large, ("scipy", "pandana"), WORKS[2:])
    yield Course(crossings(large), ("scipy",), WORKS[2:4])


def question(roads: Roads) -> Question:
    """Choose sources and venues at crossings that can be left and reached, the same each time."""
    rng = np.random.default_rng(1)
    _, part = connected_components(roads.arcs, connection="strong")
    chains = contract(roads.arcs, roads.x, roads.y)
    able = np.flatnonzero((part == np.bincount(part).argmax()) & (chains.number >= 0))
    sources = np.sort(rng.choice(able, min(SOURCES, len(able)), replace=False))
    venues = [rng.choice(able, min(VENUES, len(able)), replace=False) for _ in range(TYPES)]
    return Question(roads.arcs, roads.x, roads.y, sources, np.array(venues))


def title(work: str, asked: Question) -> str:
    kind, _, number = work.partition(" ")
    if kind == "bounded":
        return f"{len(asked.sources)} venues x all nodes, {number} min"
    if kind == "nearest":
        return f"nearest of {asked.venues.shape[1]} venues for every node, {number} type(s)"
    return "preparation of a network"


def difference(work: str, peer: str, own: np.ndarray, theirs: np.ndarray) -> str:
    """Say in a few words how answers differ."""
    if work == "build":
        return "-"
    if peer == "osmnx":  # which nodes, not when
        own, theirs = np.isfinite(own), np.isfinite(theirs)
    else:
        own, theirs = (np.where(np.isinf(times), -1, times) for times in (own, theirs))
    many = int((own != theirs).sum())
    return "equal" if many == 0 else f"{many} of {own.size} differ"


def duel(
    mine: Runner, peer: str, theirs: Runner, work: str, asked: Question, graph: str, rounds: int
) -> dict[str, Any]:
    """Run ours and a peer in turn."""
    stride = theirs.strides[work]
    first = [runner.run(work, RUN_SECONDS, answer=True) for runner in (mine, theirs)]
    own, other = (lap.answer for lap in first)
    same = difference(work, peer, own[::stride] if work.startswith("b") and work != "build"
                      else own, other)  # fmt: skip
    slow = [lap.wall > SLOW_SECONDS for lap in first]
    laps = [[], [first[1]] if slow[1] else []]  # our first run may compile and never counts
    turns = [1 if slow[0] else rounds, 0 if slow[1] else rounds]
    for turn in range(rounds):
        for runner, found, many in zip((mine, theirs), laps, turns, strict=True):
            if turn < many:
                found.append(runner.run(work, RUN_SECONDS, answer=False))
    own_lap, lap = (median(found, None) for found in laps)
    if work.startswith("nearest"):
        share = stride
    elif work == "build":
        share = 1
    else:
        share = len(asked.sources) / len(asked.sources[::stride])
    row = {
        "work": title(work, asked), "graph": graph,
        "ours_ms": 1000 * own_lap.cpu, "peer": peer, "peer_ms": 1000 * lap.cpu * share,
        "ours_wall_ms": 1000 * own_lap.wall, "peer_wall_ms": 1000 * lap.wall * share,
        "share_done": 1 / share, "answers": same, "key": f"{work} {peer}",
    }  # fmt: skip
    row["ratio"] = row["peer_ms"] / row["ours_ms"]
    if f"{work}{IN_NEW_MEMORY}" in mine.strides:
        anew = mine.run(f"{work}{IN_NEW_MEMORY}", RUN_SECONDS, answer=False)
        row["note"] = f"{1000 * anew.cpu:.3g} ms with memory that is new to the process"
    return row


def failed(work: str, graph: str, peer: str, why: str) -> dict[str, Any]:
    return {
        "work": work, "graph": graph, "ours_ms": None, "peer": peer, "peer_ms": None,
        "ratio": None, "failed": why,
    }  # fmt: skip


def run(course: Course, folder: Path, rounds: int) -> list[dict[str, Any]]:
    """Run all peers of a course, one after the other, each in turn with ours."""
    asked, graph = question(course.roads), course.roads.name
    path = folder / "graph.npz"
    asked.save(path)
    graph += f" ({asked.nodes:,} nodes)"
    mine = Runner(ours, path, READY_SECONDS)
    down, kept = mine.run("size", RUN_SECONDS, answer=True).answer.tolist()
    size = {"down_arcs": down, "crossings": kept, "nodes": asked.nodes, "arcs": asked.arcs.nnz,
            "searches": len(asked.sources)}  # fmt: skip
    rows: list[dict[str, Any]] = []
    for peer in course.peers:
        try:
            theirs = Runner(CANDIDATES[peer], path, READY_SECONDS)
        except FailedError as error:
            rows.append(failed("all", graph, peer, str(error)))
            continue
        done = []
        for work in course.works:
            if work not in theirs.strides:
                continue
            try:
                done.append(duel(mine, peer, theirs, work, asked, graph, rounds))
            except FailedError as error:
                rows.append(failed(title(work, asked), graph, peer, str(error)))
                break
        else:
            for row in done:
                row["peer_mb"] = theirs.peak_mb()
            theirs.close()
        rows += done
    for row in rows:
        row["ours_mb"], row["size"] = mine.peak_mb(), size
        if row["peer"] in CALLS and row["work"].endswith("min"):
            row["call"] = CALLS[row["peer"]]
    mine.close()
    return rows


def measure(quick: bool) -> list[dict[str, Any]]:
    """Return the rows of the travel-time core."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for course in courses(quick):
            rows += run(course, Path(folder), 1 if quick else 5)
    return rows + growth(rows)


def growth(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Compare the preparation of the largest made network with the smallest, by edge."""
    made = sorted(
        (row["size"]["arcs"], row["ours_ms"], row["graph"])
        for row in rows
        if row.get("key") == "build pandana" and row["graph"].startswith("synthetic")
        and "alone" not in row["graph"]
    )  # fmt: skip
    if len(made) < 2:
        return []
    small, large = made[0], made[-1]
    by_edge = [1000 * ms / arcs for arcs, ms, _ in (small, large)]
    return [{
        "work": "preparation, microseconds an edge: large against small", "graph": large[2],
        "ours_ms": by_edge[1] / 1000, "peer": small[2], "peer_ms": by_edge[0] / 1000,
        "ratio": by_edge[1] / by_edge[0], "key": "growth",
    }]  # fmt: skip


if __name__ == "__main__":
    import sys

    for line in measure("--full" not in sys.argv):
        print(line)
