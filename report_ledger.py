"""What every run hands in beside the map: workbook, ledger of targets, list of resources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from .assessment import Assessment
from .maps.appendix import Annex, Chapter, Listing, number_text
from .maps.appendix_book import workbook
from .maps.appendix_word import annex_file
from .maps.figures.about import Picture
from .report_keys import Part
from .report_tables import (
    covered_listing,
    flags_listing,
    in_full,
    indicators_listing,
    places_listing,
    standards_listing,
    towns_listing,
)
from .report_targets import leader_listing, targets_listing, targets_summary, unjudged_text
from .report_text import METHOD, assumptions, dates_listing
from .report_venues import resources_listing, venues_by_town_listing, venues_listing
from .results import csv_safe

BOOK, LEDGER = "附表.xlsx", "目标台账.docx"
MOST_ROWS = 3000
"""Of a sheet: a study of 20 000 places has a hundred thousand flags."""
TARGETS, RESOURCES = "targets.csv", "resources.csv"


def write_ledger(
    folder: Path,
    found: Assessment,
    facts: dict[str, Any],
    drawn: Sequence[Picture] = (),
    parts: Sequence[Part] = (),
) -> None:
    """Write what costs a second or two: workbook, ledger of targets, list of resources."""
    listings, notes = book_listings(found, parts), _notes(found, facts, drawn)
    sheets = [_cut(listing) for listing in listings]
    (folder / BOOK).write_bytes(workbook(found.study.study.name, sheets, notes))
    by_key = {listing.key: listing for listing in listings}
    for name, key in ((TARGETS, "目标台账"), (RESOURCES, "科普资源名录")):
        listing = by_key[key]
        csv_safe(_plain(listing)).to_csv(folder / name, index=False, encoding="utf-8-sig")
    (folder / LEDGER).write_bytes(annex_file(ledger(found), compact=True))


def book_listings(found: Assessment, parts: Sequence[Part] = ()) -> list[Listing]:
    """Return the sheets of the workbook, in order; each bears a name of its own."""
    return [
        standards_listing(found),
        in_full(found, towns_listing(found)),
        in_full(found, covered_listing(found)),
        venues_listing(found),
        venues_by_town_listing(found),
        targets_listing(found),
        *(listing for part in parts for listing in (*part.listings, *part.sheets)),
        indicators_listing(found),
        flags_listing(found),
        places_listing(found),
        resources_listing(found),
    ]


def _plain(listing: Listing) -> pd.DataFrame:
    """Return the cells of a table with whole numbers as whole numbers: 97, not 97.0."""
    frame = listing.frame.copy()
    for name in (name for name, kind in listing.kinds.items() if kind == "number"):
        values = frame[name].astype("Float64")
        frame[name] = [pd.NA if pd.isna(v) else number_text(float(v)) for v in values]
    return frame


def _cut(listing: Listing) -> Listing:
    """Return the first rows of a table that a workbook would take minutes for."""
    rows = len(listing.frame)
    if rows <= MOST_ROWS:
        return listing
    note = f"共 {rows} 行，这里只列前 {MOST_ROWS} 行；全部见 kepu run 写出的 CSV 表。"
    return replace(listing, frame=listing.frame.head(MOST_ROWS), notes=(*listing.notes, note))


def _notes(
    found: Assessment, facts: dict[str, Any], drawn: Sequence[Picture]
) -> list[tuple[str, str]]:
    notes = [("名称", found.study.study.name)]
    if found.study.study.illustrative:
        notes.append(("说明", "示意数据，不能用于决策"))
    notes += [
        (f"{row['数据']}", row["来源与日期"])
        for row in dates_listing(found).frame.to_dict("records")
    ]
    notes += [("假定", line) for line in assumptions(found, facts)]
    notes += [("方法", line) for line in METHOD]
    notes += [(f"图 {p.about.number}", p.about.title) for p in drawn]
    notes += [("程序", f"kepu {facts['version']}"), ("生成命令", facts["command"])]
    return notes


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
            *filter(None, (unjudged_text(found),)),
        ),
        (Chapter("", (leader_listing(found),)),),
    )
