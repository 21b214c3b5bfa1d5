"""Which tests run which line of a module, and how long each of them takes."""

from __future__ import annotations

import contextlib
import json
import signal
import sqlite3
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from mutants import Place

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 30.0
"""So much of tests is tried at most for one mutant: those of its own name, then the quickest."""
TOO_SLOW = 6
"""Seconds after which a test is of no use here."""


@dataclass
class Lines:
    """Which tests run which line of a module, and how long each test takes."""

    by_line: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    seconds: dict[str, float] = field(default_factory=dict)

    def tests(self, place: Place, own: str) -> list[str]:
        """Return the tests of a place, those of `own` and the quickest first; on import all."""
        lines = range(place.line, place.end + 1)
        found = set().union(*(self.by_line[line] for line in lines if line in self.by_line))
        names = sorted(
            found & set(self.seconds),
            key=lambda name: (not name.startswith(own), self.seconds[name], name),
        )
        chosen, total = [], 0.0
        for name in names:
            total += self.seconds[name]
            if chosen and total > SECONDS:
                break
            chosen.append(name)
        return chosen


class Clock:
    """Write how long each test takes that does not fail by itself."""

    def __init__(self, path: Path) -> None:
        self.path, self.seconds, self.failed = path, {}, set()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self):
        signal.setitimer(signal.ITIMER_PROF, TOO_SLOW)
        try:
            return (yield)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        begin = time.process_time()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = time.process_time() - begin

    def pytest_runtest_logreport(self, report):
        if not report.passed:
            self.failed.add(report.nodeid)

    def pytest_sessionfinish(self):
        good = {test: took for test, took in self.seconds.items() if test not in self.failed}
        self.path.write_text(json.dumps(good), "utf-8")


def lines_of(module: str, folder: Path) -> Lines:
    """Read which tests run which lines of a module."""
    lines = Lines()
    for base in sorted(folder.glob("*.coverage")):
        clock = base.with_suffix(".json")
        if not clock.exists():  # its tests crashed
            continue
        lines.seconds |= json.loads(clock.read_text("utf-8"))
        with contextlib.closing(sqlite3.connect(base)) as data:
            rows = data.execute(
                "select context.context, abs(tono) from arc join file on file.id = file_id join"
                " context on context.id = context_id where path = ?",
                (str(ROOT / module),),
            ).fetchall()
        for context, line in rows:
            lines.by_line[line].add(context.partition("|")[0])
    return lines
