"""
Road networks to measure on; those that are made are labelled synthetic wherever they are named.

A made town is a jittered grid of streets with main roads every 4, 16 and 64 lines; a third of the
small streets is missing, some are one-way, every street bends at a few points that are no
crossings, and what cannot be left and reached again is taken away.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from kepu.geo.network import quickest_arcs
from kepu.geo.profile import default_profiles
from kepu.layers.roads import read_roads

ROOT = Path(__file__).parents[1]
FIXTURES = ROOT.parent / "shared" / "fixtures"
DISTRICT = ROOT / "data/boundaries/roads.osm.pbf"
EXTRACTS = {
    "illustrative district": DISTRICT,
    "Monaco (OpenStreetMap)": FIXTURES / "osm_monaco/monaco.osm.pbf",
    "São Paulo centre (OpenStreetMap)": FIXTURES / "osm_sao_paulo/spo_osm.pbf",
}
LINES = {"60 k": 87, "600 k": 276, "5 M": 795}
"""Lines of the grids that have about so many directed edges."""
CELL_METRES = 110.0
SPEEDS_KMH = np.array([25.0, 40.0, 60.0, 100.0])
CLASSES = ("residential", "tertiary", "primary", "trunk")
MISSING, ONE_WAY = 0.38, 0.2
MOST_BENDS = 4
"""A street bends at none to so many points."""


@dataclass(frozen=True)
class Roads:
    """Arcs in ticks, and where their nodes lie: metres, or degrees for real extracts."""

    name: str
    arcs: csr_matrix
    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True)
class Streets:
    """A made town as streets: crossings, their ends, class by number, and the other way open."""

    x: np.ndarray
    y: np.ndarray
    pairs: np.ndarray
    rank: np.ndarray
    both: np.ndarray
    bends: np.ndarray


def streets(lines: int, *, seed: int = 2) -> Streets:
    """Make the streets of a grid of lines x lines crossings; a seed gives the same ones always."""
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
    kept = (rng.random(len(pairs)) > MISSING) | (rank > 0)
    pairs, rank = pairs[kept], rank[kept]
    both = (rng.random(len(pairs)) > ONE_WAY) | (rank > 0)
    source = np.concatenate([pairs[:, 0], pairs[both, 1]])
    target = np.concatenate([pairs[:, 1], pairs[both, 0]])
    ways = csr_matrix((np.ones(len(source), np.int8), (source, target)), shape=(lines**2,) * 2)
    _, part = connected_components(ways, connection="strong")
    inside = part == np.bincount(part).argmax()
    use = inside[pairs].all(axis=1)
    number = np.cumsum(inside) - 1
    bends = rng.integers(0, MOST_BENDS + 1, len(pairs))[use]
    return Streets(x[inside], y[inside], number[pairs[use]], rank[use], both[use], bends)


def bent(made: Streets, *, seed: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Cut streets at their bends: x, y of all nodes, pieces (tail, head), street of each piece."""
    rng = np.random.default_rng(seed)
    crossings, many = len(made.x), int(made.bends.sum())
    first = np.cumsum(made.bends) - made.bends
    street = np.repeat(np.arange(len(made.pairs)), made.bends)
    place = np.arange(many) - first[street] + 1
    share = place / (made.bends[street] + 1)
    tail, head = made.pairs[street].T
    aside = rng.normal(0, 0.06 * CELL_METRES, (2, many))
    x = np.append(made.x, made.x[tail] * (1 - share) + made.x[head] * share + aside[0])
    y = np.append(made.y, made.y[tail] * (1 - share) + made.y[head] * share + aside[1])
    piece = np.repeat(np.arange(len(made.pairs)), made.bends + 1)
    nth = np.arange(len(piece)) - np.repeat(np.cumsum(made.bends + 1) - made.bends - 1,
                                            made.bends + 1)  # fmt: skip
    bend = crossings + first[piece] + nth
    start = np.where(nth == 0, made.pairs[piece, 0], bend - 1)
    end = np.where(nth == made.bends[piece], made.pairs[piece, 1], bend)
    return x, y, np.column_stack([start, end]), piece


def synthetic(lines: int, *, seed: int = 2) -> Roads:
    """Make a network of a grid of lines x lines crossings; ticks are those of straight pieces."""
    made = streets(lines, seed=seed)
    x, y, ends, piece = bent(made)
    start, end = ends.T
    metres = np.hypot(x[start] - x[end], y[start] - y[end])
    ticks = np.maximum(np.rint(metres / SPEEDS_KMH[made.rank[piece]] * 36).astype(np.int64), 1)
    both = made.both[piece]
    arcs = quickest_arcs(
        np.concatenate([start, end[both]]), np.concatenate([end, start[both]]),
        np.concatenate([ticks, ticks[both]]), len(x),
    )  # fmt: skip
    return Roads(f"synthetic {arcs.nnz:,} arcs", arcs, x, y)


def extracts() -> Iterator[Roads]:
    """Read the illustrative district and the real extracts that are at hand, for cars."""
    profiles = default_profiles()
    for name, path in EXTRACTS.items():
        if path.is_file():
            network = read_roads(path, profiles).network
            yield Roads(name, network.arcs(profiles["car"]), network.lon, network.lat)
