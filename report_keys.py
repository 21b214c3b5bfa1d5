"""What stands around every figure and table of the appendix: sources, projection, review, notes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .geo.errors import Fault
from .maps.appendix import Listing
from .maps.figures.about import About, Picture
from .study import Survey
from .study_keys import Study

LAYER_NAMES = {"towns": "镇街界线", "venues": "设施", "demand": "人口", "roads": "道路"}
POPULATIONS = {"resident": "常住人口", "registered": "户籍人口", "census": "普查人口"}
NO_BORDERS = "示意图，不作为行政区划界线依据。"


Maker = Callable[[int], Picture]
"""Makes a figure when it is given its number."""


@dataclass(frozen=True, eq=False)
class Part:
    """
    What a plan adds to the appendix: where next, a scenario, a tour.

    Parameters
    ----------
    title
        Heading within the chapter.
    makers
        Its figures.
    listings
        Its tables for the annex.
    sheets
        Further tables, for the workbook alone.
    told
        A paragraph.
    facts
        For the manifest: key and value.
    warnings
        What was noticed.
    """

    title: str
    makers: tuple[Maker, ...]
    listings: tuple[Listing, ...] = ()
    sheets: tuple[Listing, ...] = ()
    told: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[Fault, ...] = ()


def sources(study: Study) -> list[tuple[str, str]]:
    """Return where each layer comes from, and of when it is."""
    lines = []
    for name, title in LAYER_NAMES.items():
        source = getattr(study, name)
        parts = [source.source or source.file]
        if name == "demand":
            parts.append(f"{source.year}年{POPULATIONS[source.population]}")
        if name == "towns" and source.year:
            parts.append(f"{source.year}年版")
        if source.date:
            parts.append(f"数据日期 {source.date.isoformat()}")
        lines.append((title, "，".join(parts)))
    return lines


def review_line(study: Study) -> str:
    """Return the line of the map review; a number is never made up."""
    if study.study.review:
        return f"审图号：{study.study.review}"
    if study.map.mode == "public":
        return "未取得审图号，送审前不得公开"
    return "审图号：无（内部使用，未经地图审核）"


def projection(survey: Survey) -> str:
    """Return datum and projection of the maps."""
    crs = survey.towns.crs
    name = crs.name
    if "3-degree Gauss-Kruger" in name:
        meridian = next(
            one.value for one in crs.coordinate_operation.params if "Longitude of" in one.name
        )
        name = f"CGCS2000 高斯-克吕格 3° 带，中央经线 {meridian:g}°E"
    return f"坐标系：WGS 84（与 CGCS2000 视为相同）；投影：{name}；上方为坐标北。"


def around(
    study: Study,
    survey: Survey,
    number: int,
    title: str,
    subtitle: str = "",
    *,
    remarks: tuple[str, ...] = (),
    is_map: bool = True,
) -> About:
    """Return what stands around a figure."""
    told = "；".join(f"{name}：{text}" for name, text in sources(study))
    notes = [*remarks, f"数据来源：{told}。"]
    if is_map:
        notes.append(projection(survey) + NO_BORDERS)
    notes.append(f"分析日期：{study.study.date.isoformat()}。{study.study.name}")
    return About(
        number,
        title,
        subtitle,
        tuple(notes),
        review_line(study) if is_map else "",
        study.study.illustrative,
    )
