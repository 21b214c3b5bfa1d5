"""What commands share: options, exit codes, messages, progress and printed tables."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from .geo.errors import Fault, KepuError

CLEAN, QUARANTINED, REFUSED, INTERNAL = 0, 2, 3, 4
"""Exit codes: all is well; done, with rows in quarantine; refused; a fault of the program."""

StudyPath = Annotated[Path, typer.Argument(help="研究文件（TOML） / study file", metavar="STUDY")]
Out = Annotated[Path | None, typer.Option("--out", help="结果文件夹 / folder for the results")]
AsJson = Annotated[bool, typer.Option("--json", help="结果以一个 JSON 对象输出 / one JSON object")]
Accept = Annotated[
    bool,
    typer.Option(
        "--accept-quarantine", help="隔离行超限时仍继续 / go on beyond the quarantine limits"
    ),
]
Corrected = Annotated[
    Path | None,
    typer.Option(
        "--with-quarantine",
        help="改好的隔离文件夹，其中的行替换原来被隔离的行 / folder of corrected quarantine files",
    ),
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="不使用道路缓存 / read the roads afresh")]


def messages() -> Console:
    """Return the console for everything that is not a result."""
    return Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


@contextmanager
def guarded(as_json: bool) -> Iterator[None]:
    """Turn what the user can mend into a message and exit code 3, all else into 4."""
    try:
        yield
    except KepuError as error:
        for fault in error.faults:
            messages().print(fault.zh)
            messages().print(fault.en)
        if as_json:
            faults = [{"code": f.code, "zh": f.zh, "en": f.en} for f in error.faults]
            print(json.dumps({"status": "refused", "faults": faults}, ensure_ascii=False))
        raise typer.Exit(REFUSED) from error
    except (typer.Exit, KeyboardInterrupt):
        raise
    except Exception as error:
        messages().print(
            "程序内部错误，请把以下信息发给维护者。 / Internal error; please report this."
        )
        messages().print(traceback.format_exc())
        if as_json:
            print(json.dumps({"status": "internal", "error": type(error).__name__}))
        raise typer.Exit(INTERNAL) from error


@contextmanager
def steps() -> Iterator[Callable[[str], None]]:
    """Show the step at work on a terminal; stay quiet in a pipe."""
    console = messages()
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status("…") as status:
        yield status.update


def exit_code(tables: dict[str, Any]) -> int:
    """Return the exit code of a run whose tables are these."""
    return QUARANTINED if any(table["quarantined"] for table in tables.values()) else CLEAN


def report(faults: list[Fault]) -> None:
    """Print what was noticed, first by code, so that many of a kind do not bury the rest."""
    console, shown = messages(), dict[str, int]()
    for fault in faults:
        shown[fault.code] = shown.get(fault.code, 0) + 1
        if shown[fault.code] <= 5:
            console.print(fault.zh)
            console.print(fault.en)
    for code, count in shown.items():
        if count > 5:
            more = count - 5
            console.print(f"[{code}] 另有 {more} 条，见 quarantine 与 manifest.json / {more} more")


def print_headline(shares: list[dict[str, Any]], folder: Path, illustrative: bool) -> None:
    """Print the share of each standard and where the files lie."""
    from .wording import band_text

    console = Console(highlight=False, markup=False)
    title = "科普设施覆盖（示意数据）" if illustrative else "科普设施覆盖"
    table = Table(title=title, box=None, title_justify="left")
    for name, side in (
        ("标准", "left"),
        ("全区", "right"),
        ("城镇", "right"),
        ("乡村", "right"),
        ("误差范围", "right"),
        ("目标", "right"),
        ("判定", "left"),
    ):
        table.add_column(name, justify=side, overflow="fold")  # type: ignore[arg-type]
    for row in shares:
        cells = [_percent(row["shares"][scope]) for scope in ("district", "urban", "rural")]
        met = {True: "达标", False: "未达标", None: "无法判定"}[row["met"]]
        unsure = row["verdict"] == "unsure"
        band = "—"
        if row["low"] is not None:
            band = f"{band_text(row['low'], row['high'])}%"
        goal = _percent(row["goal"])
        table.add_row(row["name"], *cells, band, goal, f"{met}*" if unsure else met)
    console.print(table)
    if any(row["verdict"] == "unsure" for row in shares):
        console.print("* 目标落在误差范围内（点位精度、速度），不能断定；见 bands.csv、surveys.csv")
    console.print(f"地图 map: {folder / 'map.html'}", soft_wrap=True)
    console.print(f"结果 results: {folder}", soft_wrap=True)


def print_public(folder: Path) -> None:
    """Say which files of a public study may go out."""
    from .report_public import INTERNAL

    messages().print(
        f"公开版：{folder / INTERNAL} 供内部使用，对外提供前删去；其余文件不含精确坐标"
        "和不足 5 人的居民点，地图须经审核、标注审图号后方可公开。\n"
        f"public: {INTERNAL} is for internal use, take it out before you hand the folder on."
    )


def _percent(share: float | None) -> str:
    from .coverage.gaps import percent_down

    return "—" if share is None else f"{percent_down(share)}%"


def print_ledgers(tables: dict[str, Any]) -> None:
    """Print rows and people of each table, and what was done to them."""
    names = {"venues": "设施", "demand": "人口", "targets": "目标"}
    table = Table(box=None)
    for name in ("表", "行数", "通过", "隔离", "忽略", "人口", "隔离人口"):
        table.add_column(name, justify="left" if name == "表" else "right")
    for key, ledger in tables.items():
        table.add_row(
            names[key],
            *(str(ledger[n]) for n in ("rows_in", "ok", "quarantined", "ignored")),
            *(str(ledger[n]) for n in ("people_ok", "people_quarantined")),
        )
    console = Console(highlight=False, markup=False, soft_wrap=True)
    console.print(table)
    for key, ledger in tables.items():
        for line in _remarks(ledger):
            console.print(f"{names[key]}：{line}")


def print_control(rows: list[dict[str, Any]] | None) -> None:
    """Print the people before and after control to official totals, by town."""
    if not rows:
        return
    table = Table(
        box=None, title="人口控制到官方总数 control to official totals", title_justify="left"
    )
    for name in ("镇街", "表内", "官方", "系数", "余差"):
        table.add_column(name, justify="left" if name == "镇街" else "right")
    for row in rows:
        cells = (row["before"], row["official"], f"{row['factor']:.4f}", row["residual"])
        table.add_row(str(next(iter(row.values()))), *map(str, cells))
    Console(highlight=False, markup=False).print(table)


def print_calibration(rows: list[dict[str, Any]] | None) -> None:
    """Print how the speeds stand to timed trips, and what they would have to be multiplied by."""
    if not rows:
        return
    from .wording import MODE_NAMES, ROAD_NAMES

    title = "速度校核（实测行程） speeds against timed trips"
    table = Table(box=None, title=title, title_justify="left")
    for name in ("方式", "道路", "行程", "速度系数", "现状误差", "校正后误差", "留一误差"):
        table.add_column(name, justify="left" if name in ("方式", "道路") else "right")
    for row in rows:
        errors = (row[key] for key in ("error_before", "error_after", "error_left_out"))
        shown = ["—" if error is None else f"{100 * error:.1f}%" for error in errors]
        factor = "行程太少" if row["speed_factor"] is None else f"×{row['speed_factor']:.2f}"
        roads = ROAD_NAMES[row["group"]]
        table.add_row(MODE_NAMES[row["mode"]], roads, str(row["trips"]), factor, *shown)
    Console(highlight=False, markup=False).print(table)


def _remarks(ledger: dict[str, Any]) -> Iterator[str]:
    """Yield what was done to a table beside reading it."""
    normalised = ledger.get("normalised") or {}
    if normalised:
        yield "已规范写法 normalised：" + "、".join(f"{k} {n} 处" for k, n in normalised.items())
    for key, title in (("titles", "标题行 titles"), ("notes", "备注行 notes")):
        if ledger.get(key):
            yield f"{title}：" + "；".join(
                f"第{r['row']}行 {r['text'][:40]}" for r in ledger[key][:5]
            )
    if ledger.get("apart"):
        rows = "、".join(list(ledger["apart"])[:10])
        yield f"不计入的行（虚拟单位等） set apart：第 {rows} 行"
    if ledger.get("corrected"):
        yield f"已用改好的行 corrected rows：{ledger['corrected']}"
    if ledger.get("unknown_columns"):
        yield "未用的列 unused columns：" + "、".join(ledger["unknown_columns"][:10])
