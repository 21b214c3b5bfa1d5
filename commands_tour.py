"""The command `tour`: stops, sequence and calendar of the mobile units."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from .console import (
    Accept,
    AsJson,
    Corrected,
    NoCache,
    Out,
    StudyPath,
    exit_code,
    guarded,
    print_public,
    report,
    steps,
)
from .job import Job, new_job, noticed

if TYPE_CHECKING:
    from .geo.errors import Fault
    from .touring import Touring
    from .touring_choices import TourChoices


def tour(
    study: StudyPath,
    seconds: Annotated[float, typer.Option(min=1, help="最多算多少秒 / seconds at most")] = 40.0,
    out: Out = None,
    as_json: AsJson = False,
    accept_quarantine: Accept = False,
    corrected: Corrected = None,
    no_cache: NoCache = False,
) -> None:
    """流动科技馆、科普大篷车的巡回：停靠点、路线、日历 / stops and calendar of mobile units."""
    with guarded(as_json):
        job = new_job(
            "tour", study, out or Path("out") / f"{study.stem}-tour",
            [str(study), "--seconds", f"{seconds:g}"], as_json=as_json,
            accept=accept_quarantine, corrected=corrected, no_cache=no_cache,
        )  # fmt: skip
        _run(job, seconds)


def _run(job: Job, seconds: float) -> None:
    from .assessment import assess
    from .coverage.siting.answers import Watch
    from .folder import claimed, publish
    from .report_public import internal_folder, is_public, keep_passport, published
    from .touring import plan_tour
    from .touring_choices import tour_choices
    from .touring_scene import scene_of
    from .touring_tables import summary, write_tour

    with claimed(job.out) as folder, steps() as step:
        study, measured = job.measured(step)
        step("停靠点之间的路程 / ways between hosts")
        scene = scene_of(study, measured, cache=job.cache)
        step("编排巡回 / planning")
        found = plan_tour(scene, Watch(seconds * 0.7))
        step("多一天、多一台的效果，替换方案 / marginal values, alternatives")
        extra = tour_choices(found, Watch(seconds * 0.3))
        facts = job.passport(study, measured, assess(study, measured))
        facts["tour"] = summary(found, extra)
        step("写出日历、表格与图 / calendar, tables, figure")

        def write(new: Path) -> None:
            write_tour(new, found, extra)
            keep_passport(new, study, facts)

        manifest = publish(folder, write, published(facts, study))
    report([*noticed(measured), *measured.warnings, *warnings(found)])
    if job.as_json:
        result = {"status": "ok", "out": str(folder), **facts["tour"], "files": manifest["files"]}
        print(json.dumps(result, ensure_ascii=False, default=str))
    else:
        calendar = internal_folder(folder, study) / "calendar.xlsx"
        _print(found, extra, facts["tour"], folder, calendar)
        if is_public(study):
            print_public(folder)
    raise typer.Exit(exit_code(manifest["tables"]))


def warnings(found: Touring) -> list[Fault]:
    """Return which floors cannot be kept and by how much, and other things to know of a plan."""
    from .geo.errors import Fault
    from .touring_calendar import KIND_NAMES

    towns = found.scene.measured.towns["name"]
    names = {"rural": "乡村", "urban": "城镇", **towns.to_dict()}
    faults = []
    for key, lack in found.planned.shortfalls.items():
        kind, _, code = key.partition(":")
        what = "大篷车每年到访" if kind == "visit" else f"{KIND_NAMES[kind]}服务下限"
        name = f"{names.get(code, code)}{what}"
        faults.append(Fault("W-TOUR-FLOOR", facts={"name": name, "lack": lack}))
    for crew in found.planned.crews:
        if crew.cut:
            faults.append(Fault("W-TOUR-CUT", value=crew.rules.name, facts={"stops": crew.cut}))
    over = int(found.stops["over_capacity"].sum())
    if over:
        faults.append(Fault("W-TOUR-CAPACITY", facts={"count": over}))
    return faults


def _print(
    found: Touring, extra: TourChoices, facts: dict[str, Any], folder: Path, calendar: Path
) -> None:
    from rich.console import Console
    from rich.table import Table

    from .touring_tables import marginal_sheet, reach_sheet

    console = Console(highlight=False, markup=False)
    marked = "（示意数据）" if found.scene.study.study.illustrative else ""
    console.print(f"巡回方案 {facts['first']} 至 {facts['last']}{marked}")
    console.print(f"判定：{facts['proof_zh']}，用时 {facts['seconds']:.1f} 秒；"
                  f"停靠 {facts['stops']} 次，行驶 {facts['kilometres']:,.1f} 公里")  # fmt: skip
    reach = reach_sheet(found)
    columns = ["种类", "范围", "人口", "有固定设施", "缺少固定设施", "目标次数", "巡回达到目标"]
    columns += ["仅固定设施（%）", "固定加流动（%）"]
    sheets = {
        "服务人口（固定与流动分列）": reach[reach["范围"].isin(["全区", "城镇", "乡村"])][columns],
        "再多（少）一些会怎样": marginal_sheet(extra),
    }
    for title, sheet in sheets.items():
        table = Table(title=title, box=None, title_justify="left")
        for name in sheet:
            numeric = _is_numeric(sheet[name])
            # A number over two lines is misread; its header may be broken instead.
            least = max((len(_cell(one)) for one in sheet[name]), default=0) if numeric else None
            side: Literal["right", "left"] = "right" if numeric else "left"
            table.add_column(str(name), justify=side, overflow="fold", min_width=least)
        for row in sheet.itertuples(index=False):
            table.add_row(*map(_cell, row))
        console.print(table)
    console.print(f"日历 calendar: {calendar}", soft_wrap=True)
    console.print(f"结果 results: {folder}", soft_wrap=True)


def _is_numeric(column: Any) -> bool:
    """Tell whether a column holds numbers."""
    from pandas.api.types import is_numeric_dtype

    return bool(is_numeric_dtype(column))


def _cell(value: Any) -> str:
    from pandas import isna

    if isna(value):  # also what was not proved in time
        return "—"
    if isinstance(value, str):
        return value
    return f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"
