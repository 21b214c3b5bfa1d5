"""The command `whatif`: scenarios beside the present, and beside each other."""

from __future__ import annotations

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
    exit_code,
    guarded,
    print_public,
    report,
    steps,
)
from .job import Job, new_job, noticed

if TYPE_CHECKING:
    from .scenario_keys import Scenario
    from .scenario_results import Comparison
    from .scenarios import Outcome

EDITS = (
    "open", "close", "add", "move", "upgrade", "capacity", "hours", "days", "add-people",
    "close-road", "close-area", "add-road", "speed",
)  # fmt: skip
"""Options that are edits; they count in the order in which they are typed."""
NAME = "情景"


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


Several = list[str] | None


def _edit(name: str, help_: str) -> Any:
    """Return the option of one kind of edit, which may be typed several times."""
    return typer.Option(f"--{name}", metavar="…", help=help_)


OpenEdit = Annotated[Several, _edit("open", "启用设施：V012,V015 / open venues")]
CloseEdit = Annotated[Several, _edit("close", "关闭设施：V001 / close venues")]
AddEdit = Annotated[
    Several,
    _edit(
        "add", "新增设施：类型@经度,纬度，可加“ name=… capacity=60 serves=elderly” / a new venue"
    ),
]
MoveEdit = Annotated[Several, _edit("move", "迁移设施：V001@经度,纬度 / move a venue")]
UpgradeEdit = Annotated[
    Several, _edit("upgrade", "加挂功能：V300=类型，“ keep=false”则改为 / a further function")
]
CapacityEdit = Annotated[Several, _edit("capacity", "改容量：V001=60 / capacity")]
HoursEdit = Annotated[Several, _edit("hours", "改开放时间：V001=08:30-21:00 / hours")]
DaysEdit = Annotated[Several, _edit("days", "改开放日：V001=周一至周日 / days")]
AddPeopleEdit = Annotated[
    Several,
    _edit("add-people", "新增居民点：人数@经度,纬度，可加“ name=… elderly=300” / a new estate"),
]
CloseRoadEdit = Annotated[
    Several, _edit("close-road", "封闭道路或桥：名称或编号 / close roads by name or way")
]
CloseAreaEdit = Annotated[
    Several,
    _edit(
        "close-area",
        "封闭范围内的道路：多边形文件，桥面仍通时加“ bridges=false” / close roads in an area",
    ),
]
AddRoadEdit = Annotated[
    Several,
    _edit("add-road", "新建道路：等级@经度,纬度;经度,纬度，可加“ join_metres=100” / a new road"),
]
SpeedEdit = Annotated[Several, _edit("speed", "改等级速度：car.secondary=30 / speed of a class")]


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
    name: Annotated[
        str | None, typer.Option(help=f"这些改动合称，默认“{NAME}” / what the edits are called")
    ] = None,
    datum: Annotated[
        str | None,
        typer.Option(
            help="所写经纬度和范围文件的坐标基准，默认 WGS84（文件以其自身为准）"
            " / datum of the coordinates typed and of areas"
        ),
    ] = None,
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
        asked = _scenarios(scenario or [], ctx.obj or [], name, resnap, datum)
        typed = [part for pair in ctx.obj or [] for part in (f"--{pair[0]}", pair[1])]
        files = [part for path in scenario or [] for part in ("--scenario", str(path))]
        flags = ["--name", name or NAME] if typed else []
        flags += ["--datum", datum] if datum else []
        flags += [*(["--resnap"] if resnap else []), *([] if figures else ["--no-figures"])]
        job = new_job(
            "whatif", study, out or Path("out") / f"{study.stem}-whatif",
            [str(study), *files, *typed, *flags], as_json=as_json,
            accept=accept_quarantine, corrected=corrected, no_cache=no_cache,
        )  # fmt: skip
        _run(job, asked, figures)


def _scenarios(
    files: list[Path],
    typed: list[tuple[str, str]],
    name: str | None,
    resnap: bool,
    datum: str | None,
) -> list[Scenario]:
    """Return the scenarios of the files, and that of the edits typed, which the options are of."""
    from .geo.errors import Fault, StudyError
    from .scenario_file import read_scenarios, require_own_names
    from .scenario_options import from_options

    if not typed and not files:
        raise StudyError(Fault("E-SCENARIO-EMPTY"))
    said = {"--name": name, "--datum": datum, "--resnap": resnap}
    if not typed and any(said.values()):
        idle = "、".join(option for option, value in said.items() if value)
        raise StudyError(Fault("E-SCENARIO-UNUSED", value=idle))
    found = read_scenarios(files)
    if typed:
        found.append(from_options(typed, name=name or NAME, resnap=resnap, datum=datum))
    require_own_names(found, taken=("现状",))
    return found


def _run(job: Job, scenarios: list[Scenario], figures: bool) -> None:
    from .folder import claimed, publish
    from .report_public import INTERNAL, internal_folder, is_public, keep_passport, published
    from .scenario_figures import write_figures
    from .scenario_results import Comparison
    from .scenario_sheets import write_comparison
    from .scenarios import apply, baseline

    with claimed(job.out) as folder, steps() as step:
        asked, measured = job.measured(step)
        step("情景 / scenarios")
        outcomes = [baseline(asked, measured)]
        outcomes += [apply(asked, measured, scenario, cache=job.cache) for scenario in scenarios]
        found = Comparison(outcomes)
        facts = job.passport(asked, measured, outcomes[0].assessment)
        facts["scenarios"] = [_scenario_facts(outcome) for outcome in outcomes[1:]]

        def write(new: Path) -> None:
            step("写出表格 / tables")
            write_comparison(new, found)
            keep_passport(new, asked, facts)
            if figures:
                step("绘图 / figures")
                write_figures(internal_folder(new, asked), found)

        told = published(facts, asked)
        if is_public(asked):  # what they say names places and points
            told["scenarios"] = [outcome.scenario.name for outcome in outcomes[1:]]
            told["command"] = f"kepu whatif {asked.path.name} …（全文见 {INTERNAL}）"
        manifest = publish(folder, write, told)
    report([*noticed(measured), *measured.warnings, *(w for o in outcomes for w in o.warnings)])
    if job.as_json:
        result = {
            "status": "ok", "out": str(folder), "changes": found.headline,
            "scenarios": facts["scenarios"], "files": manifest["files"],
        }  # fmt: skip
        print(json.dumps(result, ensure_ascii=False))
    else:
        _print(found, folder, asked.study.illustrative)
        if is_public(asked):
            print_public(folder)
    raise typer.Exit(exit_code(manifest["tables"]))


def _scenario_facts(outcome: Outcome) -> dict[str, Any]:
    """Return what the passport says of a scenario: its edits, what they did, what was noticed."""
    from .passport import texts

    return {
        "scenario": outcome.scenario.model_dump(mode="json", exclude_defaults=True),
        "did": outcome.notes,
        "warnings": [texts(fault) for fault in outcome.warnings],
    }


def _print(found: Comparison, folder: Path, illustrative: bool) -> None:
    """Print what each scenario did, who gains and who loses in the district, who is cut off."""
    from .coverage.gaps import percent_down
    from .scenario_sheets import hit_lines

    console = Console(highlight=False, markup=False, soft_wrap=True)
    titles = {s.key: s.name for s in found.outcomes[0].study.wanted}
    for outcome in found.outcomes[1:]:
        mark = "（示意数据）" if illustrative else ""
        console.print(f"\n情景 {outcome.scenario.name}{mark}")
        for note in outcome.notes:
            console.print(f"  · {note}")
        rows = [row for row in found.headline if row["scenario"] == outcome.scenario.name]
        heads = {"gained": "新覆盖", "lost": "失去覆盖", "cut_off": "不再可达"}
        heads |= {"nearer": "变近", "farther": "变远"}
        heads |= {"arrived": "新增居民点"} if any(row["arrived"] for row in rows) else {}
        table = Table(box=None)
        table.add_column("标准", overflow="fold")
        for head in ("现状", "情景", *heads.values()):
            table.add_column(head, justify="right")
        for row in rows:
            shares = (row["share_before"], row["share_after"])
            cells = ["—" if s is None else f"{percent_down(s)}%" for s in shares]
            table.add_row(titles[row["standard"]], *cells, *(f"{row[key]:,}" for key in heads))
        console.print(table)
        for line in hit_lines(found, outcome):
            console.print(f"  {line}")
    states = "，".join(f"{n} {o.scenario.name}" for n, o in enumerate(found.outcomes))
    console.print(
        f"\n结果 results: {folder}（各情景的表：{states}；逐村的中断与绕行：access_lost.csv）"
    )
