"""
`python tasks.py bench [--quick]`: run every benchmark, write `results.json` and the report.

A benchmark is a file of this folder with a function `measure(quick: bool)` that returns rows: dicts
with at least work, graph, ours_ms, peer, peer_ms and ratio. Each runs in a process of its own; one
that fails is a row of its own too. A full run replaces all rows, a quick one those that it measured
again.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import machine
from goals import judged

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "results.json"
REPORT = FOLDER.parent / "docs" / "performance.md"
NEEDED = ("work", "graph", "ours_ms", "peer", "peer_ms", "ratio")
QUICK = ("changes", "matrix", "reading", "routing", "siting", "snapping")
"""What a quick run consists of: less than a minute on two idle cores."""
LIMIT_SECONDS = {True: 600, False: 3600}
Row = dict[str, Any]


def benchmarks(folder: Path) -> list[str]:
    """Return the names of the files that define `measure`, without running them."""
    return [
        path.stem
        for path in sorted(folder.glob("*.py"))
        if any(
            isinstance(node, ast.FunctionDef) and node.name == "measure"
            for node in ast.parse(path.read_text("utf-8")).body
        )
    ]


def failure(name: str, why: str) -> Row:
    """Return the row of something that did not run."""
    return {**dict.fromkeys(NEEDED), "work": name, "graph": "-", "peer": "-", "failed": why}


def checked(name: str, rows: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Return rows with where they come from; one that lacks a column is a failure."""
    found = []
    for row in rows:
        lacks = [key for key in NEEDED if key not in row]
        if lacks:
            found.append(failure(name, f"a row lacks {', '.join(lacks)}"))
        else:
            found.append({**row, "from": name})
    return found


def collected(name: str, quick: bool) -> list[Row]:
    """Run a benchmark in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "rows.json"
        command = [sys.executable, __file__, "--one", name, "--rows", str(out)]
        try:
            done = subprocess.run(
                command + ["--quick"] * quick, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                text=True, encoding="utf-8", errors="replace", timeout=LIMIT_SECONDS[quick],
                check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return [failure(name, f"no end within {LIMIT_SECONDS[quick]} s")]
        if done.returncode != 0 or not out.is_file():
            last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
            return [failure(name, last[:300])]
        return checked(name, json.loads(out.read_text("utf-8")))


def same_place(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what a row is about."""
    return row["work"], row["graph"], row["peer"]


def merged(old: Sequence[Row], new: Sequence[Row], *, quick: bool, processor: str) -> list[Row]:
    """Return the rows to keep: of a quick run also those of before that it did not measure."""
    if not quick:
        return list(new)
    fresh = {same_place(row) for row in new}
    kept = [
        row
        for row in old
        if row.get("processor") == processor
        and same_place(row) not in fresh
        and not row.get("failed")
    ]
    return kept + list(new)


def figure(value: float | None, digits: int = 3) -> str:
    """Write a number with so many significant digits, and no more places than it needs."""
    if value is None:
        return "–"
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"


def distance(row: Mapping[str, Any], found: Mapping[str, Any]) -> float | None:
    """Return how many times what memory alone would need ours takes; None where not reckoned."""
    if "size" not in row or "key" not in row or row["ours_ms"] is None:
        return None
    many = machine.bytes_of(row["key"], row["size"])
    return None if many is None else row["ours_ms"] / machine.floor_ms(many, found["copy_gb_s"])


def goal_lines(rows: Sequence[Row]) -> list[str]:
    """Return the table of goals."""
    lines = ["| 目标 goal | 要求 wanted | 实测 measured | |", "|---|---:|---:|---|"]
    for goal, value, reached in judged(rows):
        wanted = f"≥ {figure(goal.least)}" if goal.least is not None else f"≤ {figure(goal.most)}"
        word = {True: "达到 reached", False: f"未达到 missed. {goal.why}".strip(),
                None: "本次未测 not measured"}[reached]  # fmt: skip
        lines.append(f"| {goal.zh} {goal.en} | {wanted} {goal.unit} | {figure(value)} | {word} |")
    return lines


def row_lines(rows: Sequence[Row], found: Mapping[str, Any]) -> list[str]:
    """Return the table of all that ran."""
    lines = [
        "| 工作 work | 路网 graph | kepu, ms | 对方 peer | ms | 倍数 ratio | 答案 answers "
        "| 内存 MB | 距带宽极限 from the limit |",
        "|---|---|---:|---|---:|---:|---|---:|---:|",
    ]
    for row in rows:
        if row.get("failed"):
            continue
        far = distance(row, found)
        share = row.get("share_done") or 1
        part = f" ({figure(100 * share)} % 换算 scaled)" if share < 1 else ""
        memory = "–"
        if row.get("ours_mb") and row.get("peer_mb"):
            memory = f"{figure(row['ours_mb'])} / {figure(row['peer_mb'])}"
        lines.append(
            f"| {row['work']} | {row['graph']} | {figure(row['ours_ms'])} | "
            f"{row.get('call', row['peer']) or '–'}{part} | {figure(row['peer_ms'])} | "
            f"{figure(row['ratio'])} | {row.get('answers', '')} {row.get('note', '')} | {memory} | "
            f"{figure(far, 2)} |"
        )
    return lines


def failed_lines(rows: Sequence[Row]) -> list[str]:
    """Return what did not run and why."""
    bad = [row for row in rows if row.get("failed")]
    if not bad:
        return ["没有。None."]
    return [f"- {row['work']}, {row['graph']}, {row['peer']}: {row['failed']}" for row in bad]


def written(rows: Sequence[Row], found: Mapping[str, Any]) -> str:
    """Return the report."""
    versions = ", ".join(f"{name} {text or '（无 none）'}" for name, text in
                         found["versions"].items())  # fmt: skip
    chinese = (
        "由 `python tasks.py bench` 写成，请勿手改。双方在同一次运行中交替进行，各用一个线程；"
        "时间是进程 CPU 时间的中位数（毫秒），倍数大于 1 表示 kepu 更快。先逐个比较答案，再比较"
        "时间：权重为整数，答案应逐个相等。标 synthetic 的路网是按固定种子生成的，不是真实路网。"
        "只做了一部分的对方按比例换算，并注明；一次超过 5 秒的对方只做一次。"
        "内存为整个进程的峰值，含读入与程序库（kepu / 对方）。"
        "“距带宽极限”是实测时间与单核内存复制所需时间之比，1 为极限。"
    )
    english = (
        "Written by `python tasks.py bench`; not to be edited. Both sides run in turn in the same "
        "run, one thread each. Times are medians of the CPU time of the process, in milliseconds; "
        "a ratio above 1 says that kepu is quicker. Answers are compared before times are: weights "
        "are whole numbers, so answers should be equal one by one. Networks called synthetic are "
        "made, from a fixed seed. Peers that did a part of the work are scaled up, which is said; "
        "those that need more than 5 s run once. "
        "Memory is the peak of the whole process, libraries and reading included (kepu / peer). "
        "The distance from the limit is ours against what copying memory needs on one core."
    )
    days = sorted({str(row["date"]) for row in rows if "date" in row})
    of_machine = (
        f"{found['processor']}, {found['cores']} cores, {found['system']}, Python "
        f"{found['python']}; {found['copy_gb_s']} GB/s copy, {found['triad_gb_s']} GB/s triad; "
        f"load {found['load']}; {', '.join(days)}"
    )
    return "\n".join([
        "# 性能 Performance", "", chinese, "", english, "",
        "## 机器与版本 Machine and versions", "", of_machine, "", versions, "",
        "## 目标 Goals", "", *goal_lines(rows), "",
        "## 全部结果 All rows", "", *row_lines(rows, found), "",
        "## 未能运行 What did not run", "", *failed_lines(rows), "",
    ])  # fmt: skip


def printed(row: Mapping[str, Any]) -> str:
    """Return a row for the terminal."""
    if row.get("failed"):
        return f"  {row['work']}, {row['graph']}, {row['peer']}: FAILED {row['failed']}"
    peer = row.get("call", row["peer"]) or "-"
    return (
        f"  {row['work'][:58]:58s} {row['graph'][:44]:44s} {figure(row['ours_ms']):>8s} ms  "
        f"{peer[:32]:32s} {figure(row['peer_ms']):>9s} ms {figure(row['ratio']):>7s} x  "
        f"{row.get('answers', '')}"
    )


def main(arguments: Sequence[str]) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--one", help="only this benchmark, its rows to --rows")
    parser.add_argument("--rows", type=Path)
    parser.add_argument("--only", nargs="*", help="only these benchmarks")
    parser.add_argument("--missing", nargs="*", default=[], help="peers that did not install")
    options = parser.parse_args(arguments)
    if options.one:
        rows = importlib.import_module(options.one).measure(options.quick)
        options.rows.write_text(json.dumps(rows, ensure_ascii=False), "utf-8")
        return 0
    found = machine.describe()
    marks = {"date": date.today().isoformat(), "processor": found["processor"],
             "quick": options.quick}  # fmt: skip
    new = [failure(peer, "does not install here") for peer in options.missing]
    for name in benchmarks(FOLDER):
        if name not in (options.only or (QUICK if options.quick else [name])):
            continue
        begin = time.monotonic()
        rows = [{**row, **marks} for row in collected(name, options.quick)]
        print(f"{name}, {time.monotonic() - begin:.0f} s", flush=True)
        for row in rows:
            print(printed(row), flush=True)
        new += rows
    old = json.loads(RESULTS.read_text("utf-8")) if RESULTS.is_file() else []
    partly = options.quick or bool(options.only)
    rows = merged(old, new, quick=partly, processor=found["processor"])
    RESULTS.write_text(
        "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n", "utf-8"
    )
    REPORT.write_text(written(rows, found), "utf-8")
    print("\n".join(["", *goal_lines(rows)]))
    print(f"\n{RESULTS}\n{REPORT}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
