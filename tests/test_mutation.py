"""What the mutation tester changes, what it leaves alone, and that it sees mutants die."""

from __future__ import annotations

import ast
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
SOURCE = '''"""Words about it."""
from a import b

LIMIT: "float" = 1.5


def near(ticks: "int", bound=3) -> "str":
    """Tell."""
    if ticks <= bound and not ticks == 7:
        raise ValueError("too near")
    return min(ticks - 1, LIMIT)
'''


BOTH = "ticks <= bound and (not ticks == 7)"


@pytest.fixture
def mutants(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("mutants")


def test_all_that_can_be_seen_is_changed_and_nothing_else(mutants):
    found = []
    for place in mutants.places(ast.parse(SOURCE)):
        tree, change, line = mutants.mutant(SOURCE, place)
        compile(tree, "mutant", "exec")
        assert ast.unparse(tree) != ast.unparse(ast.parse(SOURCE))
        found.append((line, change.before, change.after))
    assert set(found) == {
        (4, "1.5", "2.25"),
        (7, "3", "4"),
        (9, f"if {BOTH}:", f"if not ({BOTH}):"),
        (9, BOTH, "ticks <= bound or not ticks == 7"),
        (9, "ticks <= bound", "ticks < bound"),
        (9, "ticks <= bound", "ticks >= bound"),
        (9, "not ticks == 7", "ticks == 7"),
        (9, "ticks == 7", "ticks != 7"),
        (9, "7", "8"),
        (11, "min(ticks - 1, LIMIT)", "max(ticks - 1, LIMIT)"),
        (11, "ticks - 1", "ticks + 1"),
        (11, "1", "2"),
    }  # fmt: skip
    assert len(found) == len(set(found))


def test_a_place_is_run_by_the_tests_of_its_lines(mutants):
    spans = {(place.line, place.end) for place in mutants.places(ast.parse(SOURCE))}
    # What runs on import by all tests, a default by those of the body.
    assert spans == {(1, 11), (8, 11), (9, 9), (11, 11)}


@pytest.mark.slow
def test_of_two_mutants_the_tested_one_dies(tmp_path):
    """In a process of its own: it forks, and pytest runs in the children."""
    command = [
        sys.executable, BENCHMARKS / "mutation.py", "geo/names.py", "--count", "12",
        "--tests", "tests/test_names.py", "--folder", tmp_path, "--json", tmp_path / "found.json",
    ]  # fmt: skip
    environment = {**os.environ, "KEPU_EXAMPLES": "0.1"}
    answer = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=170)
    found = json.loads((tmp_path / "found.json").read_text("utf-8"))
    assert len(found) == 12, answer.stderr
    killed = [one for one in found if one["found"] == "killed"]
    assert len(killed) >= 8
    assert all(one["by"].startswith("tests/test_names.py::") for one in killed)
