"""The command `report`: the plan's appendix, complete."""

from __future__ import annotations

import datetime
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
    cache_folder,
    command_text,
    exit_code,
    guarded,
    steps,
)
from .console import report as tell

if TYPE_CHECKING:
    from .study import Assessment

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
    as_json: AsJson = False,
    accept_quarantine: Accept = False,
    corrected: Corrected = None,
    no_cache: NoCache = False,
) -> None:
    """规划附件：图件、Word 附录、Excel 附表、目标台账 / the plan's appendix, ready to hand in."""
    with guarded(as_json):
        folder = out or Path("out") / f"{study.stem}-report"
        options = ["--paper", paper, *(["--png-only"] if png_only else [])]
        options += ["--standard", standard] if standard else []
        options += ["--sites", str(sites)]
        options += ["--accept-quarantine"] if accept_quarantine else []
        options += ["--with-quarantine", str(corrected)] if corrected else []
        command = command_text("report", str(study), *options, "--out", str(folder))
        cache = None if no_cache else cache_folder()
        _run(study, folder, command, paper, png_only, standard, sites, as_json,
             accept_quarantine, corrected, cache)  # fmt: skip


def _run(
    path: Path, out: Path, command: str, paper: PaperChoice, png_only: bool, standard: str | None,
    sites: int, as_json: bool, accept: bool, corrected: Path | None, cache: Path | None,
) -> None:  # fmt: skip
    from .folder import claimed, publish
    from .inputs import read_layers
    from .maps.figures import FORMATS
    from .passport import passport
    from .report import write_appendix
    from .report_plans import further
    from .study import assess, survey
    from .study_file import read_study

    with claimed(out) as folder, steps() as step:
        step("读取数据 / reading")
        asked = read_study(path, corrected=corrected)
        layers = read_layers(asked)
        step("计算出行时间 / travel times")
        measured = survey(asked, layers, accept_quarantine=accept, cache=cache)
        found = assess(asked, measured)
        created = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        facts = passport(asked, measured, found, command=command, created=created)
        step("选址与情景 / siting and scenarios")
        more = further(found, standard=standard, sites=sites, cache=cache)
        papers: tuple[Any, ...] = ("portrait", "landscape") if paper == "both" else (paper,)

        def write(new: Path) -> None:
            write_appendix(new, found, facts, formats=("png",) if png_only else FORMATS,
                           papers=papers, more=more, step=step)  # fmt: skip

        manifest = publish(folder, write, facts)
    tell([*(f for t in measured.ledgers.values() for f in t.faults), *measured.warnings])
    _print(found, folder, manifest, as_json)
    raise typer.Exit(exit_code(manifest["tables"]))


def _print(found: Assessment, folder: Path, manifest: dict[str, Any], as_json: bool) -> None:
    from .report import ANNEX, BOOK, LEDGER
    from .report_tables import targets_summary

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
