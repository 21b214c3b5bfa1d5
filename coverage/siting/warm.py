"""Compile the kernels of siting ahead, so that no first run waits."""

from __future__ import annotations

import numpy as np

from .answers import Watch
from .cover import Cover
from .cover_search import CoverSearch
from .median import median
from .median_program import Distances
from .rules import Rules


def warm() -> None:
    """Solve a covering and a median too small to matter by the searches for large ones."""
    rng = np.random.default_rng(0)
    ticks = rng.integers(1, 60, (12, 7)).astype(np.uint32)
    people = np.arange(1, 13)
    nobody = np.zeros(7, bool)
    search = CoverSearch(Cover.of(ticks < 20, people), 3, nobody, nobody, Watch())
    search.bound_and_swap(2, 2, 2, 0)
    median(Distances(ticks, np.full(12, 90), people), Rules(count=3), Watch(60), exact=False)
