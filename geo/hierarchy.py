"""
A contraction hierarchy (Geisberger et al. 2008), laid out for sweeps (Delling et al. 2011, PHAST).

Nodes are taken out of the graph one after the other, unimportant ones first; where a shortest way
led through one, an arc between its neighbours replaces it. Every shortest way then first climbs to
more important nodes and descends from there. The nodes are stored in an order in which the more
important neighbours stand before: one pass over them descends from everywhere at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .bucket import Graph
from .compiled import Array
from .contraction import INTO, OUT, contracted, sweep_order
from .kept import DamagedError, read_arrays, write_arrays

BLOCK = 128
"""Rows of a block; a sweep skips it as a whole when no row that it hangs on was reached."""


@dataclass(frozen=True, eq=False)
class Slope:
    """
    Arcs between every row and the more important ones, n rows.

    Parameters
    ----------
    first
        int32, shape (n + 1,).
    arcs
        int32, shape (m, 2): the more important row (its number is lower) and ticks.
    needs_first, needs
        int32: rows outside a block that its arcs lead to, by block.
    """

    first: npt.NDArray[np.int32]
    arcs: npt.NDArray[np.int32]
    needs_first: npt.NDArray[np.int32]
    needs: npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """
    n nodes in sweep order.

    Parameters
    ----------
    row
        int32, shape (n,), the row of each node.
    out, into
        Arcs that leave a row for a more important one, and arcs that come to it from one.
    spare
        What sweeps have written on, by width and bits, for the next ones; see `rows`.
    """

    row: npt.NDArray[np.int32]
    out: Slope
    into: Slope
    spare: dict[tuple[int, int], list[Any]] = field(default_factory=dict, init=False)


def build(graph: Graph) -> Hierarchy:
    """
    Contract all nodes of a graph, whose numbers follow the ground (`chains.curve_order`).

    Exact for every time up to `FAR`; an arc that is longer is of no use to any.
    """
    lists, pool = contracted(graph)
    order, row = sweep_order(lists, pool)
    return Hierarchy(row, *(_slope(order, row, lists, pool, way) for way in (OUT, INTO)))


def _slope(order: Array, row: Array, lists: Array, pool: Array, way: np.int64) -> Slope:
    """Lay the lists out in sweep order."""
    begin, size = lists[order, 0], lists[order, 1]
    at = np.arange(size.sum()) + np.repeat(begin - (np.cumsum(size) - size), size)
    source = np.repeat(np.arange(len(order)), size)
    use = pool[at, way] > 0
    at, source = at[use], source[use]
    first = np.zeros(len(order) + 1, np.int32)
    np.cumsum(np.bincount(source, minlength=len(order)), out=first[1:])
    arcs = np.column_stack([row[pool[at, 0]], pool[at, way]]).astype(np.int32)
    block = source // BLOCK
    outside = arcs[:, 0] < block * BLOCK
    pairs = np.unique(block[outside] * len(order) + arcs[outside, 0])
    needs_first = np.zeros(-(-len(order) // BLOCK) + 1, np.int32)
    counts = np.bincount(pairs // max(len(order), 1), minlength=len(needs_first) - 1)
    np.cumsum(counts, out=needs_first[1:])
    return Slope(first, arcs, needs_first, (pairs % max(len(order), 1)).astype(np.int32))


def save(path: Path, hierarchy: Hierarchy) -> None:
    """Write a hierarchy; a reader sees all of it or nothing."""
    write_arrays(path, {"row": hierarchy.row} | {
        f"{name}.{item}": values
        for name in ("out", "into")
        for item, values in vars(getattr(hierarchy, name)).items()
    })  # fmt: skip


def load(path: Path) -> Hierarchy | None:
    """Return what was saved; None where there is nothing or one byte is wrong."""
    try:
        arrays = read_arrays(path)
        if arrays is None:
            return None
        out, into = (
            Slope(*(arrays[f"{name}.{item}"] for item in Slope.__dataclass_fields__))
            for name in ("out", "into")
        )
        return Hierarchy(arrays["row"], out, into)
    except (DamagedError, KeyError, ValueError):
        return None
