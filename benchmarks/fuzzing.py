"""
Feed readers with what nobody would write, and see that they refuse it by name.

    python -m pip install atheris
    python benchmarks/fuzzing.py tables --seconds 600 --folder build/fuzz

The seconds are those of the processor. What is kept in the folder: a corpus for each target, which
the next run begins with, and one file and one traceback for each kind of fault. A run that ends the
process is begun again for the time that is left.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGETS = ("tables", "geojson", "roads", "study", "scenario")
RESTART_SECONDS = 5
SLOW_SECONDS = 20
MOST_BYTES = 4096
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None


def one_run(target: str, folder: Path, seconds: int) -> None:
    """Fuzz in this process until the time is over or the process ends."""
    import atheris
    import fuzz_targets

    fuzz_targets.prepare(target)
    corpus, found = folder / target, folder / f"{target}.found"
    corpus.mkdir(parents=True, exist_ok=True)
    found.mkdir(exist_ok=True)
    fuzz_targets.seeds(target, corpus)
    done = 0

    def tried(data: bytes) -> None:
        nonlocal done
        done += 1
        (found / "last").write_bytes(data)
        begin = time.process_time()
        try:
            fuzz_targets.TARGETS[target](data)
        except Exception as error:
            keep(found, data, "".join(traceback.format_exception(error)))
        took = time.process_time() - begin
        if took > SLOW_SECONDS:
            keep(found, data, f"  File: slow\n{took:.0f} s")
        if time.process_time() > seconds:
            print(f"runs {done}, corpus {len(list(corpus.iterdir()))}", flush=True)
            os._exit(0)

    options = [
        f"-max_len={MOST_BYTES}", "-rss_limit_mb=4000", "-timeout=600",
        f"-artifact_prefix={found}/", str(corpus),
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *options], tried)
    atheris.Fuzz()


def keep(found: Path, data: bytes, words: str) -> None:
    """Keep data and traceback of a fault, one for each place that it comes from."""
    places = [line for line in words.splitlines() if line.startswith("  File")]
    name = hashlib.sha256((places[-1] + words.splitlines()[-1][:30]).encode()).hexdigest()[:12]
    if not (found / name).exists():
        (found / name).write_bytes(data)
        (found / f"{name}.txt").write_text(words, "utf-8")
        print(f"found {name}: {words.splitlines()[-1][:200]}", flush=True)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[1])
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "fuzz")
    parser.add_argument("--inside", action="store_true", help="this process does the work")
    options = parser.parse_args()
    if options.inside:
        one_run(options.target, options.folder, options.seconds)
        return
    options.folder.mkdir(parents=True, exist_ok=True)
    while (left := int(options.seconds - spent())) > RESTART_SECONDS:
        log = options.folder / f"{options.target}.{left}.log"
        command = [sys.executable, __file__, options.target, "--inside"]
        command += ["--seconds", str(left), "--folder", str(options.folder)]
        with log.open("wb") as stream, tempfile.TemporaryDirectory(dir=MEMORY) as work:
            there = os.environ | {"TMPDIR": work}
            subprocess.run(command, stdout=stream, stderr=stream, env=there)
        lines = log.read_text("utf-8", "replace").splitlines()
        told = [line for line in lines if line.startswith(("runs", "found", "=="))]
        print(f"{options.target}, of {left} s:", *told, sep="\n  ", flush=True)


def spent() -> float:
    """Return the seconds of the processor that the children have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
