"""The commands `new`, `check`, `geocode` and `warm`: before the analysis."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from .console import (
    AsJson,
    Corrected,
    Out,
    StudyPath,
    exit_code,
    guarded,
    print_control,
    print_ledgers,
    report,
    steps,
)
from .job import cache_folder, command_text


def new(
    folder: Annotated[
        Path, typer.Argument(help="新的或空的文件夹 / new or empty folder", metavar="FOLDER")
    ],
    name: Annotated[str, typer.Option("--name", help="研究名称 / title of the study")] = "",
    as_json: AsJson = False,
) -> None:
    """建一个可以直接填写和运行的研究文件夹 / a study folder to fill in, ready to run."""
    with guarded(as_json):
        from .starter import new_study

        paths = new_study(folder, name=name or f"{folder.resolve().name} 科普设施覆盖分析")
        if as_json:
            files = [str(path) for path in paths]
            print(json.dumps({"status": "ok", "files": files}, ensure_ascii=False))
            return
        for path in paths:
            print(path)
        command = command_text("check", str(folder / "study.toml"))
        print(f"下一步 next: 先看 {paths[0].name} / read it first; {command}")


def check(
    study: StudyPath, out: Out = None, as_json: AsJson = False, corrected: Corrected = None
) -> None:
    """只检查数据，不计算 / validate the inputs only."""
    with guarded(as_json):
        from .folder import claimed, publish
        from .inputs import read_layers
        from .passport import check_sheet, texts
        from .results import write_quarantine
        from .study import read_reported, reported_ledgers
        from .study_file import read_study

        with steps() as step:
            step("检查数据 / checking")
            asked = read_study(study, corrected=corrected)
            layers = read_layers(asked)
            further = reported_ledgers(read_reported(asked))
            ledgers = {**layers.ledgers, **further}
        passport = check_sheet(asked, layers, ledgers)
        with claimed(out or Path("out") / f"{study.stem}-check") as folder:
            publish(folder, lambda new: write_quarantine(new, ledgers), passport)
        rows = [fault for ledger in ledgers.values() for fault in ledger.faults]
        noticed = [fault for ledger in further.values() for fault in ledger.warnings]
        report([*rows, *layers.warnings, *noticed])
        if as_json:
            print(json.dumps({**passport, "faults": [texts(f) for f in rows]}, ensure_ascii=False))
        else:
            print_ledgers(passport["tables"])
            print_control(passport["control"])
            print(f"结果 results: {folder}")
            print(
                f"下一步 next: {command_text('run', str(study))}"
                "（道路和坐标基准届时核对 / which also checks roads and datums）"
            )
        raise typer.Exit(exit_code(passport["tables"]))


def geocode(
    study: StudyPath,
    provider: Annotated[
        str,
        typer.Option(
            "--provider", help="地理编码服务：amap、tianditu、baidu 或 nominatim / service to ask"
        ),
    ] = "amap",
    out: Annotated[Path, typer.Option("--out", help="核对表 / table to review")] = Path(
        "地址核对.csv"
    ),
    url: Annotated[
        str | None, typer.Option("--url", help="自建服务的地址 / URL of a service of one's own")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """联网查询设施表中没有坐标的地址，写成核对表 / ask an online service about addresses."""
    with guarded(as_json):
        from .folder import write_one
        from .geocoding import ask_online
        from .results import csv_safe

        with steps() as step:
            table, error = ask_online(
                study, provider, cache_folder() / "geocode.sqlite", url=url, progress=step
            )
        write_one(out, csv_safe(table).to_csv(index_label="行").encode("utf-8-sig"))
        if error is not None:
            raise error
        answered = int((table["verdict"] == "").sum())
        if as_json:
            facts = {"status": "ok", "out": str(out), "asked": len(table), "answered": answered}
            print(json.dumps(facts, ensure_ascii=False))
        else:
            print(f"{answered}/{len(table)}: {out}")


def warm(as_json: AsJson = False) -> None:
    """预先编译计算内核，大型路网首次运行不必等待 / compile the kernels ahead."""
    with guarded(as_json):
        from time import perf_counter

        from .coverage.siting.warm import warm as compile_searches
        from .geo.around import warm as compile_neighbours
        from .geo.engines import warm as compile_kernels

        begun = perf_counter()
        with steps() as step:
            step("编译 / compiling")
            compile_kernels()
            compile_searches()
            compile_neighbours()
        seconds = round(perf_counter() - begun, 1)
        if as_json:
            print(json.dumps({"status": "ok", "seconds": seconds}))
        else:
            print(f"已就绪 ready: {seconds} s")
