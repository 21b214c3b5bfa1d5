"""
A small timer: candidates run in alternation, medians of wall and CPU time, answers compared.

`race` runs them in this process. A `Runner` is a process of its own for a candidate that may crash,
hang or fill the memory; what it needs at most is then known too.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from machine import peak_mb

SLOW_SECONDS = 5.0
"""Who takes longer is not run again and again; the others go on."""
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Lap:
    """Medians of one candidate, seconds, and the answer of its first run."""

    wall: float
    cpu: float
    answer: Any


class FailedError(Exception):
    """A candidate is not installed, crashed, or took too long."""


def timed(run: Callable[[], Any]) -> Lap:
    begin, busy = time.perf_counter(), time.process_time()
    answer = run()
    return Lap(time.perf_counter() - begin, time.process_time() - busy, answer)


def race(candidates: Mapping[str, Callable[[], Any]], rounds: int = 5) -> dict[str, Lap]:
    """Run every candidate once to warm up, then `rounds` times in turn; who is slow only once."""
    first = {name: timed(run) for name, run in candidates.items()}
    laps: dict[str, list[Lap]] = {name: [] for name in candidates}
    gc.collect()
    gc.disable()
    for turn in range(rounds):
        for name, run in candidates.items():
            if turn == 0 or first[name].wall <= SLOW_SECONDS:
                lap = timed(run)
                laps[name].append(Lap(lap.wall, lap.cpu, None))
    gc.enable()
    return {name: median(found, first[name].answer) for name, found in laps.items()}


def median(laps: list[Lap], answer: Any) -> Lap:
    return Lap(
        statistics.median(lap.wall for lap in laps), statistics.median(lap.cpu for lap in laps),
        answer,
    )  # fmt: skip


@dataclass(frozen=True)
class Job:
    """
    What a candidate does: `run` is timed, `tidy` makes its answer comparable and is not.

    `stride`: of the searches that were asked for it does each so-manieth.
    """

    run: Callable[[], Any]
    tidy: Callable[[Any], Any]
    stride: int = 1


class Runner:
    """A candidate in a process of its own."""

    def __init__(self, make: Callable[[Path], Mapping[str, Job]], path: Path, wait: float) -> None:
        """Start it, with one thread; raise FailedError unless it is ready within `wait` seconds."""
        before = {name: os.environ.get(name) for name in ONE_THREAD}
        os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
        spawn = multiprocessing.get_context("spawn")
        self.ends, theirs = spawn.Pipe()
        self.process = spawn.Process(target=_serve, args=(theirs, make, path), daemon=True)
        self.process.start()
        theirs.close()
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
        self.strides: dict[str, int] = self._hear(wait)

    def run(self, work: str, wait: float, *, answer: bool) -> Lap:
        """Do the work once; the answer is sent only if it is asked for."""
        self.ends.send((work, answer))
        lap: Lap = self._hear(wait)
        return lap

    def peak_mb(self) -> float:
        """Return the most memory that the process held until now."""
        self.ends.send(("", False))
        return round(self._hear(30.0), 1)

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.join()
        self.ends.close()

    def _hear(self, wait: float) -> Any:
        try:
            if not self.ends.poll(wait):
                self.close()
                raise FailedError(f"no answer within {wait:.0f} s")
            said = self.ends.recv()
        except (EOFError, ConnectionError):
            self.process.join()
            raise FailedError(f"crashed with code {self.process.exitcode}") from None
        if isinstance(said, str):
            self.close()
            raise FailedError(said)
        return said


def _serve(ends: Any, make: Callable[[Path], Mapping[str, Job]], path: Path) -> None:
    """Be a candidate: make it ready, then do what is asked for until the pipe is closed."""
    try:
        jobs = make(path)
        ends.send({name: job.stride for name, job in jobs.items()})
        while True:
            work, wanted = ends.recv()
            if not work:
                ends.send(peak_mb())
                continue
            gc.collect()
            lap = timed(jobs[work].run)
            ends.send(Lap(lap.wall, lap.cpu, jobs[work].tidy(lap.answer) if wanted else None))
    except EOFError:
        return
    except Exception as error:  # what a library may raise is not ours to know
        ends.send(f"{type(error).__name__}: {str(error)[:200]}")
