"""
The whole table between places inside streets, and what the second core and the memory give.

The peer of two threads is one thread, in wall time: only on a quiet machine does that say much.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from networks import LINES, synthetic
from race import race

from kepu.geo import hierarchy, sweep
from kepu.geo.bucket import Graph
from kepu.geo.chains import Ends, contract

SITES, PLACES, MINUTE = 2_000, 20_000, 600


def on_edges(rng: np.random.Generator, graph: Graph, count: int) -> Ends:
    """Return places inside edges, along the curve: two doors each, up to a minute away."""
    edge = np.sort(rng.integers(len(graph.arcs), size=count))
    tail = np.searchsorted(graph.first, edge, "right") - 1
    node = np.column_stack([tail, graph.arcs[edge, 0]]).ravel()
    doors = np.column_stack([node, rng.integers(0, MINUTE, 2 * count)])
    return Ends(2 * np.arange(count + 1), doors)


def measure(quick: bool) -> list[dict[str, Any]]:
    """Return the rows of the table of 2,000 sites x 20,000 places."""
    roads = synthetic(LINES["60 k" if quick else "600 k"])
    graph = contract(roads.arcs, roads.x, roads.y).graph
    built = hierarchy.build(graph)
    rng = np.random.default_rng(3)
    sites, places = on_edges(rng, graph, SITES), on_edges(rng, graph, PLACES)
    common = {"graph": f"{roads.name}, crossings alone ({graph.nodes:,} nodes)"}
    rows = []
    for minutes in (15, 60):
        ask = partial(sweep.table, built, sites, places, horizon=minutes * MINUTE, backward=True)
        room, other = ask(), ask()
        laps = race({
            "one": partial(ask, found=room), "two": partial(ask, threads=2, found=other),
            "fresh": ask,
        }, 5 if quick else 9)  # fmt: skip
        if not np.array_equal(laps["one"].answer, laps["two"].answer):
            raise AssertionError("one and two threads differ")
        one, two = laps["one"], laps["two"]
        work = f"{SITES:,} x {PLACES:,} table, places inside streets, {minutes} min"
        rows += [
            {**common, "work": f"{work}, one core", "ours_ms": 1000 * one.cpu,
             "ours_wall_ms": 1000 * one.wall, "peer": "-", "peer_ms": None, "ratio": None,
             "note": f"{1000 * laps['fresh'].cpu:.0f} ms with memory that is new to the process",
             "key": f"matrix {minutes}"},
            {**common, "work": f"{work}, two cores (wall)", "ours_ms": 1000 * two.wall,
             "peer": "one core", "peer_ms": 1000 * one.wall, "ratio": one.wall / two.wall,
             "answers": "equal", "key": f"matrix {minutes} two"},
        ]  # fmt: skip
    one_site = partial(sweep.table, built, on_edges(rng, graph, 1), places,
                       horizon=60 * MINUTE, backward=True)  # fmt: skip
    new = race({"new": one_site}, 9)["new"]
    rows.append({
        **common, "work": f"a new site x {PLACES:,} places inside streets, 60 min",
        "ours_ms": 1000 * new.cpu, "peer": "-", "peer_ms": None, "ratio": None, "key": "new site",
    })  # fmt: skip
    return rows


if __name__ == "__main__":
    import sys

    for line in measure("--full" not in sys.argv):
        print(line)
