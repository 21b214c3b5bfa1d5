"""The command `report`: the plan's appendix, complete."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console

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
    steps,
)
from .console import report as tell
from .job import Job, new_job, noticed

if TYPE_CHECKING:
    from .assessment import Assessment
    from .maps.figures.about import Paper

PaperChoice = Literal["portrait", "landscape", "both"]


def report(
    study: StudyPath,
    out: Out = None,
    paper: Annotated[
        PaperChoice, typer.Option(help="纸张：portrait 竖、landscape 横、both / A4 paper")
    ] = "both",
    png_only: Annotated[
        bool, typer.Option("--png-only", help="只要 PNG，不要 SVG、PDF / only PNG figures")
    ] = False,
    standard: Annotated[
        str | None, typer.Option(help="选址图用哪条标准（key） / standard of the siting figures")
    ] = None,
    sites: Annotated[
        int, typer.Option(min=0, max=30, help="选址图新增几处，0 为不画 / new sites, 0: none")
    ] = 8,
    scenario: Annotated[
        list[Path] | None,
        typer.Option("--scenario", "-s", help="情景文件（TOML），可多次 / scenario files"),
    ] = None,
    tour: Annotated[
        Path | None,
        typer.Option("--tour", help="kepu tour 的结果文件夹；不给则当场编排 / a finished tour"),
    ] = None,
    as_json: AsJson = False,
    accept_quarantine: Accept = False,
    corrected: Corrected = None,
    no_cache: NoCache = False,
) -> None:
    """规划附件：图件、Word 附录、Excel 附表、目标台账 / the plan's appendix."""
    with guarded(as_json):
        words = ["--paper", paper, *(["--png-only"] if png_only else [])]
        words += ["--standard", standard] if standard else []
        words += [part for path in scenario or [] for part in ("--scenario", str(path))]
        words += ["--tour", str(tour)] if tour else []
        job = new_job(
            "report", study, out or Path("out") / f"{study.stem}-report",
            [str(study), *words, "--sites", str(sites)], as_json=as_json,
            accept=accept_quarantine, corrected=corrected, no_cache=no_cache,
        )  # fmt: skip
        papers: tuple[Paper, ...] = ("portrait", "landscape") if paper == "both" else (paper,)
        plans = {"standard": standard, "sites": sites, "scenarios": scenario or [], "tour": tour}
        _run(job, papers, png_only, plans)


def _run(job: Job, papers: tuple[Paper, ...], png_only: bool, plans: dict[str, Any]) -> None:
    from .assessment import assess
    from .folder import claimed, publish
    from .maps.figures.about import FORMATS
    from .report import write_appendix
    from .report_plans import further
    from .report_public import internal_folder, is_public, keep_passport, published
    from .report_scenarios import PLANNED
    from .report_tour_plan import tour_manifest
    from .results import write_quarantine
    from .scenario_file import read_scenarios

    plans["scenarios"] = read_scenarios(plans["scenarios"], taken=("现状", PLANNED))
    if plans["tour"]:
        tour_manifest(plans["tour"])  # told now, not after a minute of work
    with claimed(job.out) as folder, steps() as step:
        asked, measured = job.measured(step)
        found = assess(asked, measured)
        facts = job.passport(asked, measured, found)
        step("选址、情景与巡回 / sites, scenarios, tour")
        parts = further(found, facts, cache=job.cache, **plans)
        facts["plans"] = [dict(part.facts) for part in parts if part.facts]

        def write(new: Path) -> None:
            write_appendix(new, found, facts, formats=("png",) if png_only else FORMATS,
                           papers=papers, parts=parts, step=step)  # fmt: skip
            write_quarantine(internal_folder(new, asked), measured.all_ledgers)
            keep_passport(new, asked, facts)

        manifest = publish(folder, write, published(facts, asked))
    tell([*noticed(measured), *measured.warnings, *(w for p in parts for w in p.warnings)])
    _print(found, folder, manifest, job.as_json)
    if is_public(asked) and not job.as_json:
        print_public(folder)
    raise typer.Exit(exit_code(facts["tables"] | facts["reported"]))


def _print(found: Assessment, folder: Path, manifest: dict[str, Any], as_json: bool) -> None:
    from .report import ANNEX
    from .report_ledger import BOOK, LEDGER
    from .report_targets import targets_summary

    counts = targets_summary(found)
    if as_json:
        result = {"status": "ok", "out": str(folder), "targets": counts, "files": manifest["files"]}
        print(json.dumps(result, ensure_ascii=False))
        return
    console = Console(highlight=False, markup=False, soft_wrap=True)
    told = "，".join(f"{name} {count} 项" for name, count in counts.items())
    console.print(f"规划目标 targets：{told}")
    for name in (ANNEX, BOOK, LEDGER):
        console.print(f"{folder / name}")
    console.print(f"图件 figures：{folder / 'figures'}")
