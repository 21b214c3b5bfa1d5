"""The command `whatif`: scenarios beside the present, and beside each other."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from typer.core import TyperCommand

from .console import (
    Accept,
    AsJson,
    Corrected,
    NoCache,
    Out,
    StudyPath,
    cache_folder,
    command_text,
    exit_code,
    guarded,
    report,
    steps,
)

if TYPE_CHECKING:
    from .scenario_keys import Scenario
    from .scenario_results import Comparison

EDITS = (
    "open", "close", "add", "move", "upgrade", "capacity", "hours", "days", "add-people",
    "close-road", "close-area", "add-road", "speed",
)  # fmt: skip
"""Options that are edits; they count in the order in which they are typed."""


class InOrder(TyperCommand):
    """A command that notes the order in which edits of several kinds were typed."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Note the edits, then parse as ever."""
        typed, rest = [], list(args)
        while rest:
            name, _, value = rest.pop(0).partition("=")
            if name == "--":
                break
            if name.removeprefix("--") in EDITS and name.startswith("--"):
                typed.append((name[2:], value if _ else rest.pop(0) if rest else ""))
        ctx.obj = typed
        return super().parse_args(ctx, args)


OpenEdit = Annotated[
    list[str] | None, typer.Option("--open", metavar="…", help="启用设施：V012,V015 / open venues")
]
CloseEdit = Annotated[
    list[str] | None, typer.Option("--close", metavar="…", help="关闭设施：V001 / close venues")
]
AddEdit = Annotated[
    list[str] | None,
    typer.Option("--add", metavar="…", help="新增设施：类型@经度,纬度 / a new venue"),
]
MoveEdit = Annotated[
    list[str] | None,
    typer.Option("--move", metavar="…", help="迁移设施：V001@经度,纬度 / move a venue"),
]
UpgradeEdit = Annotated[
    list[str] | None,
    typer.Option("--upgrade", metavar="…", help="加挂功能：V300=类型 / a further function"),
]
CapacityEdit = Annotated[
    list[str] | None, typer.Option("--capacity", metavar="…", help="改容量：V001=60 / capacity")
]
HoursEdit = Annotated[
    list[str] | None,
    typer.Option("--hours", metavar="…", help="改开放时间：V001=08:30-21:00 / hours"),
]
DaysEdit = Annotated[
    list[str] | None, typer.Option("--days", metavar="…", help="改开放日：V001=周一至周日 / days")
]
AddPeopleEdit = Annotated[
    list[str] | None,
    typer.Option("--add-people", metavar="…", help="新增居民点：人数@经度,纬度 / a new estate"),
]
CloseRoadEdit = Annotated[
    list[str] | None,
    typer.Option(
        "--close-road", metavar="…", help="封闭道路或桥：名称或编号 / close roads by name or way"
    ),
]
CloseAreaEdit = Annotated[
    list[str] | None,
    typer.Option(
        "--close-area", metavar="…", help="封闭范围内的道路：多边形文件 / close roads in an area"
    ),
]
AddRoadEdit = Annotated[
    list[str] | None,
    typer.Option("--add-road", metavar="…", help="新建道路：等级@经度,纬度;经度,纬度 / a new road"),
]
SpeedEdit = Annotated[
    list[str] | None,
    typer.Option("--speed", metavar="…", help="改等级速度：car.secondary=30 / speed of a class"),
]


def whatif(
    ctx: typer.Context,
    study: StudyPath,
    scenario: Annotated[
        list[Path] | None,
        typer.Option("--scenario", "-s", help="情景文件（TOML），可多次 / scenario files"),
    ] = None,
    open_: OpenEdit = None,
    close: CloseEdit = None,
    add: AddEdit = None,
    move: MoveEdit = None,
    upgrade: UpgradeEdit = None,
    capacity: CapacityEdit = None,
    hours: HoursEdit = None,
    days: DaysEdit = None,
    add_people: AddPeopleEdit = None,
    close_road: CloseRoadEdit = None,
    close_area: CloseAreaEdit = None,
    add_road: AddRoadEdit = None,
    speed: SpeedEdit = None,
    name: Annotated[str, typer.Option(help="这些改动合称 / what the edits are called")] = "情景",
    resnap: Annotated[
        bool, typer.Option("--resnap", help="道路改动后重新接入路网 / tie everybody anew")
    ] = False,
    figures: Annotated[
        bool, typer.Option("--figures/--no-figures", help="绘制对比图 / draw figures")
    ] = True,
    out: Out = None,
    as_json: AsJson = False,
    accept_quarantine: Accept = False,
    corrected: Corrected = None,
    no_cache: NoCache = False,
) -> None:
    """假如……会怎样：启停设施、新增人口、封路修路，与现状对比 / scenarios beside the present."""
    del open_, close, add, move, upgrade, capacity, hours, days, add_people, close_road
    del close_area, add_road, speed  # all of them stand in ctx.obj, in their order
    with guarded(as_json):
        asked = _scenarios(scenario or [], ctx.obj or [], name, resnap)
        folder = out or Path("out") / f"{study.stem}-whatif"
        typed = [part for pair in ctx.obj or [] for part in (f"--{pair[0]}", pair[1])]
        files = [part for path in scenario or [] for part in ("--scenario", str(path))]
        flags = ["--resnap"] if resnap else []
        command = command_text("whatif", str(study), *files, *typed, *flags, "--out", str(folder))
        cache = None if no_cache else cache_folder()
        _run(study, asked, folder, command, as_json, accept_quarantine, cache, corrected, figures)


def _scenarios(
    files: list[Path], typed: list[tuple[str, str]], name: str, resnap: bool
) -> list[Scenario]:
    from .geo.errors import Fault, StudyError
    from .scenario_file import from_options, read_scenario

    found = [read_scenario(path) for path in files]
    if typed:
        found.append(from_options(typed, name=name, resnap=resnap))
    if not found:
        raise StudyError(Fault("E-SCENARIO-EMPTY"))
    names = ["现状", *(scenario.name for scenario in found)]
    twice = sorted({one for one in names if names.count(one) > 1})
    if twice:
        raise StudyError(*(Fault("E-SCENARIO-TWICE", value=one) for one in twice))
    return found


def _run(
    path: Path, scenarios: list[Scenario], out: Path, command: str, as_json: bool, accept: bool,
    cache: Path | None, corrected: Path | None, figures: bool,
) -> None:  # fmt: skip
    from .folder import claimed, publish
    from .inputs import read_layers
    from .passport import passport, texts
    from .scenario_figures import write_figures
    from .scenario_results import Comparison, write_comparison
    from .scenarios import apply, baseline
    from .study import survey
    from .study_file import read_study

    with claimed(out) as folder, steps() as step:
        step("读取数据 / reading")
        asked = read_study(path, corrected=corrected)
        layers = read_layers(asked)
        step("计算出行时间 / travel times")
        measured = survey(asked, layers, accept_quarantine=accept, cache=cache)
        step("情景 / scenarios")
        outcomes = [baseline(asked, measured)]
        outcomes += [apply(asked, measured, scenario, cache=cache) for scenario in scenarios]
        found = Comparison(outcomes)
        created = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        facts = passport(asked, measured, outcomes[0].assessment, command=command, created=created)
        facts["scenarios"] = [
            {
                "scenario": outcome.scenario.model_dump(mode="json", exclude_defaults=True),
                "did": outcome.notes,
                "warnings": [texts(fault) for fault in outcome.warnings],
            }
            for outcome in outcomes[1:]
        ]

        def write(new: Path) -> None:
            step("写出表格 / tables")
            write_comparison(new, found)
            if figures:
                step("绘图 / figures")
                write_figures(new, found)

        manifest = publish(folder, write, facts)
    report([*measured.warnings, *(w for o in outcomes for w in o.warnings)])
    if as_json:
        result = {
            "status": "ok", "out": str(folder), "changes": found.headline,
            "scenarios": facts["scenarios"], "files": manifest["files"],
        }  # fmt: skip
        print(json.dumps(result, ensure_ascii=False))
    else:
        _print(found, folder, asked.study.illustrative)
    raise typer.Exit(exit_code(manifest["tables"]))


def _print(found: Comparison, folder: Path, illustrative: bool) -> None:
    """Print what each scenario did, and its gains and losses in the whole district."""
    from .coverage.gaps import percent_down

    console = Console(highlight=False, markup=False, soft_wrap=True)
    titles = {s.key: s.name for s in found.outcomes[0].study.wanted}
    for outcome in found.outcomes[1:]:
        mark = "（示意数据）" if illustrative else ""
        console.print(f"\n情景 {outcome.scenario.name}{mark}")
        for note in outcome.notes:
            console.print(f"  · {note}")
        table = Table(box=None)
        heads = ("标准", "现状", "情景", "新覆盖", "失去覆盖", "不再可达", "变近", "变远")
        for head in heads:
            table.add_column(head, justify="left" if head == "标准" else "right")
        for row in found.headline:
            if row["scenario"] != outcome.scenario.name:
                continue
            shares = (row["share_before"], row["share_after"])
            cells = ["—" if s is None else f"{percent_down(s)}%" for s in shares]
            counts = (row[k] for k in ("gained", "lost", "cut_off", "nearer", "farther"))
            table.add_row(titles[row["standard"]], *cells, *(f"{n:,}" for n in counts))
        console.print(table)
    console.print(f"\n结果 results: {folder}")
