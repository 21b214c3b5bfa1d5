"""A results folder is the whole of a run or nothing of it."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from kepu.folder import MANIFEST, claimed, file_digest, publish
from kepu.geo.errors import OutputError


def three_files(text):
    def write(folder):
        for name in ("a.csv", "b.csv"):
            (folder / name).write_text(text, encoding="utf-8")
        (folder / "quarantine").mkdir()
        (folder / "quarantine" / "c.csv").write_text(text, encoding="utf-8")

    return write


def result(out, text):
    with claimed(out) as folder:
        return publish(folder, three_files(text), {"run": text})


def contents(out):
    return {
        path.relative_to(out).as_posix(): path.read_text("utf-8")
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }


def test_the_manifest_names_every_file_and_its_digest(tmp_path):
    out = tmp_path / "结果 1"
    result(out, "one")
    manifest = json.loads((out / MANIFEST).read_text("utf-8"))
    assert {entry["name"] for entry in manifest["files"]} == {"a.csv", "b.csv", "quarantine/c.csv"}
    for entry in manifest["files"]:
        assert entry["sha256"] == file_digest(out / entry["name"])
        assert entry["bytes"] == 3
    assert [path.name for path in tmp_path.iterdir()] == [out.name]


def test_a_second_run_replaces_the_first_and_keeps_what_is_not_ours(tmp_path):
    out = tmp_path / "out"
    result(out, "one")
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    (out / "quarantine" / "mine.xlsx").write_text("mine", encoding="utf-8")
    result(out, "two")
    assert contents(out) == {
        "a.csv": "two", "b.csv": "two", "quarantine/c.csv": "two",
        "notes.txt": "mine", "quarantine/mine.xlsx": "mine",
    }  # fmt: skip


def test_a_folder_that_is_not_a_result_is_left_alone(tmp_path):
    out = tmp_path / "documents"
    out.mkdir()
    (out / "thesis.docx").write_text("years", encoding="utf-8")
    with pytest.raises(OutputError, match="E-OUT-FOREIGN"):
        result(out, "one")
    assert contents(out) == {"thesis.docx": "years"}


@pytest.mark.parametrize(
    "manifest",
    ['{"name": "my app", "icons": []}', '{"files": [{"na', "[1]", '{"files": [1]}', "\udcff"],
)
def test_a_folder_with_a_manifest_of_somebody_else_is_left_alone(tmp_path, manifest):
    """Web pages and packages have files of that name too; one of ours that was cut is none."""
    out = tmp_path / "app"
    out.mkdir()
    (out / MANIFEST).write_text(manifest, encoding="utf-8", errors="surrogateescape")
    (out / "thesis.docx").write_text("years", encoding="utf-8")
    with pytest.raises(OutputError, match="E-OUT-FOREIGN"):
        result(out, "one")
    assert contents(out) == {"thesis.docx": "years"}
    assert [path.name for path in tmp_path.iterdir()] == ["app"]


def test_what_somebody_changed_in_our_files_is_kept(tmp_path):
    """Rows in quarantine are corrected where they lie, an annex is edited by hand."""
    out = tmp_path / "out"
    result(out, "one")
    (out / "quarantine" / "c.csv").write_text("corrected", encoding="utf-8")
    result(out, "two")
    kept = {"quarantine/c-old.csv": "corrected"}
    assert contents(out) == {"a.csv": "two", "b.csv": "two", "quarantine/c.csv": "two"} | kept
    result(out, "three")
    assert contents(out)["quarantine/c-old.csv"] == "corrected"
    assert len(contents(out)) == 4


def test_a_swap_stopped_with_a_manifest_that_was_cut_loses_no_file(tmp_path):
    out = tmp_path / "out"
    result(out, "one")
    old = tmp_path / ".out.old"
    old.mkdir()
    (old / MANIFEST).write_text('{"files": [{"na', encoding="utf-8")
    (old / "notes.txt").write_text("mine", encoding="utf-8")
    result(out, "two")
    assert contents(out)["notes.txt"] == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.skipif(sys.platform == "win32", reason="no symbolic links")
def test_a_link_is_written_through(tmp_path):
    real, out = tmp_path / "disk", tmp_path / "out"
    real.mkdir()
    out.symlink_to(real)
    for text in ("one", "two"):
        result(out, text)
        assert out.is_symlink()
        assert set(contents(real).values()) == {text}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["disk", "out"]


def test_one_folder_spelled_in_two_ways_is_one(tmp_path):
    (tmp_path / "a").mkdir()
    with (
        claimed(tmp_path / "out"),
        pytest.raises(OutputError, match="E-OUT-LOCKED"),
        claimed(tmp_path / "a" / ".." / "out"),
    ):
        pass


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "out").write_text("x", encoding="utf-8")
    with pytest.raises(OutputError, match="E-OUT-FILE"):
        result(tmp_path / "out", "one")


def test_two_runs_cannot_hold_one_folder(tmp_path):
    with (
        claimed(tmp_path / "out"),
        pytest.raises(OutputError, match="E-OUT-LOCKED"),
        claimed(tmp_path / "out"),
    ):
        pass


@pytest.mark.parametrize("calls", range(1, 12))
def test_a_full_disk_at_any_write_leaves_the_old_result(tmp_path, monkeypatch, calls):
    out = tmp_path / "out"
    result(out, "one")
    left = [calls]
    real = os.fsync

    def fsync(number):
        left[0] -= 1
        if left[0] == 0:
            raise OSError(28, "No space left on device")
        return real(number)

    monkeypatch.setattr(os, "fsync", fsync)
    if calls <= 4:
        with pytest.raises(OutputError, match="E-OUT-WRITE"):
            result(out, "two")
        assert set(contents(out).values()) == {"one"}
    else:
        result(out, "two")
        assert set(contents(out).values()) == {"two"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_file_that_cannot_be_replaced_leaves_the_old_result(tmp_path, monkeypatch):
    """Windows refuses to move a folder while Excel holds a file in it."""
    out = tmp_path / "out"
    result(out, "one")
    from pathlib import Path

    real = Path.replace

    def replace(self, target):
        if self.name == "out":
            raise PermissionError(13, "in use")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(OutputError, match="E-OUT-WRITE"):
        result(out, "two")
    assert set(contents(out).values()) == {"one"}


def test_an_interrupted_swap_is_mended_at_the_next_start(tmp_path):
    out = tmp_path / "out"
    result(out, "one")
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    out.rename(tmp_path / ".out.old")
    (tmp_path / ".out.new").mkdir()
    (tmp_path / ".out.new" / "a.csv").write_text("half", encoding="utf-8")
    with claimed(out):
        assert contents(out)["a.csv"] == "one"
        assert contents(out)["notes.txt"] == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_swap_that_stopped_before_the_clean_up_keeps_the_new_result_and_the_notes(tmp_path):
    out = tmp_path / "out"
    result(out, "one")
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    out.rename(tmp_path / ".out.old")
    with claimed(tmp_path / "other") as other:
        publish(other, three_files("two"), {})
    (tmp_path / "other").rename(out)
    with claimed(out):
        assert contents(out)["a.csv"] == "two"
        assert contents(out)["notes.txt"] == "mine"


CHILD = """
import sys, itertools
from pathlib import Path
from kepu.folder import claimed, publish
out = Path(sys.argv[1])
for number in itertools.count():
    def write(folder):
        for name in "abcdefgh":
            (folder / f"{name}.csv").write_text(str(number) * 20000, encoding="utf-8")
    with claimed(out) as folder:
        publish(folder, write, {"number": number})
    print(number, flush=True)
"""


def whole(out):
    """Return the run that a folder shows; fail if it shows parts of two, or a broken file."""
    manifest = json.loads((out / MANIFEST).read_text("utf-8"))
    for entry in manifest["files"]:
        assert file_digest(out / entry["name"]) == entry["sha256"]
    return manifest["number"]


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is not there")
@pytest.mark.parametrize("seed", range(12))
def test_killed_at_any_instant_there_is_the_old_result_or_the_new(tmp_path, seed):
    out = tmp_path / "out"
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(out)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout.readline().strip() == "0"
        time.sleep(random.Random(seed).random() * 0.05)
    finally:
        child.send_signal(signal.SIGKILL)
        said = [0, *map(int, child.stdout.read().split())]
        child.wait()
        child.stdout.close()
    seen = whole(out) if out.exists() else None
    assert seen is None or seen >= said[-1]
    with claimed(out):
        assert whole(out) >= said[-1]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is not there")
def test_three_hundred_kills_leave_no_part_of_a_result(tmp_path):
    """F1: writers are forked from this process, so that a kill costs milliseconds."""
    kills, seen = 300, set()
    dice = random.Random(1)
    out = tmp_path / "out"
    begin = time.monotonic()
    result(out, "0" * 20_000)
    longest = 4 * (time.monotonic() - begin)
    for number in range(1, kills + 1):
        child = os.fork()
        if child == 0:
            while True:
                result(out, str(number % 10) * 20_000)
        time.sleep(dice.random() * longest)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        if out.exists():
            digests_hold(out)
        with claimed(out):
            seen.add(digests_hold(out))
        assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert len(seen) > 2, "hardly any run was finished"


def digests_hold(out):
    """Return what all files of a result say; fail if one is broken or of another run."""
    manifest = json.loads((out / MANIFEST).read_text("utf-8"))
    for entry in manifest["files"]:
        assert file_digest(out / entry["name"]) == entry["sha256"]
    (text,) = set(contents(out).values())
    assert set(manifest["run"]) == set(text)
    return text
