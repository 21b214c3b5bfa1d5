"""How one reaches a venue from everywhere: the next node on a quickest way, for routes on maps."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from .compiled import is_compiled
from .engines import FARTHEST, NEVER, Engine
from .network import Ints
from .snap import Doors


def tree(
    arcs: csr_matrix, arriving: Doors, venue: int, *, horizon: int, engine: Engine = "auto"
) -> tuple[Ints, Ints]:
    """
    Return how one reaches a venue from all n nodes.

    Returns
    -------
    int64, shape (n,)
        Ticks from the node to the venue; -1 where none within the horizon.
    int64, shape (n,)
        The next node on a quickest way, of several the lowest; -1 where the venue's door is next,
        and where not reached.
    """
    side = np.flatnonzero(arriving.open[venue])
    doors = np.column_stack([arriving.node[venue, side], arriving.ticks[venue, side]])
    back = arcs.T.tocsr()
    ticks = _spread(back, doors, horizon, engine)
    pairs = back.tocoo()
    before, node = pairs.row.astype(np.int64), pairs.col.astype(np.int64)
    tight = (ticks[before] >= 0) & (ticks[before] + pairs.data.astype(np.int64) == ticks[node])
    following = np.full(len(ticks), len(ticks), np.int64)
    np.minimum.at(following, node[tight], before[tight])
    following[following == len(ticks)] = -1
    following[doors[ticks[doors[:, 0]] == doors[:, 1], 0]] = -1
    return ticks, following


def _spread(back: csr_matrix, doors: Ints, horizon: int, engine: Engine) -> Ints:
    """Return the ticks from doors to all nodes, -1 beyond the horizon."""
    longest = min(horizon, FARTHEST)
    if engine == "bucket" or (engine == "auto" and is_compiled("bucket")):
        from . import bucket

        pairs = back.tocoo()
        graph = bucket.Graph.of(pairs.row, pairs.col, pairs.data.astype(np.int64), back.shape[0])
        starts = np.column_stack([doors, np.zeros(len(doors), np.int64)])
        label = bucket.times_from(graph, starts, longest)
        return np.where(label == NEVER, -1, label >> 32)
    from scipy.sparse.csgraph import dijkstra  # a quarter of a second

    best = np.full(back.shape[0], np.inf)
    for node, ticks in doors.tolist():
        best = np.minimum(best, dijkstra(back, indices=node, limit=longest) + ticks)
    return np.where(best <= longest, best, -1).astype(np.int64)
