"""Contraction where it is hard: dense networks, whose shortcuts outgrow their room."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse.csgraph import dijkstra

from kepu.geo import hierarchy, sweep
from kepu.geo.bucket import Graph
from kepu.geo.chains import Ends
from kepu.geo.network import quickest_arcs


def dense(seed: int, nodes: int, arcs: int, longest: int):
    """Arcs at random, many of equal time, both ways and one way."""
    rng = np.random.default_rng(seed)
    source, target = rng.integers(nodes, size=(2, arcs))
    keep = source != target
    return quickest_arcs(
        source[keep], target[keep], rng.integers(1, longest + 1, arcs)[keep], nodes
    )


def ends(nodes: np.ndarray) -> Ends:
    doors = np.column_stack([nodes, np.zeros(len(nodes), np.int64)])
    return Ends(np.arange(len(nodes) + 1), doors)


@pytest.mark.parametrize(
    ("seed", "nodes", "arcs", "longest"),
    [(1, 20, 200, 3), (2, 18, 250, 1000), (3, 40, 110, 9), (4, 60, 110, 50), (5, 10, 100, 2)],
)
@pytest.mark.parametrize("backward", [False, True])
def test_dense_networks_equal_scipy(seed, nodes, arcs, longest, backward):
    matrix = dense(seed, nodes, arcs, longest)
    pairs = matrix.tocoo()
    graph = Graph.of(pairs.row, pairs.col, pairs.data.astype(np.int64), nodes)
    built, every = hierarchy.build(graph), np.arange(nodes)
    times = sweep.table(built, ends(every), ends(every), horizon=60_000, backward=backward)
    expected = dijkstra(matrix.T.tocsr() if backward else matrix).T
    found = times[:, :nodes].astype(float)
    found[found == 65_535] = np.inf
    np.testing.assert_array_equal(found, expected)


def test_the_hierarchy_orders_all_nodes_once():
    matrix = dense(7, 40, 110, 20)
    pairs = matrix.tocoo()
    built = hierarchy.build(Graph.of(pairs.row, pairs.col, pairs.data.astype(np.int64), 40))
    np.testing.assert_array_equal(np.sort(built.row), np.arange(40))
