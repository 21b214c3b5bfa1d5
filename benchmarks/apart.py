"""
A side of a race as a process of its own: what it says, and what the system says that it cost.

A script gives its sides by name; called with one of them it is that side and prints its answer as
JSON, called without it prints its rows.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from machine import peak_mb
from race import ONE_THREAD

from report import printed


def apart(command: Iterable[str | Path], environment: Mapping[str, str] | None = None) -> dict:
    """
    Run a command to its end, with one thread in the libraries that would take more.

    Returns
    -------
    dict
        `wall` and `cpu`, seconds, of the whole process, imports included; and what its last line
        says as JSON if it says anything, which may be better figures of these.
    """
    before = time.perf_counter()
    with subprocess.Popen(
        [str(part) for part in command], stdout=subprocess.PIPE, text=True,
        env={**os.environ, **dict.fromkeys(ONE_THREAD, "1"), **(environment or {})},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, cost = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command} ended with {process.returncode}")
    told = json.loads(said.splitlines()[-1]) if said.lstrip().startswith("{") else {}
    return {
        "wall": time.perf_counter() - before, "cpu": cost.ru_utime + cost.ru_stime, **told,
    }  # fmt: skip


def side(script: str, who: str, path: Path) -> dict:
    """Run a side of a script on a file; its answer has `peak`, MiB, too."""
    return apart((sys.executable, script, who, path))


def main(
    sides: Mapping[str, Callable[[Path], dict]], measure: Callable[[bool], list[dict]]
) -> None:
    """Be the side that the command line names, or print the rows."""
    if sys.argv[1:2] and sys.argv[1] in sides:
        atexit.register(gc.freeze)  # as our command line does: no last look for cycles
        answer = sides[sys.argv[1]](Path(sys.argv[2]))
        print(json.dumps({"peak": peak_mb(), **answer}))
        return
    for row in measure("--quick" in sys.argv):
        print(printed(row), flush=True)


def row(
    work: str,
    graph: str,
    key: str,
    own: float,
    peer: str | None = None,
    theirs: float | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return a line of the table: milliseconds, or what the work says instead."""
    return {
        "work": work, "graph": graph, "key": key, "ours_ms": round(own, 1), "peer": peer,
        "peer_ms": None if theirs is None else round(theirs, 1),
        "ratio": None if theirs is None else theirs / own,
    }  # fmt: skip
