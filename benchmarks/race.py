"""A small timer: candidates run in alternation in one process, medians of wall and CPU time."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Lap:
    """Medians of one candidate, seconds, and the answer of its first run."""

    wall: float
    cpu: float
    answer: Any


def race(candidates: Mapping[str, Callable[[], Any]], rounds: int = 5) -> dict[str, Lap]:
    """Run every candidate once to warm up, then `rounds` times in turn."""
    answers = {name: run() for name, run in candidates.items()}
    wall: dict[str, list[float]] = {name: [] for name in candidates}
    cpu: dict[str, list[float]] = {name: [] for name in candidates}
    gc.collect()
    gc.disable()
    for _ in range(rounds):
        for name, run in candidates.items():
            begin, busy = time.perf_counter(), time.process_time()
            run()
            cpu[name].append(time.process_time() - busy)
            wall[name].append(time.perf_counter() - begin)
    gc.enable()
    return {
        name: Lap(statistics.median(wall[name]), statistics.median(cpu[name]), answers[name])
        for name in candidates
    }
