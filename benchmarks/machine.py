"""What this machine can do at most, measured in the same run: memory, and one core."""

from __future__ import annotations

import os
import platform
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

MEGABYTES = 256
PACKAGES = (
    "numpy", "numba", "llvmlite", "scipy", "networkx", "osmnx", "igraph", "rustworkx", "networkit",
    "pandana", "spopt", "pyvalhalla", "osrm-bindings", "pandas", "geopandas", "shapely", "highspy",
    "osmium",
)  # fmt: skip


def bandwidth(rounds: int = 7) -> dict[str, float]:
    """
    Return GB/s of one core: copying (read and write) and the triad a + 3 b -> c (McCalpin 1995).

    The median of some rounds, each byte read or written counted once.
    """
    count = MEGABYTES * 2**20 // 8
    a, b, c = np.ones(count), np.full(count, 2.0), np.zeros(count)
    copies, triads = [], []
    for _ in range(rounds):
        busy = time.process_time()
        np.copyto(c, a)
        copies.append(time.process_time() - busy)
        busy = time.process_time()
        np.multiply(b, 3.0, out=c)
        np.add(c, a, out=c)
        triads.append(time.process_time() - busy)
    gigabytes = a.nbytes / 1e9
    # numpy does the triad in two passes: five arrays pass by
    return {
        "copy_gb_s": round(2 * gigabytes / float(np.median(copies)), 1),
        "triad_gb_s": round(5 * gigabytes / float(np.median(triads)), 1),
    }


def processor() -> str:
    """Return what the processor calls itself."""
    path = Path("/proc/cpuinfo")
    if path.is_file():
        for line in path.read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def peak_mb() -> float:
    """
    Return the greatest memory of this process so far, MiB; nan where the system does not say.

    Linux counts in `ru_maxrss` what the parent held when it started the process; `VmHWM` does not.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text("utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    try:
        import resource
    except ImportError:  # Windows has none
        return float("nan")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 2**20 if sys.platform == "darwin" else most / 1024


def load() -> float | None:
    """Return how many processes have waited for a core in the last minute."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def describe() -> dict[str, Any]:
    """Return the machine, the versions and the limits."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = None
    return {
        "processor": processor(), "cores": os.cpu_count(), "system": platform.system(),
        "python": platform.python_version(), "byteorder": sys.byteorder, "load": load(),
        **bandwidth(), "versions": versions,
    }  # fmt: skip


def floor_ms(bytes_moved: float, gb_s: float) -> float:
    """Return how long memory alone needs for so many bytes."""
    return bytes_moved / gb_s / 1e6


def bytes_of(key: str, size: dict[str, int]) -> float | None:
    """
    Return how many bytes a work must move at least; None where nobody reckoned it.

    The nearest of 32 types: every downward arc once (8 bytes), a row of 32 labels of 4 bytes for
    every crossing, an answer of as many for every node; of one type, 8 bytes a label. A bounded
    table: its answer alone, 2 bytes for each search and node; rows out of reach are skipped.
    """
    arcs, rows, nodes = size["down_arcs"], size["crossings"], size["nodes"]
    if key.startswith("nearest 32"):
        return 8.0 * arcs + 128.0 * (rows + nodes)
    if key.startswith("nearest 1 "):
        return 8.0 * arcs + 8.0 * (rows + nodes)
    if key.startswith("bounded"):
        return 2.0 * size["searches"] * nodes
    return None
