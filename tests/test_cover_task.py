"""`tasks.py cover` runs what it says on the tests that are there, and fails on too few branches."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from kepu import tasks

TESTS = Path(__file__).parent


@pytest.fixture
def runs(monkeypatch):
    """What is run, and with which environment; `codes` are answered in turn, 0 after the last."""
    done, codes = [], []

    def run(command, folder=tasks.ROOT, more=None):
        done.append(([str(part) for part in command], more))
        return codes.pop(0) if codes else 0

    monkeypatch.setattr(tasks, "run", run)
    return done, codes


def test_the_tests_that_it_names_are_there():
    for name in tasks.COVER_LEAVES_OUT:
        assert list(TESTS.glob(f"test_{name}.py")), name
    for name in tasks.COVER_KERNELS:
        file, _, test = name.partition("::")
        assert f"def {test}" in (TESTS / f"test_{file}").read_text("utf-8")


def test_once_compiled_anew_once_not_at_all_then_each_folder_is_judged(runs):
    done, _ = runs
    assert tasks.cover() == 0
    compiled, interpreted, *reports = done
    assert compiled[1]["NUMBA_CACHE_DIR"]
    assert "NUMBA_DISABLE_JIT" not in compiled[1]
    assert interpreted[1]["NUMBA_DISABLE_JIT"] == "1"
    assert "--cov-append" in interpreted[0]
    assert "--cov-append" not in compiled[0]
    assert "tests/test_grid.py" in interpreted[0]
    judged = [" ".join(command) for command, _ in reports if "--fail-under=95" in command]
    assert len(judged) == 3
    assert "--include=geo/*" in judged[0]
    assert "--include=coverage/*" in judged[1]
    assert "--include=coverage/siting/*" in judged[2]


@pytest.mark.parametrize("failing", range(5))
def test_any_step_that_fails_fails_it_and_all_are_done(runs, failing):
    done, codes = runs
    codes.extend([0] * failing + [2])
    assert tasks.cover() == 2
    assert len(done) == 5


def test_a_command_has_more_in_its_environment_and_all_that_there_was(tmp_path, monkeypatch):
    monkeypatch.setenv("KEPU_WAS", "1")
    ask = "import os, sys; sys.exit(int(os.environ['KEPU_WAS'] + os.environ['KEPU_NEW']))"
    assert tasks.run([sys.executable, "-c", ask], tmp_path, {"KEPU_NEW": "7"}) == 17
