"""
What the candidates of `routing.py` are asked, and how their answers are made comparable.

An answer is times by search and node, 32-bit floats (exact up to 2^24), infinite where not reached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from race import Job
from scipy.sparse import csr_matrix

MINUTE = 600
EVER = 65_534
"""Ticks, inclusive: the horizon of the nearest venue."""
IN_NEW_MEMORY = " new"
"""Behind a work of ours: its answer on memory that the process did not have yet."""
UNBOUNDED = ("bounded 30",)
"""Who knows no bound does the same for every horizon: the longest is asked for."""


@dataclass(frozen=True)
class Question:
    """A graph, where searches start, and venues by type."""

    arcs: csr_matrix
    x: np.ndarray
    y: np.ndarray
    sources: np.ndarray
    venues: np.ndarray

    @property
    def nodes(self) -> int:
        return self.arcs.shape[0]

    def triples(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        pairs = self.arcs.tocoo()
        return pairs.row.astype(np.int64), pairs.col.astype(np.int64), pairs.data

    def save(self, path: Path) -> None:
        arcs = {name: getattr(self.arcs, name) for name in ("indptr", "indices", "data")}
        np.savez(path, **arcs, x=self.x, y=self.y, sources=self.sources, venues=self.venues)

    @classmethod
    def load(cls, path: Path) -> Question:
        with np.load(path) as kept:
            nodes = len(kept["indptr"]) - 1
            arcs = csr_matrix((kept["data"], kept["indices"], kept["indptr"]), (nodes, nodes))
            return cls(arcs, *(kept[name] for name in ("x", "y", "sources", "venues")))


def limits() -> dict[str, int]:
    return {f"bounded {minutes}": minutes * MINUTE for minutes in (15, 30)}


def cut(times: np.ndarray, limit: int) -> np.ndarray:
    return np.where(np.asarray(times) <= limit, times, np.inf).astype(np.float32)


def bounded(
    question: Question, stride: int, search: Callable[[np.ndarray, int], Any],
    tidy: Callable[[Any], np.ndarray], only: Iterable[str] = (),
) -> dict[str, Job]:  # fmt: skip
    some = question.sources[::stride]
    return {
        work: Job(partial(search, some, limit), lambda found, limit=limit: cut(tidy(found), limit),
                  stride)
        for work, limit in limits().items() if not only or work in only
    }  # fmt: skip


def dense(nodes: int, found: Iterable[Mapping[int, float]]) -> np.ndarray:
    """Return times of dicts by node."""
    tables = list(found)
    times = np.full((len(tables), nodes), np.inf, np.float32)
    for row, reached in zip(times, tables, strict=True):
        row[np.fromiter(reached.keys(), np.int64)] = np.fromiter(reached.values(), float)
    return times
