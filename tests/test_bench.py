"""The bench command: rows are collected, failures are rows, goals are judged; nothing is timed."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
GOOD = """
def measure(quick):
    return [{"work": "w", "graph": "g", "ours_ms": 1.0, "peer": "p", "peer_ms": 2.0, "ratio": 2.0}]
"""
ROW = {"work": "w", "graph": "g", "ours_ms": 1.0, "peer": "p", "peer_ms": 2.0, "ratio": 2.0}
MACHINE = {
    "processor": "P", "cores": 2, "system": "S", "python": "3", "copy_gb_s": 10.0,
    "triad_gb_s": 10.0, "load": 0.0, "versions": {"numpy": "2", "pandana": None},
}  # fmt: skip


def load(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module(name)


@pytest.fixture
def report(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return load("report", monkeypatch)


def test_files_with_measure_are_found_without_running_them(report, tmp_path):
    (tmp_path / "one.py").write_text("raise SystemExit\ndef measure(quick): ...", "utf-8")
    (tmp_path / "two.py").write_text("def main(): ...", "utf-8")
    assert report.benchmarks(tmp_path) == ["one"]
    found = set(report.benchmarks(BENCHMARKS))
    assert {"matrix", "routing", "services"} <= found
    assert set(report.QUICK) <= found
    assert "mutation" not in found


@pytest.mark.parametrize(
    ("body", "failed"),
    [
        (GOOD, None),
        ("def measure(quick):\n    raise ValueError('不行')", "不行"),
        ("def measure(quick):\n    return [{'work': 'w'}]", "lacks graph"),
        ("import os\ndef measure(quick):\n    os._exit(9)", "exit code 9"),
    ],
)
def test_what_fails_is_a_row(report, tmp_path, monkeypatch, body, failed):
    for file in ("report.py", "machine.py", "goals.py"):
        (tmp_path / file).write_text((BENCHMARKS / file).read_text("utf-8"), "utf-8")
    (tmp_path / "some.py").write_text(body, "utf-8")
    monkeypatch.setattr(report, "__file__", str(tmp_path / "report.py"))
    monkeypatch.setitem(os.environ, "PYTHONUTF8", "1")
    (row,) = report.collected("some", quick=True)
    assert all(key in row for key in report.NEEDED)
    if failed is None:
        assert row == {**ROW, "from": "some"}
    else:
        assert failed in row["failed"]
        assert row["failed"] in "\n".join(report.failed_lines([row]))
        assert not report.row_lines([row], MACHINE)[2:]


def test_a_quick_run_keeps_what_it_did_not_measure(report):
    old = [{**ROW, "processor": "P"}, {**ROW, "work": "v", "processor": "P"},
           {**ROW, "work": "u", "processor": "Q"}, {**ROW, "work": "t", "processor": "P",
                                                    "failed": "f"}]  # fmt: skip
    new = [{**ROW, "ratio": 3.0, "processor": "P"}]
    assert report.merged(old, new, quick=True, processor="P") == [old[1], new[0]]
    assert report.merged(old, new, quick=False, processor="P") == new


def test_goals_are_judged_by_both_bounds_and_silence_is_no_success(report, monkeypatch):
    goals = load("goals", monkeypatch)
    wanted = (
        goals.Goal("k", "g", "", "", 2.0), goals.Goal("k", "g", "", "", 2.1, why="because"),
        goals.Goal("k", "g", "", "", most=1.0, of="ours_ms"), goals.Goal("k", "other", "", "", 1.0),
    )  # fmt: skip
    monkeypatch.setattr(goals, "GOALS", wanted)
    judged = goals.judged([{**ROW, "key": "k", "graph": "g (3 nodes)"}])
    assert [reached for _, _, reached in judged] == [True, False, True, None]
    assert "because" in "\n".join(report.goal_lines([{**ROW, "key": "k"}]))


def test_the_report_says_what_is_missing_and_how_far_the_limit_is(report):
    size = {"down_arcs": 0, "crossings": 500_000, "nodes": 500_000, "searches": 1, "arcs": 1}
    row = {**ROW, "key": "nearest 32 p", "size": size, "ours_ms": 25.6, "date": "2026-01-02"}
    assert report.distance(row, MACHINE) == pytest.approx(2.0)
    text = report.written([row, report.failure("pandana", "does not install")], MACHINE)
    assert "pandana （无 none）" in text
    assert "does not install" in text
    assert "2026-01-02" in text
    assert text.index("性能") < text.index("Performance")


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0.0123, "0.0123"), (12.34, "12.3"), (1234.5, "1,234"), (99.96, "100"), (0, "0")],
)
def test_figures(report, value, text):
    assert report.figure(value) == text


def test_results_that_are_kept_have_their_columns(report):
    if not report.RESULTS.is_file():
        pytest.skip("nobody has run it")
    rows = json.loads(report.RESULTS.read_text("utf-8"))
    assert all(key in row for row in rows for key in report.NEEDED)


def test_a_crash_of_a_candidate_is_an_answer(monkeypatch, tmp_path):
    race = load("race", monkeypatch)
    job = "import os, numpy\nfrom race import Job\ndef make(path):\n    kept = numpy.load(path)\n"
    job += "    return {'sum': Job(kept.sum, float, 3), 'die': Job(lambda: os._exit(7), float),\n"
    job += "            'bad': Job(lambda: 1 / 0, float)}\n"
    (tmp_path / "candidate_of_a_test.py").write_text(job, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    make = importlib.import_module("candidate_of_a_test").make
    np.save(tmp_path / "a.npy", np.arange(4))
    for work, why in (("die", "crashed with code 7"), ("bad", "ZeroDivisionError")):
        runner = race.Runner(make, tmp_path / "a.npy", 60.0)
        assert runner.strides["sum"] == 3
        assert runner.run("sum", 60.0, answer=True).answer == 6.0
        assert runner.run("sum", 60.0, answer=False).answer is None
        assert runner.peak_mb() > 1
        with pytest.raises(race.FailedError, match=why):
            runner.run(work, 60.0, answer=True)
    with pytest.raises(race.FailedError, match="FileNotFoundError"):
        race.Runner(make, tmp_path / "none.npy", 60.0)


def test_made_roads_are_the_same_each_time_and_lead_everywhere(monkeypatch):
    networks = load("networks", monkeypatch)
    one, other = networks.synthetic(20), networks.synthetic(20)
    assert (one.arcs != other.arcs).nnz == 0
    assert "synthetic" in one.name
    parts, _ = networks.connected_components(one.arcs, connection="strong")
    assert parts == 1
    ways = np.diff(one.arcs.indptr)
    assert (ways == 2).sum() > len(ways) / 3
    assert one.arcs.data.min() >= 1


@pytest.mark.skipif(sys.platform == "win32", reason="programs are shell scripts here")
def test_a_python_that_leads_nowhere_is_passed_over(monkeypatch, tmp_path):
    tasks = importlib.import_module("kepu.tasks")
    monkeypatch.setattr(tasks, "sys", SimpleNamespace(version_info=(3, 11, 0), executable="own"))
    folders = [tmp_path / name for name in ("shim", "liar", "good")]
    for folder, said in zip(folders, ("exit 127", "echo 3 11", "echo 3 12"), strict=True):
        folder.mkdir()
        program = folder / "python3.12"
        program.write_text(f"#!/bin/sh\n{said}\n", "utf-8")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join(map(str, folders)))
    assert tasks.bench_python() == str(folders[2] / "python3.12")
    monkeypatch.setenv("PATH", os.pathsep.join(map(str, folders[:2])))
    assert tasks.bench_python() == "own"


def test_who_is_slow_does_not_run_again_and_again(monkeypatch):
    race = load("race", monkeypatch)
    times = {"quick": 0.1, "slow": race.SLOW_SECONDS + 1}
    ran: list[str] = []

    def timed(run):
        name = run()
        ran.append(name)
        return race.Lap(times[name], times[name], name)

    monkeypatch.setattr(race, "timed", timed)
    laps = race.race({"quick": lambda: "quick", "slow": lambda: "slow"}, rounds=3)
    assert ran == ["quick", "slow", "quick", "slow", "quick", "quick"]
    assert laps["slow"].cpu == times["slow"]
    assert laps["quick"].answer == "quick"


def test_what_a_side_says_and_what_it_cost_come_together(monkeypatch):
    apart = load("apart", monkeypatch)
    found = apart.apart((sys.executable, "-c", "print('{\"covered\": 7}')"))
    assert found["covered"] == 7
    assert found["wall"] > 0
    assert apart.apart((sys.executable, "-c", "print('{\"cpu\": 7}')"))["cpu"] == 7
    with pytest.raises(RuntimeError, match="ended with 3"):
        apart.apart((sys.executable, "-c", "raise SystemExit(3)"))
    line = apart.row("w", "g", "k", 2.0, "p", 5.0)
    assert line["ratio"] == 2.5
    assert apart.row("w", "g", "k", 2.0)["ratio"] is None


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system says it otherwise")
def test_the_memory_of_a_side_is_its_own_and_not_that_of_who_started_it():
    start = "import subprocess, sys; held = bytearray(300 * 2**20); subprocess.run(sys.argv[1:])"
    tell = f"import sys; sys.path.insert(0, {str(BENCHMARKS)!r}); import machine"
    started = (sys.executable, "-c", f"{tell}; print(machine.peak_mb())")
    command = (sys.executable, "-c", start, *started)
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert 5 < float(found) < 200


def test_goals_say_what_they_are_counted_in(report, monkeypatch):
    goals = load("goals", monkeypatch)
    units = [goals.Goal("k", "g", "", en, 1.0, of=of).unit for en, of in (
        ("a page, kB", "ours_ms"), ("its time", "ours_ms"), ("times", "ratio"),
        ("overlap", "iou_share"), ("gap", "gap_percent"),
    )]  # fmt: skip
    assert units == ["kB", "ms", "×", "", "%"]
    assert all(goal.zh for goal in goals.GOALS)
    assert all(goal.least is not None or goal.most is not None for goal in goals.GOALS)
    assert "None" not in "\n".join(report.row_lines([{**ROW, "peer": None}], MACHINE))
    assert "None" not in report.printed({**ROW, "peer": None})
