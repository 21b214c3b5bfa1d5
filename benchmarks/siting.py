"""
Siting against spopt and against HiGHS on the full model: `python benchmarks/siting.py [--long]`.

The same instances in the same run, seconds of CPU with those of child processes. A peer that does
not end within its limit of CPU time is cut off there: the ratio is then a lower bound, which its
row says; with `--long` it is given a quarter of an hour. spopt runs in a process of its own, by the
Python of `KEPU_PEERS` or this one. The instances are synthetic: clustered people with log-normal
weights, straight distances x 1.3 at 42 km/h.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, vstack

from kepu.coverage.siting.answers import Answer, Watch
from kepu.coverage.siting.cover import Cover
from kepu.coverage.siting.covering import maximal
from kepu.coverage.siting.floors import floored
from kepu.coverage.siting.median import median
from kepu.coverage.siting.median_program import Distances
from kepu.coverage.siting.milp import Program, solve
from kepu.coverage.siting.rules import Rules

MINUTE = 600
LIMIT_SECONDS = {"quick": 20.0, "plain": 60.0, "long": 900.0}
"""Of CPU, for each peer."""
BETWEEN = {"highs": "HiGHS", "cbc": "CBC"}
PEER = r"""
import json, sys, time, warnings
import numpy as np, pulp
warnings.simplefilter("ignore")
from spopt.locate import MCLP
path, p, radius, solver, limit = sys.argv[1:]
try:
    import resource
    resource.setrlimit(resource.RLIMIT_CPU, (int(float(limit)),) * 2)
    def busy():
        return sum(sum(resource.getrusage(who)[:2]) for who in
                   (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
except ImportError:  # Windows
    busy = time.process_time
data = np.load(path)
cost, weight = data["cost"].astype(float), data["weight"].astype(float)
options = dict(msg=False, gapRel=0.0)
tool = pulp.HiGHS(**options) if solver == "highs" else pulp.PULP_CBC_CMD(**options)
begin = busy()
model = MCLP.from_cost_matrix(cost, weight, float(radius), p_facilities=int(p))
print(json.dumps({"built": busy() - begin}), flush=True)
model.solve(tool, results=False)
done = model.problem.sol_status == pulp.LpSolutionOptimal
print(json.dumps({"cpu": busy() - begin, "value": pulp.value(model.problem.objective),
                  "done": bool(done)}))
"""


@dataclass
class CpuWatch(Watch):
    """A watch that counts seconds of this process, so that a busy machine changes no answer."""

    @property
    def elapsed(self) -> float:
        return time.process_time() - self.begun


def within(seconds: float) -> CpuWatch:
    return CpuWatch(seconds, begun=time.process_time())


def instance(
    places: int, sites: int, *, seed: int = 0, side: float = 60.0
) -> tuple[np.ndarray, np.ndarray]:
    """Times in ticks, shape (places, sites), and people."""
    rng = np.random.default_rng(seed)
    centre, spread = rng.uniform(0, side, (40, 2)), rng.uniform(1, 5, 40)
    town = rng.integers(0, 40, places)
    at = centre[town] + rng.normal(size=(places, 2)) * spread[town, None]
    alone = rng.random(places) < 0.25
    at[alone] = rng.uniform(0, side, (alone.sum(), 2))
    people = np.maximum(1, rng.lognormal(3, 1, places)).astype(np.int64)
    where = at[rng.choice(places, sites, replace=False)] + rng.normal(size=(sites, 2)) * 0.2
    km = np.hypot(at[:, None, 0] - where[None, :, 0], at[:, None, 1] - where[None, :, 1])
    return (km * 1.3 / 0.7 * MINUTE).astype(np.uint32), people


def timed(run: Callable[[], Any], rounds: int = 1) -> tuple[float, Any]:
    """CPU milliseconds (their median), and the answer."""
    spent = []
    for _ in range(rounds):
        begin = time.process_time()
        answer = run()
        spent.append((time.process_time() - begin) * 1e3)
    return statistics.median(spent), answer


def row(key: str, work: str, graph: str, ours_ms: float, peer: str, peer_ms: float | None,
        **more: Any) -> dict[str, Any]:  # fmt: skip
    ratio = None if peer_ms is None else peer_ms / ours_ms
    return {"key": key, "work": work, "graph": graph, "ours_ms": ours_ms, "peer": peer,
            "peer_ms": peer_ms, "ratio": ratio, **more}  # fmt: skip


def cut_off(ratio: float, limit: float) -> str:
    return f"对方 {limit:.0f} 秒未完 cut off: > {ratio:.0f} x"


def spopt(ticks: np.ndarray, people: np.ndarray, p: int, radius: int, solver: str,
          limit: float) -> dict[str, Any]:  # fmt: skip
    """Run spopt in its own process; `cpu` is its limit where it was cut off."""
    python = os.environ.get("KEPU_PEERS", sys.executable)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "instance.npz"
        np.savez(path, cost=ticks, weight=people)
        words = [str(path), str(p), str(radius), solver, str(limit)]
        try:
            done = subprocess.run(
                [python, "-c", PEER, *words], capture_output=True, text=True, check=False,
                timeout=20 * limit, cwd=folder,  # not here: `coverage` would be taken for ours
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return {"cpu": limit, "done": False}
    found: dict[str, Any] = {}
    for line in done.stdout.splitlines():
        found |= json.loads(line) if line.startswith("{") else {}
    if "cpu" in found:
        return found
    if done.returncode < 0:  # the limit of CPU time ends it by a signal
        return {**found, "cpu": limit, "done": False}
    return {**found, "failed": (done.stderr.strip().splitlines() or ["no answer"])[-1][:200]}


def covering_rows(
    places: int, sites: int, p: int, minutes: float, limit: float
) -> Iterator[dict[str, Any]]:
    """Yield maximal covering by the heuristic, and proved against spopt with both solvers."""
    ticks, people = instance(places, sites)
    radius = int(minutes * MINUTE)

    def ours(exact: bool) -> Answer:
        cover = Cover.of(ticks <= radius, people)
        return maximal(cover, Rules(count=p), within(limit), exact=exact)

    ours(False)
    rounds = 5 if places <= 1000 else 1
    ours_ms, found = timed(lambda: ours(True), rounds)
    swift_ms, swift = timed(lambda: ours(False), rounds)
    graph = f"{places} x {sites}, p = {p} (synthetic)"
    below = 100 * (found.bound - swift.value) / found.bound
    yield row("mclp heuristic", "MCLP heuristic", graph, swift_ms, "optimum", None,
              below_percent=below, answers=f"{below:.3f} % below")  # fmt: skip
    for solver, name in BETWEEN.items():
        told = spopt(ticks, people, p, radius, solver, limit)
        marks = {"proof": found.status, "value": found.value, "built_s": told.get("built")}
        if "failed" in told:
            marks["failed"] = told["failed"]
        elif not told["done"]:
            marks["answers"] = cut_off(told["cpu"] * 1e3 / ours_ms, limit)
        else:
            same = abs(told["value"] - found.value) < 0.5 and found.status == "optimal"
            marks["answers"] = "equal" if same else f"DIFFERENT {told['value']}, {found.value}"
        peer_ms = told["cpu"] * 1e3 if "cpu" in told else None
        yield row(f"mclp {solver}", "MCLP proved", graph, ours_ms, f"spopt + {name}", peer_ms,
                  **marks)  # fmt: skip


def full_median(ticks: np.ndarray, people: np.ndarray, p: int, watch: Watch) -> Any:
    """The textbook model, a variable for every pair, straight to HiGHS."""
    n, m = ticks.shape
    pair = np.arange(n * m)
    who, where = pair // m, pair % m
    one = np.ones(n * m)
    first = csr_matrix((one, (who, m + pair)), shape=(n, m + n * m))
    link = csr_matrix((np.r_[one, -one], (np.r_[pair, pair], np.r_[where, m + pair])),
                      shape=(n * m, m + n * m))  # fmt: skip
    number = csr_matrix((np.ones(m), (np.zeros(m, int), np.arange(m))), shape=(1, m + n * m))
    gain = np.r_[np.zeros(m), -(ticks * people[:, None]).ravel().astype(float)]
    return solve(
        Program(gain, np.zeros(m + n * m), np.ones(m + n * m), np.arange(m + n * m) < m,
                csr_matrix(vstack([first, link, number])), np.r_[np.ones(n), np.zeros(n * m), p],
                np.r_[np.ones(n), np.full(n * m, np.inf), p]),
        watch, step=1.0,
    )  # fmt: skip


def median_row(limit: float) -> dict[str, Any]:
    """The median to a gap of 1e-5 against HiGHS on the full model."""
    ticks, people = instance(1000, 300)
    table = Distances(ticks, np.full(1000, 1 << 30), people)
    run = lambda: median(table, Rules(count=10), within(limit), gap=1e-5)  # noqa: E731
    run()
    ours_ms, found = timed(run, 5)
    theirs_ms, full = timed(lambda: full_median(ticks, people, 10, within(limit)))
    if full.x is not None and full.bound - full.value < 1:
        same = found.value <= -full.value * (1 + 1e-5) + 1
        answers = "equal" if same else f"DIFFERENT {-full.value}, {found.value}"
    else:
        answers = cut_off(theirs_ms / ours_ms, limit)
    return row(
        "pmedian highs", "p-median, gap <= 1e-5", "1000 x 300, p = 10 (synthetic)", ours_ms,
        "HiGHS, full model", theirs_ms, gap_percent=100 * found.gap, proof=found.status,
        answers=answers,
    )  # fmt: skip


def large_median_row() -> dict[str, Any]:
    """The median of a large county by the heuristic, in 30 s, with its bound."""
    ticks, people = instance(20_000, 2000)
    table = Distances(ticks, np.full(20_000, 1 << 30), people)
    ours_ms, found = timed(
        lambda: median(table, Rules(count=100), within(28), exact=False, gap=1e-3)
    )
    return row(
        "pmedian large", "p-median heuristic", "20000 x 2000, p = 100 (synthetic)", ours_ms,
        "its bound", None, gap_percent=100 * found.gap,
        answers=f"gap <= {100 * found.gap:.2f} %",
    )  # fmt: skip


def floor_row(limit: float) -> dict[str, Any]:
    """Yield a maximal covering with a floor for one half, against HiGHS on the whole program."""
    ticks, people = instance(20_000, 2000)
    half = np.random.default_rng(8).permutation(len(people)) % 2 == 0
    half &= ticks.argmin(axis=1) < 1000
    cover = Cover.of(ticks <= int(2.5 * MINUTE), people, groups=np.where(half, people, 0)[:, None])
    bare = Rules(count=50)
    plain = maximal(cover, bare, within(limit))
    least = int(1.1 * cover.groups[cover.rows_of(plain.sites), 0].sum())
    rules = bare.with_floor(cover.groups[:, 0], least)
    ours_ms, found = timed(lambda: floored(cover, rules, within(28)))
    peer_ms, alone = timed(lambda: maximal(cover, rules, within(limit)))
    answers = f"ours {found.status}, gap {100 * found.gap:.3f} %; "
    answers += f"HiGHS alone {alone.value:.0f}" if alone.found else "HiGHS alone: no plan"
    return row(
        "mclp floor", "MCLP with a floor", "20000 x 2000, p = 50 (synthetic)", ours_ms,
        "HiGHS, full model", peer_ms, gap_percent=100 * found.gap, proof=found.status,
        value=found.value, answers=answers,
    )  # fmt: skip


def measured(size: str) -> Iterator[dict[str, Any]]:
    """Yield rows as they are found."""
    limit = LIMIT_SECONDS[size]
    yield from covering_rows(1000, 300, 10, 8.0, limit)
    if size != "quick":
        yield median_row(limit)
        yield large_median_row()
        yield floor_row(limit)
        yield from covering_rows(20_000, 2000, 50, 2.5, limit)


def measure(quick: bool) -> list[dict[str, Any]]:
    """Return rows for `report.py`."""
    return list(measured("quick" if quick else "plain"))


if __name__ == "__main__":
    for told in measured("long" if "--long" in sys.argv[1:] else "plain"):
        print(json.dumps(told, default=float, ensure_ascii=False), flush=True)
