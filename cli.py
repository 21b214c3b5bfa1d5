"""The command line: arguments to a study to files. The only place that prints."""

from __future__ import annotations

import datetime
import json
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from . import __version__
from .geo.errors import Fault, KepuError

if TYPE_CHECKING:
    from .study import Assessment, Survey
    from .study_keys import Study

CLEAN, QUARANTINED, REFUSED, INTERNAL = 0, 2, 3, 4
"""Exit codes: all is well; done, with rows in quarantine; refused; a fault of the program."""

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,
    help="科普设施覆盖分析：谁在多少分钟内能到达哪类科普设施，哪些乡村落在后面。\n\n"
    "Who reaches which science venue in how many minutes, and which places are left behind.",
)

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


def _err() -> Console:
    return Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


@contextmanager
def _guarded(as_json: bool) -> Iterator[None]:
    """Turn what the user can mend into a message and exit code 3, all else into 4."""
    try:
        yield
    except KepuError as error:
        for fault in error.faults:
            _err().print(fault.zh)
            _err().print(fault.en)
        if as_json:
            faults = [{"code": f.code, "zh": f.zh, "en": f.en} for f in error.faults]
            print(json.dumps({"status": "refused", "faults": faults}, ensure_ascii=False))
        raise typer.Exit(REFUSED) from error
    except (typer.Exit, KeyboardInterrupt):
        raise
    except Exception as error:
        _err().print("程序内部错误，请把以下信息发给维护者。 / Internal error; please report this.")
        _err().print(traceback.format_exc())
        if as_json:
            print(json.dumps({"status": "internal", "error": type(error).__name__}))
        raise typer.Exit(INTERNAL) from error


@contextmanager
def _steps() -> Iterator[Callable[[str], None]]:
    """Show the step at work on a terminal; stay quiet in a pipe."""
    console = _err()
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status("…") as status:
        yield status.update


def _cache_folder() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("kepu", appauthor=False)


def _command(name: str, *parts: str) -> str:
    """Return the command as it can be typed; bytes of a path that are no UTF-8 become marks."""
    text = " ".join(["kepu", name, *(f'"{p}"' if " " in p else p for p in parts)])
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


@app.command()
def run(
    study: StudyPath,
    out: Out = None,
    as_json: AsJson = False,
    accept_quarantine: Accept = False,
    corrected: Corrected = None,
    no_cache: NoCache = False,
) -> None:
    """从数据到结果：覆盖率、短板清单与离线地图 / tables, flags and one offline map."""
    with _guarded(as_json):
        folder = out or Path("out") / study.stem
        options = ["--accept-quarantine"] if accept_quarantine else []
        options += ["--with-quarantine", str(corrected)] if corrected else []
        command = _command("run", str(study), "--out", str(folder), *options)
        cache = None if no_cache else _cache_folder()
        _run(study, folder, command, as_json, accept_quarantine, cache, corrected)


@app.command()
def demo(out: Out = None, as_json: AsJson = False, no_cache: NoCache = False) -> None:
    """用自带的示意数据从头跑一遍 / the illustrative study from start to end."""
    from importlib.resources import as_file, files

    with _guarded(as_json), as_file(files("kepu") / "data" / "boundaries") as data:
        folder = out or Path("kepu-demo")
        command = _command("demo", "--out", str(folder))
        cache = None if no_cache else _cache_folder()
        _run(data / "study.toml", folder, command, as_json, False, cache)


@app.command()
def new(
    folder: Annotated[
        Path, typer.Argument(help="新的或空的文件夹 / new or empty folder", metavar="FOLDER")
    ],
    name: Annotated[str, typer.Option("--name", help="研究名称 / title of the study")] = "",
    as_json: AsJson = False,
) -> None:
    """建一个可以直接填写和运行的研究文件夹 / a study folder to fill in, ready to run."""
    with _guarded(as_json):
        from .starter import new_study

        paths = new_study(folder, name=name or f"{folder.resolve().name} 科普设施覆盖分析")
        if as_json:
            files = [str(path) for path in paths]
            print(json.dumps({"status": "ok", "files": files}, ensure_ascii=False))
            return
        for path in paths:
            print(path)
        command = _command("check", str(folder / "study.toml"))
        print(f"下一步 next: 先看 {paths[0].name} / read it first; {command}")


@app.command()
def warm(as_json: AsJson = False) -> None:
    """预先编译计算内核，大型路网首次运行不必等待 / compile the kernels ahead."""
    with _guarded(as_json):
        from time import perf_counter

        from .geo.engines import warm as compile_kernels

        begun = perf_counter()
        with _steps() as step:
            step("编译 / compiling")
            compile_kernels()
        seconds = round(perf_counter() - begun, 1)
        if as_json:
            print(json.dumps({"status": "ok", "seconds": seconds}))
        else:
            print(f"已就绪 ready: {seconds} s")


@app.command()
def check(
    study: StudyPath, out: Out = None, as_json: AsJson = False, corrected: Corrected = None
) -> None:
    """只检查数据，不计算 / validate the inputs only."""
    with _guarded(as_json):
        from .folder import claimed, publish
        from .inputs import read_layers
        from .passport import check_sheet, texts
        from .results import write_quarantine
        from .study_file import read_study

        with _steps() as step:
            step("检查数据 / checking")
            asked = read_study(study, corrected=corrected)
            layers = read_layers(asked)
        passport = check_sheet(asked, layers)
        with claimed(out or Path("out") / f"{study.stem}-check") as folder:
            publish(folder, lambda new: write_quarantine(new, layers.ledgers), passport)
        rows = [fault for ledger in layers.ledgers.values() for fault in ledger.faults]
        _report([*rows, *layers.warnings])
        if as_json:
            print(json.dumps({**passport, "faults": [texts(f) for f in rows]}, ensure_ascii=False))
        else:
            _print_ledgers(passport["tables"])
            _print_control(passport["control"])
            print(f"结果 results: {folder}")
        raise typer.Exit(_exit_code(passport["tables"]))


@app.command()
def geocode(
    study: StudyPath,
    provider: Annotated[
        str, typer.Option("--provider", help="amap、tianditu、baidu 或 nominatim")
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
    with _guarded(as_json):
        from .geocoding import ask_online

        with _steps() as step:
            table, error = ask_online(
                study, provider, _cache_folder() / "geocode.sqlite", url=url, progress=step
            )
        table.to_csv(out, index_label="行", encoding="utf-8-sig")
        if error is not None:
            raise error
        answered = int((table["verdict"] == "").sum())
        if as_json:
            facts = {"status": "ok", "out": str(out), "asked": len(table), "answered": answered}
            print(json.dumps(facts, ensure_ascii=False))
        else:
            print(f"{answered}/{len(table)}: {out}")


def _run(
    path: Path,
    out: Path,
    command: str,
    as_json: bool,
    accept: bool,
    cache: Path | None,
    corrected: Path | None = None,
) -> None:
    from .folder import claimed, publish
    from .inputs import read_layers
    from .passport import headline, passport
    from .results import write_tables
    from .study import assess, survey
    from .study_file import read_study

    with claimed(out) as folder, _steps() as step:
        step("读取数据 / reading")
        asked = read_study(path, corrected=corrected)
        layers = read_layers(asked)
        step("计算出行时间 / travel times")
        measured = survey(asked, layers, accept_quarantine=accept, cache=cache)
        step("统计覆盖 / coverage")
        found = assess(asked, measured)
        created = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        facts = passport(asked, measured, found, command=command, created=created)

        def write(new: Path) -> None:
            step("写出表格 / tables")
            write_tables(new, asked, measured, found)
            step("绘制地图 / map")
            (new / "map.html").write_text(
                _map(asked, measured, found, facts), encoding="utf-8", newline="\n"
            )

        manifest = publish(folder, write, facts)
    rows = [fault for ledger in measured.ledgers.values() for fault in ledger.faults]
    _report([*rows, *measured.warnings])
    shares = headline(asked, found)
    if as_json:
        result = {
            "status": "ok",
            "out": str(folder),
            "map": str(folder / "map.html"),
            "standards": shares,
            "flags": len(found.flags),
            "tables": manifest["tables"],
            "warnings": manifest["warnings"],
            "files": manifest["files"],
        }
        print(json.dumps(result, ensure_ascii=False))
    else:
        _print_headline(shares, folder, asked.study.illustrative)
    raise typer.Exit(_exit_code(manifest["tables"]))


def _map(asked: Study, measured: Survey, found: Assessment, facts: dict[str, Any]) -> str:
    from .atlas import atlas
    from .maps.web import web_map

    return web_map(**atlas(asked, measured, found, facts))


def _exit_code(tables: dict[str, Any]) -> int:
    return QUARANTINED if any(table["quarantined"] for table in tables.values()) else CLEAN


def _report(faults: list[Fault]) -> None:
    """Print what was noticed, first by code, so that many of a kind do not bury the rest."""
    console, shown = _err(), dict[str, int]()
    for fault in faults:
        shown[fault.code] = shown.get(fault.code, 0) + 1
        if shown[fault.code] <= 5:
            console.print(fault.zh)
            console.print(fault.en)
    for code, count in shown.items():
        if count > 5:
            more = count - 5
            console.print(f"[{code}] 另有 {more} 条，见 quarantine 与 manifest.json / {more} more")


def _print_headline(shares: list[dict[str, Any]], folder: Path, illustrative: bool) -> None:
    console = Console(highlight=False)
    title = "科普设施覆盖（示意数据）" if illustrative else "科普设施覆盖"
    table = Table(title=title, box=None, title_justify="left")
    for name, side in (
        ("标准", "left"),
        ("全区", "right"),
        ("城镇", "right"),
        ("乡村", "right"),
        ("目标", "right"),
        ("判定", "left"),
    ):
        table.add_column(name, justify=side)  # type: ignore[arg-type]
    for row in shares:
        cells = [_percent(row["shares"][scope]) for scope in ("district", "urban", "rural")]
        met = {True: "达标", False: "未达标", None: "无法判定"}[row["met"]]
        table.add_row(row["name"], *cells, _percent(row["goal"]), met)
    console.print(table)
    console.print(f"地图 map: {folder / 'map.html'}", soft_wrap=True)
    console.print(f"结果 results: {folder}", soft_wrap=True)


def _percent(share: float | None) -> str:
    from .coverage.gaps import percent_down

    return "—" if share is None else f"{percent_down(share)}%"


def _print_ledgers(tables: dict[str, Any]) -> None:
    names = {"venues": "设施", "demand": "人口"}
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


def _print_control(rows: list[dict[str, Any]] | None) -> None:
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


def _version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="版本 / version")
    ] = False,
) -> None:
    """科普设施覆盖分析 / coverage of science venues."""


def main() -> None:
    """Run the command line; characters that a console cannot show are replaced."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    app()
