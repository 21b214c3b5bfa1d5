"""The commands `run` and `demo`: from data to results."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

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
    print_calibration,
    print_headline,
    report,
    steps,
)

if TYPE_CHECKING:
    from .study import Assessment, Survey
    from .study_keys import Study


Appendix = Annotated[
    bool | None,
    typer.Option(
        "--appendix/--no-appendix",
        help="另写图件与 Word 附录（约多 20 秒）；--no-appendix 连附表与目标台账也不写"
        " / figures and the Word annex too, or not even the workbook and the ledger",
        show_default=False,
    ),
]


def run(
    study: StudyPath,
    out: Out = None,
    as_json: AsJson = False,
    accept_quarantine: Accept = False,
    corrected: Corrected = None,
    no_cache: NoCache = False,
    appendix: Appendix = None,
) -> None:
    """从数据到结果：覆盖率、短板清单与离线地图 / tables, flags and one offline map."""
    with guarded(as_json):
        folder = out or Path("out") / study.stem
        options = ["--accept-quarantine"] if accept_quarantine else []
        options += ["--with-quarantine", str(corrected)] if corrected else []
        options += _appendix_option(appendix)
        command = command_text("run", str(study), "--out", str(folder), *options)
        cache = None if no_cache else cache_folder()
        _run(study, folder, command, as_json, accept_quarantine, cache, corrected,
             appendix)  # fmt: skip


def demo(
    out: Out = None, as_json: AsJson = False, no_cache: NoCache = False, appendix: Appendix = None
) -> None:
    """用自带的示意数据从头跑一遍 / the illustrative study from start to end."""
    from importlib.resources import as_file, files

    with guarded(as_json), as_file(files("kepu") / "data" / "boundaries") as data:
        folder = out or Path("kepu-demo")
        options = _appendix_option(appendix)
        command = command_text("demo", *options, "--out", str(folder))
        cache = None if no_cache else cache_folder()
        path = data / "study.toml"
        _run(path, folder, command, as_json, False, cache, appendix=appendix)


def _appendix_option(appendix: bool | None) -> list[str]:
    return [] if appendix is None else ["--appendix" if appendix else "--no-appendix"]


def _run(
    path: Path,
    out: Path,
    command: str,
    as_json: bool,
    accept: bool,
    cache: Path | None,
    corrected: Path | None = None,
    appendix: bool | None = None,
) -> None:
    from .folder import claimed, publish
    from .inputs import read_layers
    from .passport import headline, passport
    from .report import write_appendix, write_ledger
    from .results import write_tables
    from .study import assess, survey
    from .study_file import read_study

    with claimed(out) as folder, steps() as step:
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
            step("写出目标台账与附表 / ledger and workbook")
            if appendix:
                write_appendix(new, found, facts, step=step)
            elif appendix is None:
                write_ledger(new, found, facts)
            step("绘制地图 / map")
            (new / "map.html").write_text(
                _map(asked, measured, found, facts, cache), encoding="utf-8", newline="\n"
            )

        manifest = publish(folder, write, facts)
    rows = [fault for ledger in measured.ledgers.values() for fault in ledger.faults]
    report([*rows, *measured.warnings])
    shares = headline(asked, found)
    if as_json:
        result = {
            "status": "ok",
            "out": str(folder),
            "map": str(folder / "map.html"),
            "standards": shares,
            "flags": len(found.flags),
            "calibration": manifest["calibration"],
            "tables": manifest["tables"],
            "warnings": manifest["warnings"],
            "files": manifest["files"],
        }
        print(json.dumps(result, ensure_ascii=False))
    else:
        print_calibration(manifest["calibration"])
        print_headline(shares, folder, asked.study.illustrative)
    raise typer.Exit(exit_code(manifest["tables"]))


def _map(
    asked: Study, measured: Survey, found: Assessment, facts: dict[str, Any], cache: Path | None
) -> str:
    from .atlas import atlas
    from .maps.web import web_map

    return web_map(**atlas(asked, measured, found, facts, cache))
