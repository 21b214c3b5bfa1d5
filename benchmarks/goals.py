"""What we want to reach, as data: judged by `report.py` on the rows of the same run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

CITY, LARGE = "synthetic 599,165 arcs, crossings alone", "synthetic 4,989,096 arcs ("


@dataclass(frozen=True)
class Goal:
    """
    A goal for one row.

    Parameters
    ----------
    key, graph
        The row: its `key`, and how the name of its graph begins.
    zh, en
        What is wanted.
    least, most
        Bounds of `of`, the name of a column.
    why
        Where it is missed: why, and what was tried.
    """

    key: str
    graph: str
    zh: str
    en: str
    least: float | None = None
    most: float | None = None
    of: str = "ratio"
    why: str = ""


GOALS = (
    Goal("bounded 15 scipy", CITY, "200 馆 × 全部节点，15 分钟，对 scipy",
         "200 venues x all nodes, 15 min, against scipy", 50),
    Goal("bounded 30 scipy", CITY, "同上，30 分钟", "the same, 30 min", 150),
    Goal("bounded 15 pandana", CITY, "同上，15 分钟，对 pandana", "the same, against pandana", 200),
    Goal("bounded 15 networkx", CITY, "同上，对 networkx", "the same, against networkx", 1000),
    Goal("bounded 15 osmnx", CITY, "同上，对 osmnx 文档的做法",
         "the same, against the recipe of osmnx", 8000),
    Goal("nearest 1 scipy", LARGE, "每个节点的最近馆，一类，对 scipy min_only",
         "nearest venue of every node, one type, against scipy min_only", 35),
    Goal("nearest 32 scipy", LARGE, "同上，32 类一次完成", "the same, 32 types at once", 150,
         why="全部节点的答案有 300 MB，首次写入新内存占去大半；只算交叉口时另见该行。已试：不清空、"
         "不排序、预取。 The answer for all nodes has 300 MB; first writing to new memory "
         "takes most of the time. Tried: no wiping, no sorting, prefetching."),
    Goal("build pandana", CITY, "建路网层次，CPU 不超过 pandana 的一半",
         "building the hierarchy: at most half of pandana's CPU time", 2),
    Goal("growth", LARGE, "每条边的准备时间，5 M 对 60 k 边",
         "preparation by edge, 5 M against 60 k edges", most=2.5),
    Goal("table OSRM CH", "synthetic city", "200 × 5,000 坐标表（含贴路），对 OSRM CH",
         "200 x 5,000 table with snapping, against OSRM CH", 80),
    Goal("matrix 15", CITY, "2,000 × 20,000 表，单核毫秒", "2,000 x 20,000 table, ms on one core",
         most=100, of="ours_ms"),
    Goal("matrix 15 two", CITY, "同上，第二个核", "the same, from the second core", 1.7,
         why="写结果占一半时间，两核共用内存带宽；机器忙时此值无意义，应在空闲时重跑。"
         " Half of the time writes the answer, and cores share the memory; says little on a busy "
         "machine."),
)  # fmt: skip


def judged(rows: Sequence[Mapping[str, Any]]) -> list[tuple[Goal, float | None, bool | None]]:
    """Return every goal with what was measured, and whether it is reached; None: not measured."""
    found = []
    for goal in GOALS:
        value = next(
            (
                row[goal.of]
                for row in rows
                if row.get("key") == goal.key and str(row["graph"]).startswith(goal.graph)
            ),
            None,
        )
        reached = None
        if value is not None:
            reached = (goal.least is None or value >= goal.least) and (
                goal.most is None or value <= goal.most
            )
        found.append((goal, value, reached))
    return found
