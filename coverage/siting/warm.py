"""Compile the kernels of siting ahead, or load them: no first run waits, and no search pays."""

from __future__ import annotations

from functools import cache

import numpy as np

from .answers import Watch
from .cover import Cover
from .median import median
from .median_program import Distances
from .rules import Rules


def warm() -> None:
    """Solve a covering and a median too small to matter by the searches for large ones."""
    warm_covering()
    warm_median()


@cache
def warm_covering() -> None:
    """Do so for coverings."""
    from .cover_search import CoverSearch

    nobody = np.zeros(7, bool)
    search = CoverSearch(Cover.of(_ticks() < 20, np.arange(1, 13)), 3, nobody, nobody, Watch())
    search.bound_and_swap(2, 2, 2, 0)


@cache
def warm_median() -> None:
    """Do so for medians."""
    table = Distances(_ticks(), np.full(12, 90), np.arange(1, 13))
    median(table, Rules(count=3), Watch(60), exact=False)


def _ticks() -> np.ndarray:
    return np.random.default_rng(0).integers(1, 60, (12, 7)).astype(np.uint32)
