"""
Road networks that are made, not measured: labelled synthetic wherever they are printed.

A jittered grid with arterials every 4, 16 and 64 lines, a share of the minor edges deleted, some
one-way streets, and every edge cut into pieces by points that are no crossings, as ways are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from kepu.geo.network import quickest_arcs

CELL_METRES = 110.0
SPEEDS_KMH = np.array([25.0, 40.0, 60.0, 100.0])
DELETED, ONE_WAY = 0.18, 0.12


@dataclass(frozen=True)
class Roads:
    """Arcs in ticks and where their nodes lie, metres."""

    name: str
    arcs: csr_matrix
    x: np.ndarray
    y: np.ndarray


def synthetic(lines: int, *, seed: int = 2) -> Roads:
    """Make a network of lines x lines crossings; the same seed gives the same network."""
    rng = np.random.default_rng(seed)
    column, row = np.meshgrid(np.arange(lines), np.arange(lines), indexing="ij")
    x = (column + rng.normal(0, 0.22, column.shape)).ravel() * CELL_METRES
    y = (row + rng.normal(0, 0.22, row.shape)).ravel() * CELL_METRES
    node = np.arange(lines * lines).reshape(lines, lines)
    pairs = np.concatenate([
        np.column_stack([node[:-1].ravel(), node[1:].ravel()]),
        np.column_stack([node[:, :-1].ravel(), node[:, 1:].ravel()]),
    ])  # fmt: skip
    line = np.concatenate([row[:-1].ravel(), column[:, :-1].ravel()])
    rank = (line % 4 == 0).astype(int) + (line % 16 == 0) + (line % 64 == 0)
    kept = (rng.random(len(pairs)) > DELETED) | (rank > 0)
    pairs, rank = pairs[kept], rank[kept]
    start, end = pairs.T
    metres = np.hypot(x[start] - x[end], y[start] - y[end]) * rng.uniform(1.0, 1.3, len(pairs))
    ticks = np.maximum(np.rint(metres / SPEEDS_KMH[rank] * 36).astype(np.int64), 1)
    both = (rng.random(len(pairs)) > ONE_WAY) | (rank > 0)
    arcs = quickest_arcs(
        np.concatenate([start, end[both]]), np.concatenate([end, start[both]]),
        np.concatenate([ticks, ticks[both]]), lines * lines,
    )  # fmt: skip
    name = f"synthetic grid {lines} x {lines}"
    return Roads(name, arcs, x, y)
