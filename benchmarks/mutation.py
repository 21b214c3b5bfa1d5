"""
Change one thing in a module, run the tests that run that line, see whether one of them fails.

    python benchmarks/mutation.py geo/snap.py coverage/share.py --count 30 --json found.json

Nothing is written into the tree: a mutant is compiled from memory as its module is imported, in a
process forked from one that has the libraries loaded already, so that one takes seconds and not
half a minute. Modules with kernels are tried with kernels that are not compiled
(`NUMBA_DISABLE_JIT=1`). Which test runs which line is measured first. A mutant that makes a test
run too long counts as found. All seconds are those of the processor, so that other programs on the
same computer change nothing.
"""

from __future__ import annotations

import argparse
import ast
import importlib.abc
import importlib.util
import json
import os
import random
import resource
import signal
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
from mutants import Place, mutant, places
from mutation_lines import ROOT, Clock, Lines, lines_of

PATIENCE = 20.0
"""Seconds that a mutant has beyond three times what its tests take."""
WALL = 20
"""So many times as long it may wait for the processor, or for nothing."""


@dataclass
class Outcome:
    """What became of a mutant."""

    module: str
    node: int
    line: int
    change: str
    before: str
    after: str
    found: str = ""
    tests: int = 0
    seconds: float = 0.0
    by: str = ""


class Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Import one module from a changed tree."""

    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        self.name, self.path, self.tree = name, path, tree

    def find_spec(self, name, *_):
        if name != self.name:
            return None
        return importlib.util.spec_from_file_location(name, self.path, loader=self)

    def create_module(self, _):
        return None

    def exec_module(self, module):
        exec(compile(self.tree, str(self.path), "exec"), vars(module))


class Chosen:
    """Run only some tests, in their order, and remember the first that fails."""

    def __init__(self, names: list[str], report: Path) -> None:
        self.order = {name: number for number, name in enumerate(names)}
        self.report = report

    def pytest_collection_modifyitems(self, items):
        items[:] = sorted(
            (item for item in items if item.nodeid in self.order),
            key=lambda item: self.order[item.nodeid],
        )

    def pytest_runtest_logreport(self, report):
        if report.failed and not self.report.exists():
            self.report.write_text(report.nodeid, "utf-8")


def prepare() -> None:
    """Load what all mutants load, but nothing of kepu's; let hypothesis be quick and the same."""
    import geopandas  # noqa: F401
    import highspy  # noqa: F401
    import networkx  # noqa: F401
    import numba  # noqa: F401
    import osmium  # noqa: F401
    import scipy.spatial  # noqa: F401
    from hypothesis import Phase, settings

    settings.register_profile(
        "mutants", derandomize=True, database=None, phases=[Phase.explicit, Phase.generate]
    )
    settings.load_profile("mutants")


def run_tests(arguments: list[str], plugins: list[object]) -> int:
    """Run pytest in the folder of the project."""
    os.chdir(ROOT)
    loaded = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # hypothesis is
    same = ["-q", "-p", "no:cacheprovider", "-n0", *loaded]
    return int(pytest.main([*same, *arguments], plugins=plugins))


def note_lines(test: Path, folder: Path) -> None:
    """Run a file of tests once and note which test runs what."""

    def too_slow(*_):
        raise TimeoutError

    signal.signal(signal.SIGPROF, too_slow)
    os.environ["COVERAGE_FILE"] = str(folder / f"{test.stem}.coverage")
    clock = Clock(folder / f"{test.stem}.json")
    run_tests(["--cov=kepu", "--cov-context=test", "--cov-report=", str(test)], [clock])
    for name in sorted(clock.failed):
        print(f"left out, does not pass without a mutant: {name}", flush=True)


def forked(tree: ast.Module, module: str, tests: list[str], report: Path, seconds: int) -> int:
    """Run tests against a mutant in a child; return its number."""
    child = os.fork()
    if child:
        return child
    os.setsid()
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    name = ".".join(("kepu", *Path(module).with_suffix("").parts))
    sys.meta_path.insert(0, Mutated(name, ROOT / module, tree))
    files = sorted({test.partition("::")[0] for test in tests})
    code = 1
    try:
        code = run_tests(["-x", *files], [Chosen(tests, report)])
    finally:
        os._exit(code)


def outlast(child: int, seconds: float) -> int | None:
    """Wait for a child; return its exit code, None if it took too long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
            return None if code in (-signal.SIGXCPU, -signal.SIGKILL) else code
        time.sleep(0.05)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def try_mutant(module: str, source: str, place: Place, lines: Lines) -> Outcome:
    """Run the tests of a place against its mutant."""
    tree, change, line = mutant(source, place)
    own = f"tests/test_{Path(module).stem}"
    tests, begin = lines.tests(place, own), time.monotonic()
    outcome = Outcome(module, place.node, line, place.change, change.before, change.after)
    outcome.tests = len(tests)
    if not tests:
        outcome.found = "not run"
        return outcome
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "failed")
        needs = sum(lines.seconds[test] for test in tests)
        seconds = int(PATIENCE + 3 * needs)
        code = outlast(forked(tree, module, tests, report, seconds), WALL * seconds)
        outcome.by = report.read_text("utf-8") if report.exists() else ""
    outcome.found = "too long" if code is None else "survived" if code == 0 else "killed"
    outcome.seconds = round(time.monotonic() - begin, 1)
    return outcome


def tell(outcome: Outcome) -> None:
    """Say what became of a mutant."""
    print(
        f"{outcome.found:9}{outcome.module}:{outcome.line} {outcome.change}:"
        f" {outcome.before}  ->  {outcome.after}  [{outcome.tests} tests, {outcome.seconds} s]",
        flush=True,
    )


def chosen(module: str, source: str, options: argparse.Namespace) -> list[Place]:
    """Draw the places of a module, or those that a former run left."""
    every = places(ast.parse(source))
    if options.again:
        former = json.loads(options.again.read_text("utf-8"))
        left = {
            (one["node"], one["change"])
            for one in former if one["module"] == module and one["found"] in ("survived", "not run")
        }  # fmt: skip
        return [place for place in every if (place.node, place.change) in left]
    draw = random.Random(f"{options.seed} {module}")
    return draw.sample(every, min(options.count, len(every)))


def work(options: argparse.Namespace) -> list[Outcome]:
    """Measure unless that is done, then try the mutants of each module."""
    options.folder.mkdir(parents=True, exist_ok=True)
    for test in sorted(Path(one) for one in options.tests):
        if (options.folder / f"{test.stem}.coverage").exists():
            continue
        child = os.fork()
        if not child:
            note_lines(test, options.folder)
            os._exit(0)
        os.waitpid(child, 0)
    found = []
    for module in options.modules:
        source = (ROOT / module).read_text("utf-8")
        lines = lines_of(module, options.folder)
        for place in sorted(chosen(module, source, options), key=lambda one: one.line):
            found.append(try_mutant(module, source, place, lines))
            tell(found[-1])
    return found


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[1])
    parser.add_argument("modules", nargs="*")
    parser.add_argument("--tests", nargs="+", default=[], help="files to measure first")
    parser.add_argument("--count", type=int, default=30, help="mutants of a module")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "mutants")
    parser.add_argument("--again", type=Path, help="only what survived in this file of --json")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def main() -> None:
    """Run from the command line."""
    options = arguments()
    if any("@kernel" in (ROOT / module).read_text("utf-8") for module in options.modules):
        os.environ["NUMBA_DISABLE_JIT"] = "1"  # before numba is loaded
    prepare()
    found = work(options)
    for folder in sorted({Path(one.module).parts[0] for one in found}):
        of_folder = [one for one in found if Path(one.module).parts[0] == folder]
        left = sum(one.found in ("survived", "not run") for one in of_folder)
        share = 100 * (1 - left / len(of_folder))
        print(f"{folder}: {len(of_folder) - left} of {len(of_folder)} killed, {share:.1f} %")
    if options.json:
        options.json.write_text(json.dumps([asdict(one) for one in found], indent=1), "utf-8")


if __name__ == "__main__":
    main()
