"""The appendix of a plan: figures, Word annex, workbook, ledger, from one assessment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from .geo.errors import Fault, OutputError
from .maps.appendix import Annex, Chapter, Listing, Plate
from .maps.appendix_book import workbook
from .maps.appendix_word import annex_file
from .maps.figures import Paper, picture_of, saved
from .maps.fonts import MissingGlyphError
from .report_figures import pictures
from .report_keys import Picture
from .report_tables import (
    book_listings,
    covered_listing,
    leader_listing,
    resources_listing,
    sentences_listings,
    standards_listing,
    targets_listing,
    targets_summary,
    towns_listing,
    venues_by_town_listing,
    venues_listing,
)
from .report_text import (
    METHOD,
    assumptions,
    dates_listing,
    passport_listing,
    rules_listing,
    standards_rules,
)
from .results import csv_safe, write_quarantine
from .study import Assessment

ANNEX, BOOK, LEDGER = "附录.docx", "附表.xlsx", "目标台账.docx"
TARGETS, RESOURCES = "targets.csv", "resources.csv"
FIGURES = "figures"
ANNEX_DPI = 200
"""On the page they stand at three quarters of A4: 270 dots an inch, half the size of the file."""

Step = Callable[[str], None]


def write_appendix(
    folder: Path,
    found: Assessment,
    facts: dict[str, Any],
    *,
    formats: Sequence[str] = ("png",),
    papers: Sequence[Paper] = ("portrait",),
    more: Sequence[Callable[[int], Picture]] = (),
    step: Step = lambda _: None,
) -> None:
    """
    Write figures, annex, workbook, ledger and the list of resources.

    Parameters
    ----------
    folder
        Exists.
    found, facts
        The answers, and the passport that goes with them.
    formats, papers
        Of the figures; the annex takes the upright PNG.
    more
        Further figures, each made with its number.
    step
        Told what is at work.

    Raises
    ------
    OutputError
        A character that no installed font draws.
    """
    drawn = list(pictures(found))
    drawn += [make(at) for at, make in enumerate(more, len(drawn) + 1)]
    try:
        plates = _draw(folder / FIGURES, drawn, formats, papers, step)
    except MissingGlyphError as error:
        facts_of = {"characters": " ".join(error.characters[:20])}
        raise OutputError(Fault("E-FONT-GLYPH", facts=facts_of)) from error
    step("写出附表 / workbook")
    write_ledger(folder, found, facts, drawn)
    step("写出附录 / annex")
    (folder / ANNEX).write_bytes(annex_file(annex(found, facts, plates)))


def write_ledger(
    folder: Path, found: Assessment, facts: dict[str, Any], drawn: Sequence[Picture] = ()
) -> None:
    """Write what costs a second or two: workbook, ledger of targets, list of resources."""
    (folder / BOOK).write_bytes(_book(found, facts, drawn))
    for name, listing in ((TARGETS, targets_listing(found)), (RESOURCES, resources_listing(found))):
        csv_safe(listing.frame).to_csv(folder / name, index=False, encoding="utf-8-sig")
    if found.measured.progress is not None:
        write_quarantine(folder, {"targets": found.measured.progress.ledger})
    (folder / LEDGER).write_bytes(annex_file(ledger(found), compact=True))


def _draw(
    folder: Path,
    drawn: Iterable[Picture],
    formats: Sequence[str],
    papers: Sequence[Paper],
    step: Step,
) -> list[Plate]:
    folder.mkdir(parents=True, exist_ok=True)
    plates = []
    for picture in drawn:
        step(f"绘图 / figure {picture.about.number}：{picture.about.title}")
        for paper in dict.fromkeys(("portrait", *papers)):
            figure = picture.draw(paper)
            stem = f"{picture.about.number:02d}-{picture.stem}"
            name = stem if paper == "portrait" else f"{stem}-{paper}"
            for ending in formats if paper in papers else ():
                (folder / f"{name}.{ending}").write_bytes(saved(figure, ending))
            if paper == "portrait":
                png = picture_of(figure, ANNEX_DPI)
                plates.append(Plate(png, picture.about.title, picture.remark))
    return plates


def _book(found: Assessment, facts: dict[str, Any], drawn: Sequence[Picture]) -> bytes:
    mark = "示意数据，不能用于决策" if found.study.study.illustrative else ""
    notes = [("名称", found.study.study.name), ("说明", mark)] if mark else []
    notes += [("分析日期", found.study.study.date.isoformat())]
    notes += [
        (f"{row['数据']}", row["来源与日期"])
        for row in dates_listing(found).frame.to_dict("records")
    ]
    notes += [("假定", line) for line in assumptions(found, facts)]
    notes += [("方法", line) for line in METHOD]
    notes += [(f"图 {p.about.number}", p.about.title) for p in drawn]
    notes += [("程序", f"kepu {facts['version']}"), ("生成命令", facts["command"])]
    return workbook(found.study.study.name, book_listings(found), notes)


def annex(found: Assessment, facts: dict[str, Any], plates: Sequence[Plate]) -> Annex:
    """Return the annex: results, figures, targets, those left behind, method, rules, passport."""
    about = found.study.study
    lines = [f"分析日期：{about.date.isoformat()}"]
    if about.illustrative:
        lines.append("示意数据，不能用于决策")
    people = int(found.measured.demand["people"].sum())
    counts = targets_summary(found)
    towns = len(found.measured.towns)
    opening = (
        f"本附录由科普设施覆盖分析得出：{towns} 个镇街、{len(found.measured.demand)} 处居民点、"
        f"{people} 人，各项数字与地图、表格同出一源。"
    )
    targets = (
        f"规划目标共 {len(found.targets)} 项："
        f"达到 {counts['达到']} 项，未达到 {counts['未达到']} 项，"
        f"无法判定 {counts['无法判定']} 项（方案未给数量，或没有数据）。现状只计区内在用的设施，"
        "拟建、候选的不计。各项的基线、来源与覆盖见附表“目标台账”。"
    )
    ledger_table = leader_listing(found)
    return Annex(
        f"{about.name}\n附录",
        tuple(lines),
        (
            Chapter(
                "一、覆盖情况",
                (opening, standards_listing(found), towns_listing(found), covered_listing(found)),
            ),
            Chapter(
                "二、设施现状",
                (
                    venues_listing(found),
                    venues_by_town_listing(found),
                    "科普资源名录（按类型、镇街、服务对象）见附表与 resources.csv。",
                ),
            ),
            Chapter(
                "三、规划目标",
                (
                    targets,
                    Listing(
                        "目标台账",
                        "规划目标台账",
                        ledger_table.frame,
                        widths=ledger_table.widths,
                        small=True,
                    ),
                ),
            ),
            Chapter("四、图件", tuple(plates)),
            Chapter("五、短板清单", tuple(sentences_listings(found))),
            Chapter("六、方法说明", METHOD),
            Chapter(
                "七、标准与假定",
                (
                    standards_rules(found),
                    rules_listing(facts),
                    *assumptions(found, facts),
                    *_warnings(facts),
                ),
            ),
            Chapter("八、数据与来源", (dates_listing(found), passport_listing(facts))),
        ),
    )


def _warnings(facts: dict[str, Any]) -> tuple[str, ...]:
    told = [warning["zh"] for warning in facts["warnings"]]
    if not told:
        return ("运行没有警告。",)
    return (f"运行给出 {len(told)} 条警告：", *told[:20])


def ledger(found: Assessment) -> Annex:
    """Return the ledger of targets on one page."""
    about, counts = found.study.study, targets_summary(found)
    told = "，".join(f"{name} {count} 项" for name, count in counts.items())
    mark = "　示意数据，不能用于决策" if about.illustrative else ""
    return Annex(
        "规划目标台账",
        (
            f"{about.name}　{about.date.isoformat()}{mark}",
            f"共 {len(found.targets)} 项：{told}。设施只计区内在用的；没有数据的不当作零。",
        ),
        (Chapter("", (leader_listing(found),)),),
    )
