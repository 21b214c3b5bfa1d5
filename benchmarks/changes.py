"""
A changed network: closed streets and a slower class, searched as it is or with a new hierarchy.

Both begin at the arcs of the changed network; what `engines.choose` takes is said beside.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from networks import LINES, synthetic
from race import race
from scipy.sparse import csr_matrix

from kepu.geo import bucket, hierarchy, sweep
from kepu.geo.bucket import NEVER
from kepu.geo.chains import Ends, contract
from kepu.geo.engines import choose

PLACES, HORIZON = 20_000, 18_000
SEARCHES = (40, 200, 1_000)


def changed(arcs: csr_matrix, rng: np.random.Generator) -> csr_matrix:
    """Return the network with ten arcs closed and the quickest tenth three times slower."""
    pairs = arcs.tocoo()
    ticks = pairs.data.copy()
    ticks[ticks <= np.quantile(ticks, 0.1)] *= 3
    use = np.ones(len(ticks), bool)
    use[rng.choice(len(ticks), 10, replace=False)] = False
    return csr_matrix((ticks[use], (pairs.row[use], pairs.col[use])), arcs.shape)


def at(nodes: np.ndarray) -> Ends:
    return Ends(np.arange(len(nodes) + 1), np.column_stack([nodes, np.zeros_like(nodes)]))


def measure(quick: bool) -> list[dict[str, Any]]:
    """Return the rows of changed networks; ours is the hierarchy, the peer our bucket queue."""
    roads = synthetic(LINES["60 k" if quick else "600 k"])
    rng = np.random.default_rng(4)
    arcs = changed(roads.arcs, rng)
    crossings = contract(arcs, roads.x, roads.y).graph.nodes
    places = at(np.sort(rng.choice(crossings, min(PLACES, crossings), replace=False)))
    rows = []
    for many in SEARCHES[:2] if quick else SEARCHES:
        source = np.sort(rng.choice(crossings, many, replace=False))
        starts = np.column_stack([source, np.zeros_like(source), np.arange(many)])

        def rebuilt(source: np.ndarray = source) -> np.ndarray:
            graph = contract(arcs, roads.x, roads.y).graph
            found = sweep.table(
                hierarchy.build(graph), at(source), places, horizon=HORIZON, backward=False
            )
            return found[:, : len(source)]

        def searched(starts: np.ndarray = starts) -> np.ndarray:
            graph = contract(arcs, roads.x, roads.y).graph
            return bucket.table(graph, starts, places.first, places.doors, HORIZON).T

        laps = race({"hierarchy": rebuilt, "bucket": searched}, 1 if quick else 3)
        own, other = laps["hierarchy"].answer, laps["bucket"].answer
        ticks = np.where(other == NEVER, np.iinfo(own.dtype).max, other >> 32)
        same = np.array_equal(own, ticks.astype(own.dtype))
        ours, theirs = (1000 * laps[name].cpu for name in ("hierarchy", "bucket"))
        taken = choose(arcs.shape[0], many, compiled=("bucket", "hierarchy"), crossings=crossings)
        rows.append({
            "work": f"changed network, {many:,} searches x {len(places.first) - 1:,} places: "
            "hierarchy built anew",
            "graph": roads.name, "ours_ms": ours, "peer": "our bucket queue on it as it is",
            "peer_ms": theirs, "ratio": theirs / ours, "key": f"changed {many}",
            "answers": "equal" if same else "DIFFERENT", "note": f"engines.choose: {taken}",
        })  # fmt: skip
    return rows


if __name__ == "__main__":
    import sys

    for line in measure("--full" not in sys.argv):
        print(line)
