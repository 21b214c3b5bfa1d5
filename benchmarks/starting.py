"""
How soon there is anything: `kepu --help`, kernels that are compiled already, kernels that are not.

Whole processes, imports included. What numba itself needs for one kernel of one line stands beside
ours: less is not possible with it.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from apart import apart, row

HELP = (sys.executable, "-m", "kepu", "--help")
KERNELS = "from kepu.geo.engines import warm; warm()"
ONE_LINE = """
import numba
@numba.njit(cache=True, nogil=True, boundscheck=False, error_model="numpy")
def one(number):
    return number + 1
one(1)
"""
SERVICES = "kepu.coverage.times", "kepu.layers.roads"


def median(command: Sequence[str], runs: int, homes: Sequence[str] = ("",)) -> dict[str, float]:
    """Run a command so many times, each with the next folder for machine code, and take medians."""
    found = [
        apart(command, {"NUMBA_CACHE_DIR": home} if home else {})
        for home in (homes * runs)[:runs]
    ]  # fmt: skip
    return {key: statistics.median(one[key] for one in found) for key in ("wall", "cpu")}


def measure(quick: bool) -> list[dict]:
    """Return the rows: processor time, because that does not hang on who else is at work."""
    runs = 2 if quick else 7
    machine = "this machine, no network"
    rows = [row("kepu --help", machine, "start help", 1000 * median(HELP, runs)["cpu"])]
    imports = "; ".join(f"import {name}" for name in SERVICES)
    seconds = median((sys.executable, "-P", "-c", imports), runs)["cpu"]
    rows.append(row("import of roads and travel times", machine, "start import", 1000 * seconds))
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "one.py"
        script.write_text(ONE_LINE, "utf-8")
        bare = (sys.executable, str(script))
        apart(bare)
        ready = (sys.executable, "-P", "-c", KERNELS)
        apart(ready)
        ours, theirs = (1000 * median(command, runs)["cpu"] for command in (ready, bare))
        rows.append(row("all kernels ready, compiled before", machine, "start kernels", ours,
                        "numba with one kernel of one line", theirs))  # fmt: skip
        if not quick:
            homes = [f"{folder}/{k}" for k in range(3)]
            cold = 1000 * median(ready, len(homes), homes)["cpu"]
            rows.append(row("all kernels compiled, once per machine", machine, "start cold", cold))
    return rows


if __name__ == "__main__":
    for line in measure("--quick" in sys.argv):
        print(line)
