"""
Siting against spopt and against HiGHS on the full model: `python benchmarks/siting.py [--quick]`.

The same instances in the same run, CPU time with that of child processes. spopt lives in an
environment of its own: `KEPU_PEERS` is its Python (`pip install spopt highspy`). The instances are
synthetic: clustered people with log-normal weights, straight distances x 1.3 at 42 km/h.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from kepu.coverage.siting.answers import Answer, Watch
from kepu.coverage.siting.cover import Cover
from kepu.coverage.siting.covering import maximal
from kepu.coverage.siting.median import median
from kepu.coverage.siting.median_program import Distances
from kepu.coverage.siting.milp import Program, solve
from kepu.coverage.siting.rules import Rules

MINUTE = 600
PEER = r"""
import json, resource, sys, time, warnings
import numpy as np, pulp
warnings.simplefilter("ignore")
from spopt.locate import MCLP, PMedian
kind, path, p, radius, solver, limit = sys.argv[1:]
data = np.load(path)
cost, weight = data["cost"].astype(float), data["weight"].astype(float)
def busy():
    return sum(sum(resource.getrusage(who)[:2]) for who in
               (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
options = dict(msg=False, timeLimit=float(limit), gapRel=0.0)
tool = pulp.HiGHS(**options) if solver == "highs" else pulp.PULP_CBC_CMD(**options)
begin = busy()
if kind == "mclp":
    model = MCLP.from_cost_matrix(cost, weight, float(radius), p_facilities=int(p))
else:
    model = PMedian.from_cost_matrix(cost, weight, p_facilities=int(p))
built = busy() - begin
try:
    model.solve(tool, results=False)
except RuntimeError as error:
    print(json.dumps({"built": built, "cpu": busy() - begin, "why": str(error)[:80]})); sys.exit()
value = pulp.value(model.problem.objective)
done = model.problem.sol_status == pulp.LpSolutionOptimal
print(json.dumps({"built": built, "cpu": busy() - begin, "value": value, "done": bool(done)}))
"""


class CpuWatch(Watch):
    """A watch that counts seconds of this process, so that a busy machine changes no answer."""

    @property
    def elapsed(self) -> float:
        return time.process_time() - self.begun


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


def busy(run: Callable[[], Any]) -> tuple[float, float, Any]:
    """CPU and wall milliseconds, and the answer."""
    begin, wall = time.process_time(), time.perf_counter()
    answer = run()
    return (time.process_time() - begin) * 1e3, (time.perf_counter() - wall) * 1e3, answer


def row(work: str, graph: str, ours_ms: float, peer: str, peer_ms: float | None,
        **more: Any) -> dict[str, Any]:  # fmt: skip
    ratio = None if peer_ms is None else peer_ms / ours_ms
    return {"work": work, "graph": graph, "ours_ms": ours_ms, "peer": peer, "peer_ms": peer_ms,
            "ratio": ratio, **more}  # fmt: skip


def spopt(kind: str, ticks: np.ndarray, people: np.ndarray, p: int, radius: int, solver: str,
          limit: float) -> dict[str, Any]:  # fmt: skip
    """Run spopt in its own environment; {} where there is none."""
    python = os.environ.get("KEPU_PEERS", sys.executable)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "instance.npz"
        np.savez(path, cost=ticks, weight=people)
        words = [kind, str(path), str(p), str(radius), solver, str(limit)]
        done = subprocess.run(
            [python, "-c", PEER, *words], capture_output=True, text=True, check=False
        )
    found = [line for line in done.stdout.splitlines() if line.startswith("{")]
    return dict(json.loads(found[-1])) if found else {"why": done.stderr[-200:]}


def covering_rows(places: int, sites: int, p: int, minutes: float, limit: float) -> list[dict]:
    ticks, people = instance(places, sites)
    radius = int(minutes * MINUTE)

    def ours(exact: bool) -> Answer:
        cover = Cover.of(ticks <= radius, people)
        return maximal(cover, Rules(count=p), Watch(limit), exact=exact)

    ours(False)
    ours_ms, wall, found = busy(lambda: ours(True))
    swift_ms, swift_wall, swift = busy(lambda: ours(False))
    graph = f"{places} x {sites}, p = {p}, {found.value / people.sum():.0%} covered (synthetic)"
    best = max(found.value, swift.value)
    rows = [
        row("MCLP heuristic", graph, swift_ms, "optimum or bound", None, wall_ms=swift_wall,
            below=(found.bound - swift.value) / best, own_gap=swift.gap)
    ]  # fmt: skip
    for solver in ("highs", "cbc"):
        told = spopt("mclp", ticks, people, p, radius, solver, limit)
        value = told.get("value")
        rows.append(row(
            "MCLP proved", graph, ours_ms, f"spopt + {solver}", told.get("cpu", np.nan) * 1e3
            if "cpu" in told else None, wall_ms=wall, proof=found.status, value=found.value,
            peer_value=value, peer_proved=told.get("done"), peer_built_s=told.get("built"),
            why=told.get("why"),
        ))  # fmt: skip
        if value is not None and told.get("done") and abs(value - found.value) > 0.5:
            raise AssertionError(f"{graph}: {found.value} and {value} differ")
    return rows


def full_median(ticks: np.ndarray, people: np.ndarray, p: int, limit: float) -> Any:
    """The textbook model, a variable for every pair, straight to HiGHS."""
    n, m = ticks.shape
    pair = np.arange(n * m)
    who, where = pair // m, pair % m
    one = np.ones(n * m)
    first = csr_matrix((one, (who, m + pair)), shape=(n, m + n * m))
    link = csr_matrix((np.r_[one, -one], (np.r_[pair, pair], np.r_[where, m + pair])),
                      shape=(n * m, m + n * m))  # fmt: skip
    number = csr_matrix((np.ones(m), (np.zeros(m, int), np.arange(m))), shape=(1, m + n * m))
    from scipy.sparse import vstack

    gain = np.r_[np.zeros(m), -(ticks * people[:, None]).ravel().astype(float)]
    return solve(
        Program(gain, np.zeros(m + n * m), np.ones(m + n * m), np.arange(m + n * m) < m,
                csr_matrix(vstack([first, link, number])), np.r_[np.ones(n), np.zeros(n * m), p],
                np.r_[np.ones(n), np.full(n * m, np.inf), p]),
        Watch(limit), step=1.0,
    )  # fmt: skip


def median_rows(limit: float) -> Iterator[dict]:
    """The median to a gap of 1e-5; a peer that came to its limit is marked `peer_proved` false."""
    ticks, people = instance(1000, 300)
    table = Distances(ticks, np.full(1000, 1 << 30), people)
    run = lambda: median(table, Rules(count=10), Watch(limit), gap=1e-5)  # noqa: E731
    run()
    ours_ms, wall, found = busy(run)
    graph = "1000 x 300, p = 10 (synthetic)"
    theirs_ms, _, full = busy(lambda: full_median(ticks, people, 10, limit))
    proved = full.x is not None and full.bound - full.value < 1
    if proved:
        assert found.value <= -full.value * (1 + 1e-5) + 1
    yield row(
        "p-median, gap <= 1e-5", graph, ours_ms, "HiGHS full model", theirs_ms, wall_ms=wall,
        gap=found.gap, proof=found.status, value=found.value, peer_value=-full.value,
        peer_proved=proved,
    )  # fmt: skip


def large_median_rows() -> Iterator[dict]:
    """The median of a large county by the heuristic, in 30 s, with its bound."""
    ticks, people = instance(20_000, 2000)
    table = Distances(ticks, np.full(20_000, 1 << 30), people)
    ours_ms, wall, found = busy(
        lambda: median(
            table, Rules(count=100), CpuWatch(28, begun=time.process_time()), exact=False, gap=1e-3
        )
    )
    yield row("p-median heuristic and bound", "20000 x 2000, p = 100 (synthetic)", ours_ms,
              "bound", None, wall_ms=wall, gap=found.gap)  # fmt: skip


def measured(quick: bool) -> Iterator[dict]:
    """Yield rows as they are found."""
    limit = 60.0 if quick else 900.0
    yield from covering_rows(1000, 300, 10, 8.0, limit)
    yield from median_rows(limit)
    if not quick:
        yield from large_median_rows()
        yield from covering_rows(20_000, 2000, 50, 2.5, limit)


def measure(quick: bool) -> list[dict]:
    """Return rows {work, graph, ours_ms, peer, peer_ms, ratio, ...}."""
    return list(measured(quick))


if __name__ == "__main__":
    for told in measured("--quick" in sys.argv[1:]):
        print(json.dumps(told, default=float, ensure_ascii=False), flush=True)
