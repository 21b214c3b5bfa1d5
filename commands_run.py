"""The commands `run` and `demo`: from data to results."""

from __future__ import annotations

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
    exit_code,
    guarded,
    print_calibration,
    print_headline,
    print_public,
    report,
    steps,
)
from .job import Job, new_job, noticed

if TYPE_CHECKING:
    from .assessment import Assessment
    from .study import Survey
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
        job = new_job(
            "run", study, out or Path("out") / study.stem, [str(study), *_option(appendix)],
            as_json=as_json, accept=accept_quarantine, corrected=corrected, no_cache=no_cache,
        )  # fmt: skip
        _run(job, appendix)


def demo(
    out: Out = None, as_json: AsJson = False, no_cache: NoCache = False, appendix: Appendix = None
) -> None:
    """用自带的示意数据从头跑一遍 / the illustrative study from start to end."""
    from importlib.resources import as_file, files

    with guarded(as_json), as_file(files("kepu") / "data" / "boundaries") as data:
        job = new_job(
            "demo", data / "study.toml", out or Path("kepu-demo"), _option(appendix),
            as_json=as_json, no_cache=no_cache,
        )  # fmt: skip
        _run(job, appendix)


def _option(appendix: bool | None) -> list[str]:
    return [] if appendix is None else ["--appendix" if appendix else "--no-appendix"]


def _run(job: Job, appendix: bool | None) -> None:
    from .assessment import assess
    from .folder import claimed, publish
    from .passport import headline
    from .report_ledger import write_ledger
    from .report_public import is_public, keep_passport, published
    from .results import write_tables

    with claimed(job.out) as folder, steps() as step:
        asked, measured = job.measured(step)
        step("统计覆盖 / coverage")
        found = assess(asked, measured)
        facts = job.passport(asked, measured, found)

        def write(new: Path) -> None:
            step("写出表格 / tables")
            write_tables(new, asked, measured, found)
            keep_passport(new, asked, facts)
            step("写出目标台账与附表 / ledger and workbook")
            if appendix:
                from .report import write_appendix  # loads what draws figures

                write_appendix(new, found, facts, step=step)
            elif appendix is None:
                write_ledger(new, found, facts)
            step("绘制地图 / map")
            (new / "map.html").write_text(
                _map(asked, measured, found, facts, job.cache), encoding="utf-8", newline="\n"
            )

        manifest = publish(folder, write, published(facts, asked))
    report([*noticed(measured), *measured.warnings])
    shares = headline(asked, found)
    if job.as_json:
        _print_json(folder, found, facts, shares, manifest["files"])
    else:
        print_calibration(facts["calibration"])
        print_headline(shares, folder, asked.study.illustrative)
        if is_public(asked):
            print_public(folder)
    raise typer.Exit(exit_code(facts["tables"] | facts["reported"]))


def _print_json(
    folder: Path, found: Assessment, facts: dict[str, Any], shares: list[Any], files: Any
) -> None:
    """Print what a program that calls this one needs to go on."""
    result = {
        "status": "ok",
        "out": str(folder),
        "map": str(folder / "map.html"),
        "standards": shares,
        "flags": len(found.flags),
        "calibration": facts["calibration"],
        "tables": facts["tables"],
        "warnings": facts["warnings"],
        "files": files,
    }
    print(json.dumps(result, ensure_ascii=False))


def _map(
    asked: Study, measured: Survey, found: Assessment, facts: dict[str, Any], cache: Path | None
) -> str:
    from .atlas import atlas
    from .maps.web import web_map

    return web_map(**atlas(asked, measured, found, facts, cache))
